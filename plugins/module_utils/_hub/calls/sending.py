# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""How operations are sent, and what their answers mean."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import rows
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.operations import (
    OPERATIONS,
    Operation,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Query

R = t.TypeVar("R")


class Sender:
    """Sends the operations of the table to one hub."""

    def __init__(self, client: HubClient) -> None:
        self.client = client
        # The operations that were called, in their order.
        self.called: dict[str, Operation[object]] = {}
        # Scopes that the task needs besides those of its requests.
        self.noted: set[str] = set()

    def note_scopes(self, scopes: t.Iterable[str]) -> None:
        """Note scopes that the task needs besides those of its requests: they show fields that it
        compares, or allow requests that check mode does not send.
        """
        self.noted.update(scopes)

    def note_request(self, method: str, path: t.Sequence[str]) -> None:
        """Note a request that is sent without a method of this class, if it is one of the table."""
        for operation in OPERATIONS.values():
            pattern = [part for part in operation.path.split("/") if part]
            fits = all(there.startswith("{") or there == here for there, here in zip(pattern, path))
            if operation.method == method and len(pattern) == len(path) and fits:
                self._note(operation)

    def _note(self, operation: Operation[R]) -> None:
        """Note that an operation is called."""
        self.called.setdefault(operation.name, operation)

    def _ask(
        self,
        operation: Operation[R],
        *names: str,
        body: rows.Fields | None = None,
        query: Query | None = None,
        repeatable: bool | None = None,
        wait_429: bool = True,
    ) -> R:
        """Send an operation, and check that its answer is what the table says."""
        self._note(operation)
        answer = self.client.request(
            operation.method,
            of_server(operation.segments(names)),
            query=query,
            body=body,
            repeatable=repeatable,
            wait_429=wait_429,
            shape=operation.answer,
            absent=operation.absent,
        ).data
        return operation.of(answer)

    def _find(self, operation: Operation[R], *names: str, query: Query | None = None) -> R | None:
        """:returns: the object; None where there is none."""
        try:
            return self._ask(operation, *names, query=query)
        except ApiError as error:
            if error.missing:
                return None
            raise

    def _list(
        self,
        operation: Operation[R],
        *names: str,
        query: Query | None = None,
        unfiltered: bool = True,
    ) -> list[R]:
        """:returns: the whole list, every page."""
        self._note(operation)
        return self.client.pages(
            *operation.segments(names),
            query=query,
            unfiltered=unfiltered,
            row=operation.shape,
            absent=operation.absent,
        )

    def _list_up_to(
        self,
        most: int,
        operation: Operation[R],
        *,
        query: Query | None = None,
        unfiltered: bool = True,
    ) -> list[R] | None:
        """:returns: the whole list, unless it is longer than this."""
        self._note(operation)
        path, row = operation.segments(()), operation.shape
        return self.client.pages_up_to(most, *path, query=query, unfiltered=unfiltered, row=row)

    def _list_or_none(
        self, operation: Operation[R], *names: str, unfiltered: bool = True
    ) -> list[R] | None:
        """:returns: the whole list; None where what it belongs to is not there."""
        try:
            return self._list(operation, *names, unfiltered=unfiltered)
        except ApiError as error:
            if error.missing:
                return None
            raise

    def _delete(
        self,
        operation: Operation[None],
        *names: str,
        body: rows.Fields | None = None,
        query: Query | None = None,
    ) -> bool:
        """:returns: False when it was gone before this task asked.

        A 404 after a lost answer means that the delete was carried out.
        """
        try:
            self._ask(operation, *names, body=body, query=query)
        except ApiError as error:
            if error.missing:
                return error.repeated
            raise
        return True


def of_server(path: tuple[str, ...]) -> tuple[str, ...]:
    """:returns: the path; that of a default server, which has no name, as the hub writes it."""
    if path[2:4] == ("servers", ""):
        return (*path[:2], "server", *path[4:])
    return path
