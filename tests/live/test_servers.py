# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_server on running hubs: what each state, option and selection means."""

from __future__ import annotations

import dataclasses
import datetime
import time
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import SERVER, Result, converge, facts, refused, runner, short, writes
from tests.live.support_servers import options, settle, spawn, standing, states, warned

UP, DOWN = "started", "stopped"


def start(name: str, **fields: Any) -> tuple[str, str, Any]:
    """Return the change that the start of a server is reported as."""
    return "start", name, {"state": "started", **fields}


def stop(name: str) -> tuple[str, str, Any]:
    """Return the change that the stop of a server is reported as."""
    return "stop", name, {"state": "stopped"}


def delete(name: str) -> tuple[str, str, Any]:
    """Return the change that the removal of a server is reported as."""
    return "delete", name, {}


@dataclasses.dataclass(frozen=True)
class Case:
    """A task, the servers before it and after it, and the changes in order."""

    label: str
    before: dict[str, str]
    task: dict[str, Any]
    changes: list[tuple[str, str, Any]]
    after: dict[str, str]


CASES = [
    Case("never started", {}, {"user": "ada"}, [start("ada/")], {"ada/": UP}),
    Case("in capitals", {"ada/": DOWN}, {"user": "ADA"}, [start("ada/")], {"ada/": UP}),
    Case("running", {"ada/": UP}, {"user": "ada"}, [], {"ada/": UP}),
    Case(
        "named",
        {"ada/": UP},
        {"user": "ada", "name": "work"},
        [start("ada/work")],
        {"ada/": UP, "ada/work": UP},
    ),
    Case(
        "stop",
        {"ada/": UP, "ada/work": UP},
        {"user": "ada", "state": "stopped"},
        [stop("ada/")],
        {"ada/": DOWN, "ada/work": UP},
    ),
    Case(
        "stop a named one",
        {"ada/": UP, "ada/w": UP},
        {"user": "ada", "name": "w", "state": "stopped"},
        [stop("ada/w")],
        {"ada/": UP, "ada/w": DOWN},
    ),
    Case(
        "remove a running one",
        {"ada/w": UP, "ada/x": DOWN},
        {"user": "ada", "name": "w", "state": "absent"},
        [delete("ada/w")],
        {"ada/x": DOWN},
    ),
    Case(
        "remove a stopped one",
        {"ada/w": DOWN},
        {"user": "ada", "name": "w", "state": "absent"},
        [delete("ada/w")],
        {},
    ),
    Case(
        "nothing to stop or to remove, not even a user",
        {"ada/": DOWN},
        {
            "servers": [
                {"user": "ada", "state": "stopped"},
                {"user": "bob", "state": "stopped"},
                {"user": "ada", "name": "w", "state": "stopped"},
                {"user": "ada", "name": "w2", "state": "absent"},
                {"user": "nobody", "state": "stopped"},
                {"user": "nobody", "name": "w", "state": "absent"},
            ]
        },
        [],
        {"ada/": DOWN},
    ),
    Case(
        "a list, sorted by what is done",
        {"ada/": UP, "ada/w": UP, "bob/w": DOWN, "bob/x": UP},
        {
            "servers": [
                {"user": "eve", "state": "started"},
                {"user": "bob", "name": "w", "state": "absent"},
                {"user": "ada"},
                {"user": "ada", "name": "w"},
                {"user": "bob", "name": "x", "state": "started"},
                {"user": "Eve", "name": "new", "state": "started", "user_options": {"a": 1}},
            ],
            "state": "stopped",
        },
        [
            stop("ada/"),
            stop("ada/w"),
            delete("bob/w"),
            start("eve/"),
            start("eve/new", user_options={"a": 1}),
        ],
        {"ada/": DOWN, "ada/w": DOWN, "bob/x": UP, "eve/": UP, "eve/new": UP},
    ),
    Case(
        "declared twice, saying the same",
        {},
        {
            "servers": [
                {"user": "ada"},
                {"user": "ADA", "user_options": {"a": 1}},
                {"user": "ada", "name": "", "user_options": {"a": 1}},
            ]
        },
        [start("ada/", user_options={"a": 1})],
        {"ada/": UP},
    ),
    Case("empty list", {"ada/": UP}, {"servers": []}, [], {"ada/": UP}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_case(hub: Hub, module: ModuleRunner, case: Case) -> None:
    """Every task does exactly what it declares, check mode predicts it, and the second run does
    nothing.
    """
    hub.add_users("ada", "bob", "eve")
    settle(hub, case.before)
    result = converge(hub, module, SERVER, {**case.task, "return_objects": "all"})
    assert short(result["changes"]) == case.changes
    assert states(hub) == standing(case.after)
    assert warned(result) == []
    touched = {name for _action, name, _fields in case.changes}
    declared = [f"{one['user']}/{one['name']}" for one in result["servers"]]
    assert set(declared) >= touched
    for one, name in zip(result["servers"], declared):
        assert one["ready"] is (case.after.get(name) == UP)
        assert (one["action"] is not None) == (name in touched)
        assert (one["seconds"] is not None) == (name in touched)
        assert one["message"] is None
        if one["ready"]:
            assert one["url"] == f"{hub.path}user/{name.rstrip('/')}/"
    assert ("server" in result) == ("servers" not in case.task)


def test_scopes_are_enough(hub: Hub) -> None:
    """The documented scopes are enough, without an admin."""
    hub.add_users("ada")
    run = runner(hub, api_token=hub.scoped_token)
    for task in (
        {},
        {"state": "restarted"},
        {"state": "stopped"},
        {"name": "w"},
        {"name": "w", "state": "absent"},
    ):
        result = run(SERVER, {"user": "ada", **task})
        assert (result["failed"], result["changed"]) == (False, True), result
    run = runner(hub, api_token=hub.admin_token)
    assert not run(SERVER, {"user": "ada", "state": "stopped"})["changed"]


def test_restart(hub: Hub, module: ModuleRunner) -> None:
    """A running server is stopped and started with the options that it had; a stopped server is
    started.
    """
    hub.add_users("ada", "bob")
    spawn(hub, "ada", options={"a": 1})
    spawn(hub, "ada", "w", options={"b": 1})
    before = hub.users()["ada"]["servers"]["w"]["started"]
    task = {
        "servers": [{"user": "bob"}, {"user": "ada", "name": "w"}],
        "state": "restarted",
        "wait": False,
    }
    predicted = module(SERVER, task, check=True)
    result = module(SERVER, task)
    assert not result["failed"], result
    assert (
        short(result["changes"])
        == short(predicted["changes"])
        == [stop("ada/w"), start("bob/"), start("ada/w")]
    )
    assert [(one["user"], one["action"], one["ready"]) for one in result["servers"]] == [
        ("bob", "start", None),
        ("ada", "restart", None),
    ]
    assert states(hub) == {"ada/": UP, "ada/w": UP, "bob/": UP}
    assert options(hub) == {"ada/": {"a": 1}, "ada/w": {"b": 1}}
    assert hub.users()["ada"]["servers"]["w"]["started"] > before


# The largest number of requests, not counting those of the wait.


def test_few_requests(hub: Hub, module: ModuleRunner) -> None:
    """A server that is already as declared costs one request. A start costs four: two reads, the
    caller's scopes, and the start itself.
    """
    hub.add_users("ada")
    mark = hub.mark()
    assert module(SERVER, {"user": "ada"})["changed"]
    assert [(request.method, request.path) for request in hub.requests(mark)] == [
        ("GET", "/users/ada?include_stopped_servers=1"),
        ("GET", "/user"),
        ("POST", "/users/ada/server"),
        ("GET", "/users/ada?include_stopped_servers=1"),
    ]
    mark = hub.mark()
    assert not module(SERVER, {"user": "ada"})["changed"]
    assert len(hub.requests(mark)) == 1


def test_missing_users(hub: Hub, module: ModuleRunner) -> None:
    """All missing users are named before any write; check mode assumes that an earlier task creates
    them.
    """
    hub.add_users("ada")
    task = {
        "servers": [
            {"user": "zoe"},
            {"user": "ada"},
            {"user": "Yve", "name": "w"},
            {"user": "gone", "state": "stopped"},
        ]
    }
    result = refused(hub, module, SERVER, task, checked=False)
    assert result["missing_users"] == ["yve", "zoe"]
    assert "yve, zoe" in result["msg"]
    predicted = module(SERVER, task, check=True)
    assert short(predicted["changes"]) == [start("zoe/"), start("ada/"), start("yve/w")]
    assert [
        "yve, zoe. Check mode assumes an earlier task creates them." in text
        for text in warned(predicted)
    ] == [True]
    assert states(hub) == {}


@pytest.mark.exact_names
def test_exact_names_first(hub: Hub, module: ModuleRunner) -> None:
    """A user whose name was created in capitals is found by the exact name, or else by the name
    that the hub would store.
    """
    hub.expect("POST", "/users/Ada")
    assert short(converge(hub, module, SERVER, {"user": "Ada"})["changes"]) == [start("Ada/")]
    hub.add_users("ada", "bob", "eve")
    everybody = {"servers": [{"user": "ada"}, {"user": "bob"}, {"user": "eve"}]}
    assert short(converge(hub, module, SERVER, everybody)["changes"]) == [
        start("ada/"),
        start("bob/"),
        start("eve/"),
    ]
    assert states(hub) == dict.fromkeys(("Ada/", "ada/", "bob/", "eve/"), UP)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"user": "ada", "state": "absent"}, "cannot remove the default server of ada"),
    (
        {"servers": [{"user": "ada"}, {"user": "ada", "state": "stopped"}]},
        "Server ada/ is declared twice with different state",
    ),
    (
        {
            "servers": [
                {"user": "ada", "name": "w", "user_options": {"a": 1}},
                {"user": "ADA", "name": "w", "user_options": {"a": True}},
            ]
        },
        "Server ada/w is declared twice with different user_options",
    ),
    ({"user": ""}, "name '' is empty"),
    ({"user": "a/b"}, "contains a slash"),
    ({"servers": [{"user": "ada"}, {"user": ".."}]}, "name"),
    ({"servers": [{"user": "ada"}, {"user": "ada", "name": "a/b"}]}, "contains a slash"),
    ({"user": "ada", "name": "."}, "name"),
    ({"user": "ada", "name": ".."}, "name"),
    ({"user": "ada", "name": "x" * 256}, "longer than 255"),
    ({"user": "ada", "batch": 0}, "batch is 0: it must be more than 0"),
    ({"user": "ada", "wait_timeout": 0}, "wait_timeout is 0: it must be more than 0"),
    ({"select_users": ["*"], "state": "present"}, "cannot be used with a selection"),
    ({"select_idle_for": "1h"}, "cannot be used with state started"),
    ({"select_named": False, "state": "absent"}, "cannot be used with select_named false"),
    ({"select_idle_for": "soon", "state": "stopped"}, "select_idle_for 'soon' is not a duration"),
]


