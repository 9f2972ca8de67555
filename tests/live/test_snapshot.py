# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A complete read of a hub returns everything that exists, or what is hidden and why."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from tests.hub import Hub
from tests.live.support import runner

UTILS = "ansible_collections.hubops.jupyterhub.plugins.module_utils"
reading = importlib.import_module(f"{UTILS}._resources.snapshot.reading")
model = importlib.import_module(f"{UTILS}._resources.snapshot.model")
client = importlib.import_module(f"{UTILS}._hub.client")
api = importlib.import_module(f"{UTILS}._hub.api")

ALL = frozenset(reading.SCOPES)


@contextlib.contextmanager
def connected(hub: Hub, token: str | None = None) -> Iterator[Any]:
    """Yield the API operations on this hub, for reading only."""
    with client.HubClient(client.Connection(hub.url, token or hub.token), read_only=True) as one:
        yield api.HubApi(one)


def read(hub: Hub, parts: frozenset[str] = ALL, token: str | None = None, **wanted: Any) -> Any:
    """Return a snapshot of these parts of a hub."""
    with connected(hub, token) as one:
        return reading.read_hub(one, reading.Reading(parts, **wanted))


def furnish(hub: Hub) -> None:
    """Create one object of every kind on a hub."""
    hub.add_users("ada", admin=True)
    hub.add_users("bob", "zoé")
    hub.add_group("staff", "bob", "ada", properties={"room": {"floor": None}, "n": [1, 2.5, True]})
    hub.add_group("empty")
    hub.expect("POST", "/users/bob/tokens", {"note": "nightly", "expires_in": 3600})
    hub.expect("POST", "/users/bob/servers/lab", {"cpu": 2})
    hub.expect("DELETE", "/users/bob/servers/lab")
    hub.expect("PATCH", "/users/zo%C3%A9", {"auth_state": {"cookie": "crumb"}})
    if hub.series != "4":
        hub.expect(
            "POST", "/services/web", {"name": "web", "url": "http://127.0.0.1:9", "info": {"a": 1}}
        )
        hub.expect("POST", "/shares/bob/lab", {"user": "ada"})
        hub.expect("POST", "/shares/bob/lab", {"group": "staff"})
        hub.expect("POST", "/share-codes/bob/lab", {"expires_in": 600})


def test_everything_is_read(hub: Hub) -> None:
    furnish(hub)
    found = read(hub)
    users = {user.name: user for user in found.users}
    assert list(users) == [name for name in hub.users() if name in users]
    assert (users["ada"].admin, users["bob"].admin, users["bob"].groups) == (
        True,
        False,
        ("staff",),
    )
    lab = next(server for server in users["bob"].servers if server.name == "lab")
    assert (lab.stopped, lab.ready, lab.pending) == (True, False, None)
    assert users["zoé"].auth_state == {"cookie": "crumb"}
    groups = {group.name: group for group in found.groups}
    assert {name: list(group.users) for name, group in groups.items()} == {
        name: sorted(group["users"]) for name, group in hub.groups().items()
    }
    assert groups["staff"].properties == {"room": {"floor": None}, "n": [1, 2.5, True]}
    assert [service.name for service in found.services] == sorted(hub.services())
    tokens = found.tokens["bob"]
    assert sorted(token.note for token in tokens) == sorted(
        token["note"] for token in hub.user_tokens("bob")
    )
    assert (found.nameless, found.nameless_groups, found.limited) == ((), 0, ())
    assert found.hub_version == hub.expect("GET", "/")["version"]


@pytest.mark.hubs("5", "6")
def test_shares_and_codes_are_read(hub: Hub) -> None:
    furnish(hub)
    found = read(hub)
    assert [
        (share.server, share.kind, share.name, share.scopes) for share in found.shares["bob"]
    ] == [
        ("lab", "user", "ada", ("access:servers!server=bob/lab",)),
        ("lab", "group", "staff", ("access:servers!server=bob/lab",)),
    ]
    assert found.shares["ada"] == ()
    (code,) = found.share_codes["bob"]
    assert (code.owner, code.server, code.exchange_count) == ("bob", "lab", 0)


@pytest.mark.hubs("5", "6")
@pytest.mark.parametrize(
    ("call", "name", "params"),
    [
        ("shares_of_owner", "jupyterhub_export", {}),
        ("shares_of_owner", "jupyterhub_info", {"gather": ["shares"]}),
        ("share_codes_of_owner", "jupyterhub_info", {"gather": ["share_codes"]}),
        ("share_codes_of_owner", "jupyterhub_audit", {"checks": ["SHR-3"]}),
    ],
)
def test_a_user_who_is_deleted_meanwhile_has_no_shares(
    hub: Hub, call: str, name: str, params: dict[str, Any]
) -> None:
    hub.add_users("ada", "bob")
    calls = importlib.import_module(f"{UTILS}._hub.calls.shares").ShareCalls
    real = getattr(calls, call)

    def late(api: Any, owner: str) -> Any:
        if owner == "bob":
            hub.expect("DELETE", "/users/bob")
        return real(api, owner)

    with mock.patch.object(calls, call, late):
        result = runner(hub)(name, params)
    assert not result["failed"], result
    assert sorted(hub.users()) == ["ada"]


