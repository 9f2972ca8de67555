# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Which services the caller may see."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ItemError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import ServiceRow

SCOPE = "list:services"


def hidden_services(
    api: HubApi, names: t.Collection[str], services: t.Iterable[ServiceRow]
) -> dict[str, ItemError]:
    """Which services may be on the hub although its list does not have them: a caller whose scope
    is limited to some services gets a list of these, and no error.

    :param services: the list.
    :returns: by name, why nothing is known of a service.
    """
    seen = {row["name"] for row in services}
    missing = [name for name in dict.fromkeys(names) if name not in seen]
    if not missing or not api.holds_some(SCOPE):
        return {}
    scopes = set(api.me.get("scopes", ()))
    return {
        name: ItemError(
            f"Service {name} cannot be looked up: the caller's scope {SCOPE} is limited to other"
            " services.",
            missing_scopes=[SCOPE],
        ).with_brief(f"The caller's scope {SCOPE} is limited to other services.")
        for name in missing
        if f"{SCOPE}!service={name}" not in scopes
    }
