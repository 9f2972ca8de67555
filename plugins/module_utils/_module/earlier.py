# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What a task knows of the earlier tasks of the same run: in check mode, what they would have
changed; in a real run, what was refused to them.
"""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Change, Plan
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.input import (
    Input,
    SpecOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    PRUNE,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.foreseen import (
    ForeseenHub,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.kinds import KINDS


class EarlierRefusal(t.TypedDict, total=False):
    """What was refused to an earlier task, as it has returned it."""

    kind: str
    name: str


class EarlierOptions(t.TypedDict, total=False):
    """The option earlier; each key as an earlier task has returned it."""

    changes: list[Change] | None
    refused: list[EarlierRefusal] | None
    renamed: dict[str, str] | None
    prune: dict[str, dict[str, object]] | None
    stored_names: dict[str, str] | None


# What was refused: a user, or a user and its server, in lower case; or a group.
Refused = tuple[str, str]

# The keys that each item of a result has.
RETURNED = {"changes": ("action", "kind", "name"), "refused": ("kind", "name")}
# The options that a preflight has read for the other tasks.
GUARDS: SpecOptions = {**PRUNE.options, "remove_limit": {"type": "str"}}

# By list, the attribute of an item that names its user, and those that name other users or groups.
OWNERS = {"servers": "user", "shares": "owner", "tokens": "user"}
GUESTS = {"groups": ("users",), "shares": ("users", "groups")}


def with_earlier(options: Options, plural: str) -> Options:
    """The options of a task with what is known from the tasks before it.

    :returns: with the guards that a preflight has read, as what the role says goes before defaults
        of the play, and with the names under which the hub has stored users so far.
    """
    earlier = _earlier(options)
    _check_returned(earlier)
    known = _guards((earlier.get("prune") or {}).get(plural) or {}, options)
    stored = earlier.get("stored_names")
    if stored and "stored_names" in options:
        own = options["stored_names"]
        known["stored_names"] = {**(own if isinstance(own, dict) else {}), **stored}
    return {**options, **known}


def _check_returned(earlier: EarlierOptions) -> None:
    """:raises RefusedError: something is not what a task returns."""
    for name, keys in RETURNED.items():
        # As the argument spec has them.
        for item in t.cast("list[Options]", earlier.get(name) or ()):
            whole = all(isinstance(item.get(key), str) for key in keys)
            if not whole or not isinstance(item.get("fields") or {}, dict):
                raise RefusedError(
                    f"{name} in earlier is not what a task has returned: give the {name} of its"
                    " result as they are."
                )


def _guards(told: object, options: Options) -> Options:
    """:returns: the prune options among those that a preflight has returned, read as the options of
    a task are.

    :raises RefusedError: they make no sense.
    """
    if not isinstance(told, dict):
        raise RefusedError(
            "prune in earlier is not what a preflight has returned: give the prune of its result as"
            " it is."
        )
    guards = {name: value for name, value in told.items() if name in GUARDS and name in options}
    read = Input(guards, GUARDS).values
    return {name: _texts(value) for name, value in read.items()}


def _texts(value: object) -> object:
    """:returns: the value of an option, with numbers in the place of texts as the texts."""
    if isinstance(value, list):
        return [str(each) for each in value]
    return value if isinstance(value, bool) else str(value)


def foreseen(api: HubApi, options: t.Mapping[str, object]) -> HubApi:
    """:returns: in check mode, the hub as the earlier tasks would have left it."""
    earlier = _earlier(options)
    changes = earlier.get("changes")
    if not changes:
        return api
    hub = ForeseenHub(api.client, changes, earlier.get("renamed") or {})
    hub.continue_from(api)
    return hub


def _earlier(options: t.Mapping[str, object]) -> EarlierOptions:
    """:returns: the option earlier, as the argument spec has it."""
    return t.cast(EarlierOptions, options.get("earlier") or {})


def plan_around_refused(
    options: Options, plural: str, plan: t.Callable[[], Plan]
) -> tuple[Plan | None, set[Refused]]:
    """Plan, and find users, servers and groups that are missing because the hub has refused them to
    an earlier task.

    :param plural: the option with the list.
    :returns: the plan, or None where it has to be made without these.
    :raises RefusedError: something else is missing.
    """
    told = _earlier(options).get("refused") or ()
    refused = {
        _refused(str(item.get("name")), group=item.get("kind") == "group")
        for item in told
        if item.get("kind") in ("user", "server", "group")
    }
    if not refused or options[plural] is None:
        return plan(), set()
    try:
        made = plan()
    except RefusedError as error:
        users = error.details.get("missing_users")
        names = users if isinstance(users, (list, tuple)) else ()
        missing = _of_refused((_refused(name) for name in names), refused)
        if not missing:
            raise
        return None, missing
    missing = _of_refused(
        (_refused(name, group=each.groups) for each in made.missing for name in each.names),
        refused,
    )
    return (None if missing else made), missing


def _refused(name: str, *, group: bool = False) -> Refused:
    # Case counts in the names of groups alone.
    return ("group", name) if group else ("user", name.lower())


def _of_refused(missing: t.Iterable[Refused], refused: t.Collection[Refused]) -> set[Refused]:
    """:returns: those of the missing users, servers and groups that were refused, or whose owners
    were.
    """
    return {one for each in missing for one in (each, _owner(each)) if one in refused}


def _owner(one: Refused) -> Refused:
    """:returns: the owner of a server; a user or a group itself."""
    kind, name = one
    return (kind, name.partition("/")[0]) if kind == "user" else one


def former_names(options: Options, refused: t.Collection[Refused]) -> dict[str, str]:
    """:returns: the users whose rename may have been refused: the former names by the new ones, in
    lower case.
    """
    renamed = (_earlier(options).get("renamed") or {}).items()
    former = {str(new).lower(): str(old) for new, old in renamed}
    return {name: former[name] for kind, name in refused if kind == "user" and name in former}


def without_refused(
    options: Options,
    plural: str,
    refused: t.Collection[Refused],
    former: t.Mapping[str, str],
) -> tuple[Options, list[dict[str, object]]]:
    """Take users, servers and groups out of a list, and what cannot be done without them.

    :param plural: the option with the list.
    :param former: the names that some of the users still have. They stay members and guests by
    these: a list that is complete would take out people for a rename that was refused.
    :returns: the options, and what is not done for that, in the form of ``pending``.
    """
    owner = OWNERS.get(plural)
    kept: list[Options] = []
    pending: list[dict[str, object]] = []
    # As the argument spec has them.
    for item in t.cast("list[Options] | None", options[plural]) or ():
        if owner is not None and _needs(item, owner) & set(refused):
            of_owner = item.get("server") or item.get("name") or item.get("note")
            title = "/".join(str(part) for part in (item[owner], of_owner) if part)
            pending.append(
                {"action": "create", "kind": KINDS[plural].singular, "name": title, "fields": {}}
            )
            continue
        for guests in GUESTS.get(plural, ()):
            left_out = _refused_guests(item, guests, refused)
            if left_out:
                pending.append(
                    {
                        "action": "add",
                        "kind": KINDS[plural].singular,
                        "name": item["name"] if plural == "groups" else _server(item),
                        "fields": {guests: left_out},
                    }
                )
                item = {**item, guests: _still_there(item[guests], left_out, former)}
        kept.append(item)
    return {**options, plural: kept}, pending


def _still_there(
    guests: object, left_out: t.Collection[str], former: t.Mapping[str, str]
) -> list[object]:
    """:returns: the members or guests that are there, by the names that they have."""
    kept: list[object] = []
    for one in _listed(guests):
        name = former.get(_name(one).lower()) if _name(one) in left_out else _name(one)
        if name is not None:
            kept.append({**one, "name": name} if isinstance(one, dict) else name)
    return kept


def _refused_guests(item: Options, guests: str, refused: t.Collection[Refused]) -> list[str]:
    """:returns: the names of those of its members or guests that were refused."""
    names = map(_name, _listed(item[guests]))
    return [one for one in names if _refused(one, group=guests == "groups") in refused]


def _listed(guests: object) -> list[object]:
    return guests if isinstance(guests, list) else []


def _server(share: Options) -> str:
    return f"{share['owner']}/{share['server']}"


def _needs(item: Options, owner: str) -> set[Refused]:
    """:returns: the owner of what an item is about, and the server that it is to share."""
    user = str(item[owner])
    server = [_refused(f"{user}/{item['server']}")] if "server" in item else []
    return {_refused(user), *server}


def _name(guest: object) -> str:
    return str(guest.get("name")) if isinstance(guest, dict) else str(guest)