@pytest.mark.parametrize(("task", "words"), REFUSED, ids=[words for _task, words in REFUSED])
def test_refusals(hub: Hub, module: ModuleRunner, task: dict[str, Any], words: str) -> None:
    """A contradiction is refused before any write, in one sentence that gives the reason."""
    hub.add_users("ada")
    assert words in refused(hub, module, SERVER, task)["msg"]


EXCLUSIVE: list[dict[str, Any]] = [
    {},
    {"name": "w"},
    {"user": "ada", "servers": [{"user": "bob"}]},
    {"user_options": {"a": 1}, "servers": [{"user": "bob"}]},
    {"user": "ada", "select_users": ["*"]},
    {"servers": [{"user": "ada"}], "select_groups": ["g"]},
    {"select_named": True, "display_name": "X"},
    {"select_idle_for": "1h", "rename_from": "w"},
    {"select_users": ["*"], "name": "w"},
]


@pytest.mark.parametrize("task", EXCLUSIVE, ids=lambda task: " ".join(task) or "nothing")
def test_exclusive_options(hub: Hub, module: ModuleRunner, task: dict[str, Any]) -> None:
    """Exactly one of the forms is allowed: one server, a list or a selection. Anything else is
    refused before any request.
    """
    mark = hub.mark()
    result = module(SERVER, task)
    assert result["failed"], result
    assert any(
        words in result["msg"]
        for words in ("mutually exclusive", "one of the following is required")
    ), result["msg"]
    assert hub.requests(mark) == []


