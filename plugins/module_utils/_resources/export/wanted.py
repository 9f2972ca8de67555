# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What an export contains and where it is written: the task's options, parsed once."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import (
    Version,
    version_tuple,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.kinds import KINDS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import matches

# The kinds of objects, in the order in which the role makes them.
USERS, GROUPS, SERVICES, SERVERS, SHARES, TOKENS = (
    "users",
    "groups",
    "services",
    "servers",
    "shares",
    "tokens",
)
AUTH_STATE = "auth_state"
NONE, NAMED, RUNNING = "none", "named", "running"
# What can be exported.
INCLUDABLE = (*KINDS, AUTH_STATE)


class ExportOptions(t.TypedDict):
    """The options of jupyterhub_export."""

    dest: str | None
    include: list[str]
    servers: str | None
    select_users: list[str] | None
    omit_users: list[str]
    omit_groups: list[str]
    groups_from_config: list[str]
    services_from_config: list[str]
    force: bool


@dataclasses.dataclass(frozen=True)
class Wanted:
    """The options of an export.

    :param dest: a file, or a folder where it ends with a slash; None: the variables are returned.
    :param include: kinds of objects, and AUTH_STATE.
    :param servers: NONE, NAMED or RUNNING; NONE where ``include`` has no servers.
    :param select_users: globs; None: every user.
    :param force: replace a file that no export has written.
    """

    dest: str | None
    include: frozenset[str]
    servers: str
    select_users: tuple[str, ...] | None
    omit_users: tuple[str, ...]
    omit_groups: tuple[str, ...]
    groups_from_config: tuple[str, ...]
    services_from_config: tuple[str, ...]
    force: bool

    @classmethod
    def from_options(cls, options: ExportOptions) -> Wanted:
        """:raises RefusedError: the options contradict each other."""
        include = set(options["include"])
        servers = options["servers"] or (NAMED if SERVERS in include else NONE)
        if servers == NONE and SERVERS in include:
            raise RefusedError("include has servers, but servers is none: change one of them.")
        if servers != NONE:
            include.add(SERVERS)
        if AUTH_STATE in include and USERS not in include:
            raise RefusedError("auth_state is part of users: add users to include.")
        if AUTH_STATE in include and options["dest"] is None:
            raise RefusedError(
                "auth_state contains secrets, which are only written to a file: set dest."
            )
        if not include:
            raise RefusedError(
                "include is empty, so there is nothing to export: add a kind of object."
            )
        select = options["select_users"]
        return cls(
            dest=options["dest"],
            include=frozenset(include),
            servers=servers,
            select_users=None if select is None else tuple(select),
            omit_users=tuple(options["omit_users"]),
            omit_groups=tuple(options["omit_groups"]),
            groups_from_config=tuple(options["groups_from_config"]),
            services_from_config=tuple(options["services_from_config"]),
            force=options["force"],
        )

    def exists_on(self, hub: Version) -> set[str]:
        """:returns: what is to be exported, and can be on a hub of this version: one that cannot
        have shares needs no list that says that it has none. Its services are in its configuration,
        and the list tells that they are left out.
        """
        return {
            kind
            for kind in self.include
            if kind in (AUTH_STATE, SERVICES) or hub >= version_tuple(KINDS[kind].since)
        }

    def chooses(self, user: str) -> bool:
        """Whether the task asks for this user."""
        chosen = self.select_users is None or matches(user, self.select_users)
        return chosen and not matches(user, self.omit_users)

    def patterns(self) -> t.Iterator[tuple[str, str, str]]:
        """Yield each pattern of names, with its option and the kind of objects that it is for."""
        for option, kind in (
            ("select_users", USERS),
            ("omit_users", USERS),
            ("omit_groups", GROUPS),
            ("groups_from_config", GROUPS),
            ("services_from_config", SERVICES),
        ):
            for pattern in getattr(self, option) or ():
                yield option, pattern, kind
