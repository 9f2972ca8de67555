# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Users as they are declared: parsed once, and not changed afterwards."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import (
    Prune,
    PruneOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    check_alike,
    first_set,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_stored_names,
    check_user_name,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import parse_time

# The hub refuses an activity that lies further ahead (jupyterhub/apihandlers/users.py,
# ActivityAPIHandler).
FURTHEST_AHEAD = datetime.timedelta(minutes=59)
Presence = t.Literal["present", "absent"]


class _UserKeys(t.TypedDict):
    name: str
    admin: bool | None
    auth_state: dict[str, object] | None
    rename_from: str | None
    last_activity: str | None


class UserItem(_UserKeys):
    """An item of the list, as the options are; None: not set."""

    state: Presence | None


class UserOptions(_UserKeys, PruneOptions):
    """The options of jupyterhub_user; without those of the user when there is a list."""

    state: Presence
    users: list[UserItem] | None
    prune_admins: bool
    prune_roles: list[str]
    stored_names: dict[str, object] | None
    backup: str | None


@dataclasses.dataclass(frozen=True)
class WantedUser:
    """One user. What is None is not declared.

    :param name: as declared; the hub may store another one.
    :param auth_state: the authenticator's data, a secret.
    :param last_activity: as the hub writes times.
    """

    name: str
    state: Presence = "present"
    admin: bool | None = None
    auth_state: t.Mapping[str, object] | None = dataclasses.field(default=None, repr=False)
    rename_from: str | None = None
    last_activity: str | None = None

    def merged(self, other: WantedUser) -> WantedUser:
        """:returns: one of two declarations of the same user.

        :raises RefusedError: they contradict each other.
        """
        check_alike(f"User {other.name}", vars(self), vars(other))
        return dataclasses.replace(
            self,
            admin=first_set(self.admin, other.admin),
            auth_state=first_set(self.auth_state, other.auth_state),
            rename_from=first_set(self.rename_from, other.rename_from),
            last_activity=first_set(self.last_activity, other.last_activity),
        )


@dataclasses.dataclass(frozen=True)
class WantedUsers:
    """A whole task.

    :param prune_roles: roles whose members a prune may delete, although they have them from a
    group.
    :param stored_names: the names under which the hub stores users who are declared by another one.
    :param backup: the file to write what is deleted to.
    """

    users: tuple[WantedUser, ...]
    prune: Prune | None = None
    prune_admins: bool = False
    prune_roles: frozenset[str] = frozenset()
    stored_names: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    backup: str | None = None

    @property
    def names(self) -> set[str]:
        """All names that are declared, former ones among them."""
        return {name for user in self.users for name in (user.name, user.rename_from) if name}


def parse(options: UserOptions) -> WantedUsers:
    """Read a task's options: the one user, or the list.

    :raises RefusedError: they make no sense.
    """
    rows: t.Sequence[UserItem | UserOptions] = (
        [options] if options["users"] is None else options["users"]
    )
    users: dict[str, WantedUser] = {}
    for row in rows:
        user = _parse_user(row, options["state"])
        users[user.name] = users[user.name].merged(user) if user.name in users else user
    stored_names = check_stored_names(options.get("stored_names"))
    wanted = WantedUsers(
        tuple(users.values()),
        Prune.from_options(options, stored_names),
        options["prune_admins"],
        frozenset(options.get("prune_roles") or ()),
        stored_names,
        options.get("backup"),
    )
    _check_sources(wanted.users)
    return wanted


def _parse_user(row: UserItem | UserOptions, state: Presence) -> WantedUser:
    name, source, moment = row["name"], row["rename_from"], row["last_activity"]
    check_user_name(name)
    if source is not None:
        check_user_name(source)
    return WantedUser(
        name=name,
        state=row["state"] or state,
        admin=row["admin"],
        auth_state=row["auth_state"],
        rename_from=None if source == name else source,
        last_activity=None if moment is None else _parse_activity(name, moment),
    )


def _check_sources(users: t.Sequence[WantedUser]) -> None:
    """:raises RefusedError: a user is renamed, and declared by the old name or renamed once
    more.
    """
    names = {normalize(user.name) for user in users}
    sources: set[str] = set()
    for user in users:
        if user.rename_from is None:
            continue
        source = normalize(user.rename_from)
        if source != normalize(user.name) and (source in names or source in sources):
            raise RefusedError(
                f"User {user.rename_from} is renamed to {user.name} and is also declared elsewhere"
                " in the list: keep one of them."
            )
        sources.add(source)


def check_activities(users: t.Iterable[WantedUser], now: datetime.datetime) -> None:
    """:param now: by the hub's clock.

    :raises RefusedError: the hub refuses one of them.
    """
    for user in users:
        if user.last_activity and parse_time(user.last_activity) > now + FURTHEST_AHEAD:
            raise RefusedError(
                f"last_activity {user.last_activity} of user {user.name} is in the future, which"
                " the hub refuses."
            )


def _parse_activity(name: str, text: str) -> str:
    """:returns: the time as the hub writes it.

    :raises RefusedError: it is no time.
    """
    try:
        moment = parse_time(text).astimezone(datetime.timezone.utc)
    except (OverflowError, ValueError):
        raise RefusedError(
            f"last_activity {brief(text)} of user {name} is not a time: write it like"
            " 2026-09-01T08:00:00Z."
        ) from None
    return moment.isoformat().replace("+00:00", "Z")
