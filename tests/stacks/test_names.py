# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user or group that a name means, on hubs that make this difficult: an authenticator keeps
case or changes names, a proxy changes paths, a collation takes two names for the same.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import (
    GROUP,
    USER,
    admins,
    auth_state,
    converge,
    members,
    one_sentence,
    short,
    snapshot,
    writes,
)
from tests.stacks.support import SHARE, provision

pytestmark = pytest.mark.newest

LOGIN = "tilda.brook@example.edu"
STORED = {LOGIN: "tbrook"}


# An authenticator that keeps case


@pytest.mark.sample
@pytest.mark.profile("keepcase")
def test_a_member_in_upper_case_is_added_and_taken_out(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("Ada", "bob")
    added = converge(hub, module, GROUP, {"name": "g", "users": ["Ada", "bob"]})
    assert "Ada" in str(added["changes"])
    assert members(hub) == {"g": ["Ada", "bob"]}
    gone = converge(hub, module, GROUP, {"name": "g", "users": ["Ada"], "users_mode": "absent"})
    assert gone["changed"]
    assert members(hub) == {"g": ["bob"]}


@pytest.mark.profile("keepcase")
def test_names_alike_but_for_case_are_two_users(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("ada")
    converge(hub, module, USER, {"users": [{"name": "Ada"}, {"name": "ada", "admin": True}]})
    assert admins(hub) == {"Ada": False, "ada": True}
    converge(hub, module, GROUP, {"name": "g", "users": ["Ada"]})
    assert members(hub) == {"g": ["Ada"]}
    converge(hub, module, USER, {"name": "Ada", "state": "absent"})
    assert list(hub.users()) == ["ada"]


@pytest.mark.sample
@pytest.mark.profile("keepcase")
def test_a_share_with_a_user_in_upper_case_is_revoked(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("Ada", "Bob")
    hub.expect("POST", "/users/Ada/servers/lab")
    hub.expect("POST", "/shares/Ada/lab", {"user": "Bob"})
    result = module(SHARE, {"owner": "Ada", "server": "lab", "users": ["Bob"], "mode": "absent"})
    assert (result["failed"], result["changed"]) == (False, True), result
    assert hub.expect("GET", "/shares/Ada/lab")["items"] == []


@pytest.mark.profile("keepcase")
def test_a_token_of_a_user_in_upper_case(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("Ada")
    task = {"user": "Ada", "note": "cron"}
    made = module("jupyterhub_token", task)
    assert (made["failed"], made["changed"]) == (False, True), made
    assert [token["user"] for token in hub.user_tokens("Ada")] == ["Ada"]
    assert module("jupyterhub_token", {**task, "state": "absent"})["changed"]
    assert hub.user_tokens("Ada") == []


@pytest.mark.profile("keepcase")
def test_the_role_makes_them_and_puts_them_into_groups(hub: Hub) -> None:
    variables = {
        "jupyterhub_users": [{"name": "Ada"}, {"name": "bob"}],
        "jupyterhub_groups": [{"name": "g", "users": ["Ada", "bob"]}],
    }
    run = provision(hub, variables)
    assert run.status == 0, run.output
    assert members(hub) == {"g": ["Ada", "bob"]}
    again = provision(hub, variables)
    assert (again.status, again.changed) == (0, False), again.output


@pytest.mark.profile("keepcase")
def test_a_prune_keeps_those_in_upper_case(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("Ada", "bob", "Carl")
    result = module(
        USER, {"users": [{"name": "Ada"}, {"name": "bob"}], "prune": True, "prune_limit": "100%"}
    )
    assert (result["failed"], short(result["changes"])) == (False, [("delete", "Carl", {})]), result
    assert sorted(hub.users()) == ["Ada", "bob"]


# An authenticator that maps some login names to other names


@pytest.mark.profile("usermap")
def test_the_role_puts_a_renamed_user_into_groups(hub: Hub) -> None:
    """The groups' task uses the names that the users' task has learned."""
    run = provision(
        hub,
        {
            "jupyterhub_users": [{"name": LOGIN}],
            "jupyterhub_groups": [{"name": "g", "users": [LOGIN]}],
        },
    )
    assert run.status == 0, run.output
    assert members(hub) == {"g": ["tbrook"]}


@pytest.mark.sample
@pytest.mark.profile("usermap")
def test_stored_names_make_everything_predictable(hub: Hub, module: ModuleRunner) -> None:
    result = converge(
        hub, module, USER, {"users": [{"name": LOGIN}, {"name": "ada"}], "stored_names": STORED}
    )
    assert [change["name"] for change in result["changes"]] == ["tbrook", "ada"]
    assert sorted(hub.users()) == ["ada", "tbrook"]
    converge(hub, module, USER, {"name": LOGIN, "admin": True, "stored_names": STORED})
    assert admins(hub) == {"ada": False, "tbrook": True}
    converge(hub, module, USER, {"name": LOGIN, "state": "absent", "stored_names": STORED})
    assert list(hub.users()) == ["ada"]


@pytest.mark.profile("usermap")
def test_the_role_with_stored_names_is_quiet_when_run_again(hub: Hub) -> None:
    variables = {
        "jupyterhub_users": [{"name": LOGIN}, {"name": "ada"}],
        "jupyterhub_groups": [{"name": "g", "users": [LOGIN, "ada"]}],
        "jupyterhub_stored_names": STORED,
    }
    first = provision(hub, variables)
    assert (first.status, first.changed) == (0, True), first.output
    assert members(hub) == {"g": ["ada", "tbrook"]}
    again = provision(hub, variables)
    assert (again.status, again.changed) == (0, False), again.output
    check = provision(hub, variables, "--check")
    assert (check.status, check.changed) == (0, False), check.output


@pytest.mark.profile("usermap")
def test_a_renamed_user_is_made_once_and_found_again(hub: Hub, module: ModuleRunner) -> None:
    """The hub's response to the creation tells the stored name, even without stored_names."""
    first = module(USER, {"name": LOGIN})
    assert (first["failed"], first["changed"]) == (False, True), first
    assert list(hub.users()) == ["tbrook"]
    again = module(USER, {"name": LOGIN})
    assert not again["failed"], again
    assert list(hub.users()) == ["tbrook"]


@pytest.mark.profile("usermap")
def test_a_prune_does_not_take_the_declared_for_a_stranger(hub: Hub, module: ModuleRunner) -> None:
    """Without stored_names, the task must not delete and recreate tbrook: it finds out the stored
    name, or refuses.
    """
    hub.add_users("tbrook", "leaver")
    made = {user["name"]: user["created"] for user in hub.users().values()}
    module(USER, {"users": [{"name": LOGIN}], "prune": True, "prune_limit": "100%"})
    assert hub.users().get("tbrook", {}).get("created") == made["tbrook"]


# A proxy in front that decodes and normalises paths


def strangers(result: dict[str, Any]) -> None:
    """Assert that a task failed because a server on the way takes two names for the same, and that
    the message says so.
    """
    assert result["failed"], result
    assert not result["changed"]
    one_sentence(result)
    assert "proxy" in result["msg"], result["msg"]


@pytest.mark.sample
@pytest.mark.profile("nginx-uri")
@pytest.mark.parametrize(
    "task",
    [
        {"name": "/staff", "users": ["berta"], "users_mode": "present"},
        {"name": "/staff", "users": ["berta"]},
        {"name": "/staff", "state": "absent"},
        {"name": "/staff", "properties": {"room": ["1"]}},
        {"groups": [{"name": "staff"}], "prune": True, "prune_limit": "100%"},
        {"groups": [{"name": "other"}, {"name": "/staff", "users": ["berta"]}]},
    ],
    ids=["present", "exact", "absent", "properties", "prune", "second"],
)
def test_a_slash_that_is_lost_on_the_way_hits_no_other_group(
    hub: Hub, module: ModuleRunner, task: dict[str, Any]
) -> None:
    hub.add_users("ann", "berta")
    hub.add_group("staff", "ann")
    hub.add_group("/staff")
    before, mark = snapshot(hub), hub.mark()
    strangers(module(GROUP, task))
    assert snapshot(hub) == before
    assert writes(hub.requests(mark)) == []


@pytest.mark.profile("nginx-uri")
def test_a_slash_that_is_lost_makes_no_other_group(hub: Hub, module: ModuleRunner) -> None:
    result = module(GROUP, {"name": "/staff"})
    assert result["failed"], result
    assert hub.groups() == {}


@pytest.mark.profile("nginx-uri")
def test_all_other_names_work_behind_it(hub: Hub, module: ModuleRunner) -> None:
    names = ["a b", "a%b", "a+b", "a#b", "a?b", "ünï", "a;b", "a&b", "a:b@c", "a=b,c"]
    hub.add_users("ada")
    converge(hub, module, GROUP, {"groups": [{"name": name, "users": ["ada"]} for name in names]})
    assert members(hub) == {name: ["ada"] for name in names}
    converge(hub, module, GROUP, {"groups": [{"name": name} for name in names], "state": "absent"})
    assert hub.groups() == {}


# A collation that takes two names for the same


@pytest.mark.sample
@pytest.mark.profile("mariadb")
def test_another_s_auth_state_is_not_overwritten(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("jose")
    hub.expect("PATCH", "/users/jose", {"auth_state": {"whose": "jose"}})
    for check in (True, False):
        result = module(USER, {"name": "josé", "auth_state": {"whose": "josé"}}, check=check)
        assert result["failed"], result
        one_sentence(result)
        assert "jose" in result["msg"]
        assert "collation" in result["msg"], result["msg"]
    assert auth_state(hub, "jose") == {"whose": "jose"}
    assert list(hub.users()) == ["jose"]


@pytest.mark.profile("mariadb")
@pytest.mark.parametrize(
    "task",
    [{"name": "josé"}, {"name": "josé", "admin": True}, {"name": "josé", "state": "absent"}],
    ids=["present", "admin", "absent"],
)
def test_a_user_is_not_taken_for_another(
    hub: Hub, module: ModuleRunner, task: dict[str, Any]
) -> None:
    hub.add_users("jose")
    before = snapshot(hub)
    for check in (True, False):
        result = module(USER, task, check=check)
        assert (result["failed"], result["changed"]) == (True, False), result
        one_sentence(result)
        assert "collation" in result["msg"], result["msg"]
    assert snapshot(hub) == before


@pytest.mark.sample
@pytest.mark.profile("mariadb")
def test_a_prune_does_not_exchange_one_for_another(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("jose", "bob")
    before = snapshot(hub)
    result = module(
        USER, {"users": [{"name": "josé"}, {"name": "bob"}], "prune": True, "prune_limit": "100%"}
    )
    assert result["failed"], result
    assert snapshot(hub) == before


@pytest.mark.profile("mariadb")
@pytest.mark.parametrize("others", [[], ["bob", "cy"]], ids=["alone", "in a list"])
def test_a_name_with_capitals_means_the_user_who_has_it(
    hub: Hub, module: ModuleRunner, others: list[str]
) -> None:
    """A request for a single user, or an authenticator that keeps case, creates a user with
    capitals. On this database no other user can have the same name in lower case.
    """
    more = [{"name": name} for name in others]
    hub.add_users(*others)
    hub.expect("POST", "/users/Ada")
    converge(hub, module, USER, {"users": [{"name": "Ada", "admin": True}, *more]})
    assert admins(hub) == {"Ada": True, **dict.fromkeys(others, False)}
    for name in ("ada", "ADA"):
        result = module(USER, {"users": [{"name": name, "admin": False}, *more]})
        assert (result["failed"], result["changed"]) == (True, False), result
        assert "collation" in result["msg"], result["msg"]
    both = module(USER, {"users": [{"name": "Ada"}, {"name": "ada"}, *more]})
    assert (both["failed"], both["changed"]) == (True, False), both
    converge(hub, module, GROUP, {"name": "g", "users": ["Ada", *others]})
    assert members(hub) == {"g": ["Ada", *others]}
    converge(hub, module, USER, {"users": [{"name": "Ada", "state": "absent"}, *more]})
    assert sorted(hub.users()) == others


@pytest.mark.profile("mariadb")
def test_tokens_and_servers_of_a_name_in_other_case(hub: Hub, module: ModuleRunner) -> None:
    """The hub finds the user by any spelling, and stores one. A new token belongs to that user, and
    the next run finds it.
    """
    hub.add_users("ada", "jose")
    for _again in range(2):
        task = {"user": "ADA", "note": "n"}
        made = module("jupyterhub_token", task)
        assert (made["failed"], made["changed"]) == (False, True), made
        assert [token["user"] for token in hub.user_tokens("ada")] == ["ada"]
        found = module("jupyterhub_token", task)
        assert (found["failed"], found["changed"], found["token"]["user"]) == (False, False, "ada")
        gone = module("jupyterhub_token", {**task, "state": "absent"})
        assert (gone["failed"], gone["changed"]) == (False, True), gone
        assert hub.user_tokens("ada") == []
    assert module("jupyterhub_server", {"user": "ADA"})["changed"]
    assert not module("jupyterhub_server", {"user": "Ada"})["changed"]
    # An accent is different from case: no hub stores one name for both.
    for present in ([], ["old"]):
        for note in present:
            hub.expect("POST", "/users/jose/tokens", {"note": note})
        before = hub.user_tokens("jose")
        result = module("jupyterhub_token", {"user": "jos\u00e9", "note": "n"})
        assert result["failed"], result
        one_sentence(result)
        assert hub.user_tokens("jose") == before


@pytest.mark.profile("mariadb")
@pytest.mark.parametrize(
    "wanted",
    [
        {"users": []},
        {"users": ["cy"]},
        {"users": ["cy"], "mode": "present"},
        {"users": ["bob"], "mode": "absent"},
        {"code": True, "mode": "absent"},
    ],
    ids=["none", "exact", "present", "absent", "code"],
)
def test_another_s_shares_are_not_touched(
    hub: Hub, module: ModuleRunner, wanted: dict[str, Any]
) -> None:
    hub.add_users("jose", "bob", "cy")
    hub.expect("POST", "/users/jose/server")
    hub.expect("POST", "/shares/jose/", {"user": "bob"})
    hub.expect("POST", "/share-codes/jose/", {})
    before, mark = hub.expect("GET", "/shares/jose/")["items"], hub.mark()
    result = module(SHARE, {"owner": "jos\u00e9", **wanted})
    assert (result["failed"], result["changed"]) == (True, False), result
    one_sentence(result)
    assert "collation" in result["msg"], result["msg"]
    assert hub.expect("GET", "/shares/jose/")["items"] == before
    assert len(hub.expect("GET", "/share-codes/jose/")["items"]) == 1
    assert writes(hub.requests(mark)) == []


@pytest.mark.profile("mariadb")
@pytest.mark.parametrize("wanted", [{"users": ["cy"]}, {"code": True}], ids=["guest", "code"])
def test_a_server_of_another_user_that_is_not_shared_yet_stays_so(
    hub: Hub, module: ModuleRunner, wanted: dict[str, Any]
) -> None:
    """Nothing tells whose server it is before the request, which the hub answers with 500."""
    hub.add_users("jose", "cy")
    hub.expect("POST", "/users/jose/server")
    result = module(SHARE, {"owner": "jos\u00e9", **wanted})
    assert (result["failed"], result["changed"]) == (True, False), result
    one_sentence(result)
    assert hub.expect("GET", "/shares/jose/")["items"] == []
    assert hub.expect("GET", "/share-codes/jose/")["items"] == []


@pytest.mark.profile("mariadb")
def test_groups_alike_but_for_case(hub: Hub, module: ModuleRunner) -> None:
    hub.add_group("cs100")
    before = snapshot(hub)
    for check in (True, False):
        result = module(GROUP, {"name": "CS100", "properties": {"room": ["1"]}}, check=check)
        assert (result["failed"], result["changed"]) == (True, False), result
        one_sentence(result)
        assert "collation" in result["msg"], result["msg"]
        assert "again" not in result["msg"], result["msg"]
    assert snapshot(hub) == before


@pytest.mark.profile("mariadb")
def test_names_that_differ_in_an_emoji(hub: Hub, module: ModuleRunner) -> None:
    hub.add_group("team 😀")
    result = module(GROUP, {"name": "team 😎"})
    assert (result["failed"], result["changed"]) == (True, False), result
    assert "collation" in result["msg"], result["msg"]
    assert list(hub.groups()) == ["team 😀"]


@pytest.mark.sample
@pytest.mark.profile("mariadb-bin", "postgres")
def test_all_these_names_are_different_where_bytes_are_compared(
    hub: Hub, module: ModuleRunner
) -> None:
    hub.add_users("jose")
    hub.expect("PATCH", "/users/jose", {"auth_state": {"whose": "jose"}})
    converge(
        hub,
        module,
        USER,
        {"users": [{"name": "josé"}, {"name": "jose"}], "prune": True, "prune_limit": "100%"},
    )
    converge(
        hub,
        module,
        GROUP,
        {
            "groups": [
                {"name": name, "users": ["josé"]}
                for name in ("cs100", "CS100", "team 😀", "team 😎")
            ]
        },
    )
    assert auth_state(hub, "jose") == {"whose": "jose"}
    assert set(hub.users()) == {"jose", "josé"}
    assert set(hub.groups()) == {"cs100", "CS100", "team 😀", "team 😎"}
