# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Scopes, and the roles that grant them."""

from __future__ import annotations

import re
import typing as t

# What a scope brings along on some hub (jupyterhub/scopes.py, scope_definitions), one level deep.
SUBSCOPES: dict[str, tuple[str, ...]] = {
    "admin:users": ("admin:auth_state", "users", "read:roles:users", "delete:users"),
    "users": ("read:users", "list:users", "users:activity"),
    "list:users": ("read:users:name",),
    "read:users": ("read:users:name", "read:users:groups", "read:users:activity"),
    "users:activity": ("read:users:activity",),
    "read:roles": ("read:roles:users", "read:roles:services", "read:roles:groups"),
    "admin:servers": ("admin:server_state", "servers"),
    "servers": ("read:servers", "start:servers", "delete:servers"),
    "read:servers": ("read:users:name",),
    "tokens": ("read:tokens",),
    "admin:groups": ("groups", "read:roles:groups", "delete:groups"),
    "groups": ("read:groups", "list:groups"),
    "list:groups": ("read:groups:name",),
    "read:groups": ("read:groups:name",),
    "admin:services": ("list:services", "read:services", "read:roles:services"),
    "list:services": ("read:services:name",),
    "read:services": ("read:services:name",),
    "shares": ("access:servers", "read:shares", "users:shares", "groups:shares"),
    "users:shares": ("read:users:shares",),
    "groups:shares": ("read:groups:shares",),
}
# The first hub that knows a scope. A hub does not start when a role names a scope that it does not
# know (jupyterhub/scopes.py, scope_definitions).
SINCE: dict[str, tuple[int, ...]] = {
    "admin:services": (5,),
    "shares": (5,),
    "read:shares": (5,),
    "users:shares": (5,),
    "groups:shares": (5,),
    "read:users:shares": (5,),
    "read:groups:shares": (5,),
    "start:servers": (6,),
}
# All others.
OLDEST = (4,)
# Those that bring nothing along, and that nothing brings along.
SINGLE = (
    "(no_scope)",
    "access:services",
    "admin-ui",
    "inherit",
    "proxy",
    "read:hub",
    "read:metrics",
    "self",
    "shutdown",
)
ALL = frozenset((*SUBSCOPES, *(scope for inner in SUBSCOPES.values() for scope in inner), *SINGLE))


def brought_by(scope: str) -> set[str]:
    """:returns: a scope, and all that it brings along."""
    found = {scope}
    for inner in SUBSCOPES.get(scope, ()):
        found |= brought_by(inner)
    return found


def granted(scopes: t.Iterable[str]) -> set[str]:
    """:returns: all that these scopes grant."""
    return {inner for scope in scopes for inner in brought_by(scope)}


def reaches(
    held: t.Iterable[str], scopes: t.Collection[str], target: tuple[str, str]
) -> bool | None:
    """Whether a caller may do to an object what any one of some scopes allows
    (jupyterhub/scopes.py, check_scope_filter).

    :param held: what the caller has, each with its filter, if it has one.
    :param target: the object's kind, and its name; a server's name is "user/name".
    :returns: None: that depends on the groups of a user.
    """
    kind, name = target
    owner = name.partition("/")[0] if kind == "server" else None
    unsure = False
    for one in held:
        scope, limit, filtered = one.partition("!")
        if scope not in scopes:
            continue
        if not limit or filtered == f"{kind}={name}" or filtered == f"user={owner}":
            return True
        unsure = unsure or (kind in ("user", "server") and filtered.startswith("group="))
    return None if unsure else False


def smallest(scopes: t.Iterable[str]) -> list[str]:
    """:returns: those of the scopes that no other one brings along, sorted."""
    wanted = set(scopes)
    return sorted(
        scope
        for scope in wanted
        if not any(scope in brought_by(other) for other in wanted - {scope})
    )


def least(scopes: t.Sequence[str]) -> str:
    """:returns: of scopes of which any one will do, the one that grants the least; of several, the
    first.
    """
    return min(scopes, key=lambda scope: len(brought_by(scope)))


def load_roles_snippet(scopes: t.Iterable[str], *, name: str, kind: str) -> str:
    """A role for ``jupyterhub_config.py`` that grants what is missing.

    It goes to the end of the file, once or many times: it keeps the roles that stand there, which
    the hub deletes when they are not loaded any more, and has a name of its own, since the hub does
    not start with two roles of one name.

    :param scopes: the missing scopes.
    :param name: the caller that needs them.
    :param kind: ``user`` or ``service``, as the hub says of the caller.
    """
    wanted = sorted(scopes)
    caller = name.lower() if name.lower().startswith("hubops") else f"hubops-{name.lower()}"
    role = re.sub("[^a-z0-9]+", "-", "-".join((caller, *wanted)))[:250].strip("-")
    return (
        f"c.JupyterHub.load_roles.append(\n    {{'name': {role!r}, 'scopes': {wanted!r}, '{kind}s':"
        f" [{name!r}]}},\n)\n"
    )


SCOPE = re.compile(r"[a-z][a-z0-9:_*.\-]*(![a-z]+(=[^!]+)?)?")
