# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by the tests of the role: its plays, its result, and the same run by modules in this
process.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.running import run_playbook

Run = subprocess.CompletedProcess[str]

# The lists of the role with their modules, in the order of the role.
MODULES = {
    "users": "jupyterhub_user",
    "groups": "jupyterhub_group",
    "services": "jupyterhub_service",
    "servers": "jupyterhub_server",
    "shares": "jupyterhub_share",
    "tokens": "jupyterhub_token",
}
SHOW_RESULT = {
    "ansible.builtin.debug": {
        "msg": "RESULT {{ jupyterhub_provision_result | default('missing') | to_json }} END"
    },
    "tags": ["always"],
}


def role(variables: Mapping[str, Any], **keywords: Any) -> dict[str, Any]:
    """Return a task that runs the role."""
    return {
        "ansible.builtin.include_role": {"name": "hubops.jupyterhub.provision"},
        "vars": dict(variables),
        "tags": ["always"],
        **keywords,
    }


def run_tasks(
    hub: Hub | None,
    tasks: Sequence[Mapping[str, Any]],
    *args: str,
    env: Mapping[str, str] | None = None,
    **keywords: Any,
) -> Run:
    """Run a play with these tasks, and print the role's result at the end, also after a failure."""
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        **keywords,
        "tasks": [{"block": list(tasks), "always": [SHOW_RESULT]}],
    }
    return run_playbook(yaml.safe_dump([play], sort_keys=False), args, hub=hub, env=env)


def role_result(run: Run) -> dict[str, Any]:
    """Return the fact jupyterhub_provision_result of a play."""
    found = re.findall(r'"msg": "RESULT (.*) END"', run.stdout)
    assert found, run.stdout + run.stderr
    result: dict[str, Any] = json.loads(json.loads(f'"{found[-1]}"'))
    return result


def writes(hub: Hub, mark: int) -> list[tuple[str, str]]:
    """Return the requests since this mark that were not GET requests."""
    return [
        (request.method, request.path) for request in hub.requests(mark) if request.method != "GET"
    ]


def run_modules(run: ModuleRunner, lists: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Run the modules of the role in this process, in its order; return the results by kind, and
    the preflight's as ``preflight``.

    lists: the options of the preflight.
    """
    verdict = run("jupyterhub_preflight", lists, check)
    results: dict[str, Any] = {"preflight": verdict}
    if verdict["failed"]:
        return results
    for kind in verdict["kinds"]:
        done = [result for name, result in results.items() if name != "preflight"]
        earlier = {
            "changes": [change for result in done for change in result["changes"]] if check else [],
            "refused": [item for result in done for item in result.get("refused", [])],
            "renamed": verdict["renamed"],
            "prune": verdict["prune"],
        }
        options = {kind: lists[kind], **({} if kind == "services" else {"earlier": earlier})}
        results[kind] = run(MODULES[kind], options, check)
        if results[kind]["failed"] and not results[kind].get("rest_done"):
            break
    return results
