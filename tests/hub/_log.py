# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has arrived at a hub, as its log shows it."""

from __future__ import annotations

import re
import time
import uuid
from typing import NamedTuple

from tests.hub._process import HubError
from tests.hub._witness import Witness

# "... log:191] 200 GET /hub/api/users (witness@127.0.0.1) 8.42ms", with " -> address" after the
# path of a redirect
ACCESS_LOG = re.compile(
    r"\] (\d{3}) ([A-Z]+) (\S+)(?: -> \S+)? \((.*)@[^()@]*\) [\d.]+ms$", re.MULTILINE
)


class Request(NamedTuple):
    """One request that reached the hub. ``path`` is below the API's root (``/users?limit=200``), or
    whole if outside the API.
    """

    method: str
    path: str
    status: int


class Logged(Witness):
    """A hub whose log can be read."""

    def log(self, since: int = 0) -> str:
        """Return the log from a mark on."""
        try:
            with self.log_file.open("rb") as file:
                file.seek(since)
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def mark(self) -> int:
        """Return a place in the log for ``requests(since=...)`` or ``log(since=...)``: after all
        that was answered by now.
        """
        self._settle()
        return self.log_file.stat().st_size

    def requests(self, since: int = 0, user: str | None = None) -> list[Request]:
        """Return the requests that the hub has answered since a mark, in the order of the answers,
        from its own access log.

        The witness's are left out. ``user`` keeps those of one user or service only; the hub names
        nobody ("") where it has refused a token, and where a login was in the body.
        """
        self._settle()
        root = f"{self._settings['base_url']}hub/api"
        found = []
        for status, method, path, asker in ACCESS_LOG.findall(self.log(since)):
            if asker == "witness" or path.startswith(f"{root}/?settle="):
                continue
            if user is None or asker == user:
                below = (
                    path.removeprefix(root)
                    if path.startswith((f"{root}/", f"{root}?")) or path == root
                    else path
                )
                found.append(Request(method, below, int(status)))
        return found

    def _settle(self) -> None:
        """Wait until the log holds all that was answered by now.

        The hub answers first and logs then, in one thread: when a request of our own is in the log,
        all earlier ones are. A hub that does not run has nothing more to log.
        """
        if self.pid is None:
            return
        name = uuid.uuid4().hex
        size = self.log_file.stat().st_size
        self.api("GET", f"/?settle={name}", token="")
        until = time.monotonic() + 10
        while name not in self.log(size):
            if time.monotonic() > until:
                raise HubError(
                    "the hub does not log its requests: has the test's own configuration changed"
                    " the log level?"
                )
            time.sleep(0.002)
