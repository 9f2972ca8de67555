# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Shares of servers with users, with groups and by codes, from JupyterHub 5 on: how they are read,
granted and revoked.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import (
    Writer,
    delete_leftover,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    check_some_read,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Missing,
    Plan,
    State,
    Step,
    Unread,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    find_groups,
    find_users,
    stored_users,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.look_alikes import (
    unknown_logins,
    warnings_of_missing,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_stored_names,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.out_of_reach import (
    OutOfReach,
    because_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.decide import (
    Code,
    CreateShareCode,
    DeleteShareCode,
    GrantShare,
    RevokeShare,
    Server,
    Shared,
    decide,
    filtered,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.needs import needs
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.row import (
    plain_scopes,
    whom,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.wanted import (
    ShareOptions,
    WantedShares,
    parse,
    stored_as,
)

# What a new code is returned with.
CODE_FIELDS = ("id", "code", "accept_url", "full_accept_url", "expires_at")


class Shares(Writer):
    """The adapter of jupyterhub_share."""

    plural: t.ClassVar[str] = "shares"
    singular: t.ClassVar[str] = "share"
    key: t.ClassVar[str] = "owner"

    @staticmethod
    def scopes(options: Options, hub: Version) -> Needs:
        return needs(options, hub)

    def __init__(self, api: HubApi, options: Options) -> None:
        given = t.cast(ShareOptions, options)  # as the argument spec has it
        self.api = api
        self.warnings: list[str] = []
        self.items = parse(given)
        self.stored_names = check_stored_names(given["stored_names"])
        # Codes that were made, by server, and the steps that made them.
        self._codes: dict[str, State] = {}
        self._undelivered: list[tuple[CreateShareCode, str]] = []

    # Plan

    def plan(self) -> Plan:
        self.api.require("5.0", "Sharing servers")
        items, shared, unread = self._readable()
        plan = decide(items, shared)
        guests: dict[str, OutOfReach] = {"user": OutOfReach(), "group": OutOfReach(folded=False)}
        missing = tuple(self._missing_guests(plan.steps, guests))
        for kind, unseen in guests.items():
            items, half_seen = unseen.split(
                items,
                functools.partial(_granted, plan.steps, kind),
                lambda item, guest, error: because_of("share", item.title, f"guest {guest}", error),
            )
            unread = (*unread, *half_seen)
        check_some_read(unread, self.items)
        if any(unseen.errors for unseen in guests.values()):
            plan = decide(items, shared)
        return dataclasses.replace(plan, missing=(*plan.missing, *missing), unread=unread)

    def _readable(
        self,
    ) -> tuple[tuple[WantedShares, ...], dict[Server, Shared], tuple[Unread, ...]]:
        """:returns: the declared servers, by the names of the hub, what there is of their shares,
        and what stands for servers of which the caller may not see that.
        """
        beyond, unseen = OutOfReach(), OutOfReach(folded=False)
        users = {name for item in self.items for name in _users(item)}
        stored = stored_users(self.api, users, self.stored_names, beyond)
        known, hidden = beyond.split(
            self.items,
            _users,
            lambda item, user, error: because_of("share", item.title, f"user {user}", error),
        )
        shared: dict[Server, Shared] = {}
        items = stored_as(known, stored)
        for item in items:
            try:
                shared[item.server_key] = self._read(item)
            except ApiError as error:
                unseen.note(item.title, error)
        kept, others = unseen.split(
            items,
            lambda item: [item.title],
            lambda item, _title, error: Unread("share", item.title, error),
        )
        self._warn_of_missing(kept, shared)
        return kept, shared, (*hidden, *others)

    def _warn_of_missing(
        self, items: t.Iterable[WantedShares], shared: t.Mapping[Server, Shared]
    ) -> None:
        """Warn of servers whose shares are to be revoked, and whose owners may be on the hub under
        another name.
        """
        gone = [item for item in items if item.mode == "absent"]
        gone = [item for item in gone if not shared[item.server_key].exists]
        for item in gone:

            def read(owner: str, server: str = item.server) -> object:
                return self.api.shares_list(owner, server)

            self.warnings += warnings_of_missing(read, [item.owner])
        told = set(self.stored_names.values())
        self.warnings += unknown_logins(item.owner for item in gone if item.owner not in told)

    def _read(self, item: WantedShares) -> Shared:
        """Read what there is of one server's shares: codes only where they are declared."""
        rows = self.api.shares_list(*item.server_key)
        codes = (
            self.api.share_codes_list(*item.server_key) if item.code and rows is not None else None
        )
        return Shared(
            rows is not None,
            {whom(row): plain_scopes(row) for row in rows or ()},
            tuple(Code(row["id"], plain_scopes(row)) for row in codes or ()),
        )

    def _missing_guests(
        self, steps: t.Iterable[Step], unseen: t.Mapping[str, OutOfReach]
    ) -> t.Iterator[Missing]:
        """:param unseen: by kind, gets the names that the caller may not look up.

        :returns: those who shall be granted something, and do not exist.
        """
        granted = [step.guest for step in steps if isinstance(step, GrantShare)]
        users = {name for kind, name in granted if kind == "user"}
        groups = {name for kind, name in granted if kind == "group"}
        if users:
            names = {name: name for name in users}
            found = find_users(self.api, users, stored_names=names, beyond=unseen["user"])
            gone = users - set(found.rows) - set(unseen["user"].errors)
            yield Missing(
                "These users do not exist on the hub",
                tuple(sorted(gone)),
                "Create them first, with jupyterhub_user for instance.",
            )
        if groups:
            there = find_groups(self.api, groups, beyond=unseen["group"]).rows
            gone = groups - set(there) - set(unseen["group"].errors)
            yield Missing(
                "These groups do not exist on the hub",
                tuple(sorted(gone)),
                "Create them first, with jupyterhub_group for instance.",
                groups=True,
            )

    # Apply

    def batch(self, steps: t.Sequence[Step]) -> int:
        return 1

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        (step,) = steps
        if isinstance(step, CreateShareCode):
            row = self.api.share_code_create(
                *step.server, filtered(step.scopes, step.server), step.expires_in
            )
            self._codes["/".join(step.server)] = {key: row.get(key) for key in CODE_FIELDS}
            self._undelivered.append((step, row["id"]))
        elif isinstance(step, DeleteShareCode):
            return steps if self.api.share_code_delete(*step.server, step.id) else []
        elif isinstance(step, GrantShare):
            self.api.share_grant(*step.server, dict([step.guest]), step.scopes)
        elif isinstance(step, RevokeShare):
            self.api.share_revoke(*step.server, dict([step.guest]), step.scopes)
        return steps

    def abandon(self) -> t.Iterable[tuple[Step, bool]]:
        """Delete new codes: the task returns none, and the next run would treat them as codes in
        use.
        """
        for step, code in self._undelivered:
            gone = delete_leftover(
                functools.partial(self.api.share_code_delete, *step.server, code)
            )
            if gone is False:
                self.warnings.append(
                    f"The new {step.name} could not be deleted, and its value is lost: remove it"
                    " with mode absent first."
                )
            else:
                yield step, bool(gone)

    def look_up(self, steps: t.Sequence[Step]) -> list[Step]:
        (step,) = steps
        if isinstance(step, DeleteShareCode):
            return [step] if step.id not in self._code_ids(step.server) else []
        if not isinstance(step, (GrantShare, RevokeShare)):
            return []
        rows = self.api.shares_list(*step.server) or []
        granted = {whom(row): plain_scopes(row) for row in rows}
        now = granted.get(step.guest, frozenset())
        if isinstance(step, GrantShare):
            return [step] if now.issuperset(step.future or ()) else []
        return (
            [step]
            if now.isdisjoint(step.past - step.future if step.past and step.future else now)
            else []
        )

    def _code_ids(self, server: Server) -> set[str]:
        return {row["id"] for row in self.api.share_codes_list(*server) or []}

    def clean_up(self, steps: t.Sequence[Step]) -> None:
        """Delete new codes whose answer was lost: they cannot be accepted."""
        for step in steps:
            if isinstance(step, CreateShareCode):
                for code in self._code_ids(step.server) - step.known_ids:
                    self.api.share_code_delete(*step.server, code)

    def objects(self, plan: Plan) -> dict[str, State]:
        return {
            name: {**state, "code": self._codes.get(name)} for name, state in plan.objects.items()
        }


def _users(item: WantedShares) -> list[str]:
    """:returns: the users whom an item names: the owner, and the guests who are users."""
    return [item.owner, *_guests("user", item)]


def _granted(steps: t.Iterable[Step], kind: str, item: WantedShares) -> list[str]:
    """:returns: the guests of an item who are granted something; others need not be looked up."""
    return [
        step.guest[1]
        for step in steps
        if isinstance(step, GrantShare) and step.server == item.server_key and step.guest[0] == kind
    ]


def _guests(kind: str, item: WantedShares) -> list[str]:
    return [name for kind_of_one, name in item.guests if kind_of_one == kind]
