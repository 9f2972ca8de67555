# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What a task is about to delete, written as variables of the role before it deletes the first
object.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._files import (
    check_absolute,
    is_no_file,
    replace_file,
    unsafe_place,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    GroupRow,
    Json,
    UserRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.yaml_text import assigned

HEADER = """\
# Written by hubops.jupyterhub before it deleted what is listed here.
# Variables of the role hubops.jupyterhub.provision, without secrets: tokens, auth_state and files
# of users are not in them.
---
"""
Item = dict[str, Json]


class Backup:
    """A file with what is deleted. It is written once, and only when something is.

    :param path: an earlier file with this name is kept beside it, with its modification time in its
    name.
    :raises RefusedError: the path is relative.
    """

    def __init__(self, path: str) -> None:
        check_absolute("backup", path)
        self.path = path
        self._users: list[Item] = []
        self._groups: dict[str, Item] = {}
        self._written = False

    def note_users(self, rows: t.Iterable[UserRow]) -> list[str]:
        """Note users, and which groups they are in.

        :returns: warnings of the place of the file.
        :raises RefusedError: there are some, and the file cannot be written.
        """
        for row in rows:
            admin = row.get("admin")
            self._users.append({"name": row["name"], **({} if admin is None else {"admin": admin})})
            for group in row.get("groups") or ():
                item = self._groups.setdefault(
                    group, {"name": group, "users": [], "users_mode": "present"}
                )
                members = item["users"]
                if isinstance(members, list):
                    members.append(row["name"])
        return self._check()

    def note_groups(self, rows: t.Iterable[GroupRow]) -> list[str]:
        """Note groups.

        :returns: warnings of the place of the file.
        :raises RefusedError: there are some, and the file cannot be written.
        """
        for row in rows:
            item: Item = {"name": row["name"]}
            users, properties = row.get("users"), row.get("properties")
            if users is not None:
                item["users"] = t.cast("list[Json]", sorted(filter(None, users)))
            if properties:
                item["properties"] = properties
            self._groups[row["name"]] = item
        return self._check()

    def _check(self) -> list[str]:
        folder = os.path.dirname(self.path)
        if not self._users and not self._groups:
            return []
        if is_no_file(self.path) or os.path.islink(self.path):
            raise RefusedError(
                f"backup {self.path} is a folder, a symbolic link or a device: give the path of a"
                " file."
            )
        if not os.path.isdir(folder) or not os.access(folder, os.W_OK | os.X_OK):
            raise RefusedError(
                f"backup {self.path} is in a folder that does not exist or is not writable: create"
                " it first."
            )
        return unsafe_place("backup", self.path)

    def text(self) -> str:
        """:returns: the file."""
        kinds = {"users": self._users, "groups": list(self._groups.values())}
        return HEADER + "".join(assigned(kind, items) for kind, items in kinds.items() if items)

    def write(self) -> None:
        """Write the file, unless that is done.

        :raises HubError: that failed, so nothing may be deleted.
        """
        if self._written:
            return
        try:
            replace_file(self.path, self.text(), keep=True)
        except OSError as error:
            raise HubError(
                f"backup {self.path} cannot be written ({error.strerror}), so nothing was deleted."
            ) from None
        self._written = True
