# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""Shares of servers with users, with groups and by codes, from JupyterHub 5 on: how they are compared, granted and revoked."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Writer, take_back
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import HIDDEN, Item, LooseStep, Plan, State, Step, fold
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Row
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    check_name,
    check_scope,
    check_user_name,
    find_groups,
    find_users,
    normalize,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief, listed
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import duration

# Whom a server is shared with: kind (user or group) and name.
Whom = tuple[str, str]
# Seconds; the hub takes no less and no more (jupyterhub/apihandlers/shares.py, ShareCodeGrantRequest).
SHORTEST_CODE, LONGEST_CODE = 60, 525600 * 60
ORDER = ("create", "update", "revoke")


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


class Shares(Writer):
    """The adapter of jupyterhub_share."""

    plural: t.ClassVar[str] = "shares"
    singular: t.ClassVar[str] = "share"
    key: t.ClassVar[str] = "owner"

    def __init__(self, api: HubApi, options: dict[str, t.Any], *, assume_missing: bool) -> None:
        self.api = api
        self.assume_missing = assume_missing
        self.warnings: list[str] = []
        self.items = self._declared(options)
        # Codes that were made, by server, and the steps that made them.
        self._codes: dict[str, State] = {}
        self._undelivered: list[tuple[Step, Item, str]] = []

    @staticmethod
    def _declared(options: dict[str, t.Any]) -> list[Item]:
        """The one server, or the list, made the same; bad and contradictory input is refused."""
        rows = options["shares"] if options["shares"] is not None else [options]
        items = []
        for row in rows:
            item = {key: row[key] for key in ("owner", "server", "users", "groups", "scopes", "mode", "code", "expires_in")}
            item["mode"] = item["mode"] or options["mode"]
            check_user_name(item["owner"])
            item["owner"] = normalize(item["owner"])
            if item["server"]:
                check_name("server", item["server"])
            for user in item["users"] or ():
                check_user_name(user)
            for group in item["groups"] or ():
                check_name("group", group)
            item["users"] = None if item["users"] is None else sorted(set(map(normalize, item["users"])))
            item["groups"] = None if item["groups"] is None else sorted(set(item["groups"]))
            if item["users"] is None and item["groups"] is None and not item["code"]:
                raise RefusedError(f"Nothing is declared of the shares of server {_title(item)}: give users, groups or code. Nothing was changed.")
            item["scopes"] = None if item["scopes"] is None else [_filtered(scope, item) for scope in item["scopes"]]
            if item["expires_in"] is not None:
                item["expires_in"] = duration("expires_in", item["expires_in"])
                if not item["code"] or not SHORTEST_CODE <= item["expires_in"] <= LONGEST_CODE:
                    raise RefusedError(
                        f"expires_in is for codes, from one minute to one year; other shares of server {_title(item)} do not expire. Nothing was changed."
                    )
            items.append(item)
        return fold(items, lambda item: (item["owner"], item["server"]), lambda item: f"Server {_title(item)}")

    # Plan

    def plan(self) -> Plan:
        self.api.require("5.0", "Sharing servers")
        steps: list[Step] = []
        objects: dict[str, State] = {}
        changed: set[str] = set()
        unchanged = 0
        missing: list[str] = []
        for item in self.items:
            rows = self.api.shares_list(item["owner"], item["server"])
            if rows is None:
                if item["mode"] != "absent":
                    missing.append(_title(item))
                rows = []
            mine, shares = self._compare(item, {whom(row): set(row["scopes"]) for row in rows})
            codes: list[Row] = []
            if item["code"]:
                codes = (self.api.share_codes_list(item["owner"], item["server"]) if _title(item) not in missing else None) or []
                mine.extend(self._compare_codes(item, codes))
            steps.extend(mine)
            unchanged += not mine
            objects[_title(item)] = _state(item, shares)
            if mine:
                changed.add(_title(item))
        self._check(missing, "servers of the hub, so that they cannot be shared", "start them once")
        self._check_whom(steps)
        # A code that is made is lost when the task fails.
        steps.sort(key=lambda step: (step.operation == "share_code_create", ORDER.index(step.action)))
        return Plan(tuple(steps), objects, frozenset(changed), unchanged)

    def _check(self, missing: list[str], what: str, advice: str) -> None:
        """:raises RefusedError: what a step needs is missing; in check mode it is taken to be made by an earlier task."""
        if missing and self.assume_missing:
            self.warnings.append(f"These are no {what}, and are taken to be made by an earlier task: {listed(missing)}.")
        elif missing:
            raise RefusedError(f"These are no {what}: {listed(missing)}. Nothing was changed. Create them first: {advice}.", missing=missing)

    def _check_whom(self, steps: t.Iterable[Step]) -> None:
        """See that those who shall be granted something exist."""
        granted = [step.payload[1] for step in steps if step.operation == "share_grant"]
        users = {name for kind, name in granted if kind == "user"}
        groups = {name for kind, name in granted if kind == "group"}
        if users:
            found = find_users(self.api, users)
            self._check(sorted(users - set(found.rows)), "users of the hub", "with jupyterhub_user for instance")
        if groups:
            found = find_groups(self.api, groups)
            self._check(sorted(groups - set(found.rows)), "groups of the hub", "with jupyterhub_group for instance")

    @staticmethod
    def _compare(item: Item, current: dict[Whom, set[str]]) -> tuple[list[Step], dict[Whom, set[str]]]:
        """:returns: the steps that the shares of one server need, and the shares as they will be."""
        declared: list[Whom] = [("user", name) for name in item["users"] or ()] + [("group", name) for name in item["groups"] or ()]
        shares = {one: set(scopes) for one, scopes in current.items()}
        wanted = None if item["scopes"] is None else set(item["scopes"])
        steps: list[Step] = []
        if item["mode"] == "absent":
            for one in declared:
                if one in current:
                    gone = current[one] & wanted if wanted is not None else current[one]
                    steps.extend(_revoke(item, one, current[one], gone, shares))
            return steps, shares
        for one in declared:
            now = current.get(one)
            scopes = wanted if wanted is not None else (now or {_filtered("access:servers", item)})
            new = scopes - (now or set())
            if new:
                steps.append(_grant(item, one, now, new))
                shares[one] = (now or set()) | new
            if item["mode"] == "exact" and now and now - scopes:
                steps.extend(_revoke(item, one, now, now - scopes, shares))
        if item["mode"] == "exact":
            # Users that are not declared at all are left alone, and so are groups.
            covered = {kind for kind, names in (("user", item["users"]), ("group", item["groups"])) if names is not None}
            for one in sorted(set(current) - set(declared)):
                if one[0] in covered:
                    steps.extend(_revoke(item, one, current[one], current[one], shares))
        return steps, shares

    @staticmethod
    def _compare_codes(item: Item, codes: list[Row]) -> list[Step]:
        """:returns: the step that makes a code, when there is none of these scopes, or those that revoke all."""
        name = f"{_title(item)} code"
        if item["mode"] == "absent":
            return [LooseStep("revoke", "share_code", name, "share_code_delete", {"id": code["id"]}, None, payload=(item, code["id"])) for code in codes]
        scopes = set(item["scopes"] or [_filtered("access:servers", item)])
        if any(set(code["scopes"]) == scopes for code in codes):
            return []
        fields: State = {"code": HIDDEN, "scopes": sorted(scopes), "expires_in": item["expires_in"]}
        known = frozenset(code["id"] for code in codes)
        fields = {key: value for key, value in fields.items() if value is not None}
        return [LooseStep("create", "share_code", name, "share_code_create", None, fields, payload=(item, known))]

    # Apply

    def batch(self, steps: t.Sequence[Step]) -> int:
        return 1

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        (step,) = steps
        item = step.payload[0]
        where = item["owner"], item["server"]
        if step.operation == "share_code_create":
            row = self.api.share_code_create(*where, item["scopes"], item["expires_in"])
            self._codes[_title(item)] = {key: row.get(key) for key in ("id", "code", "accept_url", "full_accept_url", "expires_at")}
            self._undelivered.append((step, item, row["id"]))
        elif step.operation == "share_code_delete":
            return steps if self.api.share_code_delete(*where, step.payload[1]) else []
        else:
            (kind, name), scopes = step.payload[1:]
            act = self.api.share_grant if step.operation == "share_grant" else self.api.share_revoke
            act(*where, {kind: name}, scopes)
        return steps

    def abandon(self) -> t.Iterable[tuple[Step, bool]]:
        """Delete new codes: the task returns none, and the next run would take them for codes that somebody has."""
        for step, item, code in self._undelivered:
            gone = take_back(functools.partial(self.api.share_code_delete, item["owner"], item["server"], code))
            if gone is False:
                self.warnings.append(f"The new {step.name} could not be deleted again, and nobody knows it: remove it with mode absent first.")
            else:
                yield step, bool(gone)

    def in_place(self, steps: t.Sequence[Step]) -> list[Step]:
        (step,) = steps
        item = step.payload[0]
        where = item["owner"], item["server"]
        if step.kind == "share_code":
            codes = {row["id"] for row in self.api.share_codes_list(*where) or []}
            if step.action == "revoke":
                return [step] if step.payload[1] not in codes else []
            # What the lost answer told is lost for good: its code is no use to anybody.
            for code in codes - step.payload[1]:
                self.api.share_code_delete(*where, code)
            return []
        one, scopes = step.payload[1:]
        now = {whom(row): set(row["scopes"]) for row in self.api.shares_list(*where) or []}.get(one, set())
        if step.operation == "share_grant":
            return [step] if now.issuperset(scopes) else []
        return [step] if now.isdisjoint(scopes or now) else []

    def objects(self, plan: Plan) -> dict[str, State]:
        return {name: {**state, "code": self._codes.get(name)} for name, state in plan.objects.items()}


