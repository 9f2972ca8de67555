# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options with their constraints, as Ansible understands them."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    PRUNE,
    RETURNS,
    ArgumentSpec,
    one_or_many,
)

CONNECT = {"hub_url": "https://hub.example.org"}


def faults(spec: ArgumentSpec, params: dict[str, t.Any]) -> list[str]:
    """:returns: the errors of Ansible about the parameters of a task."""
    kwargs = copy.deepcopy(spec.to_kwargs())
    return list(ModuleArgumentSpecValidator(**kwargs).validate(params).error_messages)


def taken(spec: ArgumentSpec, params: dict[str, t.Any]) -> dict[str, t.Any]:
    """:returns: the parameters of a task as the module receives them."""
    result = ModuleArgumentSpecValidator(**copy.deepcopy(spec.to_kwargs())).validate(params)
    assert list(result.error_messages) == []
    return dict(result.validated_parameters)


# Merging


FIRST = ArgumentSpec(
    {"a": {"type": "str"}, "b": {"type": "str"}},
    mutually_exclusive=[("a", "b")],
    required_one_of=[("a", "b")],
    required_by={"a": ["x"]},
)
SECOND = ArgumentSpec(
    {"x": {"type": "str"}, "y": {"type": "str"}},
    required_together=[("x", "y")],
    required_if=[("x", "1", ["y"])],
    required_by={"y": ["x"]},
)


def test_specs_are_merged_with_their_constraints() -> None:
    merged = FIRST.merge(SECOND)
    assert merged.to_kwargs() == {
        "argument_spec": {
            "a": {"type": "str"},
            "b": {"type": "str"},
            "x": {"type": "str"},
            "y": {"type": "str"},
        },
        "mutually_exclusive": [("a", "b")],
        "required_together": [("x", "y")],
        "required_one_of": [("a", "b")],
        "required_if": [("x", "1", ["y"])],
        "required_by": {"a": ["x"], "y": ["x"]},
    }


def test_merging_leaves_the_shared_specs_alone() -> None:
    before = copy.deepcopy([FIRST.to_kwargs(), SECOND.to_kwargs()])
    merged = FIRST.merge(SECOND, ArgumentSpec({"a": {"type": "int"}}, required_by={"a": ["b"]}))
    merged.mutually_exclusive.append(("x", "y"))
    assert merged.options["a"] == {"type": "int"}
    assert merged.required_by["a"] == ["b"]
    assert [FIRST.to_kwargs(), SECOND.to_kwargs()] == before


def test_a_spec_without_constraints_has_none() -> None:
    kwargs = ArgumentSpec({}).to_kwargs()
    assert kwargs.pop("argument_spec") == {}
    assert not any(kwargs.values())


# The shared options


@pytest.mark.parametrize(
    "spec", [CONNECTION, RETURNS, PRUNE], ids=["connection", "returns", "prune"]
)
def test_no_shared_option_has_another_name(spec: ArgumentSpec) -> None:
    """An alias must not make a secret option public, or the reverse."""
    assert not [name for name, option in spec.options.items() if option.get("aliases")]


def test_the_defaults_of_the_connection() -> None:
    options = taken(CONNECTION, CONNECT)
    assert options["hub_url"] == "https://hub.example.org"
    assert (
        options["validate_certs"],
        options["timeout"],
        options["retries"],
        options["retry_max_wait"],
    ) == (True, 60.0, 5, 120.0)
    assert {name for name, value in options.items() if value is None} >= {
        "ca_path",
        "client_cert",
        "client_key",
    }


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({}, "hub_url"),
        ({**CONNECT, "client_key": "/k"}, "client_cert"),
        ({**CONNECT, "timeout": "soon"}, "timeout"),
        ({**CONNECT, "retries": 1.5}, "retries"),
        ({**CONNECT, "validate_certs": "perhaps"}, "validate_certs"),
    ],
)
def test_a_bad_connection_is_refused_by_ansible(params: dict[str, t.Any], word: str) -> None:
    assert word in " ".join(faults(CONNECTION, params))


