# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The options of jupyterhub_token."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    EARLIER,
    NAMES,
    RETURNS,
    ArgumentSpec,
    one_or_many,
)

SPEC = one_or_many(
    "user",
    {
        "note": {"type": "str"},
        "token_id": {"type": "str", "no_log": False},
        "state": {"type": "str", "choices": ["present", "absent"]},
        "scopes": {"type": "list", "elements": "str"},
        "expires_in": {"type": "str"},
        "renew_before": {"type": "str"},
        "rotate": {"type": "bool"},
        "dest": {"type": "path"},
        "current_token": {"type": "str", "no_log": True},
        "return_token": {"type": "bool", "no_log": False},
    },
    plural="tokens",
    top={
        "state": "present",
        "expires_in": None,
        "renew_before": None,
        "rotate": False,
        "return_token": False,
    },
    else_one_of=("revoke_caller",),
).merge(
    ArgumentSpec({"prune": {"type": "bool", "default": False}, "revoke_caller": {"type": "bool"}}),
    NAMES,
    EARLIER,
    RETURNS,
    CONNECTION,
)
