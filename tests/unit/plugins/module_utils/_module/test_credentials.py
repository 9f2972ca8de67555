# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token and the other connection options, and their sources."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.task import Task
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.certificates import (
    Authority,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Reply,
    Sent,
    Wire,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.modules import (
    HEADERS,
    ME,
    SAFE,
    Run,
    nothing,
    recorded,
)

# The token and its sources

TASK, ENV = "token-of-task", "token-of-env"

TASK_FILE, ENV_FILE = "token-of-task-file", "token-of-env-file"

MISPLACED = "3f9c1a07d2be4d0f8a6655e4c1d2b3a4"


@pytest.mark.parametrize(
    ("task", "task_file", "env", "env_file", "used"),
    [
        (True, False, False, False, TASK),
        (False, True, False, False, TASK_FILE),
        (False, False, True, False, ENV),
        (False, False, False, True, ENV_FILE),
        (True, False, True, True, TASK),
        (True, False, False, True, TASK),
        (False, True, True, True, TASK_FILE),
        (False, True, True, False, TASK_FILE),
        (False, False, True, True, ENV),
        (True, True, False, False, None),
        (True, True, True, True, None),
    ],
)
def test_options_of_the_task_override_the_environment(
    run: Run,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    task: bool,
    task_file: bool,
    env: bool,
    env_file: bool,
    used: str | None,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, text in (("task", TASK_FILE), ("env", ENV_FILE)):
        (tmp_path / name).write_text(text + "\n")
    if env:
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", ENV)
    if env_file:
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN_FILE", "~/env")
    found, work = recorded(lambda task: task.api.client.connection.api_token)
    result = run(
        work,
        {
            "api_token": TASK if task else None,
            "api_token_file": str(tmp_path / "task") if task_file else None,
        },
    )
    assert found == ([used] if used else [])
    if used is None:
        assert result["msg"] == (
            "api_token and api_token_file are both set: keep one of them. Nothing was changed."
        )


def login(sent: Sent) -> Reply:
    """A hub that creates a token for every login, and revokes it."""
    if sent.path == "/":
        return Reply(data={"version": "6.1.1"})
    if sent.method == "POST":
        row = {"id": "a1", "scopes": [], "created": "2026-01-01T00:00:00Z", "note": "n"}
        return Reply(201, {**row, "token": "token-of-login"}, headers=HEADERS)
    return (
        Reply(204, kind=None) if sent.method == "DELETE" else Reply(data={"api_tokens": [], **ME})
    )


LOGIN = {"login_username": "ada", "login_password": "pa55word-9", "api_token": None}


@pytest.mark.parametrize(
    "variables", [{}, {"JUPYTERHUB_API_TOKEN": ENV}, {"JUPYTERHUB_API_TOKEN_FILE": "/nowhere"}]
)
@pytest.mark.parametrize("check", [False, True])
def test_a_login_of_the_task_overrides_the_environment_too(
    run: Run, wire: Wire, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], check: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    wire.play(otherwise=login)
    found, work = recorded(
        lambda task: (
            task.api.me["name"],
            task.api.client.connection.api_token,
            task.api.client.read_only,
        )
    )
    result = run(work, LOGIN, check=check)
    assert found == [("provisioner", "token-of-login", check)]
    assert (result["requests"], result["hub_version"]) == (4, "6.1.1")
    shown = result["invocation"]["module_args"]
    assert (shown["login_username"], shown["login_password"]) == (HIDDEN, HIDDEN)
    assert "pa55word-9" not in json.dumps(result)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"api_token": TASK}, "login_username and api_token are both set: keep one of them."),
        (
            {"api_token_file": "/some/file"},
            "login_username and api_token_file are both set: keep one of them.",
        ),
        ({"login_username": ""}, "The user name '' is empty"),
        ({"login_password": None}, "login_password"),
        ({"login_username": None}, "login_username"),
    ],
)
def test_a_login_and_a_token_at_once_and_half_a_login_are_refused(
    run: Run, wire: Wire, params: dict[str, t.Any], message: str
) -> None:
    result = run(nothing, {**LOGIN, **params})
    assert message in result["msg"]
    assert wire.sent == []


