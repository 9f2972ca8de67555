# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What is removed from people who leave, and in which order. Pure: no request is sent here."""

from __future__ import annotations

import dataclasses
import fnmatch
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Plan,
    State,
    Step,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.steps import (
    RemoveMember,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.person import (
    Person,
    SharedWith,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.steps import (
    DeleteAccount,
    DropAdmin,
    Freeze,
    WriteFile,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.wanted import (
    Leaver,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    DeleteServer,
    ServerStep,
    StopServer,
    stop_step,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.decide import (
    DeleteShareCode,
    RevokeShare,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.steps import (
    RevokeToken,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief, listed

# First power; then what could be used to regain it. A server works with a token of its own,
# so that servers are stopped before the tokens are revoked. What proves all this comes last.
ORDER: tuple[type[Step], ...] = (
    DropAdmin,
    RemoveMember,
    RevokeShare,
    DeleteShareCode,
    Freeze,
    StopServer,
    DeleteServer,
    RevokeToken,
    DeleteAccount,
)


@dataclasses.dataclass(frozen=True)
class Hub:
    """What must be known in addition to the people themselves.

    :param caller: kind and name of who calls.
    :param other_admin: whether an admin is left who does not leave; None: that cannot be seen, or
        no admin leaves.
    :param group_roles: the roles of groups that somebody stays in.
    """

    caller: tuple[str, str]
    other_admin: bool | None
    group_roles: t.Mapping[str, tuple[str, ...]]


@dataclasses.dataclass(frozen=True)
class Case:
    """A person who leaves: what is declared, and what is on the hub.

    :param person: None: there is no such user.
    """

    leaver: Leaver
    person: Person | None

    @property
    def name(self) -> str:
        """The person's name on the hub."""
        return self.leaver.name if self.person is None else self.person.name

    @property
    def kept_groups(self) -> tuple[str, ...]:
        """The groups that the person stays in."""
        groups = () if self.person is None else self.person.groups
        return tuple(group for group in groups if keeps(self.leaver, group))

    @property
    def revoked_shares(self) -> t.Iterator[SharedWith]:
        """The shares that are revoked."""
        if self.person is not None:
            yield from self.person.given if "given" in self.leaver.shares else ()
            yield from self.person.received if "received" in self.leaver.shares else ()


def keeps(leaver: Leaver, group: str) -> bool:
    """Whether a person stays in a group."""
    return any(group == each or fnmatch.fnmatchcase(group, each) for each in leaver.groups_keep)


def check(cases: t.Sequence[Case], hub: Hub) -> None:
    """Refuse what would lock everyone out, or would only look done.

    :raises RefusedError: nothing was changed.
    """
    for case in cases:
        kind, caller = hub.caller
        # The hub compares names only when it deletes, and takes a service of that name for the
        # user.
        if case.name == caller and (kind == "user" or case.leaver.deletes):
            raise RefusedError(
                f"User {case.name} has the same name as the caller: use the token of another user,"
                " or of a service with another name."
            )
        roles = {group: hub.group_roles.get(group) for group in case.kept_groups}
        powerful = sorted(group for group, each in roles.items() if each)
        if case.leaver.freezes and powerful:
            raise RefusedError(
                f"sessions=freeze cannot freeze user {case.name}, who stays in groups with roles"
                f" (groups_keep): {listed(powerful)}. Remove these groups from groups_keep."
            )
    going = sorted(case.name for case in cases if case.person is not None and case.person.admin)
    if going and hub.other_admin is False:
        raise RefusedError(
            f"This would leave the hub without an admin: {listed(going)}. Give admin to another"
            " user first."
        )


def decide(cases: t.Sequence[Case]) -> Plan:
    """:returns: all that is removed from these people, in the order in which it is done."""
    steps: list[Step] = []
    objects: dict[str, State] = {}
    changed: set[str] = set()
    leaving: dict[str, list[str]] = {}
    # Between two people who leave there is one share, and it is revoked once.
    shares = {(share.server, share.guest): share for case in cases for share in _shares_of(case)}
    for case in cases:
        if case.person is None:
            continue
        mine = [*_steps_of(case, case.person)]
        groups = () if case.leaver.deletes else case.person.groups
        left = [group for group in groups if not keeps(case.leaver, group)]
        for group in left:
            leaving.setdefault(group, []).append(case.name)
        steps.extend(mine)
        if mine or left or any(_shares_of(case)):
            changed.add(case.name)
        if not case.leaver.deletes:
            objects[case.name] = _after(case, case.person)
    for group, users in sorted(leaving.items()):
        steps.extend(RemoveMember(group, user) for user in sorted(users))
    steps.extend(_revocation(share) for share in shares.values())
    steps.sort(key=lambda step: ORDER.index(type(step)))
    unchanged = sum(case.name not in changed for case in cases)
    admins = [
        case.name
        for case in cases
        if case.person is not None and case.person.admin and not case.leaver.deletes
    ]
    return Plan(tuple(steps), objects, frozenset(changed), unchanged, tuple(admins))


def with_files(plan: Plan, cases: t.Sequence[Case], exists: t.Callable[[str], bool]) -> Plan:
    """Add the files that are written.

    :param cases: with their files: ``backup`` and ``dest`` are the paths of files here.
    :param exists: whether there is a file.
    :returns: the plan with its backups first, and its certificates last.
    """
    backups: dict[str, list[str]] = {}
    certificates: list[Step] = []
    for case in cases:
        if case.leaver.backup is not None and case.name in plan.changed:
            backups.setdefault(case.leaver.backup, []).append(case.name)
        dest = case.leaver.dest
        if dest is not None and (case.name in plan.changed or not exists(dest)):
            certificates.append(WriteFile(dest, (case.name,), "certificate"))
    first = [WriteFile(path, tuple(names), "backup") for path, names in sorted(backups.items())]
    return dataclasses.replace(plan, steps=(*first, *plan.steps, *certificates))


def _steps_of(case: Case, person: Person) -> t.Iterator[Step]:
    """:returns: the steps that concern one person alone."""
    leaver, name = case.leaver, person.name
    removed = (
        [] if leaver.servers == "stopped" else [each for each in sorted(person.servers) if each]
    )
    for server in person.active_servers:
        if server not in removed:
            yield stop_step(name, server)
    for server in removed:
        yield DeleteServer(f"{name}/{server}", (name, server))
    if leaver.deletes:
        yield DeleteAccount(name, person.admin, person.groups, tuple(person.active_servers))
        return
    if person.admin:
        yield DropAdmin(name)
    for code in person.codes if "given" in leaver.shares else ():
        yield DeleteShareCode(f"{'/'.join(code.server)} code", code.server, code.id)
    roles = person.roles
    if person.admin:
        # With admin, only the role of that name goes; and whoever is changed to be no admin gets
        # the role of every user, if it was not there (jupyterhub/roles.py, assign_default_roles).
        roles = tuple(role for role in roles if role != "admin") or ("user",)
    if leaver.freezes and roles:
        yield Freeze(name, roles)
    for token in person.tokens:
        # Those of servers go with them.
        if not (token.of_server and person.active_servers):
            yield revoke_step(name, token.id, token.note)


def revoke_step(user: str, token_id: str, note: str) -> RevokeToken:
    """:returns: the step that revokes a token; its note is text of others."""
    shown = note if note.isprintable() and len(note) <= 60 else brief(note)
    return RevokeToken(f"{user}/{shown} ({token_id})", user, token_id)


def _shares_of(case: Case) -> t.Iterable[SharedWith]:
    return () if case.leaver.deletes else case.revoked_shares


def _revocation(share: SharedWith) -> RevokeShare:
    kind, guest = share.guest
    name = f"{'/'.join(share.server)} with {kind} {guest}"
    return RevokeShare("revoke", name, share.server, share.guest, share.scopes, None)


def _after(case: Case, person: Person) -> State:
    """:returns: a person whose account is kept, as it will be."""
    roles = () if case.leaver.freezes else tuple(role for role in person.roles if role != "admin")
    return state_of(
        dataclasses.replace(
            person,
            admin=False,
            groups=case.kept_groups,
            roles=roles,
            servers={
                name: False
                for name in person.servers
                if not (name and case.leaver.servers == "removed")
            },
        ),
        tokens=0,
    )


def state_of(person: Person, tokens: int) -> State:
    """:returns: a person as modules return it."""
    return {
        "name": person.name,
        "admin": person.admin,
        "groups": list(person.groups),
        "roles": list(person.roles),
        "servers": person.active_servers,
        "tokens": tokens,
    }


def warnings_of(cases: t.Sequence[Case], hub: Hub) -> t.Iterator[str]:
    """:returns: sentences about what is not known of people and the hub."""
    going = [case.name for case in cases if case.person is not None and case.person.admin]
    if going and hub.other_admin is None:
        yield (
            f"This token cannot see whether the hub has an admin other than {listed(going)}: it"
            " needs the scope list:users."
        )
    gone = [case.name for case in cases if case.person is None]
    if gone:
        yield (
            f"These users are not on the hub: {listed(gone)}. A misspelled name would prove"
            " nothing."
        )


def concerns(step: Step, name: str) -> bool:
    """Whether a step removes something from this person."""
    if isinstance(step, RemoveMember):
        return step.user == name
    if isinstance(step, ServerStep):
        return step.key[0] == name
    if isinstance(step, RevokeShare):
        return step.server[0] == name or step.guest == ("user", name)
    if isinstance(step, DeleteShareCode):
        return step.server[0] == name
    if isinstance(step, RevokeToken):
        return step.user == name
    return isinstance(step, (DropAdmin, Freeze, DeleteAccount)) and step.name == name
