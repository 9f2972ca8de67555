# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Starting and stopping servers: all are asked first, then all are waited for in one poll loop with
one deadline.
"""

from __future__ import annotations

import concurrent.futures
import time
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    HubError,
    ItemError,
    NotTheHubError,
    RefusedError,
    UnreachableError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import words
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.retry import PASSING_STATUS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import ServerRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._progress import note_progress
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    find_users,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    Key,
    title,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import one_line

# What tells of a write that it has certainly not reached the hub. Where it may have done so, its
# answer is lost, whoever else has answered (client.py).
NOTHING_DONE = (RefusedError, UnreachableError, NotTheHubError)
# The hub takes stopped servers into its lists only when it is asked to.
WITH_STOPPED = {"include_stopped_servers": 1}
# Whether a server is where it should be; None: not yet.
Judge = t.Callable[[t.Optional[ServerRow]], t.Optional[bool]]
# Characters of what a spawner says of one server.
LONGEST_REASON = 500
# Seconds.
STOP_TIMEOUT = 300.0
FIRST_POLL, LAST_POLL = 0.2, 2.0
LEAST_WAIT = 1.0
# How long to wait before a start or stop that the hub cannot accept yet is requested again;
# increasing, or as long as the hub says.
ASK_AGAIN, LAST_ASK = 0.5, 5.0


class Fleet:
    """Many servers at once. One that fails does not stop the others.

    :param batch: how many requests are under way at once. The hub answers a start when the server
    is up, or after 10 seconds.
    :param timeout: seconds for all that this fleet does. A request that has been sent is not
    interrupted.
    """

    def __init__(self, api: HubApi, *, batch: int = 20, timeout: float = STOP_TIMEOUT) -> None:
        self.api = api
        self.batch = batch
        self.timeout = timeout
        self.deadline = time.monotonic() + timeout
        # What went wrong with which server, in the spawner's own words where there are any.
        self.failures: dict[Key, str] = {}
        # The refusals of the hub among them.
        self.refusals: dict[Key, ApiError] = {}
        # Those that have only failed for now, and were not refused.
        self.postponed: set[Key] = set()
        # Those whose result is not known.
        self.unsure: set[Key] = set()
        # Whether the hub could not be asked any more, or refuses the caller.
        self.cut = False
        # Those that were already what they were to be: another client was faster.
        self.overtaken: set[Key] = set()
        # What the hub last said of each, since it was asked for something.
        self.states: dict[Key, ServerRow | None] = {}
        # How long each took, in seconds.
        self.seconds: dict[Key, float] = {}
        self._began: dict[Key, float] = {}
        # What came instead of an answer, or what the hub said when it broke on a request: told when
        # it turns out that the server is not where it should be.
        self._faults: dict[Key, HubError] = {}

    def start(self, starts: t.Mapping[Key, t.Callable[[], None]], *, wait: bool = True) -> None:
        """Start servers.

        :param starts: for each server the request that asks for it.
        :param wait: until the hub says that they are ready.
        """
        self._ask_all(starts)
        self._wait(starts, _ready, self._why_not_up, once=not wait)

    def stop(
        self,
        keys: t.Collection[Key],
        *,
        remove: bool = False,
        wait: bool = True,
        began: t.Mapping[Key, object] | None = None,
    ) -> None:
        """Stop servers.

        :param remove: remove them as well, which only named servers can be.
        :param wait: until the hub says that they have stopped, or are gone.
        :param began: of servers that are to be started again, the time of their last start. One
        that was started since then by another client has stopped in between.
        """
        self._ask_all({key: self._stop_request(key, remove) for key in keys})
        self._wait(keys, _gone if remove else _stopped, self._why_not_down, once=not wait)
        for key, moment in (began or {}).items():
            server = self.states.get(key)
            anew = server is not None and server["ready"] and server.get("started") != moment
            if anew and key not in self.refusals and key not in self._faults:
                self.failures.pop(key, None)

    def edit(self, key: Key, request: t.Callable[[], ServerRow]) -> None:
        """Make a server, or change one that is stopped. The hub answers when it is done."""
        try:
            self.states[key] = request()
        except HubError as error:
            self._fail(key, error)
            if not isinstance(error, (ApiError, *NOTHING_DONE)):
                self.unsure.add(key)

    def _fail(self, key: Key, error: HubError) -> None:
        self.failures[key] = _words(error)
        if isinstance(error, ApiError):
            self.refusals[key] = error
            self.cut |= error.status in (401, 403) and not error.of_one_item
        elif not isinstance(error, RefusedError):
            self.cut = True
        if not isinstance(error, ApiError) or _passes(error):
            self.postponed.add(key)

    def refusal(self, key: Key) -> HubError:
        """:returns: why a server has failed: for good, or for now."""
        message = f"Server {title(key)}: {self.failures[key]}."
        if key in self.postponed:
            return HubError(message)
        known = self.refusals.get(key)
        details = {} if known is None else known.details
        return ItemError(message, **{**details, "hub_message": self.failures[key]})

    def wait_ready(self, keys: t.Collection[Key]) -> None:
        """Wait for servers that another client has started."""
        self._wait(keys, _ready, self._why_not_up)

    def wait_stopped(self, keys: t.Collection[Key]) -> None:
        """Wait for servers that another client has stopped."""
        self._wait(keys, _stopped, self._why_not_down)

    def _stop_request(self, key: Key, remove: bool) -> t.Callable[[], None]:
        def ask() -> None:
            if not self.api.server_stop(*key, remove=remove):
                self.overtaken.add(key)

        return ask

    # Asking

    def _ask_all(self, requests: t.Mapping[Key, t.Callable[[], None]]) -> None:
        with concurrent.futures.ThreadPoolExecutor(
            max_workers=max(1, min(self.batch, len(requests)))
        ) as pool:
            for key, work in {
                key: pool.submit(self._ask, key, request) for key, request in requests.items()
            }.items():
                try:
                    work.result()
                except HubError as error:
                    if isinstance(error, NOTHING_DONE) or (
                        isinstance(error, ApiError) and error.status < 500
                    ):
                        # Certainly nothing was done.
                        self._fail(key, error)
                    else:
                        # The hub fails on some errors while the server is still starting or
                        # stopping: its state shows that.
                        self._faults[key] = error

    def _ask(self, key: Key, request: t.Callable[[], None]) -> None:
        """Ask once, and again as long as the hub only cannot take it yet.

        :raises HubError: it is not asked for, or not for sure.
        """
        self._began.setdefault(key, time.monotonic())
        self.states.pop(key, None)
        self.overtaken.discard(key)
        pause = ASK_AGAIN
        while True:
            if time.monotonic() >= self.deadline:
                raise RefusedError(
                    f"the {self.timeout:g} seconds of the task were over before its turn"
                )
            try:
                request()
            except ApiError as error:
                said, after = error.hub_message, error.details.get("retry_after")
                if error.status == 400 and words.RUNS_ALREADY.said(said):
                    if not error.repeated:
                        self.overtaken.add(key)
                    return
                if error.status == 400 and words.NOT_YET.said(said):
                    wait = pause
                elif error.status == 429 and isinstance(after, (int, float)):
                    # Too many spawns are pending. Without a time to wait it is a limit of another
                    # kind, and waiting does not help.
                    wait = max(pause, after)
                else:
                    raise
                if time.monotonic() + wait > self.deadline:
                    raise
                time.sleep(wait)
                pause = min(LAST_ASK, pause * 1.5)
                self.api.client.count_retry()
            else:
                return

    # Waiting

    def _wait(
        self,
        keys: t.Collection[Key],
        judge: Judge,
        reason: t.Callable[[Key], str],
        *,
        once: bool = False,
    ) -> None:
        """Poll until every server that has not failed is settled, or the time is over.

        :param reason: why a server is not where it should be.
        :param once: look only at those that the hub broke on, and only once.
        """
        pending = [
            key for key in keys if key not in self.failures and (not once or key in self._faults)
        ]
        for key in pending:
            self._began.setdefault(key, time.monotonic())
        poll = FIRST_POLL
        while pending:
            try:
                states = self._read(pending)
            except HubError as error:
                # Nothing can be said of them now.
                self.cut = True
                self._give_up({key: _words(self._faults.get(key, error)) for key in pending})
                return
            self.states.update(states)
            pending = self._judge({key: judge(states[key]) for key in pending}, reason)
            note_progress("servers settled", len(keys) - len(pending), len(keys))
            if not pending or once:
                return
            if time.monotonic() > self.deadline:
                doing = "starting" if judge is _ready else "stopping"
                late = f"still {doing} after {_seconds(self.timeout)}"
                self._give_up(dict.fromkeys(pending, late))
                return
            time.sleep(poll)
            poll = min(LAST_POLL, poll * 1.5)

    def _judge(
        self, verdicts: t.Mapping[Key, bool | None], reason: t.Callable[[Key], str]
    ) -> list[Key]:
        """Note the state of servers.

        :param verdicts: whether each is in its wanted state; None: it is still starting or
        stopping.
        :returns: those that are still starting or stopping.
        """
        for key, verdict in verdicts.items():
            if verdict is not None:
                self.seconds[key] = round(time.monotonic() - self._began[key], 1)
            if verdict is False:
                self.failures[key] = reason(key)
        return [key for key, verdict in verdicts.items() if verdict is None]

    def _give_up(self, reasons: t.Mapping[Key, str]) -> None:
        """Note servers whose result is not known, and why."""
        self.unsure.update(reasons)
        self.postponed.update(reasons)
        self.failures.update(reasons)

    def _read(self, keys: t.Collection[Key]) -> dict[Key, ServerRow | None]:
        """:returns: the model of each server; None: there is no such server."""
        users = find_users(
            self.api,
            {user for user, server in keys},
            query=WITH_STOPPED,
            stored_names={user: user for user, server in keys},
        )
        return {
            (user, server): (users.rows.get(user) or {}).get("servers", {}).get(server)
            for user, server in keys
        }

    def _why_not_up(self, key: Key) -> str:
        """What the spawner said of the start, or else what the hub answered."""
        # The spawner's message is worth a moment, even if the time of the task is over.
        seconds = max(LEAST_WAIT, self.deadline - time.monotonic())
        event = self.api.server_last_event(
            *key, seconds=min(seconds, self.api.client.connection.timeout)
        )
        event = event or {}
        said = str(event.get("message") or "").strip() if event.get("failed") else ""
        # Of a start that timed out, newer hubs say "Spawn failed:" and no more.
        return (
            one_line(said, LONGEST_REASON)
            if said and not said.endswith(":")
            else self._fault(key) or "it did not start; the hub's log may show why"
        )

    def _why_not_down(self, key: Key) -> str:
        return self._fault(key) or "it is running again; another client may have started it"

    def _fault(self, key: Key) -> str | None:
        """:returns: why a request about a server has done nothing, where that is known. What may go
        better the next time is no refusal.
        """
        error = self._faults.get(key)
        if error is not None and not error.of_one_item:
            self.postponed.add(key)
        return None if error is None else _words(error)


def _passes(error: ApiError) -> bool:
    """Whether the hub may take the same request later: it has too many others, or something is
    still going on with the server.
    """
    busy = error.status == 400 and words.NOT_YET.said(error.hub_message)
    return busy or error.status in PASSING_STATUS


def _ready(server: ServerRow | None) -> bool | None:
    if server is None or not server["pending"]:
        return bool(server and server["ready"])
    return None


def _stopped(server: ServerRow | None) -> bool | None:
    if server is not None and server["pending"]:
        return None
    return server is None or bool(server["stopped"])


def _gone(server: ServerRow | None) -> bool | None:
    if server is None:
        return True
    # The hub removes it a moment after it has stopped.
    return False if server["ready"] and not server["pending"] else None


def _seconds(number: float) -> str:
    return f"{number:g} second{'' if number == 1 else 's'}"


def _words(error: HubError) -> str:
    """:returns: what went wrong, to stand inside a sentence: what the hub itself said, if
    anything.
    """
    said = error.hub_message if isinstance(error, ApiError) else None
    return one_line((said or error.message).rstrip("."), LONGEST_REASON)
