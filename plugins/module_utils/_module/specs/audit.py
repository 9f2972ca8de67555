# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The options of an audit."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import ArgumentSpec
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.preflight import (
    DECLARED,
)

AUDIT = ArgumentSpec(
    {
        "policy": {
            "type": "dict",
            "options": {
                "admins": {"type": "list", "elements": "str"},
                "admin_services": {"type": "list", "elements": "str"},
                "services": {"type": "list", "elements": "str"},
                "group_roles": {"type": "dict"},
                "people": {"type": "list", "elements": "str"},
                "profiles": {"type": "list", "elements": "str"},
                "service_accounts": {"type": "list", "elements": "str"},
                "groups_ok": {"type": "list", "elements": "str"},
                "share_ok": {"type": "list", "elements": "str"},
                "max_admins": {"type": "int"},
                "stopped_servers": {"type": "int"},
                "code_uses": {"type": "int"},
                "token_max_age": {"type": "str", "no_log": False},
                "token_unused": {"type": "str", "no_log": False},
                "user_idle": {"type": "str"},
                "never_active": {"type": "str"},
                "server_max_age": {"type": "str"},
                "server_idle": {"type": "str"},
                "share_max_age": {"type": "str"},
                "renew_before": {"type": "str"},
                "normalize": {"type": "str", "choices": ["lower", "none"], "default": "lower"},
                "environment": {
                    "type": "str",
                    "choices": ["production", "staging"],
                    "default": "production",
                },
            },
        },
        "declared": {"type": "dict", "options": DECLARED},
        "ignore": {
            "type": "list",
            "elements": "dict",
            "options": {
                "check": {"type": "str", "required": True},
                "subject": {"type": "str"},
                "reason": {"type": "str", "required": True},
                "until": {"type": "str"},
            },
        },
        "checks": {"type": "list", "elements": "str"},
        "skip": {"type": "list", "elements": "str"},
        "tokens": {
            "type": "str",
            "choices": ["all", "powerful_owners", "none"],
            "default": "powerful_owners",
            "no_log": False,
        },
        "pseudonyms": {"type": "bool", "default": False},
        "baseline": {"type": "str"},
        "reports": {"type": "list", "elements": "str"},
        "fail_on": {
            "type": "str",
            "choices": ["never", "low", "medium", "high", "critical"],
            "default": "never",
        },
    },
)
