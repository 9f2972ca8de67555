# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode of the role predicts its real run on unusual hubs: random admins, groups with roles,
kept case, similar names, and users, servers, services and tokens that the hub refuses.

There is no model here. A real run is compared with the prediction of check mode, and with the hub's
own objects before and after. If the hub refuses nothing, both runs are equal. Otherwise they differ
only in refused objects and in those that depend on them.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hub import Hub
from tests.live.support import examples, runner, snapshot
from tests.live.support_odd import GROUPS, NAMES, clear, keeps_case, some
from tests.live.support_role import run_modules, writes
from tests.live.support_servers import path, spawn, states

pytestmark = [pytest.mark.newest, pytest.mark.daily(2), pytest.mark.exact_names]
# From this many examples on, all rare events occur.
MANY = 100
SETTINGS = examples(10)

KINDS = ("users", "groups", "services", "servers", "shares", "tokens")
SERVICES = ("s-a", "s-b")
Change = tuple[str, str, str]


@dataclasses.dataclass(frozen=True)
class State:
    """The content of a hub before a run, by the names in NAMES.

    users: the users, and whether each is an admin.
    servers: by owner and name, whether the server runs.
    shares: servers, each with the user with whom it is shared.
    """

    users: dict[str, bool]
    members: dict[str, list[str]]
    servers: dict[str, bool]
    shares: dict[str, str]
    services: list[str]


def state(dice: random.Random) -> State:
    """Return a random state of a hub."""
    users = {
        name: dice.random() < 0.2 for name in some(dice, NAMES, 7) if not name.startswith("bad")
    }
    there = tuple(users)
    owners = [name for name in there if name in ("ada", "bob")]
    servers = {f"{name}/{server}": dice.random() < 0.5 for name in owners for server in ("", "lab")}
    servers = {name: runs for name, runs in servers.items() if dice.random() < 0.5}
    return State(
        users,
        {group: some(dice, there, min(2, len(there))) for group in GROUPS},
        servers,
        {
            name: guest
            for name in servers
            for guest in some(dice, there, min(1, len(there)))
            if guest != name.partition("/")[0]
        },
        some(dice, SERVICES, 2),
    )


def fill(hub: Hub, before: State, named: Mapping[str, str]) -> None:
    """Bring a hub into a state.

    named: the name by which the hub stores each user.
    """
    for name, admin in before.users.items():
        hub.add_users(named[name], admin=admin)
    for group, users in before.members.items():
        hub.expect("POST", f"/groups/{group}/users", {"users": [named[user] for user in users]})
    for server, runs in before.servers.items():
        owner, _slash, name = server.partition("/")
        spawn(hub, named[owner], name)
        if server in before.shares:
            guest = named[before.shares[server]]
            hub.expect("POST", f"/shares/{hub.quote(named[owner])}/{name}", {"user": guest})
        if not runs:
            hub.expect("DELETE", path(hub, named[owner], name))
    for name in SERVICES:
        hub.api("DELETE", f"/services/{name}")
    for name in before.services:
        hub.expect("POST", f"/services/{name}", {"name": name, "info": {"a": 1}})


def lists(dice: random.Random, before: State) -> dict[str, Any]:
    """Return the lists of a run."""
    users: list[dict[str, Any]] = []
    for name in some(dice, NAMES, 6):
        admin = {"admin": dice.random() < 0.5} if dice.random() < 0.4 else {}
        absent = {"state": "absent"} if dice.random() < 0.2 else {}
        users.append({"name": name, **admin, **absent})
    mentioned = {item["name"] for item in users}
    movable = [
        name for name in before.users if name not in mentioned and not name.startswith("kept")
    ]
    if movable and dice.random() < 0.3:
        users.append({"name": "fresh", "rename_from": movable[0]})
    present = {item["name"] for item in users if "state" not in item}
    prune = ["users"] * (bool(present) and dice.random() < 0.4)
    leaving = {name for item in users for name in (item["name"], item.get("rename_from"))}
    stay = set() if prune else set(before.users) - leaving
    # The names that a run may use. With other names the preflight fails in both modes.
    usable = tuple(sorted(present | stay)) if dice.random() < 0.9 else NAMES
    groups: list[dict[str, Any]] = [
        {"name": name, "users": some(dice, usable, min(4, len(usable)))}
        for name in some(dice, (*GROUPS, "new"), 3)
    ]
    for item in groups:
        item.update({"users_mode": dice.choice(["exact", "present", "absent"])})
    found: dict[str, Any] = {
        "users": users,
        "groups": groups,
        "services": some_services(dice),
        "servers": some_servers(dice, usable),
        "shares": some_shares(dice, usable, before),
        "tokens": [
            {
                "user": name,
                "note": "n",
                "scopes": dice.choice([[], [], ["admin:users"]]),
                "state": dice.choice(["present", "present", "absent"]),
            }
            for name in some(dice, usable, min(2, len(usable)))
        ],
    }
    keep = dice.choice([[], ["x[1]"], ["kept*"], ["zo*"]])
    return {
        **{kind: items for kind, items in found.items() if items},
        **({"prune": prune, "prune_keep": {"users": keep}} if prune and keep else {"prune": prune}),
        "prune_limit": "100%",
        "remove_limit": dice.choice(["100%", "100%", "50%"]),
    }


