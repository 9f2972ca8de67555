# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not use it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    """What modules return; the options of RETURNS in module_utils/_module/options.py."""

    DOCUMENTATION = r"""
options:
  return_objects:
    description:
      - Which of the declared objects to return.
      - V(changed) returns objects that were created or changed, V(all) returns all that exist after
        the task, V(none) returns none.
    type: str
    choices: [changed, all, none]
    default: changed
    version_added: 0.1.0
"""
