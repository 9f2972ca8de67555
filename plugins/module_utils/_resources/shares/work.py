# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""Shares of servers with users, with groups and by codes, from JupyterHub 5 on: how they are read, granted and revoked."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Writer, take_back
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Plan, State, Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Row
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import find_groups, find_users
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.decide import (
    Code,
    CreateShareCode,
    DeleteShareCode,
    GrantShare,
    RevokeShare,
    Shared,
    decide,
    filtered,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.wanted import Scopes, WantedShares, Whom, parse
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

# What a new code is returned with.
CODE_FIELDS = ("id", "code", "accept_url", "full_accept_url", "expires_at")


def whom(row: Row) -> Whom:
    """:returns: whom a share is for."""
    return row["kind"], row[row["kind"]]["name"]


def share_state(row: Row) -> State:
    """:returns: a share as modules return it."""
    kind, name = whom(row)
    return {
        "owner": row["server"]["user"]["name"],
        "server": row["server"]["name"],
        "kind": kind,
        "name": name,
        "scopes": sorted(row["scopes"]),
        "created_at": row["created_at"],
    }


def code_state(row: Row) -> State:
    """:returns: a share code as modules return it, without what it takes to use it."""
    return {
        "owner": row["server"]["user"]["name"],
        "server": row["server"]["name"],
        "id": row["id"],
        "scopes": sorted(row["scopes"]),
        "created_at": row["created_at"],
        "expires_at": row.get("expires_at"),
        "exchange_count": row.get("exchange_count"),
        "last_exchanged_at": row.get("last_exchanged_at"),
    }


class Shares(Writer):
    """The adapter of jupyterhub_share."""

    plural: t.ClassVar[str] = "shares"
    singular: t.ClassVar[str] = "share"
    key: t.ClassVar[str] = "owner"

    def __init__(self, api: HubApi, options: dict[str, t.Any], *, assume_missing: bool) -> None:
        self.api = api
        self.assume_missing = assume_missing
        self.warnings: list[str] = []
        self.items = parse(options)
        # Codes that were made, by server, and the steps that made them.
        self._codes: dict[str, State] = {}
        self._undelivered: list[tuple[CreateShareCode, str]] = []

    # Plan

    def plan(self) -> Plan:
        self.api.require("5.0", "Sharing servers")
        current = {item.server_key: self._read(item) for item in self.items}
        missing = [item.title for item in self.items if item.mode != "absent" and not current[item.server_key].exists]
        self._check(missing, "servers of the hub, so that they cannot be shared", "start them once")
        plan = decide(self.items, current)
        self._check_guests(plan.steps)
        return plan

    def _read(self, item: WantedShares) -> Shared:
        """Read what there is of one server's shares: codes only where they are declared."""
        rows = self.api.shares_list(*item.server_key)
        codes = self.api.share_codes_list(*item.server_key) if item.code and rows is not None else None
        return Shared(
            rows is not None,
            {whom(row): _plain(row) for row in rows or ()},
            tuple(Code(row["id"], _plain(row)) for row in codes or ()),
        )

    def _check(self, missing: list[str], what: str, advice: str) -> None:
        """:raises RefusedError: what a step needs is missing; in check mode it is taken to be made by an earlier task."""
        if missing and self.assume_missing:
            self.warnings.append(f"These are no {what}, and are taken to be made by an earlier task: {listed(missing)}.")
        elif missing:
            raise RefusedError(f"These are no {what}: {listed(missing)}. Nothing was changed. Create them first: {advice}.", missing=missing)

    def _check_guests(self, steps: t.Iterable[Step]) -> None:
        """See that those who shall be granted something exist."""
        granted = [step.guest for step in steps if isinstance(step, GrantShare)]
        users = {name for kind, name in granted if kind == "user"}
        groups = {name for kind, name in granted if kind == "group"}
        if users:
            found = find_users(self.api, users)
            self._check(sorted(users - set(found.rows)), "users of the hub", "with jupyterhub_user for instance")
        if groups:
            found = find_groups(self.api, groups)
            self._check(sorted(groups - set(found.rows)), "groups of the hub", "with jupyterhub_group for instance")

    # Apply

    def batch(self, steps: t.Sequence[Step]) -> int:
        return 1

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        (step,) = steps
        if isinstance(step, CreateShareCode):
            row = self.api.share_code_create(*step.server, filtered(step.scopes, step.server), step.expires_in)
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
        """Delete new codes: the task returns none, and the next run would take them for codes that somebody has."""
        for step, code in self._undelivered:
            gone = take_back(functools.partial(self.api.share_code_delete, *step.server, code))
            if gone is False:
                self.warnings.append(f"The new {step.name} could not be deleted again, and nobody knows it: remove it with mode absent first.")
            else:
                yield step, bool(gone)

    def in_place(self, steps: t.Sequence[Step]) -> list[Step]:
        (step,) = steps
        if isinstance(step, (CreateShareCode, DeleteShareCode)):
            codes = {row["id"] for row in self.api.share_codes_list(*step.server) or []}
            if isinstance(step, DeleteShareCode):
                return [step] if step.id not in codes else []
            # What the lost answer told is lost for good: its code is no use to anybody.
            for code in codes - step.known_ids:
                self.api.share_code_delete(*step.server, code)
            return []
        if not isinstance(step, (GrantShare, RevokeShare)):
            return []
        now = {whom(row): _plain(row) for row in self.api.shares_list(*step.server) or []}.get(step.guest, frozenset())
        if isinstance(step, GrantShare):
            return [step] if now.issuperset(step.future or ()) else []
        return [step] if now.isdisjoint(step.past - step.future if step.past and step.future else now) else []

    def objects(self, plan: Plan) -> dict[str, State]:
        return {name: {**state, "code": self._codes.get(name)} for name, state in plan.objects.items()}


def _plain(row: Row) -> Scopes:
    """:returns: the scopes of a share or a code, without their filter, which is the server."""
    return frozenset(scope.partition("!")[0] for scope in row["scopes"])
