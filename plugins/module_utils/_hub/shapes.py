# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Checks at run time that an answer of the hub looks as the types in ``rows.py`` say.

What is checked here may be used without further checks; a wrong answer is reported as the hub's
fault, and never as a bug of this collection.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    Moment,
    Name,
    PageInfo,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import parse_time


class Misshapen(ValueError):
    """An answer does not look as it must. The text says where and what is wrong, as part of a
    sentence.

    :param problem: what is said of the place.
    :param place: below the value that was looked at, such as ``.name`` or ``[3].servers``.
    """

    def __init__(self, problem: str, place: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.place = place

    def __str__(self) -> str:
        return f"the answer{self.place} {self.problem}"

    def inside(self, place: str) -> Misshapen:
        """:returns: the same of the value that this one stands in, at this place."""
        return Misshapen(self.problem, place + self.place)


# Looks at a value and raises Misshapen. Where the value stands is put together only then: nearly
# all are good, and there are a hundred thousand of them in a large hub.
Check = t.Callable[[object], None]


R = t.TypeVar("R")
T = t.TypeVar("T")
R_co = t.TypeVar("R_co", covariant=True)


@dataclasses.dataclass(frozen=True)
class Shape(t.Generic[R_co]):
    """What the body of an answer must be; ``R_co`` is its type."""

    check: Check

    def of(self, value: object) -> R_co:
        """:returns: a value that the check has passed, as what it is."""
        return t.cast(R_co, value)


def one(row: type[R], *needs: str) -> Shape[R]:
    """An object of this type of ``rows.py``, with at least these keys."""
    check = _check_of(t.cast(t.Hashable, row))  # as every class is

    def look(value: object) -> None:
        check(value)
        for key in needs:
            if key not in _must_be(value, dict):
                raise Misshapen("is missing", f".{key}")

    return Shape(look)


def many(shape: Shape[R]) -> Shape[list[R]]:
    """A list."""
    check = shape.check

    def look(value: object) -> None:
        for number, item in enumerate(_must_be(value, list)):
            try:
                check(item)
            except Misshapen as problem:
                raise problem.inside(f"[{number}]") from None

    return Shape(look)


def some(shape: Shape[R]) -> Shape[list[R]]:
    """A list that is not empty."""
    each = many(shape)

    def look(value: object) -> None:
        each.check(value)
        if not value:
            raise Misshapen("is empty")

    return Shape(look)


def by_name(shape: Shape[R]) -> Shape[dict[str, R]]:
    """A dictionary of objects."""

    def look(value: object) -> None:
        for name, item in _must_be(value, dict).items():
            try:
                shape.check(item)
            except Misshapen as problem:
                raise problem.inside(f"[{brief(name)}]") from None

    return Shape(look)


def holding(key: str, shape: Shape[R]) -> Shape[dict[str, R]]:
    """An object in which one key is what counts."""

    def look(value: object) -> None:
        held = _must_be(value, dict)
        if key not in held:
            raise Misshapen("is missing", f".{key}")
        try:
            shape.check(held[key])
        except Misshapen as problem:
            raise problem.inside(f".{key}") from None

    return Shape(look)


if t.TYPE_CHECKING:
    # Generic ones are known to Python since 3.11.
    class Page(t.TypedDict, t.Generic[R]):
        """A page of a list."""

        _pagination: PageInfo
        items: list[R] | dict[str, R]


def page(shape: Shape[R]) -> Shape[Page[R]]:
    """A page of a list. The hub lists some things, such as the proxy's routes, as a dictionary."""
    info = holding("_pagination", one(PageInfo))

    def look(value: object) -> None:
        info.check(value)
        items = _must_be(value, dict).get("items")
        try:
            (by_name if isinstance(items, dict) else many)(shape).check(items)
        except Misshapen as problem:
            raise problem.inside(".items") from None

    return Shape(look)


def rows_of(answer: Page[R]) -> list[R]:
    """:returns: the rows of a page."""
    items = answer["items"]
    return list(items.values()) if isinstance(items, dict) else items


def _must_be(value: object, kind: type[T]) -> T:
    """:returns: the value.

    :raises Misshapen: it is of another kind.
    """
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Misshapen(f"is {_what(value)} and not {PLAIN[kind]}")
    return value


def _what(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, (dict, list)):
        return "a dictionary" if isinstance(value, dict) else "a list"
    return brief(value) if isinstance(value, str) else f"{str(value)[:60].lower()}"


PLAIN = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    dict: "a dictionary",
    list: "a list",
}


@functools.cache
def _check_of(kind: t.Hashable) -> Check:
    """:returns: the check for a type, as it stands in an annotation."""
    if kind is object:
        return _anything
    if kind == Moment:
        return _a_moment
    if kind == Name:
        return _optional(_check_of(str))
    if isinstance(kind, type) and kind in PLAIN:
        return _plain(kind)
    origin, arguments = t.get_origin(kind), t.get_args(kind)
    if origin is t.Union:
        # Optional[X] is Union[X, None], with X first.
        return _optional(_check_of(arguments[0]))
    if origin is list:
        return many(Shape(_check_of(arguments[0]))).check
    if origin is dict:
        return by_name(Shape(_check_of(arguments[1]))).check
    if not isinstance(kind, type):
        raise TypeError(f"rows.py has a type that is not known here: {kind}")
    hints = t.get_type_hints(kind, include_extras=True)
    fields = {key: _check_of(inner) for key, inner in hints.items()}
    required: t.Collection[str] = vars(kind)["__required_keys__"]
    return functools.partial(_fields, fields, tuple(sorted(required)))


def _anything(value: object) -> None:
    return


def _plain(kind: type) -> Check:
    def look(value: object) -> None:
        _must_be(value, kind)

    return look


def _optional(check: Check) -> Check:
    def look(value: object) -> None:
        if value is not None:
            check(value)

    return look


def _a_moment(value: object) -> None:
    text = _must_be(value, str)
    try:
        parse_time(text)
    except (ValueError, OverflowError):
        raise Misshapen(f"is {_what(value)} and not a time") from None


def _fields(fields: t.Mapping[str, Check], required: t.Sequence[str], value: object) -> None:
    """Look at the keys that are known; hubs may send others."""
    held = _must_be(value, dict)
    for key in required:
        if key not in held:
            raise Misshapen("is missing", f".{key}")
    for key, inner in held.items():
        check = fields.get(key)
        if check is not None:
            try:
                check(inner)
            except Misshapen as problem:
                raise problem.inside(f".{key}") from None
