# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_user on running hubs: create, change, rename and delete."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import (
    USER,
    Result,
    admins,
    auth_state,
    chunks,
    converge,
    one_sentence,
    refused,
    runner,
    short,
    writes,
)

CREATE, ADMIN, PLAIN = "create", {"admin": True}, {"admin": False}


@dataclasses.dataclass(frozen=True)
class Case:
    """A task, the users before it and after it (and whether each is an admin), and the changes in
    order.
    """

    label: str
    start: dict[str, bool]
    task: dict[str, Any]
    changes: list[tuple[str, str, Any]]
    end: dict[str, bool]
    writes: int | None = None


CASES = [
    Case("one", {}, {"name": "ada"}, [(CREATE, "ada", PLAIN)], {"ada": False}, writes=1),
    Case(
        "one admin",
        {},
        {"name": "ada", "admin": True},
        [(CREATE, "ada", ADMIN)],
        {"ada": True},
        writes=1,
    ),
    Case("one that exists", {"ada": True}, {"name": "ada"}, [], {"ada": True}, writes=0),
    Case("one in capitals", {}, {"name": "ADA"}, [(CREATE, "ada", PLAIN)], {"ada": False}),
    Case("one that exists, in capitals", {"ada": False}, {"name": "ADA"}, [], {"ada": False}),
    Case(
        "promoted",
        {"ada": False},
        {"name": "ada", "admin": True},
        [("update", "ada", ADMIN)],
        {"ada": True},
        writes=1,
    ),
    Case(
        "demoted",
        {"ada": True},
        {"name": "ada", "admin": False},
        [("update", "ada", PLAIN)],
        {"ada": False},
        writes=1,
    ),
    Case(
        "demoted, in capitals",
        {"ada": True},
        {"name": "Ada", "admin": False},
        [("update", "ada", PLAIN)],
        {"ada": False},
    ),
    Case(
        "absent",
        {"ada": False, "eve": True},
        {"name": "ada", "state": "absent"},
        [("delete", "ada", {})],
        {"eve": True},
        writes=1,
    ),
    Case(
        "absent and missing",
        {"eve": False},
        {"name": "ada", "state": "absent"},
        [],
        {"eve": False},
        writes=0,
    ),
    Case(
        "absent, in capitals",
        {"ada": False},
        {"name": "ADA", "state": "absent"},
        [("delete", "ada", {})],
        {},
    ),
    Case("empty list", {"ada": True}, {"users": []}, [], {"ada": True}, writes=0),
    Case(
        "admins and others in one list: two requests",
        {},
        {"users": [{"name": name, "admin": name < "d"} for name in "fadbec"]},
        [(CREATE, name, PLAIN) for name in "fde"] + [(CREATE, name, ADMIN) for name in "abc"],
        {name: name < "d" for name in "abcdef"},
        writes=2,
    ),
    Case(
        "unset leaves alone, set does not",
        {"ada": True, "bob": False, "eve": True},
        {
            "users": [
                {"name": "ada"},
                {"name": "bob", "admin": True},
                {"name": "eve", "admin": False},
                {"name": "new"},
            ]
        },
        [(CREATE, "new", PLAIN), ("update", "bob", ADMIN), ("update", "eve", PLAIN)],
        {"ada": True, "bob": True, "eve": False, "new": False},
        writes=3,
    ),
    Case(
        "state beside the list is the default of its items",
        {"ada": False, "bob": False},
        {
            "users": [{"name": "ada"}, {"name": "new", "state": "present"}, {"name": "nobody"}],
            "state": "absent",
        },
        [(CREATE, "new", PLAIN), ("delete", "ada", {})],
        {"bob": False, "new": False},
    ),
    Case(
        "state of an item",
        {"ada": False, "bob": False},
        {"users": [{"name": "ada", "state": "absent"}, {"name": "bob"}]},
        [("delete", "ada", {})],
        {"bob": False},
    ),
    Case(
        "named twice, in any case, and saying the same",
        {},
        {
            "users": [
                {"name": "ada"},
                {"name": "Ada", "admin": True},
                {"name": "ADA", "admin": True, "state": "present"},
            ]
        },
        [(CREATE, "ada", ADMIN)],
        {"ada": True},
        writes=1,
    ),
    Case(
        "rename: only the old exists",
        {"old": True},
        {"name": "new", "rename_from": "old"},
        [("rename", "new", {"name": "new"})],
        {"new": True},
        writes=1,
    ),
    Case(
        "rename: only the new exists",
        {"new": True},
        {"name": "new", "rename_from": "old"},
        [],
        {"new": True},
        writes=0,
    ),
    Case(
        "rename: neither exists",
        {},
        {"name": "new", "rename_from": "old"},
        [(CREATE, "new", PLAIN)],
        {"new": False},
        writes=1,
    ),
    Case(
        "rename: in other case",
        {"old": False},
        {"name": "NEW", "rename_from": "OLD"},
        [("rename", "new", {"name": "new"})],
        {"new": False},
    ),
    Case(
        "rename to itself",
        {"ada": False},
        {"name": "ada", "rename_from": "ada"},
        [],
        {"ada": False},
        writes=0,
    ),
    Case(
        "rename to itself in other case",
        {"ada": False},
        {"name": "Ada", "rename_from": "ADA"},
        [],
        {"ada": False},
        writes=0,
    ),
    Case(
        "rename to itself, missing",
        {},
        {"name": "ada", "rename_from": "ada"},
        [(CREATE, "ada", PLAIN)],
        {"ada": False},
    ),
    Case(
        "rename and absent",
        {"old": False},
        {"name": "new", "rename_from": "old", "state": "absent"},
        [],
        {"old": False},
    ),
    Case(
        "rename and promote",
        {"old": False},
        {"name": "new", "rename_from": "old", "admin": True},
        [("rename", "new", {"name": "new"}), ("update", "new", ADMIN)],
        {"new": True},
    ),
    Case(
        "renames in a list, beside others",
        {"a1": False, "b1": True, "c": False},
        {
            "users": [
                {"name": "new"},
                {"name": "c", "state": "absent"},
                {"name": "a2", "rename_from": "a1"},
                {"name": "b2", "rename_from": "b1", "admin": False},
            ]
        },
        [
            ("rename", "a2", {"name": "a2"}),
            ("rename", "b2", {"name": "b2"}),
            (CREATE, "new", PLAIN),
            ("update", "b2", PLAIN),
            ("delete", "c", {}),
        ],
        {"a2": False, "b2": False, "new": False},
    ),
]


