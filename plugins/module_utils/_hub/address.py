# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Addresses: of the hub's API, and of objects below it."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import quote, urlsplit

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief

# A longer path does not pass the hub's proxy (431 from about 16 KiB on).
PATH_LIMIT = 8000
LONGEST_URL = 2000
# So many characters of a name in a path are shown.
MANY_CHARACTERS = 120
DEFAULT_PORTS = {"http": 80, "https": 443}
# The hub's own root, and what people copy from their browser: its pages, and addresses of its API.
HUB_PAGE = re.compile(
    "/hub(/(api|home|login|logout|signup|admin|token|spawn|spawn-pending)(/.*)?)?$"
)
# Parts that could contain a password or a token.
NO_BARE_ADDRESS = re.compile(r"[@?#]")


class Hidden(str):
    """A path segment that is a secret: sent as it is, shown as a placeholder."""


class _Nameless(str):
    """The last segment of a path that means the default server, which has no name."""


NAMELESS = _Nameless("")


def may_be_secret(hub_url: str) -> bool:
    """Whether a text could contain a password or a token, also one that was given in place of an
    address: no token is written with ``://``.
    """
    return "://" not in hub_url or NO_BARE_ADDRESS.search(hub_url) is not None


def api_root(hub_url: str) -> str:
    """The API's root, for any form of the hub's address.

    :returns: for example ``https://hub.example.org/jupyter/hub/api``.
    :raises RefusedError: this is no address of a hub.
    """
    url = hub_url.strip()
    if NO_BARE_ADDRESS.search(url):
        # The search is in the text, so that no broken address is shown with the secret in it.
        raise RefusedError(
            "hub_url must not contain a user name, a password, a query or a fragment: give only"
            " the address, and set the token as api_token."
        )
    shown = "hub_url" if may_be_secret(url) else f"hub_url {brief(url)}"
    if len(url) > LONGEST_URL or re.search(r"[\s\x00-\x1f\x7f]", url):
        # Spaces inside are dropped by some parsers: the token would go to another host than is
        # written there.
        raise RefusedError(
            f"{shown} contains spaces or control characters, or has more than"
            f" {LONGEST_URL} characters: give only the address."
        )
    if not is_http(url):
        raise RefusedError(
            f"{shown} is not a valid address: write it like https://hub.example.org"
            " or https://example.org/jupyter."
        )
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if re.search("/user/[^/]+(/|$)", path):
        raise RefusedError(
            f"{shown} is the address of a user's server: give the address of the hub,"
            " which ends before /user/."
        )
    path = HUB_PAGE.sub("", path)
    return f"{parts.scheme}://{parts.netloc}{path}/hub/api"


def same_hub(first: str, second: str, *, encrypted: bool = False) -> bool:
    """Whether two addresses, each in any form, are those of one hub.

    :param encrypted: whether http and https count as different.
    """
    try:
        one, other = api_root(first), api_root(second)
    except RefusedError:
        return first.strip() == second.strip()
    return _origin(one) == _origin(other) and (
        not encrypted or urlsplit(one).scheme == urlsplit(other).scheme
    )


def _origin(root: str) -> tuple[object, ...]:
    """:returns: host, port and path. The port is None if the scheme has it by default."""
    parts = urlsplit(root)
    port = None if parts.port == DEFAULT_PORTS[parts.scheme] else parts.port
    return parts.hostname, port, parts.path


def is_http(url: str) -> bool:
    """Whether a text is an address that HTTP can use."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def encode_path(segments: t.Sequence[str], *, show: bool = False) -> str:
    """Percent-encode every segment.

    :param show: for people: secrets are replaced, and long names cut.
    :raises RefusedError: a segment that no path can contain.
    """
    encoded = []
    for segment in segments:
        if segment in ("", ".", "..") and not isinstance(segment, _Nameless):
            # Libraries and proxies fold dot segments away: the request would act on something else.
            named = (
                "A secret that is empty or consists of dots only"
                if isinstance(segment, Hidden)
                else repr(segment)
            )
            raise RefusedError(
                f"{named} cannot be used as a name: no address on the hub can contain it."
            )
        try:
            quoted = quote(segment, safe="")
        except UnicodeEncodeError:
            named = "A secret" if isinstance(segment, Hidden) else repr(segment)
            raise RefusedError(
                f"{named} cannot be used in an address: it is not valid Unicode."
            ) from None
        encoded.append(_shown(segment, quoted) if show else quoted)
    path = "/" + "/".join(encoded)
    if len(path) > PATH_LIMIT:
        raise RefusedError(
            f"A path of {len(path)} characters, with a name or a secret of"
            f" {max(map(len, segments))}, is too long for an address on the hub."
        )
    return path


def _shown(segment: str, quoted: str) -> str:
    """:returns: a segment in the form that is shown."""
    if isinstance(segment, Hidden):
        return "***"
    return quoted if len(quoted) <= MANY_CHARACTERS else f"{quoted[:MANY_CHARACTERS]}..."


def without_secrets(address: str) -> str:
    """:returns: an address without its user, password, query and fragment; empty when it is
    none.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return (
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        if parts.netloc
        else parts.path
    )
