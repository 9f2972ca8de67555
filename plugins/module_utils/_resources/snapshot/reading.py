# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Reads a whole hub once: complete, or an error.

Only the parts that are asked for are read. What the caller may not see is :class:`Unknown`, with
the scope that would show it.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import encode_path
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Json, UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    NOT_READ,
    Account,
    Caller,
    Group,
    Names,
    Seen,
    Server,
    Service,
    Share,
    ShareCode,
    Snapshot,
    Token,
    Unknown,
    User,
    hidden,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.parts import (
    account,
    group_of,
    server_of,
    service_of,
    share_code_of,
    share_of,
    token_of,
)

T = t.TypeVar("T")
# Told (what, done, total), from the thread that reads.
Progress = t.Callable[[str, int, int], None]
USERS, SERVERS, GROUPS, SERVICES = "users", "servers", "groups", "services"
TOKENS, SHARES, SHARE_CODES, AUTH_STATE = "tokens", "shares", "share_codes", "auth_state"
# What each part cannot be read without, and what shows the fields of its objects.
SCOPES: dict[str, tuple[str, ...]] = {
    USERS: ("list:users", "read:users"),
    SERVERS: ("read:servers",),
    GROUPS: ("list:groups", "read:groups"),
    SERVICES: ("list:services", "read:services"),
    TOKENS: ("read:tokens",),
    SHARES: ("read:shares",),
    SHARE_CODES: ("read:shares",),
    AUTH_STATE: ("admin:auth_state",),
}
# What shows the roles of the objects of a part; those of users are shown by read:users too.
ROLES = {
    GROUPS: "read:roles:groups",
    SERVICES: "read:roles:services",
}
# The hub works in one thread, and waits between the requests of a single client. Two at once take
# half the time of one after the other (5.0 and 2.5 ms for a user's tokens, JupyterHub 6.1), more
# take no less; four also hide the way to a hub that is far away.
AT_ONCE = 4


def every_user(user: User) -> bool:
    """:returns: True."""
    return user is not None


