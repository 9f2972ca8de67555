# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that fail halfway: a hub that is killed, items that are refused, another client at the same
time. The report is always correct.

Broken connections and broken responses are tested in ``tests/faults``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub, Request
from tests.live.support import (
    GROUP,
    USER,
    Wire,
    admins,
    chunks,
    members,
    one_sentence,
    runner,
    short,
    snapshot,
)


def test_a_killed_hub(hub: Hub, module: ModuleRunner) -> None:
    """If a hub dies for good behind its proxy during a task, the task fails and reports what was
    done.
    """
    names = [f"s{number}" for number in range(6)]
    state: dict[str, int] = {}

    def kill(number: int, method: str, _path: str) -> None:
        state["posts"] = state.get("posts", 0) + (method == "POST")
        if state["posts"] == 2:
            hub.kill()

    with Wire(hub, before=kill) as wire, chunks(2):
        result = runner(hub, hub_url=wire.url, retries=0)(
            USER, {"users": [{"name": name} for name in names]}
        )
    assert result["failed"]
    assert result["changed"]
    assert [change["name"] for change in result["changes"]] == names[:2]
    assert [change["name"] for change in result["pending"]] == names[2:]
    one_sentence(result)
    # The proxy of a dead hub answers 503. The task reads before it writes, so it knows that nothing
    # was done.
    through = module(USER, {"name": "late", "retries": 0})
    assert (through["failed"], through["changed"], through["status"]) == (True, False, 503)
    hub.start()
    assert sorted(admins(hub)) == names[:2]
    rest = module(USER, {"users": [{"name": name} for name in names]})
    assert rest["summary"] == {"create": 4, "unchanged": 2}


def test_one_of_three_cannot_be_added(odd_hub: Hub) -> None:
    """The hub creates the first user, undoes the second and never tries the third. The task creates
    all but the second, and names that one.
    """
    run = runner(odd_hub)
    task = {
        "users": [
            {"name": "one"},
            {"name": "bad1"},
            {"name": "three"},
            {"name": "four", "admin": True},
        ]
    }
    result = run(USER, task)
    assert (result["failed"], result["changed"], result["status"]) == (True, True, 400)
    assert "Failed to create user bad1: no home directory for bad1" in result["msg"]
    one_sentence(result)
    assert [change["name"] for change in result["changes"]] == ["one", "three", "four"]
    assert [refusal["name"] for refusal in result["refused"]] == ["bad1"]
    task["users"].pop(1)
    assert run(USER, task)["summary"] == {"unchanged": 3}
    assert admins(odd_hub) == {"one": False, "three": False, "four": True}


def test_none_can_be_added(odd_hub: Hub) -> None:
    """If the hub has created no user, the task has changed nothing."""
    for task in ({"name": "bad1"}, {"users": [{"name": "bad1"}, {"name": "bad2"}]}):
        result = runner(odd_hub)(USER, task)
        assert (result["failed"], result["changed"], result["changes"]) == (True, False, [])
        assert admins(odd_hub) == {}


def meanwhile(hub: Hub, method: str, act: Callable[[], object]) -> Callable[[int, str, str], None]:
    """Return a hook for a wire that runs an action just before the first request of this method."""
    waiting = [act]

    def before(_number: int, seen_method: str, _path: str) -> None:
        if seen_method == method and waiting:
            waiting.pop()()

    return before


def test_another_client_is_faster(hub: Hub) -> None:
    """Users whom another client creates or deletes between the read and the write are not reported
    as changes of this task.
    """
    task: dict[str, Any] = {"users": [{"name": "ada"}, {"name": "bob"}], "return_objects": "all"}
    with Wire(hub, before=meanwhile(hub, "POST", lambda: hub.add_users("ada"))) as wire:
        result = runner(hub, hub_url=wire.url)(USER, task)
    assert not result["failed"], result
    assert short(result["changes"]) == [("create", "bob", {"admin": False})]
    assert [user["name"] for user in result["users"]] == ["ada", "bob"]
    with Wire(
        hub, before=meanwhile(hub, "DELETE", lambda: hub.expect("DELETE", "/users/bob"))
    ) as wire:
        result = runner(hub, hub_url=wire.url)(USER, {**task, "state": "absent"})
    assert not result["failed"], result
    assert short(result["changes"]) == [("delete", "ada", {})]


