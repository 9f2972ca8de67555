# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a task with faults, and asserts that its report agrees with the hub, and that the next run
repairs everything.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import pathlib
import time
import types
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

from tests.faults.proxy import SLOW, FaultyProxy, Passed
from tests.faults.tasks import AUDIT, MOMENT, PREFLIGHT, TASKS, Task
from tests.hub import Hub
from tests.live.support import GROUP, USER, Result, chunks, one_sentence, runner, stable, writes
from tests.live.support_export import EXPORT
from tests.live.support_offboard import OFFBOARD
from tests.live.test_services import SERVICE
from tests.live.test_shares import SHARE

UTILS = "ansible_collections.hubops.jupyterhub.plugins.module_utils"

Facts = dict[str, dict[str, Any]]

# Members can be reported in two parts, if one run has added some and the next run the others.
IN_PARTS = ("add", "remove")
# For these kinds the last change of an object counts: a restart stops and starts a server, and a
# recreated service is deleted and created.
LAST_CHANGE_COUNTS = ("server", "service")
# These are files on the target, not objects of the hub.
FILES = ("backup", "certificate")


@contextlib.contextmanager
def hasty(proxy: FaultyProxy) -> Iterator[list[float]]:
    """Cut the delays of the modules short. At each delay, end a fault of the kind ``refused``.

    Yields the list of requested delays. The clock of the modules advances by the full delay.
    """
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        proxy.listen()
        time.sleep(min(seconds, 0.02))

    clock = types.SimpleNamespace(
        sleep=sleep, monotonic=lambda: time.monotonic() + sum(waits), time=time.time
    )
    with contextlib.ExitStack() as stack:
        for name in ("_hub.client", "_resources.servers.fleet", "_resources.shutdown"):
            stack.enter_context(
                mock.patch.object(importlib.import_module(f"{UTILS}.{name}"), "time", clock)
            )
        yield waits


# The state of a hub


def facts(hub: Hub, module: str) -> Facts:
    """Return everything that the tasks of a module can change, and every token, once no server is
    starting or stopping.
    """
    until = time.monotonic() + 10
    users = hub.users()
    while any(server["pending"] for user in users.values() for server in user["servers"].values()):
        assert time.monotonic() < until, users
        time.sleep(0.02)
        users = hub.users()
    seen: Facts = {
        "user": {
            name: {
                "admin": user["admin"],
                "noted": (user["last_activity"] or "").startswith(MOMENT[:-1]),
            }
            for name, user in users.items()
        },
        # The hub does not reliably list a default server that never ran.
        "server": {
            f"{user}/{name}": {
                "started": row["ready"],
                "user_options": row["user_options"],
                "display_name": row.get("display_name"),
            }
            for user, model in users.items()
            for name, row in model["servers"].items()
            if name or row["ready"]
        },
        **tokens(hub),
        "group": {},
        "service": {},
        "share": {},
        "share_code": {},
    }
    if module == USER:
        keepers = {
            name
            for (name,) in hub.sql("SELECT name FROM users WHERE encrypted_auth_state IS NOT NULL")
        }
        for name, user in seen["user"].items():
            user["auth_state"] = hub.user(name)["auth_state"] if name in keepers else None
    elif module == SERVICE:
        seen["service"] = {
            name: row["info"] for name, row in hub.services().items() if name.startswith("s-")
        }
    elif module == OFFBOARD:
        for name, user in users.items():
            seen["user"][name]["roles"] = sorted(user["roles"])
    if module in (GROUP, OFFBOARD):
        seen["group"] = {
            name: {"users": sorted(group["users"]), "properties": group["properties"]}
            for name, group in hub.groups().items()
        }
    if module == SHARE or (module == OFFBOARD and hub.series != "4"):
        shares(hub, seen)
    return seen


def shares(hub: Hub, seen: Facts) -> None:
    """Add the shares and share codes of the servers in ``seen``."""
    for server in seen["server"]:
        for row in hub.expect("GET", f"/shares/{server}")["items"]:
            seen["share"][f"{server} with {row['kind']} {row[row['kind']]['name']}"] = sorted(
                row["scopes"]
            )
        for row in hub.expect("GET", f"/share-codes/{server}")["items"]:
            seen["share_code"][f"{server} {row['id']}"] = sorted(row["scopes"])


