# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E402 - the documentation comes before the imports

"""Servers that are not among others."""

from __future__ import annotations

DOCUMENTATION = r"""
name: servers_without
short_description: Remove servers from a list of servers
version_added: 0.1.0
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
description:
  - Returns the servers of a list that are not in another one. Only the user and the name of a
    server count. The role P(hubops.jupyterhub.maintenance#role) uses it.
positional: _input, others
options:
  _input:
    description: The servers, each a dictionary with C(user) and C(name).
    type: list
    elements: dict
    required: true
  others:
    description: The servers to remove.
    type: list
    elements: dict
    required: true
seealso:
  - plugin: hubops.jupyterhub.servers_to_stop
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Those that have not failed
  ansible.builtin.debug:
    msg: "{{ started | hubops.jupyterhub.servers_without(failed) }}"
  vars:
    started: [{user: ada, name: ""}, {user: grace, name: gpu}]
    failed: [{user: grace, name: gpu, message: the node is full}]
"""

RETURN = r"""
_value:
  description: The servers that are left, as they were given.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._maintenance import (
    Server,
    without,
)


def servers_without(value: list[Server], others: list[Server]) -> list[Server]:
    """See DOCUMENTATION."""
    try:
        return without(value, others)
    except ValueError as error:
        raise AnsibleFilterError(f"servers_without: {error}.") from None


class FilterModule:
    """The filter servers_without."""

    def filters(self) -> dict[str, t.Callable[..., object]]:
        """:returns: the filters of this file by name."""
        return {"servers_without": servers_without}
