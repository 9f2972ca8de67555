# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode of the role predicts its real run for all tasks together, in which later tasks depend
on earlier ones.
"""

from __future__ import annotations

import pathlib
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import examples, runner
from tests.live.support_role import role, role_result, run_modules, run_tasks, writes

pytestmark = pytest.mark.daily(3)

NAMES = ("ada", "bob", "cy", "dee", "eve")
Lists = dict[str, Any]


def changes(results: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the changes by kind, without values that only a real run can know."""
    return {kind: result["changes"] for kind, result in results.items() if kind != "preflight"}


def check_is_run(hub: Hub, run: ModuleRunner, lists: Mapping[str, Any]) -> dict[str, Any]:
    """Run the modules of the role in check mode and in a real run; return the real results."""
    mark = hub.mark()
    predicted = run_modules(run, lists, check=True)
    assert writes(hub, mark) == []
    real = run_modules(run, lists, check=False)
    assert {kind: result["failed"] for kind, result in predicted.items()} == {
        kind: result["failed"] for kind, result in real.items()
    }, (predicted, real)
    assert changes(predicted) == changes(real)
    if not any(result["failed"] for result in real.values()):
        again = run_modules(run, lists, check=False)
        assert [change for each in changes(again).values() for change in each] == []
    return real


def test_leavers_are_pruned_and_their_groups_are_declared(hub: Hub, module: ModuleRunner) -> None:
    """The hub removes deleted users from their groups, so no task has to."""
    hub.add_users("ada", "bob", "leaver")
    hub.add_group("course", "ada", "bob", "leaver")
    lists = {
        "users": [{"name": "ada"}, {"name": "bob", "state": "absent"}, {"name": "new"}],
        "groups": [{"name": "course", "users": ["ada", "new"]}],
        "prune": ["users"],
        "prune_limit": "100%",
    }
    real = check_is_run(hub, module, lists)
    assert [(change["action"], change["fields"]) for change in real["groups"]["changes"]] == [
        ("add", {"users": ["new"]})
    ]


