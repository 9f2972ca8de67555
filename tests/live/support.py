# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by the live tests: run modules in three ways and compare the results, read what a hub
holds, and a forwarder that fails on request.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import importlib
import json
import os
import threading
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from hypothesis import HealthCheck, Phase, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.conftest import ModuleRunner
from tests.hub import Hub, Request
from tests.hub.databases import Statement
from tests.running import CACHE, run_module

USER = "jupyterhub_user"
GROUP = "jupyterhub_group"
INFO = "jupyterhub_info"
SERVER = "jupyterhub_server"

Result = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Access:
    """The scopes of a service, the task that it runs, and the scopes that the task asks for, one
    set after the other, until it succeeds.
    """

    scopes: list[str]
    module: str
    task: dict[str, Any]
    told: list[set[str]]


# Keys are the names of services.
ACCESS = {
    "to-create": Access(
        ["list:users", "read:users"],
        USER,
        {"users": [{"name": f"new{n}"} for n in range(4)]},
        [{"admin:users"}],
    ),
    "to-promote": Access(["list:users"], USER, {"name": "ada", "admin": True}, [{"admin:users"}]),
    "to-delete": Access(
        ["list:users", "delete:users"],
        USER,
        {"name": "bob", "state": "absent"},
        [{"read:servers", "delete:servers"}],
    ),
    "to-stop": Access(
        ["read:users", "read:servers"],
        USER,
        {"name": "ian", "state": "absent"},
        [{"delete:servers", "delete:users"}],
    ),
    "to-start": Access(
        ["list:users", "read:servers"], SERVER, {"user": "gil", "state": "started"}, [{"servers"}]
    ),
    "to-rename": Access(
        ["admin:users"], USER, {"name": "carla", "rename_from": "carl"}, [{"read:servers"}]
    ),
    "to-store": Access(
        ["read:users"], USER, {"name": "eve", "auth_state": {"a": 1}}, [{"admin:users"}]
    ),
    "to-note": Access(
        ["read:users:name"],
        USER,
        {"name": "eve", "last_activity": "2026-01-01"},
        [{"users:activity"}],
    ),
    "to-group": Access(
        ["read:users:name", "read:groups"],
        GROUP,
        {"name": "course", "users": ["eve"]},
        [{"admin:groups"}],
    ),
    "to-join": Access(
        ["list:groups", "list:users"], GROUP, {"name": "club", "users": ["eve"]}, [{"groups"}]
    ),
    "to-drop": Access(
        ["list:groups"],
        GROUP,
        {"groups": [{"name": name} for name in "xyz"], "state": "absent"},
        [{"delete:groups"}],
    ),
    # The hub names read:tokens, which only the first of the two requests needs.
    "to-issue": Access([], "jupyterhub_token", {"user": "ada", "note": "n"}, [{"tokens"}]),
    "to-see-servers": Access([], INFO, {"gather": ["servers"]}, [{"list:users", "read:servers"}]),
    "to-see-tokens": Access(["list:users"], INFO, {"gather": ["tokens"]}, [{"read:tokens"}]),
    "to-see-groups": Access([], INFO, {"gather": ["groups"]}, [{"list:groups", "read:groups"}]),
}


def examples(few: int) -> settings:
    """Return the settings for hypothesis: the same few examples every time, or ``TEST_EXAMPLES``
    random ones, if that variable is set.
    """
    many = os.environ.get("TEST_EXAMPLES") or None
    return settings(
        max_examples=int(many or few),
        derandomize=many is None,
        database=None if many is None else DirectoryBasedExampleDatabase(CACHE / "hypothesis"),
        deadline=None,
        # Shrinking a failing example takes minutes.
        phases=(
            [Phase.reuse, Phase.generate]
            if many is None
            else [Phase.reuse, Phase.generate, Phase.shrink]
        ),
        report_multiple_bugs=False,
        print_blob=True,
        # Every example empties the hub itself, so a fixture per test function is enough.
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
        ],
    )


def runner(hub: Hub, **connection: Any) -> ModuleRunner:
    """Return a function that runs modules against this hub; ``connection`` replaces connection
    options.
    """

    def run(
        name: str, params: Mapping[str, Any], check: bool = False, diff: bool = False
    ) -> Result:
        return run_module(
            name,
            {"hub_url": hub.url, "api_token": hub.token, **connection, **params},
            check=check,
            diff=diff,
        )

    return run


