# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""How the objects of every kind are exported.

Written by tests/tools/documentation.py from _resources/kinds.py: Ansible sends a module only what
is imported by name.
"""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.kind import (
    KindOfObject,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.export import (
    GroupsOfHub,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.export import (
    ServersOfHub,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.export import (
    ServicesOfHub,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.export import (
    SharesOfHub,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.export import (
    TokensOfHub,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.export import (
    UsersOfHub,
)

EXPORTS: dict[str, type[KindOfObject]] = {
    "users": UsersOfHub,
    "groups": GroupsOfHub,
    "services": ServicesOfHub,
    "servers": ServersOfHub,
    "shares": SharesOfHub,
    "tokens": TokensOfHub,
}
