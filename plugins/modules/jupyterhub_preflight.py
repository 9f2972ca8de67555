#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_preflight
short_description: Check whether a JupyterHub can be brought to what is declared
version_added: 0.1.0
description:
  - Takes the lists of a whole hub, reads each as its own module would, compares them with each
    other and with the hub, and returns everything that stands in the way at once. It changes
    nothing.
  - The role P(hubops.jupyterhub.provision#role) begins with it, and writes nothing unless it has
    succeeded.
  - "It checks: users that are needed as members, owners or guests, and groups and servers that are
    needed for shares; what is needed and declared absent, renamed, or may be pruned; options that
    the hub is too old for; the scopes of the caller; whether the caller may make admins; secrets
    that would reach nobody; options of O(prune) that cannot be meant."
  - What only a module itself can see, such as members that the hub refuses, it does not find.
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
extends_documentation_fragment:
  - hubops.jupyterhub._connection
  - hubops.jupyterhub._lists
  - hubops.jupyterhub._attributes.info
  - hubops.jupyterhub._attributes.actiongroup
notes:
  - It sends one GET request, and more only for what the lists need and do not declare, for shares,
    and where the caller is no admin or lacks a scope.
  - In check mode, what is missing on the hub and declared nowhere is a problem as in a real run.
  - Directories of O(tokens[].dest) have to exist, but in check mode, where an earlier task may make
    them.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_check_mode
    description: What check mode predicts, and how to audit with it.
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_scopes
    description: The smallest role for each module and for your own tasks.
options:
  prune:
    description: The kinds of which everything that is not declared is to be deleted. A kind of
      which nothing is declared is refused.
    type: list
    elements: str
    choices: [users, groups, tokens]
    version_added: 0.1.0
  prune_keep:
    description:
      - By kind, C(users) or C(groups), a list of shell patterns of names that stay, declared or
        not.
      - It may be given as text, such as V(users=keep-*), or as JSON. A kind without a value is
        refused, as it may have been meant to protect something.
    type: dict
    version_added: 0.1.0
  prune_match:
    description: By kind, patterns of names that may be deleted, in the form of O(prune_keep).
    type: dict
    version_added: 0.1.0
  prune_limit:
    description: How many objects of a kind may be deleted by O(prune), as a count or as a
      percentage.
    type: str
    version_added: 0.1.0
  remove_limit:
    description: How many members may be taken out of a group, as a count or as a percentage.
    type: str
    version_added: 0.1.0
  stored_names:
    description:
      - How the hub stores the names of users where its authenticator has rules of its own
        (C(username_map)), by the name as it is declared.
      - A name that is not in it is compared in lower case.
    type: dict
    version_added: 0.1.0
  secrets:
    description:
      - V(files) refuses tokens without a C(dest), tokens with C(return_token), and codes of shares,
        as their secrets would be lost, or shown.
      - V(returned) lets them pass, for tasks that use what the modules return.
    type: str
    choices: [files, returned]
    default: files
    version_added: 0.1.0
  expected_url:
    description: The address that is meant. Another O(hub_url), which defaults of the play may give
      to this module alone, is a problem.
    type: str
    version_added: 0.1.0
  prefix:
    description: What the names of these options begin with where they come from, so that problems
      can name them. The role says V(jupyterhub_).
    type: str
    default: ""
    version_added: 0.1.0
  variables:
    description:
      - Names of variables that are set, so that a misspelt one can be found.
      - One that looks like an option of this module with O(prefix) before it is a warning. It is a
        problem when nothing is declared, and when it seems to be an option of O(prune) while
        something is pruned.
    type: list
    elements: str
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: See whether the hub can be brought to this
  hubops.jupyterhub.jupyterhub_preflight:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    users:
      - name: ada
      - name: grace
    groups:
      - name: course-1
        users: [ada, grace]
    prune: [groups]
    prune_keep:
      groups: [staff-*]
"""

RETURN = r"""
problems:
  description: What stands in the way, a sentence for each kind of problem. The task fails when
    there is one.
  returned: when the options could be read
  type: list
  elements: str
  sample: []
hub_url:
  description: The address of the hub that was asked. Tasks that rely on this check have to use it.
  returned: when the options could be read
  type: str
  sample: https://hub.example.org
kinds:
  description: The lists that declare something, in the order in which they have to be written.
  returned: success
  type: list
  elements: str
  sample: [users, groups]
scopes_needed:
  description: The smallest set of scopes with which everything can be done.
  returned: when the hub has answered
  type: list
  elements: str
  sample: [admin:groups, admin:users]
whoami:
  description: The caller.
  returned: success
  type: dict
  contains:
    kind:
      description: V(user) or V(service).
      type: str
      sample: service
    name:
      description: The name.
      type: str
      sample: provisioner
    admin:
      description: Whether it is an admin.
      type: bool
      sample: false
prune:
  description:
    - "By kind, the options of prune as its module takes them: C(prune), and as far as they are set
      C(prune_keep), C(prune_match), C(prune_limit) and, for groups, C(remove_limit)."
  returned: success
  type: dict
  sample:
    users: {prune: false}
    groups: {prune: true, prune_keep: ["staff-*"]}
    tokens: {prune: false}
stored_names:
  description: O(stored_names), as a dictionary.
  returned: success
  type: dict
  sample: {}
renamed:
  description: The former names of users that are declared with C(rename_from), by their new names,
    both as the hub stores them.
  returned: success
  type: dict
  sample: {}
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

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.frame import run
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.preflight import preflight
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.preflight import SPEC


def main() -> None:
    """Run the module."""
    run(SPEC, preflight)


if __name__ == "__main__":
    main()
