# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Where the bars of the charts stand. Only numbers are made here: the template draws them."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    Bar,
    Figures,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.words import count

# The charts share one size, in the units of their viewBox.
WIDTH, ROW, TOP = 300, 32, 4
# Where the bars begin, and how much room a number needs behind the longest one.
LEFT, RIGHT = 96, 52
BAR_HEIGHT = 16


class DrawnBar(t.TypedDict):
    """A bar and its texts, as the template draws them."""

    y: float
    width: float
    text_y: float
    number_x: float
    label: str
    number: str
    tone: str


class Chart(t.TypedDict):
    """One chart. ``spoken`` says the same in words, for those who do not see it."""

    title: str
    note: str
    height: int
    width: int
    left: int
    spoken: str
    bars: list[DrawnBar]


def charts(figures: Figures) -> list[Chart]:
    """:returns: the charts for which there are figures."""
    found: list[Chart] = []
    ages, activity, times = (
        figures["token_ages"],
        figures["user_activity"],
        figures["server_times"],
    )
    if ages is not None:
        found.append(_chart("Tokens by age", _token_note(figures), ages, last="warn"))
    if activity is not None:
        note = count(figures["users"] or 0, "user")
        found.append(_chart("Last activity of users", note, activity, last="quiet"))
    if times is not None:
        note = f"{figures['servers_running'] or 0:,} running"
        found.append(_chart("Servers by running time", note, times, last="warn"))
    return found


def _token_note(figures: Figures) -> str:
    note = count(figures["tokens"] or 0, "token")
    owners = figures["token_owners"]
    if owners is not None and owners != figures["users"]:
        note += f" of {count(owners, 'owner')}"
    never = figures["tokens_never_expire"] or 0
    return f"{note}, {never:,} never expire{'s' if never == 1 else ''}"


def _chart(title: str, note: str, bars: t.Sequence[Bar], *, last: str) -> Chart:
    """:param last: the tone of the last bar, which is the one to look at."""
    most = max((each["count"] for each in bars), default=0)
    room = WIDTH - LEFT - RIGHT
    drawn: list[DrawnBar] = []
    for number, each in enumerate(bars):
        y = TOP + number * ROW
        # One of a thousand is still to be seen.
        width = max(room * each["count"] / most, 2.0) if each["count"] else 0.0
        drawn.append(
            {
                "y": y,
                "width": round(width, 1),
                "text_y": y + BAR_HEIGHT - 3.5,
                "number_x": round(LEFT + width + 6, 1),
                "label": each["label"],
                "number": f"{each['count']:,}",
                "tone": last if number == len(bars) - 1 else "usual",
            },
        )
    spoken = f"{title}: " + ", ".join(f"{each['count']:,} {each['label']}" for each in bars)
    height = TOP + len(bars) * ROW - (ROW - BAR_HEIGHT) + TOP
    return {
        "title": title,
        "note": note,
        "height": height,
        "width": WIDTH,
        "left": LEFT,
        "spoken": spoken,
        "bars": drawn,
    }
