# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What the hub lists, as the snapshot has it."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    GroupRow,
    ServerRow,
    ServiceRow,
    ShareCodeRow,
    ShareRow,
    TokenRow,
    UserRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.row import (
    guest_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    Account,
    Group,
    Names,
    Seen,
    Server,
    Service,
    Share,
    ShareCode,
    Token,
    hidden,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.mark import (
    own_note,
)

SHOWN_BY = {
    "admin": "read:users:name",
    "roles": "read:roles:users",
    "groups": "read:users:groups",
    "created": "read:users",
    "last_activity": "read:users:activity",
}


def _names(value: t.Iterable[str | None]) -> Names:
    return tuple(sorted(name for name in value if name is not None))


def _shown_names(names: t.Iterable[str | None] | None, scope: str) -> Seen[Names]:
    """:returns: the names in a field; the hub leaves out what the caller may not see."""
    return hidden(scope) if names is None else _names(names)


def account(row: UserRow) -> Account:
    """:returns: what of a user shows without its servers."""
    return Account(
        admin=row.get("admin", hidden(SHOWN_BY["admin"])),
        roles=_shown_names(row.get("roles"), SHOWN_BY["roles"]),
        groups=_shown_names(row.get("groups"), SHOWN_BY["groups"]),
        created=row.get("created", hidden(SHOWN_BY["created"])),
        last_activity=row.get("last_activity", hidden(SHOWN_BY["last_activity"])),
    )


def server_of(user: str, row: ServerRow) -> Server:
    """:returns: a server."""
    return Server(
        user=user,
        name=row["name"],
        display_name=row.get("display_name"),
        ready=bool(row.get("ready")),
        stopped=bool(row.get("stopped")),
        pending=row.get("pending"),
        url=row.get("url"),
        started=row.get("started"),
        last_activity=row.get("last_activity"),
        user_options=row.get("user_options"),
    )


def group_of(row: GroupRow) -> Group:
    """:returns: a group."""
    members = row.get("users")
    return Group(
        name=row["name"],
        users=_shown_names(members, "read:groups"),
        nameless_users=0 if members is None else sum(name is None for name in members),
        properties=row.get("properties", hidden("read:groups")),
        roles=_shown_names(row.get("roles"), "read:roles:groups"),
    )


def service_of(row: ServiceRow) -> Service:
    """:returns: a service."""
    unseen = hidden("read:services")
    return Service(
        name=row["name"],
        admin=row.get("admin", unseen),
        roles=_shown_names(row.get("roles"), "read:roles:services"),
        url=row.get("url", unseen),
        prefix=row.get("prefix", unseen),
        display=row.get("display", unseen),
        info=row.get("info", unseen),
        command=row.get("command", unseen),
    )


def token_of(user: str, row: TokenRow) -> Token:
    """:returns: a token."""
    return Token(
        user=user,
        id=row["id"],
        note=row.get("note") or "",
        managed_note=own_note(row),
        scopes=_names(row.get("scopes") or ()),
        oauth_client=row.get("oauth_client") or "",
        session_id=row.get("session_id"),
        created=row["created"],
        last_activity=row.get("last_activity"),
        expires_at=row.get("expires_at"),
    )


def share_of(row: ShareRow) -> Share:
    """:returns: a share."""
    kind, guest = guest_of(row)
    return Share(
        owner=row["server"]["user"]["name"],
        server=row["server"]["name"],
        kind=kind,
        name=guest["name"],
        scopes=_names(row["scopes"]),
        created_at=row["created_at"],
    )


def share_code_of(row: ShareCodeRow) -> ShareCode:
    """:returns: a share code."""
    return ShareCode(
        owner=row["server"]["user"]["name"],
        server=row["server"]["name"],
        id=row["id"],
        scopes=_names(row["scopes"]),
        created_at=row["created_at"],
        expires_at=row.get("expires_at"),
        exchange_count=row.get("exchange_count") or 0,
        last_exchanged_at=row.get("last_exchanged_at"),
    )
