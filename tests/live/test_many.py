# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A failure of many items is one readable sentence: it names some of them and counts the others."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub

pytestmark = pytest.mark.newest
NAMES = [f"gone-{number:02}" for number in range(60)]
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "users": ("jupyterhub_user", {"users": [{"name": "ada"}], "prune": True}),
    "groups": ("jupyterhub_group", {"name": "g", "users": NAMES}),
    "tokens": (
        "jupyterhub_token",
        {"tokens": [{"user": name, "note": "n", "return_token": True} for name in NAMES]},
    ),
    "offboard": ("jupyterhub_offboard", {"users": [{"name": name} for name in NAMES]}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_failure_of_many_items(hub: Hub, module: ModuleRunner, case: str) -> None:
    if case == "users":
        hub.add_users(*NAMES)
    name, options = CASES[case]
    result = module(name, options)
    # A user who does not exist on the hub has no access, so this is no failure. A warning names
    # them.
    assert result["failed"] == (case != "offboard")
    told = result["msg"] if result["failed"] else str(result["warnings"])
    assert len(told) < 1000, told
    assert re.search(r"gone-19,? and 40 more", told), told
    rest = [*result.get("would_delete", ()), *result.get("missing_users", ())]
    if case in ("users", "groups"):
        assert rest == NAMES
