# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moments and durations."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import (
    duration,
    parse_time,
    utcnow,
)

UTC = datetime.timezone.utc


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1", 1),
        ("90", 90),
        ("90s", 90),
        ("45m", 2700),
        ("12h", 43200),
        ("30d", 2592000),
        ("2w", 1209600),
        (" 7d ", 604800),
        ("007", 7),
        ("36500d", 3153600000),
    ],
)
def test_durations(text: str, seconds: int) -> None:
    assert duration("expires_in", text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0",
        "0d",
        "-5",
        "+5",
        "1.5",
        "60.0",
        "1e3",
        "5y",
        "5M",
        "d",
        "1d12h",
        "1 d",
        "true",
        "None",
        "\u0661",
        "9" * 5000,
    ],
)
def test_no_durations(text: str) -> None:
    with pytest.raises(
        RefusedError,
        match=(r"^renew_before .* is not a duration: write a number of seconds, .*\.$"),
    ):
        duration("renew_before", text)


@pytest.mark.parametrize("text", ["36501d", "3153600001", "999999999999w"])
def test_too_long_durations(text: str) -> None:
    with pytest.raises(
        RefusedError,
        match=r"^expires_in .* is longer than a hundred years: .*\.$",
    ):
        duration("expires_in", text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-01T08:00:00Z",
        "2026-09-01T08:00:00.000000Z",
        "2026-09-01T08:00:00",
        "2026-09-01 08:00",
        "2026-09-01T10:00:00+02:00",
        " 2026-09-01T08:00:00+00:00\n",
    ],
)
def test_moments(text: str) -> None:
    assert parse_time(text) == datetime.datetime(2026, 9, 1, 8, tzinfo=UTC)


def test_a_day_is_its_first_moment() -> None:
    assert parse_time("2026-09-01") == datetime.datetime(2026, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "now", "2026-13-01", "1788249600", "01.09.2026"])
def test_no_moments(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text)


def test_the_present_moment_has_a_zone() -> None:
    assert abs(utcnow() - datetime.datetime.now(UTC)) < datetime.timedelta(seconds=5)
