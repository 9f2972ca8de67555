# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Variables of a role that are set in vain."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.input import (
    misspelt,
    told_misspelt,
)


def misspelled(
    variables: t.Iterable[str], known: t.Collection[str], unset: t.Collection[str]
) -> list[str]:
    """:returns: a sentence for each variable that nothing reads and that looks like an unset one.

    :param variables: the names that are set.
    :param known: the names that are read, all with the same word and underscore in front.
    :param unset: those of them that are not set.
    """
    # What all names have in common does not make two of them similar.
    prefix = next((f"{name.partition('_')[0]}_" for name in known), "")
    others = [name for name in variables if name not in known]
    return [
        told_misspelt(name, meant)
        for name, meant in sorted(misspelt(prefix, others, unset).items())
    ]
