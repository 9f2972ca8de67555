# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that cannot be reached for the time of one task, in a play that ignores it: what relies on
that task is not done.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from tests.hub import Hub
from tests.live.support_maintenance import running, start
from tests.live.support_role import writes
from tests.running import run_playbook

pytestmark = [pytest.mark.daily(3), pytest.mark.core, pytest.mark.newest]

# The connection to this machine, which is lost whenever a certain module is to run, but not for the
# first times.
CONNECTION = '''
DOCUMENTATION = """
name: lossy
short_description: Lose the connection
description: Lose the connection when a module is to run.
author: the tests
version_added: "0"
"""
import os

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as Local


class Connection(Local):
    transport = "lossy"

    def exec_command(self, cmd, in_data=None, sudoable=True):
        if "AnsiballZ_" + os.environ["LOST"] + ".py" in cmd and "chmod" not in cmd:
            with open(__file__ + ".seen", "a+") as seen:
                seen.write("x")
                seen.seek(0)
                if len(seen.read()) > int(os.environ["GOOD"]):
                    raise AnsibleConnectionFailure("The line is dead.")
        return super().exec_command(cmd, in_data, sudoable)
'''


def run_without(
    module: str, folder: pathlib.Path, hub: Hub, role: str, *, good: int = 0, **variables: Any
) -> str:
    """Run a role while the host is out of reach for this module; return the output.

    good: how many times the module can run before that.
    """
    plugins = folder / "plugins"
    plugins.mkdir()
    (plugins / "lossy.py").write_text(CONNECTION, encoding="utf-8")
    name, _slash, entry = role.partition("/")
    include = {
        "name": f"hubops.jupyterhub.{name}",
        "tasks_from": entry or "main",
        "apply": {"ignore_errors": True},
    }
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "connection": "lossy",
        "ignore_unreachable": True,
        "tasks": [
            {"ansible.builtin.include_role": include, "vars": variables},
            {"ansible.builtin.debug": {"var": "maintenance_result.stopped"}},
        ],
    }
    done = run_playbook(
        json.dumps([play]),
        ["-i", "localhost,"],
        hub=hub,
        env={"ANSIBLE_CONNECTION_PLUGINS": str(plugins), "LOST": module, "GOOD": str(good)},
    )
    assert "The line is dead." in done.stdout + done.stderr
    return done.stdout + done.stderr


def test_no_server_is_stopped_that_could_not_be_remembered(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    hub.add_users("ada")
    start(hub, "ada")
    before = running(hub)
    lists = tmp_path / "lists"
    lists.mkdir(mode=0o700)
    # The list can be read.
    shown = run_without(
        "command", tmp_path, hub, "maintenance/begin", good=1, maintenance_file=f"{lists}/list"
    )
    assert "an earlier task of the role was skipped or has failed" in shown
    assert running(hub) == before


def test_servers_that_were_stopped_are_reported_although_the_list_could_not_be_marked(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    hub.add_users("ada")
    start(hub, "ada")
    lists = tmp_path / "lists"
    lists.mkdir(mode=0o700)
    file = lists / "list"
    # The list can be read and saved.
    shown = run_without(
        "command", tmp_path, hub, "maintenance/begin", good=2, maintenance_file=str(file)
    )
    assert running(hub) == {}
    assert [one["user"] for one in json.loads(file.read_text(encoding="utf-8"))["servers"]] == [
        "ada"
    ]
    assert '"user": "ada"' in shown.partition('"maintenance_result.stopped": [')[2]


def test_nobody_is_offboarded_while_the_names_of_others_are_out_of_reach(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    hub.add_users("ada", "kim", admin=True)
    names = tmp_path / "names"
    names.write_text("kim\n", encoding="utf-8")
    mark = hub.mark()
    shown = run_without(
        "slurp", tmp_path, hub, "offboard", offboard_users=["ada"], offboard_file=str(names)
    )
    assert "the check of the names was skipped, or has not passed" in shown
    assert writes(hub, mark) == []


def test_nothing_is_provisioned_that_could_not_be_checked(hub: Hub, tmp_path: pathlib.Path) -> None:
    mark = hub.mark()
    shown = run_without(
        "jupyterhub_preflight", tmp_path, hub, "provision", jupyterhub_users=[{"name": "ada"}]
    )
    assert "the preflight of the role was skipped or has failed" in shown
    assert writes(hub, mark) == []


def test_no_configuration_loads_what_could_not_be_written(hub: Hub, tmp_path: pathlib.Path) -> None:
    """The hub would not start again."""
    folder = tmp_path / "etc"
    folder.mkdir(mode=0o700)
    main = folder / "main.py"
    main.write_text("# nothing special\n", encoding="utf-8")
    run_without(
        "copy",
        tmp_path,
        hub,
        "bootstrap",
        jupyterhub_url=hub.url,
        bootstrap_way="service",
        bootstrap_config=str(main),
        bootstrap_dest=str(folder / "token"),
        bootstrap_scopes=["admin:users"],
        bootstrap_restart_command=f"touch {folder / 'restart'}",
        bootstrap_hub_timeout=1,
    )
    assert main.read_text(encoding="utf-8") == "# nothing special\n"
    assert [path.name for path in folder.iterdir()] == ["main.py"]
