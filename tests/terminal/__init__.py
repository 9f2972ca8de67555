# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A terminal for programs under test: run a program on it, and read its screen afterwards."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib
import pty
import struct
import subprocess
import termios
import threading
from collections.abc import Sequence
from typing import NamedTuple

from tests.tools.environments import environment

EMULATE = pathlib.Path(__file__).with_name("emulate.py")
ROWS, COLUMNS = 60, 100


class Ran(NamedTuple):
    """The result of a program: its exit status, its output to the terminal, and its standard output
    if that was not the terminal.
    """

    status: int
    written: bytes
    output: str


class Piece(NamedTuple):
    """Adjacent characters with the same look. color is the terminal's name of a color, or six hex
    digits.
    """

    text: str
    color: str
    bold: bool


class Screen(NamedTuple):
    """The content of a screen.

    pieces: for each row, without the blanks at its end.
    column, row: the position of the cursor, counted from 0.
    plain: whether further text would look as usual, with a visible cursor.
    """

    pieces: list[list[Piece]]
    column: int
    row: int
    plain: bool

    @property
    def rows(self) -> list[str]:
        """The text of the rows, without empty rows at the end."""
        texts = ["".join(piece.text for piece in row) for row in self.pieces]
        while texts and not texts[-1]:
            texts.pop()
        return texts


def run(
    command: Sequence[str],
    env: dict[str, str],
    *,
    size: tuple[int, int] = (ROWS, COLUMNS),
    output: bool = True,
    timeout: int = 120,
) -> Ran:
    """Run a program with a terminal of this size as its standard error, and also as its standard
    output unless output is False.
    """
    own, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    written = bytearray()

    def listen() -> None:
        # Reading a terminal that has ended raises an error.
        with contextlib.suppress(OSError):
            while piece := os.read(own, 4096):
                written.extend(piece)

    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=terminal if output else subprocess.PIPE,
        stderr=terminal,
        env=env,
        text=True,
    ) as process:
        os.close(terminal)
        listener = threading.Thread(target=listen)
        listener.start()
        try:
            told, _nothing = process.communicate(timeout=timeout)
        finally:
            process.kill()
    listener.join(timeout=10)
    os.close(own)
    return Ran(process.returncode, bytes(written), told or "")


def screen(written: bytes, size: tuple[int, int] = (ROWS, COLUMNS)) -> Screen:
    """Return the screen of a terminal after this output."""
    python = os.environ.get("TERMINAL_PYTHON") or environment("terminal") / "bin" / "python"
    done = subprocess.run(
        [python, EMULATE, *map(str, size)], input=written, capture_output=True, check=True
    )
    seen = json.loads(done.stdout)
    pieces = [[Piece(*piece) for piece in row] for row in seen["pieces"]]
    return Screen(pieces, seen["column"], seen["row"], seen["plain"])
