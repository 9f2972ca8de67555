# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replaces the network in unit tests: a wire that answers from a script and records the
requests.
"""

from __future__ import annotations

import dataclasses
import io
import json
import typing as t
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Action, Step
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

HUB = "http://hub.example.org"
ROOT = "/hub/api"
VERSION = "6.1.1"


@dataclasses.dataclass
class Reply:
    """One response, from a hub by default.

    :param data: sent as JSON, unless text is given.
    :param text: sent unchanged.
    :param kind: the Content-Type; None sends none.
    :param foreign: whether it comes from another server, without the hub's header.
    """

    status: int = 200
    data: t.Any = None
    text: str | None = None
    kind: str | None = "application/json"
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    foreign: bool = False


@dataclasses.dataclass
class Sent:
    """One request as the client has sent it.

    :param path: below the API root, percent-encoded.
    """

    method: str
    path: str
    query: dict[str, str]
    body: t.Any
    headers: t.Mapping[str, str]
    settings: dict[str, t.Any]

    @property
    def line(self) -> tuple[str, str, t.Any]:
        """The request in short form."""
        return self.method, self.path, self.body


Script = t.Union[Reply, Exception, t.Callable[[Sent], Reply]]


class Wire(BaseAdapter):
    """Replaces the adapter with which requests sends."""

    def __init__(self) -> None:
        super().__init__()
        self.script: list[Script] = []
        self.otherwise: Script | None = None
        self.sent: list[Sent] = []

    def play(self, *script: Script, otherwise: Script | None = None) -> Wire:
        """Answer the next requests with these responses, and all later ones with ``otherwise``."""
        self.script = list(script)
        self.otherwise = otherwise
        return self

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The method and path of all requests."""
        return [(sent.method, sent.path) for sent in self.sent]

    def send(  # type: ignore[override]  # the settings are collected in one dictionary
        self, request: requests.PreparedRequest, **settings: t.Any
    ) -> requests.Response:
        """Answer from the script."""
        parts = urlsplit(request.url or "")
        assert parts.path.startswith(ROOT), parts.path
        body = json.loads(request.body) if request.body else None
        sent = Sent(
            str(request.method),
            parts.path[len(ROOT) :] or "/",
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            body,
            request.headers,
            settings,
        )
        self.sent.append(sent)
        entry = self.script.pop(0) if self.script else self.otherwise
        assert entry is not None, f"unexpected request: {sent.line}"
        if isinstance(entry, Exception):
            raise entry
        reply = entry if isinstance(entry, Reply) else entry(sent)
        response = requests.Response()
        response.status_code = reply.status
        response.url = request.url or ""
        response.request = request
        content = (
            reply.text
            if reply.text is not None
            else ""
            if reply.data is None
            else json.dumps(reply.data)
        ).encode()
        kind = {} if reply.kind is None else {"Content-Type": reply.kind}
        mark = {} if reply.foreign else {"X-JupyterHub-Version": VERSION}
        response.headers = CaseInsensitiveDict(
            {**mark, **kind, "Content-Length": str(len(content)), **reply.headers}
        )
        response.raw = io.BytesIO(content)
        return response

    def close(self) -> None:
        """Do nothing, because no connection is open."""


def refusal(status: int, message: str | None = None, **headers: str) -> Reply:
    """Return a refusal of the hub itself."""
    return Reply(status, {"status": status, "message": message}, headers=headers)


def page(rows: t.Any, *, offset: int = 0, total: int | None = None, limit: int = 200) -> Reply:
    """Return the page of a list at this offset, as a hub sends it.

    :param rows: all rows of the list, or of a dict.
    """
    everything = rows if isinstance(rows, list) else list(rows.items())
    count = len(everything) if total is None else total
    items = everything[offset : offset + limit]
    following = (
        {"offset": offset + limit, "limit": limit, "url": "http://internal:99/wrong"}
        if offset + limit < count
        else None
    )
    info = {"offset": offset, "limit": limit, "total": count, "next": following}
    return Reply(
        data={"items": items if isinstance(rows, list) else dict(items), "_pagination": info}
    )


def pages(rows: t.Any, *, limit: int = 2) -> t.Callable[[Sent], Reply]:
    """Return a hub that lists these rows, at most ``limit`` per page. If the rows are changed,
    later pages show that.
    """
    return lambda sent: page(rows, offset=int(sent.query["offset"]), limit=limit)


@dataclasses.dataclass(frozen=True, eq=False)
class LooseStep(Step):
    """A step with any values that a test chooses."""

    action: Action
    kind: t.Any
    name: str
    operation: t.Any
    before: t.Any = None
    after: t.Any = None


class Directory:
    """A hub that answers GET for its users and groups, and fails the test on a write.

    :param users: rows by name; fields that a row lacks are hidden from the caller.
    """

    def __init__(
        self,
        users: t.Iterable[dict[str, t.Any]] = (),
        groups: t.Iterable[dict[str, t.Any]] = (),
        **me: t.Any,
    ) -> None:
        self.rows = {"users": list(users), "groups": list(groups)}
        self.me = {
            "kind": "service",
            "name": "provisioner",
            "admin": True,
            "scopes": ["list:users", "list:groups"],
            **me,
        }

    def __call__(self, sent: Sent) -> Reply:
        """Answer."""
        assert sent.method == "GET", sent.line
        parts = sent.path[1:].split("/")
        if parts == ["user"]:
            return Reply(data=self.me)
        if parts == ["info"]:
            return refusal(
                403, "Action is not authorized with current scopes; requires any of [read:hub]"
            )
        rows = self.rows[parts[0]]
        if len(parts) == 1:
            # Lists never contain auth_state.
            shown = [{**row, "auth_state": None} if "auth_state" in row else row for row in rows]
            return page(shown, offset=int(sent.query["offset"]))
        found = [row for row in rows if row["name"] == unquote(parts[1])]
        return (
            Reply(data=found[0])
            if found
            else refusal(
                404, f"No such group: {unquote(parts[1])}" if parts[0] == "groups" else None
            )
        )
