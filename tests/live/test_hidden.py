# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What jupyterhub_info and jupyterhub_preflight do about objects that the caller may not see."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hub import Hub
from tests.live.support import INFO, Result, one_sentence, writes
from tests.live.support_scopes import limited, refused
from tests.live.support_servers import spawn

pytestmark = pytest.mark.daily(2)

PREFLIGHT = "jupyterhub_preflight"
EVERYTHING = ["users", "groups", "services", "servers", "tokens"]


@pytest.fixture
def course(hub: Hub) -> Hub:
    """A hub with a course of ada, and bob, who is not in it."""
    hub.add_users("ada", "bob")
    hub.add_group("course", "ada")
    hub.add_group("other", "bob")
    return hub


def partly(result: Result) -> list[tuple[str, str, Any]]:
    """Assert that a task returned what it could see and failed for the rest, which is returned."""
    assert (result["failed"], result["changed"], result["rest_done"]) == (True, False, True), result
    assert result["msg"].endswith("Everything else was returned.")
    one_sentence(result)
    return refused(result)


def names_of(result: Result, kind: str, key: str = "name") -> list[str]:
    return [one[key] for one in result[kind]]


def test_names_that_are_hidden_are_refused_and_the_others_returned(course: Hub) -> None:
    """A hidden name is not taken to be missing, however few or many names are asked for, and
    whatever filters are set.
    """
    run = limited(course, "list:users!group=course", "read:users!group=course")
    for more in ([], ["dan", "eve"]):
        asked = {"gather": ["users"], "names": ["ada", "bob", *more]}
        for filters in ({}, {"name_filter": "a"}, {"user_state": "inactive"}):
            result = run(INFO, {**asked, **filters})
            assert partly(result) == [("user", name, 404) for name in ["bob", *more]], filters
            assert names_of(result, "users") == ["ada"]
        check = run(INFO, asked, check=True)
        assert (partly(check), check["users"][0]["name"]) == (partly(run(INFO, asked)), "ada")
    # A filter leaves ada out, who is not hidden.
    result = run(INFO, {"gather": ["users"], "names": ["ada", "bob"], "name_filter": "x"})
    assert (partly(result), result["users"]) == ([("user", "bob", 404)], [])
    # Nothing of what is asked for can be seen, and what does not depend on it is returned.
    result = run(INFO, {"gather": ["users", "whoami"], "names": ["bob"]})
    assert (partly(result), result["users"]) == ([("user", "bob", 404)], [])
    assert result["whoami"]["name"] == "root"
    assert {"list:users", "read:users"} <= set(result["missing_scopes"])
    assert not run(INFO, {"gather": ["users"], "names": ["ada"]})["failed"]


def test_what_a_list_shows_is_not_hidden(course: Hub) -> None:
    """JupyterHub 4 hides a user from a caller who has a wider scope for another one only, but lists
    the user.
    """
    run = limited(
        course, "list:users", "read:users!user=ada", "list:groups", "read:groups!group=course"
    )
    for names in (["bob", "other"], ["bob", "other", "dan", "eve"]):
        result = run(INFO, {"gather": ["users", "groups"], "names": names})
        assert not result["failed"], result
        assert (names_of(result, "users"), names_of(result, "groups")) == (["bob"], ["other"])


def test_what_belongs_to_a_user_may_be_hidden_too(course: Hub) -> None:
    """The caller sees all users, and the servers and tokens of some. Without a scope for any of
    them, the task fails as before and names the scope.
    """
    for user in ("ada", "bob"):
        spawn(course, user, "")
    of_ada = [f"{scope}!user=ada" for scope in ("read:servers", "read:tokens")]
    run = limited(course, "list:users", "read:users", *of_ada)
    for names in ({}, {"names": ["ada", "bob"]}):
        result = run(INFO, {"gather": ["servers", "tokens"], **names})
        hidden = [user for user in ("bob", "root") if not names or user in names["names"]]
        assert partly(result) == [
            (kind, user, None if kind == "server" else 404)
            for kind in ("server", "token")
            for user in hidden
        ]
        assert names_of(result, "servers", "user") == ["ada"]
        assert set(names_of(result, "tokens", "user")) == {"ada"}
    run = limited(course, "list:users")
    for kind, scope in (("servers", "read:servers"), ("tokens", "read:tokens")):
        result = run(INFO, {"gather": [kind]})
        assert (result["failed"], result["rest_done"], result["missing_scopes"]) == (
            True,
            False,
            [scope],
        )


@pytest.mark.hubs("5", "6")
def test_shares_of_some_users(course: Hub) -> None:
    spawn(course, "ada", "")
    course.expect("POST", "/shares/ada/", {"user": "bob"})
    run = limited(course, "list:users", "read:shares!user=ada")
    result = run(INFO, {"gather": ["shares", "share_codes"], "names": ["ada", "bob"]})
    assert partly(result) == [("share", "bob", 404), ("share_code", "bob", 404)]
    assert [share["owner"] for share in result["shares"]] == ["ada"]


