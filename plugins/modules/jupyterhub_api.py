#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_api
short_description: Call the REST API of a JupyterHub, for what no other module covers
version_added: 0.1.0
description:
  - Sends one request to the REST API, for what no other module of the collection covers, with the
    same login, retries and errors.
  - A POST or a PATCH whose answer was lost is not sent again; the task fails.
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
      - The request is sent in every run. The task reports a change unless the method is V(GET).
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_operations
    description: Which operation of the REST API is in which module.
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_failures
    description: What a task returns when it fails, and what to do next.
options:
  method:
    description: The HTTP method. In check mode only V(GET) is sent.
    type: str
    choices: [GET, POST, PUT, PATCH, DELETE]
    default: GET
    version_added: 0.1.0
  path:
    description:
      - The path below the root of the API, such as V(/users/ada). Write names in it percent-encoded
        if they contain special characters.
      - It cannot lead out of the API.
    type: str
    required: true
    version_added: 0.1.0
  query:
    description: The query parameters.
    type: dict
    version_added: 0.1.0
  body:
    description: The body, which is sent as JSON. It is treated as a secret.
    type: dict
    version_added: 0.1.0
  paginate:
    description: Read every page of a list. Use it with O(method=GET).
    type: bool
    default: false
    version_added: 0.1.0
  status_code:
    description: The HTTP statuses that are not a failure. If it is not set, all below 300.
    type: list
    elements: int
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: Read one user
  hubops.jupyterhub.jupyterhub_api:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    path: /users/ada
    status_code: [200, 404]
  register: ada

- name: Read all groups
  hubops.jupyterhub.jupyterhub_api:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    path: /groups
    paginate: true
"""

RETURN = r"""
json:
  description: The parsed body of the answer. Null if there is none, and in check mode for every
    method except V(GET).
  returned: success
  type: raw
  sample: {kind: user, name: ada}
status:
  description: The HTTP status of the answer. Null when nothing was sent.
  returned: success, and failure, when the hub refused a request
  type: int
  sample: 200
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

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.actions import call_api
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.frame import run
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    ArgumentSpec,
)

SPEC = ArgumentSpec(
    {
        "method": {
            "type": "str",
            "choices": ["GET", "POST", "PUT", "PATCH", "DELETE"],
            "default": "GET",
        },
        "path": {"type": "str", "required": True},
        "query": {"type": "dict"},
        "body": {"type": "dict", "no_log": True},
        "paginate": {"type": "bool", "default": False},
        "status_code": {"type": "list", "elements": "int"},
    },
).merge(CONNECTION)


def main() -> None:
    """Run the module."""
    run(SPEC, call_api)


if __name__ == "__main__":
    main()
