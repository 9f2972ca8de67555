# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Members of a group, whom the hub understands as its authenticator does at a login: it may take a
name for another user (username_map).
"""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    PartlyDoneError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HubError, ItemError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import words
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import GroupRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.row import named
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.steps import (
    AddMember,
    RemoveMember,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

MemberStep = t.Union[AddMember, RemoveMember]


def remove_members(api: HubApi, group: str, steps: t.Sequence[RemoveMember]) -> list[RemoveMember]:
    """Remove people from a group, and nobody else.

    :returns: the steps of those who were in it; another client removed the others.
    :raises PartlyDoneError: the hub took some of the names for other users.
    """
    before = api.group_get(group)
    if before is None:
        return []
    # None: hidden from the caller.
    shown = before["users"]
    members = named(shown or ())
    staying = [step for step in steps if shown is None or step.user in members]
    if not staying:
        return []
    row = api.group_remove_users(group, [step.user for step in staying])
    _row, wrong = restore_others(api, row, staying, members)
    if wrong:
        raise partly_done(staying, wrong, [step for step in steps if step not in staying])
    return staying


def restore_others(
    api: HubApi, row: GroupRow, steps: t.Sequence[MemberStep], before: t.Collection[str]
) -> tuple[GroupRow, list[tuple[MemberStep, HubError]]]:
    """Check that the hub has understood each name as the intended user; a user who was added or
    removed instead is restored.

    :param row: the group after one request for these steps, which all add or all remove.
    :param before: its members before that.
    :returns: the group as it is then, and the steps that were not done, and why.
    """
    leaving = isinstance(steps[0], RemoveMember)
    members = set(named(row.get("users") or ()))
    wrong = [step for step in steps if (step.user in members) == leaving]
    if not wrong:
        return row, []
    meant = {step.user for step in steps}
    others = sorted((set(before) - members if leaving else members - set(before)) - meant)
    if others:
        undo = api.group_add_users if leaving else api.group_remove_users
        row = undo(row["name"], others)
    return row, [(step, _mistaken(step.name, step.user, others, leaving=leaving)) for step in wrong]


def partly_done(
    steps: t.Sequence[Step],
    wrong: t.Sequence[tuple[MemberStep, HubError]],
    overtaken: t.Sequence[Step] = (),
) -> PartlyDoneError:
    """:param steps: those of one request.
    :param wrong: those of them that were not done, and why.
    :param overtaken: those that were not sent, as another client was faster.
    :returns: what to raise.
    """
    refused = dict(wrong)
    return PartlyDoneError(
        "Some names belong to other users.",
        done=[step for step in steps if step not in refused],
        refused=wrong,
        overtaken=overtaken,
    )


def blamed_members(steps: t.Sequence[Step], error: HubError) -> list[Step] | None:
    """:returns: those of the steps whose member the hub does not know, as it understands the name;
    None: the refusal is about something else.
    """
    found = words.UNKNOWN_MEMBER.pattern.match(str(error.details.get("hub_message") or ""))
    if not found:
        return None
    return [
        step
        for step in steps
        if isinstance(step, (AddMember, RemoveMember))
        and found["name"] in (step.user, normalize(step.user))
    ]


def _mistaken(group: str, user: str, others: t.Sequence[str], *, leaving: bool) -> ItemError:
    does, did, way = ("remove", "removed", "from") if leaving else ("add", "added", "to")
    instead = f" and {did} {listed(others)} instead, which was undone" if others else ""
    return ItemError(
        f"The hub does not {does} the user named {user} {way} group {group}{instead}: its"
        " authenticator maps the name to another user (username_map), so no request can reach the"
        " user with this name.",
    )
