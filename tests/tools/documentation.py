# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate repeated documentation: the lists of the preflight and the variables of the roles, which
repeat the options of the modules; the values that all modules return; and what follows from the
kinds of objects (``derived.py``).

``python3 -m tests.tools.documentation`` writes it; ``--check`` only reports what is out of date. In
a file, the generated text is between two lines such as ``# BEGIN lists`` and ``# END lists``. The
parts of the roles are ``lists``, ``connection`` and ``transport``, which is the connection but for the
address and the token; those of what a module returns are the keys of
``returned.yml``.
"""

from __future__ import annotations

import functools
import pathlib
import re
import sys
import textwrap
from collections.abc import Callable, Collection, Mapping
from typing import Any

import yaml

from tests.running import ROOT
from tests.tools import derived, variables
from tests.tools.variables import OWN, PREFIX, variable_of

FRAGMENT = ROOT / "plugins" / "doc_fragments" / "_lists.py"
DECLARED = FRAGMENT.with_name("_declared.py")
RETURNED = ROOT / "tests" / "tools" / "returned.yml"
# These parts are below a key of the same name, which also holds the module's own sample.
BELOW_A_KEY = ("changes", "summary")
Doc = dict[str, Any]


class Dumper(yaml.SafeDumper):
    """Writes YAML in the style of yamllint and ansible-lint."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent the items of a list."""
        del indentless
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        """Write repeated data in full, without aliases."""
        del data
        return True


class Choices(list[str]):
    """A list that is written on one line."""


class Flow(dict[str, Any]):
    """A dictionary that is written on one line."""


def represent_text(dumper: yaml.SafeDumper, data: str) -> yaml.Node:
    """Write a text of several lines as a block."""
    style = "|" if "\n" in data else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=style)


Dumper.add_representer(str, represent_text)
Dumper.add_representer(
    Choices,
    lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True),
)
Dumper.add_representer(
    Flow,
    lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True),
)


