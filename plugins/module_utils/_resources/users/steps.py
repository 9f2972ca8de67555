# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The changes that can be made to a user. Each knows how it is reported, and knows nothing of
requests.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
    HIDDEN_BEFORE,
    Fields,
    Step,
    Target,
)


@dataclasses.dataclass(frozen=True, eq=False)
class UserStep(Step):
    """A change of one user.

    :param name: as the hub stores it, as far as can be told before.
    """

    name: str
    kind = "user"

    @property
    def target(self) -> Target:
        return "user", self.name


@dataclasses.dataclass(frozen=True, eq=False)
class CreateUser(UserStep):
    """Creates a user.

    :param asked: the name that the hub is asked to store.
    """

    asked: str
    admin: bool
    action = "create"
    operation = "users_create"
    before = None

    @property
    def after(self) -> Fields:
        return {"admin": self.admin}


@dataclasses.dataclass(frozen=True, eq=False)
class RenameUser(UserStep):
    """Gives a user another name.

    :param asked: the new name as it is declared.
    :param old: the name that the hub has until then.
    """

    asked: str
    old: str
    action = "rename"
    operation = "user_update"

    @property
    def target(self) -> Target:
        return "user", self.old

    @property
    def before(self) -> Fields:
        return {"name": self.old}

    @property
    def after(self) -> Fields:
        return {"name": self.name}


@dataclasses.dataclass(frozen=True, eq=False)
class SetAdmin(UserStep):
    """Makes a user an admin, or removes that."""

    admin: bool
    action = "update"
    operation = "user_update"

    @property
    def before(self) -> Fields:
        return {"admin": not self.admin}

    @property
    def after(self) -> Fields:
        return {"admin": self.admin}


@dataclasses.dataclass(frozen=True, eq=False)
class SetAuthState(UserStep):
    """Sets the authenticator's data about a user.

    :param value: a secret; empty clears it.
    :param replaces: whether there is something that it replaces.
    """

    value: t.Mapping[str, object] = dataclasses.field(repr=False)
    replaces: bool
    action = "update"
    operation = "user_update"

    @property
    def before(self) -> Fields:
        return {"auth_state": HIDDEN_BEFORE if self.replaces else None}

    @property
    def after(self) -> Fields:
        return {"auth_state": HIDDEN}


@dataclasses.dataclass(frozen=True, eq=False)
class SetActivity(UserStep):
    """Moves the time of a user's last activity forward.

    :param was: the time that the hub has until then.
    :param moment: the later one.
    """

    was: str | None
    moment: str
    action = "update"
    operation = "user_activity"

    @property
    def before(self) -> Fields:
        return {"last_activity": self.was}

    @property
    def after(self) -> Fields:
        return {"last_activity": self.moment}


@dataclasses.dataclass(frozen=True, eq=False)
class DeleteUser(UserStep):
    """Deletes a user, after the user's servers have stopped.

    :param pruned: the user is only not declared, so that the guards of the prune hold to the end.
    """

    admin: bool | None
    groups: list[str] | None
    pruned: bool = False
    action = "delete"
    operation = "user_delete"
    after = None

    @property
    def before(self) -> Fields:
        return {"admin": self.admin, "groups": self.groups}

    def depends_on(self, other: Step) -> bool:
        """A user whose servers do not stop cannot be deleted. Names of users hold no slash."""
        return super().depends_on(other) or (
            other.kind == "server" and other.name.partition("/")[0] == self.name
        )
