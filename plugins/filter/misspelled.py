# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E402 - the documentation comes before the imports

"""Variables of a role that are set in vain."""

from __future__ import annotations

DOCUMENTATION = r"""
name: misspelled
short_description: Find variables that look like misspelled variables of a role
version_added: 0.1.0
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
description:
  - Returns a sentence for each variable that a role does not read, and whose name is similar to one
    that it reads and that is not set. Ansible itself reports no variable that nothing reads.
  - The roles P(hubops.jupyterhub.maintenance#role) and P(hubops.jupyterhub.offboard#role) use it.
positional: _input, known, unset
options:
  _input:
    description: The names of variables that are set, from the lookup C(ansible.builtin.varnames).
    type: list
    elements: str
    required: true
  known:
    description: The names that the role reads.
    type: list
    elements: str
    required: true
  unset:
    description: Those of O(known) that are not set.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Fail if the list of what is kept is misspelled
  ansible.builtin.assert:
    that: found | length == 0
    fail_msg: "{{ found | join(' ') }}"
  vars:
    read: [my_keep]
    found: "{{ q('ansible.builtin.varnames', '^my_') | hubops.jupyterhub.misspelled(read, read) }}"
"""

RETURN = r"""
_value:
  description: The sentences, sorted.
  type: list
  elements: str
  sample: ["The variable my_keeps is set, but nothing reads it: my_keep may be the intended name."]
"""

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._misspelled import misspelled


class FilterModule:
    """The filter misspelled."""

    def filters(self) -> dict[str, t.Callable[..., object]]:
        """:returns: the filters of this file by name."""
        return {"misspelled": misspelled}
