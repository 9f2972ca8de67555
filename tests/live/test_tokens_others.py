# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_token and tokens that it has not created: those of people, logins and servers, and the
caller's own; few scopes, and limits.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import Wire, runner, writes
from tests.live.token_support import (
    ANYTHING,
    TOKEN,
    actions,
    foreign,
    held,
    ids,
    is_good,
    make,
    ours,
    predicted,
    refuses,
)
from tests.running import run_module

REDIRECT = "http://127.0.0.1:1/oauth_callback"
# A limit of lifetimes (unknown to JupyterHub 4), services with few scopes, and a service to log in
# to.
LIMITED = """
if modern:
    c.JupyterHub.token_expires_in_max_seconds = 3600
"""
SERVICES: dict[str, dict[str, Any]] = {
    "tokens": {"scopes": ["tokens"]},
    "reader": {"scopes": ["read:tokens"]},
    "own": {"scopes": ["tokens!user=ada"]},
    "dash": {
        "oauth_client_id": "service-dash",
        "oauth_redirect_uri": REDIRECT,
        "oauth_no_confirm": True,
    },
}

ROLES = [{"name": "user", "scopes": ["self", "access:services"]}]


@pytest.fixture(scope="module")
def running_limited_hub(running_hub: Hub) -> Iterator[Hub]:
    """A running hub with an unusual configuration. Tests use ``limited_hub``."""
    with Hub(
        running_hub.series, config=LIMITED, services=SERVICES, roles=ROLES, patience=1.0
    ) as hub:
        yield hub


@pytest.fixture
def limited_hub(running_limited_hub: Hub) -> Hub:
    """A hub with a limit of lifetimes, services with few scopes, and a service to log in to."""
    running_limited_hub.reset()
    running_limited_hub.add_users("ada", "grace")
    return running_limited_hub


def log_in(hub: Hub, user: str) -> str:
    """Log a user in to the service ``dash`` and return the access token that the service gets."""
    session = requests.Session()
    session.get(f"{hub.url}hub/login").raise_for_status()
    form = {"username": user, "password": hub.password, "_xsrf": session.cookies.get("_xsrf", "")}
    assert session.post(f"{hub.url}hub/login", data=form, allow_redirects=False).status_code == 302
    question = {
        "client_id": "service-dash",
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "state": "x",
    }
    answer = session.get(
        f"{hub.url}hub/api/oauth2/authorize", params=question, allow_redirects=False
    )
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    trade = {
        "client_id": "service-dash",
        "client_secret": hub.tokens["dash"],
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
    }
    answer = requests.post(f"{hub.url}hub/api/oauth2/token", data=trade, timeout=60)
    return str(answer.json()["access_token"])


def test_tokens_of_others_are_never_touched(limited_hub: Hub, tmp_path: pathlib.Path) -> None:
    """No action of the module, not even a purge, revokes tokens of people, logins and servers. Only
    a person's token can be revoked, by its id.
    """
    hub, run = limited_hub, runner(limited_hub)
    by_hand, secret = make(hub, "n")
    login = log_in(hub, "ada")
    assert hub.api("POST", "/users/ada/server")[0] in (201, 202)
    others = foreign(hub)
    kinds = {
        "hand" if note == "n" else "server" if note.startswith("Server at ") else "login": token
        for token, note in others.items()
    }
    assert set(kinds) >= {"hand", "server", "login"}
    neighbour = ids(hub.user_tokens("grace")), make(hub, f"x {ANYTHING}", user="grace")
    task = {"user": "ada", "note": "n", "dest": str(tmp_path / "token")}
    for step in (
        {},
        {"rotate": True},
        {"prune": True},
        {"note": "Server at /user/ada/", "dest": str(tmp_path / "other")},
        {"note": "Server at /user/ada/", "rotate": True, "dest": str(tmp_path / "other")},
        {"note": "Server at /user/ada/", "state": "absent", "dest": None},
        {"state": "absent", "prune": True},
    ):
        result = run(TOKEN, {**task, **step})
        assert (result["failed"], result["changed"]) == (False, step != {"prune": True}), (
            step,
            result,
        )
        assert foreign(hub) == others, step
    assert ours(hub) == []
    assert (ids(hub.user_tokens("grace"))[0][0], len(ours(hub, "grace"))) == (neighbour[1][0], 1)
    for kind, words in (
        ("server", "belongs to a running server"),
        ("login", "comes from a login to a service"),
    ):
        refuses(
            hub,
            run,
            {"user": "ada", "token_id": kinds[kind], "state": "absent"},
            words,
            kinds[kind],
        )
    assert (is_good(hub, secret), is_good(hub, login)) == (True, True)
    absent = {"user": "ada", "token_id": by_hand, "state": "absent"}
    assert actions(run(TOKEN, absent, check=True)) == [("revoke", "ada/n")]
    assert is_good(hub, secret)
    assert actions(run(TOKEN, absent)) == [("revoke", "ada/n")]
    assert not is_good(hub, secret)
    assert not run(TOKEN, absent)["changed"]
    assert not run(TOKEN, {**absent, "token_id": "a99999"})["changed"]
    assert not run(TOKEN, {**absent, "token_id": "no such id"})["changed"]


