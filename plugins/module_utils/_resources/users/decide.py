# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What declared users need, given those that are on the hub. Pure: no request is sent here."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import (
    Prune,
    Verdict,
    Why,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Plan,
    Step,
    same,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import Found
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.look_alikes import (
    not_removed,
    unknown_logins,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    stop_step,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.unreachable import (
    reachable,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.rename import (
    check_stopped,
    source_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.row import (
    UserState,
    is_later,
    known,
    sorted_or_none,
    user_state,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.steps import (
    CreateUser,
    DeleteUser,
    RenameUser,
    SetActivity,
    SetAdmin,
    SetAuthState,
    UserStep,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.wanted import (
    WantedUser,
    WantedUsers,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

# Steps are applied in this order: renames free their old names, and what is deleted is deleted
# last.
ORDER = ("rename", "create", "update", "stop", "delete")
# The role that makes an admin, of a user or by a group (jupyterhub/roles.py, get_default_roles).
ADMIN_ROLE = "admin"


@dataclasses.dataclass(frozen=True)
class Current:
    """What is on the hub.

    :param found: the users, by name.
    :param whole: those that were read one by one, as only that shows their auth_state; by name.
    :param caller: the name of the user or service that calls; empty where nobody is deleted.
    :param group_roles: the roles that the groups of users who may be pruned have, by group.
    :param keeps_case: the hub keeps the case of names, whatever users it has; False also where
    nothing depends on it, so that it was not asked.
    """

    found: Found[UserRow]
    whole: t.Mapping[str, UserRow] = dataclasses.field(default_factory=dict)
    caller: str = ""
    group_roles: t.Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)
    keeps_case: bool = False

    def get(self, name: str) -> UserRow | None:
        """:returns: the user that a name means."""
        return self.found.get(name)

    def row(self, name: str) -> UserRow:
        """:returns: the user that is stored under a name."""
        return self.found.rows[name]


def decide(wanted: WantedUsers, current: Current) -> Plan:
    """:returns: the steps that bring the users to what is declared.

    :raises RefusedError: that cannot be done, or a guard of the prune does not allow it.
    """
    steps: list[Step] = []
    objects: dict[str, UserState] = {}
    changed: set[str] = set()
    touches_admins: list[str] = []
    unchanged = 0
    for user in each_once(wanted.users, current.found):
        row = current.get(user.name)
        if user.state == "absent":
            _check_removal(user, row, current)
            mine: list[Step] = [] if row is None else _removal(row, pruned=False)
        else:
            mine, after = _compare(user, row, current)
            objects[after["name"]] = after
            if mine:
                changed.add(after["name"])
            if _needs_an_admin(mine, after, row):
                touches_admins.append(after["name"])
        steps.extend(mine)
        unchanged += not mine
    warnings = _not_removed(wanted, current)
    returns: t.Mapping[str, object] = {}
    if wanted.prune is not None:
        verdict = _prune(wanted.prune, wanted, current, warnings)
        for name in verdict.going:
            steps.extend(_removal(current.row(name), pruned=True))
        returns = verdict.returned
    return Plan(
        tuple(sorted(steps, key=_turn)),
        objects,
        frozenset(changed),
        unchanged,
        tuple(touches_admins),
        returns=returns,
        warnings=tuple(warnings),
    )


def _not_removed(wanted: WantedUsers, current: Current) -> list[str]:
    """:returns: a warning of users who stay, as their names only look like those on the hub."""
    absent = [current.found.stored(user.name) for user in wanted.users if user.state == "absent"]
    missing = [
        user.name
        for user in wanted.users
        if user.state == "absent"
        and current.get(user.name) is None
        and not current.found.told(user.name)
    ]
    return [
        *not_removed("on the hub", absent, current.found.rows),
        *unknown_logins(missing, current.found.rows),
    ]


def _turn(step: Step) -> tuple[int, bool]:
    """:returns: by what steps are sorted: those that create users, by whether they make admins."""
    return ORDER.index(step.action), isinstance(step, CreateUser) and step.admin


def each_once(users: t.Iterable[WantedUser], found: Found[UserRow]) -> list[WantedUser]:
    """:returns: the declared users, each once: several names may mean the same user of this hub.

    :raises RefusedError: two declarations of one user contradict each other.
    """
    by_name: dict[str, WantedUser] = {}
    for user in users:
        stored = found.stored(user.name)
        by_name[stored] = by_name[stored].merged(user) if stored in by_name else user
    return list(by_name.values())


def may_go(wanted: WantedUsers, found: Found[UserRow]) -> list[str]:
    """:returns: the names of those who would be pruned if no user had any role."""
    if wanted.prune is None:
        return []
    return wanted.prune.candidates(found.rows, _spoken_of(wanted, found), normalize)


def held_roles(row: UserRow, group_roles: t.Mapping[str, frozenset[str]]) -> frozenset[str]:
    """:returns: the roles that a user has from groups."""
    return frozenset().union(
        *(group_roles.get(group, frozenset()) for group in known(row, "groups") or ())
    )


def why_kept(
    row: UserRow, wanted: WantedUsers, group_roles: t.Mapping[str, frozenset[str]]
) -> Why | None:
    """:returns: which of the user's rights keep a prune from deleting the user; None: no right
    does.
    """
    roles = held_roles(row, group_roles)
    if not wanted.prune_admins and (known(row, "admin") or ADMIN_ROLE in roles):
        return "admin"
    return "role" if roles - {ADMIN_ROLE} - wanted.prune_roles else None


def _needs_an_admin(steps: t.Iterable[Step], after: UserState, row: UserRow | None) -> bool:
    """Whether only a caller who is an admin may do these steps, since JupyterHub 4.1."""
    guarded = [
        step
        for step in steps
        if isinstance(step, UserStep) and step.operation in ("users_create", "user_update")
    ]
    touched = after["admin"] or (row or {}).get("admin")
    return bool(guarded and (touched or any((step.before or {}).get("admin") for step in guarded)))


def _check_removal(user: WantedUser, row: UserRow | None, current: Current) -> None:
    """:raises RefusedError: the hub would refuse to delete this user, or the next run would delete
    another one.
    """
    if row is None:
        return
    double = _double(user, row["name"], current.found)
    if double is not None and not current.keeps_case:
        raise RefusedError(
            f"Users {row['name']} and {double} are both on the hub, and after {row['name']} is"
            f" deleted, the name may mean the other user: rename {row['name']} first, with"
            " rename_from, or add it to stored_names as its own name."
        )
    # The hub compares names only, and takes a service of that name for the user.
    if row["name"] == current.caller:
        raise RefusedError(
            f"User {row['name']} has the name of the caller, and JupyterHub does not let an account"
            " delete itself: use another token."
        )


def _double(user: WantedUser, stored: str, found: Found[UserRow]) -> str | None:
    """:returns: another user whom the name may mean once the user who is stored under it is
    gone.
    """
    other = normalize(user.name)
    return other if other != stored and other in found.rows and not found.told(user.name) else None


def doubled(wanted: WantedUsers, found: Found[UserRow]) -> bool:
    """Whether a user is to be deleted, and another has the same name in lower case."""
    names = [(user, found.stored(user.name)) for user in wanted.users if user.state == "absent"]
    return any(
        stored in found.rows and _double(user, stored, found) is not None for user, stored in names
    )


def _compare(
    user: WantedUser, row: UserRow | None, current: Current
) -> tuple[list[Step], UserState]:
    """:returns: the steps that one user needs, and the user as it will be."""
    steps: list[Step] = []
    old = current.get(user.rename_from) if user.rename_from else None
    source = source_of(old, row)
    name = current.found.stored(user.name)
    after: UserRow
    if source is not None:
        check_stopped(source)
        steps.append(RenameUser(name, user.name, source["name"]))
        after = {**source, "name": name}
    elif row is not None:
        after = {**row}
    else:
        admin = bool(user.admin)
        steps.append(CreateUser(name, _to_ask(user.name, current.found), admin))
        after = _new_user(name, admin)
    exists = source if source is not None else row
    if exists is not None and user.admin is not None and known(exists, "admin") != user.admin:
        steps.append(SetAdmin(name, user.admin))
        after["admin"] = user.admin
        roles_before = after.get("roles")
        if roles_before is not None:
            after["roles"] = sorted(
                {*roles_before, ADMIN_ROLE} if user.admin else {*roles_before} - {ADMIN_ROLE}
            )
    if user.auth_state is not None:
        now = known(
            after if exists is None else current.whole.get(exists["name"], exists), "auth_state"
        )
        # The hub shows an empty auth_state as none.
        if not same(now or {}, user.auth_state):
            steps.append(SetAuthState(name, user.auth_state, replaces=bool(now)))
    if user.last_activity is not None and is_later(user.last_activity, after):
        steps.append(SetActivity(name, after.get("last_activity"), user.last_activity))
        return steps, {**user_state(after), "last_activity": user.last_activity}
    return steps, user_state(after)


def _new_user(name: str, admin: bool) -> UserRow:
    """:returns: a user as the hub makes one."""
    return {
        "name": name,
        "admin": admin,
        "groups": [],
        "roles": [ADMIN_ROLE, "user"] if admin else ["user"],
        "auth_state": None,
        "last_activity": None,
    }


def _to_ask(name: str, found: Found[UserRow]) -> str:
    """:returns: the name that the hub is asked to store: the one in stored_names, or else the
    declared one, of which the hub makes the same as of a login.
    """
    return found.stored(name) if found.told(name) else name


def _removal(row: UserRow, *, pruned: bool) -> list[Step]:
    """The steps that delete a user: the hub refuses to while a named server runs or any server is
    pending.
    """
    stops = [stop_step(row["name"], server) for server in sorted(known(row, "servers"))]
    return [
        *stops,
        DeleteUser(row["name"], row.get("admin"), sorted_or_none(row.get("groups")), pruned=pruned),
    ]


# Pruning


def _spoken_of(wanted: WantedUsers, found: Found[UserRow]) -> set[str]:
    """:returns: the stored names of all users that the task mentions, including former names."""
    return {found.stored(name) for name in wanted.names}


def _prune(prune: Prune, wanted: WantedUsers, current: Current, warnings: list[str]) -> Verdict:
    """:returns: which users are deleted because they are not declared."""
    found = current.found
    declared = {found.stored(user.name) for user in wanted.users if user.state == "present"}
    spoken_of = _spoken_of(wanted, found)
    there = {normalize(name) for name in spoken_of if name in found.rows}
    protected: dict[str, Why] = {
        name: "look_alike" for name in found.rows if normalize(name) in there
    }
    for name in may_go(wanted, found):
        why = why_kept(current.row(name), wanted, current.group_roles)
        if why is not None:
            protected[name] = why
    for name in found.rows:
        if not wanted.prune_admins and known(current.row(name), "admin"):
            protected[name] = "admin"
    protected[current.caller] = "caller"
    verdict = prune.select(
        "users",
        list(found.rows),
        declared,
        protected,
        spoken_of=spoken_of,
        unnamed=found.nameless,
        spell=normalize,
    )
    warnings.extend(verdict.warnings("user"))
    admins = [
        kept.name
        for kept in verdict.kept
        if kept.why == "admin" and kept.name is not None and kept.name not in prune.keep
    ]
    if admins:
        warnings.append(
            f"These admins are not declared, but are not deleted: {listed(admins)}. Declare them,"
            " add them to prune_keep, or delete them with prune_admins."
        )
    return reachable(verdict, "user", warnings)
