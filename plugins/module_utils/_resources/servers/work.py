# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Servers: how they are read, and how many are stopped, edited and started together."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Writer
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    PartlyDoneError,
    Refusal,
    check_some_read,
    told_once,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Plan,
    State,
    Step,
    Unread,
    alike,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    ServerRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.caller import (
    CallerNeededError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_stored_names,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.out_of_reach import (
    plan_seen,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.begun import (
    read_begun,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.decide import (
    Current,
    ServersPlan,
    changes_of,
    decide,
    planned_state,
    unread_state,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.edit import edit
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.fleet import (
    Fleet,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.needs import (
    needs,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.read import (
    read_servers,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    DeleteServer,
    ServerStep,
    StartServer,
    StopServer,
    UpdateServer,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    Key,
    ServerOptions,
    WantedServer,
    parse,
    title,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

# How many failed servers a sentence names.
MOST_TOLD = 5


class Servers(Writer):
    """The adapter of jupyterhub_server."""

    plural: t.ClassVar[str] = "servers"
    singular: t.ClassVar[str] = "server"
    key: t.ClassVar[str] = "user"

    @staticmethod
    def scopes(options: Options, hub: Version) -> Needs:
        return needs(options, hub)

    def __init__(self, api: HubApi, options: Options) -> None:
        given = t.cast(ServerOptions, options)  # as the argument spec has it
        self.api = api
        self.warnings: list[str] = []
        self.wanted = parse(given)
        self.stored_names = check_stored_names(given["stored_names"])
        for option in self.wanted.newer_options:
            api.require("6.0", option)
        self._plan = ServersPlan()
        # Those that the caller may not see or change.
        self._unread: tuple[Unread, ...] = ()
        # When each server was last started.
        self._began: dict[Key, object] = {}
        # Its time begins with the first change.
        self._started: Fleet | None = None

    # Plan

    def plan(self) -> Plan:
        read = read_servers(self.api, self.wanted, self.stored_names)
        self.warnings += read.warnings
        wanted = read.servers
        users = read_begun(self.api, read.users.rows, wanted)
        self._began = {
            (name, server): row.get("started")
            for name, user in users.items()
            for server, row in (user.get("servers") or {}).items()
        }
        current = Current(users, self.api.version)
        self._plan, wanted, half_seen = plan_seen(
            self.api,
            wanted,
            lambda some: self._decide(some, current),
            lambda item, error: Unread("server", title(item.key), error),
        )
        self._unread = (*read.unread, *half_seen)
        check_some_read(self._unread, (*self._unread, *wanted))
        return dataclasses.replace(self._plan, unread=self._unread)

    def _decide(self, wanted: t.Sequence[WantedServer], current: Current) -> ServersPlan:
        try:
            return decide(wanted, current, wait=self.wanted.wait)
        except CallerNeededError:
            current = dataclasses.replace(current, caller=self.api.me)
            return decide(wanted, current, wait=self.wanted.wait)

    # Apply

    @property
    def _fleet(self) -> Fleet:
        if self._started is None:
            self._started = Fleet(
                self.api, batch=self.wanted.batch, timeout=self.wanted.wait_timeout
            )
        return self._started

    def leave_out(self, refused: t.Sequence[Unread]) -> None:
        self._unread = (*self._unread, *refused)

    def batch(self, steps: t.Sequence[Step]) -> int:
        # All that need the same are served together.
        return alike(steps, lambda step: type(step) is type(steps[0]), len(steps))

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        mine = {step.key: step for step in steps if isinstance(step, ServerStep)}
        fleet = self._fleet
        starts = {key: step for key, step in mine.items() if isinstance(step, StartServer)}
        stops = {key: step for key, step in mine.items() if isinstance(step, StopServer)}
        removals = {key: step for key, step in mine.items() if isinstance(step, DeleteServer)}
        if starts:
            fleet.start(
                {key: self._start_request(step) for key, step in starts.items()},
                wait=self.wanted.wait,
            )
        elif stops:
            # What is to be done with a server after its stop has to wait for it, whatever the task
            # says.
            fleet.stop(
                stops,
                wait=self.wanted.wait or any(key in self._edited_later for key in stops),
                began={key: self._began.get(key) for key in stops if key in self._started_later},
            )
        elif removals:
            fleet.stop(removals, remove=True, wait=self.wanted.wait)
        else:
            # Also those that another client has stopped.
            fleet.wait_stopped([key for key in self._plan.stopping if key in mine])
            for key, step in mine.items():
                if key not in fleet.failures:
                    fleet.edit(key, functools.partial(self._edit_now, step))
        return self._settled(mine, starts)

    @functools.cached_property
    def _edited_later(self) -> set[Key]:
        """The servers that are changed or started after they were stopped."""
        return {
            step.key for step in self._plan.steps if isinstance(step, (UpdateServer, StartServer))
        }

    @functools.cached_property
    def _started_later(self) -> set[Key]:
        """The servers that are started after they were stopped."""
        return {step.key for step in self._plan.steps if isinstance(step, StartServer)}

    def _start_request(self, step: StartServer) -> t.Callable[[], None]:
        options = None if step.wanted.user_options is None else dict(step.wanted.user_options)
        return functools.partial(
            self.api.server_start, *step.key, options, step.wanted.display_name
        )

    def _settled(
        self, mine: t.Mapping[Key, ServerStep], starts: t.Mapping[Key, StartServer]
    ) -> list[Step]:
        """:returns: the steps that this task did.

        :raises PartlyDoneError: some of the servers have failed.
        """
        fleet = self._fleet
        self._look_at_overtaken(starts)
        overtaken = [
            step
            for key, step in mine.items()
            if key in fleet.overtaken and key not in fleet.failures
        ]
        done: list[Step] = [
            step
            for key, step in mine.items()
            if key not in fleet.failures and step not in overtaken
        ]
        failed = {key: step for key, step in mine.items() if key in fleet.failures}
        if not failed:
            return done
        raise PartlyDoneError(
            self._told(),
            done=done,
            overtaken=overtaken,
            unsure=[
                step
                for key, step in failed.items()
                if key in fleet.unsure or self._is_left_behind(step)
            ],
            refused=[(step, fleet.refusal(key)) for key, step in failed.items()],
        )

    def _is_left_behind(self, step: ServerStep) -> bool:
        """Whether the hub has made a server whose start has failed: it does so before it asks the
        spawner, which refuses with 403 or breaks.
        """
        refusal = self._fleet.refusals.get(step.key)
        reached = step.key not in self._fleet.postponed and (
            refusal is None or refusal.status == 403 or refusal.status >= 500
        )
        return isinstance(step, StartServer) and step.new and reached

    def _edit_now(self, step: ServerStep) -> ServerRow:
        edited = edit(self.api, step, self.warnings)
        if edited.overtaken:
            self._fleet.overtaken.add(step.key)
        else:
            self._fleet.overtaken.discard(step.key)
        return edited.row

    def _look_at_overtaken(self, starts: t.Mapping[Key, StartServer]) -> None:
        """Warn about servers that another client has started first, with other options."""
        for key, step in starts.items():
            server = self._fleet.states.get(key)
            if key in self._fleet.overtaken and server and changes_of(step.wanted, server):
                self.warnings.append(
                    f"Server {title(key)} was started by another client while this task ran, with"
                    " other options than declared."
                )

    def finish(self) -> None:
        """Wait for the servers that another client starts or stops, and report all that have
        failed.
        """
        fleet = self._fleet
        if self.wanted.wait:
            fleet.wait_ready(self._plan.starting)
            fleet.wait_stopped(self._plan.stopping)
        if fleet.failures:
            # A refusal can be reported exactly if it is a single one.
            refusal = (
                next(iter(fleet.refusals.values()), None) if len(fleet.failures) == 1 else None
            )
            details = refusal.details if refusal else {}
            raise HubError(self._told(), **{**details, "rest_done": not fleet.cut})

    def _told(self) -> str:
        """What has failed, in a sentence that stays short."""
        fleet = self._fleet
        hidden = told_once(Refusal(each, each.error) for each in self._unread)
        told = [
            *(f"{title(key)}: {why}" for key, why in sorted(fleet.failures.items())),
            *(f"{each['name']}: {each['hub_message']}" for each in hidden),
        ]
        touched = {step.key for step in self._plan.steps if isinstance(step, ServerStep)} | set(
            fleet.failures
        )
        total = len({*map(title, touched), *(each["name"] for each in hidden)})
        rest = " The others are done." if total > len(told) else ""
        count = f"{len(told)} of {total} server{'' if total == 1 else 's'} failed"
        # What the hub refuses permanently, it refuses again.
        again = " Run the task again to finish what is left." if fleet.postponed else ""
        return f"{count}: {listed(told, MOST_TOLD)}.{rest}{again}"

    def returns(self) -> dict[str, object]:
        failures = () if self._started is None else sorted(self._started.failures)
        failed = [*map(self._outcome, failures), *map(unread_state, self._unread)]
        return {"servers": failed} if failed else {}

    def _outcome(self, key: Key) -> State:
        """:returns: a server that has failed; its action is what was to be done last."""
        steps = [
            step for step in self._plan.steps if isinstance(step, ServerStep) and step.key == key
        ]
        return {
            **planned_state(key, steps, None, wait=True),
            "ready": False,
            **self._seen(key),
            "message": self._fleet.failures[key],
        }

    def objects(self, plan: Plan) -> dict[str, State]:
        return {
            name: {**state, **self._seen((str(state["user"]), str(state["name"])))}
            for name, state in plan.objects.items()
        }

    def _seen(self, key: Key) -> State:
        """What was seen of a server while waiting for it."""
        state: State = {"seconds": self._fleet.seconds.get(key)}
        server = self._fleet.states.get(key)
        if server is not None:
            state.update(ready=server["ready"], url=server["url"])
        return state
