# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options before Ansible converts them: which are refused, with which messages, which are accepted,
and that no message contains a secret.
"""

from __future__ import annotations

import importlib
import pathlib
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.input import (
    Input,
    InputError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import Option

SPEC: dict[str, Option] = {
    "name": {"type": "str"},
    "secret": {"type": "str", "no_log": True},
    "flag": {"type": "bool"},
    "count": {"type": "int"},
    "seconds": {"type": "float"},
    "expires_in": {"type": "str"},
    "file": {"type": "path"},
    "free": {"type": "dict"},
    "hidden": {"type": "dict", "no_log": True},
    "state": {"type": "str", "choices": ["present", "absent"]},
    "words": {"type": "list", "elements": "str"},
    "mixed": {"type": "list", "elements": "raw"},
    "login": {
        "type": "dict",
        "options": {
            "who": {"type": "str", "required": True},
            "password": {"type": "str", "no_log": True},
        },
    },
    "items": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "flag": {"type": "bool"},
            "secret": {"type": "str", "no_log": True, "aliases": ["token"]},
            "words": {"type": "list", "elements": "str", "choices": ["a", "b"]},
        },
    },
}


@pytest.mark.parametrize(
    ("values", "taken"),
    [
        (
            {"name": "x", "flag": "yes", "count": "3", "seconds": "1.5"},
            {"name": "x", "flag": True, "count": 3, "seconds": 1.5},
        ),
        # null means not set, except inside a free dictionary, where it is a value.
        ({"name": None, "items": None, "free": {"a": None}}, {"free": {"a": None}}),
        ({"items": [{"name": "x", "flag": None, "words": None}]}, {"items": [{"name": "x"}]}),
        ({"words": "a,b", "free": "a=1"}, {"words": ["a", "b"], "free": {"a": "1"}}),
        ({"words": " k-ann, k-ben\n"}, {"words": ["k-ann", "k-ben"]}),
        ({"words": ""}, {"words": []}),
        ({"words": "svc[1], a b"}, {"words": ["svc[1]", "a b"]}),
        (
            {"items": [{"name": "x", "words": "a, b"}]},
            {"items": [{"name": "x", "words": ["a", "b"]}]},
        ),
        ({"mixed": "a, b"}, {"mixed": ["a", "b"]}),
        ({"mixed": ["a", {"name": "b"}]},) * 2,
        (
            {"free": '{"a": [1]}', "items": ["name=x flag=no"]},
            {"free": {"a": [1]}, "items": [{"name": "x", "flag": False}]},
        ),
        ({"expires_in": 30, "state": "absent"}, {"expires_in": 30, "state": "absent"}),
        # Other checks have better messages for these.
        ({"expires_in": True, "unknown": None}, {"expires_in": True, "unknown": None}),
        ({"items": [{"name": "x", "token": "t"}], "login": {"who": "x", "password": "p"}},) * 2,
        ({"name": "\0\t\u202e\U0001f600"},) * 2,
        ({},) * 2,
    ],
)
def test_what_is_taken(values: dict[str, t.Any], taken: dict[str, t.Any]) -> None:
    given = Input(values, SPEC)
    assert repr(given.values) == repr(taken)
    assert given.warning is None


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"name": True},
            (
                "name is true: it must be text. Put quotes around it, because YAML reads yes, no,"
                " on and off as true and false."
            ),
        ),
        ({"name": 1.5}, "name is the number 1.5: it must be text. Put quotes around it."),
        ({"name": []}, "name is a list: it must be text."),
        ({"name": "\udc80"}, "name is not valid Unicode: correct it."),
        ({"flag": "x" * 99}, f"flag is '{'x' * 60}...': it must be true or false."),
        ({"flag": 2}, "flag is the number 2: it must be true or false."),
        ({"count": True}, "count is true: it must be a whole number."),
        ({"count": 1.5}, "count is the number 1.5: it must be a whole number."),
        ({"seconds": 10**400}, f"seconds is the number 1{'0' * 59}...: it must be a number."),
        ({"file": "/a\0"}, "file contains a null character, which no path can: correct it."),
        (
            {"file": "/" * 5000},
            "file is longer than 4096 characters, which no path can be: correct it.",
        ),
        ({"free": "x"}, "free is text: it must be a dictionary."),
        ({"free": {"a": [{"b": "\ud800"}]}}, "free is not valid Unicode: correct it."),
        ({"state": "gone"}, "state is 'gone': it must be present or absent."),
        ({"words": {"a": 1}}, "words is a dictionary: it must be a list."),
        ({"words": True}, "words is true: it must be a list."),
        ({"words": ["a", None]}, "item 2 of words is null: give it a value, or remove it."),
        ({"words": [["a"]]}, "item 1 of words is a list: it must be text."),
        (
            {"words": ["keep1 "]},
            "item 1 of words is 'keep1 ', with white space at the start or end: remove the white"
            " space.",
        ),
        ({"words": ["a", ""]}, "item 2 of words is empty: give it a value, or remove it."),
        ({"words": "a,,b"}, "item 2 of words is empty: give it a value, or remove it."),
        ({"words": '["a"]'}, "words is text that begins with [: give a list, not text."),
        ({"words": " [*]"}, "words is text that begins with [: give a list, not text."),
        (
            {"words": "a\nb"},
            "words is text of several lines: give a list, or put commas between the items.",
        ),
        (
            {"mixed": ["a "]},
            "item 1 of mixed is 'a ', with white space at the start or end: remove the white"
            " space.",
        ),
        ({"mixed": [["a"]]}, "item 1 of mixed is a list: it must be text."),
        (
            {"items": ["ada", {"name": "grace"}]},
            "item 1 of items is text: it must be a dictionary, such as {name: ...}.",
        ),
        (
            {"items": [{"name": "x", "words": "[a]"}]},
            "words in item 1 of items (x) is text that begins with [: give a list, not text.",
        ),
        ({"login": {"password": "p"}}, "who is missing in login: add it."),
        (
            {"login": {"who": "x", "pass": 1}},
            "'pass' is not an option in login: there are who, password.",
        ),
        (
            {"items": {"name": "x"}},
            "items is a dictionary: it must be a list of dictionaries, such as [{name: ...}].",
        ),
        ({"items": [{"name": "x"}, {"name": None}]}, "name is missing in item 2 of items: add it."),
        (
            {"items": [{"name": "x"}, {"name": "y", "flag": "?"}]},
            "flag in item 2 of items (y) is '?': it must be true or false.",
        ),
        (
            {"items": [{"name": "x", "colour": 1}]},
            "'colour' is not an option in item 1 of items (x): there are name, flag, secret,"
            " words.",
        ),
        (
            {"items": [{"name": "x", "words": ["a", "c"]}]},
            "item 2 of words in item 1 of items (x) is 'c': it must be a or b.",
        ),
    ],
)
def test_what_is_refused(values: dict[str, t.Any], sentence: str) -> None:
    with pytest.raises(RefusedError) as caught:
        Input(values, SPEC)
    assert caught.value.message == sentence


def test_all_invalid_options_are_reported_at_once() -> None:
    values = {
        "state": "gone",
        "items": ["ada", {"name": "x", "flag": "?", "colour": 1}, {"flag": True}, {"name": "y"}],
    }
    with pytest.raises(InputError) as caught:
        Input(values, SPEC)
    assert caught.value.problems == (
        "state is 'gone': it must be present or absent.",
        "item 1 of items is text: it must be a dictionary, such as {name: ...}.",
        "flag in item 2 of items (x) is '?': it must be true or false.",
        "'colour' is not an option in item 2 of items (x): there are name, flag, secret, words.",
        "name is missing in item 3 of items: add it.",
    )
    assert caught.value.message == " ".join(caught.value.problems)


def test_of_many_problems_some_are_named_and_the_others_counted() -> None:
    with pytest.raises(InputError) as caught:
        Input({"items": ["ada"] * 300}, SPEC)
    assert len(caught.value.problems) == 300
    assert caught.value.message.count("it must be a dictionary") == 10
    assert caught.value.message.endswith("The same is true of 290 more.")


@pytest.mark.parametrize(
    "values",
    [
        {"secret": ["hushhush"]},
        {"secret": {"hushhush": "hushhush"}},
        {"secret": 20262027.5},
        {"secret": "hushhush\ud800"},
        {"hidden": "hushhush"},
        {"hidden": ["hushhush"]},
        {"hidden": 20262027},
        {"hidden": {"hushhush": "\ud800"}},
        {"login": "hushhush"},
        {"login": {"who": "x", "password": ["hushhush"]}},
        {"items": "hushhush"},
        {"items": ["hushhush"]},
        {"items": 20262027},
        {"items": [{"name": "x", "token": ["hushhush"]}]},
    ],
)
def test_no_sentence_holds_a_secret(values: dict[str, t.Any]) -> None:
    with pytest.raises(RefusedError) as caught:
        Input(values, SPEC)
    assert "hushhush" not in caught.value.message
    assert "2026" not in caught.value.message


def test_numbers_instead_of_text_are_reported() -> None:
    given = Input(
        {"items": [{"name": 83}, {"name": "x", "secret": 20262027}], "words": ["a", 7]}, SPEC
    )
    items = given.values["items"]
    assert isinstance(items, list)
    assert items[0] == {"name": 83}
    assert (
        given.warning
        == "name in item 1 of items is the number 83, and is read as text, and so are 2 more in"
        " this task: put quotes around it, because YAML reads 0123 as 83 and 1_000 as 1000."
    )
    secret = Input({"secret": 20262027}, SPEC).warning
    assert (
        secret
        == "secret is a number, and is read as text: put quotes around it, because YAML reads"
        " 0123 as 83 and 1_000 as 1000."
    )


MODULES = sorted(
    path.stem
    for path in (pathlib.Path(__file__).parents[5] / "plugins" / "modules").glob("jupyterhub_*.py")
)


def lists_of(
    options: t.Mapping[str, t.Any],
) -> t.Iterator[tuple[str, t.Callable[[t.Any], dict[str, t.Any]]]]:
    """Return every option that takes a list of names or patterns, at any depth, with a function
    that sets it.
    """
    for name, option in options.items():
        if (
            option.get("type") == "list"
            and option.get("elements") in ("str", "raw")
            and "choices" not in option
        ):
            yield name, lambda value, name=name: {name: value}  # type: ignore[misc]  # the default binds the loop's name
        if "options" in option:
            needed = {key: "x" for key, inner in option["options"].items() if inner.get("required")}
            for inner, fill in lists_of(option["options"]):
                many = option["type"] == "list"
                yield (
                    f"{name}.{inner}",
                    lambda value, name=name, fill=fill, many=many, needed=needed: {  # type: ignore[misc]  # as above
                        name: [{**needed, **fill(value)}] if many else {**needed, **fill(value)}
                    },
                )


@pytest.mark.parametrize("module", MODULES)
def test_every_list_of_names_is_read_alike(module: str) -> None:
    spec = importlib.import_module(
        f"ansible_collections.hubops.jupyterhub.plugins.modules.{module}"
    ).SPEC
    for name, fill in lists_of(spec.options):
        for bad in ('["*"]', "a\nb", ["a "], ["\ta"], [""], "a,,b"):
            with pytest.raises(RefusedError, match=name.rpartition(".")[2]):
                Input(fill(bad), spec.options)
        assert repr(Input(fill(" a ,b"), spec.options).values) == repr(
            Input(fill(["a", "b"]), spec.options).values
        )
        assert repr(Input(fill(""), spec.options).values) == repr(
            Input(fill([]), spec.options).values
        )
