# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start and stop a real JupyterHub: the demo, the tests and the benchmarks all use this package.

    from tests.hub import Hub

    with Hub("6") as hub:
        print(hub.url, hub.users())

It needs the standard library only. JupyterHub itself runs from a virtual environment of its own
(``make hubs``).
"""

from __future__ import annotations

from tests.hub._hub import Hub
from tests.hub._log import Request
from tests.hub._process import HubError, hub_python
from tests.hub._settings import API_SCOPES, HUB_VERSIONS
from tests.hub.beside import NotInstalled
from tests.hub.profiles import PROFILES

__all__ = [
    "API_SCOPES",
    "HUB_VERSIONS",
    "PROFILES",
    "Hub",
    "HubError",
    "NotInstalled",
    "Request",
    "hub_python",
]
