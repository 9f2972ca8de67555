# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client needs to know about a hub: its addresses, its tokens and its files."""

from __future__ import annotations

import pathlib
from typing import Any

from tests.hub._process import alive, belongs_to
from tests.hub._settings import HUB_VERSIONS
from tests.hub.databases import Database, SQLite
from tests.hub.profiles import PROFILES, Surroundings


class Facts:
    """The properties of a hub, from its settings."""

    def __init__(self, settings: dict[str, Any], state: pathlib.Path, *, detach: bool) -> None:
        self.state = state
        self._detach = detach
        self._take(settings)

    def _take(self, settings: dict[str, Any]) -> None:
        """Store the settings, and create the objects for the servers beside this hub."""
        self._settings = settings
        self.tokens: dict[str, str] = settings["tokens"]
        self.beside = Surroundings(
            PROFILES[self.profile], self.state, settings["servers"], self._detach
        )
        self.database: Database = (
            SQLite(self.state) if self.beside.database is None else self.beside.database
        )

    @property
    def series(self) -> str:
        """The JupyterHub version: "4", "5" or "6"."""
        return str(self._settings["series"])

    @property
    def version(self) -> str:
        """The version of JupyterHub, for instance "6.1.1"."""
        return HUB_VERSIONS[self.series]

    @property
    def profile(self) -> str:
        """The name of the profile."""
        return str(self._settings["profile"])

    @property
    def url(self) -> str:
        """The public address: through the hub's proxy, or through the proxy in front of it."""
        if self.beside.front:
            return self.beside.front.url
        profile = PROFILES[self.profile]
        return self.proxy_url.replace(profile.host, profile.public_host or profile.host, 1)

    @property
    def path(self) -> str:
        """The path of the hub in all these addresses, ``/`` or ``/jhub/``."""
        return str(self._settings["base_url"])

    @property
    def proxy_url(self) -> str:
        """The address of the hub's own proxy."""
        return str(self._settings["bind_url"])

    @property
    def hub_url(self) -> str:
        """The hub's own address, without the proxy; the API is below ``hub/api`` here too. If the
        hub only accepts its proxy, this is the proxy's address.
        """
        return (
            str(self._settings["hub_bind_url"]) if PROFILES[self.profile].direct else self.proxy_url
        )

    @property
    def proxy_api_url(self) -> str:
        """The address of the proxy's own API, which needs ``proxy_token``."""
        return str(self._settings["proxy_api_url"])

    @property
    def proxy_token(self) -> str:
        """The token of the proxy's own API."""
        return str(self._settings["proxy_token"])

    @property
    def password(self) -> str:
        """The password with which every user can log in."""
        return str(self._settings["password"])

    @property
    def token(self) -> str:
        """The token of the service ``provisioner``."""
        return self.tokens["provisioner"]

    @property
    def scoped_token(self) -> str:
        """The token of the service ``scoped``, which has the provisioner's role but is no admin."""
        return self.tokens["scoped"]

    @property
    def admin_token(self) -> str:
        """The token of the service ``witness``, which has every scope. The tests use it for their
        own requests.
        """
        return self.tokens["witness"]

    @property
    def log_file(self) -> pathlib.Path:
        """The log of the hub and its proxy."""
        return self.state / "hub.log"

    @property
    def pid(self) -> int | None:
        """The process id of the hub, or None when it does not run."""
        return self._read_pid("hub.pid")

    @property
    def proxy_pid(self) -> int | None:
        """The process id of the proxy, or None when it does not run."""
        return self._read_pid("jupyterhub-proxy.pid")

    def _read_pid(self, name: str) -> int | None:
        """Return the process id in this file of the state directory if that process runs and
        belongs to this hub, otherwise None.
        """
        try:
            pid = int((self.state / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return pid if alive(pid) and belongs_to(pid, self.state) else None
