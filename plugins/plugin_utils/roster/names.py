# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Login names: what the hub would make of a cell, and what is no login name."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.options import Options
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.problems import (
    Problems,
    kind,
    listed,
    shown,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.table import Row, Table
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.texts import (
    CELL_ERROR,
    NO_VALUE,
    Spellings,
    fold,
    login_of,
    text_of,
    why_not_storable,
)

# "Brook, Tilda" and "Tilda Brook": nobody logs in like that.
DISPLAY_NAME = re.compile(r",|\S\s+\S")
KEPT = "If a login name is really written like this, add it to stored_names."
QUOTES = "\"'`\u2018\u2019\u201a\u201c\u201d\u201e"
# How spreadsheets call the sum and the mean in the languages of the class lists that were seen.
TOTALS = (
    "totals?", "totale", "totaal", "gesamt", "gesamtsumme", "summe", "somme", "average",
    "durchschnitt", "mittelwert", "moyenne", "gemiddelde", "promedio",
)  # fmt: skip
# What is no login name, however it is written: why not, and what to do.
NO_LOGINS: tuple[tuple[t.Pattern[str], str, str], ...] = (
    (
        re.compile(r"\d([.,]\d+)?E\+\d+|\d{3,}\.0", re.IGNORECASE),
        "into which a spreadsheet has converted a long number",
        f"Format the column as text in the spreadsheet, or export the list again. {KEPT}",
    ),
    (
        re.compile(r"=.*"),
        "which is a formula of a spreadsheet",
        f"Export the values, not the formulas. {KEPT}",
    ),
    (
        re.compile(r"mailto:.*", re.IGNORECASE),
        "which is a link",
        f"Export the addresses as text. {KEPT}",
    ),
    (
        re.compile(f"[{QUOTES}].*|.*[{QUOTES}]", re.DOTALL),
        "which has a quotation mark at one of its ends",
        f"In CSV, only straight double quotes enclose a cell. {KEPT}",
    ),
    (
        re.compile(f"({'|'.join(TOTALS)}):?", re.IGNORECASE),
        "which looks like a line of totals",
        f"Use the option only to skip rows that are not people. {KEPT}",
    ),
    (
        re.compile(f"(?!({CELL_ERROR.pattern})$)#.*", re.DOTALL | re.IGNORECASE),
        "which looks like a remark",
        f"Remove such lines: in CSV, every line is a row. {KEPT}",
    ),
    (
        re.compile("<.*>", re.DOTALL),
        "which is an address in angle brackets",
        f"Export the addresses alone. {KEPT}",
    ),
    (
        NO_VALUE,
        "which a database or a program writes for no value",
        f"Leave the cell empty, or use the option only to skip such rows. {KEPT}",
    ),
)
# Headings under which campus systems export login names.
LOGIN_HEADINGS = (
    "login", "username", "user name", "user id", "userid", "sis login id",
    "github_username", "campus id", "login id", "netid", "email address", "email",
)  # fmt: skip
SKIP = "To leave out such rows, set the option skip_without_name."


class Names:
    """The login names of a class list, each checked where it stands and against the others."""

    def __init__(self, table: Table, options: Options, problems: Problems) -> None:
        self._options = options
        self._problems = problems
        self._table = table
        self._spellings = Spellings("name")
        self.column = table.column("name_column", "the login names", options.name_column)

    def of(self, row: Row) -> str | None:
        """Return the name as the hub stores it, or None when the row has none that can be used."""
        if self.column not in row.cells:
            self._problems.add(f"{row.label} has no cell for the column '{self.column}'", SKIP)
            return None
        cell = row.cells[self.column]
        text = text_of(cell)
        if text is None:
            self._problems.add(f"{row.label} has {kind(cell)} for a name")
            return None
        if not text:
            self._problems.add(f"{row.label} has no name", SKIP)
            return None
        login = text if self._options.keep_case else text.lower()
        name = self._options.stored_names.get(login_of(text, self._options.keep_case))
        if name is None:
            name = login
            if self._is_no_login(text, row):
                return None
        why = "which JupyterHub cannot store" if "/" in name else why_not_storable(name)
        if why:
            self._problems.add(f"{row.label} has the name {shown(name)}, {why}")
            return None
        self._spellings.check(name, row.label, self._problems)
        return name

    def _is_no_login(self, text: str, row: Row) -> bool:
        """Report what is the name of a person, or no name, and not a login name."""
        for pattern, what, hint in NO_LOGINS:
            if pattern.fullmatch(text):
                self._problems.add(f"{row.label} has the name {shown(text)}, {what}", hint)
                return True
        if DISPLAY_NAME.search(text) and text.isprintable():
            self._problems.add(
                f"{row.label} has the name {shown(text)}, which looks like a person's name, not"
                " like a login name",
                self._hint(),
            )
            return True
        return False

    def _hint(self) -> str:
        others = [column for column in self._table.columns if column != self.column]
        likely = [column for column in others if fold(column) in LOGIN_HEADINGS]
        where = f"perhaps '{likely[0]}' of the columns" if likely else "one of the columns"
        return (
            f"Set the option name_column to the column with the login names, {where}"
            f" {listed(others)}; use the option only to skip rows that are not people; if a login"
            " name is really written like this, add it to stored_names."
        )
