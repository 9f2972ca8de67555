# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""From a task's options, files and environment to a connection."""

from __future__ import annotations

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import Connection, is_token
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.tls import check_certificates
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import Options
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import check_amount


def check_address(options: Options) -> None:
    """See that there is an address, before Ansible misses it in words of its own.

    :raises RefusedError: neither the task nor the environment has one.
    """
    if not options.get("hub_url") and not os.environ.get("JUPYTERHUB_API_URL"):
        raise RefusedError(
            "hub_url is missing: set it in the task or in module_defaults, or JUPYTERHUB_API_URL in the environment of the target. "
            "The roles and playbooks take it as jupyterhub_url. Nothing was changed."
        )


def connection_of(module: AnsibleModule, options: Options) -> Connection:
    """:raises RefusedError: there is no usable token, or an option makes no sense."""
    for name in ("timeout", "retry_max_wait", "retries"):
        check_amount(name, options[name], zero=name != "timeout")
    for name in ("ca_path", "client_cert", "client_key"):
        if options[name] and not os.path.exists(options[name]):
            raise RefusedError(f"{name} {options[name]} does not exist on the target.")
    cert = options["client_cert"]
    token = token_of(options)
    if token is not None:
        # A token that comes from a file is no parameter, so Ansible does not know yet that it is a secret.
        module.no_log_values.add(token)
    connection = Connection(
        hub_url=options["hub_url"],
        api_token=token,
        verify=options["validate_certs"] and (options["ca_path"] or True),
        cert=(cert, options["client_key"]) if cert and options["client_key"] else cert,
        timeout=options["timeout"],
        retries=options["retries"],
        retry_max_wait=options["retry_max_wait"],
    )
    check_certificates(connection)
    return connection


def token_of(options: Options) -> str | None:
    """The token to call with, or None for a login. What the task says goes before what the environment says.

    :raises RefusedError: none or two are given, or the file cannot be read.
    """
    token, path = options["api_token"], options["api_token_file"]
    environment = {
        "api_token": os.environ.get("JUPYTERHUB_API_TOKEN"),
        "api_token_file": os.path.expanduser(os.path.expandvars(os.environ.get("JUPYTERHUB_API_TOKEN_FILE", ""))),
    }
    own = ["login_username"] if options["login_username"] is not None else []
    own += [name for name, value in environment.items() if options[name] and options[name] != value]
    if len(own) > 1:
        raise RefusedError(f"{' and '.join(own)} are given together: keep one of them.")
    if own == ["login_username"]:
        return None
    if path and (own == ["api_token_file"] or not token):
        try:
            with open(path, encoding="utf-8") as file:
                token = file.read().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise RefusedError(f"api_token_file {path} cannot be read on the target: {reason}.") from None
        if not token:
            raise RefusedError(f"api_token_file {path} is empty: write the token into it.")
    if not token:
        raise RefusedError("No token is given: set api_token or api_token_file, or JUPYTERHUB_API_TOKEN in the environment.")
    if not is_token(token):
        raise RefusedError("The given token holds characters that no token has: give the token alone, on one line.")
    return str(token)
