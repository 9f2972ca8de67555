# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.

"""Starting and stopping servers: all are asked first, then all are waited for in one poll loop with one deadline."""

from __future__ import annotations

import concurrent.futures
import time
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._client import Row
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError, HubError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._names import find_users
from ansible_collections.hubops.jupyterhub.plugins.module_utils._plan import Step

# User and server name; the default server has the name "".
Key = t.Tuple[str, str]

# Seconds.
STOP_TIMEOUT = 300.0
FIRST_POLL, LAST_POLL = 0.2, 2.0
# How often a start or stop that the hub cannot take yet is asked for again.
ASK_AGAIN = 0.5


class Fleet:
    """Many servers at once. One that fails does not stop the others.

    :param batch: how many requests are under way at once. The hub answers a start when the server is up, or after 10 seconds.
    :param timeout: seconds for all that this fleet does.
    """

    def __init__(self, api: HubApi, *, batch: int = 20, timeout: float = STOP_TIMEOUT) -> None:
        self.api = api
        self.batch = batch
        self.timeout = timeout
        self.deadline = time.monotonic() + timeout
        # What went wrong with which server, in the spawner's own words where there are any.
        self.failures: dict[Key, str] = {}
        # Those of which it is not known what has become of them.
        self.unsure: set[Key] = set()
        # What the hub last said of each.
        self.states: dict[Key, Row | None] = {}
        # How long each took, in seconds.
        self.seconds: dict[Key, float] = {}
        self._began: dict[Key, float] = {}
        # What the hub said when it broke on a request: told when it turns out that the server is not there.
        self._excuses: dict[Key, str] = {}

    def start(self, starts: t.Mapping[Key, t.Callable[[], None]], *, wait: bool = True) -> None:
        """Start servers.

        :param starts: for each server the request that asks for it.
        :param wait: until the hub says that they are ready.
        """
        self._ask_all(starts)
        if wait:
            self._wait([key for key in starts if key not in self.failures], self._ready)

    def stop(self, keys: t.Collection[Key], *, remove: bool = False, wait: bool = True) -> None:
        """Stop servers.

        :param remove: remove them as well, which only named servers can be.
        :param wait: until the hub says that they have stopped, or are gone.
        """
        self._ask_all({key: self._stop_request(key, remove) for key in keys})
        if wait:
            self._wait([key for key in keys if key not in self.failures], self._gone if remove else self._stopped)

    def wait_ready(self, keys: t.Collection[Key]) -> None:
        """Wait for servers that somebody else has started."""
        self._wait(keys, self._ready)

    def wait_stopped(self, keys: t.Collection[Key]) -> None:
        """Wait for servers that somebody else has stopped."""
        self._wait(keys, self._stopped)

    def _stop_request(self, key: Key, remove: bool) -> t.Callable[[], None]:
        def ask() -> None:
            self.api.server_stop(*key, remove=remove)

        return ask

    # Asking

    def _ask_all(self, requests: t.Mapping[Key, t.Callable[[], None]]) -> None:
        with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, min(self.batch, len(requests)))) as pool:
            for key, work in {key: pool.submit(self._ask, key, request) for key, request in requests.items()}.items():
                try:
                    work.result()
                except ApiError as error:
                    if error.status < 500:
                        self.failures[key] = _words(error)
                    else:
                        # The hub breaks on some failures while the server is still on its way: its state tells.
                        self._excuses[key] = _words(error)
                except HubError as error:
                    self._excuses[key] = error.message

    def _ask(self, key: Key, request: t.Callable[[], None]) -> None:
        """Ask once, and again as long as the hub only cannot take it yet."""
        self._began[key] = time.monotonic()
        while True:
            try:
                request()
            except ApiError as error:
                said = error.hub_message or ""
                if error.status == 400 and "already running" in said:
                    # An earlier try was received, or somebody else was faster.
                    return
                if error.status == 400 and "pending" in said:
                    wait = ASK_AGAIN
                elif error.status == 429 and error.details.get("retry_after") is not None:
                    # Too many spawns are pending. Without a time to wait it is a limit of another kind, and waiting does not help.
                    wait = error.details["retry_after"]
                else:
                    raise
                if time.monotonic() + wait > self.deadline:
                    raise
                time.sleep(wait)
                self.api.client.count_retry()
            else:
                return

    # Waiting

    def _wait(self, keys: t.Collection[Key], judge: t.Callable[[Key, t.Optional[Row]], t.Optional[bool]]) -> None:
        """Poll until every server is settled, or the time is over.

        :param judge: whether a server is where it should be; None: not yet.
        """
        pending = list(keys)
        poll = FIRST_POLL
        while pending:
            try:
                states = self._read(pending)
            except HubError as error:
                # Nothing can be said of them now.
                self.unsure.update(pending)
                self.failures.update({key: self._excuses.get(key, error.message) for key in pending})
                return
            self.states.update(states)
            verdicts = {key: judge(key, states[key]) for key in pending}
            for key, verdict in verdicts.items():
                if verdict is not None:
                    self.seconds[key] = round(time.monotonic() - self._began.get(key, time.monotonic()), 1)
                if verdict is False:
                    self.failures[key] = self._reason(key)
            pending = [key for key, verdict in verdicts.items() if verdict is None]
            if pending and time.monotonic() > self.deadline:
                self.failures.update({key: f"not done within {self.timeout:g} seconds, and still on its way" for key in pending})
                return
            if pending:
                time.sleep(poll)
                poll = min(LAST_POLL, poll * 1.5)

    def _read(self, keys: t.Collection[Key]) -> dict[Key, Row | None]:
        """:returns: the model of each server; None: there is no such server."""
        users = find_users(self.api, {user for user, server in keys}, query={"include_stopped_servers": 1})
        return {(user, server): (users.rows.get(user) or {}).get("servers", {}).get(server) for user, server in keys}

    @staticmethod
    def _ready(key: Key, server: Row | None) -> bool | None:
        if server is None or not server["pending"]:
            return bool(server and server["ready"])
        return None

    @staticmethod
    def _stopped(key: Key, server: Row | None) -> bool | None:
        if server is not None and server["pending"]:
            return None
        return server is None or server["stopped"] or None

    @staticmethod
    def _gone(key: Key, server: Row | None) -> bool | None:
        return True if server is None else None

    def _reason(self, key: Key) -> str:
        """Why a server is not there: what the spawner said of the start, or else what the hub answered."""
        event = self.api.server_last_event(*key) or {}
        said = str(event.get("message") or "") if event.get("failed") else ""
        return said or self._excuses.get(key) or "it stopped again; the hub's log may tell why"


def _words(error: ApiError) -> str:
    return error.hub_message or error.message


def stop_step(user: str, server: str) -> Step:
    """:returns: the step that stops a server, for a plan."""
    return Step("stop", "server", f"{user}/{server}", "server_stop", {"state": "started"}, {"state": "stopped"}, payload=(user, server))


def stop_servers(api: HubApi, keys: t.Collection[Key]) -> None:
    """Stop servers, and wait until the hub says that they have stopped.

    :raises HubError: some have not.
    """
    fleet = Fleet(api)
    fleet.stop(keys)
    if fleet.failures:
        told = "; ".join(f"{user}/{server}: {why}" for (user, server), why in sorted(fleet.failures.items()))
        raise HubError(f"Servers could not be stopped: {told}. Look into the hub's log, and run the task again.")
