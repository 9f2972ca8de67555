# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Many hubs on one page: what each audit has found, and which could not be made."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import version_tuple
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    SEVERITIES,
    Finding,
    Report,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.table import CHECKS
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports import words
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.html import render
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.render import (
    is_report,
    report_of,
)

# The columns of the page, by how the ids of their checks begin.
AREAS = {
    "HUB": "Set-up",
    "ADM": "Admins",
    "USR": "Users",
    "TOK": "Tokens",
    "SVC": "Services",
    "SHR": "Shares",
    "SRV": "Servers",
    "GRP": "Groups",
    "DRF": "Drift",
}
NO_RESULT = "The audit of this hub returned no result."


class Cell(t.TypedDict):
    """What an audit has found in one area. ``tone`` is a severity, "ok", or "mute"."""

    area: str
    tone: str
    text: str


class Row(t.TypedDict):
    """One hub. ``problem`` is empty where it was audited, and else says why it was not."""

    host: str
    problem: str
    url: str
    version: str
    users: int | None
    verdict: str
    cells: list[Cell]
    quiet: bool
    urgent: list[Finding]


def rows(told: t.Mapping[str, object]) -> list[Row]:
    """:returns: the hubs, those that were not audited first, then the worst.

    :param told: by host, the result of jupyterhub_audit; one that failed has only its ``msg``.
    """
    found = [_row(str(host), result) for host, result in told.items()]
    return sorted(found, key=lambda row: (_rank(row), row["host"]))


def _row(host: str, result: object) -> Row:
    report = report_of(result) if isinstance(result, t.Mapping) else None
    if report is None:
        problem = (
            str(result.get("msg") or NO_RESULT) if isinstance(result, t.Mapping) else NO_RESULT
        )
        return {
            "host": host,
            "problem": problem,
            "url": "",
            "version": "",
            "users": None,
            "verdict": "",
            "cells": [],
            "quiet": False,
            "urgent": [],
        }
    cells = [_cell(report, prefix, area) for prefix, area in AREAS.items()]
    return {
        "host": host,
        "problem": "",
        "url": words.host_of(report["hub"]["url"]),
        "version": report["hub"]["version"],
        "users": report["figures"]["users"],
        "verdict": words.verdict(report),
        "cells": cells,
        "quiet": all(cell["tone"] == "ok" for cell in cells),
        "urgent": [one for one in report["findings"] if one["severity"] in words.URGENT],
    }


def _cell(report: Report, prefix: str, area: str) -> Cell:
    findings = [
        one
        for one in report["findings"]
        if one["check"].startswith(prefix) and one["severity"] != "info"
    ]
    for severity in SEVERITIES:
        number = sum(one["severity"] == severity for one in findings)
        if number:
            more = len(findings) - number
            return {
                "area": area,
                "tone": severity,
                "text": f"{number} {severity}{f', {more} lower' if more else ''}",
            }
    # Checks of what an older hub does not have are not made there.
    version = version_tuple(report["hub"]["version"])
    checks = {
        id_
        for id_, each in CHECKS.items()
        if id_.startswith(prefix) and (not version or version >= each.since)
    }
    if checks and checks <= {one["check"] for one in report["not_assessed"]}:
        return {"area": area, "tone": "mute", "text": "not assessed"}
    return {"area": area, "tone": "ok", "text": "nothing"}


def _rank(row: Row) -> int:
    if row["problem"]:
        return -1
    tones = [SEVERITIES.index(cell["tone"]) for cell in row["cells"] if cell["tone"] in SEVERITIES]
    return min(tones, default=len(SEVERITIES))


def verdict(hubs: t.Sequence[Row]) -> str:
    """:returns: what a reader has to know first."""
    failed = [row for row in hubs if row["problem"]]
    urgent = [row for row in hubs if row["urgent"]]
    parts = []
    if failed:
        parts.append(f"{words.count(len(failed), 'hub')} could not be audited.")
    if urgent:
        parts.append(f"{words.count(len(urgent), 'hub needs', 'hubs need')} attention now.")
    if not parts:
        parts.append("No hub needs attention now.")
    return " ".join(parts)


def fleet_page(told: t.Mapping[str, object]) -> str:
    """:returns: the page over all hubs."""
    hubs = rows(told)
    return render(
        "fleet.html.j2",
        {
            "hubs": hubs,
            "areas": list(AREAS.values()),
            "verdict": verdict(hubs),
            "failed": sum(bool(row["problem"]) for row in hubs),
            "urgent": sum(bool(row["urgent"]) for row in hubs),
            "calm": sum(not row["problem"] and not row["urgent"] for row in hubs),
            "read_at": _newest(told),
        },
    )


def _newest(told: t.Mapping[str, object]) -> str:
    reports = [report_of(result) for result in told.values() if isinstance(result, t.Mapping)]
    return max((report["hub"]["read_at"] for report in reports if report is not None), default="")


def fleet_json(told: t.Mapping[str, object]) -> str:
    """:returns: the rows as data."""
    return json.dumps(rows(told), indent=2, sort_keys=True) + "\n"


def is_fleet(ending: str, text: str) -> bool:
    """Whether a file is such a page, or such rows.

    :param ending: one of those of FORMATS.
    """
    if ending == ".html":
        return is_report(ending, text)
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, list) and all(
        isinstance(one, dict) and set(Row.__annotations__) <= set(one) for one in found
    )


FORMATS: dict[str, t.Callable[[t.Mapping[str, object]], str]] = {
    ".html": fleet_page,
    ".json": fleet_json,
}
