# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""Names, and finding objects by them the cheapest way."""

from __future__ import annotations

import functools
import typing as t
from urllib.parse import unquote

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError, RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import encode_path
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Query, Row
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import SCOPE
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief, listed

# So many names are read one by one; the first page of a list costs no more than that.
FEW = 2
# A page of 200 rows takes the hub about as long as four single reads, so a list is worth reading up to 50 rows for a name.
ROWS_A_NAME = 50
# The width of the hub's name columns (jupyterhub/orm.py); SQLite does not enforce it, other databases do.
LONGEST_NAME = 255


def normalize(name: str) -> str:
    """:returns: the name as the hub stores it, unless its authenticator has rules of its own (Authenticator.normalize_username)."""
    return name.lower()


def check_name(kind: str, name: str) -> None:
    """Refuse what no hub can address.

    :raises RefusedError: the name cannot be used.
    """
    if not name:
        _refuse(kind, name, "is empty")
    if len(name) > LONGEST_NAME:
        _refuse(kind, name, f"is longer than {LONGEST_NAME} characters")
    try:
        name.encode()
        encode_path([name])
    except UnicodeEncodeError:
        _refuse(kind, name, "is not valid Unicode")
    except RefusedError:
        _refuse(kind, name, "cannot be used, as no address on the hub can carry it")


def check_user_name(name: str) -> None:
    """Refuse a user name that every hub refuses (Authenticator.validate_username).

    :raises RefusedError: the name cannot be used.
    """
    check_name("user", name)
    if "/" in name:
        _refuse("user", name, "holds a slash, which the hub allows in no user name")
    if name != name.strip():
        _refuse("user", name, "begins or ends with a space, which the hub allows in no user name")
    if set(unquote(name)) == {"."}:
        # Hubs since 5 refuse these; on older ones the user could be made, but hardly be reached.
        _refuse("user", name, "consists of dots only")


def check_service_name(name: str) -> None:
    """Refuse a name that the hub makes no service of (jupyterhub/services/service.py, _validate_service_name).

    After it has refused one, the hub keeps it in its database, and does not start any more.

    :raises RefusedError: the name cannot be used.
    """
    check_name("service", name)
    if "/" in name or unquote(name) != name:
        _refuse("service", name, "holds a slash or an escape such as %20, which the hub allows in no name of a service")
    if name != name.strip():
        _refuse("service", name, "begins or ends with a space, which the hub allows in no name of a service")
    if set(name) == {"."}:
        _refuse("service", name, "consists of dots only")


def check_scope(scope: str) -> None:
    """:raises RefusedError: no scope is written like this; hubs break on some of these."""
    if not SCOPE.fullmatch(scope):
        raise RefusedError(f"{brief(scope)} is no scope: write it like read:users, or read:users!user=ada. Nothing was changed.")


def _refuse(kind: str, name: str, problem: str) -> t.NoReturn:
    raise RefusedError(f"The {kind} name {brief(name)} {problem}: correct it. Nothing was changed.")


class Found:
    """What is on the hub, found by name.

    :param rows: the objects that were read.
    :param folded: a name also means the object that the hub would store under it, unless there is one of just that name.
    """

    def __init__(self, rows: t.Iterable[Row], *, folded: bool) -> None:
        # The hub lists users whose name was destroyed with the name null; nothing can address them.
        self.rows: dict[str, Row] = {}
        self.nameless = 0
        for row in rows:
            if row["name"] is None:
                self.nameless += 1
            else:
                self.rows[row["name"]] = row
        self._folded = folded

    def get(self, name: str) -> Row | None:
        """:returns: the object that this name means."""
        return self.rows.get(name) or (self.rows.get(normalize(name)) if self._folded else None)


def reachable(going: t.Iterable[str], found: Found, plural: str, warn: t.Callable[[str], None]) -> list[str]:
    """:returns: those of the names that a purge would delete which a request can carry. It is told that the others stay."""
    kept = []
    reached = []
    for name in going:
        try:
            encode_path([name])
        except RefusedError:
            kept.append(repr(name))
        else:
            reached.append(name)
    if found.nameless:
        warn(f"The hub holds {found.nameless} {plural} without a name, which no request can reach: they stay.")
    if kept:
        warn(f"The hub holds {plural} with names that no address can carry: they stay: {listed(kept)}.")
    return reached


def find_users(api: HubApi, names: t.Collection[str], *, every: bool = False, query: Query | None = None) -> Found:
    """Read users by name.

    :param every: read all users, whatever it costs, as a purge needs.
    :param query: what else to ask for, ``include_stopped_servers`` for instance.
    :raises HubError: they cannot be read, or not all of them when every one is asked for.
    """
    wanted = {candidate for name in names for candidate in (name, normalize(name))}
    return _find(
        "list:users",
        api,
        wanted,
        functools.partial(api.users_list, query=query),
        functools.partial(api.users_list_up_to, query=query),
        functools.partial(api.user_get, query=query),
        every=every,
        folded=True,
    )


def find_groups(api: HubApi, names: t.Collection[str], *, every: bool = False) -> Found:
    """Read groups by name, as :func:`find_users` does users."""
    return _find("list:groups", api, set(names), api.groups_list, api.groups_list_up_to, api.group_get, every=every, folded=False)


def _find(
    scope: str,
    api: HubApi,
    names: t.Collection[str],
    read_all: t.Callable[[], list[Row]],
    read_up_to: t.Callable[[int], list[Row] | None],
    read_one: t.Callable[[str], Row | None],
    *,
    every: bool,
    folded: bool,
) -> Found:
    def one_by_one(wanted: t.Iterable[str]) -> list[Row]:
        return [row for row in map(read_one, sorted(wanted)) if row is not None]

    if every:
        rows = read_all()
        if not api.holds(scope):
            raise RefusedError(
                f"prune needs to see everything, but the caller holds {scope} for some objects only. Nothing was changed. "
                f"Give its role {scope} without a filter.",
                missing_scopes=[scope],
            )
        return Found(rows, folded=folded)
    if len(names) <= FEW:
        return Found(one_by_one(names), folded=folded)
    try:
        listed = read_up_to(ROWS_A_NAME * len(names))
    except ApiError as error:
        if error.status != 403 or not error.details.get("missing_scopes"):
            raise
        # May not list, but may read.
        listed = None
    if listed is None:
        return Found(one_by_one(names), folded=folded)
    found = Found(listed, folded=folded)
    unseen = {name for name in names if found.get(name) is None}
    if unseen and not api.holds(scope):
        # The caller sees a part of the hub only, so that what is not in its list may still be there.
        return Found([*listed, *one_by_one(unseen)], folded=folded)
    return found
