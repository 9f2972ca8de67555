# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The options of jupyterhub_share."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    EARLIER,
    NAMES,
    RETURNS,
    one_or_many,
)

SPEC = one_or_many(
    "owner",
    {
        "server": {"type": "str", "default": ""},
        # Names, or dictionaries of a name and scopes: the kind's own parser says what is wrong with
        # one.
        "users": {"type": "list", "elements": "raw"},
        "groups": {"type": "list", "elements": "raw"},
        "scopes": {"type": "list", "elements": "str"},
        "mode": {"type": "str", "choices": ["exact", "present", "absent"]},
        "code": {"type": "bool"},
        "expires_in": {"type": "str"},
    },
    plural="shares",
    top={"mode": "exact"},
).merge(NAMES, EARLIER, RETURNS, CONNECTION)
