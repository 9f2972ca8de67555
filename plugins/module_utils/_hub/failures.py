# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What it means that an exchange failed below HTTP. The libraries' own words are not passed on:
they may hold addresses with secrets.
"""

from __future__ import annotations

import dataclasses
import ssl
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
    UnreachableError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import is_http
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.causes import (
    cause_names,
    chain,
    root_cause,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.retry import Trouble
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.transport import (
    LARGEST_ANSWER,
    proxy_of,
)

if t.TYPE_CHECKING:
    from requests import exceptions

# The time was over before there was a connection.
TOO_LATE = {"ConnectTimeout", "ConnectTimeoutError"}
# Errors that certainly come before anything is sent.
NOT_CONNECTED = {*TOO_LATE, "NewConnectionError", "NameResolutionError"}
# OpenSSL's words, old and new, for an answer that is no TLS, such as HTTP.
WITHOUT_TLS = {"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"}


@dataclasses.dataclass(frozen=True)
class Attempt:
    """The try that failed.

    :param root: the address of the API.
    :param shown: the path, without secrets.
    :param version: the hub's version; None: no answer of the hub was seen yet, so that the way
    itself may be wrong.
    """

    root: str
    method: str
    shown: str
    timeout: float
    version: str | None

    def unreachable(self, what: str) -> UnreachableError:
        """:returns: the error that says what the hub did not do."""
        return UnreachableError(
            f"The hub at {self.root} {what}.",
            method=self.method,
            path=self.shown,
            hub_version=self.version,
        )


def no_address(attempt: Attempt) -> Exception:
    """What it means that requests could not even make sense of an address: the proxy's, the hub's,
    or that of a redirect.
    """
    proxy = proxy_of(attempt.root)
    if proxy is not None and not is_http(proxy):
        return _bad_proxy()
    error = HubError(
        f"{attempt.root} is, or redirects to, an address that cannot be used ({attempt.method}"
        f" {attempt.shown}): check hub_url.",
        method=attempt.method,
        path=attempt.shown,
        hub_version=attempt.version,
    )
    return Trouble(error, maybe_done=True, repeats=0)


def too_large(attempt: Attempt) -> Trouble:
    """What it means that an answer has no end."""
    most = LARGEST_ANSWER // 1024 // 1024
    return Trouble(
        attempt.unreachable(
            f"sent an answer of more than {most} MiB, or one that is packed in an unknown way,"
            " which no hub does"
        ),
        maybe_done=True,
        repeats=0,
    )


# What http.client says when a proxy refuses to connect to the hub.
NO_TUNNEL = "Tunnel connection failed: "


def meaning(error: exceptions.RequestException, attempt: Attempt) -> Exception:
    """:returns: what to raise for a failed exchange: Trouble where it may pass, else the error."""
    # Here, as a module has to be able to say that requests is missing.
    from requests import exceptions as kinds

    names = cause_names(error)
    if isinstance(error, (kinds.InvalidProxyURL, kinds.InvalidSchema)):
        return _bad_proxy()
    if isinstance(error, (kinds.InvalidURL, kinds.MissingSchema)):
        return RefusedError(f"hub_url does not lead to a valid address ({attempt.root}).")
    if isinstance(error, kinds.InvalidHeader):
        return RefusedError(
            "api_token contains characters that are not allowed in a token: give only the token,"
            " on one line."
        )
    if isinstance(error, kinds.SSLError) and not names & {"SSLEOFError", "SSLZeroReturnError"}:
        return _tls_trouble(error, attempt)
    proxied = (
        " through the proxy set in the environment" if isinstance(error, kinds.ProxyError) else ""
    )
    closed = next((text for text in map(str, chain(error)) if text.startswith(NO_TUNNEL)), None)
    if closed or (proxied and "SSLCertVerificationError" in names):
        trouble = attempt.unreachable(f"cannot be reached{proxied} ({closed or root_cause(error)})")
        return Trouble(trouble, maybe_done=False) if closed and " 4" not in closed else trouble
    if names & NOT_CONNECTED:
        late = f"no connection within {attempt.timeout:g} seconds"
        cause = late if names & TOO_LATE else root_cause(error)
        return Trouble(
            attempt.unreachable(f"cannot be reached{proxied} ({cause})"), maybe_done=False
        )
    return _broken_off(
        attempt,
        "" if not isinstance(error, kinds.Timeout) else "timeout",
        root_cause(error),
        proxied,
    )


def _bad_proxy() -> RefusedError:
    return RefusedError(
        "The proxy set in the environment (HTTPS_PROXY or similar) cannot be used: correct it, or"
        " add the hub to NO_PROXY."
    )


def _broken_off(attempt: Attempt, timeout: str, cause: str, proxied: str) -> Trouble:
    """The request may have arrived. On first contact, the way itself may be wrong."""
    encrypted, advice = attempt.root.startswith("https:"), ""
    if timeout:
        if encrypted and attempt.version is None:
            advice = "; check hub_url: it may not speak TLS"
        return Trouble(
            attempt.unreachable(f"gave no answer within {attempt.timeout:g} seconds{advice}"),
            maybe_done=True,
        )
    if attempt.version is None and not proxied:
        advice = (
            "; if it wants a client certificate, or another one, set client_cert"
            if encrypted
            else "; if it speaks TLS, write hub_url with https"
        )
    return Trouble(attempt.unreachable(f"closed the connection ({cause}){advice}"), maybe_done=True)


def _tls_trouble(error: exceptions.SSLError, attempt: Attempt) -> Exception:
    """What a failure of TLS means, one that is not just a connection that ends."""
    inner = next((one for one in chain(error) if isinstance(one, ssl.SSLError)), None)
    reason = (inner and inner.reason) or ""
    cause = root_cause(error)
    if isinstance(inner, ssl.SSLCertVerificationError) or "CertificateError" in cause_names(error):
        # An older urllib3 compares names itself, with an error of its own. In any case nothing was
        # sent.
        why = (
            inner.verify_message.rstrip(".")
            if isinstance(inner, ssl.SSLCertVerificationError)
            else "its certificate is for another name"
        )
        return attempt.unreachable(f"could not be trusted ({why}); check hub_url and ca_path")
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        return attempt.unreachable(
            f"does not trust this client ({cause}); check client_cert and client_key"
        )
    trouble = attempt.unreachable(
        f"does not speak TLS ({cause}); check https and the port in hub_url"
        if reason in WITHOUT_TLS and attempt.version is None
        else f"does not speak TLS with this client ({cause}); check hub_url, client_cert and"
        " client_key"
    )
    # If it has worked before, the answer was damaged on its way.
    return trouble if attempt.version is None else Trouble(trouble, maybe_done=True)
