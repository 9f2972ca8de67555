# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode predicts the real run for servers, services, shares and tokens: random hubs, random
tasks, random scopes, and items that the hub refuses.

The same few examples are used every time. ``TEST_EXAMPLES=500`` tests 500 random ones, and a
failure prints how to repeat it.
"""

from __future__ import annotations

import json
import pathlib
import random
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import SERVER, examples, one_sentence, runner, writes
from tests.live.support_servers import spawn, standing, states
from tests.live.test_prediction import Task, pick, some
from tests.live.token_support import TOKEN, held, is_good, make, ours

pytestmark = pytest.mark.daily(2)

SETTINGS = examples(8)
SHARE, SERVICE = "jupyterhub_share", "jupyterhub_service"
PREDICTED = ("changed", "changes", "summary", "diff")


def every(example: Callable[[random.Random], None]) -> None:
    """Run many examples. Python makes the random choices, because hypothesis prefers short lists
    and equal values.
    """

    @SETTINGS
    @given(st.randoms(use_true_random=True))
    def try_one(dice: random.Random) -> None:
        example(dice)

    try_one()


def named(changes: Sequence[Mapping[str, Any]]) -> Counter[tuple[str, str, str]]:
    """Return the action, kind and name of each change, without the ids of tokens."""
    return Counter(
        (change["action"], change["kind"], change["name"].partition(" (")[0]) for change in changes
    )


def predict_and_do(
    hub: Hub,
    run: ModuleRunner,
    name: str,
    params: Task,
    look: Callable[[], Any],
    refused: Sequence[str] = (),
    again: Task | None = None,
) -> None:
    """Run a module in check mode, in a real run, and in a second real run.

    Asserts what holds for every task: check mode sends only GET requests and changes nothing; each
    predicted change is done, refused, or pending because it depends on a refused one; and the
    second run does nothing.

    look: returns what the hub holds.
    refused: the names of all items that the hub refuses.
    again: the task for the second run, if the first one would make a change in every run.
    """
    before, mark = look(), hub.mark()
    predicted = run(name, params, check=True, diff=True)
    assert not predicted["failed"], predicted
    assert writes(hub.requests(mark)) == []
    assert look() == before
    real = run(name, params, diff=True)
    assert real["failed"] == bool(refused), real
    if not refused:
        assert {key: real[key] for key in PREDICTED} == {key: predicted[key] for key in PREDICTED}
    else:
        one_sentence(real)
        assert sorted(each["name"] for each in real["refused"]) == sorted(refused)
        assert all(each["hub_message"] for each in real["refused"])
        rest = named(predicted["changes"]) - named(real["changes"]) - named(real["pending"])
        assert sorted(named_ for _action, _kind, named_ in rest.elements()) == sorted(refused), (
            predicted,
            real,
        )
    assert (look() != before) <= real["changed"]
    settled = look()
    second = run(name, again or params, diff=True)
    assert (second["failed"], second["changed"], second["changes"]) == (
        bool(refused),
        False,
        [],
    ), second
    assert look() == settled


# Shares

GUESTS = ("user bob", "user Cy", "group tutors")
SCOPES = ("access:servers", "read:servers", "delete:servers")


def guest(dice: random.Random, name: str) -> Any:
    """Return a guest in a form that people use."""
    return (
        name
        if dice.random() < 0.5
        else {
            "name": name,
            **pick(dice, scopes=(0.8, [[one] for one in SCOPES] + [list(SCOPES[:2])])),
        }
    )


def share_task(dice: random.Random, server: str) -> Task:
    """Return a declaration of the shares of one server."""
    users = [guest(dice, name) for name in some(dice, ["bob", "Cy"], 0, 2)]
    groups = [guest(dice, name) for name in some(dice, ["tutors"], 0, 1)]
    chosen = pick(
        dice, users=(0.8, [users]), groups=(0.6, [groups]), scopes=(0.3, [[one] for one in SCOPES])
    )
    return {
        "owner": "Ada",
        "server": server,
        "users": [],
        **chosen,
        **pick(dice, mode=(0.6, ["exact", "present", "absent"])),
    }


def shares_after(now: dict[str, set[str]], item: Task) -> dict[str, set[str]]:
    """Return the shares of a server after a task, as the documentation defines them."""
    mode, after = item.get("mode", "exact"), {name: set(scopes) for name, scopes in now.items()}
    declared: dict[str, set[str] | None] = {}
    for kind in ("user", "group"):
        for one in item.get(f"{kind}s") or ():
            name, own = (one, None) if isinstance(one, str) else (one["name"], one.get("scopes"))
            scopes = own if own is not None else item.get("scopes")
            declared[f"{kind} {name}"] = None if scopes is None else set(scopes)
    for name, wanted in declared.items():
        has = after.get(name, set())
        if mode == "absent":
            after[name] = set() if wanted is None else has - wanted
        elif wanted is None:
            after[name] = has or {"access:servers"}
        else:
            after[name] = wanted if mode == "exact" else has | wanted
    if mode == "exact":
        covered = [kind for kind in ("user", "group") if f"{kind}s" in item]
        after = {
            name: scopes
            for name, scopes in after.items()
            if name in declared or name.split()[0] not in covered
        }
    return {name: scopes for name, scopes in after.items() if scopes}


@pytest.mark.hubs("5", "6")
@pytest.mark.newest
@pytest.mark.profile("keepcase")
def test_shares(hub: Hub) -> None:
    """Random shares and random tasks, with and without an admin's scopes, on hubs that keep case. A
    user with the same name in lower case is never touched.
    """

    def look(server: str) -> dict[str, set[str]]:
        rows = hub.expect("GET", f"/shares/Ada/{server}")["items"]
        return {
            f"{row['kind']} {row[row['kind']]['name']}": {
                scope.partition("!")[0] for scope in row["scopes"]
            }
            for row in rows
        }

    def example(dice: random.Random) -> None:
        hub.reset()
        hub.add_users("Ada", "bob", "Cy", "cy", "ada")
        hub.add_group("tutors", "bob")
        before: dict[str, dict[str, set[str]]] = {"": {}, "lab": {}}
        for server, shares in before.items():
            spawn(hub, "Ada", server)
            for name in some(dice, GUESTS, 0, 3):
                kind, guest_name = name.split()
                shares[name] = set(some(dice, SCOPES, 1, 2))
                scopes = [f"{scope}!server=Ada/{server}" for scope in shares[name]]
                hub.expect("POST", f"/shares/Ada/{server}", {kind: guest_name, "scopes": scopes})
        items = [share_task(dice, server) for server in some(dice, ["", "lab"], 1, 2)]
        task = {"shares": items} if len(items) > 1 or dice.random() < 0.5 else items[0]
        run = runner(hub, api_token=dice.choice([hub.token, hub.scoped_token]))
        predict_and_do(hub, run, SHARE, task, lambda: (look(""), look("lab")))
        declared = {item["server"]: item for item in items}
        for server, shares in before.items():
            assert look(server) == (
                shares_after(shares, declared[server]) if server in declared else shares
            ), (before, task)

    every(example)


# Services

NEW_SERVICES = ("s-a", "s-b", "s-c")


def service_fields(dice: random.Random) -> Task:
    """Return a declaration of a service."""
    return pick(
        dice,
        display=(0.5, [True, False]),
        info=(0.5, [{}, {"a": 1}, {"a": True}]),
        url=(0.2, ["", "http://127.0.0.1:9"]),
    )


@pytest.mark.hubs("5", "6")
@pytest.mark.newest
def test_services(hub: Hub, module: ModuleRunner) -> None:
    """Random services and random tasks. A refused service of the configuration does not stop the
    others.
    """
    usual = {"display": True, "info": {}, "url": ""}

    def look() -> dict[str, Any]:
        return {
            name: {key: row[key] for key in usual}
            for name, row in hub.services().items()
            if name in (*NEW_SERVICES, "witness")
        }

    def example(dice: random.Random) -> None:
        hub.reset()
        for name in NEW_SERVICES:
            hub.api("DELETE", f"/services/{name}")
        before = {name: service_fields(dice) for name in some(dice, NEW_SERVICES, 0, 3)}
        for name, fields in before.items():
            # The hub waits until a service with a url answers.
            fields.pop("url", None)
            hub.expect("POST", f"/services/{name}", {"name": name, **fields})
        items = [
            {
                "name": name,
                "recreate": True,
                **pick(dice, state=(0.4, ["present", "absent"])),
                **service_fields(dice),
            }
            for name in some(dice, NEW_SERVICES, 0, 3)
        ]
        for item in items:
            item.pop("url", None)
        refused = ["witness"] * (dice.random() < 0.4)
        items += [{"name": name, "state": "absent"} for name in refused]
        dice.shuffle(items)
        predict_and_do(hub, module, SERVICE, {"services": items}, look, refused)
        expected = {name: {**usual, **fields} for name, fields in before.items()}
        for item in items:
            if item["name"] == "witness":
                continue
            if item.get("state") == "absent":
                expected.pop(item["name"], None)
            else:
                fields = {key: value for key, value in item.items() if key in usual}
                expected[item["name"]] = {**usual, **expected.get(item["name"], {}), **fields}
        found = {name: fields for name, fields in look().items() if name != "witness"}
        assert json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True), (
            before,
            items,
        )

    every(example)
    for name in NEW_SERVICES:
        hub.api("DELETE", f"/services/{name}")


# Servers

SERVERS = ("ada/", "ada/w", "bob/", "bob/w", "cy/")
ENDS = {
    "started": "started",
    "restarted": "started",
    "stopped": "stopped",
    "present": "stopped",
    "absent": None,
}


@pytest.mark.newest
def test_servers(hub: Hub) -> None:
    """Random servers and random tasks. A server that the spawner refuses does not stop the
    others.
    """

    def look() -> dict[str, str]:
        return standing(states(hub))

    def example(dice: random.Random) -> None:
        hub.reset()
        hub.add_users("ada", "bob", "cy")
        before = {
            server: dice.choice(["started", "stopped"]) for server in some(dice, SERVERS, 0, 5)
        }
        for server, state in before.items():
            user, _slash, name = server.partition("/")
            spawn(hub, user, name)
            if state == "stopped":
                hub.expect(
                    "DELETE", f"/users/{user}/servers/{name}" if name else f"/users/{user}/server"
                )
        items: list[Task] = []
        refused = []
        for server in some(dice, SERVERS, 1, 5):
            user, _slash, name = server.partition("/")
            state = dice.choice(
                [
                    "started",
                    "started",
                    "stopped",
                    "restarted",
                    *(["absent"] if name else []),
                    *(["present"] if name and hub.series == "6" else []),
                ]
            )
            starts = state == "restarted" or (
                state == "started" and before.get(server) != "started"
            )
            if starts and dice.random() < 0.25:
                refused.append(server)
            options = {"user_options": {"reject": "quota exceeded"}} if server in refused else {}
            items.append({"user": user, "name": name, "state": state, **options})
        run = runner(hub, api_token=dice.choice([hub.token, hub.scoped_token, hub.admin_token]))
        # A restart is a change in every run.
        again = [
            {**item, "state": "started"} if item["state"] == "restarted" else item for item in items
        ]
        predict_and_do(hub, run, SERVER, {"servers": items}, look, refused, {"servers": again})
        expected = dict(before)
        for item in items:
            server = f"{item['user']}/{item['name']}"
            end = ENDS[item["state"]]
            if server in refused:
                end = "stopped"
            if item["state"] == "present" and before.get(server) == "started":
                end = "started"
            if item["state"] == "stopped" and server not in before:
                end = None
            expected[server] = end or "none"
        assert look() == standing(
            {server: state for server, state in expected.items() if state != "none"}
        ), (before, items)

    every(example)


# Tokens

NOTES = ("a", "b", "c")


@pytest.mark.newest
def test_tokens(hub: Hub, tmp_path: pathlib.Path) -> None:
    """Random tokens in files and random tasks. A token with scopes that its user does not have does
    not stop the others, and foreign tokens are never touched.
    """
    folder = tmp_path / "secrets"

    def look() -> Any:
        rows = sorted((row["note"], row["id"]) for row in hub.user_tokens("ada"))
        return rows, {path.name: held(path) for path in folder.iterdir()}

    def example(dice: random.Random) -> None:
        hub.reset()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        hub.add_users("ada")
        run = runner(hub, api_token=dice.choice([hub.token, hub.scoped_token]))
        make(hub, "by hand")
        before = some(dice, NOTES, 0, 3)
        given_ = [
            {"user": "ada", "note": note, "scopes": [], "dest": str(folder / note)}
            for note in before
        ]
        assert not run(TOKEN, {"tokens": given_})["failed"]
        for note in before:
            if dice.random() < 0.3:
                (folder / note).write_text("garbage", encoding="utf-8")
        items: list[Task] = []
        refused = []
        for note in some(dice, NOTES, 1, 3):
            item = {
                "user": dice.choice(["ada", "Ada"]),
                "note": note,
                "dest": str(folder / note),
                **pick(dice, state=(0.3, ["absent"])),
            }
            if "state" not in item:
                item.update(
                    pick(dice, scopes=(0.5, [[], ["read:users!user"]]), expires_in=(0.3, ["1d"]))
                )
                if dice.random() < 0.2:
                    item["scopes"] = ["admin:users"]
                    refused.append(f"ada/{note}")
            items.append(item)
        prune = dice.random() < 0.4
        predict_and_do(hub, run, TOKEN, {"tokens": items, "prune": prune}, look, refused)
        absent = {item["note"] for item in items if item.get("state") == "absent"}
        declared = {item["note"] for item in items} - absent
        bad = {name.partition("/")[2] for name in refused}
        expected = (
            (declared - bad)
            | (declared & bad & set(before))
            | (set() if prune else set(before) - absent)
        )
        assert sorted(row["note"].partition(" ")[0] for row in ours(hub)) == sorted(expected), (
            before,
            items,
            prune,
        )
        assert all(is_good(hub, str(held(folder / note))) for note in declared - bad)
        assert "by hand" in {row["note"] for row in hub.user_tokens("ada")}

    every(example)
