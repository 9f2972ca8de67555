# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports of random hubs: applied to the same hub, an export changes nothing; applied to an empty
hub, it creates the same content.

The same few hubs are used every time. ``TEST_EXAMPLES=500`` tests 500 random ones, and a failure
prints how to repeat it.
"""

from __future__ import annotations

import dataclasses
import importlib
import pathlib
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hub import Hub
from tests.live.support import examples
from tests.live.support_export import assert_applied, assert_nothing_to_do, export, load
from tests.running import run_playbook

pytestmark = pytest.mark.daily(5)

for_hub = importlib.import_module(
    "ansible_collections.hubops.jupyterhub.plugins.plugin_utils._for_hub"
).for_hub

# This many hubs cover all kinds of content.
ENOUGH = 6
# Examples with a second hub take longer.
FEW = 4
# Examples that start Ansible take longest.
PLAYS = 2
SETTINGS = examples(ENOUGH)

PEOPLE = [
    "ada",
    "bob",
    "zoé",
    "zoe\u0301",
    "a b",
    "{{ x }}",
    "{% y",
    "{#",
    "on",
    "007",
    "1e3",
    "null",
    "x'y\"z",
    "ün🙂",
    "!unsafe",
    "- a",
    "a: b",
    "[a]",
    "\\n",
]
GROUPS = [
    *PEOPLE,
    "UPPER",
    "upper",
    "line\nbreak",
    "tab\there",
    "\u2028",
    "{{ lookup('pipe', 'touch ran') }}",
    "#jinja2: x",
    "long" * 60,
    "&a *b",
]
KEYS = ["x", "", "{{ k }}", "on", "a: b", "é", "? q", "\n"]
VALUES: list[Any] = [
    0,
    1.5,
    1e22,
    -1e-7,
    2**70,
    True,
    False,
    None,
    "",
    "ü",
    "{{ v }}",
    "on",
    "null",
    " edge ",
    "a\nb\n",
    "\u0085",
    "🙂",
    "'",
    '"',
    "\\",
]
SCOPES = ["access:servers", "read:servers", "users:activity", "servers"]


@dataclasses.dataclass(frozen=True)
class World:
    """The content of a hub, and a function that reads it back."""

    users: dict[str, bool]
    groups: dict[str, tuple[list[str], dict[str, Any]]]
    services: dict[str, dict[str, Any]]
    servers: dict[tuple[str, str], dict[str, Any]]
    shares: list[tuple[str, str, str, str, list[str]]]


def some(dice: random.Random, names: list[Any], most: int) -> list[Any]:
    """Return some of the names, in any order."""
    return dice.sample(names, dice.randint(0, min(most, len(names))))


def value(dice: random.Random, depth: int = 0) -> Any:
    """Return any JSON value."""
    if depth < 3 and dice.random() < 0.5:
        if dice.random() < 0.5:
            return [value(dice, depth + 1) for _each in range(dice.randint(0, 3))]
        return {key: value(dice, depth + 1) for key in some(dice, KEYS, 3)}
    return dice.choice(VALUES)


@st.composite
def worlds(draw: st.DrawFn, named: tuple[str, ...] = ("lab", "big")) -> World:
    """Return any world, with named servers of these names."""
    dice = draw(st.randoms(use_true_random=True))
    users = {name: dice.random() < 0.3 for name in some(dice, PEOPLE, 8)}
    groups = {
        name: (some(dice, list(users), 5), {key: value(dice) for key in some(dice, KEYS, 3)})
        for name in some(dice, GROUPS, 6)
    }
    services = {
        name: {
            "display": dice.random() < 0.5,
            "info": {key: value(dice) for key in some(dice, KEYS, 2)},
            "admin": dice.random() < 0.3,
        }
        for name in some(dice, ["web", "{{ s }}", "on"], 2)
    }
    servers = {
        (user, name): {key: value(dice) for key in some(dice, KEYS[:1] + KEYS[2:], 2)}
        for user in some(dice, list(users), 2)
        for name in some(dice, list(named), 2)
    }
    guests = [("user", name) for name in users] + [("group", name) for name in groups]
    shares = [
        (user, name, *guest, dice.sample(SCOPES, dice.randint(1, 3)))
        for user, name in [*servers, *((user, "") for user in users)]
        for guest in some(dice, guests, 2)
        if dice.random() < 0.5
    ]
    return World(users, groups, services, servers, shares)


@pytest.fixture(scope="module")
def hub_of_4() -> Iterator[Hub]:
    """A running hub of the oldest version."""
    with Hub("4", patience=1.0) as one:
        yield one


@pytest.fixture(scope="module")
def hub_of_5() -> Iterator[Hub]:
    """A running hub of the version before the newest."""
    with Hub("5", patience=1.0) as one:
        yield one


def make(hub: Hub, world: World, named: bool = True) -> None:
    """Create a world on a hub with the hub's own API. Before JupyterHub 6, named servers exist only
    after a start.
    """
    for admin in (False, True):
        hub.add_users(
            *(name for name, is_admin in world.users.items() if is_admin == admin), admin=admin
        )
    for name, (users, properties) in world.groups.items():
        hub.add_group(name, *users, properties=properties)
    for (user, name), options in world.servers.items() if named else ():
        path = f"/users/{hub.quote(user)}/servers/{name}"
        if hub.series == "6":
            hub.expect(
                "PUT",
                path,
                {
                    "display_name": f"{name} of {{{{ {user[:5].strip()} }}}}",
                    "user_options": options,
                },
            )
        else:
            hub.expect("POST", path, options)
            hub.expect("DELETE", path)
    if hub.series == "4":
        return
    for name, service in world.services.items():
        hub.expect("POST", f"/services/{hub.quote(name)}", {"name": name, **service})
    for owner, server, kind, guest, scopes in world.shares:
        if named or not server:
            hub.expect(
                "POST", f"/shares/{hub.quote(owner)}/{server}", {kind: guest, "scopes": scopes}
            )


@given(world=worlds())
@SETTINGS
def test_an_export_changes_nothing_where_it_was_made(
    hub: Hub, tmp_path: pathlib.Path, world: World
) -> None:
    hub.reset()
    make(hub, world)
    dest = tmp_path / "hub.yml"
    result = export(hub, dest, servers="named")
    kept = {(one["kind"], one["reason"].partition(",")[0]) for one in result["left_out"]}
    assert kept <= {("service", "its api_token")}
    variables = load(dest)
    assert len(variables["jupyterhub_users"]) == len(hub.users())
    assert len(variables["jupyterhub_groups"]) == len(hub.groups())
    assert_nothing_to_do(hub, variables)


def exported(hub: Hub, world: World, dest: pathlib.Path) -> str:
    """Create a world on an empty hub and export it; return which servers are exported."""
    named = hub.series == "6"
    servers = "named" if named else "none"
    hub.reset()
    make(hub, world, named)
    export(hub, dest, servers=servers)
    return servers


@given(world=worlds())
@SETTINGS
def test_an_export_makes_the_same_on_an_empty_hub(
    hub: Hub, tmp_path: pathlib.Path, world: World
) -> None:
    first, second = tmp_path / "first.yml", tmp_path / "second.yml"
    servers = exported(hub, world, first)
    hub.reset()
    assert_applied(hub, load(first))
    export(hub, second, servers=servers)
    assert second.read_text() == first.read_text()


def provision(hub: Hub, file: pathlib.Path, *args: str) -> int:
    """Run the role on a file as an administrator does; return how many tasks have changed
    something.
    """
    done = run_playbook(
        pathlib.Path("hubops.jupyterhub.provision"), ["-e", f"@{file}", *args], hub=hub
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"changed=(\d+) .*failed=0", done.stdout)
    assert found is not None, done.stdout
    return int(found[1])


@given(world=worlds())
@examples(PLAYS)
def test_the_role_finds_nothing_to_change_and_makes_the_same_on_an_empty_hub(
    hub: Hub, tmp_path: pathlib.Path, world: World
) -> None:
    first, second = tmp_path / "first.yml", tmp_path / "second.yml"
    servers = exported(hub, world, first)
    assert provision(hub, first, "--check", "--diff") == 0
    hub.reset()
    provision(hub, first)
    export(hub, second, servers=servers)
    assert second.read_text() == first.read_text()


def moved(old: Hub, new: Hub, world: World, dest: pathlib.Path) -> dict[str, Any]:
    """Create a world on one hub and move it to another one; return what the filter has left out and
    renamed.
    """
    for hub in (old, new):
        hub.reset()
    make(old, world)
    export(old, dest, servers="named")
    result: dict[str, Any] = for_hub(load(dest), new.version)
    assert_applied(new, result["variables"])
    assert_nothing_to_do(new, result["variables"])
    assert {name: user["admin"] for name, user in new.users().items()} == {
        name: user["admin"] for name, user in old.users().items()
    }
    assert {
        name: (sorted(group["users"]), group["properties"]) for name, group in new.groups().items()
    } == {
        name: (sorted(group["users"]), group["properties"]) for name, group in old.groups().items()
    }
    return result


@pytest.mark.hubs("6")
@given(world=worlds(named=("lab", "Test_1", "1st", "a.b")))
@examples(FEW)
def test_from_hub_4_to_hub_6(hub: Hub, hub_of_4: Hub, tmp_path: pathlib.Path, world: World) -> None:
    """Every user, group and server is moved, with its options; only names of servers differ."""
    result = moved(hub_of_4, hub, world, tmp_path / "hub.yml")
    assert result["left_out"] == []
    names = {one["name"]: one["new_name"] for one in result["renamed"]}
    users = hub.users()
    for (user, name), options in world.servers.items():
        server = users[user]["servers"][names.get(f"{user}/{name}", name)]
        assert (server["display_name"], server["user_options"] or {}) == (name, options)


@pytest.mark.hubs("6")
@given(world=worlds())
@examples(FEW)
def test_from_hub_6_to_hub_5(hub: Hub, hub_of_5: Hub, tmp_path: pathlib.Path, world: World) -> None:
    """Every user, every group and every share of a default server is moved. Named servers are left
    out, each with a reason.
    """
    result = moved(hub, hub_of_5, world, tmp_path / "hub.yml")
    assert {one["name"] for one in result["left_out"] if one["kind"] == "server"} == {
        f"{user}/{name}" for user, name in world.servers
    }
    wanted: dict[str, set[tuple[str, str]]] = {}
    for owner, server, kind, guest, _scopes in world.shares:
        if not server:
            wanted.setdefault(owner, set()).add((kind, guest))
    found = {
        owner: {
            (share["kind"], share[share["kind"]]["name"])
            for share in hub_of_5.pages(f"/shares/{hub_of_5.quote(owner)}")
        }
        for owner in world.users
    }
    assert {owner: guests for owner, guests in found.items() if guests} == wanted
