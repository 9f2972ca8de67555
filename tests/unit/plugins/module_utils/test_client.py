# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client: addresses, names, retries, refusals, pages. Nothing leaves the process."""

from __future__ import annotations

import datetime
import email.utils
import json
import random
import threading
import time
import typing as t

import pytest
import requests
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    ApiError,
    HubError,
    NotTheHubError,
    RefusedError,
    UnreachableError,
    UnusableAnswerError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import client as _client
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import (
    Hidden,
    api_root,
    encode_path,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import (
    ANY_ROW,
    HubClient,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.events import last_event
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.listing import PAGE_LIMIT
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.request import Answer
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.retry import (
    backoff,
    retry_after,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.shapes import one
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.transport import VERSION
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import version_tuple
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
from urllib3.exceptions import MaxRetryError, NewConnectionError

Connect = t.Callable[..., HubClient]

BUSY = Reply(503, text="Service Unavailable", kind=None, foreign=True)
DONE = Reply(200, {"done": True})
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def broken(kind: str = "reset") -> Exception:
    """What requests raises when a connection fails."""
    nowhere = t.cast(t.Any, None)
    nested = MaxRetryError(nowhere, "/", NewConnectionError(nowhere, "refused"))
    kinds: dict[str, Exception] = {
        "refused": requests.ConnectionError(nested),
        "connect timeout": requests.exceptions.ConnectTimeout(),
        "reset": requests.ConnectionError(ConnectionResetError(104, "Connection reset by peer")),
        "read timeout": requests.exceptions.ReadTimeout(),
        "cut": requests.exceptions.ChunkedEncodingError(),
        "proxy": requests.exceptions.ProxyError(
            ConnectionResetError(104, "Connection reset by peer")
        ),
    }
    return kinds[kind]


# Addresses


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://hub.example.org", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/", "https://hub.example.org/hub/api"),
        ("  https://hub.example.org\n", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/hub", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/hub/", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/hub/api", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/hub/api/", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/jupyter", "https://hub.example.org/jupyter/hub/api"),
        ("https://hub.example.org/jupyter/hub/api//", "https://hub.example.org/jupyter/hub/api"),
        ("https://hub.example.org/a/b/hub", "https://hub.example.org/a/b/hub/api"),
        ("https://hub.example.org/hub/hub/api", "https://hub.example.org/hub/hub/api"),
        ("https://hub.example.org/api", "https://hub.example.org/api/hub/api"),
        ("https://hub.example.org/github", "https://hub.example.org/github/hub/api"),
        ("https://hub.example.org/hub/home", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/jupyter/hub/token/", "https://hub.example.org/jupyter/hub/api"),
        ("https://hub.example.org/hub/spawn/ada/lab", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/hub/api/users/ada", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/hub/homework", "https://hub.example.org/hub/homework/hub/api"),
        ("HTTPS://Hub.Example.org:8443", "https://Hub.Example.org:8443/hub/api"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081/hub/api"),
        ("http://[::1]:8000/", "http://[::1]:8000/hub/api"),
        ("https://hüb.example.org", "https://hüb.example.org/hub/api"),
    ],
)
def test_the_root_of_the_api_is_found_below_any_way_of_writing_the_address(
    url: str, root: str
) -> None:
    assert api_root(url) == root
    assert api_root(root) == root


@pytest.mark.parametrize(
    "url",
    [
        "",
        "   ",
        "hub.example.org",
        "hub.example.org:8000",
        "//hub.example.org",
        "/hub/api",
        "ftp://hub.example.org",
        "file:///etc/passwd",
        "https://",
        "https:///hub",
        "https://:8000",
        "https://hub.example.org:port",
        "https://hub.example.org:99999",
        "http://[::1",
        "http://hub.example.org:0",
    ],
)
def test_what_is_no_address_is_refused_with_the_right_way_to_write_it(url: str) -> None:
    with pytest.raises(RefusedError, match=r"is no usable address: write it like https://"):
        api_root(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://ada:pa55word@hub.example.org",
        "https://pa55word@hub.example.org/hub",
        "https://hub.example.org?token=pa55word",
        "https://hub.example.org/#pa55word",
        "ftp://ada:pa55word@hub.example.org",
        "https://ada:pa55word@hub.example.org:port",
    ],
)
def test_an_address_that_holds_a_secret_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(RefusedError) as caught:
        api_root(url)
    assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://hub.example.org/user/ada/lab", "https://hub.example.org/jupyter/user/ada"]
)
def test_the_address_of_a_server_is_not_that_of_the_hub(url: str) -> None:
    with pytest.raises(
        RefusedError,
        match="is the address of somebody's server: give that of the hub, which ends before /user/",
    ):
        api_root(url)


# Names in paths


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("ada", "/ada"),
        ("course/1", "/course%2F1"),
        ("a%b", "/a%25b"),
        ("a%2Fb", "/a%252Fb"),
        ("%2e%2e", "/%252e%252e"),
        ("a#b?c+d&e", "/a%23b%3Fc%2Bd%26e"),
        ("a b", "/a%20b"),
        ("é", "/%C3%A9"),
        ("🪐", "/%F0%9F%AA%90"),
        ("a\nb\tc\0", "/a%0Ab%09c%00"),
        ("...", "/..."),
        (".a", "/.a"),
        ("a\\b", "/a%5Cb"),
        ("~-_.", "/~-_."),
    ],
)
def test_a_name_is_encoded_whole(name: str, encoded: str) -> None:
    assert encode_path([name]) == encoded
    assert encode_path(["users", name, "server"]) == f"/users{encoded}/server"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "no address on the hub can carry it"),
        (".", "no address on the hub can carry it"),
        ("..", "no address on the hub can carry it"),
        ("a\ud800", "not valid Unicode"),
        ("x" * 8001, "too long for an address"),
        ("é" * 3000, "too long for an address"),
    ],
)
def test_a_name_that_no_path_can_carry_is_refused_before_any_request(
    client: HubClient, wire: Wire, name: str, reason: str
) -> None:
    for method in ("GET", *WRITES):
        with pytest.raises(RefusedError, match=reason):
            client.request(method, ("users", name))
    assert wire.sent == []
    assert client.requests == 0