@pytest.mark.parametrize(
    ("variable", "option"),
    [
        ("JUPYTERHUB_API_URL", "hub_url"),
        ("JUPYTERHUB_API_TOKEN", "api_token"),
        ("JUPYTERHUB_API_TOKEN_FILE", "api_token_file"),
    ],
)
def test_options_come_from_the_environment_unless_the_task_has_them(
    monkeypatch: pytest.MonkeyPatch, variable: str, option: str
) -> None:
    monkeypatch.setenv(variable, "/from/environment")
    assert taken(CONNECTION, {**CONNECT, option: "/from/task"})[option] == "/from/task"
    without = {name: value for name, value in CONNECT.items() if name != option}
    assert (
        taken(CONNECTION, without if option == "hub_url" else CONNECT)[option]
        == "/from/environment"
    )


def test_a_limit_may_be_written_as_a_number() -> None:
    assert taken(PRUNE, {"prune_limit": 25})["prune_limit"] == "25"
    assert taken(PRUNE, {})["prune_limit"] == "10%"


# The singular and the list form


THING = one_or_many(
    "name",
    {
        "state": {"type": "str", "choices": ["present", "absent"]},
        "size": {"type": "int"},
        "secret": {"type": "str", "no_log": True},
    },
    plural="things",
    top={"state": "present"},
)


@pytest.mark.parametrize(
    "params",
    [
        {"name": "a"},
        {"name": "a", "state": "absent", "size": 1, "secret": "s"},
        {"things": []},
        {"things": [{"name": "a", "size": 1}, {"name": "b", "state": "absent"}]},
        {"things": [{"name": "a"}], "state": "absent"},
    ],
)
def test_the_singular_and_the_list_form(params: dict[str, t.Any]) -> None:
    assert faults(THING, params) == []


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "one of the following is required: name, things"),
        ({"size": 1}, "one of the following is required: name, things"),
        ({"name": "a", "things": []}, "parameters are mutually exclusive: things|name"),
        ({"things": [], "size": 1}, "parameters are mutually exclusive: things|size"),
        ({"things": [], "secret": "s"}, "parameters are mutually exclusive: things|secret"),
        ({"things": [{"size": 1}]}, "missing required arguments: name found in things"),
        ({"things": [{"name": "a", "colour": 1}]}, "colour"),
        ({"things": [{"name": "a", "state": "gone"}]}, "state must be one of: present, absent"),
        ({"name": "a", "state": "gone"}, "state must be one of: present, absent"),
    ],
)
def test_both_forms_at_once_and_neither(params: dict[str, t.Any], message: str) -> None:
    assert message in " ".join(faults(THING, params))


def test_the_default_stands_at_the_top_and_not_in_the_items() -> None:
    """With defaults in the items, the module could not tell which values an item sets."""
    assert taken(THING, {"name": "a"})["state"] == "present"
    options = taken(THING, {"things": [{"name": "a"}]})
    assert options["state"] == "present"
    assert options["things"] == [{"name": "a", "state": None, "size": None, "secret": None}]


def test_an_attribute_is_the_same_in_both_forms_but_for_its_default() -> None:
    item = THING.options["things"]["options"]
    assert set(item) == {"name", "state", "size", "secret"}
    for name in ("state", "size", "secret"):
        assert {**item[name], "default": None} == {**THING.options[name], "default": None}
    assert "default" not in item["state"]
    assert THING.options["state"]["default"] == "present"


def test_a_third_form() -> None:
    spec = one_or_many("name", {}, plural="things", top={}, else_one_of=["select"]).merge(
        ArgumentSpec({"select": {"type": "str"}})
    )
    assert faults(spec, {"select": "*"}) == []
    assert "one of the following is required: name, things, select" in " ".join(faults(spec, {}))


def test_a_spec_can_be_used_again_and_again() -> None:
    """Ansible changes the spec that it receives."""
    before = copy.deepcopy(THING.to_kwargs())
    one_or_many("name", THING.options["things"]["options"], plural="others", top={})
    THING.merge(CONNECTION, PRUNE, RETURNS)
    assert THING.to_kwargs() == before
