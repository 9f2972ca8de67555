# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions for users: the declaration, the hub, and the steps between them. No API is involved,
real or fake.
"""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import Prune
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import Found
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    stop_step,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.decide import (
    Current,
    decide,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.steps import (
    CreateUser,
    DeleteUser,
    RenameUser,
    SetActivity,
    SetAdmin,
    SetAuthState,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.wanted import (
    WantedUser,
    WantedUsers,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.tables import (
    kinds_of,
    said,
    server,
    user,
)

Row = dict[str, t.Any]
ADA, GRACE = user("ada"), user("grace")
BOSS = user("boss", admin=True, roles=["admin", "user"])
BUSY = user("busy", servers={"": server(""), "lab": server("lab", "spawn")})
SECRET, OTHER = {"token": "s3cr3t"}, {"token": "n3w"}
HAS_SECRET = user("ada", auth_state=SECRET)
MARCH, MAY = "2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z"
ACTIVE = user("ada", last_activity=MARCH)

# By topic: the declaration, the hub, the steps.
STEPS: dict[str, tuple[list[WantedUser], list[Row], list[Step]]] = {
    # create
    "a new user": ([WantedUser("ada")], [], [CreateUser("ada", "ada", admin=False)]),
    "a new admin": ([WantedUser("ada", admin=True)], [], [CreateUser("ada", "ada", admin=True)]),
    "a new user with capitals": (
        [WantedUser("Ada")],
        [GRACE],
        [CreateUser("ada", "Ada", admin=False)],
    ),
    "a new user with an auth_state": (
        [WantedUser("ada", auth_state=SECRET)],
        [],
        [CreateUser("ada", "ada", admin=False), SetAuthState("ada", SECRET, replaces=False)],
    ),
    "a new user who was active": (
        [WantedUser("ada", last_activity=MAY)],
        [],
        [CreateUser("ada", "ada", admin=False), SetActivity("ada", None, MAY)],
    ),
    "admins are created after others": (
        [WantedUser("chief", admin=True), WantedUser("ada")],
        [],
        [CreateUser("ada", "ada", admin=False), CreateUser("chief", "chief", admin=True)],
    ),
    # update
    "becomes an admin": ([WantedUser("ada", admin=True)], [ADA], [SetAdmin("ada", True)]),
    "is no admin any more": ([WantedUser("boss", admin=False)], [BOSS], [SetAdmin("boss", False)]),
    "a first auth_state": (
        [WantedUser("ada", auth_state=SECRET)],
        [ADA],
        [SetAuthState("ada", SECRET, replaces=False)],
    ),
    "another auth_state": (
        [WantedUser("ada", auth_state=OTHER)],
        [HAS_SECRET],
        [SetAuthState("ada", OTHER, replaces=True)],
    ),
    "auth_state is emptied": (
        [WantedUser("ada", auth_state={})],
        [HAS_SECRET],
        [SetAuthState("ada", {}, replaces=True)],
    ),
    "activity moves forward": (
        [WantedUser("ada", last_activity=MAY)],
        [ACTIVE],
        [SetActivity("ada", MARCH, MAY)],
    ),
    # rename
    "renamed": (
        [WantedUser("eva", rename_from="ada")],
        [ADA],
        [RenameUser("eva", "eva", "ada")],
    ),
    "renamed, and changed by the new name": (
        [WantedUser("eva", rename_from="ada", admin=True, auth_state=OTHER)],
        [HAS_SECRET],
        [
            RenameUser("eva", "eva", "ada"),
            SetAdmin("eva", True),
            SetAuthState("eva", OTHER, replaces=True),
        ],
    ),
    "renamed from a user who does not exist": (
        [WantedUser("eva", rename_from="ada")],
        [],
        [CreateUser("eva", "eva", admin=False)],
    ),
    # stop, delete
    "deleted": (
        [WantedUser("ada", state="absent")],
        [ADA],
        [DeleteUser("ada", False, [])],
    ),
    "deleted with servers": (
        [WantedUser("busy", state="absent")],
        [BUSY],
        [stop_step("busy", ""), stop_step("busy", "lab"), DeleteUser("busy", False, [])],
    ),
    "all at once, in the order of work": (
        [
            WantedUser("busy", state="absent"),
            WantedUser("grace", admin=True),
            WantedUser("new"),
            WantedUser("eva", rename_from="ada"),
        ],
        [ADA, GRACE, BUSY],
        [
            RenameUser("eva", "eva", "ada"),
            CreateUser("new", "new", admin=False),
            SetAdmin("grace", True),
            stop_step("busy", ""),
            stop_step("busy", "lab"),
            DeleteUser("busy", False, []),
        ],
    ),
}

# The declaration and the hub; no step is needed.
NO_CHANGE: dict[str, tuple[list[WantedUser], list[Row]]] = {
    "exists": ([WantedUser("ada")], [ADA]),
    "exists in lower case": ([WantedUser("Ada")], [ADA]),
    "admin is not declared": ([WantedUser("boss")], [BOSS]),
    "admin is so already": ([WantedUser("boss", admin=True)], [BOSS]),
    "no admin already": ([WantedUser("ada", admin=False)], [ADA]),
    "the same auth_state": ([WantedUser("ada", auth_state=SECRET)], [HAS_SECRET]),
    "auth_state is empty already": ([WantedUser("ada", auth_state={})], [ADA]),
    "auth_state is not declared": ([WantedUser("ada")], [HAS_SECRET]),
    "activity does not move back": ([WantedUser("ada", last_activity=MARCH)], [ACTIVE]),
    "renamed before": ([WantedUser("eva", rename_from="ada")], [user("eva")]),
    "both names are one user": ([WantedUser("ada", rename_from="ADA")], [ADA]),
    "absent already": ([WantedUser("ada", state="absent")], []),
}


def current(rows: t.Iterable[Row], asked: t.Iterable[str] = (), **fields: t.Any) -> Current:
    """Return the state of the hub. Lists do not show auth_state, so it is read for each user."""
    rows = list(rows)
    listed: t.Any = [{**row, "auth_state": None} for row in rows]
    return Current(
        Found(listed, folded=True, asked=asked),
        t.cast(t.Any, {row["name"]: row for row in rows}),
        caller="provisioner",
        **fields,
    )


@pytest.mark.parametrize(("declared", "hub", "steps"), STEPS.values(), ids=STEPS)
def test_the_steps(declared: list[WantedUser], hub: list[Row], steps: list[Step]) -> None:
    plan = decide(WantedUsers(tuple(declared)), current(hub))
    assert said(plan.steps) == said(steps)
    assert plan.unchanged == 0
    present = {each.name.lower() for each in declared if each.state == "present"}
    assert plan.changed == set(plan.objects) == present
    assert plan.warnings == ()


@pytest.mark.parametrize(("declared", "hub"), NO_CHANGE.values(), ids=NO_CHANGE)
def test_no_change(declared: list[WantedUser], hub: list[Row]) -> None:
    plan = decide(WantedUsers(tuple(declared)), current(hub))
    assert plan.steps == ()
    assert plan.changed == set()
    assert plan.unchanged == len(declared)


def test_the_table_has_every_kind_of_step() -> None:
    assert kinds_of(steps for _declared, _hub, steps in STEPS.values()) == {
        "CreateUser",
        "RenameUser",
        "SetAdmin",
        "SetAuthState",
        "SetActivity",
        "StopServer",
        "DeleteUser",
    }


# The options of the task, the users on the hub besides the declared ada, the deleted users, and the
# kept ones with their reasons.
PRUNED: dict[str, tuple[dict[str, t.Any], list[Row], list[str], list[tuple[str, str]]]] = {
    "who is not declared": ({}, [GRACE], ["grace"], []),
    "nobody": ({}, [], [], []),
    "an admin stays": ({}, [GRACE, BOSS], ["grace"], [("boss", "admin")]),
    "an admin goes": ({"prune_admins": True}, [GRACE, BOSS], ["grace", "boss"], []),
    "the caller stays": ({}, [user("provisioner")], [], [("provisioner", "caller")]),
    "with a role by a group": ({}, [user("eve", groups=["staff"])], [], [("eve", "role")]),
    "with a role that is named": (
        {"prune_roles": frozenset({"grader"})},
        [user("eve", groups=["staff"])],
        ["eve"],
        [],
    ),
    "kept by a pattern": (
        {"prune": Prune(keep=("gr*",), limit="9")},
        [GRACE, user("eve")],
        ["eve"],
        [("grace", "keep")],
    ),
    "outside of prune_match": (
        {"prune": Prune(match=("c-*",), limit="9")},
        [GRACE, user("c-1")],
        ["c-1"],
        [],
    ),
}


@pytest.mark.parametrize(("options", "others", "going", "kept"), PRUNED.values(), ids=PRUNED)
def test_a_prune(
    options: dict[str, t.Any], others: list[Row], going: list[str], kept: list[tuple[str, str]]
) -> None:
    wanted = WantedUsers((WantedUser("ada"),), **{"prune": Prune(limit="9"), **options})
    plan = decide(wanted, current([ADA, *others], group_roles={"staff": frozenset({"grader"})}))
    deletions = [step for step in plan.steps if isinstance(step, DeleteUser)]
    assert [step.name for step in deletions] == going
    assert all(step.pruned for step in deletions)
    assert plan.returns["kept"] == [{"name": name, "why": why} for name, why in kept]


# The declaration, the hub, and the message.
REFUSED: dict[str, tuple[list[WantedUser], list[Row], str]] = {
    "both names exist": (
        [WantedUser("eva", rename_from="ada")],
        [ADA, user("eva")],
        "User ada cannot be renamed to eva, because both exist",
    ),
    "renamed while a server runs": (
        [WantedUser("eva", rename_from="busy")],
        [BUSY],
        "User busy has running servers",
    ),
    "the caller": (
        [WantedUser("provisioner", state="absent")],
        [user("provisioner")],
        "does not let an account delete itself",
    ),
    "two declarations of one user": (
        [WantedUser("Ada", admin=True), WantedUser("ada", admin=False)],
        [ADA],
        "declared twice with different admin",
    ),
    "a name that may mean another user later": (
        [WantedUser("ADA", state="absent")],
        [user("ADA"), ADA],
        "are both on the hub",
    ),
    "a hidden field": (
        [WantedUser("ada", admin=True)],
        [{"name": "ada"}],
        "cannot see the admin of user ada",
    ),
}


@pytest.mark.parametrize(("declared", "hub", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(declared: list[WantedUser], hub: list[Row], message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        decide(WantedUsers(tuple(declared)), current(hub))
    assert message in str(caught.value)
