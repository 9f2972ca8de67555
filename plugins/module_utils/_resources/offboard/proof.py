# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The proof that a person no longer has access: what is checked, and what is expected.
Pure.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.decide import (
    keeps,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.person import (
    Person,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.wanted import (
    Leaver,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

# The first hub that knows shares.
SHARES_SINCE = (5,)
REFUSED = "refused"
TOKEN_LINE, COOKIE_LINE = "evidence token {}", "evidence cookie {}"


@dataclasses.dataclass(frozen=True)
class Seen:
    """What was found about a person after all was done.

    :param person: None: there is no such user. Its tokens are those of the last listing.
    :param listings: how many tokens each of the last two listings held.
    :param canary: whether the hub took the canary's token before and takes it now; None: none was
    made.
    :param tokens: whom each of the tokens that were given as evidence belongs to; None: to nobody.
    :param cookies: the same of cookies.
    :param idle: the lines about evidence that the hub refused before the first change, too.
    """

    person: Person | None
    listings: tuple[int, ...] = ()
    canary: tuple[bool, bool] | None = None
    tokens: tuple[str | None, ...] = ()
    cookies: tuple[str | None, ...] = ()
    idle: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of the proof.

    :param name: the user.
    :param found: None: it was not checked.
    :param proved: None: it was not checked.
    """

    name: str
    check: str
    expected: str
    found: str | None
    proved: bool | None

    @property
    def told(self) -> dict[str, object]:
        """The line as it is returned."""
        return dataclasses.asdict(self)


def prove(
    leaver: Leaver, name: str, seen: Seen | None, version: tuple[int, ...], *, canary: bool
) -> list[Line]:
    """
    :param name: what the hub calls the person.
    :param seen: None: nothing was checked yet, as in check mode.
    :param canary: whether a canary is made in this run.
    :returns: the lines of the proof for one person.
    """
    lines = _Lines(name, seen)
    if seen is not None and seen.person is None:
        lines.add(
            "account", "deleted" if leaver.deletes else "without access", "not on the hub", True
        )
    elif leaver.deletes:
        lines.add("account", "deleted", "on the hub", False)
    else:
        _account(lines, leaver, None if seen is None else seen.person, version)
    if canary:
        _canary(lines, seen)
    _evidence(lines, leaver, seen)
    return lines.lines


class _Lines:
    def __init__(self, name: str, seen: Seen | None) -> None:
        self.name = name
        self.seen = seen
        self.lines: list[Line] = []

    def add(self, check: str, expected: str, found: str, proved: bool) -> None:
        """Add a line; for what was not checked, nothing was found."""
        looked = self.seen is not None
        self.lines.append(
            Line(self.name, check, expected, found if looked else None, proved if looked else None)
        )

    def add_none(self, check: str, what: t.Sequence[str]) -> None:
        """Add a line that expects nothing of a kind."""
        self.add(check, "none", listed(what, 5) or "none", not what)


def _account(
    lines: _Lines, leaver: Leaver, person: Person | None, version: tuple[int, ...]
) -> None:
    """Add what is expected of a kept account."""
    seen = person or Person(lines.name, False, (), (), {})
    lines.add("admin", "no", "yes" if seen.admin else "no", not seen.admin)
    extra = [group for group in seen.groups if not keeps(leaver, group)]
    kept = "only those in groups_keep" if leaver.groups_keep else "none"
    lines.add("groups", kept, listed(seen.groups, 5) or "none", not extra)
    if leaver.freezes:
        lines.add_none("roles", seen.roles)
    if version >= SHARES_SINCE:
        if "given" in leaver.shares:
            lines.add_none("shares given", ["/".join(share.server) for share in seen.given])
            lines.add_none("share codes", ["/".join(code.server) for code in seen.codes])
        if "received" in leaver.shares:
            lines.add_none("shares received", ["/".join(share.server) for share in seen.received])
    lines.add_none("running servers", [f"{lines.name}/{server}" for server in seen.active_servers])
    if leaver.servers == "removed":
        lines.add_none("named servers", [server for server in sorted(seen.servers) if server])
    counts = () if lines.seen is None else lines.seen.listings
    found = " and ".join(str(count) for count in counts) or "not listed"
    lines.add("tokens", "0, listed twice", found, len(counts) > 1 and not any(counts))


def _canary(lines: _Lines, seen: Seen | None) -> None:
    before, after = (False, False) if seen is None or seen.canary is None else seen.canary
    found = f"{200 if before else 403}, then {200 if after else 403}"
    if seen is not None and seen.canary is None:
        found = "refused by the hub"
    lines.add("canary token", "200, then 403", found, before and not after)


def _evidence(lines: _Lines, leaver: Leaver, seen: Seen | None) -> None:
    tokens = [None] * len(leaver.tokens) if seen is None else seen.tokens
    for number, owner in enumerate(tokens, 1):
        check = TOKEN_LINE.format(number)
        lines.add(check, REFUSED, _owner(owner, check, seen), owner is None)
    cookies = [None] * len(leaver.cookies) if seen is None else seen.cookies
    frozen = (
        seen is not None
        and seen.person is not None
        and not (seen.person.roles or seen.person.admin)
    )
    for number, owner in enumerate(cookies, 1):
        check = COOKIE_LINE.format(number)
        found = _owner(owner, check, seen)
        if leaver.freezes:
            # The hub still knows it, and lets it do nothing.
            found += f", {'without' if frozen else 'with'} roles" if owner else ""
            powerless = owner is None or (frozen and owner == lines.name)
            lines.add(check, "refused, or without roles", found, powerless)
        else:
            lines.add(check, REFUSED, found, owner is None)


def _owner(owner: str | None, check: str, seen: Seen | None) -> str:
    if owner is not None:
        return f"accepted as {owner}"
    return f"{REFUSED}, as before this run" if seen and check in seen.idle else REFUSED
