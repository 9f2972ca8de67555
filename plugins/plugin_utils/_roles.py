# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""A service with a role, as text for the configuration of a hub: Python, The Littlest JupyterHub,
Zero to JupyterHub.
"""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import (
    OLDEST,
    SINCE,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import version_tuple

FORMATS = ("python", "tljh", "helm")
# What does the same on hubs that do not know a scope.
INSTEAD = {"start:servers": "servers"}
NEWEST = (6,)
# What the hub asks of the name of a role (jupyterhub/roles.py, _validate_role_name), and of a
# service that is part of an address.
NAME = re.compile(r"[a-z][a-z0-9-]{1,60}[a-z0-9]")


@dataclasses.dataclass(frozen=True)
class Service:
    """A service that the configuration defines, and the one role that it has.

    :param scopes: those of the role.
    :param admin: whether it is an admin, which holds every scope anyway.
    :param token_file: where the hub reads the service's token, in Python.
    """

    name: str
    scopes: tuple[str, ...]
    admin: bool = False
    token_file: str = ""


def version_of(hub: str | None) -> tuple[int, ...]:
    """:returns: the version that a text such as 5.5 means; the newest where none is given.

    :raises ValueError: it is none.
    """
    if hub is None:
        return NEWEST
    if not re.fullmatch(r"\d+(\.\d+){0,2}((a|b|rc)\d+)?(\.dev\d*)?", hub):
        raise ValueError(f"hub is {hub!r}, which is not a version: write it like '5.5'")
    return version_tuple(hub)


def known_scopes(scopes: t.Iterable[str], hub: tuple[int, ...]) -> tuple[list[str], list[str]]:
    """:returns: the scopes as a hub of this version knows them, and those that it does not know."""
    kept, unknown = set(), []
    for scope in sorted(set(scopes)):
        base, bang, narrow = scope.partition("!")
        if hub >= SINCE.get(base, OLDEST):
            kept.add(scope)
        elif base in INSTEAD:
            kept.add(f"{INSTEAD[base]}{bang}{narrow}")
        else:
            unknown.append(scope)
    return sorted(kept), unknown


def render(service: Service, form: str, unknown: t.Sequence[str] = ()) -> str:
    """:returns: the text that defines a service and its role.

    :param form: one of FORMATS.
    :param unknown: scopes that were left out, as the hub does not know them.
    :raises ValueError: the service or the format cannot be used.
    """
    if form not in FORMATS:
        raise ValueError(f"the format is {form!r}: it must be one of {', '.join(FORMATS)}")
    if not NAME.fullmatch(service.name):
        raise ValueError(
            f"service is {service.name!r}: use 3 to 62 lower-case letters, digits and hyphens, and"
            " begin with a letter"
        )
    return _helm(service, unknown) if form == "helm" else _python(service, form, unknown)


def _left_out(unknown: t.Sequence[str]) -> list[str]:
    return (
        [f"# Left out, because this hub does not know them: {', '.join(unknown)}"]
        if unknown
        else []
    )


def _python(service: Service, form: str, unknown: t.Sequence[str]) -> str:
    """Append to the lists: an assignment would remove their content."""
    path = service.token_file or f"/etc/jupyterhub/{service.name}.token"
    if form == "tljh":
        where = [
            f"# /opt/tljh/config/jupyterhub_config.d/{service.name}.py, then: sudo tljh-config"
            " reload hub"
        ]
    else:
        where = [
            "# Add this at the end of jupyterhub_config.py or of a file that it loads, and"
            " restart the hub."
        ]
    admin = ["    'admin': True,"] if service.admin else []
    return "\n".join(
        [
            *where,
            f"# The hub reads the service's token from {path}.",
            *_left_out(unknown),
            "import pathlib",
            "",
            "c.JupyterHub.services.append({",
            f"    'name': {service.name!r},",
            f"    'api_token': pathlib.Path({path!r}).read_text().strip(),",
            *admin,
            "})",
            "c.JupyterHub.load_roles.append({",
            f"    'name': {service.name!r},",
            "    'scopes': [",
            *(f"        {scope!r}," for scope in service.scopes),
            "    ],",
            f"    'services': [{service.name!r}],",
            "})",
            "",
        ]
    )


def _helm(service: Service, unknown: t.Sequence[str]) -> str:
    """Values of the chart, which merges them with its own; JSON strings are YAML, too."""
    key = f"hub.services.{service.name}.apiToken"
    secret = "{.data." + key.replace(".", "\\.") + "}"
    return "\n".join(
        [
            (
                "# Values for the Helm chart of Zero to JupyterHub, for helm upgrade. The chart"
                " creates the service's token:"
            ),
            f"# kubectl get secret hub -o jsonpath='{secret}' | base64 -d",
            *_left_out(unknown),
            "hub:",
            "  services:",
            f"    {service.name}:",
            f"      admin: {json.dumps(service.admin)}",
            "  loadRoles:",
            f"    {service.name}:",
            "      scopes:",
            *(f"        - {json.dumps(scope)}" for scope in service.scopes),
            "      services:",
            f"        - {json.dumps(service.name)}",
            "",
        ]
    )
