#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_offboard
short_description: Remove all access to a JupyterHub from people who leave, and prove it
version_added: 0.1.0
description:
  - Removes everything that gives a person access to a hub. It first removes admin rights, groups,
    shares and share codes, then stops servers, and then revokes every token, including tokens of
    OAuth logins and of servers. The account is kept or deleted.
  - Then it reads the hub again, and returns what it expected and what it found as RV(proof). The
    task fails if a line is not proved.
  - What the hub cannot do is returned as RV(by_hand), in sentences for people.
  - If a run is interrupted at any moment, the next run completes its work.
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
extends_documentation_fragment:
  - hubops.jupyterhub._connection
  - hubops.jupyterhub._attributes
  - hubops.jupyterhub._attributes.actiongroup
  - hubops.jupyterhub._bulk
  - hubops.jupyterhub._names
attributes:
  check_mode:
    support: full
    details:
      - In check mode nothing is checked after the changes, so RV(proof) lists what a real run will
        check, without results.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A second run changes nothing and creates no canary, but checks everything again. If a login
        has restored something that was removed, it is removed again.
notes:
  - A name that is not on the hub causes a warning. It is refused if another name is there that
    looks the same, because it differs only in how its accents or widths are encoded, or in
    invisible characters. If the user has already left, and the other one is somebody else, add the
    name to O(stored_names), as key and as value.
  - Close the account at the identity provider first. The hub accepts everyone whom its
    authenticator accepts. If every login creates a user, a deleted user comes back as a new one.
  - If an account is kept, a browser that is logged in can still create tokens and start servers
    until its cookie expires. O(sessions=freeze) removes that power until the next login.
    O(account=delete) removes it permanently.
  - The caller's token needs the scopes C(read:users), C(read:roles:users), C(read:servers),
    C(delete:servers) and C(tokens), from JupyterHub 5 on also C(shares), C(read:shares) and
    C(read:users:shares) unless O(shares) is empty, C(groups) for members of groups, and
    C(list:users) to check whether another admin remains. C(admin:users) is needed for admins and
    for O(sessions=freeze), C(delete:users) for O(account=delete).
  - Only an admin can change an admin, from JupyterHub 4.1 on.
  - Some spawners delete the user's storage together with the user.
  - JupyterHub 4 has no shares.
  - The proof takes 15 to 20 requests for each person, in a few threads.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_leaving
    description: What to do when a person leaves, in which order, and what is proved.
  - module: hubops.jupyterhub.jupyterhub_user
  - module: hubops.jupyterhub.jupyterhub_token
