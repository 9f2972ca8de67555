# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Which rows of a class list count: those that ``only`` matches, and that have a name."""

from __future__ import annotations

import fnmatch
import typing as t
from collections.abc import Sequence

from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.options import Options
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.problems import (
    RosterError,
    listed,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.table import Row, Table
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.texts import (
    fold,
    is_filled,
    items_of,
    text_of,
)


def chosen(table: Table, name_column: str, options: Options) -> list[Row]:
    """Return the rows that count. Rows without any content never do.

    RosterError where options skip every row: a misspelled value would empty the class.
    """
    filled = [row for row in table.rows if any(is_filled(cell) for cell in row.cells.values())]
    rows = filled
    for column, patterns in options.only.items():
        table.column("only", "the rows to take", column)
        rows = [row for row in rows if _matches(row, column, patterns)]
        if filled and not rows:
            raise RosterError(_none_left(filled, column, patterns))
    if not options.skip_without_name:
        return rows
    named = [row for row in rows if is_filled(row.cells.get(name_column))]
    if rows and not named:
        raise RosterError(
            f"No row of the class list has anything in the column '{name_column}' (set the option"
            " name_column to the column with the login names)."
        )
    return named


def _matches(row: Row, column: str, patterns: Sequence[str]) -> bool:
    return any(
        text == pattern or fnmatch.fnmatchcase(text, pattern)
        for text in _values(row, column)
        for pattern in patterns
    )


def _values(row: Row, column: str) -> t.Iterator[str]:
    for item in items_of(row.cells.get(column)):
        text = str(item).lower() if isinstance(item, bool) else text_of(item)
        yield fold(text or "")


def _none_left(rows: Sequence[Row], column: str, patterns: Sequence[str]) -> str:
    values = dict.fromkeys(text or "nothing" for row in rows for text in _values(row, column))
    return (
        "The option only matches no row of the class list: it requires"
        f" {listed(repr(each) for each in patterns)} in the column '{column}', where there is"
        f" {listed(values)}."
    )
