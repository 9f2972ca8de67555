# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tables of decisions and of requests are written with: objects as the hub sends them, and
steps that are compared by what they say.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step

# A step in a form that can be compared: its class, and all of its fields.
Said = tuple[str, dict[str, t.Any]]


def said(steps: t.Iterable[Step]) -> list[Said]:
    """:returns: steps in a form that can be compared; two equal steps are still two to the
    engine.
    """
    return [(type(step).__name__, dataclasses.asdict(t.cast(t.Any, step))) for step in steps]


def kinds_of(tables: t.Iterable[t.Iterable[Step]]) -> set[str]:
    """:returns: the classes of all steps that tables expect."""
    return {type(step).__name__ for steps in tables for step in steps}


def user(name: str | None, **fields: t.Any) -> dict[str, t.Any]:
    """A user as the hub sends it to a caller who may see everything."""
    row: dict[str, t.Any] = {
        "name": name,
        "admin": False,
        "roles": ["user"],
        "groups": [],
        "server": None,
        "pending": None,
        "created": "2026-01-01T00:00:00Z",
        "last_activity": None,
        "servers": {},
        "auth_state": None,
    }
    return {**row, **fields}


def group(name: str, *users: str, **properties: t.Any) -> dict[str, t.Any]:
    """A group as the hub sends it."""
    return {"name": name, "users": list(users), "properties": properties, "roles": []}


def server(name: str, state: str = "ready", **fields: t.Any) -> dict[str, t.Any]:
    """A server as the hub sends it.

    :param state: ready, stopped, or what it is pending: spawn, stop.
    """
    row: dict[str, t.Any] = {
        "name": name,
        "pending": None if state in ("ready", "stopped") else state,
        "ready": state in ("ready", "stop"),
        "stopped": state == "stopped",
        "url": f"/user/ada/{name}/",
        "user_options": {},
        "display_name": name,
    }
    return {**row, **fields}


def service(name: str, **fields: t.Any) -> dict[str, t.Any]:
    """A service as the hub sends it."""
    row: dict[str, t.Any] = {
        "name": name,
        "admin": False,
        "url": "",
        "prefix": f"/services/{name}/",
        "display": True,
        "info": {},
        "command": [],
        "pid": 0,
        "roles": [],
    }
    return {**row, **fields}
