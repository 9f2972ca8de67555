# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Which scopes a task needs, by its options: so that all that are missing can be named at once. The
hub names only those that one request lacks.

Each kind of object says its own in its package, in ``needs.py``. Here is what they share, and what
reading alone needs.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version

# The options of a task. The ``parse`` of each kind takes them for the TypedDict of its module's
# options: Ansible has checked them by the argument spec, and a test compares the types with it.
Options = t.Mapping[str, object]
# What a task can set for all items of its list, and scopes depend on.
COMMON = ("state", "mode", "users_mode", "restart_if_changed")
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


def needs_of_gathering(options: Options, hub: Version) -> Needs:
    """:returns: what a task needs that declares nothing: what it gathers, if it gathers
    anything.
    """
    del hub
    needs = Needs()
    gather = options.get("gather")
    for part in gather if isinstance(gather, (list, tuple)) else ():
        needs.reads.update(GATHER.get(part, ()))
    return needs


def items_of(kind: str, options: Options) -> list[Options]:
    """:param kind: the plural of what the options declare.

    :returns: the declared objects, the one or the list, each with what is set for all of them.
    """
    rows = options.get(kind)
    if not isinstance(rows, (list, tuple)):
        return [options]
    common = {name: options[name] for name in COMMON if options.get(name) is not None}
    return [
        {**row, **{name: value for name, value in common.items() if row.get(name) is None}}
        for row in rows
    ]
