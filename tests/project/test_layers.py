# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of the house and the arrows between them: which package may import which. Nothing is
run here.
"""

from __future__ import annotations

import ast
import pathlib

import pytest

from tests.running import ROOT

BASE = "ansible_collections.hubops.jupyterhub.plugins.module_utils"
PLACE = ROOT / "plugins" / "module_utils"
FILES = sorted(path.relative_to(PLACE).as_posix() for path in PLACE.rglob("*.py"))

# Which rooms a room may import from, besides the files that stand directly below module_utils.
# Arrows only go down.
ALLOWED = {
    "_module": {"_module", "_resources", "_engine", "_hub"},
    "_resources": {"_resources", "_engine", "_hub"},
    "_engine": {"_engine"},
    "_hub": {"_hub"},
    "": set(),
}

# The few files that every room uses.
SHARED = {"_errors.py", "_text.py", "_times.py", "_progress.py"}


def room_of(name: str) -> str:
    """Return the package that a file or a module is in; empty for what stands directly below
    module_utils.
    """
    first = name.replace("/", ".").partition(".")[0]
    return first if (PLACE / first).is_dir() else ""


def imports_of(file: str) -> set[str]:
    """Return the modules of module_utils that a file imports, relative to module_utils."""
    found = set()
    for node in ast.walk(ast.parse((PLACE / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "write imports in full: a relative one is not seen by this test"
            name = node.module or ""
            names = [f"{name}.{alias.name}" for alias in node.names]
            packages = [
                each
                for each in names
                if (PLACE / each[len(BASE) + 1 :].replace(".", "/")).with_suffix(".py").is_file()
            ]
            found |= set(packages) if packages else {name}
    return {name[len(BASE) + 1 :] for name in found if name.startswith(f"{BASE}.")}


def test_only_what_every_room_uses_stands_outside_of_the_rooms() -> None:
    assert {file for file in FILES if "/" not in file and file != "__init__.py"} <= SHARED


@pytest.mark.parametrize("file", FILES)
def test_arrows_only_go_down(file: str) -> None:
    climbing = {
        (file, name)
        for name in imports_of(file)
        if room_of(name) and room_of(name) not in ALLOWED[room_of(file)]
    }
    assert climbing == set()


@pytest.mark.parametrize(
    "file", [file for file in FILES if pathlib.Path(file).name == "__init__.py"]
)
def test_a_package_exports_nothing(file: str) -> None:
    """A name that a package exports again would carry its whole file into every module."""
    assert (PLACE / file).read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("file", FILES)
def test_only_the_frame_ends_a_module_and_only_the_hub_s_room_sends_requests(file: str) -> None:
    tree = ast.parse((PLACE / file).read_text(encoding="utf-8"))
    called = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    imported = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    imported |= {
        (node.module or "").partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    if room_of(file) != "_module":
        assert not called & {"exit_json", "fail_json"}
        assert "AnsibleModule" not in (PLACE / file).read_text(encoding="utf-8")
    if room_of(file) != "_hub":
        assert "requests" not in imported
