# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Groups as the role declares them."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.kind import (
    Item,
    KindOfObject,
    count,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.values import (
    ordered,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot import reading
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    Group,
    known,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import matches


class GroupsOfHub(KindOfObject):
    """The groups."""

    singular = "group"
    scopes = ("list:groups", "read:groups")
    parts = frozenset({reading.GROUPS})

    def items(self) -> list[Item]:
        for _number in range(self.hub.nameless_groups):
            self.leave_out("", "a group without a name, which no request can reach")
        items = []
        for group in sorted(known(self.hub.groups, "the groups"), key=lambda group: group.name):
            if matches(group.name, (*self.wanted.omit_groups, *self.wanted.groups_from_config)):
                continue
            problem = self.names.group_problem(group.name)
            if problem is not None:
                self.leave_out(group.name, problem)
                continue
            items.append(self._group(group))
        return items

    def _group(self, group: Group) -> Item:
        users = known(group.users, f"the members of group {group.name}")
        properties = known(group.properties, f"the properties of group {group.name}")
        members = [name for name in users if self.names.takes_user(name)]
        item: Item = {"name": group.name, "users": list(members)}
        missing = len(users) - len(members) + group.nameless_users
        if missing:
            item["users_mode"] = "present"
            self.leave_out(
                group.name,
                f"{count(missing, 'member')} of it; it is listed with users_mode present",
            )
        if self.can_declare(group.name, "properties", properties):
            item["properties"] = ordered(properties)
        return item
