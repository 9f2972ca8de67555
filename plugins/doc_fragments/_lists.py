# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not use it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    """The lists of all modules, written by tests/tools/documentation.py from their options."""

    DOCUMENTATION = r"""
options:
  users:
    description:
      - The users.
      - In the form of O(hubops.jupyterhub.jupyterhub_user#module:users).
    type: list
    elements: dict
    version_added: 0.1.0
    suboptions:
      name:
        description: The name of the user.
        type: str
        required: true
        version_added: 0.1.0
      state:
        description: Whether the user exists. The default is the
          value of O(hubops.jupyterhub.jupyterhub_user#module:state).
        type: str
        choices: [present, absent]
        version_added: 0.1.0
      admin:
        description: Whether the user is an admin of the hub.
        type: bool
        version_added: 0.1.0
      auth_state:
        description:
          - The authenticator's data about the user. It is replaced
            as a whole. An empty dict clears it.
          - The hub stores it only if its own environment has
            a key to encrypt it, E(JUPYTERHUB_CRYPT_KEY).
          - Comparing it needs the scope C(admin:auth_state),
            which C(admin:users) includes, and one request for
            each item that sets it.
        type: dict
        version_added: 0.1.0
      rename_from:
        description:
          - The former name of the user. If only a user with that
            name exists, it is renamed and keeps its groups and
            tokens.
          - If only O(hubops.jupyterhub.jupyterhub_user#module:name)
            exists, or neither exists, O(hubops.jupyterhub.jupyterhub_user#module:rename_from)
            has no effect. If both exist, the task fails.
          - A user with running servers is not renamed, because
            the addresses of the servers would keep the old name.
        type: str
        version_added: 0.1.0
      last_activity:
        description:
          - When the user was last active, in ISO 8601, such as
            V(2026-09-01T08:00:00Z). Without a zone it is UTC.
          - It only moves forward. A time earlier than the one
            on the hub changes nothing.
        type: str
        version_added: 0.1.0
  groups:
    description:
      - The groups. Their members must be declared as users, or
        be on the hub.
      - In the form of O(hubops.jupyterhub.jupyterhub_group#module:groups).
    type: list
    elements: dict
    version_added: 0.1.0
    suboptions:
      name:
        description: The name of the group.
        type: str
        required: true
        version_added: 0.1.0
      state:
        description: Whether the group exists. The default is
          the value of O(hubops.jupyterhub.jupyterhub_group#module:state).
        type: str
        choices: [present, absent]
        version_added: 0.1.0
      users:
        description:
          - The names of the members. They must be users of the
            hub. In check mode, users that do not exist yet are
            assumed to be created by an earlier task.
          - Users who join a group that has roles get the rights
            of these roles. The task then gives a warning.
        type: list
        elements: str
        version_added: 0.1.0
      users_mode:
        description: What the list of members means. The default
          is the value of O(hubops.jupyterhub.jupyterhub_group#module:users_mode).
        type: str
        choices: [exact, present, absent]
        version_added: 0.1.0
      properties:
        description: Properties of the group, for spawners and
          other programs that read them. Any JSON is allowed.
        type: dict
        version_added: 0.1.0
      properties_mode:
        description: What the properties mean. The default is
          the value of O(hubops.jupyterhub.jupyterhub_group#module:properties_mode).
        type: str
        choices: [exact, merge]
        version_added: 0.1.0
  services:
    description:
      - The services. They need JupyterHub 5.0.
      - In the form of O(hubops.jupyterhub.jupyterhub_service#module:services).
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
        description: Whether the service exists. The default is
          the value of O(hubops.jupyterhub.jupyterhub_service#module:state).
        type: str
        choices: [present, absent]
        version_added: 0.1.0
      recreate:
        description: Whether to replace the service when it differs.
          The default is the value of O(hubops.jupyterhub.jupyterhub_service#module:recreate).
        type: bool
        version_added: 0.1.0
      url:
        description: Where the service answers. The hub's proxy
          routes C(/services/NAME/) to it.
        type: str
        version_added: 0.1.0
      display:
        description: Whether the pages of the hub show the service.
        type: bool
        version_added: 0.1.0
      info:
        description: Information about the service, for programs
          and people that read it.
        type: dict
        version_added: 0.1.0
      admin:
        description: Whether the service is an admin of the hub.
          Only a caller with all scopes of an admin may set it.
        type: bool
        version_added: 0.1.0
      service_token:
        description: The token with which the service calls the
          hub, 8 to 64 characters. It is verified against the
          hub, which never returns it.
        type: str
        aliases:
          - api_token
        version_added: 0.1.0
      oauth_client_id:
        description: The id of the service as an OAuth client,
          by default C(service-NAME). It begins with C(service-).
          The hub never returns it, so it is not compared.
        type: str
        version_added: 0.1.0
      oauth_redirect_uri:
        description: Where OAuth logins return to. It is not compared.
        type: str
        version_added: 0.1.0
      oauth_client_allowed_scopes:
        description: The scopes that the service may request from
          users who log in. They are not compared.
        type: list
        elements: str
        version_added: 0.1.0
      oauth_no_confirm:
        description: Log users in without asking for confirmation.
          It is not compared.
        type: bool
        version_added: 0.1.0
  servers:
    description:
      - The servers. Their users must be declared, or be on the
        hub.
      - In the form of O(hubops.jupyterhub.jupyterhub_server#module:servers).
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
        description: The name of the server. Empty means the default
          server.
        type: str
        default: ''
        version_added: 0.1.0
      state:
        description: The state of the server. The default is the
          value of O(hubops.jupyterhub.jupyterhub_server#module:state).
        type: str
        choices: [started, stopped, restarted, absent, present]
        version_added: 0.1.0
      user_options:
        description:
          - The options of the server, in the form that its spawner
            understands. They are replaced as a whole. An empty
            dict clears them.
          - They take effect when the server starts. For a server
            that runs with other options, see O(hubops.jupyterhub.jupyterhub_server#module:restart_if_changed).
          - They are sent with a start, and on JupyterHub 6 with
            O(hubops.jupyterhub.jupyterhub_server#module:state=present).
            With O(hubops.jupyterhub.jupyterhub_server#module:state=stopped)
            and O(hubops.jupyterhub.jupyterhub_server#module:state=absent)
            they have no effect.
        type: dict
        version_added: 0.1.0
      display_name:
        description: The name of a named server that is shown
          to users. It needs JupyterHub 6.0, and can be changed
          only while the server is stopped.
        type: str
        version_added: 0.1.0
      rename_from:
        description:
          - The former name of a named server. If only a server
            with that name exists, it is renamed. This needs JupyterHub
            6.0, and the server must be stopped.
          - If only O(hubops.jupyterhub.jupyterhub_server#module:name)
            exists, or neither exists, O(hubops.jupyterhub.jupyterhub_server#module:rename_from)
            has no effect. If both exist, the task fails.
        type: str
        version_added: 0.1.0
      restart_if_changed:
        description: Whether to restart a server that runs with
          other options. The default is the value of O(hubops.jupyterhub.jupyterhub_server#module:restart_if_changed).
        type: bool
        version_added: 0.1.0
  shares:
    description:
      - The servers that are shared, which needs JupyterHub 5.0.
        Owners, guests and servers have to be declared, or to
        be on the hub.
      - In the form of O(hubops.jupyterhub.jupyterhub_share#module:shares).
    type: list
    elements: dict
    version_added: 0.1.0
    suboptions:
      owner:
        description: Whose server it is.
        type: str
        required: true
        version_added: 0.1.0
      server:
        description: The name of the server. Empty means the default
          server.
        type: str
        default: ''
        version_added: 0.1.0
      users:
        description:
          - The users who may use the server. They must exist.
          - Each is a name, or a dictionary of C(name) and C(scopes),
            which replace O(hubops.jupyterhub.jupyterhub_share#module:scopes)
            for this guest.
        type: list
        elements: raw
        version_added: 0.1.0
      groups:
        description:
          - The groups whose members may use the server. They
            must exist.
          - Each is a name, or a dictionary of C(name) and C(scopes),
            as at O(hubops.jupyterhub.jupyterhub_share#module:users).
        type: list
        elements: raw
        version_added: 0.1.0
      scopes:
        description:
          - What they may do with the server, without a filter,
            such as V(access:servers) or V(read:servers).
          - If it is not set, an existing share is not changed,
            and a new one lets them use the server.
          - It does not apply to guests in O(hubops.jupyterhub.jupyterhub_share#module:users)
            and O(hubops.jupyterhub.jupyterhub_share#module:groups)
            that have their own C(scopes). With O(hubops.jupyterhub.jupyterhub_share#module:mode=absent),
            only these scopes are revoked.
        type: list
        elements: str
        version_added: 0.1.0
      mode:
        description: What the lists mean. The default is the value
          of O(hubops.jupyterhub.jupyterhub_share#module:mode).
        type: str
        choices: [exact, present, absent]
        version_added: 0.1.0
      code:
        description:
          - Create a code with which anyone who has it can accept
            a share, unless there is one for these O(hubops.jupyterhub.jupyterhub_share#module:scopes).
            Its value is returned once.
          - If a run is killed after it has created a code, the
            value of that code is lost, and the next run treats
            it as the requested one. Revoke the codes of the server
            with O(hubops.jupyterhub.jupyterhub_share#module:mode=absent),
            then create a new one.
        type: bool
        version_added: 0.1.0
      expires_in:
        description:
          - How long a new code is valid, in seconds, or with
            a unit such as V(12h) or V(7d), from one minute to
            one year. The hub's default is one day.
          - Other shares do not expire.
        type: str
        version_added: 0.1.0
  tokens:
    description:
      - The tokens. Their users must be declared, or be on the
        hub. Each token that is to exist needs a C(dest).
      - In the form of O(hubops.jupyterhub.jupyterhub_token#module:tokens).
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
        description: What the token is for. Together with the
          user it identifies the token.
        type: str
        version_added: 0.1.0
      token_id:
        description: The id of a token to revoke, no matter how
          it was created. Use it with O(hubops.jupyterhub.jupyterhub_token#module:state=absent)
          and without O(hubops.jupyterhub.jupyterhub_token#module:note).
        type: str
        version_added: 0.1.0
      state:
        description: Whether the token exists. The default is
          the value of O(hubops.jupyterhub.jupyterhub_token#module:state).
        type: str
        choices: [present, absent]
        version_added: 0.1.0
      scopes:
        description:
          - What the token allows. With an empty list it can only
            identify its user.
          - If it is not set, a new token has all scopes of its
            user, an existing token is not changed, and its successor
            gets the same scopes.
          - The successor gets the same scopes only while the
            hub still lists the old token. After it has expired
            or was revoked, the next run creates a new one, which
            without O(hubops.jupyterhub.jupyterhub_token#module:scopes)
            has all scopes of the user. So keep O(hubops.jupyterhub.jupyterhub_token#module:scopes)
            declared.
          - The hub lists the scopes of a token in expanded form,
            so they are compared by a fingerprint in the note.
            A token with another fingerprint is rotated.
        type: list
        elements: str
        version_added: 0.1.0
      expires_in:
        description: How long the token is valid. The default
          is the value of O(hubops.jupyterhub.jupyterhub_token#module:expires_in).
        type: str
        version_added: 0.1.0
      renew_before:
        description: When to rotate it. The default is the value
          of O(hubops.jupyterhub.jupyterhub_token#module:renew_before).
        type: str
        version_added: 0.1.0
      rotate:
        description: Whether to rotate it in any case. The default
          is the value of O(hubops.jupyterhub.jupyterhub_token#module:rotate).
        type: bool
        version_added: 0.1.0
      dest:
        description:
          - A file on the target for the secret and nothing else,
            readable only by its owner.
          - The file is replaced atomically, and keeps its owner.
            The module must run as that owner or as root. The
            folder must exist. A symbolic link is refused, and
            so is a file that another user has created in a folder
            that everyone can write to, or whose folder is one
            of these.
          - Its content is sent to the hub as a token. So do not
            use a file that contains another secret.
        type: path
        version_added: 0.1.0
      current_token:
        description:
          - The secret that you have kept, for example in a vault.
          - If it is valid, it is also written to O(hubops.jupyterhub.jupyterhub_token#module:dest),
            unless that file contains a valid one.
          - An empty string means that there is none. The token
            is then rotated if it exists and O(hubops.jupyterhub.jupyterhub_token#module:dest)
            does not contain it.
        type: str
        version_added: 0.1.0
      return_token:
        description: Whether to return a new secret that was written
          to a file. The default is the value of O(hubops.jupyterhub.jupyterhub_token#module:return_token).
        type: bool
        version_added: 0.1.0
"""
