# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not use it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    """The lists of all modules in one option, written by tests/tools/documentation.py from their options."""

    DOCUMENTATION = r"""
options:
  declared:
    description:
      - What the hub should be, as the variables of the role P(hubops.jupyterhub.provision#role)
        without C(jupyterhub_). What differs is found (DRF-1 to
        DRF-6).
      - Nothing but what is needed to see the differences is read,
        and the token needs no scope to write.
    type: dict
    version_added: 0.1.0
    suboptions:
      users:
        description:
          - The users.
          - As O(hubops.jupyterhub.jupyterhub_user#module:users)
            takes them.
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
            description: Whether the user exists. The default
              is what O(hubops.jupyterhub.jupyterhub_user#module:state)
              says.
            type: str
            choices: [present, absent]
            version_added: 0.1.0
          admin:
            description: Whether the user is an admin of the hub.
            type: bool
            version_added: 0.1.0
          auth_state:
            description:
              - What the authenticator keeps of the user, as a
                whole. An empty dict clears it.
              - The hub stores it only when it has a key for it,
                E(JUPYTERHUB_CRYPT_KEY) in its own environment.
              - To compare it, the scope C(admin:auth_state) is
                needed (C(admin:users) includes it), and one request
                for each user that has it.
            type: dict
            version_added: 0.1.0
          rename_from:
            description:
              - The former name of the user. When only a user
                of that name exists, it is renamed and keeps its
                groups and tokens.
              - When only O(hubops.jupyterhub.jupyterhub_user#module:name)
                exists, or neither, O(hubops.jupyterhub.jupyterhub_user#module:rename_from)
                means nothing. When both exist, the task fails.
              - A user with running servers is not renamed, since
                their addresses would keep the old name.
            type: str
            version_added: 0.1.0
          last_activity:
            description:
              - When the user was last active, in ISO 8601, such
                as V(2026-09-01T08:00:00Z). Without a zone it
                is UTC.
              - It only moves forward. An earlier time than the
                hub has is no change.
            type: str
            version_added: 0.1.0
      groups:
        description:
          - The groups. Their members have to be declared as users,
            or to be on the hub.
          - As O(hubops.jupyterhub.jupyterhub_group#module:groups)
            takes them.
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
            description: Whether the group exists. The default
              is what O(hubops.jupyterhub.jupyterhub_group#module:state)
              says.
            type: str
            choices: [present, absent]
            version_added: 0.1.0
          users:
            description:
              - The names of the members. They have to be users
                of the hub. In check mode, users that do not exist
                yet are taken to be made by an earlier task.
              - Whoever joins a group that has roles gets their
                rights. The task warns about that.
              - An empty list empties the group, when O(hubops.jupyterhub.jupyterhub_group#module:users_mode=exact).
            type: list
            elements: str
            version_added: 0.1.0
          users_mode:
            description: What the list of members means. The default
              is what O(hubops.jupyterhub.jupyterhub_group#module:users_mode)
              says.
            type: str
            choices: [exact, present, absent]
            version_added: 0.1.0
          properties:
            description:
              - Properties of the group, for spawners and others
                who read them. Any JSON is possible.
              - An empty dict clears them, when O(hubops.jupyterhub.jupyterhub_group#module:properties_mode=exact).
            type: dict
            version_added: 0.1.0
          properties_mode:
            description: What the properties mean. The default
              is what O(hubops.jupyterhub.jupyterhub_group#module:properties_mode)
              says.
            type: str
            choices: [exact, merge]
            version_added: 0.1.0
      services:
        description:
          - The services. They need JupyterHub 5.0.
          - As O(hubops.jupyterhub.jupyterhub_service#module:services)
            takes them.
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
            description: Whether the service exists. The default
              is what O(hubops.jupyterhub.jupyterhub_service#module:state)
              says.
            type: str
            choices: [present, absent]
            version_added: 0.1.0
          recreate:
            description: Whether to replace the service when it
              differs. The default is what O(hubops.jupyterhub.jupyterhub_service#module:recreate)
              says.
            type: bool
            version_added: 0.1.0
          url:
            description: Where the service answers. The hub's
              proxy leads C(/services/NAME/) there.
            type: str
            version_added: 0.1.0
          display:
            description: Whether the pages of the hub show the
              service.
            type: bool
            version_added: 0.1.0
          info:
            description: What the service says of itself, for
              those who read it.
            type: dict
            version_added: 0.1.0
          admin:
            description: Whether the service is an admin of the
              hub. Only a caller with all scopes of an admin may
              say so.
            type: bool
            version_added: 0.1.0
          service_token:
            description: The token that the service calls the
              hub with, of eight to 64 characters. It is proved
              against the hub, which never shows it.
            type: str
            aliases:
              - api_token
            version_added: 0.1.0
          oauth_client_id:
            description: The id of the service as an OAuth client,
              by default C(service-NAME). It begins with C(service-).
              The hub never shows it, so that it is not compared.
            type: str
            version_added: 0.1.0
          oauth_redirect_uri:
            description: Where OAuth logins return to. It is not
              compared.
            type: str
            version_added: 0.1.0
          oauth_client_allowed_scopes:
            description: The scopes that the service may ask of
              those who log in. They are not compared.
            type: list
            elements: str
            version_added: 0.1.0
          oauth_no_confirm:
            description: Log people in without asking them. It
              is not compared.
            type: bool
            version_added: 0.1.0
      servers:
        description:
          - The servers. Their users have to be declared, or to
            be on the hub.
          - As O(hubops.jupyterhub.jupyterhub_server#module:servers)
            takes them.
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
            description: The name of the server. Empty means the
              default server.
            type: str
            default: ''
            version_added: 0.1.0
          state:
            description: What the server shall be. The default
              is what O(hubops.jupyterhub.jupyterhub_server#module:state)
              says.
            type: str
            choices: [started, stopped, restarted, absent, present]
            version_added: 0.1.0
          user_options:
            description:
              - The options of the server, as its spawner understands
                them, as a whole. An empty dict clears them.
              - They take effect when the server starts. For one
                that runs with others see O(hubops.jupyterhub.jupyterhub_server#module:restart_if_changed).
              - They are sent with a start, and on JupyterHub
                6 with O(hubops.jupyterhub.jupyterhub_server#module:state=present).
                With O(hubops.jupyterhub.jupyterhub_server#module:state=stopped)
                and O(hubops.jupyterhub.jupyterhub_server#module:state=absent)
                they mean nothing.
            type: dict
            version_added: 0.1.0
          display_name:
            description: The name of a named server that people
              see. It needs JupyterHub 6.0, and is changed only
              while the server is stopped.
            type: str
            version_added: 0.1.0
          rename_from:
            description:
              - The former name of a named server. When only a
                server of that name exists, it is renamed. It
                needs JupyterHub 6.0, and has to be stopped.
              - When only O(hubops.jupyterhub.jupyterhub_server#module:name)
                exists, or neither, O(hubops.jupyterhub.jupyterhub_server#module:rename_from)
                means nothing. When both exist, the task fails.
            type: str
            version_added: 0.1.0
          restart_if_changed:
            description: Whether to restart a server that runs
              with other options. The default is what O(hubops.jupyterhub.jupyterhub_server#module:restart_if_changed)
              says.
            type: bool
            version_added: 0.1.0
      shares:
        description:
          - The servers that are shared, which needs JupyterHub
            5.0. Owners, guests and servers have to be declared,
            or to be on the hub.
          - As O(hubops.jupyterhub.jupyterhub_share#module:shares)
            takes them.
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
            description: The name of the server. Empty means the
              default server.
            type: str
            default: ''
            version_added: 0.1.0
          users:
            description:
              - The users who may use the server. They have to
                exist.
              - Each is a name, or a dictionary of C(name) and
                C(scopes), which are this guest's own instead
                of O(hubops.jupyterhub.jupyterhub_share#module:scopes).
            type: list
            elements: raw
            version_added: 0.1.0
          groups:
            description:
              - The groups whose members may use the server. They
                have to exist.
              - Each is a name, or a dictionary of C(name) and
                C(scopes), as at O(hubops.jupyterhub.jupyterhub_share#module:users).
            type: list
            elements: raw
            version_added: 0.1.0
          scopes:
            description:
              - What they may do with the server, without a filter,
                such as V(access:servers) or V(read:servers).
              - When it is not set, an existing share stays as
                it is, and a new one lets them use the server.
              - Guests in O(hubops.jupyterhub.jupyterhub_share#module:users)
                and O(hubops.jupyterhub.jupyterhub_share#module:groups)
                that have C(scopes) of their own are not affected.
                With O(hubops.jupyterhub.jupyterhub_share#module:mode=absent),
                only these scopes are revoked.
            type: list
            elements: str
            version_added: 0.1.0
          mode:
            description: What the lists mean. The default is what
              O(hubops.jupyterhub.jupyterhub_share#module:mode)
              says.
            type: str
            choices: [exact, present, absent]
            version_added: 0.1.0
          code:
            description:
              - Make a code that lets whoever has it accept a
                share, unless there is one for these O(hubops.jupyterhub.jupyterhub_share#module:scopes).
                Its value is returned once.
              - A run that is killed after it has made a code
                leaves one that nobody knows, and the next run
                takes it to be the one that was asked for. Revoke
                the codes of the server with O(hubops.jupyterhub.jupyterhub_share#module:mode=absent),
                then make a new one.
            type: bool
            version_added: 0.1.0
          expires_in:
            description:
              - How long a new code lives, in seconds, or with
                a unit such as V(12h) or V(7d), from one minute
                to one year. The hub says one day when it is not
                set.
              - Other shares do not expire.
            type: str
            version_added: 0.1.0
      tokens:
        description:
          - The tokens. Their users have to be declared, or to
            be on the hub. Each token that is to exist needs a
            C(dest).
          - As O(hubops.jupyterhub.jupyterhub_token#module:tokens)
            takes them.
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
            description: What the token is for. Together with
              the user it identifies the token.
            type: str
            version_added: 0.1.0
          token_id:
            description: The id of a token to revoke, whoever
              made it. It goes with O(hubops.jupyterhub.jupyterhub_token#module:state=absent)
              and without O(hubops.jupyterhub.jupyterhub_token#module:note).
            type: str
            version_added: 0.1.0
          state:
            description: Whether the token exists. The default
              is what O(hubops.jupyterhub.jupyterhub_token#module:state)
              says.
            type: str
            choices: [present, absent]
            version_added: 0.1.0
          scopes:
            description:
              - What the token allows. An empty list only tells
                who the user is.
              - When it is not set, a new token may do all that
                its user may, an existing one stays as it is,
                and its successor may do what it may.
              - That holds only as long as the hub still lists
                the old token. Once it has expired or was revoked,
                the next run makes a new one, which without O(hubops.jupyterhub.jupyterhub_token#module:scopes)
                may do all that the user may. So keep O(hubops.jupyterhub.jupyterhub_token#module:scopes)
                declared.
              - The hub lists the scopes of a token expanded,
                so that they are compared by a fingerprint in
                the note. A token with another fingerprint is
                rotated.
            type: list
            elements: str
            version_added: 0.1.0
          expires_in:
            description: How long the token lives. The default
              is what O(hubops.jupyterhub.jupyterhub_token#module:expires_in)
              says.
            type: str
            version_added: 0.1.0
          renew_before:
            description: When to rotate it. The default is what
              O(hubops.jupyterhub.jupyterhub_token#module:renew_before)
              says.
            type: str
            version_added: 0.1.0
          rotate:
            description: Whether to rotate it in any case. The
              default is what O(hubops.jupyterhub.jupyterhub_token#module:rotate)
              says.
            type: bool
            version_added: 0.1.0
          dest:
            description:
              - A file on the target that holds the secret and
                nothing else, readable by its owner alone.
              - It is replaced at once or not at all, and keeps
                its owner, for which the module has to run as
                that owner or as root. Its folder has to exist.
                A symbolic link is refused, and so is a file that
                somebody else has put into a folder that everybody
                can write to.
              - It is read, and what it holds is tried on the
                hub. So name no file that holds the secret of
                something else.
            type: path
            version_added: 0.1.0
          current_token:
            description:
              - The secret that the caller has kept, from a vault
                for instance.
              - When it is good, it is also written to O(hubops.jupyterhub.jupyterhub_token#module:dest),
                if that holds no good one.
              - An empty string says that there is none, so that
                the token is rotated if it exists and O(hubops.jupyterhub.jupyterhub_token#module:dest)
                does not hold it.
            type: str
            version_added: 0.1.0
          return_token:
            description: Whether to return a new secret that went
              to a file. The default is what O(hubops.jupyterhub.jupyterhub_token#module:return_token)
              says.
            type: bool
            version_added: 0.1.0
      prune:
        description: The kinds of which everything that is not
          declared is to be deleted. A kind of which nothing is
          declared is refused.
        type: list
        elements: str
        choices: [users, groups, tokens]
        version_added: 0.1.0
      prune_keep:
        description:
          - By kind, C(users) or C(groups), a list of shell patterns
            of names that stay, declared or not.
          - It may be given as text, such as V(users=keep-*),
            or as JSON. A kind without a value is refused, as
            it may have been meant to protect something.
        type: dict
        version_added: 0.1.0
      prune_match:
        description: By kind, patterns of names that may be deleted,
          in the form of O(declared.prune_keep).
        type: dict
        version_added: 0.1.0
      prune_limit:
        description: How many objects of a kind may be deleted
          by O(declared.prune), as a count or as a percentage.
        type: str
        version_added: 0.1.0
      remove_limit:
        description: How many members may be taken out of a group,
          as a count or as a percentage.
        type: str
        version_added: 0.1.0
      stored_names:
        description:
          - How the hub stores the names of users where its authenticator
            has rules of its own (C(username_map)), by the name
            as it is declared.
          - A name that is not in it is compared in lower case.
        type: dict
        version_added: 0.1.0
"""
