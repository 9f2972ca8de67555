# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Whether the effects of steps are on the hub. Here the hub is only read."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.steps import (
    RemoveMember,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.read import (
    read_tokens,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.steps import (
    DeleteAccount,
    DropAdmin,
    WriteFile,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    ServerStep,
    StopServer,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.decide import (
    DeleteShareCode,
    RevokeShare,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.row import whom
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.steps import (
    RevokeToken,
)


def done_among(api: HubApi, steps: t.Sequence[Step]) -> list[Step]:
    """:returns: those of the steps whose effect is on the hub. Each group is read once, however
    many members leave it.
    """
    groups = sorted({step.name for step in steps if isinstance(step, RemoveMember)})
    members = {group: _members(api, group) for group in groups}

    def is_done(step: Step) -> bool:
        if isinstance(step, RemoveMember):
            return step.user not in members[step.name]
        return _is_done(api, step)

    return [step for step in steps if is_done(step)]


def _members(api: HubApi, group: str) -> t.Collection[str | None]:
    row = api.group_get(group)
    return () if row is None else row["users"] or ()


def _is_done(api: HubApi, step: Step) -> bool:
    if isinstance(step, (RevokeShare, DeleteShareCode)):
        return _is_unshared(api, step)
    if isinstance(step, RevokeToken):
        return step.id not in {token.id for token in read_tokens(api, step.user)}
    if isinstance(step, WriteFile):
        return False
    name = step.key[0] if isinstance(step, ServerStep) else step.name
    row = api.user_get(name, query={"include_stopped_servers": 1})
    if row is None:
        return True
    if isinstance(step, ServerStep):
        server = row["servers"].get(step.key[1])
        return server is None or (isinstance(step, StopServer) and server["stopped"])
    if isinstance(step, DeleteAccount):
        return False
    return row["admin"] is False if isinstance(step, DropAdmin) else row["roles"] == []


def _is_unshared(api: HubApi, step: RevokeShare | DeleteShareCode) -> bool:
    owner, server = step.server
    if isinstance(step, DeleteShareCode):
        return step.id not in {row["id"] for row in api.share_codes_list(owner, server) or ()}
    guests = {whom(row) for row in api.shares_list(owner, server) or ()}
    return step.guest not in guests
