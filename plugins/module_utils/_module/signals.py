# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""A task that receives a signal to stop: it ends like other failed tasks, with a correct report,
and leaves no login token behind.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import types
import typing as t

STOPPING = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)
)


class Stopped(BaseException):
    """The task received a signal to stop. No handler of errors catches it.

    :param name: of the signal.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@contextlib.contextmanager
def stoppable() -> t.Iterator[None]:
    """Turn the first signal that ends a process into :class:`Stopped`; further ones do not disturb
    what is done then.

    Signals that are ignored stay so, as for a process that is to outlive its terminal.
    """
    if threading.current_thread() is not threading.main_thread():
        # Only there signals can be handled, and modules run there.
        yield
        return
    first = [True]

    def stop(number: int, frame: types.FrameType | None) -> None:
        if first:
            first.clear()
            raise Stopped(signal.Signals(number).name)

    before = {number: signal.getsignal(number) for number in STOPPING}
    for number, handler in before.items():
        if handler not in (signal.SIG_IGN, None):
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
