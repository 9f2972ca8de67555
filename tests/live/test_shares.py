# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares of servers with users and groups, and share codes."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import runner, short, writes

SHARE = "jupyterhub_share"
ACCESS = "access:servers!server=ada/"
READ = "read:servers!server=ada/"
NEW = pytest.mark.hubs("5", "6")


def shares(hub: Hub, owner: str = "ada", server: str = "") -> dict[str, list[str]]:
    """Return who can use a server, with which scopes, as the hub reports it."""
    rows = hub.expect("GET", f"/shares/{owner}/{server}")["items"]
    return {f"{row['kind']} {row[row['kind']]['name']}": sorted(row["scopes"]) for row in rows}


def codes(hub: Hub) -> list[Any]:
    """Return the codes of ada's server."""
    return list(hub.expect("GET", "/share-codes/ada/")["items"])


def converge(hub: Hub, module: ModuleRunner, params: dict[str, Any]) -> dict[str, Any]:
    """Run in check mode, in a real run, and again; assert that the change is predicted, done, and
    not repeated.
    """
    before, mark = (shares(hub), codes(hub)), hub.mark()
    predicted = module(SHARE, params, check=True, diff=True)
    assert not predicted["failed"], predicted
    assert writes(hub.requests(mark)) == []
    assert (shares(hub), codes(hub)) == before
    real = module(SHARE, params, diff=True)
    assert not real["failed"], real
    assert {key: real[key] for key in ("changed", "changes", "summary", "diff")} == {
        key: predicted[key] for key in ("changed", "changes", "summary", "diff")
    }
    again = module(SHARE, params)
    assert (again["failed"], again["changed"]) == (False, False), again
    return real


@pytest.fixture
def shared(hub: Hub) -> Hub:
    """A hub on which ada has a server to share."""
    hub.add_users("ada", "grace", "linus")
    hub.add_group("tutors", "linus")
    hub.expect("POST", "/users/ada/server")
    return hub


@NEW
def test_exact_present_absent(shared: Hub, module: ModuleRunner) -> None:
    """Each mode adds or removes users and groups as documented; undeclared shares are left
    alone.
    """
    result = converge(shared, module, {"owner": "Ada", "users": ["Grace"], "groups": ["tutors"]})
    assert short(result["changes"]) == [
        ("create", "ada/ with user grace", {"scopes": [ACCESS]}),
        ("create", "ada/ with group tutors", {"scopes": [ACCESS]}),
    ]
    assert shares(shared) == {"user grace": [ACCESS], "group tutors": [ACCESS]}
    converge(shared, module, {"owner": "ada", "users": ["linus"], "mode": "present"})
    assert set(shares(shared)) == {"user grace", "user linus", "group tutors"}
    converge(shared, module, {"owner": "ada", "users": ["linus"]})
    assert set(shares(shared)) == {"user linus", "group tutors"}
    converge(shared, module, {"owner": "ada", "users": ["linus", "nobody"], "mode": "absent"})
    assert set(shares(shared)) == {"group tutors"}
    result = converge(shared, module, {"shares": [{"owner": "ada", "users": [], "groups": []}]})
    assert short(result["changes"]) == [("revoke", "ada/ with group tutors", {})]
    assert shares(shared) == {}


@NEW
def test_scopes(shared: Hub, module: ModuleRunner) -> None:
    """Scopes are added, and with mode exact removed; if unset, they stay unchanged."""
    converge(
        shared,
        module,
        {"owner": "ada", "users": ["grace"], "scopes": ["access:servers", "read:servers"]},
    )
    assert shares(shared) == {"user grace": [ACCESS, READ]}
    assert not module(SHARE, {"owner": "ada", "users": ["grace"]})["changed"]
    assert not module(
        SHARE, {"owner": "ada", "users": ["grace"], "scopes": ["access:servers"], "mode": "present"}
    )["changed"]
    result = converge(
        shared, module, {"owner": "ada", "users": ["grace"], "scopes": ["read:servers"]}
    )
    assert short(result["changes"]) == [("update", "ada/ with user grace", {"scopes": [READ]})]
    assert shares(shared) == {"user grace": [READ]}
    converge(
        shared,
        module,
        {"owner": "ada", "users": ["grace"], "scopes": ["access:servers"], "mode": "present"},
    )
    converge(
        shared, module, {"owner": "ada", "users": ["grace"], "scopes": [READ], "mode": "absent"}
    )
    assert shares(shared) == {"user grace": [ACCESS]}


