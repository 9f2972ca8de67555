# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One slice of the test suite while it runs: its steps, its log, and what they say of failures."""

from __future__ import annotations

import collections
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.running import link_collection
from tests.tools.ansible_test import keep_pip_settings
from tests.tools.environments import ROOT

LOGS = ROOT / ".cache" / "logs"
HOME = ROOT / ".cache" / "home"

# Green although nothing was tested: no host in the inventory, no scenario, no test.
NOTHING_TESTED = re.compile(
    r"no hosts matched|All targets skipped|collected 0 items|no tests ran", re.IGNORECASE
)

# What pytest and ansible-test say of tests that failed. Where a step that failed says nothing of
# the kind, its last lines are shown.
FAILURE = re.compile(r"(?:FAILED|ERROR|FATAL:|ERROR:) .+")
MANY_FAILURES = 40
LAST_LINES = 5

# What pytest and ansible-test say of tests that they do not run. Tests without a hub of those that
# were chosen are no news.
LEFT_OUT = re.compile(r"(?:SKIPPED \[\d+\]|WARNING: Skipping) (?!.*empty parameter set)(.+)")


class Skipped(Exception):
    """The slice cannot run here; the text says why."""


class Failed(Exception):
    """A step of the slice has failed; the text says which."""


class Outcome(NamedTuple):
    """How a slice ended, and what it has left out."""

    slice: str
    result: str
    why: str
    seconds: float
    left_out: list[str]
    failures: list[str]


class Slice:
    """One slice while it runs: where its output goes, and how its steps are run."""

    def __init__(self, name: str, *, beside: bool = False) -> None:
        """Begin a slice.

        beside: another one runs at the same time, so that every line says which of them has printed
            it.
        """
        self.mark = f"{name:8}| " if beside else ""
        LOGS.mkdir(parents=True, exist_ok=True)
        keep_pip_settings(HOME)
        self.log = (LOGS / f"{name}.log").open("w", encoding="utf-8")
        self.failures: list[str] = []
        # What the steps that failed have said of it.
        self.told: list[str] = []
        self.left_out: list[str] = []

    def step(
        self, title: str, command: Sequence[str | pathlib.Path], venv: pathlib.Path, **env: str
    ) -> None:
        """Run a command in an environment; show and keep its output; note it if it fails, or if it
        has tested nothing.
        """
        self.say(f"--- {title}")
        program = venv / "bin" / command[0]
        nothing_tested = False
        said: list[str] = []
        last: collections.deque[str] = collections.deque(maxlen=LAST_LINES)
        with subprocess.Popen(
            [program, *command[1:]],
            cwd=ROOT,
            env=_variables(venv, env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                self._take(line)
                last.append(line.strip())
                if FAILURE.match(line):
                    said.append(line.strip())
                nothing_tested = nothing_tested or bool(NOTHING_TESTED.search(line))
        if process.returncode != 0:
            self.failures.append(f"{title}: exit status {process.returncode}")
            self.told += said[:MANY_FAILURES] or last
        elif nothing_tested:
            self.failures.append(f"{title}: nothing was tested")

    def _take(self, line: str) -> None:
        """Show and keep a line of a step, and note what it leaves out."""
        self.say(line.rstrip("\n"))
        self.log.write(line)
        self.log.flush()
        left_out = LEFT_OUT.match(line)
        if left_out is not None:
            self.leave_out(left_out[1])

    def leave_out(self, what: str) -> None:
        """Note what is not tested, for the summary."""
        if what not in self.left_out:
            self.left_out.append(what)

    def say(self, line: str) -> None:
        """Print a line."""
        # In one piece: print() would write its end apart.
        sys.stdout.write(f"{self.mark}{line}\n")
        sys.stdout.flush()

    def end(self) -> None:
        """Raise Failed if a step has failed."""
        self.log.close()
        if self.failures:
            raise Failed("; ".join(self.failures))


def _variables(venv: pathlib.Path, more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a step."""
    variables = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("ANSIBLE_", "JUPYTERHUB_", "MOLECULE_"))
    }
    return variables | {
        # Nothing is written to the user's own directories, and none of their settings change
        # what is tested.
        "HOME": str(HOME),
        "XDG_CACHE_HOME": str(HOME / ".cache"),
        "PYENV_ROOT": os.environ.get("PYENV_ROOT", str(pathlib.Path.home() / ".pyenv")),
        "ANSIBLE_COLLECTIONS_PATH": str(link_collection()),
        "ANSIBLE_HOME": str(HOME / ".ansible"),
        "ANSIBLE_REMOTE_TMP": str(HOME / ".ansible" / "remote_tmp"),
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        # What a step prints is to be seen while it runs.
        "PYTHONUNBUFFERED": "1",
        **more,
    }
