# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that are read page by page, and event streams."""

from __future__ import annotations

import json
import threading
import time
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    UnusableAnswerError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import (
    ANY_ROW,
    HubClient,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.events import last_event
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.listing import (
    AT_ONCE,
    PAGE_LIMIT,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    HUB,
    Reply,
    Script,
    Sent,
    Wire,
    page,
    pages,
    refusal,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.trouble import (
    broken,
)

# Lists


def rows(*names: str) -> list[dict[str, t.Any]]:
    """Return users as a list shows them."""
    return [
        {"name": name, "created": f"2026-01-{number + 1:02}T00:00:00Z"}
        for number, name in enumerate(names)
    ]


ALPHABET = rows(*"abcdefghijklm")


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 12, 13, 14, 200])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 13])
def test_every_row_of_a_list_is_read_once_and_in_order(
    client: HubClient, wire: Wire, limit: int, count: int
) -> None:
    wire.play(otherwise=pages(ALPHABET[:count], limit=limit))
    assert client.pages("users", row=ANY_ROW) == ALPHABET[:count]


def test_pages_are_counted_here_and_the_hub_s_address_is_not_followed(
    client: HubClient, wire: Wire
) -> None:
    wire.play(otherwise=pages(ALPHABET[:5], limit=3))
    client.pages("users", row=ANY_ROW, query={"state": None, "sort": "name"})
    assert [sent.query for sent in wire.sent] == [
        {"sort": "name", "offset": "0", "limit": str(PAGE_LIMIT)},
        {"sort": "name", "offset": "2", "limit": str(PAGE_LIMIT)},
    ]
    assert {sent.path for sent in wire.sent} == {"/users"}


def changing(*states: list[dict[str, t.Any]], limit: int = 3) -> t.Callable[[Sent], Reply]:
    """Return a hub whose list is different at each request; the last one is repeated."""
    remaining = list(states)

    def answer(sent: Sent) -> Reply:
        state = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        return page(state, offset=int(sent.query["offset"]), limit=limit)

    return answer


BEFORE = rows(*"abcdefg")

WITHOUT_B = [row for row in BEFORE if row["name"] != "b"]

SWAPPED = [*WITHOUT_B, *rows(*"........z")[-1:]]


@pytest.mark.parametrize(
    ("states", "requests_sent"),
    [
        ([BEFORE, WITHOUT_B], 5),
        ([WITHOUT_B, BEFORE], 5),
        ([BEFORE, SWAPPED], 5),
        ([BEFORE, BEFORE, WITHOUT_B], 6),
        ([BEFORE, BEFORE[:2]], 3),
        ([BEFORE, [{**row, "created": "2026-02-01"} for row in BEFORE]], 5),
        ([BEFORE, list(reversed(BEFORE))], 5),
    ],
    ids=[
        "one less",
        "one more",
        "one less and one more",
        "late",
        "much less",
        "made anew",
        "turned round",
    ],
)
def test_a_list_that_changes_during_the_read_is_read_again(
    client: HubClient, wire: Wire, states: list[list[dict[str, t.Any]]], requests_sent: int
) -> None:
    wire.play(otherwise=changing(*states))
    assert client.pages("users", row=ANY_ROW) == states[-1]
    assert client.requests == requests_sent


MANY = rows(*(f"u{number}" for number in range(28)))


def test_of_a_long_list_two_pages_are_read_at_once_and_no_more(
    client: HubClient, wire: Wire
) -> None:
    """There are nine pages of four with an overlap. After the first page, they are read in
    pairs.
    """
    beside = threading.Barrier(AT_ONCE)
    there: list[int] = []
    most: list[int] = []

    def answer(sent: Sent) -> Reply:
        offset = int(sent.query["offset"])
        if offset:
            there.append(offset)
            most.append(len(there))
            beside.wait(timeout=10)
            there.remove(offset)
        return page(MANY, offset=offset, limit=4)

    wire.play(otherwise=answer)
    assert client.pages("users", row=ANY_ROW) == MANY
    assert sorted(int(sent.query["offset"]) for sent in wire.sent) == list(range(0, 27, 3))
    assert max(most) == AT_ONCE


def test_a_long_list_that_changes_during_the_read_is_read_again(
    client: HubClient, wire: Wire
) -> None:
    """One row vanishes and another one appears while the pages are read, so that the total stays
    the same.
    """
    later = [*MANY[1:], *rows("z")]

    def answer(sent: Sent) -> Reply:
        state = MANY if len(wire.sent) <= 4 else later
        return page(state, offset=int(sent.query["offset"]), limit=4)

    wire.play(otherwise=answer)
    assert client.pages("users", row=ANY_ROW) == later


def test_a_long_list_that_only_grows_is_read_to_its_new_end(client: HubClient, wire: Wire) -> None:
    """One row is added for each page, in whichever order the hub answers two of them."""
    grown = rows(*(f"u{number}" for number in range(2 * len(MANY))))

    def answer(sent: Sent) -> Reply:
        offset = int(sent.query["offset"])
        # The third page may be answered before the second.
        count = len(MANY) + len(wire.sent) + (2 if offset == 3 else 0)
        return page(grown[:count], offset=offset, limit=4)

    wire.play(otherwise=answer)
    listed = client.pages("users", row=ANY_ROW)
    assert listed == grown[: len(listed)]
    assert len(listed) > len(MANY)


