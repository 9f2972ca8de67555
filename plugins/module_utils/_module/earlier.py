# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What a task knows of the earlier tasks of the same run: in check mode, what they would have
changed; in a real run, what was refused to them.
"""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Plan
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    PRUNE,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.foreseen import (
    ForeseenHub,
)

# By list, the attributes of an item that name one user, and those that name several.
OWNERS = {"servers": "user", "shares": "owner", "tokens": "user"}
GUESTS = {"groups": "users", "shares": "users"}


def with_earlier(options: Options, plural: str) -> Options:
    """The options of a task with what is known from the tasks before it.

    :returns: with the guards that a preflight has read, as what the role says goes before defaults
        of the play, and with the names under which the hub has stored users so far.
    """
    earlier = options.get("earlier") or {}
    told = (earlier.get("prune") or {}).get(plural) or {}
    known = {
        name: value
        for name, value in told.items()
        if name in (*PRUNE.options, "remove_limit") and name in options
    }
    if earlier.get("stored_names") and "stored_names" in options:
        known["stored_names"] = {**(options["stored_names"] or {}), **earlier["stored_names"]}
    return {**options, **known}


def foreseen(api: HubApi, options: Options) -> HubApi:
    """:returns: in check mode, the hub as the earlier tasks would have left it."""
    earlier = options.get("earlier") or {}
    if not earlier.get("changes"):
        return api
    hub = ForeseenHub(api.client, earlier["changes"], earlier.get("renamed") or {})
    hub.continue_from(api)
    return hub


def plan_around_refused(
    options: Options, plural: str, plan: t.Callable[[], Plan]
) -> tuple[Plan | None, set[str]]:
    """Plan, and find users and servers that are missing because the hub has refused them to an
    earlier task.

    :param plural: the option with the list.
    :returns: the plan, or None where it has to be made without these.
    :raises RefusedError: something else is missing.
    """
    told = (options.get("earlier") or {}).get("refused") or ()
    refused = {
        str(item.get("name")).lower() for item in told if item.get("kind") in ("user", "server")
    }
    if not refused or options[plural] is None:
        return plan(), set()
    try:
        made = plan()
    except RefusedError as error:
        missing = _of_refused(error.details.get("missing_users") or (), refused)
        if not missing:
            raise
        return None, missing
    missing = _of_refused((name for each in made.missing for name in each.names), refused)
    return (None if missing else made), missing


def _of_refused(names: t.Iterable[str], refused: t.Collection[str]) -> set[str]:
    """:returns: those of the missing users, and of the missing servers by owner and name, that were
    refused, or whose owners were.
    """
    return {
        one
        for name in names
        for one in (name.lower(), name.partition("/")[0].lower())
        if one in refused
    }


def without_refused(
    options: Options, plural: str, refused: t.Collection[str]
) -> tuple[Options, list[dict[str, object]]]:
    """Take users and servers out of a list, and what cannot be done without them.

    :param plural: the option with the list.
    :param refused: their names, in lower case.
    :returns: the options, and what is not done for that, in the form of ``pending``.
    """
    owner, guests = OWNERS.get(plural), GUESTS.get(plural)
    kept: list[Options] = []
    pending: list[dict[str, object]] = []
    for item in options[plural] or ():
        if owner is not None and _needs(item, owner) & set(refused):
            title = "/".join(
                filter(
                    None, (item[owner], item.get("server") or item.get("name") or item.get("note"))
                )
            )
            pending.append({"action": "create", "kind": plural[:-1], "name": title, "fields": {}})
            continue
        left_out = [one for one in (guests and item[guests]) or () if _name(one).lower() in refused]
        if left_out and guests is not None:
            title = item["name"] if plural == "groups" else f"{item['owner']}/{item['server']}"
            pending.append(
                {
                    "action": "add",
                    "kind": plural[:-1],
                    "name": title,
                    "fields": {guests: list(map(_name, left_out))},
                }
            )
            item = {**item, guests: [one for one in item[guests] if one not in left_out]}
        kept.append(item)
    return {**options, plural: kept}, pending


def _needs(item: Options, owner: str) -> set[str]:
    """:returns: the owner of what an item is about, and the server that it is to share."""
    user = item[owner].lower()
    return {user, f"{user}/{item['server'].lower()}"} if "server" in item else {user}


def _name(guest: object) -> str:
    return str(guest.get("name")) if isinstance(guest, dict) else str(guest)
