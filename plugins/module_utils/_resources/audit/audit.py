# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""One audit from end to end: read, judge, read again what is grave, compare, and put it all into
one result.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._files import open_regular
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit import (
    baseline,
    collect,
    judge,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import (
    Case,
    Check,
    Hit,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import (
    Drift,
    Hub,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.figures import (
    figures,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.hub import (
    can_write,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    SEVERITIES,
    Finding,
    HubFacts,
    Listed,
    Report,
    Severity,
    at_least,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.naming import (
    Naming,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.policy import (
    Ignore,
    IgnoreItem,
    Policy,
    PolicyOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.say import carried
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.table import CHECKS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import Options
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief

NEVER = "never"
HIDDEN_FIX = (
    "This report has pseudonyms: run an audit without them to get the tasks that fix this. "
)


class AuditOptions(t.TypedDict):
    """The options of jupyterhub_audit, without those of what is declared."""

    policy: PolicyOptions | None
    ignore: list[IgnoreItem] | None
    checks: list[str] | None
    skip: list[str] | None
    tokens: str
    pseudonyms: bool
    baseline: str | None
    fail_on: str


class Task(t.Protocol):
    """What an audit needs to know of the module's run."""

    api: HubApi

    @property
    def options(self) -> Options:
        """The options of the module."""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What a task asks for, parsed before anything is read."""

    policy: Policy
    ignore: tuple[Ignore, ...]
    chosen: frozenset[str]
    tokens: str
    naming: Naming
    earlier: baseline.Earlier | None
    fail_on: str

    @classmethod
    def of(cls, options: AuditOptions, key: str | None) -> Wanted:
        """:raises RefusedError: an option makes no sense."""
        return cls(
            policy=Policy.of(options["policy"]),
            ignore=tuple(Ignore.of(item, CHECKS) for item in options["ignore"] or ()),
            chosen=choose(options["checks"], options["skip"]),
            tokens=options["tokens"],
            naming=Naming((key or "") if options["pseudonyms"] else None),
            earlier=_earlier(options["baseline"]),
            fail_on=options["fail_on"],
        )


def choose(checks: t.Sequence[str] | None, skip: t.Sequence[str] | None) -> frozenset[str]:
    """:returns: the ids of the checks to make. Globs such as ``TOK-*`` mean all that they fit.

    :raises RefusedError: one fits no check, or no check is left.
    """
    left = [one for one in (*(checks or ()), *(skip or ())) if not fnmatch.filter(CHECKS, one)]
    if left:
        raise RefusedError(
            f"There is no check {', '.join(map(brief, left))}. There are {', '.join(CHECKS)}."
        )
    wanted = (
        set(CHECKS)
        if checks is None
        else {id_ for one in checks for id_ in fnmatch.filter(CHECKS, one)}
    )
    chosen = wanted - {id_ for one in skip or () for id_ in fnmatch.filter(CHECKS, one)}
    if not chosen:
        # It would find nothing, and fail for nothing.
        raise RefusedError(
            "checks and skip leave no check to be made: remove them, or correct them."
        )
    return frozenset(chosen)


def _earlier(given: str | None) -> baseline.Earlier | None:
    """:returns: the earlier report: its path is given, or, by the action plugin, what it holds."""
    if not given:
        return None
    if given.lstrip().startswith("{"):
        return baseline.parse(given, "given by the task")
    try:
        with open_regular(given) as file:
            return baseline.parse(file.read(), given)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise RefusedError(f"baseline {given} cannot be read: {reason}.") from None


def audit(task: Task, compare: t.Callable[[], Drift]) -> dict[str, object]:
    """:returns: the result of the module.

    :param compare: tells how the hub differs from what the task declares.
    :raises HubError: the hub could not be read, or a finding reaches fail_on; then with the result.
    """
    # As the argument spec has them.
    wanted = Wanted.of(t.cast(AuditOptions, task.options), task.api.client.connection.api_token)
    if wanted.earlier is not None:
        baseline.check_hub(wanted.earlier, task.api.client.connection.hub_url)
    # Who calls is asked first, as its answer tells the version too.
    if task.api.me:
        task.api.require("4.0", "This collection")
    drift = compare() if any(id_.startswith("DRF-") for id_ in wanted.chosen) else Drift({}, {})
    # The same data.
    report = t.cast(Report, carried(make(task.api, wanted, drift)))
    reached = [one for one in report["findings"] if _reaches(one["severity"], wanted.fail_on)]
    if reached:
        subjects = sum(len(one["subjects"]) for one in reached)
        checks = ", ".join(dict.fromkeys(one["check"] for one in reached))
        raise HubError(
            f"The audit has {len(reached)} finding{'s' if len(reached) > 1 else ''} of severity"
            f" {wanted.fail_on} or higher, about {subjects} object{'s' if subjects > 1 else ''}:"
            f" {checks}. Nothing on the hub was changed.",
            **report,
        )
    return {"changed": False, **report}


def _reaches(severity: Severity, least: str) -> bool:
    return least != NEVER and severity != "info" and at_least(severity, t.cast(Severity, least))


def make(api: HubApi, wanted: Wanted, drift: Drift) -> Report:
    """:returns: the whole report."""
    checks = tuple(CHECKS[id_] for id_ in wanted.chosen)
    hub = collect.read(api, collect.Wish(checks, wanted.policy, wanted.tokens))
    hub = dataclasses.replace(
        hub,
        drift=drift.by_kind,
        repair_scopes=drift.scopes,
        hidden={**hub.hidden, **drift.hidden},
    )
    case = Case(hub, wanted.policy, wanted.naming.show)
    verdicts = judge.judge(case, wanted.chosen)
    _confirm(api, wanted, verdicts)
    judge.ignore(verdicts, wanted.ignore, hub.now.date(), wanted.chosen)
    return _report(case, wanted, verdicts)


def _confirm(api: HubApi, wanted: Wanted, verdicts: judge.Verdicts) -> None:
    """Read again what is grave or passes by itself, and drop what is not there any more."""
    doubted = judge.doubtful(verdicts)
    if not doubted:
        return
    checks = tuple(CHECKS[id_] for id_ in doubted)
    owners = collect.owners_of(hit for hits in doubted.values() for hit in hits)
    again = collect.read(api, collect.Wish(checks, wanted.policy, wanted.tokens, owners))
    case = Case(again, wanted.policy, wanted.naming.show)
    judge.confirm(verdicts, {id_: list(CHECKS[id_].find(case)) for id_ in doubted}, doubted)


def _report(case: Case, wanted: Wanted, verdicts: judge.Verdicts) -> Report:
    comparison = baseline.Comparison(wanted.earlier)
    now = case.hub.now.isoformat(timespec="seconds").replace("+00:00", "Z")
    findings = [
        finding
        for id_, hits in verdicts.hits.items()
        for finding in _findings(CHECKS[id_], hits, case, wanted.naming)
    ]
    findings.sort(key=lambda one: judge.order(one["severity"]))
    for one in findings:
        comparison.mark(one, now)
    hide = wanted.naming.pseudonym
    for listed in (*verdicts.listed, *verdicts.ignored):
        # Subjects of what was ignored are pseudonyms of whole names.
        listed["subjects"] = [hide(subject) for subject in listed["subjects"]]
    shown: list[Listed] = verdicts.listed
    return {
        "findings": findings,
        "figures": figures(case.hub, shown),
        "gone": comparison.gone(
            findings, verdicts.ignored, _assessed(case.hub, verdicts, wanted.naming)
        ),
        "ignored": verdicts.ignored,
        "not_assessed": verdicts.not_assessed,
        "summary": {
            severity: sum(one["severity"] == severity for one in findings)
            for severity in SEVERITIES
        },
        "baseline": comparison.baseline,
        "hub": _hub(case.hub, now, wanted.naming),
    }


def _findings(
    check: Check, hits: t.Sequence[Hit], case: Case, naming: Naming
) -> t.Iterator[Finding]:
    """:returns: the findings of a check: one for each severity, with all its subjects."""
    for severity in SEVERITIES:
        theirs = [hit for hit in hits if judge.severity_of(hit, check) == severity]
        if not theirs:
            continue
        hidden = naming.hides and check.fix is not None
        yield {
            "id": f"{check.id}/{severity}",
            "check": check.id,
            "severity": severity,
            "title": check.title(len(theirs)),
            "subjects": [naming.subject(hit) for hit in theirs],
            "evidence": [hit.evidence for hit in theirs],
            "why": check.why,
            "source": check.source,
            "fix": [] if naming.hides else check.fixes(theirs, case),
            "by_hand": "".join(
                (
                    HIDDEN_FIX if hidden else "",
                    check.by_hand,
                    "" if check.also is None else check.also(case),
                )
            ),
            "status": "new",
            "new_subjects": [],
            "since": "",
        }


def _hub(hub: Hub, now: str, naming: Naming) -> HubFacts:
    caller = naming.pseudonym(hub.caller_name) if hub.caller_kind == "user" else hub.caller_name
    return {
        "url": hub.url,
        "version": ".".join(map(str, hub.version)),
        "read_at": now,
        "caller": {
            "kind": hub.caller_kind,
            "name": caller,
            "scopes": sorted(hub.caller_scopes),
            "can_write": bool(can_write(hub.caller_scopes)),
        },
    }


def _assessed(hub: Hub, verdicts: judge.Verdicts, naming: Naming) -> t.Callable[[str, str], bool]:
    """:returns: whether a check was made on a subject, which the hub may not have any more."""
    limited = {one["check"] for one in verdicts.not_assessed if one["scope"] is not None}
    users = {naming.pseudonym(user.name) for user in hub.users if user.name is not None}
    owners = (
        None if hub.token_owners is None else {naming.pseudonym(name) for name in hub.token_owners}
    )

    def assessed(check: str, subject: str) -> bool:
        if check not in verdicts.hits or check in limited:
            return False
        if owners is not None and "tokens" in CHECKS[check].parts:
            owner = subject.partition("/")[0]
            return owner in owners or owner not in users
        return True

    return assessed