@NEW
def test_scopes_of_each_guest(shared: Hub, module: ModuleRunner) -> None:
    """Guests of one server can have different scopes, in both forms and in all modes. A guest that
    is only a name gets the common scopes.
    """
    guests: list[Any] = [
        {"name": "Grace", "scopes": ["read:servers", ACCESS]},
        {"name": "linus", "scopes": ["read:servers"]},
    ]
    result = converge(
        shared, module, {"owner": "ada", "users": guests, "groups": ["tutors", {"name": "tutors"}]}
    )
    assert short(result["changes"]) == [
        ("create", "ada/ with user grace", {"scopes": [ACCESS, READ]}),
        ("create", "ada/ with user linus", {"scopes": [READ]}),
        ("create", "ada/ with group tutors", {"scopes": [ACCESS]}),
    ]
    assert shares(shared) == {
        "user grace": [ACCESS, READ],
        "user linus": [READ],
        "group tutors": [ACCESS],
    }
    # The result can be used as a declaration.
    given = {key: result["share"][key] for key in ("owner", "server", "users", "groups")}
    assert not module(SHARE, {"shares": [given]})["changed"]
    guests = [{"name": "grace", "scopes": ["read:servers"]}, "linus", {"name": "linus"}]
    result = converge(
        shared,
        module,
        {
            "shares": [
                {"owner": "ada", "users": guests, "scopes": ["access:servers"], "mode": "present"}
            ]
        },
    )
    assert short(result["changes"]) == [
        ("update", "ada/ with user linus", {"scopes": [ACCESS, READ]})
    ]
    result = converge(
        shared, module, {"owner": "ada", "users": guests, "scopes": ["access:servers"]}
    )
    assert shares(shared) == {
        "user grace": [READ],
        "user linus": [ACCESS],
        "group tutors": [ACCESS],
    }
    result = converge(
        shared,
        module,
        {
            "owner": "ada",
            "users": [{"name": "linus", "scopes": ["read:servers"]}, "grace"],
            "mode": "absent",
        },
    )
    assert shares(shared) == {"user linus": [ACCESS], "group tutors": [ACCESS]}
    assert "user grace" in result["diff"]["before"]
    assert "linus" not in result["diff"]["before"]


@NEW
def test_named_servers(shared: Hub, module: ModuleRunner) -> None:
    """A named server is shared by its name."""
    shared.expect("POST", "/users/ada/servers/gpu")
    result = module(SHARE, {"owner": "ada", "server": "gpu", "users": ["grace"]})
    assert result["changed"], result
    assert shares(shared, "ada", "gpu") == {"user grace": ["access:servers!server=ada/gpu"]}
    assert shares(shared) == {}


@NEW
def test_codes(shared: Hub, module: ModuleRunner) -> None:
    """A code is created once, its value is returned once, and it gives access to the server."""
    result = converge(shared, module, {"owner": "ada", "code": True, "expires_in": "7d"})
    code = result["share"]["code"]
    assert code["code"]
    assert code["id"] == codes(shared)[0]["id"]
    assert len(codes(shared)) == 1
    assert module(SHARE, {"owner": "ada", "code": True}, diff=True)["share"]["code"] is None
    assert code["code"] not in str(result["changes"]) + str(result["diff"])
    result = converge(shared, module, {"owner": "ada", "code": True, "mode": "absent"})
    assert result["summary"] == {"revoke": 1, "unchanged": 0}
    assert codes(shared) == []


