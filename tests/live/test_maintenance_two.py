# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs of the role maintenance work with one file: no server is forgotten, and one of the runs
says that there was another one.
"""

from __future__ import annotations

import json
import pathlib
import re

import pytest

from tests.hub import Hub
from tests.live.support_maintenance import Maintenance, running, settled
from tests.running import run_playbook

pytestmark = [pytest.mark.newest, pytest.mark.daily(4)]

# A callback that does to the file what another run would, where a task begins.
OTHER_RUN = """
import os
import shutil

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "other_run"

    def v2_playbook_on_task_start(self, task, is_conditional):
        if task.get_name().rpartition(" : ")[2] == os.environ["OTHER_RUN_AT"]:
            if os.path.exists(os.environ["OTHER_LIST"]):
                shutil.copy(os.environ["OTHER_LIST"], os.environ["LIST"])
            else:
                os.unlink(os.environ["LIST"])
"""
SAID = "was changed by another run of the role at the same time"


def interrupted(maintenance: Maintenance, entry: str, task: str, other: str | None) -> str:
    """Run an entry point, which fails; another run changes the file at this task. Return what it
    says.
    """
    folder = maintenance.file.parent / "plugins"
    folder.mkdir(exist_ok=True)
    (folder / "other_run.py").write_text(OTHER_RUN, encoding="utf-8")
    if other is not None:
        (folder / "list.json").write_text(other, encoding="utf-8")
    environment = {
        "ANSIBLE_CALLBACK_PLUGINS": str(folder),
        "ANSIBLE_CALLBACKS_ENABLED": "other_run",
        "OTHER_RUN_AT": task,
        "OTHER_LIST": str(folder / "list.json"),
        "LIST": str(maintenance.file),
    }
    done = run_playbook(maintenance.playbook(entry), env=environment)
    assert done.returncode == 2, done.stdout + done.stderr
    said = re.sub(r"\s+", " ", done.stdout + done.stderr)
    assert f"maintenance_file {maintenance.file} {SAID}" in said
    return said


def list_of(hub: Hub, *names: str) -> str:
    """Return the list that another run has written."""
    servers = [{"user": name, "name": "", "user_options": {"profile": "other"}} for name in names]
    return json.dumps({"hub": hub.url.rstrip("/"), "servers": servers})


@pytest.fixture
def maintenance(hub: Hub, tmp_path: pathlib.Path) -> Maintenance:
    """A hub with some running servers."""
    return settled(hub, tmp_path)


def test_no_server_is_stopped_if_the_list_of_another_run_would_be_replaced(
    maintenance: Maintenance, hub: Hub
) -> None:
    before, other = running(hub), list_of(hub, "kim")
    said = interrupted(maintenance, "begin", "Save the list of all of them", other)
    assert "run it again when the other run has ended. No server was stopped." in said
    assert maintenance.file.read_text(encoding="utf-8") == other
    assert running(hub) == before
    # Run again, it adds to the list.
    maintenance.run("begin")
    assert set(maintenance.remembered()) == {"kim/", *before}
    maintenance.run("end")
    assert running(hub) == {**before, "kim/": {"profile": "other"}}


@pytest.mark.parametrize("others", [("kim",), None])
def test_servers_that_were_stopped_are_in_the_list_whatever_another_run_does(
    maintenance: Maintenance, hub: Hub, others: tuple[str, ...] | None
) -> None:
    """For another run that ends before the first stop, all servers are running again."""
    before = running(hub)
    other = None if others is None else list_of(hub, *others)
    said = interrupted(maintenance, "begin", "Stop them", other)
    assert "All servers that were stopped are in it." in said
    assert running(hub) == {}
    held = maintenance.remembered()
    assert set(held) == {*(f"{name}/" for name in others or ()), *before}
    assert all(held[key]["stopped"] for key in before)
    maintenance.run("end")
    assert {key: options for key, options in running(hub).items() if key != "kim/"} == before
    assert not maintenance.file.exists()


def test_the_list_of_another_run_is_not_removed(maintenance: Maintenance, hub: Hub) -> None:
    before, other = running(hub), list_of(hub, "kim")
    maintenance.run("begin")
    task = "Leave only those in the list that have not started"
    assert "It was left as it is." in interrupted(maintenance, "end", task, other)
    assert running(hub) == before
    assert maintenance.file.read_text(encoding="utf-8") == other
