# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""What a check is. The table of all of them is in table.py."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import Hub
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    FixTask,
    Severity,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.policy import (
    Policy,
)

T = t.TypeVar("T")
COLLECTION = "hubops.jupyterhub"
SPELT = (
    "; the policy lists a name that looks the same and is encoded otherwise, so there is no task to"
    " fix this: correct the policy"
)


@dataclasses.dataclass(frozen=True)
class Case:
    """What a rule judges.

    ``show`` makes a name safe for a sentence, and replaces it with a pseudonym if requested.
    """

    hub: Hub
    policy: Policy
    show: t.Callable[[str], str]

    def stray(self, hit: Hit, user: str) -> Hit:
        """:returns: a hit about a user whom the policy does not list. No task may fix it if the
        policy may mean this user by a name that looks the same, and that no user of the hub has:
        people who are there are not removed for how their accents are encoded.
        """
        like = self.policy.like(user)
        if not like or not like.isdisjoint(name for name, _user in self.hub.named):
            return hit
        return dataclasses.replace(hit, evidence=f"{hit.evidence}{SPELT}", fixable=False)


@dataclasses.dataclass(frozen=True)
class Hit:
    """One subject that a rule has found.

    :param subject: its name, as the hub has it.
    :param evidence: what was seen, for people.
    :param target: the object itself, for the fix.
    :param severity: where it differs from that of the check.
    :param names: the names of which the subject is made, for pseudonyms.
    :param fixable: whether it is among those that the check's tasks fix.
    """

    subject: str
    evidence: str
    target: object = None
    severity: Severity | None = None
    names: tuple[str, ...] = ()
    fixable: bool = True


@dataclasses.dataclass(frozen=True)
class Shown:
    """What is listed if the policy does not judge it."""

    title: str
    subjects: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Check:
    """One check, with all its texts.

    :param one, many: its title for one subject, and for ``{n}`` of them.
    :param parts: what of the hub must have been read.
    :param policy: the keys of the policy without which it cannot judge.
    :param since: the first hub that it is about.
    :param fix: the tasks that fix it; None: no task of this collection can.
    :param by_hand: what remains to be done by hand.
    :param also: what to add about that on this hub.
    :param shows: what to list if the policy does not mention it.
    """

    id: str
    severity: Severity
    one: str
    many: str
    why: str
    source: str
    parts: tuple[str, ...]
    find: t.Callable[[Case], t.Iterable[Hit]]
    policy: tuple[str, ...] = ()
    since: tuple[int, ...] = (4, 0)
    fix: t.Callable[[t.Sequence[Hit], Case], list[FixTask]] | None = None
    by_hand: str = ""
    also: t.Callable[[Case], str] | None = None
    shows: t.Callable[[Case], Shown] | None = None

    def title(self, number: int) -> str:
        """:returns: the title for so many subjects."""
        return self.one if number == 1 else self.many.format(n=f"{number:,}")

    def fixes(self, hits: t.Sequence[Hit], case: Case) -> list[FixTask]:
        """:returns: the tasks that fix those of the hits that a task may fix."""
        theirs = [hit for hit in hits if hit.fixable]
        return self.fix(theirs, case) if self.fix is not None and theirs else []


def targets(hits: t.Iterable[Hit], kind: type[T]) -> list[T]:
    """:returns: the objects that hits are about, all of this type; a hit may be about several."""
    found: list[object] = []
    for hit in hits:
        found += hit.target if isinstance(hit.target, list) else [hit.target]
    return [one for one in found if isinstance(one, kind)]


def task(name: str, module: str, options: t.Mapping[str, object]) -> FixTask:
    """:returns: a task of this collection. Its name never holds a name of the hub."""
    return {"name": name, f"{COLLECTION}.jupyterhub_{module}": options}