@pytest.mark.parametrize("secret", ["s3cr3t\ud800", "s3cr3t" * 2000])
def test_a_secret_that_no_path_can_carry_is_not_shown(secret: str) -> None:
    with pytest.raises(RefusedError) as caught:
        encode_path(["authorizations", "token", Hidden(secret)])
    assert "s3cr3t" not in str(caught.value)


def test_a_name_reaches_the_hub_as_it_was_encoded(client: HubClient, wire: Wire) -> None:
    names = ["a/b", "a%2Fb", "%2e%2e", "a b+c", "é?x=1#y", "~"]
    wire.play(otherwise=DONE)
    for name in names:
        client.get("groups", name)
    assert [sent.path for sent in wire.sent] == [encode_path(["groups", name]) for name in names]
    assert all(sent.query == {} for sent in wire.sent)


def test_a_secret_in_a_path_is_sent_and_not_shown(client: HubClient, wire: Wire) -> None:
    wire.play(refusal(404), refusal(403, "no"))
    assert client.find("authorizations", "token", Hidden("s3cr3t")) is None
    with pytest.raises(ApiError) as caught:
        client.get("authorizations", "token", Hidden("s3cr3t"))
    assert wire.sent[0].path == "/authorizations/token/s3cr3t"
    assert "s3cr3t" not in json.dumps(caught.value.to_result())
    assert caught.value.path == "/authorizations/token/***"


# Small parsers