@pytest.mark.hubs("4", "5")
@pytest.mark.parametrize(
    ("option", "task"),
    [
        ("display_name", {"name": "w", "display_name": "W"}),
        ("rename_from", {"name": "w", "rename_from": "v"}),
        ("state present", {"name": "w", "state": "present"}),
    ],
)
def test_what_the_hub_is_too_old_for(
    hub: Hub, module: ModuleRunner, option: str, task: dict[str, Any]
) -> None:
    """The task is refused before any item is done, and the message names the hub version that is
    needed.
    """
    hub.add_users("ada")
    result = refused(hub, module, SERVER, {"servers": [{"user": "ada"}, {"user": "ada", **task}]})
    assert result["msg"] == (
        f"{option} needs JupyterHub 6.0; this hub is {hub.version}. Nothing was changed."
    )


def test_names_of_servers(hub: Hub, module: ModuleRunner) -> None:
    """Older hubs accept any server name. Names that a newer hub refuses are refused before any
    write.
    """
    hub.add_users("ada")
    names = ["A_b", "zwei Wörter", "a%2fb", "a#b?c", "1", "x-"]
    task = {"servers": [{"user": "ada", "name": name} for name in names]}
    if hub.series == "6":
        for one in task["servers"]:
            assert (
                f"{one['name']!r} is refused by JupyterHub 6"
                in refused(hub, module, SERVER, {"servers": [{"user": "ada"}, one]})["msg"]
            )
        task["servers"] = [{"user": "ada", "name": name} for name in ("a", "a-b-1", "x" * 30)]
    converge(hub, module, SERVER, task)
    assert states(hub) == {f"ada/{one['name']}": UP for one in task["servers"]}
    converge(hub, module, SERVER, {**task, "state": "absent"})
    assert states(hub) == {}


