# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shared by the tests of the client: broken connections, and responses of other servers."""

from __future__ import annotations

import typing as t

import requests
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import (
    HubClient,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Reply,
)
from urllib3.exceptions import MaxRetryError, NewConnectionError

Connect = t.Callable[..., HubClient]

BUSY = Reply(503, text="Service Unavailable", kind=None, foreign=True)

DONE = Reply(200, {"done": True})

WRITES = ("POST", "PUT", "PATCH", "DELETE")


def broken(kind: str = "reset") -> Exception:
    """Return the exception of requests for a failed connection."""
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


def foreign(status: int, text: str = "", kind: str | None = "text/html", **headers: str) -> Reply:
    """Return a response of a server in front of the hub."""
    return Reply(status, text=text, kind=kind, foreign=True, headers=headers)
