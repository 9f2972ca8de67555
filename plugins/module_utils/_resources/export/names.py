# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Which names of a hub can be declared, and which users and groups are exported."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.wanted import (
    Wanted,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_name,
    check_user_name,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    Snapshot,
    Unknown,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import matches

CHANGED_ON_THE_WAY = (
    "a proxy in front of the hub changes its name in addresses, so no request can reach it"
)


@dataclasses.dataclass(frozen=True)
class CutOff:
    """Names of users and groups that are on the hub, and that requests do not reach."""

    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


class Names:
    """The names of one hub, for one export."""

    def __init__(self, hub: Snapshot, wanted: Wanted, cut_off: CutOff) -> None:
        self.wanted = wanted
        self.cut_off = cut_off
        self.keeps_case = _keeps_case(hub)

    def user_problem(self, name: str) -> str | None:
        """:returns: why a user cannot be declared."""
        if not passes(check_user_name, name):
            return "jupyterhub_user does not accept its name"
        if name in self.cut_off.users:
            return CHANGED_ON_THE_WAY
        if _has_capitals(name) and not self.keeps_case:
            return "the hub looks up names in lower case, so nobody can log in with this name"
        return None

    def group_problem(self, name: str) -> str | None:
        """:returns: why a group cannot be declared."""
        if not passes(lambda group: check_name("group", group), name):
            return "jupyterhub_group does not accept its name"
        return CHANGED_ON_THE_WAY if name in self.cut_off.groups else None

    def takes_user(self, name: str) -> bool:
        """Whether a user is exported, or would be if users were."""
        return self.wanted.chooses(name) and self.user_problem(name) is None

    def takes_group(self, name: str) -> bool:
        """Whether a group is exported, would be if groups were, or is there from the
        configuration.
        """
        return not matches(name, self.wanted.omit_groups) and self.group_problem(name) is None


def passes(check: t.Callable[[str], None], name: str) -> bool:
    """Whether a name passes a check of the modules."""
    try:
        check(name)
    except RefusedError:
        return False
    return True


def _keeps_case(hub: Snapshot) -> bool:
    """Whether users on this hub can have capitals in their names.

    The usual authenticators store names in lower case and look them up so. A name with capitals,
    which a single request can make there, can neither log in nor join a group; if one did, the
    authenticator of this hub takes names as they are.
    """
    users = () if isinstance(hub.users, Unknown) else hub.users
    if any(
        user.last_activity is not None and not isinstance(user.last_activity, Unknown)
        for user in users
        if _has_capitals(user.name)
    ):
        return True
    groups = () if isinstance(hub.groups, Unknown) else hub.groups
    return any(
        _has_capitals(name)
        for group in groups
        if not isinstance(group.users, Unknown)
        for name in group.users
    )


def _has_capitals(name: str) -> bool:
    return normalize(name) != name
