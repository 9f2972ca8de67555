# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shares: the declaration, decisions without a hub, and the requests for them."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Plan, Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.shares import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.decide import (
    Code,
    Shared,
    decide,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.wanted import (
    ShareOptions,
    WantedShares,
    Whom,
    parse,
    stored_as,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.work import Shares
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    HUB,
    Reply,
    Wire,
    refusal,
)

ACCESS, READ = "access:servers", "read:servers"
BOB: Whom = ("user", "bob")
CY: Whom = ("user", "cy")
TUTORS: Whom = ("group", "tutors")

Told = tuple[str, str, t.Optional[list[str]]]


def options(**params: t.Any) -> ShareOptions:
    validated = ModuleArgumentSpecValidator(**copy.deepcopy(SPEC.to_kwargs())).validate(
        {"hub_url": HUB, **params}
    )
    assert list(validated.error_messages) == []
    return t.cast(ShareOptions, validated.validated_parameters)


def wanted(**params: t.Any) -> WantedShares:
    (item,) = parse(options(owner="ada", **params))
    return item


def planned(
    now: dict[Whom, set[str]], codes: tuple[Code, ...] = (), *, exists: bool = True, **params: t.Any
) -> Plan:
    item = wanted(**params)
    return decide(
        [item],
        {
            item.server_key: Shared(
                exists, {guest: frozenset(scopes) for guest, scopes in now.items()}, codes
            )
        },
    )


def changes_of(steps: t.Iterable[Step]) -> list[Told]:
    """Return the action, the guest, and the future scopes without their filter."""
    return [
        (
            step.action,
            step.name.partition(" with ")[2] or "code",
            (
                None
                if step.after is None
                else [s.partition("!")[0] for s in t.cast("list[str]", step.after["scopes"])]
            ),
        )
        for step in steps
    ]


