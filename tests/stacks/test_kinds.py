# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers, shares and tokens of users whose names other hubs would change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import SERVER
from tests.live.support_servers import spawn, states
from tests.live.token_support import TOKEN
from tests.stacks.support import SHARE

LOGIN = "tilda.brook@example.edu"


def shares(hub: Hub, server: str) -> list[str]:
    """Return the users who can use a server."""
    return sorted(row["user"]["name"] for row in hub.expect("GET", f"/shares/{server}")["items"])


def run(module: ModuleRunner, name: str, params: dict[str, Any]) -> list[str]:
    """Run a task in check mode, in a real run, and again; return the names of the changed
    objects.
    """
    planned, done, again = (
        module(name, params, check=True),
        module(name, params),
        module(name, params),
    )
    assert not planned["failed"], planned
    assert not done["failed"], done
    assert (again["failed"], again["changed"]) == (False, False), again
    assert planned["changes"] == done["changes"]
    return [change["name"].partition(" (")[0] for change in done["changes"]]


@pytest.mark.profile("keepcase")
@pytest.mark.parametrize("twin", [False, True], ids=["alone", "with a twin"])
def test_owners_and_guests_in_upper_case(hub: Hub, module: ModuleRunner, twin: bool) -> None:
    """Shares are granted and revoked exactly as written; a user with the same name in lower case is
    a different user.
    """
    hub.add_users("Ada", "Bob", *(["ada", "bob"] if twin else []))
    spawn(hub, "Ada", "lab")
    task = {"owner": "Ada", "server": "lab", "users": ["Bob"]}
    assert run(module, SHARE, task) == ["Ada/lab with user Bob"]
    assert shares(hub, "Ada/lab") == ["Bob"]
    if twin:
        spawn(hub, "ada", "lab")
        assert run(module, SHARE, {"owner": "ada", "server": "lab", "users": ["bob", "Bob"]}) == [
            "ada/lab with user Bob",
            "ada/lab with user bob",
        ]
        assert run(
            module, SHARE, {"owner": "ada", "server": "lab", "users": ["Bob"], "mode": "absent"}
        ) == ["ada/lab with user Bob"]
        assert shares(hub, "ada/lab") == ["bob"]
    assert run(module, SHARE, {**task, "mode": "absent"}) == ["Ada/lab with user Bob"]
    assert shares(hub, "Ada/lab") == []


@pytest.mark.profile("keepcase")
@pytest.mark.parametrize("twin", [False, True], ids=["alone", "with a twin"])
def test_servers_and_tokens_in_upper_case(hub: Hub, module: ModuleRunner, twin: bool) -> None:
    """Servers and tokens belong to the declared user, and never to a user with the same name in
    lower case.
    """
    hub.add_users("Ada", *(["ada"] if twin else []))
    assert run(module, SERVER, {"user": "Ada"}) == ["Ada/"]
    assert states(hub) == {"Ada/": "started"}
    assert run(module, SERVER, {"servers": [{"user": "Ada", "state": "stopped"}]}) == ["Ada/"]
    assert run(module, TOKEN, {"user": "Ada", "note": "n"}) == ["Ada/n"]
    assert [len(hub.user_tokens(name)) for name in sorted(hub.users())] == [1, 0][: 1 + twin]
    assert run(module, TOKEN, {"tokens": [{"user": "Ada", "note": "n"}], "state": "absent"}) == [
        "Ada/n"
    ]


@pytest.mark.profile("keepcase")
def test_a_missing_user_in_upper_case(hub: Hub, module: ModuleRunner) -> None:
    """If the user is missing, a user with the same name in lower case gets nothing."""
    hub.add_users("Bob", "ada")
    spawn(hub, "Bob", "lab")
    hub.expect("POST", "/shares/Bob/lab", {"user": "ada"})
    for name, params in (
        (TOKEN, {"user": "Ada", "note": "n"}),
        (SERVER, {"user": "Ada"}),
        (SHARE, {"owner": "Bob", "server": "lab", "users": ["Ada"], "mode": "present"}),
    ):
        result = module(name, params)
        assert result["failed"], (name, result)
        assert "Ada" in result["msg"]
    assert not module(SHARE, {"owner": "Bob", "server": "lab", "users": ["Ada"], "mode": "absent"})[
        "changed"
    ]
    assert (shares(hub, "Bob/lab"), hub.user_tokens("ada"), states(hub)) == (
        ["ada"],
        [],
        {"Bob/lab": "started"},
    )


@pytest.mark.profile("usermap")
def test_stored_names_serve_every_kind(hub: Hub, module: ModuleRunner) -> None:
    """With stored_names, the login name of a user is enough for servers, tokens and shares."""
    hub.add_users(LOGIN, "bob")
    assert sorted(hub.users()) == ["bob", "tbrook"]
    names = {"stored_names": {LOGIN: "tbrook"}}
    assert run(module, SERVER, {"user": LOGIN, "name": "lab", **names}) == ["tbrook/lab"]
    assert run(module, TOKEN, {"user": LOGIN, "note": "n", **names}) == ["tbrook/n"]
    assert run(module, SHARE, {"owner": LOGIN, "server": "lab", "users": ["bob"], **names}) == [
        "tbrook/lab with user bob"
    ]
    spawn(hub, "bob", "lab")
    assert run(module, SHARE, {"owner": "bob", "server": "lab", "users": [LOGIN], **names}) == [
        "bob/lab with user tbrook"
    ]
    assert run(
        module,
        SHARE,
        {"owner": "bob", "server": "lab", "users": [LOGIN], "mode": "absent", **names},
    ) == ["bob/lab with user tbrook"]
    assert run(module, TOKEN, {"user": LOGIN, "note": "n", "state": "absent", **names}) == [
        "tbrook/n"
    ]
