# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client with real sockets on this machine: broken connections, proxies, .netrc,
certificates.
"""

from __future__ import annotations

import contextlib
import gzip
import http.server
import os
import pathlib
import socket
import ssl
import threading
import time
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    ApiError,
    HubError,
    RefusedError,
    UnreachableError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import Connection
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.events import last_event
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.certificates import (
    Authority,
    tls,
)

Connect = t.Callable[..., HubClient]

OK = (
    b"HTTP/1.1 200 OK\r\nX-JupyterHub-Version: 6.1.1\r\nContent-Type:"
    b" application/json\r\nContent-Length: 12\r\n\r\n"
)
BODY = b'{"done": 12}'


class Raw(bytes):
    """A response that is sent unencrypted, also with TLS."""


class Server(http.server.ThreadingHTTPServer):
    """Answers every request with given bytes, and closes the connection.

    :param answers: one for each request; the last one is repeated. None means no response until the
        server ends.
    """

    def __init__(self, *answers: bytes | None, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = list(answers) or [OK + BODY]
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.ended = threading.Event()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server_port}"
        if tls is not None:
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    def __enter__(self) -> Server:
        self.thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.ended.set()
        self.shutdown()
        self.thread.join()
        self.server_close()

    def handle_error(self, *args: t.Any) -> None:
        """Ignore broken connections, because these tests cause them."""


class Handler(http.server.BaseHTTPRequestHandler):
    """Reads one complete request, and sends the next answer of its server."""

    server: Server

    def handle_one_request(self) -> None:
        self.close_connection = True
        self.raw_requestline = self.rfile.readline()
        if not self.raw_requestline or not self.parse_request():
            return
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.requestline, dict(self.headers.items())))
        answer = (
            self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        )
        if answer is None:
            self.server.ended.wait(20)
        elif isinstance(answer, Drip):
            self.drip(answer)
        elif isinstance(answer, Raw):
            os.write(self.connection.fileno(), answer)
        else:
            self.wfile.write(answer)
            # The connection is closed next, so bytes that are not sent yet could be lost.
            self.wfile.flush()

    def drip(self, answer: bytes) -> None:
        """Send a response, and then its last part again and again."""
        end = (
            answer[-6:]
            if b"chunked" in answer
            else answer
            if b"Continue" in answer
            else answer[-1:]
        )
        with contextlib.suppress(OSError):
            self.wfile.write(answer)
            while not self.server.ended.wait(0.05):
                self.wfile.write(end)
                self.wfile.flush()


@pytest.fixture
def connect(slept: list[float]) -> Connect:
    """Return a function that creates a client for this address."""

    def make(url: str, **settings: t.Any) -> HubClient:
        return HubClient(
            Connection(
                **{
                    "hub_url": url,
                    "api_token": "s3cr3t-token",
                    "timeout": 10.0,
                    "retries": 1,
                    **settings,
                }
            )
        )

    return make


def given_up(
    connect: Connect, method: str, url: str, timeout: float, **settings: t.Any
) -> tuple[HubError, float]:
    """The error of a request that gets no whole answer, and its timeout in seconds.

    A busy machine may not even connect in so short a time; then the request has twice as long.
    """
    while True:
        with pytest.raises(HubError) as caught:
            connect(url, timeout=timeout, retries=0, **settings).request(
                method, ("users",), body=None if method == "GET" else {}
            )
        if "no connection within" not in str(caught.value) or timeout > 10:
            return caught.value, timeout
        timeout *= 2


def url_of(bound: socket.socket) -> str:
    """The address of a socket."""
    return "http://{}:{}".format(*bound.getsockname())


@contextlib.contextmanager
def nobody() -> t.Iterator[str]:
    """An address on which no server listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield url_of(reserved)


# Broken connections


