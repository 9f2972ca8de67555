# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults, as an addon of mitmproxy. ``mitmdump`` imports this file with its own Python; the
tests control it with ``proxy.py``.

A script assigns faults to the next requests, which are counted from 0. Faults that mitmproxy can
make itself:

- ``page-502-before`` and similar: the proxy answers with a web page, and the hub does not receive
  the request. With ``-after``, the hub has carried out the request before.
- ``429-seconds``, ``429-date``, ``429-none``: the proxy answers 429, with ``Retry-After`` in
  seconds, as a date, or without it.
- ``garbled``: half of the body, followed by bytes that are not JSON. The length fits.
- ``slow``: the response comes after the client has stopped waiting.
- ``cut``: the header announces the whole body, half of it is sent, and the connection is closed.
- ``impostor-200-text-before`` and similar: another server answers with this status and this kind of
  body. With ``-after``, the hub has carried out the request before.

Faults that need the socket below mitmproxy, which itself closes connections only in the regular
way:

- ``reset-before``, ``reset-after``: the connection is closed with RST, before or after the hub has
  received the request.
- ``cut`` for a response without a body: half of its first line is sent, and the connection is
  closed.
- ``refused``: the operating system refuses the connection. Before the response to the previous
  request is sent, the listening socket, the connection of that request and idle connections are
  closed. This lasts until the tests send ``listen``.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import json
import os
import socket
import struct
import time
from typing import Any

from mitmproxy import connection, ctx, http

PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr><center>proxy</center></body></html>"


