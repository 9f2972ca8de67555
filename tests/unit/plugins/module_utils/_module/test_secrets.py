# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret leaves a module."""

from __future__ import annotations

import json
import pathlib
import typing as t
from urllib.parse import quote, urlencode

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.masking import visible
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.preflight import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.task import Task
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.modules import (
    SAFE,
    TOKEN,
    Run,
    recorded,
)


def test_secrets_are_taken_out_of_the_parameters_at_all_levels_and_reach_the_work(run: Run) -> None:
    params: dict[str, t.Any] = {
        "name": "ada",
        "secret": "pa55word-1",
        "state": {"a": {"b": ["pa55word-2"]}},
        "login": {"user": "ada", "password": "pa55word-3"},
        "things": [
            {
                "name": "x",
                "secret": {"k": "pa55word-4"},
                "deep": [{"key": "pa55word-5"}, {"key": None}],
            },
            {"name": "y", "secret": {}},
        ],
    }
    found, work = recorded(lambda task: task.options)
    result = run(work, params)
    (options,) = found
    assert {name: options[name] for name in params} == {
        **params,
        "things": [params["things"][0], {"name": "y", "secret": {}, "deep": None}],
    }
    assert options["api_token"] == TOKEN
    shown = result["invocation"]["module_args"]
    assert (shown["secret"], shown["state"], shown["api_token"]) == (HIDDEN, HIDDEN, HIDDEN)
    assert shown["login"] == {"user": "ada", "password": HIDDEN}
    assert shown["things"] == [
        {"name": "x", "secret": HIDDEN, "deep": [{"key": HIDDEN}, {}]},
        {"name": "y", "secret": HIDDEN},
    ]
    assert shown["name"] == "ada"
    assert "pa55word" not in json.dumps(result)


def things_of(task: Task) -> list[dict[str, object]]:
    return t.cast("list[dict[str, object]]", task.options["things"])


@pytest.mark.parametrize("name", ["ada", None])
def test_parameters_are_returned_only_where_they_are_shown(run: Run, name: str | None) -> None:
    """The same holds after success and after failure."""

    def work(task: Task) -> dict[str, t.Any]:
        if task.options["name"] is None:
            raise RefusedError("nobody")
        return {"changed": False}

    for asked in (False, True):
        result = run(work, {"name": name}, invocation=asked)
        assert result.get("failed", False) is (name is None)
        assert result.get("invocation", {}).get("module_args", {}).get("hub_url") == (
            SAFE if asked else None
        )


@pytest.mark.parametrize("riddle", ["pa55word-6", "short"])
def test_a_secret_under_another_name_is_taken_out_too(run: Run, riddle: str) -> None:
    found, work = recorded(lambda task: things_of(task)[0]["secret"])
    result = run(work, {"things": [{"riddle": {"k": riddle}}]})
    assert found == [{"k": riddle}]
    assert result["invocation"]["module_args"]["things"] == [{"secret": HIDDEN, "riddle": HIDDEN}]


def test_a_secret_is_masked_wherever_the_result_repeats_it(run: Run) -> None:
    result = run(
        lambda task: {"changed": False, "echo": f"it was pa55word-1, {TOKEN} and short"},
        {"secret": "pa55word-1", "state": {"x": "short"}},
    )
    assert result["echo"] == "it was ********, ******** and short"


def test_a_secret_is_masked_as_others_write_it(run: Run) -> None:
    secret = "\u00e4 \"'/pa55word\\&+\n"
    echo = [
        json.dumps(secret),
        repr(secret),
        quote(secret),
        quote(secret, safe=""),
        urlencode({"x": secret}),
        f"<{secret}>",
    ]
    result = run(lambda task: {"changed": False, "echo": echo}, {"secret": secret})
    assert "pa55word" not in json.dumps(result)


def test_the_system_log_has_no_secret_and_the_task_has_them_all(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    monkeypatch.setattr("ansible.module_utils.basic.has_journal", False)
    monkeypatch.setattr("syslog.syslog", lambda *args: lines.append(str(args[-1])))
    things = [{"name": "open", "riddle": {"k": "two\nlines 'pa55word'"}}]
    found, work = recorded(lambda task: things_of(task)[0]["secret"])
    run(work, {"things": things, "login": {"user": "ada", "password": 'it\'s "pa55word"'}})
    assert found == [things[0]["riddle"]]
    assert "Invoked with" in lines[0]
    assert "open" in lines[0]
    assert "pa55word" not in lines[0]


def test_null_is_not_set_and_a_number_as_a_name_is_reported(run: Run) -> None:
    found, work = recorded(lambda task: task.options["things"])
    result = run(work, {"things": [{"name": 83, "deep": None}]})
    assert found == [[{"name": "83", "secret": None, "deep": None}]]
    assert result["warnings"] == [
        "name in item 1 of things is the number 83, and is read as text: put quotes around it,"
        " because YAML reads 0123 as 83 and 1_000 as 1000."
    ]


def test_a_token_from_a_file_is_masked_too(run: Run, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "token"
    file.write_text("  t0ken-0f-file\n")
    found, work = recorded(lambda task: task.api.client.connection.api_token)
    run(work, {"api_token": None, "api_token_file": str(file)})
    result = run(
        lambda task: {"changed": False, "echo": "t0ken-0f-file"},
        {"api_token": None, "api_token_file": str(file)},
    )
    assert found == ["t0ken-0f-file"]
    assert result["echo"] != "t0ken-0f-file"


def test_a_word_that_stands_in_the_open_is_not_masked(run: Run) -> None:
    params = {
        "name": "course-1",
        "notes": ["weekly"],
        "labels": {"colour": ["yellow"]},
        "things": [{"name": "nested"}],
        "state": {
            "a": "course-1",
            "b": "weekly",
            "c": "yellow",
            "d": "colour",
            "e": "nested",
            "f": "changed",
        },
    }
    echo = ["course-1", "weekly", "yellow", "colour", "nested", "changed"]
    assert run(lambda task: {"changed": False, "echo": echo}, params)["echo"] == echo


def test_a_secret_is_masked_from_six_characters_on(run: Run) -> None:
    assert run(
        lambda task: {"changed": False, "echo": ["abcdef", "ghijk"]},
        {"state": {"a": "abcdef", "b": "ghijk"}},
    )["echo"] == [
        "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER",
        "ghijk",
    ]


def test_a_short_secret_does_not_garble_the_result(run: Run) -> None:
    result = run(
        lambda task: {"changed": False, "echo": ["2026-11-22", "true"]},
        {"state": {"a": 11, "b": True, "c": "2026", "d": "ru"}},
    )
    assert result["echo"] == ["2026-11-22", "true"]


@pytest.mark.parametrize("option", ["hub_url", "expected_url"])
def test_a_password_in_an_address_is_not_shown(option: str) -> None:
    given = {option: "https://ada:pa55word@hub.example.edu"}
    assert visible(given, SPEC.options) == {option: HIDDEN}
    bare = {option: "https://hub.example.edu/jupyter"}
    assert visible(bare, SPEC.options) == bare