def tokens(hub: Hub) -> Facts:
    """Return the notes of all tokens of users. For tokens of the modules' logins, return whether
    they were used.

    They are read from the hub's table, because no list of the API shows all tokens.
    """
    found: Facts = {"token": {}, "login": {}}
    for user, number, note, last_activity in hub.sql(
        "SELECT u.name, t.id, t.note, t.last_activity FROM api_tokens t JOIN users u ON u.id ="
        " t.user_id"
    ):
        login = note.startswith("hubops login ")
        found["login" if login else "token"][f"{user}/a{number}"] = (
            last_activity is not None if login else note
        )
    return found


def ends(found: Facts) -> Any:
    """Return facts in a form in which equal outcomes are equal, without ids that differ in every
    run.
    """
    counted = ("token", "share_code")
    owners = {
        kind: sorted(
            (name.rpartition("/" if kind == "token" else " ")[0], value)
            for name, value in found[kind].items()
        )
        for kind in counted
    }
    # The repr distinguishes 1 from true.
    return repr(
        {
            **{
                kind: dict(sorted(found[kind].items()))
                for kind in found
                if kind not in (*counted, "login")
            },
            **owners,
        }
    )


def is_seen(change: Mapping[str, Any], before: Facts, now: Facts) -> bool:
    """Return whether a change is visible on the hub."""
    kind, action, name, fields = change["kind"], change["action"], change["name"], change["fields"]
    if kind in FILES:
        return pathlib.Path(name).exists()
    there = now.get(kind, {}).get(name)
    if kind == "token":
        new = [
            full
            for full, note in now["token"].items()
            if full not in before["token"]
            and note.rpartition(" [hubops ")[0] == name.partition("/")[2]
        ]
        return (
            f"{name.partition('/')[0]}/{_id_in(name)}" not in now["token"]
            if action == "revoke"
            else bool(new)
        )
    if kind == "share_code":
        server = name.removesuffix(" code")
        here = {full for full in now[kind] if full.startswith(f"{server} ")}
        return (
            bool(here - set(before[kind]))
            if action == "create"
            else len(here) < sum(full.startswith(f"{server} ") for full in before[kind])
        )
    if action in ("delete", "revoke"):
        return there is None
    if action == "stop":
        return there is None or not there["started"]
    if there is None:
        return False
    if action == "remove":
        return not set(fields["users"]) & set(there["users"])
    if action == "start":
        return bool(there["started"])
    if kind == "share":
        return set(fields["scopes"]) == set(there)
    if kind == "group":
        properties = fields.get("properties", {})
        # The repr distinguishes 1 from true.
        return set(fields.get("users", [])) <= set(there["users"]) and all(
            repr(there["properties"].get(key)) == repr(properties[key]) for key in properties
        )
    if kind == "user":
        own = {
            "admin": there["admin"],
            "roles": there.get("roles"),
            "auth_state": there.get("auth_state") is not None,
            "last_activity": there["noted"],
        }
        wanted = {
            "admin": fields.get("admin"),
            "roles": fields.get("roles"),
            "auth_state": True,
            "last_activity": True,
        }
        return all(own[key] == wanted[key] for key in fields if key in own)
    return True


def _id_in(name: str) -> str:
    """Return the id of a revoked token, which is at the end of its name."""
    return name.rpartition("(")[2].rstrip(")")


def without_ids(changes: list[dict[str, Any]]) -> list[str]:
    """Return a form of the changes that can be compared, without ids and without changes of
    members.
    """
    told = []
    for change in changes:
        name = change["name"].partition(" (")[0] if change["kind"] == "token" else change["name"]
        if change["action"] not in IN_PARTS:
            told.append(f"{change['action']} {change['kind']} {name}")
    return sorted(told)


def read(task: Task, result: Result) -> Any:
    """Return the findings or objects that a reading task has returned, without its time."""
    if task.module == AUDIT:
        return [(one["id"], one["subjects"]) for one in result["findings"]]
    if task.module == PREFLIGHT:
        return result["problems"], result["scopes_needed"], result["whoami"]
    return (result["counts"], result["left_out"]) if task.module == EXPORT else None


