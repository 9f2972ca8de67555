# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens: the module's mark, the declaration, and how tokens on the hub are recognised. The hub is
a script.
"""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import pathlib
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
    HIDDEN_BEFORE,
    Plan,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import WrongObjectError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import TokenRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.mark import (
    MARK,
    fingerprint,
    lifetime,
    own_note,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.steps import (
    CreateToken,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.work import Tokens
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Reply,
    Sent,
    Wire,
    refusal,
)

NOW = datetime.datetime(2026, 9, 1, 8, tzinfo=datetime.timezone.utc)
SECRET = "s3cr3t" * 5  # the secrets that the scripted hub accepts
ANYTHING = "[hubops 035300f3]"
DAY = 86400

Row = dict[str, t.Any]


def moment(days: float) -> str:
    """Return a time in the hub's format, this many days from now."""
    return (NOW + datetime.timedelta(days=days)).isoformat().replace("+00:00", "Z")


def token(number: int, note: str = f"n {ANYTHING}", **more: t.Any) -> Row:
    """Return a token as the hub lists it: a day old, used, and without an expiry."""
    row = {
        "id": f"a{number}",
        "note": note,
        "oauth_client": "JupyterHub",
        "created": moment(-1),
        "last_activity": moment(-1),
    }
    return {**row, "expires_at": None, "scopes": ["self"], **more}


class Script:
    """A hub with these tokens of ada's.

    :param known: the secrets, and the tokens that they belong to.
    :param caller: the hub's data about the caller.
    :param modern: whether it reports the token that a secret belongs to.
    """

    def __init__(
        self,
        rows: list[Row],
        known: dict[str, Row] | None = None,
        caller: Row | None = None,
        modern: bool = True,
    ) -> None:
        self.rows = rows
        self.known = known or {}
        self.caller = caller or {"kind": "service", "name": "provisioner", "scopes": ["tokens"]}
        self.modern = modern

    def __call__(self, sent: Sent) -> Reply:
        headers = {"X-JupyterHub-Version": "6.1.1" if self.modern else "4.0.2"}
        if sent.path == "/users/ada/tokens":
            return Reply(data={"api_tokens": self.rows}, headers=headers)
        if sent.path.startswith("/users/"):
            return refusal(404, "No such user: zoe", **headers)
        assert (sent.method, sent.path) == ("GET", "/user"), sent.line
        secret = sent.headers["Authorization"].partition(" ")[2]
        if secret == "s3cr3t-token":
            return Reply(data=self.caller, headers=headers)
        if secret not in self.known:
            return refusal(403, "Missing or invalid credentials.", **headers)
        row = self.known[secret]
        me = {"kind": "user", "name": "ada", "scopes": row["scopes"]}
        return Reply(data={**me, "token_id": row["id"]} if self.modern else me, headers=headers)


def options(**given: t.Any) -> dict[str, t.Any]:
    """Return the options of a task, as Ansible passes them."""
    unset = (
        "user",
        "note",
        "token_id",
        "scopes",
        "expires_in",
        "renew_before",
        "dest",
        "current_token",
        "tokens",
        "stored_names",
        "login_username",
    )
    return {
        **dict.fromkeys(unset),
        "state": "present",
        "rotate": False,
        "return_token": False,
        "prune": False,
        "revoke_caller": None,
        **given,
    }


def item(**given: t.Any) -> dict[str, t.Any]:
    """Return one of several tokens, as Ansible passes it."""
    keys = (
        "note",
        "token_id",
        "state",
        "scopes",
        "expires_in",
        "renew_before",
        "rotate",
        "dest",
        "current_token",
        "return_token",
    )
    return {**dict.fromkeys(keys), "user": "ada", **given}


Planner = t.Callable[..., tuple[Plan, Tokens]]


@pytest.fixture
def plan(wire: Wire, client: HubClient, monkeypatch: pytest.MonkeyPatch) -> Planner:
    """Plan a task with a scripted hub; only GET requests are sent."""
    monkeypatch.setattr(HubApi, "now", lambda self: NOW)

    def make(script: Script, check: bool = False, **given: t.Any) -> tuple[Plan, Tokens]:
        wire.play(otherwise=script)
        resource = Tokens(HubApi(client), options(**given))
        result = resource.plan()
        assert {method for method, path in wire.lines} <= {"GET"}
        return result, resource

    return make


