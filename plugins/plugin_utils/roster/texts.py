# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""How texts of a class list are compared, and how a cell becomes text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import look
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.problems import Problems

# The longest name that JupyterHub's database holds.
LONGEST_NAME = 255
# What a spreadsheet shows where it cannot calculate.
CELL_ERROR = re.compile(
    r"#(N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|CALC!|#+)", re.IGNORECASE
)
# What databases, pandas and people write where there is no value.
NO_VALUE = re.compile(
    r"null|none|nil|nan|<na>|n/a|\(blank\)|\((leer|vide|leeg)\)|[-\u2013\u2014]+", re.IGNORECASE
)
# A text that was copied from the source of a web page.
ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|nbsp|#\d+|#x[0-9a-f]+);", re.IGNORECASE)
# How spreadsheets write text that must not become a number: ="0123".
FORMULA_TEXT = re.compile(r'="(.*)"', re.DOTALL)


def fold(text: str) -> str:
    """Return what headings and roles are compared by: single spaces, and no case."""
    return look(" ".join(text.strip().lstrip("\ufeff").split()))


def login_of(text: str, keep_case: bool) -> str:
    """Return what login names are looked up by in ``stored_names``."""
    return unicodedata.normalize("NFC", text if keep_case else text.lower())


def text_of(cell: object) -> str | None:
    """Return a cell as trimmed text, or None when it is neither text nor a whole number."""
    if cell is None:
        return ""
    # Login names that are matriculation numbers come out of YAML and JSON as numbers; `no` and
    # `1.5` are accidents.
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    if not isinstance(cell, str):
        return None
    text = cell.strip()
    formula = FORMULA_TEXT.fullmatch(text)
    return formula[1].strip() if formula else text


def is_filled(cell: object) -> bool:
    """Return whether there is anything in a cell."""
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None and cell != []


def items_of(cell: object) -> Sequence[object]:
    """Return the items of a cell that is a list, or the cell as the only one."""
    return cell if isinstance(cell, Sequence) and not isinstance(cell, (str, bytes)) else [cell]


def why_not_storable(name: str) -> str:
    """Return why a name of the class list cannot be meant, to be added to a message; empty if it
    can.
    """
    if not name.strip(".") or not name.isprintable() or len(name) > LONGEST_NAME:
        return "which JupyterHub cannot store"
    if "\ufffd" in name:
        return "which lost a letter when the list was saved"
    if CELL_ERROR.fullmatch(name):
        return "which is an error of a spreadsheet: correct the cell there"
    if ENTITY.search(name):
        return "which contains HTML: export the list again, or replace it with the letter"
    return ""


class Spellings:
    """How names were written first, so that two spellings of one name are found."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._first: dict[str, tuple[str, str]] = {}

    def check(self, name: str, label: str, problems: Problems) -> None:
        """Report a name that an earlier row writes in another way."""
        first, first_label = self._first.setdefault(look(name), (name, label))
        if first == name:
            return
        # What differs in more than case may look the same in a message.
        plain = first.casefold() == name.casefold()
        one, other = (f"'{name}'", f"'{first}'") if plain else (ascii(name), ascii(first))
        problems.add(f"{label} has the {self._what} {one}, which {first_label} writes {other}")
