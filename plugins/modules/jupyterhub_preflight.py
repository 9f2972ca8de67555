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
  - Takes the lists of a whole hub, reads each in the way its own module would, compares them with
    each other and with the hub, and returns all problems at once. It changes nothing.
  - The role P(hubops.jupyterhub.provision#role) runs it first, and writes nothing unless it has
    succeeded.
  - "It checks: users that are needed as members, owners or guests, and groups and servers that are
    needed for shares; needed objects that are declared absent, are renamed, or may be pruned;
    options that need a newer hub; the scopes of the caller; whether the caller may create admins;
    secrets that would be lost; and invalid combinations of O(prune) options."
  - If users and groups are declared, and groups are pruned or have a O(remove_limit), it also
    checks the limits, and everything else that the two modules would refuse, because the users are
    written before the groups are read.
  - It does not find problems that only the module itself can see, such as members that the hub
    refuses.
  - A member, owner, guest or server that the token may not see, because its scopes are limited to
    other objects, is not a problem. It is in RV(not_checked), with a warning. The modules refuse
    what cannot be done without it, and do everything else. Guards do not become weaker, and a prune
    needs a token that sees everything.
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
extends_documentation_fragment:
  - hubops.jupyterhub._connection
  - hubops.jupyterhub._lists
  - hubops.jupyterhub._attributes.info
  - hubops.jupyterhub._attributes.actiongroup
notes:
  - It sends one GET request. It sends more only for objects that the lists need and do not declare,
    for names with capitals where their spelling matters, for shares, for the limits of
    groups, and if the caller is not an admin or lacks a scope.
  - In check mode, as in a real run, an object that is missing on the hub and not declared is a
    problem.
  - Directories of O(tokens[].dest) must exist, except in check mode, because an earlier task may
    create them.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_check_mode
    description: What check mode predicts, and how to audit with it.
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_scopes
    description: The smallest role for each module and for your own tasks.
options:
  prune:
    description: The kinds of objects whose undeclared objects are deleted. A kind without any
      declared object is refused.
    type: list
    elements: str
    choices: [users, groups, tokens]
    version_added: 0.1.0
  prune_keep:
    description:
      - By kind, C(users) or C(groups), a list of shell patterns of names that are never deleted,
        declared or not.
      - It may be given as text, such as V(users=keep-*), or as JSON. A kind without a value is
        refused, because it may have been meant to protect something.
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
    description: How many members may be removed from a group, as a count or as a percentage.
    type: str
    version_added: 0.1.0
  stored_names:
    description:
      - The names under which the hub stores users if its authenticator has its own rules
        (C(username_map)), by the declared name.
      - A name that is not in it is compared in lower case, unless the hub keeps capitals.
    type: dict
    version_added: 0.1.0
  secrets:
    description:
      - V(files) refuses tokens without a C(dest), tokens with C(return_token), and share codes,
        because their secrets would be lost or shown.
      - V(returned) allows them, for tasks that use the returned values of the modules.
    type: str
    choices: [files, returned]
    default: files
    version_added: 0.1.0
  expected_url:
    description: The intended address. It is a problem if O(hub_url) differs, because the play's
      module_defaults may set it for this module alone.
    type: str
    version_added: 0.1.0
  prefix:
    description: The prefix of the variables from which these options come, so that problems can
      name them. The role sets V(jupyterhub_).
    type: str
    default: ""
    version_added: 0.1.0
  variables:
    description:
      - Names of variables that are set, so that a misspelled one can be found.
      - A name that looks like a misspelled option of this module with O(prefix) in front of it
        causes a warning. It is a problem if nothing is declared, or if it looks like an option of
        O(prune) and something is pruned.
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
      groups: [staff-*, tutors]
"""

RETURN = r"""
problems:
  description: The problems, a sentence for each kind. The task fails if there is one.
  returned: when the options could be read
  type: list
  elements: str
  sample: []
hub_url:
  description: The address of the hub that was checked. Tasks that rely on this check must use it.
  returned: when the options could be read
  type: str
  sample: https://hub.example.org
check_mode:
  description: Whether this task ran in check mode. The variable C(ansible_check_mode) tells only
    whether the command line has C(--check), and not what a play or a task sets with C(check_mode).
  returned: success
  type: bool
  sample: false
kinds:
  description: The lists that declare something, in the order in which they must be applied.
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
not_checked:
  description: What the lists need and the token may not see, so that it may be missing. There is a
    warning of it.
  returned: when the options could be read
  type: list
  elements: dict
  sample: []
  contains:
    kind:
      description: V(user), V(group) or V(server).
      type: str
      sample: user
    name:
      description: The name, as the hub would store it. Of a server, that of its owner comes first.
      type: str
      sample: bob
    why:
      description: What needs it.
      type: str
      sample: a member of group course-1
prune:
  description:
    - "By kind, the prune options of its module: C(prune), and, if they are set,
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

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.frame import run
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.preflight import preflight
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.preflight import SPEC


def main() -> None:
    """Run the module."""
    run(SPEC, preflight)


if __name__ == "__main__":
    main()
