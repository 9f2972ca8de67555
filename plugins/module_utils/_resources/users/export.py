# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Users as the role declares them."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.kind import (
    Item,
    KindOfObject,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.values import (
    ordered,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot import reading
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    User,
    known,
)


class UsersOfHub(KindOfObject):
    """The users."""

    singular = "user"
    scopes = ("list:users",)
    parts = frozenset({reading.USERS})

    def items(self) -> list[Item]:
        for account in known(self.hub.nameless, "the users"):
            self.leave_out(
                "",
                f"{'an admin' if account.admin is True else 'a user'} without a name, whom no"
                " request can reach",
            )
        items = []
        for user in sorted(known(self.hub.users, "the users"), key=lambda user: user.name):
            if not self.wanted.chooses(user.name):
                continue
            problem = self.names.user_problem(user.name)
            if problem is not None:
                self.leave_out(user.name, problem)
                continue
            items.append(
                {
                    "name": user.name,
                    "admin": known(user.admin, f"whether user {user.name} is an admin"),
                    **self._auth_state(user),
                }
            )
        return items

    def _auth_state(self, user: User) -> Item:
        if "auth_state" not in self.wanted.include:
            return {}
        state = known(user.auth_state, f"the auth_state of user {user.name}")
        if not isinstance(state, dict) or not state:
            return {}
        return (
            {"auth_state": ordered(state)}
            if self.can_declare(user.name, "auth_state", state)
            else {}
        )
