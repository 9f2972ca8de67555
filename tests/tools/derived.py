# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that follows from the registered kinds of objects and from the existing modules: the tasks
and variables of the role ``provision``, the imports of the preflight and of the export, action
plugins, and lists of modules. ``documentation.py`` writes it.
"""

from __future__ import annotations

import functools
import importlib
import pathlib
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import yaml

from tests.running import ROOT, link_collection

if TYPE_CHECKING:
    from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.kinds import (
        DeclarableKind,
    )

BASE = "ansible_collections.hubops.jupyterhub.plugins.module_utils"
ROLE = ROOT / "roles" / "provision"
UTILS = ROOT / "plugins" / "module_utils"
WIDTH = 100

TASK = """\
- name: Provision {plural}
  hubops.jupyterhub.jupyterhub_{singular}:
    hub_url: "{{{{ __provision_verdict.hub_url }}}}"
    {plural}: "{{{{ jupyterhub_{plural} }}}}"
{earlier}  when: "'{plural}' in __provision_todo"
  register: __provision_{plural}
  failed_when: __provision_{plural} is failed and not __provision_{plural}.rest_done | default(false)
  tags: {plural}
"""
EARLIER = '    earlier: "{{ __provision_earlier }}"\n'
HEADER = '''\
# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""{about}

Written by tests/tools/documentation.py from _resources/kinds.py: Ansible sends a module only what
is imported by name.
"""

from __future__ import annotations

{imports}
'''
SPECS = """\
SPECS: dict[str, ArgumentSpec] = {{
{specs}}}
"""
RESOURCES = """\
RESOURCES: dict[str, type[Resource]] = {{
{resources}}}
"""
EXPORTS = """\
EXPORTS: dict[str, type[KindOfObject]] = {{
{exports}}}
"""
ACTION = '''\
# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs jupyterhub_{singular}, and shows how far it is when it takes long."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._progress import ProgressAction


class ActionModule(ProgressAction):
    """The action of jupyterhub_{singular}."""