@pytest.mark.hubs("4")
def test_a_hub_without_shares_has_none(hub: Hub) -> None:
    hub.add_users("ada")
    found = read(hub)
    assert (found.shares, found.share_codes) == ({}, {})


@pytest.mark.hubs("5", "6")
def test_a_user_without_a_name_hides_no_other_user(hub: Hub) -> None:
    """On these hubs, a rename of a user to its current name destroys the name. Every list with
    stopped servers is then answered 500.
    """
    hub.add_users("ada", "bob")
    hub.add_users("lost", admin=True)
    hub.add_group("staff", "ada", "lost")
    hub.expect("POST", "/users/bob/servers/lab")
    hub.expect("DELETE", "/users/bob/servers/lab")
    hub.expect("PATCH", "/users/lost", {"name": "lost"})
    assert hub.api("GET", "/users?include_stopped_servers=1")[0] == 500
    found = read(hub)
    users = {user.name: user for user in found.users}
    assert {"ada", "bob"} <= users.keys()
    assert [server.name for server in users["bob"].servers] == ["", "lab"]
    (lost,) = found.nameless
    assert (lost.admin, lost.groups) == (True, ("staff",))
    staff = next(group for group in found.groups if group.name == "staff")
    assert (staff.users, staff.nameless_users) == (("ada",), 1)


def test_only_requested_parts_are_read(hub: Hub) -> None:
    hub.add_users("ada", "bob")
    mark = hub.mark()
    found = read(
        hub,
        frozenset({reading.USERS, reading.TOKENS}),
        token_owners=lambda user: user.name == "ada",
    )
    assert found.groups is model.NOT_READ
    assert list(found.tokens) == ["ada"]
    paths = [request.path.partition("?")[0] for request in hub.requests(mark)]
    assert sorted(set(paths)) == ["/user", "/users", "/users/ada/tokens"]


def test_long_lists_are_read_to_their_end(paged_hub: Hub) -> None:
    names = [f"user{number}" for number in range(7)]
    paged_hub.add_users(*names)
    for name in names:
        paged_hub.add_group(name)
    found = read(paged_hub, frozenset({reading.USERS, reading.SERVERS, reading.GROUPS}))
    assert {user.name for user in found.users} >= set(names)
    assert {group.name for group in found.groups} >= set(names)


@pytest.mark.hubs("5", "6")
@pytest.mark.newest
def test_hidden_parts_are_unknown_and_name_the_missing_scope(narrow_hub: Hub) -> None:
    narrow_hub.add_users("ada", admin=True)
    narrow_hub.add_group("staff", "ada")
    found = read(narrow_hub, token=narrow_hub.tokens["names-only"])
    ada = next(user for user in found.users if user.name == "ada")
    assert ada.admin is True
    assert (ada.groups.scope, ada.servers.scope, ada.last_activity.scope) == (
        "read:users:groups",
        "read:servers",
        "read:users:activity",
    )
    assert [part.scope for part in (found.groups, found.services, found.tokens, found.shares)] == [
        "list:groups",
        "list:services",
        "read:tokens",
        "read:shares",
    ]
    with pytest.raises(TypeError):
        bool(ada.groups)
    names = read(narrow_hub, token=narrow_hub.tokens["group-names"])
    staff = next(group for group in names.groups if group.name == "staff")
    assert (staff.users.scope, staff.properties.scope, names.users.scope) == (
        "read:groups",
        "read:groups",
        "list:users",
    )


@pytest.mark.newest
def test_a_token_limited_to_some_objects_is_reported_as_such(narrow_hub: Hub) -> None:
    narrow_hub.add_users("a1", "b1")
    found = read(narrow_hub, token=narrow_hub.tokens["filtered"])
    assert [user.name for user in found.users] == ["a1"]
    assert found.limited == ("list:groups", "list:users", "read:groups", "read:users")


@pytest.mark.newest
def test_tokens_out_of_sight_are_unknown_of_each_user() -> None:
    scopes = ["list:users", "read:users", "read:tokens!user=ada"]
    with Hub(services={"auditor": {"scopes": scopes}}) as hub:
        hub.add_users("ada", "bob")
        hub.expect("POST", "/users/ada/tokens", {"note": "nightly"})
        found = read(hub, frozenset({reading.USERS, reading.TOKENS}), token=hub.tokens["auditor"])
        assert [token.note for token in found.tokens["ada"]] == ["nightly"]
        assert found.tokens["bob"].scope == "read:tokens"
        assert found.limited == ("read:tokens",)


@pytest.mark.newest
def test_progress_is_reported_for_reads_of_each_user(hub: Hub) -> None:
    hub.add_users("ada", "bob", "eve")
    told: list[tuple[str, int, int]] = []
    with connected(hub) as one:
        reading.read_hub(
            one,
            reading.Reading(frozenset({reading.USERS, reading.TOKENS})),
            lambda *what: told.append(what),
        )
    users = len(hub.users())
    assert [each for each in told if each[0] == "tokens"] == [
        ("tokens", done, users) for done in range(1, users + 1)
    ]