@NEW
@pytest.mark.parametrize("dead", [False, True], ids=["refused", "dead"])
def test_a_code_of_a_task_that_fails(
    shared: Hub, module: ModuleRunner, monkeypatch: pytest.MonkeyPatch, dead: bool
) -> None:
    """The code of a failed task is never returned, so it is deleted. If that fails, the message
    says what to do.
    """
    shared.add_users("eve")
    shared.expect("POST", "/users/eve/server")
    api = importlib.import_module(
        "ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api"
    )
    errors = importlib.import_module(
        "ansible_collections.hubops.jupyterhub.plugins.module_utils._errors"
    )
    create = api.HubApi.share_code_create

    def fail(*args: Any) -> None:
        raise errors.HubError("No.")

    def create_for_ada(self: Any, owner: str, *args: Any) -> Any:
        return create(self, owner, *args) if owner == "ada" else fail()

    task = {
        "shares": [
            {"owner": "ada", "code": True, "users": ["grace"]},
            {"owner": "eve", "code": True},
        ]
    }
    with monkeypatch.context() as patch:
        patch.setattr(api.HubApi, "share_code_create", create_for_ada)
        if dead:
            patch.setattr(api.HubApi, "share_code_delete", fail)
        result = module(SHARE, task)
    assert (result["failed"], result["changed"]) == (True, True), result
    told = [(change["kind"], change["name"]) for change in result["changes"]]
    assert told == [
        ("share", "ada/ with user grace"),
        *([("share_code", "ada/ code")] if dead else []),
    ]
    assert ("remove it with mode absent first" in str(result.get("warnings"))) == dead
    assert len(codes(shared)) == dead
    if dead:
        assert module(SHARE, {"owner": "ada", "code": True, "mode": "absent"})["changed"]
    result = module(SHARE, {**task, "return_objects": "all"})
    assert all(share["code"]["code"] for share in result["shares"]), result


@NEW
def test_expired_codes(shared: Hub, module: ModuleRunner) -> None:
    """The hub counts expired codes but does not list them; the module treats them as missing."""
    first = module(SHARE, {"owner": "ada", "code": True, "expires_in": "1h"})["share"]["code"]
    shared.sql("UPDATE share_codes SET expires_at = '2026-01-01 00:00:00.000000'")
    answer = shared.expect("GET", "/share-codes/ada/")
    assert (answer["items"], answer["_pagination"]["total"]) == ([], 1)
    result = converge(shared, module, {"owner": "ada", "code": True})
    assert result["summary"] == {"create": 1, "unchanged": 0}
    assert (
        [code["id"] for code in codes(shared)] == [result["share"]["code"]["id"]] != [first["id"]]
    )


@NEW
def test_missing_users_groups_and_servers(shared: Hub, module: ModuleRunner) -> None:
    """All missing users, groups and servers are named before any write; check mode assumes that an
    earlier task creates them.
    """
    mark = shared.mark()
    for params, names in (
        (
            {
                "shares": [
                    {"owner": "grace", "server": "x", "users": ["linus"]},
                    {"owner": "zoe", "users": ["ada"]},
                ]
            },
            ["grace/x", "zoe/"],
        ),
        ({"owner": "ada", "users": ["zoe", "grace", "yan"]}, ["yan", "zoe"]),
        ({"owner": "ada", "groups": ["nogroup"]}, ["nogroup"]),
    ):
        result = module(SHARE, params)
        assert result["failed"], result
        assert result["missing"] == names, result
        predicted = module(SHARE, params, check=True)
        assert not predicted["failed"], predicted
        assert predicted["changed"], predicted
        assert all(name in str(predicted["warnings"]) for name in names)
    assert writes(shared.requests(mark)) == []
    assert not module(SHARE, {"owner": "zoe", "users": ["ada"], "mode": "absent"})["changed"]


