# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hub of all live tests works as documented."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import time

import pytest

from tests.hub import API_SCOPES, Hub, HubError, Request
from tests.hub._process import ROOT, alive, free_ports


def test_answers_through_the_proxy_and_without_it(hub: Hub) -> None:
    assert hub.api("GET", "/", token="") == (200, {"version": hub.version})
    assert hub.url != hub.hub_url
    assert hub.pid is not None
    assert hub.proxy_pid is not None


def test_a_reset_leaves_nothing(hub: Hub) -> None:
    hub.add_users("alice", "bob")
    hub.add_group("staff", "alice", properties={"room": ["1"]})
    hub.expect("POST", "/users/alice/servers/one")
    if hub.series != "4":
        hub.expect("POST", "/services/extra", {"info": {"a": "b"}})
    pid = hub.pid
    hub.reset()
    assert (hub.users(), hub.groups()) == ({}, {})
    assert set(hub.services()) == {"provisioner", "scoped", "witness"}
    assert hub.pid == pid


def test_a_reset_mends_what_the_api_cannot(hub: Hub) -> None:
    hub.add_users("stuck-one")
    hub.expect("POST", "/users/stuck-one/server")
    # No path can carry the name of this group.
    hub.expect("POST", "/groups", {"groups": [""]})
    hub.reset()
    assert (hub.users(), hub.groups()) == ({}, {})


def test_a_reset_starts_a_dead_hub_again(hub: Hub) -> None:
    hub.kill(proxy=True)
    hub.reset()
    assert hub.users() == {}


def test_counts_what_arrives_and_leaves_the_witness_out(hub: Hub) -> None:
    hub.add_users("alice")
    mark = hub.mark()
    hub.api("GET", "/users/alice?x=1", token=hub.token)
    hub.api("POST", "/users", {"usernames": ["bob"]}, token=hub.scoped_token)
    hub.api("GET", "/users/carol", token=hub.token)
    hub.api("GET", "/users", token="wrong")
    hub.users()
    assert hub.requests(mark) == [
        Request("GET", "/users/alice?x=1", 200),
        Request("POST", "/users", 201),
        Request("GET", "/users/carol", 404),
        Request("GET", "/users", 403),
    ]
    assert hub.requests(mark, user="scoped") == [("POST", "/users", 201)]
    assert hub.requests(hub.mark()) == []


def test_the_scopes_are_those_declared(hub: Hub) -> None:
    granted = hub.expect("GET", "/user", token=hub.scoped_token)
    assert granted["admin"] is False
    assert set(API_SCOPES) <= set(granted["scopes"])
    assert "read:metrics" not in granted["scopes"]
    assert hub.expect("GET", "/user", token=hub.token)["admin"] is True
    assert hub.expect("GET", "/user", token=hub.admin_token)["name"] == "witness"


def test_keeps_auth_state(hub: Hub) -> None:
    hub.add_users("alice")
    hub.expect("PATCH", "/users/alice", {"auth_state": {"key": "value"}})
    assert hub.user("alice")["auth_state"] == {"key": "value"}


def test_servers_are_slow_or_fail_by_switches(hub: Hub) -> None:
    hub.add_users("alice", "slow-one", "fail-one", "late-one", "reject-one")

    def start(user: str) -> int:
        return hub.api("POST", f"/users/{user}/server")[0]

    assert {user: start(user) for user in hub.users()} == {
        "alice": 201,
        "slow-one": 202,
        "fail-one": 500,
        "late-one": 202,
        "reject-one": 403,
    }
    until = time.monotonic() + 20
    while any(user["pending"] for user in hub.users().values()):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert {name for name, user in hub.users().items() if user["server"]} == {"alice", "slow-one"}
    assert hub.api("DELETE", "/users/alice/server")[0] == 204


