# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hubs as people really run them: each profile is a database, a proxy in front, an authenticator, a spawner and further configuration.

``Hub("6", profile="postgres")`` makes such a hub, and ``pytest --profile postgres`` runs tests on it.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import pathlib
from collections.abc import Callable
from typing import Any

from tests.hub._process import stacks_packages
from tests.hub.beside import Server
from tests.hub.databases import DatabaseServer, MariaDB, PostgreSQL
from tests.hub.fronts import Front, Nginx

# Makes a server of a hub: of its folder, the server's own notes, and whether it stays when this process ends.
Maker = Callable[[pathlib.Path, dict[str, Any], bool], Any]


@dataclasses.dataclass(frozen=True)
class Profile:
    """One way to run a hub.

    about: what it stands for, for people who run such a hub.
    config: Python text that is run before the test's own configuration.
    base_url: the hub's path, where the test does not ask for another one.
    database: makes the database server; None is SQLite.
    front: makes the proxy in front; None is the hub's own proxy alone.
    beside: make further servers, whose ports and folders the configuration finds in ``settings["servers"][NAME]``.
    packages: whether the hub needs Python packages of the environment ``stacks``.
    suite: whether all live tests are to pass on it; the others are for tests that ask for them.
    needs: returns what else is missing on this machine and how to install it, or None.
    """

    name: str
    about: str
    config: str = ""
    base_url: str = "/"
    database: Maker | None = None
    front: Maker | None = None
    beside: tuple[Maker, ...] = ()
    packages: bool = False
    suite: bool = False
    needs: Callable[[], str | None] = lambda: None

    def missing(self) -> str | None:
        """Return what is missing on this machine and how to install it, or None."""
        makers = [maker for maker in (self.database, self.front, *self.beside) if maker is not None]
        found = [self.needs(), *(maker(pathlib.Path(), {}, False).missing() for maker in makers)]
        if self.packages and stacks_packages() is None:
            found.append("its packages are not installed (python3 -m tests.tools.environments stacks)")
        return next((f"profile {self.name}: {problem}" for problem in found if problem), None)


KEEP_CASE = """
from jupyterhub.auth import DummyAuthenticator

class CaseKeepingAuthenticator(DummyAuthenticator):
    def normalize_username(self, username):
        return username

c.JupyterHub.authenticator_class = CaseKeepingAuthenticator
c.CaseKeepingAuthenticator.password = settings["password"]
"""

USER_MAP = """
c.Authenticator.username_map = {
    "tilda.brook@example.edu": "tbrook",
    "otto.lind@example.edu": "olind",
    "old": "new",
}
"""

PATTERN = """
c.Authenticator.username_pattern = "^[a-z][a-z0-9]*$"
"""

PAM = """
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.open_sessions = False
"""


def needs_root() -> str | None:
    """Return why PAM cannot be asked for others' passwords here, or None."""
    return None if os.getuid() == 0 else "only root can have others log in by PAM"


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("plain", "a hub with SQLite behind its own proxy", suite=True),
        Profile("keepcase", "an authenticator that keeps upper case in names", config=KEEP_CASE),
        Profile("usermap", "an authenticator that gives some logins other names on the hub", config=USER_MAP),
        Profile("pattern", "an authenticator that allows lower-case letters and digits only", config=PATTERN),
        Profile("pam", "the default authenticator: every user has to have an account of the system", config=PAM, needs=needs_root),
        Profile("nginx", "nginx in front, on a sub path, that hands paths on as they come", base_url="/jhub/", front=Nginx, suite=True),
        Profile(
            "nginx-uri",
            "nginx in front, on a sub path, with a URI in proxy_pass: it decodes and normalises paths",
            base_url="/jhub/",
            front=functools.partial(Nginx, uri=True),
        ),
        Profile("postgres", "PostgreSQL", database=PostgreSQL, packages=True, suite=True),
        Profile("mariadb", "MariaDB with the collation utf8mb4_general_ci, which takes josé and Jose for one name", database=MariaDB, packages=True),
        Profile(
            "mariadb-bin",
            "MariaDB with the collation utf8mb4_bin",
            database=functools.partial(MariaDB, collation="utf8mb4_bin"),
            packages=True,
            suite=True,
        ),
    )
}


class Surroundings:
    """The servers of one hub, as its profile wants them.

    state: the hub's folder.
    notes: what is to be known of each server, by name; kept with the hub's settings.
    """

    def __init__(self, profile: Profile, state: pathlib.Path, notes: dict[str, dict[str, Any]], detach: bool) -> None:
        self.database: DatabaseServer | None = None
        self.front: Front | None = None
        self.servers: dict[str, Server] = {}
        self._profile = profile
        for maker in (profile.database, *profile.beside, profile.front):
            if maker is None:
                continue
            # The server says its own name only when it is made.
            mine: dict[str, Any] = {}
            server = maker(state, mine, detach)
            server.notes = notes.setdefault(server.name, mine)
            self.servers[server.name] = server
            if isinstance(server, DatabaseServer):
                self.database = server
            elif isinstance(server, Front):
                self.front = server

    def start_behind(self) -> None:
        """Start all but the proxy in front: the hub needs them."""
        for server in self.servers.values():
            if server is not self.front:
                server.start()

    def start_in_front(self, upstream: str) -> None:
        """Start the proxy in front of this address of the hub's own proxy."""
        if self.front is not None:
            self.front.stand_before(upstream)
            self.front.start()

    def stop(self) -> None:
        """Stop them all, the proxy first."""
        for server in reversed(self.servers.values()):
            server.stop()

    def remove(self) -> None:
        """Stop them all and remove their folders."""
        for server in reversed(self.servers.values()):
            server.remove()