def test_groups_and_services_of_some_names(course: Hub) -> None:
    run = limited(course, "read:groups!group=course", "list:services!service=scoped")
    asked = {"gather": ["groups", "services"], "names": ["course", "other", "scoped"]}
    result = run(INFO, asked)
    assert partly(result) == [
        ("group", "other", 404),
        ("group", "scoped", 404),
        ("service", "course", None),
        ("service", "other", None),
    ]
    assert names_of(result, "groups") == ["course"]
    assert names_of(result, "services") == ["scoped"]


# The preflight


def not_checked(hub: Hub, run: Any, **lists: Any) -> list[tuple[str, str, str]]:
    """Assert that the preflight passes, in a real run and in check mode, and warns of what it could
    not check, if there is anything.
    """
    mark = hub.mark()
    result, check = (run(PREFLIGHT, lists, check=check) for check in (False, True))
    assert (result["failed"], result["problems"]) == (False, []), result
    assert check["not_checked"] == result["not_checked"]
    told = [(one["kind"], one["name"], one["why"]) for one in result["not_checked"]]
    warned = [text for text in map(str, result.get("warnings", [])) if "was not checked" in text]
    assert len(warned) == bool(told)
    assert all(name in warned[0] for _kind, name, _why in told)
    assert writes(hub.requests(mark)) == []
    return told


def test_needed_names_that_are_hidden_are_no_problem(course: Hub) -> None:
    """The modules refuse what depends on them, and do the rest."""
    scopes = ["admin:groups", "tokens", "servers!user=ada", "list:users!group=course"]
    run = limited(course, *scopes, "read:users!group=course")
    groups = [{"name": "course", "users": ["ada"]}, {"name": "other", "users": ["bob", "Bob"]}]
    lists: dict[str, Any] = {
        "groups": groups,
        "servers": [{"user": "bob"}],
        "tokens": [{"user": "cy", "note": "n", "dest": "/tmp/n"}],
    }
    assert not_checked(course, run, **lists) == [
        ("user", "bob", "a member of group other"),
        ("user", "cy", "the owner of token n"),
    ]
    assert not_checked(course, run, groups=groups[:1]) == []
    result = run("jupyterhub_group", {"groups": groups})
    assert result["rest_done"], result


def test_a_missing_name_is_a_problem_still(course: Hub) -> None:
    run = limited(course, "groups", "read:users")
    result = run(PREFLIGHT, {"groups": [{"name": "course", "users": ["nobody"]}]})
    assert (result["failed"], result["not_checked"]) == (True, [])
    assert "nobody (a member of group course)" in result["problems"][0]


def test_a_group_that_may_be_missing_needs_no_scope_to_make_it(course: Hub) -> None:
    run = limited(course, "groups!group=course", "read:users")
    groups = [{"name": "course", "users": []}, {"name": "other", "users": []}]
    assert not_checked(course, run, groups=groups) == []
    result = run("jupyterhub_group", {"groups": groups})
    assert refused(result) == [("group", "other", 404)]
    assert course.groups()["course"]["users"] == []


@pytest.mark.hubs("5", "6")
def test_guests_and_servers_that_are_hidden(course: Hub) -> None:
    spawn(course, "ada", "lab")
    run = limited(
        course, "shares!user=ada", "read:users!user=ada", "read:groups!group=course", "list:users"
    )
    shares = [
        {"owner": "ada", "server": "lab", "groups": ["other"]},
        {"owner": "bob", "server": "lab", "groups": ["course"]},
    ]
    assert not_checked(course, run, shares=shares) == [
        ("group", "other", "a guest of server ada/lab"),
        ("server", "bob/lab", "it is shared"),
    ]


def test_guards_stay_strict(course: Hub) -> None:
    """A prune of groups would take a group for undeclared of which a member is hidden. So this is
    refused before the list of users is written. A limit for members is checked for the groups that
    the caller may see.
    """
    course.add_users("cy")
    course.api("POST", "/groups/course/users", {"users": ["cy"]})
    scopes = ["admin:users", "admin:groups"]
    users = [{"name": "new"}]
    groups = [{"name": "course", "users": ["ada"]}, {"name": "other", "users": ["bob", "dan"]}]
    # The caller may create users, and look up those of the course only.
    run = limited(course, *scopes)
    result = run(PREFLIGHT, {"users": users, "groups": groups, "remove_limit": "10%"})
    assert result["failed"]
    narrow = [f"{scope}!group=course" for scope in scopes]
    run = limited(course, *narrow)
    lists = {"users": [{"name": "ada"}], "groups": groups}
    result = run(PREFLIGHT, {**lists, "remove_limit": 0})
    assert "More members would be removed than remove_limit 0 allows" in result["msg"]
    assert not_checked(course, run, **lists, remove_limit=1)
    run = limited(course, *narrow, "list:groups", "groups")
    result = run(PREFLIGHT, {**lists, "prune": ["groups"], "prune_limit": "100%"})
    assert (result["failed"], result["changed"]) == (True, False), result
    assert "GET /users/dan was refused" in result["msg"]