def snapshot(hub: Hub) -> tuple[Any, Any]:
    """Return everything that the modules can change on the hub, as the witness sees it. Activity of
    users is left out because users change it themselves.
    """
    users = {
        name: (
            user["admin"],
            sorted(user["roles"]),
            sorted(user["groups"]),
            sorted(user["servers"]),
        )
        for name, user in hub.users().items()
    }
    groups = {
        name: (sorted(group["users"]), group["properties"]) for name, group in hub.groups().items()
    }
    return users, groups


def admins(hub: Hub) -> dict[str, bool]:
    """Return the users of the hub, and whether each is an admin."""
    return {name: user["admin"] for name, user in hub.users().items()}


def members(hub: Hub) -> dict[str, list[str]]:
    """Return the groups of the hub, and the members of each."""
    return {name: sorted(group["users"]) for name, group in hub.groups().items()}


def auth_state(hub: Hub, user: str) -> Any:
    """Return the auth_state of a user, which lists never contain."""
    return hub.expect("GET", f"/users/{hub.quote(user)}")["auth_state"]


def short(changes: list[dict[str, Any]]) -> list[tuple[str, str, Any]]:
    """Return changes as tuples of action, name and fields."""
    return [(change["action"], change["name"], change["fields"]) for change in changes]


def writes(requests: list[Request]) -> list[Request]:
    """Return the requests that are not GET requests."""
    return [request for request in requests if request.method != "GET"]


def stable(value: Any) -> Any:
    """Return a copy of a result without the times that only a real run knows."""
    if isinstance(value, dict):
        return {
            key: stable(inner)
            for key, inner in value.items()
            if key not in ("created", "last_activity")
        }
    if isinstance(value, list):
        return [stable(inner) for inner in value]
    return value


@contextlib.contextmanager
def chunks(size: int) -> Iterator[None]:
    """Limit how many users the modules send in one request, so that a few users already take many
    requests.
    """
    utils = "ansible_collections.hubops.jupyterhub.plugins.module_utils"
    with contextlib.ExitStack() as stack:
        for name in ("_resources.users.work", "_resources.groups.work"):
            stack.enter_context(
                mock.patch.object(importlib.import_module(f"{utils}.{name}"), "CHUNK", size)
            )
        yield


def fill(hub: Hub, names: Sequence[str], group: str | None = None, members: int = 0) -> None:
    """Write users into the hub's database, because creating thousands of them by the API takes
    minutes.

    group, members: also create a group with this many of the users as members.
    """
    # Newer hubs have one more column.
    mark, no = (", managed_by_auth", ", ?") if hub.series != "4" else ("", "")
    statements: list[Statement] = [
        (
            (
                "INSERT INTO users (name, admin, created, cookie_id) VALUES (?, ?, '2026-01-01"
                " 00:00:00.000000', ?)"
            ),
            [(n, False, uuid.uuid4().hex) for n in names],
        ),
        (
            (
                f"INSERT INTO user_role_map (user_id, role_id{mark}) SELECT users.id, roles.id{no}"
                " FROM users, roles WHERE users.name = ? AND roles.name = 'user'"
            ),
            [(False, name) if mark else (name,) for name in names],
        ),
    ]
    if group is not None:
        join = (
            "INSERT INTO user_group_map (user_id, group_id) SELECT users.id, g.id FROM users,"
            ' "groups" g WHERE users.name = ? AND g.name = ?'
        )
        statements += [
            ("INSERT INTO \"groups\" (name, properties) VALUES (?, '{}')", [(group,)]),
            (join, [(name, group) for name in names[:members]]),
        ]
    hub.database.run(statements)


def facts(side: str) -> dict[str, dict[str, list[Any]]]:
    """Return one side of a diff as a dictionary: the key names the object, such as ``user ada``,
    and the value holds its fields. An object that is created or deleted is present even if it has
    no fields.
    """
    objects: dict[str, dict[str, list[Any]]] = {}
    for line in side.splitlines():
        name, *rest = line.split(": ", 2)
        fields = objects.setdefault(name, {})
        if rest:
            fields.setdefault(rest[0], []).append(json.loads(rest[1]))
    return objects


PREDICTED = ("changed", "changes", "summary", "diff", "users", "user", "groups", "group")


