# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""A snapshot as the rules judge it: times parsed, and a part hidden where any of it is unknown."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit import facts
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot import model
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import parse_time

V = t.TypeVar("V")


class View:
    """Turns the parts of a snapshot into facts, and notes what is unknown on the way."""

    def __init__(self, snapshot: model.Snapshot) -> None:
        self.snapshot = snapshot
        self.hidden: dict[str, facts.Hidden] = {}

    def known(self, part: str, value: model.Seen[V], otherwise: V) -> V:
        """:returns: a value; where it is unknown, another one, and the part is hidden."""
        if isinstance(value, model.Unknown):
            self.hide(part, value)
            return otherwise
        return value

    def hide(self, part: str, unknown: model.Unknown) -> None:
        """Note that a part is not known, and why."""
        why = f"{unknown.why[0].upper()}{unknown.why[1:]}."
        self.hidden.setdefault(part, facts.Hidden(why, unknown.scope))

    def users(self) -> tuple[facts.User, ...]:
        """:returns: the users, at last those without a name."""
        named = self.known("users", self.snapshot.users, ())
        nameless = self.known("users", self.snapshot.nameless, ())
        return (*map(self._user, named), *(self._account(one, None, ()) for one in nameless))

    def _user(self, user: model.User) -> facts.User:
        servers = self.known("servers", user.servers, ())
        return self._account(user, user.name, tuple(map(_server, servers)))

    def _account(
        self,
        user: model.Account,
        name: str | None,
        servers: tuple[facts.Server, ...],
    ) -> facts.User:
        return facts.User(
            name=name,
            admin=bool(self.known("users.admin", user.admin, False)),
            roles=self.known("users.roles", user.roles, ()),
            groups=self.known("users.groups", user.groups, ()),
            created=moment(self.known("users.activity", user.created, None)),
            last_activity=moment(self.known("users.activity", user.last_activity, None)),
            servers=servers,
        )

    def groups(self) -> tuple[facts.Group, ...]:
        """:returns: the groups; those that have no name are called ""."""
        found = []
        for group in self.known("groups", self.snapshot.groups, ()):
            users: tuple[str | None, ...] = self.known("groups.users", group.users, ())
            users += (None,) * group.nameless_users
            roles = self.known("groups.roles", group.roles, ())
            found.append(facts.Group(group.name, users, roles))
        return (
            *found,
            *(facts.Group("", (), ()) for _number in range(self.snapshot.nameless_groups)),
        )

    def services(self) -> tuple[facts.Service, ...]:
        """:returns: the services."""
        return tuple(
            facts.Service(
                name=service.name,
                admin=bool(self.known("services.admin", service.admin, False)),
                roles=self.known("services.roles", service.roles, ()),
                url=self.known("services.url", service.url, "") or "",
            )
            for service in self.known("services", self.snapshot.services, ())
        )

    def tokens(self) -> tuple[facts.Token, ...]:
        """:returns: the tokens of those owners whose tokens were read."""
        caller = self.snapshot.caller
        found = []
        for theirs in self.known("tokens", self.snapshot.tokens, {}).values():
            for token in self.known("tokens", theirs, ()):
                found.append(_token(token, caller))
        return tuple(found)

    def shares(self) -> tuple[facts.Share, ...]:
        """:returns: the shares of all owners."""
        return tuple(
            facts.Share(
                share.owner,
                share.server,
                share.kind,
                share.name or "",
                share.scopes,
                moment(share.created_at),
            )
            for theirs in self.known("shares", self.snapshot.shares, {}).values()
            for share in self.known("shares", theirs, ())
        )

    def share_codes(self) -> tuple[facts.ShareCode, ...]:
        """:returns: the share codes of all owners."""
        return tuple(
            facts.ShareCode(
                code.owner,
                code.server,
                code.id,
                moment(code.created_at),
                moment(code.expires_at),
                code.exchange_count,
            )
            for theirs in self.known("share_codes", self.snapshot.share_codes, {}).values()
            for code in self.known("share_codes", theirs, ())
        )


def moment(text: str | None) -> datetime.datetime | None:
    """:returns: the moment that the hub means; None without one."""
    return parse_time(text) if text else None


def _server(server: model.Server) -> facts.Server:
    options = server.user_options
    profile = options.get("profile") if isinstance(options, dict) else None
    return facts.Server(
        user=server.user,
        name=server.name,
        ready=server.ready,
        pending=server.pending,
        stopped=server.stopped,
        started=moment(server.started),
        last_activity=moment(server.last_activity),
        profile=profile if isinstance(profile, str) else None,
    )


def _token(token: model.Token, caller: model.Caller) -> facts.Token:
    own = caller.kind == "user" and caller.name == token.user
    # JupyterHub 4 does not report which token calls. A token with the same scopes is not judged.
    same = frozenset(token.scopes) == caller.scopes
    calling = own and (same if caller.token_id is None else token.id == caller.token_id)
    return facts.Token(
        user=token.user,
        id=token.id,
        note=token.note if token.managed_note is None else token.managed_note,
        scopes=frozenset(token.scopes),
        created=moment(token.created),
        last_activity=moment(token.last_activity),
        expires_at=moment(token.expires_at),
        oauth_client=token.oauth_client,
        managed=token.managed_note is not None,
        calling=calling,
    )
