# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan for users: the declaration, the hub, and the steps between them. Only GET requests are
sent.
"""

from __future__ import annotations

import copy
import datetime
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
    HIDDEN_BEFORE,
    Plan,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.operations import OPERATIONS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.users import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.work import Users
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import utcnow
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    HUB,
    Directory,
    Wire,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.tables import user

# The fields of a step that a test compares.
Told = tuple[str, str, t.Any, t.Any]
Planner = t.Callable[..., tuple[Plan, Users]]


@pytest.fixture
def planner(client: HubClient, wire: Wire) -> Planner:
    """Return a function that plans a task."""

    def plan(
        params: dict[str, t.Any],
        users: t.Iterable[dict[str, t.Any]] = (),
        *,
        check: bool = False,
        **me: t.Any,
    ) -> tuple[Plan, Users]:
        validated = ModuleArgumentSpecValidator(**copy.deepcopy(SPEC.to_kwargs())).validate(
            {"hub_url": HUB, **params}
        )
        assert list(validated.error_messages) == []
        wire.play(otherwise=Directory(users, **me))
        adapter = Users(HubApi(client), dict(validated.validated_parameters))
        return adapter.plan(), adapter

    return plan


def changes_of(plan: Plan) -> list[Told]:
    return [(step.action, step.name, step.before, step.after) for step in plan.steps]


ADA, GRACE, BOSS = user("ada"), user("grace"), user("boss", admin=True, roles=["admin", "user"])
BUSY = user(
    "busy",
    servers={
        name: {"name": name, "pending": None, "ready": True, "stopped": False, "url": "/"}
        for name in ("", "lab")
    },
)

CASES: dict[str, tuple[dict[str, t.Any], list[dict[str, t.Any]], list[Told]]] = {
    "create": ({"name": "ada"}, [], [("create", "ada", None, {"admin": False})]),
    "create an admin": (
        {"name": "ada", "admin": True},
        [],
        [("create", "ada", None, {"admin": True})],
    ),
    "there": ({"name": "ada"}, [ADA], []),
    "there in lower case": ({"name": "Ada"}, [ADA], []),
    "create in lower case": ({"name": "Ada"}, [], [("create", "ada", None, {"admin": False})]),
    "admin unset": ({"name": "boss"}, [BOSS], []),
    "admin as is": ({"name": "boss", "admin": True}, [BOSS], []),
    "promote": (
        {"name": "ada", "admin": True},
        [ADA],
        [("update", "ada", {"admin": False}, {"admin": True})],
    ),
    "demote": (
        {"name": "boss", "admin": False},
        [BOSS],
        [("update", "boss", {"admin": True}, {"admin": False})],
    ),
    "delete": (
        {"name": "ada", "state": "absent"},
        [ADA],
        [("delete", "ada", {"admin": False, "groups": []}, None)],
    ),
    "delete the missing": ({"name": "ada", "state": "absent"}, [], []),
    "delete with servers": (
        {"name": "busy", "state": "absent"},
        [BUSY],
        [
            ("stop", "busy/", {"state": "started"}, {"state": "stopped"}),
            ("stop", "busy/lab", {"state": "started"}, {"state": "stopped"}),
            ("delete", "busy", {"admin": False, "groups": []}, None),
        ],
    ),
    "rename": (
        {"name": "eva", "rename_from": "ada"},
        [ADA],
        [("rename", "eva", {"name": "ada"}, {"name": "eva"})],
    ),
    "renamed before": ({"name": "eva", "rename_from": "ada"}, [user("eva")], []),
    "rename from nothing": (
        {"name": "eva", "rename_from": "ada"},
        [],
        [("create", "eva", None, {"admin": False})],
    ),
    "rename to itself": ({"name": "ada", "rename_from": "ADA"}, [ADA], []),
    "rename and promote": (
        {"name": "eva", "rename_from": "ada", "admin": True},
        [ADA],
        [
            ("rename", "eva", {"name": "ada"}, {"name": "eva"}),
            ("update", "eva", {"admin": False}, {"admin": True}),
        ],
    ),
    "rename and keep the secret": (
        {"name": "eva", "rename_from": "ada", "auth_state": {"k": 1}},
        [user("ada", auth_state={"k": 1})],
        [("rename", "eva", {"name": "ada"}, {"name": "eva"})],
    ),
    "secret new": (
        {"name": "ada", "auth_state": {"k": 1}},
        [ADA],
        [("update", "ada", {"auth_state": None}, {"auth_state": HIDDEN})],
    ),
    "secret same": (
        {"name": "ada", "auth_state": {"k": [1, {"b": 2}]}},
        [user("ada", auth_state={"k": [1, {"b": 2}]})],
        [],
    ),
    "secret of another kind": (
        {"name": "ada", "auth_state": {"k": True}},
        [user("ada", auth_state={"k": 1})],
        [("update", "ada", {"auth_state": HIDDEN_BEFORE}, {"auth_state": HIDDEN})],
    ),
    "secret cleared": (
        {"name": "ada", "auth_state": {}},
        [user("ada", auth_state={"k": 1})],
        [("update", "ada", {"auth_state": HIDDEN_BEFORE}, {"auth_state": HIDDEN})],
    ),
    "secret clear already": ({"name": "ada", "auth_state": {}}, [ADA], []),
    "create with a secret": (
        {"name": "ada", "auth_state": {"k": 1}},
        [],
        [
            ("create", "ada", None, {"admin": False}),
            ("update", "ada", {"auth_state": None}, {"auth_state": HIDDEN}),
        ],
    ),
    "activity forward": (
        {"name": "ada", "last_activity": "2026-09-01T10:00:00+02:00"},
        [user("ada", last_activity="2026-08-01T00:00:00.123456Z")],
        [
            (
                "update",
                "ada",
                {"last_activity": "2026-08-01T00:00:00.123456Z"},
                {"last_activity": "2026-09-01T08:00:00Z"},
            )
        ],
    ),
    "activity backward": (
        {"name": "ada", "last_activity": "2026-07-01"},
        [user("ada", last_activity="2026-08-01T00:00:00Z")],
        [],
    ),
    "activity as is": (
        {"name": "ada", "last_activity": "2026-08-01"},
        [user("ada", last_activity="2026-08-01T00:00:00.000000Z")],
        [],
    ),
    "activity of a new user": (
        {"name": "ada", "last_activity": "2026-08-01T00:00:00Z"},
        [],
        [
            ("create", "ada", None, {"admin": False}),
            ("update", "ada", {"last_activity": None}, {"last_activity": "2026-08-01T00:00:00Z"}),
        ],
    ),
    "many, in the order of work": (
        {
            "users": [
                {"name": "gone", "state": "absent"},
                {"name": "chief", "admin": True},
                {"name": "new"},
                {"name": "eva", "rename_from": "ada"},
                {"name": "busy", "state": "absent"},
                {"name": "grace", "admin": True},
                {"name": "boss"},
            ]
        },
        [user("gone"), ADA, BUSY, GRACE, BOSS],
        [
            ("rename", "eva", {"name": "ada"}, {"name": "eva"}),
            ("create", "new", None, {"admin": False}),
            ("create", "chief", None, {"admin": True}),
            ("update", "grace", {"admin": False}, {"admin": True}),
            ("stop", "busy/", {"state": "started"}, {"state": "stopped"}),
            ("stop", "busy/lab", {"state": "started"}, {"state": "stopped"}),
            ("delete", "gone", {"admin": False, "groups": []}, None),
            ("delete", "busy", {"admin": False, "groups": []}, None),
        ],
    ),
    "state beside the list": (
        {"users": [{"name": "ada"}, {"name": "grace", "state": "present"}], "state": "absent"},
        [ADA, GRACE],
        [("delete", "ada", {"admin": False, "groups": []}, None)],
    ),
    "named twice": (
        {"users": [{"name": "ada", "admin": True}, {"name": "ADA"}]},
        [],
        [("create", "ada", None, {"admin": True})],
    ),
}


@pytest.mark.parametrize(("params", "users", "steps"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_the_steps(
    planner: Planner,
    params: dict[str, t.Any],
    users: list[dict[str, t.Any]],
    steps: list[Told],
    check: bool,
) -> None:
    plan, _adapter = planner(params, users, check=check)
    assert changes_of(plan) == steps
    assert all(step.operation in OPERATIONS for step in plan.steps)
    assert {step.kind for step in plan.steps} <= {"user", "server"}
    declared = {item["name"].lower() for item in params.get("users") or [params]}
    touched = {step.name for step in plan.steps if step.kind == "user"}
    assert plan.unchanged == len(declared - touched)
    assert plan.changed == {
        step.name for step in plan.steps if step.kind == "user" and step.action != "delete"
    }
    assert plan.warnings == ()


@pytest.mark.parametrize(
    ("params", "users", "expected"),
    [
        (
            {"name": "Ada"},
            [],
            {"name": "ada", "admin": False, "groups": [], "roles": ["user"], "created": None},
        ),
        (
            {"name": "ada", "admin": True},
            [],
            {"name": "ada", "admin": True, "roles": ["admin", "user"]},
        ),
        (
            {"name": "ada", "admin": True},
            [ADA],
            {"admin": True, "roles": ["admin", "user"], "created": "2026-01-01T00:00:00Z"},
        ),
        ({"name": "boss", "admin": False}, [BOSS], {"admin": False, "roles": ["user"]}),
        (
            {"name": "eva", "rename_from": "ada"},
            [user("ada", groups=["z", "a"])],
            {"name": "eva", "groups": ["a", "z"]},
        ),
        ({"name": "ada", "auth_state": {"k": "s3cr3t"}}, [ADA], {"name": "ada"}),
        (
            {"name": "ada"},
            [{"name": "ada"}],
            {"name": "ada", "admin": None, "groups": None, "roles": None},
        ),
    ],
)
def test_the_user_as_it_will_be(
    planner: Planner,
    params: dict[str, t.Any],
    users: list[dict[str, t.Any]],
    expected: dict[str, t.Any],
) -> None:
    plan, _adapter = planner(params, users)
    (state,) = plan.objects.values()
    assert {key: state[key] for key in expected} == expected
    assert set(state) == {
        "name",
        "admin",
        "groups",
        "roles",
        "server",
        "pending",
        "created",
        "last_activity",
    }
    assert "s3cr3t" not in repr(plan)


TOMORROW = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("params", "users", "message"),
    [
        ({"name": ""}, [], "is empty"),
        ({"name": "a/b"}, [], "contains a slash"),
        ({"users": [{"name": "ok"}, {"name": ".."}]}, [], "no address on the hub can contain it"),
        ({"name": "ada", "rename_from": "a/b"}, [], "contains a slash"),
        (
            {"name": "ada", "last_activity": "yesterday"},
            [],
            "last_activity 'yesterday' of user ada is not a time: write it like"
            " 2026-09-01T08:00:00Z",
        ),
        (
            {"name": "ada", "last_activity": TOMORROW},
            [],
            "is in the future, which the hub refuses",
        ),
        (
            {"users": [{"name": "ada", "admin": True}, {"name": "Ada", "admin": False}]},
            [],
            "User Ada is declared twice with different admin",
        ),
        (
            {"users": [{"name": "ada"}, {"name": "ada", "state": "absent"}]},
            [],
            "declared twice with different state",
        ),
        (
            {"users": [{"name": "eva", "rename_from": "ada"}, {"name": "Ada"}]},
            [ADA],
            "User ada is renamed to eva and is also declared elsewhere in the list",
        ),
        (
            {
                "users": [
                    {"name": "eva", "rename_from": "ada"},
                    {"name": "eve", "rename_from": "ADA"},
                ]
            },
            [ADA],
            "also declared elsewhere in the list",
        ),
        (
            {"name": "eva", "rename_from": "ada"},
            [ADA, user("eva")],
            "User ada cannot be renamed to eva, because both exist",
        ),
        (
            {"name": "eva", "rename_from": "busy"},
            [BUSY],
            "User busy has running servers, whose addresses would keep the old name",
        ),
        (
            {"name": "ada", "admin": True},
            [{"name": "ada"}],
            (
                "cannot see the admin of user ada, which this task needs to know: its role needs"
                " the scope read:users"
            ),
        ),
        ({"name": "ada", "auth_state": {}}, [{"name": "ada"}], "needs the scope admin:auth_state"),
        ({"name": "ada", "state": "absent"}, [{"name": "ada"}], "needs the scope read:servers"),
        ({"name": "eva", "rename_from": "ada"}, [{"name": "ada"}], "needs the scope read:servers"),
        (
            {"name": "ada", "last_activity": "2026-01-02"},
            [{"name": "ada", "created": "2026-01-01T00:00:00Z"}],
            "needs the scope read:users:activity",
        ),
        (
            {"name": "provisioner", "state": "absent"},
            [user("provisioner")],
            "JupyterHub does not let an account delete itself",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_write(
    planner: Planner, params: dict[str, t.Any], users: list[dict[str, t.Any]], message: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        planner(params, users)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("params", "users", "names"),
    [
        ({"name": "ada"}, [], ()),
        ({"name": "ada", "admin": True}, [], ("ada",)),
        ({"name": "ada", "admin": True}, [ADA], ("ada",)),
        ({"name": "boss", "admin": True}, [BOSS], ()),
        ({"name": "boss", "admin": False}, [BOSS], ("boss",)),
        ({"name": "chief", "rename_from": "boss"}, [BOSS], ("chief",)),
        ({"name": "boss", "auth_state": {"k": 1}}, [BOSS], ("boss",)),
        ({"name": "boss", "last_activity": "2026-01-02"}, [BOSS], ()),
        ({"name": "boss", "state": "absent"}, [BOSS], ()),
    ],
)
def test_whom_only_an_admin_may_make_or_change(
    planner: Planner,
    params: dict[str, t.Any],
    users: list[dict[str, t.Any]],
    names: tuple[str, ...],
) -> None:
    plan, _adapter = planner(params, users)
    assert plan.touches_admins == names


# Pruning


def deleted(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps if step.action == "delete"]


EVERYONE = [
    user("root", admin=True),
    user("provisioner"),
    ADA,
    GRACE,
    user("s-1"),
    user("s-2"),
    BUSY,
]


@pytest.mark.parametrize(
    ("params", "gone"),
    [
        ({}, ["grace", "s-1", "s-2", "busy"]),
        ({"prune_admins": True}, ["root", "grace", "s-1", "s-2", "busy"]),
        ({"prune_keep": ["s-*", "grace"]}, ["busy"]),
        ({"prune_match": ["s-*"]}, ["s-1", "s-2"]),
        ({"prune": False}, []),
        (
            {"users": [{"name": "ADA"}, {"name": "Grace"}, {"name": "s-1", "state": "absent"}]},
            ["s-1", "s-2", "busy"],
        ),
        ({"users": [{"name": "eva", "rename_from": "ada"}]}, ["grace", "s-1", "s-2", "busy"]),
        ({"users": [{"name": "grace", "rename_from": "gone"}]}, ["ada", "s-1", "s-2", "busy"]),
    ],
)
def test_users_that_a_prune_deletes(
    planner: Planner, params: dict[str, t.Any], gone: list[str]
) -> None:
    plan, _adapter = planner(
        {"users": [{"name": "ada"}], "prune": True, "prune_limit": "100", **params}, EVERYONE
    )
    assert deleted(plan) == gone
    stops = [step.name for step in plan.steps if step.action == "stop"]
    assert stops == (["busy/", "busy/lab"] if "busy" in gone else [])


@pytest.mark.parametrize(
    ("params", "users", "me", "message"),
    [
        (
            {"users": []},
            EVERYONE,
            {},
            "prune with no declared users would delete all of them",
        ),
        (
            {"users": [{"name": "ada", "state": "absent"}]},
            EVERYONE,
            {},
            "prune with no declared users",
        ),
        (
            {"prune_limit": "3"},
            EVERYONE,
            {},
            (
                "prune would delete 4 of 7 users, more than prune_limit 3 allows (3): grace, s-1,"
                " s-2, busy"
            ),
        ),
        ({"prune_limit": "some"}, EVERYONE, {}, "is not a count or a percentage"),
        ({}, EVERYONE, {"scopes": ["list:users!group=x"]}, "prune needs to see all objects"),
        ({}, [{"name": "grace", "servers": {}}], {}, "needs the scope read:users"),
    ],
)
def test_a_prune_that_is_not_safe_is_refused(
    planner: Planner,
    params: dict[str, t.Any],
    users: list[dict[str, t.Any]],
    me: dict[str, t.Any],
    message: str,
) -> None:
    with pytest.raises(RefusedError) as caught:
        planner({"users": [{"name": "ada"}], "prune": True, **params}, users, **me)
    assert message in str(caught.value)


def test_no_request_reaches_a_user_without_a_name(planner: Planner) -> None:
    plan, _adapter = planner(
        {"users": [{"name": "ada"}], "prune": True, "prune_limit": "100%"},
        [ADA, user(None), user(None)],
    )
    assert changes_of(plan) == []
    assert plan.returns["kept"] == [{"name": None, "why": "unnamed"}] * 2
    assert list(plan.warnings) == [
        "The hub has 2 users without a name, which no request can reach. They are not deleted."
    ]


# Few requests


@pytest.mark.parametrize(
    ("params", "paths"),
    [
        ({"name": "ada"}, ["/users/ada"]),
        ({"users": [{"name": f"u{number}"} for number in range(100)]}, ["/users", "/user"]),
        ({"users": [{"name": "ada"}, {"name": "grace"}]}, ["/users/ada", "/users/grace"]),
        ({"name": "ada", "auth_state": {}}, ["/users/ada", "/users/ada"]),
        ({"users": []}, []),
        ({"users": [{"name": "ada"}], "prune": True, "prune_limit": "9"}, ["/users", "/user"]),
    ],
)
def test_only_needed_requests_are_sent(
    planner: Planner, wire: Wire, params: dict[str, t.Any], paths: list[str]
) -> None:
    planner(params, EVERYONE)
    assert [path for method, path in wire.lines] == paths


@pytest.mark.parametrize(
    ("ahead", "hours", "refused"),
    [(0, 2, True), (7200, 2, False), (-7200, 0, True), (-7200, -2, False)],
)
def test_the_hub_s_clock_decides_whether_a_time_is_in_the_future(
    planner: Planner, client: HubClient, ahead: int, hours: int, refused: bool
) -> None:
    """The clock of the target may be wrong, so the hub's clock decides."""
    client.clock.offset = ahead
    moment = (utcnow() + datetime.timedelta(hours=hours)).isoformat()
    if refused:
        with pytest.raises(RefusedError, match="is in the future"):
            planner({"name": "ada", "last_activity": moment}, [ADA])
        return
    plan, _adapter = planner({"name": "ada", "last_activity": moment}, [ADA])
    assert [step.action for step in plan.steps] == ["update"]
