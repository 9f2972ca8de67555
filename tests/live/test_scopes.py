# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens with few scopes: missing scopes are named before any write, and hidden objects are not
taken for missing ones.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import (
    ACCESS,
    GROUP,
    INFO,
    USER,
    Access,
    Result,
    admins,
    auth_state,
    members,
    one_sentence,
    refused,
    runner,
    snapshot,
)
from tests.live.support_offboard import settle_in


def start(hub: Hub) -> None:
    """Create the objects that the tasks need."""
    hub.add_users("ada", "bob", "carl", "eve", "gil", "ian")
    assert hub.api("POST", "/users/ian/server")[0] in (201, 202)
    hub.add_group("club", "ada")
    for name in "xyz":
        hub.add_group(name)


def test_the_pasted_role_makes_the_task_work(narrow_hub: Hub) -> None:
    """Each task names all scopes that it lacks before any write. With the suggested roles at the
    end of the hub's configuration it succeeds.
    """
    hub = narrow_hub
    start(hub)
    pasted = hub.state / "pasted.py"
    todo = dict(ACCESS)
    if hub.series != "4":
        # No scope would help here.
        del todo["to-promote"]
    pastes: dict[str, list[set[str]]] = {name: [] for name in todo}
    while todo:
        before, text = snapshot(hub), ""
        for name, access in todo.items():
            run = runner(hub, api_token=hub.tokens[name])
            result = run(access.module, access.task, check=True)
            if result["failed"]:
                text += suggested_role(hub, run, name, access)
                pastes[name].append(set(result["missing_scopes"]))
        assert snapshot(hub) == before
        for name in [name for name in todo if f"'services': ['{name}']" not in text]:
            access = todo.pop(name)
            result = runner(hub, api_token=hub.tokens[name])(access.module, access.task)
            assert not result["failed"], (name, result)
            assert result["changed"] == (access.module != INFO)
        with pasted.open("a", encoding="utf-8") as file:
            file.write(text)
        if todo:
            hub.restart()
    expected = {name: ACCESS[name].told for name in pastes}
    if hub.series == "6":
        # An older hub does not know this scope, and would not start with it.
        expected["to-start"] = [{"start:servers"}]
    assert pastes == expected
    assert set(admins(hub)) == {"ada", "carla", "eve", "gil", "new0", "new1", "new2", "new3"}
    assert members(hub) == {"club": ["eve"], "course": ["eve"]}
    assert auth_state(hub, "eve") == {"a": 1}


def suggested_role(hub: Hub, run: ModuleRunner, name: str, access: Access) -> str:
    """Run a task that lacks scopes, check its message, and return the role that it suggests."""
    result = refused(hub, run, access.module, access.task)
    assert result["missing_scopes"], result
    # As a whole: read:tokens does not name the scope tokens.
    assert set(result["missing_scopes"]) <= set(re.findall(r"[\w:]+", result["msg"])), result
    assert name in result["load_roles"]
    assert result["hub_version"] == hub.version
    one_sentence(result)
    return str(result["load_roles"])


def test_a_hidden_object_is_not_missing(narrow_hub: Hub) -> None:
    """The hub answers 404 for objects outside the token's scopes. The task creates nothing, and
    does not report anything as absent.
    """
    hub = narrow_hub
    hub.add_users("a1", "a2", "a3")
    for name in ("a1", "a2", "a3"):
        hub.add_group(name)
    run = runner(hub, api_token=hub.tokens["filtered"])
    for module, key in ((USER, "users"), (GROUP, "groups")):
        assert not run(module, {"name": "a1"})["failed"]
        for names in (["a2"], ["a2", "a3"]):
            for state in ("present", "absent"):
                result = refused(
                    hub, run, module, {key: [{"name": name} for name in names], "state": state}
                )
                assert result["status"] == 404
                assert "the token's scopes are limited to other objects" in result["msg"]
        # What is visible is done (here, nothing); test_out_of_reach.py has more of that.
        names = ["a1", "a2", "a3"]
        result = refused(hub, run, module, {key: [{"name": name} for name in names]})
        assert [each["name"] for each in result["refused"]] == ["a2", "a3"]
    # The same holds for members: a caller who cannot see them cannot know whether they exist.
    result = refused(hub, run, GROUP, {"name": "a1", "users": ["a2"]})
    assert result["status"] == 404


