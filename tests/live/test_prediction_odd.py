# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode predicts the real run on unusual hubs: groups with roles, similar names, users whom
the hub refuses, and kept case.

There is no model here. A real run is compared with the prediction of check mode, and with the hub's
own users before and after.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hub import Hub
from tests.live.support import GROUP, USER, Result, examples, runner, short, snapshot, writes
from tests.live.support_odd import GROUPS, NAMES, clear, keeps_case, some

pytestmark = [pytest.mark.newest, pytest.mark.exact_names, pytest.mark.daily(2)]
# From this many examples on, all rare events occur.
MANY = 100
SETTINGS = examples(20)


@st.composite
def states_and_tasks(
    draw: st.DrawFn,
) -> tuple[dict[str, bool], dict[str, list[str]], dict[str, Any], dict[str, Any]]:
    """Return users (and whether they are admins), members of groups, a task for users, and a task
    for groups.
    """
    dice = draw(st.randoms(use_true_random=True))
    before = {
        name: dice.random() < 0.2 for name in some(dice, NAMES, 6) if not name.startswith("bad")
    }
    members = {group: some(dice, tuple(before), min(2, len(before))) for group in GROUPS}
    items = [
        {"name": name, **({"admin": dice.random() < 0.5} if dice.random() < 0.3 else {})}
        for name in some(dice, NAMES, 5)
    ]
    for item in items:
        if dice.random() < 0.2:
            item["state"] = "absent"
    task: dict[str, Any] = {"users": items}
    if dice.random() < 0.6:
        keep = dice.choice([[], ["x[1]"], ["kept*"], ["zo*"], ["nobody*"]])
        roles = dice.choice([[], ["tutor"]])
        task.update(
            prune=True,
            prune_limit="100%",
            prune_keep=keep,
            prune_roles=roles,
            prune_admins=dice.random() < 0.3,
        )
    groups = [
        {"name": group, "users": some(dice, tuple(before), min(3, len(before)))}
        for group in some(dice, (*GROUPS, "new"), 3)
    ]
    return (
        before,
        members,
        task,
        {"groups": groups, "remove_limit": dice.choice(["100%", "50%", "1"])},
    )


def names_of(result: Result, key: str) -> list[tuple[str, str]]:
    """Return the objects and actions of changes; each member is listed separately."""
    told = []
    for action, name, fields in short(result.get(key, [])):
        users = fields.get("users") if action in ("add", "remove") else None
        told += [(action, f"{name}: {user}") for user in users] if users else [(action, name)]
    return told


def agrees(hub: Hub, name: str, task: dict[str, Any]) -> Result:
    """Run a task in check mode, in a real run, and in a second real run; assert that every report
    is correct.
    """
    run = runner(hub)
    state, mark = snapshot(hub), hub.mark()
    predicted = run(name, task, check=True)
    assert (writes(hub.requests(mark)), snapshot(hub)) == ([], state)
    real = run(name, task)
    refused = real.get("refused", [])
    if predicted["failed"]:
        # A limit or a protection refused the task. It refuses the real run too, before anything is
        # changed.
        assert (real["failed"], real["msg"], real["changed"], snapshot(hub)) == (
            True,
            predicted["msg"],
            False,
            state,
        )
        return real
    assert real["failed"] == bool(refused), real
    done, left = names_of(real, "changes"), names_of(real, "pending")
    expected = names_of(predicted, "changes")
    missing = [one for one in expected if one not in done and one not in left]
    assert set(done) <= set(expected)
    assert {refusal["name"] for refusal in refused} == {
        change.partition(":")[0] for _action, change in missing
    }
    assert predicted.get("kept") == real.get("kept")
    if not refused:
        assert predicted["changes"] == real["changes"]
        assert predicted["summary"] == real["summary"]
    after = snapshot(hub)
    if name == USER:
        created, deleted = set(after[0]) - set(state[0]), set(state[0]) - set(after[0])
        assert {change for action, change in done if action == "create"} == created
        assert {change for action, change in done if action == "delete"} == deleted
    again = run(name, task)
    assert (again["changed"], again["changes"], again.get("refused", [])) == (False, [], refused)
    assert snapshot(hub) == after
    return real


def test_users_and_groups(odd: Hub) -> None:
    """Check mode predicts everything, or the real run gives the reason for the difference."""
    met: set[str] = set()

    @SETTINGS
    @given(states_and_tasks())
    def try_one(
        drawn: tuple[dict[str, bool], dict[str, list[str]], dict[str, Any], dict[str, Any]],
    ) -> None:
        before, members, users_task, groups_task = drawn
        clear(odd)
        capital = random.Random(str(drawn)).random() < 0.5
        named = {
            name: name.title() if capital and name in ("ada", "bob") else name for name in NAMES
        }
        stored = named if keeps_case(odd) else {name: name for name in NAMES}
        for name, admin in before.items():
            odd.add_users(stored[name], admin=admin)
        for group, users in members.items():
            odd.expect(
                "POST", f"/groups/{group}/users", {"users": [stored[user] for user in users]}
            )
        groups_task = {
            **groups_task,
            "groups": [
                {**item, "users": [named[user] for user in item["users"]]}
                for item in groups_task["groups"]
            ],
        }
        users_task = {
            **users_task,
            "users": [{**item, "name": named[item["name"]]} for item in users_task["users"]],
        }
        for result in (agrees(odd, GROUP, groups_task), agrees(odd, USER, users_task)):
            met.update(entry["why"] for entry in result.get("kept", []))
            met.update(["refused"] if result.get("refused") else [])
            met.update(key for key in ("look_alikes", "would_remove") if key in result)

    try_one()
    # A few examples cause only a few of the events.
    assert met
    assert SETTINGS.max_examples < MANY or met >= {
        "admin",
        "role",
        "keep",
        "refused",
        "look_alikes",
        "would_remove",
    }, met
