# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E402 - the documentation comes before the imports

"""Which servers are stopped before maintenance."""

from __future__ import annotations

DOCUMENTATION = r"""
name: servers_to_stop
short_description: Decide which servers to stop before maintenance
version_added: 0.1.0
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
description:
  - Compares the running servers with an earlier saved list. The role
    P(hubops.jupyterhub.maintenance#role) uses it.
positional: _input, held, keep
options:
  _input:
    description: The servers that run, as M(hubops.jupyterhub.jupyterhub_info) returns them.
    type: list
    elements: dict
    required: true
  held:
    description: The list that was saved earlier.
    type: list
    elements: dict
    default: []
  keep:
    description:
      - Shell patterns of servers that are not stopped, as C(user/server), or of users.
    type: list
    elements: str
    default: []
seealso:
  - plugin: hubops.jupyterhub.servers_to_start
    plugin_type: filter
"""

EXAMPLES = r"""
- name: All servers but those of the staff
  ansible.builtin.debug:
    msg: "{{ servers | hubops.jupyterhub.servers_to_stop([], ['staff-*']) }}"
  vars:
    servers:
      - {user: ada, name: "", user_options: {profile: small}}
      - {user: staff-kim, name: ""}
"""

RETURN = r"""
_value:
  description: What to do.
  type: dict
  contains:
    stop:
      description: The servers to stop.
      type: list
      elements: dict
    remember:
      description: The list to save.
      type: list
      elements: dict
    returned:
      description: Servers that run although they were stopped earlier.
      type: list
      elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._maintenance import (
    Server,
    ToStop,
    is_of_hub,
    patterns_of,
    to_stop,
)


def servers_to_stop(
    value: list[Server], held: t.Sequence[Server] = (), keep: object = ()
) -> ToStop:
    """See DOCUMENTATION."""
    try:
        return to_stop(value, held, patterns_of(keep or []))
    except ValueError as error:
        raise AnsibleFilterError(f"servers_to_stop: {error}.") from None


class FilterModule:
    """The filter servers_to_stop, and one that is private to the role maintenance."""

    def filters(self) -> dict[str, t.Callable[..., object]]:
        """:returns: the filters of this file by name."""
        return {"servers_to_stop": servers_to_stop, "is_of_hub": is_of_hub}
