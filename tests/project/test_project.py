# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module and every file of the project has to fulfil. No hub is started here."""

from __future__ import annotations

import ast
import copy
import functools
import importlib
import json
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator

from tests.running import ROOT
from tests.tools import derived
from tests.tools import documentation as documentation_files
from tests.tools.ansible_test import files

NAME = "hubops.jupyterhub"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
UTILS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "plugins" / "module_utils").rglob("*.py")
    if path.name != "__init__.py"
)
FRAGMENTS = sorted(path.stem for path in (ROOT / "plugins" / "doc_fragments").glob("*.py"))

Doc = dict[str, Any]


def plugin(kind: str, name: str) -> Any:
    """Return a plugin of the collection, imported as Ansible imports it."""
    return importlib.import_module(f"ansible_collections.hubops.jupyterhub.plugins.{kind}.{name}")


def spec_of(module: str) -> Any:
    """Return the spec of a module."""
    return plugin("modules", module).SPEC


@functools.cache
def documentation() -> dict[str, Doc]:
    """Return the documentation of every module from ansible-doc, including fragments."""
    tool = pathlib.Path(sys.executable).with_name("ansible-doc")
    names = [f"{NAME}.{module}" for module in MODULES]
    done = subprocess.run(
        [tool, "--json", "--type", "module", *names], capture_output=True, text=True, check=True
    )
    found: dict[str, Doc] = json.loads(done.stdout)
    return {module: found[f"{NAME}.{module}"] for module in MODULES}


def nested(items: Doc, key: str, path: str = "") -> Iterator[tuple[str, Doc]]:
    """Yield options with their suboptions, or returned values with their parts."""
    for name, item in items.items():
        yield f"{path}{name}", item
        yield from nested(item.get(key) or {}, key, f"{path}{name}.")


# Modules


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_in_the_action_group(module: str) -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert module in runtime["action_groups"]["jupyterhub"]


def test_the_action_group_has_no_other_members() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert sorted(runtime["action_groups"]["jupyterhub"]) == MODULES


