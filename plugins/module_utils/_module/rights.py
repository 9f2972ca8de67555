# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The scopes of a task: which it used, and which it lacks, all at once and as the smallest role."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import (
    RefusedItemsError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError, HubError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import (
    granted,
    least,
    load_roles_snippet,
    smallest,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import Needs

Result = dict[str, object]


def scopes_used(api: HubApi, operations: t.Iterable[str | None], needs: Needs) -> list[str]:
    """:returns: the smallest set of scopes, without filters, that a task needs which did what this
    one did.

    :param operations: those that were planned, besides those that were called.
    :param needs: what its options need.
    """
    names = dict.fromkeys([*api.called, *(name for name in operations if name)])
    if not names or api.client.version is None:
        return []
    wanted = {*needs.reads, *api.noted}
    for name in names:
        scopes = api.scopes(name)
        if scopes and not granted(wanted).intersection(scopes):
            wanted.add(least(scopes))
    return smallest(wanted)


def explain(error: HubError, api: HubApi, needs: Needs) -> Result:
    """:returns: the error for ``fail_json``. Where scopes are missing, with all that are, and with
    the role that grants them.
    """
    result = error.to_result()
    # Of several refusals, the first one tells what the task lacks.
    cause = error.first if isinstance(error, RefusedItemsError) else error
    missing = cause.missing_scopes
    hidden = isinstance(cause, ApiError) and cause.out_of_sight
    if not missing and not hidden:
        return result
    try:
        me = api.me
    except HubError:
        me = {"name": "NAME", "kind": "service"}
    held = set(me.get("scopes", ()))
    if not hidden:
        # One that is limited to some objects may well do for those of the task.
        held = {scope.partition("!")[0] for scope in held}
    lacking = _lacking(cause, missing, needs, held)
    if not lacking:
        return result
    # The name of a scope may be a part of another one: read:tokens does not name tokens.
    unnamed = [scope for scope in lacking if scope not in missing or scope not in error.message]
    if unnamed and cause is error:
        result["msg"] = (
            f"{error.message} For the whole task, the {me['kind']} {me['name']} lacks"
            f" {', '.join(lacking)}."
        )
    result["missing_scopes"] = lacking
    result["load_roles"] = load_roles_snippet(lacking, name=me["name"], kind=me["kind"])
    return result


def _lacking(error: HubError, missing: t.Sequence[str], needs: Needs, held: set[str]) -> list[str]:
    """:param missing: what the error names."""
    wanted = needs.reads | needs.writes
    if isinstance(error, ApiError):
        # Nothing is known of what is on the hub.
        wanted |= needs.makes
    lacking = {scope for scope in wanted if scope not in held}
    if isinstance(error, ApiError) and missing and not granted(lacking).intersection(missing):
        # Any one of those that the hub names.
        lacking.add(least(missing))
    elif not isinstance(error, ApiError):
        lacking.update(missing)
    return smallest(lacking)
