# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spawners of the test hubs. The hub's own Python imports this file, the tests do not.

Every spawner obeys the same switches, which are keys of the server's ``user_options``:

- ``delay``: seconds to wait before the server starts. If they are more than the hub's patience, the
  hub answers 202.
- ``fail``: the text of the error with which the start ends, after ``delay``. With both, the start
  can fail after the 202.
- ``reject``: the text of a 403 with which the start is refused, as a quota does.
- ``stuck``: if true, the start never ends.
- ``stop_delay``: seconds that a stop takes.

If ``user_options`` cannot be given, the user's name has the same effect: ``slow-alice`` and
``slow`` are slow (see ``BY_NAME``).
"""

from __future__ import annotations

import asyncio
import json
import pathlib
from typing import Any

from jupyterhub import __version__
from jupyterhub.spawner import SimpleLocalProcessSpawner, Spawner
from tornado import web

# This is two seconds longer than the hub waits before it answers a start or a stop with 202.
settings = json.loads(pathlib.Path("settings.json").read_text(encoding="utf-8"))
SLOW = 2.0 + (settings["patience"] or 10.0)

BY_NAME: dict[str, dict[str, Any]] = {
    "slow": {"delay": SLOW},
    "fail": {"fail": "the node is full"},
    "late": {"delay": SLOW, "fail": "the node is full"},
    "reject": {"reject": "quota exceeded"},
    "stuck": {"stuck": True},
    "lazy": {"stop_delay": SLOW},
}


class Switched:
    """Shared by the three spawners: apply the switches before the server starts and before it
    stops.
    """

    # The Spawner class that uses this mixin has both attributes.
    user: Any
    user_options: Any

    def switches(self) -> dict[str, Any]:
        """Return the switches of this server; an option overrides the user's name."""
        named = BY_NAME.get(self.user.name.split("-", 1)[0], {})
        options = self.user_options if isinstance(self.user_options, dict) else {}
        return {**named, **options}

    async def before_start(self) -> None:
        """Wait, fail or hang as the switches demand; raise the error for the hub."""
        switches = self.switches()
        if switches.get("reject"):
            raise web.HTTPError(403, str(switches["reject"]))
        await asyncio.sleep(float(switches.get("delay", 0)))
        if switches.get("stuck"):
            await asyncio.Event().wait()
        if switches.get("fail"):
            raise RuntimeError(str(switches["fail"]))

    async def before_stop(self, now: bool) -> None:
        """Wait as the switches demand, unless the hub stops the server without waiting."""
        if not now:
            await asyncio.sleep(float(self.switches().get("stop_delay", 0)))


class InProcessSpawner(Switched, Spawner):
    """A server that is a coroutine in the hub's process: 200 of them start in a few seconds and
    need no memory.
    """

    _socket_server: asyncio.AbstractServer | None = None

    async def start(self) -> tuple[str, int]:
        """Start answering on a free port and return the address."""
        await self.before_start()
        self._socket_server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        return "127.0.0.1", self._socket_server.sockets[0].getsockname()[1]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection: 200 below the server's own prefix, 404
        elsewhere.
        """
        prefix = self.server.base_url if self.server else "/"
        body = b'{"version": "stub"}'
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode()
                status = b"200 OK" if path.startswith(prefix) else b"404 Not Found"
                writer.write(
                    b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                    % (status, len(body), body)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the other side has closed the connection, so nothing is left to answer
        finally:
            writer.close()

    async def poll(self) -> int | None:
        """Return None while the server answers, otherwise an exit status."""
        return None if self._socket_server else 0

    async def stop(self, now: bool = False) -> None:
        """Stop answering."""
        await self.before_stop(now)
        if self._socket_server:
            self._socket_server.close()
            self._socket_server = None


class ProcessSpawner(Switched, SimpleLocalProcessSpawner):
    """A server that is a process of its own. It is recorded in a file, so that it can be found
    after the hub is killed.
    """

    def get_env(self) -> dict[str, str]:
        """Mark the process as one of this hub."""
        return {**super().get_env(), "HUB_STATE": str(pathlib.Path.cwd())}

    async def start(self) -> tuple[str, int]:
        """Start the process, record its pid, and return the address."""
        await self.before_start()
        address: tuple[str, int] = await super().start()
        pids = pathlib.Path("servers")
        pids.mkdir(exist_ok=True)
        (pids / str(self.pid)).touch()
        return address

    async def stop(self, now: bool = False) -> None:
        """Stop the process and forget its pid."""
        await self.before_stop(now)
        pid = self.pid
        await super().stop(now)
        pathlib.Path("servers", str(pid)).unlink(missing_ok=True)


class StubSpawner(ProcessSpawner):
    """The smallest real server process: it starts in 50 ms, has a pid and survives the hub."""

    def get_env(self) -> dict[str, str]:
        """Pass the hub's version to the stub, because the hub compares it with its own."""
        return {**super().get_env(), "STUB_HUB_VERSION": __version__}

    def get_args(self) -> list[str]:
        """Return no arguments, because the stub reads only its environment."""
        return []


class SingleUserSpawner(ProcessSpawner):
    """The real ``jupyterhub-singleuser``."""
