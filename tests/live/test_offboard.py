# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_offboard removes all access of people who leave, and proves it."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import one_sentence, runner, writes
from tests.live.support_offboard import (
    COOKIE,
    OFFBOARD,
    Browser,
    all_of,
    checks,
    left,
    nothing_left,
    offboard,
    settle_in,
)
from tests.live.token_support import is_good, make
from tests.running import ROOT

pytestmark = pytest.mark.daily(2)

# A cookie as a hub signs it.
SIGNED = f"2|1:0|10:1700000000|{len(COOKIE)}:{COOKIE}|8:YWJjZGVm|{'0' * 64}"


@pytest.fixture
def secrets(hub: Hub) -> dict[str, str]:
    """A hub on which ada has one of everything; return her secrets."""
    return settle_in(hub)


def test_a_kept_account_has_nothing_left(
    hub: Hub, module: ModuleRunner, secrets: dict[str, str]
) -> None:
    evidence = list(secrets.values())
    result = offboard(hub, module, {"user": "ada", "evidence_tokens": evidence})
    assert left(hub) == nothing_left(hub)
    assert not any(is_good(hub, secret) for secret in evidence)
    # Objects of other people are kept.
    assert sorted(hub.groups()["CS101"]["users"]) == ["bob"]
    assert hub.user("bob")["servers"][""]["ready"]
    assert checks(result)["canary token"] == ("200, then 403", True)
    assert checks(result)["evidence token 2"] == ("refused", True)
    assert result["user"] == {
        "name": "ada",
        "admin": False,
        "groups": [],
        "roles": ["user"],
        "servers": [],
        "tokens": 0,
    }
    done = [(change["action"], change["kind"]) for change in result["changes"]]
    shares = (
        []
        if hub.series == "4"
        else [("revoke", "share"), ("revoke", "share"), ("revoke", "share_code")]
    )
    assert done == [
        ("update", "user"),
        ("remove", "group"),
        ("remove", "group"),
        *shares,
        ("stop", "server"),
        ("revoke", "token"),
        ("revoke", "token"),
    ]


def test_a_deleted_account_is_gone(hub: Hub, module: ModuleRunner, secrets: dict[str, str]) -> None:
    browser = Browser(hub, "ada")
    assert browser.mints("ada") == 201
    cookies = [{"name": COOKIE, "value": browser.cookie}]
    result = offboard(
        hub,
        module,
        {
            "user": "ada",
            "account": "delete",
            "evidence_tokens": list(secrets.values()),
            "evidence_cookies": cookies,
        },
    )
    assert left(hub) == {}
    assert browser.mints("ada") in (403, 404)
    assert [(change["action"], change["kind"]) for change in result["changes"]] == [
        ("stop", "server"),
        ("delete", "user"),
    ]
    assert checks(result)["account"] == ("not on the hub", True)
    assert checks(result)["evidence cookie 1"] == ("refused", True)
    assert result["user"] == {}


def test_a_browser_session_of_a_kept_account_is_reported(
    hub: Hub, module: ModuleRunner, secrets: dict[str, str]
) -> None:
    browser = Browser(hub, "ada")
    cookies = [{"name": COOKIE, "value": browser.cookie}]
    result = module(OFFBOARD, {"user": "ada", "evidence_cookies": cookies})
    assert (result["failed"], result["changed"], result["proved"]) == (True, True, False)
    assert "evidence cookie 1: expected refused, found accepted as ada" in result["msg"]
    one_sentence(result)
    assert any(
        "A browser in which ada has logged in stays logged in" in sentence
        for sentence in result["by_hand"]
    )
    # The browser session still works, as the warning says.
    assert browser.mints("ada") == 201
    again = module(OFFBOARD, {"user": "ada", "evidence_cookies": cookies, "fail_unproved": False})
    assert (again["failed"], again["proved"]) == (False, False)
    assert [change["name"].partition(" (")[0] for change in again["changes"]] == [
        "ada/minted by a browser"
    ]
    assert left(hub) == nothing_left(hub)


