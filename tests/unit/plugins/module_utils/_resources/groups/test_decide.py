# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions for groups: the declaration, the hub, and the steps between them. No API is involved,
real or fake.
"""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import Prune
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import Found
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.decide import (
    Current,
    decide,
    members_to_look_up,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.steps import (
    AddMember,
    CreateGroup,
    DeleteGroup,
    RemoveMember,
    SetProperties,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.wanted import (
    WantedGroup,
    WantedGroups,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.tables import (
    group,
    kinds_of,
    said,
)

Row = dict[str, t.Any]
PEOPLE = ("ada", "grace", "linus", "mary")
G = group("g", "ada", "grace")
RICH = group("g", cpu=1, gpu=0)


def wanted(
    name: str = "g",
    users: tuple[str, ...] | None = None,
    users_mode: t.Any = "exact",
    properties: dict[str, t.Any] | None = None,
    properties_mode: t.Any = "exact",
    state: t.Any = "present",
) -> WantedGroup:
    """Return one declared group."""
    return WantedGroup(
        name=name,
        state=state,
        users=users,
        users_mode=users_mode,
        properties=properties,
        properties_mode=properties_mode,
    )


# By topic: the declaration, the hub, the steps.
STEPS: dict[str, tuple[list[WantedGroup], list[Row], list[Step]]] = {
    # create
    "a new group": ([wanted()], [], [CreateGroup("g")]),
    "a new group with members": (
        [wanted(users=("grace", "Ada", "ada"))],
        [],
        [
            CreateGroup("g"),
            AddMember("g", "ada", "group_create"),
            AddMember("g", "grace", "group_create"),
        ],
    ),
    "a new group has none of those that are to leave": (
        [wanted(users=("ada",), users_mode="absent")],
        [],
        [CreateGroup("g")],
    ),
    "a new group with properties": (
        [wanted(properties={"cpu": 1})],
        [],
        [CreateGroup("g"), SetProperties("g", {}, {"cpu": 1}, ("cpu",))],
    ),
    "the case of a group's name counts": ([wanted("G")], [G], [CreateGroup("G")]),
    # add, remove
    "exactly these members": (
        [wanted(users=("ada", "linus"))],
        [G],
        [RemoveMember("g", "grace"), AddMember("g", "linus")],
    ),
    "no members": (
        [wanted(users=())],
        [G],
        [RemoveMember("g", "ada"), RemoveMember("g", "grace")],
    ),
    "these members too": (
        [wanted(users=("ada", "linus"), users_mode="present")],
        [G],
        [AddMember("g", "linus")],
    ),
    "without these members": (
        [wanted(users=("ada", "linus"), users_mode="absent")],
        [G],
        [RemoveMember("g", "ada", named=True)],
    ),
    # update
    "exactly these properties": (
        [wanted(properties={"cpu": 2, "ram": 4})],
        [RICH],
        [SetProperties("g", {"cpu": 1, "gpu": 0}, {"cpu": 2, "ram": 4}, ("cpu", "gpu", "ram"))],
    ),
    "these properties too": (
        [wanted(properties={"cpu": 2}, properties_mode="merge")],
        [RICH],
        [SetProperties("g", {"cpu": 1, "gpu": 0}, {"cpu": 2, "gpu": 0}, ("cpu",))],
    ),
    "no properties": (
        [wanted(properties={})],
        [RICH],
        [SetProperties("g", {"cpu": 1, "gpu": 0}, {}, ("cpu", "gpu"))],
    ),
    "1 and true are not the same property": (
        [wanted(properties={"cpu": True, "gpu": 0})],
        [RICH],
        [SetProperties("g", {"cpu": 1, "gpu": 0}, {"cpu": True, "gpu": 0}, ("cpu",))],
    ),
    # delete
    "deleted": (
        [wanted(state="absent")],
        [group("g", "grace", "ada", cpu=1)],
        [DeleteGroup("g", ["ada", "grace"], {"cpu": 1})],
    ),
    "all at once, in the order of work": (
        [
            wanted("old", state="absent"),
            wanted(users=("linus",), properties={"cpu": 1}),
            wanted("new", users=("mary",)),
        ],
        [group("old"), group("g", "ada")],
        [
            CreateGroup("new"),
            AddMember("new", "mary", "group_create"),
            RemoveMember("g", "ada"),
            AddMember("g", "linus"),
            SetProperties("g", {}, {"cpu": 1}, ("cpu",)),
            DeleteGroup("old", [], {}),
        ],
    ),
}

# The declaration and the hub; no step is needed.
NO_CHANGE: dict[str, tuple[list[WantedGroup], list[Row]]] = {
    "exists": ([wanted()], [G]),
    "members are not declared": ([wanted(properties={})], [G]),
    "properties are not declared": ([wanted(users=())], [RICH]),
    "the members are these": ([wanted(users=("GRACE", "ada"))], [G]),
    "these are members already": ([wanted(users=("ada",), users_mode="present")], [G]),
    "these are no members already": ([wanted(users=("mary",), users_mode="absent")], [G]),
    "no members already": ([wanted(users=())], [group("g")]),
    "the properties are these": ([wanted(properties={"gpu": 0, "cpu": 1})], [RICH]),
    "it has these properties already": (
        [wanted(properties={"cpu": 1}, properties_mode="merge")],
        [RICH],
    ),
    "no properties already": ([wanted(properties={})], [group("g")]),
    "absent already": ([wanted(state="absent")], []),
}


def current(rows: t.Iterable[Row], users: t.Iterable[str] = PEOPLE) -> Current:
    """Return the state of the hub."""
    return Current(
        Found(t.cast(t.Any, rows), folded=False),
        Found([{"name": name} for name in users], folded=True),
    )


def task(*groups: WantedGroup, **options: t.Any) -> WantedGroups:
    """Return everything that a task declares."""
    return WantedGroups(**{"groups": groups, "prune": None, "remove_limit": None, **options})


@pytest.mark.parametrize(("declared", "hub", "steps"), STEPS.values(), ids=STEPS)
def test_the_steps(declared: list[WantedGroup], hub: list[Row], steps: list[Step]) -> None:
    plan = decide(task(*declared), current(hub))
    assert said(plan.steps) == said(steps)
    assert plan.unchanged == 0
    present = {each.name for each in declared if each.state == "present"}
    assert plan.changed == set(plan.objects) == present
    assert not any(missing.names for missing in plan.missing)
    assert plan.warnings == ()


@pytest.mark.parametrize(("declared", "hub"), NO_CHANGE.values(), ids=NO_CHANGE)
def test_no_change(declared: list[WantedGroup], hub: list[Row]) -> None:
    plan = decide(task(*declared), current(hub))
    assert plan.steps == ()
    assert plan.changed == set()
    assert plan.unchanged == len(declared)


def test_the_table_has_every_kind_of_step() -> None:
    assert kinds_of(steps for _declared, _hub, steps in STEPS.values()) == {
        "CreateGroup",
        "AddMember",
        "RemoveMember",
        "SetProperties",
        "DeleteGroup",
    }


# The options for pruning, the groups on the hub besides the declared g, the deleted groups, and the
# kept ones.
PRUNED: dict[str, tuple[Prune, list[str], list[str], list[str]]] = {
    "what is not declared": (Prune(limit="9"), ["c-1", "c-2"], ["c-1", "c-2"], []),
    "nothing": (Prune(limit="9"), [], [], []),
    "kept by a pattern": (Prune(keep=("c-1",), limit="9"), ["c-1", "c-2"], ["c-2"], ["c-1"]),
    "outside of prune_match": (Prune(match=("c-*",), limit="9"), ["c-1", "x"], ["c-1"], []),
}


@pytest.mark.parametrize(("prune", "others", "going", "kept"), PRUNED.values(), ids=PRUNED)
def test_a_prune(prune: Prune, others: list[str], going: list[str], kept: list[str]) -> None:
    plan = decide(task(wanted(), prune=prune), current([G, *map(group, others)]))
    assert said(plan.steps) == said(DeleteGroup(name, [], {}) for name in going)
    assert plan.returns["kept"] == [{"name": name, "why": "keep"} for name in kept]


def test_members_who_do_not_exist_are_missing() -> None:
    plan = decide(task(wanted(users=("nobody", "ada"))), current([]))
    assert [(missing.names, missing.key) for missing in plan.missing] == [
        (("nobody",), "missing_users")
    ]


def test_new_members_of_a_group_with_roles_are_reported() -> None:
    plan = decide(task(wanted(users=("ada",))), current([{**group("g"), "roles": ["grader"]}]))
    assert plan.warnings == (
        "Group g has the role grader, whose rights these new members get: ada.",
    )


# The declaration, the hub, and the members to look up.
LOOKED_UP: dict[str, tuple[WantedGroup, list[Row], set[str]]] = {
    "members are known": (wanted(users=("ada", "grace")), [G], set()),
    "new ones are not": (wanted(users=("ada", "linus")), [G], {"linus"}),
    "all of a new group": (wanted(users=("ada",)), [], {"ada"}),
    "removed members are known": (wanted(users=("ada", "mary"), users_mode="absent"), [G], set()),
    "members of a deleted group": (wanted(users=("ada",), state="absent"), [G], set()),
}


@pytest.mark.parametrize(("declared", "hub", "names"), LOOKED_UP.values(), ids=LOOKED_UP)
def test_users_that_are_looked_up(declared: WantedGroup, hub: list[Row], names: set[str]) -> None:
    assert members_to_look_up(task(declared), Found(t.cast(t.Any, hub), folded=False)) == names


@pytest.mark.parametrize(
    ("options", "hub", "message"),
    [
        ({"remove_limit": "1"}, G, "More members would be removed than remove_limit 1 allows"),
        ({}, {"name": "g"}, "cannot see the users of group g"),
    ],
)
def test_what_is_refused(options: dict[str, t.Any], hub: Row, message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        decide(task(wanted(users=()), **options), current([hub]))
    assert message in str(caught.value)
