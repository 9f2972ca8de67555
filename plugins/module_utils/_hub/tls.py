# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The files that TLS needs."""

from __future__ import annotations

import os
import ssl

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.causes import root_cause
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import Connection


def check_certificates(connection: Connection) -> None:
    """Check that the files which TLS needs can be used, because the errors of a connection would
    not say which one is wrong.

    :raises RefusedError: one cannot; nothing was sent.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if isinstance(connection.verify, str) and not os.path.isdir(connection.verify):
        try:
            context.load_verify_locations(connection.verify)
        except OSError as error:
            raise RefusedError(
                f"ca_path {connection.verify} contains no readable certificates:"
                f" {root_cause(error)}."
            ) from None
    if connection.cert is None:
        return
    cert, key = (connection.cert, None) if isinstance(connection.cert, str) else connection.cert
    asked = []

    def no_passphrase() -> str:
        asked.append(True)
        return ""

    try:
        # Without this function, OpenSSL would ask at the terminal.
        context.load_cert_chain(cert, key, no_passphrase)
    except (OSError, ValueError) as error:
        files = (
            f"client_cert {cert} and client_key {key}"
            if key
            else f"client_cert {cert}, which must also contain the key if client_key is not set,"
        )
        why = root_cause(error).replace(
            "PEM lib", "it does not contain what is needed in PEM format"
        )
        raise RefusedError(
            f"{files} cannot be used: {'the key has a passphrase' if asked else why}."
        ) from None
