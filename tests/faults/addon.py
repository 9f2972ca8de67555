# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults, as an addon of mitmproxy. ``mitmdump`` imports this file with its own Python; the
tests talk to it by ``proxy.py``.

A script says which of the next requests meets which fault; requests are counted from 0. Made by
mitmproxy's own means:

``page-502-before``...  the proxy answers with a web page, and the hub hears nothing; ``-after``:
the hub has done what it was asked for ``429-seconds``...      the proxy answers 429, with
``Retry-After`` in seconds, as a date, or without ``garbled``             half of the body, and then
bytes that are no JSON, with a fitting length ``slow``                the answer comes when nobody
waits for it any more ``cut``                 the head promises the whole body, half of it comes,
then the connection is closed

``impostor-200-text-before``...  something else than the hub answers, with this status and this kind
                        of body; ``-after``: and the hub has done what it was asked for

And with the socket below mitmproxy, which can only close a connection in good order:

``reset-before``, ``-after``  the socket is closed with data unsent, which the system tells the
other side by RST; before or after the hub ``cut``, without a body       half of the first line
comes, then the connection is closed ``refused``                   before the answer to the request
before this one, the listening socket is closed, and its connection and idle ones
                              are ended, until the tests say ``listen``: so the system refuses this
                              try
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
    """What the tests have ordered, and what has come through."""

    def __init__(self) -> None:
        self.seen: list[list[Any]] = []
        self.script: dict[int, str] = {}
        self.forever: tuple[int, str] | None = None
        self.delay = 0.0
        self.listening = True
        # The connections of clients that wait for an answer.
        self.busy: set[str] = set()

    # Orders

    async def running(self) -> None:
        """Listen to the tests, from when the proxy is ready."""
        control = socket.socket(fileno=int(os.environ["FAULTS_CONTROL"]))
        self.reader, self.writer = await asyncio.open_connection(sock=control)
        self.task = asyncio.create_task(self.obey())

    async def obey(self) -> None:
        """Do what the tests say, one line after the other; end when they do."""
        while line := await self.reader.readline():
            answer = await getattr(self, "order_" + json.loads(line)["order"])(json.loads(line))
            self.writer.write(json.dumps(answer).encode() + b"\n")
            await self.writer.drain()
        ctx.master.shutdown()

    async def order_script(self, order: dict[str, Any]) -> None:
        """Begin anew: count from 0, and meet the next requests with these faults."""
        self.seen = []
        self.script = {int(number): fault for number, fault in order["faults"].items()}
        self.forever = tuple(order["forever"]) if order["forever"] else None
        self.delay = order["delay"]
        await self.set_listening(self.fault(0) != "refused")

    async def order_listen(self, order: dict[str, Any]) -> None:
        """End what refuses connections, if the next request is not to be refused as well."""
        if not self.listening:
            self.seen.append(["", "", "refused", None])
            await self.set_listening(self.fault(len(self.seen)) != "refused")

    async def order_seen(self, order: dict[str, Any]) -> list[list[Any]]:
        """Return method, path, fault and the hub's own status of every request."""
        return self.seen

    async def set_listening(self, wanted: bool) -> None:
        """Open or close the listening socket."""
        if wanted != self.listening:
            (server,) = ctx.master.addons.get("proxyserver").servers
            await (server.start() if wanted else server.stop())
            self.listening = wanted

    # Requests

    def fault(self, number: int) -> str:
        """Return the fault that this request is to meet, or nothing."""
        if self.forever and number >= self.forever[0]:
            return self.forever[1]
        return self.script.get(number, "")

    async def request(self, flow: http.HTTPFlow) -> None:
        """Count a request, and keep it from the hub where the script says so."""
        number = len(self.seen)
        # One that could not be refused, as it was on its way already.
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
        """Spoil an answer of the hub where the script says so."""
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
        """End the connection after this answer if the next request is to be refused."""
        if flow.metadata["last"] and flow.response is not None:
            flow.response.headers["Connection"] = "close"

    async def end_of_line(self, flow: http.HTTPFlow) -> None:
        """Stop listening before this answer if the next request is to be refused, and end the
        connections that nobody uses.
        """
        self.busy.discard(flow.client_conn.id)
        if flow.metadata["last"] and flow.metadata["entry"] is self.seen[-1]:
            await self.set_listening(False)
            for handler in ctx.master.addons.get("proxyserver").connections.values():
                if handler.client.id not in self.busy | {flow.client_conn.id}:
                    writer = handler.transports[handler.client].writer
                    writer.close()
                    # The end has to be there before the answer is: a request on a connection that
                    # is just being ended is lost, not refused, and nobody can tell the client which
                    # of the two it was.
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()

    def client_disconnected(self, client: connection.Client) -> None:
        """Forget a client who has not waited for his answer."""
        self.busy.discard(client.id)

    def cut(self, flow: http.HTTPFlow, response: http.Response) -> None:
        """Send half of an answer, and close the connection."""
        content = response.raw_content
        if content:
            response.headers["Content-Length"] = str(len(content))
            response.headers.pop("Transfer-Encoding", None)
            response.headers["Connection"] = "close"
            # Not by the attribute `content`, which corrects the length.
            response.data.content = content[: len(content) // 2]
        else:
            # A head that is cut further on is taken for a whole one by many clients.
            self.socket_of(flow).write(b"HTTP/1.1 2")
            flow.kill()

    def reset(self, flow: http.HTTPFlow) -> None:
        """End the client's connection with RST."""
        writer = self.socket_of(flow)
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        writer.transport.abort()
        flow.kill()

    @staticmethod
    def socket_of(flow: http.HTTPFlow) -> asyncio.StreamWriter:
        """Return what writes to the client."""
        handler = ctx.master.addons.get("proxyserver").connections[flow.client_conn.id]
        writer: asyncio.StreamWriter = handler.transports[flow.client_conn].writer
        return writer


def page(status: int) -> http.Response:
    """Return what a proxy says when the server behind it fails."""
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
    """Return what a gateway, a firewall or a login page answers in the place of the hub."""
    _impostor, status, kind, *_rest = fault.split("-")
    body, media = BODIES[kind]
    headers = {"Server": "gateway/1.0", **({"Content-Type": media} if media else {})}
    if status.startswith("3"):
        headers["Location"] = "https://login.example.org/"
    return http.Response.make(int(status), body, headers)


addons = [Faults()]
