# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Names on the hub that no request can contain: what has one is never deleted."""

from __future__ import annotations

import dataclasses

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import Kept, Verdict
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import encode_path
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import Kind
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed


def reachable(verdict: Verdict, kind: Kind, warnings: list[str]) -> Verdict:
    """:returns: what a prune does, without those names that no request can contain. A warning says
    that these are kept.

    :param warnings: where that is reported.
    """
    unnamed = sum(kept.name is None for kept in verdict.kept)
    going = []
    kept = list(verdict.kept)
    unreachable = []
    for name in verdict.going:
        try:
            encode_path([name])
        except RefusedError:
            unreachable.append(repr(name))
            kept.append(Kept(name, "unnamed"))
        else:
            going.append(name)
    if unnamed:
        warnings.append(
            f"The hub has {unnamed} {kind}s without a name, which no request can reach. They are"
            " not deleted."
        )
    if unreachable:
        warnings.append(
            f"The hub has {kind}s whose names no address can contain. They are not deleted:"
            f" {listed(unreachable)}."
        )
    return dataclasses.replace(verdict, going=tuple(going), kept=tuple(kept))
