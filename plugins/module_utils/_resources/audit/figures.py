# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The figures that the charts of the page draw."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import Hub
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    Bar,
    Figures,
    Listed,
)

DAY = 86400
# Each bar with the age up to which it counts; the last one counts the rest.
TOKEN_AGES = (("30 days", 30 * DAY), ("90 days", 90 * DAY), ("1 year", 365 * DAY), ("older", None))
ACTIVITY = (
    ("this week", 7 * DAY),
    ("this month", 30 * DAY),
    ("this year", 365 * DAY),
    ("longer ago", None),
)
SERVER_TIMES = (
    ("12 hours", DAY // 2),
    ("1 day", DAY),
    ("3 days", 3 * DAY),
    ("1 week", 7 * DAY),
    ("longer", None),
)

Steps = t.Sequence[tuple[str, t.Optional[int]]]


def bars(ages: t.Iterable[float], steps: Steps) -> list[Bar]:
    """:returns: how many ages fall into each step."""
    counts = [0] * len(steps)
    for age in ages:
        counts[next(n for n, (dummy, most) in enumerate(steps) if most is None or age <= most)] += 1
    return [{"label": label, "count": count} for (label, dummy), count in zip(steps, counts)]


def figures(hub: Hub, listed: list[Listed]) -> Figures:
    """:returns: the figures; None for what was not read."""

    def seen(part: str) -> bool:
        return part not in hub.hidden

    tokens = [token for token in hub.tokens if token.ordinary] if seen("tokens") else None
    running = hub.running if seen("users") and seen("servers") else None
    return {
        "users": len(hub.users) if seen("users") else None,
        "admins": (
            sum(user.admin for user in hub.users) if seen("users") and seen("users.admin") else None
        ),
        "groups": len(hub.groups) if seen("groups") else None,
        "services": len(hub.services) if seen("services") else None,
        "servers_running": None if running is None else len(running),
        "tokens": None if tokens is None else len(tokens),
        "tokens_never_expire": (
            None if tokens is None else sum(token.expires_at is None for token in tokens)
        ),
        "token_owners": _owners(hub) if tokens is not None else None,
        "shares": len(hub.shares) if seen("shares") and hub.version >= (5,) else None,
        "token_ages": (
            None
            if tokens is None
            else bars((hub.age(token.created) or 0 for token in tokens), TOKEN_AGES)
        ),
        "user_activity": _activity(hub) if seen("users") and seen("users.activity") else None,
        "server_times": (
            None
            if running is None
            else bars((hub.age(one.started) or 0 for one in running), SERVER_TIMES)
        ),
        "listed": listed,
    }


def _owners(hub: Hub) -> int:
    return len(hub.users) if hub.token_owners is None else len(hub.token_owners)


def _activity(hub: Hub) -> list[Bar]:
    ages = [hub.age(user.last_activity) for user in hub.users]
    never: Bar = {"label": "never", "count": sum(age is None for age in ages)}
    return [*bars((age for age in ages if age is not None), ACTIVITY), never]
