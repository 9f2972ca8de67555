# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Services as the role declares them."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import is_http
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.kind import (
    Item,
    KindOfObject,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.names import (
    passes,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.values import (
    ordered,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_service_name,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot import reading
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    Service,
    known,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import matches


class ServicesOfHub(KindOfObject):
    """The services."""

    singular = "service"
    scopes = ("list:services", "read:services")
    parts = frozenset({reading.SERVICES})

    def items(self) -> list[Item]:
        items = []
        for service in known(self.hub.services, "the services"):
            if matches(service.name, self.wanted.services_from_config):
                continue
            problem = self._service_problem(service)
            if problem is not None:
                self.leave_out(service.name, problem)
                continue
            self.leave_out(
                service.name,
                "its api_token, OAuth settings and roles, which the hub does not return",
            )
            items.append(self._service(service))
        return items

    def _service_problem(self, service: Service) -> str | None:
        url = known(service.url, f"the url of service {service.name}")
        if self.version < (5,):
            return "before JupyterHub 5.0 services exist only in the hub's configuration"
        if (self.hub.caller.kind, self.hub.caller.name) == ("service", service.name):
            return "this task uses its token, and it would be created without that token"
        if known(service.command, f"the command of service {service.name}"):
            return "the hub runs its command, so it comes from the hub's configuration"
        if not passes(check_service_name, service.name) or (url and not is_http(url)):
            return "jupyterhub_service does not accept its name or url"
        return None

    def _service(self, service: Service) -> Item:
        info = known(service.info, f"the info of service {service.name}")
        item: Item = {
            "name": service.name,
            "url": known(service.url, "its url"),
            "display": known(service.display, "its display"),
        }
        if isinstance(info, dict) and self.can_declare(service.name, "info", info):
            item["info"] = ordered(info)
        return {
            **item,
            "admin": known(service.admin, f"whether service {service.name} is an admin"),
        }
