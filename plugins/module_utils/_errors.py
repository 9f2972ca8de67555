# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""What can go wrong, as exceptions that know how to become the output of a failed task.

No error ever carries a header, a request body or a token: it is built from the method, the path and the hub's own sentence.
"""

from __future__ import annotations

import typing as t

# A request that is too large for somebody on the way, or took longer than somebody on the way waits.
TOO_LARGE = frozenset({413, 414, 504})
# Who calls is refused, or everybody is for the moment.
NOT_OF_ONE_ITEM = frozenset({401, 407, 429, 502, 503, 504})


class HubError(Exception):
    """Anything that ends a task: one sentence that says what, on what, why, and what to do.

    :param message: that sentence.
    :param details: further keys for the result of the failed task.
    """

    def __init__(self, message: str, **details: t.Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    @property
    def of_one_item(self) -> bool:
        """Whether it is for good, and says nothing of other requests: these may well succeed."""
        return False

    def to_result(self) -> dict[str, t.Any]:
        """:returns: the keyword arguments for ``fail_json``."""
        return {"msg": self.message, **{key: value for key, value in self.details.items() if value is not None}}


class RefusedError(HubError):
    """The task asks for what must not or cannot be done. Raised before the first write."""


class UnreachableError(HubError):
    """The hub gave no usable answer, and the request certainly did nothing."""


class AnswerLostError(HubError):
    """A write was sent and no usable answer came: whether the hub has done it is not known.

    :param status: of an answer that was not the hub's, if there was one.
    """

    def __init__(self, message: str, *, lost_status: int | None = None, **details: t.Any) -> None:
        super().__init__(message, **details)
        self.lost_status = lost_status

    @property
    def too_large(self) -> bool:
        """Whether a smaller request may arrive, or be answered in time."""
        return self.lost_status in TOO_LARGE


class ItemError(HubError):
    """One thing cannot be done, now or later. It says nothing of others.

    :param status: of the hub's answer, where it has refused that.
    """

    def __init__(self, message: str, *, status: int | None = None, hub_message: str | None = None, **details: t.Any) -> None:
        super().__init__(message, status=status, hub_message=hub_message, **details)

    @property
    def of_one_item(self) -> bool:
        return True


class PartlyDoneError(HubError):
    """Some of many steps failed; each was taken as far as it goes.

    :param done: the steps that are done.
    :param unsure: those of which nobody knows.
    :param refused: those that cannot be done, and why: for good, or (where the error is not of one item) for now. When all that is not
        done is among them, the work goes on.
    :param overtaken: those that somebody else did meanwhile.
    """

    def __init__(
        self,
        message: str,
        *,
        done: t.Sequence[t.Any],
        unsure: t.Sequence[t.Any] = (),
        refused: t.Sequence[tuple[t.Any, HubError]] = (),
        overtaken: t.Sequence[t.Any] = (),
        **details: t.Any,
    ) -> None:
        super().__init__(message, **details)
        self.done = done
        self.unsure = unsure
        self.refused = refused
        self.overtaken = overtaken


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
    def of_one_item(self) -> bool:
        """All refusals but those of the caller (401, 403, 407) and those that may pass."""
        if self.status == 403:
            # Of admins only an admin may change anything, while others can be changed (jupyterhub/apihandlers/users.py).
            return "Only admins can" in (self.hub_message or "")
        return self.status not in NOT_OF_ONE_ITEM

    @property
    def too_large(self) -> bool:
        """Whether a smaller request may be taken."""
        return self.status in TOO_LARGE

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