def test_a_new_cookie_id_in_the_database_ends_the_sessions_of_one_person(
    hub: Hub, secrets: dict[str, str]
) -> None:
    """The guide gives this method to people who have access to the hub's own host."""
    ada, bob = Browser(hub, "ada"), Browser(hub, "bob")
    assert (ada.mints("ada"), bob.mints("bob")) == (201, 201)
    guide = ROOT / "docs" / "docsite" / "rst" / "guide_leaving.rst"
    (statement,) = re.findall(r"UPDATE users SET .*;", guide.read_text(encoding="utf-8"))
    hub.sql(statement.rstrip(";"))
    assert ada.mints("ada") in (403, 404)
    assert bob.mints("bob") == 201
    # The new cookie id ends browser sessions only.
    assert is_good(hub, secrets["token"])
    # The running hub may have cached the old id. New logins then fail until the hub is restarted.
    hub.restart()
    assert ada.mints("ada") in (403, 404)
    assert bob.mints("bob") == 201
    assert Browser(hub, "ada").mints("ada") == 201


def test_a_frozen_browser_can_do_nothing(
    hub: Hub, module: ModuleRunner, secrets: dict[str, str]
) -> None:
    browser = Browser(hub, "ada")
    assert browser.mints("ada") == 201
    # The server is already running, so the hub recognises the caller.
    assert browser.api("POST", "/users/ada/server") == 400
    cookies = [{"name": COOKIE, "value": browser.cookie}]
    result = offboard(
        hub, module, {"user": "ada", "sessions": "freeze", "evidence_cookies": cookies}
    )
    assert checks(result)["roles"] == ("none", True)
    assert checks(result)["evidence cookie 1"] == ("accepted as ada, without roles", True)
    assert browser.mints("ada") in (403, 404)
    assert browser.api("POST", "/users/ada/server") in (403, 404)
    assert hub.user("ada")["roles"] == []
    # The next login gives all access back, as the result says.
    assert any(
        "The next login of ada restores the role that every user has" in sentence
        for sentence in result["by_hand"]
    )
    Browser(hub, "ada")
    assert hub.user("ada")["roles"] == ["user"]
    assert browser.mints("ada") == 201
    assert left(hub)["tokens"] == 1
    assert module(OFFBOARD, {"user": "ada", "sessions": "freeze"})["changed"]


def test_several_people_at_once_each_in_their_own_way(
    hub: Hub, module: ModuleRunner, secrets: dict[str, str]
) -> None:
    hub.add_users("cy")
    hub.expect("POST", "/users/cy/servers/gpu")
    hub.expect("POST", "/users/cy/servers/old")
    hub.expect("DELETE", "/users/cy/servers/old")
    make(hub, "n", "cy")
    people = [
        # The name is written as the hub stores it, unless case matters.
        {"name": "ada" if hub.profile == "keepcase" else "Ada", "groups_keep": ["alu*"]},
        {"name": "bob", "account": "delete"},
        {"name": "cy", "servers": "removed", "canary": False},
    ]
    result = offboard(hub, module, {"users": people, "return_objects": "all"})
    assert left(hub) == {**nothing_left(hub), "groups": ["alumni"]}
    assert "bob" not in hub.users()
    assert set(hub.expect("GET", "/users/cy?include_stopped_servers=1")["servers"]) <= {""}
    assert {line["name"] for line in result["proof"] if line["check"] == "canary token"} == {
        "ada",
        "bob",
    }
    assert [row["name"] for row in result["users"]] == ["ada", "cy"]


