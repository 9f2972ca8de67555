# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Requests to a JupyterHub: sent again where that is safe, counted, and answered in Python. Knows
no resource and no Ansible.
"""

from __future__ import annotations

import dataclasses
import json
import time
import typing as t
from urllib.parse import urlsplit

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    ApiError,
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import failures
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import (
    api_root,
    encode_path,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.answers import (
    is_hubs,
    is_marked,
    understand,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.asked import MARK, Asked
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.clock import HubClock
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import Connection
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.listing import Listing
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.request import (
    Answer,
    Request,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.retry import Trouble, backoff
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Query
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.shapes import Shape, one
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.transport import (
    REQUESTS_IMPORT_ERROR,
    Content,
    Limit,
    RawAnswer,
    TooLarge,
    Transport,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.words import Words

if REQUESTS_IMPORT_ERROR is None:
    from requests.exceptions import RequestException
else:
    RequestException = OSError  # type: ignore[misc, assignment, unused-ignore]  # without requests, nothing is sent
R = t.TypeVar("R")
# Without this type the hub cuts every list silently at its page size
# (jupyterhub/apihandlers/base.py, accepts_pagination).
PAGINATION_TYPE = "application/jupyterhub-pagination+json"
ANY_ROW = one(dict)


class HubClient:
    """Requests to one hub, for one task.

    :param read_only: refuse to send anything but GET, so that a bug elsewhere cannot write in check
    mode.
    :param patient: try again when the hub does not know the token; not when just that is the
    question.

    It counts its ``requests``, the ``retries`` among them, and the ``effects``: requests that have
    changed something, or may have.
    """

    def __init__(
        self, connection: Connection, *, read_only: bool = False, patient: bool = True
    ) -> None:
        self.connection = connection
        self.root = api_root(connection.hub_url)
        self.read_only = read_only
        self.version: str | None = None
        self.retries = 0
        self.effects = 0
        self.clock = HubClock()
        self.transport = Transport(connection)
        self._patient = patient
        self._absorbed = 0
        # Whether the address is right, as the API has answered there.
        self._found = False

    def __enter__(self) -> HubClient:
        return self

    def __exit__(self, *args: object) -> None:
        self.transport.close()

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self.transport.requests + self._absorbed

    @property
    def base_path(self) -> str:
        """The path that the hub, its services and its servers are below; empty at the root of the
        host.
        """
        return urlsplit(self.root).path[: -len("/hub/api")]

    def count_retry(self) -> None:
        """Note that a request is a repeat."""
        with self.transport.lock:
            self.retries += 1

    def with_token(self, token: str) -> HubClient:
        """:returns: a client of the same hub that tries another token."""
        client = HubClient(
            dataclasses.replace(self.connection, api_token=token), read_only=True, patient=False
        )
        client._found = self._found
        client.clock = self.clock
        return client

    def next_caller(self, token: str | None) -> HubClient:
        """:returns: a client of the same hub that calls with another token from now on."""
        client = HubClient(
            dataclasses.replace(self.connection, api_token=token), read_only=self.read_only
        )
        client._found = self._found
        client.clock = self.clock
        return client

    def absorb(self, requests: int, retries: int = 0) -> None:
        """Count requests that were sent elsewhere for the same task."""
        with self.transport.lock:
            self._absorbed += requests
            self.retries += retries

    # Requests

    def get(
        self,
        *path: str,
        query: Query | None = None,
        shape: Shape[object] | None = None,
        absent: Words | None = None,
    ) -> object:
        """:returns: the body of the answer; ``shape.of`` gives it its type.

        :raises HubError: see :meth:`request`.
        """
        return self.request("GET", path, query=query, shape=shape, absent=absent).data

    def find(
        self,
        *path: str,
        query: Query | None = None,
        shape: Shape[object] | None = None,
        absent: Words | None = None,
    ) -> object:
        """:returns: the object at this path, or None where there is none."""
        try:
            return self.get(*path, query=query, shape=shape, absent=absent)
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
        body: object = None,
        repeatable: bool | None = None,
        wait_429: bool = True,
        shape: Shape[object] | None = None,
        absent: Words | None = None,
    ) -> Answer:
        """Send one request, again where that is safe.

        :param path: segments below the API root, not encoded.
        :param body: sent as JSON, unless None.
        :param repeatable: whether doing it twice is the same as doing it once; unset: all but POST.
        :param wait_429: wait and try again on 429; else it is an error like any other.
        :param shape: what the body of a good answer must hold; unset: anything, and for a write
        also nothing.
        :param absent: what the hub says when the object is not there; unset: any 404 of the hub
        says so.
        :raises RefusedError: nothing was sent.
        :raises ApiError: the hub refused.
        :raises UnreachableError: no try reached the hub, or none of them can have changed anything.
        :raises NotTheHubError: something else answered a request that only reads.
        :raises AnswerLostError: it may have been done.
        """
        repeatable = method != "POST" if repeatable is None else repeatable
        request = Request(method, tuple(path), query, body, repeatable, wait_429, shape, absent)
        if self.read_only and request.writes:
            raise RuntimeError(f"{method} {request.shown} would write in check mode")
        return self._insist(request)

    def _insist(self, request: Request) -> Answer:
        """Try until there is an answer, or another try is useless."""
        maybe_done = False
        waited = 0.0
        attempt = 0
        while True:
            try:
                status, data = self._try(request)
                self._count_effect(request.writes)
                return Answer(status, data, repeated=maybe_done)
            except ApiError as error:
                self._count_effect(request.writes and (maybe_done or error.status >= 500))
                raise (error.after_a_lost_try() if maybe_done else error) from None
            except HubError as error:
                raise (self._lost(request, error) if maybe_done else error) from None
            except Trouble as trouble:
                maybe_done = maybe_done or (trouble.maybe_done and request.writes)
                wait = backoff(attempt) if trouble.wait is None else trouble.wait
                most = (
                    self.connection.retries
                    if trouble.repeats is None
                    else min(trouble.repeats, self.connection.retries)
                )
                ends = attempt >= most or waited + wait > self.connection.retry_max_wait
                if maybe_done and trouble.is_a_refusal:
                    self._count_effect(True)
                    raise t.cast(ApiError, trouble.error).after_a_lost_try() from None
                if maybe_done and (ends or not request.repeatable):
                    raise self._lost(request, trouble.error) from None
                if ends:
                    raise trouble.error from None
            time.sleep(wait)
            waited += wait
            attempt += 1
            self.count_retry()

    def _count_effect(self, real: bool) -> None:
        with self.transport.lock:
            self.effects += real

    def _lost(self, request: Request, error: HubError) -> AnswerLostError:
        """For a request that may have been carried out, only that is known, whatever its later
        tries returned.
        """
        self._count_effect(True)
        status = error.details.get("status")
        return AnswerLostError(
            f"{request.method} {request.shown} was sent, but its answer was lost"
            f" ({error.message.rstrip('.')}): it is not known whether the hub did it.",
            method=request.method,
            path=request.shown,
            hub_version=self.version,
            lost_status=status if isinstance(status, int) else None,
            cause=error,
        )

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

    # Lists

    def pages(
        self,
        *path: str,
        query: Query | None = None,
        unfiltered: bool = True,
        row: Shape[R],
        absent: Words | None = None,
    ) -> list[R]:
        """Read a whole list, page by page; see :class:`Listing`.

        :raises HubError: the list kept changing, or cannot be read.
        """
        rows = Listing(self.get, path, dict(query or {}), row, unfiltered, absent).read()
        if rows is None:
            raise RuntimeError("a list without a limit was not read")
        return rows

    def pages_up_to(
        self,
        most: int,
        *path: str,
        query: Query | None = None,
        unfiltered: bool = True,
        row: Shape[R],
    ) -> list[R] | None:
        """:returns: all rows of a list; None when they are more than this, and not on one page."""
        return Listing(self.get, path, dict(query or {}), row, unfiltered).read(most)

    # One try

    def alive(self) -> bool:
        """Whether the hub answers at this moment; asked once."""
        request = Request("GET", (), None, None, repeatable=True)
        try:
            return is_hubs(self._exchange(request))
        except (HubError, Trouble):
            return False

    def _try(self, request: Request) -> tuple[int, object]:
        """:raises Trouble: the next try may go better."""
        raw = self._exchange(request)
        if is_hubs(raw):
            self._found = True
        asked = Asked(
            method=request.method,
            root=self.root,
            shown=request.shown,
            shape=request.shape,
            absent=request.absent,
            found=self._found,
            version=self.version,
            token=self.connection.api_token,
            patient=self._patient,
            wait_429=request.wait_429,
        )
        return raw.status, understand(raw, asked)

    def _exchange(self, request: Request) -> RawAnswer:
        """:raises Trouble: there is no answer."""
        url = self.root + (encode_path(request.path) if request.path else "/")
        headers = {
            "Accept": (
                "application/json" if request.writes else f"{PAGINATION_TYPE}, application/json"
            ),
            # For whatever keeps answers on the way.
            "Cache-Control": "no-cache",
        }
        content = None
        if request.body is not None:
            content = json.dumps(request.body).encode()
            headers["Content-Type"] = "application/json"
        params = {key: value for key, value in (request.query or {}).items() if value is not None}
        return self.send(request.method, url, request.shown, Content(params, content, headers))

    def send(
        self, method: str, url: str, shown: str, what: Content, limit: Limit | None = None
    ) -> RawAnswer:
        """Send something once, and note what the answer shows about the hub.

        :param shown: the path without secrets.
        :raises Trouble: there is no answer.
        :raises HubError: no try can get one.
        """
        attempt = failures.Attempt(self.root, method, shown, self.connection.timeout, self.version)
        sent, began = time.time(), time.monotonic()
        try:
            raw = self.transport.exchange(method, url, what, limit)
        except RequestException as error:
            raise failures.meaning(error, attempt) from None
        except TooLarge:
            raise failures.too_large(attempt) from None
        except OSError as error:  # pylint: disable=duplicate-except  # RequestException is an OSError, and so is a file that cannot be read
            # A bundle, certificate or key that cannot be read.
            raise RefusedError(f"Cannot prepare the connection to {self.root}: {error}.") from None
        except ValueError:
            # requests lets some of urllib3's own errors through, and parses the target of a
            # redirect also when it is not to follow it.
            raise failures.no_address(attempt) from None
        if is_marked(raw):
            self.version = raw.headers[MARK]
            self.clock.set_by(raw.headers.get("Date"), sent, time.monotonic() - began)
        return raw
