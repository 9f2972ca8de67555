# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that receive a signal to stop."""

from __future__ import annotations

import os
import signal
import threading
import time
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.signals import (
    STOPPING,
    Stopped,
    stoppable,
)


@pytest.fixture
def heeded() -> t.Iterator[None]:
    """Restore the default handlers of signals. A test run in the background or with nohup has some
    of them ignored.
    """
    usual = {
        number: signal.signal(
            number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        )
        for number in STOPPING
    }
    yield
    for number, handler in usual.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("number", STOPPING)
def test_the_first_signal_ends_the_work_and_the_next_do_not_disturb_the_end(
    number: signal.Signals,
) -> None:
    before = signal.getsignal(number)
    ended = []

    def work() -> None:
        with stoppable():
            try:
                os.kill(os.getpid(), number)
                time.sleep(10)
            finally:
                os.kill(os.getpid(), number)
                ended.append(True)

    with pytest.raises(Stopped) as caught:
        work()
    assert (caught.value.name, ended) == (signal.Signals(number).name, [True])
    assert signal.getsignal(number) is before


def test_what_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_no_handler_of_errors_takes_it_for_one() -> None:
    assert not issubclass(Stopped, Exception)


def test_in_other_threads_nothing_is_set() -> None:
    seen = []

    def work() -> None:
        with stoppable():
            seen.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
