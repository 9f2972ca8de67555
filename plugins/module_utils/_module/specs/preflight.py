# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The options of jupyterhub_preflight: the lists of all modules, as these take them."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    ArgumentSpec,
    Option,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.kinds import SPECS

PRUNABLE = [kind for kind, spec in SPECS.items() if "prune" in spec.options]

# What is declared of a whole hub: the variables of the role provision without their prefix.
DECLARED: dict[str, Option] = {
    **{kind: spec.options[kind] for kind, spec in SPECS.items()},
    "prune": {"type": "list", "elements": "str", "choices": PRUNABLE},
    # Without suboptions: what is null in one is told, and not taken for unset.
    "prune_keep": {"type": "dict"},
    "prune_match": {"type": "dict"},
    "prune_limit": {"type": "str"},
    "remove_limit": {"type": "str"},
    "stored_names": {"type": "dict"},
}

SPEC = ArgumentSpec(
    {
        **DECLARED,
        "secrets": {
            "type": "str",
            "choices": ["files", "returned"],
            "default": "files",
            "no_log": False,
        },
        "expected_url": {"type": "str"},
        "prefix": {"type": "str", "default": ""},
        "variables": {"type": "list", "elements": "str"},
    },
).merge(CONNECTION)
