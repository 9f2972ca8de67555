# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E402 - the documentation comes before the imports

"""The least privilege that a declaration needs, for the configuration of a hub."""

from __future__ import annotations

DOCUMENTATION = r"""
name: load_roles
short_description: Write the service and the role that a declaration needs
version_added: 0.1.0
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
description:
  - Takes the variables of the role P(hubops.jupyterhub.provision#role), and returns the text that
    gives a service of the hub exactly the scopes that are needed to apply them, whatever is on the
    hub. No request is sent.
  - The text appends to the lists of the hub's configuration. It never assigns them, which would
    remove their content.
  - Scopes that the hub does not know are left out, because the hub would not start with them. The
    text names them.
positional: _input, format
options:
  _input:
    description:
      - A dictionary with variables of the role, such as C(jupyterhub_users), with or without the
        prefix C(jupyterhub_). Other variables of the role, and others, are ignored.
      - Or a list of scopes, which are written unchanged.
    type: raw
    required: true
  format:
    description:
      - V(python) for C(jupyterhub_config.py), V(tljh) for The Littlest JupyterHub, V(helm) for the
        values of Zero to JupyterHub.
    type: str
    choices: [python, tljh, helm]
    default: python
  service:
    description:
      - The name of the service, and of its role.
    type: str
    default: hubops
  hub:
    description:
      - The version of the hub, such as V('5.5'). The default is the newest version that the
        collection supports.
    type: str
  admin:
    description:
      - Whether the service is an admin. From JupyterHub 4.1 on, only an admin may create or change
        admins, whatever its scopes. Without it, the filter refuses a declaration that creates
        admins.
    type: bool
    default: false
  token_file:
    description:
      - Where the hub reads the token of the service, in the formats V(python) and V(tljh).
        The default is V(/etc/jupyterhub/SERVICE.token).
    type: str
seealso:
  - plugin: hubops.jupyterhub.provision
    plugin_type: role
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_scopes
    description: Scopes and roles, and how to give the fewest.
"""

EXAMPLES = r"""
- name: What to add to jupyterhub_config.py for these people and groups
  ansible.builtin.debug:
    msg: "{{ hub | hubops.jupyterhub.load_roles('python', service='provisioner') }}"
  vars:
    hub:
      jupyterhub_users: [{name: ada}, {name: grace}]
      jupyterhub_groups: [{name: CS101, users: [ada, grace]}]

- name: The same as values of Zero to JupyterHub
  ansible.builtin.debug:
    msg: "{{ hub | hubops.jupyterhub.load_roles('helm', hub='5.5') }}"
  vars:
    hub:
      jupyterhub_users: [{name: ada}]
      jupyterhub_tokens: [{user: ada, note: nightly, dest: /etc/ada.token}]
"""

RETURN = r"""
_value:
  description: The text.
  type: str
  sample: |
    # Add this at the end of jupyterhub_config.py or of a file that it loads, and restart the hub.
    # The hub reads the service's token from /etc/jupyterhub/hubops.token.
    import pathlib

    c.JupyterHub.services.append({
        'name': 'hubops',
        'api_token': pathlib.Path('/etc/jupyterhub/hubops.token').read_text().strip(),
    })
    c.JupyterHub.load_roles.append({
        'name': 'hubops',
        'scopes': [
            'admin:users',
        ],
        'services': ['hubops'],
    })
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._boolean import boolean_of
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._declared import (
    makes_admins,
    scopes_of,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._roles import (
    Service,
    render,
    version_of,
)


def load_roles(
    value: object,
    format: str = "python",  # noqa: A002 - the name that the documentation gives it
    service: str = "hubops",
    hub: object = None,
    admin: object = False,
    token_file: str = "",
) -> str:
    """See DOCUMENTATION."""
    try:
        is_admin = boolean_of("admin", admin)
        if not is_admin and makes_admins(value):
            raise ValueError(
                "admins are declared, and only a service that is an admin itself may create them:"
                " pass admin=true"
            )
        scopes, unknown = scopes_of(value, version_of(None if hub is None else str(hub)))
        return render(Service(service, tuple(scopes), is_admin, token_file), format, unknown)
    except ValueError as error:
        raise AnsibleFilterError(f"load_roles: {error}.") from None


class FilterModule:
    """The filter load_roles."""

    def filters(self) -> dict[str, t.Callable[..., str]]:
        """:returns: the filters of this file by name."""
        return {"load_roles": load_roles}
