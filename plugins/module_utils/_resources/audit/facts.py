# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""What the rules judge: a snapshot with its times parsed, and with what was not seen in one place.

``None`` in a field is what the hub says, such as a token that never expires. What the caller may
not see is not in any field: its part is listed in :attr:`Hub.hidden`, and no rule that needs the
part is asked. Pure: nothing is read here.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import typing as t

Moment = t.Optional[datetime.datetime]

# Any of these, without a filter, gives power over others (jupyterhub/scopes.py).
POWERFUL = frozenset(
    {
        "admin:users",
        "admin:groups",
        "admin:servers",
        "admin:services",
        "tokens",
        "access:servers",
        "proxy",
        "shutdown",
    },
)
# Every user has the first; the second is what ``admin: true`` means.
USUAL_ROLES = frozenset({"user", "admin"})


@dataclasses.dataclass(frozen=True)
class Server:
    """A server of a user; the name of the default server is empty."""

    user: str
    name: str
    ready: bool
    pending: str | None
    stopped: bool
    started: Moment
    last_activity: Moment
    profile: str | None

    @property
    def subject(self) -> str:
        """The server's name for people: ``ada/`` is the default server of ada."""
        return f"{self.user}/{self.name}"


@dataclasses.dataclass(frozen=True)
class User:
    """A user. ``name`` None: a fault of the hub, and no request can reach it."""

    name: str | None
    admin: bool
    roles: tuple[str, ...]
    groups: tuple[str, ...]
    created: Moment
    last_activity: Moment
    servers: tuple[Server, ...] = ()

    @property
    def extra_roles(self) -> tuple[str, ...]:
        """The roles that make this user more than an ordinary one, or another admin."""
        return tuple(sorted(set(self.roles) - USUAL_ROLES))

    @property
    def seen(self) -> Moment:
        """When the user was last active, or was created."""
        return self.last_activity or self.created


@dataclasses.dataclass(frozen=True)
class Group:
    """A group; a member None is a user without a name."""

    name: str
    users: tuple[str | None, ...]
    roles: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Service:
    """A service, from the configuration or created through the API: the hub does not show which."""

    name: str
    admin: bool
    roles: tuple[str, ...]
    url: str


@dataclasses.dataclass(frozen=True)
class Token:
    """A token of a user. ``scopes`` are its current scopes, expanded by the hub."""

    user: str
    id: str
    note: str
    scopes: frozenset[str]
    created: Moment
    last_activity: Moment
    expires_at: Moment
    oauth_client: str
    managed: bool
    calling: bool

    @property
    def ordinary(self) -> bool:
        """Whether a person has created it on purpose: not by a login, not for a running server, not
        the caller's.
        """
        server = self.note.startswith("Server at ")
        return self.oauth_client == "JupyterHub" and not server and not self.calling

    @property
    def power(self) -> tuple[str, ...]:
        """Its scopes over others, if any."""
        return tuple(sorted(POWERFUL & self.scopes))

    @property
    def subject(self) -> str:
        """The token's name for people."""
        return f"{self.user}/{self.note}"


@dataclasses.dataclass(frozen=True)
class Share:
    """A server that another user may use. ``kind`` is user or group, ``guest`` its name."""

    owner: str
    server: str
    kind: str
    guest: str
    scopes: tuple[str, ...]
    created_at: Moment

    @property
    def subject(self) -> str:
        """The share's name for people."""
        whom = f"group {self.guest}" if self.kind == "group" else self.guest
        return f"{self.owner}/{self.server} with {whom}"


@dataclasses.dataclass(frozen=True)
class ShareCode:
    """A code with which anyone who has it may use a server. Its value is never read."""

    owner: str
    server: str
    id: str
    created_at: Moment
    expires_at: Moment
    exchange_count: int

    @property
    def subject(self) -> str:
        """The code's name for people."""
        return f"{self.owner}/{self.server} code {self.id}"


@dataclasses.dataclass(frozen=True)
class Outside:
    """What a client without a token sees of the hub. None: not asked, or no answer."""

    metrics_open: bool | None = None
    signup_open: bool | None = None
    hsts: bool | None = None
    certificate_until: Moment = None


@dataclasses.dataclass(frozen=True)
class Hidden:
    """Why a part was not read, and the scope that would show it, if one would.

    ``reason`` empty: it is not expected to be read, and is not mentioned.
    """

    reason: str
    scope: str | None = None


@dataclasses.dataclass(frozen=True)
class Difference:
    """One object that differs from its declaration.

    :param kind: such as ``user``.
    :param changed: by field, before and after; only of fields that are changed as a whole.
    :param lacks, surplus: members that are declared and missing, or there and not declared.
    :param old: the name that the object still has.
    :param missing: what it needs, and neither the hub nor the declaration has.
    :param item: what declares it, without what is not set; None where that holds a secret.
    """

    kind: str
    name: str
    actions: frozenset[str]
    changed: t.Mapping[str, tuple[object, object]] = dataclasses.field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    old: str = ""
    missing: str = ""
    item: t.Mapping[str, object] | None = None


@dataclasses.dataclass
class Drift:
    """How a hub differs from what is declared.

    :param by_kind: by the plural of a kind that was compared.
    :param hidden: why others were not, by the part of the reading that they are.
    :param scopes: by the plural, the scopes that a repair needs.
    """

    by_kind: dict[str, tuple[Difference, ...]]
    hidden: dict[str, Hidden]
    scopes: dict[str, list[str]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Hub:
    """One complete reading.

    :param now: the hub's own clock.
    :param hidden: the parts that were not read; the lists of those are empty.
    :param limited: scopes of the caller that hold for some objects only.
    :param token_owners: the users whose tokens were read; None: all.
    :param caller_scopes: what the calling token may do, expanded by the hub.
    :param drift: by the plural of a kind, how it differs from what is declared.
    :param repair_scopes: by the plural of a kind, what is needed to fix that.
    """

    url: str
    version: tuple[int, ...]
    now: datetime.datetime
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    services: tuple[Service, ...] = ()
    tokens: tuple[Token, ...] = ()
    shares: tuple[Share, ...] = ()
    share_codes: tuple[ShareCode, ...] = ()
    authenticator: str = ""
    spawner: str = ""
    python: str = ""
    outside: Outside = Outside()
    hidden: t.Mapping[str, Hidden] = dataclasses.field(default_factory=dict)
    limited: tuple[str, ...] = ()
    token_owners: frozenset[str] | None = None
    caller_name: str = ""
    caller_kind: str = ""
    caller_scopes: frozenset[str] = frozenset()
    drift: t.Mapping[str, tuple[Difference, ...]] = dataclasses.field(default_factory=dict)
    repair_scopes: t.Mapping[str, t.Sequence[str]] = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def named(self) -> tuple[tuple[str, User], ...]:
        """The users that have a name, with it."""
        return tuple((user.name, user) for user in self.users if user.name is not None)

    @functools.cached_property
    def servers(self) -> tuple[Server, ...]:
        """All servers, running or not, as far as they were asked for."""
        return tuple(server for user in self.users for server in user.servers)

    @property
    def running(self) -> tuple[Server, ...]:
        """The servers that are not stopped."""
        return tuple(server for server in self.servers if not server.stopped)

    def age(self, moment: Moment) -> float | None:
        """:returns: the seconds since a moment, by the hub's clock; None without a moment."""
        return None if moment is None else (self.now - moment).total_seconds()

    def older(self, moment: Moment, limit: float | None) -> bool:
        """Whether a moment is longer ago than the limit. Unknown is not old."""
        age = self.age(moment)
        return age is not None and limit is not None and age > limit
