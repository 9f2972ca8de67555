# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Steps as they are returned: changes and their counts."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Change,
    Step,
)


def merge_changes(steps: t.Iterable[Step]) -> list[Change]:
    """The steps as ``changes``: members of a list are returned as one change, together with the
    creation of their object, if that is one of the steps.
    """
    changes: list[Change] = []
    for step in steps:
        change = step.change
        last = changes[-1] if changes else None
        if last and _continues(step, last):
            for field, values in change["fields"].items():
                members = last["fields"].setdefault(field, [])
                if isinstance(members, list) and isinstance(values, list):
                    members.extend(values)
        else:
            # Lists grow here, and those of the steps must not.
            change["fields"] = {
                field: list(value) if isinstance(value, list) else value
                for field, value in change["fields"].items()
            }
            changes.append(change)
    return changes


def _continues(step: Step, last: Change) -> bool:
    """Whether a step adds to the change before it."""
    alike = step.action in ("add", "remove") and last["action"] == step.action
    joins = step.action == "add" and last["action"] == "create"
    return (alike or joins) and (last["kind"], last["name"]) == (step.kind, step.name)


def summarize(changes: t.Iterable[Change], unchanged: int) -> dict[str, int]:
    """:returns: how many changes of each action, and how many declared objects need none."""
    counts: dict[str, int] = {}
    for change in changes:
        counts[change["action"]] = counts.get(change["action"], 0) + 1
    return {**counts, "unchanged": unchanged}


def count_overtaken(overtaken: t.Iterable[Step], done: t.Iterable[Step]) -> int:
    """:returns: how many objects needed no change by this task in the end, because another client
    had made all that was planned for them.
    """
    return len(
        {(step.kind, step.name) for step in overtaken} - {(step.kind, step.name) for step in done}
    )
