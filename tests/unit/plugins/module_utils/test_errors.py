# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors, and the result of a failed task."""

from __future__ import annotations

import ast
import re

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    PartlyDoneError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    ApiError,
    HubError,
    RefusedError,
    UnreachableError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import (
    load_roles_snippet,
)


def test_an_error_returns_its_message_and_its_details() -> None:
    error = HubError("No.", status=None, path="/users", would_delete=[], ready=False)
    assert str(error) == "No."
    assert error.to_result() == {"msg": "No.", "path": "/users", "would_delete": [], "ready": False}


def test_an_api_error_contains_the_response() -> None:
    error = ApiError(
        "No.",
        status=403,
        method="GET",
        path="/users",
        hub_message="Forbidden",
        hub_version="6.1.1",
        missing_scopes=["list:users"],
    )
    assert error.to_result() == {
        "msg": "No.",
        "status": 403,
        "method": "GET",
        "path": "/users",
        "hub_message": "Forbidden",
        "hub_version": "6.1.1",
        "missing_scopes": ["list:users"],
    }


def test_an_error_with_more_details_is_a_new_one() -> None:
    error = ApiError("No.", status=500, method="PATCH", path="/users/ada")
    longer = error.with_advice("Check the hub's log.").after_a_lost_try()
    assert longer.to_result() == {
        "msg": "No. Check the hub's log.",
        "status": 500,
        "method": "PATCH",
        "path": "/users/ada",
    }
    assert (str(longer), longer.args, longer.repeated, longer.status) == (
        longer.message,
        (longer.message,),
        True,
        500,
    )
    assert (str(error), error.repeated) == ("No.", False)


def test_an_error_is_not_changed() -> None:
    error = HubError("No.", path="/users")
    with pytest.raises(AttributeError, match="make a new error"):
        error.message = "Yes."
    with pytest.raises(TypeError):
        error.details["path"] = "/"  # type: ignore[index]  # the test proves that this fails


def test_all_errors_are_hub_errors() -> None:
    for kind in (AnswerLostError, ApiError, PartlyDoneError, RefusedError, UnreachableError):
        assert issubclass(kind, HubError)


def test_a_partly_done_error_has_the_parts() -> None:
    one, other = Step(), Step()
    error = PartlyDoneError("Two failed.", done=[one], unsure=[other], failed=2)
    assert (error.done, error.unsure) == ([one], [other])
    assert error.to_result() == {"msg": "Two failed.", "failed": 2}
    assert PartlyDoneError("All failed.", done=[]).unsure == ()


@pytest.mark.parametrize("name", ["provisioner", "o'hara", 'the "one"', "a\\b", "é"])
@pytest.mark.parametrize("kind", ["user", "service"])
def test_the_snippet_is_python_that_grants_the_scopes(name: str, kind: str) -> None:
    snippet = load_roles_snippet(["list:users", "admin:groups"], name=name, kind=kind)
    start, value = snippet.split("append", 1)
    assert start == "c.JupyterHub.load_roles."
    (role,) = ast.literal_eval(value)
    # JupyterHub's own rule for the names of roles.
    assert re.fullmatch(r"hubops-[a-z0-9-]*admin-groups-list-users", role.pop("name"))
    assert role == {"scopes": ["admin:groups", "list:users"], f"{kind}s": [name]}


def test_the_name_of_the_role_is_no_longer_than_the_hub_allows() -> None:
    snippet = load_roles_snippet(
        [f"read:users!user={'a' * 200}", "x:y"], name="n" * 200, kind="user"
    )
    assert len(ast.literal_eval(snippet.split("append", 1)[1])[0]["name"]) <= 255
