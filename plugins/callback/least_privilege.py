# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E402 - the documentation comes before the imports

"""The smallest role that a run of playbooks needs, printed at its end."""

from __future__ import annotations

DOCUMENTATION = r"""
name: least_privilege
type: aggregate
short_description: Print the smallest role that a playbook needs
version_added: 0.1.0
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
description:
  - Every module of this collection returns C(scopes_used), the scopes that its task has needed,
    also in check mode. This callback collects them, and prints at the end of the run the service
    and the role that would have been enough.
  - Run the playbook once as an admin, with C(--check) if nothing should change. The printed role
    covers what that run did or would have done. A later run that changes other things may need
    more, especially if it deletes objects.
  - Tasks whose results are hidden, for example by C(no_log), are listed, and then no role is
    printed, because it would be too small.
requirements:
  - enable it, with C(callbacks_enabled = hubops.jupyterhub.least_privilege) in C(ansible.cfg) or
    C(ANSIBLE_CALLBACKS_ENABLED) in the environment
options:
  format:
    description: V(python), V(tljh) or V(helm), as in the filter
      P(hubops.jupyterhub.load_roles#filter).
    type: str
    choices: [python, tljh, helm]
    default: python
    env:
      - name: HUBOPS_LEAST_PRIVILEGE_FORMAT
    ini:
      - section: hubops
        key: least_privilege_format
  service:
    description: The name of the service that gets the role.
    type: str
    default: hubops
    env:
      - name: HUBOPS_LEAST_PRIVILEGE_SERVICE
    ini:
      - section: hubops
        key: least_privilege_service
seealso:
  - plugin: hubops.jupyterhub.load_roles
    plugin_type: filter
"""

import typing as t

from ansible.plugins.callback import CallbackBase
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import smallest
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._roles import (
    Service,
    known_scopes,
    render,
    version_of,
)

COLLECTION = "hubops.jupyterhub.jupyterhub_"
# Keys of a result that say that it is hidden: no_log of the task, and a module that ended before it
# could tell.
HIDDEN = ("censored", "_ansible_no_log")


class Change(t.TypedDict, total=False):
    """A change, as the modules return it."""

    kind: str
    action: str
    fields: dict[str, object] | None


class Told(t.TypedDict, total=False):
    """What is used here of a result."""

    scopes_used: list[str]
    scopes_needed: list[str] | None
    changes: list[Change] | None
    hub_version: str | None


class Task(t.Protocol):
    """What is used here of Ansible's task."""

    action: str

    def get_name(self) -> str:
        """:returns: its name."""


class Result(t.Protocol):
    """What is used here of Ansible's result of a task."""

    _task: Task
    _result: Told


def makes_admin(change: Change) -> bool:
    """Whether a change makes an admin, or takes an admin's rights: since JupyterHub 4.1 only admins
    may do that.
    """
    fields = change.get("fields") or {}
    return (
        change.get("kind") == "user"
        and "admin" in fields
        and (fields["admin"] is True or change.get("action") == "update")
    )


class CallbackModule(CallbackBase):  # type: ignore[misc]  # its hints are not published
    """Collects the scopes of all results, and prints the role."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "hubops.jupyterhub.least_privilege"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.scopes: set[str] = set()
        self.hidden: list[str] = []
        self.admin = False
        self.versions: set[tuple[int, ...]] = set()
        self.seen = False

    def v2_runner_on_ok(self, result: Result) -> None:
        """Take the result of a task."""
        self._take(result, result._result)

    def v2_runner_on_failed(self, result: Result, ignore_errors: bool = False) -> None:
        """Take the result of a failed task: it may have needed scopes before."""
        del ignore_errors
        self._take(result, result._result)

    def v2_runner_item_on_ok(self, result: Result) -> None:
        """Take the result of one turn of a loop."""
        self._take(result, result._result)

    def v2_runner_item_on_failed(self, result: Result) -> None:
        """Take the result of one turn of a loop that failed."""
        self._take(result, result._result)

    def _take(self, result: Result, told: Told) -> None:
        task = result._task
        if (
            not str(getattr(task, "resolved_action", None) or task.action).startswith(COLLECTION)
            or "results" in told
        ):
            return
        self.seen = True
        if "scopes_used" not in told:
            if task.get_name() not in self.hidden:
                self.hidden.append(task.get_name())
            return
        self.scopes.update(told["scopes_used"])
        # A preflight refuses a caller who lacks one of these, even where nothing has to be changed.
        self.scopes.update(told.get("scopes_needed") or ())
        self.admin = self.admin or any(map(makes_admin, told.get("changes") or ()))
        version = str(told.get("hub_version") or "")
        if version[:1].isdigit():
            self.versions.add(version_of(".".join(version.split(".")[:2])))

    def v2_playbook_on_stats(self, stats: object) -> None:
        """Print the role."""
        del stats
        if not self.seen:
            return
        if self.hidden:
            tasks = "; ".join(self.hidden)
            self._display.display(
                "\nleast_privilege: no role is printed because these tasks do not report which"
                f" scopes they needed: {tasks}",
                screen_only=True,
            )
            return
        # What the oldest hub of the run does not know would keep it from starting.
        kept, unknown = known_scopes(self.scopes, min(self.versions, default=version_of(None)))
        service = Service(self.get_option("service"), tuple(smallest(kept)), self.admin)
        try:
            text = render(service, self.get_option("format"), unknown)
        except ValueError as error:
            text = f"least_privilege: {error}.\n"
        self._display.display(
            f"\nThe smallest role that this run needed:\n\n{text}", screen_only=True
        )
