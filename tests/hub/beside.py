# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers beside a hub: a database, a proxy in front, an identity provider. Each has a folder, a
port and a process of its own.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from tests.hub._process import HubError, alive, belongs_to, end, free_ports


class NotInstalled(HubError):
    """Something that a profile needs is not installed. The message names it and says how to install
    it.
    """


def ordinary_user() -> tuple[int, int] | None:
    """Return the user and the group for servers that refuse to run as root: ``nobody``, or None if
    this process is not root.
    """
    if os.getuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def run_program(
    command: Sequence[str | pathlib.Path],
    folder: pathlib.Path,
    text: str = "",
    *,
    ordinary: bool = True,
) -> None:
    """Run a program in this folder with this text as its input, by default as the ordinary user;
    raise HubError with its output if it fails.
    """
    user, group = (ordinary_user() if ordinary else None) or (None, None)
    others: list[int] | None = None if user is None else []
    done = subprocess.run(
        command,
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        user=user,
        group=group,
        extra_groups=others,
    )
    if done.returncode:
        raise HubError(f"{command[0]} ended with status {done.returncode}:\n{done.stderr}")


def give(path: pathlib.Path) -> None:
    """Make the ordinary user the owner of a file or a folder."""
    user = ordinary_user()
    if user:
        os.chown(path, *user)


def program(*names: str) -> str | None:
    """Return the path of the first of these programs that is installed, also in folders that only
    root has on the PATH; None if there is none.
    """
    path = os.pathsep.join(
        [os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"]
    )
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


class Server:
    """A server of one hub. It ends with the process that started it, even if that is killed, unless
    ``detach`` is set.

    state: the hub's folder, which has the server's log and pid.
    notes: the data that is needed to find the server again, kept with the hub's settings: folder,
        port, password.
    """

    # Its name in messages and file names, the signal that ends it, and whether it refuses to run as
    # root.
    name = ""
    stop_signal = "TERM"
    refuses_root = False

    def __init__(self, state: pathlib.Path, notes: dict[str, Any], detach: bool = False) -> None:
        self.state = state
        self.notes = notes
        self._detach = detach
        self._process: subprocess.Popen[bytes] | None = None

    # -- what each kind of server says of itself
    # ------------------------------------------------------------------------

    def missing(self) -> str | None:
        """Return what is missing on this machine and how to install it, or None."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Write the server's files into its folder, before its first start on a port."""

    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Return whether the server answers."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=1),
        ):
            return True
        return False

    # -- life
    # -----------------------------------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return int(self.notes["port"])

    @property
    def folder(self) -> pathlib.Path:
        """The server's own folder."""
        return pathlib.Path(self.notes["folder"])

    @property
    def log_file(self) -> pathlib.Path:
        """The file with the output of the server."""
        return self.state / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """The process id of the server's keeper, or None if it does not run."""
        try:
            pid = int((self.state / f"{self.name}.pid").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return pid if alive(pid) and belongs_to(pid, self.state) else None

    def start(self, timeout: float = 30.0) -> None:
        """Start the server and wait until it answers; do nothing if it runs. Raises NotInstalled or
        HubError if it does not start.
        """
        if self.pid is not None:
            return
        problem = self.missing()
        if problem:
            raise NotInstalled(problem)
        first = "folder" not in self.notes
        for attempt in (1, 2, 3):
            if first:
                self._settle_down()
            try:
                self._launch(timeout)
                return
            except HubError:
                self.stop()
                # Another program may have taken the port meanwhile.
                if not first or attempt == 3:
                    raise
                self.remove()

    def _settle_down(self) -> None:
        """Give the server a folder and a port."""
        if self.refuses_root and ordinary_user():
            # Only root can enter the hub's own folder.
            self.notes["folder"] = tempfile.mkdtemp(prefix=f"hub-{self.name}-")
            give(self.folder)
        else:
            self.notes["folder"] = str(self.state / self.name)
            self.folder.mkdir(mode=0o700, exist_ok=True)
        self.notes["port"] = free_ports(1)[0]
        self.prepare()

    def _launch(self, timeout: float) -> None:
        """Start the process and wait until the server answers."""
        user = ordinary_user() if self.refuses_root else None
        keeper = [
            sys.executable,
            "-I",
            "-S",
            str(pathlib.Path(__file__).with_name("keeper.py")),
            "--signal",
            self.stop_signal,
        ]
        keeper += ["--user", *map(str, user)] if user else []
        keeper += ["--hub", str(self.state / "hub.pid")]
        keeper += ["--stay"] if self._detach else []
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*keeper, "--", *self.command()],
                cwd=self.folder,
                env={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "HUB_STATE": str(self.state),
                    "HOME": str(self.folder),
                    "LC_ALL": "C.UTF-8",
                },
                stdin=subprocess.DEVNULL if self._detach else subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (self.state / f"{self.name}.pid").write_text(str(self._process.pid), encoding="utf-8")
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise HubError(
                    f"{self.name} ended with status {self._process.returncode}:\n{self._log_end()}"
                )
            if self.ready():
                return
            time.sleep(0.05)
        raise HubError(f"{self.name} does not answer after {timeout:.0f} s:\n{self._log_end()}")

    def _log_end(self, lines: int = 30) -> str:
        """Return the last lines of the server's output."""
        return "\n".join(
            self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        )

    def stop(self) -> None:
        """Stop the server in the regular way, if it runs."""
        self._end(grace=15)

    def kill(self) -> None:
        """Kill the server (SIGKILL)."""
        if self.pid is not None:
            # The keeper kills the server and collects its exit status. Otherwise the dead process
            # would stay listed, and the server would find its own process id at its next start.
            os.kill(self.pid, signal.SIGUSR1)
        self._end(grace=15)

    def _end(self, grace: float) -> None:
        """End the keeper, if it still runs, and with it the server."""
        pid = self.pid
        if pid is not None:
            end(pid, grace)
        if self._process is not None:
            self._process.wait(timeout=10)
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = None
        (self.state / f"{self.name}.pid").unlink(missing_ok=True)

    def remove(self) -> None:
        """Stop the server and remove its folder."""
        self.stop()
        if "folder" in self.notes:
            shutil.rmtree(self.folder, ignore_errors=True)
            for name in ("folder", "port", "made"):
                self.notes.pop(name, None)
