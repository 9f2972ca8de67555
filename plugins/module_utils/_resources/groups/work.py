# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""Groups: their members and properties, how these are compared, and how they are changed."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Writer
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import Prune
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Item, LooseStep, Plan, State, Step, fold, same
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import AnswerLostError, ApiError, HubError, PartlyDoneError, RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import words
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Row
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    Found,
    check_name,
    check_user_name,
    find_groups,
    find_users,
    normalize,
    reachable,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

# Members in one request. A thousand take the hub a second, in which it answers nobody else.
CHUNK = 500
ORDER = ("create", "remove", "add", "update", "delete")


def group_state(row: Row) -> State:
    """:returns: the group as modules return it; what the caller may not see is None."""
    return {
        "name": row["name"],
        "users": _sorted(row, "users"),
        "properties": row.get("properties"),
        "roles": _sorted(row, "roles"),
    }


def _sorted(row: Row, field: str) -> list[str] | None:
    """:returns: the names in a field; None when the hub does not show them: then it leaves them out, or null."""
    return None if row.get(field) is None else sorted(row[field])


def known(row: Row, field: str) -> t.Any:
    """:returns: a field of a group.

    :raises RefusedError: the caller's scopes hide it, and a guess could do harm.
    """
    if field not in row:
        raise RefusedError(
            f"The caller cannot see the {field} of group {row['name']}, which this task has to know: "
            "its role needs the scope read:groups. Nothing was changed.",
            missing_scopes=["read:groups"],
        )
    return row[field]


class Groups(Writer):
    """The adapter of jupyterhub_group."""

    plural: t.ClassVar[str] = "groups"
    singular: t.ClassVar[str] = "group"
    key: t.ClassVar[str] = "name"

    def __init__(self, api: HubApi, options: dict[str, t.Any], *, assume_missing: bool) -> None:
        self.api = api
        self.assume_missing = assume_missing
        self.items = self._declared(options)
        self.prune = Prune.from_options(options)
        self.warnings: list[str] = []
        # The hub's answers to what was written, by name.
        self._answers: dict[str, Row] = {}

    @staticmethod
    def _declared(options: dict[str, t.Any]) -> list[Item]:
        """The one group, or the list, made the same; bad and contradictory input is refused."""
        rows = options["groups"] if options["groups"] is not None else [options]
        items = []
        for row in rows:
            item = {key: row[key] for key in ("name", "state", "users", "users_mode", "properties", "properties_mode")}
            item["state"] = item["state"] or options["state"]
            check_name("group", item["name"])
            for key in ("users", "properties"):
                # Without what it is about, a mode says nothing.
                item[f"{key}_mode"] = None if item[key] is None else item[f"{key}_mode"] or options[f"{key}_mode"]
            if item["users"] is not None:
                for user in item["users"]:
                    check_user_name(user)
                # Each once: the hub breaks on a member that is named twice.
                item["users"] = sorted(set(map(normalize, item["users"])))
            items.append(item)
        return fold(items, lambda item: item["name"], lambda item: f"Group {item['name']}")

    # Plan

    def plan(self) -> Plan:
        found = find_groups(self.api, [item["name"] for item in self.items], every=self.prune is not None)
        objects: dict[str, State] = {}
        changed: set[str] = set()
        steps: list[Step] = []
        unchanged = 0
        for item in self.items:
            row = found.get(item["name"])
            if item["state"] == "absent":
                mine = [] if row is None else [_removal(row)]
            else:
                mine, after = _compare(item, row)
                objects[item["name"]] = after
                if mine:
                    changed.add(item["name"])
            steps.extend(mine)
            unchanged += not mine
        if self.prune is not None:
            declared = {item["name"] for item in self.items if item["state"] == "present"}
            absent = {item["name"] for item in self.items if item["state"] == "absent"}
            going = self.prune.select("groups", list(found.rows), declared, declared | absent)
            steps.extend(_removal(found.rows[name]) for name in reachable(going, found, "groups", self.warnings.append))
        steps.sort(key=lambda step: ORDER.index(step.action))
        self._check_members(steps)
        return Plan(tuple(steps), objects, frozenset(changed), unchanged)

    def _check_members(self, steps: t.Iterable[Step]) -> None:
        """See that all new members are users of the hub: it refuses a whole request for one unknown name.

        :raises RefusedError: some are not.
        """
        wanted = {user for step in steps if step.action in ("create", "add") for user in step.payload}
        if not wanted:
            return
        users = find_users(self.api, wanted)
        missing = sorted(user for user in wanted if user not in users.rows)
        if missing and self.assume_missing:
            self.warnings.append(f"These members are no users of the hub yet, and are taken to be made by an earlier task: {listed(missing)}.")
        elif missing:
            raise RefusedError(
                f"These members are no users of the hub: {listed(missing)}. Nothing was changed. Create them first, with jupyterhub_user for instance.",
                missing_users=missing,
            )

    # Apply

    def batch(self, steps: t.Sequence[Step]) -> int:
        return 1

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        (step,) = steps
        try:
            if step.action == "delete":
                return steps if self.api.group_delete(step.name) else []
            self._write(step)
        except ApiError as error:
            if words.GROUPS_ARE_MANAGED.said(error.hub_message):
                raise error.with_advice("Its authenticator manages the groups (manage_groups), which up to JupyterHub 4 nobody else may change.") from None
            raise
        return steps

    def _write(self, step: Step) -> None:
        if step.action == "create":
            try:
                self._answers[step.name] = self.api.group_create(step.name, step.payload)
            except ApiError as error:
                if error.status != 409:
                    raise
                raise HubError(f"Group {step.name} was created by somebody else while this task ran: run the task again.") from None
        elif step.action == "add":
            self._answers[step.name] = self.api.group_add_users(step.name, step.payload)
        elif step.action == "remove":
            self._answers[step.name] = self.api.group_remove_users(step.name, step.payload)
        else:
            self._set_properties(step)

    def _set_properties(self, step: Step) -> None:
        first, *rest = step.payload
        self._answers[step.name] = self.api.group_set_properties(step.name, first)
        for properties in rest:
            try:
                self._answers[step.name] = self.api.group_set_properties(step.name, properties)
            except AnswerLostError:
                raise
            except HubError as error:
                message = f"{error.message} The properties of group {step.name} are empty now: run the task again."
                raise PartlyDoneError(message, done=[], unsure=[step], **error.details) from None

    def in_place(self, steps: t.Sequence[Step]) -> list[Step]:
        found = find_groups(self.api, [step.name for step in steps])
        return [step for step in steps if self._seen(step, found)]

    def _seen(self, step: Step, found: Found) -> bool:
        """Whether a step's effect is on the hub."""
        row = found.get(step.name)
        if step.action == "delete" or row is None:
            return step.action == "delete" and row is None
        self._answers[step.name] = row
        members = set(row.get("users", []))
        if step.action in ("create", "add"):
            return members.issuperset(step.payload)
        if step.action == "remove":
            return members.isdisjoint(step.payload)
        return same(row.get("properties"), step.payload[-1])

    def objects(self, plan: Plan) -> dict[str, State]:
        return {name: group_state({**state, **self._answers.get(name, {})}) for name, state in plan.objects.items()}


