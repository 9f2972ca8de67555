# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""A hub as it will be after the changes that check mode predicts for earlier tasks."""

from __future__ import annotations

import typing as t
from urllib.parse import unquote

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Change
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    GroupRow,
    Query,
    ShareCodeRow,
    ShareRow,
    TokenRow,
    UserRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.row import (
    guest_of,
)


class ForeseenHub(HubApi):
    """Answers reads as the hub will once the changes of earlier tasks are made. Nothing is written
    by it.

    Only what later kinds of objects look at is foreseen: which users, groups and servers there are,
    who is a member, and which tokens go with a user or a server. The contents of what is only
    changed are the hub's.

    :param changes: as the modules return them, in the order in which they are applied.
    :param renamed: the former names of users, by the new ones: a change does not tell them.
    """

    def __init__(
        self, client: HubClient, changes: t.Iterable[Change], renamed: t.Mapping[str, str]
    ) -> None:
        super().__init__(client)
        self._new_users: dict[str, UserRow] = {}
        self._new_groups: dict[str, GroupRow] = {}
        self._gone: dict[str, set[str]] = {"user": set(), "group": set(), "server": set()}
        self._new_servers: set[str] = set()
        self._stopped: set[str] = set()
        # By the name that a user still has on the hub, the new one.
        self._renamed: dict[str, str] = {}
        for change in changes:
            self._take(change, renamed)
        self._former = {new: old for old, new in self._renamed.items()}

    def _take(self, change: Change, renamed: t.Mapping[str, str]) -> None:
        kind, action, name = change["kind"], change["action"], change["name"]
        if kind == "user" and action == "create":
            self._new_users[name] = _new_user(name, change.get("fields") or {})
        elif kind == "group" and action == "create":
            self._new_groups[name] = _new_group(name, change.get("fields") or {})
        elif kind in self._gone and action == "delete":
            self._gone[kind].add(name)
        elif kind == "user" and action == "rename" and name in renamed:
            self._renamed[renamed[name]] = name
        elif kind == "server" and action in ("start", "create"):
            self._new_servers.add(name)
        if kind == "server" and action in ("stop", "delete"):
            self._stopped.add(name)

    # Users

    def user_get(self, name: str, query: Query | None = None) -> UserRow | None:
        if name in self._new_users:
            return self._new_users[name].copy()
        if name in self._gone["user"] or name in self._renamed:
            return None
        row = super().user_get(self._former.get(name, name), query)
        return None if row is None else self._foreseen_user(row)

    def users_list(self, query: Query | None = None) -> list[UserRow]:
        return self._foreseen_users(super().users_list(query))

    def users_list_up_to(self, most: int, query: Query | None = None) -> list[UserRow] | None:
        rows = super().users_list_up_to(most, query)
        return None if rows is None else self._foreseen_users(rows)

    def _foreseen_users(self, rows: t.Iterable[UserRow]) -> list[UserRow]:
        kept = [self._foreseen_user(row) for row in rows if row["name"] not in self._gone["user"]]
        there = {row["name"] for row in kept}
        return [
            *kept,
            *(row.copy() for name, row in self._new_users.items() if name not in there),
        ]

    def _foreseen_user(self, row: UserRow) -> UserRow:
        return {**row, "name": self._renamed.get(row["name"], row["name"])}

    # Groups

    def group_get(self, name: str) -> GroupRow | None:
        if name in self._new_groups:
            return self._new_groups[name].copy()
        row = None if name in self._gone["group"] else super().group_get(name)
        return None if row is None else self._foreseen_group(row)

    def groups_list(self) -> list[GroupRow]:
        return self._foreseen_groups(super().groups_list())

    def groups_list_up_to(self, most: int) -> list[GroupRow] | None:
        rows = super().groups_list_up_to(most)
        return None if rows is None else self._foreseen_groups(rows)

    def _foreseen_groups(self, rows: t.Iterable[GroupRow]) -> list[GroupRow]:
        kept = [self._foreseen_group(row) for row in rows if row["name"] not in self._gone["group"]]
        there = {row["name"] for row in kept}
        return [
            *kept,
            *(row.copy() for name, row in self._new_groups.items() if name not in there),
        ]

    def _foreseen_group(self, row: GroupRow) -> GroupRow:
        """:returns: a group without the members that are gone: the hub takes them out with the
        user.
        """
        users = row.get("users")
        if users is None:
            return row
        kept = [self._renamed.get(user, user) for user in users if user not in self._gone["user"]]
        return {**row, "users": kept}

    # What belongs to users and servers

    def tokens_list(self, user: str) -> list[TokenRow] | None:
        if user in self._new_users:
            return []
        if user in self._gone["user"] or user in self._renamed:
            return None
        rows = super().tokens_list(self._former.get(user, user))
        return (
            None if rows is None else [row for row in rows if not self._goes_with_server(user, row)]
        )

    def _goes_with_server(self, user: str, row: TokenRow) -> bool:
        """Whether a token is that of a server which is stopped: the hub deletes it with the stop
        (jupyterhub/user.py, _stop).
        """
        note = unquote(row.get("note") or "")
        return note.startswith("Server at ") and any(
            note.endswith(f"/user/{owner}/{server}/".replace("//", "/"))
            for owner, _slash, server in (name.partition("/") for name in self._stopped)
            if owner == user
        )

    def shares_list(self, owner: str, server: str) -> list[ShareRow] | None:
        name = f"{owner}/{server}"
        if (
            owner in self._gone["user"]
            or owner in self._renamed
            or (name in self._gone["server"] and name not in self._new_servers)
        ):
            return None
        rows = (
            None
            if owner in self._new_users
            else super().shares_list(self._former.get(owner, owner), server)
        )
        if rows is None:
            return (
                []
                if name in self._new_servers or (owner in self._new_users and not server)
                else None
            )
        return [self._foreseen_share(row) for row in rows if not self._guest_is_gone(row)]

    def _guest_is_gone(self, row: ShareRow) -> bool:
        kind, guest = guest_of(row)
        return guest["name"] in self._gone[kind]

    def _foreseen_share(self, row: ShareRow) -> ShareRow:
        user = row["user"]
        if user is None:
            return row
        return {**row, "user": {"name": self._renamed.get(user["name"], user["name"])}}

    def share_codes_list(self, owner: str, server: str) -> list[ShareCodeRow] | None:
        if (
            owner in self._gone["user"]
            or owner in self._new_users
            or f"{owner}/{server}" in self._gone["server"]
        ):
            return None if owner in self._gone["user"] else []
        return super().share_codes_list(self._former.get(owner, owner), server)


def _new_group(name: str, fields: t.Mapping[str, object]) -> GroupRow:
    """:returns: what the hub will show of a new group."""
    users = fields.get("users")
    return {
        "kind": "group",
        "name": name,
        "users": [str(user) for user in users] if isinstance(users, list) else [],
        "properties": {},
        "roles": [],
    }


def _new_user(name: str, fields: t.Mapping[str, object]) -> UserRow:
    """:returns: what the hub will show of a new user."""
    admin = bool(fields.get("admin"))
    return {
        "kind": "user",
        "name": name,
        "admin": admin,
        "roles": ["admin", "user"] if admin else ["user"],
        "groups": [],
        "server": None,
        "pending": None,
        "created": None,
        "last_activity": None,
        "servers": {},
        "auth_state": None,
    }