def converge(hub: Hub, run: ModuleRunner, name: str, params: Mapping[str, Any]) -> Result:
    """Run a module in check mode, in a real run, and in a second real run; return the first real
    result.

    Asserts what holds for every task: check mode sends only GET requests, changes nothing and
    predicts the real run; the second real run changes nothing and writes nothing.
    """
    before, mark = snapshot(hub), hub.mark()
    predicted = run(name, params, check=True, diff=True)
    assert not predicted["failed"], predicted
    assert writes(hub.requests(mark)) == []
    assert snapshot(hub) == before
    real = run(name, params, diff=True)
    assert not real["failed"], real
    assert {key: stable(real[key]) for key in PREDICTED if key in real} == {
        key: stable(predicted[key]) for key in PREDICTED if key in predicted
    }
    assert real["changed"] == bool(real["changes"])
    settled, mark = snapshot(hub), hub.mark()
    again = run(name, params, diff=True)
    assert (again["failed"], again["changed"], again["changes"]) == (False, False, []), again
    assert again["diff"] == {"before": "", "after": ""}
    assert writes(hub.requests(mark)) == []
    assert snapshot(hub) == settled
    return real


def refused(
    hub: Hub, run: ModuleRunner, name: str, params: Mapping[str, Any], checked: bool = True
) -> Result:
    """Run a module that has to refuse before any write, in a real run and (if ``checked``) in check
    mode; return the real result.
    """
    before, mark = snapshot(hub), hub.mark()
    result = run(name, params)
    assert result["failed"], result
    assert not result["changed"]
    assert result.get("changes", []) == []
    if checked:
        predicted = run(name, params, check=True)
        assert (predicted["failed"], predicted["msg"]) == (True, result["msg"]), predicted
    assert writes(hub.requests(mark)) == []
    assert snapshot(hub) == before
    one_sentence(result)
    return result


def one_sentence(result: Result) -> None:
    """Assert that a failure is a readable sentence, without tracebacks or internal names."""
    message = result["msg"]
    # Ansible adds these keys to a result when it takes "path" for the path of a local file.
    assert not {"uid", "gid", "mode"} & set(result), result
    assert message.endswith((".", "\n")), message
    for trace in ("Traceback", "This is a bug", "Exception", "object at 0x", "None"):
        assert trace not in message, message


@dataclasses.dataclass(frozen=True)
class Asked:
    """A request that passes the forwarder: its number, and everything that was sent."""

    number: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


# Status, headers and body.
Answer = tuple[int, dict[str, str], bytes]


class Wire:
    """An HTTP forwarder between a module and a hub, which fails at chosen requests. Requests are
    counted from 0.

    It runs in the process of the tests, so that a test can act on the hub at the moment when a
    request passes. ``tests/faults`` has a proxy for more kinds of faults, but that proxy is a
    process of its own and cannot do this.

    lose: the responses to these requests are lost: the hub receives the requests, and then the
        connection breaks.
    drop: these requests do not reach the hub: the connection breaks before.
    before: called with the number, method and path of every request, before it is forwarded.
    answer: returns the response to send in place of the hub's, or None to forward the request.
    """

    def __init__(
        self,
        hub: Hub,
        *,
        lose: Collection[int] = (),
        drop: Collection[int] = (),
        before: Callable[[int, str, str], None] | None = None,
        answer: Callable[[Asked], Answer | None] | None = None,
    ) -> None:
        self.seen: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        wire = self
        target = urlsplit(hub.hub_url)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                with wire._lock:
                    number = len(wire.seen)
                    wire.seen.append((self.command, self.path))
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.close_connection = number in drop or number in lose
                if number in drop:
                    return
                if before is not None:
                    before(number, self.command, self.path)
                instead = (
                    answer(Asked(number, self.command, self.path, dict(self.headers), body))
                    if answer is not None
                    else None
                )
                if instead is None:
                    status, headers, content = self.ask(body)
                else:
                    status, headers, content = instead[0], list(instead[1].items()), instead[2]
                if number in lose:
                    return
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in (
                        "content-length",
                        "transfer-encoding",
                        "connection",
                        "date",
                        "server",
                    ):
                        self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.send_header("Connection", "close" if self.close_connection else "keep-alive")
                self.end_headers()
                self.wfile.write(content)

            def ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
                # A response may have several headers of the same name: a login sets several
                # cookies.
                connection = http.client.HTTPConnection(
                    target.hostname or "", target.port, timeout=60
                )
                try:
                    connection.request(self.command, self.path, body or None, dict(self.headers))
                    response = connection.getresponse()
                    return response.status, response.getheaders(), response.read()
                finally:
                    connection.close()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = forward  # noqa: N815 - a name of http.server

            def log_message(self, *args: object) -> None:
                """Log nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{target.path}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    def __enter__(self) -> Wire:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
