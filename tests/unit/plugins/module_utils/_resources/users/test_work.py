# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exact requests of each step of a user: method, path and body. The network is a script."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.users import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    stop_step,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.steps import (
    CreateUser,
    DeleteUser,
    RenameUser,
    SetActivity,
    SetAdmin,
    SetAuthState,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.work import (
    CHUNK,
    Users,
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
    page,
    refusal,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.tables import (
    kinds_of,
    server,
    user,
)

ADA, EVA, BOSS = user("ada"), user("eva"), user("boss", admin=True)
MAY = "2026-05-01T00:00:00Z"
CREATE, PROMOTE, RENAME = (
    CreateUser("ada", "ada", False),
    SetAdmin("ada", True),
    RenameUser("eva", "eva", "ada"),
)
EVE = CreateUser("eve", "eve", False)
DELETE = DeleteUser("ada", False, [])
# The number of users that one request creates.
NAMES = [f"n{number:02}" for number in range(CHUNK)]
MANY = [CreateUser(name, name, False) for name in NAMES]


def post(*names: str, answer: t.Any, admin: bool = False) -> Exchange:
    return "POST", "/users", {"usernames": list(names), "admin": admin}, answer


def patch(changes: dict[str, t.Any], answer: t.Any) -> Exchange:
    return "PATCH", "/users/ada", changes, answer


CASES: dict[str, Case] = {
    # One request of each kind
    "create": Case([CREATE], [post("ada", answer=ok([ADA], 201))]),
    "create several at once": Case(
        [CREATE, EVE], [post("ada", "eve", answer=ok([ADA, user("eve")], 201))]
    ),
    "create an admin": Case(
        [CREATE, CreateUser("boss", "boss", True)],
        [post("ada", answer=ok([ADA], 201)), post("boss", admin=True, answer=ok([BOSS], 201))],
    ),
    "create by the declared name": Case(
        [CreateUser("ada", "Ada", False)], [post("Ada", answer=ok([ADA], 201))]
    ),
    "rename": Case([RENAME], [patch({"name": "eva"}, ok(EVA))]),
    "set admin": Case([PROMOTE], [patch({"admin": True}, ok(ADA))]),
    "set auth_state": Case(
        [SetAuthState("ada", {"k": 1}, False)], [patch({"auth_state": {"k": 1}}, ok(ADA))]
    ),
    "set last_activity": Case(
        [SetActivity("ada", None, MAY)],
        [("POST", "/users/ada/activity", {"last_activity": MAY}, ok())],
    ),
    "delete": Case([DELETE], [("DELETE", "/users/ada", None, ok(status=204))]),
    "stop and delete": Case(
        [stop_step("ada", "lab"), DELETE],
        [
            ("DELETE", "/users/ada/servers/lab", None, ok(status=204)),
            (
                "GET",
                "/users/ada?include_stopped_servers=1",
                None,
                ok(user("ada", servers={"lab": server("lab", "stopped")})),
            ),
            ("DELETE", "/users/ada", None, ok(status=204)),
        ],
    ),
    # Lost answers
    "create, done, and its answer lost": Case(
        [CREATE], [post("ada", answer=LOST), ("GET", "/users/ada", None, ok(ADA))]
    ),
    "create, not done, and its answer lost": Case(
        [CREATE],
        [
            post("ada", answer=LOST),
            ("GET", "/users/ada", None, refusal(404)),
            post("ada", answer=ok([ADA], 201)),
        ],
    ),
    "rename, done, and its answer lost": Case(
        [RENAME],
        [
            patch({"name": "eva"}, LOST),
            ("GET", "/users/eva", None, ok(EVA)),
            ("GET", "/users/ada", None, refusal(404)),
        ],
    ),
    "set admin is simply sent again": Case(
        [PROMOTE], [patch({"admin": True}, LOST), patch({"admin": True}, ok(ADA))]
    ),
    "delete, done, and its answer lost": Case(
        [DELETE],
        [("DELETE", "/users/ada", None, LOST), ("DELETE", "/users/ada", None, refusal(404))],
    ),
    # Changes of another client
    "create, and somebody else was faster": Case(
        [CREATE],
        [post("ada", answer=refusal(409, "exists")), ("GET", "/users/ada", None, ok(ADA))],
        done=[],
    ),
    "create many, and somebody else was faster with one of them": Case(
        MANY,
        [
            post(*NAMES, answer=ok([user(name) for name in NAMES[1:]], 201)),
            ("GET", f"/users/{NAMES[0]}", None, ok(user(NAMES[0]))),
        ],
        done=MANY[1:],
    ),
    "create many, and somebody else was faster with all of them": Case(
        MANY,
        [
            post(*NAMES, answer=refusal(409, "exists")),
            ("GET", "/users?offset=0&limit=1000", None, page([user(name) for name in NAMES])),
        ],
        done=[],
    ),
    "delete, and somebody else was faster": Case(
        [DELETE], [("DELETE", "/users/ada", None, refusal(404))], done=[]
    ),
    # Refusals
    "create, of which one name is refused": Case(
        [CREATE, EVE],
        [
            post("ada", "eve", answer=refusal(400, "Invalid username: eve")),
            ("GET", "/users/ada", None, refusal(404)),
            ("GET", "/users/eve", None, refusal(404)),
            post("ada", answer=ok([ADA], 201)),
        ],
        done=[CREATE],
        error="Invalid username: eve",
    ),
    "set auth_state without a key": Case(
        [SetAuthState("ada", {"k": 1}, False)],
        [
            patch({"auth_state": {"k": 1}}, refusal(500)),
            ("GET", "/users/ada", None, ok(ADA)),
            ("GET", "/users/ada", None, ok(ADA)),
        ],
        done=[],
        error="set JUPYTERHUB_CRYPT_KEY",
    ),
    "all that the caller may not": Case(
        [PROMOTE, DELETE],
        [patch({"admin": True}, refusal(403, "requires any of [admin:users]"))],
        done=[],
        error="admin:users",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_requests(client: HubClient, wire: Wire, case: Case) -> None:
    assert carry_out(case, Users, SPEC, {"users": []}, client, wire) == expected(case)


def test_the_table_has_every_kind_of_step() -> None:
    assert kinds_of(case.steps for case in CASES.values()) == {
        "CreateUser",
        "RenameUser",
        "SetAdmin",
        "SetAuthState",
        "SetActivity",
        "StopServer",
        "DeleteUser",
    }
