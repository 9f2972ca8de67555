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
      - The address of one of the hub's own pages, such as C(/hub/home), is taken for that of the
        hub.
      - A redirect is never followed, since the token would go with it. The error names the new
        address instead.
      - Every answer of a hub carries the header C(X-JupyterHub-Version). An answer without it is
        taken for that of something else, such as a firewall, and proves nothing. A proxy before the
        hub must not take this header away.
      - There is a warning when the token goes to another machine over C(http).
      - Taken from E(JUPYTERHUB_API_URL) when it is not set.
    type: str
    required: true
    version_added: 0.1.0
  api_token:
    description:
      - The token to call the hub with.
      - Exclusive with O(api_token_file).
      - Taken from E(JUPYTERHUB_API_TOKEN) when it is not set. A token of the environment is not
        sent to another hub than the one that the environment names in E(JUPYTERHUB_API_URL).
    type: str
    version_added: 0.1.0
  api_token_file:
    description:
      - A regular file on the target that holds the token and nothing else.
      - Exclusive with O(api_token). An option that is set in the task goes before one from the
        environment.
      - Taken from E(JUPYTERHUB_API_TOKEN_FILE) when it is not set.
    type: path
    version_added: 0.1.0
  login_username:
    description:
      - Log in with this user name and O(login_password) instead of calling with a token.
      - The hub asks its own authenticator, which has to take a user name and a password, and the
        user has to exist on the hub.
      - The task works with a token that lives as long as it, in check mode too, and revokes it at
        its end, even when it fails.
      - "The one exception is M(hubops.jupyterhub.jupyterhub_shutdown): when the hub is gone, the
        token cannot be revoked, and lives until it expires."
    type: str
    version_added: 0.1.0
  login_password:
    description: The password that goes with O(login_username).
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
    description: A client certificate on the target, in PEM format. It may hold the key as well.
    type: path
    version_added: 0.1.0
  client_key:
    description: The key of O(client_cert), when it stands in a file of its own. A key with a
      passphrase cannot be used.
    type: path
    version_added: 0.1.0
  timeout:
    description:
      - Seconds that one request may take as a whole, from connecting to the last byte of its
        answer.
      - An answer of more than 64 MiB is given up, as no hub sends one.
    type: float
    default: 60.0
    version_added: 0.1.0
  retries:
    description:
      - How often to try again after the first try, when the hub or a proxy before it is not ready.
      - What may have been done already is never sent again blindly. The state is read again, and
        what is there counts as done.
    type: int
    default: 5
    version_added: 0.1.0
  retry_max_wait:
    description:
      - How many seconds one request may wait between its tries, in all.
      - A C(Retry-After) of the hub is obeyed within this limit. Otherwise the waits grow from half
        a second to 30 seconds.
    type: float
    default: 120.0
    version_added: 0.1.0
requirements:
  - requests >= 2.28 (on the target)
notes:
  - Works with JupyterHub 4.0 to 6.x.
  - Proxies are taken from the usual environment variables, E(HTTPS_PROXY) and so on.
  - Times are in UTC. Ages are counted by the hub's clock, and there is a warning when the clock of
    the target differs from it by more than a minute.
  - Where a list of names or patterns is meant, text is split at commas and the white space around
    the items is dropped. Empty text is an empty list. Text that begins with V([) or has several
    lines is refused, and so is an item that is empty or has white space at its ends.
"""
