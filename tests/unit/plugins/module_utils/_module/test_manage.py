# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that manage objects: check mode, failures halfway, and what is refused before the first
write.
"""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Writer
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import Record
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Missing,
    Plan,
    Step,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.operations import OPERATIONS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.task import Task
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import Needs
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    LooseStep,
    Reply,
    Sent,
    Wire,
    refusal,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.modules import (
    ME,
    Run,
)

# Modules that manage objects


class Things(Writer):
    """An adapter of things: it creates the declared number of them, one by one."""

    plural: t.ClassVar[str] = "things"
    singular: t.ClassVar[str] = "thing"
    key: t.ClassVar[str] = "name"
    operation: t.ClassVar[str] = "users_create"
    touches_admins: t.ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def scopes(options: t.Mapping[str, t.Any], hub: tuple[int, ...]) -> Needs:
        return Needs()

    def __init__(self, api: t.Any, options: dict[str, t.Any]) -> None:
        self.api = api
        self.names = [item["name"] for item in options["things"] or [options]]
        self.warnings: list[str] = []
        self.warnings.append("told")
        if "bad" in self.names:
            raise RefusedError("bad is no thing.")

    def plan(self) -> Plan:
        there = self.api.client.get("things")
        steps = tuple(
            LooseStep("create", "thing", name, self.operation, None, {"size": 1})
            for name in self.names
            if name not in there
        )
        objects = {name: {"name": name, "seen": False} for name in self.names}
        changed = frozenset(step.name for step in steps)
        return Plan(steps, objects, changed, len(self.names) - len(steps), self.touches_admins)

    def batch(self, steps: t.Sequence[Step]) -> int:
        return 1

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        self.api.client.request("POST", ("things", steps[0].name))
        return steps

    def look_up(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        there = self.api.client.get("things")
        return [step for step in steps if step.name in there]

    def objects(self, plan: Plan) -> dict[str, dict[str, t.Any]]:
        self.api.client.get("things")
        return {name: {**state, "seen": True} for name, state in plan.objects.items()}


class Hub:
    """A hub of things.

    :param faults: refusals, by the path of a write. The key ``later`` is the response to GET from
        the second time on.
    """

    def __init__(
        self,
        *there: str,
        me: t.Mapping[str, t.Any] | None = None,
        version: str = "6.1.1",
        **faults: Reply,
    ) -> None:
        self.there = list(there)
        self.me = ME if me is None else me
        self.version = version
        self.faults = faults
        self.reads = 0

    def __call__(self, sent: Sent) -> Reply:
        reply = self.answer(sent)
        reply.headers = {**reply.headers, "X-JupyterHub-Version": self.version}
        return reply

    def answer(self, sent: Sent) -> Reply:
        if sent.path == "/user":
            return Reply(data=dict(self.me))
        if sent.path == "/":
            return Reply(data={"version": self.version})
        if sent.method == "GET":
            self.reads += 1
            return (
                self.faults["later"]
                if self.reads > 1 and "later" in self.faults
                else Reply(data=list(self.there))
            )
        name = sent.path.rsplit("/", 1)[1]
        if name in self.faults:
            return self.faults[name]
        self.there.append(name)
        return Reply(201, {})


def things(*names: str, **more: t.Any) -> dict[str, t.Any]:
    return {"things": [{"name": name} for name in names], **more}


def change(name: str) -> dict[str, t.Any]:
    return {"action": "create", "kind": "thing", "name": name, "fields": {"size": 1}}


def test_check_mode_predicts_and_sends_nothing_but_get(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub("a"))
    predicted = run(Things, things("a", "b", "c"), check=True, diff=True)
    assert {method for method, path in wire.lines} == {"GET"}
    real = run(Things, things("a", "b", "c"), diff=True)
    again = run(Things, things("a", "b", "c"), diff=True)
    for key in ("changed", "changes", "summary", "diff"):
        assert predicted[key] == real[key]
    assert real["changes"] == [change("b"), change("c")]
    assert real["summary"] == {"create": 2, "unchanged": 1}
    assert real["diff"] == {
        "before": "",
        "after": "thing b\nthing b: size: 1\nthing c\nthing c: size: 1\n",
    }
    assert (again["changed"], again["changes"], again["summary"]) == (False, [], {"unchanged": 3})
    assert (predicted["warnings"], real["warnings"]) == (["told"], ["told"])


def test_no_diff_is_returned_without_request(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub())
    assert "diff" not in run(Things, things("a"))


@pytest.mark.parametrize(
    ("wanted", "listed"),
    [("changed", ["b"]), ("all", ["a", "b"]), ("none", None)],
)
@pytest.mark.parametrize("check", [False, True])
def test_the_objects_that_are_returned(
    run: Run, wire: Wire, wanted: str, listed: list[str] | None, check: bool
) -> None:
    wire.play(otherwise=Hub("a"))
    result = run(Things, things("a", "b", return_objects=wanted), check=check)
    assert [thing["name"] for thing in result.get("things") or []] == (listed or [])
    assert ("things" in result) == (listed is not None)
    assert all(thing["seen"] is not check for thing in result.get("things") or [])
    assert "thing" not in result


@pytest.mark.parametrize(("name", "listed"), [("a", []), ("b", ["b"])])
def test_the_one_object_is_returned_changed_or_not(
    run: Run, wire: Wire, name: str, listed: list[str]
) -> None:
    wire.play(otherwise=Hub("a"))
    result = run(Things, {"name": name})
    assert result["thing"] == {"name": name, "seen": True}
    assert [thing["name"] for thing in result["things"]] == listed
    assert "thing" not in run(Things, {"name": name, "return_objects": "none"})


def test_nonsensical_options_are_refused_before_any_request(run: Run, wire: Wire) -> None:
    result = run(Things, things("a", "bad"))
    assert result["msg"] == "bad is no thing. Nothing was changed."
    assert (result["changed"], result["requests"], wire.sent) == (False, 0, [])


def test_refused_items_stop_no_others_and_are_reported_at_the_end(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub(b=refusal(400, "no b today")))
    result = run(Things, things("a", "b", "c"), diff=True)
    assert result["failed"] is True
    assert result["changed"] is True
    assert result["changes"] == [change("a"), change("c")]
    assert result["pending"] == []
    assert result["refused"] == [
        {"kind": "thing", "name": "b", "status": 400, "hub_message": "no b today"}
    ]
    assert result["diff"] == {
        "before": "",
        "after": "thing a\nthing a: size: 1\nthing c\nthing c: size: 1\n",
    }
    assert (result["status"], result["hub_message"]) == (400, "no b today")
    assert result["msg"].endswith("Everything else was done.")


def test_a_failure_halfway_reports_what_is_done_and_what_is_not(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub(b=refusal(403, "Forbidden")))
    result = run(Things, things("a", "b", "c"), diff=True)
    assert result["failed"] is True
    assert result["changed"] is True
    assert result["changes"] == [change("a")]
    assert result["pending"] == [change("b"), change("c")]
    assert result["refused"] == []
    assert result["diff"] == {"before": "", "after": "thing a\nthing a: size: 1\n"}
    assert (result["status"], result["hub_message"]) == (403, "Forbidden")
    assert result["requests"] == 4


def test_a_failure_at_the_first_write_has_changed_nothing(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub(a=refusal(403)))
    result = run(Things, things("a", "b"), diff=True)
    assert (result["changed"], result["changes"], result["pending"]) == (
        False,
        [],
        [change("a"), change("b")],
    )
    assert "diff" not in result


def test_what_may_have_been_done_counts_as_a_change(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub(a=Reply(502, kind=None), later=refusal(500)))
    result = run(Things, things("a"))
    assert "its answer was lost" in result["msg"]
    assert (result["failed"], result["changed"], result["changes"], result["pending"]) == (
        True,
        True,
        [],
        [change("a")],
    )


def test_a_failure_after_all_steps_are_done_is_reported_as_such(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub(later=refusal(500, "no")))
    result = run(Things, things("a"))
    assert (result["failed"], result["changed"], result["changes"], result["pending"]) == (
        True,
        True,
        [change("a")],
        [],
    )


def test_an_internal_error_halfway_reports_what_is_done(
    run: Run, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(self: Things, plan: Plan) -> t.Any:
        raise KeyError("s3cr3t-text")

    monkeypatch.setattr(Things, "objects", mistaken)
    wire.play(otherwise=Hub())
    result = run(Things, things("a"))
    assert (result["failed"], result["changed"], result["changes"]) == (True, True, [change("a")])


def test_a_failure_in_check_mode_reports_no_change(run: Run) -> None:
    def work(task: Task) -> t.Any:
        task.record = Record(done=[LooseStep("create", "thing", "a", "users_create", None, {})])
        raise HubError("No.")

    result = run(work, check=True, diff=True)
    assert (result["changed"], result["changes"], "diff" in result) == (False, [], False)


def test_warnings_are_given_also_when_the_task_fails(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub(me={**ME, "scopes": []}))
    result = run(Things, things("a"), check=True)
    assert result["failed"] is True
    assert result["warnings"] == ["told"]


class Needing(Things):
    """Needs two objects that do not exist on the hub."""

    def plan(self) -> Plan:
        missing = Missing(
            "These things do not exist on the hub",
            ("x", "y"),
            "Create them first.",
            key="missing_things",
        )
        return dataclasses.replace(
            super().plan(), missing=(missing, Missing("Nor do these", (), ""))
        )


def test_what_is_missing_is_refused_before_any_write(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub())
    result = run(Needing, things("a"))
    assert (result["failed"], result["changed"], result["missing_things"]) == (
        True,
        False,
        ["x", "y"],
    )
    assert (
        result["msg"]
        == "These things do not exist on the hub: x, y. Create them first. Nothing was changed."
    )
    assert {method for method, _path in wire.lines} <= {"GET"}


def test_check_mode_assumes_that_an_earlier_task_creates_missing_objects(
    run: Run, wire: Wire
) -> None:
    wire.play(otherwise=Hub())
    result = run(Needing, things("a"), check=True)
    assert (result.get("failed"), result["changed"]) == (None, True)
    assert (
        "These things do not exist on the hub: x, y. Check mode assumes an earlier task creates"
        " them." in result["warnings"]
    )


# Before the first write


@pytest.mark.parametrize(
    ("operation", "scopes", "missing"),
    [
        ("users_create", ["admin:users"], []),
        ("users_create", ["admin:users!user=ada"], []),
        ("users_create", ["list:users", "admin:groups"], ["admin:users"]),
        ("users_create", [], ["admin:users"]),
        ("user_get", ["read:users:name"], []),
        ("user_get", ["read:servers!server=ada/"], []),
        ("user_get", [], ["read:users"]),
        ("whoami", [], []),
    ],
)
def test_a_plan_that_the_hub_is_bound_to_refuse_is_refused_first(
    run: Run,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    scopes: list[str],
    missing: list[str],
) -> None:
    monkeypatch.setattr(Things, "operation", operation)
    assert operation in OPERATIONS
    wire.play(otherwise=Hub(me={**ME, "scopes": scopes}))
    result = run(Things, things("a", "b"))
    assert result.get("missing_scopes", []) == missing
    assert bool(result.get("failed")) == bool(missing)
    if missing:
        assert (
            result["msg"]
            == f"The caller (service provisioner) lacks the scope {missing[0]}. Add what"
            " load_roles shows to the hub's configuration. Nothing was changed."
        )
        assert f"'scopes': ['{missing[0]}']" in result["load_roles"]
        assert {method for method, path in wire.lines} == {"GET"}


def test_every_missing_scope_is_reported_once(
    run: Run, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plan(self: Things) -> Plan:
        return Plan(
            tuple(
                LooseStep("update", "thing", "a", operation)
                for operation in ("users_create", "user_update", "user_delete", "group_create")
            )
        )

    monkeypatch.setattr(Things, "plan", plan)
    wire.play(otherwise=Hub(me={**ME, "scopes": []}))
    result = run(Things, things("a"))
    assert result["missing_scopes"] == ["admin:groups", "admin:users"]
    assert "lacks the scopes admin:groups, admin:users." in result["msg"]
    assert result["msg"].endswith(" Nothing was changed.")


def test_a_task_without_steps_needs_no_scope(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub("a", me={**ME, "scopes": []}))
    assert run(Things, things("a"))["changed"] is False
    assert ("GET", "/user") not in wire.lines


@pytest.mark.parametrize(
    ("version", "admin", "refused"),
    [
        ("4.0.2", False, False),
        ("4.1.6", False, True),
        ("5.5.4", False, True),
        ("6.1.1", False, True),
        ("6.1.1", True, False),
        ("4.1", False, True),
    ],
)
def test_a_caller_who_is_no_admin_cannot_create_admins_since_4_1(
    run: Run, wire: Wire, monkeypatch: pytest.MonkeyPatch, version: str, admin: bool, refused: bool
) -> None:
    monkeypatch.setattr(Things, "touches_admins", ("ada", "grace"))
    wire.play(otherwise=Hub(me={**ME, "admin": admin}, version=version))
    result = run(Things, things("a"))
    assert bool(result.get("failed")) is refused
    if refused:
        assert (
            "the service provisioner is not one, whatever its scopes: ada, grace." in result["msg"]
        )
        assert result["msg"].endswith(" Nothing was changed.")


@pytest.mark.parametrize("version", ["3.1.1", "1.5.0", "0.9.6", "unknown"])
def test_a_hub_that_is_too_old_is_refused(run: Run, wire: Wire, version: str) -> None:
    hub = Hub(version=version)
    wire.play(otherwise=hub)
    result = run(Things, things("a"))
    assert result["msg"] == (
        f"This collection needs JupyterHub 4.0; this hub is {version}. Nothing was changed."
    )
    assert hub.there == []


def test_the_version_is_requested_if_no_response_had_it(
    run: Run, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Things, "plan", lambda self: Plan())
    wire.play(
        Reply(data={"version": "5.5.4"}, headers={"X-JupyterHub-Version": "5.5.4"}), otherwise=Hub()
    )
    result = run(Things, things("a", return_objects="none"))
    assert wire.lines == [("GET", "/")]
    assert result["hub_version"] == "5.5.4"
