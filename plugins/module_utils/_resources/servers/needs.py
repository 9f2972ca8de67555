# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The scopes that servers need, for one task and for the declaration of a whole hub."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
    items_of,
)


def needs(options: Options, hub: Version) -> Needs:
    """:returns: the scopes that servers need, by the options of jupyterhub_server."""
    found, items = Needs(reads={"read:servers"}), items_of("servers", options)
    if options.get("servers") is None and options.get("user") is None:
        found.reads.add("list:users")
    if options.get("select_groups") is not None:
        found.reads.add("read:users:groups")
    states = {item.get("state") or "started" for item in items}
    if states - {"stopped", "absent"}:
        found.writes.add("start:servers" if hub >= (6,) else "servers")
    if states & {"stopped", "absent", "restarted"} or any(
        item.get("restart_if_changed") for item in items
    ):
        found.writes.add("delete:servers")
    return found
