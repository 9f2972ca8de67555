# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode predicts the real run, and one refusal stops nothing else, for callers whose scopes
are limited to some objects: random scopes, random hubs, and random tasks.

There is no model here. Every item of a task is also tried alone, and the hub's own answers to an
admin say what is there. The same few examples are used every time. ``TEST_EXAMPLES=500`` tests 500
random ones, and a failure prints how to repeat it.
"""

from __future__ import annotations

import dataclasses
import pathlib
import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hub import Hub
from tests.live.support import GROUP, SERVER, USER, Result, examples, one_sentence, writes
from tests.live.support_scopes import CALLER, limited
from tests.live.support_servers import settle, standing, states
from tests.live.test_prediction import Task, pick, some
from tests.live.token_support import TOKEN, is_good, ours

pytestmark = [pytest.mark.newest, pytest.mark.daily(2)]
SETTINGS = examples(6)
# This many examples have some that are done in part.
ENOUGH = 24
SHARE, SERVICE = "jupyterhub_share", "jupyterhub_service"
USERS = ("user=ada", "user=bob", "user=new", "group=g", "group=h")
GROUPS = ("group=g", "group=h", "group=new")
# What a real run and its prediction have in common, unless the hub alone knows what it will refuse.
PREDICTED = ("failed", "changed", "changes", "pending", "refused", "rest_done", "diff")


def every(example: Callable[[random.Random], str], expected: str = "in part") -> None:
    """Run many examples, of which some end as expected. Python makes the random choices, because
    hypothesis prefers short lists and equal values.
    """
    met: set[str] = set()

    @SETTINGS
    @given(st.randoms(use_true_random=True))
    def try_one(dice: random.Random) -> None:
        met.add(example(dice))

    try_one()
    assert SETTINGS.max_examples < ENOUGH or expected in met, met


def some_scopes(dice: random.Random, filters: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the scopes of a caller: of these scopes, some without a filter, some with one or two
    of theirs, and rarely none at all.
    """
    held = []
    for scope, limits in filters.items():
        if dice.random() < 0.4:
            held.append(scope)
        elif dice.random() < 0.95:
            held += [f"{scope}!{limit}" for limit in some(dice, limits, 1, 2)]
    return held


@dataclasses.dataclass
class Case:
    """A task of one module.

    items: what is declared.
    title: the name of an item in the result.
    holds: whether the hub has what an item declares.
    look: returns what the hub has.
    exact: check mode knows all that the hub will refuse.
    """

    hub: Hub
    scopes: Sequence[str]
    module: str
    plural: str
    items: list[Task]
    title: Callable[[Task], str]
    holds: Callable[[Task], bool]
    look: Callable[[], Any]
    exact: bool = True

    def named(self, result: Result, key: str) -> set[str]:
        """Return the items of which a result speaks under a key."""
        titles = {self.title(item).lower() for item in self.items}
        found: set[str] = set()
        for one in result.get(key, []):
            name = one["name"].lower()
            found.update(title for title in titles if name == title or name.startswith(f"{title} "))
        return found

    def check(self) -> str:
        """Assert all that holds for every task; return how much was done."""
        run = limited(self.hub, *self.scopes)
        before, mark = self.look(), self.hub.mark()
        alone = {
            self.title(item).lower(): run(self.module, item, check=True) for item in self.items
        }
        predicted = run(self.module, {self.plural: self.items}, check=True, diff=True)
        assert (writes(self.hub.requests(mark)), self.look()) == ([], before)
        real = run(self.module, {self.plural: self.items}, diff=True)
        told = (self.scopes, self.items, predicted, real)
        if real["failed"]:
            one_sentence(real)
        if predicted["failed"] and not predicted["rest_done"]:
            # A scope is missing for every object, or something does not exist: nothing is begun.
            assert any(one["failed"] and not one["rest_done"] for one in alone.values()), told
            assert (real["failed"], real["msg"], self.look()) == (True, predicted["msg"], before), (
                told
            )
            return "nothing"
        stopped = {name for name, one in alone.items() if one["failed"]}
        refused, pending = self.named(real, "refused"), self.named(real, "pending")
        assert self.named(predicted, "refused") == stopped, told
        assert stopped <= refused, told
        if self.exact:
            for key in PREDICTED:
                assert real.get(key) == predicted.get(key), (key, *told)
        for item in self.items:
            done = self.title(item).lower() not in refused | pending
            assert not done or self.holds(item), (item, *told)
        assert (self.look() != before) <= real["changed"], told
        settled = self.look()
        second = run(self.module, {self.plural: self.items}, diff=True)
        assert (second["changed"], second["changes"], self.look()) == (False, [], settled), second
        # Whoever is gone is no longer a member of the group that the caller may see.
        gone = {change["name"] for change in real["changes"] if change["action"] == "delete"}
        assert refused <= self.named(second, "refused") <= refused | gone, (second, *told)
        return ("in part" if real["changed"] else "refused") if refused else "all"


