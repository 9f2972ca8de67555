#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_shutdown
short_description: Shut a JupyterHub down, and wait until it has stopped or is back
version_added: 0.1.0
description:
  - Makes the hub shut itself down, with or without the servers and the proxy, and waits until it
    has stopped.
  - Under a supervisor that starts it again, such as systemd or Kubernetes, this is a restart. The
    task can wait until the hub is back.
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
  - With O(login_username), the token of the login cannot be revoked after the hub has stopped. It
    stays valid until it expires, unless the task waits until the hub is back.
  - Nobody can log in while the hub is stopped. Without a supervisor it does not start again. No
    role of this collection shuts a hub down.
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
    description: Whether to stop the proxy, if the hub has started it.
    type: bool
    required: true
    version_added: 0.1.0
  wait:
    description: Wait until the hub has stopped.
    type: bool
    default: true
    version_added: 0.1.0
  wait_for_return:
    description: Wait until the hub is back and answers. It implies O(wait).
    type: bool
    default: false
    version_added: 0.1.0
  wait_timeout:
    description: How many seconds the hub may take to stop, and to come back.
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
      description: What is done to the object.
      type: str
      sample: stop
    kind:
      description: The kind of the object.
      type: str
      sample: hub
    name:
      description: The name of the object after the change.
      type: str
      sample: hub
    fields:
      description: The fields that are set, added or removed. Secrets are replaced by a placeholder.
      type: dict
      sample: {servers: false, proxy: false}
  # END changes
summary:
  sample:
    stop: 1
    unchanged: 0
  # BEGIN summary
  description: The number of changes for each action, and the number of declared objects that needed
    no change.
  returned: success
  type: dict
  # END summary
# BEGIN unfinished
pending:
  description: The planned changes that were not made, in the form of RV(changes).
  returned: failure
  type: list
  elements: dict
  sample: []
rest_done:
  description:
    - Whether all else was done. True if only what is in RV(refused) and RV(pending) failed, so
      that the play may go on. False if something stopped the whole task.
  returned: failure
  type: bool
  sample: true
refused:
  description:
    - What the hub refused permanently, in order. Everything that does not depend on it was done.
      What depends on it is in RV(pending).
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
      description: The HTTP status of the hub's answer. Null if the hub has refused nothing and
        the change failed for another reason.
      type: int
      sample: 400
    hub_message:
      description: The message of the hub, or the other reason.
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
      would have done without check mode.
    - Empty when no request was sent to the hub.
  returned: always
  type: list
  elements: str
  sample: ['admin:users']
# END traffic
# BEGIN failure
status:
  description: The HTTP status of the hub's answer.
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
  description: The hub's own message.
  returned: failure, when the hub sent one
  type: str
  sample: Only admins can grant admin permissions
missing_scopes:
  description: The scopes that the token lacks.
  returned: failure, when scopes are missing
  type: list
  elements: str
  sample: ['admin:users']
load_roles:
  description: A piece of the hub's configuration that grants the missing scopes.
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
