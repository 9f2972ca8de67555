# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""What a client without a token sees of a hub: no token is sent here, and nothing is judged."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import socket
import ssl
import time
from urllib.parse import urlsplit

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HubError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.browser import page
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.retry import PASSING_STATUS

# Seconds for a handshake, and again for an answer's headers; and bytes for these.
PATIENCE = 20
MOST_HEADERS = 65536


@dataclasses.dataclass(frozen=True)
class OutsideView:
    """None: not asked, or not to be told.

    :param certificate_until: ISO 8601.
    """

    metrics: bool | None = None
    signup: bool | None = None
    hsts: bool | None = None
    certificate_until: str | None = None


def look_from_outside(api: HubApi, *, pages: bool) -> OutsideView:
    """Ask as a client without a token would.

    :param pages: ask for the metrics and the sign-up page too.
    :raises HubError: the hub does not answer.
    """
    metrics = signup = None
    if pages:
        bare = dataclasses.replace(api.client.connection, api_token=None)
        with HubClient(bare, read_only=True) as stranger:
            try:
                metrics, signup = (
                    _shows(api.client, stranger, path) for path in ("/metrics", "/signup")
                )
            finally:
                api.client.absorb(stranger.requests)
    until, hsts = _tls(api.client.connection.hub_url, api.client.connection.verify)
    return OutsideView(metrics, signup, hsts, until)


def _shows(client: HubClient, stranger: HubClient, path: str) -> bool | None:
    """:returns: whether anyone can see a page of the hub; None where something in front of the hub
    keeps saying that it is not there at the moment.
    """
    attempt = 0
    while True:
        try:
            found = page(stranger, "GET", path)
        except HubError:
            if not client.pause(attempt):
                raise
        else:
            if found.of_hub or found.status not in PASSING_STATUS:
                # Where a proxy answers in its place, nobody sees the page.
                return found.of_hub and found.status == 200
            if not client.pause(attempt):
                return None
        attempt += 1


def _tls(url: str, verify: bool | str) -> tuple[str | None, bool | None]:
    """:returns: until when the certificate holds, and whether browsers are told to stay with https.

    Without a check of the certificate, Python does not tell what is in it. An address that does not
    answer here has answered otherwise before, through a proxy for instance: then neither is known.
    """
    address = urlsplit(url)
    if address.scheme != "https" or not verify or not address.hostname:
        return None, None
    context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
    try:
        with contextlib.ExitStack() as stack:
            plain = socket.create_connection((address.hostname, address.port or 443), PATIENCE)
            stack.enter_context(plain)
            encrypted = context.wrap_socket(plain, server_hostname=address.hostname)
            stack.enter_context(encrypted)
            certificate = encrypted.getpeercert() or {}
            hsts = _hsts(encrypted, address.netloc.rpartition("@")[2], address.path or "/")
    except (OSError, ValueError):
        return None, None
    ends = certificate.get("notAfter")
    if not isinstance(ends, str):
        return None, hsts
    moment = datetime.datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), datetime.timezone.utc)
    return moment.isoformat(), hsts


def _hsts(connection: ssl.SSLSocket, host: str, path: str) -> bool:
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAccept: */*\r\n\r\n"
    connection.sendall(request.encode("ascii", "ignore"))
    answer, end = b"", time.monotonic() + PATIENCE
    while b"\r\n\r\n" not in answer and len(answer) < MOST_HEADERS:
        # For all of them together: they may come one byte after the other.
        connection.settimeout(max(0.001, end - time.monotonic()))
        piece = connection.recv(4096)
        if not piece:
            break
        answer += piece
    return b"\nstrict-transport-security:" in answer.partition(b"\r\n\r\n")[0].lower()
