# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Shares of servers, and the codes that create them."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import operations as table
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import rows
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import NAMELESS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.caller import Caller
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import check_row

R = t.TypeVar("R")


class ShareCalls(Caller):
    """Shares and their codes."""

    def shares_list(self, owner: str, server: str) -> list[rows.ShareRow] | None:
        """:returns: who may use a server; None: there is no such server.

        :raises WrongObjectError: the hub took the owner for another user.
        """
        found = self._list_or_none(table.SHARES_LIST, owner, server or NAMELESS)
        _check_owner(owner, found)
        return found

    def shares_of_owner(self, owner: str) -> list[rows.ShareRow]:
        return self._of_owner(table.SHARES_OF_OWNER, owner)

    def shares_with_user(self, user: str) -> list[rows.ShareRow]:
        """:returns: the shares that a user may use, those with a group of the user among them."""
        return self._list_or_none(table.SHARES_WITH_USER, user) or []

    def share_grant(
        self, owner: str, server: str, whom: rows.Fields, scopes: t.Sequence[str] | None
    ) -> rows.ShareRow:
        """Grant scopes, in addition to those that are granted already, so that repeating is
        harmless.

        :param whom: ``user`` or ``group``, with its name.
        """
        body = {**whom, **({"scopes": list(scopes)} if scopes else {})}
        return self._ask(table.SHARE_GRANT, owner, server or NAMELESS, body=body, repeatable=True)

    def share_revoke(
        self, owner: str, server: str, whom: rows.Fields, scopes: t.Sequence[str] | None
    ) -> rows.Row:
        """Revoke scopes; without any, the whole share.

        :returns: what is left of the share; empty when nothing is.
        """
        body = {**whom, **({"scopes": list(scopes)} if scopes else {})}
        return self._ask(table.SHARE_REVOKE, owner, server or NAMELESS, body=body)

    def share_codes_list(self, owner: str, server: str) -> list[rows.ShareCodeRow] | None:
        """:returns: the codes of a server; None: there is no such server.

        :raises WrongObjectError: the hub took the owner for another user.
        """
        # The hub counts codes that have expired, and does not list them.
        found = self._list_or_none(
            table.SHARE_CODES_LIST, owner, server or NAMELESS, unfiltered=False
        )
        _check_owner(owner, found)
        return found

    def share_codes_of_owner(self, owner: str) -> list[rows.ShareCodeRow]:
        return self._of_owner(table.SHARE_CODES_OF_OWNER, owner, unfiltered=False)

    def _of_owner(
        self, operation: table.Operation[R], owner: str, *, unfiltered: bool = True
    ) -> list[R]:
        """:returns: what the hub lists for a user; nothing for one who is no longer there, of whom
        it says here only 404, as of an address that it does not know.
        """
        try:
            return self._list_or_none(operation, owner, unfiltered=unfiltered) or []
        except ApiError as error:
            if error.status == 404 and not error.out_of_sight and self._is_gone(owner):
                return []
            raise

    def _is_gone(self, user: str) -> bool:
        """Whether the hub says that there is no such user."""
        try:
            return self._find(table.USER_GET, user) is None
        except ApiError:
            return False

    def share_code_create(
        self, owner: str, server: str, scopes: t.Sequence[str] | None, expires_in: int | None
    ) -> rows.ShareCodeRow:
        """:returns: the code, with its secret in ``code``."""
        body = {
            key: value
            for key, value in (("scopes", scopes), ("expires_in", expires_in))
            if value is not None
        }
        return self._ask(table.SHARE_CODE_CREATE, owner, server or NAMELESS, body=body)

    def share_code_delete(self, owner: str, server: str, code_id: str) -> bool:
        return self._delete(
            table.SHARE_CODE_DELETE, owner, server or NAMELESS, query={"id": code_id}
        )


def _check_owner(owner: str, found: t.Sequence[rows.ShareRow | rows.ShareCodeRow] | None) -> None:
    """Check that shares are those of the owner who was asked for.

    :raises WrongObjectError: they are those of another one.
    """
    for row in (found or ())[:1]:
        check_row("user", owner, row["server"]["user"]["name"])
