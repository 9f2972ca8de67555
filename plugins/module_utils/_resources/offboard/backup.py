# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What is removed from people, as variables of the role provision. Pure.

It holds no secret: tokens, codes and sessions cannot be restored, nor can the options of servers,
which may contain secrets.
"""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Json
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.kind import Item
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.decide import (
    Case,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.read import (
    left_groups,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.yaml_text import assigned

HEADER = """\
---
# Written by hubops.jupyterhub.jupyterhub_offboard: what was removed from people who leave, as
# variables of the role hubops.jupyterhub.provision. This command shows what would restore it:
#
#   ansible-playbook hubops.jupyterhub.provision -e @THIS_FILE --check --diff
#
# Tokens, share codes, sessions, options of servers and files are not in here.
"""


def text(cases: t.Sequence[Case], version: tuple[int, ...]) -> str:
    """:returns: the file for these people."""
    kinds = {
        "users": _users(cases),
        "groups": _groups(cases),
        "servers": _servers(cases, version),
        "shares": _shares(cases),
    }
    parts = (f"\n{assigned(kind, items)}" for kind, items in kinds.items() if items)
    return HEADER + "".join(parts)


def _users(cases: t.Sequence[Case]) -> list[Item]:
    return [
        {"name": case.person.name, "admin": case.person.admin}
        for case in cases
        if case.person is not None and (case.leaver.deletes or case.person.admin)
    ]


def _groups(cases: t.Sequence[Case]) -> list[Item]:
    members: dict[str, list[Json]] = {}
    for case in cases:
        left = left_groups(case)
        if case.person is not None and case.leaver.deletes:
            left = list(case.person.groups)
        for group in left:
            members.setdefault(group, []).append(case.name)
    return [
        {"name": group, "users": users, "users_mode": "present"}
        for group, users in sorted(members.items())
    ]


def _servers(cases: t.Sequence[Case], version: tuple[int, ...]) -> list[Item]:
    # Older hubs cannot make a server without starting it.
    state = "present" if version >= (6,) else "started"
    return [
        {"user": case.name, "name": server, "state": state}
        for case in cases
        if case.person is not None and (case.leaver.deletes or case.leaver.servers == "removed")
        for server in sorted(case.person.servers)
        if server
    ]


def _shares(cases: t.Sequence[Case]) -> list[Item]:
    found: dict[tuple[str, str], dict[str, dict[str, list[Json]]]] = {}
    for case in cases:
        for share in case.revoked_shares:
            kind, guest = share.guest
            guests = found.setdefault(share.server, {}).setdefault(f"{kind}s", {})
            guests[guest] = [*sorted(share.scopes)]
    return [
        {
            "owner": owner,
            "server": server,
            "mode": "present",
            **{
                kind: [_guest(*one) for one in sorted(guests.items())]
                for kind, guests in sorted(kinds.items())
            },
        }
        for (owner, server), kinds in sorted(found.items())
    ]


def _guest(name: str, scopes: list[Json]) -> Json:
    return {"name": name, "scopes": scopes}
