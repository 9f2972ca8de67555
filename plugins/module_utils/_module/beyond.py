# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What is beyond the caller's scopes, where these are limited to some objects, is refused before
anything is written: the others are done, nothing is begun in vain, and check mode predicts it.
"""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import Record
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Step,
    Unread,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ItemError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import reaches


def hold_back(api: HubApi, record: Record) -> list[Unread]:
    """Refuse the pending steps that the hub will refuse for the caller's scopes.

    :returns: what stands for them.
    """
    refused = []
    for step in list(record.pending):
        why = _beyond_scopes(api, step)
        # It may be set aside with another one that was refused just now.
        if why is None or step not in record.pending:
            continue
        me, kind = f"{api.me['kind']} {api.me['name']}", step.kind.replace("_", " ")
        error = ItemError(
            f"The {kind} {step.name} is not changed, because the {me} {why}.",
            missing_scopes=api.scopes(step.operation or "")[:1],
        ).with_brief(f"The {me} {why}.")
        record.refuse(step, error)
        refused.append(Unread(step.kind, step.name, error))
    if refused:
        record.hold_back_servants()
    return refused


def _beyond_scopes(api: HubApi, step: Step) -> str | None:
    """:returns: why the hub will refuse a step; None: it will not, or that cannot be told."""
    if step.operation is None or step.target is None:
        return None
    held, scopes = api.me.get("scopes", ()), api.scopes(step.operation)
    if any(scope in held for scope in scopes):
        return None
    if step.operation == "users_create" and api.version >= (5,):
        # The request names no single user (jupyterhub/apihandlers/users.py, UserListAPIHandler).
        return f"has the scope {scopes[0]} for some users only, with which nobody can be created"
    if step.operation == "token_create" and api.version < (5,) and api.me["kind"] == "service":
        # It compares the limit with the kind of the caller (UserTokenListAPIHandler.post).
        return (
            f"has the scope {scopes[0]} for some users only, and JupyterHub 4 requires the scope"
            f" {scopes[0]} without a filter from a service"
        )
    if reaches(held, scopes, step.target) is False:
        return f"has the scope {scopes[0]} for other objects only"
    return None
