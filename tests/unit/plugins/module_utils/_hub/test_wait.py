# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting and stopping many servers: which requests are sent, how long the fleet waits, and how
each outcome is reported.
"""

from __future__ import annotations

import functools
import time
import typing as t

import pytest
import requests
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    PartlyDoneError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers import (
    fleet as _wait,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.fleet import (
    Fleet,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    stop_step,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.stop import (
    stop_servers,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import Key
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Reply,
    Sent,
    Wire,
    refusal,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.trouble import foreign
from urllib3.exceptions import NewConnectionError

ADA: Key = ("ada", "")
DONE = Reply(201, kind="text/plain")
LATER = Reply(202, kind="text/plain")
LOST = requests.exceptions.ReadTimeout()
NOBODY = requests.exceptions.ConnectionError(NewConnectionError(t.cast(t.Any, None), "refused"))


def look(**server: t.Any) -> Reply:
    """Return the hub's response about ada, who has one server or none."""
    row = {"ready": False, "stopped": False, "pending": None, "url": "/user/ada/", **server}
    return Reply(data={"name": "ada", "servers": {"": row} if server else {}})


READY, STOPPED, SPAWNING, STOPPING = (
    look(ready=True),
    look(stopped=True),
    look(pending="spawn"),
    look(pending="stop"),
)


def event(text: str, **fields: t.Any) -> t.Any:
    """Return the last event of a start."""
    return {"progress": 100, "message": text, **fields}