def _compare(item: Item, row: Row | None) -> tuple[list[Step], State]:
    """:returns: the steps that one group needs, and the group as it will be."""
    name = item["name"]
    steps: list[Step] = []
    users, properties = item["users"], item["properties"]
    if row is None:
        members = [] if users is None or item["users_mode"] == "absent" else users
        first, rest = members[:CHUNK], members[CHUNK:]
        steps.append(LooseStep("create", "group", name, "group_create", None, {"users": sorted(first)} if first else {}, payload=first))
        steps.extend(_members("add", name, rest))
        row = {"name": name, "users": members, "properties": {}, "roles": []}
    elif users is not None:
        current = known(row, "users")
        gone, new = _membership(set(current), set(users), item["users_mode"])
        steps.extend(_members("remove", name, sorted(gone)))
        steps.extend(_members("add", name, sorted(new)))
        row = {**row, "users": (set(current) - gone) | new}
    if properties is not None:
        now = known(row, "properties") or {}
        wanted = {**now, **properties} if item["properties_mode"] == "merge" else properties
        if not same(wanted, now):
            fields = sorted(key for key in {*now, *wanted} if key not in now or key not in wanted or not same(now[key], wanted[key]))
            before = {"properties": {key: now[key] for key in fields if key in now}}
            after = {"properties": {key: wanted[key] for key in fields if key in wanted}}
            # The hub writes nothing to its database when Python finds both equal, as it finds 1 and true: another value has to come between.
            writes = [{}, wanted] if wanted == now else [wanted]
            steps.append(LooseStep("update", "group", name, "group_set_properties", before, after, payload=writes))
            row = {**row, "properties": wanted}
    return steps, group_state(row)


def _membership(current: set[str], declared: set[str], mode: str) -> tuple[set[str], set[str]]:
    """:returns: the members that leave, and those that join."""
    if mode == "absent":
        return current & declared, set()
    new = declared - current
    return (current - declared if mode == "exact" else set()), new


def _members(action: t.Literal["add", "remove"], name: str, users: t.Sequence[str]) -> t.Iterator[Step]:
    """Steps that add or remove members, a bounded number in each request."""
    for start in range(0, len(users), CHUNK):
        chunk = list(users[start : start + CHUNK])
        joining = action == "add"
        operation = "group_add_users" if joining else "group_remove_users"
        before: State = {"users": [] if joining else sorted(chunk)}
        after: State = {"users": sorted(chunk) if joining else []}
        yield LooseStep(action, "group", name, operation, before, after, payload=chunk)


def _removal(row: Row) -> Step:
    before = {"users": _sorted(row, "users"), "properties": row.get("properties")}
    return LooseStep("delete", "group", row["name"], "group_delete", before, None)