'''


@functools.cache
def imported(name: str) -> object:
    """Return a module of the collection by its name below ``module_utils``."""
    sys.path.insert(0, str(link_collection()))
    return importlib.import_module(f"{BASE}.{name}")


def kinds() -> dict[str, DeclarableKind]:
    """Return the registered kinds of objects, by their plural."""
    found: dict[str, DeclarableKind] = vars(imported("_resources.kinds"))["KINDS"]
    return found


def modules() -> dict[str, str]:
    """Return the short description of every module."""
    found = {}
    for path in sorted((ROOT / "plugins" / "modules").glob("*.py")):
        text = re.search(r"^short_description: (.*)$", path.read_text(encoding="utf-8"), re.M)
        assert text is not None, path
        found[path.stem] = str(yaml.safe_load(text[1]))
    return found


def takes_earlier(plural: str) -> bool:
    """Return whether a module receives the results of earlier tasks."""
    return "earlier" in vars(imported(f"_module.specs.{plural}"))["SPEC"].options


def statement(module: str, *names: str) -> str:
    """Return an import statement, formatted as ruff formats it."""
    line = f"from {BASE}.{module} import {', '.join(names)}"
    if len(line) <= WIDTH and len(names) == 1:
        return line + "\n"
    inner = "".join(f"    {name},\n" for name in names)
    return f"from {BASE}.{module} import (\n{inner})\n"


def source(about: str, imports: dict[str, tuple[str, ...]], body: str) -> str:
    """Return the text of a file that imports something from every kind."""
    lines = "".join(statement(module, *names) for module, names in sorted(imports.items()))
    return HEADER.format(about=about, imports=lines) + body


def specs() -> str:
    """Return the text of the file with the options of each kind."""
    plurals = list(kinds())
    return source(
        "The options of every kind of object, as its own module has them.",
        {"_module.options": ("ArgumentSpec",), "_module.specs": tuple(sorted(plurals))},
        SPECS.format(specs="".join(f'    "{plural}": {plural}.SPEC,\n' for plural in plurals)),
    )


def adapters() -> str:
    """Return the text of the file with the adapter of each kind."""
    plurals = list(kinds())
    return source(
        "The adapter of every kind of object, as its own module has it.",
        {
            "_module.manage": ("Resource",),
            **{f"_resources.{plural}.work": (plural.capitalize(),) for plural in plurals},
        },
        RESOURCES.format(
            resources="".join(f'    "{plural}": {plural.capitalize()},\n' for plural in plurals)
        ),
    )


def exports() -> str:
    """Return the text of the file with the export of each kind."""
    names = {plural: f"{plural.capitalize()}OfHub" for plural in kinds()}
    return source(
        "How the objects of every kind are exported.",
        {
            "_resources.export.kind": ("KindOfObject",),
            **{f"_resources.{plural}.export": (name,) for plural, name in names.items()},
        },
        EXPORTS.format(
            exports="".join(f'    "{plural}": {name},\n' for plural, name in names.items())
        ),
    )


def tasks() -> str:
    """Return the tasks of the role, one for each kind."""
    return "\n".join(
        TASK.format(
            plural=plural,
            singular=kind.singular,
            earlier=EARLIER if takes_earlier(plural) else "",
        )
        for plural, kind in kinds().items()
    )


def each(line: str) -> str:
    """Return a line for each kind, in which KIND is replaced by its plural."""
    return "".join(line.replace("KIND", plural) + "\n" for plural in kinds())


def in_one_line() -> str:
    """Return the kinds as a YAML list."""
    return f"[{', '.join(kinds())}]"


def variables() -> str:
    """Return the table of the role's lists for its README."""
    rows = ["| Variable | Meaning |\n|---|---|\n"]
    for plural, kind in kinds().items():
        about = re.sub(r"C\((.*?)\)", r"`\1`", kind.about)
        module = f"hubops.jupyterhub.jupyterhub_{kind.singular}"
        rows.append(
            f"| `jupyterhub_{plural}` | {about} In the form of `{plural}` of `{module}`. |\n"
        )
    return "".join(rows)


def table_of_modules() -> str:
    """Return the table of modules for the README of the collection."""
    rows = "".join(f"| `{name}` | {text}. |\n" for name, text in modules().items())
    return f"| Module | What it does |\n|---|---|\n{rows}"


def files() -> dict[pathlib.Path, str]:
    """Return the files that are generated completely."""
    action = ROOT / "plugins" / "action"
    return {
        UTILS / "_module" / "kinds.py": adapters(),
        UTILS / "_module" / "specs" / "kinds.py": specs(),
        UTILS / "_resources" / "export" / "kinds.py": exports(),
        **{
            action / f"jupyterhub_{kind.singular}.py": ACTION.format(singular=kind.singular)
            for kind in kinds().values()
        },
    }


# The generated parts of other files, by file: see ``documentation.filled``.
PARTS: dict[pathlib.Path, dict[str, Callable[[], str]]] = {
    ROOT / "README.md": {"modules": table_of_modules},
    ROOT / "meta" / "runtime.yml": {
        "modules": lambda: "".join(f"- {name}\n" for name in modules()),
    },
    ROOT / "plugins" / "modules" / "jupyterhub_export.py": {
        "includable": lambda: f"choices: [{', '.join(kinds())}, auth_state]\n",
    },
    ROOT / "playbooks" / "adopt.yml": {
        "lists": lambda: each(
            'jupyterhub_KIND: "{{ adopt_variables.jupyterhub_KIND | default(omit) }}"'
        ),
    },
    ROLE / "README.md": {"lists": variables},
    ROLE / "tasks" / "main.yml": {
        "forgotten": lambda: each("__provision_KIND: {}"),
        "tags": lambda: f"tags: {in_one_line()}\n",
        "lists": lambda: each('KIND: "{{ jupyterhub_KIND | default(omit) }}"'),
        "tasks": tasks,
    },
    ROLE / "vars" / "main.yml": {
        "kinds": lambda: f"__provision_kinds: {in_one_line()}\n",
        "results": lambda: each(
            '- "{{ __provision_nothing | combine(__provision_KIND | default({})) }}"'
        ),
    },
}
