# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest real single-user server: it answers only below its own prefix and sends its hub's
version. It needs only the standard library.
"""

from __future__ import annotations

import json
import os
import socketserver
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import urlparse

URL = urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
PREFIX = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
VERSION = os.environ.get("STUB_HUB_VERSION", "")


class Handler(BaseHTTPRequestHandler):
    """Answer GET with 200 below the prefix and with 404 elsewhere."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer one request."""
        mine = self.path.startswith(PREFIX)
        body = json.dumps({"version": "stub"} if mine else {"message": "not mine"}).encode()
        self.send_response(200 if mine else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-JupyterHub-Version", VERSION)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Log nothing, because the tests read the hub's log."""


class Server(ThreadingHTTPServer):
    """An HTTP server that does not look up its own host name, which takes seconds on some
    machines.
    """

    def server_bind(self) -> None:
        """Bind as any TCP server does."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = cast("tuple[str, int]", self.server_address[:2])


if __name__ == "__main__":
    Server((URL.hostname or "127.0.0.1", URL.port or 0), Handler).serve_forever()
