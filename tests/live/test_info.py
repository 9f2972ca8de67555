# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_info on running hubs: what it gathers, how it filters, and that the result has the
same form on every hub.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import INFO, Result, one_sentence, runner, short, writes

SHAPES = {
    "hub": {"version", "python", "sys_executable", "spawner", "authenticator"},
    "whoami": {"kind", "name", "admin", "token_id", "scopes", "roles", "groups"},
    "users": {"name", "admin", "groups", "roles", "server", "pending", "created", "last_activity"},
    "groups": {"name", "users", "properties", "roles"},
    "proxy": {"routespec", "target", "data"},
    "servers": {
        "user",
        "name",
        "display_name",
        "ready",
        "pending",
        "stopped",
        "url",
        "full_url",
        "progress_url",
        "started",
        "last_activity",
        "user_options",
        "running_for",
        "idle_for",
    },
    "tokens": {
        "user",
        "id",
        "note",
        "scopes",
        "created",
        "last_activity",
        "expires_at",
        "oauth_client",
        "managed",
        "age",
        "expires_in",
        "unused_for",
    },
}
KINDS = [*SHAPES, "services"]


@pytest.fixture
def populated(hub: Hub) -> Hub:
    """A hub with three users (two of them have servers), a group, and a token."""
    hub.add_users("zoe", "ada")
    hub.add_users("b_b", admin=True)
    hub.add_group("course", "ada", "zoe", properties={"x": 1})
    hub.add_group("Seminar")
    for path in ("/users/ada/server", "/users/ada/servers/work", "/users/zoe/servers/play"):
        assert hub.api("POST", path)[0] in (201, 202)
    assert hub.api("DELETE", "/users/zoe/servers/play")[0] in (202, 204)
    hub.expect("POST", "/users/ada/tokens", {"note": "mine"})
    return hub


def names(result: Result, kind: str) -> list[str]:
    """Return the names of the gathered objects."""
    return [row["name"] for row in result[kind]]


def test_everything(populated: Hub, module: ModuleRunner) -> None:
    """Every kind is gathered, in the same form on all hubs, and nothing is written."""
    mark = populated.mark()
    result = module(INFO, {"gather": KINDS})
    assert (result["failed"], result["changed"]) == (False, False)
    assert writes(populated.requests(mark)) == []
    for kind, keys in SHAPES.items():
        rows = result[kind] if isinstance(result[kind], list) else [result[kind]]
        assert rows, kind
        for row in rows:
            assert set(row) == keys, kind
    assert result["hub"]["version"] == result["hub_version"] == populated.version
    assert result["whoami"]["kind"] == "service"
    assert result["whoami"]["name"] == "provisioner"
    assert result["whoami"]["admin"] is True
    assert "admin:users" in result["whoami"]["scopes"]
    assert names(result, "users") == ["zoe", "ada", "b_b"]
    assert {
        key: result["users"][1][key] for key in ("admin", "groups", "roles", "server", "pending")
    } == {
        "admin": False,
        "groups": ["course"],
        "roles": ["user"],
        "server": f"{populated.path}user/ada/",
        "pending": None,
    }
    assert sorted(result["users"][2]["roles"]) == ["admin", "user"]
    assert result["groups"] == [
        {"name": "course", "users": ["ada", "zoe"], "properties": {"x": 1}, "roles": []},
        {"name": "Seminar", "users": [], "properties": {}, "roles": []},
    ]
    assert [(server["user"], server["name"], server["ready"]) for server in result["servers"]] == [
        ("ada", "", True),
        ("ada", "work", True),
    ]
    assert ("ada", "mine") in [(token["user"], token["note"]) for token in result["tokens"]]
    assert names(result, "services") == ["provisioner", "scoped", "witness"]
    default = f"{populated.path}user/ada/"
    assert {populated.path, default, f"{default}work/"} <= {
        route["routespec"] for route in result["proxy"]
    }


