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
      - Delete objects that are on the hub but not declared in the list.
      - Safety checks are made before the first change. The task refuses a list that declares
        nothing, a token that cannot see every object, and a declared name that differs from one
        that would be deleted only in case or in how accents are encoded.
    type: bool
    default: false
    version_added: 0.1.0
  prune_keep:
    description:
      - Shell patterns of names that are never deleted, declared or not. As on the hub, case matters
        for groups but not for users.
      - A name that is written out in full protects itself, even if it looks like a pattern, such as
        V(x[bot]). A pattern that matches nothing causes a warning.
      - It also keeps names that only look like its own, because their accents, widths or spaces are
        encoded otherwise, or because they contain invisible characters.
      - Of users, the login names in O(stored_names) count as well, and keep those whom they mean.
    type: list
    elements: str
    default: []
    version_added: 0.1.0
  prune_match:
    description: Shell patterns of names that may be deleted, character by character. As on the hub,
      case matters for groups but not for users. If it is not set, every name may be deleted.
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
      - The absolute path of a file on the target to which the task writes what it is about to
        delete, as variables of the role C(hubops.jupyterhub.provision), before it deletes the first
        object. Its folder must exist.
      - It contains no secrets. An earlier file with this name is kept beside it, with its
        modification time in its name.
    type: path
    version_added: 0.1.0
"""
