# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Crashes and concurrent runs: hubs and playbooks that are killed at random times, and two
playbooks at once.

The times differ in every run. A failure prints its seed; ``TEST_SEED=4711`` repeats a run.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import json
import os
import pathlib
import random
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import (
    GROUP,
    USER,
    Result,
    Wire,
    auth_state,
    fill,
    members,
    one_sentence,
    runner,
    short,
    writes,
)
from tests.live.token_support import TOKEN, held, is_good, make, ours
from tests.running import run_playbook

pytestmark = [pytest.mark.newest, pytest.mark.daily(5)]


@pytest.fixture
def rng() -> random.Random:
    """The source of all randomness in a test. pytest prints the seed when the test fails."""
    seed = int(os.environ.get("TEST_SEED") or random.randrange(10**9))
    print(f"TEST_SEED={seed}")
    return random.Random(seed)


# The hub is killed


@contextlib.contextmanager
def killer(
    hub: Hub, method: str, count: int, delay: float, *, start: bool
) -> Iterator[threading.Event]:
    """Kill the hub (SIGKILL) while the body runs.

    method, count: the hub is killed after it has answered this many requests of this method.
    delay: seconds to wait after that.
    start: whether to start the hub again.
    Yields an event that tells, after the body, whether the hub was killed.
    """
    over, killed = threading.Event(), threading.Event()

    def kill() -> None:
        left = count
        with hub.log_file.open(encoding="utf-8", errors="replace") as log:
            log.seek(0, os.SEEK_END)
            # The log is read instead of asking the hub, which answers no other request while it
            # works.
            while left > 0:
                left -= log.read().count(f" {method} {hub.path}hub/api/")
                if over.wait(0.01):
                    return
        time.sleep(delay)
        hub.kill(proxy=count % 2 == 0)
        killed.set()
        if start:
            hub.start()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        done = pool.submit(kill)
        try:
            yield killed
        finally:
            over.set()
            done.result(60)


def people(**counts: int) -> dict[str, list[str]]:
    """Return this many names of each kind."""
    return {kind: [f"{kind}{number}" for number in range(count)] for kind, count in counts.items()}


def unchanged(hub: Hub) -> int:
    """Return the number of users that the task does not change. On the newest hub they make a
    roster of 2,000 users. The other hubs have fewer, because a first read of 2,000 users takes five
    seconds.
    """
    return 1400 if hub.series == "6" else 200


def test_the_hub_is_killed_and_comes_back(
    hub: Hub, module: ModuleRunner, rng: random.Random
) -> None:
    """If the hub dies during a task for many users and is started again, the task goes on: each
    change is made once and reported correctly.
    """
    names = people(old=unchanged(hub), new=500, boss=100)
    fill(hub, names["old"])
    task = {
        "users": [
            {"name": name, "admin": kind == "boss"} for kind in names for name in names[kind]
        ],
        "retries": 10,
    }
    with killer(hub, "POST", rng.randint(1, 5), rng.random() / 2, start=True) as killed:
        result = module(USER, task)
    assert not result["failed"], result
    assert killed.is_set()
    assert result["retries"] >= 1
    assert result["summary"] == {"create": 600, "unchanged": len(names["old"])}
    assert sorted(change["name"] for change in result["changes"]) == sorted(
        [*names["new"], *names["boss"]]
    )
    assert roles(hub) == {
        name: ADMIN if kind == "boss" else PERSON for kind in names for name in names[kind]
    }
    mark = hub.mark()
    assert not module(USER, task)["changed"]
    assert writes(hub.requests(mark)) == []


