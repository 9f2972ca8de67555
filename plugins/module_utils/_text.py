# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Text from other people in sentences."""

from __future__ import annotations

import fnmatch
import re
import typing as t
import unicodedata

# What changes how the character before it is drawn, at most.
SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")

# Categories of characters that nobody sees.
HIDDEN = ("Cc", "Cf")

T = t.TypeVar("T")
# So many things that are alike have a sentence each.
FEW = 5


def brief(text: str) -> str:
    """:returns: a text from other people, for a sentence: in quotes, and shortened."""
    return repr(text if len(text) <= 60 else text[:60] + "...")


def one_line(text: str, most: int) -> str:
    """Make a text from strangers safe to show: on one line, without control characters, and no
    longer than this.

    :returns: the text; what cannot be printed is escaped, as Python does it.
    """
    if len(text) > most:
        text = f"{text[:most]}... ({len(text) - most} more characters)"
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else _escaped(letter)
        for letter in " ".join(text.splitlines())
    )


def _escaped(letter: str) -> str:
    return " " if letter == "\t" else letter.encode("unicode_escape").decode("ascii")


def listed(names: t.Iterable[str], most: int = 20) -> str:
    """Names for a sentence."""
    all_names = list(names)
    rest = len(all_names) - most
    return ", ".join(all_names[:most]) + (f" and {rest} more" if rest > 0 else "")


def each_or_all(
    items: t.Sequence[T], one: t.Callable[[T], str], many: t.Callable[[t.Sequence[T]], str]
) -> list[str]:
    """Sentences about things that are alike, of which nobody reads hundreds.

    :param one: the sentence about one of them.
    :param many: the sentence about all of them.
    :returns: one for each of a few, or one for all of many.
    """
    return [many(items)] if len(items) > FEW else list(map(one, items))


def plain(name: str) -> str:
    """:returns: a key that is equal for names that look the same, whatever their accents, widths
    and spaces are made of, and whatever invisible characters are in them; case counts.
    """
    if name.isascii() and name.isprintable():
        return " ".join(name.split())
    seen = SELECTORS.sub("", unicodedata.normalize("NFKC", name))
    shown = "".join(one for one in seen if one.isspace() or unicodedata.category(one) not in HIDDEN)
    return " ".join(unicodedata.normalize("NFKC", shown).split())


def look(name: str) -> str:
    """:returns: as :func:`plain`, and the case does not count."""
    return plain(plain(name).casefold())


def matches(name: str, globs: t.Iterable[str]) -> bool:
    """Whether a name matches one of the globs, or is identical to one, such as ``x[bot]``;
    case counts.
    """
    return any(name == glob or fnmatch.fnmatchcase(name, glob) for glob in globs)


def fits(name: str, glob: str) -> bool:
    """Whether a name is kept by a glob: it matches, or it looks like a name that does, as nobody
    sees what accents are made of; case counts.
    """
    return matches(name, [glob]) or matches(plain(name), [plain(glob)])
