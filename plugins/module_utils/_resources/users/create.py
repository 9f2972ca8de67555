# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The creation of users, and the result for every requested name."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    PartlyDoneError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    HubError,
    ItemError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import words
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    find_users,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.answers import (
    Answers,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.row import known
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.steps import (
    CreateUser,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed


class Creation:
    """Creates users.

    :param answers: where it is noted what the hub has made of them.
    """

    def __init__(self, api: HubApi, answers: Answers, warnings: list[str]) -> None:
        self._api = api
        self._answers = answers
        self._warnings = warnings

    def create(self, steps: t.Sequence[CreateUser]) -> list[Step]:
        """Create users, and check the result for every name: the hub's authenticator may store
        another one than was asked for.

        :raises PartlyDoneError: the hub says of some that they exist, and they are not to be found.
        """
        half = [step for step in steps if step.name in self._answers.half_made]
        for step in half:
            self._answers.rows[step.name] = self._api.user_update(step.name, {"admin": True})
        steps = [step for step in steps if step not in half]
        created = self._post(steps) if steps else {}
        done: list[Step] = [*half]
        elsewhere: list[CreateUser] = []
        differing: list[tuple[Step, HubError]] = []
        untold: list[CreateUser] = []
        for step in steps:
            name = next((name for name in (step.name, step.asked) if name in created), None)
            if name is None:
                untold.append(step)
            else:
                self._answers.note_created(step, created.pop(name))
                done.append(step)
        existing = self._read(untold)
        for step in untold:
            if not self._exists(step, existing, differing):
                elsewhere.append(step)
        if len(created) == len(elsewhere):
            # The hub answers in the order of the names that it was asked to create.
            for step, row in zip(elsewhere, list(created.values())):
                self._answers.note_created(step, row)
            done, elsewhere, created = [*done, *elsewhere], [], {}
        if elsewhere or differing:
            self._settle(steps, done, elsewhere, created, differing)
        return done

    def _settle(
        self,
        steps: t.Sequence[CreateUser],
        done: list[Step],
        elsewhere: list[CreateUser],
        created: dict[str, UserRow],
        differing: list[tuple[Step, HubError]],
    ) -> t.NoReturn:
        """Say what became of users who are not all what was asked for.

        :param done: the steps whose users are.
        :param elsewhere: the steps whose users have other names, and nobody knows which.
        :param created: the users who are left, by name.
        :param differing: the steps whose users another client has created with other attributes,
        and why they are refused.
        :raises PartlyDoneError: always.
        """
        made = elsewhere[: len(created)]
        for step, row in zip(made, created.values()):
            self._answers.really[step] = dataclasses.replace(step, name=row["name"])
        self._answers.hidden.extend(step.name for step in elsewhere)
        others = elsewhere[len(created) :]
        # Of an admin it would have to be known that the user is one.
        refused = [
            *differing,
            *((step, _not_found(step, created)) for step in others if step.admin),
        ]
        self._warnings.extend(
            _not_found(step, created).message for step in others if not step.admin
        )
        overtaken = [
            step for step in steps if step not in [*done, *made, *(step for step, _why in refused)]
        ]
        raise PartlyDoneError(
            "Some users exist under other names, or differ from what is declared.",
            done=[*done, *made],
            overtaken=overtaken,
            refused=refused,
        )

    def _post(self, steps: t.Sequence[CreateUser]) -> dict[str, UserRow]:
        """:returns: the users whom the hub has created, by name. It leaves out those that exist."""
        try:
            rows = self._api.users_create([step.asked for step in steps], steps[0].admin)
        except ApiError as error:
            if error.status != 409:
                raise
            return {}
        return {row["name"]: row for row in rows}

    def _read(self, steps: t.Sequence[CreateUser]) -> dict[str, UserRow]:
        """:returns: the users of the names that these steps may have, by name, read the cheapest
        way: another client that creates the same users at the same moment may have been faster.
        """
        if not steps:
            return {}
        names = {name for step in steps for name in (step.name, step.asked)}
        return find_users(self._api, names).rows

    def _exists(
        self,
        step: CreateUser,
        existing: t.Mapping[str, UserRow],
        differing: list[tuple[Step, HubError]],
    ) -> bool:
        """Whether the hub has a user of a name that it did not tell among the new ones: another
        client was faster.

        :param existing: the users whom the hub has.
        :param differing: gets the step when that user is not as declared.
        """
        names = (step.name, step.asked, normalize(step.asked))
        row = next((existing[name] for name in names if name in existing), None)
        if row is None:
            return False
        if known(row, "admin") != step.admin:
            why = ItemError(
                f"User {row['name']} was created by another client while this task ran, and"
                " differs from what is declared: run the task again.",
                status=409,
            )
            differing.append((step, why))
            return True
        self._answers.rows[step.name] = row
        self._answers.note_name(step, row["name"], asked=step.asked)
        return True

    def seen(self, step: CreateUser, row: UserRow) -> bool:
        """Whether a user on the hub is what this step makes; it is noted then."""
        if step.admin and row.get("admin") is False:
            self._answers.half_made.add(step.name)
        if row.get("admin") != step.admin:
            return False
        self._answers.note_created(step, row)
        return True

    def blamed(self, steps: t.Sequence[Step], error: HubError) -> t.Iterable[Step]:
        """:returns: those of the steps that the hub names as the cause of its refusal."""
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


def _spellings(step: CreateUser) -> set[str]:
    """:returns: the names by which the hub may mean a user whom it was asked to create."""
    return {step.name, step.asked, normalize(step.asked)}


def _not_found(step: CreateUser, others: t.Collection[str]) -> ItemError:
    made = f", one of {listed(sorted(others))} perhaps" if others else ""
    return ItemError(
        f"The hub says that the user {step.asked} exists, but has no user of this name: its"
        f" authenticator stores the user under another name (username_map, for instance{made}), or"
        " its database treats two names as equal. Declare the name that the hub has, or give it"
        " in stored_names.",
        status=409,
        hub_message="the user exists, under another name",
    )
