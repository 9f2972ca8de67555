# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hubs behind nginx and Apache, with each of JupyterHub's own proxies, on subdomains, on IPv6, and
with internal certificates.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import PROFILES, Hub
from tests.live.support import (
    GROUP,
    SERVER,
    USER,
    admins,
    converge,
    members,
    one_sentence,
    snapshot,
    writes,
)
from tests.running import run_module

pytestmark = pytest.mark.newest

PLAIN_NAMES = ["a b", "a%b", "a+b", "a#b", "a?b", "ünï", "a;b", "a&b", "a:b@c", "a=b,c", "a%20b"]
SLASHED = [{"name": "a/b", "users": ["ada"]}, {"name": "a/b", "state": "absent"}]
SLASHES = ["/staff", "a/b", "a//b", "a%2Fb", "staff/", "./a", "a/../b"]


@pytest.mark.profile("nginx-tls", "apache", "node")
def test_every_name_arrives_where_paths_are_left_alone(hub: Hub, module: ModuleRunner) -> None:
    names = [*PLAIN_NAMES, *SLASHES]
    hub.add_users("ada")
    converge(
        hub,
        module,
        GROUP,
        {
            "groups": [
                {"name": name, "users": ["ada"], "properties": {"room": ["1"]}} for name in names
            ]
        },
    )
    assert members(hub) == {name: ["ada"] for name in names}
    converge(hub, module, GROUP, {"groups": [{"name": name} for name in names], "state": "absent"})
    assert hub.groups() == {}


