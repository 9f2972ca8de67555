# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions for servers: the declaration, the hub, and the steps between them. No API is involved,
real or fake.
"""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.caller import (
    CallerNeededError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.decide import (
    Current,
    ServersPlan,
    decide,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    CreateServer,
    DeleteServer,
    RenameServer,
    StartServer,
    StopServer,
    UpdateServer,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    WantedServer,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.tables import (
    kinds_of,
    said,
    server,
    user,
)

Row = dict[str, t.Any]
LAB, KEY = "ada/lab", ("ada", "lab")
BIG, SMALL = {"mem": 8}, {"mem": 2}
CALLER: t.Any = {"kind": "service", "name": "provisioner", "scopes": ["read:servers"]}


def wanted(state: t.Any, name: str = "lab", **fields: t.Any) -> WantedServer:
    """Return one declared server of ada's."""
    return WantedServer("ada", name, state, **fields)


def start(item: WantedServer, *, new: bool = False, **past: t.Any) -> StartServer:
    """Return the step that starts a server, with the former values of changed options."""
    changes = {key: getattr(item, key) for key in past}
    return StartServer("/".join(item.key), item.key, changes, past, item, new)


STARTED, RESTARTED, STOPPED = wanted("started"), wanted("restarted"), wanted("stopped")
ABSENT, PRESENT = wanted("absent"), wanted("present")
BIG_STARTED, BIG_RESTARTED = (
    wanted("started", user_options=BIG),
    wanted("restarted", user_options=BIG),
)
BIG_PRESENT = wanted("present", user_options=BIG, display_name="Big lab")
RUNNING, RESTING = server("lab"), server("lab", "stopped", url=None)

# By topic: the declaration, ada's servers, the steps.
STEPS: dict[str, tuple[WantedServer, list[Row], list[Step]]] = {
    # start
    "a stopped server": (STARTED, [RESTING], [start(STARTED)]),
    "a new server": (STARTED, [], [start(STARTED, new=True)]),
    "the default server": (wanted("started", ""), [], [start(wanted("started", ""))]),
    "with options": (BIG_STARTED, [RESTING], [start(BIG_STARTED, user_options={})]),
    "one that is just stopping": (STARTED, [server("lab", "stop")], [start(STARTED)]),
    "other options, and it may restart": (
        wanted("started", user_options=BIG, restart_if_changed=True),
        [RUNNING],
        [
            StopServer(LAB, KEY),
            start(wanted("started", user_options=BIG, restart_if_changed=True), user_options={}),
        ],
    ),
    # restart
    "restarted": (RESTARTED, [RUNNING], [StopServer(LAB, KEY), start(RESTARTED)]),
    "restarted, and was stopped": (RESTARTED, [RESTING], [start(RESTARTED)]),
    "restarted, and was not there": (RESTARTED, [], [start(RESTARTED, new=True)]),
    "restarted with options": (
        BIG_RESTARTED,
        [RUNNING],
        [StopServer(LAB, KEY), start(BIG_RESTARTED, user_options={})],
    ),
    # stop
    "stopped": (STOPPED, [RUNNING], [StopServer(LAB, KEY)]),
    "stopped while it starts": (STOPPED, [server("lab", "spawn")], [StopServer(LAB, KEY)]),
    "stopped, and given a name": (
        wanted("stopped", display_name="My lab"),
        [RUNNING],
        [
            StopServer(LAB, KEY),
            UpdateServer(LAB, KEY, {"display_name": "My lab"}, {"display_name": "lab"}),
        ],
    ),
    # create, update
    "made": (PRESENT, [], [CreateServer(LAB, KEY, {}, {}, PRESENT)]),
    "made with options": (
        BIG_PRESENT,
        [],
        [CreateServer(LAB, KEY, {"user_options": BIG, "display_name": "Big lab"}, {}, BIG_PRESENT)],
    ),
    "changed": (
        BIG_PRESENT,
        [server("lab", "stopped", user_options=SMALL)],
        [
            UpdateServer(
                LAB,
                KEY,
                {"user_options": BIG, "display_name": "Big lab"},
                {"user_options": SMALL, "display_name": "lab"},
            )
        ],
    ),
    # rename
    "renamed": (
        wanted("present", rename_from="old"),
        [server("old", "stopped", display_name="lab")],
        [RenameServer(LAB, KEY, "old")],
    ),
    "renamed and started": (
        wanted("started", rename_from="old"),
        [server("old", "stopped")],
        [RenameServer(LAB, KEY, "old"), start(wanted("started", rename_from="old"))],
    ),
    "renamed from a server that is not there": (
        wanted("started", rename_from="old"),
        [],
        [start(wanted("started", rename_from="old"), new=True)],
    ),
    # delete
    "deleted": (ABSENT, [RESTING], [DeleteServer(LAB, KEY)]),
    "deleted while it runs": (ABSENT, [RUNNING], [DeleteServer(LAB, KEY)]),
}