@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("5.5.4", (5, 5, 4)),
        ("4.0", (4, 0)),
        ("6", (6,)),
        ("6.0.0b1", (6, 0, 0)),
        ("5.0.0.dev", (5, 0, 0)),
        ("5.2.1+local", (5, 2, 1)),
        ("", ()),
        ("dev", ()),
    ],
)
def test_a_version_is_the_numbers_it_begins_with(version: str, numbers: tuple[int, ...]) -> None:
    assert version_tuple(version) == numbers


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("0", 1.0),
        ("17", 17.0),
        ("1.5", 1.5),
        ("-3", 1.0),
        ("99999999999", 604800.0),
        ("9" * 400, 604800.0),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        ("Sun, 99 Nov 2026 25:61:61 GMT", None),
        ("nan", None),
        ("inf", None),
        ("1e3", None),
    ],
)
def test_retry_after_in_seconds(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, time.time()) == seconds


@pytest.mark.parametrize(
    ("ahead", "least", "most"), [(40, 38, 40), (-40, 1, 1)], ids=["ahead", "past"]
)
def test_retry_after_as_a_date(ahead: int, least: float, most: float) -> None:
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=ahead)
    seconds = retry_after(email.utils.format_datetime(moment, usegmt=True), time.time())
    assert seconds is not None
    assert least <= seconds <= most


@pytest.mark.parametrize("share", [0.5, 1.0])
@pytest.mark.parametrize(
    ("attempt", "most"),
    [(0, 0.5), (1, 1.0), (2, 2.0), (5, 16.0), (6, 30.0), (40, 30.0), (5000, 30.0)],
)
def test_the_waits_double_up_to_half_a_minute_with_jitter(
    monkeypatch: pytest.MonkeyPatch, attempt: int, most: float, share: float
) -> None:
    def pick(low: float, high: float) -> float:
        assert (low, high) == (0.5, 1.0)
        return share

    monkeypatch.setattr(random, "uniform", pick)
    assert backoff(attempt) == most * share


# One request


def test_what_every_request_carries(client: HubClient, wire: Wire) -> None:
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


def test_pages_are_asked_for_with_every_read_and_with_no_write(
    client: HubClient, wire: Wire
) -> None:
    wire.play(otherwise=DONE)
    client.get("users")
    client.request("POST", ("users",), body={"usernames": ["ada"]})
    assert [_client.PAGINATION_TYPE in sent.headers["Accept"] for sent in wire.sent] == [
        True,
        False,
    ]


def test_the_root_is_asked_with_its_slash(client: HubClient, wire: Wire) -> None:
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


# Reading what may not be there


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


# Refusals


@pytest.mark.parametrize(
    ("reply", "message", "scopes"),
    [
        (
            refusal(
                403,
                "Action is not authorized with current scopes; requires any of [read:users,"
                " list:users]",
            ),
            (
                "GET /users was refused by the hub with 403: Action is not authorized with current"
                " scopes; requires any of [read:users, list:users]. Give the caller's role one of"
                " these scopes: list:users, read:users."
            ),
            ["list:users", "read:users"],
        ),
        (
            refusal(403, "requires any of [token s3cr3t-token, 'a b', tokens!user=ada]"),
            (
                "GET /users was refused by the hub with 403: requires any of [token ***, 'a b',"
                " tokens!user=ada]. Give the caller's role one of these scopes: tokens!user=ada."
            ),
            ["tokens!user=ada"],
        ),
        (
            refusal(403, "Missing or invalid credentials."),
            (
                "GET /users was refused by the hub with 403: Missing or invalid credentials. The"
                " token is wrong, expired or revoked: give a valid api_token. A hub"
                " whose database is away says the same; its log tells."
            ),
            None,
        ),
        (
            refusal(403, "Only admins can grant admin permissions"),
            (
                "GET /users was refused by the hub with 403: Only admins can grant admin"
                " permissions. Since JupyterHub 4.1 only a caller that is itself an admin may do"
                " this, whatever its scopes: set admin: True for the service, or use an admin's"
                " token."
            ),
            None,
        ),
        (refusal(403), "GET /users was refused by the hub with 403.", None),
        (refusal(400, "Bad name."), "GET /users was refused by the hub with 400: Bad name.", None),
        (
            refusal(405, "Method Not Allowed"),
            "GET /users was refused by the hub with 405: Method Not Allowed.",
            None,
        ),
        (
            Reply(400, {"status": 400, "message": {"odd": 1}}),
            "GET /users was refused by the hub with 400.",
            None,
        ),
    ],
    ids=["scopes", "said back", "token", "admins", "bare 403", "400", "405", "odd message"],
)
def test_a_refusal_is_told_in_one_sentence(
    client: HubClient, wire: Wire, reply: Reply, message: str, scopes: list[str] | None
) -> None:
    wire.play(otherwise=reply)
    with pytest.raises(ApiError) as caught:
        client.get("users")
    result = caught.value.to_result()
    assert result["msg"] == message
    assert result.get("missing_scopes") == scopes
    assert (result["status"], result["method"], result["path"]) == (reply.status, "GET", "/users")
    # Of a token that it does not know, the hub is asked again: its database may be away for a
    # moment.
    assert client.retries == (2 if "expired" in message else 0)


