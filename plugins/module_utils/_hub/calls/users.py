# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Users."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import operations as table
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import rows
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.caller import Caller
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.listing import PAGE_LIMIT
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import check_row
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Query
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.shapes import page, rows_of

USERS_PAGE = page(table.USER)


class UserCalls(Caller):
    """Users."""

    def users_list(self, query: Query | None = None) -> list[rows.UserRow]:
        """:returns: all users, in the order in which they were created, every page."""
        return self._list(table.USERS_LIST, query=query, unfiltered=not (query or {}).get("state"))

    def users_list_up_to(self, most: int, query: Query | None = None) -> list[rows.UserRow] | None:
        """:returns: all users, unless they are more than this."""
        return self._list_up_to(most, table.USERS_LIST, query=query)

    def has_nameless_users(self) -> bool:
        """Whether a user has lost the name, as a rename of JupyterHub 5 and newer can do. One such
        user makes these hubs answer 500 to every list with stopped servers. They sort what is null
        before all names (jupyterhub/apihandlers/users.py, UserListAPIHandler).
        """
        if self.version < (5,):
            return False
        query: Query = {"sort": "name", "offset": 0, "limit": 1}
        first = USERS_PAGE.of(self.client.get("users", query=query, shape=USERS_PAGE))
        return any(row["name"] is None for row in rows_of(first))

    def users_first_page(self) -> list[rows.UserRow]:
        """:returns: the first users, as many as the hub gives at once."""
        self._note(table.USERS_LIST)
        query: Query = {"offset": 0, "limit": PAGE_LIMIT}
        return rows_of(USERS_PAGE.of(self.client.get("users", query=query, shape=USERS_PAGE)))

    def users_create(self, names: t.Sequence[str], admin: bool) -> list[rows.UserRow]:
        """:returns: those that are new; the hub leaves the others as they are.

        :raises ApiError: 409 when all of them exist.
        """
        return self._ask(table.USERS_CREATE, body={"usernames": list(names), "admin": admin})

    def user_get(self, name: str, query: Query | None = None) -> rows.UserRow | None:
        """:raises WrongObjectError: the hub took the name for another one."""
        row = self._find(table.USER_GET, name, query=query)
        if row is not None:
            check_row("user", name, row.get("name"))
        return row

    def user_update(self, name: str, changes: rows.Fields) -> rows.UserRow:
        """Set ``admin``, ``auth_state``, or another ``name``.

        An unchanged name is never sent: from JupyterHub 5 on it sets the user's name to NULL, and
        no request can reach that user again.
        """
        if changes.get("name") == name:
            raise ValueError("an unchanged name would orphan the user")
        row = self._ask(table.USER_UPDATE, name, body=changes, repeatable="name" not in changes)
        if "name" not in changes:
            check_row("user", name, row.get("name"))
        return row

    def user_remove_roles(self, name: str) -> rows.UserRow:
        """Take all roles of a user away, that of every user among them: what the user is logged in
        with can do nothing any more.

        The hub documents no such request. An admin stays one, and the next login gives back the
        role of every user. The list has to be empty: the hub breaks on any other
        (jupyterhub/apihandlers/users.py, UserAPIHandler.patch).

        :returns: the user as the hub has it then.
        """
        row = self._ask(table.USER_UPDATE, name, body={"roles": []})
        check_row("user", name, row.get("name"))
        return row

    def user_delete(self, name: str) -> bool:
        return self._delete(table.USER_DELETE, name)

    def user_activity(self, name: str, last_activity: str) -> None:
        """The hub ignores a time that is not later than the one it has, so that repeating is
        harmless.
        """
        self._ask(table.USER_ACTIVITY, name, body={"last_activity": last_activity}, repeatable=True)
