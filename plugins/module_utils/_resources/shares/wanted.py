# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What is declared of the shares of servers."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import fold
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_name,
    check_scope,
    check_user_name,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import duration

GuestKind = t.Literal["user", "group"]
# Whom a server is shared with.
Whom = tuple[GuestKind, str]
Mode = t.Literal["exact", "present", "absent"]
# Scopes without their filter, which the hub adds: access:servers.
Scopes = frozenset[str]
# What the hub grants when nothing else is asked for.
USUAL_SCOPES: Scopes = frozenset({"access:servers"})
# Seconds; the hub takes no less and no more (jupyterhub/apihandlers/shares.py,
# ShareCodeGrantRequest).
SHORTEST_CODE, LONGEST_CODE = 60, 525600 * 60
EXAMPLE = "write a name, or a dictionary such as {name: grace, scopes: ['access:servers']}"


class _ShareKeys(t.TypedDict):
    owner: str
    server: str
    users: list[object] | None
    groups: list[object] | None
    scopes: list[str] | None
    code: bool | None
    expires_in: str | None


class ShareItem(_ShareKeys):
    """An item of the list, as the options are; None: not set."""

    mode: Mode | None


class WholeShare(_ShareKeys):
    """An item, with what is set for all of them."""

    mode: Mode


class ShareOptions(WholeShare):
    """The options of jupyterhub_share; without those of the server when there is a list."""

    shares: list[ShareItem] | None
    stored_names: dict[str, object] | None


@dataclasses.dataclass(frozen=True)
class WantedShares:
    """What is declared of the shares of one server.

    :param guests: whom it is shared with, and the scopes of those that have their own.
    :param covers: the kinds of guests that are declared; of the others nothing is changed.
    :param scopes: for guests without scopes of their own; None: they are not declared.
    :param expires_in: seconds that a new code lives.
    """

    owner: str
    server: str
    guests: t.Mapping[Whom, Scopes | None]
    covers: frozenset[GuestKind]
    scopes: Scopes | None
    mode: Mode
    code: bool
    expires_in: int | None

    @property
    def server_key(self) -> tuple[str, str]:
        """The server: its owner and its name, which is empty for the default server."""
        return self.owner, self.server

    @property
    def title(self) -> str:
        """The server, as the hub's own scopes write it."""
        return f"{self.owner}/{self.server}"

    def scopes_of(self, guest: Whom) -> Scopes | None:
        """:returns: the scopes that are declared for a guest, if any are."""
        own = self.guests[guest]
        return self.scopes if own is None else own


def parse(options: ShareOptions) -> tuple[WantedShares, ...]:
    """The one server, or the list, in the same form.

    :param options: of jupyterhub_share.
    :raises RefusedError: the input is bad, or contradicts itself.
    """
    rows: t.Sequence[ShareItem | ShareOptions] = (
        [options] if options["shares"] is None else options["shares"]
    )
    items: list[WholeShare] = []
    for row in rows:
        item: WholeShare = {
            "owner": row["owner"],
            "server": row["server"],
            "users": row["users"],
            "groups": row["groups"],
            "scopes": row["scopes"],
            "mode": row["mode"] or options["mode"],
            "code": row["code"],
            "expires_in": row["expires_in"],
        }
        check_user_name(item["owner"])
        if item["server"]:
            check_name("server", item["server"])
        items.append(item)
    folded = fold(
        items,
        lambda item: (item["owner"], item["server"]),
        lambda item: f"Server {item['owner']}/{item['server']}",
    )
    return tuple(map(_parse_one, folded))


def stored_as(
    items: t.Iterable[WantedShares], names: t.Mapping[str, str]
) -> tuple[WantedShares, ...]:
    """:returns: the same with the names that the hub has for the users.

    :param names: by the names that are declared.
    :raises RefusedError: two items mean the same thing, and contradict each other.
    """
    found: dict[tuple[str, str], WantedShares] = {}
    for item in items:
        guests: dict[Whom, Scopes | None] = {}
        for (kind, name), scopes in item.guests.items():
            _add_guest(guests, (kind, names[name] if kind == "user" else name), scopes, item.title)
        stored = dataclasses.replace(
            item, owner=names[item.owner], guests=dict(sorted(guests.items(), key=_place))
        )
        if found.setdefault(stored.server_key, stored) != stored:
            raise RefusedError(
                f"Server {stored.title} is declared twice, with two spellings of its owner: keep"
                " one of them."
            )
    return tuple(found.values())


