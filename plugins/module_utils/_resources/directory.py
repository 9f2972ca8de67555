# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Which object a name means: the one answer, for users, members, owners and guests, found the
cheapest way.

A user has the name that the hub stores. The declared name may differ: a login that the hub's
authenticator stores under another name (``username_map``, which ``stored_names`` tells), or another
case of it. Code that must know which user is meant uses these functions:

* :func:`find_users` reads users by name. ``found.get(name)`` is the user that a name means,
  ``found.stored(name)`` what the hub calls it, now or after its creation, as far as can be told.
* :meth:`StoredNames.candidates` (``found.py``) gives the names to try, one after the other, to
  whoever reads something other than users.
* ``found.learn(name, stored)`` notes what the hub itself has made of a name; ``found.learned``
  reports it to later tasks.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import (
    Kind,
    WrongObjectError,
    confusable,
    fragile,
    normalize,
    wrong_object,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    GroupRow,
    Query,
    UserRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import (
    Found,
    StoredNames,
    proves_kept_case,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.out_of_reach import (
    OutOfReach,
)

T = t.TypeVar("T")
R = t.TypeVar("R", bound=t.Mapping[str, object])
# Stands for all users without a name. Elsewhere the name may be taken for text: see rows.Name.
NAMELESS = t.cast(UserRow, {"name": None})
# So many names are read one by one; the first page of a list costs no more than that.
FEW = 2
# A page of 200 rows takes the hub about as long as four single reads, so a list is worth reading up
# to 50 rows for a name.
ROWS_A_NAME = 50
# Authenticators that leave it to JupyterHub to store names in lower case, by the beginning of their
# class. All others may do as they like.
LOWERING = (
    "jupyterhub.",
    "dummyauthenticator.",
    "firstuseauthenticator.",
    "ldapauthenticator.",
    "ltiauthenticator.",
    "nativeauthenticator.",
    "nullauthenticator.",
    "oauthenticator.",
    "tmpauthenticator.",
)
# The one of them that does not.
NOT_LOWERING = "oauthenticator.mediawiki."


def find_users(
    api: HubApi,
    names: t.Collection[str],
    *,
    every: bool = False,
    query: Query | None = None,
    stored_names: t.Mapping[str, str] | None = None,
    beyond: OutOfReach | None = None,
) -> Found[UserRow]:
    """Read users by name.

    :param every: read all users, whatever it costs, for a prune.
    :param query: what else to ask for, ``include_stopped_servers`` for instance.
    :param stored_names: the names under which the hub stores users who are declared by another one.
    :param beyond: gets the names that the caller may not look up; without it they are an error.
    :raises HubError: they cannot be read, or not all of them when every one is asked for.
    :raises WrongObjectError: the hub, or a proxy in front of it, treats one of the names as another
    one.
    """
    reader = _Reader(
        api,
        "user",
        lambda: list_users(api, query),
        lambda most: _past_nameless(api, functools.partial(api.users_list_up_to, most), query)[0],
        functools.partial(api.user_get, query=query),
        frozenset(names),
    )
    told = StoredNames(stored_names)
    wanted = {candidate for name in names for candidate in told.candidates(name)}
    hidden = None if beyond is None else OutOfReach()
    rows = reader.read_all(wanted) if every else reader.read(wanted, hidden)
    if beyond is not None and hidden is not None and hidden.errors:
        _note_hidden({name: told.candidates(name) for name in names}, hidden, beyond)
    return Found(
        rows,
        folded=True,
        stored_names=stored_names,
        asked=names,
        keeps_case=functools.partial(keeps_case, api),
    )


def _note_hidden(
    candidates: t.Mapping[str, t.Sequence[str]], hidden: OutOfReach, beyond: OutOfReach
) -> None:
    """Note names of which it is not known whom they mean, because one of those whom they may mean
    cannot be seen.
    """
    for name, others in candidates.items():
        for other in set(others) & set(hidden.errors):
            beyond.note(name, hidden.errors[other])


def keeps_case(api: HubApi) -> bool:
    """Whether the hub's authenticator may keep the case of names: it is neither JupyterHub's own
    nor one that is known not to.

    A caller who may not see it looks at other users, and otherwise assumes that the hub stores
    names in lower case, as nearly all do.
    """
    name = api.authenticator
    if name is not None:
        return name.startswith(NOT_LOWERING) or not name.startswith(LOWERING)
    try:
        rows = api.users_first_page()
    except ApiError as error:
        if error.status != 403:
            raise
        return False
    return any(map(proves_kept_case, rows))


def list_users(api: HubApi, query: Query | None = None) -> list[UserRow]:
    """:returns: all users; where the hub does not list those without a name, one such row stands
    for all of them.
    """
    rows, hidden = _past_nameless(api, api.users_list, query)
    return [*rows, NAMELESS] if hidden else rows


def _past_nameless(
    api: HubApi, read: t.Callable[[Query], T], query: Query | None
) -> tuple[T, bool]:
    """Read users, also where one of them has lost the name.

    From JupyterHub 5 on, one user without a name makes the hub fail to list the stopped servers of
    anybody (500). A filter that every name fits keeps that user out of the list.

    :param read: what reads a list.
    :param query: what to ask for.
    :returns: what was read, and whether users without a name were kept out.
    """
    asked = dict(query or {})
    try:
        return read(asked), False
    except ApiError as error:
        breaks = (
            error.status == 500
            and asked.get("include_stopped_servers")
            and not asked.get("name_filter")
        )
        if not breaks or not api.has_nameless_users():
            raise
    return read({**asked, "name_filter": "%"}), True


def stored_users(
    api: HubApi,
    names: t.Collection[str],
    stored_names: t.Mapping[str, str] | None = None,
    beyond: OutOfReach | None = None,
) -> dict[str, str]:
    """The names of users on the hub, for kinds that do not read users anyway. Only names with
    capitals cost requests.

    :param stored_names: the names under which the hub stores users who are declared by another one.
    :param beyond: gets the names that the caller may not look up; without it they are an error.
    :returns: by the names that are given; of users that are not there, what the hub would most
    likely call them.
    """
    told = StoredNames(stored_names)
    unclear = {name for name in names if len(told.candidates(name)) > 1}
    try:
        found = (
            find_users(api, unclear, stored_names=stored_names, beyond=beyond) if unclear else None
        )
    except ApiError as error:
        if error.status != 403:
            raise
        # A caller who may not read users only knows that most hubs store names in lower case.
        found = None
    return {
        name: (
            found.stored(name)
            if found is not None and name in unclear
            else told.candidates(name)[-1]
        )
        for name in names
    }


def find_groups(
    api: HubApi,
    names: t.Collection[str],
    *,
    every: bool = False,
    beyond: OutOfReach | None = None,
) -> Found[GroupRow]:
    """Read groups by name, as :func:`find_users` does users. The hub takes the names of groups as
    they are.
    """
    reader = _Reader(api, "group", api.groups_list, api.groups_list_up_to, api.group_get)
    rows = reader.read_all(set(names)) if every else reader.read(set(names), beyond)
    return Found(rows, folded=False)


def prove_names(api: HubApi, kind: Kind, names: t.Iterable[str]) -> None:
    """Check, before an object is deleted by a name that only a list has shown, that requests about
    it reach the object with that name.

    :raises WrongObjectError: they do not.
    """
    for name in filter(fragile, names):
        row = api.user_get(name) if kind == "user" else api.group_get(name)
        if row is None:
            raise wrong_object(
                kind, name, "that it does not exist, although the list contains it", ""
            )


@dataclasses.dataclass
class _Reader(t.Generic[R]):
    """Reads objects of one kind.

    :param declared: the names that the task itself holds; others are only tried beside them.
    """

    api: HubApi
    kind: Kind
    read_list: t.Callable[[], list[R]]
    read_list_up_to: t.Callable[[int], list[R] | None]
    read_by_name: t.Callable[[str], R | None]
    declared: frozenset[str] = frozenset()

    @property
    def scope(self) -> str:
        return f"list:{self.kind}s"

    def read_all(self, wanted: t.Collection[str]) -> list[R]:
        """:returns: every one on the hub."""
        rows = self.read_list()
        if not self.api.holds(self.scope):
            raise RefusedError(
                f"prune needs to see all objects, but the caller holds {self.scope} for some"
                f" objects only. Give its role {self.scope} without a filter.",
                missing_scopes=[self.scope],
            )
        self.check_names(rows, wanted)
        return rows

    def read(self, wanted: t.Collection[str], beyond: OutOfReach | None = None) -> list[R]:
        """:param beyond: gets the names that the caller may not look up.

        :returns: those of these names, and maybe others.
        """
        if len(wanted) <= FEW:
            return self.few(wanted, beyond)
        try:
            listed_rows = self.read_list_up_to(ROWS_A_NAME * len(wanted))
        except ApiError as error:
            if error.status != 403 or not error.missing_scopes:
                raise
            # May not list, but may read.
            return self.one_by_one(wanted, beyond)
        if listed_rows is None:
            return self.one_by_one(wanted, beyond)
        seen = {row["name"] for row in listed_rows}
        unseen = [
            name
            for name in wanted
            if not seen & {name, normalize(name) if self.kind == "user" else name}
        ]
        if unseen and not self.api.holds(self.scope):
            # The caller sees a part of the hub only, so that what is not in its list may still be
            # there.
            return [*listed_rows, *self.one_by_one(unseen, beyond)]
        self.check_names(listed_rows, wanted)
        return listed_rows

    def few(self, wanted: t.Collection[str], beyond: OutOfReach | None) -> list[R]:
        """Read a few by name.

        JupyterHub 4 hides one that the caller may list, if another scope that shows more is limited
        to others (jupyterhub/scopes.py, _check_scope_access). The list shows it.
        """
        hidden = OutOfReach()
        rows = self.one_by_one(wanted, hidden)
        if hidden.errors and self.api.version < (5,) and self.api.holds(self.scope):
            return self.read_list()
        for name, error in hidden.errors.items():
            if beyond is None:
                raise error
            beyond.note(name, error)
        return rows

    def read_one(self, name: str) -> R | None:
        """:returns: the object of this name.

        :raises WrongObjectError: the hub takes the name for another one. Of a name that is only
        tried, nobody is meant where the hub answers with one that is declared.
        """
        try:
            return self.read_by_name(name)
        except WrongObjectError as error:
            if name in self.declared or error.found not in self.declared:
                raise
            return None

    def one_by_one(self, names: t.Iterable[str], beyond: OutOfReach | None) -> list[R]:
        rows = []
        for name in sorted(names):
            try:
                row = self.read_one(name)
            except ApiError as error:
                if beyond is None:
                    raise
                beyond.note(name, error)
            else:
                if row is not None:
                    rows.append(row)
        return rows

    def check_names(self, rows: t.Sequence[R], names: t.Iterable[str]) -> None:
        """Read again, one by one, the names that a proxy or the database may confuse with another
        one of the list.

        :raises WrongObjectError: one does.
        """
        known = {row["name"] for row in rows}
        keys = {confusable(name) for name in known if isinstance(name, str)}
        for name in sorted(names):
            doubtful = (
                name not in known and confusable(name) in keys and normalize(name) not in known
            )
            if doubtful or fragile(name):
                self.check_name(name, exists=name in known)

    def check_name(self, name: str, *, exists: bool) -> None:
        """Check that requests about a name reach the object with that name.

        :param exists: whether a list has shown it.
        :raises WrongObjectError: they do not.
        """
        if self.read_one(name) is None and exists:
            raise wrong_object(
                self.kind, name, "that it does not exist, although the list contains it", ""
            )