@pytest.mark.usefixtures("hasty")
def test_the_hub_stays_dead(hub: Hub, module: ModuleRunner, rng: random.Random) -> None:
    """If the hub dies for good while many users are created, changed and deleted, the task fails
    with a correct report, and one more run does the rest.
    """
    names = people(same=unchanged(hub), new=300, up=150, gone=150)
    fill(hub, [*names["same"], *names["up"], *names["gone"]])
    users = [
        {"name": name, "admin": kind == "up", "state": "absent" if kind == "gone" else "present"}
        for kind in names
        for name in names[kind]
    ]
    method, most, delay = rng.choice(
        [("POST", 2, 0.5), ("PATCH", 140, 0.01), ("DELETE", 140, 0.01)]
    )
    with killer(hub, method, rng.randint(1, most), rng.random() * delay, start=False) as killed:
        result = module(USER, {"users": users, "retries": 2})
    assert killed.is_set()
    assert (result["failed"], result["changed"]) == (True, True), result
    one_sentence(result)
    hub.start()
    found = roles(hub)
    assert [change for change in result["changes"] if not seen(found, change)] == []
    # The task cannot know whether the request at the time of the crash was done.
    unknown = [change for change in result["pending"] if seen(found, change)]
    assert len(unknown) <= (100 if method == "POST" else 1), unknown
    assert len(result["changes"]) + len(result["pending"]) == 600
    rest = module(USER, {"users": users})
    assert not rest["failed"], rest
    assert len(rest["changes"]) == len(result["pending"]) - len(unknown)
    assert roles(hub) == {
        name: ADMIN if kind == "up" else PERSON
        for kind in names
        for name in names[kind]
        if kind != "gone"
    }
    assert not module(USER, {"users": users})["changed"]


@pytest.mark.usefixtures("hasty")
def test_the_hub_is_killed_between_the_two_writes_that_make_an_admin(hub: Hub) -> None:
    """The hub creates a user first and makes it an admin afterwards. The task completes the second
    step, and reports that it has created an admin.
    """

    def before(_number: int, method: str, _path: str) -> None:
        # The response to the creation is lost; the task looks the users up next.
        if method == "GET" and not asked and "boss1" in hub.users():
            hub.expect("PATCH", "/users/boss1", {"admin": False})
            hub.expect("DELETE", "/users/boss2")
            asked.append(method)

    asked: list[str] = []
    with Wire(hub, lose=[2], before=before) as wire:
        result = runner(hub, hub_url=wire.url)(
            USER, {"users": [{"name": name, "admin": True} for name in ("boss0", "boss1", "boss2")]}
        )
    assert (result["failed"], asked) == (False, ["GET"]), (result, wire.seen)
    assert sorted(short(result["changes"])) == [
        ("create", name, {"admin": True}) for name in ("boss0", "boss1", "boss2")
    ]
    assert roles(hub) == dict.fromkeys(("boss0", "boss1", "boss2"), ADMIN)


PERSON, ADMIN = (False, ["user"]), (True, ["admin", "user"])


def roles(hub: Hub) -> dict[str, tuple[bool, list[str]]]:
    """Return the users of the hub, whether each is an admin, and the roles of each."""
    return {name: (user["admin"], sorted(user["roles"])) for name, user in hub.users().items()}


def seen(found: Mapping[str, tuple[bool, list[str]]], change: Mapping[str, Any]) -> bool:
    """Return whether a change is visible on the hub."""
    if change["action"] == "delete":
        return change["name"] not in found
    return change["name"] in found and found[change["name"]][0] == change["fields"]["admin"]


# The playbook is killed

PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - hubops.jupyterhub.{module}: {options}
"""


def kill_all(mark: str) -> None:
    """Kill (SIGKILL) all processes with this text in their environment. The process group is not
    enough, because Ansible starts its workers in sessions of their own.
    """
    while True:
        found = []
        for folder in pathlib.Path("/proc").iterdir():
            with contextlib.suppress(OSError):  # the process has ended
                if folder.name.isdecimal() and mark.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        if not found:
            return
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def killed_playbook(
    hub: Hub, module: str, options: Mapping[str, Any], number: int, delay: float
) -> bool:
    """Run a playbook with one task, and kill all its processes some seconds after a write has
    reached the hub; return whether it was still running.

    number: the number of that write, counted from 0.
    delay: the seconds after it.
    """
    mark = f"TEST_CRASHES={uuid.uuid4().hex}"
    left = [number]
    timers: list[threading.Timer] = []

    def before(_number: int, method: str, _path: str) -> None:
        left[0] -= method != "GET"
        if left[0] == -1 and not timers:
            timers.append(threading.Timer(delay, kill_all, [mark]))
            timers[0].start()

    with Wire(hub, before=before) as wire:
        name, _sign, value = mark.partition("=")
        environment = {
            "JUPYTERHUB_API_URL": wire.url,
            "JUPYTERHUB_API_TOKEN": hub.token,
            name: value,
        }
        run = run_playbook(PLAY.format(module=module, options=json.dumps(options)), env=environment)
        for timer in timers:
            timer.join()
    assert run.returncode in (0, -signal.SIGKILL), run.stdout + run.stderr
    return run.returncode != 0


TURNS = 3


@pytest.fixture
def crash(
    hub: Hub, module: ModuleRunner, rng: random.Random
) -> Iterator[Callable[[str, Result, int], None]]:
    """Return a function that kills a playbook with this task after at most this many of its writes,
    and then runs the task again.
    """
    if not pathlib.Path("/proc/self/environ").exists():
        pytest.skip("without /proc, the processes of a playbook cannot be found")
    killed = []

    def run(name: str, task: Result, writes: int) -> None:
        killed.append(killed_playbook(hub, name, task, rng.randrange(writes), rng.expovariate(30)))
        result = module(name, {key: value for key, value in task.items() if key != "rotate"})
        assert not result["failed"], (killed, result)

    yield run
    assert any(killed)


def test_a_killed_playbook_of_users(
    hub: Hub, module: ModuleRunner, crash: Callable[[str, Result, int], None]
) -> None:
    """After a kill at any time during the creation, change and deletion of users, the next run does
    the rest.
    """
    wanted: dict[str, tuple[bool, Any]] = {}
    for turn in range(TURNS):
        gone = list(wanted)[5:15]
        new = {
            f"u{turn}-{number}": (number % 20 == 0, {"n": number} if number % 10 == 1 else None)
            for number in range(110)
        }
        task: Result = {
            "users": [
                *(
                    {"name": name, "admin": admin, **({"auth_state": state} if state else {})}
                    for name, (admin, state) in new.items()
                ),
                *({"name": name, "state": "absent"} for name in gone),
            ]
        }
        crash(USER, task, 14 + len(gone))
        wanted = {name: each for name, each in {**wanted, **new}.items() if name not in gone}
        assert roles(hub) == {
            name: ADMIN if admin else PERSON for name, (admin, _state) in wanted.items()
        }
        states = [name for name, (_admin, state) in wanted.items() if state]
        assert {name: auth_state(hub, name) for name in states} == {
            name: wanted[name][1] for name in states
        }
        assert not module(USER, task)["changed"]


def test_a_killed_playbook_of_groups(
    hub: Hub, module: ModuleRunner, crash: Callable[[str, Result, int], None]
) -> None:
    """After a kill at any time while many members are added and removed, the next run leaves
    exactly the declared members.
    """
    names = [f"m{number:03}" for number in range(900)]
    fill(hub, names)
    for turn in range(TURNS):
        wanted = {"big": names[turn * 100 : turn * 100 + 600], f"new{turn}": names[::9]}
        groups = [
            {"name": name, "users": users, "properties": {"turn": turn}}
            for name, users in wanted.items()
        ]
        task = {"groups": [*groups, {"name": f"new{turn - 1}", "state": "absent"}]}
        crash(GROUP, task, 6)
        assert members(hub) == wanted
        assert [group["properties"] for group in hub.groups().values()] == [{"turn": turn}] * 2
        assert not module(GROUP, task)["changed"]


def test_a_killed_playbook_of_tokens(
    hub: Hub,
    module: ModuleRunner,
    crash: Callable[[str, Result, int], None],
    tmp_path: pathlib.Path,
) -> None:
    """After a kill at any time while tokens are created or rotated, the next run leaves one good
    token for each file, and the tokens of others.
    """
    users = [f"t{number}" for number in range(5)]
    hub.add_users(*users)
    for user in users:
        make(hub, "n", user)
    task: Result = {
        "tokens": [{"user": user, "note": "n", "dest": str(tmp_path / user)} for user in users]
    }
    for turn in range(TURNS):
        crash(TOKEN, {**task, "rotate": turn > 0}, 10 if turn else 5)
        for user in users:
            assert is_good(hub, str(held(tmp_path / user)), user), user
            assert len(ours(hub, user)) == 1, user
            assert len(hub.user_tokens(user)) == 2, user
        # A temporary file may be left, but it holds no usable token.
        for file in tmp_path.iterdir():
            assert file.name in users or not is_good(
                hub, file.read_text(encoding="utf-8"), file.name.split(".")[1]
            )
        assert not module(TOKEN, task)["changed"]


# Two playbooks at once

BOTH = """
- hosts: localhost
  gather_facts: false
  tasks:
    - hubops.jupyterhub.jupyterhub_user: {users: "{{ task_users }}"}
      register: done_users
      ignore_errors: true
    - hubops.jupyterhub.jupyterhub_group: {groups: "{{ task_groups }}"}
      register: done_groups
      when: done_users is not failed
      ignore_errors: true
    - ansible.builtin.copy:
        content: "{{ [done_users, done_groups] | to_json }}"
        dest: "{{ report }}"
        mode: "0600"
