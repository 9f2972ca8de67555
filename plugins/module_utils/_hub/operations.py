# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The REST operations of JupyterHub: one line of the hub's route tables each.

Each has its method and path as the hub writes them, the scopes of which any one is enough, the
first hub version that has it, and what its answer holds. Sources: the handlers in
``jupyterhub/apihandlers/`` of 4.0.2, 5.5.4 and 6.1.1, and ``jupyterhub/scopes.py``.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import rows, words
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.shapes import (
    Shape,
    by_name,
    holding,
    many,
    one,
    some,
)

R = t.TypeVar("R")
R_co = t.TypeVar("R_co", covariant=True)
USER, GROUP, SERVICE = (
    one(rows.UserRow, "name"),
    one(rows.GroupRow, "name"),
    one(rows.ServiceRow, "name"),
)
CALLER = one(rows.CallerRow, "kind", "name", "scopes")
SERVER = one(rows.ServerRow)
SHARE, CODE = one(rows.ShareRow), one(rows.ShareCodeRow)
# What is left of a share; nothing where it is gone.
SHARE_LEFT: Shape[rows.Row] = one(dict)


@dataclasses.dataclass(frozen=True)
class Operation(t.Generic[R_co]):
    """One operation of the REST API.

    :param name: of the method of ``HubApi`` that calls it.
    :param scopes: any one of them allows it; empty: every valid token may call it.
    :param since: the first hub that has it.
    :param answer: what the body of a good answer holds, whatever the scopes of the caller; of a
    list, what each row is. None: nothing is used of it.
    :param absent: what the hub says when the object is not there; None: any 404 of the hub says so.
    """

    name: str
    method: str
    path: str
    scopes: tuple[str, ...]
    since: str
    answer: Shape[R_co] | None = None
    absent: words.Words | None = None

    @property
    def shape(self) -> Shape[R_co]:
        """What the body of a good answer, or each row of a list, is.

        :raises TypeError: nothing is used of the answer.
        """
        if self.answer is None:
            raise TypeError(f"nothing is used of the answer to {self.name}")
        return self.answer

    def of(self, value: object) -> R_co:
        """:returns: the body of a good answer, which was checked, as what it is."""
        # Without a shape nothing is used of it, and its type is None.
        return t.cast(R_co, value)

    def segments(self, names: t.Sequence[str]) -> tuple[str, ...]:
        """:returns: the path with these names in it."""
        given = iter(names)
        return tuple(
            next(given) if part.startswith("{") else part for part in self.path.split("/") if part
        )


OPERATIONS: dict[str, Operation[object]] = {}


@t.overload
def _operation(
    name: str,
    method: str,
    path: str,
    *scopes: str,
    since: str = "4.0",
    answer: Shape[R],
    absent: words.Words | None = None,
) -> Operation[R]: ...


@t.overload
def _operation(
    name: str,
    method: str,
    path: str,
    *scopes: str,
    since: str = "4.0",
    absent: words.Words | None = None,
) -> Operation[None]: ...


def _operation(
    name: str,
    method: str,
    path: str,
    *scopes: str,
    since: str = "4.0",
    answer: Shape[object] | None = None,
    absent: words.Words | None = None,
) -> Operation[object]:
    """Enter an operation into the table."""
    entry = Operation(name, method, path, scopes, since, answer, absent)
    OPERATIONS[name] = entry
    return entry


# The hub
HUB_VERSION = _operation("hub_version", "GET", "/", answer=one(rows.VersionRow))
HUB_INFO = _operation("hub_info", "GET", "/info", "read:hub", answer=one(rows.HubRow))
WHOAMI = _operation("whoami", "GET", "/user", answer=CALLER)

# Users
USERS_LIST = _operation("users_list", "GET", "/users", "list:users", answer=USER)
USERS_CREATE = _operation("users_create", "POST", "/users", "admin:users", answer=some(USER))
USER_GET = _operation(
    "user_get", "GET", "/users/{name}", "read:users", "read:users:name", "read:servers", answer=USER
)
USER_UPDATE = _operation("user_update", "PATCH", "/users/{name}", "admin:users", answer=USER)
USER_DELETE = _operation("user_delete", "DELETE", "/users/{name}", "delete:users")
USER_ACTIVITY = _operation("user_activity", "POST", "/users/{name}/activity", "users:activity")

# Servers
SERVER_START = _operation(
    "server_start", "POST", "/users/{name}/servers/{server}", "start:servers", "servers"
)
SERVER_CREATE = _operation(
    "server_create",
    "PUT",
    "/users/{name}/servers/{server}",
    "start:servers",
    since="6.0",
    answer=SERVER,
)
SERVER_UPDATE = _operation(
    "server_update",
    "PATCH",
    "/users/{name}/servers/{server}",
    "start:servers",
    since="6.0",
    answer=SERVER,
)
SERVER_STOP = _operation(
    "server_stop", "DELETE", "/users/{name}/servers/{server}", "delete:servers"
)
SERVER_LAST_EVENT = _operation(
    "server_last_event", "GET", "/users/{name}/servers/{server}/progress", "read:servers"
)

