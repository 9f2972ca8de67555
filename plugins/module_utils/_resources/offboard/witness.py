# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Checking on the hub that a person no longer has access: canaries, tokens that appear late, and
evidence.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError, HubError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    CallerRow,
    TokenRow,
    UserRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.decide import (
    Case,
    revoke_step,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.person import (
    person_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.proof import (
    COOKIE_LINE,
    TOKEN_LINE,
    Seen,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.read import (
    details,
    each,
    find,
    read_tokens,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

NOTE = "hubops offboard canary"
# Seconds: longer than any run takes, so that it is the run that ends it, and not its age.
LIFETIME = 86400
# How often tokens are listed before the task reports that new ones keep appearing.
LISTINGS = 10


@dataclasses.dataclass
class _Canary:
    """A token that is created to check that it stops working."""

    id: str
    secret: str = dataclasses.field(repr=False)
    lived: bool


class Witness:
    """Checks people before and after, on one hub."""

    def __init__(self, api: HubApi) -> None:
        self.api = api
        # What was revoked without a plan.
        self.unplanned: list[Step] = []
        self._canaries: dict[str, _Canary] = {}
        # For whom the hub has made none. The proof has a line about it; it keeps nobody's access
        # from being removed.
        self._refused: set[str] = set()
        # Evidence that proves nothing, by person.
        self._idle: dict[str, frozenset[str]] = {}

    # Before

    def try_evidence(self, cases: t.Sequence[Case]) -> list[str]:
        """Try what was given as evidence before anything is removed.

        :returns: a warning about each person of whom the hub refuses some of it already: text that
        never was a token is refused afterwards as well.
        """
        told = []
        for case, (tokens, cookies) in zip(cases, each(self._owners, cases, "evidence tried")):
            lines = [
                *((TOKEN_LINE, number, owner) for number, owner in enumerate(tokens, 1)),
                *((COOKIE_LINE, number, owner) for number, owner in enumerate(cookies, 1)),
            ]
            idle = [line.format(number) for line, number, owner in lines if owner is None]
            if idle:
                self._idle[case.name] = frozenset(idle)
                told.append(
                    f"The hub refuses this evidence about user {case.name} already, before anything"
                    f" is removed: {listed(idle)}. If it is not complete, it proves nothing."
                )
        return told

    def _owners(self, case: Case) -> tuple[tuple[str | None, ...], tuple[str | None, ...]]:
        """:returns: whom each of the tokens and cookies that were given as evidence belongs to."""
        return (
            tuple(_name(self.api.whoami_of(secret)) for secret in case.leaver.tokens),
            tuple(
                _name(self.api.identify_cookie(one.name, one.value)) for one in case.leaver.cookies
            ),
        )

    def release(self, names: t.Sequence[str]) -> None:
        """Create a canary for each person: a token that can only identify its owner."""
        tried = {*self._canaries, *self._refused}
        each(self._release_one, [name for name in names if name not in tried], "canaries")

    def _release_one(self, name: str) -> None:
        try:
            row = self._make(name)
        except ApiError as error:
            if not error.of_one_item:
                raise
            self._refused.add(name)
            return
        # Noted before it is tried, so that it is withdrawn if that fails.
        self._canaries[name] = _Canary(row["id"], row["token"], False)
        me = self.api.whoami_of(row["token"])
        lived = me is not None and me["name"] == name
        self._canaries[name] = _Canary(row["id"], row["token"], lived)

    def _make(self, name: str) -> TokenRow:
        try:
            return self.api.token_create(name, NOTE, [], LIFETIME)
        except ApiError as error:
            if error.status != 400:
                raise
            # Some hubs allow no token to be valid so long, and limit one that would never expire.
            return self.api.token_create(name, NOTE, [], None)

    def withdraw(self) -> None:
        """Revoke the canaries of a task that fails; what cannot be revoked, the next run finds."""
        for name, canary in self._canaries.items():
            try:
                self.api.token_delete(name, canary.id)
            except HubError:
                continue

    # After

    def look(self, cases: t.Sequence[Case], stored_names: t.Mapping[str, str]) -> list[Seen]:
        """Revoke the tokens that have appeared since, and check all.

        :returns: what is found about each person.
        """
        listings = each(self._sweep, cases, "tokens listed again")
        found = find(
            self.api, [case.leaver for case in cases], {case.name: case.name for case in cases}
        )
        rows = [found.rows.get(case.name) for case in cases]

        def one(what: tuple[Case, UserRow | None, tuple[int, ...]]) -> Seen:
            return self._look_at(*what)

        return each(one, list(zip(cases, rows, listings)), "people looked at")

    def _sweep(self, case: Case) -> tuple[int, ...]:
        """Revoke every token until the list was empty twice.

        :returns: how many tokens each of the last two listings held.
        """
        if case.person is None or case.leaver.deletes:
            return ()
        counts: list[int] = []
        while len(counts) < LISTINGS and (len(counts) < 2 or any(counts[-2:])):
            tokens = read_tokens(self.api, case.name)
            counts.append(len(tokens))
            for token in tokens:
                canary = self._canaries.get(case.name)
                revoked = self.api.token_delete(case.name, token.id)
                if revoked and token.note != NOTE and (canary is None or canary.id != token.id):
                    self.unplanned.append(revoke_step(case.name, token.id, token.note))
        return tuple(counts[-2:])

    def _look_at(self, case: Case, row: UserRow | None, listings: tuple[int, ...]) -> Seen:
        leaver = case.leaver
        person = None if row is None else person_of(row)
        if person is not None and not leaver.deletes:
            person = details(self.api, leaver, person, tokens=False)
        canary = self._canaries.get(case.name)
        alive = canary is not None and self.api.whoami_of(canary.secret) is not None
        tokens, cookies = self._owners(case)
        return Seen(
            person,
            listings,
            None if canary is None else (canary.lived, alive),
            tokens,
            cookies,
            self._idle.get(case.name, frozenset()),
        )


def _name(row: CallerRow | None) -> str | None:
    """:returns: whom a secret belongs to."""
    return None if row is None else str(row["name"])
