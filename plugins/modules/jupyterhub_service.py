#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_service
short_description: Create, replace and delete services of a running JupyterHub (5 or newer)
version_added: 0.1.0
description:
  - Creates, replaces and deletes services that run outside the hub, while the hub runs. It needs
    JupyterHub 5.0.
  - The hub cannot change a service. A service that differs is an error, or is deleted and created
    again with O(recreate=true).
  - Services from the hub's configuration are compared, but never changed.
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
extends_documentation_fragment:
  - hubops.jupyterhub._connection
  - hubops.jupyterhub._attributes
  - hubops.jupyterhub._attributes.actiongroup
  - hubops.jupyterhub._bulk
notes:
  - The token needs the scope C(admin:services), and every scope that the service gets through
    O(admin) or O(oauth_client_allowed_scopes).
  - The hub waits up to half a minute for the service to answer at its O(url), and creates it in any
    case. The service can be reached through the proxy after the hub's next check of the proxy, or
    at once after M(hubops.jupyterhub.jupyterhub_proxy) has requested a check.
  - If a service from the hub's configuration has no command, the hub does not report that it comes
    from there. Check mode may then predict its deletion, but the hub refuses it in the real run.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_start
    description: How to give Ansible access to a hub.
options:
  name:
    description:
      - The name of the one service to manage.
      - Exclusive with O(services). One of them is required.
    type: str
    version_added: 0.1.0
  services:
    description:
      - The services to manage.
      - Exclusive with O(name) and its attributes.
    type: list
    elements: dict
    version_added: 0.1.0
    suboptions:
      name:
        description: The name of the service.
        type: str
        required: true
        version_added: 0.1.0
      state:
        description: Whether the service exists. The default is the value of O(state).
        type: str
        choices: [present, absent]
        version_added: 0.1.0
      recreate:
        description: Whether to replace the service when it differs. The default is the value of
          O(recreate).
        type: bool
        version_added: 0.1.0
      url:
        description: Where the service answers, as described at O(url).
        type: str
        version_added: 0.1.0
      display:
        description: Whether the pages of the hub show the service, as described at O(display).
        type: bool
        version_added: 0.1.0
      info:
        description: Information about the service, as described at O(info).
        type: dict
        version_added: 0.1.0
      admin:
        description: Whether the service is an admin of the hub, as described at O(admin).
        type: bool
        version_added: 0.1.0
      service_token:
        description: The token with which the service calls the hub, 8 to 64 characters, as
          described at O(service_token).
        type: str
        aliases: [api_token]
        version_added: 0.1.0
      oauth_client_id:
        description: The id of the service as an OAuth client, by default C(service-NAME), as
          described at O(oauth_client_id).
        type: str
        version_added: 0.1.0
      oauth_redirect_uri:
        description: Where OAuth logins return to, as described at O(oauth_redirect_uri).
        type: str
        version_added: 0.1.0
      oauth_client_allowed_scopes:
        description: The scopes that the service may request from users who log in, as described at
          O(oauth_client_allowed_scopes).
        type: list
        elements: str
        version_added: 0.1.0
      oauth_no_confirm:
        description: Log users in without asking for confirmation, as described at
          O(oauth_no_confirm).
        type: bool
        version_added: 0.1.0
  state:
    description:
      - Whether the service exists.
      - With O(services), the default for items that do not set it.
    type: str
    choices: [present, absent]
    default: present
    version_added: 0.1.0
  recreate:
    description:
      - Delete a service that differs from what is declared, and create it again. Options that are
        not set are kept, as far as the hub returns them.
      - With O(services), the default for items that do not set it.
    type: bool
    default: false
    version_added: 0.1.0
  url:
    description: Where the service answers. The hub's proxy routes C(/services/NAME/) to it.
    type: str
    version_added: 0.1.0
  display:
    description: Whether the pages of the hub show the service.
    type: bool
    version_added: 0.1.0
  info:
    description: Information about the service, for programs and people that read it.
    type: dict
    version_added: 0.1.0
  admin:
    description: Whether the service is an admin of the hub. Only a caller with all scopes of an
      admin may set it.
    type: bool
    version_added: 0.1.0
  service_token:
    description: The token with which the service calls the hub, 8 to 64 characters. It is verified
      against the hub, which never returns it.
    type: str
    version_added: 0.1.0
  oauth_client_id:
    description: The id of the service as an OAuth client, by default C(service-NAME). It begins
      with C(service-). The hub never returns it, so it is not compared.
    type: str
    version_added: 0.1.0
  oauth_redirect_uri:
    description: Where OAuth logins return to. It is not compared.
    type: str
    version_added: 0.1.0
  oauth_client_allowed_scopes:
    description: The scopes that the service may request from users who log in. They are not
      compared.
    type: list
    elements: str
    version_added: 0.1.0
  oauth_no_confirm:
    description: Log users in without asking for confirmation. It is not compared.
    type: bool
    version_added: 0.1.0
  verify_login:
    description:
      - Log in to each declared service that is present, as this user would with a browser, to check
        that its OAuth setup works from end to end. The user and the scopes are returned in
        RV(service.verified_login), and nothing is left behind.
      - It needs O(service_token), a user that exists, and an authenticator that shows a form for a
        user name and a password.
      - On a hub with C(c.JupyterHub.shutdown_on_logout = True), the logout at its end stops the
        running servers of that user. Use a user without servers there.
      - In check mode it is skipped, with a warning.
    type: dict
    version_added: 0.1.0
    suboptions:
      username:
        description: The name of the user.
        type: str
        required: true
        version_added: 0.1.0
      password:
        description: The password of the user.
        type: str
        required: true
        version_added: 0.1.0
"""

EXAMPLES = r"""
- name: A service that runs elsewhere
  hubops.jupyterhub.jupyterhub_service:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    name: announcements
    info:
      title: News
    display: true
    service_token: "{{ lookup('ansible.builtin.password', '/etc/hubops/announcements.token',
      length=32, chars=['hexdigits']) }}"

- name: Several, replaced where they differ
  hubops.jupyterhub.jupyterhub_service:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    services:
      - name: announcements
        display: false
      - name: old-grader
        state: absent
    recreate: true
"""

RETURN = r"""
changes:
  sample: [{action: create, kind: service, name: announcements, fields: {display: true}}]
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
      sample: service
    name:
      description: The name of the object after the change.
      type: str
      sample: announcements
    fields:
      description: The fields that are set, added or removed. Secrets are replaced by a placeholder.
      type: dict
      sample: {display: true}
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
services:
  description: The declared services that exist after the task, selected by O(return_objects).
  returned: success, unless O(return_objects=none)
  type: list
  elements: dict
  contains: &service
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
    verified_login:
      description: The user whom O(verify_login) has logged in. Null without it.
      type: dict
      sample: {kind: user, name: ada, scopes: ["read:users:name!user=ada"]}
service:
  description: The one service, changed or not. Empty when it does not exist after the task.
  returned: success, when O(name) is given and not O(return_objects=none)
  type: dict
  contains: *service
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
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.services import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.work import (
    Services,
)


def main() -> None:
    """Run the module."""
    run_resource(SPEC, Services)


if __name__ == "__main__":
    main()
