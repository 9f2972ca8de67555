# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Servers that another client has just begun to start.

The hub shows such a server as starting before it stores the options of this start: by one turn of
its event loop at least, and longer where server_token_scopes is a function. Until then it shows
the options of the start before (jupyterhub/handlers/base.py, spawn_single_user, and
jupyterhub/user.py, spawn; tried on 4.0.2, 5.5.4 and 6.1.1).
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    find_users,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.decide import (
    changes_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.fleet import (
    WITH_STOPPED,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    WantedServer,
)

# How often they are read again, and after how many seconds each time. Options that still differ
# then are taken for those of this start.
LOOKS = 6
INTERVAL = 0.5


def read_begun(
    api: HubApi, rows: dict[str, UserRow], wanted: t.Sequence[WantedServer]
) -> dict[str, UserRow]:
    """Read users again whose servers start with other options than declared, as far as is known.

    :param rows: the users, by name.
    :param wanted: with the names of users as the hub has them.
    :returns: the users, with the options of the starts that had just begun.
    """
    for _look in range(LOOKS):
        unclear = {item.user: item.user for item in wanted if _differs(item, rows.get(item.user))}
        if not unclear:
            break
        time.sleep(INTERVAL)
        again = find_users(api, unclear, query=WITH_STOPPED, stored_names=unclear)
        rows = {**rows, **{name: again.rows[name] for name in unclear if name in again.rows}}
    return rows


def _differs(item: WantedServer, row: UserRow | None) -> bool:
    server = ((row or {}).get("servers") or {}).get(item.name)
    if server is None or server["pending"] != "spawn" or item.state != "started":
        return False
    return "user_options" in changes_of(item, server)
