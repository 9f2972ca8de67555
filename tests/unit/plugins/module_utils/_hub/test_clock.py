# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hub's clock, from the headers of its responses."""

from __future__ import annotations

import datetime
import email.utils

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.clock import HubClock

SENT = 1_800_000_000.2


def date(ahead: float) -> str:
    """Return the header of a hub whose clock is this many seconds ahead."""
    return email.utils.formatdate(SENT + ahead, usegmt=True)


@pytest.mark.parametrize(
    ("ahead", "seen"),
    [(10_800, 10_800), (-10_800, -10_800), (61, 61), (0, 0), (0.9, 0.9), (-0.9, -0.9)],
)
def test_the_difference_is_what_the_header_shows(ahead: float, seen: float) -> None:
    clock = HubClock()
    clock.set_by(date(ahead), SENT, 0.01)
    assert abs(clock.offset - seen) <= 1
    assert (
        abs((clock.now() - datetime.datetime.now(datetime.timezone.utc)).total_seconds() - seen)
        <= 1.1
    )


def test_a_slow_answer_does_not_shift_the_clock() -> None:
    clock = HubClock()
    # The hub wrote the header eight seconds after the request was sent.
    clock.set_by(date(8), SENT, 10.0)
    assert clock.offset == 0
    clock.set_by(date(3600), SENT, 0.01)
    clock.set_by(date(3608), SENT, 10.0)
    assert abs(clock.offset - 3600) <= 1


@pytest.mark.parametrize("header", [None, "", "yesterday", "Mon, 01 Jan 99999999999 00:00:00 GMT"])
def test_an_invalid_date_header_is_ignored(header: str | None) -> None:
    clock = HubClock()
    clock.set_by(header, SENT, 0.01)
    assert (clock.offset, clock.warning) == (0, None)


def test_a_notable_difference_is_a_warning() -> None:
    clock = HubClock()
    clock.set_by(date(40), SENT, 0.01)
    assert clock.warning is None
    clock.set_by(date(7200), SENT, 0.001)
    assert clock.warning is not None
    assert " behind " in clock.warning
    clock.set_by(date(-7200), SENT, 0.0001)
    assert clock.warning is not None
    assert " ahead of " in clock.warning
