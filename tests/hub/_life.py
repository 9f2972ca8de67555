# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting and ending the processes of a hub."""

from __future__ import annotations

import atexit
import contextlib
import http.client
import json
import os
import pathlib
import subprocess
import time
import urllib.request
from typing import Any

from tests.hub._log import Logged
from tests.hub._process import HubError, belongs_to, end, free_ports, hub_python, stacks_packages
from tests.hub.beside import NotInstalled
from tests.hub.profile import node_proxy
from tests.hub.profiles import PROFILES


class Living(Logged):
    """A hub that can be started, stopped and killed."""

    def __init__(
        self, settings: dict[str, Any], state: pathlib.Path, *, detach: bool, port: int | None
    ) -> None:
        super().__init__(settings, state, detach=detach)
        self._process: subprocess.Popen[bytes] | None = None
        self._fixed_port = port

    def start(self, timeout: float = 90.0) -> None:
        """Start the hub and wait until its API answers through the proxy. After a stop, the ports
        and the database stay the same.

        Raises HubError, with the end of the log, if the hub does not start.
        """
        if self.pid is not None:
            return
        self.state.mkdir(parents=True, exist_ok=True)
        self.state.chmod(0o700)
        atexit.unregister(self._at_exit)
        atexit.register(self._at_exit)
        problem = PROFILES[self.profile].missing()
        if problem:
            raise NotInstalled(problem)
        self.beside.start_behind()
        first = "bind_url" not in self._settings
        # A new hub would end a proxy that has survived its hub, too, but only after three seconds.
        if self.proxy_pid is not None:
            end(self.proxy_pid, grace=0)
        (self.state / "jupyterhub-proxy.pid").unlink(missing_ok=True)
        for attempt in (1, 2, 3):
            if first:
                self._choose_ports()
            try:
                self._launch(timeout)
                break
            except HubError as error:
                self._end_everything()
                # Another program may have taken the port meanwhile.
                if not (first and attempt < 3 and "already in use" in str(error)):
                    raise
        self.beside.start_in_front(self.proxy_url)
        if first:
            self._note_baseline()

    def _note_baseline(self) -> None:
        """Run after the first start of the hub."""

    def _choose_ports(self) -> None:
        """Give the hub three free ports."""
        public, own, proxy_api = free_ports(3)
        host = PROFILES[self.profile].host
        self._settings["bind_url"] = f"http://{host}:{self._fixed_port or public}{self.path}"
        self._settings["hub_bind_url"] = f"http://{host}:{own}{self.path}"
        self._settings["proxy_api_url"] = f"http://127.0.0.1:{proxy_api}"

    def _launch(self, timeout: float) -> None:
        """Start the hub's process and wait for its API; raise HubError if it ends or does not
        answer in time.
        """
        python = hub_python(self.series)
        packages = stacks_packages() if PROFILES[self.profile].packages else None
        self._settings["db_url"] = self.database.url
        self._settings["node_proxy"] = (
            str(node_proxy()) if PROFILES[self.profile].proxy == "node" else None
        )
        self._settings["packages"] = str(packages) if packages else None
        self._save()
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(python),
                    "-m",
                    "jupyterhub",
                    "-f",
                    str(pathlib.Path(__file__).with_name("jupyterhub_config.py")),
                ],
                cwd=self.state,
                env=self._environment(python),
                # The hub watches this pipe, which breaks when the process that started the hub has
                # ended.
                stdin=subprocess.DEVNULL if self._detach else subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal should reach only the tests, which then stop the hub
                # themselves.
                start_new_session=True,
            )
        (self.state / "hub.pid").write_text(str(self._process.pid), encoding="utf-8")
        self._wait_for_api(python, timeout)

    def _environment(self, python: pathlib.Path) -> dict[str, str]:
        """Return the environment of the hub's process."""
        keep = ("LANG", "LC_ALL", "TMPDIR", "TZ", "USER")
        return {
            **{name: os.environ[name] for name in keep if name in os.environ},
            "HOME": str(self.state),
            "HUB_STATE": str(self.state),
            "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
        }

    def _wait_for_api(self, python: pathlib.Path, timeout: float) -> None:
        """Wait for the API; raise HubError if the hub ends or does not answer in time."""
        if self._process is None:
            raise HubError("the hub was not started")
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise HubError(
                    f"JupyterHub {self.version} ended with status"
                    f" {self._process.returncode}:\n{self._log_end()}"
                )
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                # The hub itself is polled first, because the proxy would log every failed request.
                for address in (self.hub_url, self.proxy_url):
                    with urllib.request.urlopen(f"{address}hub/api", timeout=5) as answer:
                        found = json.load(answer)["version"]
                if found != self.version:
                    raise HubError(
                        f"{python} runs JupyterHub {found}, not {self.version}. Run: make hubs"
                    )
                return
            time.sleep(0.05)
        raise HubError(
            f"JupyterHub {self.version} does not answer after {timeout:.0f} s:\n{self._log_end()}"
        )

    def _save(self) -> None:
        """Write the settings for the hub, and for ``attach``."""
        settings = self.state / "settings.json"
        settings.touch(mode=0o600)
        settings.write_text(json.dumps(self._settings), encoding="utf-8")

    def _log_end(self, lines: int = 40) -> str:
        """Return the last lines of the log."""
        return "\n".join(self.log().splitlines()[-lines:])

    def stop(self) -> None:
        """Stop the hub and everything that belongs to it in the regular way. State and ports are
        kept for the next ``start()``.
        """
        self._stop_hub()
        self.beside.stop()

    def _stop_hub(self) -> None:
        """Stop the hub, its proxy and its servers, but not the servers beside it."""
        pid = self.pid
        if pid is not None:
            end(pid)
        self._end_everything()

    def kill(self, proxy: bool = False, servers: bool = False) -> None:
        """Kill the hub's process (SIGKILL). Its proxy and its servers keep running, unless these
        options are set.
        """
        pid = self.pid
        if pid is not None:
            end(pid, grace=0)
        self._forget_process()
        if proxy and self.proxy_pid is not None:
            end(self.proxy_pid, grace=0)
        if servers:
            self._end_servers()

    def restart(self) -> None:
        """Stop the hub and start it again with the same ports and the same database."""
        self._stop_hub()
        self.start()

    def upgrade(self, series: str) -> None:
        """Stop the hub and start a newer JupyterHub with the same ports, tokens and database, which
        the new version upgrades.
        """
        self._stop_hub()
        self._settings["series"] = series
        self._settings["config"] += "\nc.JupyterHub.upgrade_db = True\n"
        self.start()

    def _end_everything(self) -> None:
        """End all processes of the hub that may be left."""
        for pid in (self.pid, self.proxy_pid):
            if pid is not None:
                end(pid, grace=2)
        self._end_servers()
        self._forget_process()
        for name in ("hub.pid", "jupyterhub-proxy.pid"):
            (self.state / name).unlink(missing_ok=True)

    def _end_servers(self) -> None:
        """End the servers and services that a killed hub has left."""
        for file in (self.state / "servers").glob("*"):
            if belongs_to(int(file.name), self.state):
                end(int(file.name), grace=0)
            file.unlink(missing_ok=True)

    def _forget_process(self) -> None:
        """Collect the exit status of an ended hub and close the pipe to it."""
        if self._process is not None:
            self._process.wait(timeout=10)
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = None

    def close(self) -> None:
        """Stop the hub."""
        self.stop()

    def _at_exit(self) -> None:
        """Stop a hub that the program has not stopped before its end."""
        if not self._detach:
            self.close()
