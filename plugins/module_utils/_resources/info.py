# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What is on a hub, and its state: everything that jupyterhub_info gathers."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import (
    RefusedItemsError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import Record
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Kind,
    Unread,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    HiddenFieldError,
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import is_quoted
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    CallerRow,
    Row,
    ServerRow,
    TokenRow,
    UserRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    find_groups,
    find_users,
    list_users,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import Found
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.row import (
    GroupState,
    group_state,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_name,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import Options
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.out_of_reach import (
    OutOfReach,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.decide import (
    service_state,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.read import (
    hidden_services,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.row import (
    code_state,
    share_state,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.mark import (
    own_note,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.row import (
    UserState,
    known,
    user_state,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import parse_time

SERVER_FIELDS = (
    "name",
    "display_name",
    "ready",
    "pending",
    "stopped",
    "url",
    "full_url",
    "progress_url",
    "started",
    "last_activity",
    "user_options",
)
TOKEN_FIELDS = ("id", "note", "created", "last_activity", "expires_at", "oauth_client")


class CookieOptions(t.TypedDict):
    """The option identify_cookie."""

    name: str
    value: str


R = t.TypeVar("R")


class InfoOptions(t.TypedDict):
    """The options of jupyterhub_info."""

    gather: list[str]
    names: list[str] | None
    name_filter: str | None
    user_state: str | None
    sort: str | None
    include_stopped_servers: bool
    identify_token: str | None
    identify_cookie: CookieOptions | None


@dataclasses.dataclass(frozen=True)
class Gathered:
    """What was gathered.

    :param parts: one key for each kind that the task asks for.
    :param refused: objects that the caller may not see, so that nothing is known of them.
    """

    parts: Row
    refused: t.Sequence[Unread]

    def check(self) -> None:
        """:raises RefusedItemsError: the caller may not see all."""
        record = Record(pending=list(self.refused))
        for item in self.refused:
            record.refuse(item, item.error)
        if not record.refused:
            return
        told = [f"{one['kind']} {one['name']}" for one in record.refusals]
        why = record.refused[0].error.message
        if len(told) > 1:
            said = record.refusals[0]["hub_message"].rstrip(".")
            why = f"The hub does not show {len(told)} of the objects: {listed(told)} ({said})."
        error = RefusedItemsError(record).with_details(refused=record.refusals)
        raise error.with_message(f"{why} Everything else was returned.")


def gather(api: HubApi, options: Options, warn: t.Callable[[str], None]) -> Gathered:
    """:raises HubError: something that is asked for cannot be read."""
    given = t.cast(InfoOptions, options)  # as the argument spec has it
    for name in given["names"] or ():
        check_name("wanted", name)
    cookie = given["identify_cookie"]
    if cookie is not None and is_quoted(cookie["value"]):
        raise RefusedError(
            "identify_cookie contains a value in quotes: remove them, as they are not part of the"
            " cookie."
        )
    gatherer = _Gatherer(api, given, warn)
    # Each has its method below.
    result: Row = {kind: getattr(gatherer, kind)() for kind in given["gather"]}
    if given["identify_token"] is not None:
        result["identified_token"] = _owner(api.identify_token(given["identify_token"]))
    if cookie is not None:
        result["identified_cookie"] = _owner(api.identify_cookie(**cookie))
    return Gathered(result, gatherer.refused)


def _owner(row: CallerRow | None) -> Row | None:
    """:returns: whose a credential is."""
    return None if row is None else {key: row.get(key) for key in ("kind", "name", "admin")}


class _Gatherer:
    def __init__(self, api: HubApi, options: InfoOptions, warn: t.Callable[[str], None]) -> None:
        self.api = api
        self.options = options
        self.warn = warn
        self._rows: list[UserRow] | None = None
        self.refused: list[Unread] = []

    def _refuse(self, kind: Kind, name: str, error: HubError) -> None:
        self.refused.append(Unread(kind, name, error))

    def _of_user(self, kind: Kind, user: str, read: t.Callable[[str], t.Iterable[R]]) -> list[R]:
        """:returns: what a user has of a kind; nothing where only that of others is shown, which
        is noted.
        """
        try:
            return list(read(user))
        except ApiError as error:
            if not error.beyond_reach:
                raise
            self._refuse(kind, user, error)
            return []

    def hub(self) -> Row:
        """The version is for everyone; the rest is for those who hold read:hub."""
        try:
            model: t.Mapping[str, object] = self.api.hub_info()
        except ApiError as error:
            if error.status != 403 or not error.missing_scopes:
                raise
            model = self.api.hub_version()
        return {
            key: model.get(key)
            for key in ("version", "python", "sys_executable", "spawner", "authenticator")
        }

    def whoami(self) -> Row:
        me = self.api.me
        return {
            "kind": me.get("kind"),
            "name": me.get("name"),
            "admin": me.get("admin"),
            "token_id": me.get("token_id"),
            "scopes": sorted(me.get("scopes") or []),
            "roles": sorted(me.get("roles") or []),
            "groups": sorted(me.get("groups") or []),
        }

    def users(self) -> list[UserState]:
        return [user_state(row) for row in self._users()]

    def groups(self) -> list[GroupState]:
        names = self.options["names"]
        beyond = OutOfReach(folded=False)
        rows = (
            find_groups(self.api, names, beyond=beyond).rows.values()
            if names is not None
            else self.api.groups_list()
        )
        for name, error in beyond.errors.items():
            self._refuse("group", name, error)
        return [group_state(row) for row in rows if self._wanted(row["name"])]

    def services(self) -> list[Row]:
        found = self.api.services_list()
        hidden = hidden_services(self.api, self.options["names"] or (), found)
        for name, error in hidden.items():
            self._refuse("service", name, error)
        rows = [row for row in found if self._wanted(row["name"])]
        return [service_state(row) for row in sorted(rows, key=lambda row: str(row["name"]))]

    def proxy(self) -> list[Row]:
        return [
            {key: row.get(key) for key in ("routespec", "target", "data")}
            for row in self.api.proxy_routes()
        ]

    def shares(self) -> list[Row]:
        self.api.require("5.0", "Gathering shares")
        return [
            share_state(row)
            for user in self._users()
            for row in self._of_user("share", user["name"], self.api.shares_of_owner)
        ]

    def share_codes(self) -> list[Row]:
        self.api.require("5.0", "Gathering share_codes")
        return [
            code_state(row)
            for user in self._users()
            for row in self._of_user("share_code", user["name"], self.api.share_codes_of_owner)
        ]

    def servers(self) -> list[Row]:
        return [
            {
                "user": row["name"],
                **{key: server.get(key) for key in SERVER_FIELDS},
                "running_for": (
                    None if server.get("stopped") else self._since(server.get("started"))
                ),
                "idle_for": (
                    None
                    if server.get("stopped")
                    else self._since(server.get("last_activity") or server.get("started"))
                ),
            }
            for row in self._users()
            for name, server in self._servers_of(row)
            if self.options["include_stopped_servers"] or not server.get("stopped")
        ]

    def _servers_of(self, row: UserRow) -> list[tuple[str, ServerRow]]:
        try:
            return sorted(known(row, "servers", "read:servers").items())
        except HiddenFieldError as error:
            if not self.api.holds_some(error.scope):
                raise
            self._refuse("server", row["name"], error.of_this_object)
            return []

    def tokens(self) -> list[Row]:
        def read(user: str) -> list[TokenRow]:
            return self.api.tokens_list(user) or []

        return [
            self._token(row["name"], token)
            for row in self._users()
            for token in self._of_user("token", row["name"], read)
        ]

    def _token(self, user: str, token: TokenRow) -> Row:
        left = self._since(token.get("expires_at"))
        return {
            "user": user,
            **{key: token.get(key) for key in TOKEN_FIELDS},
            "scopes": sorted(token.get("scopes") or []),
            "managed": own_note(token) is not None,
            "age": self._since(token.get("created")),
            "expires_in": None if left is None else -left,
            "unused_for": self._since(token.get("last_activity") or token.get("created")),
        }

    def _since(self, moment: str | None) -> int | None:
        """:returns: the seconds that have passed since a moment of the hub; negative when it is
        still to come.
        """
        return (
            None if moment is None else round((self.api.now() - parse_time(moment)).total_seconds())
        )

    def _users(self) -> list[UserRow]:
        """The users that the filters leave, read once for users, servers and tokens."""
        if self._rows is None:
            rows = [row for row in self._read_users() if self._has_part(row["name"])]
            self._rows = _sorted(rows, self.options["sort"])
        return self._rows

    def _read_users(self) -> t.Iterable[UserRow]:
        names = self.options["names"]
        beyond = OutOfReach()
        found = self._find_users(names, beyond)
        for name, error in beyond.errors.items():
            self._refuse("user", name, error)
        if names is None:
            self._tell_nameless(found)
            return found.rows.values()
        meant = {row["name"]: row for row in map(found.get, names) if row is not None}
        # Those that were read one by one are put in the order of their creation, as lists are.
        return sorted(meant.values(), key=lambda row: row.get("created") or "")

    def _tell_nameless(self, found: Found[UserRow]) -> None:
        """Warn about users whose name was lost: their objects are not gathered."""
        if found.nameless:
            self.warn(
                "The hub has users without a name, whom no request can reach: they and their"
                " servers, tokens and shares are not returned. Their tokens still work."
            )

    def _find_users(self, names: list[str] | None, beyond: OutOfReach) -> Found[UserRow]:
        """:param beyond: gets those of the names that the caller may not look up."""
        stopped = {"include_stopped_servers": 1} if self.options["include_stopped_servers"] else {}
        filters = {"state": self.options["user_state"], "name_filter": self.options["name_filter"]}
        if names is not None and not any(filters.values()):
            return find_users(self.api, names, query=stopped, beyond=beyond)
        # By state, the hub lists a user once for each server (4.x).
        found = Found(list_users(self.api, {**filters, **stopped}), folded=True)
        unseen = [name for name in names or () if found.get(name) is None]
        if unseen and not self.api.holds("list:users"):
            # The filters leave them out, or the scopes of the caller.
            find_users(self.api, unseen, beyond=beyond)
        return found

    def _wanted(self, name: str | None) -> bool:
        """Whether the filters let a group or a service pass, whose names are as they are
        written.

        :param name: None: a group without a name, which a request can create.
        """
        names = self.options["names"]
        return (names is None or name in names) and self._has_part(name or "")

    def _has_part(self, name: str) -> bool:
        """The name filter, also for users, since to the hub _ and % in it stand for any
        character.
        """
        part = self.options["name_filter"]
        return part is None or part.lower() in name.lower()


def _sorted(rows: list[UserRow], sort: str | None) -> list[UserRow]:
    """Sort here, since JupyterHub 4 ignores the order that it is asked for. As it comes, the list
    is in the order of creation.
    """
    if sort is None:
        return rows
    key, down = sort.lstrip("-"), sort.startswith("-")
    if key == "id":
        return rows[::-1] if down else rows
    if key == "name":
        return sorted(rows, key=lambda row: str(row["name"]), reverse=down)
    # Users who were never active come first, or last when the order is reversed.
    return sorted(
        rows,
        key=lambda row: (
            parse_time(last).timestamp() if (last := row.get("last_activity")) else float("-inf")
        ),
        reverse=down,
    )
