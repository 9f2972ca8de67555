# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What is declared of servers, one by one or by a selection."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import fold
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    LONGEST_NAME,
    check_name,
    check_user_name,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import check_amount, duration

# User and server name; the default server has the name "".
Key = tuple[str, str]
Target = t.Literal["started", "stopped", "restarted", "absent", "present"]


def title(key: Key) -> str:
    """:returns: a server for people, as the hub's own scopes write it; the default server's name is
    empty.
    """
    return "/".join(key)


class _ServerKeys(t.TypedDict):
    user: str
    name: str
    user_options: dict[str, object] | None
    display_name: str | None
    rename_from: str | None


class ServerItem(_ServerKeys):
    """An item of the list, as the options are; None: not set."""

    state: Target | None
    restart_if_changed: bool | None


class WholeServer(_ServerKeys):
    """An item, with what is set for all of them."""

    state: Target
    restart_if_changed: bool


class ServerOptions(WholeServer):
    """The options of jupyterhub_server; without those of the server when there is a list."""

    servers: list[ServerItem] | None
    select_users: list[str] | None
    select_groups: list[str] | None
    select_idle_for: str | None
    select_named: bool | None
    wait: bool
    wait_timeout: float
    batch: int
    stored_names: dict[str, object] | None


@dataclasses.dataclass(frozen=True)
class WantedServer:
    """What is declared of one server.

    :param user: as it is declared; which user of the hub that is, is looked up.
    :param user_options: None: they are not declared.
    """

    user: str
    name: str
    state: Target
    user_options: t.Mapping[str, object] | None = None
    display_name: str | None = None
    rename_from: str | None = None
    restart_if_changed: bool = False

    @property
    def key(self) -> Key:
        return self.user, self.name


@dataclasses.dataclass(frozen=True)
class Selection:
    """Which servers are meant, and their wanted state.

    :param users: globs of names.
    :param groups: users in any of these.
    :param idle_for: seconds.
    :param named: named servers, or default servers; None: both.
    """

    users: tuple[str, ...] | None
    groups: frozenset[str] | None
    idle_for: int | None
    named: bool | None
    state: Target
    user_options: t.Mapping[str, object] | None
    restart_if_changed: bool


@dataclasses.dataclass(frozen=True)
class WantedServers:
    """What a task declares.

    :param selection: instead of servers.
    :param wait: until the servers are in their wanted state.
    :param wait_timeout: seconds for the whole task.
    :param batch: how many requests are under way at once.
    """

    servers: tuple[WantedServer, ...]
    selection: Selection | None
    wait: bool
    wait_timeout: float
    batch: int

    @property
    def newer_options(self) -> list[str]:
        """The options that need JupyterHub 6.0."""
        found = [
            name
            for item in self.servers
            for name in ("display_name", "rename_from")
            if getattr(item, name) is not None
        ]
        return [*found, *("state present" for item in self.servers if item.state == "present")]

    def stored_as(self, names: t.Mapping[str, str]) -> tuple[WantedServer, ...]:
        """:returns: the servers with the names that the hub has for the users.

        :param names: by the names that are declared.
        :raises RefusedError: two items contradict each other.
        """
        return _folded(
            t.cast(WholeServer, {**dataclasses.asdict(item), "user": names[item.user]})
            for item in self.servers
        )


def parse(options: ServerOptions) -> WantedServers:
    """The one server, the list or the selection, in the same form.

    :param options: of jupyterhub_server.
    :raises RefusedError: the input is bad, or contradicts itself.
    """
    check_amount("batch", options["batch"], zero=False)
    check_amount("wait_timeout", options["wait_timeout"], zero=False)
    selectors = (
        options["select_users"],
        options["select_groups"],
        options["select_idle_for"],
        options["select_named"],
    )
    selects = any(selector is not None for selector in selectors)
    return WantedServers(
        () if selects else _parse_servers(options),
        _parse_selection(options) if selects else None,
        options["wait"],
        options["wait_timeout"],
        options["batch"],
    )


