# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The scopes that a declaration needs, and the few of them that bring all others along."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import smallest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.kinds import KINDS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.declared import (  # noqa: E501 - a full name
    Declaration,
)


def needed_scopes(declared: Declaration, hub: Version) -> list[str]:
    """:returns: the smallest set of scopes with which all that is declared can be done, whatever is
    on the hub.

    :param hub: the version of the hub.
    """
    wanted: set[str] = set()
    for name, kind in KINDS.items():
        items, prune = declared.items(name), name in declared.prune
        if items or prune:
            needs = kind.needs({name: items, "prune": prune}, hub)
            wanted |= needs.reads | needs.writes | needs.makes
    return smallest(wanted)
