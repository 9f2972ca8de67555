# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of the collection: which file may import which other file, and what each room must not
know. No code is run here.
"""

from __future__ import annotations

import ast
import functools
import importlib
import pathlib
import re
import typing

import pytest

from tests.running import ROOT, link_collection

link_collection()
BASE = "ansible_collections.hubops.jupyterhub.plugins"
PLACE = ROOT / "plugins"
FILES = sorted(path.relative_to(PLACE).as_posix() for path in PLACE.rglob("*.py"))
PRIVATES = "module_utils/_module/privates.py"

# Every room uses these few files, and they import only each other.
SHARED = {"_errors.py", "_files.py", "_text.py", "_times.py", "_progress.py", "__init__.py"}
# For each room, the rooms that it may import from besides itself and the shared files. Arrows only
# go down.
ALLOWED: dict[str, set[str]] = {
    "modules": {"_module", "_resources"},
    "action": {"plugin_utils"},
    "callback": {"plugin_utils", "_hub"},
    "filter": {"plugin_utils"},
    "doc_fragments": set(),
    "plugin_utils": {"_resources", "_hub"},
    "_module": {"_resources", "_engine", "_hub"},
    "_resources": {"_engine", "_hub"},
    "_engine": set(),
    "_hub": set(),
    "shared": set(),
}
# ansible-core documents these for authors of action plugins and callbacks, although the names begin
# with an underscore.
DOCUMENTED = {
    "plugin_utils": {"_task", "_connection"},
    "callback": {"_task", "_result", "_display"},
}
# Options that the client has under the same names, because it is created with them and names the
# invalid one in its messages.
OF_THE_CLIENT = {"hub_url", "api_token", "ca_path", "client_cert", "client_key"}
# Words that options share with the REST API and OAuth, besides the keys of ``rows.py``.
OF_THE_HUB = {"oauth_redirect_uri", "expires_in"}


def room_of(name: str) -> str:
    """Return the room of a file, or of a module by its dotted name below plugins."""
    parts = name.removesuffix(".py").replace("/", ".").split(".")
    if parts[0] != "module_utils":
        return parts[0]
    return parts[1] if len(parts) > 1 and (PLACE / "module_utils" / parts[1]).is_dir() else "shared"


def files_of(room: str) -> list[str]:
    """Return the files of a room."""
    return [file for file in FILES if room_of(file) == room]


@functools.cache
def tree_of(file: str) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse((PLACE / file).read_text(encoding="utf-8"))


def imports_of(file: str) -> set[str]:
    """Return the modules of the collection that a file imports, relative to plugins, and the
    top-level packages of all other imports, with a dot in front.
    """
    found = set()
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "use absolute imports: this test does not see relative ones"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names]
            packages = [name for name in names if (PLACE / place_of(name)).is_file()]
            found |= set(packages) if packages else {module}
    ours = {name[len(BASE) + 1 :] for name in found if name.startswith(f"{BASE}.")}
    return ours | {f".{name.partition('.')[0]}" for name in found if not name.startswith(BASE)}


def place_of(name: str) -> str:
    """Return the file of a module by its full dotted name, relative to plugins."""
    return name[len(BASE) + 1 :].replace(".", "/") + ".py"


def names_in(file: str) -> set[str]:
    """Return all names in the code of a file: variables, attributes and keyword arguments."""
    found = set()
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, (ast.arg, ast.keyword)):
            found.add(node.arg or "")
    return found


def texts_in(file: str) -> typing.Iterator[str]:
    """Yield all texts in a file except docstrings."""
    tree = tree_of(file)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documentation
        ):
            yield node.value


def uses_any(file: str) -> bool:
    """Return whether the code of a file uses typing.Any, also inside a string, as in a cast."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr == "Any")
        or (isinstance(node, ast.Name) and node.id == "Any")
        or (isinstance(node, ast.alias) and node.name == "Any")
        or (isinstance(node, ast.Constant) and re.search(r"\bt\.Any\b", str(node.value)))
        for node in ast.walk(tree_of(file))
    )


@pytest.mark.parametrize("file", FILES)
def test_no_value_is_of_any_type(file: str) -> None:
    """A type checker does not check keys and fields of Any. A value that is only passed on, or that
    Ansible returns without a type, is an ``object``, and free JSON is ``rows.Json``.
    """
    assert not uses_any(file)


def test_every_file_is_in_a_room() -> None:
    assert {room_of(file) for file in FILES} == set(ALLOWED)
    outside = {file for file in FILES if room_of(file) == "shared"}
    assert {pathlib.Path(file).name for file in outside} <= SHARED


@pytest.mark.parametrize("file", FILES)
def test_arrows_only_go_down(file: str) -> None:
    room = room_of(file)
    climbing = {
        name
        for name in imports_of(file)
        if not name.startswith(".") and room_of(name) not in {room, "shared", *ALLOWED[room]}
    }
    assert climbing == set(), f"{file} is in the room {room}, which must not import these"


