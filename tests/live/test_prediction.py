# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode predicts the real run, and the real run does what is declared: random hubs, random
tasks, and a model to compare with.

The same few examples are used every time. ``TEST_EXAMPLES=500`` tests 500 random ones, and a
failure prints how to repeat it.
"""

from __future__ import annotations

import fnmatch
import json
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import (
    GROUP,
    USER,
    Result,
    admins,
    converge,
    examples,
    facts,
    refused,
    runner,
    snapshot,
    writes,
)

# This many examples cover all kinds of changes.
ENOUGH = 24
SETTINGS = examples(ENOUGH)

Users = dict[str, bool]
Groups = dict[str, tuple[set[str], dict[str, Any]]]
Task = dict[str, Any]
# The probability that an option is set, and its values.
Odds = tuple[float, Sequence[Any]]

PEOPLE = ("ada", "bob", "cy", "dee", "eve")
COURSES = ("g", "h", "i/j")


def pick(dice: random.Random, **options: Odds) -> Task:
    """Return a random choice of options."""
    return {
        name: dice.choice(values)
        for name, (chance, values) in options.items()
        if dice.random() < chance
    }


def some(dice: random.Random, names: Sequence[str], least: int, most: int) -> list[str]:
    """Return some of the names, in any order."""
    return dice.sample(names, dice.randint(least, most))


def in_any_case(dice: random.Random, name: str) -> str:
    """Return a name in a case that people might use."""
    return dice.choice([name, name, name.upper(), name.title()])


def pruning(dice: random.Random, **more: Odds) -> Task:
    """Return options for pruning, or none."""
    if dice.random() < 0.5:
        return {}
    globs = {
        "prune_keep": (0.3, [["a*"], ["?"], []]),
        "prune_match": (0.3, [["[a-d]*"], ["g", "e*"], []]),
    }
    return {
        "prune": True,
        "prune_limit": dice.choice(["100%", "100%", "50%", "3", "1", "10%", "0"]),
        **pick(dice, **globs, **more),
    }


STATES = ["present", "present", "absent"]


# Python makes the random choices, because hypothesis prefers short lists and equal values, so that
# a few examples would cover little.
@st.composite
def users_and_task(draw: st.DrawFn) -> tuple[Users, Task]:
    """Return the users of a hub, and a task for them."""
    dice = draw(st.randoms(use_true_random=True))
    before = {name: dice.random() < 0.4 for name in some(dice, PEOPLE, 0, 5)}
    names = some(dice, PEOPLE, 0, 4)
    former = [name for name in before if name not in names]
    items = []
    for name in names:
        # A rename that can be done is rare.
        rename: Odds = (0.5, former) if former and name not in before else (0.1, [*PEOPLE, None])
        items.append(
            {
                "name": in_any_case(dice, name),
                **pick(
                    dice, state=(0.3, STATES), admin=(0.6, [True, False, None]), rename_from=rename
                ),
            }
        )
    return before, {
        "users": items,
        **pick(dice, state=(0.3, STATES)),
        **pruning(dice, prune_admins=(0.5, [True, False])),
    }


VALUES = [0, 1, 1.0, True, False, None, "ü", "1", [], [1], [True], {}, {"x": 1}]


def properties(dice: random.Random) -> dict[str, Any]:
    """Return random properties of a group."""
    return {key: dice.choice(VALUES) for key in some(dice, ["x", "y", ""], 0, 2)}


@st.composite
def groups_and_task(draw: st.DrawFn) -> tuple[Groups, Task]:
    """Return the groups of a hub, and a task for them."""
    dice = draw(st.randoms(use_true_random=True))
    before = {
        name: (set(some(dice, PEOPLE[:4], 0, 4)), properties(dice))
        for name in some(dice, COURSES, 0, 3)
    }
    modes: dict[str, Odds] = {
        "state": (0.2, STATES),
        "users_mode": (0.3, ["exact", "present", "absent"]),
        "properties_mode": (0.3, ["exact", "merge"]),
    }
    items = []
    for name in some(dice, COURSES, 0, 3):
        users = [in_any_case(dice, user) for user in some(dice, PEOPLE[:4], 0, 4)]
        # Eve does not exist on the hub.
        named: dict[str, Odds] = {
            "users": (0.7, [users, users, users, [*users, "eve"], None]),
            "properties": (0.6, [properties(dice), None]),
        }
        items.append({"name": name, **pick(dice, **modes, **named)})
    return before, {"groups": items, **pick(dice, **modes), **pruning(dice)}


# The model: the expected state, from the documentation and not from the code.


def pruned(
    existing: list[str], declared: set[str], spared: set[str], task: Task
) -> set[str] | None:
    """Return the names that prune deletes, or None if the task is refused."""
    if not task.get("prune"):
        return set()
    match, keep, limit = task.get("prune_match"), task.get("prune_keep", []), task["prune_limit"]
    scope = [
        name
        for name in existing
        if match is None or any(fnmatch.fnmatchcase(name, glob) for glob in match)
    ]
    going = {
        name
        for name in scope
        if name not in declared | spared
        and not any(fnmatch.fnmatchcase(name, glob) for glob in keep)
    }
    allowed = math.ceil(len(scope) * int(limit[:-1]) / 100) if limit.endswith("%") else int(limit)
    return going if declared and len(going) <= allowed else None


def users_after(before: Users, task: Task) -> Users | None:
    """Return the users after a task, or None if the task is refused."""
    items = {item["name"].lower(): item for item in task["users"]}
    states = {
        name: item.get("state") or task.get("state", "present") for name, item in items.items()
    }
    former = {
        name: item["rename_from"]
        for name, item in items.items()
        if item.get("rename_from") not in (None, name)
    }
    if set(former.values()) & set(items) or len(set(former.values())) < len(former):
        return None
    after = dict(before)
    for name, item in items.items():
        if states[name] == "absent":
            after.pop(name, None)
            continue
        if former.get(name) in before:
            if name in before:
                return None
            after[name] = after.pop(former[name])
        admin = item.get("admin")
        after[name] = after.get(name, False) if admin is None else admin
    declared = {name for name in items if states[name] == "present"}
    spared = {
        *items,
        *former.values(),
        *(name for name, admin in before.items() if admin and not task.get("prune_admins")),
    }
    going = pruned(list(before), declared, spared, task)
    return (
        None
        if going is None
        else {name: admin for name, admin in after.items() if name not in going}
    )


def groups_after(before: Groups, task: Task) -> tuple[Groups | None, bool]:
    """Return the groups after a task (None if it is refused), and whether members are missing on
    the hub.
    """
    after = dict(before)
    missing = False
    states = {}
    for item in task["groups"]:
        name = item["name"]
        states[name] = item.get("state") or task.get("state", "present")
        if states[name] == "absent":
            after.pop(name, None)
            continue
        users, properties = before.get(name, (set(), {}))
        if item.get("users") is not None:
            named = {user.lower() for user in item["users"]}
            mode = item.get("users_mode") or task.get("users_mode", "exact")
            wanted = {"exact": named, "present": users | named, "absent": users - named}[mode]
            missing = missing or "eve" in wanted
            users = wanted
        if item.get("properties") is not None:
            merge = (item.get("properties_mode") or task.get("properties_mode", "exact")) == "merge"
            properties = {**(properties if merge else {}), **item["properties"]}
        after[name] = (users, properties)
    declared = {name for name, state in states.items() if state == "present"}
    going = pruned(list(before), declared, set(states), task)
    return (
        None
        if going is None
        else {name: group for name, group in after.items() if name not in going}
    ), missing


def exactly(groups: Groups) -> str:
    """Return groups as text, in which 1, 1.0 and true differ."""
    return json.dumps(
        {name: (sorted(users), properties) for name, (users, properties) in groups.items()},
        sort_keys=True,
    )


def groups_of(hub: Hub) -> Groups:
    """Return the groups of the hub."""
    return {
        name: (set(group["users"]), group["properties"]) for name, group in hub.groups().items()
    }


# The tests


def every(tasks: st.SearchStrategy[Any], check: Callable[[Any, Task], set[str]]) -> set[str]:
    """Run many examples; return all events that occurred."""
    met: set[str] = set()

    @SETTINGS
    @given(tasks)
    def try_one(both: tuple[Any, Task]) -> None:
        met.update(check(*both))

    try_one()
    return met


def test_users(hub: Hub, module: ModuleRunner) -> None:
    """Random users and random tasks; all kinds of changes occur."""
    met = every(users_and_task(), lambda before, task: check_users(hub, module, before, task))
    assert SETTINGS.max_examples < ENOUGH or met >= {
        "create",
        "update",
        "rename",
        "delete",
        "prune",
        "refused",
        "unchanged",
    }


def test_groups(hub: Hub) -> None:
    """Random groups and random tasks; all kinds of changes occur. The requests bypass the proxy,
    because one name has a slash.
    """
    module = runner(hub, hub_url=hub.hub_url)
    met = every(groups_and_task(), lambda before, task: check_groups(hub, module, before, task))
    assert SETTINGS.max_examples < ENOUGH or met >= {
        "create",
        "add",
        "remove",
        "update",
        "delete",
        "prune",
        "refused",
        "unchanged",
        "members missing",
    }


def met_by(result: Result, task: Task) -> set[str]:
    """Return the events that occurred in a task."""
    actions = {change["action"] for change in result["changes"]}
    (items,) = (task[kind] for kind in ("users", "groups") if kind in task)
    declared = {name for item in items for name in (item["name"], item["name"].lower())}
    deleted = {change["name"] for change in result["changes"] if change["action"] == "delete"}
    return (actions or {"unchanged"}) | ({"prune"} if deleted - declared else set())


def check_users(hub: Hub, module: ModuleRunner, before: Users, task: Task) -> set[str]:
    """Run a task on these users; return the events that occurred."""
    hub.reset()
    for admin in (False, True):
        hub.add_users(
            *(name for name, is_admin in before.items() if is_admin == admin), admin=admin
        )
    # The users are in the hub's order, which is the order of creation.
    before = admins(hub)
    expected = users_after(before, task)
    if expected is None:
        refused(hub, module, USER, task)
        return {"refused"}
    result = converge(hub, module, USER, {**task, "return_objects": "all"})
    assert admins(hub) == expected
    assert result["changed"] == (expected != before)
    declared = {item["name"].lower() for item in task["users"]}
    assert {user["name"]: user["admin"] for user in result["users"]} == {
        name: expected[name] for name in declared & set(expected)
    }
    past, future = (facts(result["diff"][side]) for side in ("before", "after"))
    former = {name: fields["name"][0] for name, fields in past.items() if "name" in fields}
    expected_names = {
        name for name in {*before, *expected} if before.get(name) != expected.get(name)
    } - set(former.values())
    assert {*past, *future} == {f"user {name}" for name in expected_names}
    for name in expected_names:
        title = f"user {name}"
        old = former.get(title, name)
        assert (title in past, title in future) == (old in before, name in expected)
        for side, is_admin in ((past, before.get(old)), (future, expected.get(name))):
            assert side.get(title, {}).get("admin", [is_admin]) == [is_admin]
    return met_by(result, task)


def check_groups(hub: Hub, module: ModuleRunner, before: Groups, task: Task) -> set[str]:
    """Run a task on these groups; return the events that occurred."""
    hub.reset()
    hub.add_users(*PEOPLE[:4])
    for name, (users, properties) in before.items():
        hub.add_group(name, *users, properties=properties)
    assert exactly(groups_of(hub)) == exactly(before)
    expected, missing = groups_after(before, task)
    if expected is None:
        refused(hub, module, GROUP, task)
        return {"refused"}
    if missing:
        assert refused(hub, module, GROUP, task, checked=False)["missing_users"] == ["eve"]
        state, mark = snapshot(hub), hub.mark()
        predicted = module(GROUP, task, check=True, diff=True)
        assert "eve" in str(predicted["warnings"])
        assert (writes(hub.requests(mark)), snapshot(hub)) == ([], state)
        hub.add_users("eve")
        real = module(GROUP, task, diff=True)
        assert {key: real[key] for key in ("changes", "summary", "diff", "groups")} == {
            key: predicted[key] for key in ("changes", "summary", "diff", "groups")
        }
    real = converge(hub, module, GROUP, {**task, "return_objects": "all"})
    assert exactly(groups_of(hub)) == exactly(expected)
    assert missing or real["changed"] == (exactly(expected) != exactly(before))
    assert exactly(
        {group["name"]: (group["users"], group["properties"]) for group in real["groups"]}
    ) == exactly(
        {
            name: group
            for name, group in expected.items()
            if name in {item["name"] for item in task["groups"]}
        }
    )
    if missing:
        return {"members missing"}
    consistent(real["diff"], before, expected)
    return met_by(real, task)


def consistent(diff: Any, before: Groups, after: Groups) -> None:
    """Assert that a diff shows the old and the new values of everything that changed, and nothing
    else.
    """
    past, future = facts(diff["before"]), facts(diff["after"])
    texts = [
        {name: exactly({name: group}) for name, group in groups.items()}
        for groups in (before, after)
    ]
    changed = {name for name in {*before, *after} if texts[0].get(name) != texts[1].get(name)}
    assert {*past, *future} == {f"group {name}" for name in changed}
    for name in changed:
        (users, properties), (new_users, new_properties) = (
            before.get(name, (set(), {})),
            after.get(name, (set(), {})),
        )
        was, will = (side.get(f"group {name}", {}) for side in (past, future))
        assert set(was.get("users", [])) == users - new_users
        assert set(will.get("users", [])) == new_users - users
        for side, whole in ((was, properties), (will, new_properties)):
            (shown,) = side.get("properties", [{}])
            assert json.dumps(shown, sort_keys=True) == json.dumps(
                {key: whole[key] for key in shown}, sort_keys=True
            )
    for other, text in ((after, diff["before"]), (before, diff["after"])):
        # A line with only the name stands for an object that does not exist on the other side.
        assert {line for line in text.splitlines() if ": " not in line} == {
            f"group {name}" for name in changed if name not in other
        }
