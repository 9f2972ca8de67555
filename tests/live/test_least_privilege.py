# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback least_privilege prints the role that a playbook needs. The playbook works with
exactly this role, and fails without any one of its scopes.
"""

from __future__ import annotations

import re

import pytest
import yaml

from tests.hub import Hub
from tests.running import run_playbook

pytestmark = [pytest.mark.daily(2), pytest.mark.newest, pytest.mark.core]

PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - hubops.jupyterhub.jupyterhub_user:
        users: [{name: ada}, {name: grace}]
    - hubops.jupyterhub.jupyterhub_group:
        name: CS101
        users: [ada, grace]
    - hubops.jupyterhub.jupyterhub_token:
        user: ada
        note: nightly
        scopes: ["read:users!user"]
        dest: "{{ lookup('env', 'TOKEN_DEST') }}"
"""
CALLBACK = {
    "ANSIBLE_CALLBACKS_ENABLED": "hubops.jupyterhub.least_privilege",
    "HUBOPS_LEAST_PRIVILEGE_FORMAT": "helm",
}


def printed(output: str) -> list[str]:
    """Return the scopes of the printed role."""
    found = re.search(r"^hub:\n(?:  .*\n)+", output, re.MULTILINE)
    assert found, output
    scopes: list[str] = yaml.safe_load(found[0])["hub"]["loadRoles"]["hubops"]["scopes"]
    return scopes


def test_the_role_is_enough_and_no_scope_is_too_many(hub: Hub, tmp_path: object) -> None:
    env = {**CALLBACK, "TOKEN_DEST": f"{tmp_path}/token"}
    predicted = run_playbook(PLAY, ["--check"], hub=hub, env=env)
    assert predicted.returncode == 0, predicted.stdout
    done = run_playbook(PLAY, hub=hub, env=env)
    assert done.returncode == 0, done.stdout
    scopes = printed(done.stdout)
    assert set(printed(predicted.stdout)) == set(scopes)
    services = {
        "exactly": {"scopes": scopes},
        **{
            f"without-{number}": {"scopes": scopes[:number] + scopes[number + 1 :]}
            for number in range(len(scopes))
        },
    }
    with Hub(hub.series, services=services, patience=1.0) as other:
        for number, name in enumerate([*services, "exactly"]):
            other.reset()
            own = {"JUPYTERHUB_API_TOKEN": other.tokens[name], "TOKEN_DEST": f"{tmp_path}/{number}"}
            tried = run_playbook(PLAY, hub=other, env=own)
            assert (tried.returncode == 0) == (name == "exactly"), (
                f"{name} of {scopes}: {tried.stdout}"
            )


def test_a_role_that_changes_nothing_needs_what_its_preflight_asks_for(hub: Hub) -> None:
    hub.add_users("ada")
    hub.add_group("CS101", "ada")
    play = """
- hosts: localhost
  gather_facts: false
  roles: [hubops.jupyterhub.provision]
  vars:
    jupyterhub_users: [{name: ada}]
    jupyterhub_groups: [{name: CS101, users: [ada]}]
"""
    done = run_playbook(play, ["-e", f"jupyterhub_url={hub.url}", "--check"], hub=hub, env=CALLBACK)
    assert done.returncode == 0, done.stdout
    assert "changed=0" in done.stdout
    assert printed(done.stdout) == ["admin:groups", "admin:users"]


def test_a_hidden_task_is_named_and_no_role_is_printed(hub: Hub) -> None:
    play = PLAY.replace(
        "    - hubops.jupyterhub.jupyterhub_group:",
        "    - name: Hidden\n      no_log: true\n      hubops.jupyterhub.jupyterhub_group:",
    )
    done = run_playbook(
        play, ["--check"], hub=hub, env={**CALLBACK, "TOKEN_DEST": "/nowhere/token"}
    )
    assert "these tasks do not report which scopes they needed: Hidden" in done.stdout
    assert "loadRoles" not in done.stdout


def test_without_a_task_of_the_collection_nothing_is_printed(hub: Hub) -> None:
    done = run_playbook(
        "- hosts: localhost\n  gather_facts: false\n  tasks: [ansible.builtin.ping: {}]\n",
        hub=hub,
        env=CALLBACK,
    )
    assert done.returncode == 0
    assert "least_privilege" not in done.stdout
    assert "role" not in done.stdout