# The declaration and ada's servers; no step is needed.
NO_CHANGE: dict[str, tuple[WantedServer, list[Row]]] = {
    "runs": (STARTED, [RUNNING]),
    "runs with these options": (BIG_STARTED, [server("lab", user_options=BIG)]),
    "runs with no options": (wanted("started", user_options={}), [RUNNING]),
    "stopped already": (STOPPED, [RESTING]),
    "stopped, and not there": (STOPPED, []),
    "options do not matter to one that is stopped": (
        wanted("stopped", user_options=BIG),
        [RESTING],
    ),
    "present, and runs": (PRESENT, [RUNNING]),
    "present, and stopped": (PRESENT, [RESTING]),
    "present as it is": (
        BIG_PRESENT,
        [server("lab", "stopped", user_options=BIG, display_name="Big lab")],
    ),
    "renamed before": (wanted("present", rename_from="old"), [RESTING]),
    "absent already": (ABSENT, []),
}

# The same, but the plan waits for another client's action, or has a warning.
WAITING: dict[str, tuple[WantedServer, list[Row], str, str]] = {
    "somebody else starts it": (STARTED, [server("lab", "spawn")], "starting", ""),
    "somebody else stops it": (STOPPED, [server("lab", "stop")], "stopping", ""),
    "it runs with other options": (BIG_STARTED, [RUNNING], "", "restart it"),
    "it cannot be changed while it runs": (
        wanted("present", user_options=BIG),
        [RUNNING],
        "",
        "only while it is stopped",
    ),
}


def plan_of(*declared: WantedServer, servers: t.Iterable[Row], **fields: t.Any) -> ServersPlan:
    """Return the plan for ada's servers."""
    ada: t.Any = user("ada", servers={row["name"]: row for row in servers})
    current = Current(**{"users": {"ada": ada}, "version": (6, 1, 1), "caller": CALLER, **fields})
    return decide(declared, current, wait=True)


@pytest.mark.parametrize(("declared", "servers", "steps"), STEPS.values(), ids=STEPS)
def test_the_steps(declared: WantedServer, servers: list[Row], steps: list[Step]) -> None:
    plan = plan_of(declared, servers=servers)
    assert said(plan.steps) == said(steps)
    assert plan.unchanged == 0
    assert plan.changed == set(plan.objects) == {"/".join(declared.key)}
    assert [*plan.warnings, *plan.starting, *plan.stopping] == []


@pytest.mark.parametrize(("declared", "servers"), NO_CHANGE.values(), ids=NO_CHANGE)
def test_no_change(declared: WantedServer, servers: list[Row]) -> None:
    plan = plan_of(declared, servers=servers)
    assert [*plan.steps, *plan.warnings, *plan.starting, *plan.stopping] == []
    assert (plan.unchanged, plan.changed) == (1, frozenset())


@pytest.mark.parametrize(
    ("declared", "servers", "awaited", "warning"), WAITING.values(), ids=WAITING
)
def test_no_change_but_a_wait_or_a_warning(
    declared: WantedServer, servers: list[Row], awaited: str, warning: str
) -> None:
    plan = plan_of(declared, servers=servers)
    assert plan.steps == ()
    assert {"starting": plan.starting, "stopping": plan.stopping} == {
        "starting": (KEY,) if awaited == "starting" else (),
        "stopping": (KEY,) if awaited == "stopping" else (),
    }
    assert [warning in one for one in plan.warnings] == [True] * bool(warning)


