# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Rules about services."""

from __future__ import annotations

import ipaddress
import typing as t
from urllib.parse import urlsplit

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import (
    Case,
    Check,
    Hit,
    Shown,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import (
    Service,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.say import (
    count,
    some,
)

# Names that are only valid inside a machine, a cluster or a local network.
INSIDE = (".svc", ".cluster.local", ".local", ".internal", ".localhost", ".lan", ".home.arpa")


def _hit(service: Service, evidence: str) -> Hit:
    return Hit(service.name, evidence, service, names=(service.name,))


def admin_services(case: Case) -> t.Iterator[Hit]:
    """SVC-1: services that may do everything and are not on the list."""
    declared = case.policy.admin_services
    for service in case.hub.services:
        if service.admin and declared is not None and service.name not in declared:
            yield _hit(service, "admin: every scope of the hub")


def show_admin_services(case: Case) -> Shown:
    """:returns: the services that are admins."""
    names = tuple(service.name for service in case.hub.services if service.admin)
    return Shown(f"{count(len(names), 'service')} with admin rights", names)


def _declared(case: Case, service: Service) -> bool:
    lists = (case.policy.services, case.policy.admin_services)
    return any(names is not None and service.name in names for names in lists)


def with_roles(case: Case) -> t.Iterator[Hit]:
    """SVC-2: services that have roles and are not declared."""
    for service in case.hub.services:
        if service.roles and not service.admin and not _declared(case, service):
            roles = some([case.show(role) for role in service.roles], 10)
            yield _hit(service, f"roles: {roles}; power unknown")


def undeclared(case: Case) -> t.Iterator[Hit]:
    """SVC-3: services that are not declared."""
    for service in case.hub.services:
        if not service.roles and not service.admin and not _declared(case, service):
            yield _hit(service, f"leads to {case.show(service.url)}" if service.url else "no url")


def show_services(case: Case) -> Shown:
    """:returns: all services that are not admins."""
    names = tuple(service.name for service in case.hub.services if not service.admin)
    return Shown(f"{count(len(names), 'service')} without admin rights", names)


def plain_http(case: Case) -> t.Iterator[Hit]:
    """SVC-4: services that the proxy reaches without encryption."""
    for service in case.hub.services:
        if service.url and urlsplit(service.url).scheme == "http" and not inside(service.url):
            yield _hit(service, f"http to {case.show(urlsplit(service.url).netloc)}")


def inside(url: str) -> bool:
    """Whether an address stays on the machine, in the cluster or in a private network."""
    host = urlsplit(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(INSIDE)
    return address.is_private or address.is_loopback or address.is_link_local


CONFIG = "Services in the hub's configuration can be changed only there, followed by a restart. "

CHECKS = (
    Check(
        id="SVC-1",
        severity="high",
        one="A service is an admin and is not on the list",
        many="{n} services are admins and are not on the list",
        why=(
            "Anyone who has the token of such a service can do everything on the hub. Most"
            " services need only a few scopes; the idle culler needs five."
        ),
        source="GET /services",
        parts=("services", "services.admin"),
        policy=("admin_services",),
        find=admin_services,
        by_hand=CONFIG
        + (
            "Remove admin, and give the service a role with only the scopes that it needs in"
            " load_roles."
        ),
        shows=show_admin_services,
    ),
    Check(
        id="SVC-2",
        severity="medium",
        one="A service has roles and is not declared",
        many="{n} services have roles and are not declared",
        why=(
            "The API does not show what a role allows. The service may have every power without"
            " being shown as an admin."
        ),
        source="GET /services",
        parts=("services", "services.admin", "services.roles"),
        policy=("services",),
        find=with_roles,
        by_hand=CONFIG
        + "Check what its roles allow there, and add it to policy.services if that is acceptable.",
        shows=show_services,
    ),
    Check(
        id="SVC-3",
        severity="medium",
        one="A service is not declared",
        many="{n} services are not declared",
        why="A service takes part in users' logins and has pages below the hub's address.",
        source="GET /services",
        parts=("services", "services.admin", "services.roles"),
        policy=("services",),
        find=undeclared,
        by_hand=(
            "Since JupyterHub 5, services can be created at run time: find out who created it. To"
            " remove it, use jupyterhub_service with state absent."
        ),
    ),
    Check(
        id="SVC-4",
        severity="low",
        one="A service is reached over plain http",
        many="{n} services are reached over plain http",
        why="Anyone on the network path between the proxy and the service can read users' tokens.",
        source="GET /services: url",
        parts=("services", "services.url"),
        find=plain_http,
        by_hand="Give the service a certificate, or run it on the host of the proxy.",
    ),
)
