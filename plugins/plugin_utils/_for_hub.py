# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The variables of an export, converted for a hub of another version."""

from __future__ import annotations

import re
import typing as t
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import (
    OLDEST,
    SINCE,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    ServerItem,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.wanted import (
    ShareItem,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._exported import (
    LISTS,
    Item,
    Lists,
    MigrationError,
    lists_of,
)

Version = tuple[int, ...]
# What JupyterHub 6 takes as the name of a new server: see SAFE_NAME in
# module_utils/_resources/servers.
LONGEST_SERVER_NAME = 30
SERVER_NAME = re.compile(r"(?=.{1,30}\Z)[a-z](-?[a-z0-9])*")
LONGEST_DISPLAY_NAME = 255


class LeftOut(t.TypedDict):
    """An object, or a part of it, that the new hub cannot have."""

    kind: str
    name: str
    reason: str


class Renamed(t.TypedDict):
    """An object that has another name on the new hub."""

    kind: str
    name: str
    new_name: str


class Migrated(t.TypedDict):
    """What the filter returns."""

    variables: dict[str, object]
    left_out: list[LeftOut]
    renamed: list[Renamed]


def for_hub(variables: object, version: object, *, keep_case: bool = False) -> Migrated:
    """
    :param variables: those of an export; others pass as they are.
    :param version: of the hub that they shall be applied to, such as "6.0".
    :param keep_case: whether that hub stores names of users with their capitals.
    :returns: ``variables``, and what was ``left_out`` and ``renamed``.
    :raises MigrationError: these are no variables of an export, or no version.
    """
    given, lists = lists_of(variables)
    found = re.match(r"(\d+)(?:\.(\d+))?", version if isinstance(version, str) else "")
    if found is None or int(found[1]) < 4:
        raise MigrationError(
            "for_hub needs the version of the hub as text, 4.0 or newer, such as '6.0'"
        )
    return _Migration(lists, (int(found[1]), int(found[2] or 0)), keep_case).result(given)


class _Migration:
    def __init__(self, lists: Lists, target: Version, keep_case: bool) -> None:
        self.lists = lists
        self.target = target
        self.left_out: list[LeftOut] = []
        self.renamed: list[Renamed] = []
        # The new names by the old ones; None for users who are left out.
        self.users = self._user_names(keep_case)
        self.servers = self._server_names() if target >= (6,) else {}

    def result(self, variables: Mapping[str, object]) -> Migrated:
        migrated: dict[str, Sequence[Item]] = {
            "users": self._users(),
            "groups": self._groups(),
            "services": self._services(),
            "servers": list(self._servers()),
            "shares": list(self._shares()),
            "tokens": list(self._tokens()),
        }
        gone = {"services", "shares"} if self.target < (5,) else set()
        new = {
            f"jupyterhub_{kind}": migrated[kind]
            for kind in LISTS
            if f"jupyterhub_{kind}" in variables and kind not in gone
        }
        others = {
            name: value
            for name, value in variables.items()
            if name not in {f"jupyterhub_{kind}" for kind in LISTS}
        }
        return {"variables": {**others, **new}, "left_out": self.left_out, "renamed": self.renamed}

    def _leave_out(self, kind: str, name: str, reason: str) -> None:
        self.left_out.append({"kind": kind, "name": name, "reason": reason})

    def _rename(self, kind: str, name: str, new_name: str) -> None:
        self.renamed.append({"kind": kind, "name": name, "new_name": new_name})

    # Users

    def _user_names(self, keep_case: bool) -> dict[str, str | None]:
        names: dict[str, str | None] = {}
        declared = [str(user["name"]) for user in self.lists["users"]]
        taken = set(declared)
        for name in declared:
            new = name if keep_case else name.lower()
            if self.target >= (5,) and set(name) == {"."}:
                self._leave_out("user", name, "JupyterHub 5.0 and newer do not accept its name")
                names[name] = None
            elif new != name and new in taken:
                self._leave_out("user", name, f"there already is a user {new}")
                names[name] = None
            else:
                names[name] = new
                taken.add(new)
                if new != name:
                    self._rename("user", name, new)
        return names

    def _user(self, name: str) -> str | None:
        """:returns: what a user is called on the new hub; None for one who is left out."""
        return self.users.get(name, name)

    def _users(self) -> list[Item]:
        return [
            {**user, "name": self._user(user["name"])}
            for user in self.lists["users"]
            if self._user(user["name"]) is not None
        ]

    def _tokens(self) -> Iterator[Item]:
        for token in self.lists["tokens"]:
            user = self._user(token["user"])
            if user is None:
                title = f"{token['user']}/{token.get('note') or ''}"
                self._leave_out("token", title, "its user was left out")
            else:
                yield {**token, "user": user}

    def _groups(self) -> list[Item]:
        groups: list[Item] = []
        for group in self.lists["groups"]:
            members = group.get("users")
            if members is None:
                groups.append(group)
                continue
            new = [name for name in map(self._user, members) if name is not None]
            more = (
                {"users_mode": "present"}
                if len(new) < len(members) and group.get("users_mode") != "absent"
                else {}
            )
            groups.append({**group, "users": list(dict.fromkeys(new)), **more})
        return groups

    def _services(self) -> Sequence[Item]:
        if self.target >= (5,):
            return self.lists["services"]
        for service in self.lists["services"]:
            self._leave_out(
                "service",
                service["name"],
                "before JupyterHub 5.0 services exist only in the hub's configuration",
            )
        return []

    # Servers

    def _server_names(self) -> dict[tuple[str, str], str]:
        """:returns: names that JupyterHub 6 takes, by user and old name."""
        named = {(item["user"], item.get("name") or "") for item in self.lists["servers"]}
        named |= {(item["owner"], item.get("server") or "") for item in self.lists["shares"]}
        new: dict[tuple[str, str], str] = {
            key: key[1] for key in named if not key[1] or SERVER_NAME.fullmatch(key[1])
        }
        for user, name in sorted(named - new.keys()):
            taken = {value for (owner, _old), value in new.items() if owner == user}
            new[user, name] = _unused(_slug(name), taken)
            self._rename("server", f"{user}/{name}", new[user, name])
        return new

    def _servers(self) -> Iterator[Item]:
        for server in self.lists["servers"]:
            user, name = server["user"], server.get("name") or ""
            owner = self._user(user)
            if owner is None:
                self._leave_out("server", f"{user}/{name}", "its user was left out")
            elif self.target >= (6,):
                yield self._for_new_hub({**server, "user": owner}, name, self.servers[user, name])
            elif server.get("state") == "present":
                self._leave_out(
                    "server",
                    f"{user}/{name}",
                    "before JupyterHub 6.0 a named server can only be created by starting it",
                )
            else:
                if server.get("display_name") is not None:
                    self._leave_out(
                        "server",
                        f"{user}/{name}",
                        "its display_name, which needs JupyterHub 6.0 or newer",
                    )
                yield {
                    key: value
                    for key, value in {**server, "user": owner}.items()
                    if key != "display_name"
                }

    @staticmethod
    def _for_new_hub(server: ServerItem, old: str, new: str) -> Item:
        server = {**server, "name": new}
        if old and server.get("state") == "stopped":
            # How an export says before JupyterHub 6.0 that a server is there.
            server["state"] = "present"
        shown = " ".join(
            "".join(letter if letter.isprintable() else " " for letter in old).split()
        )[:LONGEST_DISPLAY_NAME].strip()
        if new != old and shown and server.get("display_name") is None:
            server["display_name"] = shown
        return server

    # Shares

    def _shares(self) -> Iterator[Item]:
        started = {
            (item["user"], item.get("name") or "")
            for item in self.lists["servers"]
            if item.get("state") in (None, "started", "restarted")
        }
        for share in self.lists["shares"]:
            owner, server = share["owner"], share.get("server") or ""
            title = f"{owner}/{server}"
            new_owner = self._user(owner)
            if self.target < (5,):
                self._leave_out("share", title, "shares need JupyterHub 5.0 or newer")
            elif new_owner is None:
                self._leave_out("share", title, "the owner was left out")
            elif self.target < (6,) and server and (owner, server) not in started:
                self._leave_out(
                    "share", title, "its server does not exist on the hub before its first start"
                )
            else:
                yield from self._share(
                    {
                        **share,
                        "owner": new_owner,
                        "server": self.servers.get((owner, server), server),
                    },
                    title,
                )

    def _share(self, share: ShareItem, title: str) -> Iterator[Item]:
        scopes, users, groups = share.get("scopes"), share.get("users"), share.get("groups")
        left_out = 0
        if scopes is not None:
            share["scopes"] = self._known_scopes(scopes, title)
            if not share["scopes"]:
                return
        if users is not None:
            kept = self._guests(users, title, person=True)
            share["users"] = kept
            left_out += len(users) - len(kept)
        if groups is not None:
            kept = self._guests(groups, title, person=False)
            share["groups"] = kept
            left_out += len(groups) - len(kept)
        if not left_out or share.get("mode") == "absent":
            yield share
        elif share.get("users") or share.get("groups"):
            yield {**share, "mode": "present"}

    def _guests(self, guests: Sequence[object], title: str, *, person: bool) -> list[object]:
        """:returns: the guests, without those who are left out."""
        found = [self._guest(guest, title, person=person) for guest in guests]
        return [guest for guest in found if guest is not None]

    def _guest(self, guest: object, title: str, *, person: bool) -> object:
        """:returns: a guest, by name or with scopes; None for one who is left out."""
        if not isinstance(guest, Mapping):
            return self._user(guest) if person and isinstance(guest, str) else guest
        name = self._user(guest["name"]) if person else guest["name"]
        scopes = guest.get("scopes")
        known = None if scopes is None else self._known_scopes(scopes, title)
        return (
            None
            if name is None or known == []
            else {**guest, "name": name, **({} if known is None else {"scopes": known})}
        )

    def _known_scopes(self, scopes: Sequence[str], title: str) -> list[str]:
        new = [
            scope for scope in scopes if self.target >= SINCE.get(scope.partition("!")[0], OLDEST)
        ]
        for scope in scopes:
            if scope not in new:
                self._leave_out("share", title, f"the scope {scope}, which this hub does not know")
        return new


def _slug(name: str) -> str:
    """:returns: a name that JupyterHub 6 takes, as like this one as can be."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return (words if words[:1].isalpha() else f"s-{words}")[:LONGEST_SERVER_NAME].strip("-")


def _unused(name: str, taken: t.Collection[str]) -> str:
    """:returns: the name, with a number where it is taken."""
    number, unused = 1, name
    while unused in taken:
        number += 1
        unused = f"{name[: LONGEST_SERVER_NAME - 1 - len(str(number))].strip('-')}-{number}"
    return unused
