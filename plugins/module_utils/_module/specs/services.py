# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The options of jupyterhub_service."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    RETURNS,
    ArgumentSpec,
    one_or_many,
)

SPEC = one_or_many(
    "name",
    {
        "state": {"type": "str", "choices": ["present", "absent"]},
        "recreate": {"type": "bool"},
        "url": {"type": "str"},
        "display": {"type": "bool"},
        "info": {"type": "dict"},
        "admin": {"type": "bool"},
        "service_token": {"type": "str", "no_log": True},
        "oauth_client_id": {"type": "str"},
        "oauth_redirect_uri": {"type": "str"},
        "oauth_client_allowed_scopes": {"type": "list", "elements": "str"},
        "oauth_no_confirm": {"type": "bool"},
    },
    plural="services",
    top={"state": "present", "recreate": False},
    # The hub's own word. At the top it means the token that this module calls with.
    in_list={"service_token": {"type": "str", "no_log": True, "aliases": ["api_token"]}},
).merge(
    ArgumentSpec(
        {
            "verify_login": {
                "type": "dict",
                "options": {
                    "username": {"type": "str", "required": True},
                    "password": {"type": "str", "required": True, "no_log": True},
                },
            },
        },
    ),
    RETURNS,
    CONNECTION,
)
