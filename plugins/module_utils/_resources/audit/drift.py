# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Rules about what is declared: one for each kind of object."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import (
    Case,
    Check,
    Hit,
    targets,
    task,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import (
    Difference,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    FixTask,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.say import some
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.kinds import KINDS

# Names of members in one sentence.
MOST = 5


def drifted(kind: str, case: Case) -> t.Iterator[Hit]:
    """DRF-1 to DRF-6: objects that differ from their declaration."""
    for one in case.hub.drift.get(kind, ()):
        # The name of a share code says that it is one.
        own = not one.kind or one.kind.startswith(KINDS[kind].singular)
        subject = one.name if own else f"{one.kind} {one.name}"
        names = (one.name,) if kind in ("users", "groups", "services") else _parts(one.name)
        yield Hit(subject, evidence(one, case.show), one, names=names)


def _parts(name: str) -> tuple[str, ...]:
    return tuple(name.split("/", 1))


def evidence(one: Difference, show: t.Callable[[str], str]) -> str:
    """:returns: how an object differs, in words."""
    if one.missing:
        return one.missing[0].lower() + one.missing[1:]
    said = []
    made = "create" in one.actions
    gone = bool(one.actions & {"delete", "revoke"})
    if gone and not made:
        return "exists and should not exist"
    if made:
        said.append(
            "is declared and does not exist" if not gone else ("must be deleted and created again")
        )
    if one.old:
        said.append(f"still has the name {show(one.old)}")
    if "start" in one.actions:
        said.append("is not running")
    if "stop" in one.actions:
        said.append("is running and should not be")
    if "rotate" in one.actions:
        said.append("must be replaced")
    if not {"create", "rename", "start", "stop"} & one.actions:
        said += [_field(field, *values) for field, values in sorted(one.changed.items())]
    if one.lacks:
        said.append(f"lacks {some([show(name) for name in one.lacks], MOST)}")
    if one.surplus:
        said.append(f"has {some([show(name) for name in one.surplus], MOST)} in addition")
    return "; ".join(said) or "differs"


def _field(field: str, before: object, after: object) -> str:
    """:returns: what differs in a field. Text is not shown, because other people may have written
    it.
    """
    if all(isinstance(value, (bool, int)) for value in (before, after)):
        return f"{field} is {str(before).lower()}, declared {str(after).lower()}"
    if isinstance(before, dict) and isinstance(after, dict):
        return f"{field} differ in {some(sorted({*before, *after}), MOST)}"
    return f"{field} differs"


def repair(kind: str, hits: t.Sequence[Hit], _case: Case) -> list[FixTask]:
    """:returns: the task that brings objects to what is declared."""
    items: list[dict[str, object]] = []
    for one in targets(hits, Difference):
        # An item that declares several shares fixes all of them.
        if one.item is not None and one.item not in items:
            items.append(dict(one.item))
    if not items:
        return []
    return [task(f"Bring {kind} to what is declared", KINDS[kind].singular, {kind: items})]


def scopes(kind: str, case: Case) -> str:
    """:returns: what a token needs to fix it."""
    needed = case.hub.repair_scopes.get(kind, ())
    some_of = "scope" if len(needed) == 1 else "scopes"
    return f" It requires the {some_of} {', '.join(needed)}." if needed else ""


PROVISION = (
    "hubops.jupyterhub.provision with the same variables fixes this. If the hub is right,"
    " correct the declaration."
)
# What to know about a repair, by kind.
BESIDES = {
    "services": (
        " The hub cannot change a service: the task deletes and creates it, and the service loses"
        " its tokens. A service with a service_token has no task here, as that is a secret."
    ),
    "servers": (
        " Ask the user before you stop a server: what runs in it ends. A server with user_options"
        " has no task here, as they may contain secrets."
    ),
    "shares": (
        " A server that is shared by a code has no task here, as the code is a secret: use"
        " hubops.jupyterhub.jupyterhub_share, which returns it."
    ),
    "tokens": (
        " The task writes the secret to dest on the host that runs it. A token without dest has no"
        " task here, as its secret would be lost: add a dest."
    ),
}


def _check(number: int, kind: str, *, since: tuple[int, ...] = (4, 0)) -> Check:
    one = KINDS[kind].singular
    return Check(
        id=f"DRF-{number}",
        severity="medium",
        one=f"A {one} differs from its declaration",
        many=f"{{n}} {kind} differ from their declaration",
        why=(
            "The hub was changed by hand, or the declaration was not applied: it no longer"
            " describes the hub."
        ),
        source="the option declared, and what its modules would change",
        parts=(f"drift.{kind}",),
        since=since,
        find=functools.partial(drifted, kind),
        fix=functools.partial(repair, kind),
        by_hand=PROVISION + BESIDES.get(kind, ""),
        also=functools.partial(scopes, kind),
    )


CHECKS = (
    _check(1, "users"),
    _check(2, "groups"),
    _check(3, "services", since=(5, 0)),
    _check(4, "servers"),
    _check(5, "shares", since=(5, 0)),
    _check(6, "tokens"),
)