def test_after_a_refused_page_no_other_is_requested(client: HubClient, wire: Wire) -> None:
    def answer(sent: Sent) -> Reply:
        offset = int(sent.query["offset"])
        return page(MANY, offset=offset, limit=4) if offset < 6 else refusal(404)

    wire.play(otherwise=answer)
    with pytest.raises(HubError):
        client.pages("users", row=ANY_ROW)
    assert len(wire.sent) <= 3 + AT_ONCE


def test_a_row_that_only_differs_in_what_moves_is_the_same_row(
    client: HubClient, wire: Wire
) -> None:
    later = [{**row, "last_activity": "now", "pending": "spawn"} for row in BEFORE]
    wire.play(otherwise=changing(BEFORE, later))
    assert client.pages("users", row=ANY_ROW) == [*BEFORE[:3], *later[3:]]
    assert client.requests == 3


def test_a_list_that_never_stops_changing_is_an_error(client: HubClient, wire: Wire) -> None:
    lengths = iter(range(7, 1000))
    wire.play(
        otherwise=lambda sent: page(
            ALPHABET, offset=int(sent.query["offset"]), total=next(lengths), limit=3
        )
    )
    with pytest.raises(
        HubError,
        match=r"The list /users changed 5 times while it was being read: run the task again",
    ) as caught:
        client.pages("users", row=ANY_ROW)
    assert caught.value.to_result()["path"] == "/users"


@pytest.mark.parametrize(
    ("last", "taken"),
    [
        (ALPHABET, True),
        (ALPHABET[:11], False),
        (rows(*"abcdefghxijklm"), False),
        (rows(*"abcdefghijklmnopqrstuvw"), False),
    ],
)
def test_a_list_that_only_grows_is_read_again_once(
    client: HubClient, wire: Wire, last: list[dict[str, t.Any]], taken: bool
) -> None:
    """After the second read, rows added at the end are accepted. A list that is shorter, differs in
    other rows or has grown very much is not.
    """
    wire.play(otherwise=changing(BEFORE, ALPHABET[:9], ALPHABET[:11], ALPHABET[:12], last, limit=5))
    assert client.pages("users", row=ANY_ROW) == last
    assert (len(wire.sent) == 5) is taken


def test_a_list_with_a_name_twice_is_refused(client: HubClient, wire: Wire) -> None:
    wire.play(otherwise=pages([*BEFORE[:3], BEFORE[0]], limit=10))
    with pytest.raises(HubError, match="changed 5 times"):
        client.pages("users", row=ANY_ROW)


def test_a_list_that_is_shorter_than_its_total_is_refused(client: HubClient, wire: Wire) -> None:
    wire.play(otherwise=lambda sent: page(BEFORE, total=8, limit=20))
    with pytest.raises(HubError, match="changed 5 times"):
        client.pages("users", row=ANY_ROW)


def test_users_whose_name_was_destroyed_are_listed_all(client: HubClient, wire: Wire) -> None:
    nameless = [{"name": None, "created": "2026-01-01"}] * 4
    listed = [BEFORE[0], *nameless, BEFORE[1]]
    wire.play(otherwise=pages(listed, limit=2))
    assert client.pages("users", row=ANY_ROW) == listed


def test_a_filtered_list_ends_without_a_next_page_and_not_at_the_total(
    client: HubClient, wire: Wire
) -> None:
    """With a filter for the state, the hub's total is wrong, and JupyterHub 4 lists a user once for
    each server.
    """
    twice = [BEFORE[0], BEFORE[0], BEFORE[1]]
    wire.play(
        page(twice[:2], total=9, limit=2),
        Reply(
            data={
                "items": twice[2:],
                "_pagination": {"offset": 2, "limit": 2, "total": 9, "next": None},
            }
        ),
    )
    assert client.pages("users", row=ANY_ROW, query={"state": "ready"}, unfiltered=False) == twice
    assert [sent.query["offset"] for sent in wire.sent] == ["0", "2"]


def test_a_list_in_the_form_of_a_dict_gives_its_values(client: HubClient, wire: Wire) -> None:
    routes = {f"/user/{name}/": {"routespec": f"/user/{name}/"} for name in "abcde"}
    wire.play(otherwise=pages(routes, limit=2))
    assert client.pages("proxy", row=ANY_ROW) == list(routes.values())


@pytest.mark.parametrize(
    ("most", "read", "requests_sent"), [(7, True, 3), (100, True, 3), (6, False, 1), (0, False, 1)]
)
def test_a_list_that_is_too_long_is_given_up_after_its_first_page(
    client: HubClient, wire: Wire, most: int, read: bool, requests_sent: int
) -> None:
    wire.play(otherwise=pages(BEFORE, limit=3))
    assert client.pages_up_to(most, "users", row=ANY_ROW) == (BEFORE if read else None)
    assert len(wire.sent) == requests_sent


