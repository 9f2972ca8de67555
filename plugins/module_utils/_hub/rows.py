# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The form of the hub's JSON.

These types are used twice: mypy checks our code with them, and ``shapes.py`` checks the hub's
answers with them at run time. The hub leaves out what the caller's scopes do not show, so that no
key is sure to be there but those that an operation asks for.

Source: ``jupyterhub/apihandlers/base.py`` (``user_model``, ``group_model``, ``service_model``,
``server_model``, ``token_model``, ``paginated_model``) and ``shares.py`` of 4.0.2, 5.5.4 and 6.1.1.
"""

from __future__ import annotations

import typing as t

Query = t.Mapping[str, t.Union[str, int, None]]
if t.TYPE_CHECKING:
    # What is free to be any JSON.
    Json = t.Union[None, bool, int, float, str, "list[Json]", "dict[str, Json]"]
else:
    # ``shapes.py`` does not look into it.
    Json = object
Row = dict[str, object]
# What a request sets, as it is sent: the hub's names with our values.
Fields = t.Mapping[str, object]
# A time as the hub writes it: ISO 8601 in UTC, with Z at its end, with or without microseconds.
Moment = t.Annotated[str, "a time"]
# A name that is null for objects whose name was destroyed, or which were made without one. No
# request can reach these, and ``directory.Found`` leaves them out, so that all others may take the
# name for text.
Name = t.Annotated[str, "or null"]


class _ServerKeys(t.TypedDict):
    """What every hub sends of a server."""

    pending: t.Optional[str]
    ready: bool
    stopped: bool
    url: t.Optional[str]


class ServerRow(_ServerKeys, total=False):
    """A server of a user. The default server has the name ""."""

    name: str
    display_name: t.Optional[str]
    full_name: t.Optional[str]
    last_activity: t.Optional[Moment]
    started: t.Optional[Moment]
    full_url: t.Optional[str]
    progress_url: t.Optional[str]
    full_progress_url: t.Optional[str]
    # Whatever the user, or the one who started the server, has given. It may be something other
    # than a dictionary.
    user_options: Json


class UserRow(t.TypedDict, total=False):
    """A user."""

    kind: str
    name: Name
    admin: t.Optional[bool]
    roles: t.Optional[list[str]]
    groups: t.Optional[list[str]]
    server: t.Optional[str]
    pending: t.Optional[str]
    created: t.Optional[Moment]
    last_activity: t.Optional[Moment]
    servers: dict[str, ServerRow]
    auth_state: t.Optional[dict[str, Json]]


class CallerRow(UserRow, total=False):
    """The user or service that calls. ``scopes`` are expanded by the hub; hubs since 5.0 send
    ``token_id``.
    """

    scopes: list[str]
    token_id: t.Optional[str]
    session_id: t.Optional[str]


class GroupRow(t.TypedDict, total=False):
    """A group."""

    kind: str
    name: Name
    # With null for members whose name was destroyed.
    users: t.Optional[list[Name]]
    properties: t.Optional[dict[str, Json]]
    roles: t.Optional[list[str]]


class _TokenKeys(t.TypedDict):
    """What every hub sends of a token."""

    id: str
    scopes: list[str]
    created: Moment
    note: t.Optional[str]


class TokenRow(_TokenKeys, total=False):
    """A token. ``token`` is its secret, which only the answer to its creation holds."""

    user: str
    service: str
    kind: str
    last_activity: t.Optional[Moment]
    expires_at: t.Optional[Moment]
    session_id: t.Optional[str]
    oauth_client: t.Optional[str]
    token: str


class ServiceRow(t.TypedDict, total=False):
    """A service."""

    kind: str
    name: str
    admin: t.Optional[bool]
    roles: t.Optional[list[str]]
    url: t.Optional[str]
    prefix: t.Optional[str]
    command: Json
    pid: t.Optional[int]
    info: Json
    display: t.Optional[bool]


class NameRow(t.TypedDict):
    """The user or group in a share."""

    name: Name


class _SharedServerKeys(t.TypedDict):
    user: NameRow
    name: str


class SharedServerRow(_SharedServerKeys, total=False):
    """The server in a share."""

    url: t.Optional[str]
    full_url: t.Optional[str]
    ready: bool


class ShareRow(t.TypedDict):
    """A share of a server with a user or a group: ``kind`` says which of these two keys is
    filled.
    """

    server: SharedServerRow
    scopes: list[str]
    user: t.Optional[NameRow]
    group: t.Optional[NameRow]
    kind: str
    created_at: Moment


class _ShareCodeKeys(t.TypedDict):
    server: SharedServerRow
    scopes: list[str]
    id: str
    created_at: Moment
    expires_at: t.Optional[Moment]


class ShareCodeRow(_ShareCodeKeys, total=False):
    """A code that shares a server. ``code`` is its secret, which only the answer to its creation
    holds.
    """

    exchange_count: int
    last_exchanged_at: t.Optional[Moment]
    code: str
    accept_url: str
    full_accept_url: t.Optional[str]


class _RouteKeys(t.TypedDict):
    routespec: str


class RouteRow(_RouteKeys, total=False):
    """A route of the proxy."""

    target: t.Optional[str]
    data: t.Optional[dict[str, Json]]


class EventRow(t.TypedDict, total=False):
    """An event of the start of a server."""

    progress: Json
    message: t.Optional[str]
    failed: bool
    ready: bool


class VersionRow(t.TypedDict):
    """The answer at the root of the API, which needs no token."""

    version: str


class HubRow(VersionRow, total=False):
    """What ``/info`` tells of the hub."""

    python: str
    sys_executable: str
    spawner: dict[str, Json]
    authenticator: dict[str, Json]


class NextPage(t.TypedDict):
    """Where the next page begins. Its ``url`` is built from the request's Host header, and is not
    used.
    """

    offset: int


class PageInfo(t.TypedDict):
    """Where a page stands in its list."""

    offset: int
    limit: int
    total: int
    next: t.Optional[NextPage]
