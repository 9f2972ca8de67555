# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes, ports and interpreters: what the hub needs from the machine."""

from __future__ import annotations

import contextlib
import os
import pathlib
import random
import signal
import socket
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENVS = ROOT / ".cache" / "venv"

# These ports are below those that systems use for outgoing connections (from 32768 on Linux, from
# 49152 elsewhere). Otherwise such a connection could take the port of a hub during its restart.
PORTS = range(15000, 32000)


class HubError(RuntimeError):
    """A hub could not be started, stopped or used. The message gives the reason, and the end of the
    hub's log if it helps.
    """


def hub_python(series: str) -> pathlib.Path:
    """Return the Python that has JupyterHub of this series (``"4"``, ``"5"`` or ``"6"``) installed.

    ``HUB6_PYTHON`` (and so on) in the environment comes first, then the environment that ``make
    hubs`` has created with the running Python, then one with any other Python. Raises HubError if
    there is none.
    """
    chosen = os.environ.get(f"HUB{series}_PYTHON")
    if chosen:
        return pathlib.Path(chosen)
    own = VENVS / f"hub{series}-{sys.version_info[0]}.{sys.version_info[1]}"
    for venv in (own, *sorted(VENVS.glob(f"hub{series}-*"), reverse=True)):
        # The stamp is written last: without it, the environment is incomplete.
        if (venv / ".stamp").exists():
            return venv / "bin" / "python"
    raise HubError(f"JupyterHub {series} is not installed below {VENVS}. Run: make hubs")


def stacks_python() -> pathlib.Path | None:
    """Return the Python of the environment ``stacks``, which has what hubs of the profiles need in
    addition; None if there is none.

    ``STACKS_PYTHON`` in the environment comes first. Its version has to be that of the hubs'
    Python.
    """
    chosen = os.environ.get("STACKS_PYTHON")
    if chosen:
        return pathlib.Path(chosen)
    version = hub_python("6").resolve().name.removeprefix("python")
    for name in (f"stacks-{version}", f"stacks-{sys.version_info[0]}.{sys.version_info[1]}"):
        if (VENVS / name / ".stamp").exists():
            return VENVS / name / "bin" / "python"
    return None


def stacks_packages() -> pathlib.Path | None:
    """Return the folder of Python packages of the environment ``stacks``; None if there is none."""
    python = stacks_python()
    if python is None:
        return None
    return next(iter(sorted((python.parents[1] / "lib").glob("python*/site-packages"))), None)


def free_ports(count: int) -> list[int]:
    """Return this many different ports of 127.0.0.1 that are free at the moment; raise HubError if
    there are not enough.
    """
    found: list[int] = []
    # The global generator is not used, because every process of the tests may have given it the
    # same seed.
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        with contextlib.suppress(OSError), socket.socket() as each:
            each.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise HubError(f"there are no {count} free ports between {PORTS[0]} and {PORTS[-1]}")


def alive(pid: int) -> bool:
    """Return whether a process with this id runs; a zombie does not count as running."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError):  # without /proc, only the result of kill is known
        status = pathlib.Path("/proc", str(pid), "stat").read_text(
            encoding="utf-8", errors="replace"
        )
        return not status.rpartition(")")[2].startswith(" Z")
    return True


def belongs_to(pid: int, state: pathlib.Path) -> bool:
    """Return whether the process was started by the hub of this state directory, according to its
    environment.

    The system reuses process ids, so an id from an old file may belong to another program. Without
    /proc, the id is trusted.
    """
    if not pathlib.Path("/proc/self/environ").exists():
        return True
    try:
        environment = pathlib.Path("/proc", str(pid), "environ").read_bytes()
    except OSError:
        return False
    return f"HUB_STATE={state}".encode() in environment.split(b"\0")


def end(pid: int, grace: float = 15.0) -> None:
    """End a process with SIGTERM, and after ``grace`` seconds with SIGKILL. Return when it has
    ended, or at once if it does not exist.
    """
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 10.0)):
        if number == signal.SIGTERM and grace <= 0:
            continue
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            if not alive(pid):
                return
            time.sleep(0.02)
    raise HubError(f"process {pid} does not end")