def start(hub: Hub, users: dict[str, bool]) -> None:
    """Create these users on the hub."""
    for admin in (False, True):
        hub.add_users(*(name for name, is_admin in users.items() if is_admin == admin), admin=admin)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_case(hub: Hub, module: ModuleRunner, case: Case) -> None:
    """Every task does exactly what it declares, check mode predicts it, and the second run does
    nothing.
    """
    start(hub, case.start)
    mark = hub.mark()
    result = converge(hub, module, USER, case.task)
    assert sorted(short(result["changes"])) == sorted(case.changes)
    assert [change[0] for change in short(result["changes"])] == [
        change[0] for change in case.changes
    ]
    assert admins(hub) == case.end
    for user in hub.users().values():
        assert sorted(user["roles"]) == (["admin", "user"] if user["admin"] else ["user"])
    if case.writes is not None:
        assert len(writes(hub.requests(mark))) == case.writes


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"users": [{"name": "ada", "admin": True}, {"name": "ADA", "admin": False}]},
        "declared twice with different admin",
    ),
    (
        {"users": [{"name": "ada"}, {"name": "ada", "state": "absent"}]},
        "declared twice with different state",
    ),
    (
        {
            "users": [
                {"name": "x", "auth_state": {"a": "hushhush"}},
                {"name": "x", "auth_state": {}},
            ]
        },
        "twice with different auth_state",
    ),
    (
        {"users": [{"name": "new"}, {"name": "x", "rename_from": "ada"}, {"name": "ada"}]},
        "User ada is renamed to x and is also declared",
    ),
    (
        {"users": [{"name": "x", "rename_from": "ada"}, {"name": "y", "rename_from": "Ada"}]},
        "User Ada is renamed to y and is also declared",
    ),
    (
        {"users": [{"name": "b", "rename_from": "ada"}, {"name": "c", "rename_from": "b"}]},
        "User b is renamed to c and is also declared",
    ),
    (
        {"users": [{"name": "new"}, {"name": "eve", "rename_from": "ada"}]},
        "User ada cannot be renamed to eve, because both exist",
    ),
    (
        {"users": [{"name": "new"}, {"name": "ada", "last_activity": "yesterday"}]},
        "'yesterday' of user ada is not a time",
    ),
    (
        {"users": [{"name": "new"}, {"name": "ada", "last_activity": "2199-01-01"}]},
        "is in the future",
    ),
    ({"name": "ada", "last_activity": "0001-01-01T00:00:00+10:00"}, "is not a time"),
]


