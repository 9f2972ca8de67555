# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The scopes that a declaration needs, and the few of them that bring all others along."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import smallest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.declared import (  # noqa: E501 - a full name
    Declaration,
)


def needed_scopes(declared: Declaration, hub: tuple[int, ...]) -> list[str]:
    """:returns: the smallest set of scopes with which all that is declared can be done, whatever is
    on the hub.

    :param hub: the version of the hub.
    """
    wanted: set[str] = set()
    for need in (_users, _groups, _servers, _others):
        wanted |= set(need(declared, hub))
    return smallest(wanted)


def _users(declared: Declaration, hub: tuple[int, ...]) -> t.Iterator[str]:
    del hub
    if declared.present("users"):
        yield "admin:users"
    if declared.absent("users") or "users" in declared.prune:
        # The hub deletes no user whose servers are running.
        yield from ("delete:users", "read:servers", "delete:servers")
    if any(item.get("rename_from") for item in declared.present("users")):
        yield "read:servers"
    if "users" in declared.prune:
        yield "list:users"


def _groups(declared: Declaration, hub: tuple[int, ...]) -> t.Iterator[str]:
    del hub
    if declared.present("groups"):
        yield "admin:groups"
    if declared.absent("groups") or "groups" in declared.prune:
        yield "delete:groups"
    if "groups" in declared.prune:
        yield "list:groups"
    if any(item.get("users") for item in declared.present("groups")):
        yield "read:users:name"


def _servers(declared: Declaration, hub: tuple[int, ...]) -> t.Iterator[str]:
    states = {item.get("state") or "started" for item in declared.items("servers")}
    if not states:
        return
    yield "read:servers"
    if states & {"started", "restarted", "present"}:
        yield "start:servers" if hub >= (6,) else "servers"
    if states & {"stopped", "absent", "restarted"} or any(
        item.get("restart_if_changed") for item in declared.items("servers")
    ):
        yield "delete:servers"


def _others(declared: Declaration, hub: tuple[int, ...]) -> t.Iterator[str]:
    del hub
    if declared.items("services"):
        yield "admin:services"
    if declared.items("shares"):
        yield "shares"
    for guests, scope in (("users", "read:users:name"), ("groups", "read:groups:name")):
        if any(item.get(guests) for item in declared.present("shares", "mode")):
            yield scope
    if declared.items("tokens"):
        yield "tokens"