def documented(path: pathlib.Path) -> Doc:
    """Return the options that a plugin's own documentation describes."""
    text = re.search(r'DOCUMENTATION = r"""\n(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL)
    assert text is not None, path
    options: Doc = yaml.safe_load(text[1])["options"]
    return options


def name_of(kind: str) -> str:
    """Return the name of the module for a list."""
    return f"{PREFIX}{derived.kinds()[kind].singular}"


def module_of(kind: str) -> pathlib.Path:
    """Return the file of the module for a list."""
    return ROOT / "plugins" / "modules" / f"{name_of(kind)}.py"


def sentences(description: Any) -> list[str]:
    """Return a description as a list."""
    return [description] if isinstance(description, str) else list(description)


def elsewhere(text: str, module: str) -> str:
    """Return a sentence of a module's documentation with links that also work in other places."""
    return re.sub(r"\bO\(([a-z_]+)(=[^)]*)?\)", rf"O(hubops.jupyterhub.{module}#module:\1\2)", text)


def short(text: list[str]) -> list[str] | str:
    """Return a description of one sentence as text instead of a list."""
    return text[0] if len(text) == 1 else text


def items(kind: str) -> Doc:
    """Return the attributes of a list's items. A default that the module documents beside the list
    is documented in the item.
    """
    module = name_of(kind)
    top = documented(module_of(kind))
    result = {}
    for name, option in top[kind]["suboptions"].items():
        own = {
            key: value for key, value in option.items() if key not in ("description", "suboptions")
        }
        if "choices" in own:
            own["choices"] = Choices(own["choices"])
        text = sentences(option["description"])
        if "as described at" in " ".join(text):
            # The sentence about the option beside the list is left out.
            text = [
                sentence
                for sentence in sentences(top[name]["description"])
                if not re.match(r"(Beside|With|Exclusive with) O\(", sentence)
            ]
        text = [elsewhere(sentence, module) for sentence in text]
        result[name] = {"description": short(text), **own}
    return result


def lists() -> Doc:
    """Return the documentation of all lists for modules."""
    return {
        kind: {
            "description": [
                about.about,
                f"In the form of O(hubops.jupyterhub.{name_of(kind)}#module:{kind}).",
            ],
            "type": "list",
            "elements": "dict",
            "version_added": "0.1.0",
            "suboptions": items(kind),
        }
        for kind, about in derived.kinds().items()
    }


def declared() -> Doc:
    """Return the documentation of an option that holds a whole declaration."""
    guards = documented(ROOT / "plugins" / "modules" / "jupyterhub_preflight.py")
    suboptions = lists()
    for name in GUARDS:
        text = [
            re.sub(r"\bO\(([a-z_]+)", r"O(declared.\1", sentence)
            for sentence in sentences(guards[name]["description"])
        ]
        suboptions[name] = {**guards[name], "description": short(text)}
        if "choices" in suboptions[name]:
            suboptions[name]["choices"] = Choices(suboptions[name]["choices"])
    return {
        "declared": {
            "description": [
                "What the hub should be, as the variables of the role"
                " P(hubops.jupyterhub.provision#role) without C(jupyterhub_). What differs is"
                " found (DRF-1 to DRF-6).",
                "Nothing but what is needed to see the differences is read, and the token needs no"
                " scope to write.",
            ],
            "type": "dict",
            "version_added": "0.1.0",
            "suboptions": suboptions,
        }
    }


def fragment(about: str, options: Doc) -> str:
    """Return the text of a fragment that documents options."""
    text = dumped({"options": options}, 60)
    header = "\n".join((*FRAGMENT_HEADER, f'    """{about}"""', ""))
    return f'{header}\n    DOCUMENTATION = r"""\n{text}"""\n'


# The options that limit what the lists may change.
GUARDS = ("prune", "prune_keep", "prune_match", "prune_limit", "remove_limit", "stored_names")
FRAGMENT_HEADER = (
    "# Copyright (c) 2026, The hubops.jupyterhub maintainers",
    "# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)",
    "# SPDX-License-Identifier: GPL-3.0-or-later",
    "",
    "# PRIVATE to the collection hubops.jupyterhub: it may change, so do not use it from elsewhere.",
    "",
    "from __future__ import annotations",
    "",
    "",
    "class ModuleDocFragment:",
)
WRITTEN = "written by tests/tools/documentation.py from their options."


def role_items(kind: str) -> Doc:
    """Return the attributes of a list's items for the argument spec of a role, which has no aliases
    and no versions.
    """
    top = documented(module_of(kind))
    spec = vars(derived.imported(f"_module.specs.{kind}"))["SPEC"].options
    result = {}
    for name, option in items(kind).items():
        own = {
            key: value
            for key, value in option.items()
            if key not in ("version_added", "aliases", "default")
        }
        # The default itself is added below.
        own["description"] = short(
            [
                re.sub(r" The default is what \S+ says\.", "", sentence)
                for sentence in sentences(own["description"])
            ]
        )
        default = top.get(name, {}).get("default", option.get("default"))
        if default is not None:
            own["default"] = default
        if "no_log" in spec[kind]["options"][name]:
            own["no_log"] = spec[kind]["options"][name]["no_log"]
        for key in (name, *option.get("aliases", ())):
            result[key] = own
    return result


def role_lists() -> Doc:
    """Return the variables of the role provision that are lists."""
    return {
        f"{PREFIX}{kind}": {
            "description": [
                about.about,
                (
                    f"A list, as O(hubops.jupyterhub.{name_of(kind)}#module:{kind}) takes it. That"
                    " module converts and checks it, not the role."
                ),
            ],
            "type": "raw",
            **({"no_log": False} if kind == "tokens" else {}),
            "options": role_items(kind),
        }
        for kind, about in derived.kinds().items()
    }


def role_connection(but: Collection[str] = ()) -> Doc:
    """Return the variables of a role that describe the connection, but without some."""
    options = vars(derived.imported("_module.options"))["CONNECTION"].options
    result = {}
    for name, option in documented(ROOT / "plugins" / "doc_fragments" / "_connection.py").items():
        if name in but:
            continue
        text = [
            re.sub(r"\bO\(([a-z_]+)", lambda found: f"O({variable_of(found[1])}", sentence)
            for sentence in sentences(option["description"])
        ]
        own = {"description": short(text), "type": option["type"]}
        if "no_log" in options[name]:
            own["no_log"] = options[name]["no_log"]
        result[variable_of(name)] = own
    return result


def dumped(data: Any, width: int) -> str:
    """Return data as YAML."""
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=width)


