# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of every test hub: it reads ``settings.json`` of the state directory, which is
the working directory.

The settings are written by ``tests.hub``; tokens travel in that file, never in arguments or in the
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
import _process  # noqa: E402 - found by the line above
import spawners  # noqa: E402 - found by the path above too

settings: dict[str, Any] = json.loads((state / "settings.json").read_text(encoding="utf-8"))
if settings["packages"]:
    # After the hub's own ones, which stay as they are.
    sys.path.append(settings["packages"])
c: Any = globals()["get_config"]()  # JupyterHub has put it there
modern = jupyterhub.version_info[0] >= 5

# Every request is in the access log at INFO (4xx at WARNING, 5xx at ERROR): this is what
# Hub.requests() counts.
c.JupyterHub.log_level = "INFO"
c.JupyterHub.bind_url = settings["bind_url"]
c.JupyterHub.hub_bind_url = settings["hub_bind_url"]
c.JupyterHub.db_url = settings["db_url"]
c.JupyterHub.cookie_secret = bytes.fromhex(settings["cookie_secret"])
c.JupyterHub.allow_named_servers = settings["allow_named"]
c.JupyterHub.services = settings["services"]
c.JupyterHub.load_roles = settings["roles"]
# They are random and long: the hub need not work for a millisecond, at each request, to make up for
# a token that somebody has thought of.
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
# The proxy written in Python gives up after 20 seconds otherwise, and creating thousands of users
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
# -I -S: the stub needs the standard library only, and starts twice as fast without site-packages.
c.StubSpawner.cmd = [sys.executable, "-I", "-S", str(here / "stub_server.py")]
c.SingleUserSpawner.cmd = [str(programs / "jupyterhub-singleuser")]
if os.getuid() == 0:
    # Jupyter Server refuses to run as root unless told, and in a container everything is root.
    c.SingleUserSpawner.args = ["--allow-root"]
c.SimpleLocalProcessSpawner.home_dir_template = str(state / "home" / "{username}")

exec(compile(settings["config"], "the test's own configuration", "exec"))

# A service that the hub starts is noted as servers are, by spawners.py: it outlives a killed hub
# too.
NOTE = 'mkdir -p "$HUB_STATE/servers" && : > "$HUB_STATE/servers/$$" && exec "$@"'
for service in c.JupyterHub.services:
    if service.get("command"):
        service["command"] = ["sh", "-c", NOTE, "sh", *service["command"]]
        service["environment"] = {**service.get("environment", {}), "HUB_STATE": str(state)}


def follow() -> None:
    """End the hub in good order when the process that started it is gone, however it ended."""
    # Not sys.stdin, whose lock this thread would hold for ever: a hub that ends by itself would die
    # of that, and its own reason be lost.
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    # One that cannot end in good order, without its database for instance, ends all the same, and
    # with it what it has started.
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
