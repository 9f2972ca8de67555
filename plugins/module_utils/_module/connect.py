# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""From a task's options, files and environment to a connection."""

from __future__ import annotations

import ipaddress
import os
import typing as t
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._files import (
    NotRegularError,
    is_no_file,
    open_regular,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import (
    api_root,
    same_hub,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import (
    Connection,
    is_token,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.tls import check_certificates
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.masking import (
    mask,
    visible_path,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    ConnectionOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import check_amount

# Bytes. A file that is larger holds something else than a token.
LARGEST_FILE = 16384


def check_address(options: t.Mapping[str, object]) -> None:
    """See that there is an address, before Ansible misses it in words of its own.

    :raises RefusedError: neither the task nor the environment has one.
    """
    if not options.get("hub_url") and not os.environ.get("JUPYTERHUB_API_URL"):
        raise RefusedError(
            "hub_url is missing: set it in the task or in module_defaults, or set"
            " JUPYTERHUB_API_URL in the environment of the target. In roles and playbooks it is"
            " jupyterhub_url."
        )


def connection_of(module: AnsibleModule, options: ConnectionOptions) -> Connection:
    """:raises RefusedError: there is no usable token, or an option makes no sense."""
    check_amount("timeout", options["timeout"], zero=False)
    check_amount("retry_max_wait", options["retry_max_wait"])
    check_amount("retries", options["retries"])
    cert, key = options["client_cert"], options["client_key"]
    files = {"ca_path": options["ca_path"], "client_cert": cert, "client_key": key}
    for name, path in files.items():
        if path and not os.path.exists(path):
            raise RefusedError(f"{name} {path} does not exist on the target.")
        # OpenSSL would wait for a pipe.
        if path and is_no_file(path) and not (name == "ca_path" and os.path.isdir(path)):
            raise RefusedError(f"{name} {path} is not a regular file on the target.")
    token = token_of(options)
    if token is not None:
        # A token that comes from a file is no parameter, so Ansible does not know yet that it is a
        # secret.
        mask(module, token)
    connection = Connection(
        hub_url=options["hub_url"],
        api_token=token,
        verify=options["validate_certs"] and (options["ca_path"] or True),
        cert=(cert, key) if cert and key else cert,
        timeout=options["timeout"],
        retries=options["retries"],
        retry_max_wait=options["retry_max_wait"],
    )
    check_certificates(connection)
    if is_open_to_others(api_root(options["hub_url"])):
        secret = "token" if token is not None else "password"
        module.warn(
            f"hub_url begins with http: the {secret} goes to"
            f" {urlsplit(options['hub_url'].strip()).hostname} unencrypted. Use https if the hub"
            " supports it."
        )
    return connection


def token_of(options: ConnectionOptions) -> str | None:
    """The token to call with, or None for a login. What the task says goes before what the
    environment says.

    :raises RefusedError: none or two are given, it is meant for another hub, or the file cannot be
    read.
    """
    token, path = options["api_token"], options["api_token_file"]
    usual_token = os.environ.get("JUPYTERHUB_API_TOKEN")
    usual_path = os.environ.get("JUPYTERHUB_API_TOKEN_FILE", "")
    own = ["login_username"] if options["login_username"] is not None else []
    own += ["api_token"] if token and token != usual_token else []
    if path and path != os.path.expanduser(os.path.expandvars(usual_path)):
        own.append("api_token_file")
    if len(own) > 1:
        raise RefusedError(f"{' and '.join(own)} are both set: keep one of them.")
    if own == ["login_username"]:
        return None
    if not own and (token or path):
        _check_environment(options["hub_url"])
    if path and (own == ["api_token_file"] or not token):
        token = _read_token(path)
    if not token:
        raise RefusedError(
            "No token is set: give api_token or api_token_file, or JUPYTERHUB_API_TOKEN in the"
            " environment."
        )
    if not is_token(token):
        raise RefusedError(
            "The given token contains characters that are not allowed in a token: give only the"
            " token, on one line."
        )
    return str(token)


def _check_environment(hub_url: str) -> None:
    """See that a token of the environment goes to the hub of the environment. The server of a
    notebook has both.

    :raises RefusedError: it would go to another hub.
    """
    url = os.environ.get("JUPYTERHUB_API_URL")
    if url and not same_hub(url, hub_url, encrypted=True):
        names = [
            name
            for name in ("JUPYTERHUB_API_TOKEN", "JUPYTERHUB_API_TOKEN_FILE")
            if os.environ.get(name)
        ]
        raise RefusedError(
            f"The token comes from the environment ({listed(names)}), which names another hub in"
            " JUPYTERHUB_API_URL than hub_url: set api_token or api_token_file in the task."
        )


def _read_token(path: str) -> str:
    """:raises RefusedError: the file cannot be read, or is no file that holds a token."""
    shown = visible_path(path)
    if shown != path and not os.path.exists(path):
        raise RefusedError(
            "api_token_file is not the path of a file that exists on the target: give its absolute"
            " path. If it is the token itself, set api_token instead."
        )
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > LARGEST_FILE:
                raise RefusedError(
                    f"api_token_file {shown} has {size} bytes, and so contains more than a token:"
                    " write only the token to it."
                )
            token = file.read(LARGEST_FILE).strip()
    except NotRegularError:
        raise RefusedError(
            f"api_token_file {shown} is not a regular file on the target: give the path of a file"
            " that contains the token."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise RefusedError(
            f"api_token_file {shown} cannot be read on the target: {reason}."
        ) from None
    if not token:
        raise RefusedError(f"api_token_file {shown} is empty: write the token to it.")
    return token


def is_open_to_others(root: str) -> bool:
    """Whether what is sent to this address can be read on its way: it is not encrypted, and leaves
    the machine.
    """
    parts = urlsplit(root)
    host = parts.hostname or ""
    if parts.scheme != "http" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True
