# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task does without the users that were refused to an earlier one."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.earlier import (
    Refused,
    former_names,
    with_earlier,
    without_refused,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.input import Input
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    EARLIER,
    PRUNE,
)

BERTA: set[Refused] = {("user", "berta")}
RENAMED: dict[str, t.Any] = {"earlier": {"renamed": {"Berta": "bert", "kim": "tim"}}}


def test_only_refused_users_have_their_former_names() -> None:
    assert former_names(RENAMED, BERTA) == {"berta": "bert"}
    assert former_names(RENAMED, {("group", "berta")}) == {}
    assert former_names({"earlier": None}, BERTA) == {}


def test_members_whose_rename_was_refused_stay_by_their_former_names() -> None:
    options: dict[str, t.Any] = {"groups": [{"name": "g", "users": ["ada", "Berta"]}]}
    kept, pending = without_refused(options, "groups", BERTA, {"berta": "bert"})
    assert kept == {"groups": [{"name": "g", "users": ["ada", "bert"]}]}
    assert pending == [
        {"action": "add", "kind": "group", "name": "g", "fields": {"users": ["Berta"]}}
    ]


def test_guests_whose_rename_was_refused_stay_by_their_former_names() -> None:
    guests: list[t.Any] = ["ada", {"name": "berta", "scopes": ["access:servers"]}]
    share: dict[str, t.Any] = {"owner": "eve", "server": "lab", "users": guests, "groups": None}
    kept, _pending = without_refused({"shares": [share]}, "shares", BERTA, {"berta": "bert"})
    (item,) = t.cast("list[dict[str, object]]", kept["shares"])
    assert item["users"] == ["ada", {"name": "bert", "scopes": ["access:servers"]}]


def test_others_that_were_refused_are_left_out() -> None:
    options: dict[str, t.Any] = {"groups": [{"name": "g", "users": ["ada", "berta"]}]}
    kept, _pending = without_refused(options, "groups", BERTA, {})
    assert kept == {"groups": [{"name": "g", "users": ["ada"]}]}


def told(earlier: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return the options of a task on users after ``earlier``."""
    return dict(with_earlier({**dict.fromkeys(PRUNE.options), "earlier": earlier}, "users"))


def test_guards_are_read_as_the_options_of_a_task_are() -> None:
    """A text is a list of patterns with commas between them, and not one of letters."""
    guards = {"prune": "yes", "prune_keep": "keep-*,staff", "prune_limit": 5, "prune_match": [7]}
    options = told({"prune": {"users": guards}})
    assert options["prune"] is True
    assert options["prune_keep"] == ["keep-*", "staff"]
    assert (options["prune_limit"], options["prune_match"]) == ("5", ["7"])


@pytest.mark.parametrize(
    ("guards", "problem"),
    [
        ("x", "prune in earlier is not what a preflight has returned"),
        ({"prune_keep": '["keep-*"]'}, "prune_keep is text that begins with ["),
        ({"prune_keep": ["keep-* "]}, "item 1 of prune_keep is 'keep-* '"),
        ({"prune": "perhaps"}, "prune is 'perhaps'"),
        ({"prune_limit": [1]}, "prune_limit is a list"),
    ],
)
def test_guards_that_make_no_sense_are_refused(guards: object, problem: str) -> None:
    with pytest.raises(RefusedError) as refused:
        told({"prune": {"users": guards}})
    assert str(refused.value).startswith(problem)


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("changes", {}),
        ("changes", {"action": "create", "kind": "user"}),
        ("changes", {"action": 1, "kind": [], "name": {}}),
        ("changes", {"action": "create", "kind": "user", "name": "ada", "fields": [1]}),
        ("refused", {"kind": "user"}),
    ],
)
def test_what_no_task_has_returned_is_refused(name: str, item: dict[str, t.Any]) -> None:
    with pytest.raises(RefusedError, match=f"{name} in earlier is not what a task has returned"):
        told({name: [item]})


def test_a_text_for_changes_is_refused() -> None:
    with pytest.raises(
        RefusedError, match=r"it must be a list of dictionaries, such as \[\{\.{3}\}\]"
    ):
        Input({"earlier": {"changes": "[]"}}, EARLIER.options)
