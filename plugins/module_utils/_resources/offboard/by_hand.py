# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What the hub cannot do when somebody leaves, said in sentences for whoever has to do it by hand.
Pure.
"""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.decide import (
    Case,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

# The roles that the hub itself gives.
USUAL_ROLES = frozenset({"user", "admin"})


def sentences(cases: t.Sequence[Case], nameless: bool) -> list[str]:
    """:returns: what is left to do by hand.

    :param nameless: whether users are on the hub that no request can reach.
    """
    names = listed((case.name for case in cases), 5)
    kept = [case for case in cases if case.person is not None and not case.leaver.deletes]
    found = [
        (
            f"Close the account of {names} at the identity provider: the hub lets in whom it lets"
            " in, and may make a new account."
        ),
        (
            f"Take {names} out of the hub's configuration, where it names them (admin_users,"
            " allowed_users, load_groups, load_roles): what it names comes back when the hub"
            " starts."
        ),
        *_sessions(kept),
        *_power(kept),
    ]
    guests = sorted(
        {case.name for case in cases if case.person is not None and case.person.received}
    )
    if guests:
        found.append(
            f"Servers that were shared with {listed(guests, 5)} let a browser that is open there in"
            " until their cache forgets it (5 minutes, unless configured otherwise)."
        )
    found.append(
        f"Decide what becomes of the files of {names}: only the spawner knows where they are."
    )
    if nameless:
        found.append(
            "Users without a name are on this hub, which no request can reach, and whose tokens"
            " work: whether one of them was one of these people, only the hub's database can tell."
        )
    return found


def _sessions(kept: t.Sequence[Case]) -> t.Iterator[str]:
    """What an account that is kept can still do by its cookies."""
    reported = [case.name for case in kept if not case.leaver.freezes]
    if reported:
        yield (
            f"A browser in which {listed(reported, 5)} has logged in stays logged in until its"
            " cookie expires (14 days, unless cookie_max_age_days says otherwise), and can start"
            " servers and make tokens: sessions=freeze takes its power until the next login,"
            " account=delete ends it."
        )
    frozen = [case.name for case in kept if case.leaver.freezes]
    if frozen:
        yield (
            f"The next login of {listed(frozen, 5)} gives the role of every user back, and old"
            " cookies work again: only the identity provider can prevent that login."
        )


def _power(kept: t.Sequence[Case]) -> t.Iterator[str]:
    """What an account that is kept can do by its roles."""
    for case in kept:
        roles = [] if case.person is None else sorted(set(case.person.roles) - USUAL_ROLES)
        if roles and not case.leaver.freezes:
            yield (
                f"User {case.name} has roles from the hub's configuration, which no request takes"
                f" away one by one: {listed(roles)}."
            )
