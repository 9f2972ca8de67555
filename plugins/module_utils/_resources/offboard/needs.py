# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The scopes that it takes to remove people, whatever they have."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.person import (
    SHOWN_BY,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.proof import (
    SHARES_SINCE,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.wanted import (
    OffboardOptions,
    parse,
)


def needs(options: Options, hub: Version) -> Needs:
    """:returns: the scopes, by the options of jupyterhub_offboard. Those for groups and for admins
    depend on the people.
    """
    try:
        leavers = parse(t.cast(OffboardOptions, options))  # as the argument spec has it
    except RefusedError:
        # The task says why.
        return Needs()
    found = Needs(reads=set(SHOWN_BY.values()), writes={"delete:servers"})
    for leaver in leavers:
        if leaver.deletes:
            found.writes.add("delete:users")
        else:
            found.reads.add("read:tokens")
            found.writes.add("tokens")
        if leaver.freezes:
            found.writes.add("admin:users")
        if leaver.shares and hub >= SHARES_SINCE and not (leaver.deletes and not leaver.backup):
            found.reads.add("read:shares")
            if "received" in leaver.shares:
                found.reads.add("read:users:shares")
            if not leaver.deletes:
                found.writes.add("shares")
    return found
