# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""Pruning: what is not declared goes, as far as the guards let it."""

from __future__ import annotations

import dataclasses
import fnmatch
import math
import re
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief


@dataclasses.dataclass(frozen=True)
class Prune:
    """The options of a purge.

    :param keep: globs of what stays.
    :param match: globs of what may go; None: anything.
    :param limit: a count, or a percentage such as ``10%`` of what may go.
    """

    keep: tuple[str, ...] = ()
    match: tuple[str, ...] | None = None
    limit: str = "10%"

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> Prune | None:
        """:returns: the purge that a task's options ask for, if any.

        :raises RefusedError: prune_limit is neither a count nor a percentage.
        """
        if not options["prune"]:
            return None
        if not re.fullmatch(r"[0-9]{1,9}%?", options["prune_limit"].strip()):
            raise RefusedError(
                f"prune_limit {brief(options['prune_limit'])} is neither a count nor a percentage: write it like 25 or 10%. Nothing was changed."
            )
        match = options["prune_match"]
        return cls(tuple(options["prune_keep"]), None if match is None else tuple(match), options["prune_limit"])

    def select(
        self,
        plural: str,
        existing: t.Sequence[str],
        declared: t.Collection[str],
        protected: t.Collection[str],
        spell: t.Callable[[str], str] = str,
    ) -> list[str]:
        """Choose what goes.

        :param existing: all names on the hub, as stored.
        :param declared: names that are declared, as stored or as the hub would store them.
        :param protected: names that never go.
        :param spell: how names are spelt to compare them with globs, which are spelt like them.
        :returns: the names to delete, in their order on the hub.
        :raises RefusedError: nothing is declared, or more than the limit would go.
        """
        if not declared:
            raise RefusedError(f"prune with no declared {plural} would delete every one of them: declare at least one. Nothing was changed.")
        match = None if self.match is None else [spell(glob) for glob in self.match]
        keep = [spell(glob) for glob in self.keep]
        scope = [name for name in existing if match is None or matches(spell(name), match)]
        going = [name for name in scope if name not in declared and name not in protected and not matches(spell(name), keep)]
        allowed = self._allowed(len(scope))
        if len(going) > allowed:
            shown = ", ".join(going[:20]) + (f" and {len(going) - 20} more" if len(going) > 20 else "")
            raise RefusedError(
                f"prune would delete {len(going)} of {len(scope)} {plural}, more than prune_limit {self.limit} allows ({allowed}): {shown}. "
                "Nothing was changed. Check the list you declare, or raise prune_limit.",
                would_delete=going,
            )
        return going

    def _allowed(self, total: int) -> int:
        limit = self.limit.strip()
        return math.ceil(total * int(limit[:-1]) / 100) if limit.endswith("%") else int(limit)


def matches(name: str, globs: t.Iterable[str]) -> bool:
    """Whether a name fits one of the globs; case counts."""
    return any(fnmatch.fnmatchcase(name, glob) for glob in globs)
