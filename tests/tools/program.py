# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs programs of the current environment."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys


def run(place: pathlib.Path, *command: str | pathlib.Path, **env: str) -> str:
    """Run a program of the environment in a folder and return its output; raise SystemExit if it
    fails.
    """
    program = pathlib.Path(sys.executable).with_name(str(command[0]))
    path = f"{program.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    environment = {**os.environ, "PATH": path, **env}
    done = subprocess.run(
        [program, *command[1:]],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(
            f"{' '.join(map(str, command))}: exit status"
            f" {done.returncode}\n{done.stdout}{done.stderr}"
        )
    return done.stdout + done.stderr
