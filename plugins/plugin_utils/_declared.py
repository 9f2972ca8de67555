# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""What the variables of the role provision declare, and the scopes that it takes. No hub is
asked.
"""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import ALL, smallest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.kinds import KINDS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.declared import (  # noqa: E501 - a full name
    Declaration,
    Pruning,
    present,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.scopes import (
    needed_scopes,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._roles import NEWEST, known_scopes

PREFIX = "jupyterhub_"
# Hubs from this one on may have scopes that are not known here.
AFTER = (NEWEST[0] + 1,)


def declaration(variables: t.Mapping[str, object]) -> Declaration:
    """:returns: what the variables of the role declare.

    :raises ValueError: a list is none.
    """
    given = {
        name[len(PREFIX) :] if name.startswith(PREFIX) else name: value
        for name, value in variables.items()
    }
    lists: dict[str, list[dict[str, object]]] = {}
    for kind in KINDS:
        items = given.get(kind) or []
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ValueError(f"{kind} must be a list of dictionaries, as in the role")
        lists[kind] = items
    return Declaration(lists, {kind: Pruning() for kind in _kinds(given.get("prune") or [])})


def _kinds(prune: object) -> list[str]:
    """:raises ValueError: they are no kinds of objects, and the role would be too small."""
    kinds = [kind.strip() for kind in prune.split(",")] if isinstance(prune, str) else prune
    if not isinstance(kinds, list) or not all(kind in list(KINDS) for kind in kinds):
        raise ValueError(f"prune must be a list of some of {', '.join(KINDS)}, as in the role")
    return kinds


def is_known(scope: str) -> bool:
    """Whether a hub has this scope, or can be told what it means (``custom_scopes``)."""
    base = scope.partition("!")[0]
    return base in ALL or base.startswith("custom:")


def makes_admins(value: object) -> bool:
    """Whether variables of the role declare users that are admins."""
    return isinstance(value, dict) and any(
        item.get("admin") for item in present(declaration(value).users)
    )


def scopes_of(value: object, hub: tuple[int, ...]) -> tuple[list[str], list[str]]:
    """Find out the scopes that a declaration needs.

    :param value: the role's variables, or a list of scopes.
    :returns: the smallest set of scopes that a hub of this version knows, and those that it does
    not know.
    :raises ValueError: it is neither, or nothing is declared.
    """
    if isinstance(value, list) and all(isinstance(scope, str) for scope in value):
        scopes = list(value)
        strange = [scope for scope in scopes if not is_known(scope)]
        if strange and hub < AFTER:
            raise ValueError(
                f"JupyterHub has no scope {', '.join(strange)}, and does not start with a role that"
                " has it"
            )
    elif isinstance(value, dict):
        # As the newest hub names them; what an older one calls otherwise is put right below.
        scopes = needed_scopes(declaration(value), max(hub, NEWEST))
    else:
        raise ValueError("give a dictionary with the role's variables, or a list of scopes")
    if not scopes:
        raise ValueError(
            "nothing is declared that needs a scope: give jupyterhub_users, jupyterhub_groups or"
            " others of the role's lists"
        )
    kept, unknown = known_scopes(scopes, hub)
    return smallest(kept), unknown
