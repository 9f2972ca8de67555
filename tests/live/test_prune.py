# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pruning on running hubs: what goes, and every guard against deleting too much."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import GROUP, USER, converge, facts, refused, runner, short

# Ten of each kind. Of the users, a1 is an admin.
NAMES = ["a1", "a2", "a3", "a4", "a5", "b1", "b2", "b3", "b4", "b5"]
KINDS = [USER, GROUP]


@dataclasses.dataclass(frozen=True)
class Case:
    """The declared names, the options of prune, and the names that go, or None where the task is refused in these words."""

    label: str
    declared: list[str]
    options: dict[str, Any]
    going: list[str] | None
    words: str = ""


def but(*names: str) -> list[str]:
    """Return all names but these."""
    return [name for name in NAMES if name not in names]


CASES = [
    Case("one of ten is the default limit", but("b5"), {}, ["b5"]),
    Case("two are too many", but("b4", "b5"), {}, None, "would delete 2 of 10"),
    Case("nothing to do", NAMES, {"prune_limit": "0"}, []),
    Case("a new one in a full list", [*NAMES, "c1"], {"prune_limit": "0"}, []),
    Case("limit 0", but("b5"), {"prune_limit": "0"}, None, "more than prune_limit 0 allows (0)"),
    Case("limit 0%", but("b5"), {"prune_limit": "0%"}, None, "more than prune_limit 0% allows (0)"),
    Case("limit 1%, rounded up", but("b5"), {"prune_limit": "1%"}, ["b5"]),
    Case("limit 11%, rounded up", but("b4", "b5"), {"prune_limit": "11%"}, ["b4", "b5"]),
    Case("limit 20%", but("b3", "b4", "b5"), {"prune_limit": "20%"}, None, "would delete 3 of 10"),
    Case("a count", but("b3", "b4", "b5"), {"prune_limit": "3"}, ["b3", "b4", "b5"]),
    Case("a count, as a number", but("b3", "b4", "b5"), {"prune_limit": 3}, ["b3", "b4", "b5"]),
    Case("a count, exceeded", but("b2", "b3", "b4", "b5"), {"prune_limit": "3"}, None, "b2, b3, b4, b5"),
    Case("no limit in fact", ["a1"], {"prune_limit": "100%"}, but("a1")),
    Case("a limit that is none: text", NAMES, {"prune_limit": "all"}, None, "'all' is neither a count nor a percentage"),
    Case("a limit that is none: negative", NAMES, {"prune_limit": "-1"}, None, "'-1' is neither"),
    Case("a limit that is none: fraction", NAMES, {"prune_limit": "2.5%"}, None, "'2.5%' is neither"),
    Case("a limit that is none: empty", NAMES, {"prune_limit": ""}, None, "'' is neither"),
    Case("an empty list", [], {"prune_limit": "100%"}, None, "prune with no declared"),
    Case("kept", ["a1"], {"prune_limit": "100%", "prune_keep": ["a*", "b[2-5]"]}, ["b1"]),
    Case("kept does not count", ["a1"], {"prune_limit": "1", "prune_keep": ["a*", "b[2-5]"]}, ["b1"]),
    Case("matched", ["a1"], {"prune_limit": "100%", "prune_match": ["b*"]}, ["b1", "b2", "b3", "b4", "b5"]),
    Case("a percentage of what is matched", but("b4", "b5"), {"prune_limit": "20%", "prune_match": ["b*"]}, None, "would delete 2 of 5"),
    Case("matched and kept", ["a1"], {"prune_limit": "3", "prune_match": ["b*"], "prune_keep": ["b4", "b5"]}, ["b1", "b2", "b3"]),
    Case("an empty match matches nothing", ["a1"], {"prune_match": [], "prune_limit": "0"}, []),
]


def start(hub: Hub, kind: str) -> None:
    """Give the hub the ten."""
    if kind == USER:
        hub.add_users("a1", admin=True)
        hub.add_users(*NAMES[1:])
    else:
        for name in NAMES:
            hub.add_group(name)


def left(hub: Hub, kind: str) -> list[str]:
    """Return the names on the hub."""
    return sorted(hub.users() if kind == USER else hub.groups())


def pruning(kind: str, declared: list[str], options: dict[str, Any]) -> dict[str, Any]:
    """Return the task."""
    return {"users" if kind == USER else "groups": [{"name": name} for name in declared], "prune": True, **options}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", [case for case in CASES if case.going], ids=lambda case: case.label)
def test_what_goes(hub: Hub, module: ModuleRunner, kind: str, case: Case) -> None:
    """Just what is not declared goes."""
    start(hub, kind)
    result = converge(hub, module, kind, pruning(kind, case.declared, case.options))
    assert [name for action, name, _fields in short(result["changes"]) if action == "delete"] == case.going
    assert left(hub, kind) == sorted(set(NAMES) - set(case.going or []))


