# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a plan: whatever fails at any request, the record is correct."""

from __future__ import annotations

import typing as t

import pytest
import requests
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import (
    RefusedItemsError,
    Writer,
    apply,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    PartlyDoneError,
    Record,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Action, Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    ApiError,
    HubError,
    ItemError,
    UnreachableError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    LooseStep,
    Reply,
    Sent,
    Wire,
    refusal,
)

Connect = t.Callable[..., HubClient]

LOST = requests.ConnectionError(ConnectionResetError(104, "Connection reset by peer"))
REFUSED = requests.exceptions.ConnectTimeout()


class Hub:
    """A hub that carries out each request once, and lists what is done.

    :param faults: by the number of the request. ``lost``: the request is done, but its response is
        lost. ``unseen``: the request does not arrive. ``dead``: this request and all later ones do
        not arrive. ``killed``: the request is done, and from then on nothing answers. A number: a
        refusal with this status. ``half``: a bulk request is refused after its first half was done.
    """

    def __init__(self, faults: t.Mapping[int, t.Any] | None = None) -> None:
        self.faults = dict(faults or {})
        self.done: list[str] = []
        self.count = -1
        self.dead = False

    def __call__(self, sent: Sent) -> Reply:
        self.count += 1
        fault = self.faults.get(self.count)
        if fault == "dead" or self.dead:
            self.dead = True
            raise REFUSED
        if fault == "unseen":
            raise LOST
        if isinstance(fault, int):
            # A 403 with another message would be about this item only.
            return refusal(fault, "Forbidden" if fault == 403 else "no")
        if sent.method == "POST":
            asked = sent.body if fault != "half" else sent.body[: len(sent.body) // 2]
            new = [name for name in asked if name not in self.done]
            self.done.extend(new)
            answer = Reply(201, new)
            if fault == "half":
                answer = refusal(400, "the second half is bad")
        else:
            answer = Reply(200, list(self.done))
        if fault in ("lost", "killed"):
            self.dead = fault == "killed"
            raise LOST
        return answer


class Doer(Writer):
    """A writer that does steps in bulk and can check afterwards whether all of them were done."""

    def __init__(self, client: HubClient, size: int, *, checks: bool = False) -> None:
        self.client = client
        self.size = size
        self.checks = checks
        self.finished = 0

    def batch(self, steps: t.Sequence[Step]) -> int:
        return min(self.size, len(steps))

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        new = self.client.request("POST", ("do",), body=[step.name for step in steps]).data
        if self.checks:
            self.client.get("done")
        assert isinstance(new, list)
        return [step for step in steps if step.name in new]

    def look_up(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        done = self.client.get("done")
        assert isinstance(done, list)
        return [step for step in steps if step.name in done]

    def finish(self) -> None:
        self.finished += 1


def steps(count: int) -> list[Step]:
    """:returns: steps with different names."""
    return [LooseStep("create", "thing", f"t{number}", "do", None, {}) for number in range(count)]


def names(some: t.Iterable[Step]) -> list[str]:
    return [step.name for step in some]


def run(
    client: HubClient, wire: Wire, hub: Hub, count: int, size: int, *, checks: bool = False
) -> tuple[Record, Doer, HubError | None]:
    """:returns: the record, the writer, and the error that ended the work."""
    wire.play(otherwise=hub)
    record = Record(pending=steps(count))
    doer = Doer(client, size, checks=checks)
    try:
        apply(doer, client, record)
    except HubError as error:
        return record, doer, error
    return record, doer, None


def assert_true(record: Record, hub: Hub, count: int) -> None:
    """Assert that the record is correct."""
    open_ones = names([*record.pending, *(refusal.step for refusal in record.refused)])
    assert sorted([*names(record.done), *open_ones]) == sorted(names(steps(count))), (
        "every step must be done, pending or refused"
    )
    assert set(names(record.done)) <= set(hub.done), "a step in done must be done"
    assert set(names(record.unsure)) <= set(open_ones), "an unsure step must be pending or refused"
    certain = set(open_ones) - set(names(record.unsure))
    assert not certain & set(hub.done), "a pending step that is not unsure must not be done"


SIZES = [(0, 3), (1, 1), (4, 1), (5, 2), (6, 10)]


@pytest.mark.parametrize(("count", "size"), SIZES)
def test_all_is_done_in_order_and_in_as_few_requests_as_possible(
    client: HubClient, wire: Wire, count: int, size: int
) -> None:
    hub = Hub()
    record, doer, error = run(client, wire, hub, count, size)
    assert error is None
    assert names(record.done) == hub.done == names(steps(count))
    assert (record.pending, record.unsure) == ([], [])
    assert client.requests == -(-count // size)
    assert client.effects == client.requests
    assert doer.finished == 1


@pytest.mark.parametrize("checks", [False, True], ids=["plain", "checks"])
@pytest.mark.parametrize("retries", [0, 1])
@pytest.mark.parametrize(
    "fault", ["dead", "killed", "unseen", "lost", "half", 400, 409, 429, 500, 503]
)
@pytest.mark.parametrize(("count", "size"), SIZES)
def test_the_record_is_true_wherever_the_work_is_cut(
    connect: Connect,
    wire: Wire,
    slept: list[float],
    count: int,
    size: int,
    fault: t.Any,
    retries: int,
    checks: bool,
) -> None:
    for cut in range(2 * count + 1):
        hub = Hub({cut: fault})
        record, doer, error = run(connect(retries=retries), wire, hub, count, size, checks=checks)
        assert_true(record, hub, count)
        # If the check afterwards fails, the task fails although everything was done.
        left = record.pending or record.refused
        assert (not left) if error is None else (left or checks)
        assert doer.finished == (error is None or isinstance(error, RefusedItemsError))


@pytest.mark.parametrize(
    "faults",
    [
        (first, second)
        for first in ("lost", "unseen", 503)
        for second in ("lost", "unseen", "dead", "half", 500, 503)
    ],
)
@pytest.mark.parametrize(("count", "size"), [(1, 1), (4, 2)])
def test_the_record_is_true_when_two_things_break(
    connect: Connect,
    wire: Wire,
    slept: list[float],
    count: int,
    size: int,
    faults: tuple[t.Any, t.Any],
) -> None:
    for first in range(5):
        for second in range(first + 1, 8):
            hub = Hub({first: faults[0], second: faults[1]})
            record, _doer, error = run(connect(retries=1), wire, hub, count, size)
            assert_true(record, hub, count)
            assert (error is None) == (not record.pending and not record.refused)


@pytest.mark.parametrize("fault", ["lost", "unseen", 502, 503, 504])
@pytest.mark.parametrize(("count", "size"), [(1, 1), (4, 1), (5, 2), (6, 10)])
def test_a_request_that_fails_once_is_done_once(
    client: HubClient, wire: Wire, count: int, size: int, fault: t.Any
) -> None:
    writes = -(-count // size)
    for number in range(writes):
        hub = Hub({number: fault})
        record, _doer, error = run(client, wire, hub, count, size)
        assert error is None
        assert names(record.done) == names(steps(count))
        assert hub.done == names(steps(count))
        assert record.unsure == []


def test_a_lost_answer_is_not_sent_again_but_looked_for(
    client: HubClient, wire: Wire, slept: list[float]
) -> None:
    record, _doer, error = run(client, wire, Hub({0: "lost"}), 3, 3)
    assert error is None
    assert wire.lines == [("POST", "/do"), ("GET", "/done")]
    assert len(record.done) == 3
    assert (len(slept), client.retries) == (1, 1)


def test_a_write_that_did_not_arrive_is_sent_again_after_a_look(
    client: HubClient, wire: Wire
) -> None:
    run(client, wire, Hub({0: "unseen"}), 3, 3)
    assert wire.lines == [("POST", "/do"), ("GET", "/done"), ("POST", "/do")]


def test_of_a_bulk_that_was_done_in_part_only_the_rest_is_sent_again(
    client: HubClient, wire: Wire
) -> None:
    hub = Hub()

    def in_part(sent: Sent) -> Reply:
        hub.done.append(sent.body[1])
        raise LOST

    wire.play(in_part, otherwise=hub)
    record = Record(pending=steps(3))
    apply(Doer(client, 3), client, record)
    assert [sent.body for sent in wire.sent] == [["t0", "t1", "t2"], None, ["t0", "t2"]]
    assert names(record.done) == ["t1", "t0", "t2"]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_a_write_whose_answer_is_lost_again_and_again_is_given_up(
    connect: Connect, wire: Wire, slept: list[float], retries: int
) -> None:
    hub = Hub(dict.fromkeys(range(0, 100, 2), "unseen"))
    record, _doer, error = run(connect(retries=retries), wire, hub, 1, 1)
    assert isinstance(error, AnswerLostError)
    assert wire.lines == [("POST", "/do"), ("GET", "/done")] * (retries + 1)
    # The hub may still be working on it.
    assert names(record.unsure) == names(record.pending) == ["t0"]


def test_the_first_error_is_reported_if_the_hub_cannot_be_read(
    connect: Connect, wire: Wire, slept: list[float]
) -> None:
    record, _doer, error = run(connect(retries=0), wire, Hub({0: "killed"}), 2, 2)
    assert isinstance(error, AnswerLostError)
    assert names(record.unsure) == ["t0", "t1"]
    assert error.__cause__ is None
    assert error.__suppress_context__


def refused(record: Record) -> list[str]:
    return [refusal.step.name for refusal in record.refused]


@pytest.mark.parametrize(
    ("status", "looks"),
    [(400, []), (404, [("GET", "/done")]), (405, []), (409, [("GET", "/done")])],
)
def test_a_refusal_of_one_step_stops_no_other(
    client: HubClient, wire: Wire, status: int, looks: list[tuple[str, str]]
) -> None:
    """Only where another client may have done the same, it is looked up."""
    record, doer, error = run(client, wire, Hub({1: status}), 3, 1)
    assert isinstance(error, RefusedItemsError)
    assert wire.lines == [("POST", "/do"), ("POST", "/do"), *looks, ("POST", "/do")]
    assert (names(record.done), names(record.pending), record.unsure) == (["t0", "t2"], [], [])
    assert [refusal.told for refusal in record.refused] == [
        {"kind": "thing", "name": "t1", "status": status, "hub_message": "no"}
    ]
    assert (
        error.message
        == f"POST /do was refused by the hub with {status}: no. Everything else was done."
    )
    assert error.details["status"] == status
    assert doer.finished == 1


@pytest.mark.parametrize("status", [404, 409])
def test_what_another_client_has_done_is_not_refused(
    client: HubClient, wire: Wire, status: int
) -> None:
    hub = Hub({1: status})
    hub.done.append("t1")
    record, _doer, error = run(client, wire, hub, 3, 1)
    assert error is None
    assert (names(record.done), names(record.overtaken)) == (["t0", "t2"], ["t1"])
    assert (record.refused, record.pending, record.unsure) == ([], [], [])


@pytest.mark.parametrize("status", [404, 409])
def test_a_refusal_stays_one_if_it_cannot_be_looked_up(
    client: HubClient, wire: Wire, status: int
) -> None:
    record, _doer, error = run(client, wire, Hub({1: status, 2: 500}), 3, 1)
    assert isinstance(error, RefusedItemsError)
    assert (names(record.done), refused(record)) == (["t0", "t2"], ["t1"])


@pytest.mark.parametrize("status", [401, 403, 407])
def test_a_refusal_of_the_caller_ends_the_work(client: HubClient, wire: Wire, status: int) -> None:
    record, _doer, error = run(client, wire, Hub({1: status}), 3, 1)
    assert error.__class__ is ApiError
    assert wire.lines == [("POST", "/do")] * 2
    assert (names(record.done), names(record.pending), record.unsure, record.refused) == (
        ["t0"],
        ["t1", "t2"],
        [],
        [],
    )


@pytest.mark.parametrize("status", [500, 501])
def test_a_request_that_broke_on_the_hub_is_looked_for(
    client: HubClient, wire: Wire, status: int
) -> None:
    hub = Hub()

    def breaks(sent: Sent) -> Reply:
        hub.done.extend(sent.body)
        return refusal(status)

    wire.play(breaks, otherwise=hub)
    record = Record(pending=steps(2))
    apply(Doer(client, 1), client, record)
    assert wire.lines == [("POST", "/do"), ("GET", "/done"), ("POST", "/do")]
    assert (names(record.done), names(record.pending), record.unsure) == (["t0", "t1"], [], [])


def test_a_request_that_always_breaks_is_refused_and_stops_no_other(
    client: HubClient, wire: Wire
) -> None:
    record, _doer, error = run(client, wire, Hub({0: 500}), 2, 1)
    assert isinstance(error, RefusedItemsError)
    assert (names(record.done), refused(record), record.unsure) == (["t1"], ["t0"], [])


def picky(
    hub: Hub, bad: t.Collection[str], *, names_them: bool = True
) -> t.Callable[[Sent], Reply]:
    """A hub that refuses a bulk request with a bad name in it."""

    def answer(sent: Sent) -> Reply:
        found = [name for name in sent.body or () if name in bad]
        return (
            refusal(400, f"bad: {', '.join(found)}" if names_them else "no") if found else hub(sent)
        )

    return answer


class Reader(Doer):
    """A writer that finds in the hub's refusal which steps are the cause."""

    def blamed(self, steps: t.Sequence[Step], error: HubError) -> t.Iterable[Step]:
        named = str(error.details["hub_message"]).partition("bad: ")[2].split(", ")
        return [step for step in steps if step.name in named]


@pytest.mark.parametrize(
    ("bad", "requests"),
    [(["t3"], 3), (["t0", "t6"], 3), ([f"t{number}" for number in range(7)], 2)],
)
def test_of_a_refused_bulk_request_all_is_done_except_what_the_hub_names(
    client: HubClient, wire: Wire, bad: list[str], requests: int
) -> None:
    hub = Hub()
    wire.play(otherwise=picky(hub, bad))
    record = Record(pending=steps(7))
    with pytest.raises(RefusedItemsError) as caught:
        apply(Reader(client, 10), client, record)
    assert refused(record) == bad
    assert (
        hub.done
        == names(record.done)
        == [f"t{number}" for number in range(7) if f"t{number}" not in bad]
    )
    assert (record.pending, record.unsure) == ([], [])
    # The requests: the refused one, a read, and the rest.
    assert len(wire.sent) == requests
    if len(bad) == 2:
        assert (
            caught.value.message
            == "2 of 7 changes were refused: thing t0 (bad: t0, t6), thing t6 (bad: t0, t6)."
            " Everything else was done."
        )


@pytest.mark.parametrize("bad", [["t3"], ["t0", "t6"], ["t0", "t1", "t2", "t3", "t4", "t5", "t6"]])
@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_bulk_that_is_refused_without_a_name_is_halved(
    client: HubClient, wire: Wire, bad: list[str], size: int
) -> None:
    hub = Hub()
    wire.play(otherwise=picky(hub, bad, names_them=False))
    record = Record(pending=steps(7))
    with pytest.raises(RefusedItemsError):
        apply(Doer(client, size), client, record)
    assert refused(record) == bad
    assert (
        hub.done
        == names(record.done)
        == [f"t{number}" for number in range(7) if f"t{number}" not in bad]
    )
    assert (record.pending, record.unsure) == ([], [])


def test_a_bulk_that_was_refused_half_way_is_looked_for(client: HubClient, wire: Wire) -> None:
    record, _doer, error = run(client, wire, Hub({0: "half"}), 4, 4)
    assert error is None
    assert [sent.body for sent in wire.sent] == [["t0", "t1", "t2", "t3"], None, ["t2"], ["t3"]]
    assert (names(record.done), names(record.pending), record.unsure) == (
        ["t0", "t1", "t2", "t3"],
        [],
        [],
    )


def narrow(hub: Hub, status: int, most: int, *, foreign: bool) -> t.Callable[[Sent], Reply]:
    """Return a hub that accepts at most this many names in one request.

    :param foreign: whether a proxy refuses instead of the hub.
    """
    said = Reply(status, text="<html>no</html>", kind="text/html", foreign=True)

    def answer(sent: Sent) -> Reply:
        if sent.body and len(sent.body) > most:
            return said if foreign else refusal(status, "too large")
        return hub(sent)

    return answer


@pytest.mark.parametrize("foreign", [True, False], ids=["proxy", "hub"])
@pytest.mark.parametrize("status", [413, 414, 504])
def test_a_bulk_request_that_is_too_large_for_a_proxy_is_split(
    client: HubClient, wire: Wire, status: int, foreign: bool
) -> None:
    """Later requests are smaller too."""
    hub = Hub()
    wire.play(otherwise=narrow(hub, status, 2, foreign=foreign))
    record = Record(pending=steps(13))
    apply(Doer(client, 7), client, record)
    assert hub.done == names(record.done) == names(steps(13))
    sizes = [len(sent.body) for sent in wire.sent if sent.body]
    assert sizes == [7, 4, 2, 2, 2, 1, 2, 2, 2]


@pytest.mark.parametrize("retries", [0, 3])
@pytest.mark.parametrize("status", [413, 414])
def test_a_single_item_that_is_too_large_is_refused_and_stops_no_other(
    connect: Connect, wire: Wire, slept: list[float], status: int, retries: int
) -> None:
    """The request is sent once, because it would be refused again, and then the hub is asked
    whether it was done.
    """
    hub = Hub()
    way = narrow(hub, status, 0, foreign=True)
    client = connect(retries=retries)
    wire.play(way, otherwise=hub)
    record = Record(pending=steps(2))
    with pytest.raises(RefusedItemsError) as caught:
        apply(Doer(client, 1), client, record)
    assert wire.lines == [("POST", "/do"), ("GET", "/done"), ("POST", "/do")]
    assert (names(record.done), refused(record), record.unsure) == (["t1"], ["t0"], [])
    assert caught.value.message.startswith(
        "POST /do did not reach the hub at http://hub.example.org/hub/api: something in front of"
        f" the hub answered {status}, because "
    )
    assert caught.value.message.endswith(
        "or use an address that bypasses it. Everything else was done."
    )
    assert record.refused[0].told["status"] == status
    assert slept == []


def test_an_address_that_is_too_long_for_the_look_too_is_refused(
    client: HubClient, wire: Wire
) -> None:
    """No request to this address arrives, so nothing was done there."""
    turned_away = Reply(414, foreign=True)
    wire.play(turned_away, turned_away, otherwise=Hub())
    record = Record(pending=steps(2))
    with pytest.raises(RefusedItemsError):
        apply(Doer(client, 1), client, record)
    assert wire.lines == [("POST", "/do"), ("GET", "/done"), ("POST", "/do")]
    assert (names(record.done), refused(record), record.unsure) == (["t1"], ["t0"], [])


@pytest.mark.parametrize("second", [Reply(413, foreign=True), refusal(500)])
def test_an_answer_that_was_lost_stays_so_where_the_look_fails_otherwise(
    client: HubClient, wire: Wire, second: Reply
) -> None:
    wire.play(Reply(414, foreign=True), otherwise=second)
    record = Record(pending=steps(2))
    with pytest.raises(AnswerLostError):
        apply(Doer(client, 1), client, record)
    assert (record.done, names(record.unsure)) == ([], ["t0"])


def test_a_413_after_a_request_that_was_done(client: HubClient, wire: Wire) -> None:
    """The server that answers 413 may have forwarded the request anyway."""
    hub = Hub()

    def lies(sent: Sent) -> Reply:
        hub(sent)
        return Reply(413, foreign=True)

    wire.play(lies, otherwise=hub)
    record = Record(pending=steps(3))
    apply(Doer(client, 3), client, record)
    assert wire.lines == [("POST", "/do"), ("GET", "/done")]
    assert names(record.done) == hub.done == names(steps(3))


class Chained(Step):
    """A step that depends on another one."""

    action: Action = "update"
    kind: t.Any = "thing"
    operation: t.Any = "do"
    before = None
    after = None

    def __init__(self, name: str, *needs: Step) -> None:
        self.name = name
        self.needs = needs

    def depends_on(self, other: Step) -> bool:
        return other in self.needs


def test_what_depends_on_a_refused_step_is_not_tried_and_stays_pending(
    client: HubClient, wire: Wire
) -> None:
    hub = Hub()
    first, *others = steps(2)
    after = Chained("t2", first)
    last = Chained("t4", after)
    wire.play(otherwise=picky(hub, ["t0"]))
    record = Record(pending=[first, *others, after, Chained("t3", *others), last])
    with pytest.raises(
        RefusedItemsError,
        match=r"2 more depend on it and were not tried\. Everything else was done\.",
    ) as caught:
        apply(Doer(client, 1), client, record)
    assert hub.done == names(record.done) == ["t1", "t3"]
    assert (refused(record), names(record.pending), record.unsure) == (["t0"], ["t2", "t4"], [])
    assert caught.value.details["status"] == 400


def test_what_depends_on_a_refused_step_is_pending_also_when_the_work_is_cut(
    connect: Connect, wire: Wire, slept: list[float]
) -> None:
    first, *others = steps(3)
    after = Chained("t9", first)
    wire.play(otherwise=Hub({0: 400, 2: "dead"}))
    record = Record(pending=[first, *others, after])
    with pytest.raises(UnreachableError):
        apply(Doer(connect(retries=0), 1), connect(retries=0), record)
    assert (names(record.done), refused(record), names(record.pending)) == (
        ["t1"],
        ["t0"],
        ["t9", "t2"],
    )


def test_a_step_usually_depends_on_what_makes_its_object() -> None:
    create, update = (
        LooseStep("create", "thing", "a", None),
        LooseStep("update", "thing", "a", None),
    )
    assert update.depends_on(create)
    assert not create.depends_on(update)
    assert not LooseStep("update", "thing", "b", None).depends_on(create)
    assert not LooseStep("update", "other", "a", None).depends_on(create)


def test_a_hub_that_stops_before_the_first_write_is_not_read_again(
    connect: Connect, wire: Wire, slept: list[float]
) -> None:
    record, _doer, error = run(connect(retries=0), wire, Hub({0: "dead"}), 4, 4)
    assert isinstance(error, UnreachableError)
    assert len(wire.sent) == 1
    assert (record.done, record.unsure) == ([], [])


def test_changes_of_another_client_are_settled_but_not_reported(
    client: HubClient, wire: Wire
) -> None:
    hub = Hub()
    hub.done.append("t1")
    record, _doer, error = run(client, wire, hub, 3, 3)
    assert error is None
    assert names(record.done) == ["t0", "t2"]
    assert record.pending == []


def test_an_adapter_can_report_the_outcome_of_many_steps_itself(
    client: HubClient,
) -> None:
    everything = steps(5)

    class Partly(Doer):
        def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
            raise PartlyDoneError("Two of five failed.", done=steps[:2], unsure=steps[2:3])

    record = Record(pending=list(everything))
    with pytest.raises(PartlyDoneError):
        apply(Partly(client, 4), client, record)
    assert record == Record(done=everything[:2], pending=everything[2:], unsure=everything[2:3])


@pytest.mark.parametrize("sure", [True, False])
def test_results_that_only_a_successful_task_returns_are_undone_after_a_failure(
    client: HubClient, wire: Wire, sure: bool
) -> None:
    hub = Hub({2: 400})

    class Undoing(Doer):
        def abandon(self) -> t.Iterable[tuple[Step, bool]]:
            undone = [(step, sure) for step in everything if step.name == "t1"]
            hub.done.remove("t1")
            return undone

    wire.play(otherwise=hub)
    everything = steps(4)
    record = Record(pending=list(everything))
    with pytest.raises(RefusedItemsError):
        apply(Undoing(client, 1), client, record)
    assert (names(record.done), names(record.pending), names(record.unsure)) == (
        ["t0", "t3"],
        ["t1"],
        [] if sure else ["t1"],
    )
    assert refused(record) == ["t2"]
    assert_true(record, hub, 4)


def test_of_many_steps_those_that_an_adapter_finds_refused_stop_no_other(
    client: HubClient, wire: Wire
) -> None:
    everything = steps(5)

    class Partly(Doer):
        def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
            if len(steps) == 1:
                return steps
            why = ItemError("t1 does not stop.")
            raise PartlyDoneError(
                "One of four failed.",
                done=[steps[0], *steps[2:]],
                unsure=[steps[1]],
                refused=[(steps[1], why)],
            )

    record = Record(pending=list(everything))
    with pytest.raises(RefusedItemsError, match=r"t1 does not stop\. Everything else was done\."):
        apply(Partly(client, 4), client, record)
    assert (names(record.done), names(record.pending), refused(record)) == (
        ["t0", "t2", "t3", "t4"],
        [],
        ["t1"],
    )
    assert names(record.unsure) == ["t1"]
    assert record.refused[0].told == {
        "kind": "thing",
        "name": "t1",
        "status": None,
        "hub_message": "t1 does not stop.",
    }


def test_a_repeated_request_that_is_refused_is_looked_up(client: HubClient, wire: Wire) -> None:
    """The hub may have carried out the first request late, after the read that did not find its
    effect.
    """
    hub = Hub()

    def late(sent: Sent) -> Reply:
        hub.done.append("t0")
        return refusal(409, "exists")

    wire.play(LOST, Reply(200, []), late, otherwise=hub)
    record = Record(pending=steps(1))
    apply(Doer(client, 1), client, record)
    assert (names(record.done), record.pending, record.unsure) == (["t0"], [], [])


def test_an_internal_error_leaves_the_batch_unsure(client: HubClient, wire: Wire) -> None:
    class Mistaken(Doer):
        def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
            list(super().write(steps))
            raise KeyError("mistake")

    wire.play(otherwise=Hub())
    record = Record(pending=steps(3))
    with pytest.raises(KeyError):
        apply(Mistaken(client, 2), client, record)
    assert (names(record.unsure), names(record.pending)) == (["t0", "t1"], ["t0", "t1", "t2"])


def test_an_adapter_has_nothing_to_finish_unless_it_says_so(client: HubClient) -> None:
    record = Record()
    apply(t.cast(Writer, type("Idle", (Writer,), {})()), client, record)
    assert record == Record()


def test_the_fake_hub_does_each_request_once(client: HubClient, wire: Wire) -> None:
    hub = Hub({1: "half"})
    wire.play(otherwise=hub)
    assert client.request("POST", ("do",), body=["a"]).data == ["a"]
    with pytest.raises(ApiError):
        client.request("POST", ("do",), body=["a", "b", "c", "d"])
    assert client.get("done") == hub.done == ["a", "b"]
