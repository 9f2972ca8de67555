# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Servers as they are declared, compared with those on the hub. Pure: no request is sent
here.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Missing,
    Plan,
    State,
    Step,
    Unread,
    same,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HiddenFieldError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    CallerRow,
    ServerRow,
    UserRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.caller import (
    CallerNeededError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    EDITABLE,
    ORDER,
    CreateServer,
    DeleteServer,
    RenameServer,
    ServerStep,
    StartServer,
    UpdateServer,
    stop_step,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    Key,
    WantedServer,
    title,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.row import known
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import each_or_all, listed

# Names of new servers, from JupyterHub 6 on (jupyterhub/slugs.py, is_valid_safe_slug).
SAFE_NAME = re.compile(r"(?=.{1,30}\Z)[a-z](-?[a-z0-9])*")


@dataclasses.dataclass(frozen=True)
class Current:
    """What there is.

    :param users: those that the task names, by name, with their stopped servers.
    :param version: of the hub.
    :param caller: None when that was not asked for; most plans do without it.
    """

    users: t.Mapping[str, UserRow]
    version: tuple[int, ...]
    caller: CallerRow | None = None


@dataclasses.dataclass(frozen=True)
class ServersPlan(Plan):
    """A plan for servers.

    :param starting: servers that another client is starting now, to wait for.
    :param stopping: servers that another client is stopping now, to wait for.
    """

    starting: tuple[Key, ...] = ()
    stopping: tuple[Key, ...] = ()


def decide(wanted: t.Sequence[WantedServer], current: Current, *, wait: bool) -> ServersPlan:
    """:returns: the steps that the declared servers need.

    :param wanted: with the names of users as the hub has them.
    :param wait: whether the task waits for servers that it starts.
    :raises RefusedError: one of them cannot be as it is declared.
    :raises CallerNeededError: ``current`` does not say who calls, and that matters.
    """
    return _Decision(current, wait).plan(wanted)


class _Decision:
    """One plan in the making."""

    def __init__(self, current: Current, wait: bool) -> None:
        self.current = current
        self.wait = wait
        # Running servers, and in what they differ; those of state present apart.
        self.running_otherwise: list[tuple[str, str]] = []
        self.not_stopped: list[tuple[str, str]] = []
        self.starting: list[Key] = []
        self.stopping: list[Key] = []

    def plan(self, wanted: t.Sequence[WantedServer]) -> ServersPlan:
        steps: list[ServerStep] = []
        objects: dict[str, State] = {}
        changed: set[str] = set()
        unchanged = 0
        for item in wanted:
            row = self.current.users.get(item.user) or UserRow(name=item.user, servers={})
            server, mine = self._compare(item, row)
            steps.extend(mine)
            unchanged += not mine
            objects[title(item.key)] = planned_state(item.key, mine, server, wait=self.wait)
            if mine:
                changed.add(title(item.key))
        steps.sort(key=lambda step: ORDER.index(step.action))
        return ServersPlan(
            tuple(steps),
            objects,
            frozenset(changed),
            unchanged,
            missing=self._missing_users(wanted),
            warnings=self._warnings(),
            starting=tuple(self.starting),
            stopping=tuple(self.stopping),
        )

    def _warnings(self) -> tuple[str, ...]:
        """:returns: sentences about servers that run and are not as declared."""
        return (
            *each_or_all(
                self.running_otherwise,
                lambda one: (
                    f"Server {one[0]} is running with other {one[1]} than declared: restart it, or"
                    " set restart_if_changed."
                ),
                lambda all_of_them: (
                    f"{len(all_of_them)} servers are running otherwise than declared:"
                    f" {listed(name for name, _fields in all_of_them)}. Restart them, or set"
                    " restart_if_changed."
                ),
            ),
            *each_or_all(
                self.not_stopped,
                lambda one: (
                    f"Server {one[0]} differs from what is declared in {one[1]}, which can be"
                    " changed only while it is stopped."
                ),
                lambda all_of_them: (
                    f"{len(all_of_them)} servers differ from what is declared, and can be changed"
                    " only while they are stopped:"
                    f" {listed(name for name, _fields in all_of_them)}."
                ),
            ),
        )

    def _missing_users(self, wanted: t.Iterable[WantedServer]) -> tuple[Missing, ...]:
        gone = {
            item.user
            for item in wanted
            if item.user not in self.current.users and item.state not in ("stopped", "absent")
        }
        return (
            Missing(
                "These users do not exist on the hub, so they cannot have servers",
                tuple(sorted(gone)),
                "Create them first, with jupyterhub_user for instance.",
                "missing_users",
            ),
        )

    def _compare(
        self, item: WantedServer, row: UserRow
    ) -> tuple[ServerRow | None, list[ServerStep]]:
        """:returns: a server as it is, under its old name if that is changed, and the steps that it
        needs.
        """
        servers = known(row, "servers", "read:servers")
        server = servers.get(item.name)
        renaming: list[ServerStep] = []
        if server is None:
            self._check_sight(item.key)
        source = (
            servers.get(item.rename_from) if item.rename_from and item.state != "absent" else None
        )
        if source is not None and server is not None:
            raise RefusedError(
                f"Server {item.user}/{item.rename_from} cannot be renamed to {item.name}, because"
                " both exist: remove one of them, or remove rename_from."
            )
        if source is not None:
            renaming = [self._rename(item, source)]
            server = t.cast(ServerRow, {**source, "name": item.name})
        return server, [*renaming, *self._steps(item, server)]

    def _check_sight(self, key: Key) -> None:
        """See that a server which the hub does not show is not there: it leaves out those that the
        caller's scopes do not cover.

        :raises HiddenFieldError: it may be there.
        """
        if self.current.caller is None:
            raise CallerNeededError
        scopes = [scope.partition("!") for scope in self.current.caller.get("scopes", ())]
        limits = [limit for base, _mark, limit in scopes if base == "read:servers"]
        if (
            not limits
            or not all(limit.startswith("server=") for limit in limits)
            or f"server={title(key)}" in limits
        ):
            return
        raise HiddenFieldError(
            f"The caller sees only some servers of user {key[0]}, so this task cannot know whether"
            f" server {title(key)} exists: its role needs the scope read:servers.",
            name=title(key),
            scope="read:servers",
        )

    def _rename(self, item: WantedServer, source: ServerRow) -> ServerStep:
        """:raises RefusedError: the server runs, or the hub refuses its new name."""
        old = str(item.rename_from)
        if not source["stopped"]:
            raise RefusedError(
                f"Server {title((item.user, old))} is running, but can be renamed only while it is"
                " stopped: stop it first."
            )
        self._check_new_name(item.key)
        return RenameServer(title(item.key), item.key, old)

    def _check_new_name(self, key: Key) -> None:
        """:raises RefusedError: JupyterHub 6 makes no server of this name."""
        if key[1] and self.current.version >= (6,) and not SAFE_NAME.fullmatch(key[1]):
            raise RefusedError(
                f"The server name {key[1]!r} is refused by JupyterHub 6: a new name has up to 30"
                " lower-case letters, digits and single hyphens, begins with a letter and does"
                " not end with a hyphen."
            )

    def _steps(self, item: WantedServer, server: ServerRow | None) -> list[ServerStep]:
        """:returns: what one server needs, besides a rename."""
        key, state = item.key, item.state
        active = server is not None and not server["stopped"]
        pending = server["pending"] if server is not None else None
        if state == "absent":
            return [] if server is None else [DeleteServer(title(key), key)]
        if state == "stopped":
            return self._stop(item, server, active=active, pending=pending)
        if server is None:
            self._check_new_name(key)
        changes = changes_of(item, server)
        if state == "present":
            return self._edit(item, changes, server)
        start = StartServer(
            title(key),
            key,
            changes,
            _past(changes, server),
            item,
            new=bool(key[1]) and server is None,
        )
        if state == "restarted":
            return [*([stop_step(*key)] if active else []), start]
        if not active or pending == "stop":
            return [start]
        if changes and item.restart_if_changed:
            return [stop_step(*key), start]
        if changes:
            self.running_otherwise.append((title(key), " and ".join(sorted(changes))))
        if pending:
            self.starting.append(key)
        return []

    def _stop(
        self, item: WantedServer, server: ServerRow | None, *, active: bool, pending: str | None
    ) -> list[ServerStep]:
        if pending == "stop":
            self.stopping.append(item.key)
        stop: list[ServerStep] = [stop_step(*item.key)] if active and pending != "stop" else []
        # The options of a server are for its start. Its name is there for people at any time.
        changes = (
            changes_of(dataclasses.replace(item, user_options=None), server)
            if server is not None
            else {}
        )
        return [*stop, *_update(item.key, changes, server)]

    def _edit(
        self, item: WantedServer, changes: State, server: ServerRow | None
    ) -> list[ServerStep]:
        """:returns: the step that makes a server, or changes one that is not running."""
        name = title(item.key)
        if server is None:
            return [CreateServer(name, item.key, changes, {}, item)]
        if changes and not server["stopped"]:
            self.not_stopped.append((name, " and ".join(sorted(changes))))
            return []
        return _update(item.key, changes, server)


def _update(key: Key, changes: State, server: ServerRow | None) -> list[ServerStep]:
    """:returns: the step that changes a server which does not run, or does not by then."""
    return [UpdateServer(title(key), key, changes, _past(changes, server))] if changes else []


def changes_of(item: WantedServer, server: t.Mapping[str, object] | ServerRow | None) -> State:
    """:returns: what is declared and differs from what the hub has stored."""
    declared = {name: getattr(item, name) for name in EDITABLE}
    return {
        name: value
        for name, value in declared.items()
        if value is not None and not same(value, stored(server, name))
    }


def _past(changes: State, server: ServerRow | None) -> State:
    """:returns: the same fields as they are stored."""
    return {name: stored(server, name) for name in changes}


def stored(server: t.Mapping[str, object] | ServerRow | None, name: str) -> object:
    """:returns: what the hub has stored of a server; options that it has not are as good as empty
    ones.
    """
    fields: t.Mapping[str, object] = server or {}
    value = fields.get(name)
    return {} if value is None and name == "user_options" else value


def planned_state(
    key: Key, steps: t.Sequence[Step], server: ServerRow | None, *, wait: bool
) -> State:
    """:returns: a server as modules return it, as it will be when the steps are done."""
    actions = [step.action for step in steps]
    ready: bool | None = bool(server and server["ready"])
    if "start" in actions:
        # Without waiting it is not known.
        ready = True if wait else None
    elif actions:
        ready = False
    return {
        "user": key[0],
        "name": key[1],
        "action": (
            "restart"
            if "stop" in actions and "start" in actions
            else (actions[-1] if actions else None)
        ),
        "ready": ready,
        "url": server["url"] if server else None,
        "seconds": None,
        "message": None,
    }


def unread_state(unread: Unread) -> State:
    """:returns: a server that the caller may not see, as modules return those that have failed."""
    user, _slash, name = unread.name.partition("/")
    state = planned_state((user, name), (), None, wait=True)
    return {**state, "ready": None, "message": unread.error.message}
