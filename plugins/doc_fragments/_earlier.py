# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not use it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    """What earlier tasks did; the options of EARLIER in module_utils/_module/options.py."""

    DOCUMENTATION = r"""
options:
  earlier:
    description:
      - What tasks before this one in the same run have done, so that check mode can foresee what
        this task does after them, and so that what was refused to them stops nothing here.
      - The role P(hubops.jupyterhub.provision#role) sets it. Without it, users, groups and servers
        that are missing in check mode are taken to be made by an earlier task.
    type: dict
    version_added: 0.1.0
    suboptions:
      changes:
        description: In check mode, the changes that the earlier tasks have returned. They are taken
          as made.
        type: list
        elements: dict
        version_added: 0.1.0
      refused:
        description: What the hub has refused to the earlier tasks. What needs a user that was
          refused is left out, and returned in RV(pending).
        type: list
        elements: dict
        version_added: 0.1.0
      renamed:
        description: The former names of users that an earlier task has renamed, by their new names.
        type: dict
        version_added: 0.1.0
      prune:
        description:
          - By kind, the options of prune as RV(hubops.jupyterhub.jupyterhub_preflight#module:prune)
            has them.
          - They go before the options of the same names of this task, and before defaults of the
            play.
        type: dict
        version_added: 0.1.0
      stored_names:
        description: The names under which the hub stores users, as an earlier task has returned
          them. They are used as those of the option C(stored_names).
        type: dict
        version_added: 0.1.0
"""
