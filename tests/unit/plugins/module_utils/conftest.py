# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the unit tests."""

from __future__ import annotations

import time
import typing as t

import pytest
import requests
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import Connection
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import HUB, Wire


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove settings of this machine from the environment of the tests."""
    for name in (
        "JUPYTERHUB_API_URL",
        "JUPYTERHUB_API_TOKEN",
        "JUPYTERHUB_API_TOKEN_FILE",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "SSL_CERT_FILE",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays that the code under test has requested. It does not really sleep."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    return waits


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """The wire for all requests."""
    wire = Wire()
    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: wire)
    return wire


@pytest.fixture
def connect() -> t.Callable[..., HubClient]:
    """Return a function that creates a client; settings replace the usual ones."""

    def make(*, read_only: bool = False, **settings: t.Any) -> HubClient:
        return HubClient(
            Connection(**{"hub_url": HUB, "api_token": "s3cr3t-token", **settings}),
            read_only=read_only,
        )

    return make


@pytest.fixture
def client(connect: t.Callable[..., HubClient], slept: list[float], wire: Wire) -> HubClient:
    """A client on the wire, which does not really sleep."""
    return connect()
