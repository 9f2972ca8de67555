# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The texts of an audit: names from other people, times and numbers, in readable form."""

from __future__ import annotations

import datetime
import typing as t

# A longer name is cut in a sentence, so that no name can flood a report.
LONGEST = 160


def plain(text: object, most: int = LONGEST) -> str:
    """:returns: text of strangers on one line, printable and bounded.

    What cannot be seen, or turns the line around, is spelt out as Python spells it. So nothing in
    it moves a cursor, breaks a line or hides behind another name.
    """
    words = str(text)
    shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in words[:most])
    return shown + ("…" if len(words) > most else "")


def carried(value: object) -> object:
    """:returns: data with what JSON cannot carry replaced: half of a surrogate pair."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8") if not value.isascii() else value
    if isinstance(value, dict):
        return {carried(key): carried(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [carried(inner) for inner in value]
    return value


def day(moment: datetime.datetime | None) -> str:
    """:returns: the day of a moment: ``3 March 2026``; ``never`` without one."""
    return "never" if moment is None else f"{moment.day} {moment:%B %Y}"


def count(number: int, one: str, many: str | None = None) -> str:
    """:returns: a number with its noun: ``1 user``, ``1,204 users``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def some(names: t.Sequence[str], most: int = 3) -> str:
    """:returns: the first few names of many, for a sentence."""
    rest = len(names) - most
    return ", ".join(map(plain, names[:most])) + (f" and {rest:,} more" if rest > 0 else "")


def for_how_long(seconds: float) -> str:
    """:returns: a duration in its largest unit: ``3 days``, ``5 hours``, ``40 minutes``."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return count(int(seconds // size), unit)
    return count(max(int(seconds), 0), "second")
