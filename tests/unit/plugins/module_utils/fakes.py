# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in for the network in unit tests: a wire that answers from a script, and keeps what
was sent.
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
    """One answer, of a hub unless said otherwise.

    :param data: sent as JSON, unless text is given.
    :param text: sent as it is.
    :param kind: the Content-Type; None: none.
    :param foreign: it comes from something else than the hub, which does not know the hub's header.
    """

    status: int = 200
    data: t.Any = None
    text: str | None = None
    kind: str | None = "application/json"
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    foreign: bool = False


@dataclasses.dataclass
class Sent:
    """One request as it left the client.

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
        """The request in short."""
        return self.method, self.path, self.body


Script = t.Union[Reply, Exception, t.Callable[[Sent], Reply]]


class Wire(BaseAdapter):
    """Takes the place of the adapter that requests sends through."""

    def __init__(self) -> None:
        super().__init__()
        self.script: list[Script] = []
        self.otherwise: Script | None = None
        self.sent: list[Sent] = []

    def play(self, *script: Script, otherwise: Script | None = None) -> Wire:
        """Answer the next requests like this, and all further ones like ``otherwise``."""
        self.script = list(script)
        self.otherwise = otherwise
        return self

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Method and path of all requests."""
        return [(sent.method, sent.path) for sent in self.sent]

    def send(self, request: requests.PreparedRequest, **settings: t.Any) -> requests.Response:  # type: ignore[override]  # all settings are kept alike
        """Answer as the script says."""
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
        assert entry is not None, f"nobody expects {sent.line}"
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
        """Nothing is open."""


def refusal(status: int, message: str | None = None, **headers: str) -> Reply:
    """The hub's own refusal."""
    return Reply(status, {"status": status, "message": message}, headers=headers)


def page(rows: t.Any, *, offset: int = 0, total: int | None = None, limit: int = 200) -> Reply:
    """The page of a list that a hub gives at this offset.

    :param rows: all rows of the list, or all of a dict's.
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
    """A hub that lists these rows, no more than ``limit`` at once. Rows that are changed meanwhile
    are listed as they are then.
    """
    return lambda sent: page(rows, offset=int(sent.query["offset"]), limit=limit)


@dataclasses.dataclass(frozen=True, eq=False)
class LooseStep(Step):
    """A step that says whatever a test wants."""

    action: Action
    kind: t.Any
    name: str
    operation: t.Any
    before: t.Any = None
    after: t.Any = None


class Directory:
    """A hub that answers GET for the users and groups that it has; whoever writes is a mistake.

    :param users: rows by name; what a row does not hold is hidden from the caller.
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
            # A list never shows what the authenticator keeps.
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
