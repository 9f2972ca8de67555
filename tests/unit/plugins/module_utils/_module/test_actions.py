# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions on a hub: when a hub counts as stopped."""

from __future__ import annotations

import typing as t

import pytest
import requests
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HubError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.actions import act
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.task import Task
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shutdown import (
    LOOKS,
    ShutdownAction,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import Reply, Wire

BROKEN = requests.ConnectionError(ConnectionResetError(104, "Connection reset by peer"))
RUNNING = Reply(data={"version": "6.1.1"})
AWAY = Reply(503, text="Service Unavailable", kind=None, foreign=True)
ME = Reply(data={"kind": "service", "name": "provisioner", "admin": True, "scopes": ["shutdown"]})
ACCEPTED = Reply(202, {"message": "Shutting down Hub"})


def shut(client: HubClient, **options: t.Any) -> t.Any:
    """Shut the hub down."""
    common = {
        "servers": False,
        "proxy": False,
        "wait": True,
        "wait_for_return": False,
        "wait_timeout": 60.0,
    }
    return act(
        ShutdownAction,
        Task(HubApi(client), {**common, **options}, check_mode=False, diff=False, warn=print),
    )


@pytest.mark.parametrize("blip", [BROKEN, AWAY], ids=["broken", "away"])
def test_one_look_that_fails_does_not_make_a_hub_gone(
    client: HubClient, wire: Wire, slept: list[float], blip: t.Any
) -> None:
    wire.play(RUNNING, ME, ACCEPTED, blip, RUNNING, *[blip] * (LOOKS - 1), RUNNING, *[blip] * LOOKS)
    assert shut(client)["changed"]
    assert wire.script == []


def test_a_hub_that_has_not_gone_yet_has_not_come_back(
    client: HubClient, wire: Wire, slept: list[float]
) -> None:
    wire.play(RUNNING, ME, ACCEPTED, BROKEN, RUNNING, *[AWAY] * (LOOKS + 2), RUNNING)
    assert shut(client, wait_for_return=True)["changed"]
    assert wire.script == []


def test_a_hub_that_does_not_stop_is_reported(
    client: HubClient, wire: Wire, slept: list[float]
) -> None:
    wire.play(RUNNING, ME, ACCEPTED, otherwise=RUNNING)
    with pytest.raises(HubError, match="still answers after"):
        shut(client, wait_timeout=0.01)
