# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of every test hub. It reads ``settings.json`` in the state directory, which is
the working directory.

``tests.hub`` writes the settings. They contain the tokens, which are never in arguments or in the
environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import sys
import threading
import time
from typing import Any

import jupyterhub

here = pathlib.Path(__file__).resolve().parent
programs = pathlib.Path(sys.executable).parent
state = pathlib.Path.cwd()

sys.path.insert(0, str(here))
import _process  # noqa: E402 - the line above makes it importable
import spawners  # noqa: E402 - so does the path above

settings: dict[str, Any] = json.loads((state / "settings.json").read_text(encoding="utf-8"))
if settings["packages"]:
    # Our packages come after the hub's own, which stay unchanged.
    sys.path.append(settings["packages"])
c: Any = globals()["get_config"]()  # JupyterHub defines it
modern = jupyterhub.version_info[0] >= 5

# At INFO the access log has every request (4xx at WARNING, 5xx at ERROR). Hub.requests() counts
# them.
c.JupyterHub.log_level = "INFO"
c.JupyterHub.bind_url = settings["bind_url"]
c.JupyterHub.hub_bind_url = settings["hub_bind_url"]
c.JupyterHub.db_url = settings["db_url"]
c.JupyterHub.cookie_secret = bytes.fromhex(settings["cookie_secret"])
c.JupyterHub.allow_named_servers = settings["allow_named"]
c.JupyterHub.services = settings["services"]
c.JupyterHub.load_roles = settings["roles"]
# Our tokens are random and long, so the hub needs no slow hash, which would cost a millisecond at
# each request and only protects tokens that people have chosen.
c.JupyterHub.trust_user_provided_tokens = True
if settings["page_limit"] is not None:
    c.JupyterHub.api_page_default_limit = settings["page_limit"]
    c.JupyterHub.api_page_max_limit = settings["page_limit"]
if settings["patience"] is not None:
    c.JupyterHub.tornado_settings = dict.fromkeys(
        ("slow_spawn_timeout", "slow_stop_timeout"), settings["patience"]
    )

c.ConfigurableHTTPProxy.api_url = settings["proxy_api_url"]
c.ConfigurableHTTPProxy.auth_token = settings["proxy_token"]
# The proxy in Python would otherwise give up after 20 seconds, and creating thousands of users
# takes longer.
c.ConfigurableHTTPProxy.command = [
    settings["node_proxy"] or str(programs / "configurable-http-proxy"),
    "--proxy-timeout",
    "600000",
]

c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = settings["password"]
if modern:
    c.Authenticator.allow_all = True
if settings["crypt_key"]:
    c.Authenticator.enable_auth_state = True
    c.CryptKeeper.keys = [bytes.fromhex(settings["crypt_key"])]

c.JupyterHub.spawner_class = {
    "inprocess": spawners.InProcessSpawner,
    "stub": spawners.StubSpawner,
    "singleuser": spawners.SingleUserSpawner,
}[settings["spawner"]]
# With -I -S the stub starts twice as fast, without site-packages. It only needs the standard
# library.
c.StubSpawner.cmd = [sys.executable, "-I", "-S", str(here / "stub_server.py")]
c.SingleUserSpawner.cmd = [str(programs / "jupyterhub-singleuser")]
if os.getuid() == 0:
    # Jupyter Server refuses to run as root by default, and in a container everything is root.
    c.SingleUserSpawner.args = ["--allow-root"]
c.SimpleLocalProcessSpawner.home_dir_template = str(state / "home" / "{username}")

exec(compile(settings["config"], "the test's own configuration", "exec"))

# spawners.py records a service that the hub starts, as it records servers, because it survives a
# killed hub too.
NOTE = 'mkdir -p "$HUB_STATE/servers" && : > "$HUB_STATE/servers/$$" && exec "$@"'
for service in c.JupyterHub.services:
    if service.get("command"):
        service["command"] = ["sh", "-c", NOTE, "sh", *service["command"]]
        service["environment"] = {**service.get("environment", {}), "HUB_STATE": str(state)}


def follow() -> None:
    """Stop the hub in the regular way when the process that started it has ended for any reason."""
    # sys.stdin is not used: this thread would hold its lock for ever, so that a hub that ends by
    # itself would crash and hide its own error.
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    # A hub that cannot stop in the regular way, for instance without its database, is killed
    # together with its processes.
    time.sleep(20)
    pids = [int(file.name) for file in state.glob("servers/*")]
    with contextlib.suppress(OSError, ValueError):
        pids.append(int((state / "jupyterhub-proxy.pid").read_text(encoding="utf-8")))
    for pid in pids:
        if _process.belongs_to(pid, state):
            _process.end(pid, grace=0)
    os.kill(os.getpid(), signal.SIGKILL)


if settings["follow"]:
    threading.Thread(target=follow, daemon=True).start()
