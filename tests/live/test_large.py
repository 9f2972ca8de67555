# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of users: the number of requests stays small for long lists."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator

import pytest

from tests.hub import HUB_VERSIONS, Hub
from tests.live.support import GROUP, USER, fill, members, runner, short, writes

pytestmark = pytest.mark.daily(6)

# The size of the created group. The hub takes half a minute for the large size, which is therefore
# used on the newest hub only, unless TEST_LONG is set.
LARGE, LESS = 5000, 600
# The largest page of the hub. One row of each page repeats the last row of the page before.
PAGE = 199


@pytest.fixture(scope="module")
def large_hub(running_hub: Hub) -> Iterator[Hub]:
    """A hub that is discarded after it was filled."""
    with Hub(running_hub.series) as hub:
        yield hub


def test_a_thousand_users(large_hub: Hub) -> None:
    """Users that are already as declared take one request for every two hundred; one user takes at
    most three requests.

    For a name with capitals the task looks up the hub's authenticator, which may keep capitals. The
    name would then mean another user.
    """
    names = [f"s{number}" for number in range(1000)]
    fill(large_hub, names)
    run = runner(large_hub, hub_url=large_hub.hub_url)
    result = run(USER, {"users": [{"name": name, "admin": False} for name in names]})
    assert (result["failed"], result["changed"], result["summary"]) == (
        False,
        False,
        {"unchanged": 1000},
    )
    assert result["requests"] <= 3 + math.ceil(len(large_hub.users()) / PAGE)
    for name, most in (("s500", 1), ("S500", 3), ("new", 3)):
        mark = large_hub.mark()
        assert run(USER, {"name": name})["requests"] <= most
        assert len(large_hub.requests(mark)) <= most


def test_a_large_group_is_made(large_hub: Hub) -> None:
    """The members of a large course are sent in few requests, and reported as one change."""
    many = LARGE if large_hub.series == max(HUB_VERSIONS) or os.environ.get("TEST_LONG") else LESS
    names = [f"m{number:04}" for number in range(many)]
    fill(large_hub, names)
    mark = large_hub.mark()
    made = runner(large_hub)(GROUP, {"name": "made", "users": names})
    assert not made["failed"], made["msg"]
    chunks = [names[start : start + 500] for start in range(0, many, 500)]
    assert short(made["changes"]) == [("create", "made", {"users": names})]
    requests = large_hub.requests(mark)
    assert len(writes(requests)) == len(chunks)
    assert (
        made["requests"]
        == len(requests)
        <= 3 + math.ceil(len(large_hub.users()) / PAGE) + len(writes(requests))
    )
    assert members(large_hub)["made"] == names


def test_a_large_group_is_changed(large_hub: Hub) -> None:
    """Adding or removing one of five thousand members takes as many requests as in a small
    group.
    """
    names = [f"c{number:04}" for number in range(5001)]
    fill(large_hub, names, group="changed", members=5000)
    assert members(large_hub)["changed"] == names[:5000]
    for wanted, change in (
        (names[1:5000], ("remove", names[:1])),
        (names[1:], ("add", names[5000:])),
        (names[1:], None),
    ):
        result = runner(large_hub)(GROUP, {"name": "changed", "users": wanted})
        assert short(result["changes"]) == (
            [(change[0], "changed", {"users": change[1]})] if change else []
        )
        assert result["requests"] <= 4
        assert members(large_hub)["changed"] == wanted


def test_many_groups(large_hub: Hub) -> None:
    """Sixty groups that are already as declared take few requests, one group at most three."""
    for number in range(60):
        large_hub.add_group(f"g{number}")
    run = runner(large_hub)
    result = run(
        GROUP,
        {"groups": [{"name": f"g{number}", "users": [], "properties": {}} for number in range(60)]},
    )
    assert (result["failed"], result["changed"], result["summary"]) == (
        False,
        False,
        {"unchanged": 60},
    )
    assert result["requests"] <= 4
    assert run(GROUP, {"name": "g1", "users": []})["requests"] <= 3
    # The requests: the group, the member, the caller, and the change.
    fill(large_hub, ["one"])
    assert run(GROUP, {"name": "g1", "users": ["one"]})["requests"] <= 4
