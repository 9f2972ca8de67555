# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Values as YAML, without a library: Ansible reads back exactly what the hub has returned, and
evaluates none of it.

Strings are written in quotes, as JSON writes them, so that ``on``, ``007`` and ``null`` stay text.
A string that looks like a template is ``!unsafe``: names, notes and properties come from people,
and the file is read by Ansible.
"""

from __future__ import annotations

import json
import math
import re
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Json

# What begins a template in Ansible, and a header by which a text could set other signs.
TEMPLATE = re.compile(r"\{[{%#]|#jinja2")
# Fields whose values are objects of others: their keys are text like any other.
FREE = frozenset({"properties", "user_options", "info", "auth_state"})
# YAML reads a key of up to 1024 characters on its line; a longer one is marked.
LONGEST_KEY = 1000


def scalar(value: Json) -> str:
    """:returns: text, a number, a truth value or null, as YAML 1.1 and 1.2 read it alike."""
    if isinstance(value, str):
        return f"!unsafe {quoted(value)}" if TEMPLATE.search(value) else quoted(value)
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value)


def quoted(text: str) -> str:
    """:returns: a text in double quotes, with invisible characters, and those that change the
    direction of text, escaped.
    """
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


def variable(kind: str) -> str:
    """:returns: the variable of the role provision that takes this kind of objects."""
    return f"jupyterhub_{kind}"


def assigned(kind: str, items: t.Sequence[t.Mapping[str, Json]]) -> str:
    """:returns: the lines that give the variable of this kind these objects, of which there are
    some.
    """
    lines = lines_of(t.cast("list[Json]", list(items)), "  ", free=False)
    return "".join(f"{line}\n" for line in (f"{variable(kind)}:", *lines))


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
        lead = (
            [f"{indent}{name}:"]
            if len(name) <= LONGEST_KEY
            else [f"{indent}? {name}", f"{indent}:"]
        )
    if isinstance(value, (dict, list)) and value:
        return [*lead, *lines_of(value, f"{indent}  ", free=free or key in FREE)]
    lead[-1] += f" {scalar(value)}"
    return lead
