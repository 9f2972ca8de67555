# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a module, which has a single exit."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module import frame as _run
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.task import Task
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Reply,
    Wire,
    refusal,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.modules import (
    HEADERS,
    ME,
    Run,
    nothing,
)


def test_a_result_counts_the_requests(run: Run, wire: Wire) -> None:
    wire.play(Reply(503, kind=None, foreign=True), Reply(data=ME, headers=HEADERS))
    result = run(lambda task: {"changed": False, "whoami": task.api.me["name"]}, {"retries": 1})
    assert (result["whoami"], result["requests"], result["retries"], result["hub_version"]) == (
        "provisioner",
        2,
        1,
        "6.1.1",
    )


def test_an_error_is_returned_with_all_its_details(run: Run, wire: Wire) -> None:
    wire.play(
        refusal(
            403,
            "Action is not authorized with current scopes; requires any of [list:users]",
            **HEADERS,
        ),
        Reply(data=ME),
    )
    result = run(lambda task: task.api.users_list())
    assert result["failed"] is True
    assert result["changed"] is False
    assert (result["status"], result["method"], result["path"], result["hub_version"]) == (
        403,
        "GET",
        "/users",
        "6.1.1",
    )
    assert result["missing_scopes"] == ["list:users"]
    assert (
        result["load_roles"]
        == "c.JupyterHub.load_roles.append(\n    {'name': 'hubops-provisioner-list-users',"
        " 'scopes': ['list:users'], 'services': ['provisioner']},\n)\n"
    )
    assert (result["changes"], result["pending"]) == ([], [])


def test_the_needed_role_is_shown_even_if_the_caller_is_unknown(run: Run, wire: Wire) -> None:
    wire.play(
        otherwise=refusal(
            403, "Action is not authorized with current scopes; requires any of [list:users]"
        )
    )
    result = run(lambda task: task.api.users_list())
    assert "'scopes': ['list:users'], 'services': ['NAME']" in result["load_roles"]


@pytest.mark.parametrize(
    "error",
    [
        ValueError("s3cr3t-text"),
        KeyError("s3cr3t-text"),
        RuntimeError("s3cr3t-text"),
        AssertionError("s3cr3t-text"),
        OSError("s3cr3t-text"),
    ],
)
@pytest.mark.parametrize("tracebacks", [False, True])
def test_an_internal_error_reports_only_its_place(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, tracebacks: bool
) -> None:
    """The traceback is hidden even if Ansible is configured to show tracebacks."""
    if tracebacks:
        internal = pytest.importorskip("ansible.module_utils._internal._traceback")
        monkeypatch.setattr(internal, "is_traceback_enabled", lambda event: True)

    def work(task: Task) -> t.Any:
        raise error

    result = run(work)
    assert result["msg"].startswith(
        f"This is a bug in hubops.jupyterhub: {type(error).__name__} in test_result.py line "
    )
    assert result["changed"] is False
    assert "s3cr3t-text" not in json.dumps(result)


def test_without_requests_the_module_says_how_to_get_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_run, "REQUESTS_IMPORT_ERROR", "Traceback: no module named requests")
    result = run(nothing)
    assert "Failed to import the required Python library (requests)" in result["msg"]