def changes_of(plan: Plan) -> list[tuple[str, str]]:
    return [(step.action, step.name) for step in plan.steps]


def order(plan: Plan) -> tuple[str, tuple[str, ...] | None, int | None]:
    """Return the request of the first step."""
    step = plan.steps[0]
    assert isinstance(step, CreateToken)
    return step.note, step.scopes, step.expires_in


class AnyCase(Script):
    """A hub whose database ignores case.

    :param shows_users: whether the caller can read users.
    """

    def __init__(self, rows: list[Row], *, shows_users: bool = True) -> None:
        super().__init__(rows)
        self.shows_users = shows_users

    def __call__(self, sent: Sent) -> Reply:
        if sent.path.lower() == "/users/ada":
            return Reply(data={"name": "ada"}) if self.shows_users else refusal(403, "Forbidden")
        return super().__call__(dataclasses.replace(sent, path=sent.path.lower()))


@pytest.mark.parametrize(
    ("rows", "shows_users", "name"),
    [
        ([], True, "ada/n"),
        ([token(1, "other", user="ada")], False, "ada/n"),
        # Without that scope, no response shows the stored name.
        ([], False, "ADA/n"),
    ],
    ids=["the user tells", "a token tells", "nothing tells"],
)
def test_a_user_who_is_found_by_any_spelling_has_one_name(
    plan: Planner, rows: list[Row], shows_users: bool, name: str
) -> None:
    made, _resource = plan(AnyCase(rows, shows_users=shows_users), user="ADA", note="n")
    assert changes_of(made) == [("create", name)]


def test_the_tokens_of_another_user_are_no_answer(plan: Planner) -> None:
    with pytest.raises(WrongObjectError, match="collation"):
        plan(Script([token(1, user="Ada")]), user="ada", note="n")


# The mark


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (None, "035300f3"),
        (["inherit"], "035300f3"),
        ([], "e3b0c442"),
        (["b", "a"], "7e18f737"),
        (["a", "b", "a"], "7e18f737"),
    ],
)
def test_fingerprints_never_change(scopes: list[str] | None, expected: str) -> None:
    # They are in the notes of all existing tokens. If the fingerprints changed, every token would
    # be rotated.
    assert fingerprint(scopes) == expected


def test_fingerprints_of_different_scopes_differ() -> None:
    sets = [None, [], ["a"], ["b"], ["a", "b"], ["ab"], ["a\nb", "c"], ["a!user=x"]]
    prints = [fingerprint(scopes) for scopes in sets]
    assert len(set(prints)) == len(prints)
    assert all(MARK.fullmatch(f"n [hubops {each}]") for each in prints)


@pytest.mark.parametrize(
    ("row", "note"),
    [
        ({"note": "n [hubops 035300f3]", "oauth_client": "JupyterHub"}, "n"),
        ({"note": "a b [c]\nd [hubops 0123abcd]", "oauth_client": "JupyterHub"}, "a b [c]\nd"),
        ({"note": "n [hubops 035300f3]", "oauth_client": "JupyterHub service x"}, None),
        ({"note": "n [hubops 035300f3]"}, None),
        ({"note": "n [hubops 035300F3]", "oauth_client": "JupyterHub"}, None),
        ({"note": "n [hubops 035300f3] ", "oauth_client": "JupyterHub"}, None),
        ({"note": "n[hubops 035300f3]", "oauth_client": "JupyterHub"}, None),
        ({"note": "[hubops 035300f3]", "oauth_client": "JupyterHub"}, None),
        ({"note": "n", "oauth_client": "JupyterHub"}, None),
        ({"note": "Server at /user/ada/", "oauth_client": "JupyterHub"}, None),
        ({"note": "", "oauth_client": "JupyterHub"}, None),
        ({"note": None, "oauth_client": "JupyterHub"}, None),
    ],
)
def test_only_marked_tokens_are_ours(row: Row, note: str | None) -> None:
    assert own_note(row) == note


def test_lifetimes() -> None:
    assert lifetime(t.cast(TokenRow, token(1))) == float("inf")
    assert lifetime(t.cast(TokenRow, token(1, expires_at=moment(29)))) == 30 * DAY


# The state of one token

Case = tuple[str, dict[str, t.Any], dict[str, t.Any], bool]

