#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_export
short_description: Write a JupyterHub to a file as variables of the role provision
version_added: 0.1.0
description:
  - Reads a hub that is in use, and writes its users, groups, services and shares as the variables
    of R(the role provision,ansible_collections.hubops.jupyterhub.provision_role).
  - Applying them to the same hub changes nothing. Applying them to another hub creates the same
    objects there.
  - The result is sorted and contains no date, so the file changes only when the hub does. If the
    task is run every night, a reported change is an alarm, and C(--diff) shows line by line what is
    different on the hub.
  - What cannot be declared is left out, and returned with the reason in RV(left_out). A list that
    leaves something out has the mode V(present), so applying it removes nothing.
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
extends_documentation_fragment:
  - hubops.jupyterhub._connection
  - hubops.jupyterhub._attributes
  - hubops.jupyterhub._attributes.actiongroup
attributes:
  check_mode:
    support: full
    details:
      - In check mode the files are not written.
  diff_mode:
    support: full
    details:
      - Shows the difference of the files. The auth_state of users is shown as a fixed placeholder.
  idempotent:
    support: full
notes:
  - The token needs the scopes C(list:users), C(list:groups), C(read:groups), C(list:services),
    C(read:services) and C(read:shares), for the kinds of objects in O(include),
    C(read:servers) for servers, C(read:tokens) for tokens, and C(admin:auth_state) for auth_state.
    A token that has one of them for some objects only is refused, because a partial export would
    look complete.
  - Users, groups and services are read page by page. Shares, tokens and auth_state take a request
    for each user, 2 to 3 milliseconds each.
  - The hub does not return the secrets of tokens and services, the OAuth settings of services,
    share codes, passwords, and what is in its configuration, such as roles and C(admin_users). None
    of that is exported.
  - The user options of servers may contain secrets, if the spawner uses them for secrets.
  - Names, properties and options come from other people. Text in them that looks like a template is
    written as C(!unsafe), so Ansible does not evaluate it.
  - If the authenticator manages groups (C(manage_groups)), leave groups out. The hub does not
    report whether it does.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_adopt
    description: A hub in use as variables, drift alarms, and a move to another hub.
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_fleets
    description: One inventory host for each hub.
  - plugin: hubops.jupyterhub.for_hub
    plugin_type: filter
  - module: hubops.jupyterhub.jupyterhub_info
options:
  dest:
    description:
      - The absolute path of the file on the target to write, or, if it ends with a slash, of a
        folder with a file for each kind of object.
      - The folder of a file must exist. A folder that is given with a slash is created if its
        parent exists.
      - A new file is readable by its owner only. An existing file keeps its mode, and its owner
        where possible, except with auth_state.
      - In a folder, files of earlier exports that are no longer needed are removed.
      - If it is not set, the variables are returned instead.
    type: path
    version_added: 0.1.0
  force:
    description: Replace a file that was not written by an export.
    type: bool
    default: false
    version_added: 0.1.0
  include:
    description:
      - What to export.
      - With V(tokens), the tokens that M(hubops.jupyterhub.jupyterhub_token) has created, without
        secrets. The file contains them as comments, because each needs a file for its secret before
        it can be declared.
      - With V(auth_state), the authenticator's data about users. It contains secrets, so O(dest) is
        required, and only the owner can read the file. It is refused below a folder that another
        user has created in a folder that everyone can write to, such as C(/tmp).
    type: list
    elements: str
    # BEGIN includable
    choices: [users, groups, services, servers, shares, tokens, auth_state]
    # END includable
    default: [users, groups, services, shares]
    version_added: 0.1.0
  servers:
    description:
      - Which servers to export.
      - V(named) exports named servers, with their options and display names. From JupyterHub 6.0 on
        their state is V(present). Older hubs cannot create a server without starting it, so there
        the state is V(started) or V(stopped), like that of the server.
      - V(running) also exports servers that run, with the state V(started).
      - If it is not set, it is V(named) if O(include) has V(servers), otherwise V(none).
    type: str
    choices: [none, named, running]
    version_added: 0.1.0
  select_users:
    description: Globs of the names of users to export. If it is not set, all are exported. Their
      shares, servers and tokens are exported with them.
    type: list
    elements: str
    version_added: 0.1.0
  omit_users:
    description: Globs of the names of users not to export, for example test accounts.
    type: list
    elements: str
    default: []
    version_added: 0.1.0
  omit_groups:
    description: Globs of the names of groups not to export. What is shared with them is not
      exported either.
    type: list
    elements: str
    default: []
    version_added: 0.1.0
  groups_from_config:
    description: Globs of the names of groups that the hub's configuration creates (C(load_groups)).
      They are not exported, but what is shared with them is.
    type: list
    elements: str
    default: []
    version_added: 0.1.0
  services_from_config:
    description:
      - Globs of the names of services that the hub's configuration defines. They are not exported.
      - The hub does not distinguish them from services that were created through its API, except
        for those whose command it runs.
    type: list
    elements: str
    default: []
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: Write the hub down, and report a change when it differs from the last time
  hubops.jupyterhub.jupyterhub_export:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    dest: /etc/hubops/exports/physics.yml
    omit_users: ["test-*"]
    services_from_config: ["*"]

- name: Write a folder with a file for each kind, named servers among them
  hubops.jupyterhub.jupyterhub_export:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    dest: /etc/hubops/exports/physics/
    servers: named

- name: Get the members of all groups as variables
  hubops.jupyterhub.jupyterhub_export:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    include: [groups]
  register: exported
"""

RETURN = r"""
dest:
  description: The file or folder of the export.
  returned: success, with O(dest)
  type: str
  sample: /srv/hubs/physics.yml
variables:
  description: The variables of the role.
  returned: success, without O(dest)
  type: dict
  sample:
    jupyterhub_users: [{name: ada, admin: true}, {name: bob, admin: false}]
    jupyterhub_groups: [{name: CS101, users: [bob], properties: {}}]
counts:
  description: How many objects of each kind are exported.
  returned: success
  type: dict
  sample: {users: 2, groups: 1, services: 0, shares: 0}
left_out:
  description: What is on the hub but not in the export, apart from what the options leave out.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of object.
      type: str
      sample: user
    name:
      description: Its name.
      type: str
      sample: MixedCase
    reason:
      description: Why it, or which part of it, is left out.
      type: str
      sample: the hub looks up names in lower case, so nobody can log in with this name
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
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    ArgumentSpec,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.wanted import (
    INCLUDABLE,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.work import export

SPEC = ArgumentSpec(
    {
        "dest": {"type": "path"},
        "force": {"type": "bool", "default": False},
        "include": {
            "type": "list",
            "elements": "str",
            "choices": [*INCLUDABLE],
            "default": ["users", "groups", "services", "shares"],
        },
        "servers": {"type": "str", "choices": ["none", "named", "running"]},
        "select_users": {"type": "list", "elements": "str"},
        "omit_users": {"type": "list", "elements": "str", "default": []},
        "omit_groups": {"type": "list", "elements": "str", "default": []},
        "groups_from_config": {"type": "list", "elements": "str", "default": []},
        "services_from_config": {"type": "list", "elements": "str", "default": []},
    },
).merge(CONNECTION)


def main() -> None:
    """Run the module."""
    run(SPEC, export)


if __name__ == "__main__":
    main()
