# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One JupyterHub: start, read, empty, kill and stop it."""

from __future__ import annotations

import atexit
import http.client
import json
import os
import pathlib
import shutil
import tempfile
import time
from types import TracebackType
from typing import Unpack

from tests.hub._life import Living
from tests.hub._process import HubError
from tests.hub._settings import HubOptions, profile_of, settings_of

# With more objects than this, deleting the whole database is faster than deleting them one by one.
WIPE_ABOVE = 300


class Hub(Living):
    """A JupyterHub of one version on free ports of 127.0.0.1, with its data in a directory of its
    own.

    Use it as a context manager, or call ``start()`` and ``stop()``. It ends with the process that
    started it, even if that is killed, unless ``detach`` is set.

    series: "4", "5" or "6", see HUB_VERSIONS.
    profile: a name in ``tests/hub/profiles.py``, for another database, a proxy in front, another
        authenticator. None means the one in HUB_PROFILE, which ``pytest --profile`` sets, or else
        ``plain``.
    config: Python text that is run at the end of the hub's configuration file, after the profile's
        own. ``c`` is defined there.
    spawner: "inprocess" (default; coroutines of the hub), "stub" (small processes that survive a
        killed hub) or "singleuser" (the real server). ``tests/hub/spawners.py`` lists the switches
        that make them slow or fail.
    base_url: the hub's path on its public address.
    allow_named: whether users can have named servers.
    roles: additional items of ``load_roles``.
    service_scopes, service_admin: the scopes of the service ``provisioner`` (``token``), and
        whether it has ``admin: True``. An admin service has every scope, whatever its role says;
        JupyterHub 4.1 and newer do not let other services create admins. Tests with ``token`` show
        what works, and tests with ``scoped_token`` (the same role, no admin) that the scopes are
        enough.
    services: additional services, ``{"narrow": {"scopes": ["list:users"], "admin": False}}``; other
        keys are passed to JupyterHub unchanged. Their tokens are in ``tokens``. A service without
        scopes can only identify itself.
    crypt_key: whether auth_state can be stored.
    page_limit: the default and the largest page of the API; None keeps the hub's own (50 and 200).
    patience: seconds after which a start or a stop is answered with 202; None keeps the hub's own
        (10).
    state: the directory of the hub; None creates a temporary one that is deleted with the hub (kept
        if HUB_KEEP is set).
    port: the public port; None takes a free one.
    detach: leave the hub running when this process ends.
    """

    def __init__(
        self,
        series: str = "6",
        *,
        profile: str | None = None,
        state: str | pathlib.Path | None = None,
        port: int | None = None,
        detach: bool = False,
        **options: Unpack[HubOptions],
    ) -> None:
        settings = settings_of(series, profile_of(profile), follow=not detach, options=options)
        self._temporary = state is None
        place = tempfile.mkdtemp(prefix=f"hub{series}-") if state is None else state
        super().__init__(settings, pathlib.Path(place).resolve(), detach=detach, port=port)
        self._baseline: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())

    @classmethod
    def attach(cls, state: str | pathlib.Path) -> Hub:
        """Return the hub that another process has started in this state directory; raise HubError
        if there is none.
        """
        file = pathlib.Path(state) / "settings.json"
        try:
            settings = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise HubError(f"no hub was started in {state}: {error}") from error
        hub = cls(settings["series"], state=state, detach=True)
        hub._take(settings)
        return hub

    def __enter__(self) -> Hub:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the hub and remove its temporary directory."""
        self.stop()
        atexit.unregister(self._at_exit)
        if self._temporary and not os.environ.get("HUB_KEEP"):
            self.beside.remove()
            shutil.rmtree(self.state, ignore_errors=True)

    def _note_baseline(self) -> None:
        self._baseline = (frozenset(self.users()), frozenset(self.groups()))

    def reset(self) -> None:
        """Empty the hub for the next test: delete all users, groups, servers and services except
        those of the first start.

        A few objects are deleted with the API (milliseconds). If that is impossible or takes
        longer, the hub is restarted with an empty database (seconds).
        """
        try:
            if self.pid is not None and self._empty():
                return
        except (OSError, HubError, http.client.HTTPException):
            pass  # a stuck server, a name that fits no path, or a dead hub
        self.wipe()

    def wipe(self) -> None:
        """Stop the hub, delete its database, and start it again."""
        self.kill(proxy=True, servers=True)
        self._end_everything()
        self.beside.start_behind()
        self.database.clear()
        self.start()

    def _empty(self) -> bool:
        """Delete with the API what tests may have created; return False if there is too much to
        delete. Raises HubError if the hub refuses a deletion.
        """
        kept_users, kept_groups = self._baseline
        users = {name: user for name, user in self.users().items() if name not in kept_users}
        groups = self.groups().keys() - kept_groups
        if len(users) + len(groups) > WIPE_ABOVE:
            return False
        for name, user in users.items():
            # Stopped servers are deleted with their user.
            for server in (
                server for server, state in user["servers"].items() if not state["stopped"]
            ):
                self._stop_server(name, server)
            self.expect("DELETE", f"/users/{self.quote(name)}")
        for group in groups:
            self.expect("DELETE", f"/groups/{self.quote(group)}")
        configured = {service["name"] for service in self._settings["services"]}
        for service in self.services().keys() - configured:
            self.expect("DELETE", f"/services/{self.quote(service)}")
        return True

    def _stop_server(self, user: str, server: str) -> None:
        """Stop a server; raise HubError if it does not stop within two seconds."""
        path = (
            f"/users/{self.quote(user)}/servers/{self.quote(server)}"
            if server
            else f"/users/{self.quote(user)}/server"
        )
        until = time.monotonic() + 2
        while time.monotonic() < until:
            status, answer = self.api("DELETE", path)
            if status in (204, 404):
                return
            time.sleep(0.05)
        raise HubError(f"server {user}/{server} does not stop: {status} {answer}")