SMALL = f"n [hubops {fingerprint(['read:users!user'])}]"
# The token on the hub, the options of the task, and whether the token is replaced.
STALE: list[Case] = [
    ("nothing asked", {}, {}, False),
    ("never used", {"last_activity": None}, {}, True),
    ("scopes unset", {"note": SMALL}, {}, False),
    ("the same scopes", {"note": SMALL}, {"scopes": ["read:users!user"]}, False),
    ("other scopes", {"note": SMALL}, {"scopes": ["read:users!user", "tokens!user"]}, True),
    ("no scopes", {"note": SMALL}, {"scopes": []}, True),
    ("no end, and none asked", {}, {"renew_before": "7d"}, False),
    ("no end, but one asked", {}, {"expires_in": "30d"}, True),
    ("an end, and none asked", {"expires_at": moment(29)}, {}, False),
    ("the same lifetime", {"expires_at": moment(29)}, {"expires_in": "30d"}, False),
    ("ten seconds more", {"expires_at": moment(29 + 10 / DAY)}, {"expires_in": "30d"}, False),
    ("eleven seconds more", {"expires_at": moment(29 + 11 / DAY)}, {"expires_in": "30d"}, True),
    ("eleven seconds less", {"expires_at": moment(29 - 11 / DAY)}, {"expires_in": "30d"}, True),
    ("just not due", {"expires_at": moment(7)}, {"renew_before": "7d"}, False),
    ("just due", {"expires_at": moment(7 - 1 / DAY)}, {"renew_before": "7d"}, True),
    ("in any case", {}, {"rotate": True}, True),
]


@pytest.mark.parametrize(
    ("row", "task", "replaced"), [case[1:] for case in STALE], ids=[case[0] for case in STALE]
)
def test_when_a_token_is_replaced(
    plan: Planner, row: Row, task: dict[str, t.Any], replaced: bool
) -> None:
    result, dummy = plan(Script([token(1, **row)]), user="ada", note="n", **task)
    assert changes_of(result) == (
        [("rotate", "ada/n"), ("revoke", "ada/n (a1)")] if replaced else []
    )
    assert result.unchanged == (not replaced)
    assert result.changed == (frozenset({"ada/n"}) if replaced else frozenset())
    assert result.objects["ada/n"]["id"] == (None if replaced else "a1")


def test_a_new_token_keeps_what_the_task_does_not_set(plan: Planner) -> None:
    rows = [
        token(1, created=moment(-3), scopes=["x"]),
        token(
            2,
            SMALL,
            expires_at=moment(29),
            scopes=["read:users:name!user=ada", "read:users!user=ada"],
        ),
        token(3, created=moment(-2), scopes=["y"], expires_at=moment(1)),
    ]
    result, dummy = plan(Script(rows), user="ada", note="n")
    assert order(result) == (SMALL, ("read:users!user=ada", "read:users:name!user=ada"), 30 * DAY)
    assert result.steps[0].after == {"secret": HIDDEN}
    assert result.steps[0].before == {"secret": HIDDEN_BEFORE}
    result, dummy = plan(Script(rows), user="ada", note="n", scopes=["inherit"], expires_in="1d")
    assert order(result) == (f"n {ANYTHING}", ("inherit",), DAY)


def test_one_that_may_do_anything_has_a_successor_that_may(plan: Planner) -> None:
    result, dummy = plan(
        Script([token(1, scopes=["tokens!user=ada"])]), user="ada", note="n", rotate=True
    )
    # The scopes that the hub lists are not copied, because another version of the hub has others.
    assert order(result) == (f"n {ANYTHING}", None, None)


# Which of several tokens is in use

ROWS = [token(1, created=moment(-2)), token(2)]
UNUSED = [ROWS[0], token(2, last_activity=None)]
BOTH = [("rotate", "ada/n"), ("revoke", "ada/n (a1)"), ("revoke", "ada/n (a2)")]