CASES: dict[str, tuple[dict[Whom, set[str]], dict[str, t.Any], list[Told]]] = {
    "a guest": ({}, {"users": ["bob"]}, [("create", "user bob", [ACCESS])]),
    "a guest who is there": ({BOB: {READ}}, {"users": ["bob"]}, []),
    "none": ({BOB: {READ}, TUTORS: {READ}}, {"users": []}, [("revoke", "user bob", None)]),
    "none of both kinds": (
        {BOB: {READ}, TUTORS: {READ}},
        {"users": [], "groups": []},
        [("revoke", "group tutors", None), ("revoke", "user bob", None)],
    ),
    "other scopes": (
        {BOB: {READ}},
        {"users": ["bob"], "scopes": [ACCESS]},
        [("update", "user bob", [ACCESS, READ]), ("update", "user bob", [ACCESS])],
    ),
    "more scopes": (
        {BOB: {READ}},
        {"users": ["bob"], "scopes": [ACCESS], "mode": "present"},
        [("update", "user bob", [ACCESS, READ])],
    ),
    "fewer scopes": (
        {BOB: {READ, ACCESS}},
        {"users": ["bob"], "scopes": [ACCESS], "mode": "absent"},
        [("update", "user bob", [READ])],
    ),
    "the last scope": (
        {BOB: {READ}},
        {"users": ["bob"], "scopes": [READ, ACCESS], "mode": "absent"},
        [("revoke", "user bob", None)],
    ),
    "gone already": ({}, {"users": ["bob"], "mode": "absent"}, []),
    "no scopes": (
        {BOB: {READ}},
        {"users": [{"name": "bob", "scopes": []}]},
        [("revoke", "user bob", None)],
    ),
    "own scopes": (
        {CY: {ACCESS}},
        {"users": ["cy", {"name": "bob", "scopes": [READ]}], "scopes": [ACCESS]},
        [("create", "user bob", [READ])],
    ),
    "own scopes go": (
        {CY: {ACCESS, READ}, BOB: {READ}},
        {"users": ["cy", {"name": "bob", "scopes": [ACCESS]}], "mode": "absent"},
        [("revoke", "user cy", None)],
    ),
    "in order": (
        {BOB: {READ}, CY: {ACCESS}},
        {"users": [{"name": "bob", "scopes": [ACCESS, READ]}], "groups": ["tutors"]},
        [
            ("create", "group tutors", [ACCESS]),
            ("update", "user bob", [ACCESS, READ]),
            ("revoke", "user cy", None),
        ],
    ),
    "a code, after all else": (
        {CY: {ACCESS}},
        {"users": [], "code": True, "scopes": [READ]},
        [("revoke", "user cy", None), ("create", "code", [READ])],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_decide(case: str) -> None:
    now, params, expected = CASES[case]
    plan = planned(now, **params)
    assert changes_of(plan.steps) == expected
    assert (plan.unchanged, bool(plan.changed)) == (not expected, bool(expected))


def test_codes() -> None:
    codes = (Code("sc_1", frozenset({READ})), Code("sc_2", frozenset({ACCESS, READ})))
    assert planned({}, codes, code=True, scopes=[READ]).steps == ()
    (made,) = planned({}, codes, code=True, expires_in="1h").steps
    assert (made.action, made.after) == (
        "create",
        {
            "code": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER",
            "scopes": ["access:servers!server=ada/"],
            "expires_in": 3600,
        },
    )
    gone = planned({}, codes, code=True, mode="absent").steps
    assert [(step.action, step.before) for step in gone] == [
        ("revoke", {"id": "sc_1"}),
        ("revoke", {"id": "sc_2"}),
    ]


def test_a_server_that_is_missing_is_required() -> None:
    assert planned({}, exists=False, server="lab", users=["bob"]).missing[0].names == ("ada/lab",)
    assert (
        planned({}, exists=False, server="lab", users=["bob"], mode="absent").missing[0].names == ()
    )


def test_names_as_the_hub_has_them() -> None:
    items = parse(
        options(
            shares=[{"owner": "Ada", "users": ["Bob", "bob", {"name": "BOB", "scopes": [READ]}]}]
        )
    )
    (item,) = stored_as(items, {"Ada": "ada", "Bob": "bob", "bob": "bob", "BOB": "bob"})
    assert (item.title, dict(item.guests)) == ("ada/", {BOB: frozenset({READ})})
    both = parse(
        options(shares=[{"owner": "Ada", "users": []}, {"owner": "ada", "users": ["bob"]}])
    )
    assert len(stored_as(both, {"Ada": "Ada", "ada": "ada", "bob": "bob"})) == 2
    with pytest.raises(RefusedError, match="declared twice, with two spellings of its owner"):
        stored_as(both, {"Ada": "ada", "ada": "ada", "bob": "bob"})


# Requests


def shares(client: HubClient, **params: t.Any) -> tuple[Shares, Plan]:
    client.version = "6.1.1"
    adapter = Shares(HubApi(client), options(owner="ada", **params))
    return adapter, adapter.plan()


MOMENT = "2026-01-01T00:00:00Z"
SERVER = {"user": {"name": "ada"}, "name": "", "url": "/user/ada/", "ready": True}


def row(name: str, scopes: list[str]) -> dict[str, t.Any]:
    """Return a share as the hub lists it."""
    limited = [f"{scope}!server=ada/" for scope in scopes]
    return {
        "server": SERVER,
        "kind": "user",
        "user": {"name": name},
        "group": None,
        "scopes": limited,
        "created_at": MOMENT,
    }


def rows(*guests: tuple[str, list[str]]) -> Reply:
    items = [row(name, scopes) for name, scopes in guests]
    return Reply(
        data={
            "items": items,
            "_pagination": {"offset": 0, "limit": 200, "total": len(items), "next": None},
        }
    )


WRITES: dict[str, tuple[Reply, dict[str, t.Any], list[tuple[str, t.Any]]]] = {
    "grant": (
        rows(),
        {"users": ["bob"]},
        [("POST", {"user": "bob", "scopes": ["access:servers!server=ada/"]})],
    ),
    "revoke": (rows(("bob", [READ])), {"users": []}, [("PATCH", {"user": "bob"})]),
    "revoke some": (
        rows(("bob", [READ, ACCESS])),
        {"users": ["bob"], "scopes": [READ], "mode": "absent"},
        [("PATCH", {"user": "bob", "scopes": ["read:servers!server=ada/"]})],
    ),
}


@pytest.mark.parametrize("case", WRITES)
def test_what_is_written(client: HubClient, wire: Wire, case: str) -> None:
    now, params, expected = WRITES[case]
    found = Reply(data={"kind": "user", "name": "bob", "created": MOMENT})
    wire.play(now, *([found] if case == "grant" else []))
    adapter, plan = shares(client, **params)
    reads = len(wire.sent)
    for step in plan.steps:
        wire.play(Reply(data=row("bob", [ACCESS]) if case == "grant" else {}))
        assert list(adapter.write([step])) == [step]
    assert [(sent.method, sent.body) for sent in wire.sent[reads:]] == expected


@pytest.mark.parametrize(
    ("now", "done"),
    [(rows(), False), (rows(("bob", [ACCESS])), True), (rows(("bob", [READ])), False)],
)
def test_a_grant_whose_answer_was_lost_is_looked_up(
    client: HubClient, wire: Wire, now: Reply, done: bool
) -> None:
    wire.play(rows(), Reply(data={"kind": "user", "name": "bob", "created": MOMENT}))
    adapter, plan = shares(client, users=["bob"])
    wire.play(now)
    assert list(adapter.look_up(plan.steps)) == (list(plan.steps) if done else [])
    assert {sent.method for sent in wire.sent} == {"GET"}


def test_a_code_whose_answer_was_lost_is_only_deleted_by_clean_up(
    client: HubClient, wire: Wire
) -> None:
    def codes(*ids: str) -> Reply:
        times = {
            "created_at": MOMENT,
            "expires_at": MOMENT,
            "exchange_count": 0,
            "last_exchanged_at": None,
        }
        items = [
            {"server": SERVER, "id": one, "scopes": ["read:servers!server=ada/"], **times}
            for one in ids
        ]
        return Reply(
            data={
                "items": items,
                "_pagination": {"offset": 0, "limit": 200, "total": len(ids), "next": None},
            }
        )

    wire.play(rows(), codes("sc_1"))
    adapter, plan = shares(client, code=True)
    assert list(adapter.look_up(plan.steps)) == []
    assert {sent.method for sent in wire.sent} == {"GET"}
    wire.play(codes("sc_1", "sc_2"), Reply(204))
    adapter.clean_up(plan.steps)
    assert (wire.sent[-1].method, wire.sent[-1].path, wire.sent[-1].query) == (
        "DELETE",
        "/share-codes/ada/",
        {"id": "sc_2"},
    )


def test_a_server_that_is_not_there(client: HubClient, wire: Wire) -> None:
    wire.play(refusal(404, "No such server: ada/"))
    assert shares(client, users=["bob"], mode="absent")[1].steps == ()
