# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exact requests of each step of a group: method, path and body. The network is a script."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.groups import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.steps import (
    AddMember,
    CreateGroup,
    DeleteGroup,
    RemoveMember,
    SetProperties,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.work import Groups
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
    group,
    kinds_of,
)

CREATE, DELETE = CreateGroup("g"), DeleteGroup("g", [], {})
ADD, ADD_EVE = AddMember("g", "ada"), AddMember("g", "eve")
REMOVE = RemoveMember("g", "ada")
FIRST = AddMember("g", "ada", "group_create")
SET = SetProperties("g", {}, {"cpu": 1}, ("cpu",))
PROPERTIES = "/groups/g/properties"


def create(*users: str, answer: t.Any) -> Exchange:
    return "POST", "/groups/g", {"users": list(users)}, answer


def add(*users: str, answer: t.Any) -> Exchange:
    return "POST", "/groups/g/users", {"users": list(users)}, answer


def remove(*users: str, answer: t.Any) -> Exchange:
    return "DELETE", "/groups/g/users", {"users": list(users)}, answer


def look(answer: t.Any) -> Exchange:
    return "GET", "/groups/g", None, answer


CASES: dict[str, Case] = {
    # One request of each kind
    "create": Case([CREATE], [create(answer=ok(group("g"), 201))]),
    "create with the first members": Case(
        [CREATE, FIRST], [create("ada", answer=ok(group("g", "ada"), 201))]
    ),
    "create in a folder": Case(
        [CreateGroup("c/1")], [("POST", "/groups/c%2F1", {"users": []}, ok(group("c/1"), 201))]
    ),
    "add": Case([ADD], [add("ada", answer=ok(group("g", "ada")))]),
    "add several at once": Case(
        [ADD, ADD_EVE], [add("ada", "eve", answer=ok(group("g", "ada", "eve")))]
    ),
    "remove and add": Case(
        [REMOVE, ADD_EVE],
        [remove("ada", answer=ok(group("g"))), add("eve", answer=ok(group("g", "eve")))],
    ),
    "set properties": Case([SET], [("PUT", PROPERTIES, {"cpu": 1}, ok(group("g", cpu=1)))]),
    "set a property that Python finds equal": Case(
        [SetProperties("g", {"cpu": 1}, {"cpu": True}, ("cpu",))],
        [
            ("PUT", PROPERTIES, {}, ok(group("g"))),
            ("PUT", PROPERTIES, {"cpu": True}, ok(group("g", cpu=True))),
        ],
    ),
    "delete": Case([DELETE], [("DELETE", "/groups/g", None, ok(status=204))]),
    # Lost answers
    "create, done, and its answer lost": Case(
        [CREATE, FIRST], [create("ada", answer=LOST), look(ok(group("g", "ada")))]
    ),
    "create, not done, and its answer lost": Case(
        [CREATE],
        [
            create(answer=LOST),
            look(refusal(404, "No such group: g")),
            create(answer=ok(group("g"), 201)),
        ],
    ),
    "add is simply sent again": Case(
        [ADD], [add("ada", answer=LOST), add("ada", answer=ok(group("g", "ada")))]
    ),
    "remove is simply sent again": Case(
        [REMOVE], [remove("ada", answer=LOST), remove("ada", answer=ok(group("g")))]
    ),
    "delete, done, and its answer lost": Case(
        [DELETE],
        [
            ("DELETE", "/groups/g", None, LOST),
            ("DELETE", "/groups/g", None, refusal(404, "No such group: g")),
        ],
    ),
    # Changes of another client
    "delete, and somebody else was faster": Case(
        [DELETE], [("DELETE", "/groups/g", None, refusal(404, "No such group: g"))], done=[]
    ),
    # Refusals
    "add, of which one name is unknown": Case(
        [ADD, ADD_EVE],
        [
            add("ada", "eve", answer=refusal(400, "No such user: eve")),
            look(ok(group("g"))),
            add("ada", answer=ok(group("g", "ada"))),
        ],
        done=[ADD],
        error="No such user: eve",
    ),
    "add, and the hub takes the name for another user": Case(
        [ADD],
        [add("ada", answer=ok(group("g", "bob"))), remove("bob", answer=ok(group("g")))],
        done=[],
        error="added bob instead, which was undone",
    ),
    "create, and another group has taken the name": Case(
        [CREATE],
        [
            create(answer=refusal(409, "Group g already exists")),
            look(refusal(404, "No such group: g")),
        ],
        done=[],
        error="has no group of this name",
    ),
    "all that the caller may not": Case(
        [SET, DELETE],
        [("PUT", PROPERTIES, {"cpu": 1}, refusal(403, "requires any of [groups]"))],
        done=[],
        error="groups",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_requests(client: HubClient, wire: Wire, case: Case) -> None:
    assert carry_out(case, Groups, SPEC, {"groups": []}, client, wire) == expected(case)


def test_the_table_has_every_kind_of_step() -> None:
    assert kinds_of(case.steps for case in CASES.values()) == {
        "CreateGroup",
        "AddMember",
        "RemoveMember",
        "SetProperties",
        "DeleteGroup",
    }