# Options of servers


def test_user_options(hub: Hub, module: ModuleRunner) -> None:
    """Options are stored unchanged, kept by items that do not set them, changed only by a restart,
    and cleared by an empty dict.
    """
    hub.add_users("ada", "bob", "eve")
    nested = {"a": {"b": [1, None]}, "user_options": {"c": "d"}}

    def run(name: str, **task: Any) -> Result:
        return converge(hub, module, SERVER, {"user": "ada", "name": name, **task})

    for name in ("", "w"):
        result = run(name, user_options=nested)
        assert facts(result["diff"]["before"]) == {
            f"server ada/{name}": {"state": ["stopped"], "user_options": [{}]}
        }
        assert facts(result["diff"]["after"]) == {
            f"server ada/{name}": {"state": ["started"], "user_options": [nested]}
        }
        assert options(hub)[f"ada/{name}"] == nested
        run(name, state="stopped", user_options={"z": 1})
        assert short(run(name)["changes"]) == [start(f"ada/{name}")]
        assert not module(SERVER, {"user": "ada", "name": name, "state": "restarted"})["failed"]
        assert options(hub)[f"ada/{name}"] == nested
        result = run(name, user_options={"a": 1})
        assert warned(result) == [
            f"Server ada/{name} is running with other user_options than declared: restart it, or set"
            " restart_if_changed."
        ]
        assert (result["changed"], options(hub)[f"ada/{name}"]) == (False, nested)
        result = run(name, user_options={"a": 1}, restart_if_changed=True)
        assert short(result["changes"]) == [
            stop(f"ada/{name}"),
            start(f"ada/{name}", user_options={"a": 1}),
        ]
        assert facts(result["diff"]["before"])[f"server ada/{name}"] == {
            "state": ["started"],
            "user_options": [nested],
        }
        assert (result["server"]["action"], result["server"]["ready"]) == ("restart", True)
        # 1 and True are equal in Python, but not in JSON.
        assert run(name, user_options={"a": True}, restart_if_changed=True)["changed"]
        run(name, state="stopped")
        result = run(name, user_options={})
        assert short(result["changes"]) == [start(f"ada/{name}", user_options={})]
        assert f"ada/{name}" not in options(hub)
        assert not run(name, user_options={}, restart_if_changed=True)["changed"]


