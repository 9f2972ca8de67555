# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""What a plan says of a hub: each object that is not as it is declared, and how. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Plan, Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Row
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import (
    Difference,
    Hidden,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.steps import (
    RevokeToken,
)

# Attributes of declared items that hold a secret.
SECRETS = frozenset({"auth_state"})
# What is added and removed one by one.
MEMBERS = ("add", "remove")


@dataclasses.dataclass
class Drift:
    """How a hub differs from what is declared.

    :param by_kind: by the plural of a kind that was compared.
    :param hidden: why others were not, by the part of the reading that they are.
    :param scopes: by the plural, the scopes that a repair needs.
    """

    by_kind: dict[str, tuple[Difference, ...]]
    hidden: dict[str, Hidden]
    scopes: dict[str, list[str]] = dataclasses.field(default_factory=dict)


def differences(
    plan: Plan, plural: str, items: t.Sequence[Row], stored: t.Callable[[str], str]
) -> tuple[Difference, ...]:
    """:returns: the objects that a plan changes, in its order.

    :param plural: the kind that is declared, and its items.
    :param stored: gives a user's name as the hub stores it.
    """
    steps: dict[tuple[str, str], list[Step]] = {}
    for step in plan.steps:
        if isinstance(step, RevokeToken) and step.successor is not None:
            # It is the same token that is not good any more.
            continue
        steps.setdefault((step.kind, step.name), []).append(step)
    named = _items(plural, items, stored)
    found = [
        _difference(kind, name, theirs, named.get((kind, name)))
        for (kind, name), theirs in steps.items()
    ]
    found += [
        Difference("", name, frozenset(), missing=each.what)
        for each in plan.missing
        for name in each.names
    ]
    return tuple(found)


def _items(
    plural: str, items: t.Sequence[Row], stored: t.Callable[[str], str]
) -> dict[tuple[str, str], Row]:
    """:returns: the items that declare users or groups, by what they declare."""
    if plural == "users":
        return {
            ("user", name): item for item in items for name in (item["name"], stored(item["name"]))
        }
    return {("group", item["name"]): item for item in items} if plural == "groups" else {}


def _difference(kind: str, name: str, steps: t.Sequence[Step], item: Row | None) -> Difference:
    actions = frozenset(step.action for step in steps)
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    for step in steps:
        if step.action not in MEMBERS:
            before = {**(step.before or {}), **before}
            after.update(step.after or {})
    changed = {field: (before.get(field), after.get(field)) for field in {**before, **after}}
    old = [str((step.before or {}).get("name")) for step in steps if step.action == "rename"]
    return Difference(
        kind,
        name,
        actions,
        changed=changed,
        lacks=_members(steps, "add"),
        surplus=_members(steps, "remove"),
        old=old[0] if old else "",
        item=_declared(name, actions, item),
    )


def _members(steps: t.Sequence[Step], action: str) -> tuple[str, ...]:
    return tuple(
        str(name)
        for step in steps
        if step.action == action
        for names in ((step.after if action == "add" else step.before) or {}).values()
        if isinstance(names, (list, tuple))
        for name in names
    )


def _declared(name: str, actions: t.Collection[str], item: Row | None) -> dict[str, t.Any] | None:
    """:returns: an item whose module puts the object right; None where it would hold a secret."""
    if item is None:
        return {"name": name, "state": "absent"} if "delete" in actions else None
    given = {key: value for key, value in item.items() if value is not None}
    return None if SECRETS.intersection(given) else given
