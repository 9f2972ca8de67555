# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Rules about who may use whose servers."""

from __future__ import annotations

import typing as t
from urllib.parse import quote

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import (
    Case,
    Check,
    Hit,
    Shown,
    targets,
    task,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import (
    Share,
    ShareCode,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    FixTask,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.say import (
    count,
    day,
    some,
)

SINCE = (5, 0)
# The first hub in which shares are safe, see advisories.py.
SAFE = (5, 5, 1)
# A code that is valid longer is a risk.
CODE_DAYS = 30


def _hit(case: Case, share: Share, evidence: str) -> Hit:
    shared = f"shared {day(share.created_at)}"
    return Hit(
        share.subject, f"{evidence}{shared}", share, names=(share.owner, share.server, share.guest)
    )


def _outsiders(case: Case, share: Share) -> list[str]:
    """:returns: those who have access and are not among the people."""
    if share.kind == "user":
        return [] if case.policy.known(share.guest) else [share.guest]
    members = next((group.users for group in case.hub.groups if group.name == share.guest), ())
    return [str(name) for name in members if not case.policy.known(str(name))]


def outsiders(case: Case) -> t.Iterator[Hit]:
    """SHR-1: shares with a user who is not among the people."""
    policy = case.policy
    if policy.people is None:
        return
    for share in case.hub.shares:
        theirs = _outsiders(case, share)
        pair = f"{share.owner}/{share.guest}"
        if theirs and not (policy.share_ok is not None and pair in policy.share_ok):
            group = share.kind == "group"
            shown = some([case.show(name) for name in theirs])
            found = _hit(case, share, f"in the group: {shown}, " if group else "")
            yield found if group else case.stray(found, share.guest)


def revoke(hits: t.Sequence[Hit], case: Case) -> list[FixTask]:
    """:returns: a task that revokes shares."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for share in targets(hits, Share):
        guests = found.setdefault((share.owner, share.server), {})
        guests.setdefault(f"{share.kind}s", []).append(share.guest)
    shares = [
        {"owner": owner, "server": server, **guests, "mode": "absent"}
        for (owner, server), guests in found.items()
    ]
    return [task("Revoke shares", "share", {"shares": shares})]


def show_shares(case: Case) -> Shown:
    """:returns: all shares."""
    names = tuple(share.subject for share in case.hub.shares)
    return Shown(f"{count(len(names), 'share')}", names)


def old(case: Case) -> t.Iterator[Hit]:
    """SHR-2: shares that were created long ago, or by a user who has been inactive for a long
    time.
    """
    users = {user.name: user for user in case.hub.users}
    for share in case.hub.shares:
        owner = users.get(share.owner)
        if case.hub.older(share.created_at, case.policy.share_max_age):
            yield _hit(case, share, "")
        elif owner is not None and case.hub.older(owner.seen, case.policy.user_idle):
            yield _hit(case, share, f"owner last active: {day(owner.last_activity)}, ")


def codes(case: Case) -> t.Iterator[Hit]:
    """SHR-3: codes that are valid for a long time, or that were used often."""
    most = case.policy.code_uses
    for code in case.hub.share_codes:
        age = case.hub.age(code.expires_at)
        if age is not None and age > 0:
            continue
        words = [] if age is not None else ["never expires"]
        if age is not None and -age > CODE_DAYS * 86400:
            words.append(f"expires {day(code.expires_at)}")
        if most is not None and code.exchange_count > most:
            words.append(
                f"used {count(code.exchange_count, 'time')}, and the policy allows at most {most}"
            )
        if words:
            evidence = ", ".join([*words, f"created {day(code.created_at)}"])
            yield Hit(code.subject, evidence, code, names=(code.owner, code.server))


def delete_codes(hits: t.Sequence[Hit], case: Case) -> list[FixTask]:
    """:returns: a task for each code that deletes it."""
    found: list[FixTask] = []
    for code in targets(hits, ShareCode):
        path = f"share-codes/{_segment(code.owner)}/{_segment(code.server)}"
        # The hub says 204, or 404 when the code is gone already.
        options = {
            "method": "DELETE",
            "path": path,
            "query": {"id": code.id},
            "status_code": [204, 404],
        }
        found.append(task("Delete a share code", "api", options))
    return found


def _segment(text: str) -> str:
    return quote(text, safe="")


def unsafe_hub(case: Case) -> t.Iterator[Hit]:
    """SHR-4: shares on a hub whose sharing has a known vulnerability."""
    if case.hub.version < SAFE:
        for share in case.hub.shares:
            yield _hit(case, share, "")


CHECKS = (
    Check(
        id="SHR-1",
        severity="high",
        one="A server is shared with a user who should not be on the hub",
        many="{n} servers are shared with users who should not be on the hub",
        why=(
            "Anyone who may use a server can read its owner's files and use everything that the"
            " server can reach."
        ),
        source="GET /shares/{owner}",
        parts=("shares", "users", "groups"),
        policy=("people",),
        since=SINCE,
        find=outsiders,
        fix=revoke,
        by_hand="Open browsers keep their access for a few more minutes.",
        shows=show_shares,
    ),
    Check(
        id="SHR-2",
        severity="medium",
        one="A server has been shared for a long time",
        many="{n} servers have been shared for a long time",
        why="A share does not expire: it stays until it is revoked.",
        source="GET /shares/{owner}: created_at",
        parts=("shares", "users", "users.activity"),
        policy=("share_max_age",),
        since=SINCE,
        find=old,
        fix=revoke,
    ),
    Check(
        id="SHR-3",
        severity="medium",
        one="A share code is valid for a long time or was used often",
        many="{n} share codes are valid for a long time or were used often",
        why="Anyone who gets the code, from whatever source, may use the server.",
        source="GET /share-codes/{owner}",
        parts=("share_codes",),
        since=SINCE,
        find=codes,
        fix=delete_codes,
    ),
    Check(
        id="SHR-4",
        severity="high",
        one="A server is shared on a hub whose sharing has a known vulnerability",
        many="{n} servers are shared on a hub whose sharing has a known vulnerability",
        why="GHSA-c4gm-pwx9-9w8j: fixed in JupyterHub 5.5.1.",
        source="GET /shares/{owner}, the hub's version",
        parts=("shares",),
        since=SINCE,
        find=unsafe_hub,
        by_hand="Update the hub to 5.5.1 or newer.",
    ),
)
