# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions for tokens: the declaration, the hub, the verified secrets, and the steps between them.
No API is involved, real or fake.
"""

from __future__ import annotations

import datetime
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Plan, Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.caller import (
    CallerNeededError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.decide import (
    Current,
    decide,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.mark import (
    fingerprint,
    marked,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.proof import Proof
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.steps import (
    CreateToken,
    RevokeCaller,
    RevokeToken,
    StoreSecret,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.wanted import (
    WantedToken,
    WantedTokens,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.tables import (
    kinds_of,
    said,
)

Row = dict[str, t.Any]
NOW = datetime.datetime(2026, 9, 1, 8, tzinfo=datetime.timezone.utc)
DAY = 86400
FILE, SECRET, OLD = "/etc/nightly", "s3cr3t", "0ld"
ALL, SELF = marked("n", fingerprint(None)), marked("n", fingerprint(["self"]))
PROVED = Proof("a1", SECRET, SECRET)
CALLER: t.Any = {"kind": "service", "name": "provisioner", "scopes": ["tokens"]}
ADA: t.Any = {"kind": "user", "name": "ada", "scopes": ["self"], "token_id": "a1"}


def moment(days: float) -> str:
    """Return a time in the hub's format, this many days from now."""
    return (NOW + datetime.timedelta(days=days)).isoformat().replace("+00:00", "Z")


def token(token_id: str = "a1", note: str = ALL, **fields: t.Any) -> Row:
    """Return a token as the hub lists it: a day old, used, and without an expiry."""
    row: Row = {
        "id": token_id,
        "note": note,
        "oauth_client": "JupyterHub",
        "created": moment(-1),
        "last_activity": moment(-1),
        "expires_at": None,
        "scopes": ["self"],
    }
    return {**row, **fields}


def wanted(note: str | None = "n", state: t.Any = "present", **fields: t.Any) -> WantedToken:
    """Return one declared token of ada's; a token with a file is not returned."""
    unset = dict.fromkeys(("token_id", "scopes", "expires_in", "renew_before", "current_token"))
    usual = {"rotate": False, "dest": FILE, "return_token": False}
    return WantedToken(**{"user": "ada", "note": note, "state": state, **unset, **usual, **fields})


def create(
    action: t.Any, item: WantedToken, note: str = ALL, known: t.Iterable[str] = (), **fields: t.Any
) -> CreateToken:
    asked = {"scopes": item.scopes, "expires_in": item.expires_in, **fields}
    name = f"ada/{item.label}"
    return CreateToken(action, name, item, note, known_ids=frozenset(known), **asked)


def revoke(token_id: str, successor: CreateToken | None = None, called: str = "n") -> RevokeToken:
    return RevokeToken(f"ada/{called} ({token_id})", "ada", token_id, successor)


def rotate(item: WantedToken, note: str = ALL, **fields: t.Any) -> list[Step]:
    """Return the steps that replace the token a1."""
    creation = create("rotate", item, note, ["a1"], **fields)
    return [creation, revoke("a1", creation)]


RETURNED = wanted(dest=None)
SCOPED = wanted(scopes=("self",))
ENDS = wanted(expires_in=10 * DAY)
RENEWED = wanted(renew_before=3 * DAY)
FORCED = wanted(rotate=True)
KEPT = wanted(dest=None, current_token=SECRET)
GONE = wanted(state="absent", dest=None)
BY_ID = wanted(note=None, state="absent", token_id="b7", dest=None)

