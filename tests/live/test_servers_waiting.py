# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_server on running hubs: servers that are slow, fail, hang, are limited, or are used by
another client at the same time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import SERVER, USER, Wire, facts, one_sentence, runner, short, writes
from tests.live.support_servers import options, path, reach, spawn, states, warned

pytestmark = pytest.mark.daily(2)

# The hub answers 202 after one second, and these servers take longer.
SLOW: dict[str, Any] = {"delay": 1.3}
LATE: dict[str, Any] = {"delay": 1.3, "fail": "the disk is full"}
FAIL: dict[str, Any] = {"fail": "the node is full"}
REJECT: dict[str, Any] = {"reject": "quota exceeded"}
SLOW_STOP: dict[str, Any] = {"stop_delay": 1.5}

# Before each start, this hub takes a second and a half to decide what the server's token may do.
DECIDING = """
import asyncio

async def scopes_of(spawner):
    await asyncio.sleep(1.5)
    return []

c.Spawner.server_token_scopes = scopes_of
"""


def starts(*users: str, **fields: Any) -> list[tuple[str, str, Any]]:
    """Return the changes that the starts of these users' default servers are reported as."""
    return [("start", f"{user}/", {"state": "started", **fields}) for user in users]


def test_every_ending(hub: Hub, module: ModuleRunner) -> None:
    """A failed server does not stop the others. Each failure is reported in the spawner's own
    words, and a second run finishes the rest.
    """
    # The user names must have no meaning for the spawner.
    kinds = {"u-fine": {}, "u-slow": SLOW, "u-late": LATE, "u-fail": FAIL, "u-reject": REJECT}
    hub.add_users(*kinds)
    began = time.monotonic()
    result = module(
        SERVER,
        {"servers": [{"user": user, "user_options": value} for user, value in kinds.items()]},
        diff=True,
    )
    assert (result["failed"], result["changed"]) == (True, True)
    assert states(hub) == {"u-fine/": "started", "u-slow/": "started"}
    assert [change[1] for change in short(result["changes"])] == ["u-fine/", "u-slow/"]
    assert result["pending"] == []
    told = {one["user"]: one for one in result["servers"]}
    assert sorted((each["kind"], each["name"]) for each in result["refused"]) == [
        ("server", f"{user}/") for user in ("u-fail", "u-late", "u-reject")
    ]
    assert all(
        each["hub_message"] == told[each["name"][:-1]]["message"] for each in result["refused"]
    )
    assert set(facts(result["diff"]["after"])) == {"server u-fine/", "server u-slow/"}
    assert set(told) == {"u-late", "u-fail", "u-reject"}
    for user, words in [
        ("u-late", "the disk is full"),
        ("u-fail", "the node is full"),
        ("u-reject", "quota exceeded"),
    ]:
        assert words in told[user]["message"]
        assert told[user]["message"] in result["msg"]
        assert (told[user]["action"], told[user]["ready"]) == ("start", False)
    assert result["msg"].startswith("3 of 5 servers failed: u-fail/: ")
    # A spawner that refuses is not asked again.
    assert result["msg"].endswith(". The others are done.")
    one_sentence(result)
    # The servers were not started one after the other.
    assert time.monotonic() - began < 30
    mark = hub.mark()
    result = module(
        SERVER,
        {
            "servers": [
                {"user": user, "user_options": {} if user != "u-slow" else SLOW} for user in kinds
            ]
        },
    )
    assert not result["failed"], result
    assert sorted(change[1] for change in short(result["changes"])) == [
        "u-fail/",
        "u-late/",
        "u-reject/",
    ]
    assert len(writes(hub.requests(mark))) == 3
    assert states(hub) == dict.fromkeys((f"{user}/" for user in kinds), "started")


