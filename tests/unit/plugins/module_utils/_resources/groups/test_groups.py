# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for groups: the declaration, the hub, and the steps between them. Only GET requests are
sent.
"""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import apply
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import Record
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.report import merge_changes
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Plan
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import WrongObjectError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.operations import OPERATIONS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.groups import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups import (
    work as _groups,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.work import Groups
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    HUB,
    Directory,
    Reply,
    Sent,
    Wire,
    refusal,
)

# The fields of a step that a test compares.
Told = tuple[str, str, t.Any, t.Any]
Planner = t.Callable[..., tuple[Plan, Groups]]

PEOPLE = ["ada", "grace", "linus", "mary"]


def group(name: str, *users: str, **properties: t.Any) -> dict[str, t.Any]:
    """Return a group as the hub shows it to a caller with all scopes."""
    return {
        "kind": "group",
        "name": name,
        "users": list(users),
        "properties": properties,
        "roles": [],
    }


@pytest.fixture
def planner(client: HubClient, wire: Wire) -> Planner:
    """Return a function that plans a task on a hub with these groups and with PEOPLE."""

    def plan(
        params: dict[str, t.Any],
        groups: t.Iterable[dict[str, t.Any]] = (),
        *,
        check: bool = False,
        **me: t.Any,
    ) -> tuple[Plan, Groups]:
        validated = ModuleArgumentSpecValidator(**copy.deepcopy(SPEC.to_kwargs())).validate(
            {"hub_url": HUB, **params}
        )
        assert list(validated.error_messages) == []
        wire.play(otherwise=Directory([{"name": name} for name in PEOPLE], groups, **me))
        adapter = Groups(HubApi(client), dict(validated.validated_parameters))
        return adapter.plan(), adapter

    return plan


def _joined(side: t.Any, more: t.Any) -> t.Any:
    return None if side is None else {**side, "users": [*side.get("users", []), *more["users"]]}


def changes_of(plan: Plan) -> list[Told]:
    """Return the steps as changes. All members that one change adds or removes are listed
    together.
    """
    folded: list[Told] = []
    for step in plan.steps:
        last = folded[-1] if folded else None
        joins = (
            step.action in ("add", "remove")
            and last is not None
            and last[1] == step.name
            and last[0] in (step.action, "create")
        )
        if last is None or not joins:
            folded.append((step.action, step.name, step.before, step.after))
            continue
        before, after = (
            _joined(side, more) for side, more in ((last[2], step.before), (last[3], step.after))
        )
        folded[-1] = (last[0], last[1], before, after)
    return folded


def added(name: str, *users: str) -> Told:
    return "add", name, {"users": []}, {"users": list(users)}


def removed(name: str, *users: str) -> Told:
    return "remove", name, {"users": list(users)}, {"users": []}


G = group("g", "ada", "grace")

CASES: dict[str, tuple[dict[str, t.Any], list[dict[str, t.Any]], list[Told]]] = {
    "create": ({"name": "g"}, [], [("create", "g", None, {})]),
    "create with members": (
        {"name": "g", "users": ["grace", "Ada", "ada"]},
        [],
        [("create", "g", None, {"users": ["ada", "grace"]})],
    ),
    "create with no members": ({"name": "g", "users": []}, [], [("create", "g", None, {})]),
    "create without those that are to leave": (
        {"name": "g", "users": ["ada"], "users_mode": "absent"},
        [],
        [("create", "g", None, {})],
    ),
    "create with properties": (
        {"name": "g", "properties": {"a": 1}},
        [],
        [("create", "g", None, {}), ("update", "g", {"properties": {}}, {"properties": {"a": 1}})],
    ),
    "there": ({"name": "g"}, [G], []),
    "another case is another group": ({"name": "G"}, [G], [("create", "G", None, {})]),
    "exact, as is": ({"name": "g", "users": ["GRACE", "ada"]}, [G], []),
    "exact": (
        {"name": "g", "users": ["ada", "linus"]},
        [G],
        [removed("g", "grace"), added("g", "linus")],
    ),
    "exact, none": ({"name": "g", "users": []}, [G], [removed("g", "ada", "grace")]),
    "unset": ({"name": "g", "properties": {}}, [G], []),
    "present": (
        {"name": "g", "users": ["linus", "ada"], "users_mode": "present"},
        [G],
        [added("g", "linus")],
    ),
    "present, none": ({"name": "g", "users": [], "users_mode": "present"}, [G], []),
    "absent": (
        {"name": "g", "users": ["ada", "linus"], "users_mode": "absent"},
        [G],
        [removed("g", "ada")],
    ),
    "absent, who is nowhere": ({"name": "g", "users": ["nobody"], "users_mode": "absent"}, [G], []),
    "properties exact": (
        {"name": "g", "properties": {"a": 2, "c": 3}},
        [group("g", a=1, b=2)],
        [("update", "g", {"properties": {"a": 1, "b": 2}}, {"properties": {"a": 2, "c": 3}})],
    ),
    "properties as is": (
        {"name": "g", "properties": {"a": {"y": [1], "x": None}}},
        [group("g", a={"x": None, "y": [1]})],
        [],
    ),
    "properties of another kind": (
        {"name": "g", "properties": {"a": True}},
        [group("g", a=1)],
        [("update", "g", {"properties": {"a": 1}}, {"properties": {"a": True}})],
    ),
    "properties cleared": (
        {"name": "g", "properties": {}},
        [group("g", a=1)],
        [("update", "g", {"properties": {"a": 1}}, {"properties": {}})],
    ),
    "properties merged": (
        {"name": "g", "properties": {"a": {"x": 1}}, "properties_mode": "merge"},
        [group("g", a={"y": 2}, b=2)],
        [("update", "g", {"properties": {"a": {"y": 2}}}, {"properties": {"a": {"x": 1}}})],
    ),
    "properties merged, as is": (
        {"name": "g", "properties": {"a": 1}, "properties_mode": "merge"},
        [group("g", a=1, b=2)],
        [],
    ),
    "delete": (
        {"name": "g", "state": "absent"},
        [group("g", "grace", "ada", a=1)],
        [("delete", "g", {"users": ["ada", "grace"], "properties": {"a": 1}}, None)],
    ),
    "delete the missing": ({"name": "g", "state": "absent"}, [], []),
    "many, in the order of work": (
        {
            "groups": [
                {"name": "old", "state": "absent"},
                {"name": "g", "users": ["linus"], "properties": {"a": 1}},
                {"name": "new", "users": ["ada"]},
                {"name": "same"},
            ]
        },
        [group("old"), G, group("same", "ada")],
        [
            ("create", "new", None, {"users": ["ada"]}),
            removed("g", "ada", "grace"),
            added("g", "linus"),
            ("update", "g", {"properties": {}}, {"properties": {"a": 1}}),
            ("delete", "old", {"users": [], "properties": {}}, None),
        ],
    ),
    "modes beside the list": (
        {
            "groups": [
                {"name": "g", "users": ["linus"]},
                {"name": "h", "users": ["ada"], "users_mode": "exact"},
            ],
            "users_mode": "present",
        },
        [G, group("h", "mary")],
        [added("g", "linus"), removed("h", "mary"), added("h", "ada")],
    ),
    "named twice": (
        {
            "groups": [
                {"name": "g", "users": ["ada", "grace"]},
                {"name": "g", "properties": {"a": 1}},
            ]
        },
        [G],
        [("update", "g", {"properties": {}}, {"properties": {"a": 1}})],
    ),
}


def in_order(steps: list[Told]) -> list[Told]:
    """Sort the steps, because removals and additions of different groups may come in any order."""
    return sorted(
        steps,
        key=lambda step: (("create", "remove", "add", "update", "delete").index(step[0]), step[1]),
    )


@pytest.mark.parametrize(("params", "groups", "steps"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_the_steps(
    planner: Planner,
    params: dict[str, t.Any],
    groups: list[dict[str, t.Any]],
    steps: list[Told],
    check: bool,
) -> None:
    plan, _adapter = planner(params, groups, check=check)
    assert in_order(changes_of(plan)) == in_order(steps)
    assert [step[0] for step in changes_of(plan)] == [step[0] for step in in_order(steps)]
    assert all(step.operation in OPERATIONS and step.kind == "group" for step in plan.steps)
    declared = {item["name"] for item in params.get("groups") or [params]}
    assert plan.unchanged == len(declared - {step.name for step in plan.steps})
    assert plan.changed == {step.name for step in plan.steps if step.action != "delete"}
    assert plan.warnings == ()
    assert not any(missing.names for missing in plan.missing)


@pytest.mark.parametrize(
    ("params", "groups", "expected"),
    [
        (
            {"name": "g", "users": ["grace", "ada"], "properties": {"a": 1}},
            [],
            {"name": "g", "users": ["ada", "grace"], "properties": {"a": 1}, "roles": []},
        ),
        (
            {"name": "g", "users": ["linus"], "users_mode": "present"},
            [G],
            {"name": "g", "users": ["ada", "grace", "linus"], "properties": {}, "roles": []},
        ),
        (
            {"name": "g", "users": ["ada"], "users_mode": "absent"},
            [G],
            {"name": "g", "users": ["grace"], "properties": {}, "roles": []},
        ),
        (
            {"name": "g", "properties": {"b": 2}, "properties_mode": "merge"},
            [group("g", a=1)],
            {"name": "g", "users": [], "properties": {"a": 1, "b": 2}, "roles": []},
        ),
        (
            {"name": "g"},
            [{"name": "g"}],
            {"name": "g", "users": None, "properties": None, "roles": None},
        ),
    ],
)
def test_the_group_as_it_will_be(
    planner: Planner,
    params: dict[str, t.Any],
    groups: list[dict[str, t.Any]],
    expected: dict[str, t.Any],
) -> None:
    plan, _adapter = planner(params, groups)
    assert plan.objects == {"g": expected}


@pytest.mark.parametrize(
    ("params", "groups", "message"),
    [
        ({"name": ""}, [], "is empty"),
        ({"groups": [{"name": "ok"}, {"name": ".."}]}, [], "no address on the hub can contain it"),
        ({"name": "g", "users": ["a/b"]}, [], "contains a slash"),
        (
            {"groups": [{"name": "g", "users": ["ada"]}, {"name": "g", "users": ["grace"]}]},
            [],
            "Group g is declared twice with different users",
        ),
        (
            {"groups": [{"name": "g"}, {"name": "g", "state": "absent"}]},
            [],
            "declared twice with different state",
        ),
        (
            {"name": "g", "users": ["ada"]},
            [{"name": "g"}],
            (
                "cannot see the users of group g, which this task needs to know: its role needs"
                " the scope read:groups"
            ),
        ),
        ({"name": "g", "properties": {}}, [{"name": "g"}], "cannot see the properties of group g"),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_write(
    planner: Planner, params: dict[str, t.Any], groups: list[dict[str, t.Any]], message: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        planner(params, groups)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("params", "groups", "missing"),
    [
        ({"name": "g", "users": ["nobody", "ada", "nowhere"]}, [], ("nobody", "nowhere")),
        ({"name": "g", "users": ["nobody"], "users_mode": "present"}, [G], ("nobody",)),
        ({"name": "g", "users": ["nobody"], "users_mode": "absent"}, [G], ()),
        (
            {
                "groups": [
                    {"name": "g", "users": ["Nobody"]},
                    {"name": "h", "users": ["nowhere", "ada"]},
                ]
            },
            [],
            ("nobody", "nowhere"),
        ),
    ],
)
def test_members_that_are_missing_are_required(
    planner: Planner,
    params: dict[str, t.Any],
    groups: list[dict[str, t.Any]],
    missing: tuple[str, ...],
) -> None:
    plan, _adapter = planner(params, groups)
    (needed,) = plan.missing
    assert (needed.what, needed.names, needed.key) == (
        "These members do not exist on the hub",
        missing,
        "missing_users",
    )


@pytest.mark.parametrize(("count", "sizes"), [(3, [3]), (4, [4]), (5, [4, 1]), (9, [4, 4, 1])])
def test_many_members_are_sent_in_parts_and_reported_as_one_change(
    planner: Planner, monkeypatch: pytest.MonkeyPatch, count: int, sizes: list[int]
) -> None:
    monkeypatch.setattr(_groups, "CHUNK", 4)
    many = [f"u{number}" for number in range(count)]
    for params, groups in (
        ({"users": many, "users_mode": "present"}, [G]),
        ({"users": []}, [group("g", *many)]),
        ({"users": many}, []),
    ):
        plan, adapter = planner({"name": "g", **params}, groups, check=True)
        rest, found = list(plan.steps), []
        while rest:
            size = adapter.batch(rest)
            found.append(size)
            rest = rest[size:]
        assert found == ([sizes[0] + 1, *sizes[1:]] if plan.steps[0].action == "create" else sizes)
        (change,) = merge_changes(plan.steps)
        assert change["fields"] == {"users": many}


@pytest.mark.parametrize(
    ("params", "gone"),
    [
        ({}, ["c-1", "c-2", "staff"]),
        ({"prune_keep": ["staff"]}, ["c-1", "c-2"]),
        ({"prune_match": ["c-*"]}, ["c-1", "c-2"]),
        (
            {"groups": [{"name": "g"}, {"name": "c-1", "state": "absent"}], "prune_keep": ["G"]},
            ["c-1", "c-2", "staff"],
        ),
        ({"prune": False}, []),
    ],
)
def test_groups_that_a_prune_deletes(
    planner: Planner, params: dict[str, t.Any], gone: list[str]
) -> None:
    existing = [group(name) for name in ("g", "c-1", "c-2", "staff", "G")]
    options = {
        "groups": [{"name": "g"}, {"name": "G"}],
        "prune": True,
        "prune_limit": "100",
        **params,
    }
    plan, _adapter = planner(options, existing)
    assert [step.name for step in plan.steps if step.action == "delete"] == gone


@pytest.mark.parametrize(
    ("params", "me", "message"),
    [
        ({"groups": []}, {}, "prune with no declared groups would delete all of them"),
        (
            {"prune_limit": "1"},
            {},
            "prune would delete 2 of 3 groups, more than prune_limit 1 allows (1): h, i",
        ),
        (
            {},
            {"scopes": ["list:groups!group=g"]},
            "prune needs to see all objects, but the caller holds list:groups for some objects"
            " only",
        ),
    ],
)
def test_a_prune_that_is_not_safe_is_refused(
    planner: Planner, params: dict[str, t.Any], me: dict[str, t.Any], message: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        planner(
            {"groups": [{"name": "g"}], "prune": True, **params},
            [group("g"), group("h"), group("i")],
            **me,
        )
    assert message in str(caught.value)


# Names with a slash


def test_a_slash_in_a_name_that_arrives(planner: Planner, wire: Wire) -> None:
    plan, _adapter = planner({"name": "course/1"})
    assert changes_of(plan) == [("create", "course/1", None, {})]
    assert {path for method, path in wire.lines} == {"/groups/course%2F1"}


@pytest.mark.parametrize("answer", [refusal(404), refusal(405, "Method Not Allowed")])
def test_a_slash_in_a_name_that_a_proxy_takes_apart(
    client: HubClient, wire: Wire, answer: Reply
) -> None:
    options = dict(
        ModuleArgumentSpecValidator(**copy.deepcopy(SPEC.to_kwargs()))
        .validate({"hub_url": HUB, "name": "course/users"})
        .validated_parameters
    )
    wire.play(otherwise=answer)
    with pytest.raises(
        WrongObjectError,
        match=(
            "does not reach the hub unchanged: a proxy in front of it changes names in addresses"
        ),
    ):
        Groups(HubApi(client), options).plan()


@pytest.mark.parametrize(
    ("params", "paths"),
    [
        ({"name": "g"}, ["/groups/g"]),
        ({"name": "g", "users": ["ada", "grace"]}, ["/groups/g"]),
        ({"name": "g", "users": ["ada", "linus"]}, ["/groups/g", "/users/linus"]),
        ({"groups": [{"name": f"g{number}"} for number in range(50)]}, ["/groups", "/user"]),
        ({"groups": []}, []),
    ],
)
def test_only_needed_requests_are_sent(
    planner: Planner, wire: Wire, params: dict[str, t.Any], paths: list[str]
) -> None:
    planner(params, [G])
    assert sorted(path for method, path in wire.lines) == sorted(paths)


# A proxy that accepts only short requests


class Narrow(Directory):
    """A hub with groups that can be changed, behind a proxy that accepts few names in a request."""

    def __init__(self, most: int, groups: t.Iterable[dict[str, t.Any]]) -> None:
        super().__init__([], groups)
        self.most = most

    def __call__(self, sent: Sent) -> Reply:
        if sent.method == "GET":
            return super().__call__(sent)
        users = (sent.body or {}).get("users") or []
        if len(users) > self.most:
            return Reply(413, text="<html>", kind="text/html", foreign=True)
        name = sent.path.split("/")[2]
        row = next((row for row in self.rows["groups"] if row["name"] == name), None)
        if row is None:
            row = group(name)
            self.rows["groups"].append(row)
        others = [user for user in row["users"] if user not in users]
        row["users"] = others if sent.method == "DELETE" else [*others, *users]
        return Reply(201 if sent.method == "POST" else 200, row)


@pytest.mark.parametrize(
    ("members", "declared", "written"),
    [
        (None, 7, [("POST", 7), ("POST", 3), ("POST", 4), ("POST", 2), ("POST", 2)]),
        ([], 7, [("POST", 7), ("POST", 4), ("POST", 2), ("POST", 2), ("POST", 2), ("POST", 1)]),
        (
            7,
            0,
            [("DELETE", 7), ("DELETE", 4), *[("DELETE", 2)] * 3, ("DELETE", 1)],
        ),
    ],
    ids=["create", "add", "remove"],
)
def test_too_many_members_for_a_proxy_are_sent_in_smaller_parts(
    planner: Planner, client: HubClient, wire: Wire, members: t.Any, declared: int, written: t.Any
) -> None:
    people = [f"u{number}" for number in range(7)]
    groups = [] if members is None else [group("g", *(people if members else []))]
    users = people[:declared]
    wanted = {"name": "g", "users": users}
    hub = Narrow(3 if members is None else 2, groups)
    plan, adapter = planner(wanted, groups)
    wire.sent.clear()
    wire.play(otherwise=hub)
    record = Record(pending=list(plan.steps))
    apply(adapter, client, record)
    assert next(row["users"] for row in hub.rows["groups"] if row["name"] == "g") == users
    assert (record.pending, record.unsure, record.refused) == ([], [], [])
    sizes = [(sent.method, len(sent.body["users"])) for sent in wire.sent if sent.body]
    assert sizes == written
