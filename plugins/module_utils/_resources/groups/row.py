# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""A group as the hub shows it, and as modules return it."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HiddenFieldError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import GroupRow, Json

Field = t.Literal["users", "properties", "roles"]
# The scope that shows a field.
SCOPES: t.Mapping[Field, str] = {
    "users": "read:groups",
    "properties": "read:groups",
    "roles": "read:roles:groups",
}


class GroupState(t.TypedDict):
    """A group as modules return it; what the caller may not see is None."""

    name: str
    users: list[str] | None
    properties: t.Mapping[str, object] | None
    roles: list[str] | None


def group_state(row: GroupRow) -> GroupState:
    """:returns: the group as modules return it."""
    users, roles = row.get("users"), row.get("roles")
    return {
        "name": row["name"],
        "users": None if users is None else named(users),
        "properties": row.get("properties"),
        "roles": None if roles is None else sorted(roles),
    }


def named(users: t.Iterable[str | None]) -> list[str]:
    """:returns: the members, without users who have lost their name: no request can add or remove
    them.
    """
    return sorted(user for user in users if user is not None)


@t.overload
def known(row: GroupRow, field: t.Literal["users", "roles"]) -> list[str] | None: ...


@t.overload
def known(row: GroupRow, field: t.Literal["properties"]) -> dict[str, Json] | None: ...


def known(row: GroupRow, field: Field) -> object:
    """:returns: a field of a group.

    :raises HiddenFieldError: the caller's scopes hide it, and a guess could do harm.
    """
    if field not in row:
        raise HiddenFieldError(
            f"The caller cannot see the {field} of group {row['name']}, which this task needs to"
            f" know: its role needs the scope {SCOPES[field]}.",
            name=row["name"],
            scope=SCOPES[field],
        )
    return row[field]


def roles_of(row: GroupRow) -> frozenset[str]:
    """:returns: the roles that a group gives its members.

    :raises HiddenFieldError: the caller's scopes hide them.
    """
    return frozenset(known(row, "roles") or ())
