# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings that a hub starts with: versions, services, roles and secrets."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from tests.hub.profiles import PROFILES

# HUB6_VERSION in the environment names another version than the locked one, to test a new release.
# HUB6_PYTHON has to be set too.
HUB_VERSIONS = {
    series: os.environ.get(f"HUB{series}_VERSION", locked)
    for series, locked in {"4": "4.0.2", "5": "5.5.4", "6": "6.1.1"}.items()
}

# The scopes that the modules of the collection need together, and no others.
API_SCOPES = (
    "admin:users",
    "admin:auth_state",
    "list:users",
    "admin:groups",
    "list:groups",
    "servers",
    "read:servers",
    "delete:servers",
    "tokens",
    "list:services",
    "read:services",
    "read:hub",
    "proxy",
    "shutdown",
)
API_SCOPES_SINCE_5 = ("admin:services", "shares", "read:shares")


class HubOptions(TypedDict, total=False):
    """Options of a hub that most tests do not set; ``Hub`` explains them."""

    config: str
    spawner: str
    base_url: str
    allow_named: bool
    roles: Sequence[Mapping[str, Any]]
    service_scopes: Sequence[str] | None
    service_admin: bool
    services: Mapping[str, Mapping[str, Any]] | None
    crypt_key: bool
    page_limit: int | None
    patience: float | None


def profile_of(name: str | None) -> str:
    """Return the requested profile: this one, or the one in the environment."""
    return name or os.environ.get("HUB_PROFILE") or "plain"


def settings_of(series: str, profile: str, *, follow: bool, options: HubOptions) -> dict[str, Any]:
    """Return the settings of a new hub; raise ValueError if there is no such version, spawner or
    profile.
    """
    spawner, base_url = options.get("spawner", "inprocess"), options.get("base_url", "/")
    if series not in HUB_VERSIONS:
        raise ValueError(f"no such hub: {series!r}; there are {', '.join(HUB_VERSIONS)}")
    if spawner not in ("inprocess", "stub", "singleuser"):
        raise ValueError(f"no such spawner: {spawner!r}")
    if profile not in PROFILES:
        raise ValueError(f"no such profile: {profile!r}; there are {', '.join(PROFILES)}")
    if base_url == "/":
        base_url = PROFILES[profile].base_url
    return {
        "series": series,
        "profile": profile,
        "servers": {},
        "base_url": "/" + f"{base_url.strip('/')}/".lstrip("/"),
        "config": f"{PROFILES[profile].config}\n{options.get('config', '')}",
        "spawner": spawner,
        "allow_named": options.get("allow_named", True),
        "page_limit": options.get("page_limit"),
        "patience": options.get("patience"),
        "crypt_key": secrets.token_hex(32) if options.get("crypt_key", True) else None,
        "cookie_secret": secrets.token_hex(32),
        "proxy_token": secrets.token_hex(16),
        "password": secrets.token_hex(8),
        "follow": follow,
        **_callers(series, options),
    }


def _callers(series: str, options: HubOptions) -> dict[str, Any]:
    """Return the services, their tokens, and all roles."""
    scopes = options.get("service_scopes")
    if scopes is None:
        scopes = [*API_SCOPES, *(API_SCOPES_SINCE_5 if series != "4" else ())]
    declared: dict[str, Mapping[str, Any]] = {
        "provisioner": {"scopes": scopes, "admin": options.get("service_admin", True)},
        "scoped": {"scopes": scopes},
        "witness": {"admin": True},
        **(options.get("services") or {}),
    }
    tokens = {name: secrets.token_hex(16) for name in declared}
    services = [
        {
            "name": name,
            "api_token": tokens[name],
            **{key: value for key, value in spec.items() if key != "scopes"},
        }
        for name, spec in declared.items()
    ]
    roles = [
        {"name": f"service-{name}", "scopes": list(spec["scopes"]), "services": [name]}
        for name, spec in declared.items()
        if spec.get("scopes")
    ]
    return {
        "tokens": tokens,
        "services": services,
        "roles": [*options.get("roles", ()), *roles],
    }
