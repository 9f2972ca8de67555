# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E402 - the documentation comes before the imports

"""Which servers are started after maintenance."""

from __future__ import annotations

DOCUMENTATION = r"""
name: servers_to_start
short_description: Decide which servers to start after maintenance
version_added: 0.1.0
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
description:
  - Compares a saved list of servers with the servers on the hub. The role
    P(hubops.jupyterhub.maintenance#role) uses it.
  - Fails if several users have saved servers and none of them is on the hub, because the hub may
    have been started with another database.
positional: _input, servers, users, skip_idle
options:
  _input:
    description: The saved list, as P(hubops.jupyterhub.servers_to_stop#filter) returns it.
    type: list
    elements: dict
    required: true
  servers:
    description: The servers on the hub, including stopped servers, as
      M(hubops.jupyterhub.jupyterhub_info) returns them.
    type: list
    elements: dict
    required: true
  users:
    description: The names of the users on the hub.
    type: list
    elements: str
    required: true
  skip_idle:
    description: Skip servers that had been idle for at least this time, in seconds, or with a unit
      such as V(2h).
    type: str
  sees_all:
    description: Whether O(users) are all users of the hub. If not, a server of a user who is not
      among them is started, and not skipped.
    type: bool
    default: true
seealso:
  - plugin: hubops.jupyterhub.servers_to_stop
    plugin_type: filter
"""

EXAMPLES = r"""
- name: What to bring back
  ansible.builtin.debug:
    msg: "{{ held | hubops.jupyterhub.servers_to_start([], ['ada']) }}"
  vars:
    held:
      - {user: ada, name: "", user_options: {profile: small}, stopped: true}
      - {user: grace, name: "", stopped: true}
"""

RETURN = r"""
_value:
  description: What to do.
  type: dict
  contains:
    start:
      description: The servers to start, with their options; those that were used last come first.
      type: list
      elements: dict
    skipped:
      description: The servers that are not started, each with the reason in C(why).
      type: list
      elements: dict
    returned:
      description: Servers that run already.
      type: list
      elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._boolean import boolean_of
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._maintenance import (
    Server,
    ToStart,
    to_start,
)


def servers_to_start(
    value: list[Server],
    servers: list[Server],
    users: list[str],
    skip_idle: object = None,
    sees_all: object = True,
) -> ToStart:
    """See DOCUMENTATION."""
    try:
        return to_start(
            value,
            servers,
            set(users),
            None if skip_idle in (None, "") else str(skip_idle),
            sees_all=boolean_of("sees_all", sees_all),
        )
    except ValueError as error:
        raise AnsibleFilterError(f"servers_to_start: {error}.") from None
    except RefusedError as error:
        raise AnsibleFilterError(f"servers_to_start: {error.message}") from None


class FilterModule:
    """The filter servers_to_start."""

    def filters(self) -> dict[str, t.Callable[..., object]]:
        """:returns: the filters of this file by name."""
        return {"servers_to_start": servers_to_start}
