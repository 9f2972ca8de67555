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
    fingerprint of the scopes, and touches no token without that mark, unless it is named by
    O(token_id). It never touches tokens of OAuth logins or of running servers, nor the one that it
    calls with.
  - A rotation leaves no gap. The new token is made, written and proved before the old one is
    revoked. A run that is cut at any moment is put right by the next one.
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
  - The token that calls needs the scope C(tokens), which holds C(read:tokens), and nothing else. It
    can be limited to some users, as in C(tokens!user=ada); JupyterHub 4 allows that to users only,
    and not to services. A user needs nothing for tokens of their own.
  - The hub shows the secret of a token only when it is made. With O(dest), or with
    O(current_token), the secret is proved against the hub in every run, and a token that is lost,
    revoked, expired or of other scopes is rotated. Without both, a token of that note is taken to
    be in good hands, and the secret of a new one is returned in RV(tokens) and RV(token).
  - What the hub refuses for good, such as a token with scopes that its user does not hold, stops no
    other. Everything else is done, and the task fails at its end. But a task that fails returns no
    secret, so that tokens without O(dest) are then not made, or are revoked again.
  - A secret that is returned is lost when the task fails. When there is neither O(dest) nor
    O(current_token), a task that fails while it revokes the predecessors may so leave a token that
    nobody has. O(rotate) replaces it.
  - JupyterHub 4 does not tell which token a secret belongs to. There it is taken to be the one of
    that note that has the same scopes. For the same reason a user's own tokens that may do just
    what the calling token may are never revoked there.
  - A note means one token, and one holder. Where several hosts keep a token in a file of their own,
    each needs a note of its own, with C(inventory_hostname) for instance. Otherwise each host finds
    that its file does not hold the token of that note, and replaces it.
  - Services get their tokens from the configuration of the hub. The REST API cannot make any for
    them.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_tokens
    description: Tokens in files and vaults, their rotation, and who has which.
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
    description: The id of a token to revoke, whoever made it. It goes with O(state=absent) and
      without O(note).
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
        description: Whether the token exists. The default is what O(state) says.
        type: str
        choices: [present, absent]
        version_added: 0.1.0
      scopes:
        description: What the token allows, as described at O(scopes).
        type: list
        elements: str
        version_added: 0.1.0
      expires_in:
        description: How long the token lives. The default is what O(expires_in) says.
        type: str
        version_added: 0.1.0
      renew_before:
        description: When to rotate it. The default is what O(renew_before) says.
        type: str
        version_added: 0.1.0
      rotate:
        description: Whether to rotate it in any case. The default is what O(rotate) says.
        type: bool
        version_added: 0.1.0
      dest:
        description: The file for the secret, as described at O(dest).
        type: path
        version_added: 0.1.0
      current_token:
        description: The secret that the caller has, as described at O(current_token).
        type: str
        version_added: 0.1.0
      return_token:
        description: Whether to return a new secret that went to a file. The default is what
          O(return_token) says.
        type: bool
        version_added: 0.1.0
  state:
    description:
      - Whether the token exists. V(absent) revokes it, and leaves the file O(dest) alone.
      - Beside O(tokens), the default for those that say nothing else.
    type: str
    choices: [present, absent]
    default: present
    version_added: 0.1.0
  scopes:
    description:
      - What the token allows. An empty list only tells who the user is.
      - When it is not set, a new token may do all that its user may, an existing one stays as it
        is, and its successor may do what it may.
      - That holds only as long as the hub still lists the old token. Once it has expired or was
        revoked, the next run makes a new one, which without O(scopes) may do all that the user may.
        So keep O(scopes) declared.
      - The hub lists the scopes of a token expanded, so that they are compared by a fingerprint in
        the note. A token with another fingerprint is rotated.
    type: list
    elements: str
    version_added: 0.1.0
  expires_in:
    description:
      - How long the token lives, in seconds, or with a unit such as V(12h) or V(30d). A token with
        another lifetime is rotated.
      - When it is not set, a new token never expires, or as late as the hub allows. An existing one
        stays as it is, and its successor lives as long.
      - Beside O(tokens), the default for those that say nothing else.
    type: str
    version_added: 0.1.0
  renew_before:
    description:
      - Rotate a token that has less than this time left, in seconds, or with a unit such as V(12h)
        or V(7d).
      - Beside O(tokens), the default for those that say nothing else.
    type: str
    version_added: 0.1.0
  rotate:
    description:
      - Rotate the token, whatever its state. The task is then changed in every run.
      - Beside O(tokens), the default for those that say nothing else.
    type: bool
    default: false
    version_added: 0.1.0
  dest:
    description:
      - A file on the target that holds the secret and nothing else, readable by its owner alone.
      - It is replaced at once or not at all, and keeps its owner, for which the module has to run
        as that owner or as root. Its folder has to exist. A symbolic link is refused, and so is a
        file that somebody else has put into a folder that everybody can write to.
      - It is read, and what it holds is tried on the hub. So name no file that holds the secret of
        something else.
    type: path
    version_added: 0.1.0
  current_token:
    description:
      - The secret that the caller has kept, from a vault for instance.
      - When it is good, it is also written to O(dest), if that holds no good one.
      - An empty string says that there is none, so that the token is rotated if it exists and
        O(dest) does not hold it.
    type: str
    version_added: 0.1.0
  return_token:
    description:
      - Return the secret of a new token even when it was written to O(dest).
      - Beside O(tokens), the default for those that say nothing else.
    type: bool
    default: false
    version_added: 0.1.0
  revoke_caller:
    description:
      - With O(state=absent), revoke the token that the task calls with, as the last thing that the
        task does. No task can use it afterwards.
      - It needs no other option. With O(user) and O(note), O(user) and O(token_id), or O(tokens),
        those tokens are revoked before.
      - It needs JupyterHub 5.0, as older hubs do not tell the id of a token. The tokens of services
        cannot be revoked so, as they come from the configuration of the hub.
    type: bool
    version_added: 0.1.0
  prune:
    description:
      - Revoke the module's own tokens, of the users that the task names, that it does not declare.
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
      description: What is done.
      type: str
      sample: rotate
    kind:
      description: To what kind of object.
      type: str
      sample: token
    name:
      description: User and note of the token. That of a token that is revoked is followed by its
        id.
      type: str
      sample: ada/nightly export
    fields:
      description: What is set, added or removed. Secrets are replaced by a placeholder.
      type: dict
      sample: {secret: VALUE_SPECIFIED_IN_NO_LOG_PARAMETER, expires_in: 2592000}
summary:
  sample:
    rotate: 1
    revoke: 1
    unchanged: 4
  # BEGIN summary
  description: How many changes of each action there are, and how many declared objects needed none.
  returned: success
  type: dict
  # END summary
tokens:
  description: The declared tokens that exist after the task, as O(return_objects) says.
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
      description: Its id. The hub may use it again after the token is revoked.
      type: str
      sample: a12
    scopes:
      description: What it allows, with all that it implies.
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
      description: The secret of a token that was just made. Register it with care.
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
  description: What was planned and is not done, in the form of RV(changes).
  returned: failure, and when something depends on what O(earlier.refused) names
  type: list
  elements: dict
  sample: []
refused:
  description:
    - What the hub refused for good, in the order met. Everything that does not depend on it was
      done, and what does is in RV(pending).
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
      description: The HTTP status of the answer of the hub. Null where the hub has refused nothing,
        and something else keeps it from being done.
      type: int
      sample: 400
    hub_message:
      description: The message of the hub, or what keeps it from being done.
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

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.manage import run_resource
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.tokens import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.work import Tokens


def main() -> None:
    """Run the module."""
    run_resource(SPEC, Tokens)


if __name__ == "__main__":
    main()
