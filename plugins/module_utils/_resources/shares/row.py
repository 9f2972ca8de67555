# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Shares and their codes as the hub lists them."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import State
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    NameRow,
    ShareCodeRow,
    ShareRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.wanted import (
    GuestKind,
    Scopes,
    Whom,
)


def guest_of(row: ShareRow) -> tuple[GuestKind, NameRow]:
    """:returns: whom a share is for: ``user`` or ``group``, and which. The name may be null.

    :raises TypeError: it is for neither.
    """
    kind: GuestKind = "user" if row["kind"] == "user" else "group"
    guest = row[kind]
    if guest is None:
        raise TypeError("a share is for a user or a group")
    return kind, guest


def whom(row: ShareRow) -> Whom:
    """:returns: whom a share is for, by name."""
    kind, guest = guest_of(row)
    return kind, guest["name"]


def share_state(row: ShareRow) -> State:
    """:returns: a share as modules return it."""
    kind, name = whom(row)
    return {
        "owner": row["server"]["user"]["name"],
        "server": row["server"]["name"],
        "kind": kind,
        "name": name,
        "scopes": sorted(row["scopes"]),
        "created_at": row["created_at"],
    }


def code_state(row: ShareCodeRow) -> State:
    """:returns: a share code as modules return it, without the value that is needed to use it."""
    return {
        "owner": row["server"]["user"]["name"],
        "server": row["server"]["name"],
        "id": row["id"],
        "scopes": sorted(row["scopes"]),
        "created_at": row["created_at"],
        "expires_at": row.get("expires_at"),
        "exchange_count": row.get("exchange_count"),
        "last_exchanged_at": row.get("last_exchanged_at"),
    }


def plain_scopes(row: ShareRow | ShareCodeRow) -> Scopes:
    """:returns: the scopes of a share or a code, without their filter, which is the server."""
    return frozenset(scope.partition("!")[0] for scope in row["scopes"])