def people(hub: Hub) -> None:
    """Fill a hub with three users and two groups."""
    hub.reset()
    hub.add_users(CALLER, admin=True)
    hub.add_users("ada", "bob", "cy")
    hub.add_group("g", "ada")
    hub.add_group("h", "bob")


def by_group(scopes: Sequence[str], *writing: str) -> bool:
    """Return whether one of the scopes for writing is limited to the members of a group: whom the
    hub counts among these is not predicted.
    """
    return any(scope.partition("!")[0] in writing and "!group=" in scope for scope in scopes)


def test_users(hub: Hub) -> None:
    def example(dice: random.Random) -> str:
        people(hub)
        limits = dict.fromkeys(
            ("list:users", "read:users", "read:servers", "delete:servers", "users:activity"), USERS
        )
        writing = dice.choice([["admin:users"], ["delete:users", "admin:users"]])
        scopes = some_scopes(dice, {**limits, **dict.fromkeys(writing, USERS)})
        items = [
            {
                "name": name,
                **pick(
                    dice,
                    state=(0.3, ["absent"]),
                    admin=(0.4, [True, False]),
                    last_activity=(0.2, ["2026-01-01T00:00:00Z"]),
                ),
            }
            for name in some(dice, ["ada", "bob", "cy", "new", "nobody"], 1, 4)
        ]

        def holds(item: Task) -> bool:
            row = hub.users().get(item["name"])
            if item.get("state") == "absent":
                return row is None
            return row is not None and row["admin"] == item.get("admin", row["admin"])

        def look() -> Any:
            return {
                name: (row["admin"], row["groups"], bool(row["last_activity"]))
                for name, row in hub.users().items()
                if name != CALLER
            }

        exact = not by_group(scopes, "admin:users", "delete:users", "users:activity")
        return Case(
            hub, scopes, USER, "users", items, lambda item: str(item["name"]), holds, look, exact
        ).check()

    every(example)


def test_groups(hub: Hub) -> None:
    def example(dice: random.Random) -> str:
        people(hub)
        limits: dict[str, Sequence[str]] = {
            **dict.fromkeys(("list:users", "read:users"), USERS),
            **dict.fromkeys(("list:groups", "read:groups", "groups", "admin:groups"), GROUPS),
        }
        scopes = some_scopes(dice, limits)
        items = [
            {
                "name": name,
                **pick(
                    dice,
                    state=(0.2, ["absent"]),
                    users=(0.7, [some(dice, ["ada", "bob", "cy"], 0, 2)]),
                    users_mode=(0.4, ["present", "absent"]),
                    properties=(0.3, [{}, {"x": 1}]),
                ),
            }
            for name in some(dice, ["g", "h", "new"], 1, 3)
        ]

        def holds(item: Task) -> bool:
            row = hub.groups().get(item["name"])
            if item.get("state") == "absent" or row is None:
                return (item.get("state") == "absent") == (row is None)
            named, members = set(item.get("users", row["users"])), set(row["users"])
            fits = {
                "exact": members == named,
                "present": members >= named,
                "absent": not members & named or "users" not in item,
            }
            return (
                fits[item.get("users_mode", "exact")]
                and item.get("properties", row["properties"]) == row["properties"]
            )

        def look() -> Any:
            return {
                name: (sorted(row["users"]), row["properties"])
                for name, row in hub.groups().items()
            }

        return Case(
            hub, scopes, GROUP, "groups", items, lambda item: str(item["name"]), holds, look
        ).check()

    every(example)


def test_servers(hub: Hub) -> None:
    filters = ("user=ada", "user=bob", "group=g", "server=ada/", "server=ada/w", "server=bob/w")

    def example(dice: random.Random) -> str:
        people(hub)
        servers = ("ada/", "ada/w", "bob/", "bob/w")
        settle(
            hub, {name: dice.choice(["started", "stopped"]) for name in some(dice, servers, 0, 2)}
        )
        limits: dict[str, Sequence[str]] = {
            **dict.fromkeys(("list:users", "read:users"), USERS),
            **dict.fromkeys(("read:servers", "servers", "delete:servers"), filters),
        }
        scopes = some_scopes(dice, limits)
        items = []
        for server in some(dice, servers, 1, 3):
            user, _slash, name = server.partition("/")
            wanted = ["started", "stopped", *(["absent"] if name else [])]
            items.append({"user": user, "name": name, "state": dice.choice(wanted)})

        def holds(item: Task) -> bool:
            server = states(hub).get(f"{item['user']}/{item['name']}")
            return (item["state"] == "started") == (server == "started") and not (
                item["state"] == "absent" and server
            )

        exact = not by_group(scopes, "servers", "delete:servers")
        return Case(
            hub,
            scopes,
            SERVER,
            "servers",
            items,
            lambda item: f"{item['user']}/{item['name']}",
            holds,
            lambda: standing(states(hub)),
            exact,
        ).check()

    every(example)