@pytest.mark.parametrize("method", ["GET", *WRITES])
def test_a_hub_that_cannot_look_for_the_token_is_asked_again(
    client: HubClient, wire: Wire, slept: list[float], method: str
) -> None:
    wire.play(refusal(403, "Missing or invalid credentials."), DONE)
    answer = client.request(method, ("users", "ada"))
    assert (answer.data, answer.repeated, len(slept)) == ({"done": True}, False, 1)


@pytest.mark.parametrize("status", [403, 500])
def test_what_passes_soon_or_never_is_asked_for_twice_more(
    connect: Connect, wire: Wire, slept: list[float], status: int
) -> None:
    for retries, asked in ((5, 3), (1, 2), (0, 1)):
        wire.sent.clear()
        wire.play(otherwise=refusal(status, "Missing or invalid credentials."))
        with pytest.raises(ApiError):
            connect(retries=retries).get("users")
        assert len(wire.sent) == asked


# What is not the hub's


def foreign(status: int, text: str = "", kind: str | None = "text/html", **headers: str) -> Reply:
    """An answer of something that stands before the hub."""
    return Reply(status, text=text, kind=kind, foreign=True, headers=headers)


IMPOSTORS = {
    "200 text": foreign(200, "blocked by policy", "text/plain"),
    "200 {}": foreign(200, "{}", "application/json"),
    "200 []": foreign(200, "[]", "application/json"),
    "201 empty": foreign(201),
    "202 JSON": foreign(202, '{"name": "ada"}', "application/json"),
    "204": foreign(204, kind=None),
    "301": foreign(301, Location="/elsewhere"),
    "401 HTML": foreign(401, "<html>"),
    "403 JSON": foreign(403, '{"message": "no"}', "application/json"),
    "403 like a hub": foreign(403, '{"status": 403, "message": "no"}', "application/json"),
    "403 HTML": foreign(403, "<html>"),
    "404 JSON": foreign(
        404, '{"message": "no Route matched with those values"}', "application/json"
    ),
    "404 HTML": foreign(404, "<html>"),
    "409 JSON": foreign(409, '{"message": "exists"}', "application/json"),
    "500 JSON": foreign(500, '{"error": "x"}', "application/json"),
    # With the hub's mark, and yet not what its API says.
    "403 of a page": Reply(403, text="<html>", kind="text/html"),
    "404 of a page": Reply(404, text="<html>", kind="text/html"),
    "403 without its status": Reply(403, {"message": "no"}),
    "404 with another status": Reply(404, {"status": 200, "message": "no"}),
    "400 list": Reply(400, ["no", "object"]),
    "500 garbled": Reply(500, text="[1, 2"),
}


