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


class FilterModule:
    """The filters of this file, by their names."""

    def filters(self) -> dict[str, t.Callable[..., object]]:
        """:returns: the filters."""
        return {"audit_fleet": audit_fleet}
