#!/usr/bin/python

# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: jupyterhub_token
short_description: Create, rotate and revoke API tokens of users, and keep them in files
version_added: 0.1.0
description:
  - Creates, rotates and revokes API tokens of users, one token or many in one task.
  - A token is found again by its user and its note. The module adds a mark to the note, with a
    fingerprint of the scopes. It does not touch a token without that mark, unless O(token_id) names
    it. It never touches tokens of OAuth logins or of running servers, or the token that it uses
    itself.
  - A rotation leaves no gap. The new token is created, written and verified before the old one is
    revoked. If a run is interrupted at any moment, the next run completes its work.
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
  - The caller's token needs the scope C(tokens), which includes C(read:tokens), and nothing else.
    The scope can be limited to some users, as in C(tokens!user=ada); on JupyterHub 4 that works for
    users only, not for services. Users need no scope for their own tokens.
  - The hub returns the secret of a token only when it is created. With O(dest) or O(current_token),
    every run verifies the secret against the hub, and rotates a token that is lost, revoked,
    expired or has other scopes. If neither is set, the module assumes that an existing token with
    that note is kept somewhere, and returns the secret of a new one in RV(tokens) and RV(token).
  - If the hub refuses a token permanently, for example because its user does not have the scopes,
    all other tokens are still handled, and the task fails at its end. A failed task returns no
    secrets. Therefore tokens without O(dest) are then not created, or are revoked.
  - A secret that would be returned is lost if the task fails. Without O(dest) and O(current_token),
    a task that fails while it revokes old tokens may leave a token whose secret is lost. O(rotate)
    replaces it.
  - JupyterHub 4 does not report which token a secret belongs to. The module assumes the token with
    that note and the same scopes. For the same reason it never revokes a user's own tokens that
    have the same scopes as the caller's token on JupyterHub 4.
  - A note identifies one token, and one holder. If several hosts each keep a token in their own
    file, each needs its own note, for example with C(inventory_hostname). Otherwise each host finds
    that its file does not contain the token with that note, and replaces it.
  - Services get their tokens from the hub's configuration. The REST API cannot create tokens for
    them.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_tokens
    description: Tokens in files and vaults, their rotation, and who has which token.
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_scopes
    description: The smallest role for each module and for your own tasks.
options:
  user:
    description:
      - Whose token to manage.
      - Exclusive with O(tokens). One of them or O(revoke_caller) is required.
    type: str
    version_added: 0.1.0
  note:
    description: What the token is for. Together with the user it identifies the token.
    type: str
    version_added: 0.1.0
  token_id:
    description: The id of a token to revoke, no matter how it was created. Use it with
      O(state=absent) and without O(note).
    type: str
    version_added: 0.1.0
  tokens:
    description:
      - The tokens to manage.
      - Exclusive with O(user) and its attributes.
    type: list
    elements: dict
    version_added: 0.1.0
    suboptions:
      user:
        description: Whose token it is.
        type: str
        required: true
        version_added: 0.1.0
      note:
        description: What the token is for, as described at O(note).
        type: str
        version_added: 0.1.0
      token_id:
        description: The id of a token to revoke, as described at O(token_id).
        type: str
        version_added: 0.1.0
      state:
        description: Whether the token exists. The default is the value of O(state).
        type: str
        choices: [present, absent]
        version_added: 0.1.0
      scopes:
        description: What the token allows, as described at O(scopes).
        type: list
        elements: str
        version_added: 0.1.0
      expires_in:
        description: How long the token is valid. The default is the value of O(expires_in).
        type: str
        version_added: 0.1.0
      renew_before:
        description: When to rotate it. The default is the value of O(renew_before).
        type: str
        version_added: 0.1.0
      rotate:
        description: Whether to rotate it in any case. The default is the value of O(rotate).
        type: bool
        version_added: 0.1.0
      dest:
        description: The file for the secret, as described at O(dest).
        type: path
        version_added: 0.1.0
      current_token:
        description: The secret that you have kept, as described at O(current_token).
        type: str
        version_added: 0.1.0
      return_token:
        description: Whether to return a new secret that was written to a file. The default is the
          value of O(return_token).
        type: bool
        version_added: 0.1.0
  state:
    description:
      - Whether the token exists. V(absent) revokes it, and does not change the file O(dest).
      - With O(tokens), the default for items that do not set it.
    type: str
    choices: [present, absent]
    default: present
    version_added: 0.1.0
  scopes:
    description:
      - What the token allows. With an empty list it can only identify its user.
      - If it is not set, a new token has all scopes of its user, an existing token is not changed,
        and its successor gets the same scopes.
      - The successor gets the same scopes only while the hub still lists the old token. After it
        has expired or was revoked, the next run creates a new one, which without O(scopes) has all
        scopes of the user. So keep O(scopes) declared.
      - The hub lists the scopes of a token in expanded form, so they are compared by a fingerprint
        in the note. A token with another fingerprint is rotated.
    type: list
    elements: str
    version_added: 0.1.0
  expires_in:
    description:
      - How long the token is valid, in seconds, or with a unit such as V(12h) or V(30d). A token
        with another lifetime is rotated.
      - If it is not set, a new token never expires, or as late as the hub allows. An existing token
        is not changed, and its successor is valid for the same time.
      - With O(tokens), the default for items that do not set it.
    type: str
    version_added: 0.1.0
  renew_before:
    description:
      - Rotate a token that has less than this time left, in seconds, or with a unit such as V(12h)
        or V(7d).
      - With O(tokens), the default for items that do not set it.
    type: str
    version_added: 0.1.0
  rotate:
    description:
      - Rotate the token, whatever its state. The task then reports a change in every run.
      - With O(tokens), the default for items that do not set it.
    type: bool
    default: false
    version_added: 0.1.0
  dest:
    description:
      - A file on the target for the secret and nothing else, readable only by its owner.
      - The file is replaced atomically, and keeps its owner. The module must run as that owner or
        as root. The folder must exist. A symbolic link is refused, and so is a file that another
        user has created in a folder that everyone can write to, or whose folder is one of these.
      - Its content is sent to the hub as a token. So do not use a file that contains another
        secret.
    type: path
    version_added: 0.1.0
  current_token:
    description:
      - The secret that you have kept, for example in a vault.
      - If it is valid, it is also written to O(dest), unless that file contains a valid one.
      - An empty string means that there is none. The token is then rotated if it exists and O(dest)
        does not contain it.
    type: str
    version_added: 0.1.0
  return_token:
    description:
      - Return the secret of a new token even when it was written to O(dest).
      - With O(tokens), the default for items that do not set it.
    type: bool
    default: false
    version_added: 0.1.0
  revoke_caller:
    description:
      - With O(state=absent), revoke the token that the task itself uses, as its last action. No
        task can use it afterwards.
      - It needs no other option. With O(user) and O(note), O(user) and O(token_id), or O(tokens),
        those tokens are revoked first.
      - It needs JupyterHub 5.0, because older hubs do not return the id of the caller's token. The
        tokens of services cannot be revoked in this way, because they come from the hub's
        configuration.
    type: bool
    version_added: 0.1.0
  prune:
    description:
      - Revoke tokens that this module has created for the users in the task, if the task does not
        declare them.
    type: bool
    default: false
    version_added: 0.1.0