def test_prune(hub: Hub, module: ModuleRunner) -> None:
    """Only tokens that the module has created are revoked, only those of the named users, and each
    once.
    """
    hub.add_users("ada", "grace", "linus")
    make(hub, "n")
    kept = {
        user: {note: make(hub, f"{note} {ANYTHING}", user=user) for note in ("a", "b", "c")}
        for user in ("ada", "grace", "linus")
    }
    module(TOKEN, {"user": "ada", "note": "a"})
    task: dict[str, Any] = {
        "tokens": [
            {"user": "ada", "note": "a", "current_token": kept["ada"]["a"][1]},
            {"user": "ada", "note": "b", "state": "absent"},
            {"user": "ada", "token_id": kept["ada"]["c"][0], "state": "absent"},
            {"user": "grace", "token_id": kept["grace"]["a"][0], "state": "absent"},
        ],
        "prune": True,
    }
    for secret in kept["ada"]["a"], kept["ada"]["b"]:
        is_good(hub, secret[1])
    mark = hub.mark()
    planned = module(TOKEN, task, check=True)
    assert writes(hub.requests(mark)) == []
    result = module(TOKEN, task)
    assert not result["failed"], result
    assert result["changes"] == planned["changes"]
    names = [change["name"] for change in result["changes"]]
    assert len(names) == len(set(names))
    assert [row["note"].partition(" ")[0] for row in ours(hub)] == ["a"]
    assert ours(hub, "grace") == []
    assert len(ours(hub, "linus")) == 3
    assert list(foreign(hub).values()) == ["n"]
    assert not module(TOKEN, {**task, "tokens": task["tokens"][1:2]}, check=True)["failed"]


def test_named_by_id_and_declared(hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path) -> None:
    """A token that is revoked by its id and declared by its note is replaced once."""
    hub.add_users("ada")
    dest = tmp_path / "token"
    item = {"user": "ada", "note": "n", "dest": str(dest)}
    first = module(TOKEN, item)["token"]
    result = module(
        TOKEN, {"tokens": [item, {"user": "ada", "token_id": first["id"], "state": "absent"}]}
    )
    assert sorted(actions(result)) == [("create", "ada/n"), ("revoke", "ada/n")]
    assert (len(ours(hub)), is_good(hub, str(held(dest)))) == (1, True)
    assert not module(TOKEN, item)["changed"]


# The caller


