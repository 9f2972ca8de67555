# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Pruning: what is not declared is deleted, as far as the guards allow it."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import (
    brief,
    fits,
    listed,
    look,
    matches,
)

# Why something that is not declared is kept. The first reason that applies is reported.
Why = t.Literal["caller", "admin", "role", "keep", "look_alike", "unnamed"]
LIMIT = re.compile(r"[0-9]{1,9}%?")


@dataclasses.dataclass(frozen=True)
class Kept:
    """Something that is not declared, and is kept.

    :param name: None for an object that has lost its name.
    """

    name: str | None
    why: Why

    @property
    def told(self) -> dict[str, str | None]:
        """It as it is returned in ``kept``."""
        return {"name": self.name, "why": self.why}


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a prune does.

    :param going: the names to delete, in their order on the hub.
    :param kept: what is not declared and is kept, in the same order.
    :param unmatched: how many are not declared, and not deleted because prune_match does not match
    them.
    :param unfitting: the patterns of prune_keep that match nothing, on the hub or declared.
    """

    going: tuple[str, ...]
    kept: tuple[Kept, ...]
    unmatched: int
    unfitting: tuple[str, ...]

    @property
    def returned(self) -> dict[str, object]:
        """It as keys of the result."""
        return {"kept": [kept.told for kept in self.kept], "unmatched": self.unmatched}

    def warnings(self, plural: str) -> list[str]:
        """:returns: sentences about patterns that may be misspelled."""
        if not self.unfitting:
            return []
        return [
            f"These prune_keep patterns match no {plural} on the hub and no declared ones:"
            f" {listed(map(brief, self.unfitting))}."
        ]


class PruneOptions(t.TypedDict):
    """The options of a prune, as a task has them."""

    prune: bool
    prune_keep: list[str]
    prune_match: list[str] | None
    prune_limit: str


@dataclasses.dataclass(frozen=True)
class Prune:
    """The options of a prune.

    :param keep: globs of what is kept.
    :param match: globs of what may be deleted; None: anything.
    :param limit: a count, or a percentage such as ``10%`` of what may be deleted.
    :param logins: by the names of the hub, other names by which the task knows the same.
    """

    keep: tuple[str, ...] = ()
    match: tuple[str, ...] | None = None
    limit: str = "10%"
    logins: t.Mapping[str, t.Sequence[str]] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_options(
        cls, options: PruneOptions, stored_names: t.Mapping[str, str] | None = None
    ) -> Prune | None:
        """:param stored_names: the names of the hub by other names, which prune_keep may have.
        :returns: the prune that a task's options ask for, if any.

        :raises RefusedError: prune_limit is neither a count nor a percentage.
        """
        if not options["prune"]:
            return None
        check_limit("prune_limit", options["prune_limit"])
        match = options["prune_match"]
        logins: dict[str, list[str]] = {}
        for login, name in (stored_names or {}).items():
            logins.setdefault(name, []).append(login)
        return cls(
            tuple(options["prune_keep"]),
            None if match is None else tuple(match),
            options["prune_limit"],
            logins,
        )

    def candidates(
        self,
        existing: t.Iterable[str],
        declared: t.Collection[str],
        spell: t.Callable[[str], str] = str,
    ) -> list[str]:
        """:returns: what would be deleted if nothing but the patterns kept it."""
        return [
            name
            for name in existing
            if name not in declared and self._in_scope(name, spell) and not self._keeps(name, spell)
        ]

    def select(
        self,
        plural: str,
        existing: t.Sequence[str],
        declared: t.Collection[str],
        protected: t.Mapping[str, Why] | None = None,
        *,
        spoken_of: t.Collection[str] = (),
        unnamed: int = 0,
        spell: t.Callable[[str], str] = str,
    ) -> Verdict:
        """Choose what is deleted.

        :param existing: all names on the hub.
        :param declared: names that are declared to be there, as the hub stores them.
        :param protected: names that are never deleted, and why.
        :param spoken_of: all names that the task mentions, also those with state absent, which a
        prune leaves alone.
        :param unnamed: how many on the hub have no name.
        :param spell: gives the spelling in which names and globs are compared.
        :raises RefusedError: nothing is declared, more than the limit would be deleted, or
        something that looks like a declared name.
        """
        if not declared:
            raise RefusedError(
                f"prune with no declared {plural} would delete all of them: declare at least one."
            )
        undeclared = [name for name in existing if name not in declared and name not in spoken_of]
        matched = [name for name in undeclared if self._in_scope(name, spell)]
        reasons = {name: self._why(name, protected or {}, spell) for name in matched}
        going = [name for name, why in reasons.items() if why is None]
        kept = [Kept(name, why) for name, why in reasons.items() if why is not None]
        self._check_look_alikes(plural, going, declared)
        self._check_limit(plural, going, sum(self._in_scope(name, spell) for name in existing))
        known = {spell(each) for name in {*existing, *declared} for each in self._names(name)}
        unfitting = tuple(
            glob for glob in self.keep if not any(fits(name, spell(glob)) for name in known)
        )
        kept = [Kept(None, "unnamed")] * unnamed + kept
        return Verdict(tuple(going), tuple(kept), len(undeclared) - len(matched), unfitting)

    def _why(
        self, name: str, protected: t.Mapping[str, Why], spell: t.Callable[[str], str]
    ) -> Why | None:
        """:returns: why a name that is not declared is kept."""
        why = protected.get(name)
        if why in ("caller", "admin", "role"):
            return why
        return "keep" if self._keeps(name, spell) else why

    def _in_scope(self, name: str, spell: t.Callable[[str], str]) -> bool:
        return self.match is None or matches(spell(name), map(spell, self.match))

    def _keeps(self, name: str, spell: t.Callable[[str], str]) -> bool:
        return any(
            fits(spell(each), spell(glob)) for each in self._names(name) for glob in self.keep
        )

    def _names(self, name: str) -> tuple[str, ...]:
        return (name, *self.logins.get(name, ()))

    def _check_limit(self, plural: str, going: list[str], total: int) -> None:
        most = limit_of(self.limit, total)
        if len(going) > most:
            raise RefusedError(
                f"prune would delete {len(going)} of {total} {plural}, more than prune_limit"
                f" {self.limit} allows ({most}): {listed(going)}. Check the declared list, or"
                " raise prune_limit.",
                would_delete=going,
            )

    @staticmethod
    def _check_look_alikes(plural: str, going: t.Iterable[str], declared: t.Iterable[str]) -> None:
        """:raises RefusedError: something that is deleted looks like something that is declared."""
        by_look = {look(name): name for name in declared}
        pairs = [(name, by_look[look(name)]) for name in going if look(name) in by_look]
        if pairs:
            told = [f"{spelt(name)} (declared: {spelt(other)})" for name, other in pairs]
            raise RefusedError(
                f"prune would delete {plural} whose names look like declared ones: {listed(told)}."
                " Declare each by its name on the hub, add it to prune_keep, or declare it with"
                " state absent.",
                look_alikes=[{"name": name, "declared": other} for name, other in pairs],
            )


def spelt(name: str) -> str:
    """:returns: a name for a sentence in which names that look the same must differ."""
    return name if name.isascii() and name.isprintable() else json.dumps(name)


def check_limit(option: str, text: str) -> None:
    """:raises RefusedError: it is neither a count nor a percentage."""
    if not LIMIT.fullmatch(text.strip()):
        raise RefusedError(
            f"{option} {brief(text)} is not a count or a percentage: write it like 25 or 10%."
        )


def limit_of(text: str, total: int) -> int:
    """:returns: how many a count, or a percentage of a total, is; rounded up."""
    text = text.strip()
    return math.ceil(total * int(text[:-1]) / 100) if text.endswith("%") else int(text)
