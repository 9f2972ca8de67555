# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The kinds of changes of tokens."""

from __future__ import annotations

import dataclasses

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
    HIDDEN_BEFORE,
    Action,
    Fields,
    Step,
    Target,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.wanted import (
    WantedToken,
)


@dataclasses.dataclass(frozen=True, eq=False)
class CreateToken(Step):
    """Makes a token, and delivers its secret.

    :param token: as it is declared.
    :param note: with our mark.
    :param scopes: None: all that the user may do.
    :param expires_in: seconds; None: never.
    :param known_ids: of the tokens of this note that there are.
    """

    action: Action
    name: str
    token: WantedToken
    note: str
    scopes: tuple[str, ...] | None
    expires_in: int | None
    known_ids: frozenset[str]
    kind = "token"
    operation = "token_create"

    @property
    def target(self) -> Target:
        return "user", self.token.user

    @property
    def is_returned(self) -> bool:
        """Whether the result of the task is the only place where the secret goes."""
        return self.token.dest is None

    @property
    def before(self) -> Fields | None:
        if self.action == "create":
            return None
        return {key: HIDDEN_BEFORE if key == "secret" else None for key in self.after}

    @property
    def after(self) -> Fields:
        declared = {
            "secret": HIDDEN,
            "scopes": None if self.token.scopes is None else list(self.token.scopes),
            "expires_in": self.token.expires_in,
        }
        return {key: value for key, value in declared.items() if value is not None}

    def depends_on(self, other: Step) -> bool:
        # A failed task returns no secret, so this one would be lost.
        return self.is_returned or super().depends_on(other)


@dataclasses.dataclass(frozen=True, eq=False)
class StoreSecret(Step):
    """Writes a valid secret to its file.

    :param replaces: whether the file holds something.
    """

    name: str
    token: WantedToken
    secret: str = dataclasses.field(repr=False)
    replaces: bool
    action = "update"
    kind = "token"
    operation = None

    @property
    def before(self) -> Fields:
        return {"dest": HIDDEN_BEFORE if self.replaces else None}

    @property
    def after(self) -> Fields:
        return {"dest": HIDDEN}


@dataclasses.dataclass(frozen=True, eq=False)
class RevokeToken(Step):
    """Revokes a token.

    :param successor: the one that takes its place in this task, if there is one.
    """

    name: str
    user: str
    id: str
    successor: CreateToken | None = None
    action = "revoke"
    kind = "token"
    operation = "token_delete"
    after = None

    @property
    def target(self) -> Target:
        return "user", self.user

    @property
    def before(self) -> Fields:
        return {"id": self.id}

    def depends_on(self, other: Step) -> bool:
        if self.successor is None:
            return False
        # If the task fails before this is revoked, the successor is revoked, and this stays in use.
        return other is self.successor or self.successor.is_returned


class RevokeCaller(RevokeToken):
    """Revokes the token that the task calls with. Who runs the task again after a failure needs
    it.
    """

    def depends_on(self, other: Step) -> bool:
        return True
