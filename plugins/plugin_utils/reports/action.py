# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The part of jupyterhub_audit that runs on the controller: it reads the baseline and writes the
reports.
"""

from __future__ import annotations

import json
import typing as t

from ansible import constants as C  # noqa: N812 - the name that ansible-core itself uses
from ansible.errors import AnsibleActionFail
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    NOTHING_CHANGED,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._files import replace_file
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit import baseline
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._progress import ProgressAction
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports import files
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.render import (
    FORMATS,
    ending_of,
    report_of,
)

Result = dict[str, object]


class AuditAction(ProgressAction):
    """Runs the module, and writes what it returns, in check mode and after a failure too."""

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        """Run the module, whose result gets the paths of the reports."""
        given = self._task.args
        try:
            paths = self._paths(task_vars or {})
            earlier = self._earlier()
        except RefusedError as error:
            raise AnsibleActionFail(f"{error.message} {NOTHING_CHANGED}") from None
        # The module gets what this one has read, and nothing of what this one will write.
        self._task.args = {**given, "reports": None, "baseline": earlier}
        try:
            result = super().run(tmp, task_vars)
        finally:
            self._task.args = given
        return self._write(result, paths)

    def _paths(self, task_vars: Result) -> list[str]:
        reports = files.listed("reports", self._task.args.get("reports"))
        if reports and self._task.async_val:
            # The result of the module goes to async_status, and never comes back here.
            raise RefusedError(
                "reports cannot be written by a task with async, because its result does not come"
                " back here: remove async."
            )
        paths = files.check(reports, files.REPORTS)
        play = task_vars.get("ansible_play_hosts_all")
        claims = files.Claims(
            # This run of Ansible removes the folder at its end.
            folder=C.DEFAULT_LOCAL_TMP,
            task=str(self._task.get_path()),
            host=str(task_vars.get("inventory_hostname", "localhost")),
            hosts=[str(host) for host in play] if isinstance(play, t.Iterable) else [],
        )
        claims.make(paths)
        return paths

    def _earlier(self) -> str | None:
        """:returns: what the comparison needs of the earlier report, if there is one."""
        given = self._task.args.get("baseline")
        if given is None or (isinstance(given, str) and not given.strip()):
            return None
        if isinstance(given, dict):
            return json.dumps(baseline.of_report(given, "given by the task"))
        text = files.read_baseline(str(given))
        return None if text is None else json.dumps(baseline.parse(text, str(given)))

    def _write(self, result: Result, paths: list[str]) -> Result:
        report = report_of(result)
        if report is None or not paths:
            return result
        written: list[str] = []
        for path in paths:
            try:
                replace_file(path, FORMATS[ending_of(path)](report))
            except OSError as error:
                message = (
                    f"The hub was read, and the report {path!r} could not be written:"
                    f" {error.strerror}."
                )
                return {**result, "failed": True, "msg": message, "reports": written}
            written.append(path)
        return {**result, "reports": written}
