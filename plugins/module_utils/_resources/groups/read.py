# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Reading the groups that are declared, and who their members are."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    check_some_read,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Unread
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    ItemError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    GroupRow,
    UserRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    find_groups,
    find_users,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import Found
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.decide import (
    members_to_look_up,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.row import (
    known,
    named,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.wanted import (
    WantedGroup,
    WantedGroups,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.look_alikes import (
    warnings_of_missing,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.out_of_reach import (
    OutOfReach,
    split_half_seen,
)


@dataclasses.dataclass(frozen=True)
class Read:
    """What was read.

    :param wanted: what is declared, without the groups and the members whom the caller may not see.
    :param groups: the groups, by name.
    :param users: which users the declared members are.
    :param unread: what stands for the groups that the caller may not see, or not whole, and for
    members.
    :param warnings: sentences about groups that are to be deleted, and are not there.
    """

    wanted: WantedGroups
    groups: Found[GroupRow]
    users: Found[UserRow]
    unread: tuple[Unread, ...]
    warnings: list[str]


def read_groups(api: HubApi, wanted: WantedGroups) -> Read:
    """:raises HubError: they cannot be read, or none of them can be seen."""
    prune = wanted.prune is not None
    beyond, unseen = OutOfReach(folded=False), OutOfReach()
    groups = find_groups(api, wanted.names, every=prune, beyond=beyond)
    seen, hidden = beyond.split(
        wanted.groups,
        lambda group: [group.name],
        lambda group, _name, error: Unread("group", group.name, error),
    )
    if not prune:
        seen, half_shown = split_half_seen(
            api,
            seen,
            functools.partial(_look, groups),
            lambda group, error: Unread("group", group.name, error),
        )
        hidden = (*hidden, *half_shown)
    wanted = dataclasses.replace(wanted, groups=seen)
    # A prune would delete a group that is no longer wanted.
    users = _read_users(api, wanted, groups, None if prune else unseen)
    half_seen: list[Unread] = []
    kept: list[WantedGroup] = []
    for group in seen:
        names = members_to_look_up(dataclasses.replace(wanted, groups=(group,)), groups)
        members = unseen.among(sorted(names))
        half_seen += [_left_out(group, user, error) for user, error in members.items()]
        others = group.users and tuple(user for user in group.users if user not in members)
        kept.append(dataclasses.replace(group, users=others))
    unread = (*hidden, *half_seen)
    check_some_read(unread, (*unread, *kept))
    absent = [group.name for group in kept if group.state == "absent"]
    missing = [name for name in absent if name not in groups.rows]
    return Read(
        dataclasses.replace(wanted, groups=tuple(kept)),
        groups,
        users,
        unread,
        warnings_of_missing(api.group_get, missing, groups.rows),
    )


def _left_out(group: WantedGroup, user: str, error: HubError) -> Unread:
    """:returns: what stands for a declared member whom the caller may not look up."""
    said = error.details.get("hub_message") or error.message
    waits = " Until then, no other member is removed either." if group.users_mode == "exact" else ""
    return Unread(
        "group",
        group.name,
        ItemError(
            f"User {user} is neither added to group {group.name} nor removed from it, because it"
            f" is not known who that is: {error.message}{waits}",
            **{**error.details, "hub_message": f"member {user}: {said}"},
        ),
    )


def _look(groups: Found[GroupRow], wanted: t.Iterable[WantedGroup]) -> None:
    """Look at all that has to be known of declared groups.

    :raises HiddenFieldError: the caller may not see it.
    """
    for group in wanted:
        row = groups.get(group.name)
        if row is None or group.state == "absent":
            continue
        if group.users is not None:
            known(row, "users")
        if group.properties is not None:
            known(row, "properties")


def _read_users(
    api: HubApi, wanted: WantedGroups, groups: Found[GroupRow], beyond: OutOfReach | None
) -> Found[UserRow]:
    """Look up the members that the groups themselves do not show.

    :param beyond: gets the names that the caller may not look up.
    :returns: which users the declared members are.
    """
    asked = {
        user for group in wanted.groups if group.state == "present" for user in group.users or ()
    }
    found = find_users(
        api, members_to_look_up(wanted, groups), stored_names=wanted.stored_names, beyond=beyond
    )
    of_groups: dict[str, UserRow] = {
        user: {"name": user, "groups": [name]}
        for name in wanted.names
        if name in groups.rows
        for user in named(groups.rows[name].get("users") or ())
    }
    rows = {**of_groups, **found.rows}.values()
    return Found(
        rows,
        folded=True,
        stored_names=wanted.stored_names,
        asked=asked,
        keeps_case=lambda: found.keeps_case,
    )
