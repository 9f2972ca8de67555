# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The caller, if a plan depends on it."""

from __future__ import annotations


class CallerNeededError(Exception):
    """A plan depends on the caller, and the hub was not asked: most plans do not need it."""
