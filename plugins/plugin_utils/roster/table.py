# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""A class list as a table: its columns, and its rows with what to call them in a message."""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import re
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.encoding import decoded
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.options import Options
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.problems import (
    Problems,
    RosterError,
    kind,
    listed,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.texts import fold, is_filled

# Columns that hold the groups when the caller does not say which one does.
USUAL_GROUP_COLUMNS = ("group", "groups")
DELIMITERS = ",;\t"
OTHER_DELIMITERS = "|:~^"
# What a file without content may hold all the same.
EMPTY = DELIMITERS + '" \r\n\ufeff'
# Exports write titles above the header; further down than this there are none.
MOST_TITLE_ROWS = 30
NO_HEADER = "The class list is empty: it does not even have a header line."
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[\s,;]*', re.IGNORECASE)


class Row(t.NamedTuple):
    """One row: what to call it in a message, and its cells by the folded name of the column."""

    label: str
    cells: Mapping[str, object]


class Record(t.NamedTuple):
    """One row of a file: the line where it begins, and its cells."""

    line: int
    cells: Sequence[str]


@dataclasses.dataclass(frozen=True)
class Table:
    """A class list: its columns in their order, those that are there twice, and its rows."""

    columns: Sequence[str]
    doubled: frozenset[str]
    rows: Sequence[Row]

    def column(self, option: str, what: str, wanted: str) -> str:
        """Return the folded name of a column that is needed, or raise RosterError."""
        folded = fold(wanted)
        if folded in self.doubled:
            raise RosterError(
                f"The class list has more than one column called '{folded}': rename one, or use"
                f" another column for {what} (option {option})."
            )
        if folded in self.columns:
            return folded
        # One column that has such a character in its heading is several, which something else
        # separates.
        other = next(
            (
                each
                for each in OTHER_DELIMITERS
                if len(self.columns) == 1 and each in self.columns[0]
            ),
            "",
        )
        hint = (
            f"the option delimiter='{other}' may separate them"
            if other
            else f"set the option {option} to the column to use"
        )
        raise RosterError(
            f"The class list has no column '{wanted}' for {what}: its columns are"
            f" {listed(self.columns)} ({hint})."
        )


def read(rows: object, options: Options, problems: Problems) -> Table:
    """Return the table of a class list, which is CSV text or a list of dictionaries."""
    if isinstance(rows, str):
        return _of_text(decoded(rows), options, problems)
    return _of_list(rows, problems)


def _of_list(rows: object, problems: Problems) -> Table:
    if not isinstance(rows, Sequence) or isinstance(rows, (bytes, bytearray)):
        raise RosterError(
            f"The class list must be CSV text or a list of rows, not {kind(rows)} (of the result"
            " of read_csv, use the key 'list')."
        )
    table: list[Row] = []
    doubled: set[str] = set()
    for number, row in enumerate(rows, start=1):
        label = f"row {number}"
        if not isinstance(row, Mapping):
            problems.add(f"{label} is {kind(row)} and not a dictionary")
            continue
        cells: dict[str, object] = {}
        for key, cell in row.items():
            column = fold(str(key))
            if column in cells:
                doubled.add(column)
            cells[column] = cell
        table.append(Row(label, cells))
    columns = list(dict.fromkeys(column for row in table for column in row.cells if column))
    return Table(columns, frozenset(doubled), table)


def _of_text(text: str, options: Options, problems: Problems) -> Table:
    if not text.strip(EMPTY):
        raise RosterError(NO_HEADER)
    first_line, _end, _rest = text.partition("\n")
    stated = SEPARATOR_LINE.fullmatch(first_line.strip("\r"))
    # Excel's own line about the delimiter is no row.
    skipped = 1 if stated else 0
    delimiter, number = _header(
        text, skipped, options, options.delimiter or (stated[1] if stated else None)
    )
    records = itertools.islice(_records(text, delimiter, skipped), number, None)
    header = [fold(cell) for cell in next(records, Record(0, ())).cells]
    if not header:
        raise RosterError(NO_HEADER)
    doubled = frozenset(column for column in header if header.count(column) > 1)
    rows = []
    for record in records:
        if [fold(cell) for cell in record.cells] == header:
            continue  # files put one after the other repeat the header, which says nothing new
        if _fits(record.cells, options):
            raise RosterError(
                f"The class list has a second header with other columns at line {record.line}:"
                " combine them into one table."
            )
        if any(is_filled(cell) for cell in record.cells[len(header) :]):
            problems.add(
                f"line {record.line} has {len(record.cells)} cells where the header has"
                f" {len(header)}"
            )
            continue
        rows.append(Row(f"line {record.line}", dict(zip(header, record.cells))))
    return Table([column for column in dict.fromkeys(header) if column], doubled, rows)


def _records(text: str, delimiter: str, skipped: int) -> Iterator[Record]:
    """Yield the rows of a file that are not empty; the line is the one an editor shows them at."""
    lines = itertools.islice(io.StringIO(text, newline=""), skipped, None)
    # strict: a quote that is never closed would otherwise swallow the rest of the list as one cell.
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + skipped + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # from None: Ansible would say the words of the cause a second time.
            raise RosterError(
                f"The class list is not valid CSV at line {line}: {error} (is a quote not closed?)."
            ) from None
        if any(cell.strip() for cell in cells):
            yield Record(line, cells)


def _header(text: str, skipped: int, options: Options, delimiter: str | None) -> tuple[str, int]:
    """Return the delimiter, and how many rows of titles stand above the header."""
    found: list[tuple[int, str, int]] = []
    for candidate in [delimiter] if delimiter else DELIMITERS:
        for number, record in enumerate(_beginning(text, candidate, skipped)):
            if _fits(record.cells, options):
                found.append((len(record.cells), candidate, number))
                break
    if found:
        _cells, candidate, number = max(found, key=lambda each: each[0])
        return candidate, number
    # No row has the columns. The message names those of the row that looks most like a header.
    candidates = (
        [delimiter]
        if delimiter
        else sorted(DELIMITERS, key=lambda each: -_widest(_beginning(text, each, skipped))[0])
    )
    return candidates[0], _widest(_beginning(text, candidates[0], skipped))[1]


def _beginning(text: str, delimiter: str, skipped: int) -> list[Record]:
    """Return the rows among which the header is looked for."""
    found: list[Record] = []
    try:
        for record in itertools.islice(_records(text, delimiter, skipped), MOST_TITLE_ROWS):
            found.append(record)
    except RosterError:
        pass  # it is raised again when the rows are read, if this is the delimiter
    return found


def _widest(records: Sequence[Record]) -> tuple[int, int]:
    """Return the most cells with content in one row, and the number of the first such row."""
    counts = [sum(bool(cell.strip()) for cell in record.cells) for record in records] or [0]
    return max(counts), counts.index(max(counts))


def _fits(cells: Sequence[str], options: Options) -> bool:
    """Return whether a row has the headings of all columns that are read."""
    headings = {fold(cell) for cell in cells}
    needed = [options.name_column, *(options.group_column or ()), *options.only]
    if options.needs_roles:
        needed.append(options.role_column)
    has_groups = options.group_column is not None or not headings.isdisjoint(USUAL_GROUP_COLUMNS)
    return has_groups and headings.issuperset(fold(column) for column in needed)
