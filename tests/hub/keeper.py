# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a server beside a hub, and end it when the process that started it has ended. It is a program
of its own, with only the standard library.

``keeper.py [--user UID GID] [--signal NAME] [--hub FILE] [--stay] -- COMMAND...`` starts the
command and waits. It sends the signal to the command when it receives SIGTERM, and when its own
standard input ends (not with ``--stay``). In the second case it waits for the hub first, whose
process id is in the file, because a hub cannot stop without its database. It kills the command when
it receives SIGUSR1. If the keeper is killed, the command is killed too.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

PR_SET_PDEATHSIG = 1
HUB_PATIENCE = 15.0


def end_with_parent() -> None:
    """Let the system kill this process when its parent ends, if it can (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def runs(file: pathlib.Path) -> bool:
    """Return whether the process whose id is in this file runs."""
    try:
        os.kill(int(file.read_text(encoding="utf-8")), 0)
    except (OSError, ValueError):
        return False
    return True


def main() -> int:
    """Run the command line; return the exit status of the command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--user", nargs=2, type=int)
    parser.add_argument("--signal", default="TERM")
    parser.add_argument("--hub", type=pathlib.Path, default=pathlib.Path())
    parser.add_argument("--stay", action="store_true")
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()
    user, group = args.user or (None, None)
    others: list[int] | None = None if user is None else []
    child = subprocess.Popen(
        args.command,
        stdin=subprocess.DEVNULL,
        preexec_fn=end_with_parent,
        user=user,
        group=group,
        extra_groups=others,
    )
    politely = getattr(signal, f"SIG{args.signal}")

    def finish(number: int = 0, frame: FrameType | None = None) -> None:
        """Ask the command to end."""
        del number, frame
        child.send_signal(politely)

    def follow() -> None:
        """Wait until the process that started this one has ended."""
        os.read(0, 1)
        until = time.monotonic() + HUB_PATIENCE
        while runs(args.hub) and time.monotonic() < until:
            time.sleep(0.1)
        finish()

    signal.signal(signal.SIGTERM, finish)
    signal.signal(signal.SIGUSR1, lambda number, frame: child.kill())
    if not args.stay:
        threading.Thread(target=follow, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main())