def test_a_list_that_scopes_limit_is_enough_for_visible_objects(narrow_hub: Hub) -> None:
    """If all declared names are visible, the limited scopes are enough."""
    hub = narrow_hub
    hub.add_users("a1", "a2")
    for name in ("a0", "a1", "a2", "a3"):
        hub.add_group(name)
    run = runner(hub, api_token=hub.tokens["filtered"])
    assert not run(GROUP, {"groups": [{"name": "a1"}, {"name": "a1"}, {"name": "a1"}]})["failed"]
    assert [group["name"] for group in run(INFO, {"gather": ["groups"]})["groups"]] == ["a1"]


# What these modules read decides what they do, so hidden fields matter as well as refused requests.
LOOKING: dict[str, tuple[str, dict[str, Any]]] = {
    "offboard-keep": ("jupyterhub_offboard", {"user": "ada"}),
    "offboard-freeze": ("jupyterhub_offboard", {"user": "ada", "sessions": "freeze"}),
    "offboard-delete": ("jupyterhub_offboard", {"user": "ada", "account": "delete"}),
    # With a policy, roles of users are judged too, which need read:users.
    "audit": ("jupyterhub_audit", {"policy": {"admins": ["root-kim"]}}),
    "export": ("jupyterhub_export", {}),
}


def looked_at(hub: Hub, token: str, module: str, task: dict[str, Any]) -> Result:
    """Run a task on a hub on which ada has one of everything, but is no admin."""
    hub.reset()
    settle_in(hub)
    hub.expect("PATCH", "/users/ada", {"admin": False})
    return runner(hub, api_token=token)(module, task)


@pytest.mark.newest
@pytest.mark.parametrize("name", LOOKING)
def test_the_reported_scopes_are_enough_and_none_is_too_many(hub: Hub, name: str) -> None:
    module, task = LOOKING[name]
    settle_in(hub)
    hub.expect("PATCH", "/users/ada", {"admin": False})
    foretold = runner(hub)(module, task, check=True)["scopes_used"]
    result = looked_at(hub, hub.token, module, task)
    scopes = result["scopes_used"]
    assert scopes == foretold
    hub.reset()
    services = {
        "exactly": {"scopes": scopes},
        **{
            "without-" + re.sub(r"\W", "-", scope): {
                "scopes": [each for each in scopes if each != scope]
            }
            for scope in scopes
        },
    }
    with Hub(hub.series, services=services) as narrow:
        enough = [
            service
            for service in services
            if sees_all(looked_at(narrow, narrow.tokens[service], module, task), module)
        ]
    assert enough == ["exactly"], scopes


def sees_all(result: Result, module: str) -> bool:
    """Return whether a task has seen everything. An audit does not fail when something is
    hidden.
    """
    hidden = [each for each in result.get("not_assessed", ()) if each["scope"]]
    return not result["failed"] and not hidden


def test_a_wrong_token(hub: Hub) -> None:
    """Every kind of task reports a wrong token as such."""
    before = snapshot(hub)
    run = runner(hub, api_token="0123456789abcdef0123456789abcdef")
    for module, task in (
        (USER, {"name": "ada"}),
        (USER, {"users": []}),
        (GROUP, {"groups": [{"name": n} for n in "abc"]}),
        (INFO, {}),
    ):
        result = run(module, task)
        assert result["failed"] == (task != {"users": []}), task
        if result["failed"]:
            assert result["status"] == 403
            assert "The token is wrong, expired or revoked" in result["msg"]
            assert "missing_scopes" not in result
            assert "0123456789" not in str(result)
    assert snapshot(hub) == before
