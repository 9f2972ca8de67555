# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which requests are retried, the delays between them, and failures below HTTP."""

from __future__ import annotations

import json

import pytest
import requests
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    ApiError,
    HubError,
    RefusedError,
    UnreachableError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import client as _client
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import (
    HubClient,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Reply,
    Script,
    Wire,
    refusal,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.trouble import (
    BUSY,
    DONE,
    WRITES,
    Connect,
    broken,
    foreign,
)

# Retries

TEMPORARY: dict[str, Script] = {
    "429": refusal(429, "Too many"),
    "502": foreign(502, "<html>"),
    "503": BUSY,
    "504": foreign(504, kind=None),
    "refused": broken("refused"),
    "connect timeout": broken("connect timeout"),
    "read timeout": broken("read timeout"),
    "reset": broken("reset"),
    "proxy": broken("proxy"),
    "cut": broken("cut"),
    "cut json": Reply(200, text='{"done": tr'),
    "lost body": Reply(200, text="", headers={"Content-Length": "512"}),
}

# With these failures it is certain that the hub did nothing.
NOT_DONE = ("429", "refused", "connect timeout")


@pytest.mark.parametrize("trouble", TEMPORARY)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_requests_that_can_be_repeated_are_repeated(
    client: HubClient, wire: Wire, slept: list[float], method: str, trouble: str
) -> None:
    wire.play(TEMPORARY[trouble], TEMPORARY[trouble], DONE)
    answer = client.request(
        method, ("users", "ada"), body=None if method == "GET" else {"admin": True}
    )
    assert answer.data == {"done": True}
    assert answer.repeated == (method != "GET" and trouble not in NOT_DONE)
    assert len(slept) == client.retries == 2
    assert len({json.dumps(sent.line) for sent in wire.sent}) == 1


@pytest.mark.parametrize("trouble", TEMPORARY)
def test_a_post_that_may_have_arrived_is_never_repeated(
    client: HubClient, wire: Wire, trouble: str
) -> None:
    wire.play(TEMPORARY[trouble], otherwise=DONE)
    if trouble in NOT_DONE:
        assert client.request("POST", ("users",), body={}).repeated is False
        assert len(wire.sent) == 2
    else:
        with pytest.raises(
            AnswerLostError,
            match=(
                r"POST /users was sent, but its answer was lost \(.*[^.]\): it is not known"
                r" whether the hub did it\.$"
            ),
        ):
            client.request("POST", ("users",), body={})
        assert len(wire.sent) == 1


def test_a_post_is_repeated_where_the_caller_knows_that_it_is_harmless(
    client: HubClient, wire: Wire
) -> None:
    wire.play(broken("reset"), DONE)
    assert (
        client.request(
            "POST", ("groups", "a", "users"), body={"users": []}, repeatable=True
        ).repeated
        is True
    )


def test_a_patch_that_must_not_be_repeated_is_not(client: HubClient, wire: Wire) -> None:
    wire.play(broken("reset"), otherwise=DONE)
    with pytest.raises(AnswerLostError):
        client.request("PATCH", ("users", "ada"), body={"name": "eva"}, repeatable=False)
    assert len(wire.sent) == 1


def test_a_post_that_was_refused_first_and_then_lost_is_lost(client: HubClient, wire: Wire) -> None:
    wire.play(broken("refused"), refusal(429), broken("read timeout"), otherwise=DONE)
    with pytest.raises(AnswerLostError):
        client.request("POST", ("users",), body={})
    assert len(wire.sent) == 3


def test_a_refusal_after_a_lost_try_knows_of_it(client: HubClient, wire: Wire) -> None:
    wire.play(broken("reset"), refusal(404), refusal(404))
    with pytest.raises(ApiError) as first:
        client.request("DELETE", ("users", "ada"))
    with pytest.raises(ApiError) as second:
        client.request("DELETE", ("users", "ada"))
    assert (first.value.repeated, second.value.repeated) == (True, False)


@pytest.mark.parametrize(
    ("after", "error"),
    [
        (broken("refused"), AnswerLostError),
        (BUSY, AnswerLostError),
        (refusal(429), AnswerLostError),
        (foreign(302, Location="/elsewhere"), AnswerLostError),
        (foreign(404, "<html>"), AnswerLostError),
        (requests.exceptions.SSLError(), AnswerLostError),
        (refusal(400, "no"), ApiError),
    ],
    ids=["refused", "busy", "429", "redirect", "html", "tls", "hub"],
)
def test_a_write_that_may_have_been_done_stays_unsure(
    client: HubClient, wire: Wire, after: Script, error: type[HubError]
) -> None:
    wire.play(broken("reset"), otherwise=after)
    with pytest.raises(HubError) as caught:
        client.request("PUT", ("groups", "a", "properties"), body={})
    assert isinstance(caught.value, error)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("retries", [0, 1, 5])
def test_the_tries_end(
    connect: Connect, wire: Wire, slept: list[float], method: str, retries: int
) -> None:
    wire.play(otherwise=broken("refused"))
    with pytest.raises(
        UnreachableError,
        match=r"The hub at http://hub.example.org/hub/api cannot be reached \(.*\)\.",
    ):
        connect(retries=retries).request(method, ("users",))
    assert len(wire.sent) == retries + 1
    assert len(slept) == retries


def test_the_last_refusal_is_reported_when_the_retries_end(
    connect: Connect, wire: Wire, slept: list[float]
) -> None:
    wire.play(otherwise=refusal(429, "Active user limit exceeded. Try again in a few minutes."))
    with pytest.raises(ApiError) as caught:
        connect(retries=2).request("POST", ("users", "ada", "server"))
    assert caught.value.to_result()["status"] == 429
    assert "Active user limit exceeded. Try again in a few minutes. The hub is not ready" in str(
        caught.value
    )
    assert len(slept) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 500, 501])
