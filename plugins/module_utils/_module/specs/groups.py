# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The options of jupyterhub_group."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    EARLIER,
    NAMES,
    PRUNE,
    RETURNS,
    ArgumentSpec,
    one_or_many,
)

SPEC = one_or_many(
    "name",
    {
        "state": {"type": "str", "choices": ["present", "absent"]},
        "users": {"type": "list", "elements": "str"},
        "users_mode": {"type": "str", "choices": ["exact", "present", "absent"]},
        "properties": {"type": "dict"},
        "properties_mode": {"type": "str", "choices": ["exact", "merge"]},
    },
    plural="groups",
    top={"state": "present", "users_mode": "exact", "properties_mode": "exact"},
).merge(
    ArgumentSpec({"remove_limit": {"type": "str"}}, required_if=[("prune", True, ["groups"])]),
    PRUNE,
    EARLIER,
    NAMES,
    RETURNS,
    CONNECTION,
)