def _title(item: Item) -> str:
    return f"{item['owner']}/{item['server']}"


def _filtered(scope: str, item: Item) -> str:
    """:returns: a scope with the filter that the hub adds to it.

    :raises RefusedError: it has another one, so that the hub would refuse it.
    """
    base, dummy, given = scope.partition("!")
    own = f"server={_title(item)}"
    check_scope(base)
    if given not in ("", own):
        raise RefusedError(f"The scope {brief(scope)} cannot be shared with server {_title(item)}: write it without a filter. Nothing was changed.")
    return f"{base}!{own}"


def _grant(item: Item, one: Whom, now: set[str] | None, new: set[str]) -> Step:
    name = f"{_title(item)} with {one[0]} {one[1]}"
    before = None if now is None else {"scopes": sorted(now)}
    after = {"scopes": sorted((now or set()) | new)}
    return LooseStep("create" if now is None else "update", "share", name, "share_grant", before, after, payload=(item, one, sorted(new)))


def _revoke(item: Item, one: Whom, now: set[str], gone: set[str], shares: dict[Whom, set[str]]) -> list[Step]:
    """:returns: the step that revokes scopes, if there are any, and the share with the last of them."""
    if not gone:
        return []
    left = shares[one] - gone
    name = f"{_title(item)} with {one[0]} {one[1]}"
    if left:
        shares[one] = left
        return [LooseStep("update", "share", name, "share_revoke", {"scopes": sorted(now)}, {"scopes": sorted(left)}, payload=(item, one, sorted(gone)))]
    del shares[one]
    return [LooseStep("revoke", "share", name, "share_revoke", {"scopes": sorted(now)}, None, payload=(item, one, None))]


def _state(item: Item, shares: dict[Whom, set[str]]) -> State:
    """:returns: the shares of one server as modules return them."""
    return {
        "owner": item["owner"],
        "server": item["server"],
        **{
            f"{kind}s": [{"name": name, "scopes": sorted(scopes)} for (one, name), scopes in sorted(shares.items()) if one == kind]
            for kind in ("user", "group")
        },
        "code": None,
    }
