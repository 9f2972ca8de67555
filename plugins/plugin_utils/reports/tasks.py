# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Tasks as YAML that Ansible reads again. Text that could be a template is ``!unsafe`` there."""

from __future__ import annotations

import re

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.yaml_text import TEMPLATE

# What YAML takes for text without quotes, whatever the reader's version of YAML.
SIMPLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[ ./-][A-Za-z0-9_]+)*")
# Words that YAML 1.1 takes for booleans or nothing, and numbers such as 1e3 begin with a digit.
WORDS = re.compile(r"(?i:y|n|yes|no|on|off|true|false|null)")


def to_yaml(value: object, indent: int = 0) -> str:
    """:returns: a list of tasks, or a part of one, with line ends."""
    pad = " " * indent
    if isinstance(value, list) and value:
        return "".join(f"{pad}- {to_yaml(item, indent + 2).lstrip(' ')}" for item in value)
    if isinstance(value, dict) and value:
        return "".join(
            f"{pad}{_scalar(key)}:{_beside(inner, indent)}" for key, inner in value.items()
        )
    return f"{pad}{_scalar(value)}\n"


def _beside(value: object, indent: int) -> str:
    """:returns: a value after its key: on the same line, or below it."""
    if isinstance(value, (list, dict)) and value:
        return "\n" + to_yaml(value, indent + 2)
    return f" {_scalar(value)}\n"


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, dict)):
        return "[]" if isinstance(value, list) else "{}"
    text = str(value)
    if SIMPLE.fullmatch(text) and not WORDS.fullmatch(text):
        return text
    tag = "!unsafe " if TEMPLATE.search(text) else ""
    return f'{tag}"{"".join(map(_quoted, text))}"'


def _quoted(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )
