# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests that have reached a hub, from its log."""

from __future__ import annotations

import re
import time
import uuid
from typing import NamedTuple

from tests.hub._process import HubError
from tests.hub._witness import Witness

# Such a line is "... log:191] 200 GET /hub/api/users (witness@127.0.0.1) 8.42ms". A redirect has "
# -> address" after the path.
ACCESS_LOG = re.compile(
    r"\] (\d{3}) ([A-Z]+) (\S+)(?: -> \S+)? \((.*)@[^()@]*\) [\d.]+ms$", re.MULTILINE
)


class Request(NamedTuple):
    """A request that reached the hub. ``path`` is relative to the root of the API
    (``/users?limit=200``), or complete if it is outside the API.
    """

    method: str
    path: str
    status: int


class Logged(Witness):
    """A hub whose log can be read."""

    def log(self, since: int = 0) -> str:
        """Return the log after a mark."""
        try:
            with self.log_file.open("rb") as file:
                file.seek(since)
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def mark(self) -> int:
        """Return a position in the log for ``requests(since=...)`` or ``log(since=...)``, after all
        requests that were answered before.
        """
        self._settle()
        return self.log_file.stat().st_size

    def requests(self, since: int = 0, user: str | None = None) -> list[Request]:
        """Return the requests that the hub has answered since a mark, in the order of the answers,
        from its own access log.

        Requests of the witness are left out. ``user`` selects the requests of one user or service.
        The user is "" if the hub has refused the token, or if the login was in the body.
        """
        self._settle()
        root = f"{self.path}hub/api"
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
        """Wait until the log contains all requests that were answered before.

        The hub answers first and logs afterwards, in one thread. Once the log has a request of our
        own, it has all earlier ones. A hub that does not run has logged everything.
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
