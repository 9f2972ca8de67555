# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The hub itself, its proxy, and the owner of a token or a cookie."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import operations as table
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import rows
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import Hidden
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.caller import Caller


class HubCalls(Caller):
    """The hub itself."""

    def hub_info(self) -> rows.HubRow:
        return self._ask(table.HUB_INFO)

    @property
    def authenticator(self) -> str | None:
        """The hub's authenticator, such as ``jupyterhub.auth.PAMAuthenticator``; None if the caller
        may not see it.
        """
        return self._class_of("authenticator")

    @property
    def spawner(self) -> str | None:
        """The hub's spawner, such as ``kubespawner.spawner.KubeSpawner``; None if the caller may
        not see it.
        """
        return self._class_of("spawner")

    def _class_of(self, part: t.Literal["authenticator", "spawner"]) -> str | None:
        info = self._info
        model = {} if info is None else info.get(part) or {}
        name = model.get("class")
        return name if isinstance(name, str) else None

    @functools.cached_property
    def _info(self) -> rows.HubRow | None:
        """What the hub reports about itself, read once; None if the caller may not see it."""
        try:
            return self.hub_info()
        except ApiError as error:
            if error.status == 403:
                return None
            raise

    def proxy_routes(self) -> list[rows.RouteRow]:
        """The routing table. The hub answers it as a dict even with pages."""
        return self._list(table.PROXY_ROUTES)

    def proxy_sync(self) -> None:
        """Make the hub compare the proxy's routes with its own, and repair them."""
        self._ask(table.PROXY_SYNC, repeatable=True)

    def proxy_announce(self, proxy: rows.Fields) -> None:
        """Make the hub use another proxy.

        :param proxy: ``api_url`` and ``auth_token``, or one of them.
        """
        self._ask(table.PROXY_ANNOUNCE, body=proxy)

    def shutdown(self, *, servers: bool, proxy: bool) -> None:
        """Make the hub shut itself down; it answers before it does."""
        self._ask(table.SHUTDOWN, body={"servers": servers, "proxy": proxy})

    def identify_token(self, token: str) -> rows.CallerRow | None:
        """:returns: the user or service that a token belongs to; None: it is not valid."""
        return self._find(table.IDENTIFY_TOKEN, Hidden(token))

    def identify_cookie(self, name: str, value: str) -> rows.CallerRow | None:
        """:returns: the user that a cookie of the hub belongs to; None: it is not valid."""
        return self._find(table.IDENTIFY_COOKIE, name, Hidden(value))