# Groups
GROUPS_LIST = _operation("groups_list", "GET", "/groups", "list:groups", answer=GROUP)
GROUP_GET = _operation(
    "group_get",
    "GET",
    "/groups/{name}",
    "read:groups",
    "read:groups:name",
    "read:roles:groups",
    answer=GROUP,
    absent=words.NO_GROUP,
)
GROUP_CREATE = _operation("group_create", "POST", "/groups/{name}", "admin:groups", answer=GROUP)
GROUP_DELETE = _operation(
    "group_delete", "DELETE", "/groups/{name}", "delete:groups", absent=words.NO_GROUP
)
GROUP_ADD_USERS = _operation(
    "group_add_users", "POST", "/groups/{name}/users", "groups", answer=GROUP, absent=words.NO_GROUP
)
GROUP_REMOVE_USERS = _operation(
    "group_remove_users",
    "DELETE",
    "/groups/{name}/users",
    "groups",
    answer=GROUP,
    absent=words.NO_GROUP,
)
GROUP_SET_PROPERTIES = _operation(
    "group_set_properties",
    "PUT",
    "/groups/{name}/properties",
    "groups",
    answer=GROUP,
    absent=words.NO_GROUP,
)

# Tokens
TOKENS_LIST = _operation(
    "tokens_list",
    "GET",
    "/users/{name}/tokens",
    "read:tokens",
    answer=holding("api_tokens", many(one(rows.TokenRow))),
    absent=words.NO_TOKEN,
)
TOKEN_CREATE = _operation(
    "token_create", "POST", "/users/{name}/tokens", "tokens", answer=one(rows.TokenRow, "token")
)
TOKEN_DELETE = _operation(
    "token_delete", "DELETE", "/users/{name}/tokens/{token}", "tokens", absent=words.NO_TOKEN
)

# Services
SERVICES_LIST = _operation(
    "services_list", "GET", "/services", "list:services", answer=by_name(SERVICE)
)
SERVICE_CREATE = _operation(
    "service_create", "POST", "/services/{name}", "admin:services", since="5.0", answer=SERVICE
)
SERVICE_DELETE = _operation(
    "service_delete",
    "DELETE",
    "/services/{name}",
    "admin:services",
    since="5.0",
    absent=words.NO_SERVICE,
)

# Shares
SHARES_LIST = _operation(
    "shares_list",
    "GET",
    "/shares/{owner}/{server}",
    "read:shares",
    since="5.0",
    answer=SHARE,
    absent=words.NO_SHARED_SERVER,
)
SHARES_OF_OWNER = _operation(
    "shares_of_owner",
    "GET",
    "/shares/{owner}",
    "read:shares",
    since="5.0",
    answer=SHARE,
    absent=words.NO_SHARED_SERVER,
)
SHARES_WITH_USER = _operation(
    "shares_with_user",
    "GET",
    "/users/{name}/shared",
    "read:users:shares",
    since="5.0",
    answer=SHARE,
    absent=words.NO_SHARED_SERVER,
)
SHARE_GRANT = _operation(
    "share_grant",
    "POST",
    "/shares/{owner}/{server}",
    "shares",
    since="5.0",
    answer=SHARE,
    absent=words.NO_SHARED_SERVER,
)
SHARE_REVOKE = _operation(
    "share_revoke",
    "PATCH",
    "/shares/{owner}/{server}",
    "shares",
    since="5.0",
    answer=SHARE_LEFT,
    absent=words.NO_SHARED_SERVER,
)
SHARE_CODES_LIST = _operation(
    "share_codes_list",
    "GET",
    "/share-codes/{owner}/{server}",
    "read:shares",
    since="5.0",
    answer=CODE,
    absent=words.NO_SHARED_SERVER,
)
SHARE_CODES_OF_OWNER = _operation(
    "share_codes_of_owner",
    "GET",
    "/share-codes/{owner}",
    "read:shares",
    since="5.0",
    answer=CODE,
    absent=words.NO_SHARED_SERVER,
)
SHARE_CODE_CREATE = _operation(
    "share_code_create",
    "POST",
    "/share-codes/{owner}/{server}",
    "shares",
    since="5.0",
    answer=one(rows.ShareCodeRow, "code"),
)
SHARE_CODE_DELETE = _operation(
    "share_code_delete",
    "DELETE",
    "/share-codes/{owner}/{server}",
    "shares",
    since="5.0",
    absent=words.NO_CODE,
)

# The proxy
PROXY_ROUTES = _operation("proxy_routes", "GET", "/proxy", "proxy", answer=one(rows.RouteRow))
PROXY_SYNC = _operation("proxy_sync", "POST", "/proxy", "proxy")
PROXY_ANNOUNCE = _operation("proxy_announce", "PATCH", "/proxy", "proxy")
SHUTDOWN = _operation("shutdown", "POST", "/shutdown", "shutdown")

# Identification
IDENTIFY_TOKEN = _operation(
    "identify_token",
    "GET",
    "/authorizations/token/{token}",
    answer=one(rows.CallerRow, "kind", "name"),
)
IDENTIFY_COOKIE = _operation(
    "identify_cookie",
    "GET",
    "/authorizations/cookie/{name}/{value}",
    answer=one(rows.CallerRow, "kind", "name"),
)
