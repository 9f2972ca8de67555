# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""HTTP with a JupyterHub: one session, the token, TLS, retries, pages. Knows no resource and no Ansible."""

from __future__ import annotations

import dataclasses
import json
import re
import ssl
import threading
import time
import traceback
import typing as t
from urllib.parse import urlsplit

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import AnswerLostError, ApiError, HubError, RefusedError, UnreachableError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import api_root, encode_path, without_secrets
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.clock import HubClock
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.retry import PASSING_STATUS, Trouble, backoff, retry_after
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Query, Row
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import SCOPE
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.transport import cause_names, chain, root_cause
from ansible_collections.hubops.jupyterhub.plugins.module_utils._progress import note_progress

try:
    import requests
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None
VERSION = "0.1.0"
# Without this type the hub cuts every list silently at its page size (jupyterhub/apihandlers/base.py, accepts_pagination).
PAGINATION_TYPE = "application/jupyterhub-pagination+json"
# Asked for, and cut by the hub to its own api_page_max_limit (200 unless configured): the fewest requests it allows.
PAGE_LIMIT = 1000
# How often a list that changes while it is read is read anew.
LIST_TRIES = 5


@dataclasses.dataclass(frozen=True)
class Connection:
    """How to reach a hub.

    :param hub_url: its address, with or without a base path, with or without ``/hub/api``.
    :param api_token: sent with every request.
    :param verify: check the server's certificate against the usual authorities, a bundle at this path, or not at all.
    :param cert: client certificate, or certificate and key.
    :param timeout: seconds that one request may take to connect, and to send its next byte.
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


@dataclasses.dataclass(frozen=True)
class Answer:
    """A successful answer.

    :param data: the parsed JSON body; None where there is none.
    :param repeated: an earlier try of this request may already have been carried out.
    """

    status: int
    data: t.Any
    repeated: bool


class _ListChanged(Exception):
    """A list changed while its pages were read."""


def is_token(text: str) -> bool:
    """Whether a text could be a token, which goes into a header."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