def test_a_renamed_member_stays_one(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("old", "ada")
    hub.add_group("course", "old", "ada")
    lists = {
        "users": [{"name": "new", "rename_from": "old"}],
        "groups": [{"name": "course", "users": ["new", "ada"]}],
    }
    assert check_is_run(hub, module, lists)["groups"]["changes"] == []


def test_a_server_is_stopped_and_then_its_token_is_revoked_by_id(
    hub: Hub, module: ModuleRunner
) -> None:
    """The hub deletes the token when it stops the server."""
    hub.add_users("ada")
    for path in ("/users/ada/server", "/users/ada/servers/lab"):
        hub.expect("POST", path)
    tokens = [
        row["id"]
        for row in hub.expect("GET", "/users/ada/tokens")["api_tokens"]
        if row["note"].startswith("Server at ")
    ]
    assert len(tokens) == 2
    real = check_is_run(
        hub,
        module,
        {
            "servers": [
                {"user": "ada", "state": "stopped"},
                {"user": "ada", "name": "lab", "state": "absent"},
            ],
            "tokens": [{"user": "ada", "token_id": token, "state": "absent"} for token in tokens],
        },
    )
    assert real["tokens"]["changes"] == []


@pytest.mark.hubs("5", "6")
def test_a_share_of_what_the_same_run_makes(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("guest")
    lists = {
        "users": [{"name": "ada"}, {"name": "bob"}],
        "groups": [{"name": "course", "users": ["bob"]}],
        "servers": [{"user": "ada", "name": "lab"}],
        "shares": [
            {"owner": "ada", "server": "lab", "users": ["bob", "guest"], "groups": ["course"]},
            {"owner": "bob", "users": ["ada"]},
        ],
    }
    real = check_is_run(hub, module, lists)
    assert len(real["shares"]["changes"]) == 4
    # Deleting a user deletes its shares.
    gone = {
        "users": [{"name": "guest", "state": "absent"}],
        "groups": [{"name": "course", "state": "absent"}],
        "shares": [{"owner": "ada", "server": "lab", "users": ["bob"], "groups": []}],
    }
    assert check_is_run(hub, module, gone)["shares"]["changes"] == []


@pytest.mark.newest
@pytest.mark.core
def test_check_mode_of_a_play_predicts_what_that_of_the_command_line_does(hub: Hub) -> None:
    """The variable ansible_check_mode knows only of the command line."""
    hub.add_users("ada", "bob", "leaver")
    hub.add_group("course", "ada", "bob", "leaver")
    variables = {
        "jupyterhub_users": [
            {"name": "eve", "rename_from": "ada"},
            {"name": "leaver", "state": "absent"},
            {"name": "new"},
        ],
        "jupyterhub_groups": [{"name": "course", "users": ["eve", "new"]}],
    }
    mark = hub.mark()
    foretold = role_result(run_tasks(hub, [role(variables)], "--check"))
    assert [change["action"] for change in foretold["groups"]["changes"]] == ["remove", "add"]
    of_play = run_tasks(hub, [role(variables)], check_mode=True)
    assert writes(hub, mark) == []
    assert role_result(of_play) == foretold
    assert "Check mode assumes" not in of_play.stdout + of_play.stderr


@pytest.mark.hubs("5", "6")
@pytest.mark.core
@pytest.mark.newest
def test_a_whole_play_predicts_itself(hub: Hub, tmp_path: pathlib.Path) -> None:
    hub.add_users("ada", "leaver", "old")
    hub.add_group("course", "ada", "leaver", "old")
    variables = {
        "jupyterhub_users": [
            {"name": "ada"},
            {"name": "new", "rename_from": "old"},
            {"name": "kim"},
        ],
        "jupyterhub_groups": [
            {"name": "course", "users": ["ada", "new", "kim"]},
            {"name": "late", "users": ["kim"]},
        ],
        "jupyterhub_shares": [{"owner": "kim", "users": ["new"], "groups": ["late"]}],
        "jupyterhub_tokens": [{"user": "kim", "note": "export", "dest": str(tmp_path / "token")}],
        "jupyterhub_prune": "users,groups",
        "jupyterhub_prune_limit": "50%",
    }
    predicted = run_tasks(hub, [role(variables)], "--check", "--diff")
    assert predicted.returncode == 0, predicted.stdout
    real = run_tasks(hub, [role(variables)], "--diff")
    assert real.returncode == 0, real.stdout
    assert "are taken to" not in predicted.stderr
    for result in (before := role_result(predicted), after := role_result(real)):
        for kind in ("users", "groups", "shares", "tokens"):
            for key in ("requests", "retries"):
                result[kind].pop(key)
    assert before == after
    assert after["ok"] is True


# Random runs of the role


# Python makes the random choices, as in test_prediction.
@st.composite
def declarations(draw: st.DrawFn) -> Lists:
    """Return the content of the hub before the run, under ``hub``, and the lists of a run."""
    dice = draw(st.randoms(use_true_random=True))

    def some(names: Collection[str], most: int = 5) -> list[str]:
        return dice.sample(sorted(names), dice.randint(0, min(most, len(names))))

    there = some(NAMES)
    users: list[dict[str, Any]] = []
    for name in some(NAMES):
        kind = dice.choice(("present", "present", "absent", "renamed"))
        users.append(
            {
                "renamed": {"name": f"{name}2", "rename_from": name},
                "absent": {"name": name, "state": "absent"},
            }.get(kind, {"name": name})
        )
    prune = [kind for kind in ("users", "groups") if dice.random() < 0.4]
    present = {item["name"] for item in users if item.get("state") != "absent"}
    leaving = {item["name"] for item in users} | {item.get("rename_from", "") for item in users}
    # The names that a run may use. With other names the preflight fails in both modes, so these are
    # rare here.
    usable = (
        present | (set() if "users" in prune else set(there) - leaving)
        if dice.random() < 0.9
        else set(NAMES)
    )
    groups: list[dict[str, Any]] = []
    for name in some("gh"):
        item: dict[str, Any] = {
            "users": some(usable),
            "users_mode": dice.choice(("exact", "exact", "present", "absent")),
        }
        groups.append({"name": name, **(item if dice.random() < 0.8 else {"state": "absent"})})
    shared = {item["name"] for item in groups if item.get("state") != "absent"}
    return {
        "hub": {"users": there, "groups": {name: some(there) for name in "gi"}},
        "users": users,
        "groups": groups,
        "tokens": [
            {"user": name, "note": "n", "state": dice.choice(("present", "absent"))}
            for name in some(usable, 2)
        ],
        "shares": [
            {"owner": name, "users": some(usable), "groups": some(shared)}
            for name in some(usable, 2)
        ],
        "prune": [
            kind
            for kind in prune
            if any(item.get("state") != "absent" for item in (users if kind == "users" else groups))
        ],
    }


@pytest.mark.newest
@examples(20)
@given(declarations())
def test_any_run_of_the_role_is_predicted_by_check_mode(hub: Hub, declared: Lists) -> None:
    hub.reset()
    before = declared["hub"]
    if before["users"]:
        hub.add_users(*before["users"])
    for name, members in before["groups"].items():
        hub.add_group(name, *members)
    lists = {key: value for key, value in declared.items() if key != "hub"}
    check_is_run(hub, runner(hub), {**lists, "prune_limit": "100%", "secrets": "returned"})