BROKEN = {
    "closed": b"",
    "half a header": OK[:30],
    "no body": OK,
    "half a body": OK + BODY[:5],
    "half a body, and its length is not said": (
        OK.replace(b"Content-Length: 12", b"Connection: close") + BODY[:5]
    ),
    "half a chunk": (
        OK.replace(b"Content-Length: 12", b"Transfer-Encoding: chunked") + b"c\r\n" + BODY[:5]
    ),
    "no chunk": OK.replace(b"Content-Length: 12", b"Transfer-Encoding: chunked"),
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_broken_response_is_requested_again(connect: Connect, method: str, answer: bytes) -> None:
    with Server(answer, OK + BODY) as server:
        client = connect(server.url)
        assert client.request(
            method, ("users", "ada"), body={} if method == "PUT" else None
        ).data == {"done": 12}
        assert len(server.requests) == 2
        assert (client.requests, client.retries) == (2, 1)


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_a_post_whose_answer_broke_is_sent_once(connect: Connect, answer: bytes) -> None:
    with Server(answer, OK + BODY) as server:
        with pytest.raises(AnswerLostError):
            connect(server.url).request("POST", ("users",), body={})
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("method", "kind"),
    [("GET", UnreachableError), ("PUT", AnswerLostError), ("POST", AnswerLostError)],
)
def test_a_server_that_never_answers_is_given_up(
    connect: Connect, method: str, kind: type[HubError]
) -> None:
    with Server(None) as server:
        error, timeout = given_up(connect, method, server.url, timeout=0.2)
    assert isinstance(error, kind)
    assert f"gave no answer within {timeout:g} seconds" in str(error)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_server_that_accepts_no_connection_is_given_up(connect: Connect, method: str) -> None:
    with contextlib.ExitStack() as sockets:
        full = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        # The system keeps one more than the backlog, and lets further ones wait.
        for _each in range(2):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        with pytest.raises(
            UnreachableError, match=r"cannot be reached \(no connection within 0.2 seconds\)"
        ):
            connect(url_of(full), timeout=0.2, retries=0).request(method, ("users",))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_connection_means_that_nothing_was_done(connect: Connect, method: str) -> None:
    with (
        nobody() as url,
        pytest.raises(
            UnreachableError, match=r"cannot be reached \(Connection refused\)"
        ) as caught,
    ):
        connect(url).request(method, ("users",))
    assert caught.value.to_result()["path"] == "/users"


@pytest.mark.parametrize(
    "host",
    [
        "hub.invalid",
        "a" * 70 + ".invalid",
        ".invalid",
        "hub..invalid",
        "hub_.invalid:1",
        "*.invalid",
        "hub invalid",
        "xn--.invalid",
        "ü" * 60 + ".invalid",
    ],
)
def test_an_impossible_host_is_reported(connect: Connect, host: str) -> None:
    with pytest.raises(HubError) as caught:
        connect(f"http://{host}", timeout=3.0).get("users")
    assert isinstance(caught.value, (UnreachableError, RefusedError)) or "check hub_url" in str(
        caught.value
    )
    assert not isinstance(caught.value, ApiError)


# Bounds


class Drip(bytes):
    """A response that begins at once, and whose last part is repeated as long as the client
    waits.
    """


