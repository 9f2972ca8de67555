# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Callers whose scopes are limited to some objects."""

from __future__ import annotations

from typing import Any

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import Result, runner

CALLER = "root"


def limited(hub: Hub, *scopes: str) -> ModuleRunner:
    """Return a function that runs modules with a token of an admin that has these scopes only."""
    if CALLER not in hub.users():
        hub.add_users(CALLER, admin=True)
    row = hub.expect("POST", f"/users/{CALLER}/tokens", {"scopes": list(scopes)})
    return runner(hub, api_token=row["token"])


def refused(result: Result) -> list[tuple[str, str, Any]]:
    """Return the kind, name and status of everything that a task was refused."""
    return [(one["kind"], one["name"], one["status"]) for one in result["refused"]]
