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
      - What earlier tasks of the same run have done. Check mode uses it to predict what this task
        does after them, and objects that were refused there are skipped here.
      - The role P(hubops.jupyterhub.provision#role) sets it. Without it, users, groups and servers
        that are missing in check mode are assumed to be created by an earlier task.
    type: dict
    version_added: 0.1.0
    suboptions:
      changes:
        description: In check mode, the changes that the earlier tasks have returned. They are
          treated as made.
        type: list
        elements: dict
        version_added: 0.1.0
      refused:
        description: What the hub has refused in the earlier tasks. What needs a refused user or
          server is skipped, and returned in RV(pending).
        type: list
        elements: dict
        version_added: 0.1.0
      renamed:
        description: The former names of users that an earlier task has renamed, by their new names.
        type: dict
        version_added: 0.1.0
      prune:
        description:
          - By kind, the prune options, in the form of
            RV(hubops.jupyterhub.jupyterhub_preflight#module:prune).
          - They have precedence over this task's options with the same names, and over defaults of
            the play.
        type: dict
        version_added: 0.1.0
      stored_names:
        description: The names under which the hub stores users, as an earlier task has returned
          them. They are used like the option C(stored_names).
        type: dict
        version_added: 0.1.0
"""
