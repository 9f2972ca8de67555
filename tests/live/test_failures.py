# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that ends in the middle: answers that are lost, hubs that die, refusals half-way. What is told is what is true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import (
    GROUP,
    USER,
    Result,
    Wire,
    admins,
    auth_state,
    chunks,
    members,
    one_sentence,
    runner,
    short,
    snapshot,
    stable,
    writes,
)

Task = tuple[str, dict[str, Any]]

# Together they send every kind of request. In the order of their changes:
USERS: Task = (
    USER,
    {
        "users": [
            {"name": "carla", "rename_from": "carl"},
            *({"name": name} for name in ("n1", "n2", "n3")),
            {"name": "boss", "admin": True},
            {"name": "bob", "admin": True, "last_activity": "2026-05-05T05:05:05Z"},
            {"name": "ada", "auth_state": {"secret": "hushhush"}},
            {"name": "eve", "state": "absent"},
        ],
        "return_objects": "all",
    },
)
GROUPS: Task = (
    GROUP,
    {
        "groups": [
            {"name": "new", "users": ["ada", "bob", "carl"], "properties": {"x": 1}},
            {"name": "old", "users": ["bob", "carl"], "properties": {"x": True}},
            {"name": "gone", "state": "absent"},
        ],
        "return_objects": "all",
    },
)
SERVERS: Task = (USER, {"users": [{"name": "ian"}, {"name": "joe"}], "state": "absent", "return_objects": "all"})
TASKS = [USERS, GROUPS, SERVERS]
IN_PARTS = ("add", "remove", "stop")
LABELS = ["users", "groups", "servers"]


def start(hub: Hub, task: Task) -> None:
    """Give the hub what a task works on, and no more."""
    hub.reset()
    if task is SERVERS:
        hub.add_users("ian", "joe")
        assert hub.api("POST", "/users/ian/servers/work")[0] in (201, 202)
        return
    hub.add_users("ada", "bob", "carl", "eve")
    if task is GROUPS:
        hub.add_group("old", "ada", "bob", properties={"x": 1})
        hub.add_group("gone", "eve")


def result_of(hub: Hub, task: Task) -> Any:
    """Return all that the task is about."""
    state = snapshot(hub)
    assert None not in state[0]
    # The repr tells 1 from true.
    return repr(state), auth_state(hub, "ada") if task is USERS else None


def undisturbed(hub: Hub, task: Task) -> tuple[Result, list[str], Any]:
    """Run the task on a wire that holds; return the result, the methods of its requests, and what it leaves."""
    start(hub, task)
    with Wire(hub) as wire, chunks(2):
        result = runner(hub, hub_url=wire.url)(*task)
    assert not result["failed"], result
    return result, [method for method, _path in wire.seen], result_of(hub, task)


def worthwhile(methods: list[str]) -> list[int]:
    """Return the numbers of the requests but for those that read, after others that read: to the task they are all alike."""
    return [number for number in range(len(methods)) if number == 0 or methods[number - 1 : number + 1] != ["GET", "GET"]]


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("task", TASKS, ids=LABELS)
@pytest.mark.parametrize("fault", ["lose", "drop"])
def test_an_answer_is_lost(hub: Hub, task: Task, fault: str) -> None:
    """Whichever request breaks off, before the hub or after it: nothing is done twice, and all of it is told as done."""
    good, methods, expected = undisturbed(hub, task)
    assert good["retries"] == 0
    for number in worthwhile(methods):
        if fault == "drop" and methods[number] == "GET":
            continue
        start(hub, task)
        faults = {"lose": [number]} if fault == "lose" else {"drop": [number]}
        with Wire(hub, lose=faults.get("lose", ()), drop=faults.get("drop", ())) as wire, chunks(2):
            result = runner(hub, hub_url=wire.url)(*task)
        if number >= len(wire.seen):
            # How often the module looks after a server that stops depends on the server.
            continue
        where = (number, *wire.seen[number])
        assert not result["failed"], (where, result)
        assert {key: stable(result[key]) for key in ("changed", "changes", "summary")} == {
            key: stable(good[key]) for key in ("changed", "changes", "summary")
        }, where
        for key in ("users", "groups"):
            assert stable(result.get(key)) == stable(good.get(key)), where
        assert result["retries"] >= 1, where
        assert result["requests"] == len(wire.seen), where
        assert result_of(hub, task) == expected, where


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("task", TASKS, ids=LABELS)
def test_the_hub_is_gone_after_any_request(hub: Hub, task: Task) -> None:
    """Whenever the hub dies: what is told as done is done, what is pending is not, and the next run finishes the rest."""
    good, methods, expected = undisturbed(hub, task)
    total = sorted(short(good["changes"]), key=str)
    for number in worthwhile(methods[:-1]):
        start(hub, task)
        before, mark = snapshot(hub), hub.mark()
        with Wire(hub, last=number) as wire, chunks(2):
            result = runner(hub, hub_url=wire.url, retries=1)(*task)
        if not result["failed"]:
            # As above: this time it took fewer requests.
            assert len(wire.seen) == number + 1
            continue
        where = (number, *wire.seen[number], result)
        told_and_true(hub, result, before, mark)
        with chunks(2):
            rest = runner(hub)(*task)
        assert not rest["failed"], where
        # Members may be told in two parts, and a server that was told to stop may have stopped when nobody could see it any more.
        told = [change for change in short([*result["changes"], *rest["changes"]]) if change[0] not in IN_PARTS]
        assert sorted(told, key=str) == [change for change in total if change[0] not in IN_PARTS], where
        assert result_of(hub, task) == expected, where


