# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What declared groups need, given those that are on the hub. Pure: no request is sent here."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import (
    Prune,
    Verdict,
    Why,
    limit_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Missing,
    Plan,
    Step,
    same,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    GroupRow,
    UserRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import Found
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.row import (
    GroupState,
    group_state,
    known,
    named,
    roles_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.steps import (
    AddMember,
    CreateGroup,
    DeleteGroup,
    GroupStep,
    RemoveMember,
    SetProperties,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.wanted import (
    WantedGroup,
    WantedGroups,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.look_alikes import (
    is_login,
    not_removed,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.unreachable import (
    reachable,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

ORDER = ("create", "remove", "add", "update", "delete")


@dataclasses.dataclass(frozen=True)
class Current:
    """What is on the hub.

    :param groups: the groups, by name.
    :param users: which user each declared member is; those who are members already, and those who
    were looked up.
    """

    groups: Found[GroupRow]
    users: Found[UserRow]

    def get(self, name: str) -> GroupRow | None:
        """:returns: the group of this name."""
        return self.groups.get(name)


def decide(wanted: WantedGroups, current: Current) -> Plan:
    """:returns: the steps that bring the groups to what is declared.

    :raises RefusedError: that cannot be done, or a guard does not allow it.
    """
    steps: list[GroupStep] = []
    objects: dict[str, GroupState] = {}
    changed: set[str] = set()
    unchanged = 0
    for group in wanted.groups:
        row = current.get(group.name)
        if group.state == "absent":
            mine: list[GroupStep] = [] if row is None else [_removal(row)]
        else:
            mine, objects[group.name] = _compare(group, row, current.users)
            if mine:
                changed.add(group.name)
        steps.extend(mine)
        unchanged += not mine
    _check_removals(wanted.remove_limit, steps, current)
    warnings = _warnings(wanted, steps, current)
    returns: t.Mapping[str, object] = {}
    if wanted.prune is not None:
        verdict = _prune(wanted.prune, wanted, current, warnings)
        steps.extend(_removal(current.groups.rows[name]) for name in verdict.going)
        returns = verdict.returned
    missing, unknown = _missing_members(wanted, steps, current)
    return Plan(
        tuple(_in_order(steps)),
        objects,
        frozenset(changed),
        unchanged,
        missing=missing,
        returns=returns,
        warnings=(*warnings, *unknown),
    )


def _warnings(wanted: WantedGroups, steps: t.Sequence[GroupStep], current: Current) -> list[str]:
    """:returns: what to know about the declaration, apart from its prune."""
    return [
        *_role_warnings(steps, current),
        *_kept_members(wanted, current),
    ]


def _prune(prune: Prune, wanted: WantedGroups, current: Current, warnings: list[str]) -> Verdict:
    """:returns: which groups are deleted because they are not declared."""
    declared = {group.name for group in wanted.groups if group.state == "present"}
    rows = current.groups.rows
    # The hub's configuration has given them their roles, and whoever has these by a group would
    # lose them with it.
    protected: dict[str, Why] = {
        name: "role" for name in prune.candidates(rows, set(wanted.names)) if roles_of(rows[name])
    }
    verdict = prune.select(
        "groups",
        list(rows),
        declared,
        protected,
        spoken_of=set(wanted.names),
        unnamed=current.groups.nameless,
    )
    warnings.extend(verdict.warnings("group"))
    if protected:
        warnings.append(
            "These groups have roles and are not declared, but are not deleted:"
            f" {listed(protected)}. Declare them, add them to prune_keep, or delete them with state"
            " absent."
        )
    return reachable(verdict, "group", warnings)


def _in_order(steps: t.Sequence[GroupStep]) -> list[GroupStep]:
    """:returns: the steps as they are applied. The first members of a new group come with it."""
    new = {step.name for step in steps if isinstance(step, CreateGroup)}
    return sorted(
        steps,
        key=lambda step: (
            0 if step.action == "add" and step.name in new else ORDER.index(step.action)
        ),
    )


def members_to_look_up(wanted: WantedGroups, groups: Found[GroupRow]) -> set[str]:
    """:returns: the declared members of whom the groups themselves do not show which users they
    are.
    """
    names: set[str] = set()
    for group in wanted.groups:
        if group.state == "absent" or group.users is None:
            continue
        row = groups.get(group.name)
        if row is None and group.users_mode == "absent":
            continue
        members = [] if row is None else named(known(row, "users") or ())
        others = set(group.users) - set(members)
        if group.users_mode == "absent":
            # A user who is not a member under any possible name need not exist on the hub.
            others = {user for user in others if normalize(user) in members or is_login(user)}
        names.update(others)
    return names


def _compare(
    group: WantedGroup, row: GroupRow | None, users: Found[UserRow]
) -> tuple[list[GroupStep], GroupState]:
    """:returns: the steps that one group needs, and the group as it will be."""
    steps: list[GroupStep] = []
    name = group.name
    after: GroupRow
    declared = sorted({users.stored(user) for user in group.users or ()})
    if row is None:
        members = [] if group.users_mode == "absent" else declared
        steps.append(CreateGroup(name))
        steps.extend(AddMember(name, user, "group_create") for user in members)
        after = {"name": name, "users": members, "properties": {}, "roles": []}
    elif group.users is None:
        after = {**row}
    else:
        before = set(named(known(row, "users") or ()))
        gone, new = _membership(before, set(declared), group.users_mode)
        named_ones = group.users_mode == "absent"
        steps.extend(RemoveMember(name, user, named_ones) for user in sorted(gone))
        steps.extend(AddMember(name, user) for user in sorted(new))
        after = {**row, "users": sorted((before - gone) | new)}
    if group.properties is not None:
        now = known(after, "properties") or {}
        wanted = (
            {**now, **group.properties} if group.properties_mode == "merge" else group.properties
        )
        if not same(wanted, now):
            fields = sorted(
                key
                for key in {*now, *wanted}
                if key not in now or key not in wanted or not same(now[key], wanted[key])
            )
            steps.append(SetProperties(name, now, wanted, tuple(fields)))
            after["properties"] = wanted
    return steps, group_state(after)


def _membership(
    before: set[str], declared: set[str], mode: str | None
) -> tuple[set[str], set[str]]:
    """:returns: the members that leave, and those that join."""
    if mode == "absent":
        return before & declared, set()
    new = declared - before
    return (before - declared if mode == "exact" else set()), new


def _removal(row: GroupRow) -> DeleteGroup:
    users = row.get("users")
    return DeleteGroup(row["name"], None if users is None else named(users), row.get("properties"))


def _check_removals(limit: str | None, steps: t.Iterable[Step], current: Current) -> None:
    """:raises RefusedError: a group would lose more members than the limit allows. A group that is
    deleted as a whole does not count.
    """
    if limit is None:
        return
    leaving: dict[str, list[str]] = {}
    for step in steps:
        if isinstance(step, RemoveMember):
            leaving.setdefault(step.name, []).append(step.user)
    too_many = {}
    for name, users in leaving.items():
        row = current.get(name)
        total = len(named((row or {}).get("users") or ()))
        if len(users) > limit_of(limit, total):
            too_many[name] = (users, total)
    if too_many:
        told = [
            f"{name} ({len(users)} of {total}: {listed(users, 5)})"
            for name, (users, total) in too_many.items()
        ]
        raise RefusedError(
            f"More members would be removed than remove_limit {limit} allows, from {listed(told)}."
            " Check the declared members, or raise remove_limit.",
            would_remove={name: users for name, (users, _total) in too_many.items()},
        )


def _role_warnings(steps: t.Iterable[Step], current: Current) -> list[str]:
    """:returns: a sentence for each group that gives new members rights."""
    joining: dict[str, list[str]] = {}
    for step in steps:
        if isinstance(step, AddMember):
            joining.setdefault(step.name, []).append(step.user)
    warnings = []
    for name, users in joining.items():
        roles = (current.get(name) or {}).get("roles")
        if roles:
            plural = "s" if len(roles) > 1 else ""
            warnings.append(
                f"Group {name} has the role{plural} {listed(sorted(roles))}, whose rights these"
                f" new members get: {listed(users)}."
            )
    return warnings


def _kept_members(wanted: WantedGroups, current: Current) -> t.Iterator[str]:
    """:returns: sentences about members to remove who only look like members."""
    for group in wanted.groups:
        row = current.get(group.name)
        if row is not None and group.users_mode == "absent" and group.users:
            members = named(known(row, "users") or ())
            names = [user for user in group.users if current.users.stored(user) not in members]
            yield from not_removed(f"members of group {group.name}", names, members)


def _missing_members(
    wanted: WantedGroups, steps: t.Iterable[Step], current: Current
) -> tuple[tuple[Missing, ...], tuple[str, ...]]:
    """:returns: the new members who are not on the hub, and sentences about members to remove who
    are unknown.
    """
    joining = {step.user for step in steps if isinstance(step, AddMember)}
    missing = Missing(
        "These members do not exist on the hub",
        tuple(sorted(user for user in joining if user not in current.users.rows)),
        "Create them first, with jupyterhub_user for instance. If the hub stores users under"
        " other names, set stored_names.",
        key="missing_users",
    )
    leaving = {
        user
        for group in wanted.groups
        if group.users_mode == "absent" and current.get(group.name)
        for user in group.users or ()
    }
    unknown = sorted(
        {
            current.users.stored(user)
            for user in leaving
            if is_login(user) and current.users.get(user) is None
        }
    )
    if not unknown:
        return (missing,), ()
    sentence = (
        "These users do not exist on the hub, so they cannot be removed from a group:"
        f" {listed(unknown)}. If the hub stores users under other names, set stored_names."
    )
    return (missing,), (sentence,)
