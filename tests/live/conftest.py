# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for hubs with unusual configurations, and for clients that retry without a delay."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from unittest import mock

import pytest

from tests.hub import Hub
from tests.live.support import ACCESS
from tests.live.support_odd import REFUSING

# A hub with an authenticator that refuses and maps names, groups managed by the authenticator, and
# no encryption key for auth_state.
ODD = """
from jupyterhub.auth import DummyAuthenticator

class OddAuthenticator(DummyAuthenticator):
    async def add_user(self, user):
        if user.name.startswith("bad"):
            raise ValueError("no home directory for " + user.name)

c.JupyterHub.authenticator_class = OddAuthenticator
c.OddAuthenticator.password = settings["password"]
c.OddAuthenticator.username_pattern = "^[a-z][a-z0-9]*$"
c.OddAuthenticator.username_map = {"mapme": "target", "mapthem": "others"}
c.OddAuthenticator.manage_groups = True
"""


@pytest.fixture(scope="session")
def running_odd_hub(running_hub: Hub) -> Iterator[Hub]:
    """A running hub with an unusual authenticator. Tests use ``odd_hub``."""
    with Hub(running_hub.series, config=ODD, crypt_key=False) as hub:
        yield hub


@pytest.fixture
def odd_hub(running_odd_hub: Hub) -> Hub:
    """A hub that only accepts names of letters and digits, maps ``mapme`` to ``target``, and fails
    to add names that begin with ``bad``.
    """
    running_odd_hub.reset()
    return running_odd_hub


@pytest.fixture(scope="module", params=["plain", "keepcase"])
def odd(request: pytest.FixtureRequest) -> Iterator[Hub]:
    """A running hub that refuses some users. One variant stores names in lower case, the other one
    keeps their case.
    """
    with Hub("6", profile=request.param, config=REFUSING) as hub:
        yield hub


@pytest.fixture(scope="module")
def running_paged_hub(running_hub: Hub) -> Iterator[Hub]:
    """A running hub with small pages. Tests use ``paged_hub``."""
    with Hub(running_hub.series, page_limit=2) as hub:
        yield hub


@pytest.fixture
def paged_hub(running_paged_hub: Hub) -> Hub:
    """A hub that lists at most two objects per page."""
    running_paged_hub.reset()
    return running_paged_hub


@pytest.fixture
def hasty() -> Iterator[None]:
    """Reduce the client's delay between retries to almost nothing."""
    client = importlib.import_module(
        "ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client"
    )
    with mock.patch.object(client, "backoff", lambda attempt: 0.01 + 0.0 * attempt):
        yield


# Services with few scopes. Since JupyterHub 4.1 none of them can create admins.
NARROW: dict[str, list[str]] = {
    "nothing": [],
    "names-only": ["list:users", "delete:users"],
    "group-names": ["list:groups", "delete:groups"],
    "lists-nothing": ["read:users", "read:groups"],
    "filtered": [
        *(f"{scope}!user=a1" for scope in ("list:users", "read:users")),
        *(f"{scope}!group=a1" for scope in ("list:groups", "read:groups")),
        "delete:users",
        "delete:groups",
    ],
}
PASTED = """
import pathlib
if pathlib.Path("pasted.py").exists():
    exec(pathlib.Path("pasted.py").read_text())
"""


@pytest.fixture(scope="session")
def running_narrow_hub(running_hub: Hub) -> Iterator[Hub]:
    """A running hub with services that have few scopes. Tests use ``narrow_hub``."""
    scopes = {**NARROW, **{name: access.scopes for name, access in ACCESS.items()}}
    with Hub(
        running_hub.series,
        services={name: {"scopes": each} for name, each in scopes.items()},
        config=PASTED,
    ) as hub:
        yield hub


@pytest.fixture
def narrow_hub(running_narrow_hub: Hub) -> Hub:
    """A hub with the services of NARROW and ACCESS, whose tokens are in ``tokens``. Its
    configuration loads ``pasted.py`` at the end, if that file exists.
    """
    running_narrow_hub.reset()
    return running_narrow_hub


# Groups that have roles.
ROLES = """
# Members of a group with this role are admins. The group has to exist when the hub starts.
c.JupyterHub.load_groups = {"admins": {"users": []}}
c.JupyterHub.load_roles = [
    *c.JupyterHub.load_roles,
    {"name": "hubadmins", "groups": ["hubadmins"], "scopes": ["admin:users", "admin:servers"]},
    {"name": "tutors", "groups": ["tutors"], "scopes": ["list:users"]},
    {"name": "admin", "groups": ["admins"]},
]
"""


@pytest.fixture(scope="module")
def running_rights_hub(running_hub: Hub) -> Iterator[Hub]:
    """A running hub whose configuration gives roles to groups."""
    services = {"blind": {"scopes": ["admin:users", "groups"]}}
    with Hub(running_hub.series, config=ROLES, services=services) as hub:
        yield hub


@pytest.fixture
def rights_hub(running_rights_hub: Hub) -> Hub:
    """A hub with the groups hubadmins (its only member is gwen), tutors and admins, all of which
    have roles.
    """
    running_rights_hub.reset()
    running_rights_hub.add_users("gwen")
    for group in ("hubadmins", "tutors", "admins"):
        if group not in running_rights_hub.groups():
            running_rights_hub.add_group(group)
    running_rights_hub.expect("POST", "/groups/hubadmins/users", {"users": ["gwen"]})
    return running_rights_hub
