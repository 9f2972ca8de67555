#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_share
short_description: Share servers with users and groups, and make codes for guests (JupyterHub 5)
version_added: 0.1.0
description:
  - Lets users and groups use the servers of others, and makes codes that people can accept a share
    with. It needs JupyterHub 5.0.
  - What an option does not say is left as it is.
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
extends_documentation_fragment:
  - hubops.jupyterhub._connection
  - hubops.jupyterhub._attributes
  - hubops.jupyterhub._attributes.actiongroup
  - hubops.jupyterhub._bulk
  - hubops.jupyterhub._names
  - hubops.jupyterhub._earlier
notes:
  - The token needs the scope C(shares), which holds C(read:shares), and C(list:users) or
    C(read:users:name) and C(read:groups:name) to share with them by name.
  - A server has to have been started once, or been made, before it can be shared.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_servers
    description: Servers before, during and after a class.
options:
  owner:
    description:
      - Whose server to share.
      - Exclusive with O(shares). One of them is required.
    type: str
    version_added: 0.1.0
  server:
    description: The name of the server. Empty means the default server.
    type: str
    default: ""
    version_added: 0.1.0
  shares:
    description:
      - The servers to share, and with whom.
      - Exclusive with O(owner) and its attributes.
    type: list
    elements: dict
    version_added: 0.1.0
    suboptions:
      owner:
        description: Whose server it is.
        type: str
        required: true
        version_added: 0.1.0
      server:
        description: The name of the server. Empty means the default server.
        type: str
        default: ""
        version_added: 0.1.0
      users:
        description: The users, as described at O(users).
        type: list
        elements: raw
        version_added: 0.1.0
      groups:
        description: The groups, as described at O(groups).
        type: list
        elements: raw
        version_added: 0.1.0
      scopes:
        description: What they may do, as described at O(scopes).
        type: list
        elements: str
        version_added: 0.1.0
      mode:
        description: What the lists mean. The default is what O(mode) says.
        type: str
        choices: [exact, present, absent]
        version_added: 0.1.0
      code:
        description: Whether there is a code, as described at O(code).
        type: bool
        version_added: 0.1.0
      expires_in:
        description: How long a new code lives, as described at O(expires_in).
        type: str
        version_added: 0.1.0
  users:
    description:
      - The users who may use the server. They have to exist.
      - Each is a name, or a dictionary of C(name) and C(scopes), which are this guest's own instead
        of O(scopes).
    type: list
    elements: raw
    version_added: 0.1.0
  groups:
    description:
      - The groups whose members may use the server. They have to exist.
      - Each is a name, or a dictionary of C(name) and C(scopes), as at O(users).
    type: list
    elements: raw
    version_added: 0.1.0
  scopes:
    description:
      - What they may do with the server, without a filter, such as V(access:servers) or
        V(read:servers).
      - When it is not set, an existing share stays as it is, and a new one lets them use the
        server.
      - Guests in O(users) and O(groups) that have C(scopes) of their own are not affected. With
        O(mode=absent), only these scopes are revoked.
    type: list
    elements: str
    version_added: 0.1.0
  mode:
    description:
      - V(exact) shares with these and no others, V(present) with these too, V(absent) not with
        these.
      - Where only users are declared, groups are left alone, and the other way round. An empty list
        means nobody.
      - Beside O(shares), the default for those that say nothing else.
    type: str
    choices: [exact, present, absent]
    default: exact
    version_added: 0.1.0
  code:
    description:
      - Make a code that lets whoever has it accept a share, unless there is one for these
        O(scopes). Its value is returned once.
      - With O(mode=absent) all codes of the server are revoked.
      - A run that is killed after it has made a code leaves one that nobody knows, and the next run
        takes it to be the one that was asked for. Revoke the codes of the server with
        O(mode=absent), then make a new one.
    type: bool
    version_added: 0.1.0
  expires_in:
    description:
      - How long a new code lives, in seconds, or with a unit such as V(12h) or V(7d), from one
        minute to one year. The hub says one day when it is not set.
      - Other shares do not expire.
    type: str
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: Let a tutor and the tutors' group into a server
  hubops.jupyterhub.jupyterhub_share:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    owner: ada
    users: [grace]
    groups: [tutors]

- name: Let one guest only look on, and another one work
  hubops.jupyterhub.jupyterhub_share:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    owner: ada
    users:
      - name: grace
        scopes: ["access:servers", "read:servers"]
      - name: linus
        scopes: ["read:servers"]

- name: A code for the participants of a workshop
  hubops.jupyterhub.jupyterhub_share:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    owner: ada
    code: true
    expires_in: 7d
  register: workshop
  no_log: true

- name: Take all of it back
  hubops.jupyterhub.jupyterhub_share:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    shares:
      - owner: ada
        users: []
        groups: []
"""

RETURN = r"""
changes:
  sample: [{action: create, kind: share, name: ada/ with user grace, fields: {scopes:
    ['access:servers!server=ada/']}}]
  # BEGIN changes
  description: What was changed, or would be in check mode, in the order in which it is applied.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: What is done.
      type: str
      sample: create
    kind:
      description: To what kind of object.
      type: str
      sample: share
    name:
      description: The name of the object, as it is called afterwards.
      type: str
      sample: ada/ with user grace
    fields:
      description: What is set, added or removed. Secrets are replaced by a placeholder.
      type: dict
      sample: {scopes: ['access:servers!server=ada/']}
  # END changes
summary:
  sample:
    create: 1
    unchanged: 2
  # BEGIN summary
  description: How many changes of each action there are, and how many declared objects needed none.
  returned: success
  type: dict
  # END summary
shares:
  description: The declared servers and with whom they are shared after the task, as
    O(return_objects) says.
  returned: success, unless O(return_objects=none)
  type: list
  elements: dict
  contains: &share
    owner:
      description: Whose server it is.
      type: str
      sample: ada
    server:
      description: The name of the server, which is empty for the default server.
      type: str
      sample: ""
    users:
      description: The users it is shared with, and what they may do.
      type: list
      elements: dict
      sample: [{name: grace, scopes: ["access:servers!server=ada/"]}]
    groups:
      description: The groups it is shared with, and what their members may do.
      type: list
      elements: dict
      sample: [{name: tutors, scopes: ["access:servers!server=ada/"]}]
    code:
      description: A code that was just made, with its secret in C(code). Whoever has that may
        accept the share.
      type: dict
      sample: {id: sc_1, code: 5c6d, accept_url: "/hub/accept-share?code=5c6d", full_accept_url:
        null, expires_at: "2026-09-02T08:00:00Z"}
share:
  description: The one server, changed or not.
  returned: success, when O(owner) is given and not O(return_objects=none)
  type: dict
  contains: *share
missing:
  description: The servers, users or groups that are not on the hub.
  returned: failure, when there are any
  type: list
  elements: str
  sample: [lovelace]
# BEGIN unfinished
pending:
  description: What was planned and is not done, in the form of RV(changes).
  returned: failure, and when something depends on what O(earlier.refused) names
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

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.manage import run_resource
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.shares import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.work import Shares


def main() -> None:
    """Run the module."""
    run_resource(SPEC, Shares)


if __name__ == "__main__":
    main()
