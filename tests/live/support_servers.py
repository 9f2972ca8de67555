# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by the live tests of servers: create and read servers without the modules."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tests.hub import Hub, HubError
from tests.live.support import Result


def path(hub: Hub, user: str, name: str = "") -> str:
    """Return the API path of a server."""
    return (
        f"/users/{hub.quote(user)}/servers/{hub.quote(name)}"
        if name
        else f"/users/{hub.quote(user)}/server"
    )


def spawn(hub: Hub, user: str, name: str = "", options: Mapping[str, Any] | None = None) -> None:
    """Start a server. It may still be starting when this returns."""
    body = {"user_options": options} if hub.series == "6" and options is not None else options
    hub.expect("POST", path(hub, user, name), body)


def settle(hub: Hub, wanted: Mapping[str, str]) -> None:
    """Create these servers, by user and name, and leave them started or stopped."""
    for server, state in wanted.items():
        user, _slash, name = server.partition("/")
        spawn(hub, user, name)
        if state == "stopped":
            # On a busy machine the hub answers before a server has started or stopped.
            reach(hub, server, "started")
            hub.expect("DELETE", path(hub, user, name))
    until = time.monotonic() + 10
    while (found := states(hub)) != standing(wanted):
        assert time.monotonic() < until, found
        time.sleep(0.02)


def states(hub: Hub) -> dict[str, str]:
    """Return the state of all servers, by user and name: started, stopped, or the pending action
    (spawn, stop).

    Stopped default servers are left out, because the hub does not reliably list one that never ran.
    """
    return standing(
        {
            f"{user}/{name}": server["pending"] or ("started" if server["ready"] else "stopped")
            for user, row in hub.users().items()
            for name, server in row["servers"].items()
        }
    )


def standing(servers: Mapping[str, str]) -> dict[str, str]:
    """Return these servers without the stopped default servers."""
    return {
        name: state
        for name, state in servers.items()
        if not (name.endswith("/") and state == "stopped")
    }


def options(hub: Hub) -> dict[str, Any]:
    """Return the user_options of all servers that have any, by user and name."""
    servers = {
        f"{user}/{name}": server
        for user, row in hub.users().items()
        for name, server in row["servers"].items()
    }
    return {
        name: server["user_options"] for name, server in servers.items() if server["user_options"]
    }


def reach(hub: Hub, server: str, state: str, timeout: float = 10.0) -> None:
    """Wait until a server is in this state; raise HubError if it does not reach it."""
    until = time.monotonic() + timeout
    while states(hub).get(server) != state:
        if time.monotonic() > until:
            raise HubError(f"{server} does not get {state}: {states(hub)}")
        time.sleep(0.02)


def warned(result: Result) -> list[str]:
    """Return the texts of a task's warnings, for every version of ansible-core."""
    return [
        one if isinstance(one, str) else one["event"]["msg"] for one in result.get("warnings", [])
    ]
