# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Whose tokens are declared, and what tokens these users have."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    check_some_read,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Unread
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import TokenRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    stored_users,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import StoredNames
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.look_alikes import (
    not_removed,
    unknown_logins,
    warnings_of_missing,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.out_of_reach import (
    OutOfReach,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.decide import (
    title,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.mark import (
    own_note,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.wanted import (
    WantedToken,
)


class Owners:
    """The users whose tokens are declared.

    ``tokens`` are those of each user, by the name that the hub has; None: there is no such user.
    ``stored`` are these names, by the declared ones.

    :param stored_names: the names under which the hub stores users who are declared by another one.
    """

    def __init__(self, api: HubApi, stored_names: t.Mapping[str, str]) -> None:
        self._api = api
        self._stored_names = stored_names
        self._told = StoredNames(stored_names)
        self.tokens: dict[str, list[TokenRow] | None] = {}
        self.stored: dict[str, str] = {}

    def read(
        self, wanted: t.Sequence[WantedToken]
    ) -> tuple[tuple[WantedToken, ...], tuple[Unread, ...]]:
        """Read the tokens of the users, each once.

        :returns: the declared tokens of users whom the caller may see, and what stands for the
        others.
        """
        beyond = OutOfReach()
        for user in dict.fromkeys(token.user for token in wanted):
            try:
                self.stored[user] = self._read(user)
            except ApiError as error:
                beyond.note(user, error)
        kept, unread = beyond.split(
            wanted,
            lambda token: [token.user],
            lambda token, _user, error: Unread("token", title(token), error),
        )
        check_some_read(unread, wanted)
        # Of the others it is not known what is declared, so that a prune keeps away from them.
        known = {self.stored[token.user] for token in kept}
        self.tokens = {user: rows for user, rows in self.tokens.items() if user in known}
        return kept, unread

    def _read(self, user: str) -> str:
        """Read the tokens of a user, whose name the hub may store otherwise.

        :returns: the name as the hub has it.
        """
        name, *others = self._told.candidates(user)
        rows = self._api.tokens_list(name)
        if rows is not None and others:
            name = self._spelled(name, rows)
        elif others:
            name = stored_users(self._api, [user], self._stored_names)[user]
            if name != user:
                known = name in self.tokens
                rows = self.tokens[name] if known else self._api.tokens_list(name)
        self.tokens[name] = rows
        return name

    def _spelled(self, name: str, rows: t.Sequence[TokenRow]) -> str:
        """:returns: the name of a user as the hub has it; a database that ignores case finds the
        user by any spelling.
        """
        if rows:
            return rows[0].get("user", name)
        try:
            found = self._api.user_get(name)
        except ApiError as error:
            if error.status != 403:
                raise
            # Who may not look at users knows no more than what was asked for.
            return name
        return name if found is None else str(found["name"])

    def warnings_of_missing(self, wanted: t.Iterable[WantedToken]) -> list[str]:
        """:param wanted: the declared tokens, with the names of users as the hub has them.

        :returns: sentences about those that are to be revoked, are not there, and may be under
        another name.
        """
        absent = [token for token in wanted if token.state == "absent"]
        missing = {token.user for token in absent if self.tokens[token.user] is None}
        there = [name for name, tokens in self.tokens.items() if tokens is not None]
        told = set(self._stored_names.values())
        found = [
            *warnings_of_missing(self._api.tokens_list, missing, there),
            *unknown_logins(missing - told, there),
        ]
        for token in absent:
            notes = filter(None, map(own_note, self.tokens[token.user] or ()))
            if token.note is not None:
                found += not_removed(f"tokens of user {token.user}", [token.note], list(notes))
        return found
