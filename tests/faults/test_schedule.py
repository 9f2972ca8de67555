# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random tasks with several random faults at random requests.

The same 20 schedules are used every time. ``TEST_EXAMPLES=200`` tests 200 random ones, and a
failure prints how to repeat it.
"""

from __future__ import annotations

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from tests.faults.account import Trouble, endure, model_of
from tests.faults.proxy import FAULTS, FaultyProxy
from tests.faults.tasks import TASKS
from tests.hub import Hub
from tests.live.support import examples

pytestmark = pytest.mark.daily(2)


def troubles(requests: int) -> st.SearchStrategy[Trouble]:
    """Return random faults for a run of this many requests. Retries need a few more numbers."""
    numbers, faults = st.integers(0, requests + 2), st.sampled_from(FAULTS)
    return st.builds(
        Trouble,
        st.dictionaries(numbers, faults, min_size=1, max_size=4),
        st.none() | st.tuples(numbers, faults),
        st.sampled_from([0, 1, 5, 5]),
    )


@examples(20)
@given(st.data())
def test_random_schedules(hub: Hub, proxy: FaultyProxy, data: st.DataObject) -> None:
    """Any number of faults of any kind: the report is correct, and the next run repairs
    everything.
    """
    label = data.draw(
        st.sampled_from([label for label, task in TASKS.items() if hub.series in task.hubs]), "task"
    )
    model = model_of(hub, proxy, label)
    trouble = data.draw(troubles(len(model.passed)), "trouble")
    result = endure(hub, proxy, TASKS[label], model, trouble)
    event("no fault was met" if result is None else "failed" if result["failed"] else "done")
