# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What is declared of tokens."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    first_set,
    fold,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_scope,
    check_user_name,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.mark import MARK
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief, listed
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import duration

# The width of the hub's column is 1023 (jupyterhub/orm.py, APIToken.note); the mark takes its
# share.
LONGEST_NOTE = 1000
State = t.Literal["present", "absent"]


class _TokenKeys(t.TypedDict):
    user: str
    note: str | None
    token_id: str | None
    scopes: list[str] | None
    dest: str | None
    current_token: str | None
    expires_in: str | None
    renew_before: str | None


class TokenItem(_TokenKeys):
    """An item of the list, as the options are; None: not set."""

    state: State | None
    rotate: bool | None
    return_token: bool | None


class WholeToken(_TokenKeys):
    """An item, with what is set for all of them."""

    state: State
    rotate: bool
    return_token: bool


class TokenOptions(WholeToken):
    """The options of jupyterhub_token; without those of the token when there is a list."""

    tokens: list[TokenItem] | None
    prune: bool
    revoke_caller: bool | None
    stored_names: dict[str, object] | None
    login_username: str | None


@dataclasses.dataclass(frozen=True)
class WantedToken:
    """What is declared of one token.

    :param user: as it is declared; which user of the hub that is, is looked up.
    :param note: None when the token is named by its id.
    :param scopes: None: they are not declared.
    :param expires_in: seconds.
    :param renew_before: seconds.
    :param dest: the path of the file for the secret.
    :param current_token: the secret that the caller has kept; empty: none.
    """

    user: str
    note: str | None
    token_id: str | None
    state: State
    scopes: tuple[str, ...] | None
    expires_in: int | None
    renew_before: int | None
    rotate: bool
    dest: str | None
    current_token: str | None = dataclasses.field(repr=False)
    return_token: bool

    @property
    def label(self) -> str:
        """What tells it from the others of its user."""
        return str(self.note or self.token_id)


@dataclasses.dataclass(frozen=True)
class WantedTokens:
    """What a task declares.

    :param prune: revoke the other tokens of ours of these users.
    :param revoke_caller: revoke the token that the task calls with, too.
    :param caller: whose that has to be; None: it does not matter.
    """

    tokens: tuple[WantedToken, ...]
    prune: bool
    revoke_caller: bool
    caller: str | None

    def stored_as(self, names: t.Mapping[str, str]) -> WantedTokens:
        """:returns: the same with the names that the hub has for the users.

        :param names: by the names that are declared.
        :raises RefusedError: two items mean the same token, and contradict each other.
        """
        items = [{**dataclasses.asdict(token), "user": names[token.user]} for token in self.tokens]
        folded = fold(
            items,
            lambda item: (item["user"], item["note"], item["token_id"]),
            lambda item: f"The token {item['user']}/{item['note'] or item['token_id']}",
        )
        return dataclasses.replace(self, tokens=tuple(WantedToken(**item) for item in folded))


def parse(options: TokenOptions) -> WantedTokens:
    """The one token, or the list, in the same form.

    :param options: of jupyterhub_token.
    :raises RefusedError: the input is bad, or contradicts itself.
    """
    revoke_caller = bool(options["revoke_caller"])
    alone = revoke_caller and options["note"] is None and options["token_id"] is None
    if revoke_caller:
        _check_revoke_caller(options)
    elif options["tokens"] is None and options["user"] is None:
        raise RefusedError("No token is given to manage: set user, tokens or revoke_caller.")
    rows: t.Sequence[TokenItem | TokenOptions] = (
        options["tokens"] if options["tokens"] is not None else [] if alone else [options]
    )
    items = [_whole(row, options) for row in rows]
    items = fold(items, _identity, lambda item: f"The token {_title(item)}")
    tokens = tuple(map(_parse_one, items))
    files = [os.path.realpath(token.dest) for token in tokens if token.dest is not None]
    twice = sorted({path for path in files if files.count(path) > 1})
    if twice:
        raise RefusedError(f"Two tokens cannot be written to the same dest: {listed(twice)}.")
    return WantedTokens(
        tokens, bool(options["prune"]), revoke_caller, options["user"] if alone else None
    )


def _whole(row: TokenItem | TokenOptions, options: TokenOptions) -> WholeToken:
    """:returns: an item, with what is set for all of them."""
    check_user_name(row["user"])
    return {
        "user": row["user"],
        "note": row["note"],
        "token_id": row["token_id"],
        "scopes": row["scopes"],
        "dest": row["dest"],
        "current_token": row["current_token"],
        "state": row["state"] or options["state"],
        "expires_in": first_set(row["expires_in"], options["expires_in"]),
        "renew_before": first_set(row["renew_before"], options["renew_before"]),
        "rotate": bool(first_set(row["rotate"], options["rotate"])),
        "return_token": bool(first_set(row["return_token"], options["return_token"])),
    }


def _check_revoke_caller(options: TokenOptions) -> None:
    """:raises RefusedError: the task cannot end with the token that it calls with."""
    if options["state"] != "absent":
        raise RefusedError("revoke_caller revokes a token: use it with state absent.")
    if options["user"] is None and (options["note"] is not None or options["token_id"] is not None):
        raise RefusedError("note and token_id need the owner of the token: add user.")
    if options["login_username"] is not None:
        raise RefusedError(
            "revoke_caller is not for login_username, whose token is revoked at the end of the task"
            " anyway."
        )


def _identity(item: WholeToken) -> tuple[str, str | None, str | None]:
    return item["user"], item["note"], item["token_id"]


def _title(item: WholeToken) -> str:
    return f"{item['user']}/{item['note'] or item['token_id']}"


def _parse_one(item: WholeToken) -> WantedToken:
    """:raises RefusedError: it makes no sense."""
    if item["token_id"] is not None:
        if item["state"] != "absent" or item["note"] is not None:
            raise RefusedError(
                "token_id names a token to revoke: use it with state absent and without a note."
            )
    else:
        _check_note(item)
    for scope in item["scopes"] or ():
        check_scope(scope)
    expires_in = None if item["expires_in"] is None else duration("expires_in", item["expires_in"])
    renew_before = (
        None if item["renew_before"] is None else duration("renew_before", item["renew_before"])
    )
    if expires_in is not None and renew_before is not None and renew_before >= expires_in:
        raise RefusedError(
            f"renew_before is not less than expires_in for the token {_title(item)}, so every run"
            " would rotate it."
        )
    return WantedToken(
        item["user"],
        item["note"],
        item["token_id"],
        item["state"],
        None if item["scopes"] is None else tuple(sorted(set(item["scopes"]))),
        expires_in,
        renew_before,
        item["rotate"],
        # A token that goes has no file.
        item["dest"] if item["state"] == "present" else None,
        item["current_token"],
        item["return_token"],
    )


def _check_note(item: WholeToken) -> None:
    note = item["note"]
    if not note:
        raise RefusedError(
            f"A token of user {item['user']} has neither note nor token_id: give one of them."
        )
    if len(note) > LONGEST_NOTE or MARK.fullmatch(note) or note != note.strip():
        raise RefusedError(
            f"The note {brief(note)} cannot be used: it has at most {LONGEST_NOTE} characters, no"
            " spaces at its start or end, and does not contain the mark of this module."
        )