@pytest.mark.parametrize("reply", IMPOSTORS.values(), ids=IMPOSTORS)
def test_an_answer_that_is_not_the_hub_s_proves_nothing(
    connect: Connect, wire: Wire, slept: list[float], reply: Reply
) -> None:
    client = connect(retries=2)
    wire.play(otherwise=reply)
    with pytest.raises(NotTheHubError) as caught:
        client.find("users", "ada")
    # Before the hub has answered there, the address may be wrong, and then trying again does not
    # help.
    assert slept == []
    assert caught.value.to_result()["status"] == reply.status
    for method in WRITES:
        with pytest.raises(AnswerLostError):
            client.request(method, ("users", "ada"), body={})
    assert client.effects == 4
    wire.play(DONE, reply, DONE)
    client.get("user")
    assert client.get("users", "ada") == {"done": True}


@pytest.mark.parametrize(
    ("reply", "path", "words"),
    [
        (
            foreign(403, Server="cloudflare"),
            ("users",),
            (
                "was answered with 403 by cloudflare, and not by the hub at"
                " http://hub.example.org/hub/api"
            ),
        ),
        (
            foreign(403, Server="cloudflare"),
            ("users",),
            "A firewall or a login page may stand before the hub",
        ),
        (foreign(200, "{}"), ("users",), "by something before the hub, and not by the hub"),
        (foreign(200, "{}"), ("users",), "the answer lacks the header X-JupyterHub-Version."),
        (
            foreign(200, "{}"),
            ("users",),
            "if a proxy before the hub takes this header away, let it pass.",
        ),
        (foreign(200, "{}", Server="TornadoServer/6.5"), ("users",), "by something before the hub"),
        (foreign(200, "{}", Server="nginx/1.2 \x1b[2J"), ("users",), "by nginx/1.2, and"),
        (foreign(200, "{}", Server="\x1b[2J"), ("users",), "by something before the hub"),
        (
            foreign(404, Server="Apache/2.4.57 (Debian)"),
            ("groups", "a/b"),
            "(AllowEncodedSlashes NoDecode in Apache)",
        ),
        (
            foreign(404, Server="Apache/2.4.57 (Debian)"),
            ("groups", "ab"),
            "Check hub_url, above all its base path",
        ),
        (
            foreign(407),
            ("users",),
            "wants a login: give it in the proxy's address in the environment",
        ),
        (foreign(502, Server="nginx"), ("users",), "by nginx, and not by the hub"),
    ],
)
def test_who_seems_to_have_answered_is_told(
    connect: Connect,
    wire: Wire,
    slept: list[float],
    reply: Reply,
    path: tuple[str, ...],
    words: str,
) -> None:
    wire.play(otherwise=reply)
    with pytest.raises(NotTheHubError) as caught:
        connect(retries=0).get(*path)
    assert words in caught.value.message
    assert caught.value.message.isprintable()
    if "/" in "".join(path):
        assert "hub_url" not in caught.value.message