options:
  user:
    description:
      - The name of the person who leaves.
      - One of O(user) and O(users) is required.
    type: str
    version_added: 0.1.0
  users:
    description: The people who leave, all in one run.
    type: list
    elements: dict
    version_added: 0.1.0
    suboptions:
      name:
        description: The name of the person who leaves.
        type: str
        required: true
        version_added: 0.1.0
      account:
        description: Whether the account is kept or deleted, as described at O(account). The default
          is the value of O(account).
        type: str
        choices: [keep, delete]
        version_added: 0.1.0
      sessions:
        description: What happens to browsers that are logged in, as described at O(sessions). The
          default is the value of O(sessions).
        type: str
        choices: [report, freeze]
        version_added: 0.1.0
      servers:
        description: Whether servers are only stopped, as described at O(servers). The default is
          the value of O(servers).
        type: str
        choices: [stopped, removed]
        version_added: 0.1.0
      shares:
        description: Which shares are revoked, as described at O(shares). The default is the value
          of O(shares).
        type: list
        elements: str
        choices: [given, received]
        version_added: 0.1.0
      groups_keep:
        description: Groups to stay in, as described at O(groups_keep). The default is the value of
          O(groups_keep).
        type: list
        elements: str
        version_added: 0.1.0
      canary:
        description: Whether to create a token and check that it stops working, as described at
          O(canary). The default is the value of O(canary).
        type: bool
        version_added: 0.1.0
      evidence_tokens:
        description: Tokens that must be refused afterwards, as described at O(evidence_tokens).
        type: list
        elements: str
        version_added: 0.1.0
      evidence_cookies:
        description: Cookies that must be refused afterwards, as described at O(evidence_cookies).
        type: list
        elements: dict
        version_added: 0.1.0
        suboptions:
          name:
            description: The name of the cookie.
            type: str
            required: true
            version_added: 0.1.0
          value:
            description: Its value.
            type: str
            required: true
            version_added: 0.1.0
      backup:
        description: A file for what is removed, as described at O(backup). The default is the value
          of O(backup).
        type: path
        version_added: 0.1.0
      dest:
        description: The file of the certificate, as described at O(dest). The default is the value
          of O(dest).
        type: path
        version_added: 0.1.0
  account:
    description:
      - Whether the account is kept or deleted.
      - Deleting ends every session and revokes every token at once. What the deletion removes
        anyway is not removed one by one.
    type: str
    choices: [keep, delete]
    default: keep
    version_added: 0.1.0
  sessions:
    description:
      - What happens to browsers that are logged in, if the account is kept.
      - V(report) names them in RV(by_hand).
      - V(freeze) removes all roles of the user, so those browsers can neither create tokens nor
        start servers. The next login restores the role that every user has, and the old cookie
        works again. It is refused for a person who stays in a group with roles.
    type: str
    choices: [report, freeze]
    default: report
    version_added: 0.1.0
  servers:
    description: Whether servers are only stopped, or named servers are also removed. Some spawners
      delete the storage of a server that is removed.
    type: str
    choices: [stopped, removed]
    default: stopped
    version_added: 0.1.0
  shares:
    description:
      - Which shares are revoked. V(given) are the shares of the person's servers, with their codes,
        V(received) the shares of other people's servers with the person.
      - Shares with a group end when the person leaves the group.
    type: list
    elements: str
    choices: [given, received]
    default: [given, received]
    version_added: 0.1.0
  groups_keep:
    description: Names or globs of the groups that the person stays in.
    type: list
    elements: str
    default: []
    version_added: 0.1.0
  canary:
    description: Create a token that can do nothing, try it before and after, and revoke it with the
      others. It is created only in a run that changes something. Its secret is never shown.
    type: bool
    default: true
    version_added: 0.1.0
  evidence_tokens:
    description:
      - Tokens of the person, for example from a leak, that must be refused afterwards. They are
        tried, and never shown.
      - They are also tried before anything is removed. If the hub refuses one already, there is a
        warning, because a mistyped token would be refused afterwards as well.
    type: list
    elements: str
    version_added: 0.1.0
  evidence_cookies:
    description:
      - Cookies of the hub with which a browser is logged in, V(jupyterhub-hub-login), that must be
        refused afterwards. They are tried, and their values are never shown.
      - Give the whole value without the quotes around it that a browser may show. A value that no
        hub can have set is refused, and one that the hub refuses before anything is removed causes
        a warning, as with O(evidence_tokens).
      - A cookie of a kept account is not refused. With O(sessions=freeze), it is enough that its
        owner has no roles.
    type: list
    elements: dict
    version_added: 0.1.0
    suboptions:
      name:
        description: The name of the cookie.
        type: str
        required: true
        version_added: 0.1.0
      value:
        description: Its value.
        type: str
        required: true
        version_added: 0.1.0
  backup:
    description:
      - The absolute path of a file on the target for what is removed, as variables of the role
        R(provision,ansible_collections.hubops.jupyterhub.provision_role), without secrets. It is
        written before anything is removed, and only its owner can read it.
      - An earlier file with this name is kept beside it, with its modification time in its name.
    type: path
    version_added: 0.1.0
  dest:
    description:
      - The absolute path of the certificate, a Markdown file on the target for a ticket, readable
        only by its owner. It is written if something was removed, if it does not exist yet, and
        if the one that exists does not contain what is proved now. An earlier one is kept beside
        it, with its modification time in its name.
      - If it is a folder, or a path with a slash at its end, a file for each person is written to
        it. For several people, it must be a folder.
    type: path
    version_added: 0.1.0
  fail_unproved:
    description: Fail if a line of the proof is not proved. The certificate is written in any
      case.
    type: bool
    default: true
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: Somebody has left
  hubops.jupyterhub.jupyterhub_offboard:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    user: ada
    account: delete
    backup: /var/lib/hubops/ada.yml
    dest: /var/lib/hubops/ada.md