def test_survives_a_restart_and_its_servers_survive_a_kill() -> None:
    with Hub("6", spawner="stub") as hub:
        hub.add_users("alice")
        hub.expect("POST", "/users/alice/server")
        address, server = hub.url, int(next((hub.state / "servers").iterdir()).name)
        hub.kill()
        assert hub.pid is None
        assert hub.proxy_pid is not None
        assert alive(server)
        with pytest.raises(OSError, match="refused"):
            hub.api("GET", "/")
        hub.start()
        assert hub.url == address
        assert hub.users()["alice"]["servers"][""]["ready"]
        hub.restart()
        assert list(hub.users()) == ["alice"]
        assert not alive(server)
    assert not hub.state.exists()


@pytest.mark.parametrize("series", ["4", "5", "6"])
def test_a_real_server_starts(series: str) -> None:
    with Hub(series, spawner="singleuser") as hub:
        hub.add_users("alice")
        assert hub.api("POST", "/users/alice/server")[0] in (201, 202)
        until = time.monotonic() + 60
        while not hub.users()["alice"]["servers"][""]["ready"]:
            assert time.monotonic() < until
            time.sleep(0.1)


def test_everything_is_gone_after_a_kill_and_a_close() -> None:
    hub = Hub("6", spawner="stub")
    hub.start()
    hub.add_users("alice")
    hub.expect("POST", "/users/alice/server")
    server = int(next((hub.state / "servers").iterdir()).name)
    hub.kill()
    hub.close()
    assert not alive(server)
    assert hub.proxy_pid is None


def test_pages_path_and_services_are_as_configured() -> None:
    services = {"narrow": {"scopes": ["list:users"]}, "nothing": {}}
    with Hub(
        "6",
        base_url="jupyter",
        page_limit=2,
        services=services,
        config="c.JupyterHub.allow_named_servers = False",
    ) as hub:
        assert hub.url.endswith("/jupyter/")
        hub.add_users(*(f"user{number}" for number in range(5)))
        assert len(hub.users()) == 5
        mark = hub.mark()
        status, page = hub.api(
            "GET",
            "/users",
            token=hub.tokens["narrow"],
            accept="application/jupyterhub-pagination+json",
        )
        assert (status, len(page["items"])) == (200, 2)
        assert hub.api("GET", "/users", token=hub.tokens["nothing"])[0] == 403
        assert [request.path for request in hub.requests(mark)] == ["/users", "/users"]
        assert hub.api("POST", "/users/user1/servers/one")[0] == 400


def test_a_broken_configuration_is_reported_with_the_log() -> None:
    with (
        pytest.raises(HubError, match="this is wrong"),
        Hub("6", config="raise RuntimeError('this is wrong')"),
    ):
        pass


def test_ends_with_its_parent() -> None:
    program = (
        "import time; from tests.hub import Hub; hub = Hub('6'); hub.start(); print(hub.pid,"
        " hub.proxy_pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.send_signal(signal.SIGKILL)
    until = time.monotonic() + 20
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < until
        time.sleep(0.1)


def test_command_line(tmp_path: pathlib.Path) -> None:
    state = tmp_path / "state"
    users = tmp_path / "users.txt"
    users.write_text("# a class\nalice\n\nbob\n", encoding="utf-8")

    def command(*args: str | os.PathLike[str]) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "tests.hub", *args],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    try:
        client = json.loads(command("start", "--hub", "5", "--state", state, "--users", users))
        hub = Hub.attach(state)
        assert client["url"] == hub.url
        assert client["pid"] == hub.pid
        assert set(hub.users()) == {"alice", "bob"}
        assert json.loads(command("start", "--state", state)) == client
        assert stat.S_IMODE(state.stat().st_mode) == 0o700
        arguments = pathlib.Path("/proc", str(hub.pid), "cmdline")
        assert not arguments.exists() or client["token"].encode() not in arguments.read_bytes()
    finally:
        command("stop", "--state", state)
    assert not alive(client["pid"])
    command("stop", "--state", state)


def test_a_port_that_another_program_has_taken_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub looks for free ports, and uses them a moment later."""
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        choices = [free_ports(3), free_ports(3)]
        choices[0][1] = somebody.getsockname()[1]
        monkeypatch.setattr("tests.hub._life.free_ports", lambda count: choices.pop(0))
        with Hub("6") as hub:
            assert hub.api("GET", "/")[0] == 200
        assert not choices
