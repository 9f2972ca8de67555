#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_shutdown
short_description: Shut a JupyterHub down, and wait until it is gone or back
version_added: 0.1.0
description:
  - Lets the hub end itself, with the servers and the proxy or without them, and waits until it is
    gone.
  - Under a supervisor that starts it again, such as systemd or Kubernetes, this is a restart. The
    task can wait for the return.
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
extends_documentation_fragment:
  - hubops.jupyterhub._connection
  - hubops.jupyterhub._attributes
  - hubops.jupyterhub._attributes.actiongroup
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: none
    details:
      - Every run shuts the hub down.
notes:
  - The token needs the scope C(shutdown).
  - With O(login_username), the token of the login cannot be revoked when the hub is gone. It lives
    until it expires, unless the task waits for the hub's return.
  - Nobody can log in while the hub is away. Without a supervisor it does not come back. No role of
    this collection does that.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_maintenance
    description: Stop all servers, do the work, and bring the same ones back.
options:
  servers:
    description: Whether to stop the servers of all users.
    type: bool
    required: true
    version_added: 0.1.0
  proxy:
    description: Whether to stop the proxy, when the hub has started it.
    type: bool
    required: true
    version_added: 0.1.0
  wait:
    description: Wait until the hub is gone.
    type: bool
    default: true
    version_added: 0.1.0
  wait_for_return:
    description: Wait until the hub is back and answers. It implies O(wait).
    type: bool
    default: false
    version_added: 0.1.0
  wait_timeout:
    description: Seconds for the hub to go, and to come back.
    type: float
    default: 300.0
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: Restart a hub that systemd watches over, and leave everybody's server running
  hubops.jupyterhub.jupyterhub_shutdown:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    servers: false
    proxy: false
    wait_for_return: true
"""

RETURN = r"""
changes:
  sample: [{action: stop, kind: hub, name: hub, fields: {servers: false, proxy: false}}]
  # BEGIN changes
  description: What was changed, or would be in check mode, in the order in which it is applied.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: What is done.
      type: str
      sample: stop
    kind:
      description: To what kind of object.
      type: str
      sample: hub
    name:
      description: The name of the object, as it is called afterwards.
      type: str
      sample: hub
    fields:
      description: What is set, added or removed. Secrets are replaced by a placeholder.
      type: dict
      sample: {servers: false, proxy: false}
  # END changes
summary:
  sample:
    stop: 1
    unchanged: 0
  # BEGIN summary
  description: How many changes of each action there are, and how many declared objects needed none.
  returned: success
  type: dict
  # END summary
# BEGIN unfinished
pending:
  description: What was planned and is not done, in the form of RV(changes).
  returned: failure
  type: list
  elements: dict
  sample: []
refused:
  description:
    - What the hub refused for good, in the order met. Everything that does not depend on it was
      done, and what does is in RV(pending).
  returned: failure
  type: list
  elements: dict
  sample: []
  contains:
    kind:
      description: The kind of object.
      type: str
      sample: user
    name:
      description: The name of the object.
      type: str
      sample: nosuch1
    status:
      description: The HTTP status of the answer of the hub. Null where the hub has refused nothing,
        and something else keeps it from being done.
      type: int
      sample: 400
    hub_message:
      description: The message of the hub, or what keeps it from being done.
      type: str
      sample: 'Failed to create user nosuch1: nosuch1 does not exist'
# END unfinished
# BEGIN traffic
hub_version:
  description: The version of the hub.
  returned: when the hub has answered
  type: str
  sample: 6.1.1
requests:
  description: How many HTTP requests were sent.
  returned: always
  type: int
  sample: 7
retries:
  description: How many of the requests were repeats.
  returned: always
  type: int
  sample: 0
scopes_used:
  description:
    - The smallest set of scopes, without filters, with which the task can do what it did, or
      would do in check mode.
    - Empty when the hub was not asked for anything.
  returned: always
  type: list
  elements: str
  sample: ['admin:users']
# END traffic
# BEGIN failure
status:
  description: The HTTP status of the answer of the hub.
  returned: failure, when the hub refused a request
  type: int
  sample: 403
method:
  description: The method of the request that failed.
  returned: failure, when a request failed
  type: str
  sample: PATCH
path:
  description: The path of the request that failed, below the root of the API.
  returned: failure, when a request failed
  type: str
  sample: /users/ada
hub_message:
  description: The message of the hub itself.
  returned: failure, when the hub gave one
  type: str
  sample: Only admins can grant admin permissions
missing_scopes:
  description: The scopes that the token lacks.
  returned: failure, when scopes are missing
  type: list
  elements: str
  sample: ['admin:users']
load_roles:
  description: A piece of the hub configuration that grants the missing scopes.
  returned: failure, when scopes are missing
  type: str
  sample: |
    c.JupyterHub.load_roles.append(
        {'name': 'hubops-provisioner-admin-users', 'scopes': ['admin:users'],
         'services': ['provisioner']},
    )
# END failure
"""

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.actions import run_action
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    ArgumentSpec,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shutdown import (
    ShutdownAction,
)

SPEC = ArgumentSpec(
    {
        "servers": {"type": "bool", "required": True},
        "proxy": {"type": "bool", "required": True},
        "wait": {"type": "bool", "default": True},
        "wait_for_return": {"type": "bool", "default": False},
        "wait_timeout": {"type": "float", "default": 300.0},
    },
).merge(CONNECTION)


def main() -> None:
    """Run the module."""
    run_action(SPEC, ShutdownAction)


if __name__ == "__main__":
    main()
