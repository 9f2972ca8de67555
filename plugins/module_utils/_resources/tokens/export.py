# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Tokens as the role declares them."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.kind import (
    Item,
    KindOfObject,
    count,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot import reading
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    Token,
    known,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import parse_time


class TokensOfHub(KindOfObject):
    """The tokens that jupyterhub_token has made."""

    singular = "token"
    scopes = ("list:users", "read:tokens")
    parts = frozenset({reading.USERS, reading.TOKENS})

    def items(self) -> list[Item]:
        by_user = known(self.hub.tokens, "the tokens")
        items = []
        for user in sorted(by_user):
            if not self.names.takes_user(user):
                continue
            tokens = known(by_user[user], f"the tokens of user {user}")
            ours = {token.managed_note: token for token in tokens if token.managed_note is not None}
            others = sum(token.managed_note is None and _is_a_persons(token) for token in tokens)
            if others:
                self.leave_out(
                    user, f"{count(others, 'token')} that jupyterhub_token did not create"
                )
            items += [_token_item(user, note, ours[note]) for note in sorted(ours)]
        return items


def _is_a_persons(token: Token) -> bool:
    """Whether a person created this token: others come from logins to services, or belong to
    running servers.
    """
    return token.oauth_client == "JupyterHub" and not token.note.startswith("Server at ")


def _token_item(user: str, note: str, token: Token) -> Item:
    item: Item = {"user": user, "note": note}
    if token.expires_at is not None:
        item["expires_in"] = str(
            round((parse_time(token.expires_at) - parse_time(token.created)).total_seconds())
        )
    return item
