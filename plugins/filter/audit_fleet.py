# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E402 - the documentation comes before the imports

"""The audits of many hubs in, one page out."""

from __future__ import annotations

DOCUMENTATION = r"""
name: audit_fleet
short_description: Put the audits of many JupyterHubs on one page
version_added: 0.1.0
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
description:
  - Creates one page from the results of M(hubops.jupyterhub.jupyterhub_audit) on many hosts, with a
    row for each hub and a column for each area.
  - A hub without a result is shown in red with the reason. It is never left out.
  - The playbook C(hubops.jupyterhub.audit) uses it.
positional: _input, form
options:
  _input:
    description: By host, the result of M(hubops.jupyterhub.jupyterhub_audit). For an audit that has
      failed, its C(msg) is shown.
    type: dict
    required: true
  form:
    description: The ending of the file, V(.html) or V(.json), or a path with such an ending.
    type: str
    default: .html
"""

EXAMPLES = r"""
- name: All hubs on one page
  ansible.builtin.copy:
    content: "{{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars,
      'audit_told'))) | hubops.jupyterhub.audit_fleet }}"
    dest: hubs.html
    mode: "0600"
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The text of the file.
  type: str
"""

import os
import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports import files
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.fleet import FORMATS


def audit_fleet(told: t.Mapping[str, object], form: str = ".html") -> str:
    """:returns: the text of the page over all hubs."""
    if not isinstance(told, t.Mapping):
        raise AnsibleFilterError(
            "audit_fleet needs a dictionary with the jupyterhub_audit result of each host."
        )
    ending = form if form in FORMATS else os.path.splitext(form)[1].lower()
    if ending not in FORMATS:
        raise AnsibleFilterError(
            f"audit_fleet makes {' or '.join(FORMATS)}, and {form!r} is not one of them."
        )
    return FORMATS[ending](told)


class Places(t.TypedDict):
    """Where the page is written, and why it cannot be: a sentence, or empty text."""

    paths: list[str]
    problem: str


def audit_fleet_files(paths: object, reports: t.Iterable[object] = ()) -> Places:
    """Check the files of the page over all hubs, as the reports of one hub are checked.

    :param paths: a list, or text with commas.
    :param reports: those of all hubs, each a list or text, which are written in the same run.
    :returns: the absolute paths, or the problem.
    """
    try:
        taken = [path for each in reports for path in files.listed("audit_reports", each)]
        listed = files.listed(files.FLEET.option, paths)
        return {"paths": files.check(listed, files.FLEET, taken), "problem": ""}
    except RefusedError as error:
        return {"paths": [], "problem": error.message}


class FilterModule:
    """The filters of this file, by their names."""

    def filters(self) -> dict[str, t.Callable[..., object]]:
        """:returns: the filters; the second is private to the collection."""
        return {"audit_fleet": audit_fleet, "audit_fleet_files": audit_fleet_files}
