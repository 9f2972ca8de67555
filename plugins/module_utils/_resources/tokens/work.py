# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""API tokens: how they are read, proved, made and replaced without a gap.

* Every token is used once, to prove it: right after it was written, or, when it is returned, as
  late as possible, as a task that fails returns nothing. When that is the last thing to do, and
  there is no answer, the task succeeds.
* The old token is revoked only when the new one has been written and proved.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import (
    Writer,
    delete_leftover,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    PartlyDoneError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Missing,
    Plan,
    State,
    Step,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    HubError,
    ItemError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import words
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import TokenRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.caller import (
    CallerNeededError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_stored_names,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.decide import (
    Current,
    decide,
    state_of,
    title,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.mark import (
    own_note,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.needs import needs
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.owners import (
    Owners,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.proof import (
    Proof,
    is_caller,
    which,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.secret_file import (  # noqa: E501 - a full name
    SecretFile,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.steps import (
    CreateToken,
    RevokeCaller,
    RevokeToken,
    StoreSecret,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.wanted import (
    TokenOptions,
    WantedToken,
    parse,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed


class _Unproved(HubError):
    """It is not known at this moment whether a new token is valid."""


@dataclasses.dataclass(frozen=True)
class _Made:
    """A new token that is to be returned, with the token's id."""

    step: CreateToken
    id: str
    secret: str = dataclasses.field(repr=False)


class Tokens(Writer):
    """The adapter of jupyterhub_token."""

    plural: t.ClassVar[str] = "tokens"
    singular: t.ClassVar[str] = "token"
    key: t.ClassVar[str] = "user"

    @staticmethod
    def scopes(options: Options, hub: Version) -> Needs:
        return needs(options, hub)

    def __init__(self, api: HubApi, options: Options) -> None:
        given = t.cast(TokenOptions, options)  # as the argument spec has it
        self.api = api
        self.warnings: list[str] = []
        self.wanted = parse(given)
        self.stored_names = check_stored_names(given["stored_names"])
        # Folders of files that do not exist, as far as an earlier task may still make them.
        files = [_file(token) for token in self.wanted.tokens if token.dest is not None]
        self._folders = tuple(folder for folder in [file.check() for file in files] if folder)
        self.warnings += [sentence for file in files for sentence in file.warnings()]
        # The objects to return, by title.
        self._objects: dict[str, State] = {}
        # What only the result of a task that succeeds delivers, and what of it is still to be
        # proved.
        self._returned: list[_Made] = []
        self._unproved: list[_Made] = []
        # The secrets that are in files, by the steps that made them.
        self._delivered: dict[CreateToken, str] = {}

    def needs(self) -> tuple[Missing, ...]:
        return (Missing("The folder of dest does not exist", self._folders, "Create it first."),)

    # Plan

    def plan(self) -> Plan:
        if self.wanted.revoke_caller and self.api.me["kind"] == "user":
            self.api.require("5.0", "revoke_caller")
        owners = Owners(self.api, self.stored_names)
        kept, unread = owners.read(self.wanted.tokens)
        tokens = owners.tokens
        wanted = dataclasses.replace(self.wanted, tokens=kept).stored_as(owners.stored)
        proofs = {
            token: self._prove(token, tokens[token.user] or [])
            for token in wanted.tokens
            if token.state == "present"
        }
        current = Current(tokens, proofs, self.api.now())
        try:
            plan = decide(wanted, current)
        except CallerNeededError:
            plan = decide(wanted, dataclasses.replace(current, caller=self.api.me))
        warnings = (*plan.warnings, *owners.warnings_of_missing(wanted.tokens))
        return dataclasses.replace(plan, unread=unread, warnings=warnings)

    def _prove(self, token: WantedToken, rows: list[TokenRow]) -> Proof:
        """Ask the hub whether the secrets that the task can read are valid.

        :raises HubError: that is not known now; a token that may be valid is not replaced.
        """
        ours = [row for row in rows if own_note(row) == token.note]
        held = _file(token).read() if token.dest is not None else None
        exposed = token.dest is not None and _file(token).exposed()
        for secret in dict.fromkeys(filter(None, (held, token.current_token))):
            owner = self.api.whoami_of(secret)
            if owner is None or owner["kind"] != "user" or owner["name"] != token.user:
                continue
            found = which(owner, ours, lambda row: is_caller(token.user, row, self.api.me))
            if found is not None:
                return Proof(found["id"], secret, held, exposed)
        return Proof(held=held, exposed=exposed)

    # Apply

    def batch(self, steps: t.Sequence[Step]) -> int:
        return 1

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        (step,) = steps
        if isinstance(step, RevokeToken):
            return steps if self._revoke(step) else []
        if isinstance(step, StoreSecret):
            _file(step.token).write(step.secret)
        elif isinstance(step, CreateToken):
            self._make(step)
        return steps

    def _revoke(self, step: RevokeToken) -> bool:
        """:returns: False when it was gone already.

        :raises ItemError: another run has written a token to the file of its successor since.
        """
        self._prove_returned()
        delivered = self._delivered.get(step.successor) if step.successor else None
        if step.successor and delivered and _file(step.successor.token).read() != delivered:
            raise ItemError(
                f"Token {step.name} was not revoked, because another run has written to dest"
                f" {step.successor.token.dest} at the same time: run the task again."
            )
        try:
            return self.api.token_delete(step.user, step.id)
        except ApiError as error:
            if error.repeated and error.status == 403 and isinstance(step, RevokeCaller):
                # The first try has revoked it, and only its answer was lost.
                return True
            raise

    def _make(self, step: CreateToken) -> None:
        """Make a token, and write its secret to the file, if it has one."""
        token = step.token
        # Read before there is anything to lose.
        before = _file(token).read() if token.dest is not None else None
        row = self._create(step)
        made = _Made(step, row["id"], row["token"])
        state = state_of(token, row)
        if token.dest is not None:
            self._deliver(made, before)
        else:
            self._unproved.append(made)
            self._returned.append(made)
        if token.dest is None or token.return_token:
            state["value"] = made.secret
        self._objects[title(token)] = state

    def _create(self, step: CreateToken) -> TokenRow:
        try:
            return self.api.token_create(step.token.user, step.note, step.scopes, step.expires_in)
        except ApiError as error:
            if error.status == 500 and step.scopes and self.api.version < (5,):
                raise error.with_advice(
                    "JupyterHub 4 gives this answer when a scope does not exist: check the scopes."
                ) from None
            if error.status == 403 and words.NO_PERMISSIONS.said(error.hub_message):
                message = (
                    f"{error.message} JupyterHub 4 requires the scope tokens without a filter."
                )
                raise ItemError(message, **error.details) from None
            if error.status == 400 and words.NOT_HELD.said(error.hub_message):
                raise error.with_advice(
                    "A token cannot have more scopes than its user: remove these scopes, or give"
                    " the user a role that has them."
                ) from None
            raise

    def _deliver(self, made: _Made, before: str | None) -> None:
        """Write a new token, and prove it.

        :param before: what the file holds.
        :raises HubError: that failed; the file holds what it held before, or a token that may or
        may not be valid.
        """
        name, file = made.step.name, _file(made.step.token)
        try:
            file.write(made.secret)
        except HubError as error:
            raise self._discarded(made, error.message) from None
        try:
            good = self._is_good(made)
        except HubError as error:
            message = (
                f"The new token {name} was created and written, but could not be verified:"
                f" {error.message}"
            )
            raise PartlyDoneError(message, done=[], unsure=[made.step]) from None
        if not good:
            why = f"The new token {name} was created, but the hub does not accept it."
            try:
                # Another run may have written a token of its own since, and have revoked this one.
                if file.read() == made.secret:
                    file.restore(before)
            except HubError as error:
                why = f"{why} {error.message}"
            raise self._discarded(made, why)
        self._delivered[made.step] = made.secret

    def _is_good(self, made: _Made) -> bool:
        """Whether the hub accepts a secret as a token of its user.

        :raises HubError: that is not known now.
        """
        me = self.api.whoami_of(made.secret)
        return me is not None and me["kind"] == "user" and me["name"] == made.step.token.user

    def _discarded(self, made: _Made, why: str) -> HubError:
        """:returns: the error to raise after a new token had to be revoked."""
        if self._discard(made):
            return ItemError(f"{why} The new token was revoked, and no other token was changed.")
        return PartlyDoneError(
            f"{why} The new token could not be revoked: the next run will revoke it.",
            done=[],
            unsure=[made.step],
        )

    def _discard(self, made: _Made) -> bool | None:
        """Revoke a token whose secret is lost.

        :returns: False when that failed; the next run finds it then, as it was never used. None
        when it is not known.
        """
        return delete_leftover(
            functools.partial(self.api.token_delete, made.step.token.user, made.id)
        )

    def _prove_returned(self) -> None:
        """Prove the new tokens that are to be returned.

        :raises _Unproved: of one of them that cannot be told.
        :raises HubError: one of them is not valid.
        """
        while self._unproved:
            made = self._unproved[0]
            try:
                good = self._is_good(made)
            except HubError as error:
                raise _Unproved(error.message, **error.details) from None
            if not good:
                raise HubError(
                    f"The new token {made.step.name} was created, but the hub does not accept it:"
                    " check the hub's log."
                )
            self._unproved.pop(0)

    def finish(self) -> None:
        try:
            self._prove_returned()
        except _Unproved as error:
            # To fail here would lose them: the hub may have seen the proof, and only its answer was
            # lost. It has made them, and no other token depends on them any more. One that was not
            # proved, and is not used either, is replaced by the next run.
            names = listed(made.step.name for made in self._unproved)
            what = "These new tokens are returned, but could not be verified"
            self.warnings.append(
                f"{what}, and the next run replaces those that have not been used by then:"
                f" {names}. {error.message}"
            )

    def abandon(self) -> t.Iterable[tuple[Step, bool]]:
        """Revoke new tokens that the task does not return: once verified, they could not be
        distinguished from tokens in use.
        """
        outcomes = [(made.step, self._discard(made)) for made in self._returned]
        return [(step, bool(gone)) for step, gone in outcomes if gone is not False]

    def look_up(self, steps: t.Sequence[Step]) -> list[Step]:
        (step,) = steps
        if isinstance(step, RevokeCaller):
            return [] if self._is_known() else [step]
        if isinstance(step, RevokeToken):
            rows = self.api.tokens_list(step.user) or []
            return [] if any(row["id"] == step.id for row in rows) else [step]
        # A token whose answer was lost is useless: its secret is lost.
        return []

    def _is_known(self) -> bool:
        """Whether the hub still accepts the token that the task calls with."""
        try:
            self.api.whoami()
        except ApiError as error:
            if error.status == 403:
                return False
            raise
        return True

    def clean_up(self, steps: t.Sequence[Step]) -> None:
        """Revoke new tokens whose answer was lost: their secret is lost."""
        for step in steps:
            if isinstance(step, CreateToken):
                for row in self.api.tokens_list(step.token.user) or []:
                    # A token that was used is that of another run, which has its secret.
                    new = row["id"] not in step.known_ids and not row.get("last_activity")
                    if new and own_note(row) == step.token.note:
                        self.api.token_delete(step.token.user, row["id"])

    def objects(self, plan: Plan) -> dict[str, State]:
        return {
            name: self._objects.get(name) or dict(state) for name, state in plan.objects.items()
        }


def _file(token: WantedToken) -> SecretFile:
    """:returns: the file for the secret of a declared token that has one."""
    return SecretFile(str(token.dest), f"the token {title(token)}")
