# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.

"""Waiting for servers: many pending ones, one poll loop, one deadline."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError, HubError

# Seconds.
STOP_TIMEOUT = 300.0
POLL = 0.5


def stop_servers(api: HubApi, servers: t.Collection[tuple[str, str]], timeout: float = STOP_TIMEOUT) -> None:
    """Stop servers, and wait until the hub says that they have stopped.

    :param servers: pairs of user and server name; the default server has the name "".
    :param timeout: seconds for all of them.
    :raises HubError: some still run then.
    """
    deadline = time.monotonic() + timeout
    waiting = {server: True for server in servers}
    while waiting:
        for (user, server), ask in waiting.items():
            if ask:
                try:
                    api.server_stop(user, server)
                    waiting[user, server] = False
                except ApiError as error:
                    # "pending spawn, please wait" (4.x) and "pending stop": it has to be waited for, and asked again.
                    if error.status != 400 or "pending" not in (error.hub_message or ""):
                        raise
        active = {user: _active(api, user) for user in {user for user, server in waiting}}
        waiting = {(user, server): ask for (user, server), ask in waiting.items() if server in active[user]}
        if waiting and time.monotonic() > deadline:
            names = ", ".join(sorted(f"{user}/{server}" for user, server in waiting))
            raise HubError(f"These servers have not stopped within {timeout:g} seconds: {names}. Look into the hub's log, and run the task again.")
        if waiting:
            time.sleep(POLL)


def _active(api: HubApi, user: str) -> t.Collection[str]:
    """:returns: the names of the user's servers that run, start or stop."""
    row = api.user_get(user)
    return [] if row is None else t.cast("dict[str, t.Any]", row.get("servers", {}))
