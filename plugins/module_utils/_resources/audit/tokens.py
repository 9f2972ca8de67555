# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Rules about API tokens. Tokens of logins and of running servers, and the caller's own, are not
judged.
"""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import (
    Case,
    Check,
    Hit,
    targets,
    task,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import Token
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    FixTask,
    Severity,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.say import (
    count,
    day,
    some,
)

# What the hub writes where nobody has said what the token is for (jupyterhub/apihandlers/users.py,
# app.py).
NO_PURPOSE = (
    "Requested via api",
    "Requested via token page",
    "command-line generated",
    "generated at startup",
)


def tokens(case: Case) -> list[Token]:
    """:returns: the tokens that a person has created on purpose."""
    return [token for token in case.hub.tokens if token.ordinary]


def hit(case: Case, token: Token, *words: str, severity: Severity | None = None) -> Hit:
    """:returns: a hit on a token, with its power and its dates."""
    power = [some(token.power, 3)] if token.power else []
    used = f"last used: {day(token.last_activity)}"
    evidence = ", ".join([*power, *words, f"created {day(token.created)}", used])
    return Hit(token.subject, evidence, token, severity, names=(token.user, token.note))


def powerful_for_ever(case: Case) -> t.Iterator[Hit]:
    """TOK-1: power over others, without an end."""
    for token in tokens(case):
        if token.power and token.expires_at is None:
            yield hit(case, token)


def powerful(case: Case) -> t.Iterator[Hit]:
    """TOK-2: power over others, with an end."""
    for token in tokens(case):
        if token.power and token.expires_at is not None:
            yield hit(case, token, f"expires {day(token.expires_at)}")


def for_ever(case: Case) -> t.Iterator[Hit]:
    """TOK-3: ordinary tokens without an end, one line for each owner."""
    found: dict[str, list[Token]] = {}
    for token in tokens(case):
        if not token.power and token.expires_at is None:
            found.setdefault(token.user, []).append(token)
    for user, theirs in found.items():
        yield Hit(user, _notes(case, theirs), theirs, names=(user,))


def _notes(case: Case, theirs: t.Sequence[Token]) -> str:
    notes = some([case.show(token.note) or "without a note" for token in theirs])
    return f"{count(len(theirs), 'token')}: {notes}"


def unused(case: Case) -> t.Iterator[Hit]:
    """TOK-4: tokens that are not used."""
    for token in tokens(case):
        if case.hub.older(token.last_activity or token.created, case.policy.token_unused):
            yield hit(case, token, severity="high" if token.power else None)


def strangers(case: Case) -> t.Iterator[Hit]:
    """TOK-5: tokens of users who are not among the people."""
    if case.policy.people is None:
        return
    for token in tokens(case):
        if not case.policy.known(token.user):
            yield case.stray(hit(case, token), token.user)


def old(case: Case) -> t.Iterator[Hit]:
    """TOK-6: tokens that should have been replaced long ago."""
    for token in tokens(case):
        if case.hub.older(token.created, case.policy.token_max_age):
            yield hit(case, token)


def not_renewed(case: Case) -> t.Iterator[Hit]:
    """TOK-7: tokens of jupyterhub_token that soon expire: the play that renews them does not
    run.
    """
    for token in tokens(case):
        age = case.hub.age(token.expires_at)
        limit = case.policy.renew_before
        if token.managed and age is not None and limit is not None and -age < limit:
            yield hit(case, token, f"expires {day(token.expires_at)}")


def without_purpose(case: Case) -> t.Iterator[Hit]:
    """TOK-8: tokens of unknown purpose, one line for each owner."""
    found: dict[str, list[Token]] = {}
    twins = _twins(case)
    for token in tokens(case):
        if token in twins or not token.note.strip() or token.note.startswith(NO_PURPOSE):
            found.setdefault(token.user, []).append(token)
    for user, theirs in found.items():
        yield Hit(user, _notes(case, theirs), theirs, names=(user,))


def _twins(case: Case) -> set[Token]:
    """:returns: the tokens that share their owner and their note with another one."""
    found: dict[tuple[str, str], list[Token]] = {}
    for token in tokens(case):
        found.setdefault((token.user, token.note), []).append(token)
    return {token for several in found.values() if len(several) > 1 for token in several}


def revoke(hits: t.Sequence[Hit], case: Case) -> list[FixTask]:
    """:returns: a task that revokes tokens."""
    items = [{"user": token.user, "token_id": token.id} for token in targets(hits, Token)]
    return [task("Revoke tokens", "token", {"state": "absent", "tokens": items})]


REPLACE = (
    "First give those who still need a token one that expires and has no more scopes than they"
    " need."
)

CHECKS = (
    Check(
        id="TOK-1",
        severity="high",
        one="A powerful token never expires",
        many="{n} powerful tokens never expire",
        why=(
            "Anyone who finds such a token keeps its power over others forever. Such tokens are"
            " rarely missed and never changed."
        ),
        source="GET /users/{name}/tokens: its current scopes",
        parts=("tokens",),
        find=powerful_for_ever,
        fix=revoke,
        by_hand=REPLACE,
    ),
    Check(
        id="TOK-2",
        severity="medium",
        one="A token is powerful",
        many="{n} tokens are powerful",
        why="Anyone who finds such a token has its power over others until it expires.",
        source="GET /users/{name}/tokens: its current scopes",
        parts=("tokens",),
        find=powerful,
        by_hand=(
            "See that each is needed and may do no more than it needs; add those that are"
            " acceptable to ignore."
        ),
    ),
    Check(
        id="TOK-3",
        severity="low",
        one="A user has tokens that never expire",
        many="{n} users have tokens that never expire",
        why="A forgotten token gives access forever, although only to what belongs to its owner.",
        source="GET /users/{name}/tokens",
        parts=("tokens",),
        find=for_ever,
        by_hand=(
            "Ask their owners for tokens that expire. Since JupyterHub 5,"
            " token_expires_in_max_seconds in its configuration makes all new tokens expire."
        ),
    ),
    Check(
        id="TOK-4",
        severity="medium",
        one="A token is not used",
        many="{n} tokens are not used",
        why="If an unused token is stolen, nobody notices.",
        source="GET /users/{name}/tokens: last_activity, or else created",
        parts=("tokens",),
        policy=("token_unused",),
        find=unused,
        fix=revoke,
    ),
    Check(
        id="TOK-5",
        severity="high",
        one="A token belongs to a user who should not be on the hub",
        many="{n} tokens belong to users who should not be on the hub",
        why=(
            "A person who has left can still use the hub with it, even if the account at the"
            " identity provider is closed."
        ),
        source="GET /users/{name}/tokens",
        parts=("tokens", "users"),
        policy=("people",),
        find=strangers,
        fix=revoke,
    ),
    Check(
        id="TOK-6",
        severity="medium",
        one="A token is old",
        many="{n} tokens are old",
        why="The longer a token is in use, the more places it has been copied to.",
        source="GET /users/{name}/tokens",
        parts=("tokens",),
        policy=("token_max_age",),
        find=old,
        by_hand=(
            "Rotate them: jupyterhub_token with rotate replaces the tokens that it manages"
            " without a gap."
        ),
    ),
    Check(
        id="TOK-7",
        severity="medium",
        one="A managed token is about to expire and was not renewed",
        many="{n} managed tokens are about to expire and were not renewed",
        why=(
            "The play that renews it has not run, so whatever uses the token will soon stop"
            " working."
        ),
        source="GET /users/{name}/tokens: the mark of jupyterhub_token in the note",
        parts=("tokens",),
        policy=("renew_before",),
        find=not_renewed,
        by_hand=(
            "Run the play that declares them. It rotates tokens that have less time left than"
            " their renew_before."
        ),
    ),
    Check(
        id="TOK-8",
        severity="low",
        one="A user has tokens of unknown purpose",
        many="{n} users have tokens of unknown purpose",
        why=("A token of unknown purpose is never revoked, and its misuse goes unnoticed."),
        source="GET /users/{name}/tokens: the note",
        parts=("tokens",),
        find=without_purpose,
        by_hand="Ask their owners, and create new ones with a note.",
    ),
)
