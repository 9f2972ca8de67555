# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the picture of a terminal for the documentation, from real runs on its own hub.

``python -m tests.terminal.picture`` in the environment test writes
``docs/docsite/rst/images/terminal.svg``. The picture is text in the fonts of the reader's machine,
and loads nothing.
"""

from __future__ import annotations

import os
import pathlib
import sys
import tempfile
from xml.sax.saxutils import escape

from tests import terminal
from tests.hub import Hub
from tests.running import CACHE, ROOT, link_collection

PICTURE = ROOT / "docs" / "docsite" / "rst" / "images" / "terminal.svg"
SIZE = (80, 114)
PLAYBOOK = """
- name: A course
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Two people
      hubops.jupyterhub.jupyterhub_user:
        users: [{name: ada}, {name: grace}]

    - name: The group of the course, with both of them
      hubops.jupyterhub.jupyterhub_group:
        name: CS101
        users: [ada, grace]
"""
RUNS = (("--check", "--diff"), (), ())
# The copyright and licence lines of the file.
# REUSE-IgnoreStart
HEADER = """<!--
Copyright (c) 2026, The hubops.jupyterhub maintainers
GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
Written by python -m tests.terminal.picture.
-->
"""
# REUSE-IgnoreEnd
# Sizes in pixels: a character, a row, and the margin around all of them.
WIDTH, HEIGHT, EDGE = 8.4, 19, 16
PAPER, INK = "#1e1e1e", "#d8d8d8"
# The colors have a contrast of at least 4.5 on the background.
COLORS = {
    "black": "#8a8a8a",
    "red": "#ff7b72",
    "green": "#7ee787",
    "brown": "#e3b341",
    "blue": "#79c0ff",
    "magenta": "#d2a8ff",
    "cyan": "#76e3ea",
    "white": "#ffffff",
}


def draw(screen: terminal.Screen) -> str:
    """Return a screen as SVG."""
    rows = screen.pieces[: len(screen.rows)]
    width = round(SIZE[1] * WIDTH + 2 * EDGE)
    height = len(rows) * HEIGHT + 2 * EDGE
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>Three runs of a playbook on a terminal</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="{PAPER}"/>',
        f'<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="{INK}">',
    ]
    for number, row in enumerate(rows):
        column, y = 0, EDGE + number * HEIGHT + 14
        for piece in row:
            look = f' fill="{COLORS[piece.color]}"' if piece.color in COLORS else ""
            look += ' font-weight="bold"' if piece.bold else ""
            # The position of each piece is set, so that a wider or narrower font does not move the
            # next one.
            place = f'x="{EDGE + column * WIDTH:.1f}" y="{y}"'
            length = f'textLength="{len(piece.text) * WIDTH:.1f}"'
            if piece.text.strip():
                text = escape(piece.text)
                lines.append(f'<text xml:space="preserve" {place} {length}{look}>{text}</text>')
            column += len(piece.text)
    return HEADER + "\n".join([*lines, "</g>", "</svg>"]) + "\n"


def play(hub: Hub, folder: pathlib.Path) -> bytes:
    """Run the playbook on the hub; return everything that the terminal shows, with the typed
    commands.
    """
    (folder / "course.yml").write_text(PLAYBOOK, encoding="utf-8")
    (folder / "ansible.cfg").touch()
    env = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    env |= {
        "ANSIBLE_COLLECTIONS_PATH": str(link_collection()),
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(CACHE / "ansible-home"),
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "JUPYTERHUB_API_URL": hub.url,
        "JUPYTERHUB_API_TOKEN": hub.token,
        "TERM": "xterm-256color",
    }
    program = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
    written = b""
    for options in RUNS:
        typed = " ".join(["$ ansible-playbook course.yml", *options])
        command = [program, str(folder / "course.yml"), *options]
        ran = terminal.run(command, env, size=SIZE)
        if ran.status != 0:
            raise SystemExit(ran.written.decode(errors="replace"))
        written += f"\x1b[1m{typed}\x1b[0m\r\n".encode() + ran.written.strip() + b"\r\n\r\n"
    return written


def main() -> None:
    """Start a hub, run the commands, and draw the screen."""
    with tempfile.TemporaryDirectory() as folder:
        hub = Hub("6", state=pathlib.Path(folder, "hub"))
        hub.start()
        try:
            written = play(hub, pathlib.Path(folder))
        finally:
            hub.stop()
    PICTURE.write_text(draw(terminal.screen(written, SIZE)), encoding="utf-8")
    print(PICTURE.relative_to(ROOT))


if __name__ == "__main__":
    main()
