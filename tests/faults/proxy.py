# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mitmproxy in front of a hub: started once, and given a new script for every run.

``Wire`` in ``tests/live/support.py`` is smaller and runs in the process of the tests, so that a
test can act on the hub at the moment when a request passes. Another process cannot do that. Faults
of connections and responses belong here.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.hub import Hub
from tests.hub._process import end, free_ports
from tests.tools.environments import environment

# The description of each fault is in the addon.
FAULTS = (
    "refused",
    "reset-before",
    "reset-after",
    "cut",
    "garbled",
    "page-502-before",
    "page-503-before",
    "page-504-before",
    "page-502-after",
    "page-504-after",
    "429-seconds",
    "429-date",
    "429-none",
    "slow",
)
# Responses of another server in place of the hub: status and kind of body.
IMPOSTORS = (
    "200-text",
    "200-object",
    "200-list",
    "201-empty",
    "202-json",
    "204-bare",
    "301-empty",
    "403-json",
    "403-html",
    "404-json",
    "404-html",
    "409-json",
    "500-json",
)
ADDON = pathlib.Path(__file__).with_name("addon.py")
# Delay of a slow response in seconds. Clients that meet one use half of it as their timeout, which
# is longer than any other response takes, also on a busy machine.
SLOW = 2.0


def mitmdump() -> pathlib.Path:
    """Return the path of mitmdump: ``MITMDUMP`` in the environment, or the one in a virtual
    environment, which is created if needed.
    """
    chosen = os.environ.get("MITMDUMP")
    return pathlib.Path(chosen) if chosen else environment("mitmproxy") / "bin" / "mitmdump"


class Passed(NamedTuple):
    """A request that has reached the proxy, or that was refused.

    fault: the fault of the request; empty if none.
    status: the hub's own status; None if the hub did not receive the request.
    """

    method: str
    path: str
    fault: str
    status: int | None


class FaultyProxy:
    """``mitmdump`` on a free port of 127.0.0.1, in front of a hub. Use it as a context manager.

    url: the hub's address through the proxy.
    """

    def __init__(self, hub: Hub) -> None:
        self._target = urlsplit(hub.hub_url)
        self._lock = threading.Lock()
        self._refuses = False

    def __enter__(self) -> FaultyProxy:
        self._own = contextlib.ExitStack()
        folder = self._own.enter_context(tempfile.TemporaryDirectory(prefix="mitmdump-"))
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}{self._target.path}"
        ours, theirs = socket.socketpair()
        # A missing response raises an error, so that the test does not hang.
        ours.settimeout(60)
        self._control = self._own.enter_context(ours).makefile("rw", encoding="utf-8")
        self._own.enter_context(self._control)
        settings = [
            f"confdir={folder}",
            "connection_strategy=lazy",
            "keep_host_header=true",
            "onboarding=false",
            "show_ignored_hosts=false",
        ]
        command: list[str | pathlib.Path] = [mitmdump(), "--quiet", "--scripts", ADDON]
        command += [
            "--mode",
            f"reverse:{self._target.scheme}://{self._target.netloc}",
            "--listen-host",
            "127.0.0.1",
            "--listen-port",
            str(port),
        ]
        for setting in settings:
            command += ["--set", setting]
        log = self._own.enter_context(pathlib.Path(folder, "log").open("w+", encoding="utf-8"))
        with theirs:
            process = subprocess.Popen(
                command,
                env={**os.environ, "FAULTS_CONTROL": str(theirs.fileno()), "HOME": folder},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._own.callback(process.wait, 10)
        self._own.callback(end, process.pid, 5)
        try:
            self.script({})
        except (OSError, ValueError) as error:
            log.seek(0)
            said = log.read()
            self._own.close()
            raise RuntimeError(f"mitmdump does not start: {said}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._own.close()

    def script(self, faults: Mapping[int, str], forever: tuple[int, str] | None = None) -> None:
        """Set a new script and count requests from 0 again.

        faults: by the number of the request.
        forever: a number, and the fault of all requests from this number on.
        """
        self._refuses = "refused" in faults.values() or (
            forever is not None and forever[1] == "refused"
        )
        self._ask(order="script", faults=faults, forever=forever, delay=SLOW)

    def listen(self) -> None:
        """After a refused connection, accept the next one, unless it is to be refused too."""
        if self._refuses:
            self._ask(order="listen")

    def seen(self) -> list[Passed]:
        """Return the requests since the script was set."""
        return [Passed(*entry) for entry in self._ask(order="seen")]

    def _ask(self, **order: Any) -> Any:
        with self._lock:
            self._control.write(json.dumps(order) + "\n")
            self._control.flush()
            return json.loads(self._control.readline())
