# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""What a plan shows about a hub: each object that differs from its declaration, and how. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Plan, Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import (
    Difference,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import Options
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.decide import (
    CreateShareCode,
    DeleteShareCode,
    ShareStep,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.steps import (
    RevokeToken,
)

# Attributes of declared items that hold a secret, or whose task returns one.
SECRETS = frozenset({"auth_state", "service_token", "api_token", "current_token", "user_options"})
RETURNED = frozenset({"code", "return_token"})
# What is added and removed one by one.
MEMBERS = ("add", "remove")


def differences(
    plan: Plan, plural: str, items: t.Sequence[Options], stored: t.Callable[[str], str]
) -> tuple[Difference, ...]:
    """:returns: the objects that a plan changes, in its order.

    :param plural: the kind that is declared, and its items.
    :param stored: gives a user's name as the hub stores it.
    """
    steps: dict[tuple[str, str], list[Step]] = {}
    for step in plan.steps:
        if isinstance(step, RevokeToken) and step.successor is not None:
            # It is the same token, which is no longer valid.
            continue
        steps.setdefault((step.kind, step.name), []).append(step)
    declared: dict[str, Options] = {}
    for item in items:
        given = {key: value for key, value in item.items() if value is not None}
        for name in _names(plural, item, stored):
            # Two items may declare one object together.
            declared[name] = {**given, **declared.get(name, {})}
    found = [_difference(kind, name, theirs, declared) for (kind, name), theirs in steps.items()]
    found += [
        Difference("", name, frozenset(), missing=each.what)
        for each in plan.missing
        for name in each.names
    ]
    return tuple(found)


def _names(plural: str, item: Options, stored: t.Callable[[str], str]) -> set[str]:
    """:returns: what an item declares, by the names that steps may have for it."""
    user = {"users": "name", "servers": "user", "shares": "owner", "tokens": "user"}.get(plural)
    if user is None:
        return {str(item["name"])}
    users = {str(item[user]), stored(str(item[user]))}
    if plural == "users":
        return users
    inner = {
        "servers": item.get("name"),
        "shares": item.get("server"),
        "tokens": item.get("note") or item.get("token_id"),
    }
    return {f"{one}/{inner[plural]}" for one in users}


def _declared_by(step: Step) -> str:
    """:returns: the name of the item that a step is for."""
    if isinstance(step, (ShareStep, CreateShareCode, DeleteShareCode)):
        return "/".join(step.server)
    return step.name


def _difference(
    kind: str, name: str, steps: t.Sequence[Step], declared: t.Mapping[str, Options]
) -> Difference:
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
        item=_repairing(steps[-1], actions, declared.get(_declared_by(steps[-1]))),
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


def _repairing(last: Step, actions: t.Collection[str], item: Options | None) -> Options | None:
    """:returns: an item whose module fixes the object; None if no task can be shown, because it
    would contain, return or lose a secret.
    """
    if isinstance(last, RevokeToken):
        # By its id, as several tokens may have the same note.
        return {"user": last.user, "token_id": last.id, "state": "absent"}
    if item is None:
        undeclared = last.kind in ("user", "group") and "delete" in actions
        return {"name": last.name, "state": "absent"} if undeclared else None
    lost = last.kind == "token" and not item.get("dest")
    if SECRETS.intersection(item) or any(item.get(key) for key in RETURNED) or lost:
        return None
    # The hub cannot change a service.
    anew = last.kind == "service" and {"delete", "create"} <= set(actions)
    return {**item, "recreate": True} if anew else item
