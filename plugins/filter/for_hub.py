# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E402 - the documentation comes before the imports

"""An export of one hub in, variables for a hub of another version out."""

from __future__ import annotations

DOCUMENTATION = r"""
name: for_hub
short_description: Convert the export of a JupyterHub for a hub of another version
version_added: 0.1.0
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
description:
  - Takes the variables that M(hubops.jupyterhub.jupyterhub_export) writes, and returns them in the
    form that a hub of another version accepts, with a list of what that hub cannot have.
  - JupyterHub 6 accepts fewer names of servers. A server with another name gets a valid one, also
    in its shares, and the old name becomes the display name. An earlier hub's servers with the
    state V(stopped) get the state V(present).
  - For hubs before 6.0, display names are dropped, and servers with the state V(present) are left
    out, because these hubs can only create a server by starting it. Shares of such a server are
    left out too.
  - For hubs before 5.0, services and shares are left out.
  - Names of users are written in lower case, as hubs store them, unless O(keep_case=true).
  - Variables with other names pass unchanged. No request is sent.
positional: _input, version
options:
  _input:
    description: The variables of an export, for example what C(ansible.builtin.include_vars) has
      read with C(name).
    type: dict
    required: true
  version:
    description: The version of the hub that the variables are for, such as V(6.0).
    type: str
    required: true
  keep_case:
    description: Whether names of users keep their capitals, for hubs whose authenticator does not
      write them in lower case.
    type: bool
    default: false
seealso:
  - module: hubops.jupyterhub.jupyterhub_export
"""

EXAMPLES = r"""
- name: Read what was exported from the old hub
  ansible.builtin.include_vars:
    file: old_hub.yml
    name: exported

- name: Make it fit for the new hub
  ansible.builtin.set_fact:
    migrated: "{{ exported | hubops.jupyterhub.for_hub('6.1') }}"

- name: Show what the new hub cannot have, and what is called otherwise there
  ansible.builtin.debug:
    msg: "{{ {'left out': migrated.left_out, 'renamed': migrated.renamed} }}"

- name: Bring the new hub to it
  ansible.builtin.include_role:
    name: hubops.jupyterhub.provision
  vars:
    jupyterhub_url: https://new.example.org
    jupyterhub_users: "{{ migrated.variables.jupyterhub_users }}"
    jupyterhub_groups: "{{ migrated.variables.jupyterhub_groups }}"
    jupyterhub_servers: "{{ migrated.variables.jupyterhub_servers }}"
    jupyterhub_shares: "{{ migrated.variables.jupyterhub_shares }}"
"""

RETURN = r"""
_value:
  description: The variables, and what is different in them.
  type: dict
  contains:
    variables:
      description: The variables for the new hub.
      type: dict
    left_out:
      description: Objects that the new hub cannot have.
      type: list
      elements: dict
      contains:
        kind:
          description: The kind of object.
          type: str
        name:
          description: Its name on the old hub.
          type: str
        reason:
          description: Why it, or which part of it, is left out.
          type: str
    renamed:
      description: Objects that have another name on the new hub.
      type: list
      elements: dict
      contains:
        kind:
          description: The kind of object.
          type: str
        name:
          description: Its name on the old hub.
          type: str
        new_name:
          description: Its name on the new hub.
          type: str
  sample:
    variables:
      jupyterhub_servers: [{user: ada, name: test-1, state: present, display_name: Test_1}]
    left_out: []
    renamed: [{kind: server, name: ada/Test_1, new_name: test-1}]
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._boolean import boolean_of
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._exported import MigrationError
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._for_hub import (
    Migrated,
    for_hub,
)


def _for_hub(variables: object, version: object, keep_case: object = False) -> Migrated:
    """The filter; see its documentation."""
    try:
        return for_hub(variables, version, keep_case=boolean_of("keep_case", keep_case))
    except (MigrationError, ValueError) as error:
        raise AnsibleFilterError(f"{error}.") from None


def _variables_of(text: str) -> object:
    """:returns: the variables in the text of a file, as Ansible itself reads them."""
    return DataLoader().load(text)


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, t.Callable[..., object]]:
        """:returns: the filters by their names; the second is private to the playbook adopt."""
        return {"for_hub": _for_hub, "variables_of": _variables_of}
