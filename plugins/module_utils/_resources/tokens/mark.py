# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Which tokens on the hub are ours: those with a mark in their note."""

from __future__ import annotations

import datetime
import hashlib
import re
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import TokenRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import parse_time

MARK = re.compile(r"(?P<note>.+) \[hubops (?P<scopes>[0-9a-f]{8})\]", re.DOTALL)
# The client of all tokens that are no logins to services (jupyterhub/apihandlers/users.py,
# UserTokenListAPIHandler).
HUB_CLIENT = "JupyterHub"


def fingerprint(scopes: t.Iterable[str] | None) -> str:
    """:returns: eight hexadecimal digits for a set of scopes; None, all that the user may do, has
    one as well.
    """
    text = "inherit" if scopes is None else "\n".join(sorted(set(scopes)))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def own_note(row: t.Mapping[str, object]) -> str | None:
    """:returns: the note of a token of ours, without the mark; None for all others.

    OAuth logins have another client, and the hub's own tokens of running servers no mark.
    """
    found = _mark(row)
    return found.group("note") if found and row.get("oauth_client") == HUB_CLIENT else None


def own_fingerprint(row: t.Mapping[str, object]) -> str | None:
    """:returns: the fingerprint in the mark of a token of ours."""
    found = _mark(row)
    return found.group("scopes") if found else None


def _mark(row: t.Mapping[str, object]) -> re.Match[str] | None:
    note = row.get("note")
    return MARK.fullmatch(note) if isinstance(note, str) else None


def marked(note: str, print_of_scopes: str) -> str:
    """:returns: the note for a new token of ours."""
    return f"{note} [hubops {print_of_scopes}]"


def lifetime(row: TokenRow) -> float:
    """:returns: the seconds from the creation of a token to its end; infinite for one that never
    expires.
    """
    end = row.get("expires_at")
    return float("inf") if not end else (parse_time(end) - age(row)).total_seconds()


def age(row: TokenRow) -> datetime.datetime:
    """The sort key of tokens by age: their creation."""
    return parse_time(row["created"])
