# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lists of a whole hub: which users they name, and for which names the stored spelling matters.
No request is sent.
"""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.declared import (
    Declaration,
    Pruning,
)


def users(*items: t.Any) -> list[dict[str, t.Any]]:
    return [item if isinstance(item, dict) else {"name": item} for item in items]


def group(*names: str) -> dict[str, list[dict[str, t.Any]]]:
    return {"groups": [{"name": "g", "users": list(names)}]}


SHARE = {"owner": "Ada", "server": "lab"}
UNCERTAIN_NAMES: dict[str, tuple[dict[str, t.Any], set[str]]] = {
    "nobody has capitals": ({**group("ada", "bob")}, set()),
    "declared as they are needed": ({"users": users("Ada"), **group("Ada")}, set()),
    "declared, and nobody needs them": ({"users": users("Ada", "Bob")}, set()),
    "needed, and not declared": ({"users": users("Ada"), **group("Ada", "Bob")}, {"Bob"}),
    "declared otherwise": ({"users": users("Ada"), **group("ada")}, {"Ada"}),
    "needed otherwise": ({"users": users("ada"), **group("Ada", "ADA")}, {"Ada", "ADA"}),
    "declared absent": (
        {"users": users({"name": "Ada", "state": "absent"}), **group("Ada")},
        {"Ada"},
    ),
    "renamed": (
        {"users": users({"name": "New", "rename_from": "Old"}), **group("New")},
        {"New", "Old"},
    ),
    "renamed from a name in lower case": (
        {"users": users({"name": "new", "rename_from": "old"}), **group("New")},
        {"New"},
    ),
    "the owner of a server that the hub is asked for": (
        {"users": users("Ada"), "shares": [SHARE]},
        {"Ada"},
    ),
    "the owner of a default server": (
        {"users": users("Ada"), "shares": [{**SHARE, "server": ""}]},
        set(),
    ),
    "a member who leaves": (
        {"groups": [{"name": "g", "users": ["Ada"], "users_mode": "absent"}]},
        set(),
    ),
}


@pytest.mark.parametrize("case", UNCERTAIN_NAMES)
def test_only_names_whose_case_matters_are_looked_up(case: str) -> None:
    lists, expected = UNCERTAIN_NAMES[case]
    assert Declaration(lists).doubtful() == expected


def test_a_name_that_the_task_explains_is_never_in_doubt() -> None:
    declared = Declaration(group("Tilda", "tilda"), stored_names={"TILDA": "tbrook"})
    assert declared.doubtful() == set()
    assert {need.name for need in declared.needed_users()} == {"tbrook"}


def test_the_exact_name_wins_over_one_in_other_case() -> None:
    declared = Declaration({}, stored_names={"Ada": "x", "ada": "y"})
    assert [declared.stored(name) for name in ("Ada", "ada")] == ["x", "y"]


def test_the_stored_name_decides_what_a_name_means() -> None:
    lists = {"users": users("Ada"), **group("ada")}
    assert Declaration(lists).users_present() == {"ada"}
    assert Declaration(lists, resolve=str).users_present() == {"Ada"}


@pytest.mark.parametrize(
    ("pruning", "spared"),
    [
        (Pruning(), set()),
        (Pruning(keep=("Bob",)), {"bob", "Bob"}),
        (Pruning(keep=("A*",)), {"ada"}),
        (Pruning(match=("A*",)), {"bob", "Bob"}),
        (Pruning(keep=("ada",), match=("*",)), {"ada"}),
    ],
)
def test_case_does_not_matter_to_patterns_of_users(pruning: Pruning, spared: set[str]) -> None:
    assert {name for name in ("ada", "bob", "Bob") if pruning.spares_user(name)} == spared