def test_the_default_is_little(hub: Hub, module: ModuleRunner) -> None:
    """Without options, only the hub and the caller are returned. Kinds that are not gathered are
    absent.
    """
    result = module(INFO, {})
    assert {"hub", "whoami"} == set(result) & set(KINDS)
    assert result["requests"] == 2
    assert module(INFO, {"gather": []})["requests"] == 0
    assert module(INFO, {}, check=True)["whoami"]["name"] == "provisioner"


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["zoe", "ada", "b_b"]),
    ({"names": ["ada"]}, ["ada"]),
    ({"names": ["ADA", "ada", "Ada"]}, ["ada"]),
    ({"names": ["ADA", "nobody"]}, ["ada"]),
    ({"names": ["b_b", "nobody", "none", "ada"]}, ["ada", "b_b"]),
    ({"names": ["b_b", "ada"]}, ["ada", "b_b"]),
    ({"names": []}, []),
    ({"name_filter": "A"}, ["ada"]),
    ({"name_filter": "_"}, ["b_b"]),
    ({"name_filter": "%"}, []),
    ({"name_filter": ""}, ["zoe", "ada", "b_b"]),
    ({"names": ["ada", "zoe"], "name_filter": "o"}, ["zoe"]),
    ({"user_state": "active"}, ["ada"]),
    ({"user_state": "ready"}, ["ada"]),
    ({"user_state": "inactive"}, ["zoe", "b_b"]),
    ({"user_state": "inactive", "names": ["ADA", "ZOE"]}, ["zoe"]),
    ({"sort": "name"}, ["ada", "b_b", "zoe"]),
    ({"sort": "-name"}, ["zoe", "b_b", "ada"]),
    ({"sort": "id"}, ["zoe", "ada", "b_b"]),
    ({"sort": "-id"}, ["b_b", "ada", "zoe"]),
    ({"names": ["ada", "zoe"], "sort": "-id"}, ["ada", "zoe"]),
]


def test_filters_of_users(populated: Hub, module: ModuleRunner) -> None:
    """Every filter and every order gives the same result on all hubs, and does not change the
    fields of a user.
    """
    everybody = {user["name"]: user for user in module(INFO, {"gather": ["users"]})["users"]}
    for options, expected in FILTERS:
        result = module(INFO, {"gather": ["users"], **options})
        assert names(result, "users") == expected, options
        assert result["users"] == [everybody[name] for name in expected], options


def test_sorted_by_activity(hub: Hub, module: ModuleRunner) -> None:
    """Users who were never active come first, even if the hub cannot sort."""
    hub.add_users("a", "b", "c")
    for name, moment in (("a", "2026-02-01T00:00:00Z"), ("c", "2026-01-01T00:00:00Z")):
        hub.expect("POST", f"/users/{name}/activity", {"last_activity": moment})
    assert names(module(INFO, {"gather": ["users"], "sort": "last_activity"}), "users") == [
        "b",
        "c",
        "a",
    ]
    assert names(module(INFO, {"gather": ["users"], "sort": "-last_activity"}), "users") == [
        "a",
        "c",
        "b",
    ]


def test_filters_of_groups_and_services(populated: Hub, module: ModuleRunner) -> None:
    """Names of groups and services match exactly."""
    for wanted, groups in (
        (["course"], ["course"]),
        (["Seminar", "x"], ["Seminar"]),
        (["course", "Seminar", "x"], ["course", "Seminar"]),
    ):
        assert names(module(INFO, {"gather": ["groups"], "names": wanted}), "groups") == groups
    assert names(module(INFO, {"gather": ["groups"], "name_filter": "SE"}), "groups") == [
        "course",
        "Seminar",
    ]
    assert names(
        module(INFO, {"gather": ["services"], "names": ["witness", "Scoped"]}), "services"
    ) == ["witness"]
    assert names(module(INFO, {"gather": ["services"], "name_filter": "SC"}), "services") == [
        "scoped"
    ]


