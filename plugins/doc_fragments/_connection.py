# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not use it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    """How to reach a hub; the options of CONNECTION in module_utils/_module/options.py."""

    DOCUMENTATION = r"""
options:
  hub_url:
    description:
      - The address of the hub, with or without a base path, with or without C(/hub/api) at its end.
      - The address of one of the hub's own pages, such as C(/hub/home), also works.
      - A redirect is never followed, because the token would be sent with it. The error message
        contains the new address.
      - Every answer of a hub carries the header C(X-JupyterHub-Version). An answer without it is
        treated as coming from something else, such as a firewall, and is not trusted. A proxy in
        front of the hub must not remove this header.
      - There is a warning when the token is sent to another machine over C(http).
      - Read from E(JUPYTERHUB_API_URL) when it is not set.
    type: str
    required: true
    version_added: 0.1.0
  api_token:
    description:
      - The token with which to call the hub.
      - Exclusive with O(api_token_file).
      - Read from E(JUPYTERHUB_API_TOKEN) when it is not set. A token from the environment is sent
        only to the hub in E(JUPYTERHUB_API_URL), if that is set.
    type: str
    version_added: 0.1.0
  api_token_file:
    description:
      - A regular file on the target that contains the token and nothing else.
      - Exclusive with O(api_token). An option that is set in the task has precedence over the
        environment.
      - Read from E(JUPYTERHUB_API_TOKEN_FILE) when it is not set.
    type: path
    version_added: 0.1.0
  login_username:
    description:
      - Log in with this user name and O(login_password) instead of using a token.
      - The hub's own authenticator checks them. It must accept a user name and a password, and the
        user must exist on the hub.
      - The task creates a token for its own use, also in check mode, and revokes it at its end,
        even if it fails.
      - "The one exception is M(hubops.jupyterhub.jupyterhub_shutdown): when the hub has stopped,
        the token cannot be revoked, and stays valid until it expires."
    type: str
    version_added: 0.1.0
  login_password:
    description: The password for O(login_username).
    type: str
    version_added: 0.1.0
  validate_certs:
    description: Whether to verify the certificate of the hub.
    type: bool
    default: true
    version_added: 0.1.0
  ca_path:
    description: A bundle of certificates on the target, in PEM format, to verify the hub with
      instead of the usual authorities.
    type: path
    version_added: 0.1.0
  client_cert:
    description: A client certificate on the target, in PEM format. It may contain the key as well.
    type: path
    version_added: 0.1.0
  client_key:
    description: The key of O(client_cert), if it is in a separate file. A key with a passphrase
      cannot be used.
    type: path
    version_added: 0.1.0
  timeout:
    description:
      - How many seconds one request may take, from connecting to the last byte of its answer.
      - An answer of more than 64 MiB is refused, because no hub sends one.
    type: float
    default: 60.0
    version_added: 0.1.0
  retries:
    description:
      - How often to try again after the first try, if the hub or a proxy in front of it is not
        ready.
      - A request that may already have been carried out is never repeated blindly. The state is
        read again first, and what already exists counts as done.
    type: int
    default: 5
    version_added: 0.1.0
  retry_max_wait:
    description:
      - How many seconds one request may wait between its tries, in total.
      - A C(Retry-After) from the hub is respected within this limit. Otherwise the waits grow from
        half a second to 30 seconds.
    type: float
    default: 120.0
    version_added: 0.1.0
requirements:
  - requests >= 2.28 (on the target)
notes:
  - Works with JupyterHub 4.0 to 6.x.
  - Proxies are read from the usual environment variables, such as E(HTTPS_PROXY).
  - Times are in UTC. Ages are calculated by the hub's clock, and there is a warning when the
    target's clock differs from it by more than a minute.
  - Where a list of names or patterns is expected, text is split at commas, and white space around
    the items is removed. Empty text is an empty list. Text that begins with V([) or has several
    lines is refused, and so is an item that is empty or has white space at its start or end.
"""
