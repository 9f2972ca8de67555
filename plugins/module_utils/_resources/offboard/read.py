# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Reading people who leave, with the fewest requests: some lists for all, and what only a request
for each can show.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._progress import note_progress
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    find_users,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import Found
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.decide import (
    Case,
    Hub,
    keeps,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.person import (
    Code,
    Person,
    SharedWith,
    Token,
    person_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.proof import (
    SHARES_SINCE,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.wanted import (
    Leaver,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.out_of_reach import (
    OutOfReach,
)

T = t.TypeVar("T")
U = t.TypeVar("U")
# As the snapshot: more at once take the hub no less time.
AT_ONCE = 4


def each(work: t.Callable[[T], U], items: t.Sequence[T], what: str) -> list[U]:
    """Do the same for each, a few at once.

    :param what: what is counted, to show the progress.
    :raises HubError: the first failure; what was not begun by then is not begun.
    """
    found: list[U] = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        asked = [pool.submit(work, item) for item in items]
        try:
            for answer in asked:
                found.append(answer.result())
                note_progress(what, len(found), len(items))
        finally:
            for answer in asked:
                answer.cancel()
    return found


def find(
    api: HubApi,
    leavers: t.Sequence[Leaver],
    stored_names: t.Mapping[str, str],
    beyond: OutOfReach | None = None,
) -> Found[UserRow]:
    """:param beyond: gets the names that the caller may not look up; without it they are an error.

    :returns: the people, with their servers; those that are stopped only where these are
    removed.
    """
    query: dict[str, str | int | None] = {}
    if any(leaver.servers == "removed" for leaver in leavers):
        query["include_stopped_servers"] = 1
        if api.version >= (5,):
            # A user without a name, who has none of these letters, would break this list (500).
            query["name_filter"] = "%"
    return find_users(
        api,
        [leaver.name for leaver in leavers],
        query=query,
        stored_names=stored_names,
        beyond=beyond,
    )


def read_cases(
    api: HubApi, leavers: t.Sequence[Leaver], found: Found[UserRow], beyond: OutOfReach
) -> list[Case]:
    """:param beyond: gets the names of people of whom the caller may not see all that is to be
    removed; it may have some already.

    :returns: the other people, with all that is to be removed from them.
    """

    def case(leaver: Leaver) -> Case | None:
        row = found.get(leaver.name)
        if row is None:
            return Case(dataclasses.replace(leaver, name=found.stored(leaver.name)), None)
        try:
            return Case(leaver, details(api, leaver, person_of(row)))
        except ApiError as error:
            beyond.note(leaver.name, error)
            return None

    seen = [leaver for leaver in leavers if leaver.name not in beyond.errors]
    return [case for case in each(case, seen, "people read") if case is not None]


def details(api: HubApi, leaver: Leaver, person: Person, *, tokens: bool = True) -> Person:
    """:returns: a person with tokens and shares, as far as somebody asks for them.

    :param tokens: whether the tokens are read too.
    """
    name, shares = person.name, leaver.shares if api.version >= SHARES_SINCE else frozenset()
    if leaver.deletes and leaver.backup is None:
        # All that goes with the account.
        return person
    if tokens and not leaver.deletes:
        person = dataclasses.replace(person, tokens=read_tokens(api, name))
    if "given" in shares:
        given = tuple(map(SharedWith.of, api.shares_of_owner(name)))
        codes = tuple(map(Code.of, api.share_codes_of_owner(name)))
        person = dataclasses.replace(person, given=given, codes=codes)
    if "received" in shares:
        # Among them are those with the person's groups.
        rows = [row for row in api.shares_with_user(name) if row["kind"] == "user"]
        person = dataclasses.replace(person, received=tuple(map(SharedWith.of, rows)))
    return person


def read_tokens(api: HubApi, user: str) -> tuple[Token, ...]:
    """:returns: the tokens of a user, of every kind."""
    return tuple(map(Token.of, api.tokens_list(user) or ()))


def read_hub(api: HubApi, cases: t.Sequence[Case]) -> Hub:
    """:returns: what must be known in addition to the people."""
    me = api.me
    frozen = [case for case in cases if case.leaver.freezes]
    kept = sorted({group for case in frozen for group in case.kept_groups})
    roles = {group: _group_roles(api, group) for group in kept}
    return Hub((me["kind"], me["name"]), _other_admin(api, cases), roles)


def _group_roles(api: HubApi, group: str) -> tuple[str, ...]:
    """:returns: the roles of a group; where they are hidden, that, which freezes nobody."""
    row = api.group_get(group)
    if row is None:
        return ()
    roles = row.get("roles")
    return (
        ("hidden from this token, which lacks read:roles:groups",)
        if roles is None
        else tuple(roles)
    )


def _other_admin(api: HubApi, cases: t.Sequence[Case]) -> bool | None:
    """:returns: whether an admin is left who does not leave; None: no admin leaves, or it is
    hidden.
    """
    going = {case.name for case in cases if case.person is not None and case.person.admin}
    if not going:
        return None
    try:
        rows = api.users_list()
    except ApiError as error:
        if error.status != 403:
            raise
        return None
    if any(
        row.get("admin") and row["name"] not in going for row in rows if row["name"] is not None
    ):
        return True
    return False if api.holds("list:users") and all("admin" in row for row in rows) else None


def sees_nameless(api: HubApi) -> bool:
    """Whether users without a name are seen, whom no request can reach; a caller who may not list
    users sees none.
    """
    try:
        return api.has_nameless_users()
    except ApiError as error:
        if error.status != 403:
            raise
        return False


def left_groups(case: Case) -> list[str]:
    """:returns: the groups that a person leaves."""
    groups = () if case.person is None else case.person.groups
    return [group for group in groups if not keeps(case.leaver, group)]
