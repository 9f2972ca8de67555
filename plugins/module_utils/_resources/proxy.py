# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The proxy in front of the hub: its routes are repaired, or another proxy is announced."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
    Fields,
    Step,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import is_http
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import is_token
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import Options
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief


class SyncProxy(Step):
    """Makes the hub repair the routes of its proxy."""

    action = "sync"
    kind = "proxy"
    name = "proxy"
    operation = "proxy_sync"
    before = None

    @property
    def after(self) -> Fields:
        return {}


@dataclasses.dataclass(frozen=True, eq=False)
class AnnounceProxy(Step):
    """Makes the hub use another proxy.

    :param announced: what is told of it, without secrets.
    """

    announced: Fields
    action = "sync"
    kind = "proxy"
    name = "proxy"
    operation = "proxy_announce"
    before = None

    @property
    def after(self) -> Fields:
        return self.announced


class ProxyOptions(t.TypedDict):
    """The options of jupyterhub_proxy."""

    api_url: str | None
    auth_token: str | None


class ProxyAction:
    """What jupyterhub_proxy does.

    :raises RefusedError: the options make no sense.
    """

    def __init__(self, api: HubApi, options: Options) -> None:
        self.api = api
        given = t.cast(ProxyOptions, options)  # as the argument spec has it
        named = {"api_url": given["api_url"], "auth_token": given["auth_token"]}
        self.announced = {key: value for key, value in named.items() if value is not None}
        if "api_url" in self.announced and not is_http(self.announced["api_url"]):
            # The hub would use it, and lose its proxy.
            raise RefusedError(
                f"api_url {brief(self.announced['api_url'])} is not a valid address: write it like"
                " http://127.0.0.1:8001."
            )
        if "auth_token" in self.announced and not is_token(self.announced["auth_token"]):
            raise RefusedError(
                "auth_token is empty, or contains characters that are not allowed in a token:"
                " give the token of the proxy's own API."
            )

    @property
    def step(self) -> Step:
        """What is done."""
        fields = {
            key: HIDDEN if key == "auth_token" else value for key, value in self.announced.items()
        }
        return AnnounceProxy(fields) if self.announced else SyncProxy()

    def do(self) -> None:
        """:raises HubError: the hub cannot do it."""
        if not self.announced:
            self.api.proxy_sync()
            return
        try:
            # This repairs the routes as well.
            self.api.proxy_announce(self.announced)
        except ApiError as error:
            if error.status >= 500:
                # The hub takes them first and uses them then (jupyterhub/apihandlers/proxy.py,
                # ProxyAPIHandler.patch).
                names = " and ".join(self.announced)
                raise error.with_advice(
                    f"It uses the new {names} nevertheless: correct them, and run the task again."
                ) from None
            raise

    def wait(self) -> None:
        """The hub answers when it is done."""