"""
# A playbook may fail with this message if the other one kept changing the list while it was read.
CONFLICT = "times while it was being read"


def test_two_playbooks_at_once(hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path) -> None:
    """Two class lists with common people and groups are written to the hub at the same time: each
    change is reported once, and a task that fails gives the reason.
    """
    # Neither playbook writes users, or groups, before both have read them.
    starts = {"/api/users": threading.Barrier(2), "/api/groups": threading.Barrier(2)}

    def play(number: int) -> list[Result]:
        report = tmp_path / f"report{number}"
        waiting = dict(starts)

        def before(_number: int, method: str, path: str) -> None:
            for kind in [kind for kind in waiting if method != "GET" and kind in path]:
                # If the other playbook has failed before, it never reaches the barrier.
                with contextlib.suppress(threading.BrokenBarrierError):
                    waiting.pop(kind).wait(20)

        with Wire(hub, before=before) as wire:
            variables = json.dumps({**tasks[number], "report": str(report)})
            run = run_playbook(
                BOTH,
                ["-e", variables],
                env={"JUPYTERHUB_API_URL": wire.url, "JUPYTERHUB_API_TOKEN": hub.token},
            )
        assert run.returncode == 0, run.stdout + run.stderr
        return list(json.loads(report.read_text(encoding="utf-8")))

    names = [f"s{number:03}" for number in range(300)]
    classes = names[:200], names[100:]
    tasks = [
        {
            "task_users": [{"name": name, "admin": name == "s150"} for name in students],
            "task_groups": [
                {"name": "both", "users": names[100:200]},
                {
                    "name": "all",
                    "users": students,
                    "users_mode": "present",
                    "properties": {"year": 2026},
                },
                {"name": f"class{number}", "users": students},
            ],
        }
        for number, students in enumerate(classes)
    ]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(play, range(2)))
    users, groups = hub.users(), hub.groups()
    made = []
    for result in itertools.chain(*reports):
        if result.get("skipped"):
            continue
        if result["failed"]:
            one_sentence(result)
            # The items that both declare are written by one of them, and are correct for the other.
            assert CONFLICT in result["msg"], result["msg"]
        assert result["changed"] == bool(result["changes"])
        for change in result["changes"]:
            assert change["name"] in (users if change["kind"] == "user" else groups), change
            if change["action"] == "create":
                made.append((change["kind"], change["name"]))
    assert sorted(made) == sorted(
        [*(("user", name) for name in users), *(("group", name) for name in groups)]
    )
    for again in (False, True):
        for task in tasks:
            for name, option in ((USER, "users"), (GROUP, "groups")):
                result = module(name, {option: task[f"task_{option}"]})
                assert not result["failed"], result
                assert not (again and result["changed"]), result
    assert roles(hub) == {name: ADMIN if name == "s150" else PERSON for name in names}
    assert members(hub) == {
        "both": names[100:200],
        "all": names,
        "class0": classes[0],
        "class1": classes[1],
    }