"""

EXAMPLES = r"""
- name: A token in a file, that lives for 30 days and is rotated a week before its end
  hubops.jupyterhub.jupyterhub_token:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    user: ada
    note: nightly export
    scopes: ["read:users!user"]
    expires_in: 30d
    renew_before: 7d
    dest: /etc/export/token

- name: The tokens of a team, and no others of ours
  hubops.jupyterhub.jupyterhub_token:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    expires_in: 90d
    renew_before: 14d
    tokens:
      - user: ada
        note: nightly export
        scopes: ["read:users!user"]
        dest: /etc/export/token
      - user: grace
        note: dashboard
        dest: /etc/dashboard/token
    prune: true

- name: A token that is kept in a vault
  hubops.jupyterhub.jupyterhub_token:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    user: grace
    note: grader
    current_token: "{{ vault_grader_token | default('') }}"
    renew_before: 7d
    expires_in: 30d
  register: grader
  no_log: true
  # When grader.token.value is defined, it is a new secret: write it to the vault.

- name: Revoke a token that somebody has lost
  hubops.jupyterhub.jupyterhub_token:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/token
    user: linus
    token_id: a12
    state: absent

- name: Revoke the token of an admin that was only needed for the first tasks
  hubops.jupyterhub.jupyterhub_token:
    hub_url: https://hub.example.org
    api_token_file: /etc/hubops/first-token
    state: absent
    revoke_caller: true
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode, in the order in which it is applied.
  returned: always
  type: list
  elements: dict
  sample: [{action: rotate, kind: token, name: ada/nightly export, fields: {secret:
    VALUE_SPECIFIED_IN_NO_LOG_PARAMETER, expires_in: 2592000}}]
  contains:
    action:
      description: What is done to the object.
      type: str
      sample: rotate
    kind:
      description: The kind of the object.
      type: str
      sample: token
    name:
      description: User and note of the token. For a token that is revoked, the id follows.
      type: str
      sample: ada/nightly export
    fields:
      description: The fields that are set, added or removed. Secrets are replaced by a placeholder.
      type: dict
      sample: {secret: VALUE_SPECIFIED_IN_NO_LOG_PARAMETER, expires_in: 2592000}
summary:
  sample:
    rotate: 1
    revoke: 1
    unchanged: 4
  # BEGIN summary
  description: The number of changes for each action, and the number of declared objects that needed
    no change.
  returned: success
  type: dict
  # END summary
tokens:
  description: The declared tokens that exist after the task, selected by O(return_objects).
  returned: success, unless O(return_objects=none)
  type: list
  elements: dict
  contains: &token
    user:
      description: Whose token it is.
      type: str
      sample: ada
    note:
      description: What it is for, without the mark.
      type: str
      sample: nightly export
    id:
      description: Its id. The hub may reuse the id after the token is revoked.
      type: str
      sample: a12
    scopes:
      description: What it allows, with all implied scopes.
      type: list
      elements: str
      sample: [read:users!user=ada]
    created:
      description: When it was created.
      type: str
      sample: "2026-09-01T08:00:00.000000Z"
    expires_at:
      description: When it expires. Null for never.
      type: str
      sample: "2026-10-01T08:00:00.000000Z"
    last_activity:
      description: When it was last used.
      type: str
      sample: "2026-09-01T08:00:00.000000Z"
    dest:
      description: The file that holds the secret.
      type: str
      sample: /etc/export/token
    value:
      description: The secret of a token that was just created. Register it with care.
      returned: when the token is new, and O(dest) is not set or O(return_token=true)
      type: str
      sample: 6d0f4c1e0c1b4d0c9a7f5f0e8d7c6b5a
token:
  description: The one token, changed or not. Empty when it does not exist after the task.
  returned: success, when O(user) is given and not O(return_objects=none)
  type: dict
  contains: *token
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
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.tokens import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.work import Tokens


def main() -> None:
    """Run the module."""
    run_resource(SPEC, Tokens)


if __name__ == "__main__":
    main()
