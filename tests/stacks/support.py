# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by the tests on the profiles of hubs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from tests.hub import Hub
from tests.running import run_playbook

SHARE = "jupyterhub_share"


class RoleRun(NamedTuple):
    """A run of the role: the exit status of ansible-playbook, the fact jupyterhub_provision_result,
    and everything that was printed.
    """

    status: int
    result: dict[str, Any]
    output: str

    @property
    def changed(self) -> bool:
        """Return whether a task of the role has changed something, or would have."""
        return any(part.get("changed") for part in self.result.values() if isinstance(part, dict))


def provision(hub: Hub, variables: Mapping[str, Any], *args: str) -> RoleRun:
    """Run the role provision against this hub."""
    role = {
        "ansible.builtin.include_role": {"name": "hubops.jupyterhub.provision"},
        "vars": dict(variables),
    }
    say = {
        "ansible.builtin.debug": {"msg": "RESULT {{ jupyterhub_provision_result | to_json }} END"}
    }
    play = [
        {"hosts": "localhost", "gather_facts": False, "tasks": [{"block": [role], "always": [say]}]}
    ]
    done = run_playbook(yaml.safe_dump(play), args, hub=hub)
    found = re.search(r'"msg": "RESULT (.*) END"', done.stdout)
    assert found is not None, done.stdout + done.stderr
    return RoleRun(
        done.returncode, json.loads(json.loads(f'"{found[1]}"')), done.stdout + done.stderr
    )


def refused_names(result: Mapping[str, Any]) -> list[str]:
    """Return the names that a task reports as refused by the hub; assert that each has the hub's
    status and, if the hub gives one, its reason.
    """
    for item in result["refused"]:
        assert set(item) >= {"kind", "name", "status", "hub_message"}, item
    return [item["name"] for item in result["refused"]]