def test_restart_if_changed_in_a_list(hub: Hub, module: ModuleRunner) -> None:
    """The option beside the list is the default of its items; only servers that differ are
    restarted.
    """
    hub.add_users("ada", "bob", "eve")
    for user in ("ada", "bob", "eve"):
        spawn(hub, user, options={"a": 1})
    task = {
        "servers": [
            {"user": "ada", "user_options": {"a": 2}},
            {"user": "bob", "user_options": {"a": 1}},
            {"user": "eve", "user_options": {"a": 2}, "restart_if_changed": False},
        ],
        "restart_if_changed": True,
    }
    result = converge(hub, module, SERVER, task)
    assert short(result["changes"]) == [stop("ada/"), start("ada/", user_options={"a": 2})]
    assert [text.partition(":")[0] for text in warned(result)] == [
        "Server eve/ is running with other user_options than declared"
    ]
    assert options(hub) == {"ada/": {"a": 2}, "bob/": {"a": 1}, "eve/": {"a": 1}}


# Only on JupyterHub 6


def display_names(hub: Hub) -> dict[str, str]:
    """Return the display names of ada's named servers."""
    return {
        name: server["display_name"]
        for name, server in hub.users()["ada"]["servers"].items()
        if name
    }


@pytest.mark.hubs("6")
def test_present(hub: Hub, module: ModuleRunner) -> None:
    """A named server is created and changed without a start; a running server is left as it is,
    with a warning.
    """
    hub.add_users("ada")

    def run(**task: Any) -> Result:
        return converge(
            hub, module, SERVER, {"user": "ada", "name": "w", "state": "present", **task}
        )

    result = run()
    assert short(result["changes"]) == [("create", "ada/w", {"state": "present"})]
    assert (result["server"]["url"], result["server"]["ready"]) == (f"{hub.path}user/ada/w/", False)
    result = run(display_name="My work")
    assert short(result["changes"]) == [("update", "ada/w", {"display_name": "My work"})]
    assert result["diff"]["before"] == 'server ada/w: display_name: "w"\n'
    assert (states(hub), display_names(hub)) == ({"ada/w": DOWN}, {"w": "My work"})
    assert not run()["changed"]
    result = converge(
        hub,
        module,
        SERVER,
        {
            "user": "ada",
            "name": "x",
            "state": "present",
            "user_options": {"b": 1},
            "display_name": "X",
        },
    )
    assert (options(hub)["ada/x"], display_names(hub)["x"]) == ({"b": 1}, "X")
    spawn(hub, "ada", "w")
    assert not run()["changed"]
    result = run(user_options={"c": 1}, display_name="Other")
    assert (result["changed"], warned(result)) == (
        False,
        [
            "Server ada/w differs from what is declared in display_name and user_options, which can"
            " be changed only while it is stopped."
        ],
    )
    assert (
        "There is nothing to create"
        in refused(hub, module, SERVER, {"user": "ada", "state": "present"})["msg"]
    )
    assert (
        "display_name is for named servers"
        in refused(hub, module, SERVER, {"user": "ada", "display_name": "X"})["msg"]
    )
    assert (
        "rename_from is for named servers"
        in refused(hub, module, SERVER, {"user": "ada", "rename_from": "w"})["msg"]
    )


