# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Callers who may see more than they may change, or see some objects whole and others in part: what
is beyond their scopes is refused before anything is written, and the rest is done.
"""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from tests.hub import Hub
from tests.live.support import GROUP, SERVER, USER, admins, runner, short
from tests.live.support_scopes import CALLER, limited, predicted, refused
from tests.live.support_servers import settle, spawn, states
from tests.live.token_support import TOKEN, is_good

pytestmark = pytest.mark.daily(2)

SERVICE = "jupyterhub_service"


@pytest.fixture
def people(hub: Hub) -> Hub:
    """A hub with three users and two groups."""
    hub.add_users("ada", "bob", "cy")
    hub.add_group("course", "ada")
    hub.add_group("other", "bob")
    return hub


def actions(changes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [change[:2] for change in short(changes)]


@pytest.mark.hubs("5", "6")
def test_nobody_is_created_with_a_limited_scope(people: Hub) -> None:
    """Since JupyterHub 5, which then refuses the request for all users at once. The others are
    changed.
    """
    run = limited(
        people, "list:users", "read:users", "admin:users!user=ada", "admin:users!user=new"
    )
    users = [{"name": name, "admin": True} for name in ("new", "bob", "ada")]
    result = predicted(people, run, USER, {"users": users})
    assert refused(result) == [("user", "new", None), ("user", "bob", None)]
    assert actions(result["changes"]) == [("update", "ada")]
    assert "with which nobody can be created" in result["msg"]
    assert result["refused"][1]["hub_message"] == (
        f"The user {CALLER} has the scope admin:users for other objects only."
    )
    assert "user bob (The user root has the scope" in result["msg"]
    assert result["missing_scopes"] == ["admin:users"]
    assert admins(people) == {"ada": True, "bob": False, "cy": False, CALLER: True}
    one = run(USER, users[0])
    assert (refused(one), one["rest_done"]) == ([("user", "new", None)], True)


def test_a_user_who_may_not_be_deleted_keeps_the_servers(people: Hub) -> None:
    settle(people, {"ada/": "started", "bob/": "started"})
    run = limited(
        people,
        "list:users",
        "read:users",
        "read:servers",
        "delete:servers",
        "delete:users!user=ada",
    )
    users = [{"name": name, "state": "absent"} for name in ("ada", "bob")]
    result = predicted(people, run, USER, {"users": users})
    assert refused(result) == [("user", "bob", None)]
    assert actions(result["pending"]) == [("stop", "bob/")]
    assert states(people) == {"bob/": "started"}
    assert "ada" not in people.users()


@pytest.mark.hubs("6")
def test_a_server_that_may_not_be_started_is_not_stopped(people: Hub) -> None:
    settle(people, {"ada/": "started", "bob/": "started"})
    run = limited(
        people, "list:users", "read:users", "read:servers", "delete:servers", "servers!user=ada"
    )
    servers = [{"user": user, "state": "restarted"} for user in ("ada", "bob")]
    check, result = (run(SERVER, {"servers": servers}, check=check) for check in (True, False))
    assert check["changes"] == result["changes"]
    assert refused(result) == refused(check) == [("server", "bob/", None)]
    assert actions(result["pending"]) == actions(check["pending"]) == [("stop", "bob/")]
    assert actions(result["changes"]) == [("stop", "ada/"), ("start", "ada/")]
    # As the role maintenance needs it, which reports what does not run.
    assert [(row["user"], row["ready"]) for row in result["servers"]] == [("bob", None)]
    assert states(people) == {"ada/": "started", "bob/": "started"}
    spawn(people, "cy", "")
    chosen = run(SERVER, {"select_users": ["*"], "state": "stopped"})
    assert not chosen["failed"]
    chosen = run(SERVER, {"select_users": ["a*", "b*"], "state": "started"})
    assert (refused(chosen), states(people)) == ([("server", "bob/", None)], {"ada/": "started"})


def test_a_selection_of_servers_that_are_hidden_in_part(people: Hub) -> None:
    settle(people, {"ada/": "started", "bob/": "started"})
    some = [f"{scope}!user=ada" for scope in ("read:servers", "delete:servers")]
    run = limited(people, "list:users", "read:users", *some)
    task = {"select_users": ["ada", "bob"], "state": "stopped"}
    result = predicted(people, run, SERVER, task)
    assert refused(result) == [("server", "bob/", None)]
    assert "cannot see the servers of user bob" in result["msg"]
    assert states(people) == {"bob/": "started"}
    declared = {"servers": [{"user": user, "state": "stopped"} for user in ("ada", "bob")]}
    assert refused(run(SERVER, declared)) == [("server", "bob/", None)]


def test_users_and_groups_of_which_a_part_is_hidden(people: Hub) -> None:
    """One that is hidden in part is refused alone, and a scope that is missing for all is reported
    as before. A prune stays strict.
    """
    run = limited(people, "list:users", "users:activity!user=ada")
    task: dict[str, Any] = {
        "users": [{"name": name, "last_activity": "2026-01-01"} for name in ("ada", "bob")]
    }
    result = predicted(people, run, USER, task)
    assert refused(result) == [("user", "bob", None)]
    assert "cannot see the last_activity of user bob" in result["msg"]
    assert people.user("ada")["last_activity"].startswith("2026-01-01")
    assert people.user("bob")["last_activity"] is None
    pruning = run(USER, {**task, "prune": True, "prune_limit": "100%"})
    assert (pruning["rest_done"], pruning["changed"]) == (False, False), pruning
    run = limited(people, "list:users")
    assert run(USER, task)["missing_scopes"] == ["users:activity"]
    run = limited(people, "list:groups", "groups!group=course", "read:users")
    groups = [{"name": name, "users": ["cy"]} for name in ("other", "course")]
    result = predicted(people, run, GROUP, {"groups": groups})
    assert refused(result) == [("group", "other", None)]
    assert people.groups()["course"]["users"] == ["cy"]
    run = limited(people, "list:groups", "read:groups", "groups!group=course", "read:users")
    groups = [{"name": name, "users": ["ada"]} for name in ("other", "course")]
    result = predicted(people, run, GROUP, {"groups": groups})
    assert {one[1] for one in refused(result)} == {"other"}
    assert people.groups()["other"]["users"] == ["bob"]


def test_tokens_that_may_be_read_only(people: Hub, tmp_path: pathlib.Path) -> None:
    run = limited(people, "read:tokens", "tokens!user=ada")
    tokens: list[dict[str, Any]] = [
        {"user": user, "note": "n", "scopes": [], "dest": str(tmp_path / user)}
        for user in ("bob", "ada")
    ]
    result = predicted(people, run, TOKEN, {"tokens": tokens})
    assert refused(result) == [("token", "bob/n", None)]
    assert is_good(people, (tmp_path / "ada").read_text(), "ada")
    assert people.user_tokens("bob") == []


@pytest.mark.hubs("4")
def test_tokens_of_a_service_with_a_limited_scope(running_hub: Hub, tmp_path: pathlib.Path) -> None:
    """JupyterHub 4 lets a service make tokens only with a scope that is not limited, and check mode
    says so.
    """
    with Hub(running_hub.series, services={"some": {"scopes": ["tokens!user=ada"]}}) as hub:
        hub.add_users("ada")
        run = runner(hub, api_token=hub.tokens["some"])
        task = {"user": "ada", "note": "n", "scopes": [], "dest": str(tmp_path / "ada")}
        check, real = (run(TOKEN, task, check=check) for check in (True, False))
        assert refused(check) == refused(real) == [("token", "ada/n", None)]
        assert "JupyterHub 4 requires the scope tokens without a filter" in real["msg"]
        assert hub.user_tokens("ada") == []


@pytest.mark.hubs("5", "6")
def test_a_hidden_service_is_not_taken_to_be_missing(people: Hub) -> None:
    run = limited(people, "admin:services!service=s-a", "list:services!service=s-a")
    gone = {"name": "witness", "state": "absent"}
    result = run(SERVICE, gone)
    assert refused(result) == [("service", "witness", None)], result
    assert "witness" in people.services()
    try:
        result = predicted(people, run, SERVICE, {"services": [gone, {"name": "s-a"}]})
        assert "s-a" in people.services()
        missing = {"name": "s-a", "state": "absent"}
        assert not run(SERVICE, missing)["failed"]
        assert (run(SERVICE, missing)["failed"], run(SERVICE, missing)["changed"]) == (False, False)
    finally:
        people.api("DELETE", "/services/s-a")
    run = limited(people, "admin:services!service=s-a", "list:services")
    result = run(SERVICE, {"services": [{"name": name} for name in ("s-a", "s-b")]}, check=True)
    assert refused(result) == [("service", "s-b", None)]
