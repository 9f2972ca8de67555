# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""One HTTP exchange: a session for each thread, the token, TLS, and bounds for its time and size.
Knows nothing of JupyterHub.
"""

from __future__ import annotations

import dataclasses
import threading
import traceback
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import Connection
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.deadline import (
    limit,
    watched_adapter,
)

try:
    import requests
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None
VERSION = "0.1.0"
# Bytes of an answer, when it is unpacked. The largest that hubs were seen to send, for 20,000 users
# at once, has 4.5 MiB.
LARGEST_ANSWER = 64 * 1024 * 1024
PIECE = 64 * 1024
# How an answer may be packed. A piece that is packed twice, or in another way, may become any
# number of bytes at once.
PACKED = ("gzip", "deflate")


class TooLarge(Exception):
    """An answer has more bytes than any of a hub, or may have."""


@dataclasses.dataclass(frozen=True)
class RawAnswer:
    """An answer as it came.

    :param url: where it came from.
    """

    status: int
    headers: t.Mapping[str, str]
    content: bytes
    url: str

    @property
    def kind(self) -> str:
        """The media type, without its parameters."""
        return self.headers.get("Content-Type", "").split(";")[0].strip().lower()


@dataclasses.dataclass(frozen=True)
class Content:
    """What a request carries.

    :param params: the query.
    :param data: the body: bytes, or the fields of a form. It may contain secrets.
    """

    params: t.Mapping[str, str | int] | None = None
    data: bytes | list[tuple[str, str]] | None = dataclasses.field(default=None, repr=False)
    headers: t.Mapping[str, str] | None = None


@dataclasses.dataclass(frozen=True)
class Limit:
    """How long a request may take.

    :param seconds: as a whole; None: the timeout of the connection.
    :param partial: take what has come when the time is over, as of a stream that has no end of its
    own.
    """

    seconds: float | None = None
    partial: bool = False


class _Settings(t.TypedDict):
    """What requests finds out about an address."""

    proxies: t.MutableMapping[str, str]
    stream: bool
    verify: bool | str | None
    cert: str | tuple[str, str] | None


class Transport:
    """Sends requests of one task.

    It counts its ``requests``.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.requests = 0
        self.lock = threading.Lock()
        self._sessions: dict[int, requests.Session] = {}
        # By scheme and host.
        self._settings: dict[tuple[str, ...], _Settings] = {}

    def close(self) -> None:
        """End all connections."""
        for session in self._sessions.values():
            session.close()

    @property
    def _session(self) -> requests.Session:
        """The session of this thread: requests does not promise that threads can share one."""
        thread = threading.get_ident()
        if thread not in self._sessions:
            session = requests.Session()
            # What it would look for, every time, is in _settings_of.
            session.trust_env = False
            # As an auth object and not as a header: requests would let a ~/.netrc entry replace the
            # header.
            session.auth = self._authorize
            session.headers.update(
                {
                    "User-Agent": f"hubops.jupyterhub/{VERSION} (ansible)",
                    "Accept-Encoding": ", ".join(PACKED),
                }
            )
            adapter = watched_adapter()()
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            self._sessions[thread] = session
        return self._sessions[thread]

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.connection.api_token is not None:
            request.headers["Authorization"] = f"token {self.connection.api_token}"
        return request

    def exchange(
        self, method: str, url: str, what: Content, within: Limit | None = None
    ) -> RawAnswer:
        """Send one request once, and follow no redirect.

        :raises requests.exceptions.RequestException: there is no whole answer.
        :raises TooLarge: the answer is larger than any of a hub.
        :raises OSError: a file that TLS needs cannot be read.
        :raises ValueError: the address cannot be used.
        """
        with self.lock:
            self.requests += 1
        within = within or Limit()
        seconds = self.connection.timeout if within.seconds is None else within.seconds
        with limit(seconds) as lines:
            try:
                response = self._send(method, url, what, seconds)
                content = _read(response, partial=within.partial)
            except requests.exceptions.RequestException:
                if lines.over:
                    raise requests.exceptions.ReadTimeout from None
                raise
            if lines.over and not within.partial:
                raise requests.exceptions.ReadTimeout
        return RawAnswer(response.status_code, response.headers, content, response.url)

    def _send(self, method: str, url: str, what: Content, seconds: float) -> requests.Response:
        return self._session.request(
            method,
            url,
            params=what.params,
            data=what.data,
            headers=what.headers,
            timeout=seconds,
            allow_redirects=False,
            **self._settings_of(url),
        )

    def _settings_of(self, url: str) -> _Settings:
        """:returns: the proxies and the TLS for an address, by the connection and the environment.

        requests takes a tenth of its time for a request to look through the environment, which
        stays the same for the whole task.
        """
        host = tuple(url.split("/", 3)[:3])
        if host not in self._settings:
            # NO_PROXY names a host as it is sent.
            sent = requests.Request("GET", url).prepare().url or url
            found = requests.Session().merge_environment_settings(
                sent, {}, True, self.connection.verify, self.connection.cert
            )
            self._settings[host] = {
                "proxies": found["proxies"],
                "stream": found["stream"],
                "verify": found["verify"],
                "cert": found["cert"],
            }
        return self._settings[host]


def proxy_of(url: str) -> str | None:
    """:returns: the address of the proxy that the environment names for this address."""
    return requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url))


def _read(response: requests.Response, *, partial: bool) -> bytes:
    content = bytearray()
    try:
        packed = response.headers.get("Content-Encoding", "identity").strip().lower()
        if packed not in ("", "identity", *PACKED):
            raise TooLarge
        for piece in response.iter_content(PIECE):
            content += piece
            if len(content) > LARGEST_ANSWER:
                raise TooLarge
    except requests.exceptions.RequestException:
        if not partial:
            raise
    finally:
        response.close()
    return bytes(content)
