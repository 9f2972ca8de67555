# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pruning on running hubs: which objects are deleted, and every protection against deleting too
much.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import (
    GROUP,
    USER,
    Wire,
    converge,
    facts,
    members,
    refused,
    runner,
    short,
    snapshot,
)

pytestmark = pytest.mark.daily(2)

# Ten names for each kind. As a user, a1 is an admin.
NAMES = ["a1", "a2", "a3", "a4", "a5", "b1", "b2", "b3", "b4", "b5"]
KINDS = [USER, GROUP]


@dataclasses.dataclass(frozen=True)
class Case:
    """The declared names, the options of prune, and the names that are deleted, or None if the task
    is refused with these words.
    """

    label: str
    declared: list[str]
    options: dict[str, Any]
    going: list[str] | None
    words: str = ""


def but(*names: str) -> list[str]:
    """Return all names except these."""
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
    Case(
        "a count, exceeded",
        but("b2", "b3", "b4", "b5"),
        {"prune_limit": "3"},
        None,
        "b2, b3, b4, b5",
    ),
    Case("no limit in fact", ["a1"], {"prune_limit": "100%"}, but("a1")),
    Case(
        "a limit that is none: text",
        NAMES,
        {"prune_limit": "all"},
        None,
        "'all' is not a count or a percentage",
    ),
    Case(
        "a limit that is none: negative", NAMES, {"prune_limit": "-1"}, None, "'-1' is not a count"
    ),
    Case(
        "a limit that is none: fraction",
        NAMES,
        {"prune_limit": "2.5%"},
        None,
        "'2.5%' is not a count",
    ),
    Case("a limit that is none: empty", NAMES, {"prune_limit": ""}, None, "'' is not a count"),
    Case("an empty list", [], {"prune_limit": "100%"}, None, "prune with no declared"),
    Case("kept", ["a1"], {"prune_limit": "100%", "prune_keep": ["a*", "b[2-5]"]}, ["b1"]),
    Case(
        "kept does not count", ["a1"], {"prune_limit": "1", "prune_keep": ["a*", "b[2-5]"]}, ["b1"]
    ),
    Case(
        "matched",
        ["a1"],
        {"prune_limit": "100%", "prune_match": ["b*"]},
        ["b1", "b2", "b3", "b4", "b5"],
    ),
    Case(
        "a percentage of what is matched",
        but("b4", "b5"),
        {"prune_limit": "20%", "prune_match": ["b*"]},
        None,
        "would delete 2 of 5",
    ),
    Case(
        "matched and kept",
        ["a1"],
        {"prune_limit": "3", "prune_match": ["b*"], "prune_keep": ["b4", "b5"]},
        ["b1", "b2", "b3"],
    ),
    Case("an empty match matches nothing", ["a1"], {"prune_match": [], "prune_limit": "0"}, []),
]


# Groups that give roles to their members, a token that does not see those roles, and an
# authenticator that keeps one user.
ROLES = """
from jupyterhub.auth import DummyAuthenticator

class Keeping(DummyAuthenticator):
    def delete_user(self, user):
        if user.name == "undeletable":
            raise RuntimeError("this account is kept")

c.JupyterHub.authenticator_class = Keeping
c.JupyterHub.load_groups = {"hubadmins": {"users": []}, "tutors": {"users": []}, "course": {"users": []}}
c.JupyterHub.load_roles.extend([
    {"name": "admin", "groups": ["hubadmins"]},
    {"name": "tutor", "scopes": ["list:users"], "groups": ["tutors"]},
])
"""
NO_GROUP_ROLES = {
    "no-group-roles": {
        "scopes": ["admin:users", "read:servers", "delete:servers", "list:groups", "read:groups"]
    }
}


@pytest.fixture(scope="module")
def running_roles_hub(running_hub: Hub) -> Iterator[Hub]:
    """A running hub whose groups have roles. Tests use ``roles_hub``."""
    with Hub(running_hub.series, config=ROLES, services=NO_GROUP_ROLES) as hub:
        yield hub


