# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task does without the users that were refused to an earlier one."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.earlier import (
    Refused,
    former_names,
    without_refused,
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