def filled(text: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """Return a text in which its generated parts are replaced."""

    def replace(found: re.Match[str]) -> str:
        write = parts.get(found["part"])
        if write is None:
            # Lines of hand-written parts are kept.
            return found[0]
        inner = textwrap.indent(write(), found["indent"])
        return f"{found['begin']}{inner}{found['end']}"

    return re.sub(
        r"(?P<begin>(?P<indent>[ ]*)(?P<mark>#|<!--) BEGIN (?P<part>\w+)(?P<close>| -->)\n)"
        r".*?(?P<end>[ ]*(?P=mark) END (?P=part)(?P=close)\n)",
        replace,
        text,
        flags=re.DOTALL,
    )


def role(text: str) -> str:
    """Return the text of a role's argument spec in which the generated parts are replaced."""
    parts = {"lists": lambda: dumped(role_lists(), 60)}
    parts["connection"] = lambda: dumped(role_connection(), 60)
    parts["transport"] = lambda: dumped(role_connection(OWN), 60)
    return filled(text, parts)


def returned(path: pathlib.Path) -> str:
    """Return the text of a module in which the generated parts of RETURN are replaced."""
    text = path.read_text(encoding="utf-8")
    found = re.search(r'RETURN = r"""\n(.*?)"""', text, re.DOTALL)
    assert found is not None, path
    # The hand-written part of the module: all lines outside the generated parts.
    names = yaml.safe_load(RETURNED.read_text(encoding="utf-8"))
    own: Doc = yaml.safe_load(filled(found[1], dict.fromkeys(names, str))) or {}
    # A result only depends on refused items if it can leave something out.
    takes_earlier = "- hubops.jupyterhub._earlier\n" in text and bool(
        {"missing", "missing_users"} & set(own)
    )
    parts = {part: functools.partial(returned_part, part, own, takes_earlier) for part in names}
    return text[: found.start(1)] + filled(found[1], parts) + text[found.end(1) :]


def returned_part(part: str, own: Doc, takes_earlier: bool) -> str:
    """Return one part of what a module returns.

    :param own: the hand-written part of the module.
    :param takes_earlier: whether the module leaves out items that depend on O(earlier.refused).
    """
    keys: Doc = yaml.safe_load(RETURNED.read_text(encoding="utf-8"))[part]
    if part == "changes":
        shown = own[part]["sample"][0]
        for name, field in keys["contains"].items():
            field["sample"] = Flow(shown[name]) if name == "fields" else shown[name]
    said = own[part] if part in BELOW_A_KEY else own
    keys = {name: value for name, value in keys.items() if name not in said}
    if part == "unfinished" and takes_earlier:
        keys["pending"]["returned"] += (
            ", and when something depends on an object in O(earlier.refused)"
        )
    for value in keys.values():
        if isinstance(value, dict) and isinstance(value.get("sample"), list):
            value["sample"] = Choices(value["sample"])
    return dumped(keys, 92)


def wanted() -> dict[pathlib.Path, str]:
    """Return the generated files as they should be."""
    roles = sorted((ROOT / "roles").glob("*/meta/argument_specs.yml"))
    modules = sorted((ROOT / "plugins" / "modules").glob("*.py"))
    texts = {
        FRAGMENT: fragment(f"The lists of all modules, {WRITTEN}", lists()),
        DECLARED: fragment(f"The lists of all modules in one option, {WRITTEN}", declared()),
        **{path: role(path.read_text(encoding="utf-8")) for path in roles},
        **{path: returned(path) for path in modules},
        **derived.files(),
    }
    for path, parts in [*derived.PARTS.items(), *variables.PARTS.items()]:
        texts[path] = filled(texts.get(path) or path.read_text(encoding="utf-8"), parts)
    return texts


def stale() -> list[pathlib.Path]:
    """Return the files that are out of date."""
    return [
        path
        for path, text in wanted().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Write or check; return the exit status."""
    for path in stale():
        print(path.relative_to(ROOT))
        if "--check" not in sys.argv:
            path.write_text(wanted()[path], encoding="utf-8")
    return 1 if "--check" in sys.argv and stale() else 0


if __name__ == "__main__":
    raise SystemExit(main())
