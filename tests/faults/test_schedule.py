# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random tasks that meet random faults at random requests, many in one run.

The same 20 schedules every time; ``TEST_EXAMPLES=200`` takes so many others, and a failure prints
how to have it again.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.faults.account import Trouble, endure, model_of
from tests.faults.proxy import FAULTS, FaultyProxy
from tests.faults.tasks import TASKS
from tests.hub import Hub
from tests.running import CACHE

pytestmark = pytest.mark.daily(2)

EXAMPLES = os.environ.get("TEST_EXAMPLES")
SETTINGS = settings(
    max_examples=int(EXAMPLES or 20),
    derandomize=EXAMPLES is None,
    database=None if EXAMPLES is None else DirectoryBasedExampleDatabase(CACHE / "hypothesis"),
    deadline=None,
    # To make a failing schedule smaller takes minutes.
    phases=(
        [Phase.reuse, Phase.generate]
        if EXAMPLES is None
        else [Phase.reuse, Phase.generate, Phase.shrink]
    ),
    report_multiple_bugs=False,
    print_blob=True,
    # Every schedule empties the hub itself.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def troubles(requests: int) -> st.SearchStrategy[Trouble]:
    """Return what may go wrong in a run of so many requests; one that is disturbed sends some
    more.
    """
    numbers, faults = st.integers(0, requests + 2), st.sampled_from(FAULTS)
    return st.builds(
        Trouble,
        st.dictionaries(numbers, faults, min_size=1, max_size=4),
        st.none() | st.tuples(numbers, faults),
        st.sampled_from([0, 1, 5, 5]),
    )


@SETTINGS
@given(st.data())
def test_random_schedules(hub: Hub, proxy: FaultyProxy, data: st.DataObject) -> None:
    """Whatever breaks, and however often: what is told is true, and the next run puts all right."""
    label = data.draw(
        st.sampled_from([label for label, task in TASKS.items() if hub.series in task.hubs]), "task"
    )
    model = model_of(hub, proxy, label)
    trouble = data.draw(troubles(len(model.passed)), "trouble")
    result = endure(hub, proxy, TASKS[label], model, trouble)
    event("no fault was met" if result is None else "failed" if result["failed"] else "done")