@pytest.mark.parametrize(("task", "words"), REFUSED, ids=[words for _task, words in REFUSED])
def test_contradictions_are_refused(
    hub: Hub, module: ModuleRunner, task: dict[str, Any], words: str
) -> None:
    """A contradiction is refused before any write, in one sentence that gives the reason."""
    start(hub, {"ada": False, "eve": True})
    result = refused(hub, module, USER, task)
    assert words in result["msg"]
    assert "hushhush" not in str(result)


BAD_NAMES = ["", ".", "..", "...", "%2e", "%2E%2e", "a/b", "/", " a", "a ", "\ta", "a\n", "a" * 256]


def test_names_that_no_hub_takes_are_refused_before_any_request(
    hub: Hub, module: ModuleRunner
) -> None:
    """An invalid name anywhere in the task stops it before any request."""
    hub.add_users("ada")
    mark = hub.mark()
    for name in BAD_NAMES:
        for task in (
            {"name": name},
            {"name": name, "state": "absent"},
            {"users": [{"name": "new"}, {"name": name}]},
            {"name": "new", "rename_from": name},
        ):
            for check in (False, True):
                result = module(USER, task, check=check)
                assert (result["failed"], result["changed"], result["requests"]) == (
                    True,
                    False,
                    0,
                ), task
                assert "user name" in result["msg"], task
                one_sentence(result)
    assert hub.requests(mark) == []
    assert set(admins(hub)) == {"ada"}


GOOD_NAMES = [
    "ünï-ćødé",
    "日本",
    "😀",
    "two words",
    "a%b",
    "a%2fb",
    "a#b?c",
    "a+b",
    "a@b.c",
    "a:b;c&d=e,f",
    "'\"",
    "back\\slash",
    "<b>",
    "*~!$()[]{}|^`",
    ".hidden",
    "a..b",
    "-",
    "a" * 255,
    "tab\tinside",
    "cafe\u0301",
    "caf\u00e9",
]


@pytest.mark.parametrize("door", ["url", "hub_url"])
def test_names_of_every_kind(hub: Hub, door: str) -> None:
    """Names with any characters are stored unchanged, through the proxy and without it, and are
    found again.
    """
    run = runner(hub, hub_url=getattr(hub, door))
    task = {
        "users": [{"name": name, "admin": index % 2 == 0} for index, name in enumerate(GOOD_NAMES)]
    }
    result = converge(hub, run, USER, task)
    assert admins(hub) == {name: index % 2 == 0 for index, name in enumerate(GOOD_NAMES)}
    assert result["summary"]["create"] == len(GOOD_NAMES)
    assert sorted(user["name"] for user in result["users"]) == sorted(GOOD_NAMES)
    for name in GOOD_NAMES:
        assert run(USER, {"name": name})["changed"] is False
    converge(
        hub,
        run,
        USER,
        {
            "users": [
                {"name": f"{name[:250]} 2", "rename_from": name, "admin": True}
                for name in GOOD_NAMES
            ]
        },
    )
    assert admins(hub) == {f"{name[:250]} 2": True for name in GOOD_NAMES}
    for name in GOOD_NAMES[:5]:
        assert run(USER, {"name": f"{name[:250]} 2", "state": "absent"})["changed"] is True
    converge(
        hub,
        run,
        USER,
        {"users": [{"name": f"{name[:250]} 2"} for name in GOOD_NAMES[5:]], "state": "absent"},
    )
    assert admins(hub) == {}


def test_lower_case_of_the_hub(hub: Hub, module: ModuleRunner) -> None:
    """A letter whose lower case has two characters still means one user."""
    result = converge(hub, module, USER, {"name": "İx"})
    assert list(admins(hub)) == ["i̇x"]
    assert result["user"]["name"] == "i̇x"


def ghost(hub: Hub, name: str) -> None:
    """Create a user with a name in upper case, as the hub does in a request for a single user."""
    hub.expect("POST", f"/users/{name}")


