# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The options of jupyterhub_user."""

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
        "admin": {"type": "bool"},
        "auth_state": {"type": "dict", "no_log": True},
        "rename_from": {"type": "str"},
        "last_activity": {"type": "str"},
    },
    plural="users",
    top={"state": "present"},
).merge(
    ArgumentSpec(
        {
            "prune_admins": {"type": "bool", "default": False},
            "prune_roles": {"type": "list", "elements": "str", "default": []},
        },
        required_if=[("prune", True, ["users"])],
    ),
    PRUNE,
    EARLIER,
    NAMES,
    RETURNS,
    CONNECTION,
)
