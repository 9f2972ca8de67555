# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Rules about groups."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import (
    Case,
    Check,
    Hit,
    task,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    FixTask,
)

UNREACHABLE = ("", ".", "..")


def empty(case: Case) -> t.Iterator[Hit]:
    """GRP-1: groups without members, unless they are meant to wait for some."""
    declared = case.policy.groups_ok
    for group in case.hub.groups:
        waits = declared is not None and group.name in declared
        if not group.users and not group.roles and not waits and not _unreachable(group.name):
            yield Hit(group.name, "no members", group, names=(group.name,))


def delete(hits: t.Sequence[Hit], case: Case) -> list[FixTask]:
    """:returns: a task that deletes groups."""
    groups = [{"name": hit.subject, "state": "absent"} for hit in hits]
    return [task("No groups without members", "group", {"groups": groups})]


def unreachable(case: Case) -> t.Iterator[Hit]:
    """GRP-2: groups that no request can name."""
    for group in case.hub.groups:
        if _unreachable(group.name):
            evidence = (
                f"{len(group.users)} members, roles:"
                f" {', '.join(map(case.show, group.roles)) or 'none'}"
            )
            yield Hit(group.name, evidence, group, names=(group.name,))


def _unreachable(name: str) -> bool:
    return name in UNREACHABLE or any(mark in name for mark in "\n\r")


CHECKS = (
    Check(
        id="GRP-1",
        severity="low",
        one="A group has no members",
        many="{n} groups have no members",
        why="It is no longer needed, or a list that should have filled it was empty.",
        source="GET /groups",
        parts=("groups", "groups.users", "groups.roles"),
        find=empty,
        fix=delete,
        by_hand="Add groups that are meant to be empty to policy.groups_ok.",
    ),
    Check(
        id="GRP-2",
        severity="medium",
        one="A group has a name that no request can contain",
        many="{n} groups have names that no request can contain",
        why="The API can neither change its members nor delete it.",
        source="GET /groups",
        parts=("groups", "groups.users", "groups.roles"),
        find=unreachable,
        by_hand=("Stop the hub, and delete its row from the table groups of the hub's database."),
    ),
)
