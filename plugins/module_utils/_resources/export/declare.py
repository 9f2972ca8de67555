# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""From a snapshot of a hub to the variables of the role that declare just that. Pure: no request is
sent here.

What the modules cannot declare is left out with a reason. A list that leaves something out is not
complete, and its mode says so, so that the role removes nothing for it.
"""

from __future__ import annotations

import dataclasses

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import version_tuple
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.kind import (
    Item,
    LeftOut,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.kinds import (
    EXPORTS,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.names import (
    CutOff,
    Names,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.wanted import (
    SERVICES,
    Wanted,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    Snapshot,
)


@dataclasses.dataclass(frozen=True)
class Export:
    """The declared objects by kind, and what is not among them."""

    kinds: dict[str, list[Item]]
    left_out: list[LeftOut]


def declare(hub: Snapshot, wanted: Wanted, cut_off: CutOff) -> Export:
    """:returns: the variables with which the role would create a hub like this one.
    :raises RefusedError: the caller may not see something that must be known.
    """
    names, left_out = Names(hub, wanted, cut_off), list[LeftOut]()
    version = version_tuple(hub.hub_version)
    kinds = {
        kind: of_hub(hub, names, wanted, left_out).items()
        for kind, of_hub in EXPORTS.items()
        if kind in wanted.exists_on(version)
    }
    if version < (5,) and not kinds.get(SERVICES):
        kinds.pop(SERVICES, None)
    order = list(EXPORTS)
    left_out.sort(key=lambda one: (order.index(f"{one.kind}s"), one.name, one.reason))
    return Export(kinds, left_out)
