# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The options of the filter, checked and in the types they have to the end."""

from __future__ import annotations

import dataclasses
import difflib
import typing as t
from collections.abc import Mapping, Sequence

from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._boolean import boolean_of
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.problems import (
    RosterError,
    kind,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.texts import (
    fold,
    login_of,
    text_of,
)

T = t.TypeVar("T")
GROUP_PLACEHOLDER = "{group}"
USERS_MODES = ("exact", "present", "absent")


@dataclasses.dataclass(frozen=True)
class Options:
    """What the filter is asked to do; the fields are named as in its documentation.

    Roles, and the columns and values of ``only``, are folded. ``group_column`` is None when the
    usual columns are looked for, ``group_separator`` when it was not given.
    """

    name_column: str = "name"
    group_column: tuple[str, ...] | None = None
    group_separator: tuple[str, ...] | None = None
    role_column: str = "role"
    admin_roles: frozenset[str] = frozenset()
    demote_others: bool = False
    role_groups: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    delimiter: str | None = None
    only: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    skip_without_name: bool = False
    keep_case: bool = False
    own_groups: bool = True
    users_mode: str | None = None
    stored_names: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def needs_roles(self) -> bool:
        """Whether the column of the roles is read."""
        return bool(self.admin_roles or self.role_groups)


USUAL = Options()
NAMES = tuple(field.name for field in dataclasses.fields(Options))


def parse(given: Mapping[str, object]) -> Options:
    """Return the options that are given by name; what is None is not set. RosterError for the first
    bad one.
    """
    unknown = sorted(str(name) for name in given if name not in NAMES)
    if unknown:
        close = difflib.get_close_matches(unknown[0], NAMES, n=1)
        guess = f"perhaps you mean {close[0]}." if close else f"there are {', '.join(NAMES)}."
        raise RosterError(f"The filter roster has no option {unknown[0]}: {guess}")

    def read(name: str, reader: t.Callable[[str, object], T], usual: T) -> T:
        value = given.get(name)
        return usual if value is None else reader(name, value)

    keep_case = read("keep_case", _boolean, USUAL.keep_case)
    stored = read("stored_names", _stored_names, USUAL.stored_names)
    return Options(
        name_column=read("name_column", _column, USUAL.name_column),
        group_column=read("group_column", _columns, USUAL.group_column),
        group_separator=read("group_separator", _separators, USUAL.group_separator),
        role_column=read("role_column", _column, USUAL.role_column),
        admin_roles=read("admin_roles", _roles, USUAL.admin_roles),
        demote_others=read("demote_others", _boolean, USUAL.demote_others),
        role_groups=read("role_groups", _role_groups, USUAL.role_groups),
        delimiter=read("delimiter", _delimiter, USUAL.delimiter),
        only=read("only", _only, USUAL.only),
        skip_without_name=read("skip_without_name", _boolean, USUAL.skip_without_name),
        keep_case=keep_case,
        own_groups=read("own_groups", _boolean, USUAL.own_groups),
        users_mode=read("users_mode", _users_mode, USUAL.users_mode),
        stored_names={login_of(login, keep_case): name for login, name in stored.items()},
    )


def _column(option: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise RosterError(f"The option {option} must be the name of a column, not {kind(value)}.")
    return value


def _columns(option: str, value: object) -> tuple[str, ...]:
    if value == "":
        return ()
    columns = _sequence(option, value, "the name of a column or a list of them")
    if not all(isinstance(column, str) and column.strip() for column in columns):
        raise RosterError(
            f"The option {option} must be the name of a column or a list of them, not {value!r}."
        )
    return tuple(str(column) for column in columns)


def _separators(option: str, value: object) -> tuple[str, ...]:
    if value == "":
        return ()
    separators = _sequence(option, value, "text or a list of texts")
    if not all(isinstance(separator, str) and separator for separator in separators):
        raise RosterError(
            f"The option {option} must be text or a list of texts that are not empty, not"
            f" {value!r}."
        )
    return tuple(str(separator) for separator in separators)


def _sequence(option: str, value: object, what: str) -> Sequence[object]:
    """Return a list; one text stands for a list of it."""
    if isinstance(value, str):
        if value.lstrip().startswith("["):
            raise RosterError(
                f"The option {option} is text that looks like a list: write a real list."
            )
        return [value]
    if not isinstance(value, Sequence) or isinstance(value, (bytes, bytearray)):
        raise RosterError(f"The option {option} must be {what}, not {kind(value)}.")
    return value


def _names(option: str, value: object) -> tuple[str, ...]:
    """Return a list of names; text is split at commas."""
    names: Sequence[object]
    if isinstance(value, str):
        if value.lstrip().startswith("[") or "\n" in value:
            raise RosterError(
                f"The option {option} is text that looks like a list: write a real list."
            )
        names = [name.strip() for name in value.split(",")] if value.strip() else []
    else:
        names = value if isinstance(value, Sequence) else [None]
    return tuple(_name(option, name, value) for name in names)


def _name(option: str, name: object, value: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise RosterError(f"The option {option} must be a list of names, not {value!r}.")
    if name != name.strip():
        raise RosterError(
            f"The option {option} has the name {name!r}, which has white space at the start or end."
        )
    return name


def _roles(option: str, value: object) -> frozenset[str]:
    return frozenset(fold(role) for role in _names(option, value))


def _role_groups(option: str, value: object) -> Mapping[str, tuple[str, ...]]:
    templates: dict[str, tuple[str, ...]] = {}
    for role, groups in _mapping(option, value, "a role and its groups").items():
        names = () if groups is None else _names(f"{option}.{role}", groups)
        for name in names:
            rest = name.replace(GROUP_PLACEHOLDER, "")
            if "{" in rest or "}" in rest:
                raise RosterError(
                    f"The option {option} has the group '{name}': only {GROUP_PLACEHOLDER} is"
                    " allowed in braces."
                )
        templates[fold(str(role))] = (*templates.get(fold(str(role)), ()), *names)
    return templates


def _mapping(option: str, value: object, what: str) -> Mapping[object, object]:
    if not isinstance(value, Mapping):
        raise RosterError(f"The option {option} must be a dictionary of {what}, not {kind(value)}.")
    return value


def _only(option: str, value: object) -> Mapping[str, tuple[str, ...]]:
    wanted: dict[str, tuple[str, ...]] = {}
    for column, values in _mapping(option, value, "a column and its values").items():
        texts = [_only_value(f"{option}.{column}", each) for each in _values(values)]
        if not texts:
            raise RosterError(
                f"The option {option}.{column} is an empty list, which no row can match."
            )
        wanted[fold(str(column))] = tuple(texts)
    return wanted


def _values(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def _only_value(option: str, value: object) -> str:
    text = (
        str(value).lower() if isinstance(value, bool) else None if value is None else text_of(value)
    )
    if text is None:
        raise RosterError(
            f"The option {option} must be text or a list of texts, not {kind(value)}."
        )
    return fold(text)


def _boolean(option: str, value: object) -> bool:
    try:
        return boolean_of(option, value)
    except ValueError:
        raise RosterError(
            f"The option {option} must be true or false, not {kind(value)}."
        ) from None


def _delimiter(option: str, value: object) -> str:
    if not isinstance(value, str) or len(value) != 1 or value in '"\r\n':
        raise RosterError(f"The option {option} must be one character, not {kind(value)}.")
    return value


def _users_mode(option: str, value: object) -> str:
    if value not in USERS_MODES:
        raise RosterError(
            f"The option {option} must be one of {', '.join(USERS_MODES)}, not {kind(value)}."
        )
    return str(value)


def _stored_names(option: str, value: object) -> Mapping[str, str]:
    stored: dict[str, str] = {}
    for login, name in _mapping(option, value, "a login name and the name on the hub").items():
        text, key = text_of(name), text_of(login)
        if not text or not key:
            raise RosterError(
                f"The option {option} has {kind(name)} for the login name {kind(login)}: both must"
                " be names."
            )
        stored[key] = text
    return stored
