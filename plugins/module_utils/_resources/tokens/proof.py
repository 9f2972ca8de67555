# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Which token of a user a secret is. Pure: no request is sent here, and no file is read."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    CallerRow,
    TokenRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.mark import age

Rows = t.Sequence[TokenRow]


@dataclasses.dataclass(frozen=True)
class Proof:
    """Whether the secrets of one declared token are valid, and where they are.

    :param token_id: the token of ours that one of them is; None: none of them is one.
    :param secret: that one.
    :param held: what the file holds; None: there is no file, or nothing in it.
    :param exposed: whether others than its owner can read the file.
    """

    token_id: str | None = None
    secret: str | None = dataclasses.field(default=None, repr=False)
    held: str | None = dataclasses.field(default=None, repr=False)
    exposed: bool = False


def is_caller(user: str, row: TokenRow, caller: CallerRow) -> bool:
    """Whether this may be the token that the task calls with. It is never touched.

    JupyterHub 4 does not report which token that is: there it is any of the caller's own tokens
    with exactly its scopes.
    """
    if caller["kind"] != "user" or caller["name"] != user:
        return False
    if caller.get("token_id"):
        return caller["token_id"] == row["id"]
    return set(caller.get("scopes", ())) == set(row.get("scopes", ()))


def only_one(rows: Rows, calls: t.Callable[[TokenRow], bool]) -> TokenRow | None:
    """:param calls: whether a token may be the one that the task calls with.

    :returns: the one token that rows of equal standing leave no doubt about; None when they do.
    """
    if len(rows) > 1 and not any(map(calls, rows)):
        return None
    # The one that the task calls with is not revoked, so that its successor can be taken to be in
    # use already.
    return max(rows, key=age) if rows else None


def which(owner: CallerRow, rows: Rows, calls: t.Callable[[TokenRow], bool]) -> TokenRow | None:
    """:returns: the token that a proved secret is.

    JupyterHub 4 does not tell: there it is the only one that has the same scopes. A cut run may
    have left two, of which the file may hold either, or one that was never used. Then none counts,
    and all are replaced.

    :param owner: what the hub says to that secret.
    :param calls: whether a token may be the one that the task calls with.
    """
    if owner.get("token_id"):
        return next((row for row in rows if row["id"] == owner["token_id"]), None)
    alike = [row for row in rows if set(row["scopes"]) == set(owner["scopes"])]
    found = only_one(alike, calls)
    return found if found and (found.get("last_activity") or len(alike) > 1) else None
