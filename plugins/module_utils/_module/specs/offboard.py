# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The options of jupyterhub_offboard."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    NAMES,
    RETURNS,
    ArgumentSpec,
    one_or_many,
)

SPEC = one_or_many(
    "user",
    {
        "account": {"type": "str", "choices": ["keep", "delete"]},
        "sessions": {"type": "str", "choices": ["report", "freeze"]},
        "servers": {"type": "str", "choices": ["stopped", "removed"]},
        "shares": {"type": "list", "elements": "str", "choices": ["given", "received"]},
        "groups_keep": {"type": "list", "elements": "str"},
        "canary": {"type": "bool"},
        "evidence_tokens": {"type": "list", "elements": "str", "no_log": True},
        "evidence_cookies": {
            "type": "list",
            "elements": "dict",
            "no_log": False,
            "options": {
                "name": {"type": "str", "required": True},
                "value": {"type": "str", "required": True, "no_log": True},
            },
        },
        "backup": {"type": "path"},
        "dest": {"type": "path"},
    },
    plural="users",
    top={
        "account": "keep",
        "sessions": "report",
        "servers": "stopped",
        "shares": ["given", "received"],
        "groups_keep": [],
        "canary": True,
        "backup": None,
        "dest": None,
    },
    key_in_list="name",
).merge(
    ArgumentSpec({"fail_unproved": {"type": "bool", "default": True}}),
    NAMES,
    RETURNS,
    CONNECTION,
)
