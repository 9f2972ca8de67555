# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""Users: what the hub says of them, how that is compared, and how it is changed."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Writer
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import Prune
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
    HIDDEN_BEFORE,
    Item,
    LooseStep,
    Plan,
    State,
    Step,
    alike,
    fold,
    same,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError, HubError, RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Row
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import Found, check_user_name, find_users, normalize, reachable
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.fleet import stop_servers
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import StopServer, stop_step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief, listed
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import parse_time, utcnow

# Above 50 names a request, the hub is no faster, and it answers nobody else meanwhile (about half a second for 100).
CHUNK = 100
# The hub refuses an activity that lies further ahead (jupyterhub/apihandlers/users.py, ActivityAPIHandler).
FURTHEST_AHEAD = datetime.timedelta(minutes=59)
# Steps are applied in this order: renames free their old names, and what goes, goes last.
ORDER = ("rename", "create", "update", "stop", "delete")


def user_state(row: Row) -> State:
    """:returns: the user as modules return it; what the caller may not see is None."""
    return {
        "name": row["name"],
        "admin": row.get("admin"),
        "groups": _sorted(row, "groups"),
        "roles": _sorted(row, "roles"),
        "server": row.get("server"),
        "pending": row.get("pending"),
        "created": row.get("created"),
        "last_activity": row.get("last_activity"),
    }


def _sorted(row: Row, field: str) -> list[str] | None:
    """:returns: the names in a field; None when the hub does not show them: then it leaves them out, or null."""
    return None if row.get(field) is None else sorted(row[field])


def known(row: Row, field: str, scope: str) -> t.Any:
    """:returns: a field of a user.

    :raises RefusedError: the caller's scopes hide it, and a guess could do harm.
    """
    if field not in row:
        raise RefusedError(
            f"The caller cannot see the {field} of user {row['name']}, which this task has to know: its role needs the scope {scope}. Nothing was changed.",
            missing_scopes=[scope],
        )
    return row[field]


