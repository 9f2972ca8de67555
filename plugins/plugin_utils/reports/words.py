# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The words of the reports: numbers, times and names of strangers, as people read them."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    SEVERITIES,
    Finding,
    Report,
)

# A name is cut here: nobody reads more, and a page must not be flooded by one of them.
LONGEST_NAME = 160
LONGEST_SENTENCE = 600
# The short form of a severity's place in a sentence.
URGENT = ("critical", "high")


def plain(text: object, most: int = LONGEST_SENTENCE) -> str:
    """:returns: text of strangers on one line, printable and bounded.

    What cannot be seen, or turns the line around, is spelt out as Python spells it. So nothing in
    it moves a cursor, breaks a line or hides behind another name.
    """
    words = str(text)
    cut = words[:most]
    shown = "".join(one if one.isprintable() else _spelt(one) for one in cut)
    return shown + ("…" if len(words) > most else "")


def _spelt(character: str) -> str:
    return ascii(character)[1:-1]


def name(text: object) -> str:
    """:returns: a name of an object; an empty one is said to be so."""
    return plain(text, LONGEST_NAME) or "(empty)"


def count(number: int, one: str, many: str | None = None) -> str:
    """:returns: a number with its noun: ``1 user``, ``1,204 users``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def moment(text: str) -> datetime.datetime | None:
    """:returns: a time of a report; None where it is none."""
    try:
        found = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=datetime.timezone.utc)


def day(text: str) -> str:
    """:returns: the day of a time of a report: ``25 November 2026``."""
    found = moment(text)
    return f"{found.day} {found:%B %Y}" if found else plain(text, 40)


def day_and_time(text: str) -> str:
    """:returns: a time of a report: ``25 November 2026, 06:00 UTC``."""
    found = moment(text)
    return f"{day(text)}, {found:%H:%M} UTC" if found else plain(text, 40)


def host_of(url: str) -> str:
    """:returns: a hub's address without what does not tell it from others."""
    return plain(url.split("://", 1)[-1].rstrip("/"), LONGEST_NAME)


def counted(report: Report) -> list[tuple[str, int, int]]:
    """:returns: each severity with its number of findings, and how many of those are new."""
    compared = report["baseline"] is not None
    return [
        (
            severity,
            report["summary"].get(severity, 0),
            (
                sum(is_new(one) for one in report["findings"] if one["severity"] == severity)
                if compared
                else 0
            ),
        )
        for severity in SEVERITIES
    ]


def is_new(finding: Finding) -> bool:
    """Whether the baseline lacks the finding, or some of its subjects."""
    return finding["status"] == "new" or bool(finding["new_subjects"])


def verdict(report: Report) -> str:
    """:returns: what a reader has to know first, in a sentence or two."""
    findings = [one for one in report["findings"] if one["severity"] != "info"]
    urgent = [one for one in findings if one["severity"] in URGENT]
    if urgent:
        text = f"{_things(len(urgent))} now."
    elif findings:
        text = f"Nothing is urgent. {count(len(findings), 'finding')} can be fixed later."
    elif report["not_assessed"]:
        text = "Nothing was found in the parts that were checked."
    else:
        text = "Nothing was found."
    return " ".join(filter(None, (text, _since_baseline(report, urgent or findings))))


def _things(number: int) -> str:
    words = ("No thing", "One thing needs", "Two things need", "Three things need")
    start = words[number] if number < len(words) else f"{number} things need"
    return f"{start} attention"


def _since_baseline(report: Report, findings: t.Sequence[Finding]) -> str:
    baseline = report["baseline"]
    if baseline is None:
        return ""
    new, gone = sum(map(is_new, findings)), len(report["gone"])
    since = f"since {day(baseline['read_at'])}"
    if not findings:
        return f"{count(gone, 'finding is', 'findings are')} gone {since}." if gone else ""
    if not new:
        return f"None of it is new {since}."
    if new == len(findings):
        return f"All of it is new {since}." if new > 1 else f"It is new {since}."
    return f"{'One is' if new == 1 else f'{new} are'} new {since}."
