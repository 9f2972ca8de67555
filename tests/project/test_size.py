# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and functions have a maximum length, so that a file can be read as a whole and a function
at a glance.
"""

from __future__ import annotations

import ast

import pytest

from tests.running import ROOT

LONGEST_FILE = 400
# The length includes the signature and the docstring.
LONGEST_FUNCTION = 40

# These files consist mostly of documentation.
DOCUMENTATION = (ROOT / "plugins" / "modules", ROOT / "plugins" / "doc_fragments")
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for place in ("plugins", "roles", "tests/hub", "tests/tools")
    for path in (ROOT / place).rglob("*.py")
    if not any(path.is_relative_to(other) for other in DOCUMENTATION)
)


def test_files_are_found() -> None:
    assert len(FILES) > 200


@pytest.mark.parametrize("file", FILES)
def test_a_file_and_its_functions_are_short(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    lengths = {
        node.name: (node.end_lineno or 0) - node.lineno + 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    assert text.count("\n") <= LONGEST_FILE
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}
