# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The hub's clock. Ages are calculated from it, because the target's clock may be wrong."""

from __future__ import annotations

import datetime
import email.utils

from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import utcnow

# Clocks that differ by more seconds than this are worth a warning.
NOTABLE = 60


class HubClock:
    """How far the hub's clock is ahead of the clock of this machine, as its answers show.

    :param offset: seconds; negative when the hub's clock is behind; 0 as long as nothing shows a
    difference.
    """

    def __init__(self) -> None:
        self.offset = 0.0
        self._took: float | None = None

    def set_by(self, date: str | None, sent: float, took: float) -> None:
        """Take an answer of the hub into account. The quickest answer tells the time best.

        :param date: the ``Date`` header, in whole seconds; the hub takes it when it begins with a
        request (tornado, ``RequestHandler.clear``).
        :param sent: when the request was sent, in seconds since 1970 by the clock of this machine.
        :param took: seconds until the answer was there.
        """
        if date is None or (self._took is not None and took >= self._took):
            return
        try:
            moment = email.utils.parsedate_to_datetime(date).timestamp()
        except (TypeError, ValueError, OverflowError):
            return
        self._took = took
        # The header has no fractions, and may be as old as the request: the difference is between
        # these two.
        least, most = moment - sent - took, moment + 1 - sent
        self.offset = 0.0 if least <= 0 <= most else (least + most) / 2

    def now(self) -> datetime.datetime:
        """:returns: the present moment by the hub's clock."""
        return utcnow() + datetime.timedelta(seconds=self.offset)

    @property
    def warning(self) -> str | None:
        """The warning about clocks that differ too much."""
        if abs(self.offset) <= NOTABLE:
            return None
        where = "behind" if self.offset > 0 else "ahead of"
        return (
            f"The clock of the target is {abs(self.offset):.0f} seconds {where} the hub's clock."
            " Ages are counted by the hub's clock."
        )
