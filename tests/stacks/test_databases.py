# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases that lose their connections, restart or stop while a task runs, and two playbooks at
the same time.
"""

from __future__ import annotations

import concurrent.futures
import pathlib
import threading
from typing import Any

import pytest
import yaml

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.hub.databases import DatabaseServer
from tests.live.support import GROUP, INFO, USER, Wire, chunks, members, one_sentence, runner
from tests.running import run_playbook

pytestmark = pytest.mark.newest

SERVERS = pytest.mark.profile("postgres", "mariadb-bin")


def server(hub: Hub) -> DatabaseServer:
    """Return the hub's database server."""
    assert isinstance(hub.database, DatabaseServer)
    return hub.database


def everybody(hub: Hub) -> dict[str, Any]:
    """Return a task that creates forty users."""
    return {"users": [{"name": f"u{number}", "admin": number == 7} for number in range(40)]}


def finished(hub: Hub, module: ModuleRunner) -> None:
    """Assert that the next run does what is left, and that the run after it changes nothing."""
    assert not module(USER, everybody(hub))["failed"]
    assert {name for name, user in hub.users().items() if user["admin"]} == {"u7"}
    assert len(hub.users()) == 40
    assert module(USER, everybody(hub))["changed"] is False


@SERVERS
@pytest.mark.parametrize("moment", [0, 1, 3, 5])
def test_the_connection_is_cut_in_the_middle(hub: Hub, module: ModuleRunner, moment: int) -> None:
    """The hub gives one wrong response: the task goes on, or fails with one sentence that blames
    neither the token nor the address.
    """

    def cut(number: int, method: str, path: str) -> None:
        if number == moment:
            server(hub).cut()

    with chunks(10), Wire(hub, before=cut) as wire:
        result = runner(hub, hub_url=wire.url)(USER, everybody(hub))
    if result["failed"]:
        one_sentence(result)
        assert result["changed"] == bool(hub.users()), result
    made = {change["name"] for change in result["changes"] if change["action"] == "create"}
    assert made == set(hub.users())
    finished(hub, module)


@SERVERS
@pytest.mark.sample
def test_one_odd_answer_makes_no_new_token(
    hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path
) -> None:
    """When the hub loses its database connection, it answers one request with 403. A good token
    must not be revoked for that.
    """
    hub.add_users("ada")
    task = {"user": "ada", "note": "cron", "dest": str(tmp_path / "token")}
    assert module("jupyterhub_token", task)["changed"]
    secret = (tmp_path / "token").read_text(encoding="utf-8").strip()
    before = [token["id"] for token in hub.user_tokens("ada")]
    for moment in range(4):

        def cut(number: int, method: str, path: str, moment: int = moment) -> None:
            if number == moment:
                server(hub).cut()

        with Wire(hub, before=cut) as wire:
            result = runner(hub, hub_url=wire.url)("jupyterhub_token", task)
        assert not result["changed"], (moment, result)
        assert [token["id"] for token in hub.user_tokens("ada")] == before
    assert hub.api("GET", "/user", token=secret)[0] == 200


@SERVERS
def test_a_stopped_database_looks_like_a_bad_token(hub: Hub, module: ModuleRunner) -> None:
    """The hub gives the same response for both."""
    server(hub).stop()
    try:
        result = runner(hub, retries=1)(INFO, {"gather": ["users"]})
    finally:
        server(hub).start()
    assert result["failed"], result
    one_sentence(result)
    assert "database" in result["msg"], result["msg"]
    while hub.api("GET", "/users")[0] != 200:
        pass
    assert not module(INFO, {"gather": ["users"]})["failed"]


@SERVERS
def test_a_database_that_is_restarted_in_the_middle(hub: Hub, module: ModuleRunner) -> None:
    """A restart takes two seconds: the changes so far are reported, and the next run does the
    rest.
    """
    back = threading.Event()

    def restart(number: int, method: str, path: str) -> None:
        if number == 4:
            server(hub).stop()
            threading.Thread(target=come_back).start()

    def come_back() -> None:
        server(hub).start()
        back.set()

    with chunks(5), Wire(hub, before=restart) as wire:
        result = runner(hub, hub_url=wire.url)(USER, everybody(hub))
    assert back.wait(30)
    while hub.api("GET", "/users")[0] != 200:
        pass
    if result["failed"]:
        one_sentence(result)
    made = {change["name"] for change in result["changes"] if change["action"] == "create"}
    assert made <= set(hub.users())
    finished(hub, module)


@SERVERS
def test_two_playbooks_at_once(hub: Hub, module: ModuleRunner) -> None:
    """Both playbooks declare the same people and courses in different orders. Each may report
    changes of the other one, and after the next run everything exists once.
    """
    names = [f"p{number}" for number in range(60)]
    groups = [
        {"name": f"g{number}", "users": names[number : number + 20]} for number in range(0, 60, 10)
    ]

    def play(order: int) -> str:
        tasks = [
            {
                "hubops.jupyterhub.jupyterhub_user": {
                    "users": [{"name": name} for name in names[::order]]
                }
            },
            {"hubops.jupyterhub.jupyterhub_group": {"groups": groups[::order]}},
        ]
        done = run_playbook(
            yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), hub=hub
        )
        return done.stdout + done.stderr if done.returncode else ""

    with concurrent.futures.ThreadPoolExecutor() as pool:
        failures = [output for output in pool.map(play, (1, -1)) if output]
    assert all("by another client while this task ran" in output for output in failures), failures
    assert not play(1)
    assert set(hub.users()) == set(names)
    assert members(hub) == {str(group["name"]): sorted(group["users"]) for group in groups}
    assert module(GROUP, {"groups": groups})["changed"] is False
