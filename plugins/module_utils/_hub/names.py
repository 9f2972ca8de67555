# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Names of objects: how the hub spells them, which look alike, and whether an answer is about the
object that was asked for.
"""

from __future__ import annotations

import re
import typing as t
import unicodedata

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HubError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief

Kind = t.Literal["user", "group"]
# Characters that proxies read again after decoding an address: slashes, their Windows form,
# parameters, and escapes.
FRAGILE = re.compile(r"[/\\;%]|^\.|\.$")
# Collations of MySQL and MariaDB such as utf8mb4_general_ci give all characters beyond the first
# plane the same weight.
BEYOND = re.compile("[\U00010000-\U0010ffff]")


class WrongObjectError(HubError):
    """A request about one object was answered with another one: every further request about it
    would hit the other one as well.

    :param found: the name of the other one.
    """

    found: str

    def __init__(self, message: str, found: str) -> None:
        super().__init__(message)
        self._fill(found=found)


def normalize(name: str) -> str:
    """:returns: the name as the hub stores it, unless its authenticator has rules of its own
    (Authenticator.normalize_username).
    """
    return name.lower()


def confusable(name: str) -> str:
    """:returns: a key that is the same for names that a database may take for one: without case,
    accents and spaces at the end.
    """
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", name)
        if not unicodedata.combining(letter)
    )
    return (
        BEYOND.sub("\ufffd", plain.casefold())
        .rstrip(" ")
        .replace("\u200d", "")
        .replace("\ufe0f", "")
    )


def fragile(name: str) -> bool:
    """Whether a proxy in front of the hub may turn an address with this name into that of another
    object.
    """
    return bool(FRAGILE.search(name))


def check_row(kind: Kind, asked: str, found: object, *, also: str | None = None) -> None:
    """See that a row is about the object that was asked for.

    :param found: the name in the row.
    :param also: another name that the row may have, for a rename.
    :raises WrongObjectError: it is another object.
    """
    if (
        found == asked
        or (also is not None and found == also)
        or (kind == "user" and found == normalize(asked))
    ):
        return
    raise wrong_object(
        kind,
        asked,
        f"with the {kind} {brief(found) if isinstance(found, str) else 'without a name'}",
        str(found),
    )


def wrong_object(kind: Kind, asked: str, what: str, found: str) -> WrongObjectError:
    """:returns: the error that says what treats two names as one.

    :param what: how the hub answered.
    :param found: the other name.
    """
    if fragile(asked) and not fragile(found):
        why = (
            "The name does not reach the hub unchanged: a proxy in front of it changes names in"
            " addresses. Configure the proxy to pass addresses on unchanged (nginx: proxy_pass"
            " without a path; Apache: AllowEncodedSlashes NoDecode), or set hub_url to an address"
            " that bypasses it."
        )
    elif confusable(asked) == confusable(found):
        why = (
            "The hub's database treats the two names as equal. Give its tables a collation that"
            " distinguishes them, such as utf8mb4_bin, or declare the name that the hub has."
        )
    else:
        why = (
            "Either a proxy in front of the hub changes names in addresses, or the hub's database"
            " treats the two names as equal: see the guide on names."
        )
    return WrongObjectError(
        f"The hub was asked for the {kind} {brief(asked)} and answered {what}. {why}", found
    )
