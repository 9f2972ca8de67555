# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Whole lists, page by page: complete, or an error.

Pages are counted by offset: the ``next.url`` of the hub is built from the request's Host header,
and may lead elsewhere. Every page begins with the last row of the page before, so that a row that
slipped between two pages is noticed.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    UnusableAnswerError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import encode_path
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    PageInfo,
    Query,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.shapes import Shape, page
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.words import Words
from ansible_collections.hubops.jupyterhub.plugins.module_utils._progress import note_progress

# Asked for, and cut by the hub to its own api_page_max_limit (200 unless configured): the fewest
# requests it allows.
R = t.TypeVar("R")
PAGE_LIMIT = 1000
# How often a list that changes while it is read is read anew.
LIST_TRIES = 5
# No hub has so many rows of anything: what claims so has no end.
MOST_ROWS = 10_000_000


class Getter(t.Protocol):
    """What reads one page."""

    def __call__(
        self,
        *path: str,
        query: Query | None = None,
        shape: Shape[t.Any] | None = None,
        absent: Words | None = None,
    ) -> t.Any:
        """:returns: the body of the answer."""


class _ListChanged(Exception):
    """A list changed while its pages were read."""


@dataclasses.dataclass(frozen=True)
class Listing(t.Generic[R]):
    """A list of the hub.

    :param get: reads a page.
    :param path: segments below the API root.
    :param row: what every row must be.
    :param unfiltered: the hub counts just what it lists; not so when it filters by server state.
    :param absent: what the hub says when what the list belongs to is not there.
    """

    get: Getter
    path: tuple[str, ...]
    query: t.Mapping[str, t.Any]
    row: Shape[R]
    unfiltered: bool = True
    absent: Words | None = None

    def read(self, most: int | None = None) -> list[R] | None:
        """Read the whole list.

        :param most: give up after the first page when the list is longer than this.
        :returns: all rows; None when there are too many.
        :raises HubError: the list kept changing, or cannot be read.
        """
        for attempt in range(LIST_TRIES):
            try:
                # Somebody who makes one user after the other would else keep everybody from reading
                # them.
                return self._read_once(most, growing=attempt > 0)
            except _ListChanged:
                continue
        path = encode_path(self.path)
        raise HubError(
            f"The list {path} changed {LIST_TRIES} times while it was read: run the task again when"
            " fewer changes are made on the hub.",
            method="GET",
            path=path,
        )

    def _read_once(self, most: int | None, *, growing: bool) -> list[R] | None:
        """:param growing: take a list that has only grown, and less than to the double: the hub
        lists new rows last, so that none is missed by that.
        :raises _ListChanged: rows came or went meanwhile.
        """
        rows: list[R] = []
        first: PageInfo | None = None
        total = 0
        offset = 0
        while True:
            info, new = self._page(offset)
            overlaps = bool(rows) and self.unfiltered and info["limit"] > 1
            if first is None:
                first = info
            elif info["total"] != total and not (
                overlaps and growing and total < info["total"] <= 2 * first["total"]
            ):
                raise _ListChanged
            total = info["total"]
            if most is not None and total > most and info["next"] is not None:
                return None
            if overlaps:
                if not new or identity(new[0]) != identity(rows[-1]):
                    raise _ListChanged
                new = new[1:]
            rows.extend(new)
            note_progress(f"{self.path[0].replace('-', ' ')} read", len(rows), total)
            if info["next"] is None:
                break
            offset = info["next"]["offset"] - (1 if self.unfiltered and info["limit"] > 1 else 0)
        self._check_complete(rows, total)
        return rows

    def _page(self, offset: int) -> tuple[PageInfo, list[R]]:
        """:raises UnusableAnswerError: it is not the page that was asked for, or leads to no other
        one.
        """
        query = {**self.query, "offset": offset, "limit": PAGE_LIMIT}
        answer = self.get(*self.path, query=query, shape=page(self.row), absent=self.absent)
        info = t.cast(PageInfo, answer["_pagination"])
        if info["offset"] != offset:
            self._refuse(
                f"the page at {offset} was asked for, and the one at {info['offset']} came: a cache"
                " before the hub may ignore the query"
            )
        following = info["next"]
        if info["limit"] < 1 or not 0 <= info["total"] <= MOST_ROWS:
            self._refuse(f"a page says that it has {info['limit']} of {info['total']} rows")
        if following is not None and following["offset"] != offset + info["limit"]:
            self._refuse(f"the page at {offset} says that the next one is at {following['offset']}")
        items = answer["items"]
        return info, list(items.values()) if isinstance(items, dict) else items

    def _check_complete(self, rows: list[R], total: int) -> None:
        named = [one for one in map(identity, rows) if one[0] is not None]
        if self.unfiltered and (len(rows) != total or len(set(named)) != len(named)):
            raise _ListChanged

    def _refuse(self, problem: str) -> t.NoReturn:
        path = encode_path(self.path)
        raise UnusableAnswerError(
            f"The list {path} cannot be read: {problem}.", method="GET", path=path
        )


def identity(row: t.Any) -> tuple[t.Any, t.Any]:
    """What tells a row from the others and stays while the object is used. It begins with None for
    users whose name was destroyed.
    """
    for key in ("name", "routespec", "id"):
        if key in row:
            return row[key], row.get("created")
    return json.dumps(row, sort_keys=True), None
