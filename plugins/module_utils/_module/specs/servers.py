# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The options of jupyterhub_server."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    EARLIER,
    NAMES,
    RETURNS,
    ArgumentSpec,
    one_or_many,
)

SELECTION = ("select_users", "select_groups", "select_idle_for", "select_named")

SPEC = one_or_many(
    "user",
    {
        "name": {"type": "str", "default": ""},
        "state": {
            "type": "str",
            "choices": ["started", "stopped", "restarted", "absent", "present"],
        },
        "user_options": {"type": "dict"},
        "display_name": {"type": "str"},
        "rename_from": {"type": "str"},
        "restart_if_changed": {"type": "bool"},
    },
    plural="servers",
    top={"state": "started", "restart_if_changed": False},
    else_one_of=SELECTION,
).merge(
    ArgumentSpec(
        {
            "select_users": {"type": "list", "elements": "str"},
            "select_groups": {"type": "list", "elements": "str"},
            "select_idle_for": {"type": "str"},
            "select_named": {"type": "bool"},
            "wait": {"type": "bool", "default": True},
            "wait_timeout": {"type": "float", "default": 300.0},
            "batch": {"type": "int", "default": 20},
        },
        mutually_exclusive=[
            (select, one)
            for select in SELECTION
            for one in ("user", "servers", "name", "display_name", "rename_from")
        ],
    ),
    NAMES,
    EARLIER,
    RETURNS,
    CONNECTION,
)
