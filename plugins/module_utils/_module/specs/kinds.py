# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The options of every kind of object, as its own module has them.

Written by tests/tools/documentation.py from _resources/kinds.py: Ansible sends a module only what
is imported by name.
"""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import ArgumentSpec
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs import (
    groups,
    servers,
    services,
    shares,
    tokens,
    users,
)

SPECS: dict[str, ArgumentSpec] = {
    "users": users.SPEC,
    "groups": groups.SPEC,
    "services": services.SPEC,
    "servers": servers.SPEC,
    "shares": shares.SPEC,
    "tokens": tokens.SPEC,
}
