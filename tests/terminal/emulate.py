# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the screen of a terminal as JSON: ``emulate.py ROWS COLUMNS``, with the output to the
terminal on standard input.

It runs in the environment ``terminal``, which has pyte.
"""

from __future__ import annotations

import itertools
import json
import sys

import pyte
from pyte.modes import DECTCEM


def main(rows: int, columns: int) -> None:
    """Read the output, and print the screen."""
    screen = pyte.Screen(columns, rows)
    pyte.ByteStream(screen).feed(sys.stdin.buffer.read())
    pieces = []
    for y in range(rows):
        cells = [screen.buffer[y][x] for x in range(columns)]
        while cells and cells[-1].data == " ":
            cells.pop()
        looks = itertools.groupby(cells, lambda cell: (cell.fg, cell.bold))
        pieces.append([["".join(c.data for c in run), *look] for look, run in looks])
    usual = screen.default_char._replace(data=screen.cursor.attrs.data)
    seen = {
        "pieces": pieces,
        "column": screen.cursor.x,
        "row": screen.cursor.y,
        "plain": screen.cursor.attrs == usual and DECTCEM in screen.mode,
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