@pytest.mark.newest
def test_a_group_without_a_name(hub: Hub, module: ModuleRunner) -> None:
    """One request can create it, and no request reaches it."""
    hub.add_group("course")
    hub.expect("POST", "/groups", {"groups": [None]})
    try:
        for task, found in (
            ({}, ["course", None]),
            ({"name_filter": "cou"}, ["course"]),
            ({"names": ["course"]}, ["course"]),
        ):
            result = module(INFO, {"gather": ["groups"], **task})
            assert [row["name"] for row in result["groups"]] == found, result
    finally:
        hub.database.run([('DELETE FROM "groups" WHERE name IS NULL', [()])])


@pytest.mark.exact_names
def test_groups_alike_but_for_case_are_two(hub: Hub, module: ModuleRunner) -> None:
    hub.add_group("course")
    hub.add_group("Course")
    for wanted, groups in (
        (["Course", "x"], ["Course"]),
        (["COURSE", "x", "y"], []),
        (["course", "Course", "x"], ["course", "Course"]),
    ):
        assert names(module(INFO, {"gather": ["groups"], "names": wanted}), "groups") == groups


def test_servers(populated: Hub, module: ModuleRunner) -> None:
    """Stopped servers are returned if requested, including a default server that never ran."""
    for options, expected in (
        ({}, [("ada", ""), ("ada", "work")]),
        (
            {"include_stopped_servers": True, "sort": "name"},
            [("ada", ""), ("ada", "work"), ("b_b", ""), ("zoe", ""), ("zoe", "play")],
        ),
        ({"include_stopped_servers": True, "names": ["Zoe"]}, [("zoe", ""), ("zoe", "play")]),
        (
            {"user_state": "inactive", "include_stopped_servers": True},
            [("zoe", ""), ("zoe", "play"), ("b_b", "")],
        ),
        ({"user_state": "active"}, [("ada", ""), ("ada", "work")]),
        ({"names": ["zoe"]}, []),
    ):
        result = module(INFO, {"gather": ["servers"], **options})
        assert [(server["user"], server["name"]) for server in result["servers"]] == expected, (
            options
        )
        assert {server["stopped"] for server in result["servers"]} <= {
            False,
            "include_stopped_servers" in options,
        }


def test_tokens(populated: Hub, module: ModuleRunner) -> None:
    """The tokens of the filtered users are returned, without their values."""
    result = module(INFO, {"gather": ["tokens", "users"], "names": ["b_b"]})
    assert result["tokens"] == []
    assert result["requests"] == 2
    result = module(INFO, {"gather": ["tokens"], "names": ["ADA"]})
    assert {token["user"] for token in result["tokens"]} == {"ada"}
    mine = next(token for token in result["tokens"] if token["note"] == "mine")
    assert (mine["expires_at"], mine["oauth_client"], mine["managed"]) == (
        None,
        "JupyterHub",
        False,
    )
    assert "read:users:name!user=ada" in mine["scopes"]


@pytest.mark.exact_names
def test_ghosts(hub: Hub, module: ModuleRunner) -> None:
    """If a name exists in two cases, the exact one is meant. Otherwise the name is looked up as the
    hub would store it.
    """
    hub.add_users("ada", "bob", "eve")
    hub.expect("POST", "/users/Ada")
    for others in ([], ["bob", "eve"]):
        for wanted, expected in (("Ada", "Ada"), ("ada", "ada"), ("ADA", "ada")):
            result = module(INFO, {"gather": ["users"], "names": [wanted, *others]})
            assert sorted(names(result, "users")) == sorted([expected, *others])


SCOPES = {
    "users": "list:users",
    "groups": "list:groups",
    "services": "list:services",
    "proxy": "proxy",
    "servers": "list:users",
    "tokens": "list:users",
}


