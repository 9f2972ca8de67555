# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The profiles that differ in what is in front of the hub: web servers, proxies, subdomains, IPv6,
and internal certificates.
"""

from __future__ import annotations

import functools
import socket

from tests.hub.profile import Profile
from tests.hub.web_servers import Apache, Nginx

SUBDOMAINS = """
c.JupyterHub.subdomain_host = settings["bind_url"].rstrip("/").replace("127.0.0.1", "localhost")
"""
INTERNAL_SSL = """
c.JupyterHub.internal_ssl = True
c.JupyterHub.internal_certs_location = str(state / "internal-ssl")
c.JupyterHub.hub_bind_url = settings["hub_bind_url"].replace("http:", "https:")
c.ConfigurableHTTPProxy.api_url = settings["proxy_api_url"].replace("http:", "https:")
"""


def needs_ipv6() -> str | None:
    """Return why no hub can listen on an IPv6 address here, or None."""
    try:
        with socket.socket(socket.AF_INET6) as each:
            each.bind(("::1", 0))
    except OSError as error:
        return f"this machine has no IPv6: {error}"
    return None


# The authenticator needs a moment for each user, like one that queries a directory or creates
# accounts.
SLOW_USERS = """
import asyncio
from jupyterhub.auth import DummyAuthenticator

class SlowAuthenticator(DummyAuthenticator):
    async def add_user(self, user):
        await asyncio.sleep(0.05)

c.JupyterHub.authenticator_class = SlowAuthenticator
c.SlowAuthenticator.password = settings["password"]
"""
RATE = "limit_req_zone $binary_remote_addr zone=api:1m rate=20r/s; limit_req_status {status};"

FRONTS = (
    Profile(
        "nginx",
        "nginx in front, on a sub path, that hands paths on as they come",
        base_url="/jhub/",
        front=Nginx,
        suite=True,
    ),
    Profile(
        "nginx-uri",
        "nginx in front, on a sub path, with a URI in proxy_pass: it decodes and normalises paths",
        base_url="/jhub/",
        front=functools.partial(Nginx, uri=True),
    ),
    Profile(
        "nginx-tls",
        "nginx with TLS before the usual proxy of JupyterHub, on a sub path: what we recommend",
        base_url="/jhub/",
        front=functools.partial(Nginx, tls=True),
        proxy="node",
    ),
    Profile(
        "nginx-small",
        "nginx that takes no request and no address over 1 KiB, and waits one second for an answer",
        front=functools.partial(
            Nginx,
            server="client_max_body_size 1k; client_header_buffer_size 1k;"
            " large_client_header_buffers 4 1k;",
            location="proxy_read_timeout 1s;",
        ),
    ),
    Profile(
        "nginx-impatient",
        "nginx that waits one second for an answer, before a hub that needs longer for many users",
        config=SLOW_USERS,
        front=functools.partial(Nginx, location="proxy_read_timeout 1s;"),
    ),
    Profile(
        "nginx-rate",
        "nginx with limit_req, which answers 503 where somebody asks too often",
        front=functools.partial(
            Nginx, http=RATE.format(status=503), location="limit_req zone=api burst=4 nodelay;"
        ),
    ),
    Profile(
        "nginx-rate-429",
        "nginx with limit_req and limit_req_status 429",
        front=functools.partial(
            Nginx, http=RATE.format(status=429), location="limit_req zone=api burst=4 nodelay;"
        ),
    ),
    Profile(
        "apache",
        "Apache in front with AllowEncodedSlashes NoDecode and nocanon, before the usual proxy of"
        " JupyterHub: what we recommend",
        base_url="/jhub/",
        front=functools.partial(Apache, slashes="NoDecode", nocanon=True),
        proxy="node",
        suite=True,
    ),
    Profile(
        "apache-off",
        "Apache in front as it comes: AllowEncodedSlashes Off",
        base_url="/jhub/",
        front=Apache,
        proxy="node",
    ),
    Profile(
        "apache-on",
        "Apache in front with AllowEncodedSlashes On: it decodes slashes in names",
        base_url="/jhub/",
        front=functools.partial(Apache, slashes="On"),
        proxy="node",
    ),
    Profile(
        "apache-canon",
        "Apache in front with AllowEncodedSlashes NoDecode and without nocanon",
        base_url="/jhub/",
        front=functools.partial(Apache, slashes="NoDecode"),
        proxy="node",
    ),
    Profile(
        "node",
        "the usual proxy of JupyterHub, configurable-http-proxy for Node.js",
        proxy="node",
        suite=True,
    ),
    Profile(
        "subdomains",
        "each user's server on a subdomain of its own",
        config=SUBDOMAINS,
        public_host="localhost",
        proxy="node",
    ),
    Profile(
        "ipv6",
        "a hub and a proxy that listen on an address of IPv6",
        host="[::1]",
        needs=needs_ipv6,
    ),
    Profile(
        "internal-ssl",
        "certificates between the hub, its proxy and its servers",
        config=INTERNAL_SSL,
        proxy="node",
        direct=False,
    ),
)
