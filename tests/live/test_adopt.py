# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adopting a hub with a playbook, and moving its content to a hub of another version."""

from __future__ import annotations

import importlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest

from tests.hub import Hub
from tests.live.support import writes
from tests.live.support_export import (
    FROM_CONFIG,
    assert_applied,
    assert_nothing_to_do,
    export,
    load,
)
from tests.live.test_snapshot import furnish
from tests.running import run_playbook

pytestmark = pytest.mark.daily(5)

ADOPT = pathlib.Path("hubops.jupyterhub.adopt")
# A connection that is not taken for the controller.
ELSEWHERE = '''
DOCUMENTATION = """
name: elsewhere
short_description: Run tasks on this machine, as if it were another one
description: As local.
author: the tests
version_added: "0"
extends_documentation_fragment: [connection_pipelining]
"""
from ansible.plugins.connection.local import Connection as Local


class Connection(Local):
    transport = "elsewhere"
'''
MIGRATE = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Read what was exported from the old hub
      ansible.builtin.include_vars:
        file: "{{ old }}"
        name: exported
    - name: Make it fit for the new hub
      ansible.builtin.set_fact:
        migrated: "{{ exported | hubops.jupyterhub.for_hub(version) }}"
    - name: Bring the new hub to it
      ansible.builtin.include_role:
        name: hubops.jupyterhub.provision
      vars:
        jupyterhub_users: "{{ migrated.variables.jupyterhub_users }}"
        jupyterhub_groups: "{{ migrated.variables.jupyterhub_groups }}"
        jupyterhub_servers: "{{ migrated.variables.jupyterhub_servers }}"
        jupyterhub_shares: "{{ migrated.variables.jupyterhub_shares | default([]) }}"
