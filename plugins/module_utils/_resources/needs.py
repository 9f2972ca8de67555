# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Which scopes a task needs, by its options: so that all that are missing can be named at once.

The hub names only those that one request lacks.
"""

from __future__ import annotations

import dataclasses
import typing as t

Options = t.Mapping[str, t.Any]
# What each part of jupyterhub_info cannot be read without, and what shows the fields of its
# objects.
GATHER = {
    "hub": (),
    "whoami": (),
    "users": ("list:users", "read:users"),
    "groups": ("list:groups", "read:groups"),
    "services": ("list:services", "read:services"),
    "proxy": ("proxy",),
    "servers": ("list:users", "read:servers"),
    "tokens": ("list:users", "read:tokens"),
    "shares": ("list:users", "read:shares"),
    "share_codes": ("list:users", "read:shares"),
}


@dataclasses.dataclass
class Needs:
    """Scopes.

    :param reads: what shows the fields that the task compares.
    :param writes: what its options ask for, if the hub differs.
    :param makes: what it takes to make objects that do not exist.
    """

    reads: set[str] = dataclasses.field(default_factory=set)
    writes: set[str] = dataclasses.field(default_factory=set)
    makes: set[str] = dataclasses.field(default_factory=set)


def needs_of(kind: str, options: Options, hub: tuple[int, ...]) -> Needs:
    """:param kind: the plural of what the task declares.

    :param hub: the version of the hub.
    """
    needs = Needs()
    BY_KIND[kind](needs, [_item(row, options) for row in _rows(kind, options)], options, hub)
    return needs


def needs_of_gathering(options: Options, hub: tuple[int, ...]) -> Needs:
    """:returns: what a task needs that declares nothing: what it gathers, if it gathers
    anything.
    """
    del hub
    needs = Needs()
    for part in options.get("gather") or ():
        needs.reads.update(GATHER.get(part, ()))
    return needs


def _rows(kind: str, options: Options) -> t.Sequence[Options]:
    rows = options.get(kind)
    return rows if rows is not None else [options]


def _item(row: Options, options: Options) -> Options:
    """:returns: an item, with what the task sets for all of them."""
    common = ("state", "mode", "restart_if_changed")
    return {
        **row,
        **{
            key: row[key] if row.get(key) is not None else options.get(key)
            for key in common
            if key in options
        },
    }


def _users(
    needs: Needs, items: t.Sequence[Options], options: Options, hub: tuple[int, ...]
) -> None:
    present = [item for item in items if item["state"] != "absent"]
    if present:
        needs.makes.add("admin:users")
        needs.reads.add("read:users:name")
    for field, read, write in (
        ("admin", "read:users", "admin:users"),
        ("auth_state", "admin:auth_state", "admin:users"),
    ):
        if any(item.get(field) is not None for item in present):
            needs.reads.add(read)
            needs.writes.add(write)
    if any(item.get("last_activity") for item in present):
        needs.reads.add("read:users:activity")
        needs.writes.add("users:activity")
    if any(item.get("rename_from") for item in present):
        needs.reads.add("read:servers")
        needs.writes.add("admin:users")
    if len(present) < len(items) or options.get("prune"):
        # The hub deletes no user whose servers are running.
        needs.reads.add("read:servers")
        needs.writes.update(("delete:users", "delete:servers"))
    if options.get("prune"):
        needs.reads.update(("list:users", "read:users", "read:users:groups"))


def _groups(
    needs: Needs, items: t.Sequence[Options], options: Options, hub: tuple[int, ...]
) -> None:
    present = [item for item in items if item["state"] != "absent"]
    needs.reads.add("read:groups:name")
    if present:
        needs.makes.add("admin:groups")
    if any(item.get(field) is not None for item in present for field in ("users", "properties")):
        needs.reads.add("read:groups")
        needs.writes.add("groups")
    if any(item.get("users") and item.get("users_mode") != "absent" for item in present):
        needs.reads.add("read:users:name")
    if len(present) < len(items) or options.get("prune"):
        needs.writes.add("delete:groups")
    if options.get("prune"):
        needs.reads.update(("list:groups", "read:roles:groups"))


def _servers(
    needs: Needs, items: t.Sequence[Options], options: Options, hub: tuple[int, ...]
) -> None:
    needs.reads.add("read:servers")
    if options.get("servers") is None and options.get("user") is None:
        needs.reads.add("list:users")
    if options.get("select_groups") is not None:
        needs.reads.add("read:users:groups")
    states = {item["state"] for item in items}
    if states - {"stopped", "absent"}:
        needs.writes.add("start:servers" if hub >= (6,) else "servers")
    if states & {"stopped", "absent", "restarted"} or any(
        item.get("restart_if_changed") for item in items
    ):
        needs.writes.add("delete:servers")


def _services(
    needs: Needs, items: t.Sequence[Options], options: Options, hub: tuple[int, ...]
) -> None:
    needs.reads.update(("list:services", "read:services"))
    needs.writes.add("admin:services")
    if options.get("verify_login"):
        needs.reads.add("read:users:name")


def _shares(
    needs: Needs, items: t.Sequence[Options], options: Options, hub: tuple[int, ...]
) -> None:
    needs.reads.add("read:shares")
    needs.writes.add("shares")
    giving = [item for item in items if item.get("mode") != "absent"]
    for guests, scope in (("users", "read:users:name"), ("groups", "read:groups:name")):
        if any(item.get(guests) for item in giving):
            needs.reads.add(scope)


def _tokens(
    needs: Needs, items: t.Sequence[Options], options: Options, hub: tuple[int, ...]
) -> None:
    needs.reads.add("read:tokens")
    needs.writes.add("tokens")


BY_KIND: dict[str, t.Callable[[Needs, t.Sequence[Options], Options, tuple[int, ...]], None]] = {
    "users": _users,
    "groups": _groups,
    "servers": _servers,
    "services": _services,
    "shares": _shares,
    "tokens": _tokens,
}
