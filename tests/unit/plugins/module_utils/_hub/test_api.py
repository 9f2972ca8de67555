# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations: each sends the request in its table entry, and is only repeated if that is
harmless.
"""

from __future__ import annotations

import inspect
import re
import typing as t
from urllib.parse import unquote

import pytest
import requests
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import OperationName
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    ApiError,
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import encode_path
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.operations import OPERATIONS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import version_tuple
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Reply,
    Sent,
    Wire,
    page,
    refusal,
)

LOST = requests.ConnectionError(ConnectionResetError(104, "Connection reset by peer"))

# These are not repeated, because a second request would do something else.
NEVER_REPEATED = {
    "users_create",
    "group_create",
    "token_create",
    "service_create",
    "share_code_create",
    "shutdown",
}

SAMPLES: dict[str, t.Any] = {
    "t.Sequence[str]": ["ada", "grace"],
    "t.Sequence[str] | None": ["ada", "grace"],
    "bool": True,
    "rows.Fields": {"some": "thing"},
    "rows.Fields | None": {"some": "thing"},
    "Query | None": None,
    "int | None": 60,
    "float | None": 5.0,
    "str | None": "more",
}


@pytest.fixture
def api(client: HubClient) -> HubApi:
    client.version = "6.1.1"
    return HubApi(client)


def arguments(name: str) -> dict[str, t.Any]:
    """:returns: arguments for an operation. All strings are different, and none of them can be in a
    path without encoding.
    """
    parameters = list(inspect.signature(getattr(HubApi, name)).parameters.values())[1:]
    return {
        parameter.name: (
            f"{number}/ü" if parameter.annotation == "str" else SAMPLES[parameter.annotation]
        )
        for number, parameter in enumerate(parameters)
    }


MOMENT = "2026-01-01T00:00:00Z"
USER = {"kind": "user", "name": "ada", "scopes": []}
TOKEN = {"id": "a1", "scopes": [], "created": MOMENT, "note": "n", "token": "secret"}
SERVER = {"name": "s", "pending": None, "ready": False, "stopped": True, "url": "/"}
SHARED: dict[str, t.Any] = {
    "server": {"user": {"name": "ada"}, "name": ""},
    "scopes": [],
    "kind": "user",
    "user": {"name": "eve"},
    "group": None,
    "id": "sc_1",
    "created_at": MOMENT,
    "expires_at": None,
    "code": "secret",
}


def answer(sent: Sent) -> Reply:
    """A response that fits every operation."""
    if "offset" in sent.query:
        return page([])
    root, name = (
        unquote([*sent.path.split("/"), ""][1]),
        unquote([*sent.path.split("/"), "", ""][2]),
    )
    if root in ("shares", "share-codes"):
        return Reply(data=SHARED)
    if sent.path == "/users":
        return Reply(data=[USER])
    if sent.path == "/services":
        return Reply(data={"s": {"name": "s"}})
    return Reply(
        data={"version": "6.1.1", "api_tokens": [], **SERVER, **TOKEN, **USER, "name": name}
    )


def gone(name: str) -> Reply:
    """The hub's response if the object of an operation does not exist."""
    said = {
        "group_delete": "No such group: g",
        "token_delete": "No such token a1 for user ada",
        "service_delete": "Service s does not exist",
        "share_code_delete": "No code found matching id=sc_1",
    }
    return refusal(404, said.get(name))


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_sends_the_request_of_its_entry(api: HubApi, wire: Wire, name: str) -> None:
    entry = OPERATIONS[name]
    given = arguments(name)
    wire.play(otherwise=answer)
    getattr(api, name)(**given)
    # The operation may read the caller first.
    sent = wire.sent[-1]
    assert [path for method, path in wire.lines[:-1]] in ([], ["/user"])
    texts = iter(value for value in given.values() if isinstance(value, str))
    expected = re.sub(r"\{\w+\}", lambda found: encode_path([next(texts)])[1:], entry.path)
    assert (sent.method, sent.path) == (entry.method, expected)
    assert (sent.body is None) or sent.method != "GET"


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_entry_makes_sense(name: str) -> None:
    entry = OPERATIONS[name]
    assert entry.method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    assert (4, 0) <= version_tuple(entry.since) < (7, 0)
    assert len(set(entry.scopes)) == len(entry.scopes)
    assert all(re.fullmatch(r"[a-z]+(:[a-z]+)*", scope) for scope in entry.scopes)
    assert entry.scopes or entry.method == "GET", "every write needs a scope"


def test_steps_name_exactly_the_operations_that_change_something() -> None:
    assert set(t.get_args(OperationName)) == {
        name for name, entry in OPERATIONS.items() if entry.method != "GET"
    }


def test_no_operation_is_entered_twice() -> None:
    entries = [(entry.method, entry.path) for entry in OPERATIONS.values()]
    assert len(set(entries)) == len(entries)


@pytest.mark.parametrize(
    "name", [name for name, entry in OPERATIONS.items() if entry.method != "GET"]
)
def test_an_operation_whose_answer_is_lost_is_repeated_only_where_that_is_harmless(
    api: HubApi, wire: Wire, name: str
) -> None:
    wire.play(LOST, otherwise=answer)
    if name in NEVER_REPEATED:
        with pytest.raises(AnswerLostError):
            getattr(api, name)(**arguments(name))
        assert len(wire.sent) == 1
    else:
        getattr(api, name)(**arguments(name))
        assert len({str(sent.line) for sent in wire.sent}) == 1
        assert len(wire.sent) == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.user_update("ada", {"name": "eva"}),
        lambda api: api.server_update("ada", "s", {"name": "r"}),
    ],
)
def test_a_rename_is_never_repeated(
    api: HubApi, wire: Wire, call: t.Callable[[HubApi], t.Any]
) -> None:
    wire.play(LOST, otherwise=answer)
    with pytest.raises(AnswerLostError):
        call(api)
    assert len(wire.sent) == 1


