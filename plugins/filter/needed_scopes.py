# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E402 - the documentation comes before the imports

"""The scopes that a declaration needs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: needed_scopes
short_description: List the scopes that a declaration needs
version_added: 0.1.0
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
description:
  - Returns the smallest set of scopes that is needed to apply the variables of the role
    P(hubops.jupyterhub.provision#role), whatever is on the hub. No request is sent.
positional: _input, hub
options:
  _input:
    description: A dictionary with variables of the role, in the form of
      P(hubops.jupyterhub.load_roles#filter), or a list of scopes.
    type: raw
    required: true
  hub:
    description:
      - The version of the hub, such as V('5.5'). The default is the newest version that the
        collection supports. Scopes that this hub does not know are left out.
    type: str
seealso:
  - plugin: hubops.jupyterhub.load_roles
    plugin_type: filter
"""

EXAMPLES = r"""
- name: What these people take
  ansible.builtin.debug:
    msg: "{{ hub | hubops.jupyterhub.needed_scopes(hub='5.5') }}"
  vars:
    hub:
      jupyterhub_users: [{name: ada}]
"""

RETURN = r"""
_value:
  description: The scopes, sorted.
  type: list
  elements: str
  sample: [admin:users]
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._declared import scopes_of
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._roles import version_of


def needed_scopes(value: object, hub: object = None) -> list[str]:
    """See DOCUMENTATION."""
    try:
        return scopes_of(value, version_of(None if hub is None else str(hub)))[0]
    except ValueError as error:
        raise AnsibleFilterError(f"needed_scopes: {error}.") from None


class FilterModule:
    """The filter needed_scopes."""

    def filters(self) -> dict[str, t.Callable[..., object]]:
        """:returns: the filters of this file by name."""
        return {"needed_scopes": needed_scopes}
