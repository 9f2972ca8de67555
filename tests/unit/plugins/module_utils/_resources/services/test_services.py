# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services: decisions without a hub, and the requests for them."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Plan
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    HubError,
    ItemError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    CallerRow,
    ServiceRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.services import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.decide import (
    CreateService,
    Current,
    check_rights,
    decide,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.wanted import (
    ServiceOptions,
    parse,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.work import (
    Services,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    HUB,
    Reply,
    Wire,
    refusal,
)

SECRET = "s3cr3t-of-a-service"  # the token with which the service identifies itself


def options(**params: t.Any) -> ServiceOptions:
    validated = ModuleArgumentSpecValidator(**copy.deepcopy(SPEC.to_kwargs())).validate(
        {"hub_url": HUB, **params}
    )
    assert list(validated.error_messages) == []
    return t.cast(ServiceOptions, validated.validated_parameters)


def service(name: str, **fields: t.Any) -> ServiceRow:
    row = {
        "name": name,
        "admin": False,
        "url": "",
        "prefix": "",
        "display": True,
        "info": {},
        "command": [],
        "pid": 0,
        "roles": [],
    }
    return t.cast(ServiceRow, {**row, **fields})


def planned(now: t.Iterable[ServiceRow], proved: t.Iterable[str] = (), **params: t.Any) -> Plan:
    return decide(
        parse(options(**params)), Current({row["name"]: row for row in now}, frozenset(proved))
    )


def changes_of(plan: Plan) -> list[tuple[str, str]]:
    return [(step.action, step.name) for step in plan.steps]


RECREATED = [("delete", "a"), ("create", "a")]
CASES: dict[str, tuple[list[ServiceRow], dict[str, t.Any], list[tuple[str, str]]]] = {
    "new": ([], {"name": "a"}, [("create", "a")]),
    "there": ([service("a", display=False)], {"name": "a"}, []),
    "as declared": (
        [service("a", info={"x": 1})],
        {"name": "a", "info": {"x": 1}, "display": True},
        [],
    ),
    "only Python takes it for the same": (
        [service("a", info={"x": 1})],
        {"name": "a", "info": {"x": True}, "recreate": True},
        RECREATED,
    ),
    "otherwise": ([service("a")], {"name": "a", "display": False, "recreate": True}, RECREATED),
    "another token": (
        [service("a")],
        {"name": "a", "service_token": SECRET, "recreate": True},
        RECREATED,
    ),
    "gone": ([], {"name": "a", "state": "absent"}, []),
    "to go": ([service("a")], {"name": "a", "state": "absent"}, [("delete", "a")]),
    "those that go come first, then those that are made anew": (
        [service("a"), service("b")],
        {
            "services": [
                {"name": "c"},
                {"name": "a", "display": False, "recreate": True},
                {"name": "b", "state": "absent"},
            ]
        },
        [("delete", "b"), *RECREATED, ("create", "c")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_decide(case: str) -> None:
    now, params, expected = CASES[case]
    plan = planned(now, **params)
    assert changes_of(plan) == expected
    assert bool(plan.unchanged) == (not expected)


def test_a_token_that_is_proved_is_no_difference() -> None:
    assert changes_of(planned([service("a")], ["a"], name="a", service_token=SECRET)) == []
    with pytest.raises(
        RefusedError, match="differs in service_token, and the hub cannot change a service"
    ):
        planned([service("a")], name="a", service_token=SECRET)


def test_a_recreated_service_keeps_what_is_not_declared() -> None:
    plan = planned(
        [service("a", info={"x": 1}, roles=["grader"])],
        name="a",
        display=False,
        recreate=True,
        service_token=SECRET,
    )
    delete, create = plan.steps
    assert isinstance(create, CreateService)
    assert (dict(create.spec), create.replaces) == ({"info": {"x": 1}, "display": False}, delete)
    assert create.depends_on(delete)
    assert SECRET not in repr(plan)
    assert len(plan.warnings) == 2


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (
            {"name": "a", "display": False},
            "differs in display, and the hub cannot change a service",
        ),
        (
            {"name": "m", "display": False, "recreate": True},
            "comes from the hub's configuration",
        ),
        ({"name": "m", "state": "absent"}, "comes from the hub's configuration"),
        ({"name": "n", "oauth_no_confirm": True}, "neither oauth_redirect_uri nor url"),
    ],
)
def test_what_is_refused(params: dict[str, t.Any], words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        planned([service("a"), service("m", command=["run"])], **params)


def test_unknown_is_not_different() -> None:
    hidden = t.cast(ServiceRow, {"name": "a"})
    with pytest.raises(RefusedError, match="read:services"):
        planned([hidden], name="a", display=False, recreate=True)


@pytest.mark.parametrize(
    ("caller", "lacking"),
    [
        ({"admin": True}, None),
        ({"scopes": ["read:users"]}, None),
        ({"scopes": ["read:users!user=ada"]}, None),
        ({"scopes": []}, "lacks read:users"),
    ],
)
def test_the_rights_to_make_it_again(caller: dict[str, t.Any], lacking: str | None) -> None:
    fields: dict[str, t.Any] = {
        "oauth_redirect_uri": "http://x",
        "oauth_client_allowed_scopes": ["read:users!user=ada"],
        "recreate": True,
        "display": False,
    }
    *_delete, create = planned([service("a")], name="a", **fields).steps
    assert isinstance(create, CreateService)
    me = t.cast(CallerRow, {"kind": "service", "name": "maker", "scopes": [], **caller})
    if lacking is None:
        check_rights(create, me)
    else:
        with pytest.raises(RefusedError, match=lacking):
            check_rights(create, me)


# Requests

# Asked where a service is not in the list, which may be limited to some.
ME = Reply(data={"kind": "service", "name": "me", "scopes": ["admin:services", "list:services"]})


def services(client: HubClient, **params: t.Any) -> Services:
    client.version = "6.1.1"
    return Services(HubApi(client), options(**params))


def listed(*rows: ServiceRow) -> Reply:
    return Reply(data={row["name"]: {"kind": "service", **row} for row in rows})


def test_what_is_written(client: HubClient, wire: Wire) -> None:
    wire.play(
        listed(),
        ME,
        refusal(403, "Missing or invalid credentials."),
        Reply(data={"kind": "service", "name": "me", "scopes": []}),
        refusal(403, "No."),
    )
    adapter = services(client, name="a", service_token=SECRET, info={"x": 1})
    (step,) = adapter.plan().steps
    reads = len(wire.sent)
    wire.play(Reply(201, {"kind": "service", **service("a")}))
    assert list(adapter.write([step])) == [step]
    assert [sent.line for sent in wire.sent[reads:]] == [
        ("POST", "/services/a", {"name": "a", "info": {"x": 1}, "api_token": SECRET})
    ]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refusal(409, "Service a already exists"), ItemError, "created by another client"),
        (refusal(400, "Invalid service data"), ApiError, "Its log says why"),
        (refusal(405, "Method Not Allowed"), ApiError, "comes from the hub's configuration"),
    ],
)
def test_refusals_stop_nothing_else(
    client: HubClient, wire: Wire, answer: Reply, kind: type[HubError], words: str
) -> None:
    wire.play(listed(), ME)
    adapter = services(client, name="a")
    (step,) = adapter.plan().steps
    wire.play(answer)
    with pytest.raises(kind, match=words) as caught:
        adapter.write([step])
    assert isinstance(caught.value, HubError)
    assert caught.value.of_one_item


def test_services_that_are_hidden(client: HubClient, wire: Wire) -> None:
    """Only a service that the caller's scope names is known to be missing, and only the fields that
    it sees are compared.
    """
    scopes = ["admin:services!service=new", "list:services!service=new", "read:services!service=b"]
    wire.play(
        listed(service("b"), {"name": "c"}),
        Reply(
            data={"kind": "service", "name": "me", "scopes": [*scopes, "list:services!service=x"]}
        ),
    )
    names = ["a", "new", "b", "c"]
    rows = [{"name": name, "state": "present", "info": {}} for name in names]
    adapter = services(client, services=[*rows, {"name": "d", "state": "absent"}])
    plan = adapter.plan()
    assert [(step.action, step.name) for step in plan.steps] == [("create", "new")]
    assert [one.name for one in plan.unread] == ["a", "d", "c"]
    assert "is limited to other services" in plan.unread[0].error.message
    assert "cannot see the info of service c" in plan.unread[2].error.message
    assert list(plan.objects) == ["new", "b"]


@pytest.mark.parametrize(("now", "made"), [(listed(), False), (listed(service("a")), True)])
def test_lost_answers_are_looked_up(client: HubClient, wire: Wire, now: Reply, made: bool) -> None:
    wire.play(listed(service("b")), ME)
    adapter = services(client, services=[{"name": "a"}, {"name": "b", "state": "absent"}])
    delete, create = adapter.plan().steps
    wire.play(now)
    assert adapter.look_up([delete, create]) == ([delete, create] if made else [delete])
    assert {sent.method for sent in wire.sent} == {"GET"}
