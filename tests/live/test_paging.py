# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of several pages are read to the end. Objects that appear or vanish meanwhile leave
no gap.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import GROUP, INFO, USER, Wire, admins, converge, members, runner, short

NAMES = [f"u{number}" for number in range(9)]
EVERYTHING = {"gather": ["users", "groups"]}


@pytest.fixture
def paged(paged_hub: Hub) -> ModuleRunner:
    """Run modules against a hub of nine users and seven groups that lists two at a time."""
    paged_hub.add_users(*NAMES)
    for name in NAMES[:7]:
        paged_hub.add_group(name, "u0")
    return runner(paged_hub)


def test_info_reads_every_page(paged: ModuleRunner) -> None:
    """All users and groups are returned once, in the order of the hub."""
    result = paged(INFO, EVERYTHING)
    assert [user["name"] for user in result["users"]] == NAMES
    assert [group["name"] for group in result["groups"]] == NAMES[:7]
    assert result["requests"] > 8
    assert [
        user["name"] for user in paged(INFO, {"gather": ["users"], "name_filter": "U"})["users"]
    ] == NAMES


def test_lists_of_every_length(paged_hub: Hub) -> None:
    """The last page may be full, hold one row, or be empty."""
    for count in range(6):
        result = runner(paged_hub)(INFO, EVERYTHING)
        assert [user["name"] for user in result["users"]] == NAMES[:count]
        assert [group["name"] for group in result["groups"]] == NAMES[:count]
        paged_hub.add_users(NAMES[count])
        paged_hub.add_group(NAMES[count])


@pytest.mark.parametrize("count", [11, 16])
def test_a_list_of_which_two_pages_are_read_at_once(paged_hub: Hub, count: int) -> None:
    """Reading two pages at once takes as many requests as reading one after the other. Each page
    begins with the last row of the page before.
    """
    names = [f"many{number:02}" for number in range(count)]
    paged_hub.add_users(*names)
    mark = paged_hub.mark()
    result = runner(paged_hub)(INFO, {"gather": ["users"]})
    assert [user["name"] for user in result["users"]] == names
    pages = [one.path for one in paged_hub.requests(mark) if "offset=" in one.path]
    assert len(pages) == len(set(pages)) == count - 1


def test_modules_read_every_page(paged_hub: Hub, paged: ModuleRunner) -> None:
    """Objects on the last page are found: nothing is created twice, and everything undeclared is
    pruned.
    """
    converge(
        paged_hub,
        paged,
        USER,
        {"users": [{"name": name, "admin": name == "u8"} for name in [*NAMES, "new"]]},
    )
    assert admins(paged_hub) == {**dict.fromkeys([*NAMES, "new"], False), "u8": True}
    result = converge(
        paged_hub, paged, USER, {"users": [{"name": name} for name in NAMES], "prune": True}
    )
    assert short(result["changes"]) == [("delete", "new", {})]
    result = converge(
        paged_hub,
        paged,
        GROUP,
        {"groups": [{"name": name} for name in NAMES[:6]], "prune": True, "prune_limit": "1"},
    )
    assert short(result["changes"]) == [("delete", "u6", {})]
    converge(
        paged_hub,
        paged,
        GROUP,
        {"groups": [{"name": name, "users": NAMES} for name in NAMES[:3]], "state": "present"},
    )
    assert members(paged_hub) == {
        name: NAMES if name in NAMES[:3] else ["u0"] for name in NAMES[:6]
    }


def listing(number: int, act: Callable[[], object]) -> Callable[[int, str, str], None]:
    """Return a hook for a wire that runs an action before the page of this number, counted
    from 0.
    """

    def before(count: int, method: str, path: str) -> None:
        if count == number:
            assert (method, "offset=" in path) == ("GET", True), path
            act()

    return before


@pytest.mark.parametrize("kind", ["users", "groups"])
@pytest.mark.parametrize("comes", [False, True], ids=["alone", "for another"])
def test_an_object_is_deleted_while_pages_are_read(paged_hub: Hub, kind: str, comes: bool) -> None:
    """A user is deleted between two pages, in some cases while another one is created, so that the
    total stays the same. No user is missing and none is listed twice.
    """
    fresh = (f"n{number}" for number in range(100))
    names = NAMES[:7]
    for name in names:
        paged_hub.expect("POST", f"/{kind}/{name}")
    for page in (1, 2, 3):
        for goes in (names[0], names[1], names[2], names[-1]):
            new = next(fresh)
            after = [*(name for name in names if name != goes), *([new] if comes else [])]

            def act(goes: str = goes, new: str = new) -> None:
                paged_hub.expect("DELETE", f"/{kind}/{goes}")
                if comes:
                    paged_hub.expect("POST", f"/{kind}/{new}")

            with Wire(paged_hub, before=listing(page, act)) as wire:
                result = runner(paged_hub, hub_url=wire.url)(INFO, {"gather": [kind]})
            assert [row["name"] for row in result[kind]] == after, (page, goes)
            if not comes:
                paged_hub.expect("POST", f"/{kind}/{new}")
                after.append(new)
            names = after


def test_a_list_that_never_rests(paged_hub: Hub) -> None:
    """If the list changes before every page, the task fails and gives the reason. It never uses an
    incomplete list.
    """
    # More pages than five tries read, some of them two at a time.
    leaving = [f"x{number}" for number in range(30)]
    paged_hub.add_users(*NAMES, *leaving)

    def before(_count: int, _method: str, path: str) -> None:
        if "offset=" in path:
            paged_hub.expect("DELETE", f"/users/{leaving.pop()}")

    with Wire(paged_hub, before=before) as wire:
        task = {"users": [{"name": name} for name in NAMES], "prune": True, "prune_limit": "100%"}
        result = runner(paged_hub, hub_url=wire.url)(USER, task)
    assert result["failed"]
    assert not result["changed"]
    assert "changed 5 times while it was being read" in result["msg"]
    assert set(NAMES) <= set(admins(paged_hub))


def test_a_list_that_only_grows(paged_hub: Hub) -> None:
    """A client that creates users all the time, such as another playbook, does not prevent reading
    the existing ones.
    """
    paged_hub.add_users(*NAMES)
    made = iter(range(1000))

    def before(_count: int, _method: str, path: str) -> None:
        if path.endswith(("offset=1&limit=1000", "offset=3&limit=1000", "offset=6&limit=1000")):
            paged_hub.add_users(f"x{next(made)}")

    with Wire(paged_hub, before=before) as wire:
        result = runner(paged_hub, hub_url=wire.url)(
            USER,
            {"users": [{"name": name} for name in NAMES], "prune": True, "prune_limit": "100%"},
        )
    assert not result["failed"], result
    # The list was read again once.
    assert next(made) == 4
    # Users that were created during the read are undeclared as well.
    assert sorted(admins(paged_hub)) == NAMES


def test_a_purge_sees_users_that_were_just_created(paged_hub: Hub) -> None:
    """Users who appear between two pages do not cause a declared user to be deleted or an
    undeclared one to be missed.
    """
    paged_hub.add_users(*NAMES)

    def act() -> None:
        paged_hub.expect("DELETE", "/users/u0")
        paged_hub.expect("POST", "/users/late")

    with Wire(paged_hub, before=listing(2, act)) as wire:
        task = {"users": [{"name": name} for name in NAMES], "prune": True, "prune_limit": "1"}
        result = runner(paged_hub, hub_url=wire.url)(USER, task)
    assert not result["failed"], result
    assert short(result["changes"]) == [("create", "u0", {"admin": False}), ("delete", "late", {})]
    assert sorted(admins(paged_hub)) == NAMES