def _parse_selection(options: ServerOptions) -> Selection:
    """:raises RefusedError: the options do not fit a selection."""
    state = options["state"]
    idle_for = (
        None
        if options["select_idle_for"] is None
        else duration("select_idle_for", options["select_idle_for"])
    )
    if state == "present":
        raise RefusedError(
            "state present creates servers by name: it cannot be used with a selection."
        )
    if state == "started" and idle_for is not None:
        raise RefusedError(
            "select_idle_for selects running servers: it cannot be used with state started."
        )
    if state == "absent" and options["select_named"] is False:
        raise RefusedError(
            "A default server cannot be removed, only stopped: state absent cannot be used with"
            " select_named false."
        )
    return Selection(
        None if options["select_users"] is None else tuple(options["select_users"]),
        None if options["select_groups"] is None else frozenset(options["select_groups"]),
        idle_for,
        options["select_named"],
        state,
        options["user_options"],
        options["restart_if_changed"],
    )


def _parse_servers(options: ServerOptions) -> tuple[WantedServer, ...]:
    rows: t.Sequence[ServerItem | ServerOptions] = (
        [options] if options["servers"] is None else options["servers"]
    )
    items: list[WholeServer] = []
    for row in rows:
        restart = row["restart_if_changed"]
        item: WholeServer = {
            "user": row["user"],
            "name": row["name"],
            "state": row["state"] or options["state"],
            "user_options": row["user_options"],
            "display_name": row["display_name"],
            "rename_from": row["rename_from"],
            "restart_if_changed": options["restart_if_changed"] if restart is None else restart,
        }
        check_user_name(item["user"])
        for name in (item["name"], item["rename_from"]):
            if name:
                check_name("server", name)
                if "/" in name:
                    raise RefusedError(
                        f"The server name {name!r} contains a slash, which the hub does not allow"
                        " in a server name: correct it."
                    )
        if not item["name"]:
            _check_default(item)
        _check_display_name(item["display_name"])
        items.append(item)
    return _folded(items)


def _folded(items: t.Iterable[WholeServer]) -> tuple[WantedServer, ...]:
    """:raises RefusedError: two items contradict each other."""
    folded = fold(
        items,
        lambda item: (item["user"], item["name"]),
        lambda item: f"Server {item['user']}/{item['name']}",
    )
    return _checked_sources([WantedServer(**item) for item in folded])


def _checked_sources(items: t.Sequence[WantedServer]) -> tuple[WantedServer, ...]:
    """:raises RefusedError: a server is renamed, and declared by its old name or renamed once
    more.
    """
    taken = {item.key for item in items}
    checked = []
    for item in items:
        source = (item.user, item.rename_from or "")
        if item.rename_from == item.name:
            checked.append(dataclasses.replace(item, rename_from=None))
            continue
        if item.rename_from and source in taken:
            raise RefusedError(
                f"Server {title(source)} is renamed to {item.name} and is also declared elsewhere"
                " in the list: keep one of them."
            )
        taken.add(source if item.rename_from else item.key)
        checked.append(item)
    return tuple(checked)


def _check_default(item: WholeServer) -> None:
    """:raises RefusedError: the item asks of a default server what only named ones can do."""
    where = f"the default server of {item['user']}"
    if item["state"] == "absent":
        raise RefusedError(
            f"The hub cannot remove {where}, only stop it: use state stopped, or name the server."
        )
    if item["state"] == "present":
        raise RefusedError(
            f"There is nothing to create for {where}, which every user has: use state started, or"
            " name the server."
        )
    for option, value in (
        ("display_name", item["display_name"]),
        ("rename_from", item["rename_from"]),
    ):
        if value is not None:
            raise RefusedError(f"{option} is for named servers, and {where} has no name.")


def _check_display_name(name: str | None) -> None:
    """:raises RefusedError: the hub refuses it (jupyterhub/slugs.py, is_valid_display_name), or
    makes the server's name of it.
    """
    if name is not None and not (
        0 < len(name) <= LONGEST_NAME
        and name == name.strip()
        and "  " not in name
        and name.isprintable()
    ):
        raise RefusedError(
            f"The display_name {brief(name)} is refused by the hub: it has 1 to {LONGEST_NAME}"
            " characters, no control or invisible characters, no spaces at its start or end, and"
            " no two spaces in a row."
        )