def test_another_client_is_faster_and_differs(hub: Hub) -> None:
    """A user whom another client has created with other attributes is not ignored."""
    with Wire(hub, before=meanwhile(hub, "POST", lambda: hub.add_users("ada"))) as wire:
        result = runner(hub, hub_url=wire.url)(USER, {"name": "ada", "admin": True})
    assert (result["failed"], result["changed"]) == (True, False)
    assert "created by another client" in result["msg"]
    assert result["msg"].endswith("run the task again.")
    assert runner(hub)(USER, {"name": "ada", "admin": True})["changed"]


def test_another_client_creates_one_of_many_differently(hub: Hub) -> None:
    """The other users are created and reported."""
    task = {"users": [{"name": name, "admin": True} for name in ("ada", "bob", "cy")]}
    with Wire(hub, before=meanwhile(hub, "POST", lambda: hub.add_users("bob"))) as wire:
        result = runner(hub, hub_url=wire.url)(USER, task)
    assert (result["failed"], result["changed"]) == (True, True), result
    assert [change["name"] for change in result["changes"]] == ["ada", "cy"]
    assert [(one["name"], one["status"]) for one in result["refused"]] == [("bob", 409)]
    assert "User bob was created by another client while this task ran" in result["msg"]
    assert runner(hub)(USER, task)["changed"]
    assert {name: user["admin"] for name, user in hub.users().items()} == {
        "ada": True,
        "bob": True,
        "cy": True,
    }


SAME = {"users": ["ada", "bob"], "properties": {"year": 2026}}


@pytest.mark.parametrize(
    ("theirs", "mine", "told", "differs"),
    [
        (SAME, SAME, [], None),
        ({}, {}, [], None),
        ({"users": ["ada", "cy"]}, {"users": ["ada"], "users_mode": "present"}, [], None),
        (
            {"users": ["ada"]},
            {"users": ["ada", "bob"], "users_mode": "present"},
            [("add", "g", {"users": ["bob"]})],
            None,
        ),
        (
            {"users": ["ada", "bob"]},
            SAME,
            [("update", "g", {"properties": {"year": 2026}})],
            None,
        ),
        ({"users": ["ada"]}, SAME, [], "members"),
        ({"users": ["ada", "bob", "cy"]}, SAME, [], "members"),
        ({"users": ["ada"]}, {"users": ["ada"], "users_mode": "absent"}, [], "members"),
        ({"users": ["ada", "bob"], "properties": {"year": 2025}}, SAME, [], "properties"),
        (
            {"properties": {"room": 7}},
            {"properties": {"year": 2026}, "properties_mode": "merge"},
            [],
            "properties",
        ),
    ],
)
def test_another_client_creates_the_same_group(
    hub: Hub,
    theirs: dict[str, Any],
    mine: dict[str, Any],
    told: list[tuple[str, str, Any]],
    differs: str | None,
) -> None:
    """A group that another client has created as declared is no failure. A group that differs is
    left alone until the task is run again.
    """

    def create() -> None:
        hub.add_group("g", *theirs.get("users", []), properties=theirs.get("properties"))

    hub.add_users("ada", "bob", "cy")
    with Wire(hub, before=meanwhile(hub, "POST", create)) as wire:
        result = runner(hub, hub_url=wire.url)(GROUP, {"name": "g", **mine})
    assert short(result["changes"]) == told
    assert (result["failed"], result["changed"]) == (differs is not None, bool(told)), result
    if differs is not None:
        assert result["msg"].startswith(
            f"Group g was created by another client while this task ran, with other {differs} than"
            " declared: run the task again."
        )
        group = hub.groups()["g"]
        assert group["users"] == theirs.get("users", [])
        assert group["properties"] == theirs.get("properties", {})
        assert [one["name"] for one in result["refused"]] == ["g"]
    again = runner(hub)(GROUP, {"name": "g", **mine})
    assert not again["failed"], again
    assert runner(hub)(GROUP, {"name": "g", **mine})["changed"] is False