def test_a_caller_rotates_his_own_token(hub: Hub, tmp_path: pathlib.Path) -> None:
    """A user who calls with the token in the file that the task rotates has a good token at any
    time, and exactly one of the module's at the end.
    """
    hub.add_users("ada")
    dest = tmp_path / "token"
    by_hand, secret = make(hub, "made by hand")
    dest.write_text(secret, encoding="utf-8")
    run = runner(hub, api_token=None, api_token_file=str(dest))
    task = {"user": "ada", "note": "self", "dest": str(dest)}
    seen = [secret]
    for step in ({}, {}, {"rotate": True}, {}, {}, {"rotate": True}, {"rotate": True}, {}, {}):
        result = run(TOKEN, {**task, **step})
        assert not result["failed"], result
        assert is_good(hub, str(held(dest)))
        if held(dest) != seen[-1]:
            seen.append(str(held(dest)))
            # The token of the call stays valid until the next task uses its successor.
            assert is_good(hub, seen[-2])
    assert len(seen) == 5
    assert foreign(hub) == {by_hand: "made by hand"}
    assert not run(TOKEN, task)["changed"]
    if hub.series == "4":
        # This hub cannot tell the caller's token from others with the same scopes. All of them
        # stay, and a warning says so.
        assert len(ours(hub)) == 4
        assert "may be, the token that this task uses" in str(result["warnings"])
    else:
        assert [is_good(hub, each) for each in seen[1:]] == [False, False, False, True]
        assert len(ours(hub)) == 1


def test_a_caller_without_a_file(hub: Hub) -> None:
    """The same with a token that is returned and passed to the next task."""
    hub.add_users("ada")
    secret = make(hub, "made by hand")[1]
    for step in ({}, {"rotate": True}, {}, {}, {"rotate": True}, {}):
        result = runner(hub, api_token=secret)(TOKEN, {"user": "ada", "note": "self", **step})
        assert not result["failed"], result
        assert is_good(hub, secret)
        secret = result["token"].get("value", secret)
    assert not runner(hub, api_token=secret)(TOKEN, {"user": "ada", "note": "self"})["changed"]
    assert len(ours(hub)) == (3 if hub.series == "4" else 1)


def test_a_caller_does_not_revoke_his_own_token(hub: Hub) -> None:
    """The task refuses to revoke its own token by id and by note, and a purge keeps it."""
    hub.add_users("ada")
    marked, secret = make(hub, f"n {ANYTHING}")
    run = runner(hub, api_token=secret)
    for task in ({"token_id": marked}, {"note": "n"}):
        refuses(
            hub,
            run,
            {"user": "ada", "state": "absent", **task},
            "the token that this task uses",
            marked,
        )
    result = run(TOKEN, {"user": "ada", "note": "other", "prune": True, "scopes": []})
    assert not result["failed"], result
    assert is_good(hub, secret)
    assert actions(run(TOKEN, {"user": "ada", "note": "other", "state": "absent"})) == [
        ("revoke", "ada/other")
    ]


# Scopes


def test_the_scope_tokens_is_enough(limited_hub: Hub, tmp_path: pathlib.Path) -> None:
    """A service that is no admin can do everything with the scope tokens; with read:tokens only,
    the message names the missing scope.
    """
    run = runner(limited_hub, api_token=limited_hub.tokens["tokens"])
    task = {"user": "ada", "note": "n", "dest": str(tmp_path / "token")}
    for step, expected in (
        ({}, [("create", "ada/n")]),
        ({}, []),
        ({"rotate": True}, [("rotate", "ada/n"), ("revoke", "ada/n")]),
        ({"state": "absent"}, [("revoke", "ada/n")]),
    ):
        result = run(TOKEN, {**task, **step})
        assert not result["failed"], result
        assert actions(result) == expected
    reader = runner(limited_hub, api_token=limited_hub.tokens["reader"])
    assert not reader(TOKEN, {**task, "state": "absent"})["changed"]
    result = refuses(limited_hub, reader, task, "lacks the scope tokens", check=True)
    assert result["missing_scopes"] == ["tokens"]
    assert "'services': ['reader']" in result["load_roles"]
    none = refuses(
        limited_hub,
        runner(limited_hub, api_token=limited_hub.tokens["dash"]),
        task,
        "read:tokens",
        check=True,
    )
    # Only this scope is missing: tokens includes read:tokens.
    assert none["missing_scopes"] == ["tokens"]


def test_tokens_of_one_user_only(limited_hub: Hub) -> None:
    """The scope can be limited to a user, since JupyterHub 5 also for services. Tokens of other
    users are then hidden.
    """
    run = runner(limited_hub, api_token=limited_hub.tokens["own"])
    if limited_hub.series == "4":
        refuses(
            limited_hub,
            run,
            {"user": "ada", "note": "n"},
            "without a filter from a service",
            check=True,
        )
    else:
        assert actions(run(TOKEN, {"user": "ada", "note": "n"})) == [("create", "ada/n")]
    refuses(
        limited_hub, run, {"user": "grace", "note": "n"}, "limited to other objects", check=True
    )


