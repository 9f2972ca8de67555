# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_server on running hubs: servers that are refused, in small and large numbers, and
users whom no request can reach.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import INFO, SERVER, Wire, one_sentence, runner, short, writes
from tests.live.support_servers import settle, spawn, states, warned

pytestmark = pytest.mark.daily(2)

SERVICES: dict[str, dict[str, Any]] = {
    "for-ada": {
        "scopes": [
            "list:users",
            "read:users",
            "read:servers",
            "servers!user=ada",
            "delete:servers!user=ada",
        ]
    },
}


@pytest.fixture(scope="module")
def running_narrow_hub(running_hub: Hub) -> Iterator[Hub]:
    """A running hub with a service that can only start ada's servers. Tests use ``narrow_hub``."""
    with Hub(running_hub.series, services=SERVICES, patience=1.0) as hub:
        yield hub


@pytest.fixture
def narrow_hub(running_narrow_hub: Hub) -> Hub:
    """That hub, without users and groups."""
    running_narrow_hub.reset()
    return running_narrow_hub


def test_many_that_fail_are_a_short_sentence(hub: Hub, module: ModuleRunner) -> None:
    """The message gives their number and names a few; refused and servers contain them all. The
    other servers are started.
    """
    bad, good = [f"bad{number:02}" for number in range(30)], ["ada", "bob"]
    hub.add_users(*bad, *good)
    servers = [{"user": user, "user_options": {"fail": "the node is full, " * 20}} for user in bad]
    result = module(SERVER, {"servers": [*servers, *({"user": user} for user in good)]})
    assert (result["failed"], result["changed"]) == (True, True)
    assert result["msg"].startswith("30 of 32 servers failed: bad00/: ")
    assert "and 25 more. The others are done." in result["msg"]
    assert len(result["msg"]) < 3000
    one_sentence(result)
    assert [one["user"] for one in result["servers"]] == bad
    assert sorted(each["name"] for each in result["refused"]) == [f"{user}/" for user in bad]
    assert (result["pending"], states(hub)) == ([], {"ada/": "started", "bob/": "started"})


@pytest.mark.newest
def test_messages_of_a_spawner_are_made_safe(hub: Hub, module: ModuleRunner) -> None:
    """Control characters are removed from a spawner's message, and a long message is cut to one
    short line.
    """
    hub.add_users("ada")
    result = module(
        SERVER,
        {"user": "ada", "user_options": {"fail": "\x1b[2Jboom\n\u202e" + "PLAY RECAP " * 1000}},
    )
    assert result["failed"]
    for text in (
        result["msg"],
        result["servers"][0]["message"],
        result["refused"][0]["hub_message"],
    ):
        assert "boom" in text
        assert text.isprintable()
        assert len(text) < 1000
    one_sentence(result)


def test_rights_for_some_users_only(narrow_hub: Hub) -> None:
    """A user for whom the caller lacks the scope does not stop the others, for starts and stops
    alike.
    """
    narrow_hub.add_users("ada", "bob")
    settle(narrow_hub, {"ada/old": "started", "bob/old": "started"})
    run = runner(narrow_hub, api_token=narrow_hub.tokens["for-ada"])
    servers = [
        {"user": user, "name": name, "state": state}
        for user in ("bob", "ada")
        for name, state in (("new", "started"), ("old", "stopped"))
    ]
    result = run(SERVER, {"servers": servers})
    assert (result["failed"], result["changed"]) == (True, True)
    assert sorted(change[1] for change in short(result["changes"])) == ["ada/new", "ada/old"]
    assert sorted((each["name"], each["status"]) for each in result["refused"]) == [
        ("bob/new", None),
        ("bob/old", None),
    ]
    assert states(narrow_hub) == {"ada/new": "started", "ada/old": "stopped", "bob/old": "started"}
    result = run(
        SERVER,
        {
            "servers": [
                {"user": user, "name": "old", "state": "restarted"} for user in ("ada", "bob")
            ]
        },
    )
    assert sorted(each["name"] for each in result["refused"]) == ["bob/old"]
    # The start of a restart is not tried if the stop failed.
    assert [
        (change["action"], change["name"])
        for change in result["pending"]
        if change["name"] == "bob/old"
    ] in ([], [("start", "bob/old")])
    assert states(narrow_hub)["ada/old"] == "started"


