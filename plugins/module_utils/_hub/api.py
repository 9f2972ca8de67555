# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The REST API of JupyterHub: a short method for each operation, by the name that it has in the
table (``operations.py``).
"""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.groups import GroupCalls
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.hub import HubCalls
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.servers import (
    ServerCalls,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.services import (
    ServiceCalls,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.shares import ShareCalls
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.tokens import TokenCalls
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.users import UserCalls


class HubApi(HubCalls, UserCalls, ServerCalls, GroupCalls, TokenCalls, ServiceCalls, ShareCalls):
    """The operations, on one hub."""
