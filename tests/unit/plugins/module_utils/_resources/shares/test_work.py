# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exact requests of each step of a share: method, path and body. The network is a script."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.shares import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.decide import (
    CreateShareCode,
    DeleteShareCode,
    GrantShare,
    RevokeShare,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.work import Shares
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
    page,
    refusal,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.tables import kinds_of

LAB: tuple[str, str] = ("ada", "lab")
EVE: tuple[t.Literal["user", "group"], str] = ("user", "eve")
ACCESS, READ = frozenset({"access:servers"}), frozenset({"read:servers"})
ACCESS_LAB, READ_LAB = "access:servers!server=ada/lab", "read:servers!server=ada/lab"
CREATE = GrantShare("create", "ada/lab with user eve", LAB, EVE, None, ACCESS)
GRANT = GrantShare("update", "ada/lab with user eve", LAB, EVE, READ, ACCESS | READ)
REVOKE_SOME_SCOPES = RevokeShare("update", "ada/lab with user eve", LAB, EVE, ACCESS | READ, READ)
REVOKE = RevokeShare("revoke", "ada/lab with user eve", LAB, EVE, ACCESS, None)
CODE = CreateShareCode("ada/lab code", LAB, ACCESS, 3600, frozenset({"c0"}))
NO_CODE = DeleteShareCode("ada/lab code", LAB, "c1")


def share(*scopes: str) -> dict[str, t.Any]:
    """Return a share of ada's server lab with eve."""
    return {
        "server": {"user": {"name": "ada"}, "name": "lab"},
        "scopes": list(scopes),
        "kind": "user",
        "user": {"name": "eve"},
        "group": None,
        "created_at": "2026-01-01T00:00:00Z",
    }


def code(code_id: str, **fields: t.Any) -> dict[str, t.Any]:
    """Return a share code of ada's server lab."""
    return {
        "server": {"user": {"name": "ada"}, "name": "lab"},
        "scopes": [ACCESS_LAB],
        "id": code_id,
        "created_at": "2026-01-01T00:00:00Z",
        "expires_at": None,
        **fields,
    }


def grant(answer: t.Any) -> Exchange:
    return "POST", "/shares/ada/lab", {"user": "eve", "scopes": [ACCESS_LAB]}, answer


def post_code(answer: t.Any) -> Exchange:
    return "POST", "/share-codes/ada/lab", {"scopes": [ACCESS_LAB], "expires_in": 3600}, answer


def delete_code(code_id: str, answer: t.Any) -> Exchange:
    return "DELETE", f"/share-codes/ada/lab?id={code_id}", None, answer


def look_at_codes(*ids: str) -> Exchange:
    return "GET", "/share-codes/ada/lab?offset=0&limit=1000", None, page([code(one) for one in ids])


GONE = refusal(404, "No matching code found")
CASES: dict[str, Case] = {
    # One request of each kind
    "grant": Case([CREATE], [grant(ok(share(ACCESS_LAB)))]),
    "grant only what is new": Case([GRANT], [grant(ok(share(ACCESS_LAB, READ_LAB)))]),
    "share the default server": Case(
        [
            GrantShare(
                "create", "ada/ with group staff", ("ada", ""), ("group", "staff"), None, READ
            )
        ],
        [
            (
                "POST",
                "/shares/ada/",
                {"group": "staff", "scopes": ["read:servers!server=ada/"]},
                ok(share()),
            )
        ],
    ),
    "revoke a scope": Case(
        [REVOKE_SOME_SCOPES],
        [
            (
                "PATCH",
                "/shares/ada/lab",
                {"user": "eve", "scopes": [ACCESS_LAB]},
                ok(share(READ_LAB)),
            )
        ],
    ),
    "revoke all": Case([REVOKE], [("PATCH", "/shares/ada/lab", {"user": "eve"}, ok({}))]),
    "make a code": Case([CODE], [post_code(ok(code("c1", code="s3cr3t")))]),
    "delete a code": Case([NO_CODE], [delete_code("c1", ok(status=204))]),
    # Lost answers
    "grant is simply sent again": Case([CREATE], [grant(LOST), grant(ok(share(ACCESS_LAB)))]),
    "revoke is simply sent again": Case(
        [REVOKE],
        [
            ("PATCH", "/shares/ada/lab", {"user": "eve"}, LOST),
            ("PATCH", "/shares/ada/lab", {"user": "eve"}, ok({})),
        ],
    ),
    "a code that nobody has is deleted, and another one made": Case(
        [CODE],
        [
            post_code(LOST),
            look_at_codes("c0", "c1"),
            delete_code("c1", ok(status=204)),
            post_code(ok(code("c2", code="s3cr3t"))),
        ],
    ),
    "a code was not made": Case(
        [CODE],
        [post_code(LOST), look_at_codes("c0"), post_code(ok(code("c1", code="s3cr3t")))],
    ),
    "delete a code, done, and its answer lost": Case(
        [NO_CODE], [delete_code("c1", LOST), delete_code("c1", GONE)]
    ),
    # Changes of another client
    "delete a code, and somebody else was faster": Case(
        [NO_CODE], [delete_code("c1", GONE)], done=[]
    ),
    # Refusals
    "grant what cannot be shared": Case(
        [CREATE],
        [grant(refusal(400, "Scopes cannot be shared"))],
        done=[],
        error="Scopes cannot be shared",
    ),
    "a new code is taken back when a later step fails": Case(
        [CODE, NO_CODE],
        [
            post_code(ok(code("c2", code="s3cr3t"))),
            delete_code("c1", refusal(403, "requires any of [shares]")),
            delete_code("c2", ok(status=204)),
        ],
        done=[],
        error="shares",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_requests(client: HubClient, wire: Wire, case: Case) -> None:
    assert carry_out(case, Shares, SPEC, {"shares": []}, client, wire) == expected(case)


def test_the_table_has_every_kind_of_step() -> None:
    assert kinds_of(case.steps for case in CASES.values()) == {
        "GrantShare",
        "RevokeShare",
        "CreateShareCode",
        "DeleteShareCode",
    }
