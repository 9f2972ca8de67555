# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode predicts the real run, and the real run does what is declared: random hubs, random tasks, and a model to compare with.

The same few examples every time; ``TEST_EXAMPLES=500`` takes so many others, and a failure prints how to have it again.
"""

from __future__ import annotations

import fnmatch
import json
import math
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import GROUP, USER, admins, converge, examples, facts, refused, runner, snapshot, writes

SETTINGS = examples(12)

Users = dict[str, bool]
Groups = dict[str, tuple[set[str], dict[str, Any]]]
Task = dict[str, Any]

PEOPLE = ("ada", "bob", "cy", "dee", "eve")
COURSES = ("g", "h", "i/j")


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An option that may be unset."""
    return st.none() | strategy


def in_any_case(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    """One of the names, in any case."""
    return st.sampled_from([*names, *(name.upper() for name in names), *(name.title() for name in names)])


STATES = st.sampled_from(["present", "absent"])
PRUNE = st.fixed_dictionaries(
    {"prune": st.just(True), "prune_limit": st.sampled_from(["100%", "0", "1", "2", "10%", "50%"])},
    optional={"prune_keep": st.sampled_from([["a*"], ["?"], []]), "prune_match": st.sampled_from([["[a-d]*"], ["g", "e*"], []])},
)
PRUNE_OR_NOT: st.SearchStrategy[dict[str, Any]] = st.just({}) | PRUNE

USER_ITEM = st.fixed_dictionaries(
    {"name": in_any_case(PEOPLE)},
    optional={"state": STATES, "admin": maybe(st.booleans()), "rename_from": maybe(st.sampled_from(PEOPLE))},
)
USERS = st.dictionaries(st.sampled_from(PEOPLE), st.booleans())
USER_TASK = st.builds(
    lambda items, options, prune, admins: {"users": items, **options, **prune, **(admins if prune else {})},
    st.lists(USER_ITEM, max_size=5, unique_by=lambda item: item["name"].lower()),
    st.fixed_dictionaries({}, optional={"state": st.sampled_from(["present", "absent"])}),
    PRUNE_OR_NOT,
    st.fixed_dictionaries({}, optional={"prune_admins": st.booleans()}),
)

PROPERTIES = st.dictionaries(
    st.sampled_from(["x", "y", ""]),
    st.sampled_from([0, 1, 1.0, True, False, None, "ü", "1", [], [1], [True], {}, {"x": 1}]),
    max_size=2,
)
GROUPS = st.dictionaries(st.sampled_from(COURSES), st.tuples(st.sets(st.sampled_from(PEOPLE[:4])), PROPERTIES))
GROUP_OPTIONS = {
    "state": st.sampled_from(["present", "absent"]),
    "users_mode": st.sampled_from(["exact", "present", "absent"]),
    "properties_mode": st.sampled_from(["exact", "merge"]),
}
GROUP_ITEM = st.fixed_dictionaries(
    {"name": st.sampled_from(COURSES)},
    optional={
        **GROUP_OPTIONS,
        # Eve is not on the hub.
        "users": maybe(st.lists(in_any_case(PEOPLE[:4]) | st.sampled_from([*PEOPLE[:4], "eve"]), max_size=4)),
        "properties": maybe(PROPERTIES),
    },
)
GROUP_TASK = st.builds(
    lambda items, options, prune: {"groups": items, **options, **prune},
    st.lists(GROUP_ITEM, max_size=4, unique_by=lambda item: str(item["name"])),
    st.fixed_dictionaries({}, optional=GROUP_OPTIONS),
    PRUNE_OR_NOT,
)


# The model: what is to be, told by the documentation and not by the code


def pruned(existing: list[str], declared: set[str], spared: set[str], task: Task) -> set[str] | None:
    """Return the names that prune deletes; None: it refuses."""
    if not task.get("prune"):
        return set()
    match, keep, limit = task.get("prune_match"), task.get("prune_keep", []), task["prune_limit"]
    scope = [name for name in existing if match is None or any(fnmatch.fnmatchcase(name, glob) for glob in match)]
    going = {name for name in scope if name not in declared | spared and not any(fnmatch.fnmatchcase(name, glob) for glob in keep)}
    allowed = math.ceil(len(scope) * int(limit[:-1]) / 100) if limit.endswith("%") else int(limit)
    return going if declared and len(going) <= allowed else None


def users_after(before: Users, task: Task) -> Users | None:
    """Return the users after a task; None: it is refused."""
    items = {item["name"].lower(): item for item in task["users"]}
    states = {name: item.get("state") or task.get("state", "present") for name, item in items.items()}
    former = {name: item["rename_from"] for name, item in items.items() if item.get("rename_from") not in (None, name)}
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
    spared = {*items, *former.values(), *(name for name, admin in before.items() if admin and not task.get("prune_admins"))}
    going = pruned(list(before), declared, spared, task)
    return None if going is None else {name: admin for name, admin in after.items() if name not in going}


def groups_after(before: Groups, task: Task) -> tuple[Groups | None, bool]:
    """Return the groups after a task, None when it is refused; and whether members are missing on the hub."""
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
    return None if going is None else {name: group for name, group in after.items() if name not in going}, missing


def exactly(groups: Groups) -> str:
    """Return groups as text, which tells 1, 1.0 and true apart."""
    return json.dumps({name: (sorted(users), properties) for name, (users, properties) in groups.items()}, sort_keys=True)


def groups_of(hub: Hub) -> Groups:
    """Return the groups of the hub."""
    return {name: (set(group["users"]), group["properties"]) for name, group in hub.groups().items()}


# The tests


@SETTINGS
@given(before=USERS, task=USER_TASK)
def test_users(hub: Hub, module: ModuleRunner, before: Users, task: Task) -> None:
    """Any users, any task."""
    hub.reset()
    for admin in (False, True):
        hub.add_users(*(name for name, is_admin in before.items() if is_admin == admin), admin=admin)
    # In the order of the hub, which is the order of creation.
    before = admins(hub)
    expected = users_after(before, task)
    event("refused" if expected is None else "unchanged" if expected == before else "changed")
    if expected is None:
        refused(hub, module, USER, task)
        return
    result = converge(hub, module, USER, {**task, "return_objects": "all"})
    assert admins(hub) == expected
    assert result["changed"] == (expected != before)
    declared = {item["name"].lower() for item in task["users"]}
    assert {user["name"]: user["admin"] for user in result["users"]} == {name: expected[name] for name in declared & set(expected)}
    past, future = (facts(result["diff"][side]) for side in ("before", "after"))
    former = {name: fields["name"][0] for name, fields in past.items() if "name" in fields}
    expected_names = {name for name in {*before, *expected} if before.get(name) != expected.get(name)} - set(former.values())
    assert {*past, *future} == {f"user {name}" for name in expected_names}
    for name in expected_names:
        title = f"user {name}"
        old = former.get(title, name)
        assert (title in past, title in future) == (old in before, name in expected)
        for side, is_admin in ((past, before.get(old)), (future, expected.get(name))):
            assert side.get(title, {}).get("admin", [is_admin]) == [is_admin]


@SETTINGS
@given(before=GROUPS, task=GROUP_TASK)
def test_groups(hub: Hub, before: Groups, task: Task) -> None:
    """Any groups, any task; not through the proxy, for the sake of the slash in a name."""
    module = runner(hub, hub_url=hub.hub_url)
    hub.reset()
    hub.add_users(*PEOPLE[:4])
    for name, (users, properties) in before.items():
        hub.add_group(name, *users, properties=properties)
    assert exactly(groups_of(hub)) == exactly(before)
    expected, missing = groups_after(before, task)
    event("refused" if expected is None else "members missing" if missing else "unchanged" if exactly(expected) == exactly(before) else "changed")
    if expected is None:
        refused(hub, module, GROUP, task)
        return
    if missing:
        assert refused(hub, module, GROUP, task, checked=False)["missing_users"] == ["eve"]
        state, mark = snapshot(hub), hub.mark()
        predicted = module(GROUP, task, check=True, diff=True)
        assert "eve" in str(predicted["warnings"])
        assert (writes(hub.requests(mark)), snapshot(hub)) == ([], state)
        hub.add_users("eve")
        real = module(GROUP, task, diff=True)
        assert {key: real[key] for key in ("changes", "summary", "diff", "groups")} == {key: predicted[key] for key in ("changes", "summary", "diff", "groups")}
    real = converge(hub, module, GROUP, {**task, "return_objects": "all"})
    assert exactly(groups_of(hub)) == exactly(expected)
    assert missing or real["changed"] == (exactly(expected) != exactly(before))
    assert exactly({group["name"]: (group["users"], group["properties"]) for group in real["groups"]}) == exactly(
        {name: group for name, group in expected.items() if name in {item["name"] for item in task["groups"]}}
    )
    if not missing:
        consistent(real["diff"], before, expected)


def consistent(diff: Any, before: Groups, after: Groups) -> None:
    """See that a diff shows what there was and what there is, of what has changed and of nothing else."""
    past, future = facts(diff["before"]), facts(diff["after"])
    texts = [{name: exactly({name: group}) for name, group in groups.items()} for groups in (before, after)]
    changed = {name for name in {*before, *after} if texts[0].get(name) != texts[1].get(name)}
    assert {*past, *future} == {f"group {name}" for name in changed}
    for name in changed:
        (users, properties), (new_users, new_properties) = before.get(name, (set(), {})), after.get(name, (set(), {}))
        was, will = (side.get(f"group {name}", {}) for side in (past, future))
        assert set(was.get("users", [])) == users - new_users
        assert set(will.get("users", [])) == new_users - users
        for side, whole in ((was, properties), (will, new_properties)):
            (shown,) = side.get("properties", [{}])
            assert json.dumps(shown, sort_keys=True) == json.dumps({key: whole[key] for key in shown}, sort_keys=True)
    for other, text in ((after, diff["before"]), (before, diff["after"])):
        # A line with the name alone stands for one that is not there on the other side.
        assert {line for line in text.splitlines() if ": " not in line} == {f"group {name}" for name in changed if name not in other}