@pytest.mark.newest
def test_a_task_that_would_lock_all_admins_out_is_refused(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("ada", "kim", admin=True)
    before, mark = all_of(hub), hub.mark()
    last = module(OFFBOARD, {"users": [{"name": "ada"}, {"name": "kim"}]})
    assert "would leave the hub without an admin: ada, kim" in last["msg"]
    token = make(hub, "mine", "ada")[1]
    own = module(OFFBOARD, {"user": "ada", "api_token": token})
    assert "has the same name as the caller" in own["msg"]
    assert module(OFFBOARD, {"user": "provisioner", "account": "delete"})["failed"]
    for result in (last, own):
        assert (result["failed"], result["changed"], result["changes"]) == (True, False, [])
        one_sentence(result)
    assert [request for request in writes(hub.requests(mark)) if "tokens" not in request.path] == []
    hub.expect("DELETE", f"/users/ada/tokens/{hub.user_tokens('ada')[0]['id']}")
    assert all_of(hub) == before


@pytest.mark.newest
@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"user": "ada", "evidence_tokens": ["not a token"]}, "evidence_tokens of user ada"),
        (
            {"user": "ada", "evidence_cookies": [{"name": COOKIE, "value": ""}]},
            "evidence_cookies of user ada",
        ),
        (
            {"user": "ada", "evidence_cookies": [{"name": COOKIE, "value": f'"{SIGNED}"'}]},
            "contains a value in quotes",
        ),
        (
            {"user": "ada", "evidence_cookies": [{"name": COOKIE, "value": SIGNED[:-1]}]},
            "cannot be a cookie of the hub",
        ),
        (
            {"user": "ada", "evidence_cookies": [{"name": COOKIE, "value": quote(SIGNED)}]},
            "cannot be a cookie of the hub",
        ),
        (
            {"user": "ada", "evidence_cookies": [{"name": "_xsrf", "value": SIGNED}]},
            "cannot be a cookie of the hub",
        ),
        (
            {"users": [{"name": "ada", "account": "keep"}, {"name": "Ada", "account": "delete"}]},
            "declared twice",
        ),
        ({"users": [{"name": "ada"}, {"name": "bob"}], "dest": "/tmp/one.md"}, "give a folder"),
        ({"user": "ada", "dest": "/no/such/folder/a.md"}, "is in a folder that does not exist"),
        (
            {"user": "ada", "backup": "/no/such/folder/a.yml"},
            "is in a folder that does not exist",
        ),
        ({"user": "a/b"}, "contains a slash"),
    ],
)
def test_bad_input_is_refused(
    hub: Hub, module: ModuleRunner, params: dict[str, Any], said: str
) -> None:
    hub.add_users("ada", "bob")
    mark = hub.mark()
    for check in (True, False):
        result = module(OFFBOARD, params, check=check)
        assert (result["failed"], result["changed"]) == (True, False), result
        assert said in result["msg"]
        one_sentence(result)
    assert writes(hub.requests(mark)) == []