def test_missing_scopes_are_named(narrow_hub: Hub) -> None:
    """A caller without the scope to read gets a failure that names the missing scopes and a role
    with them. The hub's version needs no scope.
    """
    hub = narrow_hub
    hub.add_users("a1", "a2")
    run = runner(hub, api_token=hub.tokens["nothing"])
    result = run(INFO, {})
    assert result["hub"] == {
        "version": hub.version,
        "python": None,
        "sys_executable": None,
        "spawner": None,
        "authenticator": None,
    }
    assert result["whoami"]["scopes"] == []
    for kind, scope in SCOPES.items():
        result = run(INFO, {"gather": [kind]})
        assert (result["failed"], result["status"]) == (True, 403), kind
        assert scope in result["missing_scopes"], kind
        assert f"'{scope}'" in result["load_roles"]
        assert "'services': ['nothing']" in result["load_roles"]
        one_sentence(result)
    # A token that can only list names does not see whether users have servers.
    for kind, scope in (("servers", "read:servers"), ("tokens", "read:tokens")):
        result = runner(hub, api_token=hub.tokens["names-only"])(INFO, {"gather": [kind]})
        assert (result["failed"], result["missing_scopes"]) == (True, [scope])


def test_what_is_hidden_is_null(narrow_hub: Hub) -> None:
    """Fields that the token's scopes hide are null, not empty."""
    hub = narrow_hub
    hub.add_users("a1", "a2")
    hub.add_group("a1", "a1")
    hub.add_group("a2")
    unknown = dict.fromkeys(("groups", "roles", "server", "pending", "created", "last_activity"))
    result = runner(hub, api_token=hub.tokens["names-only"])(INFO, {"gather": ["users"]})
    assert result["users"] == [{"name": name, "admin": False, **unknown} for name in ("a1", "a2")]
    result = runner(hub, api_token=hub.tokens["group-names"])(INFO, {"gather": ["groups"]})
    assert result["groups"] == [
        {"name": name, "users": None, "properties": None, "roles": None} for name in ("a1", "a2")
    ]


def test_a_part_of_the_hub(narrow_hub: Hub) -> None:
    """A token that may list some users gets these. A name outside its scopes is refused and does
    not count as absent.
    """
    hub = narrow_hub
    hub.add_users("a1", "a2", "a3")
    for name in ("a0", "a1", "a2"):
        hub.add_group(name)
    run = runner(hub, api_token=hub.tokens["filtered"])
    result = run(INFO, {"gather": ["users", "groups"]})
    assert (names(result, "users"), names(result, "groups")) == (["a1"], ["a1"])
    for kind in ("users", "groups"):
        for wanted in (["a2"], ["a1", "a2", "a3"]):
            result = run(INFO, {"gather": [kind], "names": wanted})
            assert (result["failed"], result["status"]) == (True, 404)
            hidden = [name for name in wanted if name != "a1"]
            assert [one["name"] for one in result["refused"]] == hidden
            assert names(result, kind) == [name for name in wanted if name == "a1"]


@pytest.mark.parametrize("gather", ["whoami", "users"])
def test_a_wrong_token_is_reported(hub: Hub, gather: str) -> None:
    """JupyterHub answers without a reason when a caller with a bad token asks for itself, so the
    module gives the reason.
    """
    result = runner(hub, api_token="0" * 32)(INFO, {"gather": [gather]})
    assert (result["failed"], result["status"]) == (True, 403)
    assert "The token is wrong, expired or revoked: give a valid api_token." in result["msg"]


def test_info_is_the_same_in_check_mode(populated: Hub, module: ModuleRunner) -> None:
    """The module only reads, so check mode makes no difference."""
    gather = {"gather": ["users", "groups", "services"]}
    real, predicted = module(INFO, gather), module(INFO, gather, check=True)
    assert {key: real[key] for key in gather["gather"]} == {
        key: predicted[key] for key in gather["gather"]
    }
    assert short(real.get("changes", [])) == []