def test_tokens(hub: Hub, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "secrets"

    def example(dice: random.Random) -> str:
        people(hub)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        limits = dict.fromkeys(("read:tokens", "tokens", "read:users", "list:users"), USERS)
        scopes = some_scopes(dice, limits)
        for user in some(dice, ["ada", "bob"], 0, 2):
            task = {"user": user, "note": "n", "scopes": [], "dest": str(folder / f"{user}-n")}
            assert not limited(hub, "tokens")(TOKEN, task)["failed"]
        items: list[Task] = []
        for user in some(dice, ["ada", "bob", "cy", "Ada"], 1, 3):
            note = dice.choice("nm")
            if {user, user.lower()} & {item["user"].lower() for item in items}:
                continue
            dest = str(folder / f"{user.lower()}-{note}")
            absent = dice.random() < 0.3
            items.append(
                {"user": user, "note": note, "state": "absent"}
                if absent
                else {"user": user, "note": note, "scopes": [], "dest": dest}
            )

        def holds(item: Task) -> bool:
            user = item["user"].lower()
            if item.get("state") == "absent":
                return not ours(hub, user, item["note"])
            return is_good(hub, pathlib.Path(item["dest"]).read_text(), user)

        def look() -> Any:
            return {
                user: sorted((row["note"], row["id"]) for row in hub.user_tokens(user))
                for user in ("ada", "bob", "cy")
            }, {path.name: path.read_text() for path in folder.iterdir()}

        exact = not by_group(scopes, "tokens")
        return Case(
            hub,
            scopes,
            TOKEN,
            "tokens",
            items,
            lambda item: f"{item['user']}/{item['note']}",
            holds,
            look,
            exact,
        ).check()

    every(example)


@pytest.mark.hubs("5", "6")
def test_services(hub: Hub) -> None:
    names = ("s-a", "s-b", "s-c")
    filters = tuple(f"service={name}" for name in names)

    def example(dice: random.Random) -> str:
        people(hub)
        for name in names:
            hub.api("DELETE", f"/services/{name}")
        for name in some(dice, names, 0, 2):
            hub.expect("POST", f"/services/{name}", {"name": name, "info": {"a": 1}})
        scopes = some_scopes(
            dice, dict.fromkeys(("list:services", "read:services", "admin:services"), filters)
        )
        items = [
            {
                "name": name,
                "recreate": True,
                **pick(dice, state=(0.3, ["absent"]), info=(0.5, [{"a": 1}, {"b": 2}])),
            }
            for name in some(dice, names, 1, 3)
        ]

        def holds(item: Task) -> bool:
            row = hub.services().get(item["name"])
            if item.get("state") == "absent":
                return row is None
            return row is not None and item.get("info", row["info"]) == row["info"]

        def look() -> Any:
            return {name: row["info"] for name, row in hub.services().items() if name in names}

        return Case(
            hub, scopes, SERVICE, "services", items, lambda item: str(item["name"]), holds, look
        ).check()

    every(example)
    for name in names:
        hub.api("DELETE", f"/services/{name}")


@pytest.mark.hubs("5", "6")
def test_shares(hub: Hub) -> None:
    filters = ("user=ada", "user=bob", "group=g", "server=ada/", "server=bob/")

    def example(dice: random.Random) -> str:
        people(hub)
        for user in some(dice, ["ada", "bob"], 0, 2):
            hub.expect("POST", f"/shares/{user}/", {"user": "cy"})
        limits: dict[str, Sequence[str]] = {
            **dict.fromkeys(("read:shares", "shares"), filters),
            **dict.fromkeys(("list:users", "read:users"), (*USERS, "user=cy")),
            **dict.fromkeys(("list:groups", "read:groups"), GROUPS),
        }
        scopes = some_scopes(dice, limits)
        items = [
            {
                "owner": owner,
                "server": "",
                **pick(
                    dice,
                    users=(0.7, [["cy"], [], ["bob"]]),
                    groups=(0.6, [["h"], []]),
                    mode=(0.5, ["present", "absent"]),
                ),
            }
            for owner in some(dice, ["ada", "bob"], 1, 2)
        ]
        for item in items:
            if not {"users", "groups"} & set(item):
                item["users"] = ["cy"]

        def guests(owner: str) -> set[str]:
            rows = hub.expect("GET", f"/shares/{owner}/")["items"]
            return {f"{row['kind']} {row[row['kind']]['name']}" for row in rows}

        def holds(item: Task) -> bool:
            there = guests(item["owner"])
            kinds = [kind for kind in ("user", "group") if f"{kind}s" in item]
            named = {f"{kind} {name}" for kind in kinds for name in item[f"{kind}s"]}
            if item.get("mode") == "absent":
                return not there & named
            covered = {name for name in there if name.split()[0] in kinds}
            return covered == named if item.get("mode", "exact") == "exact" else there >= named

        exact = not by_group(scopes, "shares")
        return Case(
            hub,
            scopes,
            SHARE,
            "shares",
            items,
            lambda item: f"{item['owner']}/",
            holds,
            lambda: (guests("ada"), guests("bob")),
            exact,
        ).check()

    every(example, "refused")
