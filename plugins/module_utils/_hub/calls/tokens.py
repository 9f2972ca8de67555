# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Tokens."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import operations as table
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import rows
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.caller import Caller
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import check_row


class TokenCalls(Caller):
    """The tokens of users."""

    def tokens_list(self, user: str) -> list[rows.TokenRow] | None:
        """:returns: the user's tokens, those of OAuth logins and of running servers among them;
        None: there is no such user.
        :raises WrongObjectError: the hub took the name for another one.
        """
        found = self._find(table.TOKENS_LIST, user)
        if found is None:
            return None
        for row in found["api_tokens"][:1]:
            check_row("user", user, row.get("user", user))
        return found["api_tokens"]

    def token_create(
        self, user: str, note: str, scopes: t.Sequence[str] | None, expires_in: int | None
    ) -> rows.TokenRow:
        """:returns: the token, with its secret in ``token``.

        :param scopes: None: all that the user may do.
        :param expires_in: seconds; None: never, or as late as the hub allows.
        """
        body = {
            key: value
            for key, value in (("note", note), ("scopes", scopes), ("expires_in", expires_in))
            if value is not None
        }
        return self._ask(table.TOKEN_CREATE, user, body=body)

    def token_delete(self, user: str, token: str) -> bool:
        return self._delete(table.TOKEN_DELETE, user, token)
