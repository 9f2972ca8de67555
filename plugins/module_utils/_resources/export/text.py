# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""An export as YAML, without a library: what Ansible reads again is exactly what the hub has said, and none of it is run.

Strings are written in quotes, as JSON writes them, so that ``on``, ``007`` and ``null`` stay text. A string that looks like a template
is ``!unsafe``: names, notes and properties come from people, and the file is read by Ansible.
"""

from __future__ import annotations

import json
import math
import re
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.declare import Export, Item, LeftOut
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.wanted import TOKENS, variable
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import Json

# By this an export knows its own files. It stands in the first lines of each.
MARK = "# Written by hubops.jupyterhub.jupyterhub_export"
# What begins a template in Ansible, and a header by which a text could set other signs.
TEMPLATE = re.compile(r"\{[{%#]|#jinja2")
# Fields whose values are objects of others: their keys are text like any other.
FREE = frozenset({"properties", "user_options", "info", "auth_state"})
# YAML reads a key of up to 1024 characters on its line; a longer one is marked.
LONGEST_KEY = 1000
# So many of the things that are left out stand in the file; the task returns all.
SHOWN = 100
HEADER = """\
---
{mark}: the next export replaces this file.
#
# Variables of the role hubops.jupyterhub.provision. This shows what they would change on the hub:
#
#   ansible-playbook hubops.jupyterhub.provision -e @THIS_FILE --check --diff
#
# A hub does not tell, so that it is not in here: secrets of tokens and services, OAuth settings of services, codes of shares,
# passwords, files, and all that stands in its configuration, roles among them. Where the authenticator manages groups
# (manage_groups), what is declared of groups is undone at the next login: export without them there.
"""
TOKENS_HEADER = """\
# Tokens that jupyterhub_token has made. A hub tells neither their secrets nor which scopes were asked for: give each a dest, and its
# scopes, and then put it into the list.
"""


def scalar(value: Json) -> str:
    """:returns: text, a number, a truth value or null, as YAML 1.1 and 1.2 read it alike."""
    if isinstance(value, str):
        return f"!unsafe {quoted(value)}" if TEMPLATE.search(value) else quoted(value)
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value)


def quoted(text: str) -> str:
    """:returns: a text in double quotes; what does not show, or turns the line around, is spelt out."""
    written = json.dumps(text, ensure_ascii=False)
    if written.isprintable():
        return written
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in written)


def _escape(letter: str) -> str:
    number = ord(letter)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _number(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    digits, exponent, power = repr(value).partition("e")
    # Without the point, YAML 1.1 takes it for text.
    return f"{digits}{'' if '.' in digits else '.0'}{exponent}{power}"


def lines_of(value: Json, indent: str, *, free: bool) -> list[str]:
    """
    :param value: an object or a list that is not empty.
    :param free: the keys are those of others.
    """
    lines: list[str] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            lines += _field(key, inner, indent, free=free)
    elif isinstance(value, list):
        for each in value:
            if isinstance(each, (dict, list)) and each:
                first, *rest = lines_of(each, f"{indent}  ", free=free)
                lines += [f"{indent}- {first[len(indent) + 2 :]}", *rest]
            else:
                lines.append(f"{indent}- {scalar(each)}")
    return lines


def _field(key: str, value: Json, indent: str, *, free: bool) -> list[str]:
    lead = [f"{indent}{key}:"]
    if free:
        name = scalar(key)
        lead = [f"{indent}{name}:"] if len(name) <= LONGEST_KEY else [f"{indent}? {name}", f"{indent}:"]
    if isinstance(value, (dict, list)) and value:
        return [*lead, *lines_of(value, f"{indent}  ", free=free or key in FREE)]
    lead[-1] += f" {scalar(value)}"
    return lead


def texts(export: Export, *, split: bool) -> dict[str, str]:
    """Write an export.

    :param split: a file for each kind.
    :returns: the text of each kind, or of all of them under the name "".
    """
    if split:
        return {kind: _file({kind: items}, [one for one in export.left_out if f"{one.kind}s" == kind]) for kind, items in export.kinds.items()}
    return {"": _file(export.kinds, export.left_out)}


def _file(kinds: t.Mapping[str, list[Item]], left_out: t.Sequence[LeftOut]) -> str:
    parts = [HEADER.format(mark=MARK)]
    if left_out:
        told = [f"#   {one.kind} {quoted(one.name)}: {one.reason}\n" for one in left_out[:SHOWN]]
        more = len(left_out) - len(told)
        parts += ["#\n# Left out:\n", *told, *([f"#   and {more} more\n"] if more else [])]
    for kind, items in kinds.items():
        parts.append("\n")
        if kind == TOKENS:
            parts += [TOKENS_HEADER, f"{variable(kind)}: []\n", *(f"# {line}\n" for line in lines_of(list(items), "  ", free=False))]
        elif items:
            parts += [f"{variable(kind)}:\n", *(f"{line}\n" for line in lines_of(list(items), "  ", free=False))]
        else:
            parts.append(f"{variable(kind)}: []\n")
    return "".join(parts)
