#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_proxy
short_description: Make a JupyterHub repair the routes of its proxy, or use another proxy
version_added: 0.1.0
description:
  - Makes the hub compare the routes of its proxy with its own, and repair them at once instead of
    at its next check.
  - Optionally makes the hub use another proxy.
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
      - The hub does not report whether there was something to do, so the task always reports a
        change.
notes:
  - The token needs the scope C(proxy).
  - If the new proxy does not answer, the hub's users can no longer reach it. No role of this
    collection does that.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_hubs
    description: What databases, proxies, authenticators and spawners mean for the modules.
options:
  state:
    description: The state of the routes of the proxy.
    type: str
    choices: [synced]
    default: synced
    version_added: 0.1.0
  api_url:
    description: The address of the API of a new proxy, to announce it.
    type: str
    version_added: 0.1.0
  auth_token:
    description: The token with which the hub calls the new proxy.
    type: str
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: Put the routes right after the proxy was restarted
  hubops.jupyterhub.jupyterhub_proxy:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
"""

RETURN = r"""
changes:
  sample: [{action: sync, kind: proxy, name: proxy, fields: {}}]
  # BEGIN changes
  description: What was changed, or would be in check mode, in the order in which it is applied.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: What is done to the object.
      type: str
      sample: sync
    kind:
      description: The kind of the object.
      type: str
      sample: proxy
    name:
      description: The name of the object after the change.
      type: str
      sample: proxy
    fields:
      description: The fields that are set, added or removed. Secrets are replaced by a placeholder.
      type: dict
      sample: {}
  # END changes
summary:
  sample:
    sync: 1
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
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.proxy import ProxyAction

SPEC = ArgumentSpec(
    {
        "state": {"type": "str", "choices": ["synced"], "default": "synced"},
        "api_url": {"type": "str"},
        "auth_token": {"type": "str", "no_log": True},
    },
).merge(CONNECTION)


def main() -> None:
    """Run the module."""
    run_action(SPEC, ProxyAction)


if __name__ == "__main__":
    main()
