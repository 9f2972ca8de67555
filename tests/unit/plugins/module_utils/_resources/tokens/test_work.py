# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exact requests of each step of a token: method, path and body. The network is a script."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.tokens import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.mark import (
    fingerprint,
    marked,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.steps import (
    CreateToken,
    RevokeCaller,
    RevokeToken,
    StoreSecret,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.wanted import (
    WantedToken,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.work import Tokens
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
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.tables import kinds_of

NOTE, SECRET = marked("n", fingerprint(["self"])), "s3cr3t-and-new"
TOKENS, FIRST = "/users/ada/tokens", "/users/ada/tokens/a1"
WANTED = WantedToken(
    user="ada",
    note="n",
    token_id=None,
    state="present",
    scopes=("self",),
    expires_in=3600,
    renew_before=None,
    rotate=False,
    dest=None,
    current_token=None,
    return_token=False,
)
KNOWN = frozenset({"a1"})
CREATE = CreateToken("create", "ada/n", WANTED, NOTE, ("self",), 3600, frozenset())
ROTATE = CreateToken("rotate", "ada/n", WANTED, NOTE, ("self",), 3600, KNOWN)
ALL = CreateToken("create", "ada/n", WANTED, NOTE, None, None, frozenset())
REVOKE = RevokeToken("ada/n (a1)", "ada", "a1")
REPLACED = RevokeToken("ada/n (a1)", "ada", "a1", ROTATE)
LAST = RevokeCaller("ada/the caller's token (a1)", "ada", "a1")


def token(token_id: str, **fields: t.Any) -> dict[str, t.Any]:
    """Return a token of ada's with the module's mark."""
    return {
        "id": token_id,
        "note": NOTE,
        "oauth_client": "JupyterHub",
        "created": "2026-01-01T00:00:00Z",
        "expires_at": None,
        "last_activity": None,
        "scopes": ["self"],
        **fields,
    }


def post(answer: t.Any) -> Exchange:
    return "POST", TOKENS, {"note": NOTE, "scopes": ["self"], "expires_in": 3600}, answer


def prove(answer: t.Any) -> Exchange:
    """Return the request that identifies the caller, with the new secret."""
    return "GET", "/user", None, answer


def revoke(token_id: str, answer: t.Any) -> Exchange:
    return "DELETE", f"{TOKENS}/{token_id}", None, answer


def look(*ids: str) -> Exchange:
    return "GET", TOKENS, None, ok({"api_tokens": [token(one) for one in ids]})


MADE, GONE = ok(token("a2", token=SECRET), 201), refusal(404, "No such token")
GOOD = ok({"kind": "user", "name": "ada", "scopes": ["self"]})
ME = ok({"kind": "service", "name": "provisioner", "scopes": ["tokens"]})
BAD = refusal(403, "Missing or invalid credentials.")
CASES: dict[str, Case] = {
    # One request of each kind, and the verification of a new token
    "create": Case([CREATE], [post(MADE), prove(GOOD)]),
    "create with all that the user may do": Case(
        [ALL], [("POST", TOKENS, {"note": NOTE}, MADE), prove(GOOD)]
    ),
    "rotate: the old one goes after the new one is proved": Case(
        [ROTATE, REPLACED], [post(MADE), prove(GOOD), revoke("a1", ok(status=204))]
    ),
    "revoke": Case([REVOKE], [revoke("a1", ok(status=204))]),
    "revoke the one that calls": Case([LAST], [revoke("a1", ok(status=204))]),
    # Lost answers
    "a token that nobody has is revoked, and another one made": Case(
        [ROTATE],
        [
            post(LOST),
            look("a1", "a9"),
            revoke("a9", ok(status=204)),
            post(MADE),
            prove(GOOD),
        ],
    ),
    "a token was not made": Case([CREATE], [post(LOST), look(), post(MADE), prove(GOOD)]),
    "revoke, done, and its answer lost": Case([REVOKE], [revoke("a1", LOST), revoke("a1", GONE)]),
    "revoke the one that calls, done, and its answer lost": Case(
        [LAST], [revoke("a1", LOST), revoke("a1", BAD)]
    ),
    # Changes of another client
    "revoke, and somebody else was faster": Case([REVOKE], [revoke("a1", GONE)], done=[]),
    # Refusals
    "create with scopes that the user lacks": Case(
        [CREATE],
        [post(refusal(400, "These scopes are not held"))],
        done=[],
        error="A token cannot have more scopes than its user",
    ),
    "a new token is no good, and is taken back": Case(
        [ROTATE, REPLACED],
        [post(MADE), prove(BAD), prove(ME), prove(BAD), revoke("a2", ok(status=204))],
        done=[],
        error="the hub does not accept it",
    ),
    "a new token is taken back when the old one cannot be revoked": Case(
        [ROTATE, REPLACED],
        [
            post(MADE),
            prove(GOOD),
            revoke("a1", refusal(403, "requires any of [tokens]")),
            revoke("a2", ok(status=204)),
        ],
        done=[],
        error="tokens",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_requests(client: HubClient, wire: Wire, case: Case) -> None:
    assert carry_out(case, Tokens, SPEC, {"tokens": []}, client, wire) == expected(case)


# With a file


@pytest.fixture
def filed(tmp_path: pathlib.Path) -> WantedToken:
    """The same token, with a file for its secret."""
    return dataclasses.replace(WANTED, dest=str(tmp_path / "secret"))


def test_a_secret_is_written_before_it_is_proved(
    client: HubClient, wire: Wire, filed: WantedToken
) -> None:
    create = CreateToken("create", "ada/n", filed, NOTE, ("self",), 3600, frozenset())
    held: list[str] = []

    def proving(_sent: object) -> t.Any:
        held.append(pathlib.Path(str(filed.dest)).read_text(encoding="utf-8").strip())
        return GOOD

    case = Case([create], [post(MADE), prove(proving)])
    assert carry_out(case, Tokens, SPEC, {"tokens": []}, client, wire) == expected(case)
    assert held == [SECRET]


def test_a_good_secret_is_written_without_a_request(
    client: HubClient, wire: Wire, filed: WantedToken
) -> None:
    store = StoreSecret("ada/n", filed, SECRET, replaces=False)
    case = Case([store], [])
    assert carry_out(case, Tokens, SPEC, {"tokens": []}, client, wire) == expected(case)
    assert pathlib.Path(str(filed.dest)).read_text(encoding="utf-8").strip() == SECRET


def test_no_token_is_revoked_after_another_run_has_written_the_file(
    client: HubClient, wire: Wire, filed: WantedToken
) -> None:
    """The other run may have written the secret of a token that this one is about to revoke."""
    rotate = CreateToken("rotate", "ada/n", filed, NOTE, ("self",), 3600, KNOWN)
    first, second = (RevokeToken(f"ada/n ({one})", "ada", one, rotate) for one in ("a1", "a3"))
    theirs = "c3" * 16

    def overtake(_sent: object) -> t.Any:
        pathlib.Path(str(filed.dest)).write_text(f"{theirs}\n", encoding="utf-8")
        return ok(status=204)

    case = Case(
        [rotate, first, second],
        [post(MADE), prove(GOOD), revoke("a1", overtake)],
        done=[rotate, first],
        error="another run has written to dest",
    )
    assert carry_out(case, Tokens, SPEC, {"tokens": []}, client, wire) == expected(case)
    assert pathlib.Path(str(filed.dest)).read_text(encoding="utf-8").strip() == theirs


def test_the_table_has_every_kind_of_request() -> None:
    assert kinds_of(case.steps for case in CASES.values()) == {
        "CreateToken",
        "RevokeToken",
        "RevokeCaller",
    }
