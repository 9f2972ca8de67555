# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: changes, summaries and diffs of steps, folded items, what a purge deletes. Pure
tables.
"""

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
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import (
    Kept,
    Prune,
    Why,
    amount_of,
    check_amount,
    matches,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.report import (
    merge_changes,
    summarize,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
    HIDDEN_BEFORE,
    Action,
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
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import LooseStep


def step(
    action: Action, name: str = "a", before: t.Any = None, after: t.Any = None, kind: str = "thing"
) -> Step:
    return LooseStep(action, kind, name, "do", before, after)


def add(*users: str, name: str = "a") -> Step:
    return step("add", name, {"users": []}, {"users": list(users)})


def remove(*users: str, name: str = "a") -> Step:
    return step("remove", name, {"users": list(users)}, {"users": []})


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
def test_steps_are_told_as_changes(
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


def test_a_step_is_told_without_its_secrets() -> None:
    secret = SetAuthState("ada", {"x": "s3cr3t"}, replaces=True)
    assert (secret.before, secret.after) == ({"auth_state": HIDDEN_BEFORE}, {"auth_state": HIDDEN})
    assert "s3cr3t" not in repr(secret) + repr(merge_changes([secret])) + repr(
        diff_of([secret])
    ) + repr(Plan((secret,)))


def test_two_steps_that_say_the_same_are_two() -> None:
    first, second = step("stop"), step("stop")
    assert first != second
    assert len({first, second}) == 2


def test_a_summary_counts_changes_by_action() -> None:
    changes = merge_changes(
        [step("create", "x"), step("create", "y"), remove("u"), remove("v"), step("delete", "z")]
    )
    assert summarize(changes, 7) == {"create": 2, "remove": 1, "delete": 1, "unchanged": 7}
    assert summarize([], 0) == {"unchanged": 0}


# Diffs


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
def test_of_several_steps_on_one_object_the_diff_tells_the_first_past_and_the_last_future(
    steps: list[Step], before: t.Any, after: t.Any
) -> None:
    if steps:
        assert sides_of(steps) == ({"thing": {"a": before}}, {"thing": {"a": after}})
    else:
        assert sides_of(steps) == ({}, {})


def apply_to(state: t.Any, one: Step) -> t.Any:
    """What a step makes of an object; lists are members."""
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


def test_the_diff_of_any_steps_on_one_object_leads_from_its_past_to_its_future() -> None:
    """All combinations of steps that can follow each other: what the diff says of a field is what
    happened to it.
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


def test_a_diff_tells_every_change_in_a_line_that_stands_for_itself_in_a_fixed_order() -> None:
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
    # One that is not like the others is shown, wherever it is in the list.
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


# Sameness


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


# Folding


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
    assert items == given, "what the task says is left alone"


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


# Purges


PRUNE = {"prune": True, "prune_keep": [], "prune_match": None, "prune_limit": "10%"}


@pytest.mark.parametrize("limit", ["0", "25", "10%", "0%", "100%", " 7 ", "250%"])
def test_a_limit_is_a_count_or_a_percentage(limit: str) -> None:
    prune = Prune.from_options({**PRUNE, "prune_limit": limit})
    assert prune is not None
    assert prune.limit == limit


@pytest.mark.parametrize(
    "limit",
    ["", "%", "ten", "-1", "-5%", "1.5", "10 %", "10%%", "1e3", "0x10", "+5", "10%5", "1_000"],
)
def test_another_limit_is_refused(limit: str) -> None:
    with pytest.raises(RefusedError, match=r"prune_limit .* is neither a count nor a percentage"):
        Prune.from_options({**PRUNE, "prune_limit": limit})


def test_a_limit_does_not_matter_without_a_purge() -> None:
    assert Prune.from_options({**PRUNE, "prune": False, "prune_limit": "nonsense"}) is None


@pytest.mark.parametrize(
    ("options", "prune"),
    [
        ({}, Prune()),
        ({"prune_keep": ["a*", "b"]}, Prune(keep=("a*", "b"))),
        ({"prune_match": []}, Prune(match=())),
        ({"prune_match": ["s-*"], "prune_limit": "5"}, Prune(match=("s-*",), limit="5")),
    ],
)
def test_the_options_of_a_purge(options: dict[str, t.Any], prune: Prune) -> None:
    assert Prune.from_options({**PRUNE, **options}) == prune