# By topic: the declaration, ada's tokens, the verified secrets, the steps.
STEPS: dict[str, tuple[WantedToken, list[Row], Proof, list[Step]]] = {
    # create
    "a new token": (wanted(), [], Proof(), [create("create", wanted())]),
    "a new token that is returned": (RETURNED, [], Proof(), [create("create", RETURNED)]),
    "a new token with scopes": (SCOPED, [], Proof(), [create("create", SCOPED, SELF)]),
    "a new token that ends": (ENDS, [], Proof(), [create("create", ENDS)]),
    "a note of somebody else": (
        wanted(),
        [token(note="n")],
        Proof(),
        [create("create", wanted())],
    ),
    # rotate
    "a secret that is no good": (wanted(), [token()], Proof(held=OLD), rotate(wanted())),
    "a file that is empty": (wanted(), [token()], Proof(), rotate(wanted())),
    "other scopes": (SCOPED, [token()], PROVED, rotate(SCOPED, SELF)),
    "another lifetime": (ENDS, [token()], PROVED, rotate(ENDS)),
    "soon at its end": (
        RENEWED,
        [token(created=moment(-8), expires_at=moment(2))],
        PROVED,
        rotate(RENEWED, expires_in=10 * DAY),
    ),
    "asked for": (FORCED, [token()], PROVED, rotate(FORCED)),
    "with the scopes that it had": (
        FORCED,
        [token(note=SELF)],
        PROVED,
        rotate(FORCED, SELF, scopes=("self",)),
    ),
    "never used, so nobody has it": (
        RETURNED,
        [token(last_activity=None)],
        Proof(),
        rotate(RETURNED),
    ),
    # update
    "the file holds another secret": (
        wanted(current_token=SECRET),
        [token()],
        Proof("a1", SECRET, OLD),
        [StoreSecret("ada/n", wanted(current_token=SECRET), SECRET, replaces=True)],
    ),
    "there is no file yet": (
        wanted(current_token=SECRET),
        [token()],
        Proof("a1", SECRET, None),
        [StoreSecret("ada/n", wanted(current_token=SECRET), SECRET, replaces=False)],
    ),
    "others can read the file": (
        wanted(),
        [token()],
        Proof("a1", SECRET, SECRET, exposed=True),
        [StoreSecret("ada/n", wanted(), SECRET, replaces=True)],
    ),
    # revoke
    "what is left of others": (
        wanted(),
        [token(), token("a0", last_activity=None)],
        PROVED,
        [revoke("a0")],
    ),
    "by its note": (GONE, [token(), token("a2")], Proof(), [revoke("a1"), revoke("a2")]),
    "by its id": (
        BY_ID,
        [token("b7", note="by hand"), token()],
        Proof(),
        [revoke("b7", called="by hand")],
    ),
}

# The declaration, ada's tokens, and the verified secrets; no step is needed.
NO_CHANGE: dict[str, tuple[WantedToken, list[Row], Proof]] = {
    "the file holds it": (wanted(), [token()], PROVED),
    "the caller has kept it": (KEPT, [token()], Proof("a1", SECRET)),
    "it is in use": (RETURNED, [token()], Proof()),
    "the same scopes": (SCOPED, [token(note=SELF)], PROVED),
    "scopes are not declared": (wanted(), [token(note=SELF)], PROVED),
    "the same lifetime": (
        ENDS,
        [token(created=moment(-1), expires_at=moment(9))],
        PROVED,
    ),
    "not yet at its end": (
        RENEWED,
        [token(created=moment(-1), expires_at=moment(9))],
        PROVED,
    ),
    "absent already": (GONE, [], Proof()),
    "absent, and others stay": (
        GONE,
        [token(note="n"), token("a2", marked("m", fingerprint(None)))],
        Proof(),
    ),
    "that id is gone already": (BY_ID, [token()], Proof()),
}


def plan_of(
    *declared: WantedToken,
    tokens: t.Any = (),
    proof: Proof = PROVED,
    **task: t.Any,
) -> Plan:
    """Return the plan for ada's tokens."""
    caller = task.pop("me", CALLER)
    options = {"prune": False, "revoke_caller": False, "caller": None, **task}
    proofs = {each: proof for each in declared if each.state == "present"}
    return decide(WantedTokens(declared, **options), Current({"ada": tokens}, proofs, NOW, caller))


@pytest.mark.parametrize(("declared", "tokens", "proof", "steps"), STEPS.values(), ids=STEPS)
def test_the_steps(
    declared: WantedToken, tokens: list[Row], proof: Proof, steps: list[Step]
) -> None:
    plan = plan_of(declared, tokens=tokens, proof=proof)
    assert said(plan.steps) == said(steps)
    assert plan.unchanged == 0
    assert plan.changed == set(plan.objects)
    assert plan.warnings == ()
    assert not any(missing.names for missing in plan.missing)


@pytest.mark.parametrize(("declared", "tokens", "proof"), NO_CHANGE.values(), ids=NO_CHANGE)
def test_no_change(declared: WantedToken, tokens: list[Row], proof: Proof) -> None:
    plan = plan_of(declared, tokens=tokens, proof=proof)
    assert not plan.steps
    assert not plan.warnings
    assert (plan.unchanged, plan.changed) == (1, frozenset())