@NEW
@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"owner": "ada"}, "give users, groups or code"),
        (
            {"owner": "ada", "users": ["grace"], "scopes": ["access:servers!user=ada"]},
            "write it without a filter",
        ),
        ({"owner": "ada", "users": ["grace"], "expires_in": "1h"}, "do not expire"),
        ({"owner": "ada", "code": True, "expires_in": "30s"}, "from one minute to one year"),
        ({"owner": "ada/x", "users": []}, "contains a slash"),
        (
            {"owner": "ada", "users": [], "stored_names": {"x": 7}},
            "stored_names contains 'x': '7', and both must be text",
        ),
        (
            {"owner": "ada", "users": [{"nmae": "grace"}]},
            "'nmae' is not an option in item 1 of users of server ada/: there are name, scopes.",
        ),
        (
            {"owner": "ada", "users": [{"scopes": ["read:servers"]}]},
            "item 1 of users of server ada/ has no name",
        ),
        (
            {"owner": "ada", "users": ["grace", {"name": "linus", "scopes": "read:servers"}]},
            "The scopes in item 2 of users of server ada/ are not a list",
        ),
        ({"owner": "ada", "users": ["grace", 7]}, "These users do not exist on the hub: 7."),
        ({"owner": "ada", "groups": [True]}, "item 1 of groups is true"),
        ({"owner": "ada", "groups": [["tutors"]]}, "item 1 of groups is a list"),
        ({"shares": [{"owner": "ada", "groups": [None]}]}, "item 1 of groups"),
        ({"owner": "ada", "users": {"name": "grace"}}, "it must be a list"),
        (
            {
                "owner": "ada",
                "users": [
                    {"name": "grace", "scopes": ["read:servers"]},
                    {"name": "Grace", "scopes": ["access:servers"]},
                ],
            },
            "The user grace is declared twice for server ada/ with different scopes",
        ),
    ],
    ids=[
        "nothing",
        "filter",
        "expiry of a share",
        "short code",
        "name",
        "stored name",
        "misspelt",
        "nameless",
        "scopes as text",
        "number",
        "bool",
        "list in a list",
        "null",
        "dictionary",
        "contradiction",
    ],
)
def test_bad_input(shared: Hub, module: ModuleRunner, params: dict[str, Any], said: str) -> None:
    """The task fails with one sentence, and nothing is sent."""
    mark = shared.mark()
    result = module(SHARE, params)
    assert result["failed"], result["msg"]
    assert said in result["msg"], result["msg"]
    assert writes(shared.requests(mark)) == []


@NEW
def test_info_gathers_shares(shared: Hub, module: ModuleRunner) -> None:
    """The shares of all owners are gathered, in a fixed form."""
    module(SHARE, {"owner": "ada", "users": ["grace"]})
    (row,) = module("jupyterhub_info", {"gather": ["shares"]})["shares"]
    assert row.pop("created_at")
    assert row == {
        "owner": "ada",
        "server": "",
        "kind": "user",
        "name": "grace",
        "scopes": [ACCESS],
    }
    assert module("jupyterhub_info", {"gather": ["shares"], "names": ["grace"]})["shares"] == []


@NEW
def test_info_gathers_share_codes(shared: Hub, module: ModuleRunner) -> None:
    """The codes of all servers of an owner are gathered, without the values that give access."""
    shared.expect("POST", "/users/ada/servers/gpu")
    made = module(
        SHARE,
        {
            "shares": [
                {"owner": "ada", "code": True},
                {"owner": "ada", "server": "gpu", "code": True},
            ],
            "return_objects": "all",
        },
    )["shares"]
    result = module("jupyterhub_info", {"gather": ["share_codes"]})
    assert [
        (row["owner"], row["server"], row["id"], row["exchange_count"], row["last_exchanged_at"])
        for row in result["share_codes"]
    ] == [("ada", share["server"], share["code"]["id"], 0, None) for share in made]
    assert all(
        set(row) == set(result["share_codes"][0]) >= {"scopes", "created_at", "expires_at"}
        for row in result["share_codes"]
    )
    assert not any(share["code"]["code"] in str(result) for share in made)
    assert (
        module("jupyterhub_info", {"gather": ["share_codes"], "names": ["grace"]})["share_codes"]
        == []
    )