def test_a_ghost_is_found_by_its_exact_name(hub: Hub, module: ModuleRunner) -> None:
    """Such a user can be changed, renamed and deleted by its exact name. A name in lower case means
    the user who can log in.
    """
    ghost(hub, "MixedCase")
    assert not converge(hub, module, USER, {"name": "MixedCase"})["changed"]
    converge(
        hub,
        module,
        USER,
        {"users": [{"name": "MixedCase", "admin": True}, {"name": "a"}, {"name": "b"}]},
    )
    assert admins(hub) == {"MixedCase": True, "a": False, "b": False}
    converge(hub, module, USER, {"name": "c", "rename_from": "MixedCase"})
    assert admins(hub) == {"c": True, "a": False, "b": False}
    ghost(hub, "MixedCase")
    result = converge(hub, module, USER, {"name": "MixedCase", "state": "absent"})
    assert short(result["changes"]) == [("delete", "MixedCase", {})]
    assert set(admins(hub)) == {"a", "b", "c"}


@pytest.mark.exact_names
@pytest.mark.parametrize("others", [[], ["b", "c"]], ids=["alone", "in a list"])
def test_a_ghost_and_its_double(hub: Hub, module: ModuleRunner, others: list[str]) -> None:
    """If both users exist, the exact name wins. A deletion is refused if the next run would delete
    the other user.
    """
    more = [{"name": name} for name in others]
    hub.add_users(*others)
    ghost(hub, "Ada")
    converge(hub, module, USER, {"users": [{"name": "ada"}, *more]})
    assert set(admins(hub)) == {"Ada", "ada", *others}
    converge(hub, module, USER, {"users": [{"name": "Ada", "admin": True}, *more]})
    converge(hub, module, USER, {"users": [{"name": "ADA", "admin": False}, *more]})
    assert admins(hub) == {"Ada": True, "ada": False, **dict.fromkeys(others, False)}
    result = refused(hub, module, USER, {"users": [{"name": "Ada", "state": "absent"}, *more]})
    assert "Users Ada and ada are both on the hub" in result["msg"]
    converge(hub, module, USER, {"users": [{"name": "ada", "state": "absent"}, *more]})
    assert set(admins(hub)) == {"Ada", *others}


def test_a_user_with_servers_is_not_renamed(hub: Hub, module: ModuleRunner) -> None:
    """Renaming a user with a running server is refused before any item is done."""
    hub.add_users("ada", "bob")
    for path in ("/users/ada/server", "/users/bob/servers/work"):
        assert hub.api("POST", path)[0] in (201, 202)
    for name in ("ada", "bob"):
        result = refused(
            hub, module, USER, {"users": [{"name": "new"}, {"name": "x", "rename_from": name}]}
        )
        assert f"User {name} has running servers" in result["msg"]


def test_a_rename_keeps_what_the_user_has(hub: Hub, module: ModuleRunner) -> None:
    """The user keeps groups, tokens and admin rights, and no user is left without a name."""
    hub.add_users("old", admin=True)
    hub.add_group("course", "old")
    hub.expect("POST", "/users/old/tokens", {"note": "kept"})
    result = converge(hub, module, USER, {"name": "new", "rename_from": "old", "admin": True})
    users = hub.users()
    assert list(users) == ["new"]
    assert (users["new"]["groups"], users["new"]["admin"]) == (["course"], True)
    assert [token["note"] for token in hub.user_tokens("new")] == ["kept"]
    assert (result["user"]["groups"], result["user"]["roles"]) == (["course"], ["admin", "user"])
    assert result["diff"] == {
        "before": 'user new: name: "old"\n',
        "after": 'user new: name: "new"\n',
    }


