#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_group
short_description: Create, change and delete groups of a JupyterHub and their members
version_added: 0.1.0
description:
  - Creates, changes and deletes groups of a JupyterHub, their members and their properties, one
    group or many in one task.
  - Options that are not set are not changed.
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
  - The token needs the scope C(admin:groups). It also needs C(delete:groups) to delete groups, and
    C(list:users) or C(read:users:name) to look up new members.
  - To prune groups, it also needs C(read:roles:groups) if there is a group to delete, because
    groups can give roles to their members.
  - If the authenticator of the hub manages groups itself (C(manage_groups)), JupyterHub 4
    refuses every change of members. Later versions accept it, but the next login of a user undoes
    it.
  - The roles of a group are set in the hub's configuration. The REST API cannot set them.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_bulk
    description: A term from its first class list to its end.
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_class_lists
    description: Recipes for the exports of campus systems.
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_prune
    description: The guards of O(prune), and how to use it for the first time.
options:
  name:
    description:
      - The name of the one group to manage. Upper and lower case are different names.
      - Exclusive with O(groups). One of them is required.
    type: str
    version_added: 0.1.0
  groups:
    description:
      - The groups to manage. A group that is named twice is one group, and contradictions are
        refused.
      - Exclusive with O(name) and its attributes.
    type: list
    elements: dict
    version_added: 0.1.0
    suboptions:
      name:
        description: The name of the group.
        type: str
        required: true
        version_added: 0.1.0
      state:
        description: Whether the group exists. The default is the value of O(state).
        type: str
        choices: [present, absent]
        version_added: 0.1.0
      users:
        description: The members, as described at O(users).
        type: list
        elements: str
        version_added: 0.1.0
      users_mode:
        description: What the list of members means. The default is the value of O(users_mode).
        type: str
        choices: [exact, present, absent]
        version_added: 0.1.0
      properties:
        description: The properties, as described at O(properties).
        type: dict
        version_added: 0.1.0
      properties_mode:
        description: What the properties mean. The default is the value of O(properties_mode).
        type: str
        choices: [exact, merge]
        version_added: 0.1.0
  state:
    description:
      - Whether the group exists.
      - With O(groups), the default for items that do not set it.
    type: str
    choices: [present, absent]
    default: present
    version_added: 0.1.0
  users:
    description:
      - The names of the members. They must be users of the hub. In check mode, users that do not
        exist yet are assumed to be created by an earlier task.
      - Users who join a group that has roles get the rights of these roles. The task then gives a
        warning.
      - With O(users_mode=exact), an empty list removes all members.
    type: list
    elements: str
    version_added: 0.1.0
  users_mode:
    description:
      - V(exact) makes these users the only members, V(present) adds them, V(absent) removes them.
      - With O(groups), the default for items that do not set it.
    type: str
    choices: [exact, present, absent]
    default: exact
    version_added: 0.1.0
  properties:
    description:
      - Properties of the group, for spawners and other programs that read them. Any JSON is
        allowed.
      - With O(properties_mode=exact), an empty dict clears them.
    type: dict
    version_added: 0.1.0
  properties_mode:
    description:
      - V(exact) makes these the only properties, V(merge) sets these and keeps the others. Each
        value is replaced as a whole.
      - With O(groups), the default for items that do not set it.
    type: str
    choices: [exact, merge]
    default: exact
    version_added: 0.1.0
  remove_limit:
    description:
      - Stop, before anything is changed, when a group would lose more members than this.
      - A count such as V(25), or a percentage such as V(50%) of the members that the group has,
        rounded up. The limit applies to each group separately. It does not apply to a group that is
        deleted as a whole.
      - When it is not set, there is no limit.
    type: str
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: A course and its members, no others
  hubops.jupyterhub.jupyterhub_group:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    name: course-1
    users: [ada, grace]
    properties:
      memory_limit: 4G

- name: Let a latecomer in
  hubops.jupyterhub.jupyterhub_group:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    name: course-1
    users: [linus]
    users_mode: present

- name: The groups of this term, and no others of their kind
  hubops.jupyterhub.jupyterhub_group:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    groups:
      - name: course-1
        users: [ada, grace]
      - name: course-2
        users: []
    prune: true
    prune_match: ["course-*"]
    prune_limit: 20%
"""

RETURN = r"""
changes:
  sample: [{action: create, kind: group, name: course-1, fields: {users: [ada, grace]}}]
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
      sample: group
    name:
      description: The name of the object after the change.
      type: str
      sample: course-1
    fields:
      description: The fields that are set, added or removed. Secrets are replaced by a placeholder.
      type: dict
      sample: {users: [ada, grace]}
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
groups:
  description: The declared groups that exist after the task, selected by O(return_objects).
  returned: success, unless O(return_objects=none)
  type: list
  elements: dict
  contains: &group
    name:
      description: The name.
      type: str
      sample: course-1
    users:
      description: The names of the members.
      type: list
      elements: str
      sample: [ada, grace]
    properties:
      description: The properties.
      type: dict
      sample: {memory_limit: 4G}
    roles:
      description: The names of the roles that the group has.
      type: list
      elements: str
      sample: []
group:
  description: The one group, changed or not. Empty when it does not exist after the task.
  returned: success, when O(name) is given and not O(return_objects=none)
  type: dict
  contains: *group
missing_users:
  description: The declared members that do not exist on the hub.
  returned: failure, when there are any
  type: list
  elements: str
  sample: [lovelace]
kept:
  description: The groups on the hub that are not declared but were not deleted, and why.
  returned: when O(prune) is V(true)
  type: list
  elements: dict
  sample: [{name: root, why: keep}]
  contains:
    name:
      description: The name. Null for one that has lost its name, which no request can reach.
      type: str
      sample: root
    why:
      description:
        - V(keep), because O(prune_keep) matches it.
        - V(role), which gives roles to its members.
        - V(unnamed), which no request can reach.
      type: str
      sample: keep
unmatched:
  description: How many groups are not declared, but were not deleted because O(prune_match) does
    not match them.
  returned: when O(prune) is V(true)
  type: int
  sample: 0
look_alikes:
  description: The groups that O(prune) would have deleted, and the declared names that they
    resemble.
  returned: failure, when there are any
  type: list
  elements: dict
  sample: [{name: CS1, declared: cs1}]
would_remove:
  description: The members that would have been removed, by group.
  returned: failure, when O(remove_limit) does not allow it
  type: dict
  sample: {course-1: [ada, grace]}
would_delete:
  description: The groups that O(prune) would have deleted.
  returned: failure, when O(prune_limit) does not allow it
  type: list
  elements: str
  sample: [course-8, course-9]
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
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.groups import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.work import Groups


def main() -> None:
    """Run the module."""
    run_resource(SPEC, Groups)


if __name__ == "__main__":
    main()
