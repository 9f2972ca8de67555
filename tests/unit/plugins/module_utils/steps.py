# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Short forms of steps for tests."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Action,
    Step,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import LooseStep


def step(
    action: Action, name: str = "a", before: t.Any = None, after: t.Any = None, kind: str = "thing"
) -> Step:
    """Return a step."""
    return LooseStep(action, kind, name, "do", before, after)


def add(*users: str, name: str = "a") -> Step:
    """Return a step that adds members."""
    return step("add", name, {"users": []}, {"users": list(users)})


def remove(*users: str, name: str = "a") -> Step:
    """Return a step that removes members."""
    return step("remove", name, {"users": list(users)}, {"users": []})


def users(count: int) -> list[str]:
    """Return this many names."""
    return [f"u{number}" for number in range(count)]
