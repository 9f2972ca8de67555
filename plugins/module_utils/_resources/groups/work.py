# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Groups on the hub: what is read of them, and the requests that change them."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Writer
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    PartlyDoneError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Plan,
    Step,
    alike,
    same,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    ApiError,
    HubError,
    ItemError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import words
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    GroupRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.backup import Backup
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    find_groups,
    prove_names,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import Found
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.decide import (
    Current,
    decide,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.members import (
    blamed_members,
    partly_done,
    restore_others,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.needs import needs
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.read import (
    read_groups,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.row import (
    GroupState,
    group_state,
    named,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.steps import (
    AddMember,
    CreateGroup,
    DeleteGroup,
    GroupStep,
    RemoveMember,
    SetProperties,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.wanted import (
    GroupOptions,
    parse,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
)

# Members in one request. A thousand take the hub a second, in which it answers no other client.
CHUNK = 500


class Groups(Writer):
    """The adapter of jupyterhub_group."""

    plural: t.ClassVar[str] = "groups"
    singular: t.ClassVar[str] = "group"
    key: t.ClassVar[str] = "name"

    @staticmethod
    def scopes(options: Options, hub: Version) -> Needs:
        return needs(options, hub)

    def __init__(self, api: HubApi, options: Options) -> None:
        given = t.cast(GroupOptions, options)  # as the argument spec has it
        self.api = api
        self.wanted = parse(given)
        self.backup = None if self.wanted.backup is None else Backup(self.wanted.backup)
        self.warnings: list[str] = []
        # The hub's answers to what was written, by name.
        self._answers: dict[str, GroupRow] = {}
        # The members that each group had before the last request about it.
        self._members: dict[str, set[str]] = {}
        # The members of each group that this task creates.
        self._first_members: dict[str, set[str]] = {}
        # Groups that another client has created since this task read them.
        self._overtaken: set[str] = set()

    # Plan

    def plan(self) -> Plan:
        read = read_groups(self.api, self.wanted)
        groups, self.wanted = read.groups, read.wanted
        self.warnings += read.warnings
        wanted = self.wanted
        plan = decide(wanted, Current(groups, read.users))
        deleted = [step for step in plan.steps if isinstance(step, DeleteGroup)]
        prove_names(
            self.api, "group", [step.name for step in deleted if step.name not in wanted.names]
        )
        if self.backup is not None:
            self.warnings += self.backup.note_groups([groups.rows[step.name] for step in deleted])
        self._members = {
            name: set(named(row.get("users") or ())) for name, row in groups.rows.items()
        }
        self._first_members = {
            step.name: set() for step in plan.steps if isinstance(step, CreateGroup)
        }
        for step in plan.steps:
            if isinstance(step, AddMember) and step.name in self._first_members:
                self._first_members[step.name].add(step.user)
        return dataclasses.replace(plan, unread=read.unread)

    # Apply

    def batch(self, steps: t.Sequence[Step]) -> int:
        first = steps[0]
        if isinstance(first, CreateGroup):
            return alike(steps, lambda step: _member_of(step, first.name, "add"), CHUNK + 1)
        if isinstance(first, (AddMember, RemoveMember)):
            return alike(steps, lambda step: _member_of(step, first.name, first.action), CHUNK)
        return 1

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        first = steps[0]
        try:
            if isinstance(first, DeleteGroup):
                return steps if self._delete(first) else []
            if isinstance(first, SetProperties):
                return steps if self._set_properties(first) else []
            if isinstance(first, CreateGroup):
                return self._create(first, steps)
            if isinstance(first, (AddMember, RemoveMember)):
                return self._set_members(first, steps)
            raise TypeError(f"no request does {type(first).__name__}")
        except ApiError as error:
            if words.GROUPS_ARE_MANAGED.said(error.hub_message):
                raise error.with_advice(
                    "Its authenticator manages the groups (manage_groups), and up to JupyterHub 4"
                    " only the authenticator may change them."
                ) from None
            raise

    def _delete(self, step: DeleteGroup) -> bool:
        if self.backup is not None:
            self.backup.write()
        return self.api.group_delete(step.name)

    def _set_members(
        self, first: AddMember | RemoveMember, steps: t.Sequence[Step]
    ) -> t.Sequence[Step]:
        """Add or remove members.

        :returns: the steps that this task did.
        :raises PartlyDoneError: the hub took some of the names for other users.
        """
        name = first.name
        if name in self._overtaken:
            steps = [step for step in steps if _user(step) not in self._members[name]]
        users = [_user(step) for step in steps]
        if not users:
            return []
        if isinstance(first, AddMember):
            row = self.api.group_add_users(name, users)
        else:
            row = self.api.group_remove_users(name, users)
        self._note(first, steps, row)
        return steps

    def _note(self, first: GroupStep, steps: t.Sequence[Step], row: GroupRow) -> None:
        self._answers[first.name] = row
        if row.get("users") is not None:
            self._check_members(first, steps)

    def _create(self, first: CreateGroup, steps: t.Sequence[Step]) -> t.Sequence[Step]:
        """Create a group with its first members.

        :returns: the steps that this task did.
        """
        users = [step.user for step in steps if isinstance(step, AddMember)]
        try:
            row = self.api.group_create(first.name, users)
        except ApiError as error:
            if error.status != 409:
                raise
            return self._take_over(first.name, steps[1:], error)
        self._note(first, steps, row)
        return steps

    def _take_over(self, name: str, joining: t.Sequence[Step], error: ApiError) -> t.Sequence[Step]:
        """Continue with a group that another client has created since this task read it, if the two
        do not contradict each other.

        :param joining: the steps for its first members.
        :returns: the steps that this task did.
        :raises ItemError: it differs from its declaration.
        """
        row = self.api.group_get(name)
        if row is None:
            raise ItemError(
                f"The hub says that the group {name} exists, but has no group of this name: its"
                " database, or a proxy in front of it, treats two names as equal.",
                **error.details,
            )
        members = set(named(row.get("users") or ()))
        wanted = next(group for group in self.wanted.groups if group.name == name)
        mode = None if wanted.users is None else wanted.users_mode
        if (mode == "exact" and members != self._first_members[name]) or (
            mode == "absent" and members
        ):
            raise _differs(name, "members")
        self._answers[name] = row
        self._overtaken.add(name)
        self._members[name] = members
        first = next((step for step in joining if isinstance(step, AddMember)), None)
        return [] if first is None else self._set_members(first, joining)

    def _check_members(self, first: GroupStep, steps: t.Sequence[Step]) -> None:
        """Check that the hub has understood each name as the intended user.

        :raises PartlyDoneError: some it has not.
        """
        joining = [step for step in steps if isinstance(step, (AddMember, RemoveMember))]
        if not joining:
            return
        before = self._members.get(first.name, set())
        row, wrong = restore_others(self.api, self._answers[first.name], joining, before)
        self._answers[first.name] = row
        self._members[first.name] = set(named(row.get("users") or ()))
        if wrong:
            raise partly_done(steps, wrong)

    def _set_properties(self, step: SetProperties) -> bool:
        """:returns: whether this task has set them."""
        if step.name in self._overtaken:
            now = self._answers[step.name].get("properties") or {}
            if same(now, step.wanted):
                return False
            if not same(now, step.now):
                raise _differs(step.name, "properties")
        first, *rest = step.writes
        self._answers[step.name] = self.api.group_set_properties(step.name, first)
        for properties in rest:
            try:
                self._answers[step.name] = self.api.group_set_properties(step.name, properties)
            except AnswerLostError:
                raise
            except HubError as error:
                message = (
                    f"{error.message} The properties of group {step.name} are empty now: run the"
                    " task again."
                )
                raise PartlyDoneError(
                    message, done=[], unsure=[step], refused=(), overtaken=(), **error.details
                ) from None
        return True

    def blamed(self, steps: t.Sequence[Step], error: HubError) -> t.Iterable[Step]:
        named_ones = blamed_members(steps, error)
        if named_ones is not None:
            return named_ones
        if error.details.get("status") == 500:
            # It may have broken on one of the names.
            return []
        # It is about the group as a whole; without the group there is nobody to add.
        return [step for step in steps if isinstance(step, CreateGroup)] or steps

    # Effects

    def look_up(self, steps: t.Sequence[Step]) -> list[Step]:
        found = find_groups(self.api, {step.name for step in steps})
        return [step for step in steps if self._seen(step, found)]

    def _seen(self, step: Step, found: Found[GroupRow]) -> bool:
        """Whether a step's effect is on the hub."""
        row = found.get(step.name)
        if isinstance(step, DeleteGroup):
            return row is None
        if row is None:
            return False
        self._answers[step.name] = row
        if isinstance(step, AddMember):
            return step.user in (row.get("users") or ())
        if isinstance(step, RemoveMember):
            return step.user not in (row.get("users") or ())
        if isinstance(step, SetProperties):
            return same(row.get("properties"), step.wanted)
        return isinstance(step, CreateGroup)

    def objects(self, plan: Plan) -> dict[str, GroupState]:
        return {
            # The plan's state of a group has the keys of its row.
            name: group_state(t.cast(GroupRow, {**state, **self._answers.get(name, {})}))
            for name, state in plan.objects.items()
        }


def _member_of(step: Step, group: str, action: str) -> bool:
    """Whether a step adds or removes a member of this group."""
    return isinstance(step, (AddMember, RemoveMember)) and (step.name, step.action) == (
        group,
        action,
    )


def _user(step: Step) -> str:
    """:returns: the member whom a step adds or removes."""
    if not isinstance(step, (AddMember, RemoveMember)):
        raise TypeError(f"{type(step).__name__} is about no member")
    return step.user


def _differs(group: str, what: str) -> ItemError:
    return ItemError(
        f"Group {group} was created by another client while this task ran, with other {what} than"
        " declared: run the task again.",
        status=409,
    )
