# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The changes that can be made to a group. Each knows how it is reported, and knows nothing of
requests.

A member who is added or removed is a step of its own: many of them go in one request, and the one
that the hub refuses stops no other.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Fields,
    OperationName,
    Step,
    Target,
    Unread,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.wanted import (
    Properties,
)


@dataclasses.dataclass(frozen=True, eq=False)
class GroupStep(Step):
    """A change of one group."""

    name: str
    kind = "group"

    @property
    def target(self) -> Target:
        return "group", self.name


@dataclasses.dataclass(frozen=True, eq=False)
class CreateGroup(GroupStep):
    """Creates a group. The first members come with the same request."""

    action = "create"
    operation = "group_create"
    before = None

    @property
    def after(self) -> Fields:
        return {}


@dataclasses.dataclass(frozen=True, eq=False)
class AddMember(GroupStep):
    """Adds a user to a group.

    :param user: as the hub stores it.
    """

    user: str
    # A new group gets its first members with the request that creates it.
    operation: OperationName = "group_add_users"
    action = "add"

    @property
    def before(self) -> Fields:
        return {"users": []}

    @property
    def after(self) -> Fields:
        return {"users": [self.user]}


@dataclasses.dataclass(frozen=True, eq=False)
class RemoveMember(GroupStep):
    """Removes a user from a group.

    :param named: the task names this user as one to remove; otherwise the user is not among the
    members that it names.
    """

    user: str
    named: bool = False
    action = "remove"
    operation = "group_remove_users"

    def depends_on(self, other: Step) -> bool:
        """A declared member of whom it is not known who that is may be the one to remove."""
        unread = isinstance(other, Unread) and (other.kind, other.name) == ("group", self.name)
        return (unread and not self.named) or super().depends_on(other)

    @property
    def before(self) -> Fields:
        return {"users": [self.user]}

    @property
    def after(self) -> Fields:
        return {"users": []}


@dataclasses.dataclass(frozen=True, eq=False)
class SetProperties(GroupStep):
    """Replaces all properties of a group; only those that differ are reported.

    :param fields: the keys that differ.
    """

    now: Properties
    wanted: Properties
    fields: tuple[str, ...]
    action = "update"
    operation = "group_set_properties"

    @property
    def before(self) -> Fields:
        return {"properties": {key: self.now[key] for key in self.fields if key in self.now}}

    @property
    def after(self) -> Fields:
        return {"properties": {key: self.wanted[key] for key in self.fields if key in self.wanted}}

    @property
    def writes(self) -> list[Properties]:
        """What is set, one after the other.

        The hub writes nothing to its database when Python finds both equal, as it finds 1 and true:
        another value has to come between.
        """
        return [{}, self.wanted] if self.wanted == self.now else [self.wanted]


@dataclasses.dataclass(frozen=True, eq=False)
class DeleteGroup(GroupStep):
    """Deletes a group."""

    users: list[str] | None
    properties: t.Mapping[str, object] | None
    action = "delete"
    operation = "group_delete"
    after = None

    @property
    def before(self) -> Fields:
        return {"users": self.users, "properties": self.properties}