@pytest.mark.newest
def test_a_retry_after_of_zero(hub: Hub) -> None:
    """Retry-After: 0 does not cause a busy loop: the delay between requests grows."""
    hub.add_users("ada")

    def busy(asked: Any) -> Any:
        if asked.method != "POST":
            return None
        body = json.dumps(
            {"status": 429, "message": "Too many users trying to log in right now."}
        ).encode()
        return (
            429,
            {
                "Content-Type": "application/json",
                "Retry-After": "0",
                "X-JupyterHub-Version": "6.1.1",
            },
            body,
        )

    with Wire(hub, answer=busy) as wire:
        result = runner(hub, hub_url=wire.url)(SERVER, {"user": "ada", "wait_timeout": 8})
    assert result["failed"]
    assert "Too many users" in result["msg"]
    assert 2 <= len([method for method, _path in wire.seen if method == "POST"]) <= 9


@pytest.mark.hubs("5", "6")
def test_a_user_without_a_name_hides_no_server(hub: Hub, module: ModuleRunner) -> None:
    """These hubs answer 500 to lists with stopped servers if a user has no name. All other servers
    are still found, selected and gathered.
    """
    hub.add_users("ada", "bob", "cleo", "lost")
    settle(hub, {"ada/": "started", "bob/lab": "stopped", "cleo/": "started"})
    hub.expect("PATCH", "/users/lost", {"name": "lost"})
    assert hub.api("GET", "/users?include_stopped_servers=1")[0] == 500
    told = "users without a name, whom no request can reach"
    result = module(INFO, {"gather": ["servers", "tokens"], "include_stopped_servers": True})
    assert not result["failed"], result
    assert {(row["user"], row["name"]) for row in result["servers"]} >= {
        ("ada", ""),
        ("bob", "lab"),
        ("cleo", ""),
    }
    assert [told in text for text in warned(result)] == [True]
    assert [told in text for text in warned(module(INFO, {"gather": ["tokens"]}))] == [True]
    result = module(SERVER, {"servers": [{"user": user} for user in ("ada", "bob", "cleo")]})
    assert (result["failed"], [change[1] for change in short(result["changes"])]) == (
        False,
        ["bob/"],
    ), result
    for task, changed in (
        ({"select_users": ["*"], "select_named": True}, ["bob/lab"]),
        ({"select_users": ["*"], "state": "stopped"}, ["ada/", "bob/", "bob/lab", "cleo/"]),
    ):
        result = module(SERVER, task)
        assert (result["failed"], [change[1] for change in short(result["changes"])]) == (
            False,
            changed,
        ), result
        assert [
            "users without a name, whose servers no request can reach" in text
            for text in warned(result)
        ] == [True]
        assert not module(SERVER, task)["changed"]


@pytest.mark.newest
def test_few_requests_in_every_form(hub: Hub, module: ModuleRunner) -> None:
    """A task that changes nothing takes one request, also if it only finds that there is nothing to
    remove.
    """
    hub.add_users("ada", "bob", "cleo")
    spawn(hub, "ada")
    for task, most in (
        ({"user": "ada"}, 1),
        ({"servers": [{"user": user, "state": "stopped"} for user in ("bob", "cleo")]}, 3),
        ({"select_users": ["b*"], "state": "stopped"}, 1),
    ):
        mark = hub.mark()
        assert not module(SERVER, task)["changed"]
        assert writes(hub.requests(mark)) == []
        assert len(hub.requests(mark)) <= most, task