def no_progress(what: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """What is to be read.

    :param parts: of USERS, SERVERS (with USERS), GROUPS, SERVICES, TOKENS, SHARES, SHARE_CODES,
    AUTH_STATE.
    :param stopped_servers: servers that are stopped too.
    :param token_owners: whose tokens are read, a request for each; others are missing from the
    result.
    :param share_owners: whose shares and codes are read, a request for each.
    """

    parts: frozenset[str]
    stopped_servers: bool = True
    token_owners: t.Callable[[User], bool] = every_user
    share_owners: t.Callable[[User], bool] = every_user


def read_hub(api: HubApi, reading: Reading, progress: Progress = no_progress) -> Snapshot:
    """Read a hub.

    :raises HubError: something that the caller may see could not be read, or not completely.
    """
    return _Reader(api, reading, progress).read()


def note_fields(api: HubApi, parts: t.Iterable[str]) -> None:
    """Note the scopes that show all fields of these parts, for a task that looks at all of them."""
    old = api.version < (5,)
    for part in parts:
        if not (old and part in (SHARES, SHARE_CODES)):
            api.note_scopes((*SCOPES[part], *([ROLES[part]] if part in ROLES else ())))


class _Reader:
    def __init__(self, api: HubApi, reading: Reading, progress: Progress) -> None:
        self.api = api
        self.reading = reading
        self.progress = progress
        me = api.me
        self.held = frozenset(me.get("scopes") or ())
        self.bases = {scope.partition("!")[0] for scope in self.held}
        self.caller = Caller(
            me["kind"], me["name"], bool(me.get("admin")), self.held, me.get("token_id")
        )

    def read(self) -> Snapshot:
        users, nameless = self._users()
        groups, nameless_groups = self._groups()
        version = ".".join(map(str, self.api.version))
        return Snapshot(
            hub_version=self.api.client.version or version,
            caller=self.caller,
            users=users,
            nameless=nameless,
            groups=groups,
            nameless_groups=nameless_groups,
            services=self._services(),
            tokens=self._of_owners(TOKENS, users, self.reading.token_owners, self._tokens_of),
            shares=self._of_owners(SHARES, users, self.reading.share_owners, self._shares_of),
            share_codes=self._of_owners(
                SHARE_CODES, users, self.reading.share_owners, self._share_codes_of
            ),
            limited=self._limited(),
        )

    def _limited(self) -> Names:
        wanted = {scope for part in self.reading.parts for scope in SCOPES[part]}
        return tuple(sorted(scope for scope in wanted & self.bases if scope not in self.held))

    def _lacking(self, part: str) -> Unknown | None:
        """:returns: why a part cannot be read at all."""
        if part not in self.reading.parts:
            return NOT_READ
        scope = SCOPES[part][0]
        return None if scope in self.bases else hidden(scope)

    # Lists

    def _users(self) -> tuple[Seen[tuple[User, ...]], Seen[tuple[Account, ...]]]:
        lacking = self._lacking(USERS)
        if lacking is not None:
            return lacking, lacking
        named, nameless = self._user_rows()
        states = self._auth_states([row["name"] for row in named])
        users = tuple(self._user(row, states) for row in named)
        self.progress(USERS, len(users), len(users))
        return users, tuple(account(row) for row in nameless)

    def _user_rows(self) -> tuple[list[UserRow], list[UserRow]]:
        """:returns: the users with a name and those without.

        From JupyterHub 5 on, one user without a name makes the hub fail to list the stopped servers
        of anybody (500). A filter that every name fits keeps that user out of the list.
        """
        stopped = (
            {"include_stopped_servers": 1}
            if self.reading.stopped_servers and SERVERS in self.reading.parts
            else {}
        )
        nameless: list[UserRow] = []
        if stopped and self.api.has_nameless_users():
            nameless = [row for row in self.api.users_list() if row["name"] is None]
            rows = self.api.users_list({**stopped, "name_filter": "%"})
        else:
            rows = self.api.users_list(stopped)
        return [row for row in rows if row["name"] is not None], nameless or [
            row for row in rows if row["name"] is None
        ]

    def _auth_states(self, names: list[str]) -> t.Mapping[str, Seen[Json]] | Unknown:
        """:returns: what lists never show: a request for each user."""
        lacking = self._lacking(AUTH_STATE)
        if lacking is not None:
            return lacking
        rows = self._each(AUTH_STATE, names, self.api.user_get)
        shown = {
            name: row
            for name, row in rows.items()
            if not isinstance(row, Unknown) and row is not None
        }
        return {
            name: row["auth_state"] if "auth_state" in row else hidden("admin:auth_state")
            for name, row in shown.items()
        }

    def _user(self, row: UserRow, states: t.Mapping[str, Seen[Json]] | Unknown) -> User:
        servers: Seen[tuple[Server, ...]] = NOT_READ
        if SERVERS in self.reading.parts:
            servers = hidden("read:servers")
            if row.get("servers") is not None:
                servers = tuple(
                    server_of(row["name"], server)
                    for _name, server in sorted(row["servers"].items())
                )
        state = states if isinstance(states, Unknown) else states.get(row["name"])
        seen = account(row)
        return User(
            admin=seen.admin,
            roles=seen.roles,
            groups=seen.groups,
            created=seen.created,
            last_activity=seen.last_activity,
            name=row["name"],
            servers=servers,
            auth_state=state,
        )

    def _groups(self) -> tuple[Seen[tuple[Group, ...]], int]:
        lacking = self._lacking(GROUPS)
        if lacking is not None:
            return lacking, 0
        rows = self.api.groups_list()
        self.progress(GROUPS, len(rows), len(rows))
        groups = tuple(group_of(row) for row in rows if row["name"] is not None)
        return groups, len(rows) - len(groups)

    def _services(self) -> Seen[tuple[Service, ...]]:
        lacking = self._lacking(SERVICES)
        if lacking is not None:
            return lacking
        return tuple(
            service_of(row)
            for row in sorted(self.api.services_list(), key=lambda row: str(row["name"]))
        )

    # What the hub lists for one user at a time

    def _of_owners(
        self,
        part: str,
        users: Seen[tuple[User, ...]],
        chosen: t.Callable[[User], bool],
        read: t.Callable[[str], T],
    ) -> Seen[dict[str, Seen[T]]]:
        lacking = self._lacking(part)
        if lacking is NOT_READ:
            return lacking
        if part != TOKENS and self.api.version < (5,):
            # Older hubs know no shares.
            return {}
        if lacking is not None:
            return lacking
        if isinstance(users, Unknown):
            return users
        return self._each(part, [user.name for user in users if chosen(user)], read)

    def _tokens_of(self, user: str) -> tuple[Token, ...]:
        return tuple(token_of(user, row) for row in self.api.tokens_list(user) or ())

    def _shares_of(self, owner: str) -> tuple[Share, ...]:
        return tuple(share_of(row) for row in self.api.shares_of_owner(owner))

    def _share_codes_of(self, owner: str) -> tuple[ShareCode, ...]:
        return tuple(share_code_of(row) for row in self.api.share_codes_of_owner(owner))

    def _each(self, part: str, names: list[str], read: t.Callable[[str], T]) -> dict[str, Seen[T]]:
        """Ask once for each name, a few at once.

        :returns: the answers by name; :class:`Unknown` for those that the caller may not see, or no
        request can reach.
        """

        def ask(name: str) -> Seen[T]:
            try:
                encode_path([name])
                return read(name)
            except ApiError as error:
                if error.out_of_sight:
                    return hidden(SCOPES[part][0])
                raise
            except RefusedError:
                return Unknown("no address on the hub can contain this name")

        found: dict[str, Seen[T]] = {}
        with concurrent.futures.ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            asked = [pool.submit(ask, name) for name in names]
            try:
                for name, answer in zip(names, asked):
                    found[name] = answer.result()
                    self.progress(part, len(found), len(names))
            finally:
                # After an error, those that were not sent yet are not sent any more.
                for answer in asked:
                    answer.cancel()
        return found


# Rows as data
