# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Reading the users whose servers are declared or selected, and which servers these are."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Unread
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    find_users,
    list_users,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import Found
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.look_alikes import (
    not_removed,
    unknown_logins,
    warnings_of_missing,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.out_of_reach import (
    OutOfReach,
    plan_seen,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.fleet import (
    WITH_STOPPED,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.select import (
    select,
    unused_groups,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    Selection,
    WantedServer,
    WantedServers,
    title,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed


@dataclasses.dataclass(frozen=True)
class Read:
    """What was read.

    :param users: with their stopped servers.
    :param servers: those that are declared or selected, with the names of users as the hub has
    them.
    :param unread: what stands for those of which the caller may not see the user, or not which
    servers the user has.
    :param warnings: sentences for people.
    """

    users: Found[UserRow]
    servers: tuple[WantedServer, ...]
    unread: tuple[Unread, ...]
    warnings: list[str]


def read_servers(api: HubApi, wanted: WantedServers, stored_names: t.Mapping[str, str]) -> Read:
    """:raises HubError: they cannot be read."""
    if wanted.selection is not None:
        return _read_selected(api, wanted.selection)
    names = list(dict.fromkeys(item.user for item in wanted.servers))
    beyond = OutOfReach()
    found = find_users(api, names, query=WITH_STOPPED, stored_names=stored_names, beyond=beyond)
    kept, unread = beyond.split(
        wanted.servers,
        lambda item: [item.user],
        lambda item, _user, error: Unread("server", title(item.key), error),
    )
    declared = dataclasses.replace(wanted, servers=kept)
    servers = declared.stored_as({name: found.stored(name) for name in names})
    return Read(found, tuple(servers), unread, _warnings_of_missing(api, kept, found))


def _read_selected(api: HubApi, selection: Selection) -> Read:
    found = Found(list_users(api, WITH_STOPPED), folded=True)
    servers, users, unread = plan_seen(
        api,
        list(found.rows.values()),
        lambda rows: tuple(select(selection, rows, api.now())),
        lambda row, error: Unread("server", title((row["name"], "")), error),
    )
    warnings = []
    if found.nameless:
        warnings.append(
            "The hub has users without a name, whose servers no request can reach. They are not"
            " changed."
        )
    # Somebody whose groups are hidden may be in any of them.
    unused = [] if unread else unused_groups(selection, users)
    if unused:
        warnings.append(f"These groups have no members: {listed(unused)}.")
    return Read(found, servers, unread, warnings)


def _warnings_of_missing(
    api: HubApi, items: t.Iterable[WantedServer], found: Found[UserRow]
) -> list[str]:
    """:returns: warnings of servers that are to be stopped or removed, and that may be on the hub
    under another name, or their users may.
    """
    gone = [item for item in items if item.state in ("stopped", "absent")]
    missing = [item.user for item in gone if found.get(item.user) is None]
    names = [found.stored(user) for user in missing]
    logins = [user for user in missing if not found.told(user)]
    warnings = [
        *warnings_of_missing(api.user_get, names, found.rows),
        *unknown_logins(logins, found.rows),
    ]
    for item in gone:
        servers = (found.get(item.user) or {}).get("servers") or {}
        warnings += not_removed(f"servers of user {item.user}", [item.name], servers)
    return warnings
