# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exact requests of each step of a server: method, path and body. The network is a script."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.servers import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    CreateServer,
    DeleteServer,
    RenameServer,
    StartServer,
    StopServer,
    UpdateServer,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    WantedServer,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.work import (
    Servers,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.exchanges import (
    LOST,
    Case,
    Exchange,
    carry_out,
    expected,
    ok,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Wire,
    refusal,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.tables import (
    kinds_of,
    server,
    user,
)

LAB, KEY = "ada/lab", ("ada", "lab")
URL = "/users/ada/servers/lab"
BIG = {"mem": 8}
USUAL: dict[str, t.Any] = {"user": "ada", "name": "lab"}
HASTY: dict[str, t.Any] = {"wait": False}


def wanted(state: t.Any, name: str = "lab", **fields: t.Any) -> WantedServer:
    return WantedServer("ada", name, state, **fields)


START = StartServer(LAB, KEY, {}, {}, wanted("started"))
STOP, REMOVE = StopServer(LAB, KEY), DeleteServer(LAB, KEY)
PRESENT = wanted("present", user_options=BIG, display_name="Big lab")
CREATE = CreateServer(LAB, KEY, {"user_options": BIG, "display_name": "Big lab"}, {}, PRESENT)


def start(answer: t.Any) -> Exchange:
    return "POST", URL, {"user_options": None}, answer


def stop(answer: t.Any) -> Exchange:
    return "DELETE", URL, None, answer


def look(*servers: dict[str, t.Any]) -> Exchange:
    """Return the user with these servers."""
    ada = user("ada", servers={row["name"]: row for row in servers})
    return "GET", "/users/ada?include_stopped_servers=1", None, ok(ada)


UP, DOWN = server("lab"), server("lab", "stopped")
CASES: dict[str, Case] = {
    # One request of each kind, and the requests that wait for its end
    "start": Case([START], [start(ok(status=201)), look(server("lab", "spawn")), look(UP)]),
    "start, and not wait": Case([START], [start(ok(status=202))], options=HASTY),
    "start with options": Case(
        [StartServer(LAB, KEY, {"user_options": BIG}, {}, PRESENT)],
        [("POST", URL, {"user_options": BIG, "display_name": "Big lab"}, ok(status=201)), look(UP)],
    ),
    "start the default server": Case(
        [StartServer("ada/", ("ada", ""), {}, {}, wanted("started", ""))],
        [("POST", "/users/ada/server", {"user_options": None}, ok(status=201)), look(server(""))],
    ),
    "stop": Case([STOP], [stop(ok(status=202)), look(server("lab", "stop")), look(DOWN)]),
    "stop, and not wait": Case([STOP], [stop(ok(status=202))], options=HASTY),
    "restart": Case(
        [STOP, START], [stop(ok(status=204)), look(DOWN), start(ok(status=201)), look(UP)]
    ),
    "remove": Case([REMOVE], [("DELETE", URL, {"remove": True}, ok(status=202)), look()]),
    "create": Case(
        [CREATE],
        [("PUT", URL, {"user_options": BIG, "display_name": "Big lab"}, ok(DOWN, 201))],
    ),
    "create with nothing": Case(
        [CreateServer(LAB, KEY, {}, {}, wanted("present"))],
        [("PUT", URL, {"user_options": None}, ok(DOWN, 201))],
    ),
    "change the name for people": Case(
        [UpdateServer(LAB, KEY, {"display_name": "My lab"}, {})],
        [("PATCH", URL, {"display_name": "My lab"}, ok(DOWN))],
    ),
    "change options, and see that they are shown": Case(
        [UpdateServer(LAB, KEY, {"user_options": BIG}, {})],
        [
            ("PATCH", URL, {"user_options": BIG}, ok({**DOWN, "user_options": BIG})),
            look({**DOWN, "user_options": BIG}),
        ],
    ),
    "rename": Case(
        [RenameServer(LAB, KEY, "old")],
        [("PATCH", "/users/ada/servers/old", {"name": "lab"}, ok(DOWN))],
    ),
    # Lost answers
    "start, done, and its answer lost": Case(
        [START], [start(LOST), start(refusal(400, "ada's server lab is already running")), look(UP)]
    ),
    "start, not done, and its answer lost": Case(
        [START], [start(LOST), start(ok(status=201)), look(UP)]
    ),
    "stop is simply sent again": Case([STOP], [stop(LOST), stop(ok(status=204)), look(DOWN)]),
    "create, done, and its answer lost": Case(
        [CREATE],
        [
            ("PUT", URL, {"user_options": BIG, "display_name": "Big lab"}, LOST),
            ("PUT", URL, {"user_options": BIG, "display_name": "Big lab"}, refusal(409, "exists")),
            ("GET", URL, None, ok(DOWN)),
        ],
    ),
    # Changes of another client
    "start, and somebody else was faster": Case(
        [START], [start(refusal(400, "ada's server lab is already running")), look(UP)], done=[]
    ),
    "start, while it is still stopping": Case(
        [START], [start(refusal(400, "lab is pending stop")), start(ok(status=201)), look(UP)]
    ),
    # Refusals
    "start, and the spawner refuses": Case(
        [START], [start(refusal(403, "no such image"))], done=[], error="no such image"
    ),
    "start, and it breaks on the way": Case(
        [START],
        [
            start(refusal(500, "Error in Authenticator.pre_spawn_start")),
            look(DOWN),
            ("GET", f"{URL}/progress", None, refusal(404)),
        ],
        done=[],
        error="Error in Authenticator.pre_spawn_start",
    ),
    # Another client has removed it.
    "stop, and it is gone": Case([STOP], [stop(refusal(404)), look()], done=[]),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_requests(client: HubClient, wire: Wire, case: Case) -> None:
    assert carry_out(case, Servers, SPEC, USUAL, client, wire) == expected(case)


def test_the_table_has_every_kind_of_step() -> None:
    assert kinds_of(case.steps for case in CASES.values()) == {
        "StartServer",
        "StopServer",
        "DeleteServer",
        "CreateServer",
        "UpdateServer",
        "RenameServer",
    }
