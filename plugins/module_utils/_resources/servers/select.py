# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Which servers a selection means. Pure: no request is sent here."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import ServerRow, UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    Selection,
    WantedServer,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.row import known
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import matches
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import parse_time


def select(
    selection: Selection, users: t.Iterable[UserRow], now: datetime.datetime
) -> t.Iterator[WantedServer]:
    """:returns: the selected servers, as if they had been declared.

    :param users: all users of the hub, with their stopped servers.
    :param now: by the hub's clock.
    """
    globs = None if selection.users is None else [normalize(glob) for glob in selection.users]
    for row in users:
        if globs is not None and not matches(normalize(row["name"]), globs):
            continue
        if selection.groups is not None and not selection.groups.intersection(
            known(row, "groups", "read:users:groups") or ()
        ):
            continue
        servers = known(row, "servers", "read:servers")
        for name in _names(selection, servers, now):
            yield WantedServer(
                row["name"],
                name,
                selection.state,
                selection.user_options,
                restart_if_changed=selection.restart_if_changed,
            )


def unused_groups(selection: Selection, users: t.Iterable[UserRow]) -> list[str]:
    """:returns: the groups of a selection that no user is in."""
    if not selection.groups:
        return []
    seen = {group for row in users for group in known(row, "groups", "read:users:groups") or ()}
    return sorted(selection.groups - seen)


def _names(
    selection: Selection, servers: t.Mapping[str, ServerRow], now: datetime.datetime
) -> list[str]:
    """:returns: which of a user's servers are selected."""
    state, named = selection.state, selection.named
    if state == "started":
        # Every user has a default server, also one that was never started; named ones only when
        # asked for.
        return sorted(name for name in servers if name) if named else [""]
    wanted = [name for name in sorted(servers) if named is None or bool(name) == named]
    # A selection stops and restarts what runs; it does not start what was stopped.
    wanted = [
        name for name in wanted if (name if state == "absent" else not servers[name]["stopped"])
    ]
    return [
        name
        for name in wanted
        if selection.idle_for is None or _idle(servers[name], now) >= selection.idle_for
    ]


def _idle(server: ServerRow, now: datetime.datetime) -> float:
    """:returns: for how many seconds a server has been idle; one that never was active, since its
    start.
    """
    last = server.get("last_activity") or server.get("started")
    return 0.0 if last is None else (now - parse_time(last)).total_seconds()