class Users(Writer):
    """The adapter of jupyterhub_user."""

    plural: t.ClassVar[str] = "users"
    singular: t.ClassVar[str] = "user"
    key: t.ClassVar[str] = "name"

    def __init__(self, api: HubApi, options: dict[str, t.Any], *, assume_missing: bool) -> None:
        self.api = api
        self.items = self._declared(options)
        self.prune = Prune.from_options(options)
        self.prune_admins: bool = options["prune_admins"]
        self.warnings: list[str] = []
        # The hub's answers to what was written, by the name that was asked for.
        self._answers: dict[str, Row] = {}
        # How the hub stores the names of new users; None: it does not tell.
        self._stored: dict[str, str | None] = {}
        # Those that it stores otherwise than they were asked for.
        self._undeclared: list[str] = []
        # Admins of whom the hub had made users, but not yet admins, when it broke off.
        self._half_made: set[str] = set()

    @staticmethod
    def _declared(options: dict[str, t.Any]) -> list[Item]:
        """The one user, or the list, made the same; bad and contradictory input is refused."""
        rows = options["users"] if options["users"] is not None else [options]
        keys = ("name", "state", "admin", "auth_state", "rename_from", "last_activity")
        items = [{key: row[key] for key in keys} for row in rows]
        for item in items:
            item["state"] = item["state"] or options["state"]
            check_user_name(item["name"])
            if item["rename_from"] is not None:
                check_user_name(item["rename_from"])
            if item["last_activity"] is not None:
                item["last_activity"] = _check_activity(item)
        items = fold(items, lambda item: normalize(item["name"]), lambda item: f"User {item['name']}")
        names = {normalize(item["name"]) for item in items}
        sources: set[str] = set()
        for item in items:
            source = item["rename_from"] and normalize(item["rename_from"])
            if not source or item["rename_from"] == item["name"]:
                item["rename_from"] = None
            elif source != normalize(item["name"]) and (source in names or source in sources):
                raise RefusedError(
                    f"User {item['rename_from']} is renamed to {item['name']} and declared elsewhere in the list too: keep one of them. Nothing was changed."
                )
            else:
                sources.add(source)
        return items

    # Plan

    def plan(self) -> Plan:
        found, secrets = self._read()
        steps: list[Step] = []
        objects: dict[str, State] = {}
        changed: set[str] = set()
        touches_admins: list[str] = []
        unchanged = 0
        for item in self.items:
            row = found.get(item["name"])
            if item["state"] == "absent":
                self._refuse_removal(item, row, found)
                mine = [] if row is None else _removal(row)
                after: State | None = None
            else:
                mine, after = self._compare(item, row, found, secrets)
                guarded = [step for step in mine if step.operation in ("users_create", "user_update")]
                if guarded and (after["admin"] or (row or {}).get("admin") or any((step.before or {}).get("admin") for step in guarded)):
                    touches_admins.append(after["name"])
            steps.extend(mine)
            unchanged += not mine
            if after is not None:
                objects[after["name"]] = after
                if mine:
                    changed.add(after["name"])
        if self.prune is not None:
            for name in self._going(found):
                steps.extend(_removal(found.rows[name]))
        steps.sort(key=lambda step: (ORDER.index(step.action), step.action == "create" and bool((step.after or {}).get("admin"))))
        return Plan(tuple(steps), objects, frozenset(changed), unchanged, tuple(touches_admins))

    def _read(self) -> tuple[Found, dict[str, Row]]:
        """Read all that the plan needs.

        :returns: the users, and those of them whose auth_state is compared: a list of users never shows it.
        """
        names = {name for item in self.items for name in (item["name"], item["rename_from"]) if name}
        found = find_users(self.api, names, every=self.prune is not None)
        secrets = {}
        for item in self.items:
            if item["auth_state"] is None or item["state"] == "absent":
                continue
            row = found.get(item["name"]) or found.get(item["rename_from"] or item["name"])
            if row is not None:
                secrets[row["name"]] = self.api.user_get(row["name"]) or row
        return found, secrets

    def _refuse_removal(self, item: Item, row: Row | None, found: Found) -> None:
        """:raises RefusedError: the hub would refuse to delete this user, or the next run would delete another one."""
        if row is None:
            return
        double = found.rows.get(normalize(item["name"]), row)
        if double is not row:
            raise RefusedError(
                f"Users {row['name']} and {double['name']} are both on the hub, and once {row['name']} is deleted, the name will mean the other one: "
                f"rename {row['name']} first, with rename_from. Nothing was changed."
            )
        # The hub compares names only, and takes a service of that name for the user.
        if row["name"] == self.api.me["name"]:
            raise RefusedError(
                f"User {row['name']} bears the caller's own name, and the hub lets nobody delete himself: use another token. Nothing was changed."
            )

    def _compare(self, item: Item, row: Row | None, found: Found, secrets: dict[str, Row]) -> tuple[list[Step], State]:
        """:returns: the steps that one user needs, and the user as it will be."""
        steps: list[Step] = []
        old = found.get(item["rename_from"]) if item["rename_from"] else None
        if old is row:
            # The two names differ in their spelling only, and one user bears them both.
            old = None
        if old is not None and row is not None:
            raise RefusedError(
                f"User {old['name']} cannot be renamed to {row['name']}, as both exist: delete one of them, or take rename_from out. Nothing was changed."
            )
        if old is not None:
            _refuse_running(old)
            name = normalize(item["name"])
            steps.append(LooseStep("rename", "user", name, "user_update", {"name": old["name"]}, {"name": name}, payload=old["name"]))
            row = {**old, "name": name}
        if row is None:
            name = normalize(item["name"])
            admin = bool(item["admin"])
            steps.append(LooseStep("create", "user", name, "users_create", None, {"admin": admin}, payload=(admin, item["name"])))
            row = {"name": name, "admin": admin, "groups": [], "roles": ["admin", "user"] if admin else ["user"], "auth_state": None, "last_activity": None}
        elif item["admin"] is not None and known(row, "admin", "read:users") != item["admin"]:
            steps.append(self._update(row, "admin", row["admin"], item["admin"], item["admin"]))
            row = {**row, "admin": item["admin"]}
            if "roles" in row:
                row["roles"] = sorted({*row["roles"], "admin"} if item["admin"] else {*row["roles"]} - {"admin"})
        if item["auth_state"] is not None:
            secret = secrets.get(old["name"] if old else row["name"], row)
            now = known(secret, "auth_state", "admin:auth_state")
            # The hub shows an empty auth_state as none.
            if not same(now or {}, item["auth_state"]):
                steps.append(self._update(row, "auth_state", HIDDEN_BEFORE if now else None, HIDDEN, item["auth_state"]))
        if item["last_activity"] is not None and _later(item["last_activity"], row):
            now = row.get("last_activity")
            steps.append(LooseStep("update", "user", row["name"], "user_activity", {"last_activity": now}, {"last_activity": item["last_activity"]}))
            row = {**row, "last_activity": item["last_activity"]}
        return steps, user_state(row)

    @staticmethod
    def _update(row: Row, field: str, before: t.Any, after: t.Any, value: t.Any) -> Step:
        return LooseStep("update", "user", row["name"], "user_update", {field: before}, {field: after}, payload={field: value})

    def _going(self, found: Found) -> list[str]:
        """:returns: the users that a purge deletes."""
        if self.prune is None:
            return []
        declared = {normalize(item["name"]) for item in self.items if item["state"] == "present"}
        # Nor does the old name of a user that is renamed here, or was before, go as one that nobody declared.
        spoken_of = {normalize(name) for item in self.items for name in (item["name"], item["rename_from"]) if name}
        protected = {self.api.me["name"], *(name for name in found.rows if normalize(name) in spoken_of)}
        if not self.prune_admins:
            protected |= {name for name, row in found.rows.items() if known(row, "admin", "read:users")}
        going = self.prune.select("users", list(found.rows), declared, protected, spell=normalize)
        return reachable(going, found, "users", self.warnings.append)

    # Apply

    def batch(self, steps: t.Sequence[Step]) -> int:
        first = steps[0]
        if first.action == "stop":
            return alike(steps, lambda step: step.action == "stop", len(steps))
        if first.action != "create":
            return 1
        return alike(steps, lambda step: step.action == "create" and step.payload[0] == first.payload[0], CHUNK)

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        step = steps[0]
        name = self._stored.get(step.name) or step.name
        if step.action == "create":
            return self._create(steps)
        if step.action == "rename":
            answer = self.api.user_update(step.payload, {"name": step.name})
            self._answers[step.name] = answer
            self._note_name(step.name, answer["name"], asked=step.name)
        elif step.operation == "user_activity":
            self.api.user_activity(name, str((step.after or {})["last_activity"]))
            self._answers[step.name] = {**self._answers.get(step.name, {}), **(step.after or {})}
        elif step.action == "update":
            self._answers[step.name] = self._set(step, name)
        else:
            return self._remove(steps)
        return steps

    def _create(self, steps: t.Sequence[Step]) -> list[Step]:
        """Create users, and see what became of every name.

        The hub has the last word on names: its authenticator may store another one than was asked for.
        """
        half = [step for step in steps if step.name in self._half_made]
        for step in half:
            self._answers[step.name] = self.api.user_update(step.name, {"admin": True})
        steps = [step for step in steps if step not in half]
        if not steps:
            return half
        try:
            created = {row["name"]: row for row in self.api.users_create([step.payload[1] for step in steps], steps[0].payload[0])}
        except ApiError as error:
            if error.status != 409:
                raise
            created = {}
        self._answers.update(created)
        elsewhere = [step for step in steps if step.name not in created and not self._exists(step)]
        asked = {step.name for step in steps}
        others = [name for name in created if name not in asked]
        # The hub answers in the order of the names that it was asked to create, and leaves out those that it had already.
        told = len(others) == len(elsewhere)
        for step, name in zip(elsewhere, others if told else [None] * len(elsewhere)):
            if name is not None:
                self._answers[step.name] = created[name]
            self._note_name(step.name, name, asked=step.payload[1])
        return [*half, *(step for step in steps if step.name in created or step in elsewhere[: len(others)])]

    def _exists(self, step: Step) -> bool:
        """Whether the hub has a user of a name that it did not tell among the new ones: somebody else was faster."""
        row = self.api.user_get(step.name)
        if row is None:
            return False
        if known(row, "admin", "read:users") != step.payload[0]:
            raise HubError(f"User {step.name} was created by somebody else while this task ran, and differs from what is declared: run the task again.")
        self._answers[step.name] = row
        return True

    def _note_name(self, name: str, stored: str | None, *, asked: str) -> None:
        """Note how the hub stores a user, and tell when it was asked for another name."""
        self._stored[name] = stored
        if stored == asked:
            return
        self._undeclared.append(name)
        self.warnings.append(
            f"The hub stores the user {name} under another name"
            + (f" ({stored})" if stored else "")
            + ": declare it as the hub stores it, or every run will try to create it."
        )

    def _remove(self, steps: t.Sequence[Step]) -> t.Sequence[Step]:
        """Stop servers, or delete a user.

        :raises HubError: a user who seems undeclared may be one that is declared by another name.
        """
        if self.prune is not None and self._undeclared:
            raise HubError(
                "prune was stopped before it deleted anything: the hub stores these users under other names, which are not declared: "
                f"{listed(self._undeclared)}. Declare them as the hub stores them."
            )
        step = steps[0]
        if step.action == "stop":
            stop_servers(self.api, [each for each in steps if isinstance(each, StopServer)])
        elif not self.api.user_delete(step.name):
            return []
        return steps

    def _set(self, step: Step, name: str) -> Row:
        try:
            return self.api.user_update(name, step.payload)
        except ApiError as error:
            if "auth_state" in step.payload and error.status == 500:
                advice = "The hub stores an auth_state only when it has a key to encrypt it: set JUPYTERHUB_CRYPT_KEY in its environment."
                raise error.with_advice(advice) from None
            raise

    def in_place(self, steps: t.Sequence[Step]) -> list[Step]:
        names = {step.name for step in steps if step.action != "stop"} | {step.key[0] for step in steps if isinstance(step, StopServer)}
        found = find_users(self.api, names)
        return [step for step in steps if self._seen(step, found)]

    def _seen(self, step: Step, found: Found) -> bool:
        """Whether a step's effect is on the hub."""
        if isinstance(step, StopServer):
            user, server = step.key
            return server not in (found.rows.get(user) or {}).get("servers", {})
        row = found.rows.get(step.name)
        if step.action == "delete":
            return row is None
        if row is None:
            return False
        self._answers[step.name] = row
        if step.action == "create":
            if step.payload[0] and row.get("admin") is False:
                self._half_made.add(step.name)
            return bool(row.get("admin") == step.payload[0])
        if step.action == "rename":
            return self.api.user_get(step.payload) is None
        if step.operation == "user_activity":
            return not _later(str((step.after or {})["last_activity"]), row)
        if "auth_state" in step.payload:
            # As above, an empty one is shown as none.
            return same((self.api.user_get(step.name) or {}).get("auth_state") or {}, step.payload["auth_state"])
        return all(row.get(field) == value for field, value in step.payload.items())

    def objects(self, plan: Plan) -> dict[str, State]:
        return {
            name: user_state({**state, **self._answers.get(name, {})})
            for name, state in plan.objects.items()
            # What the hub has made of these names, it did not tell.
            if self._stored.get(name, name) is not None
        }


