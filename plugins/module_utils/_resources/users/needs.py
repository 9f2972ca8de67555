# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The scopes that users need, for one task and for the declaration of a whole hub."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
    items_of,
)


def needs(options: Options, hub: Version) -> Needs:
    """:returns: the scopes that users need, by the options of jupyterhub_user."""
    del hub
    found, items = Needs(), items_of("users", options)
    present = [item for item in items if item.get("state") != "absent"]
    if present:
        found.makes.add("admin:users")
        found.reads.add("read:users:name")
    for field, read, write in (
        ("admin", "read:users", "admin:users"),
        ("auth_state", "admin:auth_state", "admin:users"),
    ):
        if any(item.get(field) is not None for item in present):
            found.reads.add(read)
            found.writes.add(write)
    if any(item.get("last_activity") for item in present):
        found.reads.add("read:users:activity")
        found.writes.add("users:activity")
    if any(item.get("rename_from") for item in present):
        found.reads.add("read:servers")
        found.writes.add("admin:users")
    if len(present) < len(items) or options.get("prune"):
        # The hub deletes no user whose servers are running.
        found.reads.add("read:servers")
        found.writes.update(("delete:users", "delete:servers"))
    if options.get("prune"):
        found.reads.update(("list:users", "read:users", "read:users:groups"))
    return found
