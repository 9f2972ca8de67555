# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each test names the file that was forgotten when an option or a kind of object was added.
CONTRIBUTING.md describes the same steps.
"""

from __future__ import annotations

import ast
import importlib
import pathlib
import re
from typing import Any, NamedTuple

import pytest

from tests.project.test_project import MODULES, documentation, spec_of
from tests.running import ROOT

BASE = "ansible_collections.hubops.jupyterhub.plugins.module_utils"
Doc = dict[str, Any]


class Kind(NamedTuple):
    """A kind of object: ``users`` and ``user``."""

    plural: str
    singular: str

    @property
    def module(self) -> str:
        """The name of its module."""
        return f"jupyterhub_{self.singular}"


def kinds() -> list[Kind]:
    """Return all kinds that have a package with an adapter."""
    found = []
    for path in sorted((ROOT / "plugins" / "module_utils" / "_resources").glob("*/wanted.py")):
        name = path.parent.name
        if not path.with_name("decide.py").is_file() or not path.with_name("work.py").is_file():
            continue
        work = importlib.import_module(f"{BASE}._resources.{name}.work")
        # Offboarding is no kind of object, and its plural is different.
        found += [
            Kind(name, str(vars(one)["singular"]))
            for one in vars(work).values()
            if isinstance(one, type)
            and one.__module__ == work.__name__
            and getattr(one, "plural", None) == name
        ]
    return found


KINDS = kinds()


def test_kinds_are_found() -> None:
    assert {kind.plural for kind in KINDS} >= {"users", "groups", "servers", "services", "tokens"}


# An option


def file_of_spec(module: str) -> str:
    """Return the file that has the options of a module."""
    text = (ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")
    found = re.search(r"_module\.specs\.(\w+) import SPEC", text)
    return (
        f"plugins/module_utils/_module/specs/{found[1]}.py"
        if found
        else f"plugins/modules/{module}.py"
    )


def differences(module: str, spec: Doc, documented: Doc, path: str = "") -> list[str]:
    """Return the differences between an argument spec and the documentation of its options, as
    sentences that name the file.
    """
    docs, code = f"DOCUMENTATION of plugins/modules/{module}.py", file_of_spec(module)
    faults = [
        f"{path}{name} is in {code}, and missing from the {docs} or its fragments"
        for name in spec.keys() - documented.keys()
    ]
    faults += [
        f"{path}{name} is in the {docs}, and missing from {code}"
        for name in documented.keys() - spec.keys()
    ]
    for name in sorted(spec.keys() & documented.keys()):
        mine, theirs = spec[name], documented[name]
        usual = {"type": "str", "required": False}
        faults += [
            f"{path}{name}: {key} differs in {code} and in the {docs}"
            for key in ("type", "elements", "choices", "default", "required", "aliases")
            if mine.get(key, usual.get(key)) != theirs.get(key, usual.get(key))
        ]
        inner = (mine.get("options") or {}, theirs.get("suboptions") or {})
        faults += differences(module, *inner, f"{path}{name}.")
    return faults


@pytest.mark.parametrize("module", MODULES)
def test_every_option_is_documented_and_every_documented_one_is_there(module: str) -> None:
    options = spec_of(module).to_kwargs()["argument_spec"]
    assert differences(module, options, documentation()[module]["doc"]["options"]) == []


def test_a_forgotten_option_would_be_found() -> None:
    spec = {"name": {"type": "str"}, "users": {"type": "list", "options": {"x": {"type": "int"}}}}
    docs: Doc = {"name": {"type": "int"}, "users": {"type": "list"}, "state": {}}
    faults = differences("jupyterhub_user", spec, docs)
    assert len(faults) == 3
    assert [fault.split()[0] for fault in faults] == ["state", "name:", "users.x"]
    assert all("plugins/module_utils/_module/specs/users.py" in fault for fault in faults)


# A kind of object


def text_of(file: str) -> str:
    """Return the text of a file, or an empty text if it does not exist."""
    path = ROOT / file
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def flat(file: str) -> str:
    """Return the text of a file without white space next to brackets."""
    return re.sub(r"\(\s+", "(", text_of(file))


def members(file: str, name: str) -> str:
    """Return the value of a constant in a file, or an empty text if there is none."""
    text = text_of(file)
    for node in ast.parse(text).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return ast.get_source_segment(text, node) or ""
    return ""


def places(kind: Kind) -> dict[str, bool]:
    """Return all places that a kind of object has to be in, and whether it is there. Places that
    are generated are left out, because another test checks that generated files are up to date.
    """
    plural, calls = kind.plural, f"plugins/module_utils/_hub/calls/{kind.plural}.py"
    hub, resources = "plugins/module_utils/_hub", "plugins/module_utils/_resources"
    steps, kinds = "plugins/module_utils/_engine/steps.py", f"{resources}/kinds.py"
    specs = f"plugins/module_utils/_module/specs/{plural}.py"
    unit = f"tests/unit/plugins/module_utils/_resources/{plural}"
    return {
        calls: bool(text_of(calls)),
        f"{hub}/operations.py": f'_operation("{kind.singular}_' in flat(f"{hub}/operations.py"),
        f"{hub}/rows.py": f"class {kind.singular.capitalize()}Row(" in text_of(f"{hub}/rows.py"),
        f"{hub}/api.py: HubApi": f"_hub.calls.{plural} import" in text_of(f"{hub}/api.py"),
        f"{steps}: Kind": f'"{kind.singular}"' in members(steps, "Kind"),
        **{
            f"{resources}/{plural}/{name}.py": (ROOT / resources / plural / f"{name}.py").is_file()
            for name in ("wanted", "decide", "work", "needs", "export")
        },
        f"{kinds}: KINDS": f'"{plural}": DeclarableKind(' in members(kinds, "KINDS"),
        f"{resources}/snapshot/model.py": bool(
            re.search(
                rf"^class {kind.singular.capitalize()}\b",
                text_of(f"{resources}/snapshot/model.py"),
                re.MULTILINE,
            )
        ),
        f"{resources}/snapshot/reading.py": f'"{plural}"'
        in text_of(f"{resources}/snapshot/reading.py"),
        specs: bool(text_of(specs)),
        f"plugins/modules/{kind.module}.py": kind.module in MODULES,
        "changelogs/fragments/: one that names the module": any(
            re.search(rf"\b{kind.module}\b", path.read_text(encoding="utf-8"))
            for path in (ROOT / "changelogs").rglob("*.y*ml")
        ),
        # Tests.
        f"{unit}/test_decide.py": bool(text_of(f"{unit}/test_decide.py")),
        f"{unit}/test_work.py": bool(text_of(f"{unit}/test_work.py")),
        f"tests/live/test_{plural}.py": bool(text_of(f"tests/live/test_{plural}.py")),
        "tests/faults/tasks.py: TASKS": f'"{plural}": Task(' in text_of("tests/faults/tasks.py"),
    }


@pytest.mark.parametrize("kind", KINDS, ids=[kind.plural for kind in KINDS])
def test_a_kind_of_object_is_everywhere_it_has_to_be(kind: Kind) -> None:
    forgotten = [place for place, there in places(kind).items() if not there]
    assert forgotten == [], f"{kind.plural} are missing in these places"


def test_a_forgotten_kind_would_be_missing_everywhere() -> None:
    found = places(Kind("quotas", "quota"))
    assert [place for place, there in found.items() if there] == []


def test_contributing_names_every_place() -> None:
    """CONTRIBUTING.md names the places that this file checks, with KIND for the plural of a
    kind.
    """
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    names = [place.partition(":")[0].rstrip("/") for place in places(Kind("KIND", "NAME"))]
    assert [name for name in names if pathlib.PurePath(name).name not in page] == []


def test_contributing_follows_existing_files_and_functions() -> None:
    """CONTRIBUTING.md follows a name, a limit and a secret through the code. Each file that it
    names exists, and each function is in one of these files.
    """
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    part = page.partition("### Three things, followed")[2].partition("\n## ")[0]
    files = sorted(set(re.findall(r"`(_\w+/[\w/]+\.py)`", part)))
    texts = {file: text_of(f"plugins/module_utils/{file}") for file in files}
    assert len(files) >= 15
    assert [file for file, text in texts.items() if not text] == []
    code = "\n".join(texts.values())
    names = set(re.findall(r"`(\w+)\(\)`", part)) - {"repr"}
    assert len(names) >= 15
    assert [name for name in sorted(names) if f"def {name}(" not in code] == []