# Special cases


def test_an_unchanged_name_is_never_sent(api: HubApi, wire: Wire) -> None:
    """Since JupyterHub 5 the hub would set the name to NULL, and no request could reach the user
    any more.
    """
    with pytest.raises(ValueError, match="would orphan the user"):
        api.user_update("ada", {"name": "ada", "admin": True})
    assert wire.sent == []


DELETES = [
    name
    for name, entry in OPERATIONS.items()
    if entry.method == "DELETE" and name != "group_remove_users"
]


@pytest.mark.parametrize("name", DELETES)
@pytest.mark.parametrize(
    ("script", "done"),
    [
        ([Reply(204, kind=None)], True),
        ([Reply(202, text="", kind="text/plain")], True),
        ([None], False),
        ([LOST, None], True),
        ([LOST, Reply(204, kind=None)], True),
    ],
    ids=["done", "begun", "gone before", "lost, gone", "not arrived"],
)
def test_a_delete_returns_whether_it_has_deleted_something(
    api: HubApi, wire: Wire, name: str, script: list[t.Any], done: bool
) -> None:
    wire.play(*(gone(name) if entry is None else entry for entry in script))
    assert getattr(api, name)(**arguments(name)) is done


@pytest.mark.parametrize("name", [name for name in DELETES if OPERATIONS[name].absent is not None])
def test_an_address_that_the_hub_does_not_know_is_not_an_object_that_is_gone(
    api: HubApi, wire: Wire, name: str
) -> None:
    """A proxy that decodes %2F to a slash makes such addresses."""
    wire.play(refusal(404, None))
    with pytest.raises(ApiError, match="The hub does not know this address"):
        getattr(api, name)(**arguments(name))


@pytest.mark.parametrize("name", DELETES)
def test_a_hidden_object_does_not_count_as_deleted(api: HubApi, wire: Wire, name: str) -> None:
    wire.play(refusal(404, "No access to resources or resources not found"))
    with pytest.raises(ApiError, match="limited to other objects"):
        getattr(api, name)(**arguments(name))


def test_the_default_server_has_a_path_of_its_own(api: HubApi, wire: Wire) -> None:
    wire.play(otherwise=answer)
    api.server_stop("ada", "")
    api.server_stop("ada", "s")
    api.server_start("ada", "", None)
    assert [path for method, path in wire.lines] == [
        "/users/ada/server",
        "/users/ada/servers/s",
        "/users/ada/server",
    ]


def test_the_caller_is_read_once(api: HubApi, wire: Wire) -> None:
    wire.play(Reply(data=USER))
    assert api.me == api.me == USER
    assert wire.lines == [("GET", "/user")]


def test_the_version_is_only_requested_if_no_response_had_it(client: HubClient, wire: Wire) -> None:
    wire.play(Reply(data={"version": "5.5.4"}, headers={"X-JupyterHub-Version": "5.5.4"}))
    api = HubApi(client)
    assert (api.version, api.version) == ((5, 5, 4), (5, 5, 4))
    assert wire.lines == [("GET", "/")]


@pytest.mark.parametrize(
    ("version", "since", "enough"),
    [
        ("6.1.1", "6.0", True),
        ("6.0.0", "6.0", True),
        ("6.0.0b1", "6.0", True),
        ("5.5.4", "6.0", False),
        ("5.5.4", "5.10", False),
        ("10.0", "6.0", True),
    ],
)
def test_what_a_hub_is_too_old_for_is_refused(
    api: HubApi, version: str, since: str, enough: bool
) -> None:
    api.client.version = version
    if enough:
        api.require(since, "display_name")
    else:
        with pytest.raises(
            RefusedError, match=f"^display_name needs JupyterHub {since}; this hub is {version}.$"
        ):
            api.require(since, "display_name")


def test_a_token_is_proved_by_using_it_and_by_nothing_else(api: HubApi, wire: Wire) -> None:
    revoked = refusal(403, "Missing or invalid credentials.")
    wire.play(Reply(data=USER), revoked, Reply(data=USER), revoked)
    assert api.whoami_of("another-token") == USER
    assert api.whoami_of("revoked-token") is None
    # The hub's answer that it does not know the other token only counts if it knows the caller.
    tokens = ["another-token", "revoked-token", "s3cr3t-token", "revoked-token"]
    assert [sent.headers["Authorization"] for sent in wire.sent] == [
        f"token {token}" for token in tokens
    ]
    assert api.client.requests == 4


def test_a_token_is_good_that_was_refused_for_a_moment(api: HubApi, wire: Wire) -> None:
    wire.play(refusal(403), Reply(data=USER), Reply(data=USER))
    assert api.whoami_of("another-token") == USER


def test_no_token_is_called_bad_while_the_hub_does_not_know_its_caller_either(
    api: HubApi, wire: Wire, slept: list[float]
) -> None:
    wire.play(otherwise=refusal(403))
    with pytest.raises(ApiError, match="The token is wrong, expired or revoked"):
        api.whoami_of("another-token")
    assert len(slept) == 2


@pytest.mark.parametrize("secret", ["", "two words", "line\nbreak", "tökën"])
def test_an_impossible_token_is_not_sent(api: HubApi, wire: Wire, secret: str) -> None:
    assert api.whoami_of(secret) is None
    assert wire.sent == []


def test_a_token_that_cannot_be_proved_is_not_called_bad(api: HubApi, wire: Wire) -> None:
    wire.play(otherwise=Reply(503, kind=None, foreign=True))
    with pytest.raises(HubError):
        api.whoami_of("another-token")
    assert api.client.requests == 6
    assert api.client.retries == 5
