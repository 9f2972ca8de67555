# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The report in Markdown, for a merge request, a ticket or a chat."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    Finding,
    Report,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports import words
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.html import blanks
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.tasks import to_yaml

# More are in the JSON and CSV reports: a merge request takes no endless text.
MOST_SUBJECTS = 50
# Text in which no mark of Markdown, no address and nobody's handle can stand.
HARMLESS = re.compile(r"[\w ,.:;()'%/?-]*")


def markdown(report: Report) -> str:
    """:returns: the report as Markdown. Text of strangers stands in code spans only."""
    hub = report["hub"]
    lines = [
        f"# Audit of {text(words.host_of(hub['url']))}",
        "",
        f"**{text(words.verdict(report))}**",
        "",
        (
            f"{_counts(report)}. JupyterHub {text(hub['version'])}, "
            f"{words.day_and_time(hub['read_at'])}, read by the {text(hub['caller']['kind'])} "
            f"{code(hub['caller']['name'])}."
        ),
        "",
    ]
    for finding in report["findings"]:
        lines += _finding(finding, compared=report["baseline"] is not None)
    if not report["findings"]:
        lines += ["Nothing was found in the parts that were checked.", ""]
    lines += _others(report)
    return "\n".join(lines).rstrip("\n") + "\n"


def text(value: object) -> str:
    """:returns: a sentence, in a code span if anything in it could be more than text."""
    words_of_it = words.plain(value)
    safe = HARMLESS.fullmatch(words_of_it) and "://" not in words_of_it
    return words_of_it if safe and "www." not in words_of_it.lower() else code(words_of_it)


def code(value: object) -> str:
    """:returns: a code span. Nothing in it is a mark of Markdown, a link or a handle."""
    inside = words.name(value) if len(str(value)) < words.LONGEST_NAME else words.plain(value)
    fence = "`" * (max((len(run) for run in re.findall("`+", inside)), default=0) + 1)
    # A space at both ends is no part of the span: it keeps apart what would be read together.
    pad = " " if inside[0] in "` " or inside[-1] in "` " else ""
    return f"{fence}{pad}{inside}{pad}{fence}"


def _counts(report: Report) -> str:
    return ", ".join(f"{number} {severity}" for severity, number, _new in words.counted(report))


def _finding(finding: Finding, *, compared: bool) -> list[str]:
    new = "" if not compared else ", new" if finding["status"] == "new" else ""
    lines = [
        f"## {finding['severity'].capitalize()}: {text(finding['title'])}",
        "",
        f"{finding['check']}{new}. {text(finding['why'])}",
        "",
    ]
    rows = list(zip(finding["subjects"], finding["evidence"]))
    for subject, evidence in rows[:MOST_SUBJECTS]:
        mark = " (new)" if compared and not new and subject in finding["new_subjects"] else ""
        lines.append(f"- {code(subject)}{mark}: {text(evidence)}")
    if len(rows) > MOST_SUBJECTS:
        lines.append(f"- and {len(rows) - MOST_SUBJECTS:,} more")
    lines.append("")
    if finding["fix"]:
        lines += ["Fix:", "", *_block(to_yaml(finding["fix"])), ""]
    if finding["by_hand"]:
        lines += [f"{'Also' if finding['fix'] else 'By hand'}: {text(finding['by_hand'])}", ""]
    return lines


def _block(yaml: str) -> list[str]:
    """:returns: a code block. Indented, so that no line of it can end it."""
    return [f"    {line}" for line in yaml.splitlines()]


def _others(report: Report) -> list[str]:
    lines: list[str] = []
    if report["gone"]:
        lines += _section(
            "Gone",
            (
                f"{one['check']}, {text(one['title'])}: {_names(one['subjects'])}"
                for one in report["gone"]
            ),
        )
    if report["figures"]["listed"]:
        lines += _section(
            "Shown, not judged",
            (
                f"{one['check']}, {text(one['title'])}: {_names(one['subjects'])}"
                for one in report["figures"]["listed"]
            ),
        )
    if report["ignored"]:
        lines += _section(
            "Ignored",
            (
                f"{one['check']}: {_names(one['subjects'])}: {text(one['reason'])}"
                + (f" (until {text(one['until'])})" if one["until"] else "")
                for one in report["ignored"]
            ),
        )
    if report["not_assessed"]:
        lines += _section(
            "Not assessed",
            (
                f"{', '.join(one['checks'])}: {text(one['reason'])}"
                + (f" Scope: {code(one['scope'])}" if one["scope"] else "")
                for one in blanks(report["not_assessed"])
            ),
        )
    return lines


def _section(title: str, items: t.Iterable[str]) -> list[str]:
    return [f"## {title}", "", *(f"- {item}" for item in items), ""]


def _names(subjects: t.Sequence[str], most: int = 20) -> str:
    rest = len(subjects) - most
    shown = ", ".join(map(code, subjects[:most]))
    return shown + (f" and {rest:,} more" if rest > 0 else "")