@pytest.mark.hubs("6")
def test_present_with_other_options(hub: Hub, module: ModuleRunner) -> None:
    """The options are stored and the next start uses them. The hub does not show them before, and a
    warning says so.
    """
    hub.add_users("ada")
    task = {"user": "ada", "name": "w", "state": "present"}
    converge(hub, module, SERVER, {**task, "user_options": {"a": 1}})
    for value in ({"b": 1}, {}):
        result = module(SERVER, {**task, "user_options": value}, diff=True)
        assert short(result["changes"]) == [("update", "ada/w", {"user_options": value})]
        assert ["showing the old ones until" in text for text in warned(result)] == [True]
        assert short(converge(hub, module, SERVER, {"user": "ada", "name": "w"})["changes"]) == [
            start("ada/w")
        ]
        assert options(hub).get("ada/w", {}) == value
        converge(hub, module, SERVER, {"user": "ada", "name": "w", "state": "stopped"})
        assert warned(converge(hub, module, SERVER, {**task, "user_options": value})) == []


@pytest.mark.hubs("6")
def test_display_name(hub: Hub, module: ModuleRunner) -> None:
    """A start or a stop sets the display name; for a running server, the task gives a warning or
    restarts it.
    """
    hub.add_users("ada")

    def run(display_name: str, **task: Any) -> Result:
        return converge(
            hub, module, SERVER, {"user": "ada", "name": "w", "display_name": display_name, **task}
        )

    assert short(run("One")["changes"]) == [start("ada/w", display_name="One")]
    result = run("Two")
    assert warned(result) == [
        "Server ada/w is running with other display_name than declared: restart it, or set"
        " restart_if_changed."
    ]
    assert display_names(hub) == {"w": "One"}
    assert short(run("Two", restart_if_changed=True)["changes"]) == [
        stop("ada/w"),
        start("ada/w", display_name="Two"),
    ]
    assert display_names(hub) == {"w": "Two"}
    assert short(run("Three", state="stopped", wait=False)["changes"]) == [
        stop("ada/w"),
        ("update", "ada/w", {"display_name": "Three"}),
    ]
    assert display_names(hub) == {"w": "Three"}
    assert short(run("Four", state="stopped")["changes"]) == [
        ("update", "ada/w", {"display_name": "Four"})
    ]
    assert short(run("Five")["changes"]) == [start("ada/w", display_name="Five")]
    assert display_names(hub) == {"w": "Five"}