def test_the_name_of_who_logs_in_is_a_name_like_others(run: Run, wire: Wire) -> None:
    wire.play(otherwise=login)
    result = run(
        lambda task: {"changed": False, "echo": "lovelace"}, {**LOGIN, "login_username": "lovelace"}
    )
    assert result["echo"] == "lovelace"


@pytest.mark.parametrize(("method", "changed"), [("GET", False), ("POST", True)])
def test_a_task_without_a_plan_that_fails_after_a_write_has_changed_something(
    run: Run, wire: Wire, method: str, changed: bool
) -> None:
    def work(task: Task) -> t.Any:
        task.api.client.request(method, ("things",))
        raise HubError("No.")

    wire.play(otherwise=Reply(data={}))
    assert run(work)["changed"] is changed


def test_a_failure_with_a_login_counts_all_requests(run: Run, wire: Wire) -> None:
    def work(task: Task) -> t.Any:
        raise HubError("No.")

    wire.play(otherwise=login)
    result = run(work, LOGIN)
    assert (result["msg"], result["changed"], result["requests"]) == ("No.", False, 3)
    assert [sent.method for sent in wire.sent] == ["GET", "POST", "GET"]


def test_the_address_may_come_from_the_environment(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, work = recorded(lambda task: task.api.client.root)
    monkeypatch.setenv("JUPYTERHUB_API_URL", "http://127.0.0.1:8081/hub/api")
    run(work, {"hub_url": None})
    run(work)
    assert found == ["http://127.0.0.1:8081/hub/api", f"{SAFE}/hub/api"]


def test_an_address_there_must_be(run: Run) -> None:
    assert "hub_url" in run(nothing, {"hub_url": None})["msg"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: write the token to it"),
        (b" \n\n", "is empty: write the token to it"),
        (b"one two\n", "The given token contains characters that are not allowed in a token"),
        (b"one\ntwo\n", "The given token contains characters that are not allowed in a token"),
        ("tökën".encode(), "The given token contains characters that are not allowed in a token"),
        (b"\xff\xfe", "it is not text"),
        (None, "No such file or directory"),
    ],
)
def test_a_file_without_a_token_is_refused(
    run: Run, tmp_path: pathlib.Path, wire: Wire, content: bytes | None, message: str
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    result = run(nothing, {"api_token": None, "api_token_file": str(file)})
    assert message in result["msg"]
    assert "one" not in result["msg"].replace("alone", "").replace("one line", "")
    assert (result["changed"], wire.sent) == (False, [])


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "tökën", "tab\t"])
def test_no_token_and_a_bad_token_are_refused(run: Run, token: str) -> None:
    result = run(nothing, {"api_token": token})
    assert result["msg"].startswith(
        "The given token contains characters"
        if token
        else "No token is set: give api_token or api_token_file"
    )


