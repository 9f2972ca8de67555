# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Misspelled variables of the playbooks, and the last words of an audit that did not happen."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from tests.hub import Hub
from tests.live.support import writes
from tests.running import run_playbook

TOKENS = [{"user": "ada", "note": "n", "dest": "/nowhere/token"}]


@pytest.mark.newest
@pytest.mark.parametrize(
    ("playbook", "variables", "meant"),
    [
        (
            "rotate_tokens",
            {"rotate_token_now": True, "rotate_tokens_list": TOKENS},
            "rotate_tokens_now",
        ),
        (
            "export",
            {"export_dest": "/nowhere/hub.yml", "export_omit_user": ["t*"]},
            "export_omit_users",
        ),
        ("audit", {"audit_fail": "low"}, "audit_fail_on"),
        (
            "maintenance",
            {"maintenance_file": "/nowhere/servers", "maintenance_task": "/nowhere/upgrade.yml"},
            "maintenance_tasks",
        ),
        ("offboard", {"offboard_users": ["ada"], "offboard_host": "hubs"}, "offboard_hosts"),
    ],
)
def test_a_misspelled_variable_stops_the_playbook(
    hub: Hub, playbook: str, variables: dict[str, Any], meant: str
) -> None:
    """A leaked token would live on, test users would be exported, an audit would never fail, the
    servers would stop for no work, and people would leave the hub of another host.
    """
    mark = hub.mark()
    path = pathlib.Path(f"hubops.jupyterhub.{playbook}")
    done = run_playbook(path, ["-e", json.dumps(variables)], hub=hub)
    assert done.returncode == 2, done.stdout + done.stderr
    assert f"nothing reads it: {meant} may be the intended name." in done.stdout
    assert writes(hub.requests(mark)) == []
    # The last task that fails says it too.
    assert f"{meant} may be" in done.stdout[done.stdout.rindex("TASK [") :]


def test_an_audit_of_an_unreachable_hub_ends_with_the_reason() -> None:
    variables = {"jupyterhub_url": "http://127.0.0.1:9/", "jupyterhub_api_token": "x"}
    done = run_playbook(
        pathlib.Path("hubops.jupyterhub.audit"),
        ["-e", json.dumps({**variables, "jupyterhub_retries": 0})],
    )
    assert done.returncode == 2, done.stdout + done.stderr
    end = done.stdout[done.stdout.rindex("TASK [") :] + done.stderr
    assert "cannot be reached" in end
    assert "has no attribute" not in end
