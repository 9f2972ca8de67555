# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Callers whose scopes are limited to some objects: what they may not see is refused, and the rest
is done.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import members, runner, snapshot
from tests.live.support_scopes import predicted, refused
from tests.live.support_servers import states
from tests.live.token_support import is_good, ours

NEWER = {"5", "6"}
# One service for each kind, which may reach some objects only. hub 4 knows no scopes of shares.
SERVICES: dict[str, dict[str, Any]] = {
    "users": {
        "scopes": [
            f"{scope}!user={user}"
            for user in ("ada", "cleo")
            for scope in ("admin:users", "servers")
        ]
    },
    "groups": {"scopes": ["groups!group=g1", "groups!group=g3", "list:users", "read:users"]},
    "members": {"scopes": ["groups", "read:users!user=ada"]},
    "tokens": {"scopes": ["tokens!user=ada", "tokens!user=cleo"]},
    "servers": {
        "scopes": [
            f"{scope}!user={user}"
            for user in ("ada", "cleo")
            for scope in ("read:users", "read:servers", "servers")
        ]
    },
    "offboard": {
        "scopes": [
            "list:users",
            "read:users",
            "read:roles",
            "groups",
            "delete:servers",
            "read:servers",
            *(f"tokens!user={user}" for user in ("ada", "cleo")),
        ]
    },
}
SHARING = {
    "shares": {
        "scopes": [
            *(f"shares!user={user}" for user in ("ada", "cleo")),
            "list:users",
            "read:users",
            "list:groups",
            "read:groups",
        ]
    },
    "sharing": {"scopes": ["shares", "read:users!user=ada", "list:users!user=ada"]},
}


@pytest.fixture(scope="module")
def running_limited_hub(running_hub: Hub) -> Iterator[Hub]:
    services = {**SERVICES, **(SHARING if running_hub.series in NEWER else {})}
    with Hub(running_hub.series, services=services, patience=1.0) as hub:
        yield hub


@pytest.fixture
def limited_hub(running_limited_hub: Hub) -> Hub:
    """A hub with services whose scopes are limited to some objects, and four users."""
    running_limited_hub.reset()
    running_limited_hub.add_users("ada", "bob", "cleo", "dan")
    return running_limited_hub


def caller(hub: Hub, service: str) -> ModuleRunner:
    return runner(hub, api_token=hub.tokens[service])


def all_refused(hub: Hub, run: ModuleRunner, module: str, task: dict[str, Any]) -> None:
    """Run a task of which nothing can be done: the message names the scopes that it lacks."""
    before = snapshot(hub)
    result = run(module, task)
    assert (result["failed"], result["changed"], result["status"]) == (True, False, 404), result
    assert "the token's scopes are limited to other objects" in result["msg"]
    assert result["missing_scopes"]
    assert snapshot(hub) == before


def test_users(limited_hub: Hub) -> None:
    """Neither what is to be there nor what is to be gone is taken to be missing."""
    hub, run = limited_hub, caller(limited_hub, "users")
    users = [
        {"name": "ada", "state": "absent"},
        {"name": "bob", "state": "absent"},
        {"name": "new", "admin": True},
    ]
    result = predicted(hub, run, "jupyterhub_user", {"users": users})
    assert refused(result) == [("user", "bob", 404), ("user", "new", 404)]
    assert [change["name"] for change in result["changes"]] == ["ada"]
    assert result["msg"].startswith("2 of 3 changes were refused: user bob (No access")
    assert result["msg"].endswith("Everything else was done.")
    assert sorted(hub.users()) == ["bob", "cleo", "dan"]
    all_refused(hub, run, "jupyterhub_user", {"users": [{"name": "bob"}, {"name": "dan"}]})
    all_refused(hub, run, "jupyterhub_user", {"name": "bob", "state": "absent"})


def test_groups(limited_hub: Hub) -> None:
    hub, run = limited_hub, caller(limited_hub, "groups")
    for name in ("g1", "g2", "g3"):
        hub.add_group(name, "dan")
    groups = [{"name": name, "users": ["ada"]} for name in ("g1", "g2", "g3")]
    result = predicted(hub, run, "jupyterhub_group", {"groups": groups})
    assert refused(result) == [("group", "g2", 404)]
    assert members(hub) == {"g1": ["ada"], "g2": ["dan"], "g3": ["ada"]}
    assert result["msg"].endswith("limited to other objects. Everything else was done.")
    all_refused(hub, run, "jupyterhub_group", {"name": "g2", "users": []})


