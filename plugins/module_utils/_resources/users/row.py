# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""A user as the hub shows it, and as modules return it."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HiddenFieldError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    Json,
    ServerRow,
    UserRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import parse_time

Field = t.Literal["admin", "groups", "roles", "last_activity", "servers", "auth_state"]
# The scope that shows a field.
SCOPES: t.Mapping[Field, str] = {
    "admin": "read:users",
    "groups": "read:users:groups",
    "roles": "read:roles:users",
    "last_activity": "read:users:activity",
    "servers": "read:servers",
    "auth_state": "admin:auth_state",
}


class UserState(t.TypedDict):
    """A user as modules return it; what the caller may not see is None."""

    name: str
    admin: bool | None
    groups: list[str] | None
    roles: list[str] | None
    server: str | None
    pending: str | None
    created: str | None
    last_activity: str | None


def user_state(row: UserRow) -> UserState:
    """:returns: the user as modules return it."""
    return {
        "name": row["name"],
        "admin": row.get("admin"),
        "groups": sorted_or_none(row.get("groups")),
        "roles": sorted_or_none(row.get("roles")),
        "server": row.get("server"),
        "pending": row.get("pending"),
        "created": row.get("created"),
        "last_activity": row.get("last_activity"),
    }


def sorted_or_none(names: t.Iterable[str] | None) -> list[str] | None:
    """:returns: the names in a field; None when the hub does not show them: then it leaves them
    out, or null.
    """
    return None if names is None else sorted(names)


@t.overload
def known(row: UserRow, field: t.Literal["admin"], scope: str | None = None) -> bool | None: ...


@t.overload
def known(
    row: UserRow, field: t.Literal["groups", "roles"], scope: str | None = None
) -> list[str] | None: ...


@t.overload
def known(
    row: UserRow, field: t.Literal["last_activity"], scope: str | None = None
) -> str | None: ...


@t.overload
def known(
    row: UserRow, field: t.Literal["servers"], scope: str | None = None
) -> dict[str, ServerRow]: ...


@t.overload
def known(
    row: UserRow, field: t.Literal["auth_state"], scope: str | None = None
) -> dict[str, Json] | None: ...


def known(row: UserRow, field: Field, scope: str | None = None) -> object:
    """:returns: a field of a user.

    :param scope: the scope that shows it, where the usual one is too much.
    :raises HiddenFieldError: the caller's scopes hide it, and a guess could do harm.
    """
    if field not in row:
        needed = scope or SCOPES[field]
        raise HiddenFieldError(
            f"The caller cannot see the {field} of user {row['name']}, which this task needs to"
            f" know: its role needs the scope {needed}.",
            name=row["name"],
            scope=needed,
        )
    return row[field]


def is_later(moment: str, row: UserRow) -> bool:
    """Whether a time is later than the user's last activity: the hub only ever moves it forward."""
    now = known(row, "last_activity")
    return now is None or parse_time(moment) > parse_time(now)
