# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Services."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import operations as table
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import rows
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.caller import Caller


class ServiceCalls(Caller):
    """Services."""

    def services_list(self) -> list[rows.ServiceRow]:
        return list(self._ask(table.SERVICES_LIST).values())

    def service_create(self, name: str, spec: rows.Fields) -> rows.ServiceRow:
        """The hub waits for the service to answer at its ``url``, half a minute at most, and
        creates it in any case.
        """
        return self._ask(table.SERVICE_CREATE, name, body={"name": name, **spec})

    def service_delete(self, name: str) -> bool:
        """:raises ApiError: 405 for a service that the hub's configuration defines."""
        return self._delete(table.SERVICE_DELETE, name)
