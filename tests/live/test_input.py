# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input: one clear sentence, no traceback, nothing written. Here: what is not about one resource or already beside it."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import GROUP, INFO, USER, Result, runner, snapshot, writes

# A module, its options, and words of the message.
OPTIONS: list[tuple[str, dict[str, Any], str]] = [
    (USER, {}, "one of the following is required: name, users"),
    (USER, {"name": "ada", "users": []}, "mutually exclusive"),
    (USER, {"users": [], "admin": True}, "mutually exclusive"),
    (USER, {"users": [{"admin": True}]}, "missing required arguments: name"),
    (USER, {"users": [{"name": "ada", "groups": ["x"]}]}, "Unsupported parameters"),
    (USER, {"users": "ada"}, "dictionary requested"),
    (USER, {"name": "ada", "admin": "perhaps"}, "admin"),
    (USER, {"name": "ada", "state": "gone"}, "value of state must be one of: present, absent"),
    (USER, {"name": "ada", "auth_state": "text"}, "auth_state"),
    (USER, {"name": "ada", "auth_state": ["text"]}, "auth_state"),
    (USER, {"name": "ada", "last_activity": "2026-13-01"}, "is no time"),
    (USER, {"name": "ada", "last_activity": ""}, "is no time"),
    (USER, {"name": "ada", "rename_from": ""}, "name"),
    (USER, {"users": [], "prune": True}, "prune with no declared users"),
    (GROUP, {}, "one of the following is required: name, groups"),
    (GROUP, {"name": "g", "groups": []}, "mutually exclusive"),
    (GROUP, {"name": "g", "users_mode": "some"}, "value of users_mode must be one of: exact, present, absent"),
    (GROUP, {"name": "g", "properties": "x"}, "properties"),
    (GROUP, {"groups": [], "prune": True}, "prune with no declared groups"),
    (GROUP, {"groups": [{"name": "g"}], "prune": True, "prune_limit": "ten"}, "neither a count nor a percentage"),
    (INFO, {"gather": ["everything"]}, "gather"),
    (INFO, {"sort": "size"}, "value of sort must be one of"),
    (INFO, {"user_state": "asleep"}, "value of user_state must be one of"),
]


def clear(hub: Hub, result: Result, words: str) -> None:
    """See that a task failed for one reason, told in words."""
    assert result["failed"], result
    assert not result["changed"]
    assert words in result["msg"], result["msg"]
    assert "\n" not in result["msg"]
    for trace in ("Traceback", "bug in hubops", "Error("):
        assert trace not in result["msg"], result["msg"]
    assert hub.token not in str(result)


def test_options(hub: Hub, module: ModuleRunner) -> None:
    """What the options do not allow is refused in check mode as well, before anything is written."""
    hub.add_users("eve")
    before, mark = snapshot(hub), hub.mark()
    for name, task, words in OPTIONS:
        for check in (False, True):
            clear(hub, module(name, task, check=check), words)
    assert writes(hub.requests(mark)) == []
    assert snapshot(hub) == before


CONNECTIONS: list[tuple[dict[str, Any], str]] = [
    ({"hub_url": ""}, "hub_url"),
    ({"hub_url": "hub.example.org"}, "no usable address"),
    ({"hub_url": "ftp://hub.example.org"}, "no usable address"),
    ({"hub_url": "http://:80"}, "no usable address"),
    ({"hub_url": "http://127.0.0.1:99999"}, "no usable address"),
    ({"hub_url": "http://user:geheim@127.0.0.1"}, "must not hold a user name, a password"),
    ({"hub_url": "http://127.0.0.1:1"}, "cannot be reached"),
    ({"hub_url": "http://nowhere.invalid"}, "cannot be reached"),
    ({"api_token": ""}, "No token is given"),
    ({"api_token": None}, "No token is given"),
    ({"api_token": "two words"}, "characters that no token has"),
    ({"api_token": "t\u00f6ken"}, "characters that no token has"),
    ({"api_token_file": "/nonexistent/token"}, "keep one of them"),
    ({"api_token": None, "api_token_file": "/nonexistent/token"}, "cannot be read on the target"),
    ({"timeout": 0}, "timeout is 0"),
    ({"timeout": -1}, "timeout is -1"),
    ({"timeout": "soon"}, "timeout"),
    ({"retries": -1}, "retries is -1"),
    ({"ca_path": "/nonexistent/ca.pem"}, "ca_path /nonexistent/ca.pem does not exist"),
    ({"client_key": "/nonexistent/key.pem"}, "client_cert"),
]


@pytest.mark.parametrize("kind", [USER, GROUP, INFO])
def test_connections(hub: Hub, kind: str) -> None:
    """A hub that cannot be reached as the task says is told with what is wrong."""
    task = {} if kind == INFO else {"name": "ada"}
    for options, words in CONNECTIONS:
        result = runner(hub, **{"retries": 0, **options})(kind, task)
        clear(hub, result, words)
        assert "geheim" not in str(result["msg"])


def test_wrong_places(hub: Hub, tmp_path: pathlib.Path) -> None:
    """An address that is somewhere else, on the hub or beside it, is told as such; one that is written otherwise is not."""
    token_file = tmp_path / "token"
    token_file.write_text(f"{hub.token}\n", encoding="utf-8")
    for good in (hub.url, hub.url.rstrip("/"), f"{hub.url}hub", f"{hub.url}hub/", f"{hub.url}hub/api", f"{hub.url}hub/api/", f" {hub.url} "):
        assert runner(hub, hub_url=good)(USER, {"name": "ada"}, check=True)["changed"], good
    assert not runner(hub, api_token=None, api_token_file=str(token_file))(INFO, {})["failed"]
    for bad in (f"{hub.url}elsewhere", f"{hub.url}hub/home", f"{hub.proxy_api_url}/api"):
        result = runner(hub, hub_url=bad, retries=0)(USER, {"name": "ada"})
        clear(hub, result, "hub_url")
    assert snapshot(hub) == ({}, {})
