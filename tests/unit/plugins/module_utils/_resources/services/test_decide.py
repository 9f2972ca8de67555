# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions for services: the declaration, the hub, and the steps between them. No API is involved,
real or fake.
"""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.decide import (
    CreateService,
    Current,
    DeleteService,
    check_rights,
    decide,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.wanted import (
    WantedService,
    WantedServices,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.tables import (
    kinds_of,
    said,
    service,
)

Row = dict[str, t.Any]
TOKEN = "s3cr3t-of-the-service"
URL = "http://10.0.0.7:8000"


def wanted(
    name: str = "grader",
    state: t.Any = "present",
    recreate: bool = False,
    token: str | None = None,
    **fields: t.Any,
) -> WantedService:
    """Return one declared service."""
    return WantedService(name, state, recreate, fields, token)


def created(
    token: str | None = None, replaces: DeleteService | None = None, **spec: t.Any
) -> CreateService:
    return CreateService("grader", spec, token, replaces)


def replaced(past: dict[str, t.Any], token: str | None = None, **spec: t.Any) -> list[Step]:
    """Return the steps that recreate a service."""
    removal = DeleteService("grader", past)
    return [removal, created(token, removal, **spec)]


PLAIN = service("grader")
# By topic: the declaration, the hub, the services whose token is the declared one, the steps.
STEPS: dict[str, tuple[list[WantedService], list[Row], set[str], list[Step]]] = {
    # create
    "a new service": ([wanted()], [], set(), [created()]),
    "a new service with all that it has": (
        [wanted(token=TOKEN, url=URL, admin=True, oauth_no_confirm=True)],
        [],
        set(),
        [created(TOKEN, url=URL, admin=True, oauth_no_confirm=True)],
    ),
    # delete
    "deleted": ([wanted(state="absent")], [PLAIN], set(), [DeleteService("grader", {})]),
    "deleted, with what it has": (
        [wanted(state="absent")],
        [service("grader", url=URL, display=False)],
        set(),
        [DeleteService("grader", {"url": URL, "display": False})],
    ),
    # both
    "another url": ([wanted(recreate=True, url=URL)], [PLAIN], set(), replaced({}, url=URL)),
    "another token": ([wanted(recreate=True, token=TOKEN)], [PLAIN], set(), replaced({}, TOKEN)),
    "what is not declared is kept": (
        [wanted(recreate=True, url=URL)],
        [service("grader", info={"team": 7}, url="http://old")],
        set(),
        replaced({"url": "http://old", "info": {"team": 7}}, url=URL, info={"team": 7}),
    ),
    "deletions come first": (
        [wanted(), wanted("old", "absent")],
        [service("old")],
        set(),
        [DeleteService("old", {}), created()],
    ),
}

# The declaration, the hub, and the services whose token is the declared one; no step is needed.
NO_CHANGE: dict[str, tuple[WantedService, list[Row], set[str]]] = {
    "exists": (wanted(), [PLAIN], set()),
    "the same fields": (
        wanted(url=URL, info={"a": 1}, display=False, admin=True),
        [service("grader", url=URL, info={"a": 1}, display=False, admin=True)],
        set(),
    ),
    "the same token": (wanted(token=TOKEN), [PLAIN], {"grader"}),
    "what the hub never shows": (wanted(oauth_redirect_uri="/x"), [PLAIN], set()),
    "the hub runs it itself": (wanted(), [service("grader", command=["x"])], set()),
    "recreate alone": (wanted(recreate=True), [PLAIN], set()),
    "absent already": (wanted(state="absent"), [], set()),
}


def current(rows: t.Iterable[Row], proved: t.Iterable[str] = ()) -> Current:
    """Return the state of the hub."""
    return Current(t.cast(t.Any, {row["name"]: row for row in rows}), frozenset(proved))


@pytest.mark.parametrize(("declared", "hub", "proved", "steps"), STEPS.values(), ids=STEPS)
def test_the_steps(
    declared: list[WantedService], hub: list[Row], proved: set[str], steps: list[Step]
) -> None:
    plan = decide(WantedServices(tuple(declared), None), current(hub, proved))
    assert said(plan.steps) == said(steps)
    assert plan.unchanged == 0
    present = {each.name for each in declared if each.state == "present"}
    assert plan.changed == set(plan.objects) == present


@pytest.mark.parametrize(("declared", "hub", "proved"), NO_CHANGE.values(), ids=NO_CHANGE)
def test_no_change(declared: WantedService, hub: list[Row], proved: set[str]) -> None:
    plan = decide(WantedServices((declared,), None), current(hub, proved))
    assert not plan.steps
    assert not plan.warnings
    assert (plan.unchanged, plan.changed) == (1, frozenset())


def test_the_table_has_every_kind_of_step() -> None:
    assert kinds_of(case[-1] for case in STEPS.values()) == {"CreateService", "DeleteService"}


def test_a_creation_depends_on_the_deletion_before_it() -> None:
    plan = decide(WantedServices((wanted(recreate=True, url=URL),), None), current([PLAIN]))
    deletion, creation = plan.steps
    assert creation.depends_on(deletion)
    assert "lost" in plan.warnings[0]


# The declaration, the hub, and the message.
REFUSED: dict[str, tuple[WantedService, Row, str]] = {
    "a difference without recreate": (wanted(url=URL), PLAIN, "set recreate"),
    "the hub's own, to be changed": (
        wanted(recreate=True, url=URL),
        service("grader", command=["x"]),
        "comes from the hub's configuration",
    ),
    "the hub's own, to be deleted": (
        wanted(state="absent"),
        service("grader", command=["x"]),
        "comes from the hub's configuration",
    ),
    "a hidden field": (wanted(url=URL), {"name": "grader"}, "cannot see the url"),
    "OAuth without an address": (
        wanted("other", oauth_no_confirm=True),
        PLAIN,
        "neither oauth_redirect_uri nor url",
    ),
}


@pytest.mark.parametrize(("declared", "row", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(declared: WantedService, row: Row, message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        decide(WantedServices((declared,), None), current([row]))
    assert message in str(caught.value)


# The created service, the caller's scopes, and whether they are enough.
RIGHTS: dict[str, tuple[CreateService, dict[str, t.Any], bool]] = {
    "nothing special": (created(), {}, True),
    "an admin may do everything": (created(admin=True), {"admin": True}, True),
    "to make an admin": (created(admin=True), {}, False),
    "a scope that the caller has": (
        created(oauth_client_allowed_scopes=["self"]),
        {"scopes": ["self"]},
        True,
    ),
    "a limited one of it": (
        created(oauth_client_allowed_scopes=["users!user=ada"]),
        {"scopes": ["users"]},
        True,
    ),
    "a scope that the caller lacks": (created(oauth_client_allowed_scopes=["users"]), {}, False),
}


@pytest.mark.parametrize(("creation", "caller", "enough"), RIGHTS.values(), ids=RIGHTS)
def test_who_may_make_a_service_anew(
    creation: CreateService, caller: dict[str, t.Any], enough: bool
) -> None:
    me: t.Any = {"kind": "service", "name": "provisioner", "admin": False, "scopes": [], **caller}
    if enough:
        check_rights(creation, me)
        return
    with pytest.raises(RefusedError, match="could not be created again"):
        check_rights(creation, me)
