# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Judging: the checks on a reading, what is ignored, and what could not be assessed."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit import (
    hub as hub_rules,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import (
    Case,
    Check,
    Hit,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    SEVERITIES,
    Ignored,
    Listed,
    NotAssessed,
    Severity,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.policy import (
    Ignore,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.table import CHECKS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.reading import (
    SCOPES,
)

# What may pass by itself: it is read twice, whatever its severity.
FLEETING = ("SRV-2", "SRV-3")
TWICE: tuple[Severity, ...] = ("critical", "high")
UNMATCHED = "IGN-1"


@dataclasses.dataclass
class Verdicts:
    """What the checks have found.

    :param hits: by the id of the check, and only of those checks that were made.
    """

    hits: dict[str, list[Hit]] = dataclasses.field(default_factory=dict)
    listed: list[Listed] = dataclasses.field(default_factory=list)
    not_assessed: list[NotAssessed] = dataclasses.field(default_factory=list)
    ignored: list[Ignored] = dataclasses.field(default_factory=list)


def assessable(check: Check, case: Case) -> list[NotAssessed]:
    """:returns: why a check cannot be made; nothing when it can."""
    blanks: list[NotAssessed] = []
    for part in check.parts:
        hidden = case.hub.hidden.get(part)
        if hidden is not None and hidden.reason:
            blanks.append({"check": check.id, "reason": hidden.reason, "scope": hidden.scope})
    missing = [key for key in check.policy if getattr(case.policy, key) is None]
    if missing:
        reason = f"The policy does not set {' and '.join(missing)}."
        blanks.append({"check": check.id, "reason": reason, "scope": None})
    return blanks


def partly(check: Check, case: Case) -> list[NotAssessed]:
    """:returns: what a check that was made could not see."""
    blanks: list[NotAssessed] = []
    if "tokens" in check.parts and case.hub.token_owners is not None:
        others = len([user for user in case.hub.users if user.name is not None]) - len(
            case.hub.token_owners
        )
        if others > 0:
            reason = (
                f"The tokens of {others:,} users without power over others were not read, because"
                " tokens is powerful_owners."
            )
            blanks.append({"check": check.id, "reason": reason, "scope": None})
    for scope in case.hub.limited:
        parts = {part for part, scopes in SCOPES.items() if scope in scopes}
        if parts.intersection(part.partition(".")[0] for part in check.parts):
            reason = f"The caller holds {scope} for some objects only, and cannot see the others."
            blanks.append({"check": check.id, "reason": reason, "scope": scope})
    return blanks


def judge(case: Case, chosen: t.Collection[str]) -> Verdicts:
    """Make the chosen checks on one reading."""
    verdicts = Verdicts()
    for check in CHECKS.values():
        if check.id == UNMATCHED or case.hub.version < check.since:
            continue
        if check.id not in chosen:
            verdicts.not_assessed.append(
                {"check": check.id, "reason": "Left out by checks or skip.", "scope": None}
            )
            continue
        if any(
            part in case.hub.hidden and not case.hub.hidden[part].reason for part in check.parts
        ):
            continue
        blanks = assessable(check, case)
        seen = not any(case.hub.hidden.get(part) for part in check.parts)
        if blanks:
            verdicts.not_assessed += blanks
            if seen and check.shows is not None:
                shown = check.shows(case)
                if shown.subjects:
                    verdicts.listed.append(
                        {"check": check.id, "title": shown.title, "subjects": list(shown.subjects)}
                    )
            continue
        verdicts.not_assessed += partly(check, case)
        verdicts.hits[check.id] = list(check.find(case))
    _tell_age(case, chosen, verdicts)
    return verdicts


def _tell_age(case: Case, chosen: t.Collection[str], verdicts: Verdicts) -> None:
    old = hub_rules.table_age(case)
    if old is not None and "HUB-1" in chosen:
        verdicts.not_assessed.append({"check": "HUB-1", "reason": old, "scope": None})


def severity_of(hit: Hit, check: Check) -> Severity:
    """:returns: the severity of a hit."""
    return hit.severity or check.severity


def doubtful(verdicts: Verdicts) -> dict[str, list[Hit]]:
    """:returns: the hits that are read a second time before they are reported, by check."""
    found = {}
    for id_, hits in verdicts.hits.items():
        check = CHECKS[id_]
        # What an answer without objects says does not pass in a second.
        if not set(check.parts) & {
            "users",
            "groups",
            "services",
            "tokens",
            "shares",
            "share_codes",
        }:
            continue
        strong = [hit for hit in hits if id_ in FLEETING or severity_of(hit, check) in TWICE]
        if strong:
            found[id_] = strong
    return found


def confirm(
    verdicts: Verdicts,
    again: t.Mapping[str, t.Sequence[Hit]],
    doubted: t.Mapping[str, t.Sequence[Hit]],
) -> None:
    """Keep of the doubtful hits those that the second reading has too."""
    for id_, hits in doubted.items():
        kept = {hit.subject for hit in again.get(id_, ())}
        gone = {hit.subject for hit in hits} - kept
        verdicts.hits[id_] = [hit for hit in verdicts.hits[id_] if hit.subject not in gone]


def ignore(
    verdicts: Verdicts, items: t.Sequence[Ignore], today: datetime.date, chosen: t.Collection[str]
) -> None:
    """Remove from the hits what is declared acceptable, and report items that match nothing."""
    left: list[Hit] = []
    blank = {one["check"] for one in verdicts.not_assessed}
    for item in items:
        if item.until is not None and item.until < today:
            left.append(
                Hit(
                    _name(item),
                    f"its until ({item.until.isoformat()}) has passed, so it has no effect",
                )
            )
            continue
        hits = verdicts.hits.get(item.check, [])
        matching = [hit for hit in hits if item.matches(hit.subject)]
        if matching:
            verdicts.hits[item.check] = [hit for hit in hits if hit not in matching]
            verdicts.ignored.append(
                {
                    "check": item.check,
                    "subjects": [hit.subject for hit in matching],
                    "reason": item.reason,
                    "until": item.until.isoformat() if item.until else None,
                },
            )
        elif item.check in verdicts.hits and item.check not in blank:
            left.append(Hit(_name(item), f"matches nothing; its reason is: {item.reason}"))
    if UNMATCHED in chosen:
        verdicts.hits[UNMATCHED] = left


def _name(item: Ignore) -> str:
    return f"{item.check} {item.subject}" if item.subject is not None else item.check


def order(severity: Severity) -> int:
    """:returns: the position of a severity in a report: the worst first."""
    return SEVERITIES.index(severity)