SEVERAL: list[tuple[str, list[Row], int | None, bool, list[tuple[str, str]]]] = [
    ("nothing known, both used", ROWS, None, True, BOTH),
    ("nothing known, one never used", UNUSED, None, True, [("revoke", "ada/n (a2)")]),
    ("the old one is known", ROWS, 0, True, [("revoke", "ada/n (a2)")]),
    ("the new one is known", ROWS, 1, True, [("revoke", "ada/n (a1)")]),
    ("the new one is known, and never used", UNUSED, 1, True, [("revoke", "ada/n (a1)")]),
    ("one is known, hub 4", ROWS, 1, False, BOTH),
    ("one is known, never used, hub 4", UNUSED, 1, False, BOTH),
    ("the old one is known, hub 4", UNUSED, 0, False, BOTH),
    (
        "one of other scopes is known, hub 4",
        [token(1, scopes=["other"]), token(2)],
        1,
        False,
        [("revoke", "ada/n (a1)")],
    ),
    ("the only one is known, hub 4", [token(2)], 0, False, []),
    (
        "the only one was never used, hub 4",
        UNUSED[1:],
        0,
        False,
        [("rotate", "ada/n"), ("revoke", "ada/n (a2)")],
    ),
]


@pytest.mark.parametrize(
    ("rows", "known", "modern", "expected"),
    [case[1:] for case in SEVERAL],
    ids=[case[0] for case in SEVERAL],
)
def test_which_of_several_stays(
    plan: Planner, rows: list[Row], known: int | None, modern: bool, expected: list[tuple[str, str]]
) -> None:
    copy = {} if known is None else {"current_token": SECRET}
    script = Script(rows, {} if known is None else {SECRET: rows[known]}, modern=modern)
    result, dummy = plan(script, user="ada", note="n", **copy)
    assert changes_of(result) == expected


@pytest.mark.parametrize("modern", [True, False])
@pytest.mark.parametrize("calls", [0, 1])
def test_the_one_that_calls_stays(plan: Planner, calls: int, modern: bool) -> None:
    me = {
        "kind": "user",
        "name": "ada",
        "scopes": ["self"],
        **({"token_id": f"a{calls + 1}"} if modern else {}),
    }
    result, dummy = plan(Script(ROWS, caller=me, modern=modern), user="ada", note="n")
    # The newer token counts as in use. JupyterHub 4 does not report the caller's token.
    assert changes_of(result) == ([("revoke", "ada/n (a1)")] if modern and calls == 1 else [])
    assert len(result.warnings) == (0 if modern and calls == 1 else 1)
    result, dummy = plan(Script(ROWS, caller=me, modern=modern), user="ada", note="n", rotate=True)
    assert [name for action, name in changes_of(result) if action == "revoke"] == (
        [f"ada/n (a{2 - calls})"] if modern else []
    )


# A file


def test_a_file_and_a_copy(plan: Planner, tmp_path: pathlib.Path) -> None:
    dest = tmp_path / "token"
    row = token(1)
    script = Script([row], {SECRET: row})
    task = {"user": "ada", "note": "n", "dest": str(dest)}
    states = [
        (None, "", ["rotate", "revoke"]),
        ("garbage", "", ["rotate", "revoke"]),
        ("two words", None, ["rotate", "revoke"]),
        (SECRET, "", []),
        (SECRET, "0ther", []),
        (None, SECRET, ["update"]),
        ("garbage", SECRET, ["update"]),
    ]
    for content, copy, expected in states:
        if content is None:
            dest.unlink(missing_ok=True)
        else:
            dest.write_text(content, encoding="utf-8")
            dest.chmod(0o600)
        result, dummy = plan(script, **task, current_token=copy)
        assert [step.action for step in result.steps] == expected, (content, copy)
        assert SECRET not in repr(result)
    dest.chmod(0o640)
    assert changes_of(plan(script, **task, current_token=SECRET)[0]) == [("update", "ada/n")]


# Order


def test_returned_tokens_are_created_last_and_replaced_at_the_end(
    plan: Planner, tmp_path: pathlib.Path
) -> None:
    rows = [
        token(number, f"{note} {ANYTHING}")
        for number, note in enumerate(["filed", "returned", "gone", "spare"], 1)
    ]
    tokens = [
        item(note="returned", rotate=True),
        item(note="filed", dest=str(tmp_path / "token")),
        item(note="gone", state="absent"),
        item(note="new"),
    ]
    result, dummy = plan(Script(rows), tokens=tokens, prune=True)
    assert changes_of(result) == [
        ("rotate", "ada/filed"),
        ("revoke", "ada/filed (a1)"),
        ("revoke", "ada/gone (a3)"),
        ("revoke", "ada/spare (a4)"),
        ("rotate", "ada/returned"),
        ("create", "ada/new"),
        ("revoke", "ada/returned (a2)"),
    ]
    assert list(result.objects) == ["ada/returned", "ada/filed", "ada/new"]


