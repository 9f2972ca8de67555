# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Rules about who is an admin, or has the power of one."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import (
    Case,
    Check,
    Hit,
    Shown,
    task,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import (
    Group,
    User,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    FixTask,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.say import (
    count,
    day,
    some,
)

NAMELESS = "(a user without a name)"


def admins(case: Case) -> list[User]:
    """:returns: the admins that have a name."""
    return [user for user in case.hub.users if user.admin and user.name is not None]


def undeclared(case: Case) -> t.Iterator[Hit]:
    """ADM-1: admins that are not on the list."""
    for user in admins(case):
        name = str(user.name)
        if case.policy.admins is not None and name not in case.policy.admins:
            evidence = f"admin, last active: {day(user.last_activity)}"
            yield case.stray(Hit(name, evidence, user, names=(name,)), name)


def demote(hits: t.Sequence[Hit], case: Case) -> list[FixTask]:
    """:returns: a task that takes admin away."""
    users = [{"name": hit.subject, "admin": False} for hit in hits]
    return [task("Remove admin from users that the policy does not list", "user", {"users": users})]


def show_admins(case: Case) -> Shown:
    """:returns: all admins."""
    names = tuple(str(user.name) for user in admins(case))
    return Shown(f"{count(len(names), 'admin')}", names)


def nameless(case: Case) -> t.Iterator[Hit]:
    """ADM-2: users whose name the hub has lost, whose tokens nothing can revoke."""
    roles = {group.name for group in case.hub.groups if None in group.users and group.roles}
    for user in case.hub.users:
        if user.name is not None:
            continue
        power = ["admin"] if user.admin else []
        power += [f"has the role {case.show(role)}" for role in user.extra_roles]
        power += [f"in the group {case.show(name)}" for name in user.groups]
        strong = user.admin or bool(user.extra_roles) or bool(roles & set(user.groups))
        evidence = (
            f"created {day(user.created)}; {', '.join(power) or 'not an admin, not in a group'}"
        )
        yield Hit(NAMELESS, evidence, user, "critical" if strong else "high")


def idle(case: Case) -> t.Iterator[Hit]:
    """ADM-3: admins who have not been active for a long time."""
    for user in admins(case):
        if case.hub.older(user.seen, case.policy.user_idle):
            name = str(user.name)
            yield Hit(name, f"last active: {day(user.last_activity)}", user, names=(name,))


def number(case: Case) -> t.Iterator[Hit]:
    """ADM-4: too many admins, or one alone."""
    names = [str(user.name) for user in admins(case)]
    most = case.policy.max_admins
    if most is None:
        return
    shown = some([case.show(name) for name in names], 20)
    if len(names) > most:
        yield Hit(
            "admins", f"{len(names)} admins, and the policy allows at most {most}: {shown}", names
        )
    elif len(names) == 1 and most > 1:
        yield Hit(
            "admins",
            f"only {shown}: no other admin can act when that person is absent",
            names,
            "low",
        )


def group_roles(case: Case) -> t.Iterator[Hit]:
    """ADM-5: groups that carry roles which the policy does not give them."""
    declared = case.policy.group_roles
    if declared is None:
        return
    strong = {token.user for token in case.hub.tokens if token.ordinary and token.power}
    others = {user.name for user in case.hub.users if user.admin or user.extra_roles}
    for group in case.hub.groups:
        extra = sorted(set(group.roles) - declared.get(group.name, frozenset()))
        if not extra:
            continue
        # The scopes of a role cannot be read. Those of a member's token can, and they tell, unless
        # the member has another source of power.
        proofs = sorted(strong.intersection(map(str, group.users)) - others)
        power = "power unknown"
        if proofs:
            power = (
                f"the tokens of {some([case.show(name) for name in proofs])} have power over others"
            )
        roles = some([case.show(role) for role in extra], 10)
        evidence = f"roles: {roles}; {count(len(group.users), 'member')}; {power}"
        yield Hit(group.name, evidence, group, "high" if proofs else None, names=(group.name,))


def _role_groups(case: Case) -> list[Group]:
    return [group for group in case.hub.groups if group.roles]


def show_group_roles(case: Case) -> Shown:
    """:returns: the groups that carry roles."""
    found = _role_groups(case)
    title = f"{count(len(found), 'group')} with roles"
    return Shown(title, tuple(group.name for group in found))


def user_roles(case: Case) -> t.Iterator[Hit]:
    """ADM-6: users who have roles of their own and are not declared."""
    policy = case.policy
    for user in case.hub.users:
        name = user.name
        if name is None or not user.extra_roles:
            continue
        if not any(
            names is not None and name in names
            for names in (policy.admins, policy.service_accounts)
        ):
            roles = some([case.show(role) for role in user.extra_roles], 10)
            yield Hit(name, f"roles: {roles}; power unknown", user, names=(name,))


def show_user_roles(case: Case) -> Shown:
    """:returns: the users who have roles of their own."""
    names = tuple(str(user.name) for user in case.hub.users if user.extra_roles)
    return Shown(f"{count(len(names), 'user')} with their own roles", names)


RESTART = (
    "Users in admin_users or in a role of the hub's configuration become admins again at the next"
    " restart: check there too."
)
ON_HOST = (
    "No request can reach such a user. Stop the hub. In its database, find the row of the table"
    " users whose name is NULL, delete the rows of api_tokens with its id as user_id, and then"
    " delete the row itself."
)

CHECKS = (
    Check(
        id="ADM-1",
        severity="high",
        one="An admin is not on the list",
        many="{n} admins are not on the list",
        why="An admin can read every user's files, act as any user and make further admins.",
        source="GET /users",
        parts=("users", "users.admin"),
        policy=("admins",),
        find=undeclared,
        fix=demote,
        by_hand=RESTART,
        shows=show_admins,
    ),
    Check(
        id="ADM-2",
        severity="high",
        one="A user has lost its name, and its tokens cannot be revoked",
        many="{n} users have lost their names, and their tokens cannot be revoked",
        why="The tokens of such a user still work, and no request can list or revoke them.",
        source="GET /users, GET /groups",
        parts=("users", "users.admin", "users.groups"),
        find=nameless,
        by_hand=ON_HOST,
    ),
    Check(
        id="ADM-3",
        severity="medium",
        one="An admin has not been active for a long time",
        many="{n} admins have not been active for a long time",
        why=(
            "If its owner does not use an account, misuse of it goes unnoticed. The use of a"
            " token counts as activity."
        ),
        source="GET /users",
        parts=("users", "users.admin", "users.activity"),
        policy=("user_idle",),
        find=idle,
        by_hand="Ask them, and remove admin from those who no longer need it. " + RESTART,
    ),
    Check(
        id="ADM-4",
        severity="medium",
        one="The number of admins is outside the range of the policy",
        many="The number of admins is outside the range of the policy",
        why=(
            "Each admin account is one more way to every user's files. With only one admin,"
            " nobody can act when that person is absent."
        ),
        source="GET /users",
        parts=("users", "users.admin"),
        policy=("max_admins",),
        find=number,
        by_hand="Give admin only to those who need it, and to at least two people.",
        shows=show_admins,
    ),
    Check(
        id="ADM-5",
        severity="medium",
        one="A group has roles that the policy does not list",
        many="{n} groups have roles that the policy does not list",
        why=(
            "Every member has the rights of these roles without being shown as an admin. The API"
            " does not show what a role allows."
        ),
        source="GET /groups",
        parts=("groups", "groups.roles", "users", "users.admin"),
        policy=("group_roles",),
        find=group_roles,
        by_hand=(
            "The roles of groups are set in load_roles in the hub's configuration: remove them"
            " there, or add them to policy.group_roles."
        ),
        shows=show_group_roles,
    ),
    Check(
        id="ADM-6",
        severity="medium",
        one="A user has its own roles and is not declared",
        many="{n} users have their own roles and are not declared",
        why="A role can give any power, and the API does not show what it allows.",
        source="GET /users",
        parts=("users", "users.roles"),
        policy=("admins",),
        find=user_roles,
        by_hand=(
            "The roles of users are set in load_roles in the hub's configuration: remove them"
            " there, or add the user to policy.admins or service_accounts."
        ),
        shows=show_user_roles,
    ),
)
