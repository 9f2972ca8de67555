# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""API tokens: which are ours, which are good, and how they are replaced without a gap.

The hub never shows a secret again, cannot change a token, and lists its scopes expanded, so that what was asked for cannot be read
back (jupyterhub/apihandlers/users.py, UserTokenListAPIHandler). Therefore:

* The note of a token of ours ends in a mark with a fingerprint of the scopes that were asked for.
* Every token is used once, to prove it: right after it was written, or, when it is returned, as late as possible, as a task that fails
  returns nothing. When that is the last thing to do, and there is no answer, the task succeeds. One of ours that was never used got lost
  on its way: its answer did not arrive, or the run was cut. Nobody has it, and it is revoked.
* A secret that the task can read, in a file or given, is proved against the hub and tells which of our tokens is the one in use.
* The old token is revoked only when the new one has been written and proved.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import os
import re
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Writer, take_back
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import HIDDEN, HIDDEN_BEFORE, Item, LooseStep, Plan, State, Step, fold
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError, HubError, PartlyDoneError, RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Row
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import check_scope, check_user_name, normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.secret_file import SecretFile
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief, listed
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import duration, parse_time

MARK = re.compile(r"(?P<note>.+) \[hubops (?P<scopes>[0-9a-f]{8})\]", re.DOTALL)
# The width of the hub's column is 1023 (jupyterhub/orm.py, APIToken.note); the mark takes its share.
LONGEST_NOTE = 1000
# A lifetime that differs by no more than this many seconds is the same: the hub takes the time twice while it makes a token.
TOLERANCE = 10


def fingerprint(scopes: t.Iterable[str] | None) -> str:
    """:returns: eight hexadecimal digits for a set of scopes; None, all that the user may do, has one as well."""
    text = "inherit" if scopes is None else "\n".join(sorted(set(scopes)))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def lifetime(row: Row) -> float:
    """:returns: the seconds from the creation of a token to its end; infinite for one that never expires."""
    if not row.get("expires_at"):
        return float("inf")
    return (parse_time(row["expires_at"]) - parse_time(row["created"])).total_seconds()


def own_note(row: Row) -> str | None:
    """:returns: the note of a token of ours, without the mark; None for all others.

    OAuth logins have another client, and the hub's own tokens of running servers no mark.
    """
    found = MARK.fullmatch(row.get("note") or "")
    return found.group("note") if found and row.get("oauth_client") == "JupyterHub" else None


class _Unproved(HubError):
    """Of a new token nobody can tell at this moment whether it is good."""


