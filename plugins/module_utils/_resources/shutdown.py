# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Shutting the hub down, and its return."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Fields, Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    HubError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import Options
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import check_amount

# Seconds between looks for the hub: a supervisor may start it again at once, and then it is away
# for a second or two.
LOOK = 0.1
# A single look may fail for other reasons, such as a short fault of a proxy: the hub is gone when
# so many in a row have found nothing.
LOOKS = 3


@dataclasses.dataclass(frozen=True, eq=False)
class ShutDown(Step):
    """Shuts the hub down.

    :param ended: what is stopped with it.
    """

    ended: Fields
    action = "stop"
    kind = "hub"
    name = "hub"
    operation = "shutdown"
    before = None

    @property
    def after(self) -> Fields:
        return self.ended


class ShutdownOptions(t.TypedDict):
    """The options of jupyterhub_shutdown."""

    servers: bool
    proxy: bool
    wait: bool
    wait_for_return: bool
    wait_timeout: float


class ShutdownAction:
    """What jupyterhub_shutdown does.

    :raises RefusedError: the options make no sense.
    """

    def __init__(self, api: HubApi, options: Options) -> None:
        self.api = api
        self.options = t.cast(ShutdownOptions, options)  # as the argument spec has it
        self.what = {"servers": self.options["servers"], "proxy": self.options["proxy"]}
        check_amount("wait_timeout", self.options["wait_timeout"], zero=False)

    @property
    def step(self) -> Step:
        """What is done."""
        return ShutDown(self.what)

    def do(self) -> None:
        """:raises HubError: the hub does not stop."""
        try:
            self.api.shutdown(**self.what)
        except AnswerLostError:
            # It may have stopped before it answered. Then it is gone in a moment; otherwise it did
            # not get the request.
            if not self._gone(time.monotonic() + self.api.client.connection.timeout):
                raise

    def wait(self) -> None:
        """:raises HubError: the hub does not stop, or does not come back."""
        seconds = self.options["wait_timeout"]
        deadline = time.monotonic() + seconds
        if (self.options["wait"] or self.options["wait_for_return"]) and not self._gone(deadline):
            raise HubError(
                f"The hub accepted the request to shut down, but still answers after {seconds:g}"
                " seconds. Check its log."
            )
        if self.options["wait_for_return"] and not _until(self.api.client.alive, deadline, 1):
            raise HubError(
                f"The hub has stopped, but did not come back within {seconds:g} seconds. Check"
                " what should start it again."
            )

    def _gone(self, deadline: float) -> bool:
        return _until(lambda: not self.api.client.alive(), deadline, LOOKS)


def _until(condition: t.Callable[[], bool], deadline: float, times: int) -> bool:
    """:param times: how often in a row the condition has to hold."""
    held = 0
    while True:
        held = held + 1 if condition() else 0
        if held == times:
            return True
        if not held and time.monotonic() > deadline:
            return False
        time.sleep(LOOK)
