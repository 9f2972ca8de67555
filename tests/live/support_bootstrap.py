# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by the tests of the role bootstrap: a hub with an admin and a main configuration file, a
supervisor that restarts it, and a run of the role.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

from tests.hub import Hub
from tests.hub._process import hub_python
from tests.running import ROOT, run_playbook

CONFIG = ROOT / "tests" / "hub" / "jupyterhub_config.py"
PLAY = """
- hosts: localhost
  gather_facts: false
  roles:
    - hubops.jupyterhub.bootstrap
"""
NEEDED = ["admin:users", "list:groups"]


@contextlib.contextmanager
def hub_with_boss(series: str, folder: pathlib.Path) -> Iterator[Hub]:
    """Start a hub with an admin. It loads ``main.py`` in this folder, which stands for the main
    configuration file of a person. The hub does not stop when the standard input of the process
    that reads its configuration ends.
    """
    main = folder / "main.py"
    main.write_text("# nothing special\n", encoding="utf-8")
    config = f"load_subconfig({str(main)!r})"
    with Hub(series, detach=True, crypt_key=False, config=config) as hub:
        hub.add_users("boss", admin=True)
        yield hub


def bootstrap(hub: Hub, folder: pathlib.Path, *args: str, **variables: Any) -> tuple[int, str]:
    """Run the role, by default with PLAY; return the exit status and everything that was printed.

    variables: also ``play``, another playbook, and ``env``, more environment variables.
    """
    play = variables.pop("play", PLAY)
    env = variables.pop("env", {})
    values = {
        "jupyterhub_url": hub.url,
        "bootstrap_config": str(CONFIG),
        "bootstrap_chdir": str(hub.state),
        "bootstrap_environment": {"HUB_STATE": str(hub.state)},
        "bootstrap_jupyterhub": str(hub_python(hub.series).with_name("jupyterhub")),
        "bootstrap_admin": "boss",
        "bootstrap_dest": str(folder / "token"),
        "bootstrap_scopes": NEEDED,
        **variables,
    }
    done = run_playbook(
        play,
        ["-e", json.dumps(values), *args],
        env={"PATH": f"{hub_python(hub.series).parent}{os.pathsep}{os.environ['PATH']}", **env},
    )
    return done.returncode, done.stdout + done.stderr


def changed(output: str) -> int:
    """Return how many tasks the recap counts as changed."""
    found = re.search(r"changed=(\d+)", output)
    assert found, output
    return int(found[1])


@contextlib.contextmanager
def restarts(hub: Hub, folder: pathlib.Path) -> Iterator[list[float]]:
    """Restart the hub whenever the file ``restart`` appears, as a supervisor does; yield the list
    of restarts.
    """
    over = threading.Event()
    seen: list[float] = []

    def watch() -> None:
        while not over.wait(0.1):
            if (folder / "restart").exists():
                (folder / "restart").unlink()
                seen.append(time.time())
                hub.restart()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
