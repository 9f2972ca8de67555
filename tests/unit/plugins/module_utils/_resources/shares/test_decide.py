# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions for shares: the declaration, the hub, and the steps between them. No API is involved,
real or fake.
"""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.decide import (
    Code,
    CreateShareCode,
    DeleteShareCode,
    GrantShare,
    RevokeShare,
    Shared,
    decide,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.wanted import (
    USUAL_SCOPES,
    Scopes,
    WantedShares,
    Whom,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.tables import (
    kinds_of,
    said,
)

SERVER = ("ada", "lab")
ACCESS, READ = frozenset({"access:servers"}), frozenset({"read:servers"})
BOTH = ACCESS | READ
EVE: Whom = ("user", "eve")
MAX: Whom = ("user", "max")
STAFF: Whom = ("group", "staff")


def wanted(
    *guests: Whom,
    mode: t.Any = "exact",
    scopes: Scopes | None = None,
    own: dict[Whom, Scopes] | None = None,
    covers: t.Any = ("user", "group"),
    code: bool = False,
    expires_in: int | None = None,
) -> WantedShares:
    """Return a declaration of the shares of ada's server lab."""
    return WantedShares(
        *SERVER,
        {**dict.fromkeys(guests), **(own or {})},
        frozenset(covers),
        scopes,
        mode,
        code,
        expires_in,
    )


def grant(action: t.Any, guest: Whom, past: Scopes | None, future: Scopes) -> GrantShare:
    return GrantShare(action, f"ada/lab with {' '.join(guest)}", SERVER, guest, past, future)


def revoke(action: t.Any, guest: Whom, past: Scopes, future: Scopes | None) -> RevokeShare:
    return RevokeShare(action, f"ada/lab with {' '.join(guest)}", SERVER, guest, past, future)


def new_code(scopes: Scopes, expires_in: int | None = None, *known: str) -> CreateShareCode:
    return CreateShareCode("ada/lab code", SERVER, scopes, expires_in, frozenset(known))


# By topic: the declaration, the scopes of each guest on the hub, its share codes, the steps.
Guests = dict[Whom, Scopes]
STEPS: dict[str, tuple[WantedShares, Guests, list[Code], list[Step]]] = {
    # create
    "a new share": (wanted(EVE), {}, [], [grant("create", EVE, None, USUAL_SCOPES)]),
    "with a group": (
        wanted(STAFF, scopes=BOTH),
        {},
        [],
        [grant("create", STAFF, None, BOTH)],
    ),
    "with scopes of its own": (
        wanted(EVE, scopes=ACCESS, own={MAX: READ}),
        {},
        [],
        [grant("create", EVE, None, ACCESS), grant("create", MAX, None, READ)],
    ),
    # update
    "more scopes": (wanted(EVE, scopes=BOTH), {EVE: READ}, [], [grant("update", EVE, READ, BOTH)]),
    "fewer scopes": (
        wanted(EVE, scopes=READ),
        {EVE: BOTH},
        [],
        [revoke("update", EVE, BOTH, READ)],
    ),
    "other scopes": (
        wanted(EVE, scopes=READ),
        {EVE: ACCESS},
        [],
        [grant("update", EVE, ACCESS, BOTH), revoke("update", EVE, BOTH, READ)],
    ),
    "other scopes too": (
        wanted(EVE, scopes=READ, mode="present"),
        {EVE: ACCESS},
        [],
        [grant("update", EVE, ACCESS, BOTH)],
    ),
    "without a scope": (
        wanted(EVE, scopes=READ, mode="absent"),
        {EVE: BOTH},
        [],
        [revoke("update", EVE, BOTH, ACCESS)],
    ),
    # revoke
    "without a guest": (
        wanted(EVE, mode="absent"),
        {EVE: BOTH, MAX: ACCESS},
        [],
        [revoke("revoke", EVE, BOTH, None)],
    ),
    "without the last scope": (
        wanted(EVE, scopes=BOTH, mode="absent"),
        {EVE: READ},
        [],
        [revoke("revoke", EVE, READ, None)],
    ),
    "guests who are not declared": (
        wanted(EVE),
        {EVE: ACCESS, MAX: ACCESS, STAFF: READ},
        [],
        [revoke("revoke", STAFF, READ, None), revoke("revoke", MAX, ACCESS, None)],
    ),
    "groups are not declared": (
        wanted(covers=["user"]),
        {EVE: ACCESS, STAFF: READ},
        [],
        [revoke("revoke", EVE, ACCESS, None)],
    ),
    # codes
    "a code": (wanted(code=True), {}, [], [new_code(USUAL_SCOPES)]),
    "a code of other scopes than there are": (
        wanted(code=True, scopes=READ, expires_in=3600),
        {},
        [Code("c1", ACCESS)],
        [new_code(READ, 3600, "c1")],
    ),
    "no code": (
        wanted(code=True, mode="absent"),
        {},
        [Code("c1", ACCESS), Code("c2", READ)],
        [
            DeleteShareCode("ada/lab code", SERVER, "c1"),
            DeleteShareCode("ada/lab code", SERVER, "c2"),
        ],
    ),
    "a code comes last": (
        wanted(EVE, code=True),
        {MAX: ACCESS},
        [],
        [
            grant("create", EVE, None, USUAL_SCOPES),
            revoke("revoke", MAX, ACCESS, None),
            new_code(USUAL_SCOPES),
        ],
    ),
}