def test_a_user_vanishes_before_the_change(hub: Hub) -> None:
    """The change of a user who no longer exists fails, and the other items are done."""
    hub.add_users("ada", "bob")
    task = {
        "users": [{"name": "new"}, {"name": "ada", "admin": True}, {"name": "bob", "admin": True}]
    }
    with Wire(
        hub, before=meanwhile(hub, "PATCH", lambda: hub.expect("DELETE", "/users/ada"))
    ) as wire:
        result = runner(hub, hub_url=wire.url)(USER, task)
    assert (result["failed"], result["changed"], result["status"]) == (True, True, 404)
    assert [change["name"] for change in result["changes"]] == ["new", "bob"]
    assert [refusal["name"] for refusal in result["refused"]] == ["ada"]
    one_sentence(result)


def test_a_group_appears_or_loses_a_user(hub: Hub) -> None:
    """After a refusal in the middle of a list of groups the report is correct, and the next run
    does the rest.
    """
    hub.add_users("ada", "bob")
    task = {
        "groups": [{"name": "a", "users": ["ada"]}, {"name": "b", "users": ["bob"]}, {"name": "c"}]
    }

    def third(number: int, method: str, path: str) -> None:
        if method == "POST" and path.endswith("/groups/b"):
            hub.api("DELETE", "/users/bob")

    with Wire(hub, before=third) as wire:
        result = runner(hub, hub_url=wire.url)(GROUP, task)
    assert (result["failed"], result["changed"], result["status"]) == (True, True, 400)
    assert "No such user: bob" in result["msg"]
    # The group is created even if a member does not exist.
    assert [change["name"] for change in result["changes"]] == ["a", "b", "c"]
    assert [refusal["name"] for refusal in result["refused"]] == ["b"]
    assert members(hub) == {"a": ["ada"], "b": [], "c": []}
    hub.expect("DELETE", "/groups/b")
    hub.add_users("bob")
    with Wire(hub, before=meanwhile(hub, "POST", lambda: hub.add_group("b"))) as wire:
        result = runner(hub, hub_url=wire.url)(GROUP, task)
    assert (result["failed"], result["changed"]) == (True, False)
    assert "Group b was created by another client" in result["msg"]
    assert runner(hub)(GROUP, task)["changed"]
    assert members(hub) == {"a": ["ada"], "b": ["bob"], "c": []}


def on_a_hub_with_people(hub: Hub) -> None:
    """Reset the hub to three people, one of whom is in a group."""
    hub.reset()
    hub.add_users("ada", "bob", "cy")
    hub.add_group("there", "ada")


LOST = {
    "users": (
        USER,
        {
            "users": [
                {"name": "dee"},
                {"name": "eve"},
                {"name": "fay"},
                {"name": "boss", "admin": True},
                {"name": "bob", "admin": True},
            ]
        },
    ),
    "groups": (
        GROUP,
        {
            "groups": [
                {"name": "new", "users": ["ada", "bob", "cy"], "properties": {"term": "2027"}},
                {"name": "there", "users": ["bob"]},
                {"name": "empty"},
            ]
        },
    ),
}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("kind", LOST)
def test_a_lost_answer_is_looked_up_and_the_write_not_doubled(hub: Hub, kind: str) -> None:
    """After a lost response to any write, the task reports the change as done, and sends every POST
    that creates something only once.
    """

    def makes(mark: int) -> list[Request]:
        """Return the POST requests that create something. Adding members is left out: the task may
        repeat it, because the result is the same.
        """
        return [
            request
            for request in hub.requests(mark)
            if request.method == "POST" and not re.search("^/groups/.*/users$", request.path)
        ]

    name, task = LOST[kind]
    on_a_hub_with_people(hub)
    mark = hub.mark()
    with Wire(hub) as wire, chunks(2):
        whole = runner(hub, hub_url=wire.url)(name, task)
    wanted, sent, made = snapshot(hub), list(wire.seen), makes(mark)
    assert not whole["failed"], whole
    lost = [number for number, (method, _path) in enumerate(sent) if method != "GET"]
    assert len(lost) == {"users": 4, "groups": 6}[kind], sent
    for number in lost:
        on_a_hub_with_people(hub)
        mark = hub.mark()
        with Wire(hub, lose=[number]) as wire, chunks(2):
            result = runner(hub, hub_url=wire.url)(name, task)
        assert (result["failed"], result["changed"], result["retries"]) == (False, True, 1), (
            sent[number],
            result,
        )
        assert result["changes"] == whole["changes"], sent[number]
        assert snapshot(hub) == wanted, sent[number]
        assert makes(mark) == made, sent[number]
