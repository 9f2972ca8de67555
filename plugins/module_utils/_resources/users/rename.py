# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Which user is renamed, and whether that can be. Pure: no request is sent here."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.row import known


def source_of(old: UserRow | None, row: UserRow | None) -> UserRow | None:
    """:param old: the user with the former name.
    :param row: the user with the new one.
    :returns: the user that is to be renamed, if there is one.
    :raises RefusedError: both the old and the new name are taken.
    """
    if old is None or (row is not None and old["name"] == row["name"]):
        # The two names may differ in their spelling only, and one user bears them both.
        return None
    if row is not None:
        raise RefusedError(
            f"User {old['name']} cannot be renamed to {row['name']}, because both exist: delete"
            " one of them, or remove rename_from."
        )
    return old


def check_stopped(row: UserRow) -> None:
    """:raises RefusedError: the user has servers, whose addresses and routes would keep the old
    name.
    """
    if known(row, "servers"):
        raise RefusedError(
            f"User {row['name']} has running servers, whose addresses would keep the old name:"
            " stop them before you rename the user."
        )