def some_services(dice: random.Random) -> list[dict[str, Any]]:
    """Return declared services. One of them is in the hub's configuration, so the hub does not
    delete it.
    """
    items: list[dict[str, Any]] = [
        {"name": name, "recreate": True, "info": {"a": dice.randint(1, 2)}}
        for name in some(dice, SERVICES, 2)
    ]
    return [*items, *([{"name": "witness", "state": "absent"}] if dice.random() < 0.2 else [])]


def some_servers(dice: random.Random, usable: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return declared servers. The spawner refuses to start some of them."""
    items: list[dict[str, Any]] = []
    for owner in some(dice, usable, min(3, len(usable))):
        name = dice.choice(["", "lab"])
        item: dict[str, Any] = {
            "user": owner,
            "name": name,
            "state": dice.choice(["started", "stopped"]),
        }
        if name and dice.random() < 0.3:
            item["state"] = dice.choice(["absent", "present"])
        if item["state"] == "started" and dice.random() < 0.2:
            item["user_options"] = {"reject": "quota exceeded"}
        items.append(item)
    return items


def some_shares(
    dice: random.Random, usable: tuple[str, ...], before: State
) -> list[dict[str, Any]]:
    """Return declared shares of default servers and of existing servers."""
    items = []
    for owner in some(dice, usable, min(2, len(usable))):
        guests = tuple(name for name in usable if name != owner)
        items.append(
            {
                "owner": owner,
                "server": "lab" if before.servers.get(f"{owner}/lab") else "",
                "users": some(dice, guests, min(2, len(guests))),
                "groups": some(dice, ("course",), 1),
                "mode": dice.choice(["exact", "present", "absent"]),
            }
        )
    return items


def renamed(value: Any, named: Mapping[str, str]) -> Any:
    """Return a declaration with other names of users."""
    if isinstance(value, dict):
        return {key: renamed(inner, named) for key, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, named) for inner in value]
    return named.get(value, value) if isinstance(value, str) else value


def look(hub: Hub) -> Any:
    """Return everything that the hub holds."""
    shares = {
        f"{server}: {row['kind']} {row[row['kind']]['name']}"
        for server in states(hub)
        for owner, _slash, name in [server.partition("/")]
        for row in hub.expect("GET", f"/shares/{hub.quote(owner)}/{name}")["items"]
    }
    tokens = hub.sql("SELECT id, note FROM api_tokens ORDER BY id")
    services = {name: row["info"] for name, row in hub.services().items() if name in SERVICES}
    return snapshot(hub), states(hub), sorted(shares), tokens, services


def reported(results: Mapping[str, Any], key: str) -> set[Change]:
    """Return the objects and actions of changes; each member is listed separately."""
    found = set()
    for kind in KINDS:
        for change in results.get(kind, {}).get(key, []):
            users = change["fields"].get("users") if change["action"] in ("add", "remove") else None
            name = change["name"].partition(" (")[0]
            for suffix in [f": {user}" for user in users] if users else [""]:
                found.add((change["action"], change["kind"], name + suffix))
    return found


def refusals(results: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the kind and the name of everything that the hub has refused."""
    found = [result.get("refused", []) for kind, result in results.items() if kind in KINDS]
    return [(each["kind"], each["name"].partition(" (")[0]) for one in found for each in one]


def concerns(change: Change, refused: list[tuple[str, str]]) -> bool:
    """Return whether a change is one of a refused object, or depends on such an object."""
    _action, kind, name = change
    parts = {name, *name.split(": "), *name.split("/"), *name.split(" ")}
    return any(
        one in parts or (of == kind and name.startswith(one)) or (of == "server" and one in name)
        for of, one in refused
    )


def agrees(hub: Hub, declared: dict[str, Any]) -> dict[str, Any]:
    """Run the modules of the role in check mode, in a real run, and in a second real run; assert
    that every report is correct. Return the first real results.
    """
    run = runner(hub)
    declared = {**declared, "secrets": "returned"}
    before, mark = look(hub), hub.mark()
    predicted = run_modules(run, declared, check=True)
    assert (writes(hub, mark), look(hub)) == ([], before)
    real = run_modules(run, declared, check=False)
    stopped = {
        kind: result["msg"]
        for kind, result in predicted.items()
        if result["failed"] and not result.get("refused")
    }
    if "preflight" in stopped or (stopped and not refusals(real)):
        # A limit or a protection refused the run. It refuses the real run too, before that kind is
        # changed.
        assert {kind: real[kind]["msg"] for kind in stopped} == stopped, (predicted, real)
        assert not any(real[kind]["changed"] for kind in stopped)
        assert reported(predicted, "changes") == reported(real, "changes")
        return real
    refused = refusals(real)
    done, left, expected = (
        reported(real, "changes"),
        reported(real, "pending"),
        reported(predicted, "changes"),
    )
    differing = [
        change for change in done ^ expected if change not in left and not concerns(change, refused)
    ]
    assert differing == [], (differing, refused, predicted, real)
    if not refused:
        assert not any(result["failed"] for result in real.values()), real
        assert {kind: real[kind]["changes"] for kind in KINDS if kind in real} == {
            kind: predicted[kind]["changes"] for kind in KINDS if kind in predicted
        }
    after = look(hub)
    came, went = set(after[0][0]) - set(before[0][0]), set(before[0][0]) - set(after[0][0])
    users = [(action, name) for action, kind, name in done if kind == "user"]
    assert {name for action, name in users if action in ("create", "rename")} == came
    former = set(real["preflight"]["renamed"].values()) & went
    assert len(former) == sum(action == "rename" for action, _name in users)
    assert {name for action, name in users if action == "delete"} == went - former
    if lost_rights(real, done):
        # Users are written before groups. A user whom prune kept because of a group's role, and
        # whom the run then removed from the group, is deleted by the next run.
        refused = refusals(run_modules(run, declared, check=False))
        after = look(hub)
    again = run_modules(run, declared, check=False)
    assert (reported(again, "changes"), sorted(refusals(again))) == (set(), sorted(refused)), again
    assert look(hub) == after
    return real


def lost_rights(results: Mapping[str, Any], done: set[Change]) -> bool:
    """Return whether a user was kept because of a role that a later list has removed."""
    kept = {
        entry["name"]
        for entry in results.get("users", {}).get("kept", [])
        if entry["why"] in ("admin", "role")
    }
    return any(
        (action, kind) == ("remove", "group") and name.partition(": ")[2] in kept
        for action, kind, name in done
    )


def met_by(results: Mapping[str, Any]) -> set[str]:
    """Return the rare events that occurred in a run."""
    if results["preflight"]["failed"]:
        return {"preflight"}
    met = {f"refused {kind}" for kind, _name in refusals(results)}
    for result in results.values():
        met.update(entry["why"] for entry in result.get("kept", []))
        met.update(key for key in ("look_alikes", "would_remove") if key in result)
    return met or {"all done"}


def test_any_run_of_the_role_on_an_odd_hub(odd: Hub) -> None:
    """Check mode predicts everything, or the real run gives the reason for the difference."""
    met: set[str] = set()

    @SETTINGS
    @given(st.randoms(use_true_random=True))
    def try_one(dice: random.Random) -> None:
        clear(odd)
        before = state(dice)
        capital = {
            name: name.title() if dice.random() < 0.5 else name
            for name in ("ada", "bob", "bad1", "fresh")
        }
        declared = renamed(lists(dice, before), capital)
        fill(odd, before, {**dict(zip(NAMES, NAMES)), **(capital if keeps_case(odd) else {})})
        met.update(met_by(agrees(odd, declared)))

    try_one()
    assert "all done" in met
    assert SETTINGS.max_examples < MANY or met >= {
        "preflight",
        "refused user",
        "refused server",
        "refused service",
        "refused token",
        "admin",
        "role",
        "keep",
        "look_alikes",
        "would_remove",
    }, met


def test_what_depends_on_a_refused_user_stops_nothing_else(odd: Hub) -> None:
    """The servers, shares and tokens of a refused user are left out, and reported as pending."""
    clear(odd)
    declared = {
        "users": [{"name": "bad1"}, {"name": "ada"}],
        "groups": [{"name": "course", "users": ["bad1", "ada"]}],
        "servers": [{"user": "bad1"}, {"user": "ada"}],
        "shares": [
            {"owner": "bad1", "groups": ["course"]},
            {"owner": "ada", "groups": ["course"], "users": ["bad1"]},
        ],
        "tokens": [{"user": "bad1", "note": "n"}, {"user": "ada", "note": "n"}],
    }
    real = agrees(odd, declared)
    assert refusals(real) == [("user", "bad1")]
    assert reported(real, "changes") == {
        ("create", "user", "ada"),
        ("add", "group", "course: ada"),
        ("start", "server", "ada/"),
        ("create", "share", "ada/ with group course"),
        ("create", "token", "ada/n"),
    }
    assert reported(real, "pending") >= {
        ("create", "server", "bad1"),
        ("create", "share", "bad1"),
        ("create", "token", "bad1/n"),
    }
