# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""What is new and what is gone since an earlier report."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import same_hub
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    SEVERITIES,
    Baseline,
    Finding,
    Gone,
    Ignored,
    Severity,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief


class EarlierFinding(t.TypedDict):
    """What is kept of a finding."""

    id: str
    check: str
    severity: Severity
    title: str
    subjects: list[str]
    since: str


class Earlier(t.TypedDict):
    """What is kept of an earlier report: all that the comparison needs."""

    path: str
    url: str
    read_at: str
    findings: list[EarlierFinding]


def parse(text: str, path: str) -> Earlier:
    """Read an earlier report.

    :raises RefusedError: it is none.
    """
    try:
        report = json.loads(text)
    except ValueError:
        raise RefusedError(
            f"baseline {path} is not JSON: give the JSON report of an earlier audit."
        ) from None
    return of_report(report, path)


def of_report(report: object, path: str) -> Earlier:
    """Read from a report what the comparison needs.

    :raises RefusedError: it is not an audit report.
    """
    if isinstance(report, dict) and isinstance(report.get("findings"), list):
        findings = report["findings"]
        hub = report.get("hub")
        # Content that was read earlier has these itself.
        facts = hub if isinstance(hub, dict) else report
        read_at, url = facts.get("read_at"), facts.get("url")
        if isinstance(read_at, str) and isinstance(url, str) and all(map(_is_finding, findings)):
            kept: list[EarlierFinding] = [
                {
                    "id": one["id"],
                    "check": one["check"],
                    "severity": one["severity"],
                    "title": one["title"],
                    "subjects": one["subjects"],
                    "since": one["since"],
                }
                for one in findings
            ]
            # So it has its origin.
            origin = str(report.get("path") or path)
            return {"path": origin, "url": url, "read_at": read_at, "findings": kept}
    raise RefusedError(
        f"baseline {path} is not an audit report: give a JSON report of jupyterhub_audit."
    )


def check_hub(earlier: Earlier, url: str) -> None:
    """:raises RefusedError: the report is one of another hub: all that this one has would be new,
    and all that the other one has gone.
    """
    if not same_hub(earlier["url"], url):
        raise RefusedError(
            f"baseline {earlier['path']} is a report of another hub, {brief(earlier['url'])}: give"
            " a report of this hub. If this hub has a new address, correct it in the report."
        )


def _is_finding(one: object) -> bool:
    if not isinstance(one, dict) or one.get("severity") not in SEVERITIES:
        return False
    words = all(isinstance(one.get(key), str) for key in ("id", "check", "title", "since"))
    subjects = one.get("subjects")
    return words and isinstance(subjects, list) and all(isinstance(each, str) for each in subjects)


class Comparison:
    """An earlier report, compared with this one."""

    def __init__(self, earlier: Earlier | None) -> None:
        self.earlier = earlier
        self.subjects: dict[str, set[str]] = {}
        self.since: dict[str, str] = {}
        for one in earlier["findings"] if earlier else ():
            self.subjects.setdefault(one["check"], set()).update(one["subjects"])
            self.since[one["check"]] = min(one["since"], self.since.get(one["check"], one["since"]))

    @property
    def baseline(self) -> Baseline | None:
        """Which report it was, for the result."""
        if self.earlier is None:
            return None
        return {"path": self.earlier["path"], "read_at": self.earlier["read_at"]}

    def mark(self, finding: Finding, now: str) -> None:
        """Set the status of a finding, its new subjects, and since when it is known."""
        before = self.subjects.get(finding["check"], set())
        finding["new_subjects"] = [one for one in finding["subjects"] if one not in before]
        still = len(finding["new_subjects"]) < len(finding["subjects"])
        finding["status"] = "still" if still else "new"
        finding["since"] = self.since[finding["check"]] if still else now

    def gone(
        self,
        findings: t.Sequence[Finding],
        ignored: t.Sequence[Ignored],
        assessed: t.Callable[[str, str], bool],
    ) -> list[Gone]:
        """What the hub no longer has.

        :param assessed: whether a check, by its id, was made on a subject.
        """
        now: dict[str, set[str]] = {}
        for finding in findings:
            now.setdefault(finding["check"], set()).update(finding["subjects"])
        for one in ignored:
            now.setdefault(one["check"], set()).update(one["subjects"])
        found: list[Gone] = []
        for before in self.earlier["findings"] if self.earlier else ():
            check = before["check"]
            away = [one for one in before["subjects"] if one not in now.get(check, ())]
            subjects = [one for one in away if assessed(check, one)]
            if subjects:
                found.append(
                    {
                        "id": before["id"],
                        "check": check,
                        "severity": before["severity"],
                        "title": before["title"],
                        "subjects": subjects,
                    },
                )
        return found
