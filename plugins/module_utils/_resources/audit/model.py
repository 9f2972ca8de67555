# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""What an audit returns. The module creates it, the reports read it: both take their types from
here.
"""

from __future__ import annotations

import typing as t

Severity = t.Literal["critical", "high", "medium", "low", "info"]
# The worst first.
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")

# A task of a playbook, as it would be written in YAML.
FixTask = dict[str, object]


class Finding(t.TypedDict):
    """One thing that is wrong, with all the objects that it is wrong with.

    ``subjects``, ``evidence``: as many of each, in the same order. Subjects are names as the hub
    has them; evidence is a sentence for people. ``fix`` is empty if no task of this collection can
    fix it, and then ``by_hand`` says how. ``status``: "new", or "still" when the baseline has it
    too. ``since``: the time of the first report that had it, as far as the baselines tell.
    """

    id: str
    check: str
    severity: Severity
    title: str
    subjects: list[str]
    evidence: list[str]
    why: str
    source: str
    fix: list[FixTask]
    by_hand: str
    status: t.Literal["new", "still"]
    new_subjects: list[str]
    since: str


class Gone(t.TypedDict):
    """What the baseline has, and the hub no longer has."""

    id: str
    check: str
    severity: Severity
    title: str
    subjects: list[str]


class Ignored(t.TypedDict):
    """Subjects that an item of ``ignore`` has taken out of a finding."""

    check: str
    subjects: list[str]
    reason: str
    until: str | None


class NotAssessed(t.TypedDict):
    """A check that has not been made, or not on everything. ``scope`` is what the token lacks for
    it.
    """

    check: str
    reason: str
    scope: str | None


class Listed(t.TypedDict):
    """What exists and is not judged, because the policy does not mention it."""

    check: str
    title: str
    subjects: list[str]


class Bar(t.TypedDict):
    """One bar of a chart."""

    label: str
    count: int


class Figures(t.TypedDict):
    """What the charts of the page draw. None where it was not read."""

    users: int | None
    admins: int | None
    groups: int | None
    services: int | None
    servers_running: int | None
    tokens: int | None
    tokens_never_expire: int | None
    token_owners: int | None
    shares: int | None
    token_ages: list[Bar] | None
    user_activity: list[Bar] | None
    server_times: list[Bar] | None
    listed: list[Listed]


class Caller(t.TypedDict):
    """Whose token has read the hub, and what it may do."""

    kind: str
    name: str
    scopes: list[str]
    can_write: bool


class HubFacts(t.TypedDict):
    """Which hub it is, and when it was read, by the hub's own clock."""

    url: str
    version: str
    read_at: str
    caller: Caller


class Baseline(t.TypedDict):
    """The earlier report that this one was compared with."""

    path: str
    read_at: str


Summary = dict[Severity, int]


class Report(t.TypedDict):
    """All that an audit returns, and so all that a report is made of."""

    findings: list[Finding]
    figures: Figures
    gone: list[Gone]
    ignored: list[Ignored]
    not_assessed: list[NotAssessed]
    summary: Summary
    baseline: Baseline | None
    hub: HubFacts


REPORT_KEYS = tuple(Report.__annotations__)


def worst(findings: t.Sequence[Finding]) -> Severity | None:
    """:returns: the highest severity among findings."""
    there = {finding["severity"] for finding in findings}
    return next((severity for severity in SEVERITIES if severity in there), None)


def at_least(severity: Severity, least: Severity) -> bool:
    """Whether a severity is this one or a worse one."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(least)