@pytest.mark.profile("nginx", "apache-off", "apache-on", "subdomains", "ipv6")
def test_all_names_without_a_slash_arrive_everywhere(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("ada")
    converge(
        hub, module, GROUP, {"groups": [{"name": name, "users": ["ada"]} for name in PLAIN_NAMES]}
    )
    assert members(hub) == {name: ["ada"] for name in PLAIN_NAMES}
    converge(
        hub,
        module,
        USER,
        {"users": [{"name": "ada", "admin": True}, {"name": "zoë"}], "prune": True},
    )
    converge(
        hub, module, GROUP, {"groups": [{"name": name} for name in PLAIN_NAMES], "state": "absent"}
    )
    assert hub.groups() == {}


@pytest.mark.profile("apache-off", "apache-on", "nginx-uri", "plain")
@pytest.mark.parametrize("task", SLASHED, ids=["present", "absent"])
def test_a_slash_that_does_not_arrive_is_reported_and_changes_nothing(
    hub: Hub, module: ModuleRunner, task: dict[str, Any]
) -> None:
    hub.add_users("ada")
    hub.add_group("a/b")
    hub.add_group("a")
    before = snapshot(hub)
    result = module(GROUP, task)
    assert (result["failed"], result["changed"]) == (True, False), result
    one_sentence(result)
    assert "check hub_url" not in result["msg"], result["msg"]
    assert "slash" in result["msg"] or "proxy" in result["msg"], result["msg"]
    assert snapshot(hub) == before


@pytest.mark.profile("apache-canon")
def test_a_percent_sign_that_apache_encodes_again(hub: Hub, module: ModuleRunner) -> None:
    """Without nocanon, Apache decodes and encodes paths again, so that the hub cannot read a
    percent sign. Other names work, including those with slashes.
    """
    names = [name for name in (*PLAIN_NAMES, "/staff", "a/b") if "%" not in name]
    converge(hub, module, GROUP, {"groups": [{"name": name} for name in names]})
    hub.add_group("a%b")
    before = snapshot(hub)
    result = module(GROUP, {"name": "a%b", "state": "absent"})
    assert (result["failed"], result["changed"]) == (True, False), result
    one_sentence(result)
    assert snapshot(hub) == before


@pytest.mark.profile("nginx-small")
def test_a_request_that_is_too_large_for_nginx(hub: Hub, module: ModuleRunner) -> None:
    """A request that is too large is split into several."""
    users = [{"name": f"someone-with-a-long-name-{number}"} for number in range(90)]
    converge(hub, module, USER, {"users": users})
    assert len(hub.users()) == 90


@pytest.mark.profile("nginx-small")
def test_one_object_that_is_too_large_for_nginx(hub: Hub, module: ModuleRunner) -> None:
    """The error page is not from the hub: the message says which server sent it, and the other
    items are done.
    """
    hub.add_group("g")
    groups = [
        {"name": "g", "properties": {"text": ["x" * 2000]}},
        {"name": "h", "properties": {"text": ["x"]}},
    ]
    result = module(GROUP, {"groups": groups})
    assert (result["failed"], result["changed"]) == (True, True), result
    assert result["msg"].startswith(
        f"PUT /groups/g/properties did not reach the hub at {hub.url}hub/api: nginx"
    ), result["msg"]
    assert "answered 413, because the request is too large for it" in result["msg"], result["msg"]
    assert "client_max_body_size" in result["msg"], result["msg"]
    assert [(one["name"], one["status"]) for one in result["refused"]] == [("g", 413)]
    found = {name: group["properties"] for name, group in hub.groups().items()}
    assert found == {"g": {}, "h": {"text": ["x"]}}


@pytest.mark.profile("nginx-small")
def test_nginx_that_does_not_wait_for_the_hub(hub: Hub, module: ModuleRunner) -> None:
    """A start takes longer than nginx waits. Its 504 does not tell the outcome, so the task reads
    the state from the hub.
    """
    hub.add_users("slow-ada")
    result = module(SERVER, {"user": "slow-ada", "state": "started"})
    assert (result["failed"], result["changed"]) == (False, True), result
    assert hub.user("slow-ada")["servers"][""]["ready"]
    again = module(SERVER, {"user": "slow-ada", "state": "started"})
    assert (again["failed"], again["changed"]) == (False, False), again


@pytest.mark.profile("nginx-impatient")
def test_nginx_that_does_not_wait_for_many_users(hub: Hub, module: ModuleRunner) -> None:
    """The hub goes on with a request after nginx has given up: no user is created twice, none is
    left out, and the rest is sent in smaller requests.
    """
    users = [{"name": f"u{number}", "admin": number == 7} for number in range(60)]
    mark = hub.mark()
    result = module(USER, {"users": users})
    assert (result["failed"], result["changed"]) == (False, True), result
    assert admins(hub) == {user["name"]: user["admin"] for user in users}
    assert "504" in (hub.beside.servers["nginx"].folder / "access.log").read_text("utf-8")
    assert len(writes(hub.requests(mark))) > 1
    again = module(USER, {"users": users})
    assert (again["failed"], again["changed"]) == (False, False), again


@pytest.mark.profile("nginx-small")
def test_an_address_that_is_too_long_for_nginx(hub: Hub, module: ModuleRunner) -> None:
    """The message names the group with the long name and the server that refused it; the other
    groups are created.
    """
    long = "\u65e5" * 200
    groups = [{"name": name} for name in (long, "a", "b", "c")]
    result = module(GROUP, {"groups": groups})
    assert (result["failed"], result["changed"]) == (True, True), result
    one_sentence(result)
    assert "answered 414" in result["msg"], result["msg"]
    assert "large_client_header_buffers in nginx" in result["msg"], result["msg"]
    assert [(one["name"], one["status"]) for one in result["refused"]] == [(long, 414)]
    assert sorted(hub.groups()) == ["a", "b", "c"]
    alone = module(GROUP, {"name": long})
    assert (alone["failed"], alone["changed"]) == (True, False), alone
    one_sentence(alone)
    assert "414" in alone["msg"], alone["msg"]


@pytest.mark.profile("nginx-rate", "nginx-rate-429")
def test_nginx_that_limits_requests(hub: Hub, module: ModuleRunner) -> None:
    users = [{"name": f"u{number}", "admin": number % 2 == 0} for number in range(30)]
    result = module(USER, {"users": users})
    assert (result["failed"], result["changed"]) == (False, True), result
    assert {name: user["admin"] for name, user in hub.users().items()} == {
        user["name"]: user["admin"] for user in users
    }
    groups = [{"name": f"g{number}", "users": [f"u{number}"]} for number in range(20)]
    result = module(GROUP, {"groups": groups})
    assert not result["failed"], result
    assert members(hub) == {group["name"]: group["users"] for group in groups}
    assert module(GROUP, {"groups": groups})["changed"] is False


@pytest.mark.profile("subdomains", "ipv6", "nginx-tls", "apache")
def test_servers_start_and_stop(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("ada")
    result = module(SERVER, {"servers": [{"user": "ada"}, {"user": "ada", "name": "lab"}]})
    assert (result["failed"], result["changed"]) == (False, True), result
    assert [server["ready"] for server in result["servers"]] == [True, True]
    assert module(SERVER, {"user": "ada", "name": "lab", "state": "absent"})["changed"]
    assert set(hub.user("ada")["servers"]) == {""}


def test_real_servers_with_certificates_inside() -> None:
    problem = PROFILES["internal-ssl"].missing()
    if problem:
        pytest.skip(problem)
    with Hub("6", profile="internal-ssl", spawner="singleuser") as hub:
        hub.add_users("ada")
        access = {"hub_url": hub.url, "api_token": hub.token}
        result = run_module(
            SERVER, {**access, "user": "ada", "state": "started", "wait_timeout": 120}
        )
        assert (result["failed"], result["changed"]) == (False, True), result
        assert hub.user("ada")["servers"][""]["ready"]
        assert run_module(SERVER, {**access, "user": "ada", "state": "stopped"})["changed"]
        until = time.monotonic() + 30
        while not hub.user("ada")["servers"][""]["stopped"]:
            assert time.monotonic() < until


@pytest.mark.profile("nginx-small")
def test_members_that_are_too_many_for_nginx(hub: Hub, module: ModuleRunner) -> None:
    """A group is created with as many members as fit in one request. The other members are added or
    removed in further requests.
    """
    names = [f"someone-with-a-long-name-{number}" for number in range(90)]
    hub.add_users(*names)
    converge(hub, module, GROUP, {"name": "new", "users": names})
    assert members(hub) == {"new": sorted(names)}
    converge(hub, module, GROUP, {"name": "new", "users": names[:1]})
    assert members(hub) == {"new": names[:1]}
    converge(hub, module, GROUP, {"name": "new", "users": names, "users_mode": "present"})
    assert members(hub) == {"new": sorted(names)}
