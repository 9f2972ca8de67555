# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Tokens as they are declared, compared with those on the hub. Pure: no request is sent here,
and no file is read.

The hub never shows a secret again, cannot change a token, and lists its scopes expanded, so that
what was asked for cannot be read back (jupyterhub/apihandlers/users.py, UserTokenListAPIHandler).
Therefore a secret that the task can read is proved against the hub, and tells which of our tokens
is the one in use; and a token of ours that was never used got lost on its way: its answer did not
arrive, or the run was cut. Its secret is lost, and it is replaced.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Missing,
    Plan,
    State,
    Step,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import CallerRow, TokenRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.caller import (
    CallerNeededError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.mark import (
    HUB_CLIENT,
    age,
    fingerprint,
    lifetime,
    marked,
    own_fingerprint,
    own_note,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.proof import (
    Proof,
    Rows,
    is_caller,
    only_one,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.steps import (
    CreateToken,
    RevokeCaller,
    RevokeToken,
    StoreSecret,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.wanted import (
    WantedToken,
    WantedTokens,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import parse_time

# A lifetime that differs by no more than this many seconds is the same: the hub takes the time
# twice while it makes a token.
TOLERANCE = 10


@dataclasses.dataclass(frozen=True)
class Current:
    """What there is.

    :param tokens: of each user that the task names; None: there is no such user.
    :param proofs: of each declared token.
    :param now: by the hub's clock.
    :param caller: None when that was not asked for; most plans do without it.
    """

    tokens: t.Mapping[str, Rows | None]
    proofs: t.Mapping[WantedToken, Proof]
    now: datetime.datetime
    caller: CallerRow | None = None


def decide(wanted: WantedTokens, current: Current) -> Plan:
    """:returns: the steps that the declared tokens need.

    :param wanted: with the names of users as the hub has them.
    :raises RefusedError: a token that must not be revoked is to go.
    :raises CallerNeededError: ``current`` does not say who calls, and that matters.
    """
    return _Decision(wanted, current).plan()


def title(token: WantedToken) -> str:
    """:returns: a declared token for people."""
    return f"{token.user}/{token.label}"


class _Decision:
    """One plan in the making."""

    def __init__(self, wanted: WantedTokens, current: Current) -> None:
        self.wanted = wanted
        self.current = current
        self.warnings: list[str] = []
        # A token named by its id is revoked, and counts as gone for everything else.
        self.named = {(token.user, token.token_id) for token in wanted.tokens if token.token_id}

    def plan(self) -> Plan:
        steps: list[Step] = []
        # A new secret that is returned is lost when the task fails: these come last, and none is
        # revoked before all are made.
        returned: list[Step] = []
        replaced: list[Step] = []
        objects: dict[str, State] = {}
        changed: set[str] = set()
        unchanged = 0
        for token in self.wanted.tokens:
            if token.state == "absent":
                meant = self._meant(token)
                steps.extend(
                    self._revocation(token.user, row)
                    for row in meant
                    if not self._is_caller(token.user, row)
                )
                unchanged += not meant
                continue
            mine, kept = self._compare(token)
            objects[title(token)] = state_of(token, kept)
            unchanged += not mine
            if mine:
                changed.add(title(token))
            for step in mine:
                later = replaced if isinstance(step, RevokeToken) else returned
                (later if token.dest is None else steps).append(step)
        if self.wanted.prune:
            steps.extend(self._undeclared())
        last = [self._caller_revocation()] if self.wanted.revoke_caller else []
        return Plan(
            (*steps, *returned, *replaced, *last),
            objects,
            frozenset(changed),
            unchanged,
            missing=self._missing_users(),
            warnings=tuple(self.warnings),
        )

    def _missing_users(self) -> tuple[Missing, ...]:
        gone = {
            token.user
            for token in self.wanted.tokens
            if token.state == "present" and self.current.tokens[token.user] is None
        }
        return (
            Missing(
                "These users do not exist on the hub, so they cannot have tokens",
                tuple(sorted(gone)),
                "Create them first, with jupyterhub_user for instance; services get their tokens"
                " from the configuration of the hub.",
                "missing_users",
            ),
        )

    @property
    def _caller(self) -> CallerRow:
        if self.current.caller is None:
            raise CallerNeededError
        return self.current.caller

    def _is_caller(self, user: str, row: TokenRow) -> bool:
        return is_caller(user, row, self._caller)

    def _meant(self, token: WantedToken) -> list[TokenRow]:
        """:returns: the tokens that state absent means.

        :raises RefusedError: one of them must not be revoked.
        """
        rows = self.current.tokens[token.user] or ()
        meant = (
            self._ours(token)
            if token.token_id is None
            else [row for row in rows if row["id"] == token.token_id]
        )
        for row in meant:
            why = None
            if self._is_caller(token.user, row) and not self.wanted.revoke_caller:
                why = "is, or may be, the token that this task uses"
            elif row.get("oauth_client") != HUB_CLIENT:
                why = (
                    "comes from a login to a service, and the hub would revoke all of that login's"
                    " tokens with it"
                )
            elif (row.get("note") or "").startswith("Server at ") and own_note(row) is None:
                why = "belongs to a running server, which would break"
            if why:
                raise RefusedError(
                    f"Token {row['id']} of user {token.user} {why}: it is not revoked."
                )
        return meant

    def _ours(self, token: WantedToken) -> list[TokenRow]:
        """:returns: our tokens of a declared one's note."""
        rows = self.current.tokens[token.user] or ()
        return [
            row
            for row in rows
            if (token.user, row["id"]) not in self.named and own_note(row) == token.note
        ]

    def _compare(self, token: WantedToken) -> tuple[list[Step], TokenRow | None]:
        """:returns: the steps that one declared token needs, and the token that stays, if one
        does.
        """
        rows = self._ours(token)
        proof = self.current.proofs[token]
        in_use = next((row for row in rows if row["id"] == proof.token_id), None)
        if token.dest is None and token.current_token is None:
            # It is not known which of several the caller has: then none counts.
            in_use = only_one(
                [row for row in rows if row.get("last_activity")],
                lambda row: self._is_caller(token.user, row),
            )
        if in_use is None or token.rotate or self._stale(token, in_use):
            creation = _creation(token, rows)
            return [creation, *self._revocations(token, rows, creation)], None
        steps: list[Step] = []
        if (
            token.dest
            and proof.secret is not None
            and (proof.held != proof.secret or proof.exposed)
        ):
            steps.append(StoreSecret(title(token), token, proof.secret, replaces=bool(proof.held)))
        return [
            *steps,
            *self._revocations(token, [row for row in rows if row is not in_use], None),
        ], in_use

    def _stale(self, token: WantedToken, row: TokenRow) -> bool:
        """Whether a token is not what is declared, or is soon not to be."""
        if token.scopes is not None and own_fingerprint(row) != fingerprint(token.scopes):
            return True
        lives, end = lifetime(row), row.get("expires_at")
        if token.expires_in is not None and abs(lives - token.expires_in) > TOLERANCE:
            return True
        if not token.renew_before or not end:
            return False
        if lives <= token.renew_before:
            self.warnings.append(
                f"{title(token)} is valid for {lives:.0f} seconds in total, which is not more than"
                " renew_before: every run rotates it."
            )
        return (parse_time(end) - self.current.now).total_seconds() < token.renew_before

    def _revocations(
        self, token: WantedToken, rows: Rows, successor: CreateToken | None
    ) -> t.Iterator[Step]:
        """Revoke tokens of ours, but for the one that the task calls with: that goes when a task
        calls with its successor.
        """
        for row in rows:
            if self._is_caller(token.user, row):
                self.warnings.append(
                    f"Token {row['id']} of {title(token)} is, or may be, the token that this task"
                    " uses: it is not revoked now."
                )
            else:
                yield self._revocation(token.user, row, successor)

    def _undeclared(self) -> t.Iterator[Step]:
        """Revoke our tokens, of the users that the task names, that it does not declare."""
        declared = {(token.user, token.note) for token in self.wanted.tokens}
        for user, rows in self.current.tokens.items():
            for row in rows or ():
                note = own_note(row)
                spoken_of = (user, note) in declared or (user, row["id"]) in self.named
                if note is not None and not spoken_of and not self._is_caller(user, row):
                    yield self._revocation(user, row)

    @staticmethod
    def _revocation(user: str, row: TokenRow, successor: CreateToken | None = None) -> RevokeToken:
        # With the id: the one that takes its place has the same note.
        return RevokeToken(
            f"{user}/{own_note(row) or row.get('note')} ({row['id']})", user, row["id"], successor
        )

    def _caller_revocation(self) -> Step:
        """:returns: the step that revokes the token that the task calls with: the last one, as
        nothing can be asked after it.

        :raises RefusedError: it is none of a user, or of another user than the task says.
        """
        me = self._caller
        if me["kind"] != "user":
            raise RefusedError(
                f"The {me['kind']} {me['name']} gets its token from the hub's configuration, so"
                " revoke_caller cannot revoke it."
            )
        if self.wanted.caller is not None and me["name"] not in (
            self.wanted.caller,
            normalize(self.wanted.caller),
        ):
            raise RefusedError(
                "revoke_caller revokes the token that this task uses, which belongs to user"
                f" {me['name']} and not to {self.wanted.caller}."
            )
        token_id = str(me["token_id"])
        return RevokeCaller(f"{me['name']}/the caller's token ({token_id})", me["name"], token_id)


def _creation(token: WantedToken, rows: Rows) -> CreateToken:
    """:returns: the step that makes a token. What the task does not set, it gets from its
    predecessor.
    """
    scopes, mark, expires_in = token.scopes, fingerprint(token.scopes), token.expires_in
    if rows:
        newest = max(rows, key=age)
        before = own_fingerprint(newest)
        if scopes is None and before is not None and before != mark:
            scopes, mark = tuple(sorted(newest["scopes"])), before
        if expires_in is None and newest.get("expires_at"):
            expires_in = max(1, round(lifetime(newest)))
    return CreateToken(
        "rotate" if rows else "create",
        title(token),
        token,
        marked(token.label, mark),
        scopes,
        expires_in,
        frozenset(row["id"] for row in rows),
    )


def state_of(token: WantedToken, row: TokenRow | None) -> State:
    """:returns: a token as modules return it; None for what is not known before it is made."""
    return {
        "user": token.user,
        "note": token.note,
        "id": None if row is None else row["id"],
        "scopes": None if row is None else sorted(row["scopes"]),
        "created": None if row is None else row["created"],
        "expires_at": None if row is None else row.get("expires_at"),
        "last_activity": None if row is None else row.get("last_activity"),
        "dest": token.dest,
    }