# Other connection options


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"timeout": 0}, "timeout is 0: it must be more than 0 and at most 1000000."),
        ({"timeout": -1}, "timeout is -1: it must be more than 0"),
        ({"timeout": "nan"}, "timeout is nan: it must be"),
        ({"timeout": "inf"}, "timeout is inf: it must be"),
        ({"timeout": 1e12}, "timeout is 1e+12: it must be"),
        ({"retries": -1}, "retries is -1: it must be at least 0 and at most 1000000."),
        ({"retry_max_wait": -0.5}, "retry_max_wait is -0.5: it must be at least 0"),
        ({"retry_max_wait": "nan"}, "retry_max_wait is nan: it must be at least 0"),
        ({"ca_path": "/nowhere/ca.pem"}, "ca_path /nowhere/ca.pem does not exist on the target."),
        (
            {"client_cert": "/nowhere/cert.pem"},
            "client_cert /nowhere/cert.pem does not exist on the target.",
        ),
        ({"client_key": "/nowhere/key.pem"}, "client_cert"),
        ({"ca_path": "/dev/null"}, "ca_path /dev/null is not a regular file on the target."),
        ({"client_cert": "/"}, "client_cert / is not a regular file on the target."),
        ({"hub_url": "hub.example.org"}, "hub_url is not a valid address: write it like https"),
        ({"hub_url": True}, "hub_url is true: it must be text."),
        ({"name": ["ada"]}, "name is a list: it must be text."),
        (
            {"things": [{"name": "ada"}, {"names": "x"}]},
            "'names' is not an option in item 2 of things: there are name, secret, deep.",
        ),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_before_any_request(
    run: Run, wire: Wire, params: dict[str, t.Any], message: str
) -> None:
    result = run(nothing, params)
    assert result["failed"] is True
    assert message in result["msg"]
    assert wire.sent == []


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"hub_url": MISPLACED}, "hub_url is not a valid address: write it like https://"),
        ({"hub_url": f"a {MISPLACED}"}, "hub_url contains spaces or control characters"),
        ({"hub_url": f"https://u:{MISPLACED}@hub"}, "hub_url must not contain a user name"),
        (
            {"api_token": None, "api_token_file": MISPLACED},
            "api_token_file is not the path of a file that exists on the target: give its absolute"
            " path. If it is the token itself, set api_token instead.",
        ),
    ],
)
def test_a_secret_in_the_wrong_option_is_not_shown(
    run: Run, wire: Wire, params: dict[str, t.Any], message: str, check: bool
) -> None:
    """Two variables that were mixed up are a common mistake."""
    result = run(nothing, params, check=check)
    assert message in result["msg"]
    assert MISPLACED not in str(result)
    assert result["invocation"]["module_args"] != {}
    assert wire.sent == []


@pytest.mark.parametrize(
    "params", [{"timeout": 0.1}, {"timeout": 1_000_000}, {"retries": 0}, {"retry_max_wait": 0}]
)
def test_the_edges_of_what_makes_sense(run: Run, params: dict[str, t.Any]) -> None:
    assert run(nothing, params)["changed"] is False


@pytest.mark.parametrize(
    ("given", "verify", "cert"),
    [
        ({}, True, None),
        ({"validate_certs": False}, False, None),
        ({"ca_path": "ca"}, "ca", None),
        ({"ca_path": "ca", "validate_certs": False}, False, None),
        ({"client_cert": "cert"}, True, "cert"),
        ({"client_cert": "cert", "client_key": "key"}, True, ("cert", "key")),
    ],
)
def test_certificates(
    run: Run, tmp_path: pathlib.Path, given: dict[str, t.Any], verify: t.Any, cert: t.Any
) -> None:
    authority = Authority(tmp_path)
    certificate, key = (file.read_bytes() for file in authority.issue("client"))
    for name, content in (
        ("ca", authority.bundle.read_bytes()),
        ("cert", certificate + key),
        ("key", key),
    ):
        (tmp_path / name).write_bytes(content)

    def real(value: t.Any) -> t.Any:
        if isinstance(value, tuple):
            return tuple(map(real, value))
        return str(tmp_path / value) if isinstance(value, str) else value

    found, work = recorded(
        lambda task: (task.api.client.connection.verify, task.api.client.connection.cert)
    )
    run(work, {name: real(value) for name, value in given.items()})
    assert found == [(real(verify), real(cert))]


def test_all_settings_reach_the_client(run: Run) -> None:
    found, work = recorded(
        lambda task: (
            task.api.client.connection,
            task.api.client.read_only,
            task.check_mode,
            task.diff,
        )
    )
    run(work, {"timeout": 7.5, "retries": 3, "retry_max_wait": 9}, check=True, diff=True)
    ((connection, read_only, check_mode, diff),) = found
    assert (connection.timeout, connection.retries, connection.retry_max_wait) == (7.5, 3, 9.0)
    assert (read_only, check_mode, diff) == (True, True, True)
