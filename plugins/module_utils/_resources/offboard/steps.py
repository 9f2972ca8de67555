# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The kinds of changes that are only needed when a person leaves."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Fields, Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.steps import (
    RemoveMember,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    DeleteServer,
    StopServer,
)


@dataclasses.dataclass(frozen=True, eq=False)
class DropAdmin(Step):
    """Makes an admin an ordinary user."""

    name: str
    action = "update"
    kind = "user"
    operation = "user_update"

    @property
    def before(self) -> Fields:
        return {"admin": True}

    @property
    def after(self) -> Fields:
        return {"admin": False}


@dataclasses.dataclass(frozen=True, eq=False)
class Freeze(Step):
    """Removes a person's roles, so that their sessions can do nothing."""

    name: str
    roles: tuple[str, ...]
    action = "update"
    kind = "user"
    operation = "user_update"

    @property
    def before(self) -> Fields:
        return {"roles": list(self.roles)}

    @property
    def after(self) -> Fields:
        return {"roles": []}

    def depends_on(self, other: Step) -> bool:
        # With either of these, the person would keep power although the account looks frozen.
        if isinstance(other, RemoveMember):
            return self.name == other.user
        return isinstance(other, DropAdmin) and other.name == self.name


@dataclasses.dataclass(frozen=True, eq=False)
class DeleteAccount(Step):
    """Deletes a user.

    :param active: the servers that run, or are on their way.
    """

    name: str
    admin: bool
    groups: tuple[str, ...]
    active: tuple[str, ...]
    action = "delete"
    kind = "user"
    operation = "user_delete"
    after = None

    @property
    def before(self) -> Fields:
        return {"admin": self.admin, "groups": list(self.groups)}

    def depends_on(self, other: Step) -> bool:
        # The hub deletes nobody while a server runs. One that is stopped goes with the account.
        if not isinstance(other, (StopServer, DeleteServer)):
            return False
        user, server = other.key
        return user == self.name and server in self.active


@dataclasses.dataclass(frozen=True, eq=False)
class WriteFile(Step):
    """Writes a file on the target.

    :param name: its path.
    :param about: the people whom it tells of.
    """

    name: str
    about: tuple[str, ...]
    kind: t.Literal["backup", "certificate"]
    action = "create"
    operation = None
    before = None

    @property
    def after(self) -> Fields:
        return {"users": list(self.about)}