class Tokens(Writer):
    """The adapter of jupyterhub_token."""

    plural: t.ClassVar[str] = "tokens"
    singular: t.ClassVar[str] = "token"
    key: t.ClassVar[str] = "user"

    def __init__(self, api: HubApi, options: dict[str, t.Any], *, assume_missing: bool) -> None:
        self.api = api
        self.assume_missing = assume_missing
        self.prune: bool = options["prune"]
        self.revoke_caller: bool = bool(options["revoke_caller"])
        self.owner: str | None = options["user"]
        self.warnings: list[str] = []
        self.items = self._declared(options)
        # What was made, by user and note, and what of it is still to be proved.
        self._made: dict[str, State] = {}
        self._unproved: list[tuple[Item, Row, str]] = []
        # What only the result of a task that succeeds delivers.
        self._undelivered: list[tuple[Step, Item, Row]] = []

    def _declared(self, options: dict[str, t.Any]) -> list[Item]:
        """The one token, or the list, made the same; bad and contradictory input is refused."""
        if options["revoke_caller"]:
            self._check_revoke_caller(options)
        elif options["tokens"] is None and options["user"] is None:
            raise RefusedError("There is no token to manage: give user, tokens or revoke_caller. Nothing was changed.")
        alone = options["revoke_caller"] and options["note"] is None and options["token_id"] is None
        rows = options["tokens"] if options["tokens"] is not None else [] if alone else [options]
        spellings: dict[str, str] = {}
        keys = ("user", "note", "token_id", "state", "scopes", "expires_in", "renew_before", "rotate", "dest", "current_token", "return_token")
        items = []
        for row in rows:
            item = {key: row[key] for key in keys}
            for key in ("state", "expires_in", "renew_before", "rotate", "return_token"):
                item[key] = options[key] if item[key] is None else item[key]
            check_user_name(item["user"])
            item["user"] = spellings.setdefault(normalize(item["user"]), item["user"])
            items.append(item)
        items = fold(items, lambda item: (item["user"], item["note"], item["token_id"]), lambda item: f"The token {_title(item)}")
        for item in items:
            self._check(item)
        files = [os.path.realpath(item["dest"].path) for item in items if item["dest"]]
        twice = sorted({path for path in files if files.count(path) > 1})
        if twice:
            raise RefusedError(f"Two tokens cannot be written to the same dest: {listed(twice)}. Nothing was changed.")
        return items

    @staticmethod
    def _check_revoke_caller(options: dict[str, t.Any]) -> None:
        """:raises RefusedError: the task cannot end with the token that it calls with."""
        if options["state"] != "absent":
            raise RefusedError("revoke_caller revokes a token: give it with state absent. Nothing was changed.")
        if options["user"] is None and (options["note"] is not None or options["token_id"] is not None):
            raise RefusedError("note and token_id need the user whose token it is: add user. Nothing was changed.")
        if options["login_username"] is not None:
            raise RefusedError("revoke_caller is not for login_username, whose token is revoked at the end of the task anyway. Nothing was changed.")

    def _check(self, item: Item) -> None:
        """Read the item's durations and its file.

        :raises RefusedError: it makes no sense.
        """
        if item["token_id"] is not None:
            if item["state"] != "absent" or item["note"] is not None:
                raise RefusedError("token_id names a token to revoke: give it with state absent and without a note. Nothing was changed.")
            item["dest"] = None
            return
        if not item["note"]:
            raise RefusedError(f"A token of user {item['user']} has neither note nor token_id: give one of them. Nothing was changed.")
        if len(item["note"]) > LONGEST_NOTE or MARK.fullmatch(item["note"]) or item["note"] != item["note"].strip():
            raise RefusedError(
                f"The note {brief(item['note'])} cannot be used: it has at most {LONGEST_NOTE} characters, no spaces at its ends, "
                "and not the mark of this module. Nothing was changed."
            )
        for scope in item["scopes"] or ():
            check_scope(scope)
        for option in ("expires_in", "renew_before"):
            if item[option] is not None:
                item[option] = duration(option, item[option])
        if item["expires_in"] is not None and item["renew_before"] is not None and item["renew_before"] >= item["expires_in"]:
            raise RefusedError(
                f"renew_before is not less than expires_in for the token {_title(item)}, so that every run would rotate it. Nothing was changed."
            )
        if item["state"] == "absent":
            item["dest"] = None
        if item["dest"] is not None:
            item["dest"] = SecretFile(item["dest"], f"the token {_title(item)}")
            problem = item["dest"].check()
            if problem and not self.assume_missing:
                raise RefusedError(f"{problem} Nothing was changed. Create it first.")
            if problem:
                self.warnings.append(f"{problem} It is taken to be made by an earlier task.")

    # Plan

    def plan(self) -> Plan:
        caller = [self._caller_revocation()] if self.revoke_caller else []
        current = self._read()
        self._check_users(current)
        # What is named by its id goes, and counts as gone for all else.
        named = {(item["user"], item["token_id"]) for item in self.items}
        steps: list[Step] = []
        # A new secret that is returned is lost when the task fails: these come last, and none is revoked before all are made.
        returned: list[Step] = []
        replaced: list[Step] = []
        objects: dict[str, State] = {}
        changed: set[str] = set()
        unchanged = 0
        for item in self.items:
            rows = [row for row in current[item["user"]] or [] if item["token_id"] or (item["user"], row["id"]) not in named]
            if item["state"] == "absent":
                meant = self._meant(item, rows)
                # The one that the task calls with goes last, with revoke_caller.
                mine = [self._revocation(item["user"], row) for row in meant if not self._is_caller(item["user"], row)]
                unchanged -= bool(meant) and not mine
            else:
                mine, kept = self._compare(item, [row for row in rows if own_note(row) == item["note"]])
                objects[_title(item)] = _state(item, kept)
                if mine:
                    changed.add(_title(item))
            unchanged += not mine
            if item["state"] == "present" and item["dest"] is None:
                returned.extend(step for step in mine if step.action != "revoke")
                replaced.extend(step for step in mine if step.action == "revoke")
            else:
                steps.extend(mine)
        if self.prune:
            steps.extend(self._undeclared(current, named))
        return Plan((*steps, *returned, *replaced, *caller), objects, frozenset(changed), unchanged)

    def _read(self) -> dict[str, list[Row] | None]:
        """Read the tokens of all users that the task names, and call these as the hub does: as written, or else normalized.

        :returns: the tokens by user; None: there is no such user.
        """
        current: dict[str, list[Row] | None] = {}
        for item in self.items:
            if item["user"] in current:
                continue
            rows = self.api.tokens_list(item["user"])
            stored = normalize(item["user"]) if rows is None else item["user"]
            current[stored] = self.api.tokens_list(stored) if stored != item["user"] else rows
            written = item["user"]
            for other in self.items:
                other["user"] = stored if other["user"] == written else other["user"]
        return current

    def _check_users(self, current: dict[str, list[Row] | None]) -> None:
        """:raises RefusedError: tokens for users that do not exist; in check mode these are taken to be made by an earlier task."""
        missing = sorted({item["user"] for item in self.items if current[item["user"]] is None and item["state"] == "present"})
        if missing and self.assume_missing:
            self.warnings.append(f"These are no users of the hub yet, and are taken to be made by an earlier task: {listed(missing)}.")
        elif missing:
            raise RefusedError(
                f"These are no users of the hub, so that they can have no tokens: {listed(missing)}. Nothing was changed. "
                "Create them first, with jupyterhub_user for instance; services get their tokens from the configuration of the hub.",
                missing_users=missing,
            )

    def _caller_revocation(self) -> Step:
        """:returns: the step that revokes the token that the task calls with: the last one, as nothing can be asked after it.

        :raises RefusedError: the hub does not tell which token that is, or it is none of a user.
        """
        me = self.api.me
        if me["kind"] != "user":
            raise RefusedError(
                f"The {me['kind']} {me['name']} has its token from the hub's configuration, so that revoke_caller cannot revoke it. Nothing was changed."
            )
        self.api.require("5.0", "revoke_caller")
        if self.owner is not None and not self.items and me["name"] not in (self.owner, normalize(self.owner)):
            raise RefusedError(
                f"revoke_caller revokes the token that this task calls with, which belongs to user {me['name']} and not to {self.owner}. Nothing was changed."
            )
        name = f"{me['name']}/the token that called ({me['token_id']})"
        return LooseStep("revoke", "token", name, "token_delete", {"id": me["token_id"]}, None, payload=(me["name"], me["token_id"]))

    def _is_caller(self, user: str, row: Row) -> bool:
        """Whether this may be the token that the task calls with. It is never touched.

        JupyterHub 4 does not tell which token that is: then it is any of the caller's own that has just its scopes.
        """
        me = self.api.me
        if me["kind"] != "user" or me["name"] != user:
            return False
        if me.get("token_id"):
            return bool(me["token_id"] == row["id"])
        return set(me.get("scopes", ())) == set(row.get("scopes", ()))

    def _meant(self, item: Item, rows: t.Iterable[Row]) -> list[Row]:
        """:returns: the tokens that state absent means.

        :raises RefusedError: one of them must not be revoked.
        """
        by_id = item["token_id"] is not None
        meant = [row for row in rows if (row["id"] == item["token_id"] if by_id else own_note(row) == item["note"])]
        for row in meant:
            why = None
            if self._is_caller(item["user"], row) and not self.revoke_caller:
                why = "is, or may be, the one that this task calls with"
            elif row.get("oauth_client") != "JupyterHub":
                why = "comes from a login to a service, and the hub would revoke all of that login's tokens with it"
            elif (row.get("note") or "").startswith("Server at ") and own_note(row) is None:
                why = "belongs to a running server, which would break"
            if why:
                raise RefusedError(f"Token {row['id']} of user {item['user']} {why}: it is not revoked. Nothing was changed.")
        return meant

    def _compare(self, item: Item, rows: list[Row]) -> tuple[list[Step], Row | None]:
        """:param rows: our tokens of this note.

        :returns: the steps that one declared token needs, and the token that stays, if one does.
        """
        known = item["dest"] is not None or item["current_token"] is not None
        in_use, secret = self._prove(item, rows)
        if not known:
            # Nothing tells which of several the caller has: then none counts.
            in_use = self._only(item["user"], [row for row in rows if row.get("last_activity")])
        if in_use is None or item["rotate"] or self._stale(item, in_use):
            return [self._replacement(item, rows), *self._revocations(item, rows)], None
        steps = []
        if item["dest"] and (item["dest"].read() != secret or item["dest"].exposed()):
            change = {"dest": HIDDEN_BEFORE if item["dest"].read() else None}, {"dest": HIDDEN}
            steps.append(LooseStep("update", "token", _title(item), None, *change, payload=(item, secret)))
        return [*steps, *self._revocations(item, [row for row in rows if row is not in_use])], in_use

    @staticmethod
    def _replacement(item: Item, rows: list[Row]) -> Step:
        """:returns: the step that makes a token. What the task does not say, it has from the one before it."""
        scopes, mark, expires_in = item["scopes"], fingerprint(item["scopes"]), item["expires_in"]
        if rows:
            newest = max(rows, key=_age)
            found = MARK.fullmatch(newest["note"])
            if scopes is None and found and found.group("scopes") != mark:
                scopes, mark = sorted(newest["scopes"]), found.group("scopes")
            if expires_in is None and newest.get("expires_at"):
                expires_in = max(1, round(lifetime(newest)))
        fields: State = {"secret": HIDDEN, "scopes": item["scopes"] and sorted(set(item["scopes"])), "expires_in": item["expires_in"]}
        fields = {key: value for key, value in fields.items() if value is not None}
        before = {key: HIDDEN_BEFORE if key == "secret" else None for key in fields} if rows else None
        order = {"note": f"{item['note']} [hubops {mark}]", "scopes": scopes, "expires_in": expires_in}
        known_ids = frozenset(row["id"] for row in rows)
        return LooseStep("rotate" if rows else "create", "token", _title(item), "token_create", before, fields, payload=(item, order, known_ids))

    def _only(self, user: str, rows: list[Row]) -> Row | None:
        """:returns: the one token that rows of equal standing leave no doubt about; None when they do."""
        if len(rows) > 1 and not any(self._is_caller(user, row) for row in rows):
            return None
        # The one that the task calls with is not revoked, so that its successor can be taken to be in use already.
        return max(rows, key=_age) if rows else None

    def _revocations(self, item: Item, rows: t.Iterable[Row]) -> t.Iterator[Step]:
        """Revoke tokens of ours, but for the one that the task calls with: that goes when a task calls with its successor."""
        for row in rows:
            if self._is_caller(item["user"], row):
                self.warnings.append(f"Token {row['id']} of {_title(item)} is, or may be, the one that this task calls with: it is not revoked now.")
            else:
                yield self._revocation(item["user"], row)

    def _prove(self, item: Item, rows: list[Row]) -> tuple[Row | None, str | None]:
        """Ask the hub what the secrets are worth that the task can read.

        :returns: the token of ours that one of them is, and that one.
        """
        secrets = [item["dest"].read() if item["dest"] else None, item["current_token"]]
        for secret in dict.fromkeys(filter(None, secrets)):
            me = self.api.whoami_of(secret)
            if me is None or me["kind"] != "user" or me["name"] != item["user"]:
                continue
            found = self._which(item["user"], me, rows)
            if found is not None:
                return found, secret
        return None, None

    def _which(self, user: str, me: Row, rows: list[Row]) -> Row | None:
        """:returns: the token that a proved secret is.

        JupyterHub 4 does not tell: there it is the only one that has the same scopes. A cut run may have left two, of which the file
        may hold either, or one that was never used. Then none counts, and all are replaced.

        :param me: what the hub says to that secret.
        """
        if me.get("token_id"):
            return next((row for row in rows if row["id"] == me["token_id"]), None)
        alike = [row for row in rows if set(row["scopes"]) == set(me["scopes"])]
        found = self._only(user, alike)
        return found if found and (found.get("last_activity") or len(alike) > 1) else None

    def _stale(self, item: Item, row: Row) -> bool:
        """Whether a token is not what is declared, or is soon not to be."""
        found = MARK.fullmatch(row["note"])
        if item["scopes"] is not None and found and found.group("scopes") != fingerprint(item["scopes"]):
            return True
        lives = lifetime(row)
        if item["expires_in"] is not None and abs(lives - item["expires_in"]) > TOLERANCE:
            return True
        if not item["renew_before"] or not row.get("expires_at"):
            return False
        if lives <= item["renew_before"]:
            self.warnings.append(f"{_title(item)} lives for {lives:.0f} seconds in all, which is not more than renew_before: every run rotates it.")
        return bool((parse_time(row["expires_at"]) - self.api.now()).total_seconds() < item["renew_before"])

    def _undeclared(self, current: dict[str, list[Row] | None], named: t.Collection[tuple[str, str | None]]) -> t.Iterator[Step]:
        """Revoke our tokens, of the users that the task names, that it does not declare.

        :param named: those that are revoked anyway, by user and id.
        """
        declared = {(item["user"], item["note"]) for item in self.items}
        for user, rows in current.items():
            for row in rows or []:
                note = own_note(row)
                if note is not None and (user, note) not in declared and (user, row["id"]) not in named and not self._is_caller(user, row):
                    yield self._revocation(user, row)

    @staticmethod
    def _revocation(user: str, row: Row) -> Step:
        # With the id: the one that takes its place has the same note.
        name = f"{user}/{own_note(row) or row.get('note')} ({row['id']})"
        return LooseStep("revoke", "token", name, "token_delete", {"id": row["id"]}, None, payload=(user, row["id"]))

    # Apply

    def batch(self, steps: t.Sequence[Step]) -> int:
        return 1

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        (step,) = steps
        if step.action == "revoke":
            self._prove_returned()
            try:
                return steps if self.api.token_delete(*step.payload) else []
            except ApiError as error:
                if error.repeated and error.status == 403 and step.payload == self._own_token:
                    # The first try has revoked it, and only its answer was lost.
                    return steps
                raise
        if step.action == "update":
            item, secret = step.payload
            item["dest"].write(secret)
            return steps
        item, order = step.payload[:2]
        row = self._create(item, order)
        secret = row.pop("token")
        self._made[_title(item)] = _state(item, row)
        if item["dest"]:
            self._deliver(step, item, row, secret)
        else:
            self._unproved.append((item, row, secret))
            self._undelivered.append((step, item, row))
        if item["dest"] is None or item["return_token"]:
            self._made[_title(item)]["value"] = secret
        return steps

    def finish(self) -> None:
        try:
            self._prove_returned()
        except _Unproved as error:
            # To fail here would lose them: the hub may have seen the proof, and only its answer was lost. It has made them, and no other
            # token depends on them any more. One that was not proved, and is not used either, is replaced by the next run.
            names = listed(_title(item) for item, row, secret in self._unproved)
            what = "These new tokens are returned, but could not be proved"
            self.warnings.append(f"{what}, and the next run replaces those that nobody has used by then: {names}. {error.message}")

    def abandon(self) -> t.Iterable[tuple[Step, bool]]:
        """Revoke new tokens that the task does not return: once proved, nothing would tell them from those that somebody has."""
        outcomes = [(step, self._discard(item, row)) for step, item, row in self._undelivered]
        return [(step, bool(gone)) for step, gone in outcomes if gone is not False]

    def _deliver(self, step: Step, item: Item, row: Row, secret: str) -> None:
        """Write a new token, and prove it.

        :raises HubError: that failed; the file holds what it held before, or a token of which nobody knows whether it is good.
        """
        before = item["dest"].read()
        try:
            item["dest"].write(secret)
        except HubError as error:
            raise self._discarded(step, item, row, error.message) from None
        try:
            good = self._is_good(item, secret)
        except HubError as error:
            message = f"The new token {_title(item)} was made and written, but could not be proved: {error.message}"
            raise PartlyDoneError(message, done=[], unsure=[step]) from None
        if not good:
            failure = self._discarded(step, item, row, f"The new token {_title(item)} was made, but the hub does not accept it.")
            item["dest"].restore(before)
            raise failure

    def _prove_returned(self) -> None:
        """Prove the new tokens that are to be returned.

        :raises _Unproved: of one of them that cannot be told.
        :raises HubError: one of them is no good.
        """
        while self._unproved:
            item, _row, secret = self._unproved[0]
            try:
                good = self._is_good(item, secret)
            except HubError as error:
                raise _Unproved(error.message, **error.details) from None
            if not good:
                raise HubError(f"The new token {_title(item)} was made, but the hub does not accept it: look into the hub's log.")
            self._unproved.pop(0)

    def _is_good(self, item: Item, secret: str) -> bool:
        me = self.api.whoami_of(secret)
        return me is not None and me["kind"] == "user" and me["name"] == item["user"]

    def _discarded(self, step: Step, item: Item, row: Row, why: str) -> HubError:
        """:returns: the error to raise after a new token had to be revoked again."""
        if self._discard(item, row):
            return HubError(f"{why} The new token was revoked again, and no other was touched.")
        return PartlyDoneError(f"{why} The new token could not be revoked again: the next run does that.", done=[], unsure=[step])

    def _discard(self, item: Item, row: Row) -> bool | None:
        """Revoke a token that nobody has.

        :returns: False when that failed; the next run finds it then, as it was never used. None when nobody knows.
        """
        return take_back(functools.partial(self.api.token_delete, item["user"], row["id"]))

    def _create(self, item: Item, order: State) -> Row:
        try:
            return self.api.token_create(item["user"], order["note"], order["scopes"], order["expires_in"])
        except ApiError as error:
            if error.status == 500 and order["scopes"] and self.api.version < (5,):
                error.message += " JupyterHub 4 answers so when a scope does not exist: check the scopes."
            elif error.status == 403 and "no permissions" in (error.hub_message or ""):
                error.message += " JupyterHub 4 asks for the scope tokens without a limit to some users."
            elif error.status == 400 and "not held" in (error.hub_message or ""):
                error.message += " A token cannot do more than its user: take these scopes out, or give the user a role that has them."
            raise

    @property
    def _own_token(self) -> tuple[str, str | None]:
        """The user and the id of the token that the task calls with; no id where the hub does not tell."""
        return self.api.me["name"], self.api.me.get("token_id")

    def in_place(self, steps: t.Sequence[Step]) -> list[Step]:
        (step,) = steps
        if step.action == "revoke":
            user, token_id = step.payload
            if step.payload == self._own_token:
                try:
                    self.api.whoami()
                except ApiError as error:
                    if error.status == 403:
                        return [step]
                    raise
                return []
            return [] if any(row["id"] == token_id for row in self.api.tokens_list(user) or []) else [step]
        # What the lost answer told is lost for good: its token is no use to anybody.
        item, known_ids = step.payload[0], step.payload[2]
        for row in self.api.tokens_list(item["user"]) or []:
            if own_note(row) == item["note"] and row["id"] not in known_ids:
                self.api.token_delete(item["user"], row["id"])
        return []

    def objects(self, plan: Plan) -> dict[str, State]:
        return {title: self._made.get(title, state) for title, state in plan.objects.items()}


def _age(row: Row) -> datetime.datetime:
    """What tokens are put in order of age by."""
    return parse_time(row["created"])


def _title(item: Item) -> str:
    return f"{item['user']}/{item['note'] or item['token_id']}"


def _state(item: Item, row: Row | None) -> State:
    """:returns: a token as modules return it; None for what is not known before it is made."""
    row = row or {}
    return {
        "user": item["user"],
        "note": item["note"],
        "id": row.get("id"),
        "scopes": sorted(row["scopes"]) if "scopes" in row else None,
        "created": row.get("created"),
        "expires_at": row.get("expires_at"),
        "last_activity": row.get("last_activity"),
        "dest": item["dest"].path if item["dest"] else None,
    }
