# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request: what it contains, and what its response means."""

from __future__ import annotations

import threading
import typing as t

import pytest
import requests
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    HubError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import client as _client
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import (
    HubClient,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.request import Answer
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.transport import VERSION
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Reply,
    Wire,
    refusal,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.trouble import (
    BUSY,
    DONE,
    WRITES,
    Connect,
)

# One request


def test_contents_of_every_request(client: HubClient, wire: Wire) -> None:
    wire.play(otherwise=DONE)
    answer = client.request(
        "PATCH", ("users", "ada"), body={"admin": True}, query={"a": "ü/", "b": 2, "c": None}
    )
    (sent,) = wire.sent
    assert answer == Answer(200, {"done": True}, repeated=False)
    assert sent.line == ("PATCH", "/users/ada", {"admin": True})
    assert sent.query == {"a": "ü/", "b": "2"}
    assert sent.headers["Authorization"] == "token s3cr3t-token"
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.headers["User-Agent"] == f"hubops.jupyterhub/{VERSION} (ansible)"
    assert sent.settings["timeout"] == 60.0


def test_every_read_requests_pages_and_no_write_does(client: HubClient, wire: Wire) -> None:
    wire.play(otherwise=DONE)
    client.get("users")
    client.request("POST", ("users",), body={"usernames": ["ada"]})
    assert [_client.PAGINATION_TYPE in sent.headers["Accept"] for sent in wire.sent] == [
        True,
        False,
    ]


def test_the_root_is_requested_with_its_slash(client: HubClient, wire: Wire) -> None:
    wire.play(Reply(data={"version": "6.1.1"}))
    assert client.get() == {"version": "6.1.1"}
    assert wire.lines == [("GET", "/")]


def test_no_token_no_header(connect: Connect, wire: Wire) -> None:
    wire.play(DONE)
    connect(api_token=None).get()
    assert "Authorization" not in wire.sent[0].headers


def test_a_body_of_an_empty_object_is_sent(client: HubClient, wire: Wire) -> None:
    wire.play(otherwise=DONE)
    client.request("PUT", ("groups", "a", "properties"), body={})
    client.request("DELETE", ("groups", "a"))
    assert [sent.body for sent in wire.sent] == [{}, None]
    assert [sent.headers.get("Content-Type") for sent in wire.sent] == ["application/json", None]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(204, kind=None),
        Reply(200, text=""),
        Reply(201, text="", kind="text/plain"),
        Reply(202, text="", kind="text/html"),
    ],
    ids=["204", "empty", "text", "html"],
)
def test_a_write_may_be_answered_with_nothing(client: HubClient, wire: Wire, reply: Reply) -> None:
    wire.play(reply)
    answer = client.request("POST", ("users", "ada", "server"))
    assert (answer.status, answer.data) == (reply.status, None)


def test_the_version_is_learnt_from_every_answer(client: HubClient, wire: Wire) -> None:
    wire.play(
        refusal(403, "no", **{"X-JupyterHub-Version": "5.5.4"}),
        Reply(data={}, headers={"X-JupyterHub-Version": "6.1.1"}),
        Reply(foreign=True, data={}),
    )
    assert client.version is None
    with pytest.raises(ApiError) as caught:
        client.get("users")
    assert caught.value.to_result()["hub_version"] == "5.5.4"
    client.get("users")
    assert client.version == "6.1.1"


@pytest.mark.parametrize("method", WRITES)
def test_a_read_only_client_sends_no_write(connect: Connect, wire: Wire, method: str) -> None:
    wire.play(otherwise=DONE)
    client = connect(read_only=True)
    with pytest.raises(RuntimeError, match="would write in check mode"):
        client.request(method, ("users", "ada"))
    assert wire.sent == []
    assert client.get("users", "ada") == {"done": True}


def test_requests_and_repeats_are_counted(
    client: HubClient, wire: Wire, slept: list[float]
) -> None:
    wire.play(BUSY, DONE, BUSY, BUSY, DONE, refusal(404))
    client.get("a")
    client.request("DELETE", ("b",))
    assert client.find("c") is None
    assert (client.requests, client.retries) == (6, 3)
    assert len(slept) == 3


def test_every_thread_has_a_session_of_its_own_and_all_are_counted(
    client: HubClient, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions: set[int] = set()
    send = requests.Session.send

    def spy(session: requests.Session, *args: t.Any, **kwargs: t.Any) -> requests.Response:
        sessions.add(id(session))
        return send(session, *args, **kwargs)

    monkeypatch.setattr(requests.Session, "send", spy)
    wire.play(otherwise=DONE)
    together = threading.Barrier(4)

    def work() -> None:
        together.wait(10)
        for _number in range(25):
            client.get("users", "ada")

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.requests == 100
    assert len(sessions) == 4
    assert {sent.headers["Authorization"] for sent in wire.sent} == {"token s3cr3t-token"}


def test_the_end_of_the_client_closes_its_sessions(
    client: HubClient, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[requests.Session] = []

    def close(session: requests.Session) -> None:
        closed.append(session)

    monkeypatch.setattr(requests.Session, "close", close)
    wire.play(DONE)
    with client as entered:
        entered.get()
        assert closed == []
    assert len(closed) == 1


# Reading objects that may be missing


def test_find_takes_a_missing_object_as_none_and_nothing_else(
    client: HubClient, wire: Wire
) -> None:
    wire.play(
        refusal(404, None),
        refusal(404, "No such group: g"),
        refusal(404, "No access to resources or resources not found"),
        refusal(403, "Action is not authorized with current scopes; requires any of [read:users]"),
    )
    assert client.find("users", "ada") is None
    assert client.find("groups", "g") is None
    with pytest.raises(ApiError, match="limited to other objects"):
        client.find("users", "ada")
    with pytest.raises(ApiError, match="one of these scopes: read:users"):
        client.find("users", "ada")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, text=""),
        Reply(200, text="", kind=None),
        Reply(204, kind=None),
        Reply(200, text="OK", kind="text/plain"),
    ],
    ids=["empty", "bare", "204", "text"],
)
def test_an_answer_without_content_does_not_mean_that_something_is_missing(
    connect: Connect, wire: Wire, slept: list[float], reply: Reply
) -> None:
    wire.play(otherwise=reply)
    with pytest.raises(HubError):
        connect(retries=1).find("users", "ada")