def test_a_list_on_one_page_is_taken_however_long(client: HubClient, wire: Wire) -> None:
    wire.play(otherwise=pages(BEFORE, limit=200))
    assert client.pages_up_to(2, "users", row=ANY_ROW) == BEFORE


@pytest.mark.parametrize(
    "data", [[], [{"name": "ada"}], {"name": "ada"}, "text", {"items": []}], ids=json.dumps
)
def test_a_list_without_pages_is_not_taken(client: HubClient, wire: Wire, data: t.Any) -> None:
    wire.play(otherwise=Reply(data=data))
    with pytest.raises(
        UnusableAnswerError,
        match=r"The hub answered GET /users with 200 and a body that no JupyterHub sends: ",
    ):
        client.pages("users", row=ANY_ROW)


def endless(
    offset: t.Callable[[int], int], following: t.Callable[[int], int], total: int = 10
) -> t.Callable[[Sent], Reply]:
    """Return a list whose pages report this offset of their own and this one of the next page."""

    def answer(sent: Sent) -> Reply:
        at = int(sent.query["offset"])
        info = {
            "offset": offset(at),
            "limit": 2,
            "total": total,
            "next": {"offset": following(at), "limit": 2, "url": ""},
        }
        return Reply(
            data={"items": [{"name": f"u{at}"}, {"name": f"u{at + 1}"}], "_pagination": info}
        )

    return answer


@pytest.mark.parametrize("unfiltered", [True, False])
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (endless(lambda at: 0, lambda at: 2), "a cache in front of the hub may ignore the query"),
        (endless(lambda at: at, lambda at: at), "says that the next one is at 0"),
        (endless(lambda at: at, lambda at: -at - 1), "says that the next one is at -1"),
        (
            endless(lambda at: -at - 1, lambda at: at + 2),
            "the page at 0 was asked for, and the hub sent the one at -1",
        ),
        (endless(lambda at: at, lambda at: at + 2, total=10**12), "2 of 1000000000000 rows"),
        (endless(lambda at: at, lambda at: at + 2, total=-1), "2 of -1 rows"),
        (endless(lambda at: at, lambda at: at + 2, total=2), "although there are only 2 rows"),
    ],
    ids=["cache", "stays", "back", "negative", "many", "less than none", "beyond"],
)
def test_paging_has_an_end(
    client: HubClient, wire: Wire, answer: Script, words: str, unfiltered: bool
) -> None:
    wire.play(otherwise=answer)
    with pytest.raises(UnusableAnswerError, match=words):
        client.pages("users", row=ANY_ROW, unfiltered=unfiltered)
    assert len(wire.sent) <= 2


def test_rows_without_a_name_are_compared_by_all_fields(client: HubClient, wire: Wire) -> None:
    """Shares, for instance, have neither a name nor a creation time."""
    shares = [
        {"server": {"name": "", "user": {"name": user}}, "user": {"name": guest}}
        for user in "ab"
        for guest in "xyz"
    ]
    wire.play(
        otherwise=changing(
            shares,
            [*shares[1:], {"server": {"name": "", "user": {"name": "c"}}, "user": {"name": "x"}}],
        )
    )
    listed = client.pages("shares", "a", row=ANY_ROW)
    assert shares[0] not in listed
    assert len(listed) == 6


# The last event of an event stream


@pytest.mark.parametrize(
    ("reply", "event"),
    [
        (
            Reply(
                text='data: {"progress": 0}\n\ndata: {"progress": 100, "failed": true}\n\n',
                kind="text/event-stream",
            ),
            {"progress": 100, "failed": True},
        ),
        (Reply(text="", kind="text/event-stream"), None),
        (Reply(text="data: {broken\n\n", kind="text/event-stream"), None),
        (refusal(404, "no"), None),
        (broken("read timeout"), None),
    ],
    ids=["events", "empty", "garbled", "missing", "timeout"],
)
def test_the_last_event_of_a_stream(
    client: HubClient, wire: Wire, reply: Script, event: t.Any
) -> None:
    wire.play(reply)
    assert last_event(client, ("users", "ada", "server", "progress"), 5) == event
    assert client.requests == 1
    assert wire.sent[0].headers["Accept"] == "text/event-stream"


def test_a_stream_that_does_not_end_is_left(
    connect: t.Callable[..., HubClient], wire: Wire
) -> None:
    """The hub keeps the stream open until the next start. The events so far count."""
    wire.play(
        Reply(text='data: {"progress": 0}\n\ndata: {"progress": 50}\n\n', kind="text/event-stream")
    )
    assert last_event(connect(), ("users", "ada", "server", "progress"), 0.001) == {"progress": 50}


def test_the_tests_do_not_really_sleep(slept: list[float]) -> None:
    started = time.monotonic()
    time.sleep(60)
    assert time.monotonic() - started < 5
    assert slept == [60]


def test_the_fake_hub_is_used(client: HubClient) -> None:
    assert client.root == f"{HUB}/hub/api"
