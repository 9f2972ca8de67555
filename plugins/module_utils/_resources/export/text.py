# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The files of an export: which variables are in which file, below which comment."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.declare import (
    Export,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.kind import (
    Item,
    LeftOut,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.wanted import (
    TOKENS,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.yaml_text import (
    assigned,
    lines_of,
    quoted,
    variable,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import one_line

# The mark by which an export recognises its own files. It is in the first lines of each.
MARK = "# Written by hubops.jupyterhub.jupyterhub_export"
# So many of the left-out objects are listed in the file; the task returns all.
SHOWN = 100
# Characters of a reason, which may have names of others in it.
LONGEST_REASON = 500
HEADER = """\
---
{mark}: the next export replaces this file.
#
# Variables of the role hubops.jupyterhub.provision. This command shows what they would change:
#
#   ansible-playbook hubops.jupyterhub.provision -e @THIS_FILE --check --diff
#
# The hub does not return these, so they are not in here: secrets of tokens and services, OAuth
# settings of services, share codes, passwords, files, and everything in its configuration, roles
# included. Where the authenticator manages groups (manage_groups), the next login undoes what is
# declared of groups: export without groups there.
"""
TOKENS_HEADER = """\
# Tokens that jupyterhub_token has created. The hub returns neither their secrets nor the scopes
# that were requested: give each a dest and its scopes, and then move it into the list.
"""


def texts(export: Export, *, split: bool) -> dict[str, str]:
    """Write an export.

    :param split: a file for each kind.
    :returns: the text of each kind, or of all of them under the name "".
    """
    if split:
        return {
            kind: _file({kind: items}, [one for one in export.left_out if f"{one.kind}s" == kind])
            for kind, items in export.kinds.items()
        }
    return {"": _file(export.kinds, export.left_out)}


def _file(kinds: t.Mapping[str, list[Item]], left_out: t.Sequence[LeftOut]) -> str:
    parts = [HEADER.format(mark=MARK)]
    if left_out:
        told = [
            f"#   {one.kind} {quoted(one.name)}: {one_line(one.reason, LONGEST_REASON)}\n"
            for one in left_out[:SHOWN]
        ]
        more = len(left_out) - len(told)
        parts += ["#\n# Left out:\n", *told, *([f"#   and {more} more\n"] if more else [])]
    for kind, items in kinds.items():
        parts.append("\n")
        if kind == TOKENS:
            parts += [
                TOKENS_HEADER,
                f"{variable(kind)}: []\n",
                *(f"# {line}\n" for line in lines_of(list(items), "  ", free=False)),
            ]
        elif items:
            parts.append(assigned(kind, items))
        else:
            parts.append(f"{variable(kind)}: []\n")
    return "".join(parts)
