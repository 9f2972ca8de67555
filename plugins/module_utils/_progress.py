# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""How far long work is, written where the controller can look. Counts only: no name and no secret
is written.
"""

from __future__ import annotations

import contextlib
import json
import os
import time

# The controller gives the path of a file, when it wants to know.
VARIABLE = "HUBOPS_PROGRESS_FILE"
# Seconds between two notes: the controller does not look more often.
INTERVAL = 0.5

_last = [0.0]


def note_progress(what: str, done: int, total: int) -> None:
    """Note how far the work is. It never fails, and takes almost no time.

    :param what: what is counted, such as ``users``.
    """
    path = os.environ.get(VARIABLE)
    now = time.monotonic()
    if not path or now - _last[0] < INTERVAL:
        return
    _last[0] = now
    # Written beside and moved, so that no half note is read.
    with contextlib.suppress(OSError):
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            json.dump({"what": what, "done": done, "total": total}, file)
        os.replace(f"{path}.new", path)
