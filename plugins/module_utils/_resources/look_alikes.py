# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Names that are not on the hub, and look like others that are: what is to be removed stays."""

from __future__ import annotations

import typing as t
import unicodedata

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import spelt
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import WrongObjectError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import Found
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed, plain


def spellings(name: str) -> set[str]:
    """:returns: the other names that look the same and are likely: with composed letters, with
    decomposed ones, and without invisible characters.
    """
    ways = (unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name), plain(name))
    return set(ways) - {name}


def read_look_alikes(api: HubApi, names: t.Iterable[str], found: Found[UserRow]) -> None:
    """Add the users to what was found whose names look like those of users who do not exist.

    :raises HubError: they cannot be read.
    """
    missing = [found.stored(name) for name in names if found.get(name) is None]
    for other in sorted({other for name in missing for other in spellings(name)}):
        if other and other not in found.rows:
            try:
                row = api.user_get(other)
            except WrongObjectError:
                # The hub's database takes it for another name that is there.
                continue
            if row is not None:
                found.rows[other] = row


def not_removed(where: str, names: t.Iterable[str], existing: t.Collection[str]) -> t.Iterator[str]:
    """:param where: as in "on the hub".
    :param names: what is to be removed from there.
    :returns: a warning about those that are not there, while another one looks the same.
    """
    gone = sorted(set(names) - set(existing))
    if not gone:
        return
    by_look = {plain(name): name for name in existing}
    pairs = [
        f"{spelt(name)} (there is {spelt(by_look[plain(name)])})"
        for name in gone
        if plain(name) in by_look
    ]
    if pairs:
        yield (
            f"These names are not {where}, and others that look the same are, which are not"
            f" removed: {listed(pairs)}. Write them as the hub does."
        )
