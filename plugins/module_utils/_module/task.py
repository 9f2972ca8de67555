# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""One run of a module: what it is asked for, and how far it has come."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.diff import diff_of
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import Record
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.report import merge_changes
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import version_tuple
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import Options
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.rights import scopes_used
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    needs_of_gathering,
)

Result = dict[str, object]


@dataclasses.dataclass
class Task:
    """One run of a module.

    :param options: the task's options, secrets included.
    :param record: how far the plan has come; None for a module that has no plan.
    :param held: what is not planned, as it depends on what was refused to an earlier task; in the
    form of ``pending``.
    """

    api: HubApi
    options: Options = dataclasses.field(repr=False)
    check_mode: bool
    diff: bool
    warn: t.Callable[[str], None]
    record: Record | None = None
    held: list[dict[str, object]] = dataclasses.field(default_factory=list)
    # The scopes that its options need, on a hub of a version.
    scopes: t.Callable[[Options, tuple[int, ...]], Needs] = needs_of_gathering
    # Further keys of the result, of a failed task as well.
    returns: Result = dataclasses.field(default_factory=dict)

    def change(self, what: t.Callable[[], None]) -> None:
        """Change something that is not on the hub, unless in check mode."""
        if not self.check_mode:
            what()

    @property
    def needs(self) -> Needs:
        """The scopes that the task needs by its options, on this hub."""
        return self.scopes(self.options, version_tuple(self.api.client.version or ""))


def progress(task: Task | None) -> Result:
    """:returns: what a failed task has done, and what it has not."""
    if task is None:
        return {
            "changed": False,
            "changes": [],
            "pending": [],
            "refused": [],
            "rest_done": False,
        }
    record = task.record or Record()
    # In check mode, a task that is refused in part predicts the rest.
    changes = [] if task.check_mode and not record.refused else merge_changes(record.done)
    result: Result = {
        # What may have been done counts as done here, because a handler that runs once too often
        # does less harm.
        "changed": bool(
            changes
            or (
                not task.check_mode
                and (record.unsure or (task.record is None and task.api.client.effects))
            )
        ),
        "changes": changes,
        "pending": merge_changes(record.pending) + task.held,
        "refused": record.refusals,
        "rest_done": False,
        **task.returns,
    }
    if task.diff and result["changed"]:
        result["diff"] = diff_of(record.done)
    return result


def scopes_of(task: Task | None) -> list[str]:
    """:returns: the scopes for what the task did or would do."""
    if task is None:
        return []
    record = task.record or Record()
    return scopes_used(
        task.api,
        [step.operation for step in (*record.done, *record.pending)],
        task.needs,
    )


def traffic(clients: t.Sequence[HubClient]) -> Result:
    """:returns: what was sent to the hub, and which hub it is, if it has said so."""
    version = next((client.version for client in clients if client.version), None)
    return {
        **({"hub_version": version} if version else {}),
        "requests": sum(client.requests for client in clients),
        "retries": sum(client.retries for client in clients),
    }
