# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The REST operations of JupyterHub by name, one short method each.

Each is marked with its method and path as the hub's route table writes them, the scopes of which
any one is enough, and the first
hub version that has it. Sources: the handlers in ``jupyterhub/apihandlers/`` of 4.0.2, 5.5.4 and
6.1.1, and ``jupyterhub/scopes.py``.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import rows, words
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import NAMELESS, Hidden
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import is_token
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.events import last_event
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.listing import PAGE_LIMIT
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import (
    check_row,
    fragile,
    wrong_object,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.request import Answer
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Query, Row
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.shapes import (
    Shape,
    by_name,
    holding,
    many,
    one,
    page,
    some,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import version_tuple

F = t.TypeVar("F", bound=t.Callable[..., t.Any])


USER, GROUP, SERVICE = (
    one(rows.UserRow, "name"),
    one(rows.GroupRow, "name"),
    one(rows.ServiceRow, "name"),
)
CALLER = one(rows.CallerRow, "kind", "name", "scopes")
SHARE, CODE = one(rows.ShareRow), one(rows.ShareCodeRow)


@dataclasses.dataclass(frozen=True)
class Operation:
    """One operation of the REST API.

    :param scopes: any one of them allows it; empty: every valid token may call it.
    :param since: the first hub that has it.
    :param answer: what the body of a good answer holds, whatever the scopes of the caller; of a
    list, what each row is. None: nothing is used of it.
    :param absent: what the hub says when the object is not there; None: any 404 of the hub says so.
    """

    method: str
    path: str
    scopes: tuple[str, ...]
    since: str
    answer: Shape | None = None
    absent: words.Words | None = None

    def segments(self, names: t.Sequence[str]) -> tuple[str, ...]:
        """:returns: the path with these names in it."""
        given = iter(names)
        return tuple(
            next(given) if part.startswith("{") else part for part in self.path.split("/") if part
        )


OPERATIONS: dict[str, Operation] = {}
# A hub does not start when a role in its configuration names a scope that it does not know.
NEWER_SCOPES = {"start:servers": "6.0"}


def operation(
    method: str,
    path: str,
    *scopes: str,
    since: str = "4.0",
    answer: Shape | None = None,
    absent: words.Words | None = None,
) -> t.Callable[[F], F]:
    """Enter a method into the table of operations under its own name."""

    def register(function: F) -> F:
        OPERATIONS[function.__name__] = Operation(method, path, scopes, since, answer, absent)
        return function

    return register


class HubApi:
    """The operations, on one hub."""

    def __init__(self, client: HubClient) -> None:
        self.client = client
        # The operations that were called, in their order.
        self.called: dict[str, Operation] = {}
        # Scopes that the task needs besides those of its requests.
        self.noted: set[str] = set()

    @functools.cached_property
    def me(self) -> Row:
        """The caller, read once: ``kind``, ``name``, ``admin``, ``scopes`` (expanded by the hub),
        since 5.0 ``token_id``.
        """
        return self.whoami()

    @property
    def version(self) -> tuple[int, ...]:
        """The hub's version. Every answer of the API tells it, so that a request is only sent for
        it when none was sent before.
        """
        if self.client.version is None:
            # Every answer of a hub tells its version, and others are none.
            self.hub_version()
        return version_tuple(t.cast(str, self.client.version))

    def now(self) -> datetime.datetime:
        """:returns: the present moment by the hub's clock, which ages are counted by; read
        something from the hub before.
        """
        return self.client.clock.now()

    def holds(self, scope: str) -> bool:
        """Whether the caller has just this scope: one without a filter holds for all objects."""
        return scope in self.me.get("scopes", ())

    def scopes(self, name: str) -> list[str]:
        """:returns: the scopes of which any one allows an operation, of those that this hub
        knows.
        """
        return [
            scope
            for scope in OPERATIONS[name].scopes
            if self.version >= version_tuple(NEWER_SCOPES.get(scope, "4.0"))
        ]

    def require(self, since: str, what: str) -> None:
        """:raises RefusedError: the hub is too old for ``what``."""
        if self.version < version_tuple(since):
            raise RefusedError(
                f"{what} needs JupyterHub {since}; this hub is {self.client.version}."
            )

    @property
    def authenticator(self) -> str | None:
        """The hub's authenticator, such as ``jupyterhub.auth.PAMAuthenticator``; None for who may
        not see it.
        """
        return self._class_of("authenticator")

    @property
    def spawner(self) -> str | None:
        """The hub's spawner, such as ``kubespawner.spawner.KubeSpawner``; None for who may not see
        it.
        """
        return self._class_of("spawner")

    def _class_of(self, part: str) -> str | None:
        return t.cast("str | None", ((self._info or {}).get(part) or {}).get("class"))

    @functools.cached_property
    def _info(self) -> Row | None:
        """What the hub tells of itself, read once; None for who may not see it."""
        try:
            return self.hub_info()
        except ApiError as error:
            if error.status == 403:
                return None
            raise

    # The hub

    @operation("GET", "/", answer=one(rows.VersionRow))
    def hub_version(self) -> Row:
        return t.cast(Row, self._ask("hub_version").data)

    @operation("GET", "/info", "read:hub", answer=one(rows.HubRow))
    def hub_info(self) -> Row:
        return t.cast(Row, self._ask("hub_info").data)

    @operation("GET", "/user", answer=CALLER)
    def whoami(self) -> Row:
        return t.cast(Row, self._ask("whoami").data)

    def whoami_of(self, secret: str) -> Row | None:
        """Prove a token by using it.

        A hub whose database is away for a moment refuses good tokens too. So the hub is asked again
        after it has known the caller, before a token is taken to be no good.

        :returns: what the hub says of its owner; None: it is no good.
        """
        if not is_token(secret):
            return None
        me = self._try_token(secret)
        if me is None:
            self.whoami()
            me = self._try_token(secret)
        return me

    def _try_token(self, secret: str) -> Row | None:
        with self.client.with_token(secret) as client:
            try:
                return t.cast(Row, client.get("user", shape=CALLER))
            except ApiError as error:
                if error.status == 403:
                    return None
                raise
            finally:
                self.client.absorb(client.requests, client.retries)

    # Users

    @operation("GET", "/users", "list:users", answer=USER)
    def users_list(self, query: Query | None = None) -> list[Row]:
        """:returns: all users, in the order in which they were created, every page."""
        return self._list("users_list", query=query, unfiltered=not (query or {}).get("state"))

    def users_list_up_to(self, most: int, query: Query | None = None) -> list[Row] | None:
        """:returns: all users, unless they are more than this."""
        return self._list_up_to(most, "users_list", query=query)

    def has_nameless_users(self) -> bool:
        """Whether a user has lost the name, as a rename of JupyterHub 5 and newer can do. One such
        user makes these hubs answer 500 to every list with stopped servers. They sort what is null
        before all names (jupyterhub/apihandlers/users.py, UserListAPIHandler).
        """
        if self.version < (5,):
            return False
        first = self.client.get(
            "users", query={"sort": "name", "offset": 0, "limit": 1}, shape=page(USER)
        )
        return any(row["name"] is None for row in first["items"])

    def users_first_page(self) -> list[Row]:
        """:returns: the first users, as many as the hub gives at once."""
        self._called("users_list")
        first = self.client.get("users", query={"offset": 0, "limit": PAGE_LIMIT}, shape=page(USER))
        return t.cast("list[Row]", first["items"])

    @operation("POST", "/users", "admin:users", answer=some(USER))
    def users_create(self, names: t.Sequence[str], admin: bool) -> list[Row]:
        """:returns: those that are new; the hub leaves the others as they are.

        :raises ApiError: 409 when all of them exist.
        """
        return t.cast(
            "list[Row]",
            self._ask("users_create", body={"usernames": list(names), "admin": admin}).data,
        )

    @operation("GET", "/users/{name}", "read:users", "read:users:name", "read:servers", answer=USER)
    def user_get(self, name: str, query: Query | None = None) -> Row | None:
        """:raises WrongObjectError: the hub took the name for another one."""
        row = self._find("user_get", name, query=query)
        if row is not None:
            check_row("user", name, row.get("name"))
        return row

    @operation("PATCH", "/users/{name}", "admin:users", answer=USER)
    def user_update(self, name: str, changes: Row) -> Row:
        """Set ``admin``, ``auth_state``, or another ``name``.

        An unchanged name is never sent: from JupyterHub 5 on it sets the user's name to NULL, and
        no request reaches that user again.
        """
        if changes.get("name") == name:
            raise ValueError("an unchanged name would orphan the user")
        row = t.cast(
            Row, self._ask("user_update", name, body=changes, repeatable="name" not in changes).data
        )
        if "name" not in changes:
            check_row("user", name, row.get("name"))
        return row

    def user_remove_roles(self, name: str) -> Row:
        """Take all roles of a user away, that of every user among them: what the user is logged in
        with can do nothing any more.

        The hub documents no such request. An admin stays one, and the next login gives back the
        role of every user. Only an empty list is
        taken: the hub breaks on any other (jupyterhub/apihandlers/users.py, UserAPIHandler.patch).

        :returns: the user as the hub has it then.
        """
        row = t.cast(Row, self._ask("user_update", name, body={"roles": []}).data)
        check_row("user", name, row.get("name"))
        return row

    @operation("DELETE", "/users/{name}", "delete:users")
    def user_delete(self, name: str) -> bool:
        return self._delete("user_delete", name)

    @operation("POST", "/users/{name}/activity", "users:activity")
    def user_activity(self, name: str, last_activity: str) -> None:
        """The hub ignores a time that is not later than the one it has, so that repeating is
        harmless.
        """
        self._ask("user_activity", name, body={"last_activity": last_activity}, repeatable=True)

    # Servers; the default server has the name ""

    @operation("POST", "/users/{name}/servers/{server}", "start:servers", "servers")
    def server_start(
        self, user: str, server: str, options: Row | None, display_name: str | None = None
    ) -> None:
        """Ask for a start: the hub answers when the server is up, or after 10 seconds that it is on
        its way.

        To ask twice is harmless, as the second time the hub says that it is running or on its way.

        :param options: None: those of the last start.
        :raises ApiError: 429 is not waited for here: details["retry_after"] tells how long to wait,
        if waiting can help.
        """
        body: Row | None = options
        if self.version >= (6,):
            body = {"user_options": options}
            if display_name is not None:
                body["display_name"] = display_name
        self._ask("server_start", user, server, body=body, repeatable=True, wait_429=False)

    @operation(
        "PUT",
        "/users/{name}/servers/{server}",
        "start:servers",
        since="6.0",
        answer=one(rows.ServerRow),
    )
    def server_create(
        self, user: str, server: str, options: Row | None, display_name: str | None
    ) -> Row:
        """Make a named server, and not start it."""
        body = {
            key: value
            for key, value in (("user_options", options), ("display_name", display_name))
            if value is not None
        }
        try:
            return t.cast(
                Row,
                self._ask("server_create", user, server, body={"user_options": None, **body}).data,
            )
        except ApiError as error:
            if error.status == 409 and error.repeated:
                return t.cast(
                    Row,
                    self.client.get("users", user, "servers", server, shape=one(rows.ServerRow)),
                )
            raise

    @operation(
        "PATCH",
        "/users/{name}/servers/{server}",
        "start:servers",
        since="6.0",
        answer=one(rows.ServerRow),
    )
    def server_update(self, user: str, server: str, changes: Row) -> Row:
        """Set ``display_name``, ``user_options``, or another ``name``, of a server that is
        stopped.
        """
        return t.cast(
            Row,
            self._ask(
                "server_update", user, server, body=changes, repeatable="name" not in changes
            ).data,
        )

    @operation("DELETE", "/users/{name}/servers/{server}", "delete:servers")
    def server_stop(self, user: str, server: str, *, remove: bool = False) -> bool:
        """Ask for a stop, and not wait for it: 204 when it has stopped within 10 seconds, else 202.

        :param remove: remove the named server as well, as soon as it has stopped.
        :returns: False when there was no such named server.
        """
        return self._delete("server_stop", user, server, body={"remove": True} if remove else None)

    @operation("GET", "/users/{name}/servers/{server}/progress", "read:servers")
    def server_last_event(self, user: str, server: str, seconds: float | None = None) -> Row | None:
        """:param seconds: how long the stream may take; unset: as long as any request.

        :returns: the last thing that the hub told of the start of a server that is not pending any
        more.
        """
        path = self._called("server_last_event").segments((user, server))
        seconds = self.client.connection.timeout if seconds is None else seconds
        return t.cast("Row | None", last_event(self.client, _of_server(path), seconds))

    # Groups

    @operation("GET", "/groups", "list:groups", answer=GROUP)
    def groups_list(self) -> list[Row]:
        return self._list("groups_list", unfiltered=self._sees_all_groups)

    def groups_list_up_to(self, most: int) -> list[Row] | None:
        """:returns: all groups, unless they are more than this."""
        return self._list_up_to(most, "groups_list", unfiltered=self._sees_all_groups)

    @property
    def _sees_all_groups(self) -> bool:
        """Otherwise the hub lists the caller's own groups only, but counts the hidden ones
        (jupyterhub/apihandlers/groups.py).
        """
        return self.holds("list:groups")

    @operation(
        "GET",
        "/groups/{name}",
        "read:groups",
        "read:groups:name",
        "read:roles:groups",
        answer=GROUP,
        absent=words.NO_GROUP,
    )
    def group_get(self, name: str) -> Row | None:
        """:raises WrongObjectError: the name did not arrive as it was sent, or the hub took it for
        another one.
        """
        try:
            return self._group(name, self._ask("group_get", name).data)
        except ApiError as error:
            said = error.hub_message or ""
            if (
                fragile(name)
                and error.status in (404, 405)
                and name not in said
                and not error.out_of_sight
            ):
                raise wrong_object(
                    "group", name, f"with {error.status}, which does not name it", ""
                ) from None
            if error.missing:
                return None
            raise

    @operation("POST", "/groups/{name}", "admin:groups", answer=GROUP)
    def group_create(self, name: str, users: t.Sequence[str]) -> Row:
        """:param users: existing users, each once."""
        return self._group(name, self._ask("group_create", name, body={"users": list(users)}).data)

    @operation("DELETE", "/groups/{name}", "delete:groups", absent=words.NO_GROUP)
    def group_delete(self, name: str) -> bool:
        return self._delete("group_delete", name)

    @operation("POST", "/groups/{name}/users", "groups", answer=GROUP, absent=words.NO_GROUP)
    def group_add_users(self, name: str, users: t.Sequence[str]) -> Row:
        """Members that are in the group already are no error, so that repeating is harmless."""
        return self._group(
            name,
            self._ask("group_add_users", name, body={"users": list(users)}, repeatable=True).data,
        )

    @operation("DELETE", "/groups/{name}/users", "groups", answer=GROUP, absent=words.NO_GROUP)
    def group_remove_users(self, name: str, users: t.Sequence[str]) -> Row:
        return self._group(
            name, self._ask("group_remove_users", name, body={"users": list(users)}).data
        )

    @operation("PUT", "/groups/{name}/properties", "groups", answer=GROUP, absent=words.NO_GROUP)
    def group_set_properties(self, name: str, properties: Row) -> Row:
        """Replaces all properties."""
        return self._group(name, self._ask("group_set_properties", name, body=properties).data)

    @staticmethod
    def _group(name: str, row: t.Any) -> Row:
        check_row("group", name, row.get("name"))
        return t.cast(Row, row)

    # Tokens

    @operation(
        "GET",
        "/users/{name}/tokens",
        "read:tokens",
        answer=holding("api_tokens", many(one(rows.TokenRow))),
        absent=words.NO_TOKEN,
    )
    def tokens_list(self, user: str) -> list[Row] | None:
        """:returns: the user's tokens, those of OAuth logins and of running servers among them;
        None: there is no such user.
        """
        found = self._find("tokens_list", user)
        return None if found is None else t.cast("list[Row]", found["api_tokens"])

    @operation("POST", "/users/{name}/tokens", "tokens", answer=one(rows.TokenRow, "token"))
    def token_create(
        self, user: str, note: str, scopes: t.Sequence[str] | None, expires_in: int | None
    ) -> Row:
        """:returns: the token, with its secret in ``token``.

        :param scopes: None: all that the user may do.
        :param expires_in: seconds; None: never, or as late as the hub allows.
        """
        body = {
            key: value
            for key, value in (("note", note), ("scopes", scopes), ("expires_in", expires_in))
            if value is not None
        }
        return t.cast(Row, self._ask("token_create", user, body=body).data)

    @operation("DELETE", "/users/{name}/tokens/{token}", "tokens", absent=words.NO_TOKEN)
    def token_delete(self, user: str, token: str) -> bool:
        return self._delete("token_delete", user, token)

    # Services

    @operation("GET", "/services", "list:services", answer=by_name(SERVICE))
    def services_list(self) -> list[Row]:
        return list(t.cast("dict[str, Row]", self._ask("services_list").data).values())

    @operation("POST", "/services/{name}", "admin:services", since="5.0", answer=SERVICE)
    def service_create(self, name: str, spec: Row) -> Row:
        """The hub waits for the service to answer at its ``url``, half a minute at most, and makes
        it in any case.
        """
        return t.cast(Row, self._ask("service_create", name, body={"name": name, **spec}).data)

    @operation("DELETE", "/services/{name}", "admin:services", since="5.0", absent=words.NO_SERVICE)
    def service_delete(self, name: str) -> bool:
        """:raises ApiError: 405 for a service that the hub's configuration defines."""
        return self._delete("service_delete", name)

    # Shares

    @operation(
        "GET",
        "/shares/{owner}/{server}",
        "read:shares",
        since="5.0",
        answer=SHARE,
        absent=words.NO_SHARED_SERVER,
    )
    def shares_list(self, owner: str, server: str) -> list[Row] | None:
        """:returns: who may use a server; None: there is no such server."""
        return self._list_or_none("shares_list", owner, server or NAMELESS)

    @operation(
        "GET",
        "/shares/{owner}",
        "read:shares",
        since="5.0",
        answer=SHARE,
        absent=words.NO_SHARED_SERVER,
    )
    def shares_of_owner(self, owner: str) -> list[Row]:
        return self._list_or_none("shares_of_owner", owner) or []

    @operation(
        "GET",
        "/users/{name}/shared",
        "read:users:shares",
        since="5.0",
        answer=SHARE,
        absent=words.NO_SHARED_SERVER,
    )
    def shares_with_user(self, user: str) -> list[Row]:
        """:returns: the shares that a user may use, those with a group of the user among them."""
        return self._list_or_none("shares_with_user", user) or []

    @operation(
        "POST",
        "/shares/{owner}/{server}",
        "shares",
        since="5.0",
        answer=SHARE,
        absent=words.NO_SHARED_SERVER,
    )
    def share_grant(
        self, owner: str, server: str, whom: Row, scopes: t.Sequence[str] | None
    ) -> Row:
        """Grant scopes, in addition to those that are granted already, so that repeating is
        harmless.

        :param whom: ``user`` or ``group``, with its name.
        """
        body = {**whom, **({"scopes": list(scopes)} if scopes else {})}
        return t.cast(
            Row,
            self._ask("share_grant", owner, server or NAMELESS, body=body, repeatable=True).data,
        )

    @operation(
        "PATCH",
        "/shares/{owner}/{server}",
        "shares",
        since="5.0",
        answer=one(dict),
        absent=words.NO_SHARED_SERVER,
    )
    def share_revoke(
        self, owner: str, server: str, whom: Row, scopes: t.Sequence[str] | None
    ) -> Row:
        """Revoke scopes; without any, the whole share.

        :returns: what is left of the share; empty when nothing is.
        """
        body = {**whom, **({"scopes": list(scopes)} if scopes else {})}
        return t.cast(Row, self._ask("share_revoke", owner, server or NAMELESS, body=body).data)

    @operation(
        "GET",
        "/share-codes/{owner}/{server}",
        "read:shares",
        since="5.0",
        answer=CODE,
        absent=words.NO_SHARED_SERVER,
    )
    def share_codes_list(self, owner: str, server: str) -> list[Row] | None:
        # The hub counts codes that have expired, and does not list them.
        return self._list_or_none("share_codes_list", owner, server or NAMELESS, unfiltered=False)

    @operation(
        "GET",
        "/share-codes/{owner}",
        "read:shares",
        since="5.0",
        answer=CODE,
        absent=words.NO_SHARED_SERVER,
    )
    def share_codes_of_owner(self, owner: str) -> list[Row]:
        return self._list_or_none("share_codes_of_owner", owner, unfiltered=False) or []

    @operation(
        "POST",
        "/share-codes/{owner}/{server}",
        "shares",
        since="5.0",
        answer=one(rows.ShareCodeRow, "code"),
    )
    def share_code_create(
        self, owner: str, server: str, scopes: t.Sequence[str] | None, expires_in: int | None
    ) -> Row:
        """:returns: the code, with its secret in ``code``."""
        body = {
            key: value
            for key, value in (("scopes", scopes), ("expires_in", expires_in))
            if value is not None
        }
        return t.cast(
            Row, self._ask("share_code_create", owner, server or NAMELESS, body=body).data
        )

    @operation(
        "DELETE", "/share-codes/{owner}/{server}", "shares", since="5.0", absent=words.NO_CODE
    )
    def share_code_delete(self, owner: str, server: str, code_id: str) -> bool:
        return self._delete("share_code_delete", owner, server or NAMELESS, query={"id": code_id})

    # The proxy

    @operation("GET", "/proxy", "proxy", answer=one(rows.RouteRow))
    def proxy_routes(self) -> list[Row]:
        """The routing table. The hub answers it as a dict even with pages."""
        return self._list("proxy_routes")

    @operation("POST", "/proxy", "proxy")
    def proxy_sync(self) -> None:
        """Let the hub compare the proxy's routes with its own, and put them right."""
        self._ask("proxy_sync", repeatable=True)

    @operation("PATCH", "/proxy", "proxy")
    def proxy_announce(self, proxy: Row) -> None:
        """Tell the hub that another proxy is in charge.

        :param proxy: ``api_url`` and ``auth_token``, or one of them.
        """
        self._ask("proxy_announce", body=proxy)

    @operation("POST", "/shutdown", "shutdown")
    def shutdown(self, *, servers: bool, proxy: bool) -> None:
        """Let the hub end itself; it answers before it does."""
        self._ask("shutdown", body={"servers": servers, "proxy": proxy})

    # Identification, deprecated by the hub in favour of whoami

    @operation("GET", "/authorizations/token/{token}", answer=one(rows.CallerRow, "kind", "name"))
    def identify_token(self, token: str) -> Row | None:
        """:returns: the user or service that a token belongs to; None: it is no good."""
        return self._find("identify_token", Hidden(token))

    @operation(
        "GET", "/authorizations/cookie/{name}/{value}", answer=one(rows.CallerRow, "kind", "name")
    )
    def identify_cookie(self, name: str, value: str) -> Row | None:
        """:returns: the user that a cookie of the hub belongs to; None: it is no good."""
        return self._find("identify_cookie", name, Hidden(value))

    # How they are sent

    def note_scopes(self, scopes: t.Iterable[str]) -> None:
        """Note scopes that the task needs besides those of its requests: they show fields that it
        compares, or allow requests that check mode does not send.
        """
        self.noted.update(scopes)

    def note_request(self, method: str, path: t.Sequence[str]) -> None:
        """Note a request that is sent without a method of this class, if it is one of the table."""
        for name, one_of_ours in OPERATIONS.items():
            pattern = [part for part in one_of_ours.path.split("/") if part]
            fits = all(there.startswith("{") or there == here for there, here in zip(pattern, path))
            if one_of_ours.method == method and len(pattern) == len(path) and fits:
                self._called(name)

    def _called(self, name: str) -> Operation:
        """Note that an operation is called."""
        return self.called.setdefault(name, OPERATIONS[name])

    def _ask(
        self,
        name: str,
        *names: str,
        body: t.Any = None,
        query: Query | None = None,
        repeatable: bool | None = None,
        wait_429: bool = True,
    ) -> Answer:
        """Send the operation of this name, and see that its answer is what the table says."""
        one_of_ours = self._called(name)
        return self.client.request(
            one_of_ours.method,
            _of_server(one_of_ours.segments(names)),
            query=query,
            body=body,
            repeatable=repeatable,
            wait_429=wait_429,
            shape=one_of_ours.answer,
            absent=one_of_ours.absent,
        )

    def _find(self, name: str, *names: str, query: Query | None = None) -> Row | None:
        """:returns: the object; None where there is none."""
        try:
            return t.cast(Row, self._ask(name, *names, query=query).data)
        except ApiError as error:
            if error.missing:
                return None
            raise

    def _list(
        self, name: str, *names: str, query: Query | None = None, unfiltered: bool = True
    ) -> list[Row]:
        one_of_ours = self._called(name)
        path, row = one_of_ours.segments(names), t.cast(Shape, one_of_ours.answer)
        return self.client.pages(
            *path, query=query, unfiltered=unfiltered, row=row, absent=one_of_ours.absent
        )

    def _list_up_to(
        self, most: int, name: str, *, query: Query | None = None, unfiltered: bool = True
    ) -> list[Row] | None:
        one_of_ours = self._called(name)
        path, row = one_of_ours.segments(()), t.cast(Shape, one_of_ours.answer)
        return self.client.pages_up_to(most, *path, query=query, unfiltered=unfiltered, row=row)

    def _list_or_none(self, name: str, *names: str, unfiltered: bool = True) -> list[Row] | None:
        try:
            return self._list(name, *names, unfiltered=unfiltered)
        except ApiError as error:
            if error.missing:
                return None
            raise

    def _delete(
        self, name: str, *names: str, body: t.Any = None, query: Query | None = None
    ) -> bool:
        """:returns: False when it was gone before this task asked.

        A 404 after a lost answer is what a delete that was carried out looks like.
        """
        try:
            self._ask(name, *names, body=body, query=query)
        except ApiError as error:
            if error.missing:
                return error.repeated
            raise
        return True


def _of_server(path: tuple[str, ...]) -> tuple[str, ...]:
    """:returns: the path; that of a default server, which has no name, as the hub writes it."""
    if path[2:4] == ("servers", ""):
        return (*path[:2], "server", *path[4:])
    return path