class Faults:
    """The script of the tests, and the requests so far."""

    def __init__(self) -> None:
        self.seen: list[list[Any]] = []
        self.script: dict[int, str] = {}
        self.forever: tuple[int, str] | None = None
        self.delay = 0.0
        self.listening = True
        # Connections of clients that wait for a response.
        self.busy: set[str] = set()

    # Commands of the tests

    async def running(self) -> None:
        """Accept commands of the tests once the proxy is ready."""
        control = socket.socket(fileno=int(os.environ["FAULTS_CONTROL"]))
        self.reader, self.writer = await asyncio.open_connection(sock=control)
        self.task = asyncio.create_task(self.obey())

    async def obey(self) -> None:
        """Execute the commands of the tests, one per line, until the tests close the connection."""
        while line := await self.reader.readline():
            answer = await getattr(self, "order_" + json.loads(line)["order"])(json.loads(line))
            self.writer.write(json.dumps(answer).encode() + b"\n")
            await self.writer.drain()
        ctx.master.shutdown()

    async def order_script(self, order: dict[str, Any]) -> None:
        """Count requests from 0 again, and set the faults of the next requests."""
        self.seen = []
        self.script = {int(number): fault for number, fault in order["faults"].items()}
        self.forever = tuple(order["forever"]) if order["forever"] else None
        self.delay = order["delay"]
        await self.set_listening(self.fault(0) != "refused")

    async def order_listen(self, order: dict[str, Any]) -> None:
        """Accept connections again, unless the next request is to be refused as well."""
        if not self.listening:
            self.seen.append(["", "", "refused", None])
            await self.set_listening(self.fault(len(self.seen)) != "refused")

    async def order_seen(self, order: dict[str, Any]) -> list[list[Any]]:
        """Return the method, path and fault of every request, and the hub's own status."""
        return self.seen

    async def set_listening(self, wanted: bool) -> None:
        """Open or close the listening socket."""
        if wanted != self.listening:
            (server,) = ctx.master.addons.get("proxyserver").servers
            await (server.start() if wanted else server.stop())
            self.listening = wanted

    # Requests

    def fault(self, number: int) -> str:
        """Return the fault of this request, or nothing."""
        if self.forever and number >= self.forever[0]:
            return self.forever[1]
        return self.script.get(number, "")

    async def request(self, flow: http.HTTPFlow) -> None:
        """Count a request, and answer it without the hub if its fault demands that."""
        number = len(self.seen)
        # This request was already on its way when the socket was closed, so it could not be
        # refused.
        fault = self.fault(number).replace("refused", "")
        self.busy.add(flow.client_conn.id)
        flow.metadata["entry"] = entry = [flow.request.method, flow.request.path, fault, None]
        self.seen.append(entry)
        flow.metadata["last"] = self.fault(number + 1) == "refused"
        flow.metadata["own"] = fault.endswith("-before") or fault.startswith("429-")
        if not flow.metadata["own"]:
            return
        await self.end_of_line(flow)
        if fault == "reset-before":
            self.reset(flow)
        elif fault.startswith("page"):
            flow.response = page(int(fault.split("-")[1]))
        elif fault.startswith("impostor"):
            flow.response = impostor(fault)
        else:
            seconds = {
                "429-seconds": "7",
                "429-date": email.utils.formatdate(time.time() + 8, usegmt=True),
            }.get(fault)
            flow.response = http.Response.make(
                429, PAGE.format("429 Too Many Requests"), {"Content-Type": "text/html"}
            )
            if seconds:
                flow.response.headers["Retry-After"] = seconds
        self.hang_up(flow)

    async def response(self, flow: http.HTTPFlow) -> None:
        """Change a response of the hub if the fault of the request demands that."""
        entry = flow.metadata["entry"]
        if flow.metadata["own"] or flow.response is None:
            return
        entry[3] = flow.response.status_code
        fault = entry[2]
        await self.end_of_line(flow)
        if fault == "reset-after":
            self.reset(flow)
        elif fault == "slow":
            await asyncio.sleep(self.delay)
            flow.kill()
        elif fault.startswith("page"):
            flow.response = page(int(fault.split("-")[1]))
        elif fault.startswith("impostor"):
            flow.response = impostor(fault)
        elif fault == "cut":
            self.cut(flow, flow.response)
        elif fault == "garbled":
            content = flow.response.content
            if content:
                flow.response.content = content[: len(content) // 2] + b"\xff\x00<"
            else:
                entry[2] = ""
        self.hang_up(flow)

    @staticmethod
    def hang_up(flow: http.HTTPFlow) -> None:
        """Close the connection after this response if the next request is to be refused."""
        if flow.metadata["last"] and flow.response is not None:
            flow.response.headers["Connection"] = "close"

    async def end_of_line(self, flow: http.HTTPFlow) -> None:
        """If the next request is to be refused, stop listening and close idle connections before
        this response is sent.
        """
        self.busy.discard(flow.client_conn.id)
        if flow.metadata["last"] and flow.metadata["entry"] is self.seen[-1]:
            await self.set_listening(False)
            for handler in ctx.master.addons.get("proxyserver").connections.values():
                if handler.client.id not in self.busy | {flow.client_conn.id}:
                    writer = handler.transports[handler.client].writer
                    writer.close()
                    # The connections have to be closed before the response is sent. Otherwise the
                    # next request could be lost on a connection that is just being closed, instead
                    # of being refused.
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()

    def client_disconnected(self, client: connection.Client) -> None:
        """Forget a client that has disconnected before its response."""
        self.busy.discard(client.id)

    def cut(self, flow: http.HTTPFlow, response: http.Response) -> None:
        """Send half of a response, and close the connection."""
        content = response.raw_content
        if content:
            response.headers["Content-Length"] = str(len(content))
            response.headers.pop("Transfer-Encoding", None)
            response.headers["Connection"] = "close"
            # The attribute `content` is not used, because it corrects the length.
            response.data.content = content[: len(content) // 2]
        else:
            # Many clients take a longer part of the header for a complete one.
            self.socket_of(flow).write(b"HTTP/1.1 2")
            flow.kill()

    def reset(self, flow: http.HTTPFlow) -> None:
        """Close the client's connection with RST."""
        writer = self.socket_of(flow)
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        writer.transport.abort()
        flow.kill()

    @staticmethod
    def socket_of(flow: http.HTTPFlow) -> asyncio.StreamWriter:
        """Return the object that writes to the client."""
        handler = ctx.master.addons.get("proxyserver").connections[flow.client_conn.id]
        writer: asyncio.StreamWriter = handler.transports[flow.client_conn].writer
        return writer


def page(status: int) -> http.Response:
    """Return the page of a proxy whose server fails."""
    reason = {502: "502 Bad Gateway", 503: "503 Service Unavailable", 504: "504 Gateway Time-out"}[
        status
    ]
    return http.Response.make(status, PAGE.format(reason), {"Content-Type": "text/html"})


BODIES = {
    "text": (b"blocked by policy", "text/plain"),
    "object": (b"{}", "application/json"),
    "list": (b"[]", "application/json"),
    "json": (
        b'{"message": "no Route matched with those values", "name": "ada"}',
        "application/json",
    ),
    "html": (b"<html><body>Access denied</body></html>", "text/html; charset=utf-8"),
    "empty": (b"", "text/html"),
    "bare": (b"", ""),
}


def impostor(fault: str) -> http.Response:
    """Return the response of a gateway, a firewall or a login page in place of the hub's."""
    _impostor, status, kind, *_rest = fault.split("-")
    body, media = BODIES[kind]
    headers = {"Server": "gateway/1.0", **({"Content-Type": media} if media else {})}
    if status.startswith("3"):
        headers["Location"] = "https://login.example.org/"
    return http.Response.make(int(status), body, headers)


addons = [Faults()]
