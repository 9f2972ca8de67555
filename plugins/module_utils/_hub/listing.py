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

import collections
import concurrent.futures
import contextlib
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
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.shapes import (
    Shape,
    page,
    rows_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.words import Words
from ansible_collections.hubops.jupyterhub.plugins.module_utils._progress import note_progress

# The requested page size, which the hub limits to its own api_page_max_limit (200 by default): the
# fewest requests that it allows.
R = t.TypeVar("R")
PAGE_LIMIT = 1000
# Pages of a long list that are asked for at once. The hub works in one thread, and waits while a
# client understands an answer; with two, it does not. More would only make other clients wait
# longer.
AT_ONCE = 2
# Pages from which a list is long: for fewer, a second connection is not worth it.
LONG = 5
# How often a list that changes while it is read is read again.
LIST_TRIES = 5
# No hub has so many rows: an answer that claims so is wrong.
MOST_ROWS = 10_000_000


class Getter(t.Protocol):
    """What reads one page."""

    def __call__(
        self,
        *path: str,
        query: Query | None = None,
        shape: Shape[object] | None = None,
        absent: Words | None = None,
    ) -> object:
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
    query: Query
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
                # Otherwise a client that creates one user after the other would keep all others
                # from reading them.
                return self._read_once(most, growing=attempt > 0)
            except _ListChanged:
                continue
        path = encode_path(self.path)
        raise HubError(
            f"The list {path} changed {LIST_TRIES} times while it was being read: run the task"
            " again when the hub changes less often.",
            method="GET",
            path=path,
        )

    def _read_once(self, most: int | None, *, growing: bool) -> list[R] | None:
        """:param growing: take a list that has only grown, and less than to the double: the hub
        lists new rows last, so that none is missed by that.
        :raises _ListChanged: rows were added or removed in the meantime.
        """
        rows: list[R] = []
        first: PageInfo | None = None
        total = 0
        with contextlib.closing(self._pages()) as pages:
            for info, new in pages:
                overlaps = bool(rows) and self._overlaps(info)
                if first is None:
                    first, total = info, info["total"]
                # Of two pages that are read at once, the hub may answer the later one first.
                least = first["total"] if self._is_long(first) else total
                grown = growing and least <= info["total"] <= 2 * first["total"]
                if info["total"] != total and not (overlaps and grown):
                    raise _ListChanged
                total = info["total"]
                if most is not None and total > most and info["next"] is not None:
                    return None
                if overlaps and (not new or identity(new[0]) != identity(rows[-1])):
                    raise _ListChanged
                rows.extend(new[1:] if overlaps else new)
                note_progress(f"{self.path[0].replace('-', ' ')} read", len(rows), total)
        self._check_complete(rows, total)
        return rows

    def _overlaps(self, info: PageInfo) -> bool:
        """Whether a page begins with the last row of the page before."""
        return self.unfiltered and info["limit"] > 1

    def _is_long(self, first: PageInfo) -> bool:
        """Whether pages of a list are read at once. It takes the number of all rows for that."""
        return self._overlaps(first) and first["total"] > LONG * first["limit"]

    def _pages(self) -> t.Generator[tuple[PageInfo, list[R]], None, None]:
        """:returns: the pages, in their order, up to the one that says that it is the last."""
        page = self._page(0)
        yield page
        first = last = page[0]
        if self._is_long(first):
            for page in self._ahead(first):
                last = page[0]
                yield page
        while last["next"] is not None:
            page = self._page(last["next"]["offset"] - self._overlaps(last))
            last = page[0]
            yield page

    def _ahead(self, first: PageInfo) -> t.Iterator[tuple[PageInfo, list[R]]]:
        """:returns: the pages after the first one, of which the next ones are asked for before one
        is looked at.

        :raises _ListChanged: they do not begin where the first one made expect.
        """
        step = first["limit"] - 1
        asked: collections.deque[concurrent.futures.Future[tuple[PageInfo, list[R]]]]
        asked = collections.deque()
        pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        try:
            for offset in range(step, first["total"] - 1, step):
                asked.append(pool.submit(self._page, offset))
                if len(asked) > AT_ONCE:
                    yield self._expected(asked.popleft().result(), first)
            while asked:
                yield self._expected(asked.popleft().result(), first)
        except (Exception, GeneratorExit):
            # Those that were not sent yet are not sent any more, and the others have ended before
            # another request is sent.
            pool.shutdown(cancel_futures=True)
            raise
        except BaseException:
            # A task that is told to stop reports at once, whatever the hub still has to answer.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()

    @staticmethod
    def _expected(page: tuple[PageInfo, list[R]], first: PageInfo) -> tuple[PageInfo, list[R]]:
        if page[0]["limit"] != first["limit"]:
            raise _ListChanged
        return page

    def _page(self, offset: int) -> tuple[PageInfo, list[R]]:
        """:raises UnusableAnswerError: it is not the page that was asked for, or leads to no other
        one.
        """
        query = {**self.query, "offset": offset, "limit": PAGE_LIMIT}
        shape = page(self.row)
        answer = shape.of(self.get(*self.path, query=query, shape=shape, absent=self.absent))
        info = answer["_pagination"]
        if info["offset"] != offset:
            self._refuse(
                f"the page at {offset} was asked for, and the hub sent the one at"
                f" {info['offset']}: a cache in front of the hub may ignore the query"
            )
        following = info["next"]
        if info["limit"] < 1 or not 0 <= info["total"] <= MOST_ROWS:
            self._refuse(f"a page says that it has {info['limit']} of {info['total']} rows")
        if following is not None and following["offset"] != offset + info["limit"]:
            self._refuse(f"the page at {offset} says that the next one is at {following['offset']}")
        if following is not None and following["offset"] >= info["total"]:
            self._refuse(
                f"the page at {offset} says that another one follows, although there are only"
                f" {info['total']} rows"
            )
        return info, rows_of(answer)

    def _check_complete(self, rows: list[R], total: int) -> None:
        named = [one for one in map(identity, rows) if one[0] is not None]
        if self.unfiltered and (len(rows) != total or len(set(named)) != len(named)):
            raise _ListChanged

    def _refuse(self, problem: str) -> t.NoReturn:
        path = encode_path(self.path)
        raise UnusableAnswerError(
            f"The list {path} cannot be read: {problem}.", method="GET", path=path
        )


def identity(row: object) -> tuple[object, object]:
    """What tells a row from the others and stays while the object is used. It begins with None for
    users whose name was destroyed.
    """
    for key in ("name", "routespec", "id"):
        if isinstance(row, dict) and key in row:
            return row[key], row.get("created")
    return json.dumps(row, sort_keys=True), None
