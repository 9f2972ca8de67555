# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The scopes that services need, for one task and for the declaration of a whole hub."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
)


def needs(options: Options, hub: Version) -> Needs:
    """:returns: the scopes that services need, by the options of jupyterhub_service."""
    del hub
    found = Needs(reads={"list:services", "read:services"}, writes={"admin:services"})
    if options.get("verify_login"):
        found.reads.add("read:users:name")
    return found