def users(count: int) -> list[str]:
    return [f"u{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("total", "limit", "allowed"),
    [
        (0, "10%", 0),
        (1, "10%", 1),
        (9, "10%", 1),
        (10, "10%", 1),
        (11, "10%", 2),
        (100, "10%", 10),
        (101, "10%", 11),
        (100, "29%", 29),
        (1000, "57%", 570),
        (7, "0%", 0),
        (7, "100%", 7),
        (7, "250%", 7),
        (50, "0", 0),
        (50, "7", 7),
        (50, " 7 ", 7),
        (3, "25", 3),
    ],
)
def test_as_many_go_as_the_limit_allows_and_not_one_more(
    total: int, limit: str, allowed: int
) -> None:
    prune = Prune(limit=limit)
    everyone = users(total)
    kept, going = (
        ["boss", *everyone[allowed - 1 :]] if allowed else ["boss", *everyone],
        everyone[: max(0, allowed - 1)],
    )
    # Declared names need not be on the hub, so that the number of those that may go is what is
    # counted.
    assert selected(prune, everyone, kept) == going
    if allowed:
        assert selected(prune, everyone, ["boss", *everyone[allowed:]]) == everyone[:allowed]
    if allowed < total:
        with pytest.raises(RefusedError) as caught:
            prune.select("users", everyone, ["boss", *everyone[allowed + 1 :]])
        assert caught.value.details["would_delete"] == everyone[: allowed + 1]
        assert (
            f"prune would delete {allowed + 1} of {total} users, more than prune_limit {limit}"
            f" allows ({allowed}): u0" in str(caught.value)
        )


def selected(prune: Prune, existing: list[str], declared: list[str]) -> list[str]:
    return list(prune.select("users", existing, declared).going)


@pytest.mark.parametrize(
    ("prune", "going"),
    [
        (Prune(limit="100"), ["ada", "s-1", "s-2", "s-10", "S-3"]),
        (Prune(keep=("s-1",), limit="100"), ["ada", "s-2", "s-10", "S-3"]),
        (Prune(keep=("s-*",), limit="100"), ["ada", "S-3"]),
        (Prune(match=("s-*",), limit="100"), ["s-1", "s-2", "s-10"]),
        (Prune(match=("s-?", "S*"), limit="100"), ["s-1", "s-2", "S-3"]),
        (Prune(match=("s-*",), keep=("s-1*",), limit="100"), ["s-2"]),
        (Prune(match=("s-[12]",), limit="100"), ["s-1", "s-2"]),
        (Prune(match=(), limit="100"), []),
        (Prune(keep=("*",), limit="0"), []),
    ],
)
def test_the_patterns_say_what_stays_and_what_may_go(prune: Prune, going: list[str]) -> None:
    existing = ["root", "ada", "s-1", "s-2", "s-10", "S-3", "me"]
    assert (
        list(prune.select("users", existing, ["root", "not-there"], {"me": "caller"}).going)
        == going
    )


def test_patterns_are_spelt_like_names() -> None:
    existing = ["ada", "Eve", "prof.smith", "s-1"]
    assert Prune(keep=("Prof.*", "EVE"), limit="9").select(
        "users", existing, ["ada"], spell=str.lower
    ).going == ("s-1",)
    assert Prune(match=("S-*",), limit="9").select(
        "users", existing, ["ada"], spell=str.lower
    ).going == ("s-1",)


@pytest.mark.parametrize(
    "name", ["svc[1]", "x[bot]", "course [2024]", "what?", "a*", "[a-", "[!x]", "tab[\t]"]
)
def test_a_name_that_looks_like_a_pattern_protects_itself(name: str) -> None:
    verdict = Prune(keep=(name,), limit="9").select("users", [name, "other"], ["boss"])
    assert verdict.going == ("other",)
    assert (verdict.kept, verdict.unfitting) == ((Kept(name, "keep"),), ())
    assert Prune(match=(name,), limit="9").select("users", [name, "other"], ["boss"]).going == (
        name,
    )


