# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""Failures that may pass, and how long to wait before the next try."""

from __future__ import annotations

import email.utils
import random
import re
import time

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HubError

# 502-504 come from proxies in front of the hub, also from the hub's own proxy while the hub is away.
PASSING_STATUS = frozenset({429, 502, 503, 504})


class Trouble(Exception):
    """One try that failed in a way that may pass.

    :param error: what to tell when no further try is made.
    :param maybe_done: the hub may have carried out the request.
    :param wait: seconds the other side asks to wait.
    """

    def __init__(self, error: HubError, *, maybe_done: bool, wait: float | None = None) -> None:
        super().__init__()
        self.error = error
        self.maybe_done = maybe_done
        self.wait = wait


def retry_after(value: str | None) -> float | None:
    """:returns: the seconds that a ``Retry-After`` header, in seconds or as a date, asks to wait."""
    if not value:
        return None
    if re.fullmatch(r"-?\d+(\.\d+)?", value.strip()):
        return max(0.0, float(value))
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def backoff(attempt: int) -> float:
    """:returns: seconds to wait after the try number ``attempt``, from 0: doubling to 30, with jitter so that many clients do not march in step."""
    return min(30.0, 0.5 * 2.0 ** min(attempt, 6)) * random.uniform(0.5, 1.0)  # noqa: S311 - nothing secret hangs on it
