# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""How the steps of other kinds of objects stop or remove servers."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    PartlyDoneError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.fleet import (
    Fleet,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    DeleteServer,
    ServerStep,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    title,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed


def stop_servers(api: HubApi, steps: t.Sequence[ServerStep]) -> list[ServerStep]:
    """Stop or remove servers, and wait until the hub says that they have stopped, or are gone.

    :param steps: all of one kind.
    :returns: the steps that this task did. The servers of the others were gone.
    :raises PartlyDoneError: some are still there.
    """
    fleet = Fleet(api)
    fleet.stop([step.key for step in steps], remove=isinstance(steps[0], DeleteServer))
    stopped = [step for step in steps if step.key not in fleet.failures]
    done = [step for step in stopped if step.key not in fleet.overtaken]
    if fleet.failures:
        told = [f"{title(key)}: {why}" for key, why in sorted(fleet.failures.items())]
        failed = [step for step in steps if step.key in fleet.failures]
        raise PartlyDoneError(
            f"Servers could not be stopped: {listed(told, 5)}. Check the hub's log, and run the"
            " task again.",
            done=done,
            overtaken=[step for step in stopped if step not in done],
            unsure=[step for step in failed if step.key in fleet.unsure],
            refused=[(step, fleet.refusal(step.key)) for step in failed],
        )
    return done
