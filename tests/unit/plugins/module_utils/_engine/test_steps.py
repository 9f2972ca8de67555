# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps as changes, merged items, and equal values."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.diff import (
    diff_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.report import (
    merge_changes,
    summarize,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
    HIDDEN_BEFORE,
    Plan,
    Step,
    alike,
    fold,
    same,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.steps import (
    SetAuthState,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed, matches
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.steps import (
    add,
    remove,
    step,
    users,
)

# Changes


@pytest.mark.parametrize(
    ("steps", "changes"),
    [
        ([], []),
        ([step("create", after={"admin": True})], [("create", "a", {"admin": True})]),
        (
            [step("update", before={"admin": False}, after={"admin": True})],
            [("update", "a", {"admin": True})],
        ),
        ([step("rename", "b", {"name": "a"}, {"name": "b"})], [("rename", "b", {"name": "b"})]),
        ([step("delete", before={"admin": True})], [("delete", "a", {})]),
        ([add("x", "y"), add("z")], [("add", "a", {"users": ["x", "y", "z"]})]),
        (
            [remove("x"), remove("y"), add("z")],
            [("remove", "a", {"users": ["x", "y"]}), ("add", "a", {"users": ["z"]})],
        ),
        (
            [add("x"), add("y", name="b"), add("z")],
            [
                ("add", "a", {"users": ["x"]}),
                ("add", "b", {"users": ["y"]}),
                ("add", "a", {"users": ["z"]}),
            ],
        ),
        (
            [step("create", after={"users": ["w"]}), add("x"), add("y")],
            [("create", "a", {"users": ["w", "x", "y"]})],
        ),
        ([step("create", after={}), add("x")], [("create", "a", {"users": ["x"]})]),
        (
            [step("create", after={}), add("x", name="b")],
            [("create", "a", {}), ("add", "b", {"users": ["x"]})],
        ),
        (
            [step("create", after={}), remove("x")],
            [("create", "a", {}), ("remove", "a", {"users": ["x"]})],
        ),
        (
            [step("update", after={"x": 1}), step("update", after={"y": 2})],
            [("update", "a", {"x": 1}), ("update", "a", {"y": 2})],
        ),
        (
            [add("x"), step("add", after={"groups": ["g"]})],
            [("add", "a", {"users": ["x"], "groups": ["g"]})],
        ),
        (
            [
                step("add", after={"users": ["x"]}, kind="group"),
                step("add", after={"users": ["y"]}, kind="share"),
            ],
            [("add", "a", {"users": ["x"]}), ("add", "a", {"users": ["y"]})],
        ),
    ],
    ids=[
        "nothing",
        "create",
        "update",
        "rename",
        "delete",
        "add twice",
        "remove and add",
        "others between",
        "create and add",
        "create empty and add",
        "create and add to another",
        "create and remove",
        "updates",
        "other field",
        "other kind",
    ],
)
def test_steps_are_reported_as_changes(
    steps: list[Step], changes: list[tuple[str, str, t.Any]]
) -> None:
    told = merge_changes(steps)
    assert [(change["action"], change["name"], change["fields"]) for change in told] == changes
    assert [set(change) for change in told] == [{"action", "kind", "name", "fields"}] * len(changes)


def test_telling_steps_does_not_alter_them() -> None:
    steps = [
        remove("x"),
        remove("y"),
        add("z"),
        add("w"),
        step("create", "b", after={"users": ["v"]}),
    ]
    before = copy.deepcopy([(one.before, one.after) for one in steps])
    assert merge_changes(steps) == merge_changes(steps)
    assert diff_of(steps) == diff_of(steps)
    assert [(one.before, one.after) for one in steps] == before


def test_a_step_is_reported_without_its_secrets() -> None:
    secret = SetAuthState("ada", {"x": "s3cr3t"}, replaces=True)
    assert (secret.before, secret.after) == ({"auth_state": HIDDEN_BEFORE}, {"auth_state": HIDDEN})
    assert "s3cr3t" not in repr(secret) + repr(merge_changes([secret])) + repr(
        diff_of([secret])
    ) + repr(Plan((secret,)))


def test_equal_steps_are_different_steps() -> None:
    first, second = step("stop"), step("stop")
    assert first != second
    assert len({first, second}) == 2


def test_a_summary_counts_changes_by_action() -> None:
    changes = merge_changes(
        [step("create", "x"), step("create", "y"), remove("u"), remove("v"), step("delete", "z")]
    )
    assert summarize(changes, 7) == {"create": 2, "remove": 1, "delete": 1, "unchanged": 7}
    assert summarize([], 0) == {"unchanged": 0}


# Equal values


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, True, False),
        (1, 1.0, False),
        (0, False, False),
        ("1", 1, False),
        (None, {}, False),
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}, True),
        ([1, 2], [2, 1], False),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}, True),
        (10**30, 10**30, True),
        ("é", "e\u0301", False),
        (float("nan"), float("nan"), True),
    ],
)
def test_values_are_the_same_when_their_json_is(one: t.Any, other: t.Any, equal: bool) -> None:
    for pair in ((one, other), (other, one)):
        assert same(*pair) is equal


