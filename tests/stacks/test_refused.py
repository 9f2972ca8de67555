# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Items that the hub always refuses do not stop the others: missing system accounts, and names that
the authenticator does not allow.
"""

from __future__ import annotations

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import USER, members
from tests.stacks.support import provision, refused_names

pytestmark = pytest.mark.newest


@pytest.mark.sample
@pytest.mark.profile("pam")
def test_an_account_that_the_system_does_not_have(hub: Hub, module: ModuleRunner) -> None:
    task = {"users": [{"name": name} for name in ("daemon", "nosuch1", "games", "nosuch2", "mail")]}
    result = module(USER, task)
    assert (result["failed"], result["changed"]) == (True, True), result
    assert sorted(hub.users()) == ["daemon", "games", "mail"]
    assert refused_names(result) == ["nosuch1", "nosuch2"]
    assert [change["name"] for change in result["changes"]] == ["daemon", "games", "mail"]
    again = module(USER, task)
    assert (again["failed"], again["changed"], refused_names(again)) == (
        True,
        False,
        ["nosuch1", "nosuch2"],
    )
    assert "again" not in again["msg"], again["msg"]


@pytest.mark.sample
@pytest.mark.profile("pattern")
def test_one_bad_name_among_many(hub: Hub, module: ModuleRunner) -> None:
    names = [f"user{number}" for number in range(250)]
    names[130] = "user-130"
    result = module(USER, {"users": [{"name": name} for name in names]})
    assert (result["failed"], result["changed"]) == (True, True), result
    assert refused_names(result) == ["user-130"]
    assert set(hub.users()) == set(names) - {"user-130"}
    assert result.get("pending", []) == []


@pytest.mark.profile("pattern")
def test_the_role_goes_on_to_what_does_not_depend_on_it(hub: Hub) -> None:
    run = provision(
        hub,
        {
            "jupyterhub_users": [{"name": "ann"}, {"name": "b-b"}, {"name": "carl"}],
            "jupyterhub_groups": [
                {"name": "g", "users": ["ann", "b-b"]},
                {"name": "h", "users": ["carl"]},
            ],
        },
    )
    assert run.status != 0, run.output
    assert sorted(hub.users()) == ["ann", "carl"]
    assert members(hub)["h"] == ["carl"]
    assert not run.result["ok"], run.result
    assert "b-b" in str(run.result["users"]["refused"])