class HubClient:
    """Requests to one hub, for one task.

    :param read_only: refuse to send anything but GET, so that no mistake elsewhere can write in check mode.

    It counts its ``requests``, the ``retries`` among them, and the ``effects``: requests that have changed something, or may have.
    """

    def __init__(self, connection: Connection, *, read_only: bool = False) -> None:
        self.connection = connection
        self.root = api_root(connection.hub_url)
        self.read_only = read_only
        self.version: str | None = None
        self.requests = 0
        self.retries = 0
        self.effects = 0
        self.clock = HubClock()
        # Whether the address is right, as the API has answered there.
        self._found = False
        self._lock = threading.Lock()
        self._sessions: dict[int, requests.Session] = {}

    def __enter__(self) -> HubClient:
        return self

    def __exit__(self, *args: object) -> None:
        for session in self._sessions.values():
            session.close()

    @property
    def _session(self) -> requests.Session:
        """The session of this thread: requests does not promise that threads can share one."""
        thread = threading.get_ident()
        if thread not in self._sessions:
            session = requests.Session()
            # As an auth object and not as a header: requests would let a ~/.netrc entry replace the header.
            session.auth = self._authorize
            session.headers.update({"User-Agent": f"hubops.jupyterhub/{VERSION} (ansible)"})
            self._sessions[thread] = session
        return self._sessions[thread]

    @property
    def base_path(self) -> str:
        """The path that the hub, its services and its servers are below; empty at the root of the host."""
        return urlsplit(self.root).path[: -len("/hub/api")]

    def count_retry(self) -> None:
        """Note that a request is a repeat."""
        with self._lock:
            self.retries += 1

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.connection.api_token is not None:
            request.headers["Authorization"] = f"token {self.connection.api_token}"
        return request

    def with_token(self, token: str) -> HubClient:
        """:returns: a client of the same hub that reads with another token."""
        client = HubClient(dataclasses.replace(self.connection, api_token=token), read_only=True)
        client._found = self._found
        client.clock = self.clock
        return client

    def absorb(self, other: HubClient) -> None:
        """Count the requests of another client here."""
        with self._lock:
            self.requests += other.requests
            self.retries += other.retries

    # Requests

    def get(self, *path: str, query: Query | None = None) -> t.Any:
        """:returns: the body of the answer.

        :raises HubError: see :meth:`request`.
        """
        return self.request("GET", path, query=query).data

    def find(self, *path: str, query: Query | None = None) -> t.Any:
        """:returns: the object at this path, or None where there is none."""
        try:
            return self.get(*path, query=query)
        except ApiError as error:
            if error.missing:
                return None
            raise

    def request(
        self,
        method: str,
        path: t.Sequence[str],
        *,
        query: Query | None = None,
        body: t.Any = None,
        repeatable: bool | None = None,
        wait_429: bool = True,
    ) -> Answer:
        """Send one request, again where that is safe.

        :param path: segments below the API root, not encoded.
        :param body: sent as JSON, unless None.
        :param repeatable: whether doing it twice is the same as doing it once; unset: all but POST.
        :param wait_429: wait and try again on 429; else it is an error like any other.
        :raises RefusedError: nothing was sent.
        :raises ApiError: the hub refused.
        :raises UnreachableError: no try reached the hub, or none of them can have changed anything.
        :raises AnswerLostError: it may have been done.
        """
        shown = f"{method} {encode_path(path, show=True) if path else '/'}"
        if self.read_only and method != "GET":
            raise RuntimeError(f"{shown} would write in check mode")
        repeatable = method != "POST" if repeatable is None else repeatable
        maybe_done = False
        waited = 0.0
        attempt = 0
        while True:
            try:
                status, data = self._send(method, path, query=query, body=body, wait_429=wait_429)
                self._found = True
                self._count_effect(method != "GET")
                return Answer(status, data, repeated=maybe_done)
            except ApiError as error:
                self._count_effect(method != "GET" and (maybe_done or error.status >= 500))
                error.repeated = maybe_done
                raise
            except HubError as error:
                raise (self._lost(shown, error) if maybe_done else error) from None
            except Trouble as trouble:
                maybe_done = maybe_done or (trouble.maybe_done and method != "GET")
                wait = backoff(attempt) if trouble.wait is None else trouble.wait
                ends = attempt >= self.connection.retries or waited + wait > self.connection.retry_max_wait
                if maybe_done and (ends or not repeatable):
                    raise self._lost(shown, trouble.error) from None
                if ends:
                    raise trouble.error from None
            time.sleep(wait)
            waited += wait
            attempt += 1
            self.count_retry()

    def _count_effect(self, real: bool) -> None:
        with self._lock:
            self.effects += real

    def _lost(self, shown: str, error: HubError) -> AnswerLostError:
        """Of a request that may have been carried out, only that can be told: whatever its later tries met with."""
        self._count_effect(True)
        method, _space, path = shown.partition(" ")
        return AnswerLostError(
            f"{shown} was sent, but its answer was lost ({error.message.rstrip('.')}): whether the hub has done it is not known.",
            method=method,
            path=path,
            hub_version=self.version,
            lost_status=error.status if isinstance(error, ApiError) else None,
        )

    def pages(self, *path: str, query: Query | None = None, unfiltered: bool = True) -> list[Row]:
        """Read a whole list, page by page; see :meth:`pages_up_to`."""
        rows = self.pages_up_to(None, *path, query=query, unfiltered=unfiltered)
        if rows is None:
            raise RuntimeError("a list without a limit was not read")
        return rows

    def pages_up_to(self, most: int | None, *path: str, query: Query | None = None, unfiltered: bool = True) -> list[Row] | None:
        """Read a whole list, page by page, unless it is long.

        Pages are counted by offset: the ``next.url`` of the hub is built from the request's Host header, and may lead elsewhere.
        Every page begins with the last row of the page before, so that a row that slipped between two pages is noticed.

        :param most: give up after the first page when the list is longer than this.
        :param unfiltered: the hub counts just what it lists; not so when it filters by server state.
        :returns: all rows; None when there are too many.
        :raises HubError: the list kept changing, or cannot be read.
        """
        for attempt in range(LIST_TRIES):
            try:
                # Somebody who makes one user after the other would else keep everybody from reading them.
                return self._read_pages(path, dict(query or {}), most, unfiltered, growing=attempt > 0)
            except _ListChanged:
                continue
        raise HubError(
            f"The list {encode_path(path)} changed {LIST_TRIES} times while it was read: run the task again when fewer changes are made on the hub.",
            method="GET",
            path=encode_path(path),
            hub_version=self.version,
        )

    def _read_pages(self, path: t.Sequence[str], query: dict[str, t.Any], most: int | None, unfiltered: bool, growing: bool) -> list[Row] | None:
        """
        :param growing: take a list that has only grown, and less than to the double: the hub lists new rows last, so that none is missed by that.
        :raises _ListChanged: rows came or went meanwhile.
        """
        rows: list[Row] = []
        total: int | None = None
        largest = 0
        offset = 0
        while True:
            page = self.get(*path, query={**query, "offset": offset, "limit": PAGE_LIMIT})
            if not isinstance(page, dict) or "_pagination" not in page:
                raise self._wrong_place("GET", encode_path(path), "answered without the pages that JupyterHub 4.0 and newer sends")
            info = page["_pagination"]
            overlaps = bool(rows) and unfiltered and info["offset"] == offset and info["limit"] > 1
            if total is None:
                largest = 2 * info["total"] if growing else info["total"]
            elif info["total"] != total and not (overlaps and total < info["total"] <= largest):
                raise _ListChanged
            total = info["total"]
            if most is not None and info["total"] > most and info["next"] is not None:
                return None
            # The hub lists some things, such as the proxy's routes, as a dict.
            new = list(page["items"].values()) if isinstance(page["items"], dict) else page["items"]
            if overlaps:
                if not new or _identity(new[0]) != _identity(rows[-1]):
                    raise _ListChanged
                new = new[1:]
            rows.extend(new)
            note_progress(f"{path[0].replace('-', ' ')} read", len(rows), info["total"])
            if info["next"] is None:
                break
            offset = info["next"]["offset"]
            if unfiltered and info["limit"] > 1:
                offset -= 1
        named = [identity for identity in map(_identity, rows) if identity[0] is not None]
        if unfiltered and (len(rows) != total or len(set(named)) != len(named)):
            raise _ListChanged
        return rows

    def alive(self) -> bool:
        """Whether the hub answers at this moment; asked once."""
        try:
            self._send("GET", (), query=None, body=None, wait_429=False)
        except (HubError, Trouble):
            return False
        return True

    def last_event(self, *path: str) -> Row | None:
        """Read a stream of events to its end, which is the hub's own doing, or as long as one request may take.

        :returns: the last event; None when there is none.
        """
        last = b""
        deadline = time.monotonic() + self.connection.timeout
        try:
            with self._exchange("GET", self.root + encode_path(path), headers={"Accept": "text/event-stream"}, stream=True) as response:
                if response.status_code != 200:
                    return None
                for line in response.iter_lines():
                    if line.startswith(b"data:"):
                        last = line[len(b"data:") :]
                    # The hub sends something every few seconds, also when nothing happens (SpawnProgressAPIHandler.keepalive).
                    if time.monotonic() > deadline:
                        break
        except requests.exceptions.RequestException:
            return None
        try:
            return t.cast(Row, json.loads(last))
        except ValueError:
            return None

    # Pages of the hub, as a browser sees them; what they need of cookies the session keeps

    def page(
        self,
        method: str,
        path: str,
        *,
        query: t.Mapping[str, str] | None = None,
        form: t.Sequence[tuple[str, str]] | None = None,
    ) -> tuple[int, str, str]:
        """Ask for a page once.

        :param path: below the hub's own root.
        :returns: the status, where it leads, and the page.
        :raises UnreachableError: there is no answer.
        """
        response = self._page(method, path, query, form)
        return response.status_code, response.headers.get("Location", ""), response.text

    def exchange(self, path: str, form: t.Sequence[tuple[str, str]]) -> tuple[int, Row]:
        """Send a form to the OAuth provider.

        :returns: the status and the answer.
        :raises UnreachableError: there is no answer.
        """
        response = self._page("POST", path, None, form)
        model = _json_or_none(response)
        return response.status_code, model if isinstance(model, dict) else {}

    def _page(self, method: str, path: str, query: t.Mapping[str, str] | None, form: t.Sequence[tuple[str, str]] | None) -> requests.Response:
        try:
            return self._exchange(method, self.root[: -len("/api")] + path, params=query, data=None if form is None else list(form))
        except requests.exceptions.RequestException as error:
            raise self._unreachable(f"broke off ({root_cause(error)})", method, path) from None

    def pause(self, attempt: int) -> bool:
        """Wait before work whose answer was lost is taken up again.

        :param attempt: how often that was done already.
        :returns: False when it was done often enough.
        """
        if attempt >= self.connection.retries:
            return False
        time.sleep(min(backoff(attempt), self.connection.retry_max_wait))
        self.count_retry()
        return True

    # One try

    def _exchange(self, method: str, url: str, **what: t.Any) -> requests.Response:
        with self._lock:
            self.requests += 1
        return self._session.request(
            method,
            url,
            timeout=self.connection.timeout,
            # Given with every request: requests prefers REQUESTS_CA_BUNDLE to the session's own setting.
            verify=self.connection.verify,
            cert=self.connection.cert,
            allow_redirects=False,
            **what,
        )

    def _send(self, method: str, path: t.Sequence[str], *, query: Query | None, body: t.Any, wait_429: bool) -> tuple[int, t.Any]:
        url = self.root + (encode_path(path) if path else "/")
        shown = encode_path(path, show=True) if path else "/"
        headers = {"Accept": f"{PAGINATION_TYPE}, application/json" if method == "GET" else "application/json"}
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        sent, began = time.time(), time.monotonic()
        try:
            params = {key: value for key, value in (query or {}).items() if value is not None}
            response = self._exchange(method, url, params=params, data=content, headers=headers)
        except requests.exceptions.RequestException as error:
            raise self._transport_trouble(error, method, shown) from None
        except OSError as error:
            # A bundle, certificate or key that cannot be read.
            raise RefusedError(f"Cannot prepare the connection to {self.root}: {error}.") from None
        except ValueError:
            # requests lets some of urllib3's own errors through, and parses the target of a redirect also when it is not to follow it.
            raise self._wrong_place(method, shown, "leads, itself or by a redirect, to an address that cannot be used") from None
        if "X-JupyterHub-Version" in response.headers:
            self.version = response.headers["X-JupyterHub-Version"] or self.version
            self.clock.set_by(response.headers.get("Date"), sent, time.monotonic() - began)
        return self._judge(response, method, shown, wait_429)

    def _judge(self, response: requests.Response, method: str, path: str, wait_429: bool) -> tuple[int, t.Any]:
        """:returns: status and parsed body of a good answer."""
        status = response.status_code
        if 300 <= status < 400:
            target = self._without_token(without_secrets(response.headers.get("Location", ""))) or "an unnamed place"
            asked, path_there = urlsplit(response.url).path, urlsplit(target).path
            below = {f"{asked[: slash.start()]}/hub{asked[slash.start() :]}" for slash in re.finditer("/", asked)}
            if path_there in below or path_there.endswith(f"/hub{asked}"):
                # The hub sends whatever it does not know to below its own root.
                raise self._wrong_place(method, path, f"is below no hub: the hub there redirects to {target}")
            raise HubError(
                f"{self.root} redirects {method} {path} to {target}: the token is not sent there. Set hub_url to where the hub is now.",
                status=status,
                method=method,
                path=path,
            )
        is_json = response.headers.get("Content-Type", "").split(";")[0].strip().endswith("json")
        if status < 300:
            # An object that is read is never nothing. And an answer that is cut before its body looks like one without.
            whole = status == 204 or response.headers.get("Content-Length") == "0" or "Transfer-Encoding" in response.headers
            if not response.content and whole and method != "GET":
                return status, None
            if not response.content or is_json:
                try:
                    return status, json.loads(response.content)
                except ValueError:
                    unreadable = self._unreachable("sent an answer that is cut or garbled", method, path)
                    raise Trouble(unreadable, maybe_done=True) from None
            if response.headers.get("Content-Type", "").startswith("text/html"):
                raise self._wrong_place(method, path, "answered with a web page")
            if method == "GET":
                raise self._wrong_place(method, path, "answered with something else than JSON")
            return status, None
        model = _json_or_none(response) if is_json else None
        text = model.get("message") if isinstance(model, dict) else None
        error = self._refusal(status, method, path, self._without_token(text) if isinstance(text, str) else None)
        if status == 404 and not is_json:
            nothing = self._wrong_place(method, path, "has no JupyterHub API there")
            if self._found:
                # A proxy that starts together with its hub does not know it for a moment, and passes nothing on.
                raise Trouble(nothing, maybe_done=False)
            raise nothing
        if status == 429 and not wait_429:
            error.details["retry_after"] = retry_after(response.headers.get("Retry-After"))
            raise error
        if status in PASSING_STATUS:
            raise Trouble(error, maybe_done=status != 429, wait=retry_after(response.headers.get("Retry-After")))
        raise error

    def _without_token(self, text: str) -> str:
        """:returns: what the hub, or somebody in its place, has said, should it say back what it was sent."""
        token = self.connection.api_token
        return text.replace(token, "***") if token else text

    def _refusal(self, status: int, method: str, path: str, hub_message: str | None) -> ApiError:
        """The hub's refusal, told in one sentence."""
        said = f": {hub_message.rstrip('.')}" if hub_message else ""
        needed = re.search(r"requires any of \[([^\]]*)\]", hub_message or "")
        # What is none may be anything that was sent, and would be shown in pieces that no search finds.
        scopes = sorted(filter(SCOPE.fullmatch, (scope.strip() for scope in needed.group(1).split(",")))) if needed else None
        advice = ""
        if status == 403 and scopes:
            advice = f" Give the caller's role one of these scopes: {', '.join(scopes)}."
        elif status == 403 and ("Missing or invalid credentials" in (hub_message or "") or path == "/user"):
            # Every valid token may ask who it is, so there the hub needs no words.
            advice = " The token is wrong, expired or revoked: give a valid one as api_token or api_token_file."
        elif status == 403 and "Only admins" in (hub_message or ""):
            advice = (
                " Since JupyterHub 4.1 only a caller that is itself an admin may do this, whatever its scopes:"
                " set admin: True for the service, or use an admin's token."
            )
        elif status == 404 and "No access to resources" in (hub_message or ""):
            advice = " It does not exist, or the token's scopes are limited to other objects."
        elif status == 407:
            advice = " A proxy before the hub wants a login: give it in the proxy's address in the environment."
        elif status in PASSING_STATUS:
            advice = " The hub, or a proxy before it, is not ready: try again later, or raise retries."
        return ApiError(
            f"{method} {path} was refused by the hub with {status}{said}.{advice}",
            status=status,
            method=method,
            path=path,
            hub_message=hub_message,
            hub_version=self.version,
            missing_scopes=scopes,
        )

    def _transport_trouble(self, error: requests.exceptions.RequestException, method: str, path: str) -> Exception:
        """What a failed exchange means. The library's own text is not passed on: it may hold addresses with secrets."""
        kinds = requests.exceptions
        cause = root_cause(error)
        names = cause_names(error)
        if isinstance(error, (kinds.InvalidProxyURL, kinds.InvalidSchema)):
            return RefusedError("The proxy that the environment names (in HTTPS_PROXY or the like) cannot be used: correct it, or name the hub in NO_PROXY.")
        if isinstance(error, (kinds.InvalidURL, kinds.MissingSchema)):
            return RefusedError(f"hub_url leads to no usable address ({self.root}).")
        if isinstance(error, kinds.InvalidHeader):
            return RefusedError("api_token holds characters that no token has: give the token alone, on one line.")
        if isinstance(error, kinds.SSLError) and not names & {"SSLEOFError", "SSLZeroReturnError"}:
            return self._tls_trouble(error, method, path)
        proxied = " through the proxy that the environment names" if isinstance(error, kinds.ProxyError) else ""
        closed = next((str(inner) for inner in chain(error) if str(inner).startswith("Tunnel connection failed: ")), None)
        if closed or (proxied and "SSLCertVerificationError" in names):
            trouble = self._unreachable(f"cannot be reached{proxied} ({closed or cause})", method, path)
            return Trouble(trouble, maybe_done=False) if closed and " 4" not in closed else trouble
        if names & {"ConnectTimeout", "ConnectTimeoutError", "NewConnectionError", "NameResolutionError"}:
            return Trouble(self._unreachable(f"cannot be reached{proxied} ({cause})", method, path), maybe_done=False)
        # On first contact, the way itself may be wrong.
        encrypted, advice = self.root.startswith("https:"), ""
        if isinstance(error, kinds.Timeout):
            if encrypted and self.version is None:
                advice = "; check hub_url: it may not speak TLS"
            return Trouble(self._unreachable(f"gave no answer within {self.connection.timeout:g} seconds{advice}", method, path), maybe_done=True)
        if self.version is None and not proxied:
            advice = "; if it wants a client certificate, or another one, set client_cert" if encrypted else "; if it speaks TLS, write hub_url with https"
        return Trouble(self._unreachable(f"broke off the connection ({cause}){advice}", method, path), maybe_done=True)

    def _tls_trouble(self, error: requests.exceptions.SSLError, method: str, path: str) -> Exception:
        """What a failure of TLS means, one that is not just a connection that ends."""
        inner = next((one for one in chain(error) if isinstance(one, ssl.SSLError)), None)
        reason = (inner and inner.reason) or ""
        cause = root_cause(error)
        if isinstance(inner, ssl.SSLCertVerificationError) or "CertificateError" in cause_names(error):
            # An older urllib3 compares names itself, with an error of its own. In any case nothing was sent.
            why = inner.verify_message.rstrip(".") if isinstance(inner, ssl.SSLCertVerificationError) else "its certificate is for another name"
            return self._unreachable(f"could not be trusted ({why}); check hub_url and ca_path", method, path)
        if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
            return self._unreachable(f"does not trust this client ({cause}); check client_cert and client_key", method, path)
        trouble = self._unreachable(f"does not speak TLS with this client ({cause}); check hub_url, client_cert and client_key", method, path)
        # Where it has worked before, it was the answer that was garbled on its way.
        return trouble if self.version is None else Trouble(trouble, maybe_done=True)

    def _unreachable(self, what: str, method: str, path: str) -> UnreachableError:
        return UnreachableError(f"The hub at {self.root} {what}.", method=method, path=path, hub_version=self.version)

    def _wrong_place(self, method: str, path: str, what: str) -> HubError:
        return HubError(
            f"{self.root} {what} ({method} {path}): check hub_url, above all its base path.",
            method=method,
            path=path,
            hub_version=self.version,
        )


def _identity(row: Row) -> tuple[t.Any, t.Any]:
    """What tells a row from the others and stays while the object is used. It begins with None for users whose name was destroyed."""
    for key in ("name", "routespec", "id"):
        if key in row:
            return row[key], row.get("created")
    return json.dumps(row, sort_keys=True), None


def _json_or_none(response: requests.Response) -> t.Any:
    try:
        return json.loads(response.content)
    except ValueError:
        return None
