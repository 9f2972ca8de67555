# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""What the hub's JSON looks like."""

from __future__ import annotations

import typing as t

Query = t.Mapping[str, t.Union[str, int, None]]
Row = dict[str, t.Any]
