#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_export
short_description: Write a JupyterHub down as variables of the role provision
version_added: 0.1.0
description:
  - Reads a hub that is in use, and writes its users, groups, services and shares as the variables
    that R(the role provision,ansible_collections.hubops.jupyterhub.provision_role) takes.
  - Applying them to the same hub changes nothing. Applying them to another hub makes the same
    objects there.
  - The result is sorted and holds no date, so that the file changes only when the hub does. A task
    that reports a change every night is an alarm, and C(--diff) shows line by line what is
    different on the hub.
  - What cannot be declared is left out and returned with the reason in RV(left_out). A list that
    leaves something out says so with its mode, V(present), so that applying it takes nothing away.
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
    C(read:services) and C(read:shares), as far as O(include) asks for these kinds of objects,
    C(read:servers) for servers, C(read:tokens) for tokens, and C(admin:auth_state) for auth_state.
    A token that holds one of them for some objects only is refused, as a part of the hub would look
    like the whole.
  - Users, groups and services are read page by page. Shares, tokens and auth_state take a request
    for each user, 2 to 3 milliseconds each.
  - A hub does not tell the secrets of tokens and services, the OAuth settings of services, the
    codes of shares, passwords, and what is in its configuration, such as roles and C(admin_users).
    None of that is exported.
  - User options of servers may hold secrets, where a spawner puts them there.
  - Names, properties and options are text of others. What looks like a template in them is written
    as C(!unsafe), so that Ansible does not run it.
  - Where the authenticator manages groups (C(manage_groups)), leave groups out. The hub does not
    tell whether it does.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_adopt
    description: A hub in use as variables, drift alarms, and the way to another hub.
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_fleets
    description: One inventory host for each hub.
  - plugin: hubops.jupyterhub.for_hub
    plugin_type: filter
  - module: hubops.jupyterhub.jupyterhub_info
options:
  dest:
    description:
      - The file on the target to write, or, when it ends with a slash, a folder with a file for
        each kind of objects.
      - A folder is made when it does not exist. The folder that the file or the folder lies in must
        exist.
      - A new file is readable by its owner only. A file that exists keeps its mode, and its owner
        where possible, except with auth_state.
      - In a folder, files of earlier exports that are not needed any more are removed.
      - Unset, the variables are returned instead.
    type: path
    version_added: 0.1.0
  force:
    description: Replace a file that no export has written.
    type: bool
    default: false
    version_added: 0.1.0
  include:
    description:
      - What to export.
      - With V(tokens), the tokens that M(hubops.jupyterhub.jupyterhub_token) has made, without
        secrets. The file holds them as comments, as each needs a file for its secret before it can
        be declared.
      - With V(auth_state), what the authenticator keeps of users. It holds secrets, so that O(dest)
        is needed, and the file is for its owner alone.
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
        their state is V(present). Older hubs cannot make a server without starting it, so that it
        is V(started) or V(stopped) there, as the server is.
      - V(running) exports servers that run with the state V(started) besides.
      - Unset, it is V(named) where O(include) has V(servers), else V(none).
    type: str
    choices: [none, named, running]
    version_added: 0.1.0
  select_users:
    description: Globs of the names of users to export. Unset, all are exported. Their shares,
      servers and tokens are exported with them.
    type: list
    elements: str
    version_added: 0.1.0
  omit_users:
    description: Globs of the names of users not to export, test accounts for instance.
    type: list
    elements: str
    default: []
    version_added: 0.1.0
  omit_groups:
    description: Globs of the names of groups not to export, nor what is shared with them.
    type: list
    elements: str
    default: []
    version_added: 0.1.0
  groups_from_config:
    description: Globs of the names of groups that the configuration of the hub makes
      (C(load_groups)). They are not exported, but what is shared with them is.
    type: list
    elements: str
    default: []
    version_added: 0.1.0
  services_from_config:
    description:
      - Globs of the names of services that the configuration of the hub defines. They are not
        exported.
      - The hub does not tell them from services that were made by its API, except for those whose
        command it runs.
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
  description: What is on the hub and not in the export, besides what the options leave out.
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
      description: Why it is left out, or what of it.
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
