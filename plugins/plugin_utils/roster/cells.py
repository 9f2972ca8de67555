# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The content of the cells of groups and roles, which may be several names."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Collection, Sequence

from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import look
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.options import Options
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.problems import (
    Problems,
    RosterError,
    kind,
    listed,
    shown,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.table import (
    USUAL_GROUP_COLUMNS,
    Row,
    Table,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.texts import (
    ENTITY,
    NO_VALUE,
    Spellings,
    fold,
    items_of,
    text_of,
    why_not_storable,
)

USUAL_SEPARATORS = (";",)
# What Moodle writes for a user who is in no group (groupsnone in lang/en/group.php).
NO_GROUP = "no groups"
# Hardly ever part of a group's name, and often between two of them.
LIKELY_SEPARATORS = (",", "|", "\t", "\n", "\u3001", "\uff0c", "\uff1b")
# Often part of a group's name: they only separate where the parts are groups themselves.
POSSIBLE_SEPARATORS = re.compile(r"\s*,?\s+and\s+|\s*[&/+]\s*", re.IGNORECASE)
# Quotation marks that the reader of CSV did not take for the ends of a cell.
QUOTED = re.compile(r"([\"'`]).*\1", re.DOTALL)
# What is left of "A, B, and C" when it is split at commas.
LEFT_OVER = re.compile(r"and\s+\S", re.IGNORECASE)
SEVERAL = (
    "The option group_separator sets what separates groups, for example"
    " group_separator={example}; if it is empty, a cell is always one group."
)


class Groups:
    """The groups of the rows, each checked where it stands and against the others."""

    def __init__(self, table: Table, options: Options, problems: Problems) -> None:
        self._options = options
        self._problems = problems
        self._spellings = Spellings("group")
        self._columns = _group_columns(table, options.group_column)
        self._seen: dict[str, tuple[str, str]] = {}

    def of(self, row: Row) -> list[str]:
        """Return the groups of a row, each once."""
        found: dict[str, None] = {}
        for column in self._columns:
            for name in split(row, column, self._options, "group", self._problems):
                if fold(name) == NO_GROUP:
                    continue
                self._check_one(name, row)
                self._seen.setdefault(look(name), (name, row.label))
                found[name] = None
        return list(found)

    def check(self, name: str, row: Row) -> None:
        """Report what the hub would treat as a group but is not meant as one."""
        why = why_not_storable(name)
        if why:
            self._problems.add(f"{row.label} has the group {shown(name)}, {why}")
        elif NO_VALUE.fullmatch(name):
            self._problems.add(
                f"{row.label} has the group {shown(name)}, which a database or a program writes for"
                " no value: leave the cell empty"
            )
        elif QUOTED.fullmatch(name):
            self._problems.add(
                f"{row.label} has the group {shown(name)}, which has quotation marks around it: in"
                " CSV they enclose a cell, and nothing stands before them, not even a space"
            )
        else:
            self._spellings.check(name, row.label, self._problems)

    def check_all(self) -> None:
        """Report groups that are several others in one cell."""
        if self._options.group_separator is not None:
            return
        for name, label in self._seen.values():
            parts = [part for part in POSSIBLE_SEPARATORS.split(name) if part]
            if len(parts) > 1 and all(look(part) in self._seen for part in parts):
                separator = POSSIBLE_SEPARATORS.search(name)
                self._add_several(name, label, repr(separator[0]) if separator else "")

    def _check_one(self, name: str, row: Row) -> None:
        """Report a name that looks like several, or like the rest of several."""
        separators = self._options.group_separator
        if separators is None:
            found = [separator for separator in LIKELY_SEPARATORS if separator in name.strip()]
            if found:
                oxford = re.search(r",\s+and\s", name)
                self._add_several(
                    name, row.label, "[', and ', ' and ', ',']" if oxford else repr(found[0])
                )
        elif any("," in separator for separator in separators) and LEFT_OVER.match(name):
            self._add_several(name, row.label, "[', and ', ' and ', ',']")

    def _add_several(self, name: str, label: str, example: str) -> None:
        self._problems.add(
            f"{label} has the group {shown(name)}, which looks like several groups",
            SEVERAL.format(example=example),
        )


def split(row: Row, column: str, options: Options, what: str, problems: Problems) -> list[str]:
    """Return the names in a cell, which may hold several of them or none."""
    if column not in row.cells:
        problems.add(f"{row.label} has no cell for the column '{column}'")
        return []
    found: list[str] = []
    for part in items_of(row.cells[column]):
        text = text_of(part)
        if text is None:
            problems.add(f"{row.label} has {kind(part)} for a {what}")
            continue
        # An entity of HTML is refused as a whole: the semicolon at its end separates nothing.
        whole = options.group_separator == () or ENTITY.search(text)
        names = [text] if whole else _pattern(options).split(text)
        found.extend(name.strip() for name in names if name.strip())
    return found


def roles_of(
    row: Row, column: str | None, options: Options, known: Collection[str], problems: Problems
) -> list[str]:
    """Return the folded roles of a row; a cell that looks like several known ones is reported."""
    if column is None:
        return []
    roles = [fold(role) for role in split(row, column, options, "role", problems)]
    for role in roles:
        parts = {
            fold(part) for separator in LIKELY_SEPARATORS for part in role.split(separator)
        } - {role}
        if role not in known and parts.intersection(known):
            problems.add(
                f"{row.label} has the role {shown(role)}, which looks like several roles",
                SEVERAL.format(example="','"),
            )
    return roles


def _pattern(options: Options) -> t.Pattern[str]:
    separators = options.group_separator or USUAL_SEPARATORS
    # The longest first: ", and " is one separator and not a comma with something behind it.
    return re.compile(
        "|".join(re.escape(each) for each in sorted(separators, key=len, reverse=True))
    )


def _group_columns(table: Table, wanted: Sequence[str] | None) -> list[str]:
    if wanted is not None:
        return [table.column("group_column", "the groups", column) for column in wanted]
    usual = [column for column in USUAL_GROUP_COLUMNS if column in table.columns]
    if len(usual) == 1:
        return [table.column("group_column", "the groups", usual[0])]
    reason = (
        "both a column 'group' and a column 'groups'" if usual else "no column 'group' or 'groups'"
    )
    raise RosterError(
        f"The class list has {reason}: its columns are {listed(table.columns)} (set the option"
        " group_column to the columns to use, or to an empty string for a list without groups)."
    )
