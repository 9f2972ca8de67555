# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings of jupyterhub_audit about a hub itself: each fault is reported once, and not after it is
repaired.
"""

from __future__ import annotations

import http.client
import json
import pathlib
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.hub import Hub
from tests.live.support import Answer, Asked, Wire
from tests.live.support_audit import SOUND, audit, by_check
from tests.live.support_ways import Front
from tests.unit.plugins.module_utils.certificates import Authority, tls

pytestmark = pytest.mark.newest

# A public name: it does not look like a private or local one.
PUBLIC = "hub.example.org"
MADE_FOR_TESTS = """
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
"""
SHARED_PASSWORD = """
from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
c.JupyterHub.authenticator_class = SharedPasswordAuthenticator
c.SharedPasswordAuthenticator.user_password = settings["password"]
c.SharedPasswordAuthenticator.admin_password = settings["password"] + settings["password"]
c.SharedPasswordAuthenticator.admin_users = {"ada"}
c.SharedPasswordAuthenticator.allow_all = True
"""
HSTS = (
    b"HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=63072000\r\nContent-Length: 0\r\n\r\n"
)


def found(hub: Hub, checks: list[str], **options: Any) -> dict[str, tuple[str, list[str]]]:
    """Return the severity and the subjects of the findings of these checks, by check."""
    options.setdefault("policy", {})
    result = audit(hub, token=options.pop("token", hub.token), checks=checks, **options)
    assert not result["failed"], result
    assert len(by_check(result)) == len(result["findings"])
    return {one["check"]: (one["severity"], one["subjects"]) for one in result["findings"]}


def test_components_that_are_made_for_tests() -> None:
    checks = ["HUB-2", "HUB-3"]
    expected = {"HUB-2": ("critical", ["authenticator"]), "HUB-3": ("high", ["spawner"])}
    with Hub("6", config=MADE_FOR_TESTS) as hub:
        assert found(hub, checks) == expected
        staging = found(hub, checks, policy={"environment": "staging"})
        assert [severity for severity, _subjects in staging.values()] == ["medium", "low"]
    with Hub("6", config=SOUND) as hub:
        assert found(hub, checks) == {}


def test_one_password_for_all_is_a_fault_where_there_are_admins() -> None:
    with Hub("6", config=SHARED_PASSWORD) as hub:
        assert found(hub, ["HUB-2"]) == {"HUB-2": ("high", ["authenticator"])}
        hub.expect("PATCH", "/users/ada", {"admin": False})
        assert found(hub, ["HUB-2"]) == {}


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Resolve a public name to this machine; return a function that changes an address to that
    name.
    """
    really = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **keywords: Any) -> Any:
        return really("127.0.0.1" if host == PUBLIC else host, *args, **keywords)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return lambda url: url.replace("127.0.0.1", PUBLIC)


def test_a_public_address_without_encryption(hub: Hub, public: Callable[[str], str]) -> None:
    way = public(hub.url)
    assert found(hub, ["HUB-4"], hub_url=way) == {"HUB-4": ("high", ["http"])}
    assert found(hub, ["HUB-4"]) == {}


def test_a_certificate_that_expires_soon_and_a_missing_hsts_header(
    hub: Hub, public: Callable[[str], str], tmp_path: pathlib.Path
) -> None:
    authority = Authority(tmp_path)
    trusted: dict[str, Any] = {"ca_path": str(authority.bundle)}
    soon = tls(authority.issue("soon", PUBLIC, days=(-1, 20)))
    late = tls(authority.issue("late", PUBLIC, days=(-1, 90)))
    with Front(hub, tls=soon) as front:
        result = audit(hub, hub.token, checks=["HUB-4"], hub_url=public(front.url), **trusted)
        assert {one["severity"]: one["subjects"] for one in result["findings"]} == {
            "medium": ["certificate"],
            "low": ["HSTS"],
        }
    with Front(hub, tls=late) as front:
        low = {"HUB-4": ("low", ["HSTS"])}
        assert found(hub, ["HUB-4"], hub_url=public(front.url), **trusted) == low

    def answer(head: bytes) -> bytes | None:
        return None if b"Authorization" in head else HSTS

    with Front(hub, tls=late, answer=answer) as front:
        assert found(hub, ["HUB-4"], hub_url=public(front.url), **trusted) == {}


def as_if(hub: Hub, path: str, change: Callable[[dict[str, str], Any], None]) -> Wire:
    """Return a forwarder that changes the responses at these paths to those of a hub of another
    version, or with another Python.
    """
    target = urlsplit(hub.url)

    def answer(asked: Asked) -> Answer | None:
        if not asked.path.partition("?")[0].endswith(path):
            return None
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)
        connection.request(asked.method, asked.path, headers=asked.headers)
        response = connection.getresponse()
        headers, content = dict(response.getheaders()), json.loads(response.read())
        connection.close()
        change(headers, content)
        return response.status, headers, json.dumps(content).encode()

    return Wire(hub, answer=answer)


def test_a_python_without_fixes(hub: Hub) -> None:
    def old(_headers: dict[str, str], content: Any) -> None:
        content["python"] = "3.8.20 (default, Oct  2 2024, 16:34:12) [GCC 12.2.0]"

    with as_if(hub, "/info", old) as wire:
        assert found(hub, ["HUB-7"], hub_url=wire.url) == {"HUB-7": ("medium", ["Python 3.8"])}
    assert found(hub, ["HUB-7"]) == {}


@pytest.mark.hubs("5", "6")
def test_shares_on_a_hub_whose_sharing_has_a_hole(hub: Hub) -> None:
    """The hole was fixed in 5.5.1: the same shares on this hub are no fault."""

    def old(headers: dict[str, str], _content: Any) -> None:
        (name,) = [name for name in headers if name.lower() == "x-jupyterhub-version"]
        headers[name] = "5.4.0"

    hub.add_users("ada", "ben")
    with as_if(hub, "", old) as wire:
        assert found(hub, ["SHR-4"], hub_url=wire.url) == {}
        hub.expect("POST", "/shares/ada/", {"user": "ben"})
        severity, subjects = found(hub, ["SHR-4"], hub_url=wire.url)["SHR-4"]
        assert (severity, len(subjects)) == ("high", 1)
    assert found(hub, ["SHR-4"]) == {}
