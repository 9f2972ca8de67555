# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What can go wrong, as exceptions that know how to become the output of a failed task.

No error ever carries a header, a request body or a token: it is built from the method, the path and
the hub's own sentence. Errors are not changed after they are created. Code that knows more creates
a new one, for example with ``with_advice``.

    HubError                 anything that ends a task
      RefusedError           the task asks for what must not or cannot be done
        HiddenFieldError     the caller may not see what the task has to know of one object
      UnreachableError       the hub gave no answer, and the request certainly did nothing
      NotTheHubError         something else than the hub has answered
      UnusableAnswerError    the hub has answered with what JupyterHub does not send
      AnswerLostError        a write was sent, and whether the hub has done it is not known
      PartlyDoneError        some of many steps failed (in _engine/record.py, which knows steps)
      ItemError              one thing cannot be done; others may well be
      ApiError               the hub's own refusal
"""

from __future__ import annotations

import types
import typing as t

# A request that is too large for a proxy, or that took longer than a proxy waits.
TOO_LARGE = frozenset({413, 414, 504})
# Those of them that are sent before a request is passed on, and again for every repeat.
TURNED_AWAY = frozenset({413, 414})
# The caller is refused, or every caller is for the moment.
NOT_OF_ONE_ITEM = frozenset({401, 407, 429, 502, 503, 504})
# Ends the message of a task that was refused before it has changed anything.
NOTHING_CHANGED = "Nothing was changed."
E = t.TypeVar("E", bound="HubError")


class HubError(Exception):
    """Anything that ends a task: one sentence that says what, on what, why, and what to do.

    :param message: that sentence.
    :param details: further keys for the result of the failed task.
    """

    message: str
    details: t.Mapping[str, object]

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self._fill(message=message, details=types.MappingProxyType(details))

    def _fill(self, **fields: object) -> None:
        self.__dict__.update(fields)

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("__"):
            raise AttributeError(f"{type(self).__name__}.{name} cannot be set: make a new error")
        super().__setattr__(name, value)

    def _changed(self: E, **fields: object) -> E:
        """:returns: a copy that differs in these fields."""
        copy = type(self).__new__(type(self), self.message)
        copy.__dict__.update(self.__dict__, **fields)
        Exception.__setattr__(copy, "args", (copy.message,))
        return copy

    def with_advice(self: E, advice: str) -> E:
        """:returns: the same error, with this advice added."""
        return self._changed(message=f"{self.message} {advice}")

    def with_message(self: E, message: str) -> E:
        """:returns: the same error with another message."""
        return self._changed(message=message)

    def with_details(self: E, **details: object) -> E:
        """:returns: the same error with further keys for the result."""
        return self._changed(details=types.MappingProxyType({**self.details, **details}))

    @property
    def of_one_item(self) -> bool:
        """Whether it is permanent, and says nothing about other requests, which may succeed."""
        return False

    @property
    def too_large(self) -> bool:
        """Whether a smaller request may succeed."""
        return False

    @property
    def missing_scopes(self) -> list[str]:
        """The scopes that the caller lacks, as far as they are known."""
        missing = self.details.get("missing_scopes")
        return list(missing) if isinstance(missing, (list, tuple)) else []

    def to_result(self) -> dict[str, object]:
        """:returns: the keyword arguments for ``fail_json``."""
        return {
            "msg": self.message,
            **{key: value for key, value in self.details.items() if value is not None},
        }

    def __str__(self) -> str:
        return self.message


class RefusedError(HubError):
    """The task asks for what must not or cannot be done. Nothing was sent for it.

    Its message does not say that nothing was changed: the end of the task knows, and adds it.
    """


class HiddenFieldError(RefusedError):
    """The caller's scopes hide a field of one object, and a guess could do harm.

    :param name: the object.
    :param scope: what shows the field.
    """

    name: str
    scope: str

    def __init__(self, message: str, *, name: str, scope: str) -> None:
        super().__init__(message, missing_scopes=[scope])
        self._fill(name=name, scope=scope)

    @property
    def of_this_object(self) -> ItemError:
        """The same, as the refusal of this object alone."""
        return ItemError(self.message, **self.details)


class UnreachableError(HubError):
    """The hub gave no answer, and the request certainly did nothing."""


class NotTheHubError(HubError):
    """Something else than the hub has answered a request that only reads."""


class UnusableAnswerError(HubError):
    """The hub has answered a request that only reads with what JupyterHub does not send."""


class AnswerLostError(HubError):
    """A write was sent and no usable answer came: it is not known whether the hub did it.

    :param lost_status: of an answer that was not the hub's, if there was one.
    :param cause: what that answer, or the lack of one, means by itself.
    """

    lost_status: int | None
    cause: HubError | None

    def __init__(
        self,
        message: str,
        *,
        lost_status: int | None = None,
        cause: HubError | None = None,
        **details: object,
    ) -> None:
        super().__init__(message, **details)
        self._fill(lost_status=lost_status, cause=cause)

    @property
    def too_large(self) -> bool:
        """Whether a smaller request may arrive, or be answered in time."""
        return self.lost_status in TOO_LARGE

    @property
    def turned_away(self) -> ItemError | None:
        """The refusal, after a look at the hub has shown that nothing was done; None: it may still
        be done, or the same request may succeed later.
        """
        if self.cause is None or self.lost_status not in TURNED_AWAY:
            return None
        details = {**self.cause.details, "status": self.lost_status}
        return ItemError(self.cause.message, **details)


class ItemError(HubError):
    """One thing cannot be done, now or later. It says nothing of others.

    Where the hub has refused it, the details hold ``status`` and ``hub_message``.

    ``brief`` is the reason, for where the thing is named anyway; None: the whole message.
    """

    brief: str | None = None

    def with_brief(self, brief: str) -> ItemError:
        """:returns: the same error with a reason that does not name the thing."""
        return self._changed(brief=brief)

    @property
    def of_one_item(self) -> bool:
        return True


class ApiError(HubError):
    """The hub's own refusal.

    :param status: HTTP status.
    :param method: HTTP method.
    :param path: path below the API root, percent-encoded, secrets replaced.
    :param hub_message: the ``message`` of the hub's answer; the hub sends none for some errors.
    :param hub_version: the hub's version, when known.
    :param repeated: an earlier try of the same request may already have been carried out.
    :param missing: the hub says that the object is not there.
    :param of_this_one: the hub refuses the caller this one, and not every request of the kind.
    :param out_of_sight: the hub does not say whether the object is there, because the caller's
    scopes are limited to others.
    """

    status: int
    method: str
    path: str
    hub_message: str | None
    repeated: bool
    missing: bool
    out_of_sight: bool
    of_this_one: bool

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
        missing: bool = False,
        out_of_sight: bool = False,
        of_this_one: bool = False,
        **details: object,
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
        self._fill(
            status=status,
            method=method,
            path=path,
            hub_message=hub_message,
            repeated=repeated,
            missing=missing,
            out_of_sight=out_of_sight,
            of_this_one=of_this_one,
        )

    @property
    def of_one_item(self) -> bool:
        """All refusals but those of the caller (401, 403, 407) and those that may pass."""
        if self.status == 403:
            return self.of_this_one
        return self.status not in NOT_OF_ONE_ITEM

    @property
    def beyond_reach(self) -> bool:
        """Whether the caller is refused just this object, and may see others of its kind."""
        return self.out_of_sight or (self.status == 403 and self.of_this_one)

    @property
    def too_large(self) -> bool:
        """Whether a smaller request may be taken."""
        return self.status in TOO_LARGE

    def after_a_lost_try(self) -> ApiError:
        """:returns: the same error of a request of which an earlier try may have been carried
        out.
        """
        return self._changed(repeated=True)