SLOW_ANSWERS = {
    "header": Drip(OK[:40]),
    "body": Drip(OK.replace(b": 12", b": 99999") + BODY),
    "chunks": Drip(
        OK.replace(b"Content-Length: 12", b"Transfer-Encoding: chunked") + b"1\r\na\r\n"
    ),
    "continue": Drip(b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("answer", SLOW_ANSWERS.values(), ids=SLOW_ANSWERS)
@pytest.mark.parametrize(("method", "kind"), [("GET", UnreachableError), ("POST", AnswerLostError)])
@pytest.mark.parametrize("encrypted", [False, True])
def test_the_timeout_is_for_the_request_as_a_whole(
    connect: Connect,
    authority: Authority,
    method: str,
    kind: type[HubError],
    answer: bytes,
    encrypted: bool,
) -> None:
    with Server(answer, tls=tls(authority.issue("hub")) if encrypted else None) as server:
        began = time.monotonic()
        error, timeout = given_up(
            connect, method, server.url, timeout=0.5, verify=str(authority.bundle)
        )
        assert time.monotonic() - began < 3 * timeout + 2
    assert isinstance(error, kind)
    assert f"gave no answer within {timeout:g} seconds" in str(error)


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_that_is_too_large_is_given_up(connect: Connect, packed: bool) -> None:
    content = b"[" + b" " * (70 * 1024 * 1024) + b"]"
    head = OK.partition(b"Content-Length")[0]
    if packed:
        content, head = gzip.compress(content), head + b"Content-Encoding: gzip\r\n"
        assert len(content) < 100_000
    answer = head + b"Content-Length: %d\r\n\r\n" % len(content) + content
    with Server(answer) as server:
        client = connect(server.url, retries=5)
        with pytest.raises(UnreachableError, match="sent an answer of more than 64 MiB"):
            client.get("users")
        with pytest.raises(AnswerLostError):
            client.request("POST", ("users",))
        assert len(server.requests) == 2


@pytest.mark.parametrize("packed", ["gzip, gzip", "GZIP,deflate", "br", "zstd"])
def test_an_answer_that_may_grow_without_bound_is_not_unpacked(
    connect: Connect, packed: str
) -> None:
    """An old urllib3 would unpack a response that is compressed twice into a gigabyte."""
    content = gzip.compress(gzip.compress(b"[]"))
    head = OK.partition(b"Content-Length")[0] + f"Content-Encoding: {packed}\r\n".encode()
    with Server(head + b"Content-Length: %d\r\n\r\n" % len(content) + content) as server:
        with pytest.raises(UnreachableError, match="packed in an unknown way, which no hub does"):
            connect(server.url, retries=5).get("users")
        assert len(server.requests) == 1


def test_a_stream_is_taken_as_far_as_it_came(connect: Connect) -> None:
    events = (
        b"HTTP/1.1 200 OK\r\nX-JupyterHub-Version: 6.1.1\r\nContent-Type: text/event-stream\r\n\r\n"
        + b'data: {"progress": 50}\n\n'
    )
    with Server(Drip(events)) as server:
        began = time.monotonic()
        assert last_event(connect(server.url), ("users", "ada", "server", "progress"), 1.5) == {
            "progress": 50
        }
        assert 1.4 < time.monotonic() - began < 6


# The environment


def test_a_netrc_does_not_replace_the_token(
    connect: Connect, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(
        "machine 127.0.0.1 login ada password pa55word\ndefault login ada password pa55word\n"
    )
    monkeypatch.setenv("NETRC", str(netrc))
    with Server() as server:
        connect(server.url).get("users")
        connect(server.url, api_token=None).get("users")
        assert [headers.get("Authorization") for line, headers in server.requests] == [
            "token s3cr3t-token",
            None,
        ]


def test_a_proxy_of_the_environment_is_used(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server() as proxy, nobody() as url:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        connect(url).get("users", "a/b")
        assert [line for line, headers in proxy.requests] == [
            f"GET {url}/hub/api/users/a%2Fb HTTP/1.1"
        ]


def test_hosts_in_no_proxy_are_contacted_directly(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server() as server, nobody() as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert connect(server.url).get("users") == {"done": 12}


@pytest.mark.parametrize(("method", "kind"), [("GET", UnreachableError), ("POST", AnswerLostError)])
def test_a_proxy_that_loses_the_answer(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, method: str, kind: type[HubError]
) -> None:
    with Server(b"") as proxy, nobody() as url:
        monkeypatch.setenv("http_proxy", proxy.url)
        with pytest.raises(kind):
            connect(url).request(method, ("users",))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_proxy_that_is_not_there(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    with Server() as server, nobody() as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        with pytest.raises(
            UnreachableError,
            match=(
                r"cannot be reached through the proxy set in the environment \(Connection"
                r" refused\)"
            ),
        ):
            connect(server.url).request(method, ("users",))
        assert server.requests == []


@pytest.mark.parametrize("proxy", ["socks9://127.0.0.1:1", "http://", "http://me:pa55word@[::1"])
def test_an_invalid_proxy_is_reported_without_its_secret(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(HubError) as caught:
        connect("http://hub.invalid").get("users")
    assert not isinstance(caught.value, UnreachableError)
    assert "pa55word" not in str(caught.value)


# Certificates


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"))


def test_a_hub_with_an_authority_of_its_own(connect: Connect, authority: Authority) -> None:
    with Server(tls=tls(authority.issue("hub"))) as server:
        assert connect(server.url, verify=str(authority.bundle)).get("users") == {"done": 12}


def test_an_untrusted_hub_is_refused_at_once(
    connect: Connect, authority: Authority, stranger: Authority, slept: list[float]
) -> None:
    with Server(tls=tls(authority.issue("hub"))) as server:
        for verify in (True, str(stranger.bundle)):
            with pytest.raises(
                UnreachableError,
                match=(
                    r"could not be trusted \(unable to get local issuer certificate\); check"
                    r" hub_url and ca_path"
                ),
            ):
                connect(server.url, verify=verify).get("users")
        assert server.requests == []
        assert slept == []


def test_a_hub_with_another_name_is_refused(connect: Connect, authority: Authority) -> None:
    with Server(tls=tls(authority.issue("elsewhere", "192.0.2.1"))) as server:
        with pytest.raises(UnreachableError, match="could not be trusted"):
            connect(server.url, verify=str(authority.bundle)).get("users")
        assert server.requests == []


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_no_environment_variable_overrides_what_is_verified(
    connect: Connect, authority: Authority, stranger: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(tls=tls(authority.issue("hub"))) as server:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stranger.bundle))
        assert connect(server.url, verify=False).get("users") == {"done": 12}
        assert connect(server.url, verify=str(authority.bundle)).get("users") == {"done": 12}
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
        assert connect(server.url).get("users") == {"done": 12}
        with pytest.raises(UnreachableError, match="could not be trusted"):
            connect(server.url, verify=str(stranger.bundle)).get("users")


def test_a_client_certificate_in_two_files_or_in_one(
    connect: Connect, authority: Authority
) -> None:
    certificate, key = authority.issue("client")
    both = authority.place / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    with Server(tls=tls(authority.issue("hub"), authority)) as server:
        for cert in ((str(certificate), str(key)), str(both)):
            assert connect(server.url, verify=str(authority.bundle), cert=cert).get("users") == {
                "done": 12
            }


def test_a_hub_that_wants_another_client_certificate(
    connect: Connect, authority: Authority, stranger: Authority
) -> None:
    with Server(tls=tls(authority.issue("hub"), authority)) as server:
        for cert in (None, tuple(map(str, stranger.issue("client")))):
            with pytest.raises(UnreachableError, match=r"The hub at https://127\.0\.0\.1"):
                connect(server.url, verify=str(authority.bundle), cert=cert).get("users")
        assert server.requests == []


@pytest.mark.parametrize("which", ["bundle", "certificate", "key", "mixed"])
def test_files_that_hold_no_certificate(
    connect: Connect, authority: Authority, tmp_path: pathlib.Path, which: str
) -> None:
    odd = tmp_path / "odd.pem"
    odd.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    certificate, key = map(str, authority.issue("client"))
    other = str(authority.issue("other")[1])
    choice: dict[str, dict[str, t.Any]] = {
        "bundle": {"verify": str(odd)},
        "certificate": {"cert": (str(odd), key)},
        "key": {"cert": (certificate, str(odd))},
        "mixed": {"cert": (certificate, other)},
    }
    with Server(tls=tls(authority.issue("hub"), authority)) as server:
        with pytest.raises(HubError, match=r"(ca_path|client_cert|Cannot prepare the connection)"):
            connect(server.url, **{"verify": str(authority.bundle), **choice[which]}).get("users")
        assert server.requests == []


@pytest.mark.parametrize(
    "settings",
    [
        {"verify": "/nowhere/ca.pem"},
        {"cert": "/nowhere/cert.pem"},
        {"cert": ("/nowhere/a", "/nowhere/b")},
    ],
)
def test_files_that_are_not_there(
    connect: Connect, authority: Authority, settings: dict[str, t.Any]
) -> None:
    with Server(tls=tls(authority.issue("hub"))) as server:
        with pytest.raises(
            RefusedError, match=r"Cannot prepare the connection to https://127\.0\.0\.1:.*/nowhere/"
        ):
            connect(server.url, **{"verify": str(authority.bundle), **settings}).get("users")
        assert server.requests == []


def test_https_to_a_hub_that_does_not_speak_it(connect: Connect, slept: list[float]) -> None:
    words = r"does not speak TLS \(.+\); check https and the port in hub_url"
    with Server() as server, pytest.raises(UnreachableError, match=words):
        connect(server.url.replace("http", "https")).get("users")
    assert slept == []


def test_http_to_a_hub_that_speaks_tls(connect: Connect, authority: Authority) -> None:
    with (
        Server(tls=tls(authority.issue("hub"))) as server,
        pytest.raises(UnreachableError, match="closed the connection"),
    ):
        connect(server.url.replace("https", "http")).get("users")


@pytest.mark.parametrize(
    ("method", "kind"),
    [("GET", UnreachableError), ("POST", AnswerLostError), ("DELETE", AnswerLostError)],
)
@pytest.mark.parametrize("answer", [b"", OK, OK[:20]], ids=["closed", "no body", "half a header"])
def test_an_answer_that_breaks_under_tls_is_lost(
    connect: Connect, authority: Authority, method: str, kind: type[HubError], answer: bytes
) -> None:
    with Server(answer, tls=tls(authority.issue("hub"))) as server, pytest.raises(kind):
        connect(server.url, verify=str(authority.bundle)).request(method, ("users",))


@pytest.mark.parametrize(
    ("method", "kind"),
    [("GET", UnreachableError), ("POST", AnswerLostError), ("DELETE", AnswerLostError)],
)
def test_an_answer_that_is_garbled_under_tls_is_lost(
    connect: Connect, authority: Authority, method: str, kind: type[HubError]
) -> None:
    """The request was done: only its response cannot be decrypted."""
    known = OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + BODY
    garbled = Raw(b"\x17\x03\x03\x00\x40" + b"x" * 64)
    with Server(known, garbled, tls=tls(authority.issue("hub"))) as server:
        client = connect(server.url, verify=str(authority.bundle))
        client.get("users")
        with pytest.raises(kind, match="does not speak TLS"):
            client.request(method, ("users",))
        assert client.effects == (method != "GET")
