# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be removed, and is written with other code points than on the hub: it stays, and the
task does not pass over that in silence.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import GROUP, USER, members
from tests.live.support_offboard import OFFBOARD
from tests.live.support_servers import states
from tests.live.token_support import TOKEN, ours

SERVER = "jupyterhub_server"

pytestmark = [pytest.mark.newest, pytest.mark.exact_names]

# On the hub, and as it is written in the task.
NAMES = [("zoe\u0308", "zo\u00eb"), ("ada", "ada\u200b"), ("kim", "\uff4bim")]


def warned(result: dict[str, Any], there: str) -> bool:
    """Return whether the task warns of a name that it did not remove."""
    assert (result["failed"], result["changed"]) == (False, False), result
    shown = there.encode("unicode_escape").decode()
    said = str(result["warnings"])
    return "others that look the same are, which are not removed" in said and shown in said.replace(
        "\\\\", "\\"
    )


@pytest.mark.parametrize(("there", "written"), NAMES)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_user(hub: Hub, module: ModuleRunner, there: str, written: str, check: bool) -> None:
    hub.add_users(there, "bob")
    alone = {"name": written, "state": "absent"}
    many = {"users": [{"name": name} for name in (written, "x", "y")], "state": "absent"}
    for task in (alone, many):
        assert warned(module(USER, task, check=check), there)
    assert set(hub.users()) == {there, "bob"}
    assert "warnings" not in module(USER, {"name": "nobody\u00eb", "state": "absent"})


@pytest.mark.parametrize(("there", "written"), NAMES)
def test_a_group_and_a_member(hub: Hub, module: ModuleRunner, there: str, written: str) -> None:
    hub.add_users(there)
    hub.add_group("g", there)
    task = {"groups": [{"name": "g", "users": [written], "users_mode": "absent"}]}
    assert warned(module(GROUP, task), there)
    assert members(hub) == {"g": [there]}
    hub.add_group(there)
    many = [{"name": name, "state": "absent"} for name in (written, "x", "y")]
    assert warned(module(GROUP, {"groups": many}), there)
    assert warned(module(GROUP, {"name": written, "state": "absent"}), there)
    assert set(hub.groups()) == {"g", there}


@pytest.mark.hubs("5", "6")
@pytest.mark.parametrize(("there", "written"), NAMES)
def test_a_guest(hub: Hub, module: ModuleRunner, there: str, written: str) -> None:
    hub.add_users("owner", there)
    hub.expect("POST", "/users/owner/server")
    hub.expect("POST", "/shares/owner/", {"user": there})
    task = {"owner": "owner", "users": [written], "mode": "absent"}
    assert warned(module("jupyterhub_share", task), there)
    assert len(hub.expect("GET", "/shares/owner/")["items"]) == 1


@pytest.mark.hubs("5", "6")
@pytest.mark.parametrize(("there", "written"), NAMES)
def test_the_owner_of_a_token_a_server_and_a_share(
    hub: Hub, module: ModuleRunner, there: str, written: str
) -> None:
    """What belongs to such a user stays, and the task does not keep quiet about it."""
    hub.add_users(there)
    token = {"user": there, "note": "n", "return_token": True}
    assert module(TOKEN, token)["changed"]
    hub.expect("POST", f"/users/{hub.quote(there)}/server")
    assert warned(module(TOKEN, {"user": written, "note": "n", "state": "absent"}), there)
    assert warned(module(SERVER, {"user": written, "state": "stopped"}), there)
    assert states(hub) == {f"{there}/": "started"}
    assert len(ours(hub, there)) == 1
    task = {"owner": written, "server": "", "users": ["bob"], "mode": "absent"}
    assert warned(module("jupyterhub_share", task), there)


@pytest.mark.parametrize(("there", "written"), NAMES)
def test_the_note_of_a_token(hub: Hub, module: ModuleRunner, there: str, written: str) -> None:
    hub.add_users("ada")
    assert module(TOKEN, {"user": "ada", "note": there})["changed"]
    assert warned(module(TOKEN, {"user": "ada", "note": written, "state": "absent"}), there)
    assert len(ours(hub, "ada")) == 1


ABSENT: list[tuple[str, dict[str, Any]]] = [
    (USER, {"name": "tilda@example.edu", "state": "absent"}),
    (TOKEN, {"user": "tilda@example.edu", "note": "n", "state": "absent"}),
    (SERVER, {"user": "tilda@example.edu", "state": "stopped"}),
    ("jupyterhub_share", {"owner": "tilda@example.edu", "users": ["bob"], "mode": "absent"}),
]


@pytest.mark.parametrize(("name", "task"), ABSENT, ids=[name for name, _task in ABSENT])
def test_what_may_be_a_login_name(
    hub: Hub, module: ModuleRunner, name: str, task: dict[str, Any]
) -> None:
    """The hub may store the user under another name, which stored_names tells or confirms."""
    if name == "jupyterhub_share" and hub.series == "4":
        pytest.skip("this hub version does not support the task")
    result = module(name, task)
    assert (result["failed"], result["changed"]) == (False, False), result
    assert "nothing is removed for them: tilda@example.edu. If the hub stores" in str(
        result["warnings"]
    )
    sure = {**task, "stored_names": {"tilda@example.edu": "tilda@example.edu"}}
    assert "warnings" not in module(name, sure)


def test_a_hub_that_stores_addresses(hub: Hub, module: ModuleRunner) -> None:
    """There a user who has left is no reason to warn, as far as the task sees another one."""
    hub.add_users("ada@example.edu")
    users = [{"name": f"{name}@example.edu"} for name in ("tilda", "ada", "kim")]
    users = [{**user, "state": "absent"} for user in users[:1]] + users[1:2]
    assert "warnings" not in module(USER, {"users": users})


@pytest.mark.parametrize(("there", "written"), NAMES)
def test_somebody_who_leaves(hub: Hub, module: ModuleRunner, there: str, written: str) -> None:
    """What is proved of a name that is not on the hub would be taken for a proof about the
    person.
    """
    hub.add_users(there)
    for account in ("keep", "delete"):
        result = module(OFFBOARD, {"user": written, "account": account})
        assert (result["failed"], result["changed"]) == (True, False), result
        assert "others that look the same are" in result["msg"], result["msg"]
    assert set(hub.users()) == {there}


@pytest.mark.parametrize(("there", "written"), NAMES)
def test_somebody_who_has_left_while_another_stays(
    hub: Hub, module: ModuleRunner, there: str, written: str
) -> None:
    """Such a list can be run again once the name is confirmed."""
    hub.add_users(there, written, "bob")
    task = {"users": [{"name": written}, {"name": "bob"}], "account": "delete"}
    assert module(OFFBOARD, task)["proved"] is True
    assert set(hub.users()) == {there}
    refused = module(OFFBOARD, task)
    assert "already left, add the name to stored_names" in refused["msg"], refused["msg"]
    again = module(OFFBOARD, {**task, "stored_names": {written: written}})
    assert (again["failed"], again["changed"], again["proved"]) == (False, False, True), again
    assert set(hub.users()) == {there}
