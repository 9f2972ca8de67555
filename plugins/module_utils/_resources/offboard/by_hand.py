# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What the hub cannot do when a person leaves, as sentences for the person who must do it by hand.
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
            f"Close the account of {names} at the identity provider: otherwise the hub may still"
            " accept its login and create a new account."
        ),
        (
            f"Remove {names} from the hub's configuration wherever it names them (admin_users,"
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
            f"Servers that were shared with {listed(guests, 5)} still accept a browser that is"
            " open there until their cache expires (5 minutes, unless configured otherwise)."
        )
    found.append(
        f"Decide what happens to the files of {names}: only the spawner knows where they are."
    )
    if nameless:
        found.append(
            "This hub has users without a name. No request can reach them, and their tokens work."
            " Only the hub's database shows whether one of them belonged to these people."
        )
    return found


def _sessions(kept: t.Sequence[Case]) -> t.Iterator[str]:
    """What an account that is kept can still do by its cookies."""
    reported = [case.name for case in kept if not case.leaver.freezes]
    if reported:
        yield (
            f"A browser in which {listed(reported, 5)} has logged in stays logged in until its"
            " cookie expires (14 days, unless cookie_max_age_days is set), and can start servers"
            " and create tokens: sessions=freeze removes its power until the next login,"
            " account=delete ends the session."
        )
    frozen = [case.name for case in kept if case.leaver.freezes]
    if frozen:
        yield (
            f"The next login of {listed(frozen, 5)} restores the role that every user has, and old"
            " cookies work again: only the identity provider can prevent that login."
        )


def _power(kept: t.Sequence[Case]) -> t.Iterator[str]:
    """What an account that is kept can do by its roles."""
    for case in kept:
        roles = [] if case.person is None else sorted(set(case.person.roles) - USUAL_ROLES)
        if roles and not case.leaver.freezes:
            yield (
                f"User {case.name} has roles from the hub's configuration, which no request can"
                f" remove one by one: {listed(roles)}."
            )
