# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for servers: the declaration or selection, the hub, and the steps between them. Only GET
requests are sent.
"""

from __future__ import annotations

import copy
import datetime
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Plan
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.servers import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.work import (
    Servers,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    HUB,
    Directory,
    Wire,
)

Told = tuple[str, str, t.Any, t.Any]
Planner = t.Callable[..., tuple[Plan, Servers]]

NOW = datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.timezone.utc)


def server(name: str, state: str = "started", **fields: t.Any) -> dict[str, t.Any]:
    """Return a server as the hub shows it; the state may also be its pending action."""
    pending = state if state in ("spawn", "stop") else None
    row = {
        "name": name,
        "display_name": name,
        "ready": state == "started",
        "stopped": state == "stopped",
        "pending": pending,
        "url": f"/user/x/{name}",
        "user_options": {},
        "started": "2026-05-01T10:00:00Z",
        "last_activity": "2026-05-01T11:00:00Z",
    }
    return {**row, **fields}


def user(name: str, *servers: dict[str, t.Any], **fields: t.Any) -> dict[str, t.Any]:
    return {
        "name": name,
        "created": "2026-01-01T00:00:00Z",
        "groups": [],
        "servers": {one["name"]: one for one in servers},
        **fields,
    }


@pytest.fixture
def planner(client: HubClient, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Planner:
    """Return a function that plans a task."""
    monkeypatch.setattr(HubApi, "now", lambda self: NOW)

    def plan(
        params: dict[str, t.Any],
        users: t.Iterable[dict[str, t.Any]] = (),
        *,
        check: bool = False,
        version: str = "6.1.1",
    ) -> tuple[Plan, Servers]:
        validated = ModuleArgumentSpecValidator(**copy.deepcopy(SPEC.to_kwargs())).validate(
            {"hub_url": HUB, **params}
        )
        assert list(validated.error_messages) == []
        wire.play(otherwise=Directory(users))
        client.version = version
        adapter = Servers(HubApi(client), dict(validated.validated_parameters))
        return adapter.plan(), adapter

    return plan


def changes_of(plan: Plan) -> list[Told]:
    return [(step.action, step.name, step.before, step.after) for step in plan.steps]


UP, DOWN = {"state": "started"}, {"state": "stopped"}
START, STOP = ("start", "ada/", DOWN, UP), ("stop", "ada/", UP, DOWN)
RUNS = [user("ada", server("", user_options={"a": 1}))]
OTHER = {"user": "ada", "user_options": {"a": 2}}

CASES: dict[str, tuple[dict[str, t.Any], list[dict[str, t.Any]], list[Told]]] = {
    "never started": ({"user": "ada"}, [user("ada")], [START]),
    "stopped": ({"user": "Ada"}, [user("ada", server("", "stopped"))], [START]),
    "runs": ({"user": "ada"}, RUNS, []),
    "runs as declared": ({"user": "ada", "user_options": {"a": 1}}, RUNS, []),
    "runs otherwise": (OTHER, RUNS, []),
    "runs otherwise, restarted": (
        {**OTHER, "restart_if_changed": True},
        RUNS,
        [
            STOP,
            (
                "start",
                "ada/",
                {"state": "stopped", "user_options": {"a": 1}},
                {"state": "started", "user_options": {"a": 2}},
            ),
        ],
    ),
    "is starting": ({"user": "ada"}, [user("ada", server("", "spawn"))], []),
    "is stopping, to be started": ({"user": "ada"}, [user("ada", server("", "stop"))], [START]),
    "is stopping, to be stopped": (
        {"user": "ada", "state": "stopped"},
        [user("ada", server("", "stop"))],
        [],
    ),
    "is starting, to be stopped": (
        {"user": "ada", "state": "stopped"},
        [user("ada", server("", "spawn"))],
        [STOP],
    ),
    "restart": ({"user": "ada", "state": "restarted"}, RUNS, [STOP, START]),
    "restart what is stopped": ({"user": "ada", "state": "restarted"}, [user("ada")], [START]),
    "empty options of one that has none": (
        {"user": "ada", "user_options": {}},
        [user("ada", server("", user_options=None))],
        [],
    ),
    "options that only Python takes for the same": (
        {"user": "ada", "user_options": {"a": True}},
        [user("ada", server("", "stopped", user_options={"a": 1}))],
        [
            (
                "start",
                "ada/",
                {"state": "stopped", "user_options": {"a": 1}},
                {"state": "started", "user_options": {"a": True}},
            )
        ],
    ),
    "absent": (
        {"user": "ada", "name": "w", "state": "absent"},
        [user("ada", server("w"))],
        [("delete", "ada/w", {"state": "present"}, None)],
    ),
    "absent already": ({"user": "ada", "name": "w", "state": "absent"}, [user("ada")], []),
    "absent of nobody": ({"user": "nobody", "name": "w", "state": "absent"}, [], []),
    "present": (
        {"user": "ada", "name": "w", "state": "present"},
        [user("ada")],
        [("create", "ada/w", None, {"state": "present"})],
    ),
    "present and there": (
        {"user": "ada", "name": "w", "state": "present"},
        [user("ada", server("w"))],
        [],
    ),
    "an old name of an odd kind": (
        {"user": "ada", "name": "W_1"},
        [user("ada", server("W_1"))],
        [],
    ),
    "rename": (
        {"user": "ada", "name": "w", "rename_from": "v"},
        [user("ada", server("v", "stopped", display_name="V"))],
        [("rename", "ada/w", {"name": "v"}, {"name": "w"}), ("start", "ada/w", DOWN, UP)],
    ),
    "rename and remove": (
        {"user": "ada", "name": "w", "rename_from": "v", "state": "absent"},
        [user("ada", server("v", "stopped"))],
        [],
    ),
    "stop and call otherwise": (
        {
            "user": "ada",
            "name": "w",
            "display_name": "W",
            "state": "stopped",
            "user_options": {"z": 1},
        },
        [user("ada", server("w"))],
        [
            ("stop", "ada/w", UP, DOWN),
            ("update", "ada/w", {"display_name": "w"}, {"display_name": "W"}),
        ],
    ),
    "in the order in which it is done": (
        {
            "servers": [
                {"user": "ada"},
                {"user": "ada", "name": "v", "state": "absent"},
                {"user": "ada", "name": "w", "state": "stopped"},
                {"user": "ada", "name": "x", "state": "present"},
            ]
        },
        [user("ada", server("v"), server("w"))],
        [
            ("stop", "ada/w", UP, DOWN),
            ("delete", "ada/v", {"state": "present"}, None),
            ("create", "ada/x", None, {"state": "present"}),
            START,
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_plan(planner: Planner, case: str) -> None:
    params, users, steps = CASES[case]
    assert changes_of(planner(params, users)[0]) == steps


def test_ready_is_unknown_without_waiting(planner: Planner) -> None:
    """Without waiting, the task does not know whether a started server becomes ready."""
    cases: list[tuple[dict[str, t.Any], bool | None]] = [
        ({}, True),
        ({"wait": False}, None),
        ({"state": "stopped"}, False),
    ]
    for params, ready in cases:
        plan = planner({"user": "ada", **params}, [user("ada", server("", "stopped"))])[0]
        assert plan.objects["ada/"]["ready"] is ready


def test_users_that_are_missing(planner: Planner) -> None:
    params = {
        "servers": [
            {"user": "zoe"},
            {"user": "Yve", "name": "w"},
            {"user": "gone", "state": "stopped"},
        ]
    }
    plan, _adapter = planner(params)
    assert [step.name for step in plan.steps] == ["zoe/", "yve/w"]
    assert [(missing.key, missing.names) for missing in plan.missing] == [
        ("missing_users", ("yve", "zoe"))
    ]


@pytest.mark.parametrize("option", ["display_name", "rename_from", "state"])
@pytest.mark.parametrize("version", ["4.0.2", "5.5.4"])
def test_hubs_that_are_too_old(planner: Planner, wire: Wire, option: str, version: str) -> None:
    value = "present" if option == "state" else "w2"
    with pytest.raises(RefusedError, match=f"needs JupyterHub 6.0; this hub is {version}"):
        planner(
            {"servers": [{"user": "ada"}, {"user": "ada", "name": "w", option: value}]},
            version=version,
        )
    assert wire.sent == []


GROUPS = [
    user(
        "a1", server("", last_activity="2026-05-01T10:59:59Z"), server("w", "stopped"), groups=["g"]
    ),
    user("a2", server("w", last_activity=None), groups=["g", "h"]),
    user(
        "b1",
        server("", "spawn", last_activity="2026-05-01T11:59:00Z"),
        server("v", "stop"),
        groups=["h"],
    ),
    user("b2"),
]

# The selected servers, whether or not the task changes them.
SELECTIONS: list[tuple[dict[str, t.Any], list[str]]] = [
    ({"select_users": ["*"]}, ["a1/", "a2/", "b1/", "b2/"]),
    ({"select_users": ["A*", "b[2-9]"]}, ["a1/", "a2/", "b2/"]),
    ({"select_users": ["*"], "select_named": True}, ["a1/w", "a2/w", "b1/v"]),
    ({"select_users": ["*"], "state": "stopped"}, ["a1/", "a2/w", "b1/", "b1/v"]),
    ({"select_users": ["*"], "state": "restarted"}, ["a1/", "a2/w", "b1/", "b1/v"]),
    ({"select_users": ["*"], "state": "absent"}, ["a1/w", "a2/w", "b1/v"]),
    ({"select_named": False, "state": "stopped"}, ["a1/", "b1/"]),
    ({"select_groups": ["g"], "state": "stopped"}, ["a1/", "a2/w"]),
    ({"select_groups": ["g"], "select_users": ["*2"], "state": "stopped"}, ["a2/w"]),
    ({"select_idle_for": "1h", "state": "stopped"}, ["a1/", "a2/w", "b1/v"]),
    ({"select_idle_for": "3601s", "state": "stopped"}, ["a1/", "a2/w"]),
    ({"select_idle_for": "90m", "state": "stopped"}, ["a2/w"]),
    ({"select_idle_for": "1d", "state": "stopped"}, []),
    ({"select_groups": []}, []),
]


@pytest.mark.parametrize(
    ("params", "names"), SELECTIONS, ids=[str(params) for params, _names in SELECTIONS]
)
def test_selection(planner: Planner, params: dict[str, t.Any], names: list[str]) -> None:
    assert list(planner(params, GROUPS)[0].objects) == names


def test_a_token_that_sees_no_servers(planner: Planner) -> None:
    """A hidden list of servers does not count as an empty one."""
    hidden = user("ada")
    del hidden["servers"]
    with pytest.raises(RefusedError, match="read:servers") as caught:
        planner({"user": "ada"}, [hidden])
    assert caught.value.details["missing_scopes"] == ["read:servers"]


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_times_that_never_end(planner: Planner, value: float) -> None:
    with pytest.raises(RefusedError, match="wait_timeout"):
        planner({"user": "ada", "wait_timeout": value})