def test_evidence_that_was_refused_before_is_reported(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("ada")
    token, browser = make(hub, "leaked", "ada")[1], Browser(hub, "ada")
    cookie = browser.cookie[:-1] + ("0" if browser.cookie[-1] != "0" else "1")
    params = {
        "user": "ada",
        "account": "delete",
        "evidence_tokens": [token, token[:-1]],
        "evidence_cookies": [{"name": COOKIE, "value": each} for each in (browser.cookie, cookie)],
    }
    for check in (True, False):
        result = module(OFFBOARD, params, check=check)
        assert "evidence token 2, evidence cookie 2. If" in str(result["warnings"]), result
    assert result["proved"]
    found = {line["check"]: line["found"] for line in result["proof"]}
    assert [found[f"evidence {one}"] for one in ("token 1", "token 2", "cookie 1", "cookie 2")] == [
        "refused",
        "refused, as before this run",
    ] * 2


def test_an_admin_without_roles_is_frozen_in_one_run(hub: Hub, module: ModuleRunner) -> None:
    """The hub gives the role of every user to an admin who loses admin."""
    hub.add_users("ada", "kim", admin=True)
    hub.expect("PATCH", "/users/ada", {"roles": []})
    params = {"user": "ada", "sessions": "freeze"}
    predicted = module(OFFBOARD, params, check=True)["changes"]
    result = module(OFFBOARD, params)
    assert (result["failed"], result["proved"]) == (False, True), result
    assert result["changes"] == predicted
    assert (hub.user("ada")["admin"], hub.user("ada")["roles"]) == (False, [])


@pytest.mark.newest
def test_a_missing_person_is_reported(hub: Hub, module: ModuleRunner) -> None:
    for account in ("keep", "delete"):
        result = module(OFFBOARD, {"user": "adda", "account": account})
        assert (result["failed"], result["changed"], result["proved"]) == (False, False, True)
        assert "These users are not on the hub: adda" in str(result["warnings"]), result["warnings"]


def test_no_secret_is_shown(hub: Hub, module: ModuleRunner, secrets: dict[str, str]) -> None:
    browser = Browser(hub, "ada")
    cookies = [{"name": COOKIE, "value": browser.cookie}]
    evidence = [*secrets.values(), "0123456789abcdef0123456789abcdef"]
    for params in ({"user": "ada", "evidence_tokens": evidence, "evidence_cookies": cookies},):
        result = module(OFFBOARD, params, diff=True)
        text = json.dumps(result)
        for secret in (*evidence, browser.cookie):
            assert secret not in text


SCOPES = [
    "list:users",
    "read:users",
    "read:roles:users",
    "read:servers",
    "delete:servers",
    "tokens",
    "groups",
    "admin:users",
    "delete:users",
]
SCOPES_OF_SHARES = ["shares", "read:shares", "read:users:shares", "read:roles:groups"]


def test_the_scopes_that_are_documented_are_enough(running_hub: Hub) -> None:
    """The scopes are not enough for admins, whom only an admin can change since JupyterHub 4.1."""
    scopes = SCOPES + (SCOPES_OF_SHARES if running_hub.series != "4" else [])
    with Hub(running_hub.series, services={"leaver": {"scopes": scopes}}) as hub:
        settle_in(hub)
        hub.expect("PATCH", "/users/ada", {"admin": False})
        result = runner(hub, api_token=hub.tokens["leaver"])(
            OFFBOARD,
            {
                "users": [
                    {"name": "ada", "sessions": "freeze"},
                    {"name": "bob", "account": "delete"},
                ]
            },
        )
        assert (result["failed"], result["proved"]) == (False, True), result
        assert left(hub) == nothing_left(hub)


@pytest.mark.newest
def test_a_kept_group_with_roles_prevents_a_freeze(running_hub: Hub) -> None:
    roles = [{"name": "boss", "scopes": ["admin:users"], "groups": ["staff"]}]
    with Hub(running_hub.series, roles=roles) as hub:
        hub.add_users("ada")
        hub.expect("POST", "/groups/staff/users", {"users": ["ada"]})
        run = runner(hub)
        refused = run(OFFBOARD, {"user": "ada", "sessions": "freeze", "groups_keep": ["staff"]})
        assert (refused["failed"], refused["changed"]) == (True, False)
        assert "groups with roles (groups_keep): staff" in refused["msg"]
        assert run(OFFBOARD, {"user": "ada", "sessions": "freeze"})["proved"]


@pytest.mark.hubs("5", "6")
@pytest.mark.newest
def test_users_without_a_name_are_reported_and_not_changed(hub: Hub, module: ModuleRunner) -> None:
    """A user without a name makes the hub fail to list stopped servers for everyone."""
    hub.add_users("ada", "bob", "cy", "ghost")
    # A rename to the current name destroys the name.
    hub.expect("PATCH", "/users/ghost", {"name": "ghost"})
    people = [{"name": name, "servers": "removed"} for name in ("ada", "bob", "cy")]
    result = module(OFFBOARD, {"users": people})
    assert (result["failed"], result["proved"]) == (False, True), result
    assert any("This hub has users without a name" in sentence for sentence in result["by_hand"])
    # No request can delete such a user.
    hub.wipe()


@pytest.mark.newest
def test_a_real_server_and_a_browser_that_uses_it(running_hub: Hub) -> None:
    """The server's own token, and the token by which a browser uses it, no longer work
    afterwards.
    """
    with Hub(running_hub.series, spawner="singleuser") as hub:
        hub.add_users("ada", "root-kim")
        hub.expect("POST", "/users/ada/server")
        wait_until(lambda: hub.user("ada")["servers"][""]["ready"])
        browser = Browser(hub, "ada")
        lab = f"{hub.url}user/ada/api/status"
        # Any page will do: the server first makes the browser log in through the hub.
        browser.session.get(f"{hub.url}user/ada/files/none", timeout=60)
        assert browser.session.get(lab, timeout=60).status_code == 200
        assert {row["oauth_client"] for row in hub.user_tokens("ada")} == {
            "JupyterHub",
            f"Server at {hub.path}user/ada/",
        }
        result = offboard(hub, runner(hub), {"user": "ada", "sessions": "freeze"})
        assert ("stop", "server") in [
            (change["action"], change["kind"]) for change in result["changes"]
        ]
        assert left(hub) == nothing_left(hub)
        assert browser.session.get(lab, timeout=60, allow_redirects=False).status_code != 200
        assert browser.api("POST", "/users/ada/server") in (403, 404)
        assert left(hub) == nothing_left(hub)


@pytest.mark.skipif(not os.environ.get("TEST_LONG"), reason="minutes: TEST_LONG=1 runs it")
@pytest.mark.newest
@pytest.mark.parametrize(
    ("options", "each"), [({"sessions": "freeze"}, 20), ({"account": "delete"}, 8)]
)
def test_two_hundred_people_take_few_requests_each(
    hub: Hub, module: ModuleRunner, options: dict[str, str], each: int
) -> None:
    names = [f"p{number:03}" for number in range(200)]
    hub.add_users(*names)
    hub.add_group("CS101", *names)
    for name in names:
        make(hub, "nightly", name)
    result = module(OFFBOARD, {"users": [{"name": name} for name in names], **options})
    assert (result["failed"], result["proved"]) == (False, True)
    assert result["requests"] <= each * len(names)


def wait_until(settled: Callable[[], bool]) -> None:
    """Wait until a condition holds, at most half a minute."""
    end = time.monotonic() + 30
    while not settled():
        assert time.monotonic() < end
        time.sleep(0.2)


@pytest.mark.newest
def test_scopes_that_are_missing_are_named_at_once(running_hub: Hub) -> None:
    """Each time that a role is extended, the hub has to be restarted."""
    services = {"first": {"scopes": ["list:users"]}}
    shares = set() if running_hub.series == "4" else {"shares"}
    with Hub(running_hub.series, services=services) as hub:
        hub.add_users("ada", "bob")
        run = runner(hub, api_token=hub.tokens["first"])
        for params, missing in (
            ({"user": "ada"}, {"read:servers", "delete:servers", "tokens", *shares}),
            ({"user": "ada", "account": "delete"}, {"delete:servers", "delete:users"}),
            ({"user": "ada", "shares": [], "sessions": "freeze"}, {"admin:users", "tokens"}),
        ):
            result = run(OFFBOARD, params)
            assert result["failed"]
            assert missing <= set(result["missing_scopes"]), result
            assert ("shares" in result["missing_scopes"]) == ("shares" in missing)
        enough = {"scopes": run(OFFBOARD, {"user": "ada"})["missing_scopes"] + ["list:users"]}
    with Hub(running_hub.series, services={"second": enough}) as hub:
        hub.add_users("ada")
        result = runner(hub, api_token=hub.tokens["second"])(OFFBOARD, {"user": "ada"})
        assert (result["failed"], result["proved"]) == (False, True), result
