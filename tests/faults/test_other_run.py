# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same task runs a second time, from its beginning to its end, while the first run waits with
one of its requests: two schedules, or a schedule and a person, use the same declaration at once.

Every day other requests are tested. ``TEST_FAULTS=all`` tests every request.
"""

from __future__ import annotations

import collections
import concurrent.futures
import datetime
import itertools
import json
import multiprocessing
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.account import Model, ends, facts, model_of, without_ids
from tests.faults.proxy import FaultyProxy
from tests.faults.tasks import TASKS, Task
from tests.hub import Hub
from tests.live.support import Result, Wire, chunks, one_sentence, runner
from tests.live.support_offboard import OFFBOARD
from tests.live.test_services import SERVICE
from tests.live.test_shares import SHARE
from tests.live.token_support import TOKEN
from tests.running import run_module

pytestmark = pytest.mark.daily(3)

ALL = os.environ.get("TEST_FAULTS") == "all"
# Of so many requests, one is tested in one day.
STEP = 4
TODAY = datetime.datetime.now(datetime.timezone.utc).date().toordinal()

# The hub's answer says whether a request has done this.
TOLD_ONCE = set(itertools.product(("create", "rename", "delete"), ("user", "group", "server")))
# What the first run says when the other one was in its way. Otherwise it succeeds.
IN_THE_WAY = {
    # The hub does not show whether the other service has the declared token.
    SERVICE: "created by another client while this task ran",
    # The other run has replaced it.
    TOKEN: "was created, but the hub does not accept it",
    # The other run has revoked it, or deleted its user.
    OFFBOARD: "canary token: expected 200, then 403, found",
}


@pytest.fixture(scope="module")
def other() -> Iterator[concurrent.futures.Executor]:
    """A process for the second run, because a module takes over the output of its process."""
    with concurrent.futures.ProcessPoolExecutor(
        1, mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        yield pool


def both(
    hub: Hub, other: concurrent.futures.Executor, task: Task, moment: int
) -> tuple[Result, Result | None]:
    """Run the task, and once more when the request of this number is about to reach the hub.

    Returns both results. The second one is None if the first run had fewer requests.
    """
    results: list[Result] = []

    def before(number: int, _method: str, _path: str) -> None:
        if number == moment:
            params = {"hub_url": hub.hub_url, "api_token": hub.token, **task.options(hub)}
            results.append(other.submit(run_module, task.module, params).result(60))

    with Wire(hub, before=before) as wire, chunks(2):
        first = runner(hub, hub_url=wire.url)(task.module, task.options(hub))
    return first, results[0] if results else None


@pytest.mark.newest
@pytest.mark.parametrize("label", TASKS)
def test_the_same_task_runs_in_between(
    hub: Hub, proxy: FaultyProxy, other: concurrent.futures.Executor, label: str
) -> None:
    """Both results are correct, together they have every change, and the next run reaches the
    declared state.
    """
    task = TASKS[label]
    model = model_of(hub, proxy, label)
    moments = range(len(model.passed))
    met = 0
    for moment in moments if ALL else moments[TODAY % min(STEP, len(moments)) :: STEP]:
        hub.reset()
        task.prepare(hub)
        first, second = both(hub, other, task, moment)
        if second is None:
            continue
        met += 1
        try:
            judge(hub, task, model, first, second)
        except AssertionError as error:
            error.add_note(
                f"before request {moment}, {' '.join(model.passed[moment][:2])}:"
                f"\n{json.dumps(first, indent=1)}\n{json.dumps(second, indent=1)}"
            )
            raise
    assert met > 0


def judge(hub: Hub, task: Task, model: Model, first: Result, second: Result) -> None:
    """Assert that both results agree with the hub, and that the next run completes the work."""
    assert not second["failed"]
    if first["failed"]:
        one_sentence(first)
        assert IN_THE_WAY.get(task.module, "success") in first["msg"]
    else:
        # Each of two runs creates a token, and only the next run finds both.
        assert task.module == TOKEN or state(hub, task) == model.after
    told = collections.Counter(
        line for result in (second, first) for line in without_ids(result.get("changes", []))
    )
    for line in without_ids(model.result.get("changes", [])):
        assert told[line] > 0 or task.module == TOKEN, (line, told)
    for line, count in told.items():
        assert count == 1 or tuple(line.split(" ", 2)[:2]) not in TOLD_ONCE, (line, count)
    task.check(hub, [result for result in (first, second) if not result["failed"]])
    rest = runner(hub, hub_url=hub.hub_url)(task.module, task.calm(hub))
    assert not rest["failed"], rest
    assert state(hub, task) == model.after
    again = runner(hub, hub_url=hub.hub_url)(task.module, task.calm(hub))
    assert not again["failed"], again
    assert not (task.settles and again["changed"]), again


def state(hub: Hub, task: Task) -> Any:
    """Return the state of the hub in the form of ``ends``. Each run creates a share code of its
    own, which its result returns, so that equal codes count once.
    """
    found = facts(hub, task.module)
    if task.module == SHARE:
        once = {
            (full.rpartition(" ")[0], *scopes): full for full, scopes in found["share_code"].items()
        }
        found["share_code"] = {
            full: scopes for full, scopes in found["share_code"].items() if full in once.values()
        }
    return ends(found)
