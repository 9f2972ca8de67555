# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""A bound in time for one request as a whole.

The timeouts of a socket count from one piece of data to the next, so a peer that sends a byte now
and then never times out. Here a thread ends the connection itself, whatever it is doing:
connecting, TLS, the header, or the body. One thread does it for all requests: starting one for each
often takes longer than the request, especially on a busy machine.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import heapq
import itertools
import socket
import threading
import time
import typing as t
import weakref

if t.TYPE_CHECKING:
    from requests.adapters import HTTPAdapter


class Lines:
    """The connections of one thread, which sends one request at a time."""

    def __init__(self) -> None:
        # What is connecting, and the sockets that are connected: an answer without a length takes
        # the socket from its connection.
        self.connecting: object = None
        self.sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self.over = False

    def cut(self) -> None:
        """End all connections. A thread that waits on one of them gets an error, or the end of the
        data.
        """
        self.over = True
        for sock in [getattr(self.connecting, "sock", None), *self.sockets]:
            if sock is not None:
                with contextlib.suppress(OSError):
                    # Not by the method of a TLS socket, which first removes its encryption.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)


_thread = threading.local()


def lines_of_this_thread() -> Lines:
    """:returns: the connections that this thread has opened."""
    if not hasattr(_thread, "lines"):
        _thread.lines = Lines()
    return t.cast(Lines, _thread.lines)


@dataclasses.dataclass(order=True)
class _Due:
    """The end of the time of a request, or of one that is over: then without lines."""

    moment: float
    number: int
    lines: Lines | None = dataclasses.field(compare=False)


class _Watch:
    """Cuts the lines of requests whose time is over."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[_Due] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def add(self, lines: Lines, seconds: float) -> _Due:
        """Cut these lines after so many seconds."""
        due = _Due(time.monotonic() + seconds, next(self._numbers), lines)
        with self._changed:
            heapq.heappush(self._due, due)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            elif self._due[0] is due:
                # It has to wake earlier than it meant to.
                self._changed.notify()
        return due

    def drop(self, due: _Due) -> None:
        """The request is over. From now on its lines, which serve the next one, are not cut."""
        with self._changed:
            due.lines = None

    def _run(self) -> None:
        with self._changed:
            while True:
                while self._due and self._due[0].lines is None:
                    heapq.heappop(self._due)
                if not self._due:
                    self._changed.wait()
                    continue
                wait = self._due[0].moment - time.monotonic()
                if wait > 0:
                    self._changed.wait(min(wait, LONGEST_SLEEP))
                    continue
                over = heapq.heappop(self._due).lines
                if over is not None:
                    over.cut()


# Seconds; Python refuses to wait for much longer.
LONGEST_SLEEP = 3600.0
_watch = _Watch()


@contextlib.contextmanager
def limit(seconds: float) -> t.Iterator[Lines]:
    """End the connections of this thread after so many seconds.

    :returns: what knows whether that has happened.
    """
    lines = lines_of_this_thread()
    lines.over = False
    due = _watch.add(lines, seconds)
    try:
        yield lines
    finally:
        _watch.drop(due)


class Watched:
    """Mixed into a connection of urllib3: a deadline knows of it, and can end it."""

    def connect(self) -> None:
        """Connect, unless the time is over by then."""
        # Here, as a module has to be able to say that requests is missing.
        from urllib3.exceptions import ConnectTimeoutError

        lines = lines_of_this_thread()
        lines.connecting = self
        try:
            super().connect()  # type: ignore[misc]  # of the connection that this is mixed into
        finally:
            lines.connecting = None
        lines.sockets.add(self.sock)  # type: ignore[attr-defined]  # as above
        if lines.over:
            # It took so long to find the host: the request must not be sent after it was given up.
            self.close()  # type: ignore[attr-defined]  # as above
            raise ConnectTimeoutError("the time limit for the whole request has passed")


@functools.cache
def watched_adapter() -> type[HTTPAdapter]:
    """:returns: the adapter of requests, whose connections a deadline can end."""
    # Here, as a module has to be able to say that requests is missing.
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class Plain(Watched, HTTPConnection):
        pass

    class Encrypted(Watched, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    pools = {"http": PlainPool, "https": EncryptedPool}

    class Adapter(HTTPAdapter):
        def init_poolmanager(
            self, connections: int, maxsize: int, block: bool = False, **kwargs: object
        ) -> None:
            super().init_poolmanager(connections, maxsize, block, **kwargs)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, proxy: str, **kwargs: object) -> object:
            manager = super().proxy_manager_for(proxy, **kwargs)
            if not proxy.lower().startswith("socks"):
                manager.pool_classes_by_scheme = pools
            return manager

    return Adapter
