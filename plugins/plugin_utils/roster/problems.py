# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""What is wrong with a class list, said in one sentence."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence

# A broken export can make every row a bad one; the sentence stays readable all the same.
MOST_PROBLEMS_TOLD = 8
LONGEST_TEXT_TOLD = 80


class RosterError(Exception):
    """A class list, or an option of the filter, cannot be used. The text says why and what to
    do.
    """


class Problems:
    """Every row that cannot be used, so that one run of the filter reports them all."""

    def __init__(self) -> None:
        self._told: dict[str, None] = {}
        self._hints: dict[str, None] = {}

    def add(self, problem: str, hint: str = "") -> None:
        """Note one problem, and a sentence about the option that solves it. The same one twice is
        one.
        """
        self._told[problem] = None
        if hint:
            self._hints[hint] = None

    def raise_if_any(self) -> None:
        """Raise RosterError with all of them."""
        if not self._told:
            return
        told = list(self._told)[:MOST_PROBLEMS_TOLD]
        more = len(self._told) - len(told)
        if more:
            told.append(f"and {more} more like these")
        message = f"The class list cannot be used: {'; '.join(told)}."
        raise RosterError(" ".join([message, *self._hints]))


def shown(text: str) -> str:
    """Return text of a class list as it may stand in a message: quoted, in one line, and not too
    long.
    """
    return repr(text if len(text) <= LONGEST_TEXT_TOLD else text[: LONGEST_TEXT_TOLD - 3] + "...")


def listed(texts: t.Iterable[str], most: int = 20) -> str:
    """Return names as a list in a message, each in one line, and not too many."""
    names = [shown(text)[1:-1] for text in texts]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def kind(value: object) -> str:
    """Return what a value is, in YAML's terms."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if isinstance(value, Mapping):
        return "a dictionary"
    return "a list" if isinstance(value, Sequence) else f"a {type(value).__name__}"
