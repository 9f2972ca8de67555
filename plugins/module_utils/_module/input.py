# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""A task's options as they come out of YAML, looked at before Ansible makes of them what the
argument spec says.

Ansible turns whatever is given for a text into one: ``name: on`` would make the user "True", a list
the user "['ada', 'bob']". And what it refuses in a list of thousands, it does not say where.
"""

from __future__ import annotations

import contextlib
import typing as t

from ansible.module_utils.common.validation import (
    check_type_bool,
    check_type_dict,
    check_type_float,
    check_type_int,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    Option,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief

# The options as an argument spec describes them.
SpecOptions = t.Mapping[str, Option]
# Texts that people write as numbers, which is no mistake there. The checks of these options say
# best what is wrong with a value.
OFTEN_NUMBERS = frozenset(
    {"expires_in", "renew_before", "select_idle_for", "prune_limit", "remove_limit"}
)
# So many problems are sentences of the error; a list of 300 users may have one each.
MOST_TOLD = 10
# What Linux takes; the path would be told in every sentence about it.
LONGEST_PATH = 4096
CONVERTERS: dict[str, tuple[str, t.Callable[[object], object]]] = {
    "bool": ("true or false", check_type_bool),
    "int": ("a whole number", check_type_int),
    "float": ("a number", check_type_float),
    "dict": ("a dictionary", check_type_dict),
}


class InputError(RefusedError):
    """Options that make no sense.

    :param problems: a sentence about each.
    """

    problems: t.Sequence[str]

    def __init__(self, problems: t.Sequence[str]) -> None:
        told, more = problems[:MOST_TOLD], len(problems) - MOST_TOLD
        super().__init__(
            " ".join([*told, *([f"The same is true of {more} more."] if more > 0 else [])])
        )
        self._fill(problems=tuple(problems))


class Input:
    """The options of one task.

    :param values: as Ansible has got them.
    :param options: the argument spec.
    :raises InputError: some of them make no sense; all of these are reported.
    """

    def __init__(self, values: t.Mapping[str, object], options: SpecOptions) -> None:
        self._numbers: list[str] = []
        self._problems: list[str] = []
        # Without what is null: that is as good as not set.
        self.values = self._options(values, options, "", secret=False)
        if self._problems:
            raise InputError(self._problems)

    @contextlib.contextmanager
    def _noted(self) -> t.Iterator[None]:
        """Note what is refused inside, and go on with what does not depend on it."""
        try:
            yield
        except RefusedError as error:
            self._problems.append(error.message)

    @property
    def warning(self) -> str | None:
        """A value that may have been misunderstood."""
        if not self._numbers:
            return None
        more = len(self._numbers) - 1
        rest = (
            f", and so {'is one more' if more == 1 else f'are {more} more'} in this task"
            if more
            else ""
        )
        return (
            f"{self._numbers[0]}, and is read as text{rest}: put quotes around it, because YAML"
            " reads 0123 as 83 and 1_000 as 1000."
        )

    def _options(
        self, values: t.Mapping[str, object], options: SpecOptions, where: str, *, secret: bool
    ) -> Options:
        """:param where: which part of the task these options are; empty for the task itself, whose
        options Ansible knows to name.
        """
        known = {
            alias: option
            for name, option in options.items()
            for alias in (name, *option.get("aliases", ()))
        }
        place = f" in {where}" if where else ""
        for name, option in options.items():
            if where and option.get("required") and values.get(name) is None:
                with self._noted():
                    _refuse(f"{name} is missing{place}", "add it")
        given = {}
        for name, value in values.items():
            if name in known:
                if value is not None:
                    with self._noted():
                        given[name] = self._value(
                            name, value, known[name], f"{name}{place}", secret=secret
                        )
            elif where:
                with self._noted():
                    _refuse(
                        f"{brief(str(name))} is not an option{place}",
                        f"there are {', '.join(options)}",
                    )
            else:
                given[name] = value
        return given

    def _value(
        self, name: str, value: object, option: Option, where: str, *, secret: bool
    ) -> object:
        secret = secret or bool(option.get("no_log"))
        kind = option.get("type", "str")
        if kind == "list":
            return self._list(name, value, option, where, secret=secret)
        if value is None:
            _refuse(f"{where} is null", "give it a value, or remove it")
        if kind == "dict" and "options" in option:
            # What is no dictionary may hold any of the secrets that belong into it.
            inner = _converted(value, kind, where, secret=True)
            if not isinstance(inner, dict):
                raise TypeError("Ansible makes a dictionary of it, or refuses it")
            label = next((inner.get(key) for key in option["options"]), None)
            named = (
                f" ({label[:60]})"
                if where.startswith("item ") and isinstance(label, str) and label and not secret
                else ""
            )
            return self._options(inner, option["options"], where + named, secret=secret)
        _check_unicode(value, where)
        if kind in CONVERTERS:
            value = _converted(value, kind, where, secret=secret)
        elif not (name in OFTEN_NUMBERS and isinstance(value, (bool, int, float))):
            self._text(value, kind, where, secret=secret)
        if "choices" in option and value not in option["choices"]:
            _refuse(
                f"{where} {_what(value, secret=secret)}", f"it must be {_one_of(option['choices'])}"
            )
        return value

    def _list(
        self, name: str, value: object, option: Option, where: str, *, secret: bool
    ) -> list[object]:
        kind = option.get("elements", "str")
        if kind == "dict" and not isinstance(value, list):
            _refuse(
                f"{where} {_what(value, secret=True)}",
                f"it must be a list of dictionaries, such as [{_form(option)}]",
            )
        if isinstance(value, (bool, dict)):
            _refuse(f"{where} {_what(value, secret=secret)}", "it must be a list")
        items = (
            _split(value, where)
            if isinstance(value, str)
            else value
            if isinstance(value, list)
            else [value]
        )
        item: Option = {**option, "type": kind}
        good = []
        for number, each in enumerate(items, 1):
            with self._noted():
                good.append(
                    self._item(name, each, item, f"item {number} of {where}", secret=secret)
                )
        return good

    def _item(
        self, name: str, value: object, option: Option, where: str, *, secret: bool
    ) -> object:
        """One item of a list. A text there is a name or a pattern, and none of these is empty or
        has white space at its ends.
        """
        if (
            option["type"] == "dict"
            and isinstance(value, str)
            and "=" not in value
            and not value.lstrip().startswith("{")
        ):
            _refuse(f"{where} is text", f"it must be a dictionary, such as {_form(option)}")
        if option["type"] == "raw" and isinstance(value, dict):
            _check_unicode(value, where)
            return value
        if isinstance(value, str) and option["type"] in ("str", "raw"):
            if not value:
                _refuse(f"{where} is empty", "give it a value, or remove it")
            if value != value.strip():
                _refuse(
                    f"{where} {_what(value, secret=secret)}, with white space at the start or end",
                    "remove the white space",
                )
        return self._value(name, value, option, where, secret=secret)

    def _text(self, value: object, kind: str, where: str, *, secret: bool) -> None:
        if isinstance(value, bool):
            _refuse(
                f"{where} {_what(value, secret=secret)}",
                "it must be text. Put quotes around it, because YAML reads yes, no, on and off as"
                " true and false",
            )
        if isinstance(value, int):
            self._numbers.append(f"{where} {_what(value, secret=secret)}")
        elif isinstance(value, float):
            _refuse(
                f"{where} {_what(value, secret=secret)}", "it must be text. Put quotes around it"
            )
        elif not isinstance(value, str):
            _refuse(f"{where} {_what(value, secret=secret)}", "it must be text")
        elif kind == "path" and "\0" in value:
            _refuse(f"{where} contains a null character, which no path can", "correct it")
        elif kind == "path" and len(value) > LONGEST_PATH:
            _refuse(
                f"{where} is longer than {LONGEST_PATH} characters, which no path can be",
                "correct it",
            )


def _split(text: str, where: str) -> list[str]:
    """:returns: the items of a text that stands for a list; none when it is empty.

    :raises RefusedError: it is written in a way in which other programs write lists, so that commas
    do not divide it.
    """
    bare = text.strip()
    if bare.startswith("["):
        _refuse(f"{where} is text that begins with [", "give a list, not text")
    if len(bare.splitlines()) > 1:
        _refuse(f"{where} is text of several lines", "give a list, or put commas between the items")
    return [item.strip() for item in bare.split(",")] if bare else []


def _form(option: Option) -> str:
    """:returns: how an item of a list of dictionaries is written."""
    first = next(iter(option.get("options", ())), None)
    return "{...}" if first is None else f"{{{first}: ...}}"


def _converted(value: object, kind: str, where: str, *, secret: bool) -> object:
    expected, convert = CONVERTERS[kind]
    try:
        if isinstance(value, bool) and kind != "bool":
            raise TypeError
        return convert(value)
    except (TypeError, ValueError, OverflowError):
        _refuse(
            f"{where} {_what(value, secret=secret or kind == 'dict')}", f"it must be {expected}"
        )


def _check_unicode(value: object, where: str) -> None:
    for text in _texts(value):
        try:
            text.encode()
        except UnicodeEncodeError:
            _refuse(f"{where} is not valid Unicode", "correct it")


def _texts(value: object) -> t.Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _what(value: object, *, secret: bool) -> str:
    """:returns: what a value is, in YAML's terms."""
    if isinstance(value, dict):
        return "is a dictionary"
    if isinstance(value, list):
        return "is a list"
    if isinstance(value, bool):
        return "is true or false" if secret else f"is {str(value).lower()}"
    if isinstance(value, (int, float)):
        return (
            "is a number"
            if secret
            else (
                f"is the number {value:.12g}"
                if isinstance(value, float)
                else f"is the number {str(value)[:60]}{'...' * (len(str(value)) > 60)}"
            )
        )
    return "is text" if secret else f"is {brief(str(value))}"


def _one_of(choices: t.Sequence[str]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}" if len(choices) > 1 else choices[0]


def _refuse(what: str, advice: str) -> t.NoReturn:
    raise RefusedError(f"{what}: {advice}.")
