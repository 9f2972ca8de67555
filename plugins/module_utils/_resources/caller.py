# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Who calls, where a plan depends on that."""

from __future__ import annotations


class CallerNeededError(Exception):
    """A plan depends on who calls, and that was not asked for: most plans do without, and the
    request that it takes.
    """
