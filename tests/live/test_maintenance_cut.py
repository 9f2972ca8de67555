# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role maintenance is killed before each of its tasks and at each of its requests. Afterwards
every server runs or is in the file, and the next run finishes correctly.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.hub import Hub
from tests.live.support import Wire
from tests.live.support_maintenance import (
    Maintenance,
    play_process,
    running,
    settled,
    start,
    wait_until,
)
from tests.running import ROOT

# A callback that ends ansible-playbook where a task begins.
KILLER = """
import os
import signal

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "killer"

    def v2_playbook_on_task_start(self, task, is_conditional):
        if task.get_name().rpartition(" : ")[2] == os.environ["KILLED_BEFORE"]:
            os.kill(os.getpid(), signal.SIGKILL)
"""


def tasks(file: str) -> Iterator[str]:
    """Return the names of the tasks of a file and of the files that it imports, in order. Tasks
    that run only after a failure are left out.
    """
    path = ROOT / "roles" / "maintenance" / "tasks" / file
    waiting = list(yaml.safe_load(path.read_text(encoding="utf-8")))
    while waiting:
        task = waiting.pop(0)
        if "block" in task:
            waiting[:0] = task["block"]
        elif "ansible.builtin.import_tasks" in task:
            yield from tasks(task["ansible.builtin.import_tasks"])
        else:
            yield task["name"]


def killed_before(playbook: str, folder: pathlib.Path, task: str) -> None:
    """Run a playbook and kill it before this task."""
    plugins = folder / "plugins"
    plugins.mkdir(exist_ok=True)
    (plugins / "killer.py").write_text(KILLER, encoding="utf-8")
    (folder / "killed.yml").write_text(playbook, encoding="utf-8")
    environment = {
        "ANSIBLE_CALLBACK_PLUGINS": str(plugins),
        "ANSIBLE_CALLBACKS_ENABLED": "killer",
        "KILLED_BEFORE": task,
    }
    with play_process(folder / "killed.yml", **environment) as process:
        assert process.wait(120) == -9, f"the playbook was not killed before {task}"


def killed_at(maintenance: Maintenance, entry: str, number: int | None) -> bool:
    """Run an entry point and kill it when it sends this request, counted from 0, or its first
    request that is not GET. The hub receives the request, and its response is lost. Return False if
    the run ends before.
    """
    path = maintenance.file.parent / "killed.yml"
    reached, dead = threading.Event(), threading.Event()

    def hold(at: int, method: str, path: str) -> None:
        if at == number or (number is None and method != "GET"):
            reached.set()
            dead.wait(60)

    with Wire(maintenance.hub, before=hold) as wire:
        playbook = maintenance.playbook(entry, maintenance_batch=1)
        path.write_text(playbook.replace(maintenance.hub.url, wire.url), encoding="utf-8")
        move(maintenance, maintenance.hub.url, wire.url)
        with play_process(path) as process:
            wait_until(lambda: reached.is_set() or process.poll() is not None, 120)
        dead.set()
        move(maintenance, wire.url, maintenance.hub.url)
    assert reached.is_set() or process.returncode == 0
    return reached.is_set()


def move(maintenance: Maintenance, old: str, new: str) -> None:
    """Write into the file, if there is one, that the hub has another address."""
    if maintenance.file.exists():
        text = maintenance.file.read_text(encoding="utf-8")
        text = text.replace(old.rstrip("/"), new.rstrip("/"))
        maintenance.file.write_text(text, encoding="utf-8")


def remembered(maintenance: Maintenance) -> dict[str, Any]:
    """Return the options in the file, by user/server. The file must be complete or missing."""
    if not maintenance.file.exists():
        return {}
    assert maintenance.file.stat().st_mode & 0o777 == 0o600
    return {key: one["user_options"] for key, one in maintenance.remembered().items()}


