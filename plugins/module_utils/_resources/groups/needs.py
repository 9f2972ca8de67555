# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The scopes that groups need, for one task and for the declaration of a whole hub."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
    items_of,
)


def needs(options: Options, hub: Version) -> Needs:
    """:returns: the scopes that groups need, by the options of jupyterhub_group."""
    del hub
    found, items = Needs(reads={"read:groups:name"}), items_of("groups", options)
    present = [item for item in items if item.get("state") != "absent"]
    if present:
        found.makes.add("admin:groups")
    if any(item.get(field) is not None for item in present for field in ("users", "properties")):
        found.reads.add("read:groups")
        found.writes.add("groups")
    if any(item.get("users") and item.get("users_mode") != "absent" for item in present):
        found.reads.add("read:users:name")
    if len(present) < len(items) or options.get("prune"):
        found.writes.add("delete:groups")
    if options.get("prune"):
        found.reads.update(("list:groups", "read:roles:groups"))
    return found
