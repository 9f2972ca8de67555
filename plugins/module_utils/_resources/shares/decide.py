# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Shares of servers as they are declared, compared with those on the hub. Pure: no request is
sent here.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
    Action,
    Fields,
    Missing,
    Plan,
    State,
    Step,
    Target,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.look_alikes import (
    not_removed,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.wanted import (
    USUAL_SCOPES,
    Scopes,
    WantedShares,
    Whom,
)

ORDER = ("create", "update", "revoke")
# Owner and name of the server.
Server = tuple[str, str]


@dataclasses.dataclass(frozen=True)
class Code:
    """A code with which a share can be accepted."""

    id: str
    scopes: Scopes


@dataclasses.dataclass(frozen=True)
class Shared:
    """What there is of one server's shares. Scopes are without their filter.

    :param exists: whether the hub knows the server.
    :param codes: only read where codes are declared.
    """

    exists: bool
    guests: t.Mapping[Whom, Scopes]
    codes: tuple[Code, ...] = ()


@dataclasses.dataclass(frozen=True, eq=False)
class ShareStep(Step):
    """A change of what one guest may do with a server.

    :param past: the scopes that are granted; None: there is no share.
    :param future: the scopes that will be; None: there will be none.
    """

    action: Action
    name: str
    server: Server
    guest: Whom
    past: Scopes | None
    future: Scopes | None
    kind = "share"

    @property
    def target(self) -> Target:
        return "server", "/".join(self.server)

    @property
    def before(self) -> Fields | None:
        return None if self.past is None else {"scopes": filtered(self.past, self.server)}

    @property
    def after(self) -> Fields | None:
        return None if self.future is None else {"scopes": filtered(self.future, self.server)}


class GrantShare(ShareStep):
    """Grants a guest more scopes."""

    operation = "share_grant"

    @property
    def scopes(self) -> list[str]:
        """What is granted."""
        return filtered((self.future or frozenset()) - (self.past or frozenset()), self.server)


class RevokeShare(ShareStep):
    """Revokes some of a guest's scopes, or the whole share."""

    operation = "share_revoke"

    @property
    def scopes(self) -> list[str] | None:
        """What is revoked; None: all."""
        return (
            None
            if self.future is None
            else filtered((self.past or frozenset()) - self.future, self.server)
        )

    def depends_on(self, other: Step) -> bool:
        # Without the scopes that were to be granted first, the guest would keep less than is
        # declared, or nothing.
        mine = (self.server, self.guest)
        return isinstance(other, GrantShare) and (other.server, other.guest) == mine


@dataclasses.dataclass(frozen=True, eq=False)
class CreateShareCode(Step):
    """Makes a code.

    :param known_ids: of the codes that there are.
    :param expires_in: seconds.
    """

    name: str
    server: Server
    scopes: Scopes
    expires_in: int | None
    known_ids: frozenset[str]
    action = "create"
    kind = "share_code"
    operation = "share_code_create"
    before = None

    @property
    def target(self) -> Target:
        return "server", "/".join(self.server)

    @property
    def after(self) -> Fields:
        lifetime = {} if self.expires_in is None else {"expires_in": self.expires_in}
        return {"code": HIDDEN, "scopes": filtered(self.scopes, self.server), **lifetime}

    def depends_on(self, other: Step) -> bool:
        # A code that is made is lost when the task fails.
        return True


@dataclasses.dataclass(frozen=True, eq=False)
class DeleteShareCode(Step):
    """Deletes a code; shares that were accepted with it stay."""

    name: str
    server: Server
    id: str
    action = "revoke"
    kind = "share_code"
    operation = "share_code_delete"
    after = None

    @property
    def target(self) -> Target:
        return "server", "/".join(self.server)

    @property
    def before(self) -> Fields:
        return {"id": self.id}


def decide(wanted: t.Iterable[WantedShares], current: t.Mapping[Server, Shared]) -> Plan:
    """:returns: the steps that the declared servers need.

    :param current: what there is of each declared server.
    """
    steps: list[Step] = []
    objects: dict[str, State] = {}
    changed: set[str] = set()
    unchanged = 0
    missing: list[str] = []
    warnings: list[str] = []
    for item in wanted:
        shared = current[item.server_key]
        mine, guests = _compare(item, shared.guests)
        if item.code:
            mine.extend(_compare_codes(item, shared.codes))
        steps.extend(mine)
        warnings.extend(_not_removed(item, shared))
        unchanged += not mine
        objects[item.title] = state_of(item.server_key, guests)
        if mine:
            changed.add(item.title)
        if not shared.exists and item.mode != "absent":
            missing.append(item.title)
    # A code that is made is lost when the task fails.
    steps.sort(key=lambda step: (isinstance(step, CreateShareCode), ORDER.index(step.action)))
    servers = Missing(
        "These servers do not exist on the hub, so they cannot be shared",
        tuple(missing),
        "Start them once, or create them.",
    )
    return Plan(
        tuple(steps),
        objects,
        frozenset(changed),
        unchanged,
        missing=(servers,),
        warnings=tuple(warnings),
    )


def _not_removed(item: WantedShares, shared: Shared) -> list[str]:
    """:returns: a warning of guests whose shares stay, as their names only look like those on the
    hub.
    """
    if item.mode != "absent":
        return []
    names, there = ([name for _kind, name in each] for each in (item.guests, shared.guests))
    return list(not_removed(f"guests of server {item.title}", names, there))


def _compare(
    item: WantedShares, current: t.Mapping[Whom, Scopes]
) -> tuple[list[Step], dict[Whom, Scopes]]:
    """:returns: the steps that the shares of one server need, and the shares as they will be."""
    shares = dict(current)
    steps: list[Step] = []
    for guest in item.guests:
        now, scopes = current.get(guest), item.scopes_of(guest)
        if item.mode == "absent":
            left = frozenset() if now is None or scopes is None else now - scopes
        else:
            wanted = scopes if scopes is not None else now or USUAL_SCOPES
            more = (now or frozenset()) | wanted
            if more != (now or frozenset()):
                steps.append(_grant(item, guest, now, more))
                now = shares[guest] = more
            left = wanted if item.mode == "exact" else more
        steps.extend(_revoke(item, guest, now, left, shares))
    if item.mode == "exact":
        for guest in sorted(set(current) - set(item.guests)):
            # Users are not changed if none are declared, and the same holds for groups.
            if guest[0] in item.covers:
                steps.extend(_revoke(item, guest, current[guest], frozenset(), shares))
    return steps, shares


def _grant(item: WantedShares, guest: Whom, now: Scopes | None, more: Scopes) -> Step:
    return GrantShare(
        "update" if now else "create", _name(item, guest), item.server_key, guest, now, more
    )


def _revoke(
    item: WantedShares, guest: Whom, now: Scopes | None, left: Scopes, shares: dict[Whom, Scopes]
) -> t.Iterator[Step]:
    """Revoke the scopes that a guest no longer has, and the share with the last of them."""
    if not now or left == now:
        return
    if left:
        shares[guest] = left
        yield RevokeShare("update", _name(item, guest), item.server_key, guest, now, left)
    else:
        del shares[guest]
        yield RevokeShare("revoke", _name(item, guest), item.server_key, guest, now, None)


def _compare_codes(item: WantedShares, codes: t.Sequence[Code]) -> t.Iterator[Step]:
    """Make a code, when there is none of these scopes, or delete all."""
    name = f"{item.title} code"
    scopes = item.scopes or USUAL_SCOPES
    if item.mode == "absent":
        for code in codes:
            yield DeleteShareCode(name, item.server_key, code.id)
    elif all(code.scopes != scopes for code in codes):
        yield CreateShareCode(
            name, item.server_key, scopes, item.expires_in, frozenset(code.id for code in codes)
        )


def _name(item: WantedShares, guest: Whom) -> str:
    kind, name = guest
    return f"{item.title} with {kind} {name}"


def filtered(scopes: t.Iterable[str], server: Server) -> list[str]:
    """:returns: scopes with the filter that the hub adds to them."""
    owner, name = server
    return [f"{scope}!server={owner}/{name}" for scope in sorted(scopes)]


def state_of(server: Server, guests: t.Mapping[Whom, Scopes]) -> State:
    """:returns: the shares of one server as modules return them."""
    return {
        "owner": server[0],
        "server": server[1],
        **{
            f"{kind}s": [
                {"name": name, "scopes": filtered(scopes, server)}
                for (one, name), scopes in sorted(guests.items())
                if one == kind
            ]
            for kind in ("user", "group")
        },
        "code": None,
    }
