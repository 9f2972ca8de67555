#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_info
short_description: Return what is on a JupyterHub, such as users, groups, servers, tokens and shares
version_added: 0.1.0
description:
  - Returns what is on a JupyterHub, as lists and dicts of a fixed shape. What the token may not see
    is null.
  - Lists are complete, whatever the hub's page size. With a token whose C(list:) scopes are limited
    to some objects, they have all of these.
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
extends_documentation_fragment:
  - hubops.jupyterhub._connection
  - hubops.jupyterhub._attributes.info
  - hubops.jupyterhub._attributes.actiongroup
notes:
  - The results have more keys than the options of the modules that manage the objects. To copy the
    objects of a hub to another hub, use M(hubops.jupyterhub.jupyterhub_export), which returns them
    in the form of the modules' options.
  - The scopes needed depend on O(gather). V(hub) and V(whoami) need none. V(users) needs
    C(list:users). V(servers) also needs C(read:servers), V(tokens) also C(read:tokens), V(shares)
    and V(share_codes) also C(read:shares). V(groups) needs C(list:groups), V(services)
    C(list:services), and V(proxy) C(proxy).
  - To see more than names, C(read:users), C(read:groups) and C(read:services) are needed, and for
    all of RV(hub) the scope C(read:hub).
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_start
    description: How to give Ansible access to a hub.
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_tokens
    description: Tokens in files and vaults, their rotation, and who has which token.
options:
  gather:
    description:
      - What to gather. Each becomes a key of the result.
      - Users without a name, which a fault of the hub can create, are left out with a warning,
        because no request can reach them.
      - V(tokens), V(shares) and V(share_codes) take one request each for each user, so limit the
        users on a large hub. V(shares) and V(share_codes) need JupyterHub 5.0.
    type: list
    elements: str
    choices: [hub, whoami, users, groups, services, proxy, servers, tokens, shares, share_codes]
    default: [hub, whoami]
    version_added: 0.1.0
  names:
    description:
      - Gather only the users, groups and services with these names, and the servers and tokens of
        the users with these names.
      - Names that are not on the hub are ignored. A name that the token may not see is in
        RV(refused), because it is not known whether it is on the hub.
    type: list
    elements: str
    version_added: 0.1.0
  name_filter:
    description: Gather only objects with this text in their names, ignoring case. It applies to the
      same objects as O(names).
    type: str
    version_added: 0.1.0
  user_state:
    description:
      - Gather only users in this state, their servers and their tokens.
      - V(active) users have a server that runs, starts or stops, V(ready) users have one that is
        ready, V(inactive) users have none of these.
    type: str
    choices: [active, ready, inactive]
    version_added: 0.1.0
  include_stopped_servers:
    description: Gather stopped servers as well.
    type: bool
    default: false
    version_added: 0.1.0
  identify_token:
    description:
      - A token whose owner to find, for RV(identified_token). Any caller may use it.
      - JupyterHub has deprecated this. To find out about the caller's own token, gather V(whoami).
    type: str
    version_added: 0.1.0
  identify_cookie:
    description: A cookie of the hub whose owner to find, for RV(identified_cookie). JupyterHub has
      deprecated this too.
    type: dict
    version_added: 0.1.0
    suboptions:
      name:
        description: The name of the cookie.
        type: str
        required: true
        version_added: 0.1.0
      value:
        description: The value of the cookie, without the quotes around it that a browser may show.
        type: str
        required: true
        version_added: 0.1.0
  sort:
    description:
      - The order of users, and so of their servers and tokens. A minus reverses the order.
      - V(id) is the order in which they were created, which is also the default.
    type: str
    choices: [id, -id, name, -name, last_activity, -last_activity]
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: Is the hub there, and who am I?
  hubops.jupyterhub.jupyterhub_info:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
  register: it

- name: Say it
  ansible.builtin.debug:
    msg: "JupyterHub {{ it.hub.version }} knows me as {{ it.whoami.name }} with {{ it.whoami.scopes
      | join(', ') }}"

- name: Who has a server, the users who were away longest first
  hubops.jupyterhub.jupyterhub_info:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    gather: [users, servers]
    user_state: active
    sort: last_activity

- name: Find tokens that never expire, or that nobody has used for half a year
  hubops.jupyterhub.jupyterhub_info:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    gather: [tokens]
  register: it

- name: Show them
  ansible.builtin.debug:
    msg: "{{ it.tokens | selectattr('expires_in', 'none') | list + it.tokens |
      selectattr('unused_for', 'gt', 180 * 86400) | list }}"

- name: The tokens of two people
  hubops.jupyterhub.jupyterhub_info:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    gather: [tokens]
    names: [ada, grace]
