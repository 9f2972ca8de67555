# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The caller, and the hub's version."""

from __future__ import annotations

import datetime
import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import operations as table
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import rows
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.sending import Sender
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import is_token
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import OLDEST, SINCE
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import version_tuple

# Cached properties of the hub and the caller: they stay the same for a whole task.
ASKED_ONCE = ("me", "_info")


class Caller(Sender):
    """What the hub reports about the caller, and about itself."""

    @functools.cached_property
    def me(self) -> rows.CallerRow:
        """The caller, read once: ``kind``, ``name``, ``admin``, ``scopes`` (expanded by the hub),
        since 5.0 ``token_id``.
        """
        return self.whoami()

    def continue_from(self, other: Caller) -> None:
        """Work for the same task as another one on the same hub: what that one has asked the hub
        about itself and the caller is not asked again.
        """
        self.called = other.called
        for fact in ASKED_ONCE:
            if fact in other.__dict__:
                self.__dict__[fact] = other.__dict__[fact]

    @property
    def version(self) -> tuple[int, ...]:
        """The hub's version. Every answer of the API has it, so a request is only sent for it if
        none was sent before.
        """
        if self.client.version is None:
            # Every answer of a hub has its version, and other answers are not the hub's.
            self.hub_version()
        return version_tuple(t.cast(str, self.client.version))

    def now(self) -> datetime.datetime:
        """:returns: the present moment by the hub's clock, which ages are counted by; read
        something from the hub before.
        """
        return self.client.clock.now()

    def holds(self, scope: str) -> bool:
        """Whether the caller has just this scope: one without a filter holds for all objects."""
        return scope in self.me.get("scopes", ())

    def holds_some(self, scope: str) -> bool:
        """Whether the caller has this scope, but for some objects only."""
        held = self.me.get("scopes", ())
        return scope not in held and any(one.partition("!")[0] == scope for one in held)

    def scopes(self, name: str) -> list[str]:
        """:returns: the scopes of which any one allows an operation, of those that this hub
        knows.
        """
        return [
            scope
            for scope in table.OPERATIONS[name].scopes
            if self.version >= SINCE.get(scope, OLDEST)
        ]

    def require(self, since: str, what: str) -> None:
        """:raises RefusedError: the hub is too old for ``what``."""
        if self.version < version_tuple(since):
            raise RefusedError(
                f"{what} needs JupyterHub {since}; this hub is {self.client.version}."
            )

    def hub_version(self) -> rows.VersionRow:
        return self._ask(table.HUB_VERSION)

    def whoami(self) -> rows.CallerRow:
        return self._ask(table.WHOAMI)

    def whoami_of(self, secret: str) -> rows.CallerRow | None:
        """Prove a token by using it.

        A hub that cannot reach its database for a moment also refuses valid tokens. So the hub is
        asked again, after it has recognised the caller, before a token is treated as invalid.

        :returns: what the hub reports about its owner; None: it is not valid.
        """
        if not is_token(secret):
            return None
        me = self._try_token(secret)
        if me is None:
            self.whoami()
            me = self._try_token(secret)
        return me

    def _try_token(self, secret: str) -> rows.CallerRow | None:
        with self.client.with_token(secret) as client:
            try:
                return table.CALLER.of(client.get("user", shape=table.CALLER))
            except ApiError as error:
                if error.status == 403:
                    return None
                raise
            finally:
                self.client.absorb(client.requests, client.retries)