# Pages outside the API. If a proxy answers one of them, the audit takes it as inaccessible.
PAGES = ("/metrics", "/signup")

# The expected run


@dataclasses.dataclass(frozen=True)
class Model:
    """A run without faults: the state before it, its result, its requests, and the state
    after it.
    """

    before: Facts
    result: Result
    passed: list[Passed]
    after: Any


def undisturbed(hub: Hub, proxy: FaultyProxy, task: Task) -> Model:
    """Run a task through the proxy without faults."""
    hub.reset()
    task.prepare(hub)
    before = facts(hub, task.module)
    proxy.script({})
    with hasty(proxy), chunks(2):
        result = runner(hub, hub_url=proxy.url)(task.module, task.options(hub))
    assert not result["failed"], result
    assert result["retries"] == 0
    passed = proxy.seen()
    assert result["requests"] == len(passed)
    return Model(before, result, passed, ends(facts(hub, task.module)))


MODELS: dict[tuple[str, str], Model] = {}


def model_of(hub: Hub, proxy: FaultyProxy, label: str) -> Model:
    """Return the run of this task without faults. It is done once and cached."""
    key = (hub.series, label)
    if key not in MODELS:
        MODELS[key] = undisturbed(hub, proxy, TASKS[label])
    return MODELS[key]


@dataclasses.dataclass(frozen=True)
class Trouble:
    """The faults of a run.

    faults: by the number of the request, counted from 0.
    forever: a number, and the fault of all requests from this number on.
    retries: the connection option of that name.
    """

    faults: Mapping[int, str]
    forever: tuple[int, str] | None = None
    retries: int = 5

    def includes(self, fault: str) -> bool:
        """Return whether the run has this fault."""
        return fault in self.faults.values() or (
            self.forever is not None and self.forever[1] == fault
        )


def endure(
    hub: Hub, proxy: FaultyProxy, task: Task, model: Model, trouble: Trouble
) -> Result | None:
    """Run a task with faults, then twice without; assert that every report is correct, and that the
    declared state is reached.

    Returns the first result, or None if the run ended before its first fault.
    """
    hub.reset()
    task.prepare(hub)
    # The state is the same every time, except for ids, which keep counting.
    counted = task.module in (SHARE, OFFBOARD)
    before = facts(hub, task.module) if counted else {**model.before, **tokens(hub)}
    assert ends(before) == ends(model.before)
    proxy.script(trouble.faults, trouble.forever)
    patience = {"timeout": SLOW / 2} if trouble.includes("slow") else {}
    with hasty(proxy) as waits, chunks(2):
        result = runner(hub, hub_url=proxy.url, retries=trouble.retries, **patience)(
            task.module, task.options(hub)
        )
    passed = proxy.seen()
    now = facts(hub, task.module)
    try:
        judge(task, model, trouble, result, passed, before, now)
        calm_down(hub, task, model, result, passed)
    except AssertionError as error:
        lines = [f"{number}: {' '.join(map(str, entry))}" for number, entry in enumerate(passed)]
        error.add_note(
            "\n".join(
                [
                    f"{trouble}",
                    *lines,
                    f"waits {waits}",
                    json.dumps(result, indent=1),
                    f"before {before}",
                    f"after  {now}",
                ]
            )
        )
        raise
    return result if any(entry.fault for entry in passed) or trouble.includes("refused") else None


