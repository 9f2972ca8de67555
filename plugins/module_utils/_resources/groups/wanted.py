# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Groups as they are declared: parsed once, and not changed afterwards."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import (
    Prune,
    PruneOptions,
    check_limit,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Fields,
    check_alike,
    first_set,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Json
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_name,
    check_stored_names,
    check_user_name,
)

Presence = t.Literal["present", "absent"]
UsersMode = t.Literal["exact", "present", "absent"]
PropertiesMode = t.Literal["exact", "merge"]
Properties = dict[str, Json]


class _GroupKeys(t.TypedDict):
    name: str
    users: list[str] | None
    properties: Properties | None


class GroupItem(_GroupKeys):
    """An item of the list, as the options are; None: not set."""

    state: Presence | None
    users_mode: UsersMode | None
    properties_mode: PropertiesMode | None


class GroupOptions(_GroupKeys, PruneOptions):
    """The options of jupyterhub_group; without those of the group when there is a list."""

    state: Presence
    users_mode: UsersMode
    properties_mode: PropertiesMode
    groups: list[GroupItem] | None
    remove_limit: str | None
    stored_names: dict[str, object] | None
    backup: str | None


@dataclasses.dataclass(frozen=True)
class WantedGroup:
    """One group. What is None is not declared, and nor is a mode without what it is about.

    :param users: as declared, each once; the hub may store other names.
    """

    name: str
    state: Presence = "present"
    users: tuple[str, ...] | None = None
    users_mode: UsersMode | None = None
    properties: Properties | None = None
    properties_mode: PropertiesMode | None = None

    def merged(self, other: WantedGroup) -> WantedGroup:
        """:returns: one of two declarations of the same group.

        :raises RefusedError: they contradict each other.
        """
        check_alike(f"Group {other.name}", _comparable(self), _comparable(other))
        return dataclasses.replace(
            self,
            users=first_set(self.users, other.users),
            users_mode=first_set(self.users_mode, other.users_mode),
            properties=first_set(self.properties, other.properties),
            properties_mode=first_set(self.properties_mode, other.properties_mode),
        )


def _comparable(group: WantedGroup) -> Fields:
    """:returns: the attributes of a group; of its members, neither order nor case counts."""
    users = None if group.users is None else sorted(map(normalize, group.users))
    return {**vars(group), "users": users}


@dataclasses.dataclass(frozen=True)
class WantedGroups:
    """A whole task.

    :param stored_names: the names under which the hub stores users who are declared by another one.
    :param remove_limit: how many members one group may lose: a count, or a percentage of its
    members; None: any number.
    :param backup: the file to write what is deleted to.
    """

    groups: tuple[WantedGroup, ...]
    prune: Prune | None = None
    stored_names: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    remove_limit: str | None = None
    backup: str | None = None

    @property
    def names(self) -> list[str]:
        """The names of all declared groups."""
        return [group.name for group in self.groups]


def parse(options: GroupOptions) -> WantedGroups:
    """Read a task's options: the one group, or the list.

    :raises RefusedError: they make no sense.
    """
    rows: t.Sequence[GroupItem | GroupOptions] = (
        [options] if options["groups"] is None else options["groups"]
    )
    groups: dict[str, WantedGroup] = {}
    for row in rows:
        group = _parse_group(row, options)
        groups[group.name] = groups[group.name].merged(group) if group.name in groups else group
    limit = options.get("remove_limit")
    if limit is not None:
        check_limit("remove_limit", limit)
    stored_names = check_stored_names(options.get("stored_names"))
    return WantedGroups(
        tuple(groups.values()),
        Prune.from_options(options),
        stored_names,
        limit,
        options.get("backup"),
    )


def _parse_group(row: GroupItem | GroupOptions, options: GroupOptions) -> WantedGroup:
    check_name("group", row["name"])
    users, properties = row["users"], row["properties"]
    for user in users or ():
        check_user_name(user)
    return WantedGroup(
        name=row["name"],
        state=row["state"] or options["state"],
        users=None if users is None else tuple(dict.fromkeys(users)),
        users_mode=None if users is None else row["users_mode"] or options["users_mode"],
        properties=properties,
        properties_mode=(
            None if properties is None else row["properties_mode"] or options["properties_mode"]
        ),
    )
