# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Class list in, users and groups out."""

from __future__ import annotations

import difflib
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.cells import Groups, roles_of
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.names import Names
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.options import (
    GROUP_PLACEHOLDER,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.problems import (
    Problems,
    RosterError,
    listed,
    shown,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.rows import chosen
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.table import Row, read


class User(t.TypedDict, total=False):
    """An item for the option ``users`` of jupyterhub_user."""

    name: str
    admin: bool


class Group(t.TypedDict, total=False):
    """An item for the option ``groups`` of jupyterhub_group."""

    name: str
    users: list[str]
    users_mode: str


class People(t.NamedTuple):
    """What a class list says, and what is strange about it without being wrong."""

    users: list[User]
    groups: list[Group]
    warnings: list[str]


class Person(t.NamedTuple):
    """What one row says."""

    row: Row
    name: str | None
    groups: Sequence[str]
    roles: Sequence[str]


def people(rows: object, options: Options) -> People:
    """Return the users and the groups of a class list; RosterError says what is wrong with it."""
    problems = Problems()
    table = read(rows, options, problems)
    if not table.columns:  # nothing there, or nothing that could have had columns
        problems.raise_if_any()
        return People([], [], [])
    names = Names(table, options, problems)
    groups = Groups(table, options, problems)
    role_column = (
        table.column("role_column", "the roles", options.role_column)
        if options.needs_roles
        else None
    )
    known = {*options.admin_roles, *options.role_groups}
    said = [
        Person(
            row, names.of(row), groups.of(row), roles_of(row, role_column, options, known, problems)
        )
        for row in chosen(table, names.column, options)
    ]
    groups.check_all()
    members = _members([person for person in said if person.name], options, groups)
    problems.raise_if_any()
    return People(
        _users(said, options), _groups(members, options), _roles_that_nobody_has(said, options)
    )


def _users(said: Iterable[Person], options: Options) -> list[User]:
    users: dict[str, User] = {}
    for person in said:
        if not person.name:
            continue
        user = users.setdefault(person.name, {"name": person.name})
        if options.admin_roles.intersection(person.roles):
            user["admin"] = True
        elif options.demote_others:
            user.setdefault("admin", False)
    return [users[name] for name in sorted(users)]


def _members(said: Iterable[Person], options: Options, groups: Groups) -> dict[str, set[str]]:
    """Return who is in which group; groups of roles that nobody has are there, and empty."""
    members: dict[str, set[str]] = {}
    for person in said:
        own = set(person.groups) if options.own_groups else set()
        joined, stated = set(own), set(own)
        for role, templates in options.role_groups.items():
            filled = _fill(templates, person.groups)
            stated.update(filled)
            if role in person.roles:
                joined.update(filled)
        # Sorted, so that of two spellings it is always the same one that is reported first.
        for group in sorted(stated):
            groups.check(group, person.row)
            members.setdefault(group, set()).update(
                [person.name] if person.name and group in joined else []
            )
    return members


def _groups(members: Mapping[str, set[str]], options: Options) -> list[Group]:
    found: list[Group] = []
    for name in sorted(members):
        group: Group = {"name": name, "users": sorted(members[name])}
        if options.users_mode:
            group["users_mode"] = options.users_mode
        found.append(group)
    return found


def _fill(templates: Iterable[str], groups: Iterable[str]) -> set[str]:
    """Return the groups that the templates of a role mean in a row with these groups."""
    filled: set[str] = set()
    for template in templates:
        if GROUP_PLACEHOLDER in template:
            filled.update(template.replace(GROUP_PLACEHOLDER, group) for group in groups)
        else:
            filled.add(template)
    return filled


def _roles_that_nobody_has(said: Sequence[Person], options: Options) -> list[str]:
    """Return a warning for each role of the options that no row has: its groups are emptied.

    RosterError where a row has almost this role, which is a mistake of writing.
    """
    roles = {role for person in said for role in person.roles}
    others = roles.difference(options.role_groups, options.admin_roles)
    warnings = []
    for option in ("role_groups", "admin_roles"):
        for role in sorted(role for role in getattr(options, option) if said and role not in roles):
            close = difflib.get_close_matches(role, sorted(others), n=1, cutoff=0.8)
            if close:
                raise RosterError(
                    f"The option {option} has the role '{role}', which no row of the class list"
                    f" has, and rows have the role {shown(close[0])}: correct one of them, or"
                    f" add {shown(close[0])} to role_groups too, with an empty list if it has no"
                    " groups."
                )
            warnings.append(
                f"No row of the class list has the role '{role}' of the option {option}, so it has"
                f" no effect; the roles of the list are: {listed(sorted(roles)) or 'none'}."
            )
    return warnings
