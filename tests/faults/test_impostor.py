# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another server answers in place of the hub: a gateway, a firewall, a login page. Every module
meets it at each of its requests in turn.

Each time the result is correct, and one further run reaches the declared state: because of such a
response no token is rotated, no service recreated, and no user deleted. ``endure`` has all
assertions.

Every day another sample is tested. ``TEST_FAULTS=all`` tests every such response at every request,
before the hub and after it, in three ways.
"""

from __future__ import annotations

import datetime
import itertools
import os
import time
from collections.abc import Iterator, Sequence

import pytest

from tests.faults.account import Trouble, endure, hasty, model_of
from tests.faults.proxy import IMPOSTORS, FaultyProxy, Passed
from tests.faults.tasks import TASKS
from tests.hub import Hub
from tests.live.support import one_sentence, runner

pytestmark = pytest.mark.daily(3)

ALL = os.environ.get("TEST_FAULTS") == "all"
# The number of runs that a task is tested with in one day.
SAMPLE = 5
TODAY = datetime.datetime.now(datetime.timezone.utc).date().toordinal()


def troubles(passed: Sequence[Passed]) -> Iterator[Trouble]:
    """Yield every such response at every request: once, once for a task that does not retry, and
    for all later requests.
    """
    for number, entry in enumerate(passed):
        for answer, side in itertools.product(IMPOSTORS, ("before", "after")):
            # For a read it makes no difference whether the hub has received it.
            if entry.method != "GET" or side == "before":
                fault = f"impostor-{answer}-{side}"
                yield Trouble({number: fault})
                yield Trouble({number: fault}, retries=0)
                yield Trouble({}, (number, fault), retries=1)


def sample(every: Sequence[Trouble], label: str) -> Sequence[Trouble]:
    """Return the sample of this day. Later days take the other ones in turn."""
    if ALL:
        return every
    step = len(every) // SAMPLE + 1
    return every[(TODAY * 7 + list(TASKS).index(label)) % step :: step]


@pytest.mark.newest
@pytest.mark.parametrize("label", TASKS)
def test_responses_of_another_server_prove_nothing(
    hub: Hub, proxy: FaultyProxy, label: str
) -> None:
    if hub.series not in TASKS[label].hubs:
        pytest.skip("this hub version does not support the task")
    model = model_of(hub, proxy, label)
    met = [
        endure(hub, proxy, TASKS[label], model, trouble)
        for trouble in sample(list(troubles(model.passed)), label)
    ]
    assert any(result is not None for result in met)


@pytest.mark.newest
@pytest.mark.parametrize("answer", IMPOSTORS if ALL else [IMPOSTORS[TODAY % len(IMPOSTORS)]])
def test_shutdown(hub: Hub, proxy: FaultyProxy, answer: str) -> None:
    """A hub counts as stopped when it no longer answers, even if another server answers in its
    place.
    """
    task = {"servers": False, "proxy": False, "wait_timeout": 20}
    # The requests: the hub's version, the caller, the shutdown, and then polls.
    for number in range(3):
        proxy.script({number: f"impostor-{answer}-before"})
        with hasty(proxy):
            result = runner(hub, hub_url=proxy.url, timeout=1, retries=0)(
                "jupyterhub_shutdown", task
            )
        assert (result["failed"], result["changed"]) == (True, number == 2), result
        one_sentence(result)
        assert hub.pid is not None
    proxy.script({2: f"impostor-{answer}-after", 3: f"impostor-{answer}-before"})
    with hasty(proxy):
        result = runner(hub, hub_url=proxy.url, timeout=2)("jupyterhub_shutdown", task)
    assert (result["failed"], result["changed"]) == (False, True), result
    until = time.monotonic() + 5
    while hub.pid is not None:
        assert time.monotonic() < until, result
        time.sleep(0.02)
    hub.start()