@pytest.mark.parametrize(
    "file", [file for file in FILES if pathlib.Path(file).name == "__init__.py"]
)
def test_a_package_exports_nothing(file: str) -> None:
    """If a package exported a name, importing it would load the whole file of that name into every
    module.
    """
    assert (PLACE / file).read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("room", ALLOWED)
def test_only_the_frame_ends_a_module_and_only_the_hub_s_room_sends_requests(room: str) -> None:
    for file in files_of(room):
        called = {
            node.func.attr
            for node in ast.walk(tree_of(file))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        if room != "_module":
            assert not called & {"exit_json", "fail_json"}, file
            assert "AnsibleModule" not in (PLACE / file).read_text(encoding="utf-8"), file
        if room != "_hub":
            assert ".requests" not in imports_of(file), file
        if file.startswith("module_utils/") and room != "_module":
            assert ".ansible" not in imports_of(file), (
                f"{file}: only files of _module may import Ansible"
            )


@pytest.mark.parametrize("room", ["_resources", "_engine", "_hub", "shared"])
def test_check_mode_is_known_to_the_room_of_the_module_alone(room: str) -> None:
    """The client refuses to write if it is read-only; it does not know why it is."""
    for file in files_of(room):
        known = {"check_mode", "supports_check_mode", "_check_mode"}
        if room != "_hub":
            known.add("read_only")
        assert names_in(file) & known == set(), file
        told = [text for text in texts_in(file) if "check mode" in text or "check_mode" in text]
        assert [text for text in told if text != " would write in check mode"] == [], file


@functools.cache
def options() -> frozenset[str]:
    """Return the names of all options, including those of items, that have more than one word. A
    single word is too common to be recognised as an option.
    """
    found: set[str] = set()

    def take(spec: dict[str, typing.Any]) -> None:
        for name, option in spec.items():
            found.add(name)
            take(option.get("options") or {})

    for file in FILES:
        if file.startswith("modules/"):
            module = importlib.import_module(f"{BASE}.{file.removesuffix('.py').replace('/', '.')}")
            take(module.SPEC.to_kwargs()["argument_spec"])
    return frozenset(name for name in found if "_" in name)


def words_of_the_hub() -> set[str]:
    """Return the keys of everything that the hub sends, and the names of the API's operations."""
    found: set[str] = set()
    for file in files_of("_hub"):
        module = importlib.import_module(f"{BASE}.{file.removesuffix('.py').replace('/', '.')}")
        found |= set(getattr(module, "OPERATIONS", ()))
        if file.endswith("/rows.py"):
            for row in vars(module).values():
                found |= set(getattr(row, "__annotations__", {}))
    return found


def test_the_room_of_the_hub_knows_no_option() -> None:
    foreign = options() - words_of_the_hub() - OF_THE_CLIENT - OF_THE_HUB
    for file in files_of("_hub"):
        told = {word for text in texts_in(file) for word in re.findall(r"[a-z_]+", text)}
        assert told & foreign == set(), file


def test_options_are_found() -> None:
    assert {"prune_limit", "api_token_file", "stored_names", "rename_from"} <= options()
    assert {"user_options", "expires_at"} <= words_of_the_hub()


@functools.cache
def our_own() -> frozenset[str]:
    """Return all names that are defined in the collection, except in the file of the privates."""
    found: set[str] = set()
    for file in FILES:
        if file == PRIVATES:
            continue
        for node in ast.walk(tree_of(file)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                found.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.attr)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
    return frozenset(found)


def privates_in(file: str) -> set[str]:
    """Return the private names that a file reads from any object."""
    private = re.compile(r"_[a-z]\w*")
    found = {node.attr for node in ast.walk(tree_of(file)) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree_of(file)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("getattr", "hasattr", "setattr")
            and isinstance(node.args[1], ast.Constant)
        ):
            found.add(str(node.args[1].value))
    return set(filter(private.fullmatch, found))


@pytest.mark.parametrize("room", ALLOWED)
def test_the_privates_of_ansible_core_are_used_in_one_file(room: str) -> None:
    for file in files_of(room):
        imported = {
            f"{node.module}.{alias.name}"
            for node in ast.walk(tree_of(file))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ansible.")
            for alias in node.names
        }
        assert {name for name in imported if "._" in name} == set(), file
        if file != PRIVATES:
            assert privates_in(file) - our_own() - DOCUMENTED.get(room, set()) == set(), file


def test_the_privates_have_a_file_that_knows_them() -> None:
    hooks = importlib.import_module(f"{BASE}.module_utils._module.privates").HOOKS
    assert set(hooks) <= names_in(PRIVATES)
    assert not set(hooks) & our_own()