"""

RETURN = r"""
hub:
  description: The hub. All but the version is null without the scope C(read:hub).
  returned: success, when gathered
  type: dict
  contains:
    version:
      description: The version of JupyterHub.
      type: str
      sample: 6.1.1
    python:
      description: The version of its Python.
      type: str
      sample: 3.11.7 (main)
    sys_executable:
      description: The path of its Python.
      type: str
      sample: /opt/hub/bin/python
    spawner:
      description: Its spawner.
      type: dict
      sample: {class: jupyterhub.spawner.LocalProcessSpawner, version: 6.1.1}
    authenticator:
      description: Its authenticator.
      type: dict
      sample: {class: jupyterhub.auth.PAMAuthenticator, version: 6.1.1}
whoami:
  description: Whose token this is.
  returned: success, when gathered
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
      description: Whether the caller is an admin.
      type: bool
      sample: true
    token_id:
      description: The id of the token, from JupyterHub 5.0 on. Tokens of services from the hub's
        configuration have none.
      type: str
      sample: a12
    scopes:
      description: What the token allows, with all that it implies.
      type: list
      elements: str
      sample: [admin:users, list:users]
    roles:
      description: The names of the caller's roles.
      type: list
      elements: str
      sample: [provisioner]
    groups:
      description: The names of the caller's groups.
      type: list
      elements: str
      sample: []
users:
  description: The users.
  returned: success, when gathered
  type: list
  elements: dict
  contains:
    name:
      description: The name.
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
      description: When the user was created.
      type: str
      sample: "2026-09-01T08:00:00.000000Z"
    last_activity:
      description: When the user was last active.
      type: str
      sample: "2026-10-01T08:00:00.000000Z"
groups:
  description: The groups.
  returned: success, when gathered
  type: list
  elements: dict
  contains:
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
services:
  description: The services, by name.
  returned: success, when gathered
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
      sample: grader
    admin:
      description: Whether the service is an admin.
      type: bool
      sample: false
    url:
      description: The address to which the hub's proxy routes requests.
      type: str
      sample: http://127.0.0.1:10101
    prefix:
      description: The path of the service below the hub.
      type: str
      sample: /services/grader/
    display:
      description: Whether the hub's pages show the service.
      type: bool
      sample: true
    info:
      description: Information about the service.
      type: dict
      sample: {}
    command:
      description: The command with which the hub runs it.
      type: list
      elements: str
      sample: []
    pid:
      description: The process id, if the hub runs it, or 0.
      type: int
      sample: 0
    roles:
      description: The names of the service's roles.
      type: list
      elements: str
      sample: [grader]
proxy:
  description: The routes of the hub's proxy.
  returned: success, when gathered
  type: list
  elements: dict
  contains:
    routespec:
      description: The path or host that the route is for.
      type: str
      sample: /user/ada/
    target:
      description: Where it leads.
      type: str
      sample: http://127.0.0.1:41001
    data:
      description: What the hub has stored with the route.
      type: dict
      sample: {user: ada, server_name: ""}
servers:
  description: The servers.
  returned: success, when gathered
  type: list
  elements: dict
  contains:
    user:
      description: Whose server it is.
      type: str
      sample: ada
    name:
      description: The name of the server, which is empty for the default server.
      type: str
      sample: ""
    display_name:
      description: The name that is shown to users, from JupyterHub 6.0 on.
      type: str
      sample: My server
    ready:
      description: Whether it is ready.
      type: bool
      sample: true
    pending:
      description: The action in progress, V(spawn) or V(stop).
      type: str
      sample: spawn
    stopped:
      description: Whether it is stopped.
      type: bool
      sample: false
    url:
      description: The path of the server.
      type: str
      sample: /user/ada/
    full_url:
      description: The address of the server, from JupyterHub 5.0 on, when the hub is configured
        with its public address.
      type: str
      sample: https://hub.example.org/user/ada/
    progress_url:
      description: The path where the hub reports the progress of the start.
      type: str
      sample: /hub/api/users/ada/server/progress
    started:
      description: When it was started.
      type: str
      sample: "2026-10-01T08:00:00.000000Z"
    last_activity:
      description: When it was last active.
      type: str
      sample: "2026-10-01T08:00:00.000000Z"
    user_options:
      description: The options that it was started with.
      type: dict
      sample: {profile: small}
    running_for:
      description: For how many seconds it has been running. Null when it is stopped.
      type: int
      sample: 7200
    idle_for:
      description: For how many seconds it has been idle. Null when it is stopped.
      type: int
      sample: 600