def test_a_proxy_of_the_environment_is_named_when_it_answers_itself(
    connect: Connect, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example.org")
    wire.play(foreign(404))
    with pytest.raises(
        NotTheHubError, match="It came through the proxy that the environment names"
    ) as caught:
        connect().get("users")
    assert "hub_url" not in caught.value.message


ODD = {
    "nested": Reply(text="[" * 200_000),
    "list": Reply(data=[]),
    "null": Reply(text="null"),
    "text": Reply(data="ada"),
    "number": Reply(data=5),
    "no name": Reply(data={"kind": "user"}),
    "admin": Reply(data={"name": "ada", "admin": "yes"}),
    "groups": Reply(data={"name": "ada", "groups": [1]}),
    "servers": Reply(data={"name": "ada", "servers": None}),
    "server": Reply(data={"name": "ada", "servers": {"": None}}),
    "server's keys": Reply(data={"name": "ada", "servers": {"": {"name": ""}}}),
    "created": Reply(data={"name": "ada", "created": "yesterday"}),
    "activity": Reply(data={"name": "ada", "last_activity": 5}),
}


@pytest.mark.parametrize("reply", ODD.values(), ids=ODD)
def test_odd_json_is_the_hub_s_fault_and_told_in_one_sentence(
    client: HubClient, wire: Wire, slept: list[float], reply: Reply
) -> None:
    wire.play(otherwise=reply)
    shape = one(UserRow, "name")
    with pytest.raises(
        UnusableAnswerError,
        match=(
            r"^The hub answered GET /users/ada with 200 and what no JupyterHub sends: .*[^.]\."
            r" Look at"
        ),
    ) as caught:
        client.get("users", "ada", shape=shape)
    assert len(caught.value.message) < 300
    assert slept == []
    for method in WRITES:
        with pytest.raises(AnswerLostError):
            client.request(method, ("users", "ada"), shape=shape)


def test_a_name_that_was_destroyed_is_not_odd(client: HubClient, wire: Wire) -> None:
    wire.play(Reply(data={"name": None, "servers": {}, "groups": None, "more": {"a": [1]}}))
    assert client.get("users", "x", shape=one(UserRow, "name"))["name"] is None


def test_no_refusal_holds_the_token_or_the_body(client: HubClient, wire: Wire) -> None:
    wire.play(refusal(400, "Invalid"))
    with pytest.raises(ApiError) as caught:
        client.request("PATCH", ("users", "ada"), body={"auth_state": {"refresh": "pa55word"}})
    told = json.dumps(caught.value.to_result()) + repr(caught.value) + repr(client.connection)
    assert "s3cr3t-token" not in told
    assert "pa55word" not in told


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_hub_that_its_proxy_does_not_know_for_a_moment_is_waited_for(
    client: HubClient, wire: Wire, slept: list[float], method: str
) -> None:
    """A proxy that has just started answers so until the hub has told it its routes. Before the
    first answer, the address may as well be wrong.
    """
    unknown = foreign(404, "Not Found")
    wire.play(DONE, unknown, unknown, DONE, otherwise=unknown)
    client.get("user")
    assert client.request(method, ("users",), body=None if method == "GET" else {}).repeated is (
        method != "GET"
    )
    assert len(slept) == client.retries == 2
    with (
        pytest.raises(HubError, match="was answered with 404"),
        client.with_token("other") as other,
    ):
        other.get("user")
    assert other.retries > 0


@pytest.mark.parametrize("method", ["GET", *WRITES])
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://hub.example.org/hub/api/users", "https://hub.example.org/hub/api/users"),
        ("/jupyter/hub/api/users?next=s3cr3t", "/jupyter/hub/api/users"),
        ("https://ada:pa55word@hub.example.org/x", "https://hub.example.org/x"),
        ("odd\\x", "odd\\x"),
        (None, "an unnamed place"),
        # One that has moved, and not one that looks for everything below its own root.
        ("/hub/hub/api/other", "/hub/hub/api/other"),
    ],
)
def test_a_redirect_is_told_and_never_followed(
    client: HubClient, wire: Wire, method: str, location: str | None, target: str
) -> None:
    wire.play(
        Reply(
            302,
            text="",
            kind="text/html",
            foreign=True,
            headers={} if location is None else {"Location": location},
        )
    )
    # Whether a write was done before, nobody knows.
    with pytest.raises(NotTheHubError if method == "GET" else AnswerLostError) as caught:
        client.request(method, ("users",))
    assert f"redirects {method} /users to {target}: the token is not sent there" in str(
        caught.value
    )
    assert len(wire.sent) == 1


def test_a_redirect_to_nowhere_is_told_too(client: HubClient, wire: Wire) -> None:
    wire.play(Reply(302, headers={"Location": "http://[broken"}))
    with pytest.raises(
        HubError, match="leads, itself or by a redirect, to an address that cannot be used"
    ):
        client.request("GET", ("users",))


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (
            Reply(200, text="<html>Log in</html>", kind="text/html; charset=utf-8"),
            "answered with 200 and a web page",
        ),
        (
            Reply(404, text="<html>Nothing</html>", kind="text/html"),
            "answered with 404 and a web page, and has no JupyterHub API there",
        ),
        (foreign(404, "<html>Nothing</html>"), "was answered with 404 by something before the hub"),
    ],
)
def test_a_wrong_address_is_told_at_once(
    client: HubClient, wire: Wire, reply: Reply, message: str
) -> None:
    wire.play(reply)
    with pytest.raises(NotTheHubError, match=message) as caught:
        client.get("users", "ada")
    assert "heck hub_url, above all its base path" in str(caught.value)
    assert client.retries == 0


