# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What the lists of a whole hub declare: who exists, who is deleted, and whom each list needs. No
request is sent here.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Item
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import StoredNames
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.wanted import (
    GroupItem,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import Options
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    ServerItem,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.wanted import (
    ShareItem,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.wanted import (
    TokenItem,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.wanted import (
    UserItem,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import matches

R = t.TypeVar("R", UserItem, ServerItem)
# A server: its owner, and its name, which is empty for the default server.
ServerKey = tuple[str, str]


@dataclasses.dataclass(frozen=True)
class Need:
    """A user or a group that must exist when it is needed.

    :param name: as the hub stores it.
    :param why: what needs it.
    """

    name: str
    why: str


@dataclasses.dataclass(frozen=True)
class Pruning:
    """How the undeclared objects of one kind are deleted.

    :param keep: globs of names that are kept; None: not set.
    :param match: globs of names that may be deleted; None: all.
    """

    keep: tuple[str, ...] | None = None
    match: tuple[str, ...] | None = None

    def spares(self, name: str) -> bool:
        """Whether an undeclared object with this name is kept."""
        return matches(name, self.keep or ()) or (
            self.match is not None and not matches(name, self.match)
        )

    def spares_user(self, name: str) -> bool:
        """Whether an undeclared user is kept. Case does not matter in the patterns of users."""
        keep, match = (
            None if globs is None else tuple(map(normalize, globs))
            for globs in (self.keep, self.match)
        )
        return Pruning(keep, match).spares(normalize(name))


@dataclasses.dataclass(frozen=True)
class Declaration:
    """The lists of a whole hub, as their modules take them.

    :param lists: by kind; None: not set.
    :param prune: by kind; what is not pruned is not in it.
    :param stored_names: how the hub stores the names of users, where it has rules of its own.
    :param prefix: what the names of the lists begin with where they come from, such as
    ``jupyterhub_``.
    :param resolve: what the hub calls a user; until it was asked, what nearly all hubs do.
    """

    lists: t.Mapping[str, t.Sequence[Options] | None]
    prune: t.Mapping[str, Pruning] = dataclasses.field(default_factory=dict)
    stored_names: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    prefix: str = ""
    resolve: t.Callable[[str], str] = normalize

    def items(self, kind: str) -> t.Sequence[Options]:
        """:returns: what is declared of a kind."""
        return self.lists.get(kind) or ()

    # The lists have the types of the options of their modules, by whose argument specs they were
    # checked.

    @property
    def users(self) -> t.Sequence[UserItem]:
        """The users."""
        return t.cast("t.Sequence[UserItem]", self.items("users"))

    @property
    def groups(self) -> t.Sequence[GroupItem]:
        """The groups."""
        return t.cast("t.Sequence[GroupItem]", self.items("groups"))

    @property
    def servers(self) -> t.Sequence[ServerItem]:
        """The servers."""
        return t.cast("t.Sequence[ServerItem]", self.items("servers"))

    @property
    def shares(self) -> t.Sequence[ShareItem]:
        """The servers that are shared."""
        return t.cast("t.Sequence[ShareItem]", self.items("shares"))

    @property
    def tokens(self) -> t.Sequence[TokenItem]:
        """The tokens."""
        return t.cast("t.Sequence[TokenItem]", self.items("tokens"))

    @functools.cached_property
    def _told(self) -> StoredNames:
        return StoredNames(self.stored_names)

    def stored(self, user: str) -> str:
        """:returns: a user's name as the hub stores it."""
        return self._told.get(user) or self.resolve(user)

    def doubtful(self) -> set[str]:
        """:returns: the names with capitals of which it matters whether the hub keeps them: of who
        is needed and not declared by just this name, of who is renamed, and of owners by whose name
        the hub is asked for a server.
        """
        renames = _renames(self.users)
        renamed = {name for item, source in renames for name in (item["name"], source)}
        owners = {item["owner"] for item in present(self.shares, "mode") if item["server"]}
        needed = {user for user, _why in self._mentions()}
        spellings: dict[str, set[str]] = {}
        for name in (*needed, *renamed, *(item["name"] for item in self.users)):
            spellings.setdefault(normalize(name), set()).add(name)
        sure = {
            item["name"]
            for item in present(self.users)
            if len(spellings[normalize(item["name"])]) == 1
        }
        return {
            name
            for one in (needed - sure) | renamed | owners
            for name in spellings[normalize(one)]
            if name != normalize(name) and self._told.get(name) is None
        }

    def users_present(self) -> set[str]:
        """:returns: the users that are declared, as the hub stores them."""
        return {self.stored(item["name"]) for item in present(self.users)}

    def users_leaving(self) -> set[str]:
        """:returns: the names that no user has when the list of users is done."""
        leaving = {self.stored(item["name"]) for item in absent(self.users)}
        leaving |= {self.stored(source) for _item, source in _renames(self.users)}
        return leaving - self.users_present()

    def renamed(self) -> dict[str, str]:
        """:returns: the former names of users, by their new ones, as the hub stores them."""
        return {
            self.stored(item["name"]): self.stored(source) for item, source in _renames(self.users)
        }

    def servers_present(self) -> set[ServerKey]:
        """:returns: the servers that exist when the list of servers is done, running or not."""
        return {
            (self.stored(item["user"]), item["name"])
            for item in self.servers
            if item.get("state") not in ("absent", "stopped")
        }

    def servers_leaving(self) -> set[ServerKey]:
        """:returns: the servers that do not exist when the list of servers is done."""
        leaving = {(self.stored(item["user"]), item["name"]) for item in absent(self.servers)}
        leaving |= {(self.stored(item["user"]), source) for item, source in _renames(self.servers)}
        return leaving - self.servers_present()

    def needed_users(self) -> list[Need]:
        """:returns: the users that the other lists need. Removing a member or stopping a server
        needs none.
        """
        return [Need(self.stored(name), why) for name, why in self._mentions()]

    def _mentions(self) -> t.Iterator[tuple[str, str]]:
        for group in present(self.groups):
            if group.get("users_mode") != "absent":
                yield from (
                    (user, f"a member of group {group['name']}")
                    for user in group.get("users") or ()
                )
        for server in self.servers:
            if server.get("state") not in ("absent", "stopped"):
                yield server["user"], f"the owner of server {server['user']}/{server['name']}"
        for share in present(self.shares, "mode"):
            where = f"{share['owner']}/{share['server']}"
            yield share["owner"], f"the owner of server {where}, which is shared"
            yield from (
                (guest_name(guest), f"a guest of server {where}")
                for guest in share.get("users") or ()
            )
        for token in present(self.tokens):
            yield token["user"], f"the owner of token {token.get('note')}"

    def needed_groups(self) -> list[Need]:
        """:returns: the groups that servers are shared with."""
        return [
            Need(guest_name(guest), f"a guest of server {share['owner']}/{share['server']}")
            for share in present(self.shares, "mode")
            for guest in share.get("groups") or ()
        ]

    def shared_servers(self) -> list[ServerKey]:
        """:returns: the named servers that are shared and not declared, each once. A default server
        can be shared before it was ever started.
        """
        found = {
            (self.stored(item["owner"]), item["server"]): None
            for item in present(self.shares, "mode")
            if item["server"]
        }
        return [key for key in found if key not in self.servers_present()]


def present(items: t.Iterable[Item], key: str = "state") -> list[Item]:
    """:returns: those declared objects that are to exist.

    :param key: the attribute that says so.
    """
    return [item for item in items if item.get(key) != "absent"]


def absent(items: t.Iterable[Item]) -> list[Item]:
    """:returns: those declared objects that are not to exist."""
    return [item for item in items if item.get("state") == "absent"]


def _renames(items: t.Iterable[R]) -> list[tuple[R, str]]:
    """:returns: those declared objects that get another name, each with the one that it has."""
    found = [(item, item.get("rename_from")) for item in present(items)]
    return [(item, source) for item, source in found if source]


def guest_name(guest: object) -> str:
    """:returns: the name of a guest with whom a server is shared, who may have separate scopes."""
    return str(guest.get("name")) if isinstance(guest, dict) else str(guest)


def undeclared(needs: t.Iterable[Need], declared: t.Collection[str]) -> dict[str, str]:
    """:returns: by name, what needs the objects that are not declared: the first thing that
    does.
    """
    found: dict[str, str] = {}
    for need in needs:
        if need.name not in declared:
            found.setdefault(need.name, need.why)
    return found
