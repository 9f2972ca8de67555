# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that the tests themselves send to a hub, without code of the collection."""

from __future__ import annotations

import json
import pathlib
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from tests.hub._facts import Facts
from tests.hub._process import HubError
from tests.hub.databases import Rows

PAGED = "application/jupyterhub-pagination+json"


class Witness(Facts):
    """A hub that the tests can send requests to."""

    def api(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str | None = None,
        *,
        accept: str = "application/json",
        timeout: float = 60.0,
        address: str | None = None,
    ) -> tuple[int, Any]:
        """Send a request to the hub itself, without the proxy and without code of the collection.

        address: the hub's own address by default.
        path: below the root of the API, "/users/alice"; quote names with ``Hub.quote``.
        token: None means the witness, "" sends none.
        Returns the status and the body: parsed JSON, text if it is not JSON, None if it is empty.
        Raises OSError if the hub does not answer.
        """
        headers = {"Accept": accept, "Content-Type": "application/json"}
        token = self.admin_token if token is None else token
        if token:
            headers["Authorization"] = f"token {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{address or self.hub_url}hub/api{path}", data, headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout, context=self._trust()) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                status, text = error.code, error.read().decode(errors="replace")
        if not text:
            return status, None
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    @property
    def authority(self) -> pathlib.Path | None:
        """The file with the certificate that clients of the public address have to trust; None
        without TLS.
        """
        return self.beside.front.authority if self.beside.front else None

    def _trust(self) -> ssl.SSLContext | None:
        """Return the TLS context for the public address."""
        return ssl.create_default_context(cafile=self.authority) if self.authority else None

    def through(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request as ``api`` does, but to the public address: through the hub's proxy and
        the one in front.
        """
        return self.api(method, path, body, address=self.url)

    @staticmethod
    def quote(name: str) -> str:
        """Return a name encoded for a path."""
        return quote(name, safe="")

    def expect(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """Do the same as ``api``, return only the body, and raise HubError for a status of 400 or
        more.
        """
        status, answer = self.api(method, path, body, token)
        if status >= 400:
            raise HubError(f"{method} {path}: {status} {answer}")
        return answer

    def pages(self, path: str, token: str | None = None) -> Iterator[Any]:
        """Yield the items of all pages of a list."""
        offset: int | None = 0
        while offset is not None:
            sign = "&" if "?" in path else "?"
            status, answer = self.api(
                "GET", f"{path}{sign}offset={offset}", token=token, accept=PAGED
            )
            if status != 200:
                raise HubError(f"GET {path}: {status} {answer}")
            yield from answer["items"]
            following = answer["_pagination"]["next"]
            offset = following["offset"] if following else None

    def users(self) -> dict[str, Any]:
        """Return all users by name, with stopped servers."""
        return {user["name"]: user for user in self.pages("/users?include_stopped_servers=1")}

    def user(self, name: str) -> dict[str, Any]:
        """Return one user, with stopped servers and with auth_state, which the list of all users
        does not contain.
        """
        return dict(self.expect("GET", f"/users/{self.quote(name)}?include_stopped_servers=1"))

    def groups(self) -> dict[str, Any]:
        """Return all groups by name."""
        return {group["name"]: group for group in self.pages("/groups")}

    def services(self) -> dict[str, Any]:
        """Return all services by name."""
        return dict(self.expect("GET", "/services"))

    def user_tokens(self, user: str) -> list[dict[str, Any]]:
        """Return the user's tokens as the hub lists them."""
        return list(self.expect("GET", f"/users/{self.quote(user)}/tokens")["api_tokens"])

    def add_users(self, *names: str, admin: bool = False) -> None:
        """Create users."""
        if names:
            self.expect("POST", "/users", {"usernames": list(names), "admin": admin})

    def add_group(
        self, name: str, *users: str, properties: Mapping[str, Any] | None = None
    ) -> None:
        """Create a group with these members, who must exist, and these properties."""
        path = f"/groups/{self.quote(name)}"
        self.expect("POST", path)
        if users:
            self.expect("POST", f"{path}/users", {"users": list(users)})
        if properties:
            self.expect("PUT", f"{path}/properties", dict(properties))

    def sql(self, statement: str, *rows: Sequence[Any]) -> Rows:
        """Run a statement in the hub's own database, once for each list of values (or once), and
        return its rows. Placeholders are ``?``.

        Use it for what the API cannot show or create. Names of tables that are SQL keywords, such
        as "groups", need double quotes.
        """
        return self.database.run([(statement, rows or [()])])
