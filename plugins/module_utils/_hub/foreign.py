# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What it means that something else than the hub's API has answered, and who that seems to be.

It proves nothing about the hub, whatever the status.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    TURNED_AWAY,
    HubError,
    NotTheHubError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import without_secrets
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.asked import (
    MARK,
    Asked,
    age_of,
    wait_of,
    without_token,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.retry import (
    PASSING_STATUS,
    Trouble,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.transport import (
    RawAnswer,
    proxy_of,
)

# The product in a Server header. Those who write it are strangers.
PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,30}(/[A-Za-z0-9_.-]{1,20})?")


def steady(error: HubError, asked: Asked) -> Trouble:
    """What does not pass by itself, unless the address has proved to be right before."""
    return Trouble(error, maybe_done=True, repeats=None if asked.found else 0)


def who(raw: RawAnswer) -> str:
    """:returns: who seems to have answered, for a sentence."""
    product = PRODUCT.match(raw.headers.get("Server", ""))
    name = product.group() if product else ""
    if not name or name.startswith("TornadoServer"):
        return "something in front of the hub"
    return name


def not_marked(raw: RawAnswer, asked: Asked) -> Trouble:
    """An answer without the hub's mark."""
    if raw.status in TURNED_AWAY:
        return Trouble(_too_large(raw, asked), maybe_done=True, repeats=0)
    passes = raw.status in PASSING_STATUS
    why, advice = f"lacks the header {MARK}", _foreign_advice(raw, asked)
    if raw.headers.get(MARK):
        why = f"was kept by a cache for {age_of(raw)} seconds"
        advice = "Configure the cache to pass on all requests below /hub, or bypass it."
    error = NotTheHubError(
        f"{asked.method} {asked.shown} was answered with {raw.status} by {who(raw)}, and not by the"
        f" hub at {asked.root}: the answer {why}. {advice}",
        status=raw.status,
        **asked.details(),
    )
    if passes:
        # A proxy that limits requests has not passed this one on.
        return Trouble(error, maybe_done=raw.status != 429, wait=wait_of(raw))
    return steady(error, asked)


def _too_large(raw: RawAnswer, asked: Asked) -> HubError:
    """What is in front of the hub refuses requests of this size."""
    what, settings = (
        ("its address", "large_client_header_buffers in nginx, LimitRequestLine in Apache")
        if raw.status == 414
        else ("the request", "client_max_body_size in nginx, LimitRequestBody in Apache")
    )
    return NotTheHubError(
        f"{asked.method} {asked.shown} did not reach the hub at {asked.root}: {who(raw)} answered"
        f" {raw.status}, because {what} is too large for it. Raise its limit ({settings}), or use"
        " an address that bypasses it.",
        status=raw.status,
        **asked.details(),
    )


def _foreign_advice(raw: RawAnswer, asked: Asked) -> str:
    if raw.status == 407:
        return (
            "A proxy in front of the hub requires a login: add it to the proxy's address in the"
            " environment."
        )
    if raw.status in PASSING_STATUS:
        return (
            "The hub is not ready, or the proxy cannot reach it: try again later, or raise retries."
        )
    if "%2F" in asked.shown and raw.status in (400, 403, 404):
        return (
            "Some proxies refuse names with a slash: configure them to pass %2F on unchanged"
            " (AllowEncodedSlashes NoDecode in Apache), or use an address that bypasses them."
        )
    if raw.status in (401, 403):
        return (
            "There may be a firewall or a login page in front of the hub: allow this client"
            " through, or use an address that bypasses it."
        )
    if proxy_of(asked.root) is not None:
        return (
            "It came through the proxy set in the environment (HTTPS_PROXY or similar): check"
            " that proxy, or add the hub to NO_PROXY."
        )
    return (
        "Check hub_url, especially its base path; if a proxy in front of the hub removes this"
        " header, configure it to keep the header."
    )


def redirected(raw: RawAnswer, asked: Asked) -> HubError:
    target = (
        without_token(without_secrets(raw.headers.get("Location", "")), asked) or "an unnamed place"
    )
    path, there = urlsplit(raw.url).path, urlsplit(target).path
    below = {
        f"{path[: slash.start()]}/hub{path[slash.start() :]}" for slash in re.finditer("/", path)
    }
    if there in below or there.endswith(f"/hub{path}"):
        # The hub redirects unknown addresses to below its own root.
        return _wrong_place(
            asked, f"is not below the hub's base path: the hub redirects to {target}", raw.status
        )
    return NotTheHubError(
        f"{asked.root} redirects {asked.method} {asked.shown} to {target}: the token is not sent"
        " there. Set hub_url to the hub's current address.",
        status=raw.status,
        **asked.details(),
    )


def no_api(raw: RawAnswer, asked: Asked) -> HubError:
    """The hub has answered, or something with its header, but not its API."""
    what = "a web page" if raw.kind == "text/html" else "a body that is not an error of its API"
    return _wrong_place(
        asked, f"answered with {raw.status} and {what}, and has no JupyterHub API there", raw.status
    )


def _wrong_place(asked: Asked, what: str, status: int) -> HubError:
    return NotTheHubError(
        f"{asked.root} {what} ({asked.method} {asked.shown}): check hub_url, especially its base"
        " path.",
        status=status,
        **asked.details(),
    )
