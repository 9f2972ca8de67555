# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What is declared about people who leave."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    first_set,
    fold,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import (
    is_cookie,
    is_quoted,
    is_token,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_user_name,
)

Account = t.Literal["keep", "delete"]
Sessions = t.Literal["report", "freeze"]
Servers = t.Literal["stopped", "removed"]
SHARES = ("given", "received")


class CookieItem(t.TypedDict):
    """An item of evidence_cookies."""

    name: str
    value: str


class LeaverItem(t.TypedDict):
    """An item of the list, as the options are; None: not set."""

    name: str
    account: Account | None
    sessions: Sessions | None
    servers: Servers | None
    shares: list[str] | None
    groups_keep: list[str] | None
    canary: bool | None
    evidence_tokens: list[str] | None
    evidence_cookies: list[CookieItem] | None
    backup: str | None
    dest: str | None


class OffboardOptions(t.TypedDict):
    """The options of jupyterhub_offboard; without those of the person when there is a list."""

    user: str
    users: list[LeaverItem] | None
    account: Account
    sessions: Sessions
    servers: Servers
    shares: list[str]
    groups_keep: list[str]
    canary: bool
    evidence_tokens: list[str] | None
    evidence_cookies: list[CookieItem] | None
    backup: str | None
    dest: str | None
    fail_unproved: bool
    stored_names: dict[str, str] | None


@dataclasses.dataclass(frozen=True)
class Cookie:
    """A cookie of the hub that the person had."""

    name: str
    value: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Leaver:
    """One person who leaves, as it is declared.

    :param shares: of SHARES: whose shares are revoked.
    :param groups_keep: names or globs of groups that the person stays in.
    :param canary: whether a token is created first, to check that it stops working.
    :param tokens: secrets that must be refused afterwards.
    :param cookies: cookies that must be refused afterwards.
    :param backup: a file for what is removed; None: none.
    :param dest: the file of the certificate, or its folder; None: none.
    """

    name: str
    account: Account
    sessions: Sessions
    servers: Servers
    shares: frozenset[str]
    groups_keep: tuple[str, ...]
    canary: bool
    tokens: tuple[str, ...] = dataclasses.field(repr=False)
    cookies: tuple[Cookie, ...]
    backup: str | None
    dest: str | None

    @property
    def deletes(self) -> bool:
        """Whether the account is deleted."""
        return self.account == "delete"

    @property
    def freezes(self) -> bool:
        """Whether the person's sessions lose their power; a deletion ends them anyway."""
        return self.sessions == "freeze" and not self.deletes


def parse(options: OffboardOptions) -> tuple[Leaver, ...]:
    """The one person, or the list, in the same form.

    :param options: of jupyterhub_offboard.
    :raises RefusedError: the input is bad, or contradicts itself.
    """
    rows: t.Sequence[LeaverItem] | None = options["users"]
    items = [_the_one(options)] if rows is None else rows
    for item in items:
        check_user_name(item["name"])
    folded = fold(items, lambda item: normalize(item["name"]), lambda item: f"User {item['name']}")
    return tuple(_parse_one(item, options) for item in folded)


def _the_one(options: OffboardOptions) -> LeaverItem:
    """:returns: the one person, as an item of a list."""
    return {
        "name": options["user"],
        "account": options["account"],
        "sessions": options["sessions"],
        "servers": options["servers"],
        "shares": options["shares"],
        "groups_keep": options["groups_keep"],
        "canary": options["canary"],
        "evidence_tokens": options["evidence_tokens"],
        "evidence_cookies": options["evidence_cookies"],
        "backup": options["backup"],
        "dest": options["dest"],
    }


def _parse_one(item: LeaverItem, options: OffboardOptions) -> Leaver:
    tokens = tuple(item["evidence_tokens"] or ())
    if not all(map(is_token, tokens)):
        raise RefusedError(
            f"evidence_tokens of user {item['name']} contains a text that cannot be a token, so it"
            " would prove nothing: give the token itself."
        )
    cookies = tuple(Cookie(one["name"], one["value"]) for one in item["evidence_cookies"] or ())
    for cookie in cookies:
        _check_cookie(item["name"], cookie)
    return Leaver(
        name=item["name"],
        account=item["account"] or options["account"],
        sessions=item["sessions"] or options["sessions"],
        servers=item["servers"] or options["servers"],
        shares=frozenset(first_set(item["shares"], options["shares"]) or ()),
        groups_keep=tuple(first_set(item["groups_keep"], options["groups_keep"]) or ()),
        canary=bool(first_set(item["canary"], options["canary"])),
        tokens=tokens,
        cookies=cookies,
        backup=first_set(item["backup"], options["backup"]),
        dest=first_set(item["dest"], options["dest"]),
    )


def _check_cookie(user: str, cookie: Cookie) -> None:
    """:raises RefusedError: a hub refuses it whatever the person may do."""
    if is_quoted(cookie.value):
        raise RefusedError(
            f"evidence_cookies of user {user} contains a value in quotes, so it would prove"
            " nothing: remove the quotes, which are not part of the cookie."
        )
    if not is_cookie(cookie.name, cookie.value):
        raise RefusedError(
            f"evidence_cookies of user {user} contains what cannot be a cookie of the hub, so it"
            " would prove nothing: give the name of the cookie, and its whole value as the browser"
            " sends it."
        )
