# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxy makes the faults that it promises, as seen by a client that does not belong to the
collection.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import json
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.faults.proxy import FAULTS, SLOW, FaultyProxy
from tests.hub import Hub


class Client:
    """One connection to the proxy."""

    def __init__(self, hub: Hub, proxy: FaultyProxy) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(proxy.url).netloc)
        self.api = f"{hub.path}hub/api"
        self.headers = {"Authorization": f"token {hub.token}"}
        self.wait(60)

    def wait(self, seconds: float) -> None:
        """Set the timeout of responses from now on."""
        self.connection.timeout = seconds
        if self.connection.sock is not None:
            self.connection.sock.settimeout(seconds)

    def ask(
        self, method: str, path: str, body: object = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Send a request; return status, header and body."""
        self.connection.request(
            method, f"{self.api}{path}", None if body is None else json.dumps(body), self.headers
        )
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()


def create(client: Client) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Create a user."""
    return client.ask("POST", "/users", {"usernames": ["ada"]})


def breaks(error: type[Exception]) -> Callable[[Client], None]:
    """Return a function that asserts that a request ends with this error."""

    def look(client: Client) -> None:
        with pytest.raises(error):
            create(client)

    return look


def page(status: int) -> Callable[[Client], None]:
    """Return a function that asserts that the response is a web page."""

    def look(client: Client) -> None:
        got, head, body = create(client)
        assert (got, head["Content-Type"]) == (status, "text/html")
        assert body.startswith(b"<html>")

    return look


def limited(lowest: float | None, highest: float = 0.0) -> Callable[[Client], None]:
    """Return a function that asserts that the response is a 429 with this delay."""

    def look(client: Client) -> None:
        got, head, _body = create(client)
        asked = head["Retry-After"]
        assert got == 429
        if lowest is None or asked is None:
            assert lowest is asked is None
        else:
            seconds = (
                float(asked)
                if asked.isdigit()
                else email.utils.parsedate_to_datetime(asked).timestamp() - time.time()
            )
            assert lowest <= seconds <= highest

    return look


def slow(client: Client) -> None:
    """Assert that a response takes longer than the timeout."""
    client.wait(SLOW / 2)
    breaks(TimeoutError)(client)
    client.wait(60)


def garbled(client: Client) -> None:
    """Assert that a response is complete, but not JSON."""
    got, head, body = create(client)
    assert (got, int(head["Content-Length"])) == (201, len(body))
    with pytest.raises(UnicodeDecodeError):
        json.loads(body)


# The check of the client's view, and whether the hub has created the user.
SEEN: dict[str, tuple[Callable[[Client], None], bool]] = {
    "refused": (breaks(ConnectionRefusedError), False),
    "reset-before": (breaks(ConnectionResetError), False),
    "reset-after": (breaks(ConnectionResetError), True),
    "cut": (breaks(http.client.IncompleteRead), True),
    "garbled": (garbled, True),
    "page-502-before": (page(502), False),
    "page-503-before": (page(503), False),
    "page-504-before": (page(504), False),
    "page-502-after": (page(502), True),
    "page-504-after": (page(504), True),
    "429-seconds": (limited(7, 7), False),
    "429-date": (limited(5, 8), False),
    "429-none": (limited(None), False),
    "slow": (slow, True),
}


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault(hub: Hub, proxy: FaultyProxy, fault: str, number: int) -> None:
    """A fault affects its request, on a new connection and on a used one, and no other request."""
    look, done = SEEN[fault]
    proxy.script({number: fault})
    client = Client(hub, proxy)
    with contextlib.closing(client.connection):
        for _before in range(number):
            assert client.ask("GET", "/user")[0] == 200
        look(client)
        assert ("ada" in hub.users()) is done
        client.connection.close()
        proxy.listen()
        assert client.ask("GET", "/user")[0] == 200
    passed = proxy.seen()
    assert [entry.fault for entry in passed] == [""] * number + [fault, ""]
    assert passed[number].status == (201 if done else None)


def test_an_answer_without_a_body_is_cut_in_its_first_line(hub: Hub, proxy: FaultyProxy) -> None:
    """A response without a body has nothing else to cut."""
    hub.add_users("ada")
    proxy.script({0: "cut"})
    client = Client(hub, proxy)
    with contextlib.closing(client.connection), pytest.raises(http.client.BadStatusLine):
        client.ask("DELETE", "/users/ada")
    assert hub.users() == {}
