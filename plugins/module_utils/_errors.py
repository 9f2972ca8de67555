# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""What can go wrong, as exceptions that know how to become the output of a failed task.

No error ever carries a header, a request body or a token: it is built from the method, the path and the hub's own sentence.
"""

from __future__ import annotations

import typing as t


class HubError(Exception):
    """Anything that ends a task: one sentence that says what, on what, why, and what to do.

    :param message: that sentence.
    :param details: further keys for the result of the failed task.
    """

    def __init__(self, message: str, **details: t.Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def to_result(self) -> dict[str, t.Any]:
        """:returns: the keyword arguments for ``fail_json``."""
        return {"msg": self.message, **{key: value for key, value in self.details.items() if value is not None}}


class RefusedError(HubError):
    """The task asks for what must not or cannot be done. Raised before the first write."""


class UnreachableError(HubError):
    """The hub gave no usable answer, and the request certainly did nothing."""


class AnswerLostError(HubError):
    """A write was sent and no usable answer came: whether the hub has done it is not known."""


class PartlyDoneError(HubError):
    """Some of many steps failed; each was taken as far as it goes.

    :param done: the steps that are done.
    :param unsure: those of which nobody knows.
    """

    def __init__(self, message: str, *, done: t.Sequence[t.Any], unsure: t.Sequence[t.Any] = (), **details: t.Any) -> None:
        super().__init__(message, **details)
        self.done = done
        self.unsure = unsure


class ApiError(HubError):
    """The hub's own refusal.

    :param status: HTTP status.
    :param method: HTTP method.
    :param path: path below the API root, percent-encoded, secrets replaced.
    :param hub_message: the ``message`` of the hub's answer; the hub sends none for some errors.
    :param hub_version: the hub's version, when known.
    :param repeated: an earlier try of the same request may already have been carried out.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        method: str,
        path: str,
        hub_message: str | None = None,
        hub_version: str | None = None,
        repeated: bool = False,
        **details: t.Any,
    ) -> None:
        super().__init__(
            message,
            status=status,
            method=method,
            path=path,
            hub_message=hub_message,
            hub_version=hub_version,
            **details,
        )
        self.status = status
        self.method = method
        self.path = path
        self.hub_message = hub_message
        self.repeated = repeated

    @property
    def out_of_sight(self) -> bool:
        """The 404 of a token whose scopes are limited to other objects: it says nothing about existence.

        Source: ``jupyterhub/scopes.py``, ``needs_scope``, which hides what the requester may not know of.
        """
        return self.status == 404 and "No access to resources" in (self.hub_message or "")

    @property
    def missing(self) -> bool:
        """The object is not there."""
        return self.status == 404 and not self.out_of_sight