def test_one_that_fails(hub: Hub, module: ModuleRunner) -> None:
    """A failure of the only server is reported as such and changes nothing; a failed restart
    reports its stop.
    """
    hub.add_users("ada")
    result = module(SERVER, {"user": "ada", "user_options": FAIL})
    assert (result["failed"], result["changed"], result["changes"]) == (True, False, [])
    assert result["msg"].startswith("1 of 1 server failed: ada/: ")
    assert "The others" not in result["msg"]
    one_sentence(result)
    spawn(hub, "ada", options={"a": 1})
    result = module(SERVER, {"user": "ada", "user_options": FAIL, "restart_if_changed": True})
    assert (result["failed"], result["changed"]) == (True, True)
    assert short(result["changes"]) == [("stop", "ada/", {"state": "stopped"})]
    assert ([each["name"] for each in result["refused"]], result["pending"]) == (["ada/"], [])
    assert [(one["action"], one["ready"]) for one in result["servers"]] == [("restart", False)]
    assert states(hub) == {}


def test_a_start_that_has_just_begun_has_the_options_of_the_last_one(running_hub: Hub) -> None:
    """The hub stores the new options a moment after it shows the start. The server is not restarted
    for that.
    """
    with Hub(running_hub.series, config=DECIDING) as hub:
        hub.add_users("ada")
        spawn(hub, "ada", options={"a": 1})
        reach(hub, "ada/", "started")
        hub.expect("DELETE", path(hub, "ada"))
        starting = threading.Thread(target=spawn, args=(hub, "ada"), kwargs={"options": {"a": 2}})
        starting.start()
        reach(hub, "ada/", "spawn")
        assert options(hub) == {"ada/": {"a": 1}}
        mark = hub.mark()
        task = {"user": "ada", "user_options": {"a": 2}, "restart_if_changed": True}
        result = runner(hub)(SERVER, task)
        starting.join()
        assert (result["failed"], result["changed"], warned(result)) == (False, False, []), result
        assert writes(hub.requests(mark)) == []
        assert (states(hub), options(hub)) == ({"ada/": "started"}, {"ada/": {"a": 2}})


def test_without_waiting(hub: Hub, module: ModuleRunner) -> None:
    """A server that is still starting or stopping is left alone. Failures that the hub reports at
    once are still reported.
    """
    hub.add_users("ada", "bob")
    result = module(
        SERVER, {"user": "ada", "user_options": {"delay": 3, "stop_delay": 3}, "wait": False}
    )
    assert (result["failed"], short(result["changes"])) == (
        False,
        starts("ada", user_options={"delay": 3, "stop_delay": 3}),
    )
    assert (result["server"]["ready"], result["server"]["seconds"]) == (None, None)
    assert states(hub) == {"ada/": "spawn"}
    result = module(SERVER, {"user": "ada", "wait": False})
    assert (result["failed"], result["changed"]) == (False, False)
    assert states(hub) == {"ada/": "spawn"}
    result = module(SERVER, {"user": "bob", "user_options": FAIL, "wait": False})
    assert (result["failed"], result["changed"]) == (True, False)
    assert "the node is full" in result["msg"]
    reach(hub, "ada/", "started")
    result = module(SERVER, {"user": "ada", "state": "stopped", "wait": False})
    assert (result["failed"], result["changed"]) == (False, True)
    assert states(hub) == {"ada/": "stop"}


def test_starts_and_stops_of_another_client(hub: Hub, module: ModuleRunner) -> None:
    """The task waits for servers that another client is starting or stopping, and does not report
    them as its own changes.
    """
    hub.add_users("ada", "bob", "eve")
    spawn(hub, "bob", options={"stop_delay": 3})
    spawn(hub, "eve", options={"stop_delay": 2.5})
    hub.expect("DELETE", path(hub, "bob"))
    spawn(hub, "ada", options={"delay": 2.5})
    assert states(hub) == {"ada/": "spawn", "bob/": "stop", "eve/": "started"}
    task = {
        "servers": [
            {"user": "ada", "user_options": {"other": 1}},
            {"user": "bob", "state": "stopped"},
        ],
        "return_objects": "all",
    }
    result = module(SERVER, task)
    assert (result["failed"], result["changed"]) == (False, False)
    assert [(one["user"], one["action"], one["ready"]) for one in result["servers"]] == [
        ("ada", None, True),
        ("bob", None, False),
    ]
    assert [
        "is running with other user_options than declared" in text for text in warned(result)
    ] == [True]
    assert states(hub) == {"ada/": "started", "eve/": "started"}
    # To start a server that is stopping, the task waits for the stop.
    hub.expect("DELETE", path(hub, "eve"))
    reach(hub, "eve/", "stop")
    result = module(SERVER, {"user": "eve"})
    assert (result["failed"], short(result["changes"])) == (False, starts("eve"))
    assert states(hub)["eve/"] == "started"


