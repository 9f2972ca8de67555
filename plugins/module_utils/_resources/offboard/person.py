# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""A person as the hub has them: read before the plan, and again for the proof."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    ShareCodeRow,
    ShareRow,
    TokenRow,
    UserRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.row import (
    plain_scopes,
    whom,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.wanted import (
    Scopes,
    Whom,
)

# What shows a field of a user.
SHOWN_BY = {
    "admin": "read:users:name",
    "groups": "read:users:groups",
    "roles": "read:roles:users",
    "servers": "read:servers",
}


@dataclasses.dataclass(frozen=True)
class SharedWith:
    """A share of a server.

    :param server: its owner and name.
    :param guest: whom it is shared with.
    """

    server: tuple[str, str]
    guest: Whom
    scopes: Scopes

    @classmethod
    def of(cls, row: ShareRow) -> SharedWith:
        """:returns: a share as the hub lists it."""
        return cls(_server(row), whom(row), plain_scopes(row))


@dataclasses.dataclass(frozen=True)
class Code:
    """A code that shares a server."""

    server: tuple[str, str]
    id: str

    @classmethod
    def of(cls, row: ShareCodeRow) -> Code:
        """:returns: a code as the hub lists it."""
        return cls(_server(row), row["id"])


@dataclasses.dataclass(frozen=True)
class Token:
    """A token of the person.

    :param of_server: a running server works with it, and it goes when the server stops.
    """

    id: str
    note: str
    created: str
    of_server: bool

    @classmethod
    def of(cls, row: TokenRow) -> Token:
        """:returns: a token as the hub lists it."""
        note = row.get("note") or ""
        of_server = row.get("oauth_client") == "JupyterHub" and note.startswith("Server at ")
        return cls(row["id"], note or row.get("oauth_client") or "", row["created"], of_server)


@dataclasses.dataclass(frozen=True)
class Person:
    """A user of the hub.

    :param servers: by name, whether it is running or on its way.
    :param tokens: of every kind; empty where they were not read.
    :param given: shares of the person's servers.
    :param received: shares with the person.
    :param codes: of the person's servers.
    """

    name: str
    admin: bool
    groups: tuple[str, ...]
    roles: tuple[str, ...]
    servers: t.Mapping[str, bool]
    tokens: tuple[Token, ...] = ()
    given: tuple[SharedWith, ...] = ()
    received: tuple[SharedWith, ...] = ()
    codes: tuple[Code, ...] = ()

    @property
    def active_servers(self) -> list[str]:
        """The servers that run, or are on their way."""
        return sorted(name for name, active in self.servers.items() if active)


def person_of(row: UserRow) -> Person:
    """:returns: a user as the hub shows it.

    :raises RefusedError: the caller's scopes hide something that has to be known.
    """
    hidden = [scope for field, scope in SHOWN_BY.items() if row.get(field) is None]
    if hidden:
        raise RefusedError(
            f"The caller cannot see all of user {row['name']} that this task needs to know: its"
            f" role needs the scope{'s' if len(hidden) > 1 else ''} {', '.join(hidden)}.",
            missing_scopes=hidden,
        )
    return Person(
        row["name"],
        bool(row["admin"]),
        tuple(sorted(row["groups"] or ())),
        tuple(sorted(row["roles"] or ())),
        {name: not server["stopped"] for name, server in row["servers"].items()},
    )


def _server(row: ShareRow | ShareCodeRow) -> tuple[str, str]:
    return row["server"]["user"]["name"], row["server"]["name"]