def test_every_token_is_revoked_once(plan: Planner) -> None:
    rows = [token(1), token(2, f"spare {ANYTHING}"), token(3, "by hand")]
    tokens = [
        item(note="n", state="absent"),
        *(item(token_id=row["id"], state="absent") for row in rows),
    ]
    for order in itertools.permutations(tokens):
        result, dummy = plan(Script(rows), tokens=list(order), prune=True)
        assert sorted(name for action, name in changes_of(result)) == [
            "ada/by hand (a3)",
            "ada/n (a1)",
            "ada/spare (a2)",
        ]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"oauth_client": "JupyterHub service x", "note": ""}, "comes from a login to a service"),
        ({"note": "Server at /user/ada/"}, "belongs to a running server"),
        ({"id": "a7"}, "is, or may be, the token that this task uses"),
    ],
)
def test_what_is_not_revoked(plan: Planner, row: Row, words: str) -> None:
    me = {"kind": "user", "name": "ada", "scopes": ["self"], "token_id": "a7"}
    rows = [token(1, **row)]
    with pytest.raises(RefusedError, match=rf"^Token {rows[0]['id']} of user ada {words}.*\.$"):
        plan(Script(rows, caller=me), user="ada", token_id=rows[0]["id"], state="absent")


# Input

REFUSED: list[tuple[dict[str, t.Any], str]] = [
    ({"user": "ada"}, "neither note nor token_id"),
    ({"user": "ada", "note": ""}, "neither note nor token_id"),
    ({"user": "ada", "note": "n "}, "cannot be used"),
    ({"user": "ada", "note": f"n {ANYTHING}"}, "cannot be used"),
    ({"user": "ada", "note": "n" * 1001}, "cannot be used"),
    ({"user": "ada", "token_id": "a1"}, "with state absent"),
    ({"user": "ada", "token_id": "a1", "note": "n", "state": "absent"}, "without a note"),
    ({"user": "ada", "note": "n", "scopes": ["Read"]}, "is not a scope"),
    ({"user": "ada", "note": "n", "scopes": ["read users"]}, "is not a scope"),
    (
        {"user": "ada", "note": "n", "expires_in": "1w", "renew_before": "7d"},
        "every run would rotate it",
    ),
    ({"user": "ada", "note": "n", "dest": "token"}, "is not an absolute path"),
    (
        {"tokens": [item(note="n", scopes=[]), item(note="n", scopes=["a"])]},
        "twice with different scopes",
    ),
    (
        {"tokens": [item(note="a", dest="/tmp/x"), item(note="b", dest="/tmp/../tmp//x")]},
        "cannot be written to the same dest",
    ),
]


@pytest.mark.parametrize(
    ("given", "words"), REFUSED, ids=[f"{number} {case[1]}" for number, case in enumerate(REFUSED)]
)
def test_nonsensical_options_are_refused(
    wire: Wire, client: HubClient, given: dict[str, t.Any], words: str
) -> None:
    with pytest.raises(RefusedError, match=rf"{words}"):
        Tokens(HubApi(client), options(**given))
    assert wire.sent == []


@pytest.mark.parametrize(
    "scope",
    [
        "self",
        "inherit",
        "read:users",
        "read:users!user",
        "access:servers!server=ada/x",
        "custom:my-thing.v1:*",
        "read:users!group=a b",
    ],
)
def test_scopes_that_the_hub_may_know(client: HubClient, scope: str) -> None:
    (declared,) = Tokens(
        HubApi(client), options(user="ada", note="n", scopes=[scope])
    ).wanted.tokens
    assert declared.scopes == (scope,)


def test_missing_users(plan: Planner) -> None:
    tokens = [item(note="n", user=user) for user in ("zoe", "ada", "yan")]
    result, dummy = plan(Script([]), tokens=tokens)
    assert [action for action, name in changes_of(result)] == ["create"] * 3
    assert [(missing.key, missing.names) for missing in result.missing] == [
        ("missing_users", ("yan", "zoe"))
    ]
    result, dummy = plan(Script([]), tokens=tokens, state="absent")
    assert (changes_of(result), [missing.names for missing in result.missing]) == ([], [()])
