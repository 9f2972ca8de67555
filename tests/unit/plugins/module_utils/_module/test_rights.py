# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scopes: those that a task needs for its options, those that it has used, and those that it
lacks.
"""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.operations import OPERATIONS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import least, smallest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.rights import (
    explain,
    scopes_used,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.kinds import KINDS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    needs_of_gathering,
)

ADA: dict[str, t.Any] = {"name": "ada", "state": "present", "users": None}


@pytest.mark.parametrize(
    ("scopes", "few"),
    [
        ([], []),
        (["read:users", "list:users", "admin:users"], ["admin:users"]),
        (
            ["delete:users", "read:servers", "users:activity"],
            ["delete:users", "read:servers", "users:activity"],
        ),
        (["servers", "start:servers", "read:users:name"], ["servers"]),
        (["read:users:name", "list:groups", "groups", "groups"], ["groups", "read:users:name"]),
    ],
)
def test_the_smallest_set(scopes: list[str], few: list[str]) -> None:
    assert smallest(scopes) == few


def test_the_least_of_several() -> None:
    assert least(["read:users", "read:users:name", "read:servers"]) == "read:users:name"
    assert least(["start:servers", "servers"]) == "start:servers"


@pytest.fixture
def api(client: HubClient) -> HubApi:
    client.version = "6.1.1"
    return HubApi(client)


def needs(kind: str | None, options: dict[str, t.Any]) -> Needs:
    """:returns: the scopes of a task that declares objects of a kind, or gathers them."""
    if kind not in KINDS:
        return needs_of_gathering(options if kind is None else {}, (6, 1, 1))
    return KINDS[kind].needs(options, (6, 1, 1))


def called(api: HubApi, *names: str) -> HubApi:
    for name in names:
        api._note(OPERATIONS[name])
    return api


@pytest.mark.parametrize(
    ("names", "planned", "kind", "options", "used"),
    [
        ([], [], "users", ADA, []),
        (["user_get", "whoami"], [], "users", ADA, ["read:users:name"]),
        (["user_get"], ["users_create"], "users", ADA, ["admin:users"]),
        (
            ["users_list"],
            [],
            "users",
            {"users": [ADA, {"name": "eve", "state": "absent"}], "state": "present"},
            ["list:users", "read:servers"],
        ),
        (
            ["user_get"],
            ["server_stop", "user_delete"],
            "users",
            {**ADA, "state": "absent"},
            ["delete:servers", "delete:users", "read:servers"],
        ),
        (
            ["group_get"],
            [],
            "groups",
            {"name": "g", "state": "present", "groups": None, "users": ["ada"]},
            ["read:groups", "read:users:name"],
        ),
        (
            ["users_list", "tokens_list"],
            [],
            None,
            {"gather": ["tokens"]},
            ["list:users", "read:tokens"],
        ),
        (["hub_version"], [], None, {"gather": ["whoami"]}, []),
        ([], ["shutdown"], None, {}, ["shutdown"]),
    ],
)
def test_what_a_task_has_used(
    api: HubApi,
    names: list[str],
    planned: list[str],
    kind: str | None,
    options: dict[str, t.Any],
    used: list[str],
) -> None:
    assert scopes_used(called(api, *names), planned, needs(kind, options)) == used


def refused(*scopes: str) -> ApiError:
    """The hub's refusal, which names only the scopes that one request lacks."""
    return ApiError("No.", status=403, method="GET", path="/users", missing_scopes=list(scopes))


SELECTION = {"servers": None, "user": None, "select_groups": ["g"], "state": "stopped"}


@pytest.mark.parametrize(
    ("error", "kind", "options", "held", "lacking"),
    [
        (
            refused("list:users"),
            "servers",
            SELECTION,
            [],
            ["delete:servers", "list:users", "read:servers", "read:users:groups"],
        ),
        (
            refused("list:users"),
            "servers",
            SELECTION,
            ["read:servers", "read:users:name"],
            ["delete:servers", "list:users", "read:users:groups"],
        ),
        (refused("read:users", "read:users:name"), "users", ADA, [], ["admin:users"]),
        (
            RefusedError("No.", missing_scopes=["read:users:activity"]),
            "users",
            {**ADA, "last_activity": "x"},
            ["read:users:name"],
            ["users:activity"],
        ),
        (
            RefusedError("No.", missing_scopes=["admin:groups"]),
            "groups",
            {"name": "g", "state": "present", "groups": None},
            [],
            ["admin:groups"],
        ),
        (refused("read:tokens"), None, {"gather": ["tokens"]}, ["list:users"], ["read:tokens"]),
        (refused("proxy"), None, {}, [], ["proxy"]),
        (
            ApiError(
                "No: read:tokens.",
                status=403,
                method="GET",
                path="/",
                missing_scopes=["read:tokens"],
            ),
            "tokens",
            {"user": "ada", "note": "n", "state": "present", "tokens": None},
            [],
            ["tokens"],
        ),
        (
            ApiError("No.", status=404, method="GET", path="/", out_of_sight=True),
            "users",
            ADA,
            ["read:users!user=eve"],
            ["admin:users"],
        ),
    ],
)
def test_all_missing_scopes_are_reported_at_once(
    api: HubApi,
    error: HubError,
    kind: str | None,
    options: dict[str, t.Any],
    held: list[str],
    lacking: list[str],
) -> None:
    api.__dict__["me"] = {"kind": "service", "name": "hubops", "scopes": held}
    result = explain(error, api, needs(kind, options))
    assert result["missing_scopes"] == lacking
    assert set(lacking) <= set(re.findall(r"[\w:]+", str(result["msg"])))
    assert f"'scopes': {lacking!r}" in str(result["load_roles"])
    assert "hubops-hubops" not in str(result["load_roles"])


def test_refusals_that_no_scope_would_help_are_reported_unchanged(api: HubApi) -> None:
    api.__dict__["me"] = {
        "kind": "service",
        "name": "x",
        "scopes": ["admin:users", "read:users:name"],
    }
    error = ApiError("No.", status=404, method="GET", path="/", out_of_sight=True)
    assert explain(error, api, needs("users", ADA)) == error.to_result()
