# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What the hub has made of users while a task changed them: their names and their fields."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import Found
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.steps import (
    CreateUser,
    RenameUser,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import each_or_all, listed


class Answers:
    """What the hub has returned about the users that a task changes.

    :param warnings: where it is told that a name was not to be expected.
    """

    def __init__(self, warnings: list[str]) -> None:
        self.found: Found[UserRow] = Found([], folded=True)
        # The hub's answers to what was written, by the name that was expected.
        self.rows: dict[str, UserRow] = {}
        # By the steps as planned, the steps as they were done, of users who have another name on
        # the hub than expected.
        self.really: dict[Step, Step] = {}
        # Users who exist on the hub under a name that it does not return.
        self.hidden: list[str] = []
        # Admins whom the hub had created, but not yet made admins, when it broke off.
        self.half_made: set[str] = set()
        self._warnings = warnings
        # The names that could not be expected, by those that were asked for, and what is told of
        # them.
        self._names: dict[str, str] = {}
        self._told: list[str] = []

    def stored(self, name: str) -> str:
        """:returns: the real name on the hub of a user who was expected to have this name."""
        row = self.rows.get(name)
        return row["name"] if row is not None and "name" in row else name

    def note_created(self, step: CreateUser, row: UserRow) -> None:
        """Note a user whom the hub has created."""
        self.rows[step.name] = row
        self.note_name(step, row["name"], asked=step.asked)

    def note_name(self, step: CreateUser | RenameUser, stored: str, *, asked: str) -> None:
        """Note a user's name on the hub, and warn if it could not be expected."""
        if stored != normalize(asked):
            self.found.learn(asked, stored)
        if stored != step.name:
            self.really[step] = dataclasses.replace(step, name=stored)
        if stored not in (asked, normalize(asked)):
            self._names[asked] = stored
            for sentence in self._told:
                self._warnings.remove(sentence)
            self._told = each_or_all(list(self._names.items()), _named_otherwise, _many_otherwise)
            self._warnings.extend(self._told)


def _named_otherwise(one: tuple[str, str]) -> str:
    asked, stored = one
    return (
        f"The hub stores the user {asked} under another name ({stored}): declare that name, or give"
        f" stored_names: {{{asked}: {stored}}}, or the next run cannot know which user you mean."
    )


def _many_otherwise(names: t.Sequence[tuple[str, str]]) -> str:
    told = listed(f"{asked} ({stored})" for asked, stored in names)
    return (
        f"The hub stores {len(names)} users under other names: {told}. Declare these names, or give"
        " stored_names what the result returns in stored_names, or the next run cannot know which"
        " users you mean."
    )
