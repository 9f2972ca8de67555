# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The cause of an error of a connection."""

from __future__ import annotations

import re
import typing as t


def chain(error: BaseException) -> t.Iterator[BaseException]:
    """The error and its causes, as requests and urllib3 nest them."""
    seen: set[int] = set()
    current: object = error
    while isinstance(current, BaseException) and id(current) not in seen:
        seen.add(id(current))
        yield current
        nested = [
            getattr(current, "reason", None),
            *current.args,
            current.__cause__,
            current.__context__,
        ]
        current = next((inner for inner in nested if isinstance(inner, BaseException)), None)


def cause_names(error: BaseException) -> set[str]:
    return {type(inner).__name__ for inner in chain(error)}


def root_cause(error: BaseException) -> str:
    """A few words for people: the operating system's or OpenSSL's own, never an address."""
    for inner in reversed(list(chain(error))):
        if isinstance(inner, OSError) and inner.strerror:
            # OpenSSL frames its words: [SSL: NAME] words (_ssl.c:1006)
            return re.sub(r"^\[[^\]]*\] | \(_ssl\.c:\d+\)$", "", str(inner.strerror))
    return type(error).__name__
