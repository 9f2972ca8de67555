# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Options of filters that are true or false.

A filter gets its values as the variables have them: the text ``false``, as from ``-e name=false``,
is not false for Python.
"""

from __future__ import annotations

from ansible.module_utils.parsing.convert_bool import boolean


def boolean_of(option: str, value: object) -> bool:
    """:returns: what Ansible makes of a value for an option of the type ``bool``.

    :raises ValueError: it is neither true nor false.
    """
    try:
        return bool(boolean(value))
    except TypeError:
        raise ValueError(f"{option} must be true or false") from None
