# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building blocks of the tables of decisions and requests: objects as the hub sends them, and a
comparable form of steps.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step

# A comparable form of a step: its class, and all of its fields.
Said = tuple[str, dict[str, t.Any]]


def said(steps: t.Iterable[Step]) -> list[Said]:
    """:returns: steps in a comparable form, because the engine treats two equal steps as
    different.
    """
    return [(type(step).__name__, dataclasses.asdict(t.cast(t.Any, step))) for step in steps]


def kinds_of(tables: t.Iterable[t.Iterable[Step]]) -> set[str]:
    """:returns: the classes of all steps that the tables expect."""
    return {type(step).__name__ for steps in tables for step in steps}


def user(name: str | None, **fields: t.Any) -> dict[str, t.Any]:
    """Return a user as the hub sends it to a caller with all scopes."""
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
    """Return a group as the hub sends it."""
    return {"name": name, "users": list(users), "properties": properties, "roles": []}


def server(name: str, state: str = "ready", **fields: t.Any) -> dict[str, t.Any]:
    """Return a server as the hub sends it.

    :param state: ready, stopped, or the pending action: spawn, stop.
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
    """Return a service as the hub sends it."""
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