@pytest.mark.parametrize("theirs", [{}, {"a": 1}], ids=["as declared", "otherwise"])
def test_another_client_is_faster(hub: Hub, theirs: dict[str, Any]) -> None:
    """A server that another client starts between plan and start is as declared, but is no change
    of this task.
    """
    hub.add_users("ada")

    def overtake(number: int, method: str, address: str) -> None:
        if method == "POST":
            spawn(hub, "ada", options=theirs)

    with Wire(hub, before=overtake) as wire:
        result = runner(hub, hub_url=wire.url)(SERVER, {"user": "ada", "user_options": {}})
    assert (result["failed"], result["changed"], result["changes"]) == (False, False, [])
    assert result["server"]["ready"] is True
    assert ["was started by another client" in text for text in warned(result)] == [True] * bool(
        theirs
    )
    assert options(hub) == ({"ada/": theirs} if theirs else {})


def test_lost_answers(hub: Hub, hasty: None) -> None:
    """After a lost response to a start, a stop or a removal, the task reads the state. Each is done
    once.
    """
    hub.add_users("ada")
    for task in ({}, {"state": "stopped"}, {"name": "w"}, {"name": "w", "state": "absent"}):
        with Wire(hub, lose=[2]) as wire:
            result = runner(hub, hub_url=wire.url)(SERVER, {"user": "ada", **task})
        assert wire.seen[2][0] in ("POST", "DELETE")
        assert (result["failed"], result["changed"], result["retries"]) == (False, True, 1), result
        assert len(result["changes"]) == 1
    assert states(hub) == {}


