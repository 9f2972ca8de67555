# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Users on the hub: what is read of them, and the requests that change them."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Writer
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import Kept, Why
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    check_some_read,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Plan,
    Step,
    Unread,
    alike,
    same,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    HubError,
    ItemError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.backup import Backup
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    find_groups,
    find_users,
    keeps_case,
    prove_names,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import Found
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.row import (
    roles_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.look_alikes import (
    read_look_alikes,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.out_of_reach import (
    OutOfReach,
    plan_seen,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    StopServer,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.stop import (
    stop_servers,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.answers import (
    Answers,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.create import (
    Creation,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.decide import (
    Current,
    decide,
    doubled,
    may_go,
    why_kept,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.needs import needs
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.read import (
    read_whole,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.row import (
    UserState,
    is_later,
    known,
    user_state,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.steps import (
    CreateUser,
    DeleteUser,
    RenameUser,
    SetActivity,
    SetAdmin,
    SetAuthState,
    UserStep,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.wanted import (
    UserOptions,
    WantedUsers,
    check_activities,
    parse,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

# Above 50 names a request, the hub is no faster, and it answers no other client in the meantime
# (about half a second for 100).
CHUNK = 100
# The beginning of the class of spawners that delete the storage of a user who is deleted
# (KubeSpawner.delete_forever, delete_pvc).
DELETES_STORAGE = "kubespawner."


class Users(Writer):
    """The adapter of jupyterhub_user."""

    plural: t.ClassVar[str] = "users"
    singular: t.ClassVar[str] = "user"
    key: t.ClassVar[str] = "name"

    @staticmethod
    def scopes(options: Options, hub: Version) -> Needs:
        return needs(options, hub)

    def __init__(self, api: HubApi, options: Options) -> None:
        given = t.cast(UserOptions, options)  # as the argument spec has it
        self.api = api
        self.wanted: WantedUsers = parse(given)
        self.backup = None if self.wanted.backup is None else Backup(self.wanted.backup)
        self.warnings: list[str] = []
        self._answers = Answers(self.warnings)
        self._creation = Creation(api, self._answers, self.warnings)
        self._group_roles: dict[str, frozenset[str]] = {}
        # Users who are not declared and are kept, including those who were to be deleted until
        # shortly before.
        self._kept: list[dict[str, str | None]] = []

    # Plan

    def plan(self) -> Plan:
        beyond = OutOfReach()
        self._answers.found = find_users(
            self.api,
            self.wanted.names,
            every=self.wanted.prune is not None,
            stored_names=self.wanted.stored_names,
            beyond=beyond,
        )
        users, unread = beyond.split(
            self.wanted.users,
            lambda user: filter(None, (user.name, user.rename_from)),
            lambda user, _name, error: Unread("user", user.name, error),
        )
        self.wanted = wanted = dataclasses.replace(self.wanted, users=users)
        self._read_look_alikes()
        # The answer to that has brought the hub's time.
        self.check_activities()
        current = self._read_current()
        # A prune would delete users of whom it is not known what is declared.
        if wanted.prune is None:
            plan, users, half_seen = plan_seen(
                self.api,
                users,
                lambda some: decide(dataclasses.replace(wanted, users=some), current),
                lambda user, error: Unread("user", user.name, error),
            )
            unread = (*unread, *half_seen)
            self.wanted = dataclasses.replace(wanted, users=users)
        else:
            plan = decide(wanted, current)
        check_some_read(unread, (*unread, *users))
        self._kept = list(t.cast("list[dict[str, str | None]]", plan.returns.get("kept", [])))
        going = [step.name for step in plan.steps if isinstance(step, DeleteUser)]
        prove_names(self.api, "user", going)
        self._warn_of_storage(going)
        if self.backup is not None:
            self.warnings += self.backup.note_users([current.row(name) for name in going])
        return dataclasses.replace(plan, unread=unread)

    def _read_current(self) -> Current:
        """:returns: what is on the hub, of which the users are read already."""
        wanted, found = self.wanted, self._answers.found
        deletes = wanted.prune is not None or any(
            user.state == "absent" and found.get(user.name) for user in wanted.users
        )
        caller = self.api.me["name"] if deletes else ""
        # Asked only where it matters, as it may cost a request.
        keeps = doubled(wanted, found) and keeps_case(self.api)
        whole = read_whole(self.api, wanted.users, found)
        return Current(found, whole, caller, self._read_group_roles(may_go(wanted, found)), keeps)

    def _read_look_alikes(self) -> None:
        """Read the users whose names look like those of users who are to be deleted and do not
        exist; a prune has read all users.
        """
        if self.wanted.prune is None:
            absent = [user.name for user in self.wanted.users if user.state == "absent"]
            read_look_alikes(self.api, absent, self._answers.found)

    def _warn_of_storage(self, going: t.Sequence[str]) -> None:
        """Warn if the spawner deletes the files of deleted users. That costs a request, and only if
        the caller may ask.
        """
        if not going or not self.api.holds("read:hub"):
            return
        try:
            spawner = self.api.spawner or ""
        except HubError:
            # Some proxies refuse this request, which is no reason to delete no one.
            return
        if spawner.startswith(DELETES_STORAGE):
            self.warnings.append(
                f"The spawner of this hub ({spawner}) deletes a user's storage together with the"
                f" user, unless delete_pvc is off: {listed(going)}. Copy the files that are still"
                " needed first."
            )

    def check_activities(self) -> None:
        """:raises RefusedError: a declared last_activity lies in the future, by the hub's clock."""
        check_activities(self.wanted.users, self.api.client.clock.now())

    def _read_group_roles(self, names: t.Iterable[str]) -> dict[str, frozenset[str]]:
        """:returns: the roles of the groups of these users, by group: every member of a group has
        its roles.
        """
        groups = {
            group
            for name in names
            for group in known(self._answers.found.rows[name], "groups") or ()
        }
        unread = groups - self._group_roles.keys()
        if unread:
            rows = find_groups(self.api, unread).rows
            self._group_roles.update(
                {name: roles_of(rows[name]) if name in rows else frozenset() for name in unread}
            )
        return self._group_roles

    # Apply

    def batch(self, steps: t.Sequence[Step]) -> int:
        first = steps[0]
        if first.action == "stop":
            return alike(steps, lambda step: step.action == "stop", len(steps))
        if not isinstance(first, CreateUser):
            return 1
        return alike(
            steps, lambda step: isinstance(step, CreateUser) and step.admin == first.admin, CHUNK
        )

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        step = steps[0]
        if isinstance(step, CreateUser):
            return self._creation.create([each for each in steps if isinstance(each, CreateUser)])
        if isinstance(step, DeleteUser):
            return steps if self._delete(step) else []
        if isinstance(step, UserStep):
            self._change(step)
            return steps
        return stop_servers(self.api, [each for each in steps if isinstance(each, StopServer)])

    def _change(self, step: UserStep) -> None:
        """Rename or change a user."""
        if step.name in self._answers.hidden:
            raise ItemError(
                f"User {step.name} cannot be changed, because the hub stores this user under"
                " another name and does not return that name: set it in stored_names."
            )
        name = self._answers.stored(step.name)
        if isinstance(step, RenameUser):
            # Up to JupyterHub 4 the hub stores the new name as it is sent.
            row = self.api.user_update(
                step.old, {"name": step.asked if self.api.version >= (5,) else step.name}
            )
            self._answers.note_name(step, row["name"], asked=step.asked)
        elif isinstance(step, SetAdmin):
            row = self.api.user_update(name, {"admin": step.admin})
        elif isinstance(step, SetAuthState):
            row = self._set_auth_state(name, step.value)
        elif isinstance(step, SetActivity):
            self.api.user_activity(name, step.moment)
            row = {**self._answers.rows.get(step.name, {}), "last_activity": step.moment}
        else:
            raise TypeError(f"no request does {type(step).__name__}")
        if name != step.name:
            self._answers.really[step] = dataclasses.replace(step, name=name)
        self._answers.rows[step.name] = row

    def _set_auth_state(self, name: str, value: t.Mapping[str, object]) -> UserRow:
        try:
            return self.api.user_update(name, {"auth_state": value})
        except ApiError as error:
            if error.status == 500:
                advice = (
                    "The hub stores auth_state only if it has a key to encrypt it: set"
                    " JUPYTERHUB_CRYPT_KEY in its environment."
                )
                raise error.with_advice(advice) from None
            raise

    def blamed(self, steps: t.Sequence[Step], error: HubError) -> t.Iterable[Step]:
        return self._creation.blamed(steps, error)

    # Deleting

    def _delete(self, step: DeleteUser) -> bool:
        """:returns: whether this task has deleted the user."""
        if step.pruned and not self._may_still_go(step):
            return False
        if self.backup is not None:
            self.backup.write()
        return self.api.user_delete(step.name)

    def _may_still_go(self, step: DeleteUser) -> bool:
        """Check again, right before the user is deleted, what happened since the list was read.

        :raises HubError: a user who seems undeclared may be one that is declared by another name.
        """
        if self._answers.hidden:
            raise HubError(
                "prune was stopped before it deleted a user: the hub stores these users under"
                " names that it does not return, so they may look undeclared:"
                f" {listed(self._answers.hidden)}. Set their names in stored_names."
            )
        if step.name in self._answers.found.learned.values():
            self.warnings.append(
                f"User {step.name} is declared by another name, and was not deleted."
            )
            return False
        row = self.api.user_get(step.name)
        if row is None:
            return False
        self._answers.found.rows[step.name] = row
        why: Why | None = why_kept(row, self.wanted, self._read_group_roles([step.name]))
        if why is not None:
            self._kept.append(Kept(step.name, why).told)
            self.warnings.append(
                f"User {step.name} has been given rights since this task read the list of users,"
                " and was not deleted."
            )
        return why is None

    # Effects

    def look_up(self, steps: t.Sequence[Step]) -> list[Step]:
        stops = [step for step in steps if isinstance(step, StopServer)]
        changes = [step for step in steps if isinstance(step, UserStep)]
        found = find_users(
            self.api, {step.name for step in changes} | {step.key[0] for step in stops}
        )
        seen = [
            step
            for step in stops
            if step.key[1] not in (found.rows.get(step.key[0]) or {}).get("servers", {})
        ]
        return [*seen, *(step for step in changes if self._seen(step, found))]

    def _seen(self, step: UserStep, found: Found[UserRow]) -> bool:
        """Whether a step's effect is on the hub."""
        row = found.rows.get(self._answers.stored(step.name))
        if isinstance(step, DeleteUser):
            return row is None
        if row is None and isinstance(step, CreateUser):
            row = found.rows.get(step.asked)
        if row is None:
            return False
        if isinstance(step, CreateUser):
            return self._creation.seen(step, row)
        self._answers.rows[step.name] = row
        if isinstance(step, RenameUser):
            return self.api.user_get(step.old) is None
        if isinstance(step, SetActivity):
            return not is_later(step.moment, row)
        if isinstance(step, SetAuthState):
            # The hub shows an empty one as none.
            return same((self.api.user_get(row["name"]) or {}).get("auth_state") or {}, step.value)
        return isinstance(step, SetAdmin) and row.get("admin") == step.admin

    def as_done(self, step: Step) -> Step:
        return self._answers.really.get(step, step)

    def returns(self) -> dict[str, object]:
        kept = {} if self.wanted.prune is None else {"kept": self._kept}
        return {"stored_names": dict(self._answers.found.learned), **kept}

    def objects(self, plan: Plan) -> dict[str, UserState]:
        return {
            # The plan's state of a user has the keys of its row.
            name: user_state(t.cast(UserRow, {**state, **self._answers.rows.get(name, {})}))
            for name, state in plan.objects.items()
            if name not in self._answers.hidden
        }
