#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_server
short_description: Start, stop, create, rename and remove servers of a JupyterHub, many at once
version_added: 0.1.0
description:
  - Starts, stops, restarts, creates, renames and removes the servers of users, one server, a list,
    or all servers that a selection matches.
  - All servers are requested first and then waited for together. If one fails, the others go on,
    and the task fails at its end with the spawner's message for each.
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
  - The token needs the scopes C(list:users), C(read:users:name) and C(servers), which includes
    C(read:servers), C(delete:servers) and, on JupyterHub 6, C(start:servers). To select by group,
    it also needs C(read:users:groups).
  - Removing a named server may delete its storage, especially on Kubernetes.
  - A server is started with the options of its last start, unless O(user_options) is set.
  - JupyterHub 6.1 keeps showing the old options of a stopped server after they were changed with
    O(state=present), until the server or the hub is restarted. Until then, every run finds a
    difference and sets them again, with a warning.
  - If too many servers are starting, the hub answers with a time to wait, and the task waits. If
    the hub's limit on running servers is reached, the start fails at once, because waiting would
    not help.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_servers
    description: Servers before, during and after a class.
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_maintenance
    description: Stop all servers, do the work, and bring the same ones back.
options:
  user:
    description:
      - Whose server to manage.
      - Exclusive with O(servers) and with the selection. One of them is required.
    type: str
    version_added: 0.1.0
  name:
    description: The name of the server. Empty means the default server.
    type: str
    default: ""
    version_added: 0.1.0
  servers:
    description:
      - The servers to manage. A server that is named twice is one server, and contradictions are
        refused.
      - Exclusive with O(user) and its attributes, and with the selection.
    type: list
    elements: dict
    version_added: 0.1.0
    suboptions:
      user:
        description: Whose server it is.
        type: str
        required: true
        version_added: 0.1.0
      name:
        description: The name of the server. Empty means the default server.
        type: str
        default: ""
        version_added: 0.1.0
      state:
        description: The state of the server. The default is the value of O(state).
        type: str
        choices: [started, stopped, restarted, absent, present]
        version_added: 0.1.0
      user_options:
        description: The options of the server, as described at O(user_options).
        type: dict
        version_added: 0.1.0
      display_name:
        description: The name that is shown to users, as described at O(display_name).
        type: str
        version_added: 0.1.0
      rename_from:
        description: The former name of the server, as described at O(rename_from).
        type: str
        version_added: 0.1.0
      restart_if_changed:
        description: Whether to restart a server that runs with other options. The default is the
          value of O(restart_if_changed).
        type: bool
        version_added: 0.1.0
  select_users:
    description:
      - Manage the servers of the users whose names match one of these shell patterns.
      - If several selections are set, a server must match all of them.
    type: list
    elements: str
    version_added: 0.1.0
  select_groups:
    description: Manage the servers of the members of these groups.
    type: list
    elements: str
    version_added: 0.1.0
  select_idle_for:
    description: Manage the servers that have been idle for at least this time, in seconds, or with
      a unit such as V(45m), V(12h) or V(30d).
    type: str
    version_added: 0.1.0
  select_named:
    description:
      - V(true) selects named servers only, V(false) default servers only.
      - If it is not set, O(state=started) selects default servers only, and the other states select
        both kinds.
    type: bool
    version_added: 0.1.0
  state:
    description:
      - V(started) means that it runs and is ready, V(stopped) that it does not run. V(restarted)
        stops it if it runs, and starts it, in every run.
      - V(absent) removes a named server, and stops it first. V(present) creates a named server
        without starting it, which needs JupyterHub 6.0.
      - With a selection, V(stopped) and V(restarted) apply to the servers that run. V(started)
        applies to the default server of every selected user.
      - With O(servers), the default for items that do not set it.
    type: str
    choices: [started, stopped, restarted, absent, present]
    default: started
    version_added: 0.1.0
  user_options:
    description:
      - The options of the server, in the form that its spawner understands. They are replaced as a
        whole. An empty dict clears them.
      - They take effect when the server starts. For a server that runs with other options, see
        O(restart_if_changed).
      - They are sent with a start, and on JupyterHub 6 with O(state=present). With O(state=stopped)
        and O(state=absent) they have no effect.
    type: dict
    version_added: 0.1.0
  display_name:
    description: The name of a named server that is shown to users. It needs JupyterHub 6.0, and can
      be changed only while the server is stopped.
    type: str
    version_added: 0.1.0
  rename_from:
    description:
      - The former name of a named server. If only a server with that name exists, it is renamed.
        This needs JupyterHub 6.0, and the server must be stopped.
      - If only O(name) exists, or neither exists, O(rename_from) has no effect. If both exist, the
        task fails.
    type: str
    version_added: 0.1.0
  restart_if_changed:
    description:
      - Restart a server that runs with other O(user_options) or another O(display_name). If it is
        V(false), the task only gives a warning.
      - With O(servers), the default for items that do not set it.
    type: bool
    default: false
    version_added: 0.1.0
  wait:
    description: Wait until the servers are ready, have stopped or are gone.
    type: bool
    default: true
    version_added: 0.1.0
  wait_timeout:
    description:
      - How many seconds the whole task may take to start, stop and wait. The hub continues
        afterwards with what was requested.
      - A request is not interrupted, and the hub answers some requests only after 10 seconds.
    type: float
    default: 300.0
    version_added: 0.1.0
  batch:
    description:
      - How many starts and stops are requested at once.
      - The hub answers each request when it is done, or after 10 seconds, and then the next one is
        sent.
    type: int
    default: 20
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: One server
  hubops.jupyterhub.jupyterhub_server:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    user: ada