def test_why_what_is_not_declared_stays() -> None:
    protected: dict[str, Why] = {
        "me": "caller",
        "root": "admin",
        "tutor": "role",
        "ADA": "look_alike",
    }
    existing = ["ada", "me", "root", "tutor", "ADA", "s-1", "keeper", "gone", "left"]
    prune = Prune(keep=("keeper", "me", "root", "nobody*"), match=("[!s]*",), limit="9")
    verdict = prune.select("users", existing, ["ada"], protected, spoken_of={"left"}, unnamed=2)
    assert verdict.going == ("gone",)
    assert verdict.returned == {
        "kept": [
            {"name": None, "why": "unnamed"},
            {"name": None, "why": "unnamed"},
            {"name": "me", "why": "caller"},
            {"name": "root", "why": "admin"},
            {"name": "tutor", "why": "role"},
            {"name": "ADA", "why": "look_alike"},
            {"name": "keeper", "why": "keep"},
        ],
        "unmatched": 1,
    }
    assert verdict.warnings("user") == [
        "These patterns of prune_keep fit no user on the hub and none declared: 'nobody*'."
    ]


@pytest.mark.parametrize(
    ("going", "declared"),
    [
        ("zoe\u0308", "zo\u00eb"),
        ("zo\u00eb", "zoe\u0308"),
        ("CS1", "cs1"),
        ("Stra\u00dfe", "STRASSE"),
        ("\u212bngstr\u00f6m", "\u00c5ngstro\u0308m"),
        ("\u0130x", "i\u0307x"),
    ],
)
def test_a_prune_stops_where_something_to_delete_looks_like_something_declared(
    going: str, declared: str
) -> None:
    for existing in ([going, "x"], [going, declared, "x"]):
        with pytest.raises(
            RefusedError, match="prune would delete groups that look like declared ones"
        ) as caught:
            Prune(limit="100%").select("groups", existing, [declared, "x"])
        assert caught.value.details["look_alikes"] == [{"name": going, "declared": declared}]
        # In the sentence they can be told from each other.
        assert caught.value.message.isprintable()
        assert going.isascii() or "\\u" in caught.value.message
    for prune in (Prune(keep=(going,), limit="9"), Prune(match=("x",), limit="9")):
        assert prune.select("groups", [going, "x"], [declared, "x"]).going == ()
    assert (
        Prune(limit="9").select("groups", [going, "x"], [declared, "x"], spoken_of=[going]).going
        == ()
    )


@pytest.mark.parametrize(
    ("text", "total", "amount"),
    [
        ("0", 9, 0),
        ("7", 9, 7),
        ("50%", 9, 5),
        ("1%", 9, 1),
        ("0%", 9, 0),
        (" 50% ", 2, 1),
        ("100%", 0, 0),
    ],
)
def test_an_amount_is_a_count_or_a_percentage_rounded_up(
    text: str, total: int, amount: int
) -> None:
    check_amount("remove_limit", text)
    assert amount_of(text, total) == amount


@pytest.mark.parametrize("text", ["", "-1", "some", "5.5%", "%", "1e3", "9999999999"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match=r"remove_limit .* is neither a count nor a percentage"):
        check_amount("remove_limit", text)


def test_a_percentage_is_of_what_may_go() -> None:
    existing = [*users(100), "s-1", "s-2", "s-3"]
    prune = Prune(match=("s-*",), limit="34%")
    assert selected(prune, existing, ["u0", "s-3"]) == ["s-1", "s-2"]
    with pytest.raises(
        RefusedError,
        match=r"prune would delete 3 of 3 users, more than prune_limit 34% allows \(2\)",
    ):
        prune.select("users", existing, ["u0"])


def test_nothing_declared_is_refused_even_where_nothing_would_go() -> None:
    for prune in (Prune(), Prune(limit="100%"), Prune(match=()), Prune(keep=("*",))):
        with pytest.raises(
            RefusedError, match="prune with no declared groups would delete every one of them"
        ):
            prune.select("groups", [], [], {"me": "caller"})


def test_a_long_list_of_victims_is_told_short_and_returned_whole() -> None:
    with pytest.raises(RefusedError) as caught:
        Prune().select("users", users(50), ["boss"])
    assert "u18, u19 and 30 more." in str(caught.value)
    assert caught.value.to_result()["would_delete"] == users(50)


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
