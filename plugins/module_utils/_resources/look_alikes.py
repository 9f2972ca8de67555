# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Names that are not on the hub, and look like others that are: what is to be removed stays."""

from __future__ import annotations

import typing as t
import unicodedata

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import spelt
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import WrongObjectError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import Found
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed, plain

R = t.TypeVar("R")


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
    found.rows.update(_read_others(api.user_get, missing, found.rows))


def _read_others(
    read: t.Callable[[str], R | None], missing: t.Iterable[str], known: t.Collection[str]
) -> dict[str, R]:
    """:returns: by name, what is there and looks like what is missing."""
    others = {other for name in missing for other in spellings(name)}
    found = {}
    for other in sorted(others - set(known) - {""}):
        try:
            row = read(other)
        except WrongObjectError:
            # The hub's database takes it for another name that is there.
            continue
        except ApiError as error:
            if not error.beyond_reach:
                raise
            # What the caller may not see is nothing that this task could have meant.
            continue
        if row is not None:
            found[other] = row
    return found


def warnings_of_missing(
    read: t.Callable[[str], object], missing: t.Collection[str], known: t.Collection[str] = ()
) -> list[str]:
    """What is to be removed, or what it belongs to, may be on the hub under another name.

    :param read: returns what has a name on the hub; None: nothing has.
    :param missing: the names that are to be removed and that nothing on the hub has.
    :param known: other names that are on the hub.
    :returns: sentences about those that may.
    """
    there = {*known, *_read_others(read, missing, known)}
    return list(not_removed("on the hub", missing, there))


def is_login(name: str) -> bool:
    """Whether a name may be what somebody logs in with, and the hub stores another one: an email
    address, usually.
    """
    return "@" in name


def unknown_logins(missing: t.Iterable[str], known: t.Iterable[str] = ()) -> t.Iterator[str]:
    """:param missing: the names of users that are to be removed, or what belongs to them, and that
    no user of the hub has.
    :param known: other names of users. One with an at sign shows that the hub stores them so.
    :returns: a sentence about those that the hub may store under another name.
    """
    logins = sorted(filter(is_login, set(missing)))
    if logins and not any(map(is_login, known)):
        yield (
            "These users do not exist on the hub, so nothing is removed for them:"
            f" {listed(logins)}. If the hub stores users under other names, set stored_names."
        )


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