@pytest.mark.hubs("6")
@pytest.mark.parametrize(
    ("label", "before", "task", "changes", "after"),
    [
        (
            "only the old exists",
            {"ada/v": DOWN},
            {},
            [("rename", "ada/w", {"name": "w"}), start("ada/w")],
            {"ada/w": UP},
        ),
        (
            "and is not to be started",
            {"ada/v": DOWN},
            {"state": "present"},
            [("rename", "ada/w", {"name": "w"})],
            {"ada/w": DOWN},
        ),
        (
            "and is to be stopped",
            {"ada/v": DOWN},
            {"state": "stopped"},
            [("rename", "ada/w", {"name": "w"})],
            {"ada/w": DOWN},
        ),
        (
            "and is to be changed",
            {"ada/v": DOWN},
            {"state": "present", "display_name": "W"},
            [("rename", "ada/w", {"name": "w"}), ("update", "ada/w", {"display_name": "W"})],
            {"ada/w": DOWN},
        ),
        ("only the new exists", {"ada/w": UP}, {}, [], {"ada/w": UP}),
        ("neither exists", {}, {}, [start("ada/w")], {"ada/w": UP}),
        ("absent", {"ada/v": DOWN}, {"state": "absent"}, [], {"ada/v": DOWN}),
        ("to itself", {"ada/w": UP}, {"rename_from": "w"}, [], {"ada/w": UP}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_rename(
    hub: Hub,
    module: ModuleRunner,
    label: str,
    before: dict[str, str],
    task: dict[str, Any],
    changes: list[tuple[str, str, Any]],
    after: dict[str, str],
) -> None:
    """A renamed server keeps everything that it has."""
    hub.add_users("ada")
    settle(hub, before)
    result = converge(hub, module, SERVER, {"user": "ada", "name": "w", "rename_from": "v", **task})
    assert short(result["changes"]) == changes, label
    assert states(hub) == after
    if changes:
        assert result["server"]["url"] == f"{hub.path}user/ada/w/"


@pytest.mark.hubs("6")
def test_renames_that_are_refused(hub: Hub, module: ModuleRunner) -> None:
    """The task is refused before any write if both names exist, the old server runs, the new name
    is invalid, or the list contradicts itself.
    """
    hub.add_users("ada", "bob")
    settle(hub, {"ada/v": UP, "ada/w": DOWN})
    for task, words in [
        (
            {"name": "w", "rename_from": "v"},
            "Server ada/v cannot be renamed to w, because both exist",
        ),
        (
            {"name": "x", "rename_from": "v"},
            "Server ada/v is running, but can be renamed only while it is stopped",
        ),
        ({"name": "X_", "rename_from": "w"}, "'X_' is refused by JupyterHub 6"),
        ({"name": "x", "rename_from": "a/b"}, "contains a slash"),
    ]:
        assert (
            words
            in refused(
                hub, module, SERVER, {"servers": [{"user": "bob"}, {"user": "ada", **task}]}
            )["msg"]
        )
    for more in ({"user": "ada", "name": "w"}, {"user": "ada", "name": "y", "rename_from": "w"}):
        servers = [{"user": "bob"}, {"user": "ada", "name": "x", "rename_from": "w"}, more]
        assert (
            "Server ada/w is renamed to"
            in refused(hub, module, SERVER, {"servers": servers})["msg"]
        )


# Selections


def put_into_groups(hub: Hub) -> None:
    """Create a hub with five users, three groups, and servers of every kind."""
    hub.add_users("a1", "a2", "b1", "b2", "c1")
    hub.add_group("one", "a1", "b1")
    hub.add_group("two", "b1", "b2", "c1")
    hub.add_group("nobody")
    settle(hub, {"a1/": UP, "b1/": DOWN, "b1/v": DOWN, "b1/w": UP, "b2/": UP, "b2/w": UP})


SELECTIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({"select_users": ["*"], "state": "stopped"}, ["a1/", "b1/w", "b2/", "b2/w"]),
    ({"select_users": ["*"], "state": "restarted"}, ["a1/", "b1/w", "b2/", "b2/w"]),
    ({"select_users": ["*"], "state": "absent"}, ["b1/v", "b1/w", "b2/w"]),
    ({"select_users": ["*"]}, ["a2/", "b1/", "c1/"]),
    ({"select_users": ["A?", "c[1-9]"]}, ["a2/", "c1/"]),
    ({"select_users": ["a?", "c[2-9]"]}, ["a2/"]),
    ({"select_users": ["b*"], "select_named": True, "state": "stopped"}, ["b1/w", "b2/w"]),
    ({"select_users": ["b*"], "select_named": True}, ["b1/v"]),
    ({"select_users": ["b*"], "select_named": False, "state": "stopped"}, ["b2/"]),
    ({"select_named": True, "state": "stopped"}, ["b1/w", "b2/w"]),
    ({"select_groups": ["one"], "state": "stopped"}, ["a1/", "b1/w"]),
    ({"select_groups": ["one", "two"]}, ["b1/", "c1/"]),
    ({"select_groups": ["one"], "select_users": ["b*"], "state": "stopped"}, ["b1/w"]),
    ({"select_groups": ["two"], "select_named": False, "state": "stopped"}, ["b2/"]),
    ({"select_idle_for": "1h", "state": "stopped"}, []),
    ({"select_users": ["nothing*"]}, []),
    ({"select_users": []}, []),
    ({"select_groups": []}, []),
]


def test_selections(hub: Hub, module: ModuleRunner) -> None:
    """A server has to match all selections. The state started includes default servers that never
    ran.
    """
    put_into_groups(hub)
    for task, names in SELECTIONS:
        result = module(SERVER, task, check=True)
        assert not result["failed"], result
        assert sorted({name for _action, name, _fields in short(result["changes"])}) == names, task
        assert warned(result) == []
    result = converge(
        hub, module, SERVER, {"select_groups": ["two"], "state": "stopped", "return_objects": "all"}
    )
    assert [(one["user"], one["name"], one["ready"]) for one in result["servers"]] == [
        ("b1", "w", False),
        ("b2", "", False),
        ("b2", "w", False),
    ]
    result = converge(hub, module, SERVER, {"select_groups": ["two"], "user_options": {"a": 1}})
    assert [name for _action, name, _fields in short(result["changes"])] == ["b1/", "b2/", "c1/"]
    converge(hub, module, SERVER, {"select_groups": ["two"], "state": "absent"})
    assert states(hub) == {"a1/": UP, "b1/": UP, "b2/": UP, "c1/": UP}
    assert options(hub)["c1/"] == {"a": 1}
    result = module(
        SERVER, {"select_users": ["c*"], "user_options": {"a": 2}, "restart_if_changed": True}
    )
    assert short(result["changes"]) == [stop("c1/"), start("c1/", user_options={"a": 2})]


def test_groups_that_nobody_is_in(hub: Hub, module: ModuleRunner) -> None:
    """An unknown group is probably misspelt, so it is an error."""
    put_into_groups(hub)
    result = converge(
        hub, module, SERVER, {"select_groups": ["one", "typo", "nobody"], "state": "stopped"}
    )
    assert warned(result) == ["These groups have no members: nobody, typo."]
    assert [name for _action, name, _fields in short(result["changes"])] == ["a1/", "b1/w"]


def test_idle_servers(hub: Hub, module: ModuleRunner) -> None:
    """Only servers that were idle for this long are selected, each by its own activity."""
    put_into_groups(hub)
    # The second task has to run within the same time after the first one. Some databases only store
    # whole seconds.
    time.sleep(4.2)
    later = (
        (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=5))
        .isoformat()
        .replace("+00:00", "Z")
    )
    hub.expect("POST", "/users/b2/activity", {"servers": {"w": {"last_activity": later}}})
    hub.expect("POST", "/users/a1/activity", {"servers": {"": {"last_activity": later}}})
    result = converge(hub, module, SERVER, {"select_idle_for": "4", "state": "stopped"})
    assert [name for _action, name, _fields in short(result["changes"])] == ["b1/w", "b2/"]
    mark = hub.mark()
    assert module(SERVER, {"select_idle_for": "4s", "select_named": True, "state": "absent"})[
        "changed"
    ]
    # The hub counts a stop as activity, so servers that were just stopped are not idle.
    assert [request.path for request in writes(hub.requests(mark))] == ["/users/b1/servers/v"]
    assert states(hub) == {"a1/": UP, "b1/w": DOWN, "b2/w": UP}


@pytest.mark.parametrize("state", ["stopped", "absent"])
def test_a_server_out_of_sight_is_not_missing(hub: Hub, state: str) -> None:
    """The hub hides this server from a token that is limited to another server."""
    hub.add_users("ada")
    hub.expect("POST", "/users/ada/servers/gpu")
    secret = hub.expect(
        "POST", "/users/ada/tokens", {"scopes": ["read:users:name!user=ada", "servers!server=ada/"]}
    )["token"]
    run = runner(hub, api_token=secret)
    result = run(SERVER, {"user": "ada", "name": "gpu", "state": state})
    assert (result["failed"], result["changed"], result["missing_scopes"]) == (
        True,
        False,
        ["read:servers"],
    ), result
    assert "this task cannot know whether server ada/gpu exists" in result["msg"]
    assert not run(SERVER, {"user": "ada", "state": "stopped"})["failed"]