class Clock:
    """A clock that only advances when something sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "sleep", clock.sleep)
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    return clock


@pytest.fixture
def api(
    connect: t.Callable[..., HubClient], wire: Wire, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> HubApi:
    """The operations, without an event stream."""
    client = connect(retries=1)
    client.version = "6.1.1"
    api = HubApi(client)
    monkeypatch.setattr(api, "server_last_event", lambda *key, seconds: None)
    return api


def start(api: HubApi, *, wait: bool = True, timeout: float = 60.0) -> Fleet:
    fleet = Fleet(api, timeout=timeout)
    fleet.start({ADA: functools.partial(api.server_start, "ada", "", None)}, wait=wait)
    return fleet


ENDINGS: dict[str, tuple[list[t.Any], str | None]] = {
    "up at once": ([DONE, READY], None),
    "up later": ([LATER, SPAWNING, SPAWNING, READY], None),
    "up although the hub broke": ([refusal(500, "error"), SPAWNING, READY], None),
    "up although the answer was lost": ([LOST, LATER, SPAWNING, READY], None),
    "after another one's stop": (
        [refusal(400, "ada is pending stop"), refusal(400, "ada is pending stop"), DONE, READY],
        None,
    ),
    "in its turn": ([refusal(429, "Too many users", **{"Retry-After": "7"}), DONE, READY], None),
    "a limit that waiting cannot help": (
        [refusal(429, "Active user limit exceeded.")],
        "Active user limit exceeded",
    ),
    "refused": ([refusal(403, "quota exceeded")], "quota exceeded"),
    "nobody there": ([NOBODY, NOBODY], "cannot be reached"),
    "failed at once": ([refusal(500, "boom"), STOPPED], "boom"),
    "failed later, without a word": (
        [LATER, SPAWNING, STOPPED],
        "it did not start; the hub's log may show why",
    ),
    "gone meanwhile": ([LATER, refusal(404)], "it did not start"),
}


@pytest.mark.parametrize("case", ENDINGS)
def test_start(api: HubApi, wire: Wire, case: str) -> None:
    """Every request in the script is sent, and no other."""
    script, failure = ENDINGS[case]
    wire.play(*script)
    fleet = start(api)
    assert wire.script == []
    if failure is None:
        assert fleet.failures == {}
        assert fleet.states[ADA] is not None
        assert ADA in fleet.seconds
    else:
        assert failure in fleet.failures[ADA]
        assert fleet.unsure == set()


def test_retry_after_is_obeyed_and_counted(api: HubApi, wire: Wire, clock: Clock) -> None:
    wire.play(refusal(429, "Too many", **{"Retry-After": "7"}), DONE, READY)
    fleet = start(api)
    assert clock.slept == [7.0]
    assert (fleet.seconds[ADA], api.client.retries) == (7.0, 1)


def test_a_retry_after_beyond_the_time_limit(api: HubApi, wire: Wire, clock: Clock) -> None:
    """If the hub asks for a longer wait than the task may take, the task reports the hub's
    message.
    """
    wire.play(refusal(429, "Too many users.", **{"Retry-After": "61"}))
    assert start(api).failures == {ADA: "Too many users"}
    assert clock.slept == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (event("Spawn failed: no space", failed=True), "Spawn failed: no space"),
        (event("Spawn failed: ", failed=True), "error"),
        (event("Server ready", ready=True), "error"),
        (None, "error"),
    ],
)
def test_the_spawners_own_words(
    api: HubApi, wire: Wire, monkeypatch: pytest.MonkeyPatch, told: t.Any, words: str
) -> None:
    """The spawner's message comes first; without one, the hub's response to the request is
    reported.
    """
    monkeypatch.setattr(api, "server_last_event", lambda *key, seconds: told)
    wire.play(refusal(500, "error"), STOPPED)
    assert start(api).failures == {ADA: words}


@pytest.mark.parametrize(("timeout", "seconds"), [(60.0, 55.0), (300.0, 60.0), (5.5, 1.0)])
def test_the_spawners_words_are_waited_for_no_longer_than_the_task_may_take(
    api: HubApi,
    wire: Wire,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    timeout: float,
    seconds: float,
) -> None:
    """The event stream is read for a moment at least, and never longer than the task's time limit
    or the 60 seconds of a request.
    """
    asked: list[float] = []

    def tell(*key: str, seconds: float) -> None:
        asked.append(seconds)

    monkeypatch.setattr(api, "server_last_event", tell)

    def slow(sent: Sent) -> Reply:
        clock.now += 5.0
        return refusal(500, "error")

    wire.play(slow, STOPPED)
    assert start(api, timeout=timeout).failures == {ADA: "error"}
    assert asked == [seconds]


@pytest.mark.parametrize(
    "words",
    [
        "Your account is pending approval",
        "ada is already running too many things",
        "This is already running out",
    ],
)
def test_a_refusal_for_good(api: HubApi, wire: Wire, clock: Clock, words: str) -> None:
    """A spawner's message may resemble one of the hub's. The start is not repeated, and the server
    does not count as started.
    """
    wire.play(refusal(400, words))
    fleet = start(api, wait=False)
    assert fleet.failures == {ADA: words}
    assert fleet.overtaken == set()
    assert clock.slept == []


def test_a_429_of_a_proxy_means_that_nothing_was_started(api: HubApi, wire: Wire) -> None:
    """No start has begun in this case, so its state is not read."""
    wire.play(foreign(429), foreign(429))
    fleet = start(api)
    assert "was answered with 429" in fleet.failures[ADA]
    assert fleet.unsure == set()
    assert {sent.method for sent in wire.sent} == {"POST"}


def test_another_client_was_faster(api: HubApi, wire: Wire) -> None:
    """If a response was lost before, the running server counts as started by this task."""
    running = refusal(400, "ada is already running")
    wire.play(running, READY)
    assert start(api).overtaken == {ADA}
    wire.play(LOST, running, READY)
    assert start(api).overtaken == set()


def test_a_start_that_never_ends(api: HubApi, wire: Wire, clock: Clock) -> None:
    """The task ends at its time limit, and the outcome stays unknown."""
    wire.play(LATER, otherwise=SPAWNING)
    fleet = start(api, timeout=30)
    assert fleet.failures == {ADA: "still starting after 30 seconds"}
    assert fleet.unsure == {ADA}
    assert 30 <= clock.now - 1000.0 <= 30 + _wait.LAST_POLL
    assert sorted(clock.slept) == clock.slept


def test_no_time_is_left(api: HubApi, wire: Wire, clock: Clock) -> None:
    """No request is sent."""
    fleet = Fleet(api, timeout=5)
    clock.now += 5
    fleet.start({ADA: functools.partial(api.server_start, "ada", "", None)})
    assert fleet.failures == {ADA: "the 5 seconds of the task were over before its turn"}
    assert wire.sent == []


def test_the_hub_is_gone(api: HubApi, wire: Wire) -> None:
    """The outcome of the requests is unknown."""
    wire.play(LATER, NOBODY, NOBODY)
    fleet = start(api)
    assert fleet.unsure == {ADA}
    assert "cannot be reached" in fleet.failures[ADA]


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        ([LATER], None),
        ([refusal(500, "boom"), SPAWNING], None),
        ([refusal(500, "boom"), STOPPED], "boom"),
        ([refusal(500), READY], None),
    ],
)
def test_without_waiting(api: HubApi, wire: Wire, script: list[t.Any], failure: str | None) -> None:
    """The state is only read once more after an error on the hub."""
    wire.play(*script)
    assert start(api, wait=False).failures.get(ADA) == failure
    assert wire.script == []


STOPS: dict[str, tuple[bool, list[t.Any], str | None]] = {
    "at once": (False, [Reply(204), STOPPED], None),
    "later": (False, [LATER, STOPPING, STOPPED], None),
    "not listed": (False, [Reply(204), look()], None),
    "while it starts, on an old hub": (
        False,
        [refusal(400, "ada is pending spawn, please wait"), Reply(204), STOPPED],
        None,
    ),
    "running again": (
        False,
        [Reply(204), READY],
        "it is running again; another client may have started it",
    ),
    "broken": (False, [refusal(500, "boom"), READY], "boom"),
    "removed": (True, [Reply(204), look()], None),
    "removed a moment after its stop": (True, [LATER, STOPPING, STOPPED, look()], None),
    "removed, and made again": (True, [LATER, STOPPING, READY], "it is running again"),
}


@pytest.mark.parametrize("case", STOPS)
def test_stop(api: HubApi, wire: Wire, case: str) -> None:
    remove, script, failure = STOPS[case]
    wire.play(*script)
    fleet = Fleet(api)
    fleet.stop([ADA], remove=remove)
    assert wire.script == []
    assert (failure or "") in fleet.failures.get(ADA, "")
    assert bool(fleet.failures) == (failure is not None)


@pytest.mark.usefixtures("clock")
def test_servers_that_do_not_stop_are_unsure(api: HubApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stop that was requested may still happen, so the step counts as unsure."""
    steps = [stop_step("ada", ""), stop_step("bob", "")]
    monkeypatch.setattr(api, "server_stop", lambda *key, **options: True)
    bob = {
        "name": "bob",
        "servers": {"": {"ready": True, "stopped": False, "pending": "stop", "url": "/user/bob/"}},
    }
    rows = {"ada": {"name": "ada", "servers": {}}, "bob": bob}
    monkeypatch.setattr(api, "user_get", lambda name, query=None: rows.get(name))
    with pytest.raises(PartlyDoneError, match="bob/: still stopping after 300 seconds") as caught:
        stop_servers(api, steps)
    assert (caught.value.done, caught.value.unsure) == (steps[:1], steps[1:])
