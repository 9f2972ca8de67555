# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The variables of an export, read: lists of dictionaries, whose names are text."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.wanted import (
    GroupItem,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    texts_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    ServerItem,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.wanted import (
    ServiceItem,
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

# An item of a list, as another hub takes it.
Item = Mapping[str, object]
# The lists, and the keys of their items that are names; the first of them is required.
LISTS = {
    "users": ("name",),
    "groups": ("name",),
    "services": ("name",),
    "servers": ("user", "name"),
    "shares": ("owner", "server"),
    "tokens": ("user",),
}
INNER_LISTS = ("users", "groups", "scopes")


class MigrationError(Exception):
    """The variables cannot be read. The text says why and what to do."""


class Lists(t.TypedDict):
    """The lists of an export; their items may lack what is not set."""

    users: list[UserItem]
    groups: list[GroupItem]
    services: list[ServiceItem]
    servers: list[ServerItem]
    shares: list[ShareItem]
    tokens: list[TokenItem]


def lists_of(variables: object) -> tuple[Mapping[str, object], Lists]:
    """
    :param variables: those of an export.
    :returns: all of them, and its lists.
    :raises MigrationError: these are no variables of an export.
    """
    if not isinstance(variables, Mapping):
        raise MigrationError(
            "for_hub needs the variables of an export: a dictionary with jupyterhub_users and so on"
        )
    # An export has the items as their modules take them.
    return variables, t.cast(Lists, {kind: _items(variables, kind) for kind in LISTS})


def _items(variables: Mapping[str, object], kind: str) -> list[dict[str, object]]:
    name = f"jupyterhub_{kind}"
    value = variables.get(name, [])
    if (
        isinstance(value, str)
        or not isinstance(value, Sequence)
        or not all(isinstance(item, Mapping) for item in value)
    ):
        raise MigrationError(f"{name} is not a list of dictionaries")
    return [_item(name, item, LISTS[kind]) for item in value]


def _item(where: str, item: Item, names: Sequence[str]) -> dict[str, object]:
    """:returns: an item whose lists are lists, although the modules take text with commas, too."""
    for key in names:
        value = item.get(key)
        if not isinstance(value, str) and (value is not None or key == names[0]):
            problem = "is missing" if value is None else "is no text: put quotes around it"
            raise MigrationError(f"{key} of an item of {where} {problem}")
    found = dict(item)
    for key in INNER_LISTS:
        if found.get(key) is not None:
            found[key] = [
                _item(where, each, ("name",)) if isinstance(each, Mapping) else each
                for each in _list(f"{key} of an item of {where}", found[key])
            ]
    return found


def _list(where: str, value: object) -> Sequence[object]:
    """:raises MigrationError: it is no list, and no text that stands for one."""
    if isinstance(value, str):
        try:
            return texts_of(where, value, "name") if value.strip() else ()
        except RefusedError as error:
            raise MigrationError(error.message.rstrip(".")) from None
    if not isinstance(value, Sequence):
        raise MigrationError(f"{where} is not a list")
    return value
