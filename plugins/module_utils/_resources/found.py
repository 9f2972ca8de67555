# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Objects of a hub, found by the names that a task uses for them.

Pure: ``directory.py`` reads the objects.
"""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize

# The type of a row.
R = t.TypeVar("R", bound=t.Mapping[str, object])
# So many names that are there in lower case only show that the hub stores all like that.
ENOUGH = 2


class StoredNames:
    """The names under which a hub stores users who are declared by another one.

    A declared name counts in any case; the one that is spelled alike goes first, as two users may
    differ in case only.
    """

    def __init__(self, given: t.Mapping[str, str] | None = None) -> None:
        given = given or {}
        self._names = {**{normalize(name): stored for name, stored in given.items()}, **given}

    def get(self, name: str) -> str | None:
        """:returns: the hub's name for the user; None: the task does not give it."""
        return self._names.get(name) or self._names.get(normalize(name))

    def candidates(self, name: str) -> tuple[str, ...]:
        """:returns: the names under which the hub may store the user whom a name means, to be tried
        in this order.

        When the hub has none of them, the last one is what it would most likely store.
        """
        known = self.get(name)
        if known is not None:
            return (known,)
        return (name,) if name == normalize(name) else (name, normalize(name))


class Found(t.Generic[R]):
    """What is on the hub, found by name.

    :param rows: the objects that were read.
    :param folded: a name also means the object that the hub would store under it, unless there is
    one of just that name.
    :param stored_names: the names under which the hub stores users who are declared by another one.
    :param asked: the names that were looked for; together with the rows they may show whether the
    hub keeps the case of names.
    :param keeps_case: whether it does, where the rows do not show it.
    """

    def __init__(
        self,
        rows: t.Iterable[R],
        *,
        folded: bool,
        stored_names: t.Mapping[str, str] | None = None,
        asked: t.Iterable[str] = (),
        keeps_case: t.Callable[[], bool] = lambda: False,
    ) -> None:
        # The hub lists users whose name was destroyed with the name null; nothing can address them.
        self.rows: dict[str, R] = {}
        self.nameless = 0
        # By the names that the hub was asked to store in this task, those that it has stored.
        self.learned: dict[str, str] = {}
        for row in rows:
            name = row["name"]
            if isinstance(name, str):
                self.rows[name] = row
            else:
                self.nameless += 1
        self._told = StoredNames(stored_names)
        self.keeps_case = False
        if folded:
            unclear = {
                name
                for name in asked
                if name != normalize(name) and name not in self.rows and not self.told(name)
            }
            shown = self._shown_case(unclear, set(asked))
            self.keeps_case = bool(unclear) and keeps_case() if shown is None else shown
        self._folded = folded and not self.keeps_case

    def _shown_case(self, unclear: t.Collection[str], asked: t.Collection[str]) -> bool | None:
        """Whether the rows show that the hub keeps the case of names, instead of storing all in
        lower case; None: they do not show it.

        A hub that stores all in lower case has a name with capitals only from a request for a
        single user. Such a user can neither log in nor join a group: so one who has done that
        proves that the hub keeps the case. Otherwise the names that are asked for decide: several
        that are there in lower case only prove that it does not.
        """
        kept = [row for name, row in self.rows.items() if name != normalize(name)]
        if any(map(proves_kept_case, kept)):
            return True
        lowered = sum(
            normalize(name) in self.rows and normalize(name) not in asked for name in unclear
        )
        if kept:
            return not lowered
        return False if lowered >= ENOUGH else None

    def get(self, name: str) -> R | None:
        """:returns: the object that this name means."""
        return self.rows.get(self.stored(name))

    def stored(self, name: str) -> str:
        """:returns: the hub's name for the object that this name means; for an object that does not
        exist, the most likely name.
        """
        known = self.learned.get(name) or self._told.get(name)
        if known is not None:
            return known
        return name if name in self.rows or not self._folded else normalize(name)

    def told(self, name: str) -> bool:
        """Whether the task itself gives the hub's name for this one."""
        return self._told.get(name) is not None

    def learn(self, name: str, stored: str) -> None:
        """Note what the hub has made of a name."""
        self.learned[name] = stored


def proves_kept_case(row: t.Mapping[str, object]) -> bool:
    """Whether a user has capitals in the name and has logged in, or joined a group."""
    name = row["name"]
    return bool(
        isinstance(name, str)
        and name != normalize(name)
        and (row.get("groups") or row.get("last_activity"))
    )