# The declaration and the hub; no step is needed.
NO_CHANGE: dict[str, tuple[WantedShares, Guests, list[Code]]] = {
    "shared": (wanted(EVE), {EVE: ACCESS}, []),
    "shared with these scopes": (wanted(EVE, scopes=BOTH), {EVE: BOTH}, []),
    "scopes are not declared": (wanted(EVE), {EVE: READ}, []),
    "shared with more": (wanted(EVE, scopes=READ, mode="present"), {EVE: BOTH, MAX: ACCESS}, []),
    "not shared already": (wanted(EVE, mode="absent"), {MAX: ACCESS}, []),
    "shared with other scopes only": (
        wanted(EVE, scopes=READ, mode="absent"),
        {EVE: ACCESS},
        [],
    ),
    "nobody already": (wanted(), {}, []),
    "a code of these scopes": (wanted(code=True), {}, [Code("c1", USUAL_SCOPES)]),
    "no code already": (wanted(code=True, mode="absent"), {}, []),
}


@pytest.mark.parametrize(("declared", "guests", "codes", "steps"), STEPS.values(), ids=STEPS)
def test_the_steps(
    declared: WantedShares, guests: Guests, codes: list[Code], steps: list[Step]
) -> None:
    plan = decide([declared], {SERVER: Shared(True, guests, tuple(codes))})
    assert said(plan.steps) == said(steps)
    assert (plan.unchanged, plan.changed) == (0, frozenset({"ada/lab"}))
    assert not any(missing.names for missing in plan.missing)


@pytest.mark.parametrize(("declared", "guests", "codes"), NO_CHANGE.values(), ids=NO_CHANGE)
def test_no_change(declared: WantedShares, guests: Guests, codes: list[Code]) -> None:
    plan = decide([declared], {SERVER: Shared(True, guests, tuple(codes))})
    assert plan.steps == ()
    assert (plan.unchanged, plan.changed) == (1, frozenset())


def test_the_table_has_every_kind_of_step() -> None:
    assert kinds_of(case[-1] for case in STEPS.values()) == {
        "GrantShare",
        "RevokeShare",
        "CreateShareCode",
        "DeleteShareCode",
    }


def test_what_each_step_asks_for_carries_the_server() -> None:
    assert grant("update", EVE, READ, BOTH).scopes == ["access:servers!server=ada/lab"]
    assert revoke("update", EVE, BOTH, READ).scopes == ["access:servers!server=ada/lab"]
    assert revoke("revoke", EVE, BOTH, None).scopes is None


@pytest.mark.parametrize(("mode", "missing"), [("exact", ("ada/lab",)), ("absent", ())])
def test_a_server_that_is_shared_has_to_exist(mode: str, missing: tuple[str, ...]) -> None:
    plan = decide([wanted(EVE, mode=mode)], {SERVER: Shared(False, {})})
    assert [each.names for each in plan.missing] == [missing]
