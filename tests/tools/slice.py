# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running slice of the test suite: its steps, its log, and a summary of its failures."""

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

# Output of steps that succeed although nothing was tested: no host in the inventory, no scenario,
# no test.
NOTHING_TESTED = re.compile(
    r"no hosts matched|All targets skipped|collected 0 items|no tests ran", re.IGNORECASE
)

# Lines of pytest and ansible-test about failed tests. If a failed step has no such line, its last
# lines are shown.
FAILURE = re.compile(r"(?:FAILED|ERROR|FATAL:|ERROR:) .+")
MANY_FAILURES = 40
LAST_LINES = 5

# Lines of pytest and ansible-test about skipped tests. Tests that were skipped because their hub
# was not chosen are left out.
LEFT_OUT = re.compile(r"(?:SKIPPED \[\d+\]|WARNING: Skipping) (?!.*empty parameter set)(.+)")


class Skipped(Exception):
    """The slice cannot run here; the message gives the reason."""


class Failed(Exception):
    """A step of the slice has failed; the message says which."""


class Outcome(NamedTuple):
    """The outcome of a slice, and the tests that it has left out."""

    slice: str
    result: str
    why: str
    seconds: float
    left_out: list[str]
    failures: list[str]


class Slice:
    """A running slice: the destination of its output, and a method to run its steps."""

    def __init__(self, name: str, *, beside: bool = False) -> None:
        """Begin a slice.

        beside: another slice runs at the same time, so that every line begins with the name of its
            slice.
        """
        self.mark = f"{name:8}| " if beside else ""
        LOGS.mkdir(parents=True, exist_ok=True)
        keep_pip_settings(HOME)
        self.log = (LOGS / f"{name}.log").open("w", encoding="utf-8")
        self.failures: list[str] = []
        # The failures that the failed steps have reported.
        self.told: list[str] = []
        self.left_out: list[str] = []

    def step(
        self, title: str, command: Sequence[str | pathlib.Path], venv: pathlib.Path, **env: str
    ) -> None:
        """Run a command in an environment; show and store its output; record a failure, or that it
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
        """Show and store a line of a step, and record skipped tests."""
        self.say(line.rstrip("\n"))
        self.log.write(line)
        self.log.flush()
        left_out = LEFT_OUT.match(line)
        if left_out is not None:
            self.leave_out(left_out[1])

    def leave_out(self, what: str) -> None:
        """Record a test that is left out, for the summary."""
        if what not in self.left_out:
            self.left_out.append(what)

    def say(self, line: str) -> None:
        """Print a line."""
        # The line is written in one piece, because print() would write its end separately.
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
        # The user's own directories are not written to, and the user's settings do not affect the
        # tests.
        "HOME": str(HOME),
        "XDG_CACHE_HOME": str(HOME / ".cache"),
        "PYENV_ROOT": os.environ.get("PYENV_ROOT", str(pathlib.Path.home() / ".pyenv")),
        "ANSIBLE_COLLECTIONS_PATH": str(link_collection()),
        "ANSIBLE_HOME": str(HOME / ".ansible"),
        "ANSIBLE_REMOTE_TMP": str(HOME / ".ansible" / "remote_tmp"),
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        # Unbuffered, so that the output of a step is visible while it runs.
        "PYTHONUNBUFFERED": "1",
        **more,
    }