- name: The servers of a course, before the exam begins
  hubops.jupyterhub.jupyterhub_server:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    select_groups: [exam]
    user_options:
      profile: small
    wait_timeout: 900

- name: A named server with other options, restarted when it runs with others
  hubops.jupyterhub.jupyterhub_server:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    servers:
      - user: ada
        name: gpu
        user_options:
          profile: large
        restart_if_changed: true
      - user: grace
        state: stopped

- name: Stop what nobody has used for a day
  hubops.jupyterhub.jupyterhub_server:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    select_idle_for: 1d
    state: stopped
"""

RETURN = r"""
changes:
  sample: [{action: start, kind: server, name: ada/, fields: {state: started}}]
  # BEGIN changes
  description: What was changed, or would be in check mode, in the order in which it is applied.
  returned: always
  type: list
  elements: dict
  contains:
    action:
      description: What is done to the object.
      type: str
      sample: start
    kind:
      description: The kind of the object.
      type: str
      sample: server
    name:
      description: The name of the object after the change.
      type: str
      sample: ada/
    fields:
      description: The fields that are set, added or removed. Secrets are replaced by a placeholder.
      type: dict
      sample: {state: started}
  # END changes
summary:
  sample:
    start: 38
    unchanged: 2
  # BEGIN summary
  description: The number of changes for each action, and the number of declared objects that needed
    no change.
  returned: success
  type: dict
  # END summary
servers:
  description: The servers, selected by O(return_objects). On failure, the servers that failed.
  returned: success, unless O(return_objects=none), and failure, when servers failed
  type: list
  elements: dict
  contains: &server
    user:
      description: Whose server it is.
      type: str
      sample: ada
    name:
      description: The name of the server, which is empty for the default server.
      type: str
      sample: ""
    action:
      description:
        - What was done last, V(restart) for a stop and a start. Null if nothing needed to be done.
        - For a server that failed, what should have been done.
      type: str
      sample: start
    ready:
      description: Whether it is ready. Null if it was started and the task did not wait for it, and
        if the token may not see it.
      type: bool
      sample: true
    url:
      description: The path of the server.
      type: str
      sample: /user/ada/
    seconds:
      description: How long it took, if the task waited for it.
      type: float
      sample: 4.2
    message:
      description: Why it failed, in the spawner's words if there are any.
      type: str
      sample: "Spawn failed: the node is full"
server:
  description: The one server, changed or not.
  returned: success, when O(user) is given and not O(return_objects=none)
  type: dict
  contains: *server
missing_users:
  description: The users that are not on the hub.
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
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.servers import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.work import (
    Servers,
)


def main() -> None:
    """Run the module."""
    run_resource(SPEC, Servers)


if __name__ == "__main__":
    main()
