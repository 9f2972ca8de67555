# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the working Pythons of this machine."""

from __future__ import annotations

import functools
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

# The Pythons on which each maintained series of ansible-core runs as a controller.
CONTROLLERS = {"2.19": ((3, 11), (3, 13)), "2.20": ((3, 12), (3, 14)), "2.21": ((3, 12), (3, 14))}
# The series that `make test` uses.
OLDER, NEWER = "2.19", "2.21"


class Python(NamedTuple):
    """An interpreter: its version (major, minor) and its real path."""

    version: tuple[int, int]
    path: pathlib.Path


def candidates() -> Iterator[pathlib.Path]:
    """Yield possible paths of Pythons: this one, those on PATH, and those of pyenv, whose shims may
    not work.
    """
    yield pathlib.Path(getattr(sys, "_base_executable", None) or sys.executable)
    folders = [pathlib.Path(folder) for folder in os.get_exec_path()]
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    folders += sorted(pyenv.glob("versions/*/bin"), reverse=True)
    for folder in folders:
        yield from (folder / f"python3.{minor}" for minor in range(8, 20))


@functools.cache
def pythons() -> dict[tuple[int, int], Python]:
    """Return by version the Pythons that run, have venv and pip, and are not in a virtual
    environment; the first of each version wins.
    """
    probe = (
        "import sys, venv, ensurepip; print(*sys.version_info[:2], sys.prefix == sys.base_prefix,"
        " sys.executable, sep='\\n')"
    )
    found: dict[tuple[int, int], Python] = {}
    for path in candidates():
        if not os.access(path, os.X_OK):
            continue
        try:
            answer = subprocess.run(
                [path, "-c", probe], capture_output=True, text=True, timeout=20, check=True
            )
        except (OSError, subprocess.SubprocessError):
            continue  # a shim without a Python behind it, or a Python without venv
        major, minor, base, executable = answer.stdout.splitlines()
        version = (int(major), int(minor))
        if base == "True" and version not in found:
            found[version] = Python(version, pathlib.Path(executable))
    return found


def controller(core: str) -> Python | None:
    """Return the Python to run this series of ansible-core with: the current one if possible,
    otherwise the newest, or None.
    """
    lowest, highest = CONTROLLERS[core]
    fitting = {
        version: python for version, python in pythons().items() if lowest <= version <= highest
    }
    own = (sys.version_info[0], sys.version_info[1])
    return fitting.get(own) or (fitting[max(fitting)] if fitting else None)


def main_core() -> str:
    """Return the series of ansible-core for tests that need only one: the older one, if it
    can run.
    """
    return OLDER if controller(OLDER) else NEWER


def why_none(core: str) -> str:
    """Return what is missing if ``controller`` has found no Python."""
    lowest, highest = (".".join(map(str, each)) for each in CONTROLLERS[core])
    return (
        f"ansible-core {core} needs Python {lowest} to {highest} with venv, and none was found on"
        " PATH or in pyenv"
    )
