# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that cannot become what is declared, as the hub shows before the first write: they are
refused, and the others are done.
"""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import USER, Result, one_sentence, writes
from tests.live.support_servers import settle, states
from tests.live.token_support import TOKEN, foreign, is_good, ours

pytestmark = pytest.mark.newest


def goes_on(hub: Hub, module: ModuleRunner, name: str, task: dict[str, Any]) -> Result:
    """Run a task that is refused in part in check mode, which predicts it, and in two real runs,
    of which the second one changes nothing; return the first real result.
    """
    mark = hub.mark()
    predicted = module(name, task, check=True)
    assert (predicted["failed"], writes(hub.requests(mark))) == (True, []), predicted
    real = module(name, task)
    assert (real["failed"], real["changed"], real["rest_done"]) == (True, True, True), real
    for key in ("changed", "changes", "pending", "refused", "rest_done"):
        assert predicted[key] == real[key], key
    assert real["msg"].endswith("Everything else was done.")
    one_sentence(real)
    again = module(name, task)
    assert (again["failed"], again["changed"], again["refused"]) == (True, False, real["refused"])
    return real


def test_users(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("ada", "eve", "bob")
    hub.expect("POST", "/users/bob/server")
    users = [
        {"name": "eve", "rename_from": "ada"},
        {"name": "kim", "rename_from": "bob"},
        {"name": "new"},
    ]
    result = goes_on(hub, module, USER, {"users": users})
    assert [(one["name"], one["status"]) for one in result["refused"]] == [
        ("eve", None),
        ("kim", None),
    ]
    assert "because both exist" in result["msg"]
    assert "bob has running servers" in result["msg"]
    assert set(hub.users()) == {"ada", "eve", "bob", "new"}
    # Nor does a prune take them for undeclared.
    result = module(USER, {"users": users, "prune": True, "prune_limit": "100%"})
    assert (result["changed"], result["rest_done"]) == (False, True), result
    assert set(hub.users()) >= {"ada", "eve", "bob", "new"}


def test_servers(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("ada", "bob")
    settle(hub, {"ada/old": "started"})
    servers = [{"user": "ada", "name": "lab", "rename_from": "old"}, {"user": "bob"}]
    result = goes_on(hub, module, "jupyterhub_server", {"servers": servers})
    assert [one["name"] for one in result["refused"]] == ["ada/lab"]
    assert states(hub) == {"ada/old": "started", "bob/": "started"}
    alone = module("jupyterhub_server", servers[0])
    assert alone["msg"].endswith("stop it first. Nothing was changed."), alone
    assert (alone["rest_done"], [one["name"] for one in alone["refused"]]) == (True, ["ada/lab"])


def test_services(hub: Hub, module: ModuleRunner) -> None:
    for name in ("same", "other"):
        assert module("jupyterhub_service", {"name": name, "info": {"a": 1}})["changed"]
    services = [
        {"name": "other", "info": {"a": 2}},
        {"name": "same", "info": {"a": 1}},
        {"name": "new"},
    ]
    result = goes_on(hub, module, "jupyterhub_service", {"services": services})
    assert [one["name"] for one in result["refused"]] == ["other"]
    assert "set recreate to delete it and create it again. Everything" in result["msg"]
    assert (hub.services()["other"]["info"], "new" in hub.services()) == ({"a": 1}, True)


def test_a_service_with_the_token_of_another(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("ada")
    secret = hub.expect("POST", "/users/ada/tokens", {})["token"]
    services = [{"name": "bad", "service_token": secret}, {"name": "good"}]
    result = goes_on(hub, module, "jupyterhub_service", {"services": services})
    assert [one["name"] for one in result["refused"]] == ["bad"]
    assert secret not in str(result)
    assert {"bad", "good"} & set(hub.services()) == {"good"}


def test_tokens(hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path) -> None:
    """The token of a running server is not revoked, and those of the list are done all the same."""
    hub.add_users("ada")
    assert module(TOKEN, {"user": "ada", "note": "n", "dest": str(tmp_path / "n")})["changed"]
    hub.expect("POST", "/users/ada/server")
    (server,) = foreign(hub)
    tokens = [
        {"user": "ada", "token_id": server, "state": "absent"},
        {"user": "ada", "note": "n", "state": "absent"},
        {"user": "ada", "note": "m", "dest": str(tmp_path / "m")},
    ]
    result = goes_on(hub, module, TOKEN, {"tokens": tokens})
    assert [one["name"] for one in result["refused"]] == [f"ada/{server}"]
    assert "belongs to a running server" in result["msg"]
    assert list(foreign(hub)) == [server]
    assert [row["note"].partition(" [")[0] for row in ours(hub)] == ["m"]
    assert is_good(hub, (tmp_path / "m").read_text())
