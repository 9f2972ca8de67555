# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long tasks show their progress on the controller's terminal, and nowhere else."""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import re
import sys

import pytest

from tests import terminal
from tests.hub import Hub
from tests.running import CACHE, link_collection, run_module, run_playbook

pytestmark = [pytest.mark.daily(2), pytest.mark.newest, pytest.mark.core]

LINE = re.compile(r"\[([\w.-]+)\] ([a-z ,]+): (\d+) of (\d+) \((\d+) s\)")
PROGRESS = "ansible_collections.hubops.jupyterhub.plugins.module_utils._progress"
# The start of one server takes so long that the task shows its progress.
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


def playbook_command(
    playbook: str, hub: Hub, folder: pathlib.Path, *args: str, **env: str
) -> tuple[list[str], dict[str, str]]:
    """Return the command that runs a playbook on a hub, and its environment."""
    file = folder / "play.yml"
    file.write_text(playbook, encoding="utf-8")
    (folder / "ansible.cfg").touch()
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("ANSIBLE_", "JUPYTERHUB_", "HUBOPS_"))
    }
    environment |= {
        "ANSIBLE_COLLECTIONS_PATH": str(link_collection()),
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(CACHE / "ansible-home"),
        # ansible-core looks for the job in two places. They are the same only if HOME is the home
        # directory of the system's user database.
        "ANSIBLE_ASYNC_DIR": str(folder / "async"),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "JUPYTERHUB_API_URL": hub.url,
        "JUPYTERHUB_API_TOKEN": hub.token,
        "TERM": "xterm-256color",
        **env,
    }
    program = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
    return [program, "-i", "localhost,", "-c", "local", *args, str(file)], environment


def on_a_terminal(
    playbook: str, hub: Hub, folder: pathlib.Path, *args: str, **env: str
) -> tuple[int, str, str]:
    """Run a playbook with a terminal as its standard error; return the exit status, the text on the
    terminal, and standard output.
    """
    command, environment = playbook_command(
        playbook, hub, folder, *args, ANSIBLE_NOCOLOR="1", **env
    )
    ran = terminal.run(command, environment, output=False)
    return ran.status, ran.written.decode(), ran.output


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


# The second width is shorter than most lines.
@pytest.mark.parametrize("columns", [100, 30])
def test_the_layout_of_the_screen(slow_hub: Hub, tmp_path: pathlib.Path, columns: int) -> None:
    hosts = ["-i", "first,second,"]
    command, env = playbook_command(play(), slow_hub, tmp_path, *hosts)
    ran = terminal.run(command, env, size=(60, columns))
    seen = terminal.screen(ran.written, (60, columns))
    assert ran.status == 0, seen.rows
    # Nothing has scrolled away and nothing drawn is left over, so the next prompt looks as usual.
    assert seen.rows[1].startswith("PLAY [all]"), seen.rows
    assert seen.column == 0
    assert seen.plain
    # Every line begins in its own row. The terminal wraps longer lines.
    lines = list(LINE.finditer("".join(row.ljust(columns) for row in seen.rows)))
    assert {"first", "second"} <= {line[1] for line in lines}, seen.rows
    assert [line[0] for line in lines if line.start() % columns] == []
    if columns == 100:
        begin = next(n for n, row in enumerate(seen.rows) if row.startswith("TASK ["))
        end = next(n for n, row in enumerate(seen.rows) if row.startswith("PLAY RECAP"))
        # The host whose request came first has changed something.
        result = re.compile(r"(changed|ok): \[(localhost|first|second)\]|")
        between = seen.rows[begin + 1 : end]
        assert [
            row for row in between if not LINE.fullmatch(row) and not result.fullmatch(row)
        ] == []


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("jupyterhub_audit", {"tokens": "all", "checks": ["TOK-*"]}),
        ("jupyterhub_export", {"include": ["users", "tokens"]}),
    ],
)
def test_reading_a_whole_hub_shows_progress(
    hub: Hub,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    options: dict[str, object],
) -> None:
    hub.add_users(*(f"student-{number}" for number in range(5)))
    notes = importlib.import_module(PROGRESS)
    monkeypatch.setattr(notes, "INTERVAL", 0)
    note = tmp_path / "progress"
    connection = {"hub_url": hub.url, "api_token": hub.token}
    result = run_module(module, {**connection, **options}, env={notes.VARIABLE: str(note)})
    assert not result["failed"], result
    told = json.loads(note.read_text(encoding="utf-8"))
    assert told == {"what": "tokens", "done": 5, "total": 5}


def test_several_hosts_have_their_names(slow_hub: Hub, tmp_path: pathlib.Path) -> None:
    status, shown, output = on_a_terminal(play(), slow_hub, tmp_path, "-i", "first,second,")
    assert status == 0, output
    assert {"first", "second"} <= {found[1] for found in LINE.finditer(shown)}


@pytest.mark.parametrize(
    ("lines", "env"),
    [
        (["no_log: true"], {}),
        # A busy machine needs a second or two until the job can be found.
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


def test_without_a_terminal_progress_is_only_shown_on_request(slow_hub: Hub) -> None:
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
