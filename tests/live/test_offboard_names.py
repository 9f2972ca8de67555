# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_offboard removes a whole year of people in one task, with names of every kind."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from tests.hub import Hub
from tests.live.support import members, runner, writes
from tests.live.support_offboard import OFFBOARD, left, nothing_left, share
from tests.live.token_support import is_good, make

pytestmark = pytest.mark.daily(4)

# Names that hubs accept. No hub accepts a slash.
NAMES = [
    "kim@example.edu",
    "kim+lab@example.edu",
    "li wei",
    "two  spaces",
    "50%",
    "a%2fb",
    "%2e%2e.x",
    "what?",
    "hash#tag",
    "a&b=c",
    "semi;colon",
    "dot.",
    "-dash",
    "back\\slash",
    "o'neil",
    'say "hi"',
    "<b>bold",
    "{{ 7 * 7 }}",
    "jos\u00e9",
    "jose\u0301",
    "\u65e5\u672c",
    "\U0001f600",
    "users",
    "null",
    "0123",
]
GROUPS = ["CS 101/102", "100%", "a%2fb", "\u65e5\u672c?"]


def settle(hub: Hub, names: list[str]) -> dict[str, str]:
    """Give people tokens, groups, servers and shares; return their secrets by name."""
    hub.add_users(*names, "stays", "root-kim")
    hub.expect("PATCH", "/users/root-kim", {"admin": True})
    for number, group in enumerate(GROUPS):
        hub.add_group(group, *names[number::2], "stays")
    for number, name in enumerate(names):
        quoted = hub.quote(name)
        if number % 3 == 0:
            hub.expect("POST", f"/users/{quoted}/server")
        if number % 5 == 0:
            hub.expect("PATCH", f"/users/{quoted}", {"admin": True})
        if number % 4 == 0 and hub.series != "4":
            share(hub, name, "stays")
            share(hub, "stays", name)
            hub.expect("POST", f"/share-codes/{quoted}/", {})
    return {name: make(hub, f"of {name}"[:40], name)[1] for name in names}


@pytest.mark.newest
@pytest.mark.parametrize("ghosts", [False, True], ids=["all have names", "some have none"])
def test_people_of_all_names_leave_in_one_task(
    hub: Hub, tmp_path: pathlib.Path, ghosts: bool
) -> None:
    if ghosts and hub.series == "4":
        pytest.skip("on this hub version no request takes away a name")
    # The proxy of this hub decodes %2F to a slash, as some proxies do.
    module = runner(hub, hub_url=hub.hub_url)
    names = [*NAMES, *(f"p{number:02}" for number in range(60 - len(NAMES)))]
    secrets = settle(hub, names)
    if ghosts:
        hub.add_users("ghost", "shadow")
        for name in ("ghost", "shadow"):
            # A rename to the current name destroys the name, and breaks the hub's list of stopped
            # servers.
            hub.expect("PATCH", f"/users/{name}", {"name": name})
    gone = set(names[1::2])
    people: list[dict[str, Any]] = [
        {"name": name, **({"account": "delete"} if name in gone else {"sessions": "freeze"})}
        for name in names
    ]
    params = {"users": people, "dest": f"{tmp_path / 'certificates'}/"}
    assert all(is_good(hub, secret, name) for name, secret in secrets.items())
    mark = hub.mark()
    predicted = module(OFFBOARD, params, check=True)
    assert not predicted["failed"], predicted["msg"]
    assert writes(hub.requests(mark)) == []
    result = module(OFFBOARD, params)
    assert (result["failed"], result["proved"]) == (False, True), result["msg"]
    assert result["changes"] == predicted["changes"]
    for name in names:
        assert left(hub, name) == ({} if name in gone else nothing_left(hub)), name
    assert [name for name, secret in secrets.items() if is_good(hub, secret, name)] == []
    # Objects of other people are kept.
    assert {group: row["users"] for group, row in hub.groups().items()} == {
        group: ["stays"] for group in GROUPS
    }
    assert {line["name"] for line in result["proof"]} == set(names)
    assert len(list((tmp_path / "certificates").iterdir())) == len(names)
    assert any("without a name" in sentence for sentence in result["by_hand"]) == ghosts
    mark = hub.mark()
    # One of two names that look the same has left: only the task can tell that from a slip.
    assert "add the name to stored_names" in module(OFFBOARD, params)["msg"]
    again = module(OFFBOARD, {**params, "stored_names": {"jose\u0301": "jose\u0301"}})
    assert (again["failed"], again["changed"], again["proved"]) == (False, False, True), again
    assert writes(hub.requests(mark)) == []
    if ghosts:
        # No request can delete such users.
        hub.wipe()


@pytest.mark.hubs("5", "6")
@pytest.mark.newest
def test_a_name_that_the_hub_takes_for_another_removes_nobody_else(odd_hub: Hub) -> None:
    """An account whose login name is now mapped to another user (username_map) is still in its
    groups, and no request can remove it from them. The other user stays a member, and everyone else
    leaves.
    """
    odd_hub.add_users("target", "zed", "stays")
    for name in ("mapme", "mapthem"):
        odd_hub.expect("POST", f"/users/{name}")
    odd_hub.add_group("g", "target", "zed")
    odd_hub.add_group("h", "zed", "stays")
    for name, group in (("mapme", "g"), ("mapthem", "h")):
        odd_hub.sql(
            "INSERT INTO user_group_map (user_id, group_id) SELECT users.id, groups.id"
            f" FROM users, groups WHERE users.name = '{name}' AND groups.name = '{group}'"
        )
    # The hub reads its database again after a restart.
    odd_hub.restart()
    assert members(odd_hub) == {"g": ["mapme", "target", "zed"], "h": ["mapthem", "stays", "zed"]}
    result = runner(odd_hub)(
        OFFBOARD, {"users": [{"name": name} for name in ("mapme", "mapthem", "zed")]}
    )
    assert (result["failed"], result["changed"], result["proved"]) == (True, True, False), result
    assert members(odd_hub) == {"g": ["mapme", "target"], "h": ["mapthem", "stays"]}
    assert sorted(each["name"] for each in result["refused"]) == ["g", "h"]
    assert "username_map" in str(result["refused"])
    removed = [each["fields"] for each in result["changes"] if each["action"] == "remove"]
    assert removed == [{"users": ["zed"]}] * 2
    unproved = {line["name"] for line in result["proof"] if not line["proved"]}
    assert unproved == {"mapme", "mapthem"}
