# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Modules that do something rather than declare it: no plan, and always a change."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import Record
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.report import summarize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HubError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.frame import run
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.manage import check_allowed
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    ArgumentSpec,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.task import (
    Result,
    Task,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.call import Call
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.info import gather


class Action(t.Protocol):
    """One thing that can be done."""

    def __init__(self, api: HubApi, options: Options) -> None:
        """:raises RefusedError: the options make no sense."""

    @property
    def step(self) -> Step:
        """What is done, as it is reported in ``changes``."""

    def do(self) -> None:
        """:raises HubError: it cannot be done."""

    def wait(self) -> None:
        """Wait until its effect is there; it counts as done before.

        :raises HubError: that takes too long.
        """


def run_action(spec: ArgumentSpec, action: type[Action]) -> None:
    """Run a module that does one thing."""
    run(spec, functools.partial(act, action))


def act(action_type: type[Action], task: Task) -> Result:
    """Do one thing, unless in check mode."""
    action = action_type(task.api, task.options)
    step = action.step
    check_allowed(task.api, [step])
    if task.check_mode:
        task.record = Record(done=[step])
    else:
        task.record = Record(pending=[step])
        try:
            action.do()
        except HubError:
            if task.api.client.effects:
                # It broke on the way, or its answer was lost.
                task.record.unsure = [step]
            raise
        task.record = Record(done=[step])
        action.wait()
    changes = [step.change]
    return {"changed": True, "changes": changes, "summary": summarize(changes, 0)}


def call_api(task: Task) -> Result:
    """Send a request; in check mode only one that reads."""
    call = Call(task.options)
    if task.check_mode and call.writes:
        task.api.note_request(call.method, call.path)
        return {"changed": True, "status": None, "json": None}
    return call.send(task.api)


def gather_info(task: Task) -> Result:
    """Read what the task asks for.

    :raises HubError: that cannot be read, or not all of it; the task returns the rest.
    """
    gathered = gather(task.api, task.options, task.warn)
    task.returns.update(gathered.parts)
    gathered.check()
    return {"changed": False, **gathered.parts}
