# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""All checks, by their ids, in the order in which they are reported."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit import (
    admins,
    drift,
    groups,
    hub,
    servers,
    services,
    shares,
    tokens,
    users,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import Check

CHECKS: dict[str, Check] = {
    check.id: check
    for themed in (admins, users, tokens, services, shares, servers, groups, drift, hub)
    for check in themed.CHECKS
}
