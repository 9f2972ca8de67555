# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by the tests on unusual hubs, which the fixture ``odd`` starts: groups with roles, similar
names, and users whom the hub refuses.
"""

from __future__ import annotations

import random

from tests.hub import Hub
from tests.live.support_servers import path

# The authenticator adds no user whose name begins with "bad", and deletes no user whose name begins
# with "kept".
REFUSING = """
from jupyterhub.auth import DummyAuthenticator

def add_user(self, user):
    if user.name.startswith("bad"):
        raise ValueError("no such account")

def delete_user(self, user):
    if user.name.startswith("kept"):
        raise RuntimeError("the account is kept")

# The class itself, and not one of its own kind: that is what tells whether the hub keeps the case of names.
DummyAuthenticator.add_user = add_user
DummyAuthenticator.delete_user = delete_user
c.JupyterHub.load_groups = {"hubadmins": {"users": []}, "tutors": {"users": []}, "course": {"users": []}}
c.JupyterHub.load_roles.extend([
    {"name": "admin", "groups": ["hubadmins"]},
    {"name": "tutor", "scopes": ["list:users"], "groups": ["tutors"]},
])
"""
NAMES = ("ada", "bob", "bad1", "bad2", "kept1", "kept2", "zo\u00eb", "zoe\u0308", "x[1]")
GROUPS = ("hubadmins", "tutors", "course")


def some(dice: random.Random, names: tuple[str, ...], most: int) -> list[str]:
    """Return some of the names, in any order."""
    return dice.sample(names, dice.randint(0, most))


def keeps_case(hub: Hub) -> bool:
    """Return whether the hub keeps upper case in the names of users."""
    kind: str = hub.expect("GET", "/info")["authenticator"]["class"]
    return kind.endswith("CaseKeepingAuthenticator")


def clear(hub: Hub) -> None:
    """Delete all users, also those whom the authenticator protects."""
    for name, user in hub.users().items():
        for server, row in user["servers"].items():
            if not row["stopped"]:
                hub.expect("DELETE", path(hub, name, server))
        if name.lower().startswith("kept"):
            # The authenticator allows the deletion under another name.
            hub.expect("PATCH", f"/users/{hub.quote(name)}", {"name": "free" + name[-1]})
            name = "free" + name[-1]
        hub.expect("DELETE", f"/users/{hub.quote(name)}")
    if "new" in hub.groups():
        hub.expect("DELETE", "/groups/new")