def test_members(limited_hub: Hub) -> None:
    """A member whom the caller may not look up does not keep the others out. But nobody is removed
    then, who may be that member under another name. With prune nothing is done, because the group
    would look undeclared.
    """
    hub, run = limited_hub, caller(limited_hub, "members")
    for name in ("g1", "g2"):
        hub.add_group(name, "dan")
    groups = [{"name": "g1", "users": ["ada"]}, {"name": "g2", "users": ["ada", "bob"]}]
    result = predicted(hub, run, "jupyterhub_group", {"groups": groups})
    assert refused(result) == [("group", "g2", 404)]
    assert "User bob is neither added to group g2 nor removed from it" in result["msg"]
    assert [change["fields"] for change in result["pending"]] == [{"users": ["dan"]}]
    assert members(hub) == {"g1": ["ada"], "g2": ["ada", "dan"]}
    # Whoever is named as one to remove is removed.
    hub.add_group("g3", "bob", "cleo")
    leaving = {"name": "g3", "users": ["Bob", "cleo"], "users_mode": "absent"}
    result = predicted(hub, run, "jupyterhub_group", leaving)
    assert refused(result) == [("group", "g3", 404)]
    assert (result["pending"], members(hub)["g3"]) == ([], ["bob"])
    pruning = {"groups": groups, "prune": True, "prune_limit": "100%"}
    before = snapshot(hub)
    assert run("jupyterhub_group", pruning)["failed"]
    assert snapshot(hub) == before


@pytest.mark.hubs("5", "6")
def test_tokens(limited_hub: Hub, tmp_path: pathlib.Path) -> None:
    """JupyterHub 4 lets only a caller with all tokens make some. Tokens with a file are done. A new
    secret that only the result would hold is not made, as the result of a failed task has none.
    """
    hub, run = limited_hub, caller(limited_hub, "tokens")
    tokens: list[dict[str, Any]] = [
        {"user": user, "note": "n", "scopes": [], "dest": str(tmp_path / user)}
        for user in ("ada", "bob", "cleo")
    ]
    task = {"tokens": [*tokens, {"user": "bob", "note": "other"}, {"user": "ada", "note": "r"}]}
    result = predicted(hub, run, "jupyterhub_token", task)
    assert refused(result) == [("token", "bob/n", 404), ("token", "bob/other", 404)]
    assert "tokens" in result["missing_scopes"]
    assert [change["name"] for change in result["changes"]] == ["ada/n", "cleo/n"]
    assert [change["name"] for change in result["pending"]] == ["ada/r"]
    assert {user: len(ours(hub, user)) for user in ("ada", "bob", "cleo")} == {
        "ada": 1,
        "bob": 0,
        "cleo": 1,
    }
    assert all(is_good(hub, (tmp_path / user).read_text(), user) for user in ("ada", "cleo"))
    result = run("jupyterhub_token", {"tokens": tokens[:2], "state": "absent", "prune": True})
    assert refused(result) == [("token", "bob/n", 404)]
    assert (ours(hub, "ada"), len(ours(hub, "cleo"))) == ([], 1)
    all_refused(hub, run, "jupyterhub_token", {"tokens": tokens[1:2]})


def test_two_spellings_of_which_one_is_hidden(limited_hub: Hub, tmp_path: pathlib.Path) -> None:
    """The hub does not say whether Ada is another user than ada. So the token of Ada does not count
    as undeclared, which a prune would revoke.
    """
    hub, run = limited_hub, caller(limited_hub, "tokens")
    token = {"user": "ada", "note": "x", "dest": str(tmp_path / "x")}
    assert runner(hub)("jupyterhub_token", token)["changed"]
    tokens = [
        {"user": "Ada", "note": "x", "dest": str(tmp_path / "x")},
        {"user": "ada", "note": "y", "state": "absent"},
        {"user": "cleo", "note": "z", "state": "absent"},
    ]
    result = run("jupyterhub_token", {"tokens": tokens, "prune": True})
    assert [name for _kind, name, _status in refused(result)] == ["Ada/x", "ada/y"], result
    assert is_good(hub, (tmp_path / "x").read_text(), "ada")


