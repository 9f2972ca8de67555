# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Versions with known holes, and versions that get no more fixes: tables with a date.

Sources: the changelog of JupyterHub as of 2026-08-20, which gives the fixed versions, and for the
first affected versions:
the text of the advisory (CVE-2024-28233, CVE-2026-40864), or the code of 4.0.2, in which what the
fix changes is as it was right before the fix (CVE-2026-33709, CVE-2026-54338). CVE-2024-41942 is
about roles, which are older than 4.0, and was fixed in both series. Sharing began with 5.0.
GHSA-69wv-m5fw-2fhp: its first version was not to be found; 5.0 is certain, and 4 is not claimed.
Python: the schedule of releases at peps.python.org.
"""

from __future__ import annotations

import dataclasses
import datetime

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    Severity,
)

Version = tuple[int, ...]

# The day of the newest source.
AS_OF = datetime.date(2026, 8, 20)
# From then on the report says how old the table is.
OLD_AFTER = datetime.timedelta(days=183)


@dataclasses.dataclass(frozen=True)
class Advisory:
    """A hole: versions from ``first`` on, before ``fixed``, in each of the ranges."""

    id: str
    severity: Severity
    what: str
    ranges: tuple[tuple[Version, Version], ...]

    def fixed_for(self, version: Version) -> Version | None:
        """:returns: the version that closes the hole; None for one that does not have it."""
        return next((fixed for first, fixed in self.ranges if first <= version < fixed), None)


ADVISORIES = (
    Advisory(
        "CVE-2024-28233",
        "high",
        "a page on a neighbouring subdomain can take over a user's session",
        (((4, 0), (4, 1, 0)),),
    ),
    Advisory(
        "CVE-2024-41942",
        "high",
        "the scope admin:users is enough to become an admin",
        (((4, 0), (4, 1, 6)), ((5, 0), (5, 1, 0))),
    ),
    Advisory(
        "CVE-2026-33709",
        "medium",
        "the login page can lead people to another site",
        (((4, 0), (5, 4, 4)),),
    ),
    Advisory(
        "CVE-2026-40864",
        "medium",
        "another site can start a user's server or accept a share in their name",
        (((4, 1, 0), (5, 4, 5)),),
    ),
    Advisory(
        "CVE-2026-54338",
        "medium",
        "failed logins without a token can fill the log of the hub",
        (((4, 0), (5, 5, 0)),),
    ),
    Advisory(
        "GHSA-c4gm-pwx9-9w8j",
        "high",
        "affects hubs where users may share servers",
        (((5, 0), (5, 5, 1)),),
    ),
    Advisory(
        "GHSA-69wv-m5fw-2fhp",
        "low",
        "affects hubs whose roles have admin scopes limited to a group",
        (((5, 0), (5, 5, 1)),),
    ),
)

# Series for which holes found later were not closed any more, with the last release of each.
ENDED = {4: ("4.1.6", datetime.date(2024, 7, 31))}

# The last day on which the series of Python gets fixes.
PYTHON_ENDS = {
    (3, 7): datetime.date(2023, 6, 27),
    (3, 8): datetime.date(2024, 10, 7),
    (3, 9): datetime.date(2025, 10, 31),
    (3, 10): datetime.date(2026, 10, 31),
    (3, 11): datetime.date(2027, 10, 31),
    (3, 12): datetime.date(2028, 10, 31),
    (3, 13): datetime.date(2029, 10, 31),
}


def text(version: Version) -> str:
    """:returns: a version as it is written."""
    return ".".join(map(str, version))