tokens:
  description: The tokens of users, without their values. Tokens of OAuth logins and of running
    servers are included.
  returned: success, when gathered
  type: list
  elements: dict
  contains:
    user:
      description: Whose token it is.
      type: str
      sample: ada
    id:
      description: The id of the token.
      type: str
      sample: a12
    note:
      description: What it is for.
      type: str
      sample: nightly export
    scopes:
      description: What it allows, with all implied scopes.
      type: list
      elements: str
      sample: [read:users!user=ada]
    created:
      description: When it was created.
      type: str
      sample: "2026-09-01T08:00:00.000000Z"
    last_activity:
      description: When it was last used.
      type: str
      sample: "2026-10-01T08:00:00.000000Z"
    expires_at:
      description: When it expires. Null for never.
      type: str
      sample: "2027-09-01T08:00:00.000000Z"
    oauth_client:
      description: What it was created for, V(JupyterHub) unless it comes from an OAuth login to a
        service.
      type: str
      sample: JupyterHub
    managed:
      description: Whether M(hubops.jupyterhub.jupyterhub_token) has created it.
      type: bool
      sample: true
    age:
      description: How many seconds ago it was created.
      type: int
      sample: 86400
    expires_in:
      description: In how many seconds it expires. Null for never.
      type: int
      sample: 2505600
    unused_for:
      description: For how many seconds it has not been used, or has existed if it was never used.
      type: int
      sample: 3600
shares:
  description: Who may use whose servers.
  returned: success, when gathered
  type: list
  elements: dict
  contains:
    owner:
      description: Whose server it is.
      type: str
      sample: ada
    server:
      description: The name of the server, which is empty for the default server.
      type: str
      sample: ""
    kind:
      description: With whom it is shared, V(user) or V(group).
      type: str
      sample: user
    name:
      description: The name of that user or group.
      type: str
      sample: grace
    scopes:
      description: What they may do.
      type: list
      elements: str
      sample: ["access:servers!server=ada/"]
    created_at:
      description: When it was shared.
      type: str
      sample: "2026-09-01T08:00:00.000000Z"
share_codes:
  description: The codes with which anyone who has them can accept a share, without their values,
    which the hub returns only once. Expired codes are left out.
  returned: success, when gathered
  type: list
  elements: dict
  contains:
    owner:
      description: Whose server it is.
      type: str
      sample: ada
    server:
      description: The name of the server, which is empty for the default server.
      type: str
      sample: ""
    id:
      description: The id of the code.
      type: str
      sample: sc_1
    scopes:
      description: What a share that is accepted with it allows.
      type: list
      elements: str
      sample: ["access:servers!server=ada/"]
    created_at:
      description: When it was made.
      type: str
      sample: "2026-09-01T08:00:00.000000Z"
    expires_at:
      description: When it expires. Null for never.
      type: str
      sample: "2026-09-02T08:00:00.000000Z"
    exchange_count:
      description: How often a share was accepted with it.
      type: int
      sample: 3
    last_exchanged_at:
      description: When a share was last accepted with it. Null for never.
      type: str
      sample: "2026-09-01T09:00:00.000000Z"
identified_token:
  description: Whose token O(identify_token) is. Null if it is not valid.
  returned: success, when O(identify_token) is given
  type: dict
  contains: &owner
    kind:
      description: V(user) or V(service).
      type: str
      sample: user
    name:
      description: The name.
      type: str
      sample: ada
    admin:
      description: Whether it is an admin.
      type: bool
      sample: false
identified_cookie:
  description: Whose cookie O(identify_cookie) is. Null if it is not valid.
  returned: success, when O(identify_cookie) is given
  type: dict
  contains: *owner
refused:
  description:
    - What the token may not see while it may see others of the kind, if O(names) or a user whose
      servers, tokens or shares are to be gathered is among them. The task fails for it, and returns
      everything else that it was to gather, each with its usual key.
  returned: failure
  type: list
  elements: dict
  sample: []
  contains:
    kind:
      description: The kind of object.
      type: str
      sample: token
    name:
      description: The name of the object, or of the user whose objects they are.
      type: str
      sample: bob
    status:
      description: The HTTP status of the hub's answer. Null if the scopes of the token show it
        without a request.
      type: int
      sample: 404
    hub_message:
      description: The message of the hub, or the other reason.
      type: str
      sample: No access to resources or resources not found
rest_done:
  description: Whether everything else was gathered.
  returned: failure
  type: bool
  sample: true
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

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.actions import gather_info
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.frame import run
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    ArgumentSpec,
)

SPEC = ArgumentSpec(
    {
        "gather": {
            "type": "list",
            "elements": "str",
            "choices": [
                "hub",
                "whoami",
                "users",
                "groups",
                "services",
                "proxy",
                "servers",
                "tokens",
                "shares",
                "share_codes",
            ],
            "default": ["hub", "whoami"],
        },
        "names": {"type": "list", "elements": "str"},
        "name_filter": {"type": "str"},
        "user_state": {"type": "str", "choices": ["active", "ready", "inactive"]},
        "include_stopped_servers": {"type": "bool", "default": False},
        "identify_token": {"type": "str", "no_log": True},
        "identify_cookie": {
            "type": "dict",
            "no_log": True,
            "options": {
                "name": {"type": "str", "required": True},
                "value": {"type": "str", "required": True, "no_log": True},
            },
        },
        "sort": {
            "type": "str",
            "choices": ["id", "-id", "name", "-name", "last_activity", "-last_activity"],
        },
    },
).merge(CONNECTION)


def main() -> None:
    """Run the module."""
    run(SPEC, gather_info)


if __name__ == "__main__":
    main()