class Begin:
    """Servers run, and the entry point ``begin`` is killed."""

    def __init__(self, hub: Hub, folder: pathlib.Path) -> None:
        self.hub = hub
        self.maintenance = settled(hub, folder)
        self.before = running(hub)

    def forget_nothing(self) -> None:
        """Assert that every server runs as before, or is in the file."""
        wait_until(lambda: not any_pending(self.hub))
        assert {**remembered(self.maintenance), **running(self.hub)} == self.before

    def finish(self) -> None:
        """Finish the run; assert that all servers are stopped, and are in the file as they were at
        first.
        """
        held = remembered(self.maintenance)
        if held and "ada/" not in running(self.hub):
            # A person who starts a server with other options meanwhile does not change the file.
            start(self.hub, "ada", profile="other")
        self.maintenance.run("begin")
        assert running(self.hub) == {}
        assert remembered(self.maintenance) == self.before
        assert self.maintenance.run("begin")["stopped"] == []
        assert remembered(self.maintenance) == self.before


class End:
    """Servers are stopped and remembered, and the entry point ``end`` is killed."""

    def __init__(self, hub: Hub, folder: pathlib.Path) -> None:
        self.hub = hub
        self.maintenance = settled(hub, folder)
        self.before = running(hub)
        saved = folder / "saved.json"
        if not saved.exists():
            self.maintenance.run("begin")
            shutil.copy(self.maintenance.file, saved)
        else:
            # The state that begin leaves is written directly, because begin is tested above.
            for key in self.before:
                user, _slash, name = key.partition("/")
                hub.expect(
                    "DELETE", f"/users/{user}/servers/{name}" if name else f"/users/{user}/server"
                )
            shutil.copy(saved, self.maintenance.file)
        assert running(hub) == {}

    def forget_nothing(self) -> None:
        """Assert that every server runs as before, or is in the file."""
        wait_until(lambda: not any_pending(self.hub))
        held, now = remembered(self.maintenance), running(self.hub)
        assert {**held, **now} == self.before
        # The file keeps all servers until the end, because a running server may still fail.
        assert held in ({}, self.before)
        assert held or now == self.before

    def finish(self) -> None:
        """Finish the run; assert that all servers run as before, and that the file is deleted."""
        self.maintenance.run("end")
        assert running(self.hub) == self.before
        assert not self.maintenance.file.exists()


def any_pending(hub: Hub) -> bool:
    """Return whether a server is being started or stopped."""
    return any(
        server["pending"] for row in hub.users().values() for server in row["servers"].values()
    )


KINDS: dict[str, type[Begin | End]] = {"begin": Begin, "end": End}
TASKS = [(entry, task) for entry in KINDS for task in tasks(f"{entry}.yml")]


@pytest.mark.newest
@pytest.mark.daily(24)
@pytest.mark.parametrize(("entry", "task"), TASKS)
def test_killed_before_a_task(hub: Hub, tmp_path: pathlib.Path, entry: str, task: str) -> None:
    case = KINDS[entry](hub, tmp_path)
    killed_before(case.maintenance.playbook(entry, maintenance_batch=1), tmp_path, task)
    case.forget_nothing()
    case.finish()


@pytest.mark.newest
@pytest.mark.daily(6)
@pytest.mark.parametrize("entry", KINDS)
def test_killed_at_a_request(hub: Hub, tmp_path: pathlib.Path, entry: str) -> None:
    """With TEST_LONG, the run is killed at every request."""
    moments: list[int | None] = [None]
    if os.environ.get("TEST_LONG"):
        moments = list(range(100))
    for moment in moments:
        case = KINDS[entry](hub, tmp_path)
        if not killed_at(case.maintenance, entry, moment):
            # The run sends one request to read the hub, and one for each server.
            assert moment is not None
            assert moment > len(case.before)
            return
        case.forget_nothing()
        case.finish()
        hub.reset()
        case.maintenance.file.unlink(missing_ok=True)
    assert moments == [None], "the entry point never finished"