def told_and_true(hub: Hub, result: Result, before: Any, mark: int) -> None:
    """See that a failed task tells what the hub shows."""
    assert result["failed"], result
    one_sentence(result)
    sent = [request for request in writes(hub.requests(mark)) if request.status < 400]
    assert result["changed"] == bool(sent), result
    if not sent:
        assert (snapshot(hub), result["changes"]) == (before, []), result
    for change in result["changes"]:
        assert seen(hub, change), (change, result)
    for change in result["pending"]:
        assert change["action"] in IN_PARTS or not seen(hub, change), (change, result)


def seen(hub: Hub, change: dict[str, Any]) -> bool:
    """Say whether a change, of those that these tasks make, is to be seen on the hub."""
    name, action, fields = change["name"], change["action"], change["fields"]
    if change["kind"] == "server":
        user, _slash, server = name.partition("/")
        return server not in hub.users().get(user, {"servers": {}})["servers"] or hub.users()[user]["servers"][server]["stopped"]
    objects = hub.users() if change["kind"] == "user" else hub.groups()
    if action == "delete":
        return name not in objects
    if name not in objects:
        return False
    if action == "remove":
        return not set(fields["users"]) & set(objects[name]["users"])
    if "auth_state" in fields:
        return auth_state(hub, name) is not None
    if "last_activity" in fields:
        return bool((objects[name]["last_activity"] or "").startswith("2026-05-05T05:05:05"))
    if "properties" in fields:
        # The repr tells 1 from true.
        return all(repr(objects[name]["properties"].get(key)) == repr(value) for key, value in fields["properties"].items())
    return all(set(value) <= set(objects[name][key]) if key == "users" else objects[name][key] == value for key, value in fields.items())


def test_a_killed_hub(hub: Hub, module: ModuleRunner) -> None:
    """A hub that dies for good behind its proxy, in the middle of the work, ends the task with what was done."""
    names = [f"s{number}" for number in range(6)]
    state: dict[str, int] = {}

    def kill(number: int, method: str, _path: str) -> None:
        state["posts"] = state.get("posts", 0) + (method == "POST")
        if state["posts"] == 2:
            hub.kill()

    with Wire(hub, before=kill) as wire, chunks(2):
        result = runner(hub, hub_url=wire.url, retries=0)(USER, {"users": [{"name": name} for name in names]})
    assert result["failed"]
    assert result["changed"]
    assert [change["name"] for change in result["changes"]] == names[:2]
    assert [change["name"] for change in result["pending"]] == names[2:]
    one_sentence(result)
    # Behind the proxy, a dead hub answers 503: nothing was done, as reading first has shown.
    through = module(USER, {"name": "late", "retries": 0})
    assert (through["failed"], through["changed"], through["status"]) == (True, False, 503)
    hub.start()
    assert sorted(admins(hub)) == names[:2]
    rest = module(USER, {"users": [{"name": name} for name in names]})
    assert rest["summary"] == {"create": 4, "unchanged": 2}


def test_one_of_three_cannot_be_added(odd_hub: Hub) -> None:
    """The hub makes the first, takes the second back and never tries the third: that is what the task tells."""
    run = runner(odd_hub)
    task = {"users": [{"name": "one"}, {"name": "bad1"}, {"name": "three"}, {"name": "four", "admin": True}]}
    result = run(USER, task)
    assert (result["failed"], result["changed"], result["status"]) == (True, True, 400)
    assert "Failed to create user bad1: no home directory for bad1" in result["msg"]
    one_sentence(result)
    assert short(result["changes"]) == [("create", "one", {"admin": False})]
    assert [change["name"] for change in result["pending"]] == ["bad1", "three", "four"]
    assert admins(odd_hub) == {"one": False}
    task["users"].pop(1)
    assert run(USER, task)["summary"] == {"create": 2, "unchanged": 1}
    assert admins(odd_hub) == {"one": False, "three": False, "four": True}


