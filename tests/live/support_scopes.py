# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Callers whose scopes are limited to some objects."""

from __future__ import annotations

from typing import Any

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import Result, one_sentence, runner, snapshot, writes

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


def predicted(hub: Hub, run: ModuleRunner, module: str, task: dict[str, Any]) -> Result:
    """Run a task that is refused in part in check mode, which changes nothing and reports the same
    refusals, and then in a real run; return the real result.
    """
    before, mark = snapshot(hub), hub.mark()
    check = run(module, task, check=True, diff=True)
    assert writes(hub.requests(mark)) == []
    assert snapshot(hub) == before
    real = run(module, task, diff=True)
    assert (real["failed"], real["changed"]) == (True, True), real["msg"]
    for key in ("failed", "changed", "changes", "pending", "refused", "rest_done", "diff"):
        assert check[key] == real[key], key
    assert check["msg"] == real["msg"].replace("else was done.", "else would be done.")
    one_sentence(real)
    again = run(module, task)
    assert (again["failed"], again["changed"]) == (True, False), again
    assert again["refused"] == real["refused"]
    return real
