# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Groups."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import operations as table
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import rows
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.caller import Caller
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import (
    check_row,
    fragile,
    wrong_object,
)


class GroupCalls(Caller):
    """Groups."""

    def groups_list(self) -> list[rows.GroupRow]:
        return self._list(table.GROUPS_LIST, unfiltered=self._sees_all_groups)

    def groups_list_up_to(self, most: int) -> list[rows.GroupRow] | None:
        """:returns: all groups, unless they are more than this."""
        return self._list_up_to(most, table.GROUPS_LIST, unfiltered=self._sees_all_groups)

    @property
    def _sees_all_groups(self) -> bool:
        """Otherwise the hub lists the caller's own groups only, but counts the hidden ones
        (jupyterhub/apihandlers/groups.py).
        """
        return self.holds("list:groups")

    def group_get(self, name: str) -> rows.GroupRow | None:
        """:raises WrongObjectError: the name did not arrive as it was sent, or the hub took it for
        another one.
        """
        try:
            return self._group(name, self._ask(table.GROUP_GET, name))
        except ApiError as error:
            said = error.hub_message or ""
            if (
                fragile(name)
                and error.status in (404, 405)
                and name not in said
                and not error.out_of_sight
            ):
                raise wrong_object(
                    "group", name, f"with {error.status}, which does not name it", ""
                ) from None
            if error.missing:
                return None
            raise

    def group_create(self, name: str, users: t.Sequence[str]) -> rows.GroupRow:
        """:param users: existing users, each once."""
        return self._group(name, self._ask(table.GROUP_CREATE, name, body={"users": list(users)}))

    def group_delete(self, name: str) -> bool:
        return self._delete(table.GROUP_DELETE, name)

    def group_add_users(self, name: str, users: t.Sequence[str]) -> rows.GroupRow:
        """Members that are already in the group are not an error, so repeating is harmless."""
        return self._group(
            name,
            self._ask(table.GROUP_ADD_USERS, name, body={"users": list(users)}, repeatable=True),
        )

    def group_remove_users(self, name: str, users: t.Sequence[str]) -> rows.GroupRow:
        return self._group(
            name, self._ask(table.GROUP_REMOVE_USERS, name, body={"users": list(users)})
        )

    def group_set_properties(self, name: str, properties: rows.Fields) -> rows.GroupRow:
        """Replaces all properties."""
        return self._group(name, self._ask(table.GROUP_SET_PROPERTIES, name, body=properties))

    @staticmethod
    def _group(name: str, row: rows.GroupRow) -> rows.GroupRow:
        check_row("group", name, row.get("name"))
        return row