@pytest.mark.parametrize("kind", KINDS)
def test_what_stays(hub: Hub, module: ModuleRunner, kind: str) -> None:
    """Where nothing may go nothing goes, and a purge that would go too far is refused, in check mode too."""
    start(hub, kind)
    for case in CASES:
        if case.going is None:
            result = refused(hub, module, kind, pruning(kind, case.declared, case.options))
            assert case.words in result["msg"], case.label
            if "would delete" in case.words:
                assert result["would_delete"] == [name for name in NAMES if name not in case.declared], case.label
    for case in CASES:
        if case.going == []:
            result = converge(hub, module, kind, pruning(kind, case.declared, case.options))
            assert "delete" not in result["summary"], case.label
    assert set(left(hub, kind)) == {*NAMES, "c1"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_of_absent_ones_declares_nothing(hub: Hub, module: ModuleRunner, kind: str) -> None:
    """Whoever says only who is to go has not said who is to stay."""
    start(hub, kind)
    key = "users" if kind == USER else "groups"
    items = [{"name": "a2", "state": "absent"}]
    assert "prune with no declared" in refused(hub, module, kind, {key: items, "prune": True, "prune_limit": "100%"})["msg"]
    assert "prune with no declared" in refused(hub, module, kind, {key: [{"name": "a2"}], "state": "absent", "prune": True, "prune_limit": "100%"})["msg"]
    # Beside others, what is declared absent goes anyway and does not count.
    items = [{"name": name, "state": "absent" if name in ("a2", "a3") else "present"} for name in NAMES[:-1]]
    result = converge(hub, module, kind, {key: items, "prune": True, "prune_limit": "1"})
    assert [name for _action, name, _fields in short(result["changes"])] == ["a2", "a3", "b5"]


@pytest.mark.parametrize("kind", KINDS)
def test_prune_needs_a_list(hub: Hub, module: ModuleRunner, kind: str) -> None:
    """The one form of the module has nothing to compare with."""
    result = module(kind, {"name": "a1", "prune": True})
    assert result["failed"]
    assert "prune is True but all of the following are missing" in result["msg"]


def test_admins_stay(hub: Hub, module: ModuleRunner) -> None:
    """Unless they are said to be pruned as well; declared or kept ones stay then, too."""
    start(hub, USER)
    hub.add_users("root", admin=True)
    everybody = {"prune": True, "prune_limit": "100%"}
    result = converge(hub, module, USER, {"users": [{"name": "a2"}], **everybody})
    assert left(hub, USER) == ["a1", "a2", "root"]
    assert result["summary"] == {"delete": 8, "unchanged": 1}
    converge(hub, module, USER, {"users": [{"name": "a2"}], "prune_admins": True, "prune_keep": ["r*"], **everybody})
    assert left(hub, USER) == ["a2", "root"]


def test_an_admin_who_is_demoted_in_the_same_task_stays(hub: Hub, module: ModuleRunner) -> None:
    """Whoever is declared is not pruned, whatever else the task makes of them."""
    start(hub, USER)
    converge(hub, module, USER, {"users": [{"name": "A1", "admin": False}], "prune": True, "prune_limit": "100%"})
    assert left(hub, USER) == ["a1"]


def test_the_caller_stays(hub: Hub) -> None:
    """A purge with the token of an admin does not delete that admin, even when admins are pruned."""
    start(hub, USER)
    token = hub.expect("POST", "/users/a1/tokens", {})["token"]
    converge(
        hub,
        runner(hub, api_token=token),
        USER,
        {"users": [{"name": "a2"}], "prune": True, "prune_limit": "100%", "prune_admins": True},
    )
    assert left(hub, USER) == ["a1", "a2"]


def test_names_in_other_case_are_declared(hub: Hub, module: ModuleRunner) -> None:
    """Neither the user nor a double in other case goes, which nobody declared by another name."""
    start(hub, USER)
    hub.expect("POST", "/users/B1")
    result = converge(hub, module, USER, {"users": [{"name": name.upper()} for name in NAMES[:-1]], "prune": True, "prune_limit": "1"})
    assert short(result["changes"]) == [("delete", "b5", {})]
    assert "B1" in left(hub, USER)


def test_patterns_of_users_in_other_case_are_the_same(hub: Hub, module: ModuleRunner) -> None:
    """The hub stores users in lower case, however somebody writes them."""
    hub.add_users("ada", "prof.smith", "s-1", "old")
    task = {"users": [{"name": "ada"}], "prune": True, "prune_limit": "100%"}
    assert module(USER, {**task, "prune_keep": ["Prof.*", "OLD"], "prune_match": ["S-*", "Prof.*", "O*"]})["summary"] == {"delete": 1, "unchanged": 1}
    assert set(hub.users()) == {"ada", "prof.smith", "old"}
    for name in ("ada", "s-1", "S-2"):
        hub.add_group(name)
    # Of groups it is not.
    assert module(GROUP, {"groups": [{"name": "ada"}], "prune": True, "prune_limit": "100%", "prune_match": ["S-*"]})["summary"] == {
        "delete": 1,
        "unchanged": 1,
    }
    assert set(hub.groups()) == {"ada", "s-1"}


def test_what_no_address_can_carry_stays(hub: Hub, module: ModuleRunner) -> None:
    """Other requests can make such groups; a purge says so and goes on, in check mode as well."""
    hub.sql('INSERT INTO "groups" (name) VALUES (?)', (".",), ("..",), ("old",))
    task = {"groups": [{"name": "new"}], "prune": True, "prune_limit": "100%"}
    for check in (True, False):
        result = module(GROUP, task, check=check)
        assert result["summary"] == {"create": 1, "delete": 1, "unchanged": 0}, result
        assert "The hub holds groups with names that no address can carry: they stay: '.', '..'." in str(result["warnings"])
    assert set(hub.groups()) == {".", "..", "new"}
    hub.sql("""DELETE FROM "groups" WHERE name LIKE '.%'""")


def test_groups_in_other_case_are_others(hub: Hub, module: ModuleRunner) -> None:
    """The names of groups are as they are written."""
    start(hub, GROUP)
    converge(hub, module, GROUP, {"groups": [{"name": "A1"}], "prune": True, "prune_limit": "100%"})
    assert left(hub, GROUP) == ["A1"]


def test_former_names_stay(hub: Hub, module: ModuleRunner) -> None:
    """A user who is renamed is declared by both names, before the rename and after it."""
    hub.add_users("old", "gone")
    task = {"users": [{"name": "new", "rename_from": "old"}], "prune": True, "prune_limit": "100%"}
    result = converge(hub, module, USER, task)
    assert [change[:2] for change in short(result["changes"])] == [("rename", "new"), ("delete", "gone")]
    assert left(hub, USER) == ["new"]


def test_running_servers_are_stopped_first(hub: Hub, module: ModuleRunner) -> None:
    """A user with servers is pruned like any other."""
    hub.add_users("ada", "bob")
    assert hub.api("POST", "/users/bob/servers/work")[0] in (201, 202)
    result = converge(hub, module, USER, {"users": [{"name": "ada"}], "prune": True, "prune_limit": "1"})
    assert [change[:2] for change in short(result["changes"])] == [("stop", "bob/work"), ("delete", "bob")]
    assert left(hub, USER) == ["ada"]


def test_groups_with_members_and_properties_go(hub: Hub, module: ModuleRunner) -> None:
    """Their members stay users, and the diff keeps what they had."""
    hub.add_users("ada")
    hub.add_group("g")
    hub.add_group("old", "ada", properties={"x": 1})
    result = converge(hub, module, GROUP, {"groups": [{"name": "g"}], "prune": True, "prune_limit": "1"})
    assert facts(result["diff"]["before"]) == {"group old": {"users": ["ada"], "properties": [{"x": 1}]}}
    assert left(hub, USER) == ["ada"]


@pytest.mark.parametrize("kind", KINDS)
def test_who_sees_a_part_only_does_not_prune(narrow_hub: Hub, kind: str) -> None:
    """A list that is cut by the token's scopes would make the hidden ones look undeclared, or the seen ones many."""
    hub = narrow_hub
    start(hub, kind)
    task = pruning(kind, ["a1"], {"prune_limit": "100%", "prune_admins": True} if kind == USER else {"prune_limit": "100%"})
    scope = "list:users" if kind == USER else "list:groups"
    result = refused(hub, runner(hub, api_token=hub.tokens["filtered"]), kind, task)
    assert result["missing_scopes"] == [scope]
    assert f"Give its role {scope} without a filter" in result["msg"]
    assert scope in result["load_roles"]
    result = refused(hub, runner(hub, api_token=hub.tokens["lists-nothing"]), kind, task)
    assert scope in result["missing_scopes"]


def test_who_does_not_see_servers_does_not_prune(narrow_hub: Hub) -> None:
    """Whether a user has servers to be stopped first is not to be guessed."""
    hub = narrow_hub
    start(hub, USER)
    run = runner(hub, api_token=hub.tokens["names-only"])
    result = refused(hub, run, USER, pruning(USER, ["a1"], {"prune_limit": "100%"}))
    assert result["missing_scopes"] == ["read:servers"]
