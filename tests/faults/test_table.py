# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module that changes something meets every fault, at each of its requests in turn.

Each time the run succeeds, or reports correctly how far it came. One further run reaches the
declared state, with nothing doubled, lost or left behind, and one more changes nothing. ``endure``
has all assertions.

The hubs divide the table among them. Except for broken connections of users and groups, the first,
the middle and the last request stand for all. Faults that differ only in a status or a header are
assigned to these requests in turn. With ``TEST_FAULTS=all`` the newest hub tests every fault at
every request in three ways, and the other hubs their share.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence

import pytest

from tests.faults.account import Trouble, endure, hasty, model_of
from tests.faults.proxy import FAULTS, SLOW, FaultyProxy, Passed
from tests.faults.tasks import TASKS
from tests.hub import HUB_VERSIONS, Hub
from tests.live.support import GROUP, USER, one_sentence, runner

pytestmark = pytest.mark.daily(3)

ALL = os.environ.get("TEST_FAULTS") == "all"
# Faults of one kind differ only in the proxy's response.
KINDS: dict[str, list[str]] = {}
for each in FAULTS:
    KINDS.setdefault(re.sub(r"50\d|seconds|date|none", "", each), []).append(each)
# A fault before the hub, one after it, and a hub that is gone: they are tested at every request of
# the modules with the longest tasks.
EVERYWHERE = ("reset-before", "reset-after", "refused")
# For a read these are the same as the faults before the hub.
ONLY_FOR_WRITES = ("reset-after", "page-502-after", "page-504-after")


def worthwhile(passed: Sequence[Passed]) -> list[int]:
    """Return the numbers of the requests, without reads that follow a read, because they are alike
    for the task.
    """
    methods = [entry.method for entry in passed]
    return [
        number
        for number in range(len(methods))
        if number == 0 or methods[number - 1 : number + 1] != ["GET", "GET"]
    ]


