# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Rules about users: whose account it is, how it is used, and how it is named."""

from __future__ import annotations

import typing as t
import unicodedata

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import (
    Case,
    Check,
    Hit,
    Shown,
    task,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    FixTask,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.say import (
    count,
    day,
)


def not_normalized(case: Case) -> t.Iterator[Hit]:
    """USR-1: names that the hub's login can never produce."""
    if case.policy.normalize == "none":
        return
    names = {name for name, dummy in case.hub.named}
    for name, user in case.hub.named:
        lower = name.lower()
        if name == lower:
            continue
        twin = lower in names
        evidence = (
            f"{case.show(lower)} is another user" if twin else "cannot log in under this name"
        )
        yield Hit(name, evidence, user, "high" if twin else None, names=(name,))


def rename(hits: t.Sequence[Hit], case: Case) -> list[FixTask]:
    """:returns: a task that renames those whose new name is free, and who should stay."""
    names = {name for name, dummy in case.hub.named}
    users = []
    for hit in hits:
        lower = hit.subject.lower()
        stays = case.policy.people is None or case.policy.known(hit.subject)
        if stays and lower not in names:
            users.append({"name": lower, "rename_from": hit.subject})
    return [task("Write names as the hub's login does", "user", {"users": users})] if users else []


def never_active(case: Case) -> t.Iterator[Hit]:
    """USR-2: accounts that were never used."""
    for name, user in case.hub.named:
        old = case.hub.older(user.created, case.policy.never_active)
        if user.last_activity is None and old and not _is_account(case, name):
            yield Hit(name, f"created {day(user.created)}, never active", user, names=(name,))


def idle(case: Case) -> t.Iterator[Hit]:
    """USR-3: accounts that have not been used for a long time; those with tokens first."""
    owners = {token.user for token in case.hub.tokens if token.ordinary}
    for name, user in case.hub.named:
        if user.admin or user.last_activity is None or _is_account(case, name):
            continue
        if case.hub.older(user.last_activity, case.policy.user_idle):
            tokens = name in owners
            evidence = f"last active: {day(user.last_activity)}{', has tokens' if tokens else ''}"
            yield Hit(name, evidence, user, "medium" if tokens else None, names=(name,))


def _is_account(case: Case, name: str) -> bool:
    accounts = case.policy.service_accounts
    return accounts is not None and name in accounts


def strangers(case: Case) -> t.Iterator[Hit]:
    """USR-4: users who are not among the people."""
    if case.policy.people is None:
        return
    for name, user in case.hub.named:
        if not case.policy.known(name):
            evidence = f"created {day(user.created)}, last active: {day(user.last_activity)}"
            yield case.stray(Hit(name, evidence, user, names=(name,)), name)


def remove(hits: t.Sequence[Hit], case: Case) -> list[FixTask]:
    """:returns: a task that deletes users."""
    users = [{"name": hit.subject, "state": "absent"} for hit in hits]
    return [task("Delete users that the policy does not list", "user", {"users": users})]


def show_users(case: Case) -> Shown:
    """:returns: how many users there are, without their names."""
    return Shown(f"{count(len(case.hub.users), 'user')}", ())


def look_alikes(case: Case) -> t.Iterator[Hit]:
    """USR-5: names that look like one another, or that contain invisible characters."""
    seen: dict[str, str] = {}
    for name, user in case.hub.named:
        alike = _alike(name)
        first = seen.setdefault(alike, name)
        # Those that differ in case alone are USR-1.
        if first != name and first.lower() != name.lower():
            yield Hit(name, f"looks like {case.show(first)}", user, names=(name,))
        elif not name.isprintable():
            yield Hit(name, "contains invisible characters", user, names=(name,))


def _alike(name: str) -> str:
    """:returns: what a name looks like: without accents' spelling, case, width and the
    invisible.
    """
    if name.isascii() and name.isprintable():
        return name.lower()
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(one for one in plain if unicodedata.category(one) not in ("Cf", "Cc", "Mn"))


KEEPS_FILES = (
    "Some spawners delete the user's files together with the user: first check that nobody needs"
    " them."
)

CHECKS = (
    Check(
        id="USR-1",
        severity="low",
        one="A user's name is not in the form that the hub's login produces",
        many="{n} users' names are not in the form that the hub's login produces",
        why=(
            "The hub's login converts names to lower case, so nobody can log in as this user, and"
            " rights granted to it have no effect."
        ),
        source="GET /users",
        parts=("users",),
        find=not_normalized,
        fix=rename,
        by_hand=(
            "Where both spellings exist, keep the lower-case one. If the hub preserves the case"
            " of names, set policy.normalize to none. If its database ignores case, as MariaDB does"
            " with a collation that ends in _ci, both spellings are the same user, who can log in."
        ),
    ),
    Check(
        id="USR-2",
        severity="low",
        one="A user was never active",
        many="{n} users were never active",
        why=(
            "Misuse of an unused account goes unnoticed. The hub does not show whether the user"
            " has logged in without doing anything."
        ),
        source="GET /users",
        parts=("users", "users.activity"),
        policy=("never_active",),
        find=never_active,
        by_hand="Ask who needs the account, and remove the others.",
    ),
    Check(
        id="USR-3",
        severity="low",
        one="A user has not been active for a long time",
        many="{n} users have not been active for a long time",
        why=(
            "If its owner does not use an account, misuse of it goes unnoticed. The use of a"
            " token counts as activity."
        ),
        source="GET /users",
        parts=("users", "users.admin", "users.activity"),
        policy=("user_idle",),
        find=idle,
        by_hand="Ask who still needs the account, and remove the others.",
    ),
    Check(
        id="USR-4",
        severity="high",
        one="A user should not be on the hub",
        many="{n} users should not be on the hub",
        why="A person who has left, or who never should have had access, can still use the hub.",
        source="GET /users",
        parts=("users",),
        policy=("people",),
        find=strangers,
        fix=remove,
        by_hand=KEEPS_FILES
        + " Close the account at the identity provider first, or the next login creates the"
        " user again.",
        shows=show_users,
    ),
    Check(
        id="USR-5",
        severity="medium",
        one="A user's name looks like another one",
        many="{n} users' names look like others",
        why="Rights meant for one person can easily be given to the other.",
        source="GET /users",
        parts=("users",),
        find=look_alikes,
        by_hand="Find out to whom the name belongs, and rename or delete the user.",
    ),
)
