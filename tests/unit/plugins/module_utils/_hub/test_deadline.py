# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time limit of one request: which requests are cut, which are not, and how many threads are
used.
"""

from __future__ import annotations

import concurrent.futures
import threading
import time

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.deadline import limit


def over_after(seconds: float, rest: float) -> bool:
    """Return whether work of this duration was cut by its limit."""
    with limit(seconds) as lines:
        time.sleep(rest)
        return lines.over


def test_only_what_takes_too_long_is_cut() -> None:
    assert over_after(0.05, 0.5)
    assert not over_after(30, 0.01)


def test_a_shorter_limit_is_kept_beside_longer_ones() -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        long = [pool.submit(over_after, 60, 0.6) for _each in range(4)]
        time.sleep(0.05)
        short = [pool.submit(over_after, 0.1, 0.6) for _each in range(4)]
        assert [one.result() for one in long] == [False] * 4
        assert [one.result() for one in short] == [True] * 4


def test_the_limit_of_a_request_that_is_over_cuts_no_later_one() -> None:
    for _each in range(200):
        with limit(0.05) as lines:
            pass
        assert not lines.over
    time.sleep(0.2)
    assert not lines.over


def test_a_thousand_requests_take_one_thread() -> None:
    over_after(30, 0)
    before = threading.active_count()
    for _each in range(1000):
        with limit(60):
            assert threading.active_count() <= before


def test_a_limit_that_is_too_large_counts_as_none() -> None:
    assert not over_after(1e300, 0.01)
    assert not over_after(float("inf"), 0.01)
    assert over_after(0.05, 0.4)
