# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The adapter of every kind of object, as its own module has it.

Written by tests/tools/documentation.py from _resources/kinds.py: Ansible sends a module only what
is imported by name.
"""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.manage import Resource
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.work import Groups
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.work import (
    Servers,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.work import (
    Services,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.work import Shares
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.work import Tokens
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.work import Users

RESOURCES: dict[str, type[Resource]] = {
    "users": Users,
    "groups": Groups,
    "services": Services,
    "servers": Servers,
    "shares": Shares,
    "tokens": Tokens,
}
