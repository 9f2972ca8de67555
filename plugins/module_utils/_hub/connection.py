# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""How to reach a hub."""

from __future__ import annotations

import dataclasses
import re

# A value as tornado signs it (web.py, create_signed_value): a version, a key, a time, the name of
# the cookie, the content in base64, and a signature.
COOKIE = re.compile(r"2\|\d+:\d+\|\d+:\d+\|\d+:([^|]+)\|\d+:[A-Za-z0-9+/=]*\|[0-9a-f]{64}")


@dataclasses.dataclass(frozen=True)
class Connection:
    """How to reach a hub.

    :param hub_url: its address, with or without a base path, with or without ``/hub/api``.
    :param api_token: sent with every request.
    :param verify: check the server's certificate against the usual authorities, a bundle at this
    path, or not at all.
    :param cert: client certificate, or certificate and key.
    :param timeout: seconds that one request may take as a whole, from connecting to the last byte
    of its answer.
    :param retries: tries after the first.
    :param retry_max_wait: seconds that one request may wait between its tries, in all.
    """

    hub_url: str
    api_token: str | None = dataclasses.field(default=None, repr=False)
    verify: bool | str = True
    cert: str | tuple[str, str] | None = None
    timeout: float = 60.0
    retries: int = 5
    retry_max_wait: float = 120.0


def is_token(text: str) -> bool:
    """Whether a text could be a token, which goes into a header."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def is_quoted(text: str) -> bool:
    """Whether a text is in the quotes that belong to the header of a cookie, and that browsers show
    with its value.
    """
    return text.startswith('"') or text.endswith('"')


def is_cookie(name: str, value: str) -> bool:
    """Whether a hub could have set a cookie of this name to this value."""
    found = COOKIE.fullmatch(value)
    return found is not None and found[1] == name
