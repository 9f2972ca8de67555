# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""How a hub differs from what is declared, as the modules would plan to put it right.

Nothing but GET is sent: a token that can only read is enough.
"""

from __future__ import annotations

import contextlib

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Change,
    Plan,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import least, smallest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.kinds import RESOURCES
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import Options
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.preflight import (
    declaration_of,
    module_options,
    planned,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.task import Task
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.compare import (
    differences,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import (
    Drift,
    Hidden,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.check import (
    resolved,
)


def drift_of(task: Task, options: Options) -> Drift:
    """:returns: how the hub differs from what the task declares.

    :param options: what it declares.
    :raises RefusedError: what is declared makes no sense.
    """
    declared, problems = declaration_of(options, "declared.")
    if problems:
        raise RefusedError(" ".join(problems))
    # A declaration that makes no sense is reported before the hub is read.
    resources = {
        kind: RESOURCES[kind](task.api, module_options(kind, rows, declared, options))
        for kind in RESOURCES
        for rows in (declared.items(kind),)
        if rows
    }
    found = Drift({}, {})
    with contextlib.suppress(HubError):
        # What keeps the hub from showing that is reported for each list.
        declared = resolved(task.api, declared)
    changes: list[Change] = []
    for kind in RESOURCES:
        if kind not in resources:
            # It is not expected that it was checked.
            found.hidden[f"drift.{kind}"] = Hidden("")
            continue
        try:
            # Created again, because it knows what the earlier lists would have created.
            plan = planned(task, kind, declared, options, changes)
            if plan.unread:
                # Nothing is known of these.
                raise plan.unread[0].error
        except HubError as error:
            scope = next(iter(error.missing_scopes), None)
            found.hidden[f"drift.{kind}"] = Hidden(error.message, scope)
            continue
        found.by_kind[kind] = differences(plan, kind, declared.items(kind), declared.stored)
        found.scopes[kind] = _scopes(task, plan)
        changes += [step.change for step in plan.steps]
    return found


def _scopes(task: Task, plan: Plan) -> list[str]:
    """:returns: the smallest set of scopes with which the plan could be carried out."""
    operations = dict.fromkeys(step.operation for step in plan.steps if step.operation)
    return smallest(
        least(scopes) for name in operations for scopes in (task.api.scopes(name),) if scopes
    )