def troubles(module: str, passed: Sequence[Passed]) -> Iterator[tuple[Trouble, Trouble, Trouble]]:
    """Yield the faults: once, once for a task that does not retry, and for all later requests."""
    numbers = worthwhile(passed)
    some = (numbers[0], numbers[len(numbers) // 2], numbers[-1])
    for place, number in enumerate(numbers):
        for fault in FAULTS if ALL else [kind[place % len(kind)] for kind in KINDS.values()]:
            everywhere = ALL or (module in (USER, GROUP) and fault in EVERYWHERE)
            if (everywhere or number in some) and (
                passed[number].method != "GET" or fault not in ONLY_FOR_WRITES
            ):
                yield (
                    Trouble({number: fault}),
                    Trouble({number: fault}, retries=0),
                    Trouble({}, (number, fault), retries=1),
                )


def labels(*hubs: str) -> list[str]:
    """Return the names of the tasks that only these hubs can run."""
    return [label for label, task in TASKS.items() if task.hubs == hubs]


def disturb(hub: Hub, proxy: FaultyProxy, label: str) -> None:
    """Run a task with this hub's share of the faults."""
    task = TASKS[label]
    model = model_of(hub, proxy, label)
    whole = ALL and hub.series == max(HUB_VERSIONS)
    met = 0
    for number, ways in enumerate(troubles(task.module, model.passed)):
        # A task that only one hub can run is tested with half of the faults there.
        share = max(2, len(task.hubs))
        if whole or number % share == task.hubs.index(hub.series):
            for trouble in ways if whole else [ways[number // share % len(ways)]]:
                met += endure(hub, proxy, task, model, trouble) is not None
    # The number of polls depends on the server, and a response without a body cannot be garbled, so
    # some runs meet no fault.
    assert met > 0


@pytest.mark.parametrize("label", labels("4", "5", "6"))
def test_every_fault(hub: Hub, proxy: FaultyProxy, label: str) -> None:
    """Tasks that every hub can run."""
    disturb(hub, proxy, label)


@pytest.mark.hubs("5", "6")
@pytest.mark.parametrize("label", labels("5", "6"))
def test_every_fault_since_hub_5(hub: Hub, proxy: FaultyProxy, label: str) -> None:
    """Services and shares."""
    disturb(hub, proxy, label)


@pytest.mark.hubs("6")
@pytest.mark.parametrize("label", labels("6"))
def test_every_fault_since_hub_6(hub: Hub, proxy: FaultyProxy, label: str) -> None:
    """Servers that are created and renamed without a start."""
    disturb(hub, proxy, label)


@pytest.mark.parametrize(
    ("fault", "least", "most"),
    [("429-seconds", 7.0, 7.0), ("429-date", 5.0, 8.0), ("429-none", 0.25, 0.5)],
    ids=["seconds", "date", "none"],
)
def test_the_requested_delay(
    hub: Hub, proxy: FaultyProxy, fault: str, least: float, most: float
) -> None:
    """The client waits as long as Retry-After says, and without it as little as after a first
    failure.
    """
    proxy.script({0: fault})
    with hasty(proxy) as waits:
        result = runner(hub, hub_url=proxy.url)("jupyterhub_user", {"name": "ada"})
    assert not result["failed"], result
    assert len(waits) == result["retries"] == 1
    assert least <= waits[0] <= most


@pytest.mark.parametrize(
    ("fault", "tells"),
    [
        ("429-seconds", "429"),
        ("page-503-before", "503"),
        ("refused", "refused"),
        ("slow", f"{SLOW / 2:g} seconds"),
    ],
)
def test_a_wait_that_is_too_long(hub: Hub, proxy: FaultyProxy, fault: str, tells: str) -> None:
    """If the wait would exceed the time limit of the task, the task fails with the reason."""
    proxy.script({}, (0, fault))
    with hasty(proxy) as waits:
        result = runner(hub, hub_url=proxy.url, retries=9, retry_max_wait=10, timeout=SLOW / 2)(
            "jupyterhub_user", {"name": "ada"}
        )
    assert (result["failed"], result["changed"]) == (True, False)
    assert sum(waits) <= 10
    assert len(waits) == result["retries"] >= 1
    assert tells in result["msg"]
    one_sentence(result)


# Shutdown of the hub


def test_shutdown(hub: Hub, proxy: FaultyProxy) -> None:
    """With any fault, the hub is stopped if the task says so. If the task says that the hub still
    runs, or that it does not know, the hub runs.
    """
    task = {"servers": False, "proxy": False, "wait_timeout": 20}
    # The requests: the hub's version, the caller, the shutdown, and then polls.
    told = 2
    goes = ["reset-after", "page-502-after", "slow", "cut", "429-date", "refused"]
    # One of the first polls meets a fault too.
    troubles = [{told: fault, told + 2: "reset-before"} for fault in goes]
    for faults in troubles if ALL else [troubles[int(hub.series) - 4]]:
        proxy.script(faults)
        with hasty(proxy):
            result = runner(hub, hub_url=proxy.url, timeout=2)("jupyterhub_shutdown", task)
        passed = proxy.seen()
        assert (result["failed"], result["changed"]) == (False, True), (passed, result)
        # The hub no longer answers, and its process ends in a moment.
        until = time.monotonic() + 5
        while hub.pid is not None:
            assert time.monotonic() < until, (passed, result)
            time.sleep(0.02)
        assert [entry.method for entry in passed if entry.status == 202] == ["POST"], passed
        hub.start()
    for fault in ("reset-before", "page-502-before", "page-503-before", "page-504-before"):
        for number in (0, told):
            proxy.script({number: fault})
            with hasty(proxy):
                result = runner(hub, hub_url=proxy.url, timeout=1, retries=0)(
                    "jupyterhub_shutdown", task
                )
            assert (result["failed"], result["changed"]) == (True, number == told), result
            one_sentence(result)
            assert hub.pid is not None
