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
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Plan,
    Step,
    alike,
    same,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    HubError,
    ItemError,
    PartlyDoneError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import words
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.backup import Backup
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    find_groups,
    find_users,
    keeps_case,
    prove_names,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import (
    Found,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.row import (
    roles_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.fleet import (
    stop_servers,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    StopServer,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.decide import (
    Current,
    decide,
    doubled,
    each_once,
    is_later,
    may_go,
    why_kept,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.row import (
    UserState,
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
    WantedUsers,
    parse,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

# Above 50 names a request, the hub is no faster, and it answers nobody else meanwhile (about half a
# second for 100).
CHUNK = 100


class Users(Writer):
    """The adapter of jupyterhub_user."""

    plural: t.ClassVar[str] = "users"
    singular: t.ClassVar[str] = "user"
    key: t.ClassVar[str] = "name"

    def __init__(self, api: HubApi, options: dict[str, t.Any]) -> None:
        self.api = api
        self.wanted: WantedUsers = parse(options)
        self.backup = None if self.wanted.backup is None else Backup(self.wanted.backup)
        self.warnings: list[str] = []
        self._found = Found([], folded=True)
        self._group_roles: dict[str, frozenset[str]] = {}
        # The hub's answers to what was written, by the name that was expected.
        self._answers: dict[str, UserRow] = {}
        # Steps about users whom the hub calls otherwise than expected, as they were really done.
        self._really: dict[Step, Step] = {}
        # Users who exist on the hub under a name that it does not tell.
        self._hidden: list[str] = []
        # Admins whom the hub had created, but not yet made admins, when it broke off.
        self._half_made: set[str] = set()
        # Who is not declared and stays; those too who were to be deleted until shortly before.
        self._kept: list[dict[str, str | None]] = []

    # Reading

    def plan(self) -> Plan:
        wanted = self.wanted
        self._found = find_users(
            self.api, wanted.names, every=wanted.prune is not None, stored_names=wanted.stored_names
        )
        deletes = wanted.prune is not None or any(
            user.state == "absent" and self._found.get(user.name) for user in wanted.users
        )
        caller = self.api.me["name"] if deletes else ""
        for_good = doubled(wanted, self._found) and keeps_case(self.api)
        current = Current(
            self._found,
            self._read_whole(),
            caller,
            self._read_group_roles(may_go(wanted, self._found)),
            for_good,
        )
        plan = decide(wanted, current)
        self._kept = list(t.cast("list[dict[str, str | None]]", plan.returns.get("kept", [])))
        prove_names(
            self.api, "user", [step.name for step in plan.steps if isinstance(step, DeleteUser)]
        )
        if self.backup is not None:
            self.backup.note_users(
                [current.row(step.name) for step in plan.steps if isinstance(step, DeleteUser)]
            )
        return plan

    def _read_whole(self) -> dict[str, UserRow]:
        """:returns: the users whose auth_state is compared, read one by one: a list of users never
        shows it.
        """
        whole: dict[str, UserRow] = {}
        for user in each_once(self.wanted.users, self._found):
            if user.auth_state is None or user.state == "absent":
                continue
            row = self._found.get(user.name) or self._found.get(user.rename_from or user.name)
            if row is not None:
                whole[row["name"]] = t.cast(UserRow, self.api.user_get(row["name"]) or row)
        return whole

    def _read_group_roles(self, names: t.Iterable[str]) -> dict[str, frozenset[str]]:
        """:returns: the roles of the groups of these users, by group: whoever is in a group has its
        roles.
        """
        groups = {
            group for name in names for group in known(self._found.rows[name], "groups") or ()
        }
        unread = groups - self._group_roles.keys()
        if unread:
            rows = find_groups(self.api, unread).rows
            self._group_roles.update(
                {name: roles_of(rows[name]) if name in rows else frozenset() for name in unread}
            )
        return self._group_roles

    # Writing

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
            return self._create([each for each in steps if isinstance(each, CreateUser)])
        if isinstance(step, DeleteUser):
            return steps if self._delete(step) else []
        if isinstance(step, UserStep):
            self._change(step)
            return steps
        stop_servers(self.api, [each for each in steps if isinstance(each, StopServer)])
        return steps

    def _change(self, step: UserStep) -> None:
        """Rename or change a user."""
        if step.name in self._hidden:
            raise ItemError(
                f"User {step.name} cannot be changed, as the hub stores this user under a name that"
                " it does not tell: give it in stored_names."
            )
        name = self._stored(step.name)
        if isinstance(step, RenameUser):
            # Up to JupyterHub 4 the hub stores the new name as it is sent.
            row = self.api.user_update(
                step.old, {"name": step.asked if self.api.version >= (5,) else step.name}
            )
            self._note_name(step, row["name"], asked=step.asked)
        elif isinstance(step, SetAdmin):
            row = self.api.user_update(name, {"admin": step.admin})
        elif isinstance(step, SetAuthState):
            row = self._set_auth_state(name, step.value)
        elif isinstance(step, SetActivity):
            self.api.user_activity(name, step.moment)
            row = {**self._answers.get(step.name, {}), "last_activity": step.moment}
        else:
            raise TypeError(f"no request does {type(step).__name__}")
        if name != step.name:
            self._really[step] = dataclasses.replace(step, name=name)
        self._answers[step.name] = t.cast(UserRow, row)

    def _set_auth_state(self, name: str, value: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        try:
            return self.api.user_update(name, {"auth_state": value})
        except ApiError as error:
            if error.status == 500:
                advice = (
                    "The hub stores an auth_state only when it has a key to encrypt it: set"
                    " JUPYTERHUB_CRYPT_KEY in its environment."
                )
                raise error.with_advice(advice) from None
            raise

    def _stored(self, name: str) -> str:
        """:returns: what the hub really calls a user who was expected to have this name."""
        row = self._answers.get(name)
        return row["name"] if row is not None and "name" in row else name

    # Creating

    def _create(self, steps: t.Sequence[CreateUser]) -> list[Step]:
        """Create users, and see what became of every name: the hub's authenticator may store
        another one than was asked for.

        :raises PartlyDoneError: the hub says of some that they exist, and they are not to be found.
        """
        half = [step for step in steps if step.name in self._half_made]
        for step in half:
            self._answers[step.name] = t.cast(
                UserRow, self.api.user_update(step.name, {"admin": True})
            )
        steps = [step for step in steps if step not in half]
        created = self._post(steps) if steps else {}
        done: list[Step] = [*half]
        elsewhere: list[CreateUser] = []
        for step in steps:
            name = next((name for name in (step.name, step.asked) if name in created), None)
            if name is not None:
                self._note_created(step, created.pop(name))
                done.append(step)
            elif not self._exists(step):
                elsewhere.append(step)
        # What is left are users with other names. The hub answers in the order of the names that it
        # was asked to create.
        if len(created) == len(elsewhere):
            for step, row in zip(elsewhere, list(created.values())):
                self._note_created(step, row)
            return [*done, *elsewhere]
        made = elsewhere[: len(created)]
        for step, row in zip(made, created.values()):
            self._really[step] = dataclasses.replace(step, name=row["name"])
        self._hidden.extend(step.name for step in elsewhere)
        others = elsewhere[len(created) :]
        # Of an admin it would have to be known that the user is one.
        refused = [(step, _not_found(step, created)) for step in others if step.admin]
        self.warnings.extend(_not_found(step, created).message for step in others if not step.admin)
        overtaken = [
            step for step in steps if step not in [*done, *made, *(step for step, _why in refused)]
        ]
        raise PartlyDoneError(
            "Some users exist under other names.",
            done=[*done, *made],
            overtaken=overtaken,
            refused=refused,
        )

    def _post(self, steps: t.Sequence[CreateUser]) -> dict[str, UserRow]:
        """:returns: the users whom the hub has created, by name. It leaves out those that exist."""
        try:
            rows = self.api.users_create([step.asked for step in steps], steps[0].admin)
        except ApiError as error:
            if error.status != 409:
                raise
            return {}
        return {row["name"]: t.cast(UserRow, row) for row in rows}

    def _note_created(self, step: CreateUser, row: UserRow) -> None:
        self._answers[step.name] = row
        self._note_name(step, row["name"], asked=step.asked)

    def _exists(self, step: CreateUser) -> bool:
        """Whether the hub has a user of a name that it did not tell among the new ones: somebody
        else was faster.
        """
        names = dict.fromkeys((step.name, step.asked, normalize(step.asked)))
        row = next((row for row in map(self.api.user_get, names) if row is not None), None)
        if row is None:
            return False
        if known(row, "admin") != step.admin:
            raise HubError(
                f"User {row['name']} was created by somebody else while this task ran, and differs"
                " from what is declared: run the task again."
            )
        self._answers[step.name] = t.cast(UserRow, row)
        self._note_name(step, row["name"], asked=step.asked)
        return True

    def _note_name(self, step: CreateUser | RenameUser, stored: str, *, asked: str) -> None:
        """Note what the hub calls a user, and say so when nobody could expect that."""
        if stored != normalize(asked):
            self._found.learn(asked, stored)
        if stored != step.name:
            self._really[step] = dataclasses.replace(step, name=stored)
        if stored not in (asked, normalize(asked)):
            self.warnings.append(
                f"The hub stores the user {asked} under another name ({stored}): declare that name,"
                f" or give stored_names: {{{asked}: {stored}}}, or the next run cannot know whom"
                " you mean."
            )

    def blamed(self, steps: t.Sequence[Step], error: HubError) -> t.Iterable[Step]:
        said = str(error.details.get("hub_message") or "")
        invalid, failed = (
            words.INVALID_NAMES.pattern.match(said),
            words.NOT_CREATED.pattern.match(said),
        )
        creations = [step for step in steps if isinstance(step, CreateUser)]
        if failed:
            # Behind the name come a colon and the words of the authenticator.
            found = [
                step
                for step in creations
                if any(f"{failed['name']}: ".startswith(f"{name}: ") for name in _spellings(step))
            ]
            return sorted(found, key=lambda step: -len(step.asked))[:1]
        if not invalid:
            return []
        named = {invalid["names"], *invalid["names"].split(", ")}
        if any(", " in name for step in creations for name in _spellings(step)):
            named = {invalid["names"]}
        return [step for step in creations if named.intersection(_spellings(step))]

    # Deleting

    def _delete(self, step: DeleteUser) -> bool:
        """:returns: whether this task has deleted the user."""
        if step.pruned and not self._may_still_go(step):
            return False
        if self.backup is not None:
            self.backup.write()
        return self.api.user_delete(step.name)

    def _may_still_go(self, step: DeleteUser) -> bool:
        """Look once more, right before the user is deleted, for what happened since the list was
        read.

        :raises HubError: a user who seems undeclared may be one that is declared by another name.
        """
        if self._hidden:
            raise HubError(
                "prune was stopped before it deleted anybody: the hub stores these users under"
                " names that it does not tell, so that they may be among those that are not"
                f" declared: {listed(self._hidden)}. Say what it calls them in stored_names."
            )
        if step.name in self._found.learned.values():
            self.warnings.append(f"User {step.name} is declared by another name, and stays.")
            return False
        row = t.cast("UserRow | None", self.api.user_get(step.name))
        if row is None:
            return False
        self._found.rows[step.name] = t.cast("dict[str, t.Any]", row)
        why: Why | None = why_kept(row, self.wanted, self._read_group_roles([step.name]))
        if why is not None:
            self._kept.append(Kept(step.name, why).told)
            self.warnings.append(
                f"User {step.name} has been given rights since this task read the list of users,"
                " and stays."
            )
        return why is None

    # What became of it

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

    def _seen(self, step: UserStep, found: Found) -> bool:
        """Whether a step's effect is on the hub."""
        row = t.cast("UserRow | None", found.rows.get(self._stored(step.name)))
        if isinstance(step, DeleteUser):
            return row is None
        if row is None and isinstance(step, CreateUser):
            row = t.cast("UserRow | None", found.rows.get(step.asked))
        if row is None:
            return False
        if isinstance(step, CreateUser):
            return self._seen_created(step, row)
        self._answers[step.name] = row
        if isinstance(step, RenameUser):
            return self.api.user_get(step.old) is None
        if isinstance(step, SetActivity):
            return not is_later(step.moment, row)
        if isinstance(step, SetAuthState):
            # The hub shows an empty one as none.
            return same((self.api.user_get(row["name"]) or {}).get("auth_state") or {}, step.value)
        return isinstance(step, SetAdmin) and row.get("admin") == step.admin

    def _seen_created(self, step: CreateUser, row: UserRow) -> bool:
        if step.admin and row.get("admin") is False:
            self._half_made.add(step.name)
        if row.get("admin") != step.admin:
            return False
        self._note_created(step, row)
        return True

    def as_done(self, step: Step) -> Step:
        return self._really.get(step, step)

    def returns(self) -> dict[str, t.Any]:
        kept = {} if self.wanted.prune is None else {"kept": self._kept}
        return {"stored_names": dict(self._found.learned), **kept}

    def objects(self, plan: Plan) -> dict[str, UserState]:
        return {
            name: user_state({**state, **self._answers.get(name, {})})
            for name, state in plan.objects.items()
            if name not in self._hidden
        }


def _spellings(step: CreateUser) -> set[str]:
    """:returns: the names by which the hub may mean a user whom it was asked to create."""
    return {step.name, step.asked, normalize(step.asked)}


def _not_found(step: CreateUser, others: t.Collection[str]) -> ItemError:
    made = f", one of {listed(sorted(others))} perhaps" if others else ""
    return ItemError(
        f"The hub says that the user {step.asked} exists, and has no user of this name: its"
        f" authenticator stores the user under another name (username_map, for instance{made}), or"
        " its database takes two names for one. Declare the name that the hub has, or give it in"
        " stored_names.",
        status=409,
        hub_message="the user exists, under another name",
    )
