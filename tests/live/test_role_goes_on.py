# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role provision goes on after a kind of object of which nothing, or not all, can be done."""

from __future__ import annotations

import pathlib

import pytest

from tests.hub import Hub
from tests.live.support_role import role, role_result, run_tasks
from tests.live.support_servers import states
from tests.live.token_support import is_good

pytestmark = [pytest.mark.newest, pytest.mark.daily(2)]


def test_after_a_kind_that_is_out_of_reach(running_hub: Hub) -> None:
    """None of the users can be seen, and the groups are made all the same."""
    services = {"narrow": {"scopes": ["admin:users!user=ada", "admin:groups"]}}
    with Hub(running_hub.series, services=services) as hub:
        hub.add_users("ada", "bob")
        variables = {
            "jupyterhub_url": hub.url,
            "jupyterhub_api_token": hub.tokens["narrow"],
            "jupyterhub_users": [{"name": "bob"}, {"name": "kim"}],
            "jupyterhub_groups": [{"name": "new"}],
        }
        run = run_tasks(hub, [role(variables)])
        assert run.returncode != 0
        found = role_result(run)
        assert (found["ok"], found["changed"]) == (False, True), found
        assert [one["name"] for one in found["users"]["refused"]] == ["bob", "kim"]
        assert len(found["problems"]) == 1
        assert "limited to other objects" in found["problems"][0]
        assert list(hub.groups()) == ["new"]


@pytest.mark.hubs("5", "6")
def test_around_a_name_that_is_hidden(running_hub: Hub, tmp_path: pathlib.Path) -> None:
    """The preflight warns of a member and an owner who are hidden, and all else is done."""
    scopes = [f"{one}!group=course" for one in ("list:users", "read:users", "tokens")]
    services = {"course": {"scopes": [*scopes, "groups"]}}
    with Hub(running_hub.series, services=services) as hub:
        hub.add_users("ada", "bob")
        hub.add_group("course", "ada")
        hub.add_group("lab")
        hub.add_group("old", "ada")
        variables = {
            "jupyterhub_url": hub.url,
            "jupyterhub_api_token": hub.tokens["course"],
            "jupyterhub_groups": [{"name": "lab", "users": ["bob"]}, {"name": "old", "users": []}],
            "jupyterhub_tokens": [
                {"user": user, "note": "n", "scopes": [], "dest": str(tmp_path / user)}
                for user in ("bob", "ada")
            ],
        }
        run = run_tasks(hub, [role(variables)])
        assert run.returncode != 0
        assert "user bob (a member of group lab)" in str(run), run
        found = role_result(run)
        assert (found["ok"], found["changed"]) == (False, True), found
        assert [one["name"] for one in found["groups"]["refused"]] == ["lab"]
        assert [one["name"] for one in found["tokens"]["refused"]] == ["bob/n"]
        assert hub.groups()["old"]["users"] == []
        assert is_good(hub, (tmp_path / "ada").read_text(), "ada")
        assert hub.user_tokens("bob") == []


def test_after_a_server_that_does_not_start_in_time(hub: Hub, tmp_path: pathlib.Path) -> None:
    hub.add_users("ada", "bob")
    variables = {
        "jupyterhub_url": hub.url,
        "jupyterhub_api_token": hub.token,
        "jupyterhub_servers": [{"user": "ada", "user_options": {"delay": 30}}],
        "jupyterhub_tokens": [{"user": "bob", "note": "n", "dest": str(tmp_path / "bob")}],
    }
    late = {"hubops.jupyterhub.jupyterhub_server": {"wait_timeout": 1}}
    run = run_tasks(hub, [role(variables)], module_defaults=late)
    assert run.returncode != 0
    found = role_result(run)
    assert (found["ok"], found["changed"]) == (False, True), found
    assert (found["servers"]["refused"], len(found["servers"]["pending"])) == ([], 1)
    assert "still starting after 1 second" in str(found["problems"])
    assert is_good(hub, (tmp_path / "bob").read_text(), "bob")
    assert states(hub)["ada/"] == "spawn"
