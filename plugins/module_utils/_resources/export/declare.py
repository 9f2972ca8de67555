# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""From a snapshot of a hub to the variables of the role that declare just that. Pure: no request is
sent here.

What the modules cannot declare is left out with a reason. A list that leaves something out is no
longer the whole truth, and says so with its mode, so that the role removes nothing for it.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import is_http
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import version_tuple
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    LONGEST_NAME,
    check_name,
    check_service_name,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.names import (
    CutOff,
    Names,
    passes,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.wanted import (
    GROUPS,
    NAMED,
    RUNNING,
    SERVERS,
    SERVICES,
    SHARES,
    TOKENS,
    USERS,
    Wanted,
    fits,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    Group,
    Json,
    Server,
    Service,
    Share,
    Snapshot,
    Token,
    User,
    known,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import parse_time

Item = dict[str, Json]
# YAML readers and Ansible work on nested values by calling themselves; deeper ones would break
# them.
DEEPEST = 40


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """Something of the hub that is not in the export."""

    kind: str
    name: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Export:
    """The declared objects by kind, and what is not among them."""

    kinds: dict[str, list[Item]]
    left_out: list[LeftOut]


def declare(hub: Snapshot, wanted: Wanted, cut_off: CutOff) -> Export:
    """:returns: what the role would take to make a hub like this one.
    :raises RefusedError: the caller may not see something that has to be known.
    """
    return _Declaration(hub, wanted, cut_off).export()


def ordered(value: Json) -> Json:
    """:returns: the same value, with the keys of all its objects sorted."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value)}
    return [ordered(each) for each in value] if isinstance(value, list) else value


def unwritable(value: Json) -> str | None:
    """:returns: why a value of the hub cannot be declared."""
    deep: list[tuple[Json, int]] = [(value, 1)]
    while deep:
        one, depth = deep.pop()
        if depth > DEEPEST:
            return f"it is nested more than {DEEPEST} deep"
        texts = [one] if isinstance(one, str) else list(one) if isinstance(one, dict) else []
        if any(not _is_unicode(text) for text in texts):
            return "it holds text that is not valid Unicode"
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        deep.extend((each, depth + 1) for each in inner)
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Declaration:
    def __init__(self, hub: Snapshot, wanted: Wanted, cut_off: CutOff) -> None:
        self.hub = hub
        self.names = Names(hub, wanted, cut_off)
        self.wanted = wanted
        self.version = version_tuple(hub.hub_version)
        self.left_out: list[LeftOut] = []

    def export(self) -> Export:
        makers: dict[str, t.Callable[[], list[Item]]] = {
            USERS: self._users,
            GROUPS: self._groups,
            SERVICES: self._services,
            SERVERS: self._servers,
            SHARES: self._shares,
            TOKENS: self._tokens,
        }
        # A hub that cannot have shares needs no list that says that it has none; of its services,
        # the list tells which are left out.
        late = {SHARES} if self.version < (5,) else set()
        kinds = {
            kind: make()
            for kind, make in makers.items()
            if kind in self.wanted.include and kind not in late
        }
        if self.version < (5,) and not kinds.get(SERVICES):
            kinds.pop(SERVICES, None)
        order = list(makers)
        return Export(
            kinds,
            sorted(
                self.left_out, key=lambda one: (order.index(f"{one.kind}s"), one.name, one.reason)
            ),
        )

    def _leave_out(self, kind: str, name: str, reason: str) -> None:
        self.left_out.append(LeftOut(kind, name, reason))

    def _fit_value(self, kind: str, name: str, field: str, value: Json) -> bool:
        """Whether a value of the hub can be declared; it is told where not."""
        why = unwritable(value)
        if why is not None:
            self._leave_out(kind, name, f"its {field}: {why}")
        return why is None

    # Kinds

    def _users(self) -> list[Item]:
        for account in known(self.hub.nameless, "the users"):
            self._leave_out(
                "user",
                "",
                f"{'an admin' if account.admin is True else 'a user'} without a name, whom no"
                " request reaches",
            )
        items = []
        for user in sorted(known(self.hub.users, "the users"), key=lambda user: user.name):
            if not self.wanted.chooses(user.name):
                continue
            problem = self.names.user_problem(user.name)
            if problem is not None:
                self._leave_out("user", user.name, problem)
                continue
            items.append(
                {
                    "name": user.name,
                    "admin": known(user.admin, f"whether user {user.name} is an admin"),
                    **self._auth_state(user),
                }
            )
        return items

    def _auth_state(self, user: User) -> Item:
        if "auth_state" not in self.wanted.include:
            return {}
        state = known(user.auth_state, f"the auth_state of user {user.name}")
        if not isinstance(state, dict) or not state:
            return {}
        return (
            {"auth_state": ordered(state)}
            if self._fit_value("user", user.name, "auth_state", state)
            else {}
        )

    def _groups(self) -> list[Item]:
        for _number in range(self.hub.nameless_groups):
            self._leave_out("group", "", "a group without a name, which no request reaches")
        items = []
        for group in sorted(known(self.hub.groups, "the groups"), key=lambda group: group.name):
            if fits(group.name, (*self.wanted.omit_groups, *self.wanted.groups_from_config)):
                continue
            problem = self.names.group_problem(group.name)
            if problem is not None:
                self._leave_out("group", group.name, problem)
                continue
            items.append(self._group(group))
        return items

    def _group(self, group: Group) -> Item:
        users = known(group.users, f"the members of group {group.name}")
        properties = known(group.properties, f"the properties of group {group.name}")
        members = [name for name in users if self.names.takes_user(name)]
        item: Item = {"name": group.name, "users": list(members)}
        missing = len(users) - len(members) + group.nameless_users
        if missing:
            item["users_mode"] = "present"
            self._leave_out(
                "group",
                group.name,
                f"{_count(missing, 'member')} of it; its list says users_mode present",
            )
        if self._fit_value("group", group.name, "properties", properties):
            item["properties"] = ordered(properties)
        return item

    def _services(self) -> list[Item]:
        items = []
        for service in known(self.hub.services, "the services"):
            if fits(service.name, self.wanted.services_from_config):
                continue
            problem = self._service_problem(service)
            if problem is not None:
                self._leave_out("service", service.name, problem)
                continue
            self._leave_out(
                "service",
                service.name,
                "its api_token, OAuth settings and roles, which the hub does not tell",
            )
            items.append(self._service(service))
        return items

    def _service_problem(self, service: Service) -> str | None:
        url = known(service.url, f"the url of service {service.name}")
        if self.version < (5,):
            return "before JupyterHub 5.0 services are in the configuration of the hub only"
        if (self.hub.caller.kind, self.hub.caller.name) == ("service", service.name):
            return "it is what this task calls as, and would be made without its token"
        if known(service.command, f"the command of service {service.name}"):
            return "the hub runs its command, so that it is in the configuration of the hub"
        if not passes(check_service_name, service.name) or (url and not is_http(url)):
            return "jupyterhub_service takes no such name or url"
        return None

    def _service(self, service: Service) -> Item:
        info = known(service.info, f"the info of service {service.name}")
        item: Item = {
            "name": service.name,
            "url": known(service.url, "its url"),
            "display": known(service.display, "its display"),
        }
        if isinstance(info, dict) and self._fit_value("service", service.name, "info", info):
            item["info"] = ordered(info)
        return {
            **item,
            "admin": known(service.admin, f"whether service {service.name} is an admin"),
        }

    def _servers(self) -> list[Item]:
        items = []
        for user in sorted(known(self.hub.users, "the users"), key=lambda user: user.name):
            if not self.names.takes_user(user.name):
                continue
            for server in known(user.servers, f"the servers of user {user.name}"):
                state = self._server_state(server)
                if state is not None:
                    items.append(self._server(server, state))
        return items

    def _server_state(self, server: Server) -> str | None:
        """:returns: the state to declare; None: the server is not exported."""
        title = f"{server.user}/{server.name}"
        running = not server.stopped
        asked = bool(server.name) or (running and self.wanted.servers == RUNNING)
        if not asked:
            return None
        if server.name and not (
            passes(lambda name: check_name("server", name), server.name) and "/" not in server.name
        ):
            self._leave_out("server", title, "jupyterhub_server takes no such name")
            return None
        if running and self.wanted.servers == RUNNING:
            return "started"
        if self.version >= (6,):
            return "present"
        # Older hubs have no request that makes a server without starting it.
        return "started" if running else "stopped"

    def _server(self, server: Server, state: str) -> Item:
        title = f"{server.user}/{server.name}"
        item: Item = {"user": server.user, "name": server.name, "state": state}
        # A server that was given none shows its name.
        if server.name and server.display_name not in (None, server.name):
            if _is_display_name(server.display_name):
                item["display_name"] = server.display_name
            else:
                self._leave_out(
                    "server", title, "its display_name, which jupyterhub_server does not take"
                )
        if server.user_options and not isinstance(server.user_options, dict):
            self._leave_out("server", title, "its user_options, which are no dictionary")
        elif (
            isinstance(server.user_options, dict)
            and server.user_options
            and self._fit_value("server", title, "user_options", server.user_options)
        ):
            item["user_options"] = ordered(server.user_options)
        return item

    def _shares(self) -> list[Item]:
        by_owner = known(self.hub.shares, "the shares")
        items = []
        for owner in sorted(by_owner):
            servers: dict[str, list[Share]] = collections.defaultdict(list)
            for share in (
                known(by_owner[owner], f"the shares of user {owner}")
                if self.names.takes_user(owner)
                else ()
            ):
                servers[share.server].append(share)
            for name in sorted(servers):
                items += self._share(owner, name, servers[name])
        return items

    def _share(self, owner: str, server: str, shares: list[Share]) -> list[Item]:
        """:returns: all shares of one server as one item, or nothing where there is none that can
        be declared.
        """
        title = f"{owner}/{server}"
        if server and not passes(lambda name: check_name("server", name), server):
            self._leave_out("share", title, "jupyterhub_share takes no such name of a server")
            return []
        guests: dict[str, dict[str, list[Json]]] = {"user": {}, "group": {}}
        for share in shares:
            scopes = _unfiltered(share)
            if scopes is None:
                self._leave_out(
                    "share",
                    title,
                    f"what {share.kind} {share.name} may do, which the hub has under another name"
                    " of the server",
                )
            elif share.name is None:
                self._leave_out("share", title, "a guest without a name, whom no request reaches")
            elif (
                self.names.takes_user(share.name)
                if share.kind == "user"
                else self.names.takes_group(share.name)
            ):
                guests[share.kind][share.name] = scopes
            else:
                self._leave_out(
                    "share",
                    title,
                    f"{share.kind} {share.name}, who is not exported; its list says mode present",
                )
        if not guests["user"] and not guests["group"]:
            return []
        if server and self.wanted.servers not in (NAMED, RUNNING):
            self._leave_out(
                "server",
                title,
                "it is shared, and has to be on the hub for that: set servers to named",
            )
        exact = len(guests["user"]) + len(guests["group"]) == len(shares)
        return [_share_item(owner, server, guests, exact=exact)]

    def _tokens(self) -> list[Item]:
        by_user = known(self.hub.tokens, "the tokens")
        items = []
        for user in sorted(by_user):
            if not self.names.takes_user(user):
                continue
            tokens = known(by_user[user], f"the tokens of user {user}")
            ours = {token.managed_note: token for token in tokens if token.managed_note is not None}
            others = sum(token.managed_note is None and _is_a_persons(token) for token in tokens)
            if others:
                self._leave_out(
                    "token", user, f"{_count(others, 'token')} that jupyterhub_token did not make"
                )
            items += [_token_item(user, note, ours[note]) for note in sorted(ours)]
        return items


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number > 1 else ''}"


def _is_display_name(text: str | None) -> bool:
    """Whether jupyterhub_server takes this name for people."""
    return (
        text is not None
        and 0 < len(text) <= LONGEST_NAME
        and text == text.strip()
        and "  " not in text
        and text.isprintable()
    )


def _unfiltered(share: Share) -> list[Json] | None:
    """:returns: scopes as the module takes them; None when they are for another server than the
    share is.
    """
    end = f"!server={share.owner}/{share.server}"
    if any(not scope.endswith(end) for scope in share.scopes):
        return None
    return [scope[: -len(end)] for scope in share.scopes]


def _share_item(
    owner: str, server: str, guests: dict[str, dict[str, list[Json]]], *, exact: bool
) -> Item:
    users, groups = guests["user"], guests["group"]
    all_scopes = [*users.values(), *groups.values()]
    item: Item = {"owner": owner, "server": server}
    # In a plain list, modules refuse names with white space at their ends, since it is rarely
    # meant.
    plain = all(name == name.strip() for name in (*users, *groups))
    if plain and all(scopes == all_scopes[0] for scopes in all_scopes):
        item.update(users=[*sorted(users)], groups=[*sorted(groups)], scopes=[*all_scopes[0]])
    else:
        item["users"] = [{"name": name, "scopes": list(users[name])} for name in sorted(users)]
        item["groups"] = [{"name": name, "scopes": list(groups[name])} for name in sorted(groups)]
    return item if exact else {**item, "mode": "present"}


def _is_a_persons(token: Token) -> bool:
    """Whether somebody made this token: others come from logins to services, or belong to running
    servers.
    """
    return token.oauth_client == "JupyterHub" and not token.note.startswith("Server at ")


def _token_item(user: str, note: str, token: Token) -> Item:
    item: Item = {"user": user, "note": note}
    if token.expires_at is not None:
        item["expires_in"] = str(
            round((parse_time(token.expires_at) - parse_time(token.created)).total_seconds())
        )
    return item
