#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_user
short_description: Create, change, rename and delete users of a JupyterHub
version_added: 0.1.0
description:
  - Creates, changes, renames and deletes users of a JupyterHub, one or a whole roster in one task.
  - Options that are not set are not changed.
  - Names are compared in the form in which the hub stores them, which is lower case unless its
    authenticator does otherwise. A name in another case is not a second user.
  - If the hub refuses a change permanently, all other changes are still made. The task then fails
    at its end and lists everything that was refused in RV(refused).
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
extends_documentation_fragment:
  - hubops.jupyterhub._connection
  - hubops.jupyterhub._attributes
  - hubops.jupyterhub._attributes.actiongroup
  - hubops.jupyterhub._bulk
  - hubops.jupyterhub._earlier
  - hubops.jupyterhub._prune
  - hubops.jupyterhub._names
notes:
  - The token needs the scopes C(admin:users) and C(list:users). To delete or rename users, it also
    needs C(delete:users), C(read:servers) and C(delete:servers).
  - To prune users who are in groups, it also needs C(read:roles:groups), because groups can make
    their members admins.
  - Since JupyterHub 4.1 only a caller that is itself an admin may create or change admins, whatever
    its scopes.
  - Deleting a user deletes the user's tokens and memberships, and some spawners delete the user's
    storage with it, especially on Kubernetes. The hub does not report which spawners do. Try it
    with an unimportant user first.
  - A user that the hub's configuration names, for example in C(admin_users) or C(load_groups),
    comes back when the hub restarts.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_bulk
    description: A term from its first class list to its end.
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_prune
    description: The guards of O(prune), and how to use it for the first time.
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_leaving
    description: What to do when a person leaves, in which order, and what is proved.
options:
  name:
    description:
      - The name of the one user to manage.
      - Exclusive with O(users). One of them is required.
    type: str
    version_added: 0.1.0
  users:
    description:
      - The users to manage. A user that is named twice is one user, and contradictions are refused.
      - Exclusive with O(name) and its attributes.
    type: list
    elements: dict
    version_added: 0.1.0
    suboptions:
      name:
        description: The name of the user.
        type: str
        required: true
        version_added: 0.1.0
      state:
        description: Whether the user exists. The default is the value of O(state).
        type: str
        choices: [present, absent]
        version_added: 0.1.0
      admin:
        description: Whether the user is an admin of the hub.
        type: bool
        version_added: 0.1.0
      auth_state:
        description: The authenticator's data about the user, as described at O(auth_state).
        type: dict
        version_added: 0.1.0
      rename_from:
        description: The former name of the user, as described at O(rename_from).
        type: str
        version_added: 0.1.0
      last_activity:
        description: When the user was last active, as described at O(last_activity).
        type: str
        version_added: 0.1.0
  state:
    description:
      - Whether the user exists.
      - With O(users), the default for items that do not set it.
      - V(absent) first stops the user's servers, including named servers, and waits for them.
    type: str
    choices: [present, absent]
    default: present
    version_added: 0.1.0
  admin:
    description: Whether the user is an admin of the hub.
    type: bool
    version_added: 0.1.0
  auth_state:
    description:
      - The authenticator's data about the user. It is replaced as a whole. An empty dict clears it.
      - The hub stores it only if its own environment has a key to encrypt it,
        E(JUPYTERHUB_CRYPT_KEY).
      - Comparing it needs the scope C(admin:auth_state), which C(admin:users) includes, and one
        request for each item that sets it.
    type: dict
    version_added: 0.1.0
  rename_from:
    description:
      - The former name of the user. If only a user with that name exists, it is renamed and keeps
        its groups and tokens.
      - If only O(name) exists, or neither exists, O(rename_from) has no effect. If both exist, the
        task fails.
      - A user with running servers is not renamed, because the addresses of the servers would keep
        the old name.
    type: str
    version_added: 0.1.0
  last_activity:
    description:
      - When the user was last active, in ISO 8601, such as V(2026-09-01T08:00:00Z). Without a zone
        it is UTC.
      - It only moves forward. A time earlier than the one on the hub changes nothing.
    type: str
    version_added: 0.1.0
  prune_admins:
    description:
      - Let O(prune) delete admins as well, whether they are admins themselves or through a group
        with the role C(admin).
      - The caller itself is never deleted.
    type: bool
    default: false
    version_added: 0.1.0
  prune_roles:
    description: Let O(prune) delete members of groups with these roles as well. Users with other
      roles from a group are kept.
    type: list
    elements: str
    default: []
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: One user, who is an admin
  hubops.jupyterhub.jupyterhub_user:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    name: ada
    admin: true

