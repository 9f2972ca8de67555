#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_share
short_description: Share servers with users and groups, and create codes for guests (JupyterHub 5)
version_added: 0.1.0
description:
  - Lets users and groups use the servers of others, and creates codes with which people can accept
    a share. It needs JupyterHub 5.0.
  - Options that are not set are not changed.
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
  - The token needs the scope C(shares), which includes C(read:shares). To share with users and
    groups by name, it also needs C(list:users) or C(read:users:name), and C(read:groups:name).
  - A server must have been started once, or have been created, before it can be shared.
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
        description: What the lists mean. The default is the value of O(mode).
        type: str
        choices: [exact, present, absent]
        version_added: 0.1.0
      code:
        description: Whether there is a code, as described at O(code).
        type: bool
        version_added: 0.1.0
      expires_in:
        description: How long a new code is valid, as described at O(expires_in).
        type: str
        version_added: 0.1.0
  users:
    description:
      - The users who may use the server. They must exist.
      - Each is a name, or a dictionary of C(name) and C(scopes), which replace O(scopes) for this
        guest.
    type: list
    elements: raw
    version_added: 0.1.0
  groups:
    description:
      - The groups whose members may use the server. They must exist.
      - Each is a name, or a dictionary of C(name) and C(scopes), as at O(users).
    type: list
    elements: raw
    version_added: 0.1.0
  scopes:
    description:
      - What they may do with the server, without a filter, such as V(access:servers) or
        V(read:servers).
      - If it is not set, an existing share is not changed, and a new one lets them use the server.
      - It does not apply to guests in O(users) and O(groups) that have their own C(scopes). With
        O(mode=absent), only these scopes are revoked.
    type: list
    elements: str
    version_added: 0.1.0
  mode:
    description:
      - V(exact) shares with exactly these, V(present) adds these, V(absent) removes these.
      - If only users are declared, shares with groups are not changed, and the other way round. An
        empty list means no guests.
      - With O(shares), the default for items that do not set it.
    type: str
    choices: [exact, present, absent]
    default: exact
    version_added: 0.1.0
  code:
    description:
      - Create a code with which anyone who has it can accept a share, unless there is one for these
        O(scopes). Its value is returned once.
      - With O(mode=absent), all codes of the server are revoked.
      - If a run is killed after it has created a code, the value of that code is lost, and the next
        run treats it as the requested one. Revoke the codes of the server with O(mode=absent), then
        create a new one.
    type: bool
    version_added: 0.1.0
  expires_in:
    description:
      - How long a new code is valid, in seconds, or with a unit such as V(12h) or V(7d), from one
        minute to one year. The hub's default is one day.
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
      description: What is done to the object.
      type: str
      sample: create
    kind:
      description: The kind of the object.
      type: str
      sample: share
    name:
      description: The name of the object after the change.
      type: str
      sample: ada/ with user grace
    fields:
      description: The fields that are set, added or removed. Secrets are replaced by a placeholder.
      type: dict
      sample: {scopes: ['access:servers!server=ada/']}
  # END changes
summary:
  sample:
    create: 1
    unchanged: 2
  # BEGIN summary
  description: The number of changes for each action, and the number of declared objects that needed
    no change.
  returned: success
  type: dict
  # END summary
shares:
  description: The declared servers and with whom they are shared after the task, selected by
    O(return_objects).
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
      description: A code that was just created, with its secret in C(code). Anyone who has it can
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
  description: The planned changes that were not made, in the form of RV(changes).
  returned: failure, and when something depends on an object in O(earlier.refused)
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

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.manage import run_resource
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.shares import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.work import Shares


def main() -> None:
    """Run the module."""
    run_resource(SPEC, Shares)


if __name__ == "__main__":
    main()