@pytest.mark.parametrize("method", WRITES)
def test_lasting_failures_are_not_retried(
    client: HubClient, wire: Wire, slept: list[float], method: str, status: int
) -> None:
    wire.play(refusal(status, "no"))
    with pytest.raises(ApiError) as caught:
        client.request(method, ("users", "ada"))
    assert caught.value.status == status
    assert slept == []


# Delays


def test_a_requested_delay_is_kept(client: HubClient, wire: Wire, slept: list[float]) -> None:
    wire.play(
        refusal(429, "no", **{"Retry-After": "17"}), foreign(503, **{"Retry-After": "3"}), DONE
    )
    client.get("users")
    assert slept == [17.0, 3.0]


def test_without_such_a_wait_the_waits_grow(
    client: HubClient, wire: Wire, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_client, "backoff", lambda attempt: 2.0**attempt)
    wire.play(refusal(429), BUSY, broken("reset"), DONE)
    client.get("users")
    assert slept == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("most", "asked", "waits"),
    [
        (120.0, ["60", "60", "60"], [60.0, 60.0]),
        (120.0, ["121"], []),
        (120.0, ["119", "0", "1"], [119.0, 1.0]),
        (0.0, ["1"], []),
        (0.0, ["0"], []),
        (3.5, ["-5", "0", "0.01", "1"], [1.0, 1.0, 1.0]),
        (50.0, ["99999999999", "1"], []),
    ],
)
def test_no_request_waits_longer_than_it_may(
    connect: Connect,
    wire: Wire,
    slept: list[float],
    most: float,
    asked: list[str],
    waits: list[float],
) -> None:
    wire.play(*(refusal(429, "no", **{"Retry-After": value}) for value in asked), otherwise=DONE)
    with pytest.raises(ApiError):
        connect(retry_max_wait=most).get("users")
    assert slept == waits


def test_the_caller_may_see_429_itself(client: HubClient, wire: Wire, slept: list[float]) -> None:
    wire.play(
        refusal(429, "Too many users", **{"Retry-After": "31"}),
        refusal(429, "Active user limit exceeded."),
    )
    with pytest.raises(ApiError) as caught:
        client.request("POST", ("users", "ada", "server"), wait_429=False)
    assert caught.value.details["retry_after"] == 31.0
    with pytest.raises(ApiError) as caught:
        client.request("POST", ("users", "ada", "server"), wait_429=False)
    assert caught.value.details["retry_after"] is None
    assert slept == []


def test_a_pause_ends_when_the_tries_do(
    connect: Connect, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_client, "backoff", lambda attempt: 10.0 * (attempt + 1))
    client = connect(retries=2, retry_max_wait=15.0)
    assert [client.pause(attempt) for attempt in range(3)] == [True, True, False]
    assert slept == [10.0, 15.0]
    assert client.retries == 2


# Failures below HTTP


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (broken("read timeout"), UnreachableError, "gave no answer within 60 seconds"),
        (
            broken("reset"),
            UnreachableError,
            r"closed the connection \(Connection reset by peer\)",
        ),
        (
            requests.exceptions.InvalidURL("http://s3cr3t@"),
            RefusedError,
            "hub_url does not lead to a valid address",
        ),
        (
            requests.exceptions.InvalidHeader("token s3cr3t"),
            RefusedError,
            "api_token contains characters that are not allowed in a token",
        ),
        (
            requests.exceptions.InvalidProxyURL("http://me:s3cr3t@"),
            RefusedError,
            "proxy .* environment",
        ),
        (
            requests.exceptions.InvalidSchema("socks5://me:s3cr3t@"),
            RefusedError,
            "proxy .* environment",
        ),
        (
            requests.exceptions.SSLError("s3cr3t"),
            UnreachableError,
            "does not speak TLS with this client",
        ),
        (
            requests.exceptions.ContentDecodingError("s3cr3t"),
            UnreachableError,
            r"closed the connection \(ContentDecodingError\)",
        ),
        (
            requests.exceptions.RequestException("s3cr3t"),
            UnreachableError,
            r"closed the connection \(RequestException\)",
        ),
        (
            OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /nowhere"),
            RefusedError,
            "Cannot prepare the connection",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_the_library_s_own_words_are_not_passed_on(
    connect: Connect,
    wire: Wire,
    slept: list[float],
    error: Exception,
    kind: type[HubError],
    message: str,
) -> None:
    wire.play(otherwise=error)
    with pytest.raises(kind, match=message) as caught:
        connect(retries=0).get("users")
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_hub_without_tls_is_reported_at_once(
    client: HubClient, wire: Wire, slept: list[float]
) -> None:
    wire.play(otherwise=requests.exceptions.SSLError())
    with pytest.raises(UnreachableError, match="check hub_url, client_cert and client_key"):
        client.get("users")
    assert slept == []
