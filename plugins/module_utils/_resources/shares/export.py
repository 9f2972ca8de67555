# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Shares as the role declares them."""

from __future__ import annotations

import collections

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Json
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.kind import (
    Item,
    KindOfObject,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.names import (
    passes,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.wanted import (
    NAMED,
    RUNNING,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_name,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot import reading
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    Share,
    known,
)

# Scopes by name, of users and of groups.
Guests = dict[str, dict[str, list[Json]]]


class SharesOfHub(KindOfObject):
    """The shares."""

    singular = "share"
    scopes = ("list:users", "read:shares")
    parts = frozenset({reading.USERS, reading.SHARES})

    def items(self) -> list[Item]:
        by_owner = known(self.hub.shares, "the shares")
        items = []
        for owner in sorted(by_owner):
            servers: dict[str, list[Share]] = collections.defaultdict(list)
            for share in (
                known(by_owner[owner], f"the shares of user {owner}")
                if self.names.takes_user(owner)
                else ()
            ):
                servers[share.server].append(share)
            for name in sorted(servers):
                items += self._share(owner, name, servers[name])
        return items

    def _share(self, owner: str, server: str, shares: list[Share]) -> list[Item]:
        """:returns: all shares of one server as one item, or nothing where there is none that can
        be declared.
        """
        title = f"{owner}/{server}"
        if server and not passes(lambda name: check_name("server", name), server):
            self.leave_out(title, "jupyterhub_share does not accept the server's name")
            return []
        guests = self._guests(title, shares)
        if not guests["user"] and not guests["group"]:
            return []
        if server and self.wanted.servers not in (NAMED, RUNNING):
            self.leave_out(
                title,
                "it is shared, and must be on the hub for that: set servers to named",
                kind="server",
            )
        exact = len(guests["user"]) + len(guests["group"]) == len(shares)
        return [_share_item(owner, server, guests, exact=exact)]

    def _guests(self, title: str, shares: list[Share]) -> Guests:
        """:returns: those whom shares can be declared for, with their scopes."""
        guests: Guests = {"user": {}, "group": {}}
        for share in shares:
            scopes = _unfiltered(share)
            if scopes is None:
                self.leave_out(
                    title,
                    f"what {share.kind} {share.name} may do, which the hub lists under another"
                    " name of the server",
                )
            elif share.name is None:
                self.leave_out(title, "a guest without a name, whom no request can reach")
            elif (
                self.names.takes_user(share.name)
                if share.kind == "user"
                else self.names.takes_group(share.name)
            ):
                guests[share.kind][share.name] = scopes
            else:
                self.leave_out(
                    title,
                    f"{share.kind} {share.name}, who is not exported; the share is listed with"
                    " mode present",
                )
        return guests


def _unfiltered(share: Share) -> list[Json] | None:
    """:returns: scopes as the module takes them; None when they are for another server than the
    share is.
    """
    end = f"!server={share.owner}/{share.server}"
    if any(not scope.endswith(end) for scope in share.scopes):
        return None
    return [scope[: -len(end)] for scope in share.scopes]


def _share_item(owner: str, server: str, guests: Guests, *, exact: bool) -> Item:
    users, groups = guests["user"], guests["group"]
    all_scopes = [*users.values(), *groups.values()]
    item: Item = {"owner": owner, "server": server}
    # In a plain list, modules refuse names with white space at their ends, since it is rarely
    # meant.
    plain = all(name == name.strip() for name in (*users, *groups))
    if plain and all(scopes == all_scopes[0] for scopes in all_scopes):
        item.update(users=[*sorted(users)], groups=[*sorted(groups)], scopes=[*all_scopes[0]])
    else:
        item["users"] = [{"name": name, "scopes": list(users[name])} for name in sorted(users)]
        item["groups"] = [{"name": name, "scopes": list(groups[name])} for name in sorted(groups)]
    return item if exact else {**item, "mode": "present"}
