# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Intermediaries between a module and a hub on this machine: a TLS endpoint, another address, a
proxy, a redirecting server.
"""

from __future__ import annotations

import re
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.hub import Hub

# The first line of a request to a proxy: the method, and the host or URL.
TO_PROXY = re.compile(rb"([A-Z]+) (?:http://)?([^/ ]+)(\S*) ")


class Front:
    """Forwards requests from another port to a hub, and records them.

    tls: how to encrypt this port.
    host: where to listen: 127.0.0.1 or ::1.
    answer: called with the head of every request; returns the response to send instead of the
        hub's, or None to forward the request.

    received: everything that clients have sent, decrypted. Empty if no client trusts the
        certificate.
    calls: the number of connections.
    """

    def __init__(
        self,
        hub: Hub,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        answer: Callable[[bytes], bytes | None] | None = None,
    ) -> None:
        target = urlsplit(hub.url)
        self.target = target.hostname or "", target.port or 80
        self.tls = tls
        self.answer = answer
        self.received = b""
        self.calls = 0
        front = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                front.calls += 1
                front.serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False

        self._server = Server((host, 0), Handler)
        shown = f"[{host}]" if ":" in host else host
        self.url = (
            f"http{'s' if tls else ''}://{shown}:{self._server.server_address[1]}{target.path}"
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def serve(self, client: socket.socket) -> None:
        """Serve one connection until it ends."""
        client.settimeout(60)
        try:
            if self.tls is not None:
                client = self.tls.wrap_socket(client, server_side=True)
            with client, socket.create_connection(self.target, timeout=60) as hub:
                self.forward(client, hub)
        except OSError:
            # A client that does not trust the certificate, whose own certificate is not trusted, or
            # that has closed the connection.
            return

    def forward(self, client: socket.socket, hub: socket.socket) -> None:
        """Forward data in both directions until one side closes."""
        while True:
            # One thread does both, because an encrypted socket cannot be read and written at the
            # same time. select does not see data that is already decrypted.
            decrypted = isinstance(client, ssl.SSLSocket) and client.pending()
            for ready in [client] if decrypted else select.select([client, hub], [], [], 60)[0]:
                data = ready.recv(65536)
                if not data:
                    return
                if ready is hub:
                    client.sendall(data)
                    continue
                self.received += data
                answer = self.answer(data) if self.answer else None
                if answer is not None:
                    client.sendall(answer)
                    return
                hub.sendall(self.rewritten(data))

    def rewritten(self, data: bytes) -> bytes:
        """Return a client's request as the hub has to receive it."""
        return data


class Proxy(Front):
    """An HTTP proxy, as environment variables name it. It forwards everything to this hub or front,
    whatever host is requested.

    asked: the requests to the proxy: method, host and path.
    """

    def __init__(self, hub: Hub, *, to: Front | None = None) -> None:
        super().__init__(hub)
        self.asked: list[tuple[str, str, str]] = []
        self.url = self.url.removesuffix(urlsplit(hub.url).path)
        if to is not None:
            parts = urlsplit(to.url)
            self.target = parts.hostname or "", parts.port or 80

    def serve(self, client: socket.socket) -> None:
        """Open a tunnel if one is requested, or forward each request."""
        client.settimeout(60)
        if client.recv(8, socket.MSG_PEEK).startswith(b"CONNECT "):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            self.received += head
            self.rewritten(head)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        super().serve(client)

    def rewritten(self, data: bytes) -> bytes:
        """Return a request in the form for a server instead of a proxy."""
        found = TO_PROXY.match(data)
        if found is None:
            return data
        method, host, path = found.groups()
        self.asked.append((method.decode(), host.decode(), path.decode()))
        return b"%s %s %s" % (method, path, data[found.end() :])


def redirecting(
    status: int, place: str, *, all_but: bytes | None = None
) -> Callable[[bytes], bytes | None]:
    """Return a function that answers all requests, except those of one method, with a redirect."""
    answer = (
        f"HTTP/1.1 {status} Moved\r\nLocation: {place}\r\nContent-Length: 0\r\nConnection:"
        " close\r\n\r\n".encode()
    )
    return lambda head: None if all_but and head.startswith(all_but) else answer