def test_one_at_a_time(hub: Hub, module: ModuleRunner) -> None:
    """At most `batch` servers are started at the same time, and none after the time limit."""
    users = [f"u{number}" for number in range(6)]
    hub.add_users(*users)
    seen: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            seen.append(list(states(hub).values()).count("spawn"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    mark = hub.mark()
    began = time.monotonic()
    result = module(
        SERVER,
        {"servers": [{"user": user, "user_options": {"delay": 0.5}} for user in users], "batch": 2},
    )
    took = time.monotonic() - began
    over.set()
    watcher.join()
    assert not result["failed"], result
    # On a busy machine some servers take longer than the hub waits, so that the next ones are
    # started.
    early = [request.status for request in hub.requests(mark)].count(202)
    assert 2 <= max(seen) <= 2 + early
    assert took >= 1.5
    assert module(SERVER, {"select_users": ["u*"], "state": "stopped"})["summary"] == {
        "stop": 6,
        "unchanged": 0,
    }
    result = module(SERVER, {"select_users": ["u*"], "batch": 1, "wait_timeout": 0.9})
    assert result["failed"], result
    assert ["over before its turn" in one["message"] for one in result["servers"][-3:]] == [
        True
    ] * 3
    assert {f"{one['user']}/" for one in result["servers"]}.isdisjoint(
        change["name"] for change in result["changes"]
    )
    assert "u5/" not in states(hub)
    assert not module(SERVER, {"select_users": ["u*"]})["failed"]
    assert states(hub) == dict.fromkeys((f"{user}/" for user in users), "started")


def test_stuck(hub: Hub, module: ModuleRunner) -> None:
    """The task ends at its time limit and reports which servers are still starting and which are
    done.
    """
    hub.add_users("ada", "bob")
    task = {
        "servers": [{"user": "ada", "user_options": {"stuck": True}}, {"user": "bob"}],
        "wait_timeout": 3,
    }
    began = time.monotonic()
    result = module(SERVER, task)
    assert 3 <= time.monotonic() - began < 10
    assert (result["failed"], result["changed"]) == (True, True)
    assert result["msg"].startswith("1 of 2 servers failed: ada/: still starting after 3 seconds.")
    assert [change["name"] for change in result["changes"]] == ["bob/"]
    assert ([change["name"] for change in result["pending"]], result["refused"]) == (["ada/"], [])
    assert states(hub) == {"ada/": "spawn", "bob/": "started"}
    # For a single server, the task reports a change that has begun.
    result = module(
        SERVER, {"user": "bob", "name": "w", "user_options": {"stuck": True}, "wait_timeout": 1.5}
    )
    assert (result["failed"], result["changed"], result["changes"]) == (True, True, [])
    result = module(SERVER, {"user": "ada", "state": "stopped", "wait_timeout": 2})
    if hub.series == "4":
        # This hub cannot cancel a start, so the task waits for it until the time limit.
        assert (result["failed"], result["changed"]) == (True, False)
        assert "pending spawn" in result["msg"]
    else:
        assert (result["failed"], result["changed"]) == (False, True), result
        assert states(hub) == {"bob/": "started", "bob/w": "spawn"}


def test_the_hub_dies_while_it_is_waited_for(hub: Hub, hasty: None) -> None:
    """A server whose state is unknown is not reported as done; the next run finishes it."""
    hub.add_users("ada", "bob")
    run = runner(hub, retries=1)
    killer = threading.Timer(1.8, hub.kill)
    killer.start()
    task = {"servers": [{"user": "ada", "user_options": {"delay": 4}}, {"user": "bob"}]}
    result = run(SERVER, task)
    killer.join()
    assert (result["failed"], result["changed"]) == (True, True)
    done = {change["name"] for change in result["changes"]}
    pending = {change["name"] for change in result["pending"]}
    assert "ada/" in pending
    assert (done | pending, done & pending) == ({"ada/", "bob/"}, set())
    one_sentence(result)
    hub.start()
    # These servers run inside the hub's process, so none has survived.
    assert states(hub) == {}
    assert not run(SERVER, {"servers": [{"user": "ada", "user_options": {}}, {"user": "bob"}]})[
        "failed"
    ]
    assert states(hub) == {"ada/": "started", "bob/": "started"}


@pytest.mark.hubs("6")
def test_options_that_cannot_be_looked_at(hub: Hub) -> None:
    """Stored options are reported as a change even if reading them back fails."""
    hub.add_users("ada")
    task = {"user": "ada", "name": "w", "state": "present"}
    runner(hub)(SERVER, task)
    patched = -1
    for number, lost in ((1, False), (2, True)):
        with Wire(hub, drop={patched + 1} if lost else ()) as wire:
            result = runner(hub, hub_url=wire.url, retries=0)(
                SERVER, {**task, "user_options": {"a": number}}
            )
        assert short(result["changes"]) == [("update", "ada/w", {"user_options": {"a": number}})]
        assert (result["failed"], len(warned(result))) == (False, not lost), result
        patched = [method for method, _path in wire.seen].index("PATCH")
    assert wire.seen[patched + 1][0] == "GET"
    assert not runner(hub)(SERVER, {"user": "ada", "name": "w"})["failed"]
    assert options(hub) == {"ada/w": {"a": 2}}


def test_deleting_users_whatever_their_servers_do(hub: Hub, module: ModuleRunner) -> None:
    """Servers that are running, stopping or starting are stopped first, and the task waits for
    them.
    """
    hub.add_users("runs", "stops", "stopping", "spawns", "stays")
    spawn(hub, "runs")
    spawn(hub, "runs", "w")
    spawn(hub, "stops", "w", options=SLOW_STOP)
    spawn(hub, "stopping", "w", options={"stop_delay": 2.5})
    hub.expect("DELETE", path(hub, "stopping", "w"))
    spawn(hub, "spawns", options={"delay": 2.5})
    assert states(hub) == {
        "runs/": "started",
        "runs/w": "started",
        "stops/w": "started",
        "stopping/w": "stop",
        "spawns/": "spawn",
    }
    users = [{"name": name} for name in ("runs", "stops", "stopping", "spawns")]
    result = module(USER, {"users": users, "state": "absent"})
    assert not result["failed"], result
    assert result["summary"] == {"stop": 5, "delete": 4, "unchanged": 0}
    assert set(hub.users()) == {"stays"}


# Limits of the hub, and other special configuration. A server whose name begins with "dead" does
# not answer and is not alive.
TIGHT = """
c.JupyterHub.concurrent_spawn_limit = 3
# Not to be configured otherwise: seconds that the hub tells to wait, 30 to 60.
c.JupyterHub.tornado_settings["spawn_throttle_retry_range"] = (1, 1)
c.JupyterHub.active_server_limit = 8

class OddSpawner(spawners.InProcessSpawner):
    async def start(self):
        address = await super().start()
        if self.user.name.startswith("dead"):
            self._socket_server.close()
            self._socket_server = None
        return address

c.JupyterHub.spawner_class = OddSpawner
c.Spawner.http_timeout = 4
"""


@pytest.fixture(scope="module")
def running_tight_hub(running_hub: Hub) -> Iterator[Hub]:
    """A running hub with limits. Tests use ``tight_hub``."""
    with Hub(running_hub.series, patience=1.0, config=TIGHT, allow_named=False) as hub:
        yield hub


@pytest.fixture
def tight_hub(running_tight_hub: Hub) -> Hub:
    """A hub that starts at most 3 servers at once and runs at most 8, and allows no named
    servers.
    """
    running_tight_hub.reset()
    return running_tight_hub


def test_limits(tight_hub: Hub) -> None:
    """The task waits as the hub's Retry-After demands. If waiting cannot help, it fails at once."""
    hub, run = tight_hub, runner(tight_hub)
    users = [f"u{number}" for number in range(10)]
    hub.add_users(*users)
    mark = hub.mark()
    result = run(
        SERVER, {"servers": [{"user": user, "user_options": {"delay": 0.3}} for user in users[:7]]}
    )
    assert not result["failed"], result
    answers = [request.status for request in hub.requests(mark) if request.method == "POST"]
    assert answers.count(429) == result["retries"] > 0
    assert len(answers) - answers.count(429) == 7
    assert result["summary"] == {"start": 7, "unchanged": 0}
    began = time.monotonic()
    result = run(SERVER, {"select_users": ["u*"], "wait_timeout": 60})
    assert time.monotonic() - began < 20
    assert (result["failed"], result["changed"]) == (True, True)
    assert result["msg"].startswith("2 of 3 servers failed: ")
    assert result["msg"].count("Active user limit exceeded") == 2
    assert ".." not in result["msg"]
    # It may go better when other servers have stopped: this is no refusal.
    assert result["msg"].endswith(" Run the task again to finish what is left.")
    assert (result["refused"], len(result["pending"])) == ([], 2)
    assert len(states(hub)) == 8
    # The waiting ends at the time limit.
    assert run(SERVER, {"select_users": ["u*"], "state": "stopped"})["summary"]["stop"] == 8
    result = run(
        SERVER,
        {
            "servers": [{"user": user, "user_options": {"delay": 3}} for user in users[:4]],
            "wait_timeout": 0.9,
        },
    )
    assert (
        sum(
            "Too many users trying to log in right now" in one["message"]
            for one in result["servers"]
        )
        == 1
    )
    assert (result["refused"], len(result["pending"])) == ([], 4)


def test_named_servers_are_disabled(tight_hub: Hub) -> None:
    """The failure contains the hub's own message."""
    tight_hub.add_users("ada")
    result = runner(tight_hub)(SERVER, {"servers": [{"user": "ada", "name": "w"}, {"user": "ada"}]})
    assert (result["failed"], result["changed"]) == (True, True)
    assert "ada/w: Named servers are not enabled. The others are done." in result["msg"]
    assert not result["msg"].endswith("left.")
    assert [one["name"] for one in result["refused"]] == ["ada/w"]
    assert states(tight_hub) == {"ada/": "started"}
    assert (
        runner(tight_hub)(SERVER, {"user": "ada", "name": "w", "state": "absent"})["changed"]
        is False
    )


def test_broken_while_pending(tight_hub: Hub) -> None:
    """A 500 response is not the end of a start: the task waits as long as the hub does, and then
    reports the failure.
    """
    tight_hub.add_users("dead")
    mark = tight_hub.mark()
    result = runner(tight_hub)(SERVER, {"user": "dead"})
    assert [request.status for request in tight_hub.requests(mark) if request.method == "POST"] == [
        500
    ]
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"].startswith("1 of 1 server failed: dead/: ")
    assert any(words in result["msg"] for words in ("Spawn failed", "Spawner failed to start")), (
        result["msg"]
    )
    one_sentence(result)
    assert states(tight_hub) == {}
