# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Failures that may pass, and how long to wait before the next try."""

from __future__ import annotations

import email.utils
import random
import re

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError, HubError

# 502-504 come from proxies in front of the hub, also from the hub's own proxy while the hub is
# away.
PASSING_STATUS = frozenset({429, 502, 503, 504})
# Seconds: whoever asks for less gets no more requests for it, and whoever asks for more than a week
# means something else.
LEAST_WAIT, MOST_WAIT = 1.0, 604800.0


class Trouble(Exception):
    """One try that failed in a way that may pass.

    :param error: what to report when no further try is made.
    :param maybe_done: the hub may have carried out the request.
    :param wait: seconds the other side asks to wait.
    :param repeats: so many further tries are worth it; unset: as many as the task allows.
    """

    def __init__(
        self,
        error: HubError,
        *,
        maybe_done: bool,
        wait: float | None = None,
        repeats: int | None = None,
    ) -> None:
        super().__init__()
        self.error = error
        self.maybe_done = maybe_done
        self.wait = wait
        self.repeats = repeats

    @property
    def is_a_refusal(self) -> bool:
        """Whether the hub would give the same answer to every try, unless it had a short fault."""
        return isinstance(self.error, ApiError) and self.repeats is not None


def retry_after(value: str | None, now: float) -> float | None:
    """:returns: the seconds that a ``Retry-After`` header, in seconds or as a date, asks to wait;
    at least 1.

    :param now: seconds since 1970, by the clock of whoever sent the header.
    """
    if not value:
        return None
    if re.fullmatch(r"-?\d+(\.\d+)?", value.strip()):
        seconds = float(value)
    else:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - now
        except (TypeError, ValueError, OverflowError):
            return None
    return max(LEAST_WAIT, min(seconds, MOST_WAIT))


def backoff(attempt: int) -> float:
    """:returns: seconds to wait after the try number ``attempt``, from 0: doubling to 30, with
    jitter so that many clients do not repeat at the same time.
    """
    return min(30.0, 0.5 * 2.0 ** min(attempt, 6)) * random.uniform(0.5, 1.0)  # noqa: S311 - nothing secret hangs on it