- name: A roster in one task
  hubops.jupyterhub.jupyterhub_user:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    users:
      - name: ada
        admin: true
      - name: grace
      - name: linus
        state: absent

- name: Rename a user who has married
  hubops.jupyterhub.jupyterhub_user:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    name: grace-hopper
    rename_from: grace

- name: Delete the students who have left, at most 50 of them
  hubops.jupyterhub.jupyterhub_user:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    users:
      - name: ada
      - name: s-2026-001
    prune: true
    prune_match: ["s-*"]
    prune_limit: "50"
"""

RETURN = r"""
changes:
  sample: [{action: create, kind: user, name: ada, fields: {admin: true}}]
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
      sample: user
    name:
      description: The name of the object after the change.
      type: str
      sample: ada
    fields:
      description: The fields that are set, added or removed. Secrets are replaced by a placeholder.
      type: dict
      sample: {admin: true}
  # END changes
summary:
  sample:
    create: 3
    unchanged: 997
  # BEGIN summary
  description: The number of changes for each action, and the number of declared objects that needed
    no change.
  returned: success
  type: dict
  # END summary
users:
  description: The declared users that exist after the task, selected by O(return_objects).
  returned: success, unless O(return_objects=none)
  type: list
  elements: dict
  contains: &user
    name:
      description: The name, as the hub stores it.
      type: str
      sample: ada
    admin:
      description: Whether the user is an admin.
      type: bool
      sample: true
    groups:
      description: The names of the user's groups.
      type: list
      elements: str
      sample: [course-1]
    roles:
      description: The names of the user's roles.
      type: list
      elements: str
      sample: [admin, user]
    server:
      description: The path of the user's default server, when it is ready.
      type: str
      sample: /user/ada/
    pending:
      description: The action in progress on the user's default server, V(spawn) or V(stop).
      type: str
      sample: spawn
    created:
      description: When the user was created. Not known in check mode for a user that does not exist
        yet.
      type: str
      sample: "2026-09-01T08:00:00.000000Z"
    last_activity:
      description: When the user was last active.
      type: str
      sample: "2026-10-01T08:00:00.000000Z"
user:
  description: The one user, changed or not. Empty when it does not exist after the task.
  returned: success, when O(name) is given and not O(return_objects=none)
  type: dict
  contains: *user
kept:
  description: The users on the hub that are not declared but were not deleted, and why.
  returned: when O(prune) is V(true)
  type: list
  elements: dict
  sample: [{name: root, why: admin}]
  contains:
    name:
      description: The name. Null for one that has lost its name, which no request can reach.
      type: str
      sample: root
    why:
      description:
        - V(caller), the owner of the token.
        - V(admin), an admin of the hub, or a member of a group with the role C(admin), unless
          O(prune_admins) is V(true).
        - V(role), a member of a group with another role that is not in O(prune_roles).
        - V(keep), because O(prune_keep) matches it.
        - V(look_alike), whose name differs from that of a declared user only in its case.
        - V(unnamed), whom no request can reach.
      type: str
      sample: admin
unmatched:
  description: How many users are not declared, but were not deleted because O(prune_match) does not
    match them.
  returned: when O(prune) is V(true)
  type: int
  sample: 0
look_alikes:
  description: The users that O(prune) would have deleted, and the declared names that they
    resemble.
  returned: failure, when there are any
  type: list
  elements: dict
  sample: [{name: CS1, declared: cs1}]
stored_names:
  description:
    - The names that the hub has given to users whom this task has created, by the requested name,
      if it is not just that name in lower case.
    - It can be used as the option O(stored_names) of later tasks.
  returned: when a request was sent to the hub
  type: dict
  sample: {tilda.brook@example.edu: tbrook}
would_delete:
  description: The users that O(prune) would have deleted.
  returned: failure, when O(prune_limit) does not allow it
  type: list
  elements: str
  sample: [s-2025-001, s-2025-002]
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

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.manage import run_resource
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.users import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.work import Users


def main() -> None:
    """Run the module."""
    run_resource(SPEC, Users)


if __name__ == "__main__":
    main()