def judge(
    task: Task,
    model: Model,
    trouble: Trouble,
    result: Result,
    passed: list[Passed],
    before: Facts,
    now: Facts,
) -> None:
    """Assert that a result agrees with the hub."""
    shown = json.dumps(result)
    for secret in (*task.secrets, "login_password"):
        assert secret not in shown.replace('"login_password"', ""), secret
    if not trouble.includes("refused"):
        assert result["requests"] == len(passed)
    sent = [entry for entry in passed if entry.method not in ("GET", "")]
    lost = done_unseen(passed)
    if now["login"]:
        # The login's token is still there. Either the result says so, or the response that
        # contained it was lost.
        assert "could not be revoked" in shown or result["failed"]
        assert "could not be revoked" in shown or not any(now["login"].values())
    told, total = result.get("changes", []), model.result.get("changes", [])
    if not result["failed"]:
        assert ends(now) == model.after
        assert result["changed"] == model.result["changed"]
        assert without_ids(told) == without_ids(total)
        assert result.get("summary") == model.result.get("summary")
        for objects in ("users", "groups"):
            assert stable(result.get(objects)) == stable(model.result.get(objects))
        assert read(task, result) == read(task, model.result)
        # A refusal without a readable message is still final, so it is not retried. Every other
        # fault is.
        assert (
            result["retries"] > 0
            or trouble.retries == 0
            or not any(
                entry.fault not in ("", "garbled") and not entry.path.endswith(PAGES)
                for entry in passed
            )
        )
        return
    one_sentence(result)
    if ends(now) != ends(before):
        assert result["changed"]
    if result["changed"] and not any(change["kind"] in FILES for change in told):
        assert any(
            entry.fault not in ("refused", "429-seconds", "429-date", "429-none") for entry in sent
        )
    pending = result.get("pending", [])
    for changes, wanted in ((told, True), (pending, False)):
        for position, change in enumerate(changes):
            others = [*told[position + 1 :], *pending] if wanted else [*told, *pending[:position]]
            same = [other for other in others if _about(other) == _about(change)]
            if change["kind"] in LAST_CHANGE_COUNTS and same:
                continue
            if wanted:
                assert is_seen(change, before, now), ("is reported as done", change)
            elif (
                is_seen(change, before, now)
                and not is_seen(change, before, before)
                and change["action"] not in IN_PARTS
            ):
                # A pending change may be done if its response was lost and the task could not read
                # the state. For servers only the state counts, and for tokens only the
                # verification.
                assert (
                    lost or change["kind"] == "server" or "could not be verified" in result["msg"]
                ), ("is reported as pending", change)
    if told or pending:
        # A server that could not be stopped has a token of its own, which is also to be revoked.
        mine = [
            line
            for line in without_ids([*told, *pending])
            if not line.startswith("revoke token ada/Server at ")
        ]
        assert mine == without_ids(total)


def done_unseen(passed: list[Passed]) -> list[Passed]:
    """Return the writes that the hub has carried out although the module received no response that
    says so.
    """
    return [
        entry
        for entry in passed
        if entry.method not in ("GET", "")
        and entry.fault
        and entry.status is not None
        and entry.status < 400
    ]


def _about(change: Mapping[str, Any]) -> tuple[str, str]:
    return change["kind"], change["name"]


def calm_down(hub: Hub, task: Task, model: Model, result: Result, passed: list[Passed]) -> None:
    """Assert that the next run reaches the declared state, and that the run after it changes
    nothing.
    """
    direct = runner(hub, hub_url=hub.hub_url)
    with (
        chunks(2),
        mock.patch.object(importlib.import_module(f"{UTILS}._module.login"), "LEFT_BEHIND", 0),
    ):
        rest = direct(task.module, task.options(hub) if result["failed"] else task.calm(hub))
        assert not rest["failed"], rest
        if result["failed"] and task.module in (USER, GROUP) and not done_unseen(passed):
            # A server may have stopped after the task could no longer see it, so stops are not
            # compared.
            told = [
                change
                for change in [*result.get("changes", []), *rest["changes"]]
                if change["action"] != "stop"
            ]
            assert without_ids(told) == without_ids(
                [change for change in model.result["changes"] if change["action"] != "stop"]
            )
        left = facts(hub, task.module)
        assert ends(left) == model.after
        # A login's token may only remain if it was used and could not be revoked. It expires by
        # itself.
        assert all(left["login"].values()), left
        task.check(hub, [result, rest] if not result["failed"] else [rest])
        if not task.settles:
            return
        # If the task returned a token that it could not verify, the next run replaces it with a
        # warning.
        if not result["failed"] and "could not be verified" not in json.dumps(result):
            assert not rest["changed"], rest
            return
        mark = hub.mark()
        again = direct(task.module, task.calm(hub))
    assert (again["failed"], again["changed"]) == (False, False), again
    # A login creates its token, and revokes it.
    own = 2 if "login_username" in task.options(hub) else 0
    assert (
        len([request for request in writes(hub.requests(mark)) if request.status < 400]) == own
    ), again