def test_the_table_has_every_kind_of_step() -> None:
    assert kinds_of(steps for _declared, _servers, steps in STEPS.values()) == {
        "StartServer",
        "StopServer",
        "CreateServer",
        "UpdateServer",
        "RenameServer",
        "DeleteServer",
    }


def test_the_order_of_work_makes_room_first() -> None:
    declared = [
        wanted("started", "one"),
        wanted("present", "two"),
        wanted("absent", "three"),
        wanted("stopped", "four"),
        wanted("present", "five", rename_from="six"),
    ]
    servers = [server("three"), server("four"), server("six", "stopped")]
    plan = plan_of(*declared, servers=servers)
    assert [(step.action, step.name) for step in plan.steps] == [
        ("rename", "ada/five"),
        ("stop", "ada/four"),
        ("delete", "ada/three"),
        ("create", "ada/two"),
        ("start", "ada/one"),
    ]


@pytest.mark.parametrize(
    ("declared", "missing"), [(STARTED, ("ada",)), (PRESENT, ("ada",)), (STOPPED, ()), (ABSENT, ())]
)
def test_users_who_have_to_exist(declared: WantedServer, missing: tuple[str, ...]) -> None:
    plan = plan_of(declared, servers=[], users={})
    assert [(one.names, one.key) for one in plan.missing] == [(missing, "missing_users")]


def test_the_caller_is_read_if_a_server_is_hidden() -> None:
    assert plan_of(STARTED, servers=[RUNNING], caller=None).steps == ()
    with pytest.raises(CallerNeededError):
        plan_of(STARTED, servers=[], caller=None)


# The declaration, ada's servers, the hub, and the message.
REFUSED: dict[str, tuple[WantedServer, list[Row], dict[str, t.Any], str]] = {
    "both names exist": (
        wanted("present", rename_from="old"),
        [RESTING, server("old", "stopped")],
        {},
        "because both exist",
    ),
    "renamed while it runs": (
        wanted("present", rename_from="old"),
        [server("old")],
        {},
        "can be renamed only while it is stopped",
    ),
    "a new name that the hub refuses": (
        wanted("started", "My Lab"),
        [],
        {},
        "The server name 'My Lab' is refused by JupyterHub 6",
    ),
    "a server that is hidden": (
        STARTED,
        [],
        {"caller": {**CALLER, "scopes": ["read:servers!server=ada/x"]}},
        "its role needs the scope read:servers",
    ),
}


@pytest.mark.parametrize(("declared", "servers", "hub", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(
    declared: WantedServer, servers: list[Row], hub: dict[str, t.Any], message: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        plan_of(declared, servers=servers, **hub)
    assert message in str(caught.value)


def test_an_older_hub_takes_other_names() -> None:
    plan = plan_of(wanted("started", "My Lab"), servers=[], version=(5, 5, 4))
    assert [step.action for step in plan.steps] == ["start"]


def test_many_servers_that_run_otherwise_are_one_warning() -> None:
    names = [f"lab{number}" for number in range(300)]
    rows: t.Any = {"ada": user("ada", servers={name: server(name) for name in names})}
    for state, said_of_all in (
        ("started", "300 servers are running otherwise than declared: ada/lab0, "),
        ("present", "300 servers differ from what is declared, and can be changed only while "),
    ):
        items = [wanted(state, name, user_options=BIG) for name in names]
        plan = decide(items, Current(rows, (6, 1), CALLER), wait=True)
        (warning,) = plan.warnings
        assert warning.startswith(said_of_all)
        assert "and 280 more." in warning
        few = decide(items[:2], Current(rows, (6, 1), CALLER), wait=True)
        assert [f"Server ada/{name} " in one for name, one in zip(names, few.warnings)] == [
            True
        ] * 2