@pytest.fixture
def roles_hub(running_roles_hub: Hub) -> Hub:
    """A hub with a group ``hubadmins``, whose members are admins, and a group ``tutors`` with
    another role.
    """
    running_roles_hub.reset()
    return running_roles_hub


def start(hub: Hub, kind: str) -> None:
    """Create the ten objects on the hub."""
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
    return {
        "users" if kind == USER else "groups": [{"name": name} for name in declared],
        "prune": True,
        **options,
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.going], ids=lambda case: case.label
)
def test_exactly_undeclared_objects_are_deleted(
    hub: Hub, module: ModuleRunner, kind: str, case: Case
) -> None:
    """Exactly the undeclared objects are deleted."""
    start(hub, kind)
    result = converge(hub, module, kind, pruning(kind, case.declared, case.options))
    assert [
        name for action, name, _fields in short(result["changes"]) if action == "delete"
    ] == case.going
    assert left(hub, kind) == sorted(set(NAMES) - set(case.going or []))


@pytest.mark.parametrize("kind", KINDS)
def test_a_purge_that_goes_too_far_is_refused(hub: Hub, module: ModuleRunner, kind: str) -> None:
    """If nothing may be deleted, nothing is. A task that would delete too much is refused, also in
    check mode.
    """
    start(hub, kind)
    for case in CASES:
        if case.going is None:
            result = refused(hub, module, kind, pruning(kind, case.declared, case.options))
            assert case.words in result["msg"], case.label
            if "would delete" in case.words:
                assert result["would_delete"] == [
                    name for name in NAMES if name not in case.declared
                ], case.label
    for case in CASES:
        if case.going == []:
            result = converge(hub, module, kind, pruning(kind, case.declared, case.options))
            assert "delete" not in result["summary"], case.label
    assert set(left(hub, kind)) == {*NAMES, "c1"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_of_absent_ones_declares_nothing(hub: Hub, module: ModuleRunner, kind: str) -> None:
    """A list that only says which objects are absent does not say which ones stay."""
    start(hub, kind)
    key = "users" if kind == USER else "groups"
    items = [{"name": "a2", "state": "absent"}]
    assert (
        "prune with no declared"
        in refused(hub, module, kind, {key: items, "prune": True, "prune_limit": "100%"})["msg"]
    )
    assert (
        "prune with no declared"
        in refused(
            hub,
            module,
            kind,
            {key: [{"name": "a2"}], "state": "absent", "prune": True, "prune_limit": "100%"},
        )["msg"]
    )
    # An object declared absent is deleted anyway and does not count towards the limit.
    items = [
        {"name": name, "state": "absent" if name in ("a2", "a3") else "present"}
        for name in NAMES[:-1]
    ]
    result = converge(hub, module, kind, {key: items, "prune": True, "prune_limit": "1"})
    assert [name for _action, name, _fields in short(result["changes"])] == ["a2", "a3", "b5"]


@pytest.mark.parametrize("kind", KINDS)
def test_prune_needs_a_list(hub: Hub, module: ModuleRunner, kind: str) -> None:
    """The single form of the module has no list to compare with."""
    result = module(kind, {"name": "a1", "prune": True})
    assert result["failed"]
    assert "prune is True but all of the following are missing" in result["msg"]


def test_admins_stay(hub: Hub, module: ModuleRunner) -> None:
    """Admins are not pruned unless prune_admins is set; declared admins and those in prune_keep are
    never pruned.
    """
    start(hub, USER)
    hub.add_users("root", admin=True)
    everybody = {"prune": True, "prune_limit": "100%"}
    result = converge(hub, module, USER, {"users": [{"name": "a2"}], **everybody})
    assert left(hub, USER) == ["a1", "a2", "root"]
    assert result["summary"] == {"delete": 8, "unchanged": 1}
    converge(
        hub,
        module,
        USER,
        {"users": [{"name": "a2"}], "prune_admins": True, "prune_keep": ["r*"], **everybody},
    )
    assert left(hub, USER) == ["a2", "root"]


def test_an_admin_who_is_demoted_in_the_same_task_stays(hub: Hub, module: ModuleRunner) -> None:
    """A declared user is not pruned, whatever the task changes about it."""
    start(hub, USER)
    converge(
        hub,
        module,
        USER,
        {"users": [{"name": "A1", "admin": False}], "prune": True, "prune_limit": "100%"},
    )
    assert left(hub, USER) == ["a1"]


def test_the_caller_stays(hub: Hub) -> None:
    """Pruning with an admin's token does not delete that admin, even if admins are pruned."""
    start(hub, USER)
    token = hub.expect("POST", "/users/a1/tokens", {})["token"]
    converge(
        hub,
        runner(hub, api_token=token),
        USER,
        {"users": [{"name": "a2"}], "prune": True, "prune_limit": "100%", "prune_admins": True},
    )
    assert left(hub, USER) == ["a1", "a2"]


@pytest.mark.exact_names
def test_names_in_other_case_are_declared(hub: Hub, module: ModuleRunner) -> None:
    """A declared user is not deleted, and neither is an undeclared user whose name differs only in
    case.
    """
    start(hub, USER)
    hub.expect("POST", "/users/B1")
    result = converge(
        hub,
        module,
        USER,
        {
            "users": [{"name": name.upper()} for name in NAMES[:-1]],
            "prune": True,
            "prune_limit": "1",
        },
    )
    assert short(result["changes"]) == [("delete", "b5", {})]
    assert "B1" in left(hub, USER)


def test_patterns_of_users_in_other_case_are_the_same(hub: Hub, module: ModuleRunner) -> None:
    """The hub stores user names in lower case, so the case of a pattern does not matter."""
    hub.add_users("ada", "prof.smith", "s-1", "old")
    task = {"users": [{"name": "ada"}], "prune": True, "prune_limit": "100%"}
    assert module(
        USER, {**task, "prune_keep": ["Prof.*", "OLD"], "prune_match": ["S-*", "Prof.*", "O*"]}
    )["summary"] == {"delete": 1, "unchanged": 1}
    assert set(hub.users()) == {"ada", "prof.smith", "old"}
    for name in ("ada", "s-1", "S-2"):
        hub.add_group(name)
    # Group names keep their case.
    assert module(
        GROUP,
        {"groups": [{"name": "ada"}], "prune": True, "prune_limit": "100%", "prune_match": ["S-*"]},
    )["summary"] == {
        "delete": 1,
        "unchanged": 1,
    }
    assert set(hub.groups()) == {"ada", "s-1"}


def test_names_that_no_path_can_carry_are_kept(hub: Hub, module: ModuleRunner) -> None:
    """Some requests can create groups whose name no path can carry. Pruning skips them with a
    warning, also in check mode.
    """
    hub.sql('INSERT INTO "groups" (name) VALUES (?)', (".",), ("..",), ("old",))
    task = {"groups": [{"name": "new"}], "prune": True, "prune_limit": "100%"}
    for check in (True, False):
        result = module(GROUP, task, check=check)
        assert result["summary"] == {"create": 1, "delete": 1, "unchanged": 0}, result
        assert (
            "The hub has groups whose names no address can contain. They are not deleted: '.',"
            " '..'." in str(result["warnings"])
        )
    assert set(hub.groups()) == {".", "..", "new"}
    hub.sql("""DELETE FROM "groups" WHERE name LIKE '.%'""")


LOOK_ALIKES = [
    ("CS1", "cs1"),
    ("zoe\u0308", "zo\u00eb"),
    ("zo\u00eb", "zoe\u0308"),
    ("course \u212b", "COURSE \u00c5"),
    ("ada", "ada\u200b"),
    ("\uff41da", "ada"),
]


@pytest.mark.exact_names
@pytest.mark.parametrize(("there", "declared"), LOOK_ALIKES)
def test_a_group_that_looks_like_a_declared_one_is_not_deleted(
    hub: Hub, module: ModuleRunner, there: str, declared: str
) -> None:
    """The declared name is probably misspelt, so pruning stops before anything is changed."""
    hub.add_group(there)
    hub.add_group("gone")
    task = {"groups": [{"name": declared}], "prune": True, "prune_limit": "100%"}
    result = refused(hub, module, GROUP, task)
    assert result["look_alikes"] == [{"name": there, "declared": declared}]
    assert result["msg"].count("u00eb") + result["msg"].count("u0308") == (
        2 if "zo" in there else 0
    )
    # To go on, the task keeps the group, or declares it absent.
    kept = converge(hub, module, GROUP, {**task, "prune_keep": [there]})
    assert kept["kept"] == [{"name": there, "why": "keep"}]
    assert set(hub.groups()) == {there, declared}
    converge(
        hub,
        module,
        GROUP,
        {
            "groups": [{"name": declared}, {"name": there, "state": "absent"}],
            "prune": True,
            "prune_limit": "0",
        },
    )
    assert set(hub.groups()) == {declared}


@pytest.mark.parametrize(("there", "declared"), [*LOOK_ALIKES[1:3], *LOOK_ALIKES[4:]])
def test_a_user_who_looks_like_a_declared_one_is_not_deleted(
    hub: Hub, module: ModuleRunner, there: str, declared: str
) -> None:
    """Two spellings of one letter are two users for the hub, and one for people."""
    hub.add_users(there, "gone")
    result = refused(
        hub, module, USER, {"users": [{"name": declared}], "prune": True, "prune_limit": "100%"}
    )
    assert result["look_alikes"] == [{"name": there, "declared": declared}]
    assert set(hub.users()) == {there, "gone"}


@pytest.mark.newest
@pytest.mark.exact_names
@pytest.mark.parametrize("kind", KINDS)
def test_a_pattern_keeps_names_that_look_alike(hub: Hub, module: ModuleRunner, kind: str) -> None:
    """A pattern also keeps a name that the hub stores with other code points."""
    names = ["zoe\u0308", "zo\u00eb-1", "ada\u200b", "declared", "gone"]
    for each in names:
        hub.add_users(each) if kind == USER else hub.add_group(each)
    kept = ["zo\u00eb", "zoe\u0308-?", "ada"]
    result = converge(
        hub, module, kind, pruning(kind, ["declared"], {"prune_limit": "1", "prune_keep": kept})
    )
    assert left(hub, kind) == sorted(set(names) - {"gone"})
    assert [each["why"] for each in result["kept"]] == ["keep"] * 3


@pytest.mark.parametrize("name", ["svc[1]", "x[bot]", "course [2024]", "what?"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_looks_like_a_pattern_protects_itself(
    hub: Hub, module: ModuleRunner, kind: str, name: str
) -> None:
    for each in (name, "left", "declared"):
        hub.add_users(each) if kind == USER else hub.add_group(each)
    task = pruning(
        kind, ["declared"], {"prune_limit": "1", "prune_keep": [name, f"nobody-{name[0]}*"]}
    )
    # Ansible prints the same warning only once.
    warnings = str(module(kind, task, check=True)["warnings"])
    assert f"'nobody-{name[0]}*'" in warnings
    assert repr(name) not in warnings
    result = converge(hub, module, kind, task)
    assert left(hub, kind) == sorted({name, "declared"})
    assert result["kept"] == [{"name": name, "why": "keep"}]


def test_reasons_why_users_are_kept(roles_hub: Hub) -> None:
    """Admins, admins by a group, and users who have another role by a group are kept. The reason is
    reported for each.
    """
    hub = roles_hub
    run = runner(hub)
    hub.add_users("root", admin=True)
    hub.add_users("ada", "gwen", "tess", "both", "keeper", "gone", "s-1")
    for group, names in {
        "hubadmins": ["gwen", "both"],
        "tutors": ["tess", "both"],
        "course": ["gone", "ada"],
    }.items():
        hub.expect("POST", f"/groups/{group}/users", {"users": names})
    task = {
        "users": [{"name": "ada"}],
        "prune": True,
        "prune_limit": "100%",
        "prune_keep": ["keep*"],
        "prune_match": ["[!s]*"],
    }
    result = converge(hub, run, USER, task)
    assert short(result["changes"]) == [("delete", "gone", {})]
    assert result["unmatched"] == 1
    assert result["kept"] == [
        {"name": "root", "why": "admin"},
        {"name": "gwen", "why": "admin"},
        {"name": "tess", "why": "role"},
        {"name": "both", "why": "admin"},
        {"name": "keeper", "why": "keep"},
    ]
    assert "These admins are not declared, but are not deleted: root, gwen, both." in str(
        result["warnings"]
    )
    result = converge(hub, run, USER, {**task, "prune_roles": ["tutor"]})
    assert [name for _action, name, _fields in short(result["changes"])] == ["tess"]
    assert set(hub.users()) == {"ada", "root", "gwen", "both", "keeper", "s-1"}
    hub.add_users("tess")
    hub.expect("POST", "/groups/tutors/users", {"users": ["tess"]})
    result = converge(hub, run, USER, {**task, "prune_admins": True})
    assert [name for _action, name, _fields in short(result["changes"])] == ["root", "gwen"]
    assert {entry["name"]: entry["why"] for entry in result["kept"]} == {
        "both": "role",
        "keeper": "keep",
        "tess": "role",
    }


@pytest.mark.newest
def test_groups_with_roles_stay(roles_hub: Hub) -> None:
    """An admin by a group would lose that right with the group, so such groups are only deleted
    with state absent.
    """
    hub = roles_hub
    hub.add_users("gwen")
    hub.expect("POST", "/groups/hubadmins/users", {"users": ["gwen"]})
    hub.add_group("gone")
    task = {"groups": [{"name": "course"}], "prune": True, "prune_limit": "100%"}
    result = converge(hub, runner(hub), GROUP, {**task, "prune_keep": ["tut*"]})
    assert short(result["changes"]) == [("delete", "gone", {})]
    assert {entry["name"]: entry["why"] for entry in result["kept"]} == {
        "hubadmins": "role",
        "tutors": "keep",
    }
    told = "These groups have roles and are not declared, but are not deleted: hubadmins."
    assert told in str(result["warnings"])
    assert members(hub)["hubadmins"] == ["gwen"]
    # If roles of groups are hidden, any group may have some.
    hub.add_group("gone")
    blind = runner(hub, api_token=hub.tokens["no-group-roles"])
    assert "read:roles:groups" in refused(hub, blind, GROUP, task)["msg"]


def test_members_of_groups_with_hidden_roles_are_not_pruned(
    roles_hub: Hub,
) -> None:
    """If the caller cannot see which roles a group gives, its members may be admins, so nothing is
    pruned.
    """
    hub = roles_hub
    hub.add_users("ada", "gwen")
    task = {"users": [{"name": "ada"}], "prune": True, "prune_limit": "100%"}
    run = runner(hub, api_token=hub.tokens["no-group-roles"])
    converge(hub, run, USER, {**task, "prune_keep": ["gwen"]})
    hub.expect("POST", "/groups/course/users", {"users": ["gwen"]})
    result = refused(hub, run, USER, task)
    assert result["missing_scopes"] == ["read:roles:groups"]
    assert set(hub.users()) == {"ada", "gwen"}


@pytest.mark.parametrize("right", ["admin", "group"])
def test_a_user_who_gets_rights_meanwhile_is_not_deleted(roles_hub: Hub, right: str) -> None:
    """Each user is read again right before the request that deletes it."""
    hub = roles_hub
    hub.add_users("ada", "one", "two", "three")

    def promote(number: int, method: str, path: str) -> None:
        if method == "DELETE" and path.endswith("/one"):
            if right == "admin":
                hub.expect("PATCH", "/users/two", {"admin": True})
            else:
                hub.expect("POST", "/groups/hubadmins/users", {"users": ["two"]})

    with Wire(hub, before=promote) as wire:
        result = runner(hub, hub_url=wire.url)(
            USER, {"users": [{"name": "ada"}], "prune": True, "prune_limit": "100%"}
        )
    assert not result["failed"], result
    assert [name for _action, name, _fields in short(result["changes"])] == ["one", "three"]
    assert set(hub.users()) == {"ada", "two"}
    assert result["kept"] == [{"name": "two", "why": "admin"}]
    assert "User two has been given rights" in str(result["warnings"])


def test_a_delete_that_the_authenticator_refuses_stops_no_other(roles_hub: Hub) -> None:
    """The hub answers 500 if its authenticator raises an error. That user stays, and all others are
    deleted.
    """
    hub = roles_hub
    hub.add_users("ada", "one", "undeletable", "three")
    task = {"users": [{"name": "ada"}], "prune": True, "prune_limit": "100%"}
    for changed in (True, False):
        result = runner(hub)(USER, task)
        assert (result["failed"], result["changed"]) == (True, changed)
        assert [
            (refusal["kind"], refusal["name"], refusal["status"]) for refusal in result["refused"]
        ] == [("user", "undeletable", 500)]
        assert set(hub.users()) == {"ada", "undeletable"}


def test_a_new_member_of_a_group_with_roles_is_a_warning(roles_hub: Hub) -> None:
    hub = roles_hub
    hub.add_users("ada", "bob")
    task = {
        "groups": [
            {"name": "hubadmins", "users": ["ada", "bob"]},
            {"name": "course", "users": ["bob"]},
        ]
    }
    warnings = str(runner(hub)(GROUP, task, check=True)["warnings"])
    assert (
        "Group hubadmins has the role admin, whose rights these new members get: ada, bob."
        in warnings
    )
    assert "course" not in warnings
    converge(hub, runner(hub), GROUP, task)


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_of_what_is_deleted(
    hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path, kind: str
) -> None:
    """The backup exists before the first deletion, and restores everything."""
    odd = "{{ lookup('env', 'home') }}"
    hub.add_users("ada", "gone", odd, "'on': #x\\")
    hub.add_group("keep", "ada", "gone")
    hub.add_group(
        odd, "ada", odd, properties={"on": "{% raw %}", "n": [1, None, 1.5], "z\u0000\u202e": {}}
    )
    path = tmp_path / "backup.yml"
    task = pruning(
        kind, ["ada"] if kind == USER else ["keep"], {"prune_limit": "100%", "backup": str(path)}
    )
    before = snapshot(hub)
    assert module(kind, task, check=True)["changed"]
    assert not path.exists()
    seen: list[str] = []

    def note(number: int, method: str, address: str) -> None:
        if method == "DELETE" and not seen:
            seen.append(path.read_text(encoding="utf-8"))

    with Wire(hub, before=note) as wire:
        result = runner(hub, hub_url=wire.url)(kind, task)
    assert not result["failed"], result
    assert seen == [path.read_text(encoding="utf-8")]
    assert path.stat().st_mode & 0o777 == 0o600
    assert "!unsafe" in seen[0]
    loaded = DataLoader().load_from_file(str(path))
    if kind == USER:
        assert not module(USER, {"users": plain(loaded["jupyterhub_users"])})["failed"]
    assert not module(GROUP, {"groups": plain(loaded["jupyterhub_groups"])})["failed"]
    assert snapshot(hub) == before
    # An earlier backup is kept, and a run that deletes nothing writes none.
    module(kind, task)
    assert len(list(tmp_path.iterdir())) == 2
    written = path.stat().st_mtime_ns
    module(kind, task)
    assert path.stat().st_mtime_ns == written


@pytest.mark.parametrize("place", ["folder", "missing/backup.yml"])
def test_a_backup_that_cannot_be_written(
    hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path, place: str
) -> None:
    """If the backup cannot be written, nothing is deleted or changed."""
    (tmp_path / "folder").mkdir()
    hub.add_users("ada", "gone")
    task = {
        "users": [{"name": "ada"}, {"name": "new"}],
        "prune": True,
        "prune_limit": "100%",
        "backup": str(tmp_path / place),
    }
    assert "backup" in refused(hub, module, USER, task)["msg"]


def plain(value: Any) -> Any:
    """Return a value read by Ansible without the tags that record its origin."""
    return json.loads(json.dumps(value, default=str))


@pytest.mark.parametrize("keep", ["cyd@Example.edu", "*@example.edu"])
def test_a_login_name_keeps_the_user_whom_it_means(
    hub: Hub, module: ModuleRunner, keep: str
) -> None:
    """A name of stored_names in prune_keep protects the user who has another name on the hub."""
    hub.add_users("ada", "bob", "cyd")
    task = {"users": [{"name": "ada"}], "prune": True, "prune_limit": "100%", "prune_keep": [keep]}
    names = {"stored_names": {"cyd@example.edu": "cyd"}}
    result = converge(hub, module, USER, {**task, **names})
    assert sorted(hub.users()) == ["ada", "cyd"]
    assert (result["kept"], "warnings" in result) == ([{"name": "cyd", "why": "keep"}], False)


def test_former_names_stay(hub: Hub, module: ModuleRunner) -> None:
    """A renamed user counts as declared by both names, before and after the rename."""
    hub.add_users("old", "gone")
    task = {"users": [{"name": "new", "rename_from": "old"}], "prune": True, "prune_limit": "100%"}
    result = converge(hub, module, USER, task)
    assert [change[:2] for change in short(result["changes"])] == [
        ("rename", "new"),
        ("delete", "gone"),
    ]
    assert left(hub, USER) == ["new"]


def test_running_servers_are_stopped_first(hub: Hub, module: ModuleRunner) -> None:
    """A user with running servers is pruned like any other."""
    hub.add_users("ada", "bob")
    assert hub.api("POST", "/users/bob/servers/work")[0] in (201, 202)
    result = converge(
        hub, module, USER, {"users": [{"name": "ada"}], "prune": True, "prune_limit": "1"}
    )
    assert [change[:2] for change in short(result["changes"])] == [
        ("stop", "bob/work"),
        ("delete", "bob"),
    ]
    assert left(hub, USER) == ["ada"]


def test_groups_with_members_and_properties_go(hub: Hub, module: ModuleRunner) -> None:
    """The members stay users of the hub, and the diff shows what the groups had."""
    hub.add_users("ada")
    hub.add_group("g")
    hub.add_group("old", "ada", properties={"x": 1})
    result = converge(
        hub, module, GROUP, {"groups": [{"name": "g"}], "prune": True, "prune_limit": "1"}
    )
    assert facts(result["diff"]["before"]) == {
        "group old": {"users": ["ada"], "properties": [{"x": 1}]}
    }
    assert left(hub, USER) == ["ada"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_limited_list_is_not_pruned(narrow_hub: Hub, kind: str) -> None:
    """Scopes that limit a list hide objects. The visible ones do not tell what is undeclared, nor
    which share of all objects a limit means.
    """
    hub = narrow_hub
    start(hub, kind)
    task = pruning(
        kind,
        ["a1"],
        {"prune_limit": "100%", "prune_admins": True} if kind == USER else {"prune_limit": "100%"},
    )
    scope = "list:users" if kind == USER else "list:groups"
    # Other scopes of the task: users may have servers, and groups may make admins.
    others = ["delete:servers", "read:servers"] if kind == USER else ["read:roles:groups"]
    result = refused(hub, runner(hub, api_token=hub.tokens["filtered"]), kind, task)
    assert result["missing_scopes"] == sorted([scope, *others])
    assert f"Give its role {scope} without a filter" in result["msg"]
    assert scope in result["load_roles"]
    result = refused(hub, runner(hub, api_token=hub.tokens["lists-nothing"]), kind, task)
    # The scope to create the declared objects includes the other scopes.
    assert result["missing_scopes"] == (
        ["admin:users", *others] if kind == USER else ["admin:groups"]
    )


def test_without_the_scope_to_read_servers_users_are_not_pruned(narrow_hub: Hub) -> None:
    """Without the scope to read servers, the task cannot know which servers to stop first."""
    hub = narrow_hub
    start(hub, USER)
    run = runner(hub, api_token=hub.tokens["names-only"])
    result = refused(hub, run, USER, pruning(USER, ["a1"], {"prune_limit": "100%"}))
    assert result["missing_scopes"] == ["delete:servers", "read:servers", "read:users"]
