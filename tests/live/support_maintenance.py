# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by the tests of the role maintenance: a hub with running servers, a run of the role, and a
run that is killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.hub import Hub
from tests.running import CACHE, link_collection, run_playbook

ROLE = """
- hosts: localhost
  gather_facts: false
  vars:
    jupyterhub_url: "{url}"
    jupyterhub_api_token: "{token}"
    maintenance_file: "{file}"
  tasks:
    - ansible.builtin.import_role: {{name: hubops.jupyterhub.maintenance, tasks_from: {entry}}}
      ignore_errors: {ignore}
    - ansible.builtin.copy: {{content: "{{{{ maintenance_result | to_json }}}}", dest: "{file}.result"}}
      check_mode: false
"""


class Maintenance:
    """Runs the role against a hub."""

    def __init__(self, hub: Hub, folder: pathlib.Path) -> None:
        self.hub = hub
        self.file = folder / "servers.json"

    def playbook(self, entry: str, *, fails: bool = False, **variables: Any) -> str:
        """Return a playbook that runs one entry point of the role."""
        text = ROLE.format(
            url=self.hub.url,
            token=self.hub.token,
            file=self.file,
            entry=entry,
            ignore=str(fails).lower(),
        )
        more = "".join(f"    {name}: {json.dumps(value)}\n" for name, value in variables.items())
        return text.replace("  vars:\n", f"  vars:\n{more}", 1)

    def run(self, entry: str, *args: str, fails: bool = False, **variables: Any) -> dict[str, Any]:
        """Run an entry point; return the fact that it sets."""
        done = run_playbook(self.playbook(entry, fails=fails), [*args, "-e", json.dumps(variables)])
        assert done.returncode == 0, done.stdout + done.stderr
        assert ("ignored=0" not in done.stdout) == fails, done.stdout
        result: dict[str, Any] = json.loads(
            pathlib.Path(f"{self.file}.result").read_text(encoding="utf-8")
        )
        return result

    def remembered(self) -> dict[str, Any]:
        """Return the content of the file, by user/server."""
        held = json.loads(self.file.read_text(encoding="utf-8"))["servers"]
        return {f"{one['user']}/{one['name']}": one for one in held}


def running(hub: Hub) -> dict[str, Any]:
    """Return the options of all running servers, by user/server, as the hub itself reports them."""
    return {
        f"{name}/{server['name']}": server["user_options"]
        for name, row in hub.users().items()
        for server in row["servers"].values()
        if server["ready"]
    }


def start(hub: Hub, user: str, server: str = "", **options: Any) -> None:
    """Start a server with the hub's API."""
    body = {"user_options": options} if hub.series == "6" else options
    path = f"/users/{user}/servers/{server}" if server else f"/users/{user}/server"
    hub.expect("POST", path, body)


def wait_until(settled: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until a condition holds, at most this many seconds."""
    end = time.monotonic() + seconds
    while not settled():
        assert time.monotonic() < end
        time.sleep(0.05)


def short(servers: list[dict[str, Any]]) -> list[str]:
    """Return the names of servers as user/server."""
    return sorted(f"{server['user']}/{server['name']}" for server in servers)


def settled(hub: Hub, folder: pathlib.Path) -> Maintenance:
    """Start some servers; return a runner for the role. Its file is in this folder."""
    hub.add_users("ada", "grace", "kim", "staff-lee")
    start(hub, "ada", profile="small")
    start(hub, "ada", "gpu", profile="large")
    start(hub, "grace", note="{{ lookup('pipe', 'touch " + str(folder) + "/run') }}")
    start(hub, "staff-lee")
    return Maintenance(hub, folder)


def end_all(pid: int) -> None:
    """Kill a process and all its descendants, which may be in other process groups."""
    with contextlib.suppress(ProcessLookupError):
        # A stopped process starts no more children.
        os.kill(pid, signal.SIGSTOP)
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        for child in children.split():
            end_all(int(child))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def play_process(path: pathlib.Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a playbook in a second process, and kill that process with all its descendants at the
    end.
    """
    with subprocess.Popen(
        [
            pathlib.Path(sys.executable).with_name("ansible-playbook"),
            "-i",
            "localhost,",
            "-c",
            "local",
            path,
        ],
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(link_collection()),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_HOME": str(CACHE / "ansible-home"),
            **environment,
        },
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            end_all(process.pid)
