# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame of the modules: options in, one result out, and no secret in it."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import typing as t
from urllib.parse import quote, urlencode

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import PASS_VARS
from ansible.module_utils.testing import patch_module_args
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Writer
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import Record
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
    Missing,
    Plan,
    Step,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.operations import OPERATIONS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module import frame as _run
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module import manage as _manage
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    RETURNS,
    ArgumentSpec,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.task import Task
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import Needs
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.certificates import (
    Authority,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    HUB,
    LooseStep,
    Reply,
    Sent,
    Wire,
    refusal,
)

Run = t.Callable[..., dict[str, t.Any]]

TOKEN = "s3cr3t-token"
ME = {
    "kind": "service",
    "name": "provisioner",
    "admin": True,
    "scopes": ["admin:users", "list:users", "read:users", "delete:users!user=ada", "groups"],
}
HEADERS = {"X-JupyterHub-Version": "6.1.1"}

# Nothing is to be warned of.
SAFE = HUB.replace("http:", "https:")
SPEC = ArgumentSpec(
    {
        "name": {"type": "str"},
        "notes": {"type": "list", "elements": "str"},
        "labels": {"type": "dict"},
        "secret": {"type": "str", "no_log": True},
        "state": {"type": "dict", "no_log": True},
        "login": {
            "type": "dict",
            "options": {"user": {"type": "str"}, "password": {"type": "str", "no_log": True}},
        },
        "things": {
            "type": "list",
            "elements": "dict",
            "no_log": False,
            "options": {
                "name": {"type": "str"},
                "secret": {"type": "dict", "no_log": True, "aliases": ["riddle"]},
                "deep": {
                    "type": "list",
                    "elements": "dict",
                    "options": {"key": {"type": "str", "no_log": True}},
                },
            },
        },
    },
).merge(RETURNS, CONNECTION)


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str],
    slept: list[float],
    wire: Wire,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Runs a task, and gives its result as Ansible gets it."""

    def call(
        work: t.Any,
        params: t.Mapping[str, t.Any] | None = None,
        *,
        check: bool = False,
        diff: bool = False,
        spec: ArgumentSpec = SPEC,
        invocation: bool = True,
    ) -> dict[str, t.Any]:
        given = {"hub_url": SAFE, "api_token": TOKEN, "retries": 0, **(params or {})}
        arguments = {name: value for name, value in given.items() if value is not None}
        arguments.update(
            _ansible_check_mode=check, _ansible_diff=diff, _ansible_remote_tmp=str(tmp_path)
        )
        # A newer ansible-core gives the parameters when asked to.
        asked = (
            {"_ansible_inject_invocation": invocation}
            if "inject_invocation" in PASS_VARS
            else {"_ansible_verbosity": 3 * invocation}
        )
        arguments.update(asked)
        # Where Ansible puts them depends on what else runs in this process.
        warnings: list[str] = []
        monkeypatch.setattr(AnsibleModule, "warn", lambda module, text: warnings.append(text))
        module = _manage.run_resource if isinstance(work, type) else _run.run
        with patch_module_args(arguments), pytest.raises(SystemExit) as ended:
            module(spec, work)
        output = capsys.readouterr()
        assert "Traceback" not in output.err
        result: dict[str, t.Any] = json.loads(output.out)
        assert bool(ended.value.code) == bool(result.get("failed"))
        return {**result, "warnings": warnings}

    return call


def nothing(task: Task) -> dict[str, t.Any]:
    """Work that does nothing."""
    return {"changed": False}


def told(
    work: t.Callable[[Task], t.Any],
) -> tuple[list[t.Any], t.Callable[[Task], dict[str, t.Any]]]:
    """:returns: what the work finds, and the work."""
    found: list[t.Any] = []

    def wrapped(task: Task) -> dict[str, t.Any]:
        found.append(work(task))
        return {"changed": False}

    return found, wrapped


# Secrets


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
    found, work = told(lambda task: task.options)
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


@pytest.mark.parametrize("name", ["ada", None])
def test_parameters_are_returned_only_where_they_are_shown(run: Run, name: str | None) -> None:
    """After success and failure."""

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
    found, work = told(lambda task: task.options["things"][0]["secret"])
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
    found, work = told(lambda task: task.options["things"][0]["secret"])
    run(work, {"things": things, "login": {"user": "ada", "password": 'it\'s "pa55word"'}})
    assert found == [things[0]["riddle"]]
    assert "Invoked with" in lines[0]
    assert "open" in lines[0]
    assert "pa55word" not in lines[0]


def test_null_is_not_set_and_a_number_for_a_name_is_told(run: Run) -> None:
    found, work = told(lambda task: task.options["things"])
    result = run(work, {"things": [{"name": 83, "deep": None}]})
    assert found == [[{"name": "83", "secret": None, "deep": None}]]
    assert result["warnings"] == [
        "name in item 1 of things is the number 83, and is taken as text: put quotes around it, as"
        " YAML takes 0123 for 83 and 1_000 for 1000."
    ]


def test_a_token_from_a_file_is_masked_too(run: Run, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "token"
    file.write_text("  t0ken-0f-file\n")
    found, work = told(lambda task: task.api.client.connection.api_token)
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


# The token, and where it comes from


TASK, ENV = "token-of-task", "token-of-env"
TASK_FILE, ENV_FILE = "token-of-task-file", "token-of-env-file"


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
def test_what_the_task_says_goes_before_what_the_environment_says(
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
    found, work = told(lambda task: task.api.client.connection.api_token)
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
            "api_token and api_token_file are given together: keep one of them. Nothing was"
            " changed."
        )


def login(sent: Sent) -> Reply:
    """A hub that makes a token for whoever logs in, and revokes it."""
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
def test_a_login_of_the_task_goes_before_the_environment_too(
    run: Run, wire: Wire, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], check: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    wire.play(otherwise=login)
    found, work = told(
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
        ({"api_token": TASK}, "login_username and api_token are given together: keep one of them."),
        (
            {"api_token_file": "/some/file"},
            "login_username and api_token_file are given together: keep one of them.",
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


def test_a_failure_with_a_login_tells_all_requests(run: Run, wire: Wire) -> None:
    def work(task: Task) -> t.Any:
        raise HubError("No.")

    wire.play(otherwise=login)
    result = run(work, LOGIN)
    assert (result["msg"], result["changed"], result["requests"]) == ("No.", False, 3)
    assert [sent.method for sent in wire.sent] == ["GET", "POST", "GET"]


def test_the_address_may_come_from_the_environment(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, work = told(lambda task: task.api.client.root)
    monkeypatch.setenv("JUPYTERHUB_API_URL", "http://127.0.0.1:8081/hub/api")
    run(work, {"hub_url": None})
    run(work)
    assert found == ["http://127.0.0.1:8081/hub/api", f"{SAFE}/hub/api"]


def test_an_address_there_must_be(run: Run) -> None:
    assert "hub_url" in run(nothing, {"hub_url": None})["msg"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: write the token into it"),
        (b" \n\n", "is empty: write the token into it"),
        (b"one two\n", "The given token holds characters that no token has"),
        (b"one\ntwo\n", "The given token holds characters that no token has"),
        ("tökën".encode(), "The given token holds characters that no token has"),
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
        "The given token holds characters"
        if token
        else "No token is given: set api_token or api_token_file"
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
        ({"hub_url": "hub.example.org"}, "hub_url 'hub.example.org' is no usable address"),
        ({"hub_url": True}, "hub_url is true: it must be text."),
        ({"name": ["ada"]}, "name is a list: it must be text."),
        (
            {"things": [{"name": "ada"}, {"names": "x"}]},
            "'names' is no option in item 2 of things: there are name, secret, deep.",
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

    found, work = told(
        lambda task: (task.api.client.connection.verify, task.api.client.connection.cert)
    )
    run(work, {name: real(value) for name, value in given.items()})
    assert found == [(real(verify), real(cert))]


def test_all_settings_reach_the_client(run: Run) -> None:
    found, work = told(
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


# The one way out


def test_a_result_tells_the_traffic(run: Run, wire: Wire) -> None:
    wire.play(Reply(503, kind=None, foreign=True), Reply(data=ME, headers=HEADERS))
    result = run(lambda task: {"changed": False, "whoami": task.api.me["name"]}, {"retries": 1})
    assert (result["whoami"], result["requests"], result["retries"], result["hub_version"]) == (
        "provisioner",
        2,
        1,
        "6.1.1",
    )


def test_an_error_is_told_with_all_it_knows(run: Run, wire: Wire) -> None:
    wire.play(
        refusal(
            403,
            "Action is not authorized with current scopes; requires any of [list:users]",
            **HEADERS,
        ),
        Reply(data=ME),
    )
    result = run(lambda task: task.api.users_list())
    assert result["failed"] is True
    assert result["changed"] is False
    assert (result["status"], result["method"], result["path"], result["hub_version"]) == (
        403,
        "GET",
        "/users",
        "6.1.1",
    )
    assert result["missing_scopes"] == ["list:users"]
    assert (
        result["load_roles"]
        == "c.JupyterHub.load_roles.append(\n    {'name': 'hubops-provisioner-list-users',"
        " 'scopes': ['list:users'], 'services': ['provisioner']},\n)\n"
    )
    assert (result["changes"], result["pending"]) == ([], [])


def test_the_role_that_helps_is_told_also_when_the_caller_is_not_known(
    run: Run, wire: Wire
) -> None:
    wire.play(
        otherwise=refusal(
            403, "Action is not authorized with current scopes; requires any of [list:users]"
        )
    )
    result = run(lambda task: task.api.users_list())
    assert "'scopes': ['list:users'], 'services': ['NAME']" in result["load_roles"]


@pytest.mark.parametrize(
    "error",
    [
        ValueError("s3cr3t-text"),
        KeyError("s3cr3t-text"),
        RuntimeError("s3cr3t-text"),
        AssertionError("s3cr3t-text"),
        OSError("s3cr3t-text"),
    ],
)
@pytest.mark.parametrize("tracebacks", [False, True])
def test_a_mistake_of_ours_tells_its_place_and_nothing_else(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, tracebacks: bool
) -> None:
    """Not even where the user has switched on that Ansible shows tracebacks."""
    if tracebacks:
        internal = pytest.importorskip("ansible.module_utils._internal._traceback")
        monkeypatch.setattr(internal, "is_traceback_enabled", lambda event: True)

    def work(task: Task) -> t.Any:
        raise error

    result = run(work)
    assert result["msg"].startswith(
        f"This is a bug in hubops.jupyterhub: {type(error).__name__} in test_run.py line "
    )
    assert result["changed"] is False
    assert "s3cr3t-text" not in json.dumps(result)


def test_without_requests_the_module_says_how_to_get_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_run, "REQUESTS_IMPORT_ERROR", "Traceback: no module named requests")
    result = run(nothing)
    assert "Failed to import the required Python library (requests)" in result["msg"]


# Modules that manage objects


class Things(Writer):
    """An adapter of things: as many as the task says, made one by one."""

    plural: t.ClassVar[str] = "things"
    singular: t.ClassVar[str] = "thing"
    key: t.ClassVar[str] = "name"
    operation: t.ClassVar[str] = "users_create"
    touches_admins: t.ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def scopes(options: t.Mapping[str, t.Any], hub: tuple[int, ...]) -> Needs:
        return Needs()

    def __init__(self, api: t.Any, options: dict[str, t.Any]) -> None:
        self.api = api
        self.names = [item["name"] for item in options["things"] or [options]]
        self.warnings: list[str] = []
        self.warnings.append("told")
        if "bad" in self.names:
            raise RefusedError("bad is no thing.")

    def plan(self) -> Plan:
        there = self.api.client.get("things")
        steps = tuple(
            LooseStep("create", "thing", name, self.operation, None, {"size": 1})
            for name in self.names
            if name not in there
        )
        objects = {name: {"name": name, "seen": False} for name in self.names}
        changed = frozenset(step.name for step in steps)
        return Plan(steps, objects, changed, len(self.names) - len(steps), self.touches_admins)

    def batch(self, steps: t.Sequence[Step]) -> int:
        return 1

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        self.api.client.request("POST", ("things", steps[0].name))
        return steps

    def look_up(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        there = self.api.client.get("things")
        return [step for step in steps if step.name in there]

    def objects(self, plan: Plan) -> dict[str, dict[str, t.Any]]:
        self.api.client.get("things")
        return {name: {**state, "seen": True} for name, state in plan.objects.items()}


class Hub:
    """A hub of things.

    :param faults: refusals, by the path of a write; and what GET of the things answers from the
    second time on, as ``later``.
    """

    def __init__(
        self,
        *there: str,
        me: t.Mapping[str, t.Any] | None = None,
        version: str = "6.1.1",
        **faults: Reply,
    ) -> None:
        self.there = list(there)
        self.me = ME if me is None else me
        self.version = version
        self.faults = faults
        self.reads = 0

    def __call__(self, sent: Sent) -> Reply:
        reply = self.answer(sent)
        reply.headers = {**reply.headers, "X-JupyterHub-Version": self.version}
        return reply

    def answer(self, sent: Sent) -> Reply:
        if sent.path == "/user":
            return Reply(data=dict(self.me))
        if sent.path == "/":
            return Reply(data={"version": self.version})
        if sent.method == "GET":
            self.reads += 1
            return (
                self.faults["later"]
                if self.reads > 1 and "later" in self.faults
                else Reply(data=list(self.there))
            )
        name = sent.path.rsplit("/", 1)[1]
        if name in self.faults:
            return self.faults[name]
        self.there.append(name)
        return Reply(201, {})


def things(*names: str, **more: t.Any) -> dict[str, t.Any]:
    return {"things": [{"name": name} for name in names], **more}


def change(name: str) -> dict[str, t.Any]:
    return {"action": "create", "kind": "thing", "name": name, "fields": {"size": 1}}


def test_check_mode_predicts_and_sends_nothing_but_get(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub("a"))
    predicted = run(Things, things("a", "b", "c"), check=True, diff=True)
    assert {method for method, path in wire.lines} == {"GET"}
    real = run(Things, things("a", "b", "c"), diff=True)
    again = run(Things, things("a", "b", "c"), diff=True)
    for key in ("changed", "changes", "summary", "diff"):
        assert predicted[key] == real[key]
    assert real["changes"] == [change("b"), change("c")]
    assert real["summary"] == {"create": 2, "unchanged": 1}
    assert real["diff"] == {
        "before": "",
        "after": "thing b\nthing b: size: 1\nthing c\nthing c: size: 1\n",
    }
    assert (again["changed"], again["changes"], again["summary"]) == (False, [], {"unchanged": 3})
    assert (predicted["warnings"], real["warnings"]) == (["told"], ["told"])


def test_no_diff_is_returned_that_nobody_asked_for(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub())
    assert "diff" not in run(Things, things("a"))


@pytest.mark.parametrize(
    ("wanted", "listed"),
    [("changed", ["b"]), ("all", ["a", "b"]), ("none", None)],
)
@pytest.mark.parametrize("check", [False, True])
def test_the_objects_that_are_returned(
    run: Run, wire: Wire, wanted: str, listed: list[str] | None, check: bool
) -> None:
    wire.play(otherwise=Hub("a"))
    result = run(Things, things("a", "b", return_objects=wanted), check=check)
    assert [thing["name"] for thing in result.get("things") or []] == (listed or [])
    assert ("things" in result) == (listed is not None)
    assert all(thing["seen"] is not check for thing in result.get("things") or [])
    assert "thing" not in result


@pytest.mark.parametrize(("name", "listed"), [("a", []), ("b", ["b"])])
def test_the_one_object_is_returned_changed_or_not(
    run: Run, wire: Wire, name: str, listed: list[str]
) -> None:
    wire.play(otherwise=Hub("a"))
    result = run(Things, {"name": name})
    assert result["thing"] == {"name": name, "seen": True}
    assert [thing["name"] for thing in result["things"]] == listed
    assert "thing" not in run(Things, {"name": name, "return_objects": "none"})


def test_what_makes_no_sense_is_refused_before_any_request(run: Run, wire: Wire) -> None:
    result = run(Things, things("a", "bad"))
    assert result["msg"] == "bad is no thing. Nothing was changed."
    assert (result["changed"], result["requests"], wire.sent) == (False, 0, [])


def test_what_is_refused_stops_nothing_and_is_told_at_the_end(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub(b=refusal(400, "no b today")))
    result = run(Things, things("a", "b", "c"), diff=True)
    assert result["failed"] is True
    assert result["changed"] is True
    assert result["changes"] == [change("a"), change("c")]
    assert result["pending"] == []
    assert result["refused"] == [
        {"kind": "thing", "name": "b", "status": 400, "hub_message": "no b today"}
    ]
    assert result["diff"] == {
        "before": "",
        "after": "thing a\nthing a: size: 1\nthing c\nthing c: size: 1\n",
    }
    assert (result["status"], result["hub_message"]) == (400, "no b today")
    assert result["msg"].endswith("Everything else was done.")


def test_a_failure_half_way_tells_what_is_done_and_what_is_not(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub(b=refusal(403, "no b today")))
    result = run(Things, things("a", "b", "c"), diff=True)
    assert result["failed"] is True
    assert result["changed"] is True
    assert result["changes"] == [change("a")]
    assert result["pending"] == [change("b"), change("c")]
    assert result["refused"] == []
    assert result["diff"] == {"before": "", "after": "thing a\nthing a: size: 1\n"}
    assert (result["status"], result["hub_message"]) == (403, "no b today")
    assert result["requests"] == 4


def test_a_failure_at_the_first_write_has_changed_nothing(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub(a=refusal(403, "no")))
    result = run(Things, things("a", "b"), diff=True)
    assert (result["changed"], result["changes"], result["pending"]) == (
        False,
        [],
        [change("a"), change("b")],
    )
    assert "diff" not in result


def test_what_may_have_been_done_counts_as_a_change(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub(a=Reply(502, kind=None), later=refusal(500)))
    result = run(Things, things("a"))
    assert "its answer was lost" in result["msg"]
    assert (result["failed"], result["changed"], result["changes"], result["pending"]) == (
        True,
        True,
        [],
        [change("a")],
    )


def test_a_failure_after_all_is_done_says_so(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub(later=refusal(500, "no")))
    result = run(Things, things("a"))
    assert (result["failed"], result["changed"], result["changes"], result["pending"]) == (
        True,
        True,
        [change("a")],
        [],
    )


def test_a_mistake_of_ours_half_way_tells_what_is_done(
    run: Run, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(self: Things, plan: Plan) -> t.Any:
        raise KeyError("s3cr3t-text")

    monkeypatch.setattr(Things, "objects", mistaken)
    wire.play(otherwise=Hub())
    result = run(Things, things("a"))
    assert (result["failed"], result["changed"], result["changes"]) == (True, True, [change("a")])


def test_check_mode_never_says_that_it_has_changed_something_when_it_fails(run: Run) -> None:
    def work(task: Task) -> t.Any:
        task.record = Record(done=[LooseStep("create", "thing", "a", "users_create", None, {})])
        raise HubError("No.")

    result = run(work, check=True, diff=True)
    assert (result["changed"], result["changes"], "diff" in result) == (False, [], False)


def test_warnings_are_given_also_when_the_task_fails(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub(me={**ME, "scopes": []}))
    result = run(Things, things("a"), check=True)
    assert result["failed"] is True
    assert result["warnings"] == ["told"]


class Needing(Things):
    """Needs two things that the hub does not have."""

    def plan(self) -> Plan:
        missing = Missing(
            "These things do not exist on the hub",
            ("x", "y"),
            "Create them first.",
            key="missing_things",
        )
        return dataclasses.replace(
            super().plan(), missing=(missing, Missing("Nor do these", (), ""))
        )


def test_what_is_missing_is_refused_before_any_write(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub())
    result = run(Needing, things("a"))
    assert (result["failed"], result["changed"], result["missing_things"]) == (
        True,
        False,
        ["x", "y"],
    )
    assert (
        result["msg"]
        == "These things do not exist on the hub: x, y. Create them first. Nothing was changed."
    )
    assert {method for method, _path in wire.lines} <= {"GET"}


def test_what_is_missing_in_check_mode_is_taken_to_be_made_by_an_earlier_task(
    run: Run, wire: Wire
) -> None:
    wire.play(otherwise=Hub())
    result = run(Needing, things("a"), check=True)
    assert (result.get("failed"), result["changed"]) == (None, True)
    assert (
        "These things do not exist on the hub: x, y. An earlier task is assumed to create them."
        in result["warnings"]
    )


# Before the first write


@pytest.mark.parametrize(
    ("operation", "scopes", "missing"),
    [
        ("users_create", ["admin:users"], []),
        ("users_create", ["admin:users!user=ada"], []),
        ("users_create", ["list:users", "admin:groups"], ["admin:users"]),
        ("users_create", [], ["admin:users"]),
        ("user_get", ["read:users:name"], []),
        ("user_get", ["read:servers!server=ada/"], []),
        ("user_get", [], ["read:users"]),
        ("whoami", [], []),
    ],
)
def test_a_plan_that_the_hub_is_bound_to_refuse_is_refused_first(
    run: Run,
    wire: Wire,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    scopes: list[str],
    missing: list[str],
) -> None:
    monkeypatch.setattr(Things, "operation", operation)
    assert operation in OPERATIONS
    wire.play(otherwise=Hub(me={**ME, "scopes": scopes}))
    result = run(Things, things("a", "b"))
    assert result.get("missing_scopes", []) == missing
    assert bool(result.get("failed")) == bool(missing)
    if missing:
        assert (
            result["msg"]
            == f"The caller (service provisioner) lacks the scope {missing[0]}. Add what"
            " load_roles shows to the hub's configuration. Nothing was changed."
        )
        assert f"'scopes': ['{missing[0]}']" in result["load_roles"]
        assert {method for method, path in wire.lines} == {"GET"}


def test_every_missing_scope_is_told_once(
    run: Run, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plan(self: Things) -> Plan:
        return Plan(
            tuple(
                LooseStep("update", "thing", "a", operation)
                for operation in ("users_create", "user_update", "user_delete", "group_create")
            )
        )

    monkeypatch.setattr(Things, "plan", plan)
    wire.play(otherwise=Hub(me={**ME, "scopes": []}))
    result = run(Things, things("a"))
    assert result["missing_scopes"] == ["admin:groups", "admin:users"]
    assert "lacks the scopes admin:groups, admin:users." in result["msg"]
    assert result["msg"].endswith(" Nothing was changed.")


def test_who_needs_no_step_needs_no_scope(run: Run, wire: Wire) -> None:
    wire.play(otherwise=Hub("a", me={**ME, "scopes": []}))
    assert run(Things, things("a"))["changed"] is False
    assert ("GET", "/user") not in wire.lines


@pytest.mark.parametrize(
    ("version", "admin", "refused"),
    [
        ("4.0.2", False, False),
        ("4.1.6", False, True),
        ("5.5.4", False, True),
        ("6.1.1", False, True),
        ("6.1.1", True, False),
        ("4.1", False, True),
    ],
)
def test_who_is_no_admin_cannot_make_admins_since_4_1(
    run: Run, wire: Wire, monkeypatch: pytest.MonkeyPatch, version: str, admin: bool, refused: bool
) -> None:
    monkeypatch.setattr(Things, "touches_admins", ("ada", "grace"))
    wire.play(otherwise=Hub(me={**ME, "admin": admin}, version=version))
    result = run(Things, things("a"))
    assert bool(result.get("failed")) is refused
    if refused:
        assert "the service provisioner is none, whatever its scopes: ada, grace." in result["msg"]
        assert result["msg"].endswith(" Nothing was changed.")


@pytest.mark.parametrize("version", ["3.1.1", "1.5.0", "0.9.6", "unknown"])
def test_a_hub_that_is_too_old_is_refused(run: Run, wire: Wire, version: str) -> None:
    hub = Hub(version=version)
    wire.play(otherwise=hub)
    result = run(Things, things("a"))
    assert result["msg"] == (
        f"This collection needs JupyterHub 4.0; this hub is {version}. Nothing was changed."
    )
    assert hub.there == []


def test_the_version_is_asked_for_where_no_answer_has_told_it(
    run: Run, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Things, "plan", lambda self: Plan())
    wire.play(
        Reply(data={"version": "5.5.4"}, headers={"X-JupyterHub-Version": "5.5.4"}), otherwise=Hub()
    )
    result = run(Things, things("a", return_objects="none"))
    assert wire.lines == [("GET", "/")]
    assert result["hub_version"] == "5.5.4"
