# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not use it from elsewhere.

from __future__ import annotations


class ModuleDocFragment:
    """Deleting what is not declared; the options of PRUNE in module_utils/_module/options.py."""

    DOCUMENTATION = r"""
options:
  prune:
    description:
      - Delete what is on the hub and not declared in the list.
      - Everything that could go wrong is checked before the first change. A list that declares
        nothing is refused, and so is a token that cannot see every object, and a list in which
        something looks like what would be deleted, apart from its case or from how its accents are
        written.
    type: bool
    default: false
    version_added: 0.1.0
  prune_keep:
    description:
      - Shell patterns of names that stay, declared or not. Case counts for groups, and not for
        users, as on the hub.
      - A name that is written out protects itself, also when it looks like a pattern, such as
        V(x[bot]). A pattern that fits nothing is a warning.
    type: list
    elements: str
    default: []
    version_added: 0.1.0
  prune_match:
    description: Shell patterns of names that may be deleted, compared as those of O(prune_keep)
      are. When it is not set, any may.
    type: list
    elements: str
    version_added: 0.1.0
  prune_limit:
    description:
      - Stop, before anything is changed, when more objects than this would be deleted by O(prune).
      - A count such as V(25), or a percentage such as V(10%) of the objects that may be deleted
        (those that O(prune_match) selects, or all on the hub), rounded up.
    type: str
    default: 10%
    version_added: 0.1.0
  backup:
    description:
      - A file on the target to which the task writes what it is about to delete, as variables of
        the role C(hubops.jupyterhub.provision), before the first of it is deleted. Its folder must
        exist.
      - It holds no secrets. An earlier file of this name is kept beside it, with the time of its
        writing in its name.
    type: path
    version_added: 0.1.0
"""