def _place(guest: tuple[Whom, Scopes | None]) -> tuple[bool, str]:
    """The position of a guest: users before groups, then by name."""
    (kind, name), _scopes = guest
    return kind == "group", name


def _parse_one(item: WholeShare) -> WantedShares:
    title = f"{item['owner']}/{item['server']}"
    if item["users"] is None and item["groups"] is None and not item["code"]:
        raise RefusedError(f"No shares of server {title} are declared: give users, groups or code.")
    expires_in = None if item["expires_in"] is None else duration("expires_in", item["expires_in"])
    if expires_in is not None and not (
        item["code"] and SHORTEST_CODE <= expires_in <= LONGEST_CODE
    ):
        raise RefusedError(
            f"expires_in is for codes, from one minute to one year; other shares of server {title}"
            " do not expire."
        )
    declared: dict[GuestKind, list[object] | None] = {
        "user": item["users"],
        "group": item["groups"],
    }
    guests: dict[Whom, Scopes | None] = {}
    for kind, given in declared.items():
        guests.update(_guests(kind, given or (), title))
    return WantedShares(
        item["owner"],
        item["server"],
        guests,
        frozenset(kind for kind, given in declared.items() if given is not None),
        None if item["scopes"] is None else _scopes(item["scopes"], title),
        item["mode"],
        bool(item["code"]),
        expires_in,
    )


def _guests(kind: GuestKind, given: t.Iterable[object], title: str) -> dict[Whom, Scopes | None]:
    """:returns: the guests of one kind, and the scopes of those that have their own.

    :raises RefusedError: one is neither a name nor a dictionary of a name and scopes, or is
    declared twice with different scopes.
    """
    guests: dict[Whom, Scopes | None] = {}
    for number, one in enumerate(given, 1):
        name, scopes = _guest(f"item {number} of {kind}s of server {title}", one, title)
        if kind == "user":
            check_user_name(name)
        else:
            check_name("group", name)
        _add_guest(guests, (kind, name), scopes, title)
    return dict(sorted(guests.items()))


def _add_guest(
    guests: dict[Whom, Scopes | None], whom: Whom, scopes: Scopes | None, title: str
) -> None:
    """:raises RefusedError: this guest is there already, with other scopes."""
    before = guests.get(whom)
    if None not in (before, scopes) and before != scopes:
        raise RefusedError(
            f"The {whom[0]} {whom[1]} is declared twice for server {title} with different scopes:"
            " keep one of them."
        )
    guests[whom] = before if scopes is None else scopes


def _guest(where: str, given: object, title: str) -> tuple[str, Scopes | None]:
    """:returns: the name of a guest, and its own scopes, if it has any."""
    if not isinstance(given, dict):
        # Numbers are taken as text, as everywhere.
        return str(given), None
    name, scopes = given.get("name"), given.get("scopes")
    unknown = sorted(str(key) for key in given if key not in ("name", "scopes"))
    if unknown:
        raise RefusedError(
            f"{brief(unknown[0])} is not an option in {where}: there are name, scopes."
        )
    if not isinstance(name, str):
        raise RefusedError(f"{where} has no name, or a name that is not text: {EXAMPLE}.")
    if scopes is None:
        return name, None
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise RefusedError(f"The scopes in {where} are not a list of texts: {EXAMPLE}.")
    return name, _scopes(scopes, title)


def _scopes(scopes: t.Iterable[str], title: str) -> Scopes:
    """:returns: scopes without the filter that the hub adds to them.

    :raises RefusedError: one has another filter, so that the hub would refuse it.
    """
    plain = set()
    owner, _slash, server = title.partition("/")
    for scope in scopes:
        base, _mark, limit = scope.partition("!")
        check_scope(base)
        # In scopes, the hub writes the name of the owner as it stores it.
        if limit not in ("", f"server={title}", f"server={normalize(owner)}/{server}"):
            raise RefusedError(
                f"The scope {brief(scope)} cannot be shared with server {title}: write it without a"
                " filter."
            )
        plain.add(base)
    return frozenset(plain)