def test_the_table_in_the_readme_lists_the_modules() -> None:
    table = re.findall(
        r"^\| `(jupyterhub_\w+)` \| .+\. \|$",
        (ROOT / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert table == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_every_option_has_a_description_and_a_version(module: str) -> None:
    faults = []
    for name, option in nested(documentation()[module]["doc"]["options"], "suboptions"):
        faults += [
            f"{name} has no {key}"
            for key in ("description", "type", "version_added")
            if not option.get(key)
        ]
        sentences = (
            [option["description"]]
            if isinstance(option["description"], str)
            else option["description"]
        )
        faults += [
            f"{name}: {sentence!r} is no sentence"
            for sentence in sentences
            if not re.match(r"[A-Z].*[.?]$", sentence, re.DOTALL)
        ]
    assert faults == []


@pytest.mark.parametrize("module", MODULES)
def test_every_returned_value_is_shown_by_a_sample(module: str) -> None:
    faults = []
    for name, value in nested(documentation()[module]["return"], "contains"):
        faults += [f"{name} has no {key}" for key in ("description", "type") if not value.get(key)]
        if "." not in name and not value.get("returned"):
            faults.append(f"{name} does not say when it is returned")
        # A value with parts is shown by the samples of its parts. A change also has a sample of its
        # own.
        if "sample" not in value and (name == "changes" or not value.get("contains")):
            faults.append(f"{name} has no sample")
        kinds: dict[str, Any] = {
            "str": str,
            "bool": bool,
            "int": int,
            "float": (int, float),
            "list": list,
            "dict": dict,
        }
        if (
            value.get("sample") is not None
            and value["type"] in kinds
            and not isinstance(value["sample"], kinds[value["type"]])
        ):
            faults.append(f"{name}: the sample {value['sample']!r} is no {value['type']}")
    assert faults == []


# The frame returns all of these, so every module returns them.
RETURNED_BY_ALL = {
    "hub_version",
    "requests",
    "retries",
    "status",
    "method",
    "path",
    "hub_message",
    "missing_scopes",
    "load_roles",
}


@pytest.mark.parametrize("module", MODULES)
def test_common_results_are_documented_in_the_same_words(module: str) -> None:
    returned = documentation()[module]["return"]
    assert set(returned) >= RETURNED_BY_ALL
    usual = documentation()["jupyterhub_user"]["return"]
    for name in RETURNED_BY_ALL:
        # For the API module, the status belongs to the result and not to a failure.
        if (module, name) != ("jupyterhub_api", "status"):
            assert returned[name]["description"] == usual[name]["description"], name


@pytest.mark.parametrize("module", MODULES)
def test_an_option_whose_name_sounds_secret_sets_no_log(module: str) -> None:
    """Without no_log, Ansible would guess, and print a warning."""
    sounds = re.compile(r"token|passw|secret|key|cookie|auth")
    options = nested(spec_of(module).options, "options")
    names = [
        name
        for name, option in options
        if sounds.search(name.rsplit(".", 1)[-1]) and "no_log" not in option
    ]
    # Patterns, flags and choices with such names are not secret values.
    assert [
        name
        for name in names
        if not name.endswith(
            (
                "oauth_client_id",
                "oauth_redirect_uri",
                "oauth_client_allowed_scopes",
                "oauth_no_confirm",
            )
        )
    ] == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_holds_documentation_and_a_spec_and_nothing_else(module: str) -> None:
    source = (ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")
    functions = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            functions.append(node)
        elif isinstance(node, ast.Assign):
            (target,) = node.targets
            assert isinstance(target, ast.Name)
            assert (
                target.id in ("DOCUMENTATION", "EXAMPLES", "RETURN", "SPEC") or target.id.isupper()
            )
        else:
            assert isinstance(node, (ast.ImportFrom, ast.If)), ast.dump(node)[:80]
    (main,) = functions
    assert main.name == "main"
    assert len(main.body) == 2, "only a docstring and one call are allowed"
    code = source.rsplit('\n"""\n', 1)[1]
    assert len([line for line in code.splitlines() if line.strip()]) <= 60


@pytest.mark.parametrize("module", MODULES)
def test_a_module_runs_as_a_program_and_is_named_after_its_object(module: str) -> None:
    source = (ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")
    assert source.startswith("#!/usr/bin/python\n")
    assert source.endswith('\n\nif __name__ == "__main__":\n    main()\n')
    assert documentation()[module]["doc"]["module"].rsplit(".", 1)[-1] == module


# What modules share


@pytest.mark.parametrize(
    ("spec", "fragment"), [("CONNECTION", "_connection"), ("RETURNS", "_bulk"), ("PRUNE", "_prune")]
)
def test_a_fragment_documents_the_spec_that_goes_with_it(spec: str, fragment: str) -> None:
    options = getattr(plugin("module_utils", "_module.options"), spec).options
    documented = yaml.safe_load(plugin("doc_fragments", fragment).ModuleDocFragment.DOCUMENTATION)[
        "options"
    ]
    assert list(documented) == list(options)
    for name, option in options.items():
        for key in ("type", "elements", "choices", "default"):
            assert documented[name].get(key) == option.get(key), f"{name}: {key}"
        assert documented[name].get("required", False) == option.get("required", False), name


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_and_documents_the_connection_options(module: str) -> None:
    connection = plugin("module_utils", "_module.options").CONNECTION
    spec = spec_of(module)
    assert connection.options.items() <= spec.options.items()
    assert spec.required_by.items() >= connection.required_by.items()
    assert all(pair in spec.required_together for pair in connection.required_together)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_documents_its_attributes(module: str) -> None:
    attributes = documentation()[module]["doc"]["attributes"]
    assert set(attributes) >= {"check_mode", "diff_mode", "idempotent", "action_group"}
    assert attributes["action_group"]["membership"] == ["hubops.jupyterhub.jupyterhub"]


def test_generated_documentation_is_up_to_date() -> None:
    """If this fails, run ``python3 -m tests.tools.documentation``."""
    assert documentation_files.stale() == [], "run: python3 -m tests.tools.documentation"


@pytest.mark.parametrize("kind", derived.kinds())
def test_a_list_of_the_preflight_is_that_of_its_module(kind: str) -> None:
    module = documentation_files.name_of(kind)
    assert spec_of("jupyterhub_preflight").options[kind] is spec_of(module).options[kind]
    described = documentation()["jupyterhub_preflight"]["doc"]["options"][kind]["suboptions"]
    own = documentation()[module]["doc"]["options"][kind]["suboptions"]
    assert list(described) == list(own)
    for name, option in own.items():
        assert {**described[name], "description": None} == {**option, "description": None}, name


# Examples


def tasks_in(text: str) -> list[Doc]:
    """Return the tasks of examples."""
    found: list[Doc] = yaml.safe_load(text)
    return found


EXAMPLES = [
    (module, task) for module in MODULES for task in tasks_in(plugin("modules", module).EXAMPLES)
]
KEYWORDS = {
    "name",
    "register",
    "when",
    "loop",
    "vars",
    "no_log",
    "delegate_to",
    "until",
    "delay",
    "failed_when",
    "changed_when",
}


def faults_of(module: str, parameters: Doc) -> list[str]:
    """Return the errors of Ansible about the parameters of a task."""
    return list(
        ModuleArgumentSpecValidator(**copy.deepcopy(spec_of(module).to_kwargs()))
        .validate(copy.deepcopy(parameters))
        .error_messages
    )


@pytest.mark.core
@pytest.mark.parametrize(
    ("module", "task"), EXAMPLES, ids=[f"{module}: {task.get('name')}" for module, task in EXAMPLES]
)
def test_an_example_is_a_task_that_the_module_takes(module: str, task: Doc) -> None:
    assert task["name"][0].isupper()
    (action,) = task.keys() - KEYWORDS
    assert action.count(".") >= 2, "use the fully qualified name"
    if action.startswith(f"{NAME}."):
        assert faults_of(action.rsplit(".", 1)[1], task[action]) == []
    else:
        assert action.startswith("ansible.builtin.")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_examples_of_its_own(module: str) -> None:
    assert [task for owner, task in EXAMPLES if owner == module and f"{NAME}.{module}" in task]


def test_a_bad_example_would_be_found() -> None:
    connection = {"hub_url": "https://hub.example.org"}
    assert faults_of("jupyterhub_user", {**connection, "name": "ada"}) == []
    for bad in (
        {"nmae": "ada"},
        {"name": "ada", "users": []},
        {"name": "ada", "state": "gone"},
        {"users": [{"admin": True}]},
        {"name": "ada", "prune": True},
    ):
        assert faults_of("jupyterhub_user", {**connection, **bad}), bad


# The collection


def test_the_version_is_the_same_everywhere() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    version = galaxy["version"]
    assert version == plugin("module_utils", "_hub.transport").VERSION
    fragments = {path.stem for path in (ROOT / "changelogs" / "fragments").glob("*.yml")}
    released = (
        yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))
        if (ROOT / "changelogs" / "changelog.yaml").exists()
        else {}
    )
    assert version in fragments or version in released.get("releases", {})


def test_nothing_is_newer_than_the_collection() -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    current = tuple(map(int, version.split(".")))
    for module in MODULES:
        doc = documentation()[module]["doc"]
        for name, item in [(module, doc), *nested(doc["options"], "suboptions")]:
            assert tuple(map(int, item["version_added"].split("."))) <= current, name


# Files


ALL_FILES = sorted(
    file.as_posix()
    for file in files()
    if (ROOT / file).is_file() and not (ROOT / file).is_symlink()
)
PICTURES = [file for file in ALL_FILES if file.endswith(".png")]
FILES = [file for file in ALL_FILES if file not in PICTURES]


def test_the_guide_lists_all_checks_of_an_audit_as_they_are() -> None:
    checks = plugin("module_utils._resources.audit", "table").CHECKS
    page = (ROOT / "docs" / "docsite" / "rst" / "guide_audit.rst").read_text(encoding="utf-8")
    rows = re.findall(
        r"^   \* - (\S+)\n     - (.+)\n     - (.+)\n     - (.+)\n     - (.+)$", page, re.MULTILINE
    )
    assert rows[1:] == [
        (
            one.id,
            one.severity,
            one.one,
            ", ".join(f"``{key}``" for key in one.policy) or "none",
            ".".join(map(str, one.since)),
        )
        for one in checks.values()
    ]


def test_the_guide_gives_an_auditor_what_the_live_tests_try() -> None:
    rules = plugin("module_utils._resources.audit", "hub")
    page = (ROOT / "docs" / "docsite" / "rst" / "guide_audit.rst").read_text(encoding="utf-8")
    shown = page.partition('"scopes": [')[2].partition("]")[0]
    assert tuple(re.findall(r'"([\w:]+)"', shown)) == (*rules.READ_ONLY, *rules.READ_ONLY_SINCE_5)


def test_promises_name_existing_tests() -> None:
    page = (ROOT / "docs" / "docsite" / "rst" / "guide_promises.rst").read_text(encoding="utf-8")
    named = re.findall(r"``(tests/[\w/]+\.py)::(test_\w+)``", page)
    assert len(named) >= 30
    assert [
        f"{file}::{test}"
        for file, test in named
        if f"\ndef {test}(" not in (ROOT / file).read_text(encoding="utf-8")
    ] == []


# These files are from other authors or generated, or have no place for a header: then a file beside
# them has it.
WITHOUT_HEADER = re.compile(
    r"COPYING|CHANGELOG\.md|changelogs/changelog\.yaml|requirements/[\w.-]+\.txt|"
    r"requirements/proxy/[\w-]+\.json|LICENSES/[\w.-]+\.txt|"
    r"tests/project/z2jh_values\.schema\.yaml|(tests/demo|tests/live/class_lists)/\w+\.csv"
)
# REUSE-IgnoreStart
HEADER = (
    "Copyright (c) 2026, The hubops.jupyterhub maintainers",
    "SPDX-License-Identifier: GPL-3.0-or-later",
)
# REUSE-IgnoreEnd


def text_of(file: str) -> str:
    """Return a file as text."""
    return (ROOT / file).read_text(encoding="utf-8")


# An empty file needs no licence.
@pytest.mark.parametrize(
    "file", [file for file in FILES if not WITHOUT_HEADER.fullmatch(file) and text_of(file)]
)
def test_a_file_names_its_copyright_and_its_licence(file: str) -> None:
    start = text_of(file)[:600]
    assert [line for line in HEADER if line not in start] == []


@pytest.mark.parametrize(
    "file",
    [
        *PICTURES,
        *(file for file in FILES if WITHOUT_HEADER.fullmatch(file) and file.endswith(".csv")),
    ],
)
def test_a_file_without_a_place_for_a_header_has_one_beside_it(file: str) -> None:
    assert [line for line in HEADER if line not in text_of(f"{file}.license")] == []


# The names are written in parts, so that this file does not contain them.
UNWANTED = re.compile(
    r"""
      /wor[k]/(main|shared)\b                  # a path of somebody's machine
    | /roo[t]/(?!\s)
    | /home/(?!jovyan|\{)\w+/
    | /Users/[a-z]\w+/
    | --(extra-)?inde[x]-url[ =] | --default-inde[x] | --find-link[s][ =]
    | pypi\.or[g] | pythonhosted\.or[g] | registry\.npmj[s]
    | \b(TOD[O]|FIXM[E]|XX[X])\b
    | (<{7}|>{7})\s                             # a merge that was not finished
    """,
    re.VERBOSE,
)


@pytest.mark.parametrize("file", [file for file in FILES if file != "COPYING"])
def test_a_file_holds_nothing_that_belongs_elsewhere(file: str) -> None:
    text = text_of(file)
    found = [
        f"line {text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
        for match in UNWANTED.finditer(text)
    ]
    assert found == []
    assert text.endswith("\n") or not text
    assert "\r" not in text or file.endswith(".csv")
    assert not re.search(r"[ \t]+$", text, re.MULTILINE) or file.endswith(".rst")


EXCEPTION = re.compile(
    r"#\s*(?:ruff: )?(?:noqa|type: ignore|pylint: disable|nosec|pragma: no cover)\b(?P<rest>.*)"
)


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith(".py")])
def test_an_exception_from_a_check_names_the_check_and_the_reason(file: str) -> None:
    faults = []
    for number, line in enumerate(text_of(file).splitlines(), 1):
        found = EXCEPTION.search(line)
        if (
            found
            and "re.compile(" not in line
            and not re.fullmatch(
                r"(: ?|\[|=)[\w-]+(, ?[\w-]+)*\]? +(-|\(|#) ?\w.*\s.*", found["rest"]
            )
        ):
            faults.append(f"line {number}: {line.strip()}")
    assert faults == []


BANNER = "# PRIVATE to the collection hubops.jupyterhub: it may change, so do not {} it from elsewhere.\n"


@pytest.mark.parametrize(
    ("file", "banner"),
    [
        *((file, BANNER.format("import")) for file in UTILS),
        *((f"plugins/doc_fragments/{name}.py", BANNER.format("use")) for name in FRAGMENTS),
    ],
)
def test_private_files_are_named_and_marked_as_private(file: str, banner: str) -> None:
    # The name of the file, or of a package that contains it, begins with an underscore.
    assert any(part.startswith("_") for part in pathlib.Path(file).parts[2:])
    assert banner in text_of(file)
