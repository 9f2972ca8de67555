# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The diff of a plan."""

from __future__ import annotations

import copy
import itertools
import json
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.diff import (
    MANY,
    diff_of,
    sides_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
    Step,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.steps import (
    add,
    remove,
    step,
)

DIFFS: dict[str, tuple[list[Step], t.Any, t.Any]] = {
    "nothing": ([], {}, {}),
    "create": ([step("create", after={"admin": False})], None, {"admin": False}),
    "create empty": ([step("create", after={})], None, {}),
    "update": (
        [step("update", before={"admin": False}, after={"admin": True})],
        {"admin": False},
        {"admin": True},
    ),
    "two fields": (
        [
            step("update", before={"x": 1}, after={"x": 2}),
            step("update", before={"y": 1}, after={"y": 2}),
        ],
        {"x": 1, "y": 1},
        {"x": 2, "y": 2},
    ),
    "one field twice": (
        [
            step("update", before={"x": 1}, after={"x": 2}),
            step("update", before={"x": 2}, after={"x": 3}),
        ],
        {"x": 1},
        {"x": 3},
    ),
    "create and update": (
        [
            step("create", after={"admin": False}),
            step("update", before={"auth_state": None}, after={"auth_state": HIDDEN}),
        ],
        None,
        {"admin": False, "auth_state": HIDDEN},
    ),
    "create and change": (
        [step("create", after={"x": 1}), step("update", before={"x": 1}, after={"x": 2})],
        None,
        {"x": 2},
    ),
    "create and add": (
        [step("create", after={"users": ["a"]}), add("b"), add("c")],
        None,
        {"users": ["a", "b", "c"]},
    ),
    "create empty and add": ([step("create", after={}), add("b")], None, {"users": ["b"]}),
    "rename and update": (
        [
            step("rename", "a", {"name": "old"}, {"name": "a"}),
            step("update", before={"x": 1}, after={"x": 2}),
        ],
        {"name": "old", "x": 1},
        {"name": "a", "x": 2},
    ),
    "add": ([add("x"), add("y")], {"users": []}, {"users": ["x", "y"]}),
    "remove": ([remove("x"), remove("y")], {"users": ["x", "y"]}, {"users": []}),
    "remove and add": (
        [remove("x"), remove("y"), add("z")],
        {"users": ["x", "y"]},
        {"users": ["z"]},
    ),
    "members and properties": (
        [
            remove("x"),
            add("z"),
            step("update", before={"properties": {"p": 1}}, after={"properties": {}}),
        ],
        {"users": ["x"], "properties": {"p": 1}},
        {"users": ["z"], "properties": {}},
    ),
    "delete": ([step("delete", before={"admin": True})], {"admin": True}, None),
    "update and delete": (
        [step("update", before={"x": 1}, after={"x": 2}), step("delete", before={"x": 2, "y": 3})],
        {"x": 1, "y": 3},
        None,
    ),
    "stop and delete": (
        [
            step("stop", before={"active": True}, after={"active": False}),
            step("delete", before={"x": 1}),
        ],
        {"active": True, "x": 1},
        None,
    ),
    "delete and create": (
        [step("delete", before={"x": 1}), step("create", after={"x": 2})],
        {"x": 1},
        {"x": 2},
    ),
    "delete, create and update": (
        [
            step("delete", before={"x": 1}),
            step("create", after={"x": 2}),
            step("update", before={"y": None}, after={"y": 3}),
        ],
        {"x": 1},
        {"x": 2, "y": 3},
    ),
    "delete, create and add": (
        [step("delete", before={"users": ["x"]}), step("create", after={}), add("y")],
        {"users": ["x"]},
        {"users": ["y"]},
    ),
    "list field replaced twice": (
        [
            step("update", before={"scopes": ["a"]}, after={"scopes": ["b"]}),
            step("update", before={"scopes": ["b"]}, after={"scopes": ["c"]}),
        ],
        {"scopes": ["a"]},
        {"scopes": ["c"]},
    ),
    "create and delete": (
        [step("create", after={"x": 1}), step("delete", before={"x": 1})],
        None,
        None,
    ),
    "list field replaced": (
        [step("update", before={"scopes": ["a"]}, after={"scopes": ["b"]})],
        {"scopes": ["a"]},
        {"scopes": ["b"]},
    ),
}


@pytest.mark.parametrize(("steps", "before", "after"), DIFFS.values(), ids=DIFFS)
def test_the_diff_of_several_steps_shows_the_first_old_and_the_last_new_values(
    steps: list[Step], before: t.Any, after: t.Any
) -> None:
    if steps:
        assert sides_of(steps) == ({"thing": {"a": before}}, {"thing": {"a": after}})
    else:
        assert sides_of(steps) == ({}, {})


def apply_to(state: t.Any, one: Step) -> t.Any:
    """Apply a step to an object; lists are members."""
    if one.action == "delete":
        return None
    state = dict(state or {})
    after: dict[str, t.Any] = dict(one.after or {})
    before: dict[str, t.Any] = dict(one.before or {})
    for field, value in after.items():
        if one.action == "add":
            state[field] = sorted({*state.get(field, []), *value})
        elif one.action != "remove":
            state[field] = value
    if one.action == "remove":
        for field, value in before.items():
            state[field] = sorted({*state[field]} - {*value})
    return state


def test_the_diff_of_any_steps_shows_the_old_and_the_new_values() -> None:
    """For all possible sequences of steps, the diff shows the first old value and the last new
    value of each field.
    """
    count = 0
    possible: dict[str, t.Callable[[t.Any, int], Step]] = {
        "create": lambda state, number: step("create", after={"x": number, "users": ["m"]}),
        "update": lambda state, number: step(
            "update", before={"x": state["x"]}, after={"x": number}
        ),
        "grow": lambda state, number: step(
            "update", before={"y": state.get("y")}, after={"y": number}
        ),
        "add": lambda state, number: add(f"u{number}"),
        "remove": lambda state, number: step(
            "remove", before={"users": state["users"][:1]}, after={"users": []}
        ),
        "delete": lambda state, number: step("delete", before=dict(state)),
    }
    starts: list[dict[str, t.Any] | None] = [None, {"x": 0, "users": ["k", "l"]}]
    for start in starts:
        for actions in itertools.chain.from_iterable(
            itertools.product(possible, repeat=length) for length in range(1, 5)
        ):
            state: t.Any = copy.deepcopy(start)
            steps = []
            for number, action in enumerate(actions, 1):
                if (state is None) != (action == "create") or (
                    action == "remove" and not state["users"]
                ):
                    break
                steps.append(possible[action](state, number))
                state = apply_to(state, steps[-1])
            if len(steps) < len(actions):
                continue
            count += 1
            sides: t.Any = sides_of(steps)
            before, after = (side["thing"]["a"] for side in sides)
            assert (before is None) == (start is None), actions
            assert (after is None) == (state is None), actions
            for field in ("x", "y"):
                if start is not None and field in (before or {}):
                    assert before[field] == start.get(field), actions
                if state is not None and field in (after or {}):
                    assert after[field] == state.get(field), actions
            if "delete" not in actions and start is not None and state is not None:
                gone = set(start["users"]) - set(state["users"])
                new = set(state["users"]) - set(start["users"])
                assert gone <= set(before.get("users", [])), actions
                assert new <= set(after.get("users", [])), actions
    assert count > 300


def test_a_diff_has_one_complete_line_for_each_change_in_a_fixed_order() -> None:
    steps = [
        step("delete", "z", {"b": None, "a": {"y": 1, "x": 2}}, None, kind="user"),
        step("stop", "z/s", {"active": True}, {"active": False}, kind="server"),
        step("add", "g", {"users": []}, {"users": ["ü", "a: b"]}, kind="group"),
        step("create", "empty", None, {}, kind="group"),
        step("create", "c", None, {"a": "1"}, kind="user"),
    ]
    assert diff_of(steps) == {
        "before": (
            'server z/s: active: true\nuser z\nuser z: a: {"x": 2, "y": 1}\nuser z: b: null\n'
        ),
        "after": (
            'group empty\ngroup g: users: "ü"\ngroup g: users: "a: b"\nserver z/s: active:'
            ' false\nuser c\nuser c: a: "1"\n'
        ),
    }


@pytest.mark.parametrize("name", ["a: b", " a", "a ", "a\nuser b", '"a"', "a\u202eb"])
def test_a_name_that_could_be_taken_for_something_else_is_quoted_in_a_diff(name: str) -> None:
    assert diff_of([step("create", name, None, {}, kind="group")]) == {
        "before": "",
        "after": f"group {json.dumps(name)}\n",
    }


def test_of_many_like_changes_a_diff_shows_the_first_and_counts_the_others() -> None:
    names = [f"s{number:03}" for number in range(300)]
    steps = [step("create", name, None, {"admin": False}, kind="user") for name in names]
    # A change that differs from the others is shown, wherever it is in the list.
    steps[250] = step("create", "s250", None, {"admin": True}, kind="user")
    steps.append(add(*names))
    diff = diff_of(steps)
    after = diff["after"].splitlines()
    assert len(after) == 2 * MANY + 2 + MANY + 2
    assert "user s250: admin: true" in after
    assert f"user s{MANY - 1:03}: admin: false" in after
    assert after[-2:] == [
        f"... {299 - MANY} more like user s000, see changes in the result (-v)",
        f"... {300 - MANY} more in thing a: users, see changes in the result (-v)",
    ]
    assert diff["before"] == ""


def test_a_diff_shows_everything_that_is_deleted_or_removed() -> None:
    names = [f"s{number:03}" for number in range(300)]
    steps = [step("delete", name, {"admin": False}, None, kind="user") for name in names]
    steps.append(step("remove", "g", {"users": names}, {"users": []}, kind="group"))
    diff = diff_of(steps)
    assert len(diff["before"].splitlines()) == 2 * 300 + 300
    assert diff["after"] == ""


def test_objects_that_change_alike_are_left_out_of_both_sides_of_a_diff() -> None:
    steps = [
        step("update", f"s{number:03}", {"admin": True}, {"admin": False}) for number in range(60)
    ]
    diff = diff_of(steps)
    assert len(diff["before"].splitlines()) == MANY
    after = diff["after"].splitlines()
    assert len(after) == MANY + 1
    assert after[-1].startswith(f"... {60 - MANY} more like thing s000")
