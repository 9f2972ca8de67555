# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What lists of users do not show."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import Found
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.decide import (
    each_once,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.wanted import (
    WantedUser,
)


def read_whole(
    api: HubApi, users: t.Iterable[WantedUser], found: Found[UserRow]
) -> dict[str, UserRow]:
    """:returns: the users whose auth_state is compared, read one by one: a list of users never
    shows it.
    """
    whole: dict[str, UserRow] = {}
    for user in each_once(users, found):
        if user.auth_state is None or user.state == "absent":
            continue
        row = found.get(user.name) or found.get(user.rename_from or user.name)
        if row is not None:
            whole[row["name"]] = api.user_get(row["name"]) or row
    return whole
