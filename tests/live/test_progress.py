# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long tasks show on the controller's terminal how far they are, and only there."""

from __future__ import annotations

import contextlib
import os
import pathlib
import pty
import re
import subprocess
import sys
import threading

import pytest

from tests.hub import Hub
from tests.running import CACHE, link_collection, run_playbook

pytestmark = [pytest.mark.newest, pytest.mark.core]

LINE = re.compile(r"\[([\w.-]+)\] ([a-z ,]+): (\d+) of (\d+) \((\d+) s\)")
# A server that takes longer to start than a task may be silent.
START = """
- hosts: all
  gather_facts: false
  tasks:
    - hubops.jupyterhub.jupyterhub_server:
        servers:
          - {user: quick}
          - {user: secret-name, user_options: {delay: 6.5}}
%s
"""


def play(*lines: str) -> str:
    """Return the play with these lines added to its task."""
    return START % "".join(f"      {line}\n" for line in lines)


@pytest.fixture
def slow_hub(hub: Hub) -> Hub:
    """A hub with the users whose servers are started."""
    hub.add_users("quick", "secret-name")
    return hub


def on_a_terminal(
    playbook: str, hub: Hub, folder: pathlib.Path, *args: str, **env: str
) -> tuple[int, str, str]:
    """Run a playbook with a terminal as its standard error; return the exit status, what the
    terminal got, and standard output.
    """
    file = folder / "play.yml"
    file.write_text(playbook, encoding="utf-8")
    (folder / "ansible.cfg").touch()
    own, terminal = pty.openpty()
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("ANSIBLE_", "JUPYTERHUB_", "HUBOPS_"))
    }
    environment |= {
        "ANSIBLE_COLLECTIONS_PATH": str(link_collection()),
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(CACHE / "ansible-home"),
        # Two sides of ansible-core look for the job, and agree only where HOME is the home that the
        # system knows.
        "ANSIBLE_ASYNC_DIR": str(folder / "async"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "JUPYTERHUB_API_URL": hub.url,
        "JUPYTERHUB_API_TOKEN": hub.token,
        **env,
    }
    command = [
        str(pathlib.Path(sys.executable).with_name("ansible-playbook")),
        "-i",
        "localhost,",
        "-c",
        "local",
        *args,
        str(file),
    ]
    shown = bytearray()

    def listen() -> None:
        with contextlib.suppress(OSError):
            while piece := os.read(own, 4096):
                shown.extend(piece)

    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=terminal,
        env=environment,
        text=True,
    ) as process:
        os.close(terminal)
        listener = threading.Thread(target=listen)
        listener.start()
        output, _nothing = process.communicate(timeout=120)
    listener.join(timeout=10)
    os.close(own)
    return process.returncode, shown.decode(), output


def test_a_terminal_shows_how_far_a_long_task_is(slow_hub: Hub, tmp_path: pathlib.Path) -> None:
    status, shown, output = on_a_terminal(play(), slow_hub, tmp_path)
    assert status == 0, output
    lines = [LINE.fullmatch(line) for line in shown.splitlines() if line.startswith("[localhost]")]
    assert lines, shown
    assert all(lines), shown
    assert ("localhost", "servers settled", "1", "2") in {
        line.groups()[:4] for line in lines if line
    }
    assert "secret-name" not in shown
    assert not LINE.search(output)


def test_several_hosts_are_told_apart(slow_hub: Hub, tmp_path: pathlib.Path) -> None:
    status, shown, output = on_a_terminal(play(), slow_hub, tmp_path, "-i", "first,second,")
    assert status == 0, output
    assert {"first", "second"} <= {found[1] for found in LINE.finditer(shown)}


@pytest.mark.parametrize(
    ("lines", "env"),
    [
        (["no_log: true"], {}),
        # A busy machine takes a second or two until the job can be found.
        (["async: 60", "poll: 4"], {}),
        ([], {"HUBOPS_PROGRESS": "never"}),
    ],
    ids=["no_log", "async", "never"],
)
def test_nothing_is_shown(
    slow_hub: Hub, tmp_path: pathlib.Path, lines: list[str], env: dict[str, str]
) -> None:
    status, shown, output = on_a_terminal(play(*lines), slow_hub, tmp_path, **env)
    assert status == 0, output
    assert not LINE.search(shown + output)


def test_without_a_terminal_it_is_shown_only_when_asked_for(slow_hub: Hub) -> None:
    silent = run_playbook(play(), hub=slow_hub)
    assert silent.returncode == 0, silent.stdout
    assert not LINE.search(silent.stdout + silent.stderr)
    slow_hub.reset()
    slow_hub.add_users("quick", "secret-name")
    asked = run_playbook(play(), hub=slow_hub, env={"HUBOPS_PROGRESS": "always"})
    assert asked.returncode == 0, asked.stdout
    assert LINE.search(asked.stderr)
    assert not LINE.search(asked.stdout)


def test_the_result_and_the_user_s_environment_are_the_same(
    slow_hub: Hub, tmp_path: pathlib.Path
) -> None:
    lines = ["environment: {HUBOPS_PROGRESS_FILE: mine}", "register: first"]
    asserts = (
        "    - ansible.builtin.assert: {that: [first is changed, first.servers | length == 2,"
        " first.environment is undefined]}\n"
    )
    status, shown, output = on_a_terminal(play(*lines) + asserts, slow_hub, tmp_path)
    assert status == 0, output
    assert LINE.search(shown)
