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

# Below those that systems give to outgoing connections (from 32768 on Linux, from 49152 elsewhere):
# one of them could take the port of a hub that is just being started again.
PORTS = range(15000, 32000)


class HubError(RuntimeError):
    """The hub could not be started, stopped or asked; the text says why and quotes the hub's log
    where that helps.
    """


def hub_python(series: str) -> pathlib.Path:
    """Return the Python that has JupyterHub of this series (``"4"``, ``"5"`` or ``"6"``) installed.

    ``HUB6_PYTHON`` (and so on) in the environment wins, then the environment that ``make hubs`` has
    built with the Python that runs now, then one built with any other Python. Raises HubError when
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
    """Return the Python of the environment ``stacks``, which has what hubs of the profiles need
    besides; None if there is none.

    ``STACKS_PYTHON`` in the environment wins. It has to be of the same version as the hubs' Python.
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
    """Return that many different ports of 127.0.0.1 that nothing listens on at this moment;
    HubError if there are not as many.
    """
    found: list[int] = []
    # Not the generator that every process of the tests may have seeded with the same number.
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        with contextlib.suppress(OSError), socket.socket() as each:
            each.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise HubError(f"there are no {count} free ports between {PORTS[0]} and {PORTS[-1]}")


def alive(pid: int) -> bool:
    """Say whether a process with this id runs; a zombie does not run."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError):  # no /proc on this system: the answer of kill has to do
        status = pathlib.Path("/proc", str(pid), "stat").read_text(
            encoding="utf-8", errors="replace"
        )
        return not status.rpartition(")")[2].startswith(" Z")
    return True


def belongs_to(pid: int, state: pathlib.Path) -> bool:
    """Say whether the process was started by the hub of this state directory, as its environment
    tells.

    Process ids are used again by the system, and an id read from an old file may by now be somebody
    else's. Where there is no /proc to look into, the id is trusted.
    """
    if not pathlib.Path("/proc/self/environ").exists():
        return True
    try:
        environment = pathlib.Path("/proc", str(pid), "environ").read_bytes()
    except OSError:
        return False
    return f"HUB_STATE={state}".encode() in environment.split(b"\0")


def end(pid: int, grace: float = 15.0) -> None:
    """End a process: SIGTERM, and after ``grace`` seconds SIGKILL. Return when it is gone; a
    process that is not there is fine.
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