@pytest.mark.hubs("4")
def test_an_old_hub_is_refused(hub: Hub, module: ModuleRunner) -> None:
    """JupyterHub 4 has no shares."""
    for name, params, what in (
        (SHARE, {"owner": "ada", "users": []}, "Sharing servers"),
        ("jupyterhub_info", {"gather": ["shares"]}, "Gathering shares"),
        ("jupyterhub_info", {"gather": ["share_codes"]}, "Gathering share_codes"),
    ):
        result = module(name, params)
        assert result["failed"]
        assert result["msg"] == (
            f"{what} needs JupyterHub 5.0; this hub is 4.0.2. Nothing was changed."
        )


# This service can share with scopes that guests have, and has no scopes for ada's server itself.
SHARER = {
    "scopes": [
        "shares",
        "list:users",
        "list:groups",
        "read:servers",
        "access:servers!user=bob",
        "access:servers!user=cy",
    ]
}


@pytest.mark.hubs("5", "6")
@pytest.mark.newest
def test_a_share_that_the_caller_may_not_grant_stops_no_other(running_hub: Hub) -> None:
    """The hub refuses a scope that the caller does not have with 403. The other shares are still
    granted.
    """
    with Hub(running_hub.series, services={"sharer": SHARER}) as hub:
        hub.add_users("ada", "bob", "cy", "grace")
        for user in ("ada", "bob", "cy"):
            hub.expect("POST", f"/users/{user}/server")
        run = runner(hub, api_token=hub.tokens["sharer"])
        more = {"name": "ada", "scopes": ["admin:servers"]}
        task = {
            "shares": [
                {"owner": "bob", "users": [more, "cy", "grace"], "groups": []},
                {"owner": "cy", "users": ["grace"]},
            ]
        }
        result = run(SHARE, task)
        assert (result["failed"], result["changed"]) == (True, True), result
        assert [(each["name"], each["status"]) for each in result["refused"]] == [
            ("bob/ with user ada", 403)
        ]
        assert set(shares(hub, "bob")) == {"user cy", "user grace"}
        assert set(shares(hub, "cy")) == {"user grace"}
        again = run(SHARE, task)
        assert (again["failed"], again["changed"], len(again["refused"])) == (True, False, 1), again
        assert "Do not have permission to grant share" in again["msg"]


@NEW
@pytest.mark.newest
@pytest.mark.parametrize("kept", [["access:servers"], []], ids=["some", "none"])
def test_a_guest_keeps_the_scopes_when_others_are_refused(
    shared: Hub, module: ModuleRunner, kept: list[str]
) -> None:
    """A guest whose scopes are to be replaced loses none if the hub refuses the new ones, and the
    revocation is pending; the guests beside go on.
    """
    task = {"owner": "ada", "server": "", "users": ["grace"]}
    module(SHARE, {**task, "scopes": ["access:servers", "read:servers"]})
    guest = {"name": "grace", "scopes": [*kept, "invented"]}
    result = module(SHARE, {**task, "users": [guest], "groups": ["tutors"]})
    assert result["failed"], result
    assert [each["name"] for each in result["refused"]] == ["ada/ with user grace"]
    assert [each["name"] for each in result["pending"]] == ["ada/ with user grace"]
    assert [each["name"] for each in result["changes"]] == ["ada/ with group tutors"]
    assert shares(shared) == {"user grace": [ACCESS, READ], "group tutors": [ACCESS]}


@NEW
def test_a_share_goes_on_without_a_group_that_was_refused(
    shared: Hub, module: ModuleRunner
) -> None:
    """An earlier task of the role could not create the group, so only its share is left out."""
    items = [
        {"owner": "ada", "groups": ["Tutors", "tutors"], "users": ["grace"]},
    ]
    refused = [{"kind": "group", "name": "Tutors"}, {"kind": "user", "name": "tutors"}]
    missing = module(SHARE, {"shares": items})
    assert (missing["failed"], missing["changed"], missing["missing"]) == (True, False, ["Tutors"])
    result = module(SHARE, {"shares": items, "earlier": {"refused": refused}})
    assert (result["failed"], result["changed"]) == (False, True), result
    assert set(shares(shared)) == {"group tutors", "user grace"}
    (left,) = result["pending"]
    assert (left["action"], left["name"], left["fields"]) == ("add", "ada/", {"groups": ["Tutors"]})
