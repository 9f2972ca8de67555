# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exact requests of each step of a service: method, path and body. The network is a script."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.services import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.decide import (
    CreateService,
    DeleteService,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.work import (
    Services,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.exchanges import (
    LOST,
    Case,
    Exchange,
    carry_out,
    expected,
    ok,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Wire,
    refusal,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.tables import (
    kinds_of,
    service,
)

TOKEN, URL = "s3cr3t-of-the-service", "http://10.0.0.7:8000"
CREATE, DELETE = CreateService("grader", {"url": URL}, TOKEN), DeleteService("grader", {})
CREATE_AFTER_DELETE = CreateService("grader", {"url": URL}, None, DELETE)
GRADER = service("grader", url=URL)


def post(answer: t.Any, token: str | None = TOKEN) -> Exchange:
    secret = {} if token is None else {"api_token": token}
    return "POST", "/services/grader", {"name": "grader", "url": URL, **secret}, answer


def delete(answer: t.Any) -> Exchange:
    return "DELETE", "/services/grader", None, answer


def look(*rows: dict[str, t.Any]) -> Exchange:
    return "GET", "/services", None, ok({row["name"]: row for row in rows})


CASES: dict[str, Case] = {
    # One request of each kind
    "create": Case([CREATE], [post(ok(GRADER, 201))]),
    "delete": Case([DELETE], [delete(ok(status=204))]),
    "delete and make anew": Case(
        [DELETE, CREATE_AFTER_DELETE], [delete(ok(status=204)), post(ok(GRADER, 201), None)]
    ),
    # Lost answers
    "create, done, and its answer lost": Case([CREATE], [post(LOST), look(GRADER)]),
    "create, not done, and its answer lost": Case(
        [CREATE], [post(LOST), look(), post(ok(GRADER, 201))]
    ),
    "delete, done, and its answer lost": Case(
        [DELETE], [delete(LOST), delete(refusal(404, "No such service: grader"))]
    ),
    # Changes of another client
    "delete, and somebody else was faster": Case(
        [DELETE], [delete(refusal(404, "No such service: grader"))], done=[]
    ),
    # Refusals
    "create, and somebody else was faster": Case(
        [CREATE], [post(refusal(409, "exists"))], done=[], error="was created by another client"
    ),
    "create, and the hub does not say why not": Case(
        [CREATE], [post(refusal(400, "Failed"))], done=[], error="Its log says why."
    ),
    "delete what the configuration defines, and what depends on it": Case(
        [DELETE, CREATE_AFTER_DELETE],
        [delete(refusal(405, "not modifiable"))],
        done=[],
        error="comes from the hub's configuration",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_requests(client: HubClient, wire: Wire, case: Case) -> None:
    assert carry_out(case, Services, SPEC, {"services": []}, client, wire) == expected(case)


def test_the_table_has_every_kind_of_step() -> None:
    assert kinds_of(case.steps for case in CASES.values()) == {"CreateService", "DeleteService"}