def test_servers(limited_hub: Hub) -> None:
    hub, run = limited_hub, caller(limited_hub, "servers")
    servers = [{"user": user} for user in ("ada", "bob", "cleo")]
    result = predicted(hub, run, "jupyterhub_server", {"servers": servers})
    assert refused(result) == [("server", "bob/", 404)]
    # As the role maintenance needs it, which keeps these servers in its file.
    assert [(row["user"], row["name"], row["ready"]) for row in result["servers"]] == [
        ("bob", "", None)
    ]
    assert states(hub) == {"ada/": "started", "cleo/": "started"}
    assert "Run the task again" not in result["msg"]
    all_refused(hub, run, "jupyterhub_server", {"user": "bob"})


@pytest.mark.hubs("5", "6")
def test_shares(limited_hub: Hub) -> None:
    hub, run = limited_hub, caller(limited_hub, "shares")
    for user in ("ada", "bob", "cleo"):
        hub.expect("POST", f"/users/{user}/server")
    shares = [{"owner": user, "server": "", "users": ["dan"]} for user in ("ada", "bob", "cleo")]
    result = predicted(hub, run, "jupyterhub_share", {"shares": shares})
    assert refused(result) == [("share", "bob/", 404)]
    shared = [
        user for user in ("ada", "bob", "cleo") if hub.expect("GET", f"/shares/{user}/")["items"]
    ]
    assert shared == ["ada", "cleo"]
    all_refused(hub, run, "jupyterhub_share", shares[1])
    # A code would be lost with the result of a task that fails.
    coded = {"owner": "ada", "server": "", "code": True, "mode": "present"}
    check, real = (
        run("jupyterhub_share", {"shares": [shares[1], coded]}, check=check)
        for check in (True, False)
    )
    assert (check["changes"], real["changes"]) == ([], [])
    assert [change["kind"] for change in real["pending"]] == ["share_code"]
    assert check["pending"] == real["pending"]
    assert hub.expect("GET", "/share-codes/ada/")["items"] == []
    # A guest whom the caller may not see.
    run = caller(hub, "sharing")
    shares = [
        {"owner": "bob", "server": "", "users": ["cleo"]},
        {"owner": "bob", "server": "", "groups": []},
        {"owner": "cleo", "server": "", "users": ["ada"], "mode": "present"},
    ]
    result = run("jupyterhub_share", {"shares": shares})
    assert refused(result) == [("share", "bob/", 404)], result
    assert "because guest cleo cannot be looked up" in result["msg"]
    assert hub.expect("GET", "/shares/bob/")["items"] == []
    assert len(hub.expect("GET", "/shares/cleo/")["items"]) == 2
    # One who is a guest already, and need not be looked up.
    shares = [{"owner": owner, "server": "", "users": ["dan"]} for owner in ("ada", "bob")]
    assert refused(run("jupyterhub_share", {"shares": shares})) == [("share", "bob/", 404)]


def test_people_who_leave(limited_hub: Hub) -> None:
    """A person whose tokens the caller may not see keeps all access; the others lose theirs, and
    that is proved, except on JupyterHub 4, which makes no canary tokens for such a caller.
    """
    hub, run = limited_hub, caller(limited_hub, "offboard")
    hub.add_group("g1", "ada", "bob", "cleo")
    task = {
        "users": [{"name": name} for name in ("ada", "bob", "cleo")],
        "shares": [],
        "fail_unproved": False,
    }
    result = predicted(hub, run, "jupyterhub_offboard", task)
    assert refused(result) == [("user", "bob", 404)]
    assert members(hub) == {"g1": ["bob"]}
    assert {line["name"] for line in result["proof"]} == {"ada", "cleo"}
    unproved = [(line["check"], line["found"]) for line in result["proof"] if not line["proved"]]
    assert unproved == ([] if hub.series != "4" else [("canary token", "refused by the hub")] * 2)
    # Nothing is known of bob.
    assert result["proved"] is False
