# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not use it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    """What every module of the collection can do."""

    # For modules that manage objects.
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and say what would be changed, without changing anything.
    support: full
    details:
      - In check mode only GET requests are sent.
      - "The one exception is O(login_username): the token of the login is created and revoked in
        check mode too."
      - Missing users, groups and servers are assumed to be created by an earlier task of the same
        run, with a warning.
  diff_mode:
    description: Returns what was or would be changed, before and after, when in diff mode.
    support: full
    details:
      - Secrets are shown as a fixed placeholder.
  idempotent:
    description: When run twice in a row with the same options, the second run changes nothing.
    support: full
"""

    # For modules that only read.
    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and say what would be changed, without changing anything.
    support: full
    details:
      - This module changes nothing.
  diff_mode:
    description: Returns what was or would be changed, before and after, when in diff mode.
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    description: When run twice in a row with the same options, the second run changes nothing.
    support: full
    details:
      - This module changes nothing.
"""

    ACTIONGROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/hubops.jupyterhub.jupyterhub) in C(module_defaults) to set defaults for
      all modules of the collection.
    support: full
    membership:
      - hubops.jupyterhub.jupyterhub
"""
