# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The work of jupyterhub_audit."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import Options
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.kinds import SPECS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.task import (
    Result,
    Task,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.audit import audit
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import (
    Drift,
    Hidden,
)


def audit_hub(task: Task) -> Result:
    """:returns: the result of jupyterhub_audit."""
    # With check mode and without: nothing in an audit may write.
    task.api.client.read_only = True
    return audit(task, functools.partial(_drift, task))


def _drift(task: Task) -> Drift:
    """:returns: how the hub differs from what the task declares, if it declares anything."""
    # As the argument spec has them.
    options = t.cast(t.Optional[Options], task.options["declared"])
    if options is None:
        return Drift({}, {f"drift.{kind}": Hidden("Nothing is declared.") for kind in SPECS})
    # Here, as it takes 0.2 seconds to load the work of all modules, which other audits do not need.
    from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.drift import drift_of

    return drift_of(task, options)
