# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Reads from a hub what the chosen checks need, and no more."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HubError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.probe import (
    OutsideView,
    look_from_outside,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._progress import note_progress
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import (
    Check,
    Hit,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import (
    USUAL_ROLES,
    Hidden,
    Hub,
    Outside,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.policy import (
    Policy,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.view import (
    View,
    moment,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot import reading
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    Snapshot,
    Unknown,
    User,
)

ALL, POWERFUL_OWNERS, NONE = "all", "powerful_owners", "none"


@dataclasses.dataclass(frozen=True)
class Wish:
    """What is to be read.

    :param checks: the checks that will be made.
    :param tokens: of whom tokens are read: all, powerful_owners or none.
    :param owners: read tokens, shares and codes of these users only: the second reading.
    """

    checks: tuple[Check, ...]
    policy: Policy
    tokens: str
    owners: frozenset[str] | None = None

    @property
    def parts(self) -> frozenset[str]:
        """The parts of the hub that the checks need, without their fields."""
        found = {part.partition(".")[0] for check in self.checks for part in check.parts}
        return frozenset(found)


def read(api: HubApi, wish: Wish) -> Hub:
    """:returns: the hub, as far as the checks need it and the caller may see it.

    :raises HubError: something that the caller may see could not be read.
    """
    snapshot, owners = _snapshot(api, wish)
    view = View(snapshot)
    users, groups, services = view.users(), view.groups(), view.services()
    tokens, shares, share_codes = view.tokens(), view.shares(), view.share_codes()
    info = _info(api, wish, view)
    outside = _outside(api, wish, view)
    if wish.tokens == NONE and "tokens" in wish.parts:
        view.hidden["tokens"] = Hidden("Tokens were not read, because tokens is none.")
    caller = snapshot.caller
    return Hub(
        url=api.client.connection.hub_url,
        version=api.version,
        now=api.now(),
        users=users,
        groups=groups,
        services=services,
        tokens=tokens,
        shares=shares,
        share_codes=share_codes,
        authenticator=_class_of(info, "authenticator"),
        spawner=_class_of(info, "spawner"),
        python=str(info.get("python") or ""),
        outside=outside,
        hidden=view.hidden,
        limited=snapshot.limited,
        token_owners=owners,
        caller_name=caller.name,
        caller_kind=caller.kind,
        caller_scopes=caller.scopes,
    )


def _snapshot(api: HubApi, wish: Wish) -> tuple[Snapshot, frozenset[str] | None]:
    """:returns: the snapshot, and whose tokens were read; None: everybody's.

    Groups are read before users, as they tell who is powerful.
    """
    parts = wish.parts & set(reading.SCOPES)
    tokens = reading.TOKENS in parts and wish.tokens != NONE
    powerful = tokens and wish.tokens == POWERFUL_OWNERS and wish.owners is None
    first = {reading.GROUPS, reading.SERVICES} & (parts | ({reading.GROUPS} if powerful else set()))
    before = reading.read_hub(api, reading.Reading(frozenset(first)), note_progress)
    asked: set[str] = set()
    reading.note_fields(api, parts | first)

    def token_owner(user: User) -> bool:
        chosen = (
            user.name in wish.owners
            if wish.owners is not None
            else _powerful(user, before, wish.policy)
        )
        if chosen or not (powerful or wish.owners is not None):
            asked.add(user.name)
            return True
        return False

    rest = (parts - first) | (parts & {reading.USERS})
    rest -= set() if tokens else {reading.TOKENS}
    after = reading.read_hub(
        api,
        reading.Reading(
            frozenset(rest | _carriers(rest)),
            stopped_servers=_stopped(wish),
            token_owners=token_owner,
            share_owners=lambda user: wish.owners is None or user.name in wish.owners,
        ),
        note_progress,
    )
    return _joined(before, after), frozenset(asked) if powerful else None


def _joined(before: Snapshot, after: Snapshot) -> Snapshot:
    """:returns: the groups and services of one reading, and all else of a later one."""
    return dataclasses.replace(
        after,
        groups=before.groups,
        nameless_groups=before.nameless_groups,
        services=before.services,
        limited=tuple(sorted({*before.limited, *after.limited})),
    )


def _carriers(parts: t.Collection[str]) -> set[str]:
    """:returns: what has to be read for other parts to be reached: the users."""
    needing = {reading.SERVERS, reading.TOKENS, reading.SHARES, reading.SHARE_CODES}
    return {reading.USERS} if needing.intersection(parts) else set()


def _stopped(wish: Wish) -> bool:
    """Whether stopped servers are needed: they make the list of users much longer."""
    return any(
        "servers.stopped" in check.parts and all(_says(wish.policy, key) for key in check.policy)
        for check in wish.checks
    )


def _says(policy: Policy, key: str) -> bool:
    return getattr(policy, key) is not None


def _powerful(user: User, groups: Snapshot, policy: Policy) -> bool:
    """Whether a user may have power over others, or should not be on the hub at all. Unknown counts
    as yes.
    """
    if policy.people is not None and not policy.known(user.name):
        return True
    if isinstance(user.admin, Unknown) or user.admin:
        return True
    if isinstance(user.roles, Unknown) or set(user.roles) - USUAL_ROLES:
        return True
    if isinstance(groups.groups, Unknown):
        return True
    return any(
        isinstance(group.roles, Unknown)
        or (group.roles and (isinstance(group.users, Unknown) or user.name in group.users))
        for group in groups.groups
    )


def _info(api: HubApi, wish: Wish, view: View) -> t.Mapping[str, object]:
    """:returns: what only read:hub shows."""
    if "info" not in wish.parts:
        return {}
    if not api.holds("read:hub"):
        view.hidden["info"] = Hidden("The caller lacks the scope read:hub.", "read:hub")
        return {}
    return api.hub_info()


def _class_of(info: t.Mapping[str, object], what: str) -> str:
    model = info.get(what)
    return str(model.get("class") or "") if isinstance(model, dict) else ""


def _outside(api: HubApi, wish: Wish, view: View) -> Outside:
    """:returns: what a client without a token sees. A missing answer hides the part, and stops
    nothing.
    """
    if not any(check.id in ("HUB-4", "HUB-5", "HUB-6") for check in wish.checks):
        return Outside()
    pages = "outside" in wish.parts
    try:
        seen = look_from_outside(api, pages=pages)
    except HubError:
        seen = OutsideView()
    for page, open_to_all in (("metrics", seen.metrics), ("signup", seen.signup)):
        if pages and open_to_all is None:
            view.hidden[f"outside.{page}"] = Hidden(
                "The hub did not answer a request without a token."
            )
    return Outside(
        metrics_open=seen.metrics,
        signup_open=seen.signup,
        hsts=seen.hsts,
        certificate_until=moment(seen.certificate_until),
    )


def owners_of(hits: t.Iterable[Hit]) -> frozenset[str]:
    """:returns: the users whose tokens, shares and codes the hits are about."""
    return frozenset(hit.names[0] for hit in hits if hit.names)