def _check_activity(item: Item) -> str:
    """:returns: the time as the hub writes it.

    :raises RefusedError: it is no time, or lies in the future.
    """
    try:
        moment = parse_time(item["last_activity"]).astimezone(datetime.timezone.utc)
    except (OverflowError, ValueError):
        raise RefusedError(
            f"last_activity {brief(item['last_activity'])} of user {item['name']} is no time: write it like 2026-09-01T08:00:00Z. Nothing was changed."
        ) from None
    if moment > utcnow() + FURTHEST_AHEAD:
        raise RefusedError(f"last_activity {item['last_activity']} of user {item['name']} lies in the future, which the hub refuses. Nothing was changed.")
    return moment.isoformat().replace("+00:00", "Z")


def _later(moment: str, row: Row) -> bool:
    """Whether a time is later than the user's last activity: the hub only ever moves it forward."""
    now = known(row, "last_activity", "read:users:activity")
    return now is None or parse_time(moment) > parse_time(now)


def _refuse_running(row: Row) -> None:
    """:raises RefusedError: the user has servers, whose addresses and routes would keep the old name."""
    active = known(row, "servers", "read:servers")
    if active:
        raise RefusedError(
            f"User {row['name']} has running servers, whose addresses would keep the old name: stop them before the rename. Nothing was changed."
        )


def _removal(row: Row) -> list[Step]:
    """The steps that delete a user: the hub refuses to while a named server runs or any server is pending."""
    steps = [stop_step(row["name"], server) for server in sorted(known(row, "servers", "read:servers"))]
    before = {"admin": row.get("admin"), "groups": _sorted(row, "groups")}
    return [*steps, LooseStep("delete", "user", row["name"], "user_delete", before, None)]