# Lifetimes that the hub limits


@pytest.mark.hubs("5", "6")
def test_the_longest_lifetime(limited_hub: Hub, tmp_path: pathlib.Path) -> None:
    """A hub with a limit uses the limit if no lifetime is requested, and refuses a longer one with
    a sentence.
    """
    run = runner(limited_hub)
    task = {"user": "ada", "note": "n", "dest": str(tmp_path / "token")}
    refuses(
        limited_hub, run, {**task, "expires_in": "2h"}, "must not exceed 3600", check=False, sent=1
    )
    assert held(tmp_path / "token") is None
    result = run(TOKEN, task)
    assert result["token"]["expires_at"] is not None
    for step, expected in (
        ({}, []),
        ({"renew_before": "10m"}, []),
        ({"expires_in": "1h"}, []),
        ({"expires_in": "30m"}, ["rotate", "revoke"]),
        ({"expires_in": "30m"}, []),
        ({"rotate": True}, ["rotate", "revoke"]),
        ({"expires_in": "30m", "renew_before": "10m"}, []),
    ):
        result = run(TOKEN, {**task, **step})
        assert not result["failed"], result
        assert [change["action"] for change in result["changes"]] == expected, step
    refuses(
        limited_hub, run, {**task, "expires_in": "2h"}, "must not exceed 3600", check=False, sent=1
    )
    assert is_good(limited_hub, str(held(tmp_path / "token")))


@pytest.mark.hubs("5", "6")
def test_a_caller_revokes_itself(hub: Hub) -> None:
    """The task revokes its own token with revoke_caller: alone, after others, and with a lost
    response; check mode predicts it.
    """
    hub.add_users("ada", admin=True)
    own_id, own = make(hub, "first")
    caller = runner(hub, api_token=own)
    params: dict[str, Any] = {"state": "absent", "revoke_caller": True}
    refuses(hub, caller, {**params, "state": "present"}, "use it with state absent")
    refuses(hub, caller, {**params, "user": "bob"}, "which belongs to user ada and not to bob")
    refuses(hub, caller, {**params, "note": "x"}, "add user")
    planned = caller(TOKEN, params, check=True, diff=True)
    assert is_good(hub, own)
    done = caller(TOKEN, params, diff=True)
    assert predicted(done) == predicted(planned)
    assert [(change["action"], change["fields"]) for change in done["changes"]] == [("revoke", {})]
    assert own_id in done["changes"][0]["name"]
    assert not is_good(hub, own)

    own_id, own = make(hub, "second")
    other_id, _other = make(hub, "other")
    with Wire(hub, lose=[3]) as wire:
        done = run_module(
            TOKEN,
            {
                "hub_url": wire.url,
                "api_token": own,
                **params,
                "tokens": [{"user": "ada", "token_id": each} for each in (own_id, other_id)],
            },
        )
        assert wire.seen[3][0] == "DELETE", wire.seen
        assert wire.seen[3][1].endswith(own_id)
    assert (done["failed"], done["summary"]) == (False, {"revoke": 2, "unchanged": 0}), done
    assert hub.user_tokens("ada") == []


def test_who_cannot_revoke_itself(hub: Hub, module: ModuleRunner) -> None:
    """A service, a login, and on JupyterHub 4 any caller."""
    hub.add_users("ada", admin=True)
    _own_id, own = make(hub, "first")
    refuses(
        hub,
        module,
        {"state": "absent", "revoke_caller": True},
        "gets its token from the hub's configuration",
    )
    said = "No token is given to manage: set user, tokens or revoke_caller."
    refuses(hub, module, {"revoke_caller": False}, said)
    if hub.series == "4":
        refuses(
            hub,
            runner(hub, api_token=own),
            {"state": "absent", "revoke_caller": True},
            "revoke_caller needs JupyterHub 5.0",
        )
