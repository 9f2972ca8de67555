# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one contender on one hub, and measure its time, its processor time and its requests."""

from __future__ import annotations

import argparse
import math
import os
import pathlib
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from tests.benchmarks.scenarios import COURSES, OURS, PREPARED, READERS, Contender
from tests.hub import HUB_VERSIONS, Hub
from tests.running import run_playbook

# With more users than this, deleting the whole database is faster than deleting them one by one.
FEW = 300
# The number of users that the witness creates in one request.
CHUNK = 200
# A contender that takes more seconds than this counts as failed.
TIMEOUT = 3600.0


def add_hub_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--hub``."""
    parser.add_argument(
        "--hub",
        choices=sorted(HUB_VERSIONS),
        default="6",
        help="the series of JupyterHub (default: 6)",
    )


class BenchmarkError(Exception):
    """A contender did not do its work, so its time means nothing."""


class Measurement(NamedTuple):
    """The measurement of one run.

    seconds: the time from start to end. It also depends on what else runs on the machine.
    own: seconds of processor time of the contender and its children.
    hub: seconds of processor time of the hub and its proxy meanwhile; nan if the system does not
        report it.
    requests: the requests that the hub has answered, from its log.
    extrapolated: whether fewer names were measured.
    """

    seconds: float
    own: float
    hub: float
    requests: int
    extrapolated: bool = False


class Arena:
    """The hub on which the contenders run.

    directory: for the files with names: an inventory with a variable for its group, and a list with
        one name per line.
    """

    def __init__(self, hub: Hub, directory: pathlib.Path) -> None:
        self.hub = hub
        self.there: set[str] | None = None
        self.inventory = directory / "hosts.yml"
        self.inventory.write_text(
            "---\nall:\n  hosts:\n    localhost:\n      ansible_connection: local\n",
            encoding="utf-8",
        )
        self.roster = directory / "group_vars" / "all.yml"
        self.roster.parent.mkdir()
        self.lines = directory / "names.txt"

    def prepare(self, before: Sequence[str], *, fresh: bool) -> None:
        """Leave the hub with exactly these users.

        fresh: restart it with an empty database in any case.
        """
        wanted = set(before)
        there = set(self.hub.users()) if self.there is None else self.there
        if fresh or len(there - wanted) > FEW:
            self.hub.wipe()
            there = set(self.hub.users())
        for name in there - wanted:
            self.hub.expect("DELETE", f"/users/{self.hub.quote(name)}")
        missing = sorted(wanted - there)
        for start in range(0, len(missing), CHUNK):
            self.hub.add_users(*missing[start : start + CHUNK])
        self.there = wanted

    def run(self, contender: Contender, names: Sequence[str]) -> Measurement:
        """Measure one contender that is given these names; raise BenchmarkError if they are not on
        the hub afterwards, or if other users are gone.
        """
        courses = "".join(
            f"  - name: course-{number:02}\n    users: [{', '.join(names[number::COURSES])}]\n"
            for number in range(COURSES)
        )
        self.roster.write_text(
            "---\nroster:\n"
            + "".join(f"  - name: {name}\n" for name in names)
            + f"courses:\n{courses}",
            encoding="utf-8",
        )
        self.lines.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        if contender in PREPARED:
            self._play(contender)
        mark = self.hub.mark()
        own, hub = _children_cpu(), hub_cpu(self.hub)
        start = time.perf_counter()
        done = self._play(contender) if contender.file.suffix == ".yml" else self._script(contender)
        seconds = time.perf_counter() - start
        own, hub = _children_cpu() - own, hub_cpu(self.hub) - hub
        if done.returncode:
            raise BenchmarkError(
                f"{contender.file.name} ended with"
                f" {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}"
            )
        requests = self.hub.requests(mark)
        before = self.there or set()
        if (
            contender in (OURS, *READERS, *PREPARED)
            and before.issuperset(names)
            and any(request.method != "GET" for request in requests)
        ):
            raise BenchmarkError(
                f"{contender.label} has written to the hub, although there was nothing to change"
            )
        self.there = set(self.hub.users())
        if self.there != before.union(names):
            raise BenchmarkError(
                f"{contender.file.name} left {len(self.there)} users on the hub instead of"
                f" {len(before.union(names))}"
            )
        return Measurement(seconds, own, hub, len(requests))

    def _play(self, contender: Contender) -> subprocess.CompletedProcess[str]:
        return run_playbook(
            contender.file, ["-i", str(self.inventory)], hub=self.hub, timeout=TIMEOUT
        )

    def _script(self, contender: Contender) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(contender.file), str(self.lines), *contender.args],
            env={
                **os.environ,
                "JUPYTERHUB_API_URL": self.hub.url,
                "JUPYTERHUB_API_TOKEN": self.hub.token,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )


def _children_cpu() -> float:
    """Return the processor seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def hub_cpu(hub: Hub) -> float:
    """Return the processor seconds of a hub and its proxy."""
    return sum(_process_cpu(pid) for pid in (hub.pid, hub.proxy_pid))


def _process_cpu(pid: int | None) -> float:
    """Return the processor seconds of a process, or nan without /proc."""
    try:
        fields = (
            pathlib.Path("/proc", str(pid), "stat")
            .read_text(encoding="utf-8", errors="replace")
            .rpartition(")")[2]
            .split()
        )
    except OSError:
        return math.nan
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