# Trying again


PASSING: dict[str, Script] = {
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
# Of these it is certain that the hub did nothing.
NOT_DONE = ("429", "refused", "connect timeout")


@pytest.mark.parametrize("trouble", PASSING)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_what_can_be_repeated_is_repeated(
    client: HubClient, wire: Wire, slept: list[float], method: str, trouble: str
) -> None:
    wire.play(PASSING[trouble], PASSING[trouble], DONE)
    answer = client.request(
        method, ("users", "ada"), body=None if method == "GET" else {"admin": True}
    )
    assert answer.data == {"done": True}
    assert answer.repeated == (method != "GET" and trouble not in NOT_DONE)
    assert len(slept) == client.retries == 2
    assert len({json.dumps(sent.line) for sent in wire.sent}) == 1


@pytest.mark.parametrize("trouble", PASSING)
def test_a_post_that_may_have_arrived_is_never_repeated(
    client: HubClient, wire: Wire, trouble: str
) -> None:
    wire.play(PASSING[trouble], otherwise=DONE)
    if trouble in NOT_DONE:
        assert client.request("POST", ("users",), body={}).repeated is False
        assert len(wire.sent) == 2
    else:
        with pytest.raises(
            AnswerLostError,
            match=(
                r"POST /users was sent, but its answer was lost \(.*[^.]\): whether the hub has"
                r" done it is not known\.$"
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
def test_once_a_write_may_have_been_done_no_later_trouble_says_that_it_was_not(
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


def test_the_last_refusal_is_told_when_the_tries_end(
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
def test_what_does_not_pass_is_not_repeated(
    client: HubClient, wire: Wire, slept: list[float], method: str, status: int
) -> None:
    wire.play(refusal(status, "no"))
    with pytest.raises(ApiError) as caught:
        client.request(method, ("users", "ada"))
    assert caught.value.status == status
    assert slept == []


# How long to wait


def test_the_wait_that_the_other_side_asks_for_is_obeyed(
    client: HubClient, wire: Wire, slept: list[float]
) -> None:
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
            r"broke off the connection \(Connection reset by peer\)",
        ),
        (
            requests.exceptions.InvalidURL("http://s3cr3t@"),
            RefusedError,
            "hub_url leads to no usable address",
        ),
        (
            requests.exceptions.InvalidHeader("token s3cr3t"),
            RefusedError,
            "api_token holds characters that no token has",
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
            r"broke off the connection \(ContentDecodingError\)",
        ),
        (
            requests.exceptions.RequestException("s3cr3t"),
            UnreachableError,
            r"broke off the connection \(RequestException\)",
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


def test_a_hub_that_does_not_speak_tls_is_told_at_once(
    client: HubClient, wire: Wire, slept: list[float]
) -> None:
    wire.play(otherwise=requests.exceptions.SSLError())
    with pytest.raises(UnreachableError, match="check hub_url, client_cert and client_key"):
        client.get("users")
    assert slept == []


# Lists


def rows(*names: str) -> list[dict[str, t.Any]]:
    """Users as a list shows them."""
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
    """A hub whose list is another one at each request; the last one stays."""
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
def test_a_list_that_changes_while_it_is_read_is_read_anew(
    client: HubClient, wire: Wire, states: list[list[dict[str, t.Any]]], requests_sent: int
) -> None:
    wire.play(otherwise=changing(*states))
    assert client.pages("users", row=ANY_ROW) == states[-1]
    assert client.requests == requests_sent


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
        HubError, match=r"The list /users changed 5 times while it was read: run the task again"
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
def test_a_list_that_only_grows_is_read_anew_once(
    client: HubClient, wire: Wire, last: list[dict[str, t.Any]], taken: bool
) -> None:
    """Then what has come at its end is taken, but not what is less, other or very much more."""
    wire.play(otherwise=changing(BEFORE, ALPHABET[:9], ALPHABET[:11], ALPHABET[:12], last, limit=5))
    assert client.pages("users", row=ANY_ROW) == last
    assert (len(wire.sent) == 5) is taken


def test_a_list_that_names_somebody_twice_is_not_taken(client: HubClient, wire: Wire) -> None:
    wire.play(otherwise=pages([*BEFORE[:3], BEFORE[0]], limit=10))
    with pytest.raises(HubError, match="changed 5 times"):
        client.pages("users", row=ANY_ROW)


def test_a_list_that_is_shorter_than_it_says_is_not_taken(client: HubClient, wire: Wire) -> None:
    wire.play(otherwise=lambda sent: page(BEFORE, total=8, limit=20))
    with pytest.raises(HubError, match="changed 5 times"):
        client.pages("users", row=ANY_ROW)


def test_users_whose_name_was_destroyed_are_listed_all(client: HubClient, wire: Wire) -> None:
    nameless = [{"name": None, "created": "2026-01-01"}] * 4
    listed = [BEFORE[0], *nameless, BEFORE[1]]
    wire.play(otherwise=pages(listed, limit=2))
    assert client.pages("users", row=ANY_ROW) == listed


def test_a_filtered_list_ends_where_the_hub_says_so_and_not_where_it_counts_to(
    client: HubClient, wire: Wire
) -> None:
    """By state, the hub counts something else than it lists, and JupyterHub 4 lists a user once for
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
        match=r"The hub answered GET /users with 200 and what no JupyterHub sends: ",
    ):
        client.pages("users", row=ANY_ROW)


def endless(
    offset: t.Callable[[int], int], following: t.Callable[[int], int], total: int = 10
) -> t.Callable[[Sent], Reply]:
    """A list whose pages say of themselves where they are, and where the next one is."""

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
        (endless(lambda at: 0, lambda at: 2), "a cache before the hub may ignore the query"),
        (endless(lambda at: at, lambda at: at), "says that the next one is at 0"),
        (endless(lambda at: at, lambda at: -at - 1), "says that the next one is at -1"),
        (
            endless(lambda at: -at - 1, lambda at: at + 2),
            "the page at 0 was asked for, and the one at -1 came",
        ),
        (endless(lambda at: at, lambda at: at + 2, total=10**12), "2 of 1000000000000 rows"),
        (endless(lambda at: at, lambda at: at + 2, total=-1), "2 of -1 rows"),
    ],
    ids=["cache", "stays", "back", "negative", "many", "less than none"],
)
def test_paging_has_an_end(
    client: HubClient, wire: Wire, answer: Script, words: str, unfiltered: bool
) -> None:
    wire.play(otherwise=answer)
    with pytest.raises(UnusableAnswerError, match=words):
        client.pages("users", row=ANY_ROW, unfiltered=unfiltered)
    assert len(wire.sent) <= 2


def test_rows_without_a_name_are_told_apart_by_all_they_say(client: HubClient, wire: Wire) -> None:
    """Shares, for instance, have neither a name nor a time of creation."""
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


# The last event of a stream


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
    """The hub keeps it alive as long as the next start takes; what was heard till then counts."""
    wire.play(
        Reply(text='data: {"progress": 0}\n\ndata: {"progress": 50}\n\n', kind="text/event-stream")
    )
    assert last_event(connect(), ("users", "ada", "server", "progress"), 0.001) == {"progress": 50}


def test_time_is_not_really_spent(slept: list[float]) -> None:
    started = time.monotonic()
    time.sleep(60)
    assert time.monotonic() - started < 5
    assert slept == [60]


def test_the_hub_of_these_tests_is_no_real_one(client: HubClient) -> None:
    assert client.root == f"{HUB}/hub/api"
