# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Declared objects that the caller may not see: they are refused, and the others are done."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Kind,
    Unread,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    HiddenFieldError,
    HubError,
    ItemError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize

T = t.TypeVar("T")
P = t.TypeVar("P")


class OutOfReach:
    """Names that the hub does not let the caller look up, while it may show others.

    The hub does not say whether these objects exist. So nothing is done about them, and they are
    never taken to be missing.
    """

    def __init__(self, *, folded: bool = True) -> None:
        """:param folded: several spellings may mean the same object, as with users."""
        self._folded = folded
        self.errors: dict[str, ApiError] = {}
        # The same, by the spelling that stands for all that mean the object.
        self._hidden: dict[str, ApiError] = {}

    def note(self, name: str, error: ApiError) -> None:
        """:raises ApiError: the refusal is not about this name only."""
        if not error.beyond_reach:
            raise error
        self.errors[name] = error
        self._hidden[self._spell(name)] = error

    def split(
        self,
        items: t.Sequence[T],
        names: t.Callable[[T], t.Iterable[str]],
        unread: t.Callable[[T, str, ApiError], Unread],
    ) -> tuple[tuple[T, ...], tuple[Unread, ...]]:
        """Remove the items that cannot be planned from those that are declared.

        :param names: the names that have to be looked up for an item.
        :param unread: what stands for an item, given the name that cannot be looked up, and why.
        :returns: the items that are left, and what stands for the others. An item whose name may
        mean the same object as a hidden one is among these, as nothing else speaks for it.
        """
        if not self.errors:
            return tuple(items), ()
        kept: list[T] = []
        refused: list[Unread] = []
        for item in items:
            hidden = self.among(names(item))
            if not hidden:
                kept.append(item)
            else:
                name, error = next(iter(hidden.items()))
                refused.append(unread(item, name, error))
        return tuple(kept), tuple(refused)

    def among(self, names: t.Iterable[str]) -> dict[str, ApiError]:
        """:returns: those of the names that mean a hidden object, or may mean one, and why that is
        hidden.
        """
        spelled = ((name, self._spell(name)) for name in names)
        return {name: self._hidden[one] for name, one in spelled if one in self._hidden}

    def _spell(self, name: str) -> str:
        return normalize(name) if self._folded else name


def split_half_seen(
    api: HubApi,
    items: t.Sequence[T],
    look: t.Callable[[tuple[T, ...]], object],
    unread: t.Callable[[T, HubError], Unread],
) -> tuple[tuple[T, ...], tuple[Unread, ...]]:
    """Remove the items of which the caller sees a part only, and sees more of others, because a
    scope is limited to these.

    :param look: looks at all that has to be known of some of the items.
    :returns: the items that are left, and what stands for the others.
    :raises HiddenFieldError: the caller has no such scope for any object.
    """

    def hidden(some: tuple[T, ...]) -> HiddenFieldError | None:
        try:
            look(some)
        except HiddenFieldError as error:
            if not api.holds_some(error.scope):
                raise
            return error
        except RefusedError:
            # That is found again, and told, when the rest is planned.
            return None
        return None

    # Nearly always nothing is hidden, and one look is enough.
    if hidden(tuple(items)) is None:
        return tuple(items), ()
    errors = [(item, hidden((item,))) for item in items]
    return (
        tuple(item for item, error in errors if error is None),
        tuple(unread(item, error.of_this_object) for item, error in errors if error is not None),
    )


def plan_seen(
    api: HubApi,
    items: t.Sequence[T],
    plan: t.Callable[[tuple[T, ...]], P],
    unread: t.Callable[[T, HubError], Unread],
) -> tuple[P, tuple[T, ...], tuple[Unread, ...]]:
    """Plan the items without those of which the caller sees a part only.

    :param plan: plans some of the items.
    :returns: the plan, the items that are left, and what stands for the others.
    :raises RefusedError: they cannot be planned.
    """
    try:
        return plan(tuple(items)), tuple(items), ()
    except HiddenFieldError:
        seen, half_seen = split_half_seen(api, items, plan, unread)
    return plan(seen), seen, half_seen


def because_of(kind: Kind, name: str, other: str, error: HubError) -> Unread:
    """:returns: what stands for an object that cannot be planned because of another one.

    :param other: which one, as in "its member bob".
    """
    said = error.details.get("hub_message") or error.message
    return Unread(
        kind,
        name,
        ItemError(
            f"The {kind} {name} is not changed, because {other} cannot be looked up:"
            f" {error.message}",
            **{**error.details, "hub_message": f"{other}: {said}"},
        ),
    )