- name: Somebody is on leave, and their work is to stay where it is
  hubops.jupyterhub.jupyterhub_offboard:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    user: grace
    sessions: freeze
    groups_keep: [alumni]

- name: The end of a course, with a certificate for each person
  hubops.jupyterhub.jupyterhub_offboard:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    servers: removed
    dest: /var/lib/hubops/certificates/
    users:
      - name: kim
      - name: lee
        account: delete

- name: A token was leaked, and has to be worth nothing
  hubops.jupyterhub.jupyterhub_offboard:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    user: linus
    evidence_tokens: ["{{ lookup('ansible.builtin.file', '/etc/hubops/leaked-token') }}"]
"""

RETURN = r"""
changes:
  description:
    - What was changed, or would be in check mode, in the order in which it is applied.
    - Tokens that appeared while the task ran, and were revoked, are at the end. So are
      certificates that were written only because another result was found; check mode does not
      predict these.
  returned: always
  type: list
  elements: dict
  sample: [{action: remove, kind: group, name: CS101, fields: {users: [ada]}}]
  contains:
    action:
      description: What is done to the object.
      type: str
      sample: revoke
    kind:
      description: The kind of the object. A file that is written is a V(backup) or a
        V(certificate).
      type: str
      sample: token
    name:
      description: The name of the object.
      type: str
      sample: ada/nightly export (a12)
    fields:
      description: The fields that are set, added or removed.
      type: dict
      sample: {}
summary:
  description: The number of changes for each action, and the number of people who needed no change.
  returned: success
  type: dict
  sample: {update: 1, remove: 2, revoke: 3, stop: 1, unchanged: 0}
users:
  description: The people who are on the hub after the task, selected by O(return_objects).
  returned: success, unless O(return_objects=none)
  type: list
  elements: dict
  contains: &user
    name:
      description: The name of the user on the hub.
      type: str
      sample: ada
    admin:
      description: Whether it is an admin.
      type: bool
      sample: false
    groups:
      description: Its groups.
      type: list
      elements: str
      sample: []
    roles:
      description: Its roles.
      type: list
      elements: str
      sample: [user]
    servers:
      description: Its servers that run. The default server has an empty name.
      type: list
      elements: str
      sample: []
    tokens:
      description: How many tokens it has.
      type: int
      sample: 0
user:
  description: The one person, changed or not. Empty when it is not on the hub after the task.
  returned: success, when O(user) is given and not O(return_objects=none)
  type: dict
  contains: *user
proof:
  description: What was checked after the changes.
  returned: always, when the people could be read
  type: list
  elements: dict
  sample: [{name: ada, check: canary token, expected: "200, then 403", found: "200, then 403",
    proved: true}]
  contains:
    name:
      description: The user.
      type: str
      sample: ada
    check:
      description: What was checked.
      type: str
      sample: tokens
    expected:
      description: What proves that access is gone.
      type: str
      sample: 0, listed twice
    found:
      description: What was found. Null in check mode, and if the task did not get that far.
      type: str
      sample: 0 and 0
    proved:
      description: Whether it is proved. Null if it was not checked.
      type: bool
      sample: true
proved:
  description:
    - Whether every line of the proof is proved, and the token could see everyone who leaves. Null
      in check mode, and if the task failed before it changed anything.
    - The proof does not cover browser sessions of a kept account, unless O(sessions=freeze) or
      O(evidence_cookies) is set. RV(by_hand) mentions them.
  returned: always
  type: bool
  sample: true
by_hand:
  description: What the hub cannot do and must be done by hand.
  returned: always, when the people could be read
  type: list
  elements: str
  sample:
    - "Close the account of ada at the identity provider: otherwise the hub may still accept its
      login and create a new account."
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
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.offboard import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.work import (
    Offboard,
)


def main() -> None:
    """Run the module."""
    run_resource(SPEC, Offboard)


if __name__ == "__main__":
    main()