def test_no_secret_is_reported() -> None:
    for declared, tokens, proof, _steps in STEPS.values():
        plan = plan_of(declared, tokens=tokens, proof=proof)
        assert SECRET not in repr(plan)
        assert SECRET not in repr([step.change for step in plan.steps])


def test_the_tables_have_every_kind_of_step() -> None:
    assert kinds_of(case[-1] for case in STEPS.values()) == {
        "CreateToken",
        "StoreSecret",
        "RevokeToken",
    }


# The token that the task itself uses


def test_it_is_revoked_last_if_requested() -> None:
    plan = plan_of(GONE, tokens=[token("a2")], me=ADA, revoke_caller=True)
    last = RevokeCaller("ada/the caller's token (a1)", "ada", "a1")
    assert said(plan.steps) == said([revoke("a2"), last])
    assert all(last.depends_on(step) for step in plan.steps)


def test_it_is_kept_with_a_warning_when_it_is_replaced() -> None:
    plan = plan_of(FORCED, tokens=[token()], me=ADA)
    assert [step.action for step in plan.steps] == ["rotate"]
    assert "it is not revoked now" in plan.warnings[0]


def test_a_prune_keeps_it_and_foreign_tokens() -> None:
    tokens = [token(), token("a2", marked("old", fingerprint(None))), token("a3", "by hand")]
    tokens.append(token("a4", marked("caller", fingerprint(None))))
    plan = plan_of(wanted(), tokens=tokens, prune=True, me={**ADA, "token_id": "a4"})
    assert said(plan.steps) == said([revoke("a2", called="old")])


def test_it_is_read_only_if_needed() -> None:
    assert plan_of(wanted(), tokens=[token()], me=None).steps == ()
    with pytest.raises(CallerNeededError):
        plan_of(FORCED, tokens=[token()], me=None)


def test_new_secrets_that_are_returned_are_all_made_before_any_token_is_revoked() -> None:
    one, two = wanted(dest=None, rotate=True), wanted("m", dest=None, rotate=True)
    tokens = [token(), token("b1", marked("m", fingerprint(None)))]
    plan = plan_of(one, two, tokens=tokens, proof=Proof())
    assert [(step.action, step.name) for step in plan.steps] == [
        ("rotate", "ada/n"),
        ("rotate", "ada/m"),
        ("revoke", "ada/n (a1)"),
        ("revoke", "ada/m (b1)"),
    ]


@pytest.mark.parametrize(("declared", "missing"), [(wanted(), ("ada",)), (GONE, ())])
def test_a_user_who_has_to_exist(declared: WantedToken, missing: tuple[str, ...]) -> None:
    plan = plan_of(declared, tokens=None, proof=Proof())
    assert [(each.names, each.key) for each in plan.missing] == [(missing, "missing_users")]


# The declaration, ada's tokens, the caller, options of the task, and the message.
REFUSED: dict[str, tuple[list[WantedToken], list[Row], t.Any, dict[str, t.Any], str]] = {
    "the caller's token": ([GONE], [token()], ADA, {}, "the token that this task uses"),
    "a login's token": (
        [BY_ID],
        [token("b7", "login", oauth_client="service-x")],
        CALLER,
        {},
        "comes from a login to a service",
    ),
    "a running server's token": (
        [BY_ID],
        [token("b7", "Server at /user/ada/")],
        CALLER,
        {},
        "belongs to a running server",
    ),
    "a service as caller": ([], [], CALLER, {"revoke_caller": True}, "cannot revoke it"),
    "another caller": (
        [],
        [],
        ADA,
        {"revoke_caller": True, "caller": "eve"},
        "belongs to user ada and not to eve",
    ),
}


@pytest.mark.parametrize(
    ("declared", "tokens", "caller", "options", "message"), REFUSED.values(), ids=REFUSED
)
def test_what_is_refused(
    declared: list[WantedToken],
    tokens: list[Row],
    caller: t.Any,
    options: dict[str, t.Any],
    message: str,
) -> None:
    with pytest.raises(RefusedError) as caught:
        plan_of(*declared, tokens=tokens, me=caller, **options)
    assert message in str(caught.value)
