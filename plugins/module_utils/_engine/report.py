# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""Steps as they are returned: changes and their counts."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step


def merge_changes(steps: t.Iterable[Step]) -> list[dict[str, t.Any]]:
    """The steps as ``changes``: a list of members that took several requests is told as one change."""
    changes: list[dict[str, t.Any]] = []
    for step in steps:
        change = step.change
        last = changes[-1] if changes else None
        if last and step.action in ("add", "remove") and all(last[key] == change[key] for key in ("action", "kind", "name")):
            for field, values in change["fields"].items():
                last["fields"][field] = last["fields"].get(field, []) + values
        else:
            changes.append(change)
    return changes


def summarize(changes: t.Iterable[dict[str, t.Any]], unchanged: int) -> dict[str, int]:
    """:returns: how many changes of each action, and how many declared objects need none."""
    counts: dict[str, int] = {}
    for change in changes:
        counts[change["action"]] = counts.get(change["action"], 0) + 1
    return {**counts, "unchanged": unchanged}
