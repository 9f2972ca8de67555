# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors, and what a failed task tells of them."""

from __future__ import annotations

import ast
import re

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    ApiError,
    HubError,
    PartlyDoneError,
    RefusedError,
    UnreachableError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import load_roles_snippet


def test_an_error_tells_its_message_and_what_it_knows() -> None:
    error = HubError("No.", status=None, path="/users", would_delete=[], ready=False)
    assert str(error) == "No."
    assert error.to_result() == {"msg": "No.", "path": "/users", "would_delete": [], "ready": False}


def test_an_api_error_tells_the_answer() -> None:
    error = ApiError("No.", status=403, method="GET", path="/users", hub_message="Forbidden", hub_version="6.1.1", missing_scopes=["list:users"])
    assert error.to_result() == {
        "msg": "No.",
        "status": 403,
        "method": "GET",
        "path": "/users",
        "hub_message": "Forbidden",
        "hub_version": "6.1.1",
        "missing_scopes": ["list:users"],
    }


def test_a_message_can_be_made_longer_on_the_way() -> None:
    error = ApiError("No.", status=500, method="PATCH", path="/users/ada")
    error.message += " Look into the hub's log."
    assert error.to_result()["msg"] == "No. Look into the hub's log."


@pytest.mark.parametrize(
    ("status", "message", "missing", "out_of_sight"),
    [
        (404, None, True, False),
        (404, "Not Found", True, False),
        (404, "No such group: g", True, False),
        (404, "No access to resources or resources not found", False, True),
        (403, "No access to resources or resources not found", False, False),
        (405, None, False, False),
        (500, None, False, False),
    ],
)
def test_a_404_says_that_something_is_missing_only_where_the_caller_may_see_it(status: int, message: str | None, missing: bool, out_of_sight: bool) -> None:
    error = ApiError("No.", status=status, method="GET", path="/", hub_message=message)
    assert (error.missing, error.out_of_sight) == (missing, out_of_sight)


def test_whoever_catches_hub_errors_catches_all() -> None:
    for kind in (AnswerLostError, ApiError, PartlyDoneError, RefusedError, UnreachableError):
        assert issubclass(kind, HubError)


def test_what_is_partly_done_knows_the_parts() -> None:
    error = PartlyDoneError("Two failed.", done=["a"], unsure=["b"], failed=2)
    assert (error.done, error.unsure) == (["a"], ["b"])
    assert error.to_result() == {"msg": "Two failed.", "failed": 2}
    assert PartlyDoneError("All failed.", done=[]).unsure == ()


@pytest.mark.parametrize("name", ["provisioner", "o'hara", 'the "one"', "a\\b", "é"])
@pytest.mark.parametrize("kind", ["user", "service"])
def test_the_snippet_is_python_that_grants_the_scopes(name: str, kind: str) -> None:
    snippet = load_roles_snippet(["list:users", "admin:groups"], name=name, kind=kind)
    start, value = snippet.split("append", 1)
    assert start == "c.JupyterHub.load_roles."
    (role,) = ast.literal_eval(value)
    # What the hub allows in the name of a role.
    assert re.fullmatch(r"hubops-[a-z0-9-]*admin-groups-list-users", role.pop("name"))
    assert role == {"scopes": ["admin:groups", "list:users"], f"{kind}s": [name]}


def test_the_name_of_the_role_is_no_longer_than_the_hub_allows() -> None:
    snippet = load_roles_snippet([f"read:users!user={'a' * 200}", "x:y"], name="n" * 200, kind="user")
    assert len(ast.literal_eval(snippet.split("append", 1)[1])[0]["name"]) <= 255
