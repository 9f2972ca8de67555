# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client without a token can find out about a hub."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    UnreachableError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import probe
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.browser import Page
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient

OPEN = Page(200, "", "metrics", True, "")
CLOSED = Page(403, "", "", True, "")
BLOCKED = Page(200, "", "Welcome", False, "nginx")
BUSY = Page(503, "", "", False, "nginx")
GONE = UnreachableError("Nothing answers.")

Answers = list[t.Union[Page, HubError]]


@pytest.mark.parametrize(
    ("answers", "seen", "retries"),
    [
        ([OPEN, CLOSED], (True, False), 0),
        ([BLOCKED, OPEN], (False, True), 0),
        ([BUSY, OPEN, CLOSED], (True, False), 1),
        ([CLOSED, GONE, BUSY, OPEN], (False, True), 2),
        ([BUSY, BUSY, BUSY, CLOSED], (None, False), 2),
    ],
)
def test_a_page_that_fails_once_is_requested_again(
    connect: t.Callable[..., HubClient],
    slept: list[float],
    monkeypatch: pytest.MonkeyPatch,
    answers: Answers,
    seen: tuple[bool | None, bool | None],
    retries: int,
) -> None:
    client = connect(retries=2)
    play(monkeypatch, answers)
    view = probe.look_from_outside(HubApi(client), pages=True)
    assert (view.metrics, view.signup) == seen
    assert client.retries == retries == len(slept)


def test_a_hub_that_does_not_answer_is_given_up(
    connect: t.Callable[..., HubClient], slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    play(monkeypatch, [GONE, GONE])
    with pytest.raises(UnreachableError):
        probe.look_from_outside(HubApi(connect(retries=1)), pages=True)
    assert len(slept) == 1


def test_headers_that_come_byte_by_byte_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "PATIENCE", 0.3)
    mine, theirs = socket.socketpair()
    over = threading.Event()

    def drip() -> None:
        with contextlib.suppress(OSError):
            while not over.wait(0.05):
                theirs.sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    began = time.monotonic()
    try:
        with pytest.raises(OSError, match="timed out"):
            probe._hsts(mine, "hub", "/")  # type: ignore[arg-type]  # a plain socket instead of TLS
    finally:
        over.set()
        thread.join()
        mine.close()
        theirs.close()
    assert time.monotonic() - began < 3


def play(monkeypatch: pytest.MonkeyPatch, answers: Answers) -> None:
    """Answer the next requests for a page with these responses."""
    waiting = iter(answers)

    def page(stranger: HubClient, method: str, path: str) -> Page:
        del stranger, method, path
        answer = next(waiting)
        if isinstance(answer, HubError):
            raise answer
        return answer

    monkeypatch.setattr(probe, "page", page)
