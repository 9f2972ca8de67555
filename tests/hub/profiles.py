# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All profiles by name, and the servers that a hub has in its profile.

``Hub("6", profile="postgres")`` creates such a hub, and ``pytest --profile postgres`` runs tests on
it.
"""

from __future__ import annotations

import pathlib
from typing import Any

from tests.hub.authenticators import AUTHENTICATORS
from tests.hub.beside import Server
from tests.hub.databases import DATABASES, DatabaseServer
from tests.hub.fronts import FRONTS
from tests.hub.profile import Profile
from tests.hub.spawning import SPAWNERS
from tests.hub.web_servers import Front

PLAIN = Profile("plain", "a hub with SQLite behind its own proxy", suite=True)
PROFILES = {
    profile.name: profile for profile in (PLAIN, *DATABASES, *FRONTS, *AUTHENTICATORS, *SPAWNERS)
}


class Surroundings:
    """The servers of one hub in its profile.

    state: the hub's folder.
    notes: the data of each server, by name; kept with the hub's settings.
    """

    def __init__(
        self, profile: Profile, state: pathlib.Path, notes: dict[str, dict[str, Any]], detach: bool
    ) -> None:
        self.database: DatabaseServer | None = None
        self.front: Front | None = None
        self.servers: dict[str, Server] = {}
        self._profile = profile
        for maker in (profile.database, *profile.beside, profile.front):
            if maker is None:
                continue
            # Only an instance knows the name of its server.
            mine: dict[str, Any] = {}
            server = maker(state, mine, detach)
            server.notes = notes.setdefault(server.name, mine)
            self.servers[server.name] = server
            if isinstance(server, DatabaseServer):
                self.database = server
            elif isinstance(server, Front):
                self.front = server

    def start_behind(self) -> None:
        """Start all servers except the proxy in front, because the hub needs them."""
        for server in self.servers.values():
            if server is not self.front:
                server.start()

    def start_in_front(self, upstream: str) -> None:
        """Start the proxy in front of this address, which is that of the hub's own proxy."""
        if self.front is not None:
            self.front.stand_before(upstream)
            self.front.start()

    def stop(self) -> None:
        """Stop all servers, the proxy first."""
        for server in reversed(self.servers.values()):
            server.stop()

    def remove(self) -> None:
        """Stop all servers and remove their folders."""
        for server in reversed(self.servers.values()):
            server.remove()