# Merging items


def by_name(item: dict[str, t.Any]) -> str:
    return str(item["name"]).lower()


@pytest.mark.parametrize(
    ("items", "folded"),
    [
        ([], []),
        ([{"name": "a", "x": 1}], [{"name": "a", "x": 1}]),
        (
            [{"name": "a", "x": 1}, {"name": "b", "x": 2}],
            [{"name": "a", "x": 1}, {"name": "b", "x": 2}],
        ),
        ([{"name": "a", "x": 1}, {"name": "A", "x": 1}], [{"name": "a", "x": 1}]),
        (
            [{"name": "a", "x": None, "y": 2}, {"name": "a", "x": 1, "y": None}],
            [{"name": "a", "x": 1, "y": 2}],
        ),
        (
            [{"name": "a", "x": [], "y": None}, {"name": "a", "x": None, "y": False}],
            [{"name": "a", "x": [], "y": False}],
        ),
        (
            [{"name": "a", "x": {"b": 1, "a": 2}}, {"name": "a", "x": {"a": 2, "b": 1}}],
            [{"name": "a", "x": {"b": 1, "a": 2}}],
        ),
        (
            [{"name": "b"}, {"name": "a"}, {"name": "b", "x": 1}],
            [{"name": "b", "x": 1}, {"name": "a"}],
        ),
    ],
)
def test_items_that_mean_one_object_become_one(
    items: list[dict[str, t.Any]], folded: list[dict[str, t.Any]]
) -> None:
    given = copy.deepcopy(items)
    assert fold(items, by_name, lambda item: item["name"]) == folded
    assert items == given, "the options of the task must not be changed"


@pytest.mark.parametrize(
    "items",
    [
        [{"name": "a", "admin": True}, {"name": "A", "admin": False}],
        [{"name": "a", "admin": 1}, {"name": "a", "admin": True}],
        [
            {"name": "a", "admin": None},
            {"name": "a", "admin": "s3cr3t"},
            {"name": "a", "admin": "other"},
        ],
        [{"name": "a", "admin": []}, {"name": "a", "admin": ["x"]}],
    ],
)
def test_items_that_contradict_each_other_are_refused_without_their_values(
    items: list[dict[str, t.Any]],
) -> None:
    with pytest.raises(RefusedError) as caught:
        fold(items, by_name, lambda item: f"User {item['name']}")
    assert (
        str(caught.value)
        == f"User {items[-1]['name']} is declared twice with different admin: keep one of them."
    )


# Small tools


@pytest.mark.parametrize(("most", "count"), [(1, 1), (2, 2), (3, 3), (100, 3)])
def test_how_many_of_the_first_steps_are_alike(most: int, count: int) -> None:
    steps = [step("create"), step("create"), step("create"), step("delete"), step("create")]
    assert alike(steps, lambda one: one.action == "create", most) == count
    assert alike(steps[3:], lambda one: one.action == "delete", most) == 1
    assert alike(steps[:1], lambda one: one.action == "create", most) == 1


@pytest.mark.parametrize(
    ("name", "globs", "fits"),
    [
        ("ada", [], False),
        ("ada", ["*"], True),
        ("ada", ["Ada"], False),
        ("ADA", ["A*"], True),
        ("s-1", ["t-*", "s-*"], True),
        ("course/1", ["course/*"], True),
        ("course/1", ["course*"], True),
        ("a.b", ["a?b"], True),
        ("a[1]", ["a[1]"], True),
        ("a[1]", ["a[[]1]"], True),
        ("a\nb", ["a*"], True),
        ("", ["*"], True),
    ],
)
def test_globs(name: str, globs: list[str], fits: bool) -> None:
    assert matches(name, globs) is fits


@pytest.mark.parametrize(
    ("count", "told"), [(0, ""), (1, "u0"), (3, "u0, u1, u2"), (4, "u0, u1, u2 and 1 more")]
)
def test_names_for_a_sentence(count: int, told: str) -> None:
    assert listed(iter(users(count)), 3) == told