"""


def play(
    hub: Hub, playbook: pathlib.Path, *args: str, **variables: object
) -> subprocess.CompletedProcess[str]:
    """Run a playbook of the collection with these variables."""
    return run_playbook(playbook, ["-e", json.dumps(variables), *args], hub=hub)


def ended(done: subprocess.CompletedProcess[str]) -> int:
    """Assert that a play succeeded; return how many tasks have changed something."""
    found = re.search(r"changed=(\d+) .*failed=0", done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert found is not None, done.stdout
    return int(found[1])


@pytest.mark.newest
@pytest.mark.parametrize("dest", ["hub.yml", "hub/"], ids=["file", "folder"])
def test_secrets_of_users_are_not_shown(hub: Hub, tmp_path: pathlib.Path, dest: str) -> None:
    hub.add_users("ada")
    hub.expect("PATCH", "/users/ada", {"auth_state": {"token": "s3cret-of-ada"}})
    done = play(
        hub,
        ADOPT,
        "-vvv",
        "--diff",
        adopt_dest=f"{tmp_path}/{dest}",
        adopt_include=["users", "auth_state"],
    )
    assert done.returncode == 0, done.stdout + done.stderr
    file = tmp_path / dest / ("users.yml" if dest.endswith("/") else "")
    assert "s3cret-of-ada" in file.read_text(encoding="utf-8")
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.newest
@pytest.mark.core
def test_a_hub_is_taken_over(hub: Hub, tmp_path: pathlib.Path) -> None:
    """The file is written, the proof is shown, the hub is only read, and objects that cannot be
    declared are reported.
    """
    furnish(hub)
    hub.expect("POST", "/users/MixedCase")
    dest, mark = tmp_path / "hub.yml", hub.mark()
    done = play(
        hub,
        ADOPT,
        adopt_dest=str(dest),
        adopt_servers="named",
        adopt_services_from_config=FROM_CONFIG,
    )
    assert ended(done) == 1
    assert f"{dest} is what the hub is: applying it changes nothing." in done.stdout
    assert "MixedCase" in done.stdout.rpartition("TASK [Report what is in the file")[2]
    assert writes(hub.requests(mark)) == []
    assert_nothing_to_do(hub, load(dest))
    assert (
        ended(
            play(
                hub,
                ADOPT,
                "--check",
                adopt_dest=str(dest),
                adopt_servers="named",
                adopt_services_from_config=FROM_CONFIG,
            )
        )
        == 0
    )


@pytest.mark.hubs("6")
def test_a_folder_is_taken_over(hub: Hub, tmp_path: pathlib.Path) -> None:
    furnish(hub)
    (tmp_path / "mine.yml").write_text("jupyterhub_users: [{name: not-there}]\n")
    done = play(hub, ADOPT, adopt_dest=f"{tmp_path}/", adopt_services_from_config=FROM_CONFIG)
    assert "applying it changes nothing." in done.stdout, done.stdout + done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "groups.yml",
        "mine.yml",
        "services.yml",
        "shares.yml",
        "users.yml",
    ]


@pytest.mark.newest
@pytest.mark.skipif(
    subprocess.run(["unshare", "-rm", "true"], check=False, capture_output=True).returncode != 0
    if shutil.which("unshare")
    else True,
    reason="the machine lets nobody give a process another view of its disk",
)
@pytest.mark.parametrize("dest", ["hub.txt", "hub/"], ids=["file", "folder"])
def test_the_proof_is_about_the_file_of_the_host(
    hub: Hub, tmp_path: pathlib.Path, dest: str
) -> None:
    """The host has a disk of its own, and the controller another file with the same path."""
    hub.add_users("ada")
    shared, own = tmp_path / "shared", tmp_path / "own"
    for folder in (shared, own):
        (folder / "hub").mkdir(parents=True)
    for name in ("hub.txt", "hub/users.yml"):
        (shared / name).write_text("jupyterhub_users: [{name: kim}]\n", encoding="utf-8")
    python = tmp_path / "python"
    python.write_text(
        f"#!/bin/sh\nexec unshare -rm sh -c 'mount --bind {own} {shared} && exec {sys.executable}"
        ' "$@"\' sh "$@"\n',
        encoding="utf-8",
    )
    python.chmod(0o755)
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "elsewhere.py").write_text(ELSEWHERE, encoding="utf-8")
    # Variables of the command line would hold for the controller, too.
    (tmp_path / "hosts.yml").write_text(
        json.dumps(
            {
                "all": {
                    "hosts": {
                        "one": {
                            "ansible_connection": "elsewhere",
                            "ansible_python_interpreter": str(python),
                        }
                    }
                }
            }
        ),
        encoding="utf-8",
    )
    inventory = ["-i", str(tmp_path / "hosts.yml")]
    variables = {"adopt_hosts": "one", "adopt_dest": f"{shared}/{dest}"}
    done = run_playbook(
        ADOPT,
        ["-e", json.dumps(variables), *inventory],
        hub=hub,
        env={"ANSIBLE_CONNECTION_PLUGINS": str(plugins)},
    )
    assert ended(done) == 1
    assert "is what the hub is: applying it changes nothing." in done.stdout
    written = own / dest / ("users.yml" if dest.endswith("/") else "")
    assert "ada" in written.read_text(encoding="utf-8")
    assert "kim" in (shared / "hub.txt").read_text(encoding="utf-8")
    assert "kim" in (shared / "hub" / "users.yml").read_text(encoding="utf-8")


@pytest.mark.hubs("6")
def test_from_hub_4_to_hub_6(hub: Hub, tmp_path: pathlib.Path) -> None:
    """Server names that JupyterHub 6 does not accept become display names; the options of the
    servers are kept.
    """
    old = tmp_path / "old.yml"
    with Hub("4", patience=1.0) as source:
        source.add_users("ada", admin=True)
        source.add_users("bob")
        source.add_group("staff", "bob", properties={"floor": 3})
        source.expect("POST", "/users/bob/servers/Test_1", {"cpu": 2})
        source.expect("DELETE", "/users/bob/servers/Test_1")
        export(source, old, servers="named")
    args = ["-e", json.dumps({"old": str(old), "version": "6.1"})]
    assert ended(run_playbook(MIGRATE, args, hub=hub)) == 3
    server = hub.users()["bob"]["servers"]["test-1"]
    assert (server["display_name"], server["user_options"], server["stopped"]) == (
        "Test_1",
        {"cpu": 2},
        True,
    )
    assert hub.users()["ada"]["admin"]
    assert (hub.groups()["staff"]["users"], hub.groups()["staff"]["properties"]) == (
        ["bob"],
        {"floor": 3},
    )
    assert ended(run_playbook(MIGRATE, args, hub=hub)) == 0


@pytest.mark.hubs("6")
def test_from_hub_6_to_hub_5(hub: Hub, tmp_path: pathlib.Path) -> None:
    """Objects that JupyterHub 5 cannot have are named, and everything else is moved."""
    furnish(hub)
    hub.expect("POST", "/shares/zo%C3%A9/", {"user": "bob"})
    export(hub, tmp_path / "old.yml", servers="named")
    with Hub("5", patience=1.0) as target:
        migrated = filter_for("5.5.4", load(tmp_path / "old.yml"))
        assert [(one["kind"], one["name"]) for one in migrated["left_out"]] == [
            ("server", "bob/lab"),
            ("share", "bob/lab"),
        ]
        assert_applied(target, migrated["variables"])
        assert_nothing_to_do(target, migrated["variables"])
        assert {name: user["admin"] for name, user in target.users().items()} == {
            name: user["admin"] for name, user in hub.users().items()
        }
        assert [
            share["user"]["name"] for share in target.expect("GET", "/shares/zo%C3%A9")["items"]
        ] == ["bob"]
        assert target.services()["web"]["info"] == {"a": 1}


def filter_for(version: str, variables: dict[str, object]) -> dict[str, Any]:
    """Return the variables after the filter."""
    plugin = importlib.import_module("ansible_collections.hubops.jupyterhub.plugins.filter.for_hub")
    result: dict[str, Any] = plugin.FilterModule().filters()["for_hub"](variables, version)
    return result
