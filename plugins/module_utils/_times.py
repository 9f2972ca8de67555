# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Moments and durations, as people and the hub write them."""

from __future__ import annotations

import datetime
import re

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief

# A longer duration is a typing mistake, and too long for the hub.
LONGEST = 36500 * 86400
# Seconds that a task may wait: longer ones are mistakes, and the operating system does not accept
# more than some centuries.
MOST_SECONDS = 1_000_000
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_time(value: str) -> datetime.datetime:
    """:returns: the moment that an ISO 8601 time means; without a zone it is UTC, as on the hub.

    :raises ValueError: it is no such time.
    """
    moment = datetime.datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)


def utcnow() -> datetime.datetime:
    """:returns: the present moment."""
    return datetime.datetime.now(datetime.timezone.utc)


def duration(option: str, value: str) -> int:
    """:returns: the seconds that a duration such as ``90``, ``45m``, ``12h``, ``30d`` or ``2w``
    means, at least 1.

    :param option: the option's name, for the error.
    :raises RefusedError: it is no duration.
    """
    found = re.fullmatch(r"([0-9]{1,12})([smhdw]?)", value.strip())
    seconds = int(found.group(1)) * UNITS[found.group(2)] if found else 0
    if seconds > LONGEST:
        raise RefusedError(
            f"{option} {brief(value)} is longer than a hundred years: omit the option for no limit."
        )
    if seconds < 1:
        raise RefusedError(
            f"{option} {brief(value)} is not a duration: write a number of seconds, or a number"
            " and a unit, such as 45m, 12h, 30d or 2w."
        )
    return seconds


def check_amount(option: str, value: float, *, zero: bool = True) -> None:
    """Refuse seconds, or a number of tries, that make no sense.

    :param zero: whether it may be none.
    :raises RefusedError: it is out of range.
    """
    if not 0 <= value <= MOST_SECONDS or (value == 0 and not zero):
        # A whole number can be too large to be shown as others.
        value = value if isinstance(value, float) else min(value, 10**300)
        raise RefusedError(
            f"{option} is {value:g}: it must be {'at least' if zero else 'more than'} 0 and at most"
            f" {MOST_SECONDS}."
        )