def test_none_can_be_added(odd_hub: Hub) -> None:
    """When the hub has made nobody, the task has changed nothing."""
    for task in ({"name": "bad1"}, {"users": [{"name": "bad1"}, {"name": "bad2"}]}):
        result = runner(odd_hub)(USER, task)
        assert (result["failed"], result["changed"], result["changes"]) == (True, False, [])
        assert admins(odd_hub) == {}


def meanwhile(hub: Hub, method: str, act: Callable[[], object]) -> Callable[[int, str, str], None]:
    """Return a hook for a wire that acts just before the first request of this method."""
    waiting = [act]

    def before(_number: int, seen_method: str, _path: str) -> None:
        if seen_method == method and waiting:
            waiting.pop()()

    return before


def test_somebody_else_is_faster(hub: Hub) -> None:
    """Users who are created, or deleted, between the reading and the writing are not told as done by this task."""
    task: dict[str, Any] = {"users": [{"name": "ada"}, {"name": "bob"}], "return_objects": "all"}
    with Wire(hub, before=meanwhile(hub, "POST", lambda: hub.add_users("ada"))) as wire:
        result = runner(hub, hub_url=wire.url)(USER, task)
    assert not result["failed"], result
    assert short(result["changes"]) == [("create", "bob", {"admin": False})]
    assert [user["name"] for user in result["users"]] == ["ada", "bob"]
    with Wire(hub, before=meanwhile(hub, "DELETE", lambda: hub.expect("DELETE", "/users/bob"))) as wire:
        result = runner(hub, hub_url=wire.url)(USER, {**task, "state": "absent"})
    assert not result["failed"], result
    assert short(result["changes"]) == [("delete", "ada", {})]


def test_somebody_else_is_faster_and_differs(hub: Hub) -> None:
    """A user who was made by somebody else meanwhile, and otherwise than declared, is not passed over."""
    with Wire(hub, before=meanwhile(hub, "POST", lambda: hub.add_users("ada"))) as wire:
        result = runner(hub, hub_url=wire.url)(USER, {"name": "ada", "admin": True})
    assert (result["failed"], result["changed"]) == (True, False)
    assert "created by somebody else" in result["msg"]
    assert runner(hub)(USER, {"name": "ada", "admin": True})["changed"]


def test_a_user_vanishes_before_the_change(hub: Hub) -> None:
    """A change of what is no longer there fails, and says what was done before it."""
    hub.add_users("ada", "bob")
    task = {"users": [{"name": "new"}, {"name": "ada", "admin": True}, {"name": "bob", "admin": True}]}
    with Wire(hub, before=meanwhile(hub, "PATCH", lambda: hub.expect("DELETE", "/users/ada"))) as wire:
        result = runner(hub, hub_url=wire.url)(USER, task)
    assert (result["failed"], result["changed"], result["status"]) == (True, True, 404)
    assert short(result["changes"]) == [("create", "new", {"admin": False})]
    assert [change["name"] for change in result["pending"]] == ["ada", "bob"]
    one_sentence(result)


def test_a_group_appears_or_loses_a_user(hub: Hub) -> None:
    """A refusal in the middle of groups leaves a true account, and the next run finishes."""
    hub.add_users("ada", "bob")
    task = {"groups": [{"name": "a", "users": ["ada"]}, {"name": "b", "users": ["bob"]}, {"name": "c"}]}

    def third(number: int, method: str, path: str) -> None:
        if method == "POST" and path.endswith("/groups/b"):
            hub.expect("DELETE", "/users/bob")

    with Wire(hub, before=third) as wire:
        result = runner(hub, hub_url=wire.url)(GROUP, task)
    assert (result["failed"], result["changed"], result["status"]) == (True, True, 400)
    assert "No such user: bob" in result["msg"]
    assert (len(result["changes"]), [change["name"] for change in result["pending"]]) == (1, ["b", "c"])
    assert members(hub) == {"a": ["ada"]}
    hub.add_users("bob")
    with Wire(hub, before=meanwhile(hub, "POST", lambda: hub.add_group("b"))) as wire:
        result = runner(hub, hub_url=wire.url)(GROUP, task)
    assert (result["failed"], result["changed"]) == (True, False)
    assert "Group b was created by somebody else" in result["msg"]
    assert runner(hub)(GROUP, task)["changed"]
    assert members(hub) == {"a": ["ada"], "b": ["bob"], "c": []}
