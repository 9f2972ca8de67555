# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Variables of a role that are set in vain."""

from __future__ import annotations

import difflib
import itertools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.input import (
    misspelt,
    told_misspelt,
)

# How much of two whole names must be the same, from 0 to 1.
SAME = 0.94


def misspelled(
    variables: t.Iterable[str], known: t.Collection[str], unset: t.Collection[str]
) -> list[str]:
    """:returns: a sentence for each variable that nothing reads and that looks like an unset one.

    :param variables: the names that are set.
    :param known: the names that are read, all with the same words in front.
    :param unset: those of them that are not set.
    """
    # What all names have in common does not make two of them similar.
    heads = zip(*(name.split("_")[:-1] for name in known))
    prefix = "".join(f"{words[0]}_" for words in _while_one(heads))
    others = [name for name in variables if name not in known]
    found = misspelt(prefix, others, unset)
    for name in others:
        # The mistake may be in the part that they have in common.
        if name not in found and not name.startswith(prefix):
            found.update((name, meant) for meant in difflib.get_close_matches(name, unset, 1, SAME))
    return [told_misspelt(name, meant) for name, meant in sorted(found.items())]


def _while_one(heads: t.Iterable[tuple[str, ...]]) -> t.Iterator[tuple[str, ...]]:
    """:returns: the first of these, as long as all words of one are the same."""
    return itertools.takewhile(lambda words: len(set(words)) == 1, heads)
