# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ages are computed with the hub's clock, even if the target's clock is wrong."""

from __future__ import annotations

import contextlib
import datetime
import importlib
import pathlib
import time
import types
from collections.abc import Iterator
from unittest import mock

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import SERVER, writes
from tests.live.support_servers import settle, states, warned
from tests.live.token_support import TOKEN

pytestmark = pytest.mark.newest

UTILS = "ansible_collections.hubops.jupyterhub.plugins.module_utils._hub"
HOURS = 3


@contextlib.contextmanager
def target_ahead(hours: float) -> Iterator[None]:
    """Set the clock of the target this many hours ahead of the hub's (behind, if negative)."""
    skew = hours * 3600
    clock = types.SimpleNamespace(
        time=lambda: time.time() + skew, monotonic=time.monotonic, sleep=time.sleep
    )

    def now() -> datetime.datetime:
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=skew)

    with (
        mock.patch.object(importlib.import_module(f"{UTILS}.client"), "time", clock),
        mock.patch.object(importlib.import_module(f"{UTILS}.clock"), "utcnow", now),
    ):
        yield


def test_a_young_server_is_not_idle(hub: Hub, module: ModuleRunner) -> None:
    """By the target's clock the server has been idle for hours."""
    hub.add_users("ada")
    settle(hub, {"ada/": "started", "ada/lab": "started"})
    mark = hub.mark()
    for state in ("stopped", "absent"):
        with target_ahead(HOURS):
            result = module(SERVER, {"select_idle_for": "2h", "state": state})
        assert (result["failed"], result["changed"]) == (False, False), result
        assert any(
            text.endswith("seconds ahead of the hub's clock. Ages are counted by the hub's clock.")
            for text in warned(result)
        ), result
    assert writes(hub.requests(mark)) == []
    assert states(hub) == {"ada/": "started", "ada/lab": "started"}


def test_an_idle_server_is_idle(hub: Hub, module: ModuleRunner) -> None:
    """By the target's clock the server will be used hours later."""
    hub.add_users("ada")
    settle(hub, {"ada/lab": "started"})
    time.sleep(2.1)
    with target_ahead(-HOURS):
        result = module(SERVER, {"select_idle_for": "1s", "state": "stopped"})
    assert (result["failed"], result["changed"]) == (False, True), result
    assert states(hub) == {"ada/lab": "stopped"}


def test_a_token_is_renewed_by_the_clock_of_the_hub(
    hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path
) -> None:
    """By the target's clock the token has one hour left when it is created, so every run would
    renew it.
    """
    hub.add_users("ada")
    task = {
        "user": "ada",
        "note": "export",
        "dest": str(tmp_path / "token"),
        "expires_in": "4h",
        "renew_before": "2h",
    }
    with target_ahead(HOURS):
        assert module(TOKEN, task)["changed"]
        again = module(TOKEN, task)
    assert (again["failed"], again["changed"]) == (False, False), again
    with target_ahead(-HOURS):
        assert not module(TOKEN, task)["changed"]
        # The token has less than renew_before left by the hub's clock, but not by the target's.
        due = module(TOKEN, {**task, "expires_in": "5h", "renew_before": "270m"})
    assert (due["failed"], due["changed"]) == (False, True), due
