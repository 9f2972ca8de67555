# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not use it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    """Which user of the hub a name means; the options of NAMES in
    module_utils/_module/options.py.
    """

    DOCUMENTATION = r"""
options:
  stored_names:
    description:
      - The names under which the hub stores users who are declared by another name, such as the
        name that they log in with. Each key is a name as it is declared, each value the name on the
        hub.
      - It is needed for hubs whose authenticator has a C(username_map), which the hub does not
        return, and for the rare user whose name differs from another user's name only in its case.
    type: dict
    version_added: 0.1.0
"""