def test_auth_state(hub: Hub, module: ModuleRunner) -> None:
    """auth_state is set, left alone, changed and cleared; its values are never shown."""
    for value, changed in [
        ({"a": ["hushhush"]}, True),
        (None, False),
        ({"a": ["hushhush"], "b": {"c": None}}, True),
        ({}, True),
    ]:
        result = converge(
            hub, module, USER, {"users": [{"name": "ada", "auth_state": value}, {"name": "bob"}]}
        )
        assert result["changed"] is changed
        assert "hushhush" not in str(result)
        if value is not None:
            assert (auth_state(hub, "ada") or {}) == value
    fields = short(module(USER, {"name": "ada", "auth_state": {"x": 1}}, check=True)["changes"])[0][
        2
    ]
    assert fields == {"auth_state": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"}
    # 1, 1.0 and True are equal in Python, but not in JSON.
    assert module(USER, {"name": "ada", "auth_state": {"x": 1}})["changed"]
    assert module(USER, {"name": "ada", "auth_state": {"x": True}})["changed"]


def test_auth_state_of_a_renamed_user(hub: Hub, module: ModuleRunner) -> None:
    """The previous auth_state is compared, also if the same task renames the user."""
    hub.add_users("old", "other")
    hub.expect("PATCH", "/users/old", {"auth_state": {"a": 1}})
    result = converge(
        hub, module, USER, {"name": "new", "rename_from": "old", "auth_state": {"a": 1}}
    )
    assert [change[0] for change in short(result["changes"])] == ["rename"]
    result = converge(
        hub, module, USER, {"name": "newer", "rename_from": "new", "auth_state": {"a": 2}}
    )
    assert [change[0] for change in short(result["changes"])] == ["rename", "update"]
    assert auth_state(hub, "newer") == {"a": 2}


def test_auth_state_without_a_key(odd_hub: Hub) -> None:
    """A hub without an encryption key answers only 500. The message says that the key is missing,
    and what was done.
    """
    run = runner(odd_hub)
    result = run(USER, {"name": "ada", "auth_state": {"a": "hushhush"}})
    assert result["failed"]
    assert result["changed"]
    assert short(result["changes"]) == [("create", "ada", PLAIN)]
    assert result["pending"] == []
    assert [
        (refusal["kind"], refusal["name"], refusal["status"]) for refusal in result["refused"]
    ] == [("user", "ada", 500)]
    assert "JUPYTERHUB_CRYPT_KEY" in result["msg"]
    assert result["status"] == 500
    assert "hushhush" not in str(result)
    one_sentence(result)
    assert admins(odd_hub) == {"ada": False}
    # There is nothing to clear, so nothing is sent.
    assert run(USER, {"name": "ada", "auth_state": {}})["changed"] is False


def test_last_activity_moves_forward_only(hub: Hub, module: ModuleRunner) -> None:
    """A later time is set. An earlier or equal time is no change, in any time zone."""
    for value, changed in [
        ("2026-03-01T12:00:00Z", True),
        ("2026-03-01T12:00:00", False),
        ("2026-03-01T14:00:00+02:00", False),
        ("2026-02-28", False),
        ("2026-03-01T12:00:00.5Z", True),
        ("2026-03-01T14:00:01+02:00", True),
    ]:
        result = converge(hub, module, USER, {"name": "ada", "last_activity": value})
        assert result["changed"] is changed, value
    assert hub.users()["ada"]["last_activity"].startswith("2026-03-01T12:00:01")


def test_delete_stops_all_servers(hub: Hub, module: ModuleRunner) -> None:
    """Running default and named servers are stopped first, and each stop is reported."""
    hub.add_users("ada", "bob")
    for path in ("/users/ada/server", "/users/ada/servers/b", "/users/ada/servers/a"):
        assert hub.api("POST", path)[0] in (201, 202)
    result = converge(
        hub, module, USER, {"users": [{"name": "ada"}, {"name": "zoe"}], "state": "absent"}
    )
    assert [(change["action"], change["kind"], change["name"]) for change in result["changes"]] == [
        ("stop", "server", "ada/"),
        ("stop", "server", "ada/a"),
        ("stop", "server", "ada/b"),
        ("delete", "user", "ada"),
    ]
    assert admins(hub) == {"bob": False}


def test_delete_waits_for_slow_servers(hub: Hub, module: ModuleRunner) -> None:
    """Servers that stop slowly or are still starting delay the deletion and do not prevent it."""
    hub.add_users("lazy-a", "slow-b")
    for path in ("/users/lazy-a/server", "/users/lazy-a/servers/n", "/users/slow-b/servers/n"):
        assert hub.api("POST", path)[0] in (201, 202)
    began = time.monotonic()
    result = module(USER, {"users": [{"name": "lazy-a"}, {"name": "slow-b"}], "state": "absent"})
    assert not result["failed"], result
    assert result["summary"] == {"stop": 3, "delete": 2, "unchanged": 0}
    assert time.monotonic() - began > 2
    assert admins(hub) == {}


def test_a_caller_cannot_delete_its_own_user(hub: Hub) -> None:
    """Deleting the caller's own user is refused before any write, because the hub would refuse it
    halfway.
    """
    hub.add_users("boss", admin=True)
    hub.add_users("ada")
    token = hub.expect("POST", "/users/boss/tokens", {})["token"]
    run = runner(hub, api_token=token)
    for task in (
        {"name": "Boss", "state": "absent"},
        {"users": [{"name": "ada", "state": "absent"}, {"name": "boss", "state": "absent"}]},
    ):
        result = run(USER, task)
        assert result["failed"], result
        assert not result["changed"]
        assert "boss" in result["msg"]
        one_sentence(result)
        assert run(USER, task, check=True)["msg"] == result["msg"]
    assert admins(hub) == {"boss": True, "ada": False}
    # The hub confuses a service with the user of the same name.
    hub.add_users("provisioner")
    refused(
        hub,
        runner(hub),
        USER,
        {"users": [{"name": "ada", "state": "absent"}, {"name": "provisioner", "state": "absent"}]},
    )


ADMIN_TASKS: list[dict[str, Any]] = [
    {"users": [{"name": "new", "admin": True}, {"name": "other"}]},
    {"users": [{"name": "ada", "admin": True}, {"name": "other"}]},
    {"users": [{"name": "root", "admin": False}, {"name": "other"}]},
    {"users": [{"name": "chief", "rename_from": "root"}, {"name": "other"}]},
    {"users": [{"name": "root", "auth_state": {"a": 1}}, {"name": "other"}]},
]


@pytest.mark.parametrize(
    "task", ADMIN_TASKS, ids=["create", "promote", "demote", "rename", "auth_state"]
)
def test_who_may_make_admins(hub: Hub, task: dict[str, Any]) -> None:
    """Since JupyterHub 4.1 a service that is no admin cannot change admins, and the message says so
    before any write.
    """
    hub.add_users("root", admin=True)
    hub.add_users("ada")
    run = runner(hub, api_token=hub.scoped_token)
    if hub.series == "4":
        assert converge(hub, run, USER, task)["changed"]
        return
    result = refused(hub, run, USER, task)
    assert (
        "Since JupyterHub 4.1 only a caller that is itself an admin may create or change admins"
        in result["msg"]
    )
    assert "admin: True" in result["msg"]
    assert not runner(hub)(USER, task)["failed"]


def test_what_others_may_do_to_admins(hub: Hub) -> None:
    """A caller who is no admin can read admins, record their activity, and delete them, because the
    hub allows it.
    """
    hub.add_users("root", admin=True)
    run = runner(hub, api_token=hub.scoped_token)
    converge(hub, run, USER, {"users": [{"name": "root", "admin": True}, {"name": "other"}]})
    converge(hub, run, USER, {"name": "root", "last_activity": "2026-01-01"})
    converge(hub, run, USER, {"name": "root", "state": "absent"})
    assert admins(hub) == {"other": False}


def refusals(result: Result) -> list[tuple[str, str, int | None, str]]:
    """Return the refused items in short form."""
    return [
        (refusal["kind"], refusal["name"], refusal["status"], refusal["hub_message"])
        for refusal in result["refused"]
    ]


def test_pattern_of_the_hub(odd_hub: Hub) -> None:
    """Names that only this hub refuses do not stop the others, and are reported with the hub's own
    message.
    """
    run = runner(odd_hub)
    task = {
        "users": [
            {"name": "fine"},
            {"name": "not-fine", "admin": True},
            {"name": "nor.fine"},
            {"name": "good", "last_activity": "2026-01-01"},
        ]
    }
    for changed in (True, False):
        result = run(USER, task)
        assert (result["failed"], result["changed"], result["pending"]) == (True, changed, [])
        assert refusals(result) == [
            ("user", "nor.fine", 400, "Invalid username: nor.fine"),
            ("user", "not-fine", 400, "Invalid username: not-fine"),
        ]
        assert (
            "nor.fine (Invalid username: nor.fine), user not-fine (Invalid username: not-fine)"
            in result["msg"]
        )
        assert "run the task again" not in result["msg"]
        assert result["status"] == 400
        one_sentence(result)
        assert admins(odd_hub) == {"fine": False, "good": False}
    assert odd_hub.users()["good"]["last_activity"]


def test_what_depends_on_a_refused_user_is_pending(odd_hub: Hub) -> None:
    """The other changes of a user who cannot be created are pending; all other users are done."""
    odd_hub.add_users("ada")
    task = {
        "users": [
            {"name": "not-fine", "last_activity": "2026-01-01"},
            {"name": "ada", "last_activity": "2026-01-01"},
        ]
    }
    result = runner(odd_hub)(USER, task)
    assert refusals(result) == [("user", "not-fine", 400, "Invalid username: not-fine")]
    assert short(result["pending"]) == [
        ("update", "not-fine", {"last_activity": "2026-01-01T00:00:00Z"})
    ]
    assert short(result["changes"]) == [
        ("update", "ada", {"last_activity": "2026-01-01T00:00:00Z"})
    ]
    assert "1 more depend" in result["msg"]


@pytest.mark.parametrize("size", [1, 5, 100])
def test_pattern_of_the_hub_in_many_requests(odd_hub: Hub, size: int) -> None:
    """One bad name among many does not stop the others, however the requests are split, and the
    same holds for the next run.
    """
    run = runner(odd_hub)
    names = [f"s{number}" for number in range(12)]
    task = {
        "users": [
            {"name": name} for name in [*names[:7], "not-fine", "a, b", "nor.fine", *names[7:]]
        ]
    }
    with chunks(size):
        result = run(USER, task)
    assert (result["failed"], result["changed"]) == (True, True)
    assert (
        sorted(change["name"] for change in result["changes"])
        == sorted(names)
        == sorted(admins(odd_hub))
    )
    assert {name for _kind, name, _status, _said in refusals(result)} == {
        "not-fine",
        "a, b",
        "nor.fine",
    }
    again = run(USER, task)
    assert (again["failed"], again["changed"], len(again["refused"])) == (True, False, 3)


@pytest.mark.parametrize(
    "names",
    [
        ["bad1"],
        ["ada", "bad1", "bob"],
        ["bad1", "bad12", "ada"],
        ["ada", "bad1", "bob", "bad2", "zoe"],
    ],
)
def test_users_whom_the_authenticator_does_not_add(odd_hub: Hub, names: list[str]) -> None:
    """The hub creates the users before the first bad one and then stops. In the end all good users
    exist.
    """
    result = runner(odd_hub)(USER, {"users": [{"name": name} for name in names]})
    good = [name for name in names if not name.startswith("bad")]
    assert (
        sorted(admins(odd_hub))
        == sorted(good)
        == sorted(change["name"] for change in result["changes"])
    )
    assert [name for _kind, name, _status, _said in refusals(result)] == [
        name for name in names if name.startswith("bad")
    ]
    assert all(
        said.startswith(f"Failed to create user {name}: ")
        for _kind, name, _status, said in refusals(result)
    )


def test_mapped_names(odd_hub: Hub) -> None:
    """If the hub stores another name, the task reports a change once. The warning and the result
    contain the real name.
    """
    run = runner(odd_hub)
    result = run(USER, {"name": "mapme", "return_objects": "all"})
    assert not result["failed"], result
    assert result["changed"]
    assert admins(odd_hub) == {"target": False}
    assert "stores the user mapme under another name (target)" in str(result["warnings"])
    assert result["user"]["name"] == "target"
    assert [user["name"] for user in result["users"]] == ["target"]
    assert result["stored_names"] == {"mapme": "target"}
    assert short(result["changes"]) == [("create", "target", PLAIN)]
    # The user exists, but the task cannot know its name without stored_names, and a warning says
    # so.
    again = run(USER, {"name": "mapme"})
    assert (again["failed"], again["changed"], again["changes"]) == (False, False, [])
    assert "stored_names" in str(again["warnings"])
    for attributes in ({"admin": True}, {"last_activity": "2026-01-01"}):
        failed = run(USER, {"name": "mapme", **attributes})
        assert (failed["failed"], failed["changed"]) == (True, False)
        assert [refusal["name"] for refusal in failed["refused"]] == ["mapme"]
        assert "stored_names" in failed["msg"]
        one_sentence(failed)
    told = converge(
        odd_hub, run, USER, {"name": "mapme", "admin": True, "stored_names": result["stored_names"]}
    )
    assert short(told["changes"]) == [("update", "target", {"admin": True})]
    assert admins(odd_hub) == {"target": True}


def test_stored_names(odd_hub: Hub) -> None:
    """A user declared by another name is created, changed, renamed and deleted under the stored
    name.
    """
    run = runner(odd_hub)
    names = {"stored_names": {"Tilda@Example.edu": "tbrook", "mapme": "target"}}
    result = converge(
        odd_hub, run, USER, {"users": [{"name": "tilda@example.edu"}, {"name": "mapme"}], **names}
    )
    assert short(result["changes"]) == [("create", "tbrook", PLAIN), ("create", "target", PLAIN)]
    prune = {
        "users": [{"name": "tilda@example.edu", "admin": True}],
        "prune": True,
        "prune_limit": "1",
    }
    assert [
        change[:2] for change in short(converge(odd_hub, run, USER, {**prune, **names})["changes"])
    ] == [("update", "tbrook"), ("delete", "target")]
    converge(odd_hub, run, USER, {"name": "tilda@example.edu", "state": "absent", **names})
    assert admins(odd_hub) == {}


def test_mapped_names_among_others(odd_hub: Hub) -> None:
    """Among several new users, those with another stored name are reported by name."""
    run = runner(odd_hub)
    result = run(
        USER,
        {
            "users": [{"name": name} for name in ("ada", "mapme", "bob", "mapthem", "zoe")],
            "return_objects": "all",
        },
    )
    assert not result["failed"], result
    assert set(admins(odd_hub)) == {"ada", "bob", "zoe", "target", "others"}
    assert [user["name"] for user in result["users"]] == ["ada", "target", "bob", "others", "zoe"]
    for name, stored in (("mapme", "target"), ("mapthem", "others")):
        assert f"stores the user {name} under another name ({stored})" in str(result["warnings"])


def test_prune_never_takes_a_mapped_user(odd_hub: Hub) -> None:
    """A declared user whom the hub stores under another name does not count as undeclared."""
    run = runner(odd_hub)
    odd_hub.add_users("ada", "target", "gone")
    result = run(
        USER, {"users": [{"name": "ada"}, {"name": "mapme"}], "prune": True, "prune_limit": "100%"}
    )
    assert result["failed"], result
    assert "mapme" in result["msg"]
    one_sentence(result)
    assert set(admins(odd_hub)) == {"ada", "target", "gone"}


@pytest.mark.hubs("5", "6")
def test_rename_to_a_mapped_name(odd_hub: Hub) -> None:
    """Since JupyterHub 5 the hub maps the new name of a rename, and the module reports it."""
    run = runner(odd_hub)
    odd_hub.add_users("old")
    result = run(USER, {"name": "mapme", "rename_from": "old"})
    assert not result["failed"], result
    assert admins(odd_hub) == {"target": False}
    assert "stores the user mapme under another name (target)" in str(result["warnings"])
    assert result["user"]["name"] == "target"


def test_returned_objects(hub: Hub, module: ModuleRunner) -> None:
    """All users are returned, or the changed ones, or none. The single form also returns the one
    user by itself.
    """
    hub.add_users("ada", "bob")
    task = {
        "users": [
            {"name": "ada"},
            {"name": "bob", "admin": True},
            {"name": "new"},
            {"name": "zoe", "state": "absent"},
        ]
    }
    for check in (True, False):
        result = module(USER, {**task, "return_objects": "changed"}, check=check)
        assert [user["name"] for user in result["users"]] == ["bob", "new"]
        assert "user" not in result
        assert result["summary"] == {"create": 1, "update": 1, "unchanged": 2}
    assert [user["name"] for user in module(USER, {**task, "return_objects": "all"})["users"]] == [
        "ada",
        "bob",
        "new",
    ]
    assert module(USER, task)["users"] == []
    none = module(USER, {**task, "return_objects": "none"})
    assert "users" not in none
    one = module(USER, {"name": "ada"})
    assert one["users"] == []
    assert one["user"] == {
        "name": "ada",
        "admin": False,
        "groups": [],
        "roles": ["user"],
        "server": None,
        "pending": None,
        "created": hub.users()["ada"]["created"],
        "last_activity": None,
    }
    assert module(USER, {"name": "ada", "return_objects": "all"})["users"] == [one["user"]]
    gone = module(USER, {"name": "ada", "state": "absent"})
    assert (gone["user"], gone["users"]) == ({}, [])
    assert "user" not in module(USER, {"name": "ada", "return_objects": "none"})


def test_requests_are_counted(hub: Hub, module: ModuleRunner) -> None:
    """The result counts its requests as the hub does, and contains the hub's version."""
    mark = hub.mark()
    result = module(USER, {"users": [{"name": name} for name in "abcd"]})
    assert result["requests"] == len(hub.requests(mark))
    assert (result["retries"], result["hub_version"]) == (0, hub.version)


@pytest.mark.exact_names
def test_rename_in_case_only(hub: Hub, module: ModuleRunner) -> None:
    """A request for one user stores the name as written, so that nobody can log in as that user. A
    rename repairs that, and it stays the same user.
    """
    created = hub.expect("POST", "/users/MixedCase")["created"]
    task = {"name": "mixedcase", "rename_from": "MixedCase"}
    predicted = module(USER, task, check=True)
    result = module(USER, task)
    assert (
        short(result["changes"])
        == short(predicted["changes"])
        == [("rename", "mixedcase", {"name": "mixedcase"})]
    )
    assert {name: user["created"] for name, user in hub.users().items()} == {"mixedcase": created}
    assert not module(USER, task)["changed"]
