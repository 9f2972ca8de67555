# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The scopes that shares need, for one task and for the declaration of a whole hub."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
    items_of,
)


def needs(options: Options, hub: Version) -> Needs:
    """:returns: the scopes that shares need, by the options of jupyterhub_share."""
    del hub
    found = Needs(reads={"read:shares"}, writes={"shares"})
    giving = [item for item in items_of("shares", options) if item.get("mode") != "absent"]
    for guests, scope in (("users", "read:users:name"), ("groups", "read:groups:name")):
        if any(item.get(guests) for item in giving):
            found.reads.add(scope)
    return found
