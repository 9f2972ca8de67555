# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Versions of hubs."""

from __future__ import annotations

import re

# The numbers of a version, to be compared.
Version = tuple[int, ...]


def version_tuple(version: str) -> Version:
    """:returns: the numbers a version begins with, ``(5, 5, 4)`` for ``5.5.4`` and ``(6, 0, 0)``
    for ``6.0.0b1``.
    """
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(number) for number in found.group().split(".")) if found else ()
