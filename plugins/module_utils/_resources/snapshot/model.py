# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What is on a hub, as data: frozen, typed, and with a special value for what the caller may not
see.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Json

T = t.TypeVar("T")
# Names of users, groups, roles or scopes, sorted.
Names = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Unknown:
    """Stands for a value that is not known, and is neither false nor empty: using it as a truth
    value is an error.

    :param why: half a sentence, such as "the caller lacks the scope read:servers".
    :param scope: the scope that would show the value; None: no scope would.
    """

    why: str
    scope: str | None = None

    def __bool__(self) -> bool:
        raise TypeError(f"an unknown value has no truth: {self.why}")


Seen = t.Union[T, Unknown]
NOT_READ = Unknown("it was not asked for")


def hidden(scope: str) -> Unknown:
    """:returns: the value of what this scope would show."""
    return Unknown(f"the caller lacks the scope {scope}", scope)


def known(value: Seen[T], what: str) -> T:
    """Use a value that must be known.

    :param what: the value, for the error: "the servers of user ada".
    :raises RefusedError: it is not; with the scope that would show it.
    """
    if isinstance(value, Unknown):
        missing = None if value.scope is None else [value.scope]
        raise RefusedError(
            f"This task needs to know {what}, but {value.why}.",
            missing_scopes=missing,
        )
    return value


@dataclasses.dataclass(frozen=True)
class Caller:
    """The caller. ``token_id`` is None before JupyterHub 5.0, which does not return it."""

    kind: str
    name: str
    admin: bool
    scopes: frozenset[str]
    token_id: str | None


@dataclasses.dataclass(frozen=True)
class Server:
    """A server; the default server has the name "". Times are the hub's own text, in UTC.

    :param display_name: None before JupyterHub 6.0.
    :param user_options: whatever was given at the last start; hubs before 6.0 do not check that it
    is a dict.
    """

    user: str
    name: str
    display_name: str | None
    ready: bool
    stopped: bool
    pending: str | None
    url: str | None
    started: str | None
    last_activity: str | None
    user_options: Json


@dataclasses.dataclass(frozen=True)
class Account:
    """What is known of a user besides the name."""

    admin: Seen[bool | None]
    roles: Seen[Names]
    groups: Seen[Names]
    created: Seen[str | None]
    last_activity: Seen[str | None]


@dataclasses.dataclass(frozen=True)
class User(Account):
    """A user.

    :param servers: sorted by name; those that are stopped only where they were asked for.
    :param auth_state: only where it was asked for; None: there is none, or the hub has no key to
    read it.
    """

    name: str
    servers: Seen[tuple[Server, ...]]
    auth_state: Seen[Json] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Group:
    """A group.

    :param users: its members, sorted.
    :param nameless_users: how many members have lost their name.
    """

    name: str
    users: Seen[Names]
    nameless_users: int
    properties: Seen[dict[str, Json] | None]
    roles: Seen[Names]


@dataclasses.dataclass(frozen=True)
class Service:
    """A service, from the configuration or created through the API: the hub does not show which."""

    name: str
    admin: Seen[bool | None]
    roles: Seen[Names]
    url: Seen[str | None]
    prefix: Seen[str | None]
    display: Seen[bool | None]
    info: Seen[Json]
    command: Seen[Json]


@dataclasses.dataclass(frozen=True)
class Token:
    """A token, never its secret.

    :param scopes: what it allows now, expanded and sorted.
    :param managed_note: the note of a token that jupyterhub_token made, without its mark; None for
    all others.
    """

    user: str
    id: str
    note: str
    managed_note: str | None
    scopes: Names
    oauth_client: str
    session_id: str | None
    created: str
    last_activity: str | None
    expires_at: str | None


@dataclasses.dataclass(frozen=True)
class Share:
    """What one user or one group may do with a user's server.

    :param kind: ``user`` or ``group``.
    :param name: of that user or group; None: a user without a name.
    :param scopes: sorted, each with its filter, such as ``access:servers!server=ada/lab``.
    """

    owner: str
    server: str
    kind: str
    name: str | None
    scopes: Names
    created_at: str


@dataclasses.dataclass(frozen=True)
class ShareCode:
    """A code with which anyone who has it can accept a share; the hub never shows the code again.
    It is listed until it expires.
    """

    owner: str
    server: str
    id: str
    scopes: Names
    created_at: str
    expires_at: str | None
    exchange_count: int
    last_exchanged_at: str | None


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """A hub, or the parts of it that were asked for. Each list is complete, as far as the caller
    may see.

    :param users: those with a name, in the order of their creation.
    :param nameless: users whose name was destroyed; no request reaches them.
    :param nameless_groups: how many groups have no name.
    :param groups: in the order of their creation.
    :param services: sorted by name.
    :param tokens: by user.
    :param shares: by the owner of the server.
    :param share_codes: by the owner of the server.
    :param limited: scopes of this reading that the caller holds for some objects only: others may
    be there and not be listed.
    """

    hub_version: str
    caller: Caller
    users: Seen[tuple[User, ...]]
    nameless: Seen[tuple[Account, ...]]
    groups: Seen[tuple[Group, ...]]
    nameless_groups: int
    services: Seen[tuple[Service, ...]]
    tokens: Seen[dict[str, Seen[tuple[Token, ...]]]]
    shares: Seen[dict[str, Seen[tuple[Share, ...]]]]
    share_codes: Seen[dict[str, Seen[tuple[ShareCode, ...]]]]
    limited: Names
