# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are never shown in any output or trace of a task, also after failures, and other text is
not masked by mistake.

Every secret contains a random word, and the tests look for that word. A mask that covers only a
part of the secret would show it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import pathlib
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any
from unittest import mock
from urllib.parse import unquote, unquote_plus

import pytest
import yaml

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import INFO, USER, Answer, Asked, Wire, admins, auth_state, facts, runner
from tests.running import run_playbook

pytestmark = [pytest.mark.newest, pytest.mark.core, pytest.mark.daily(2)]

API, AUDIT, OFFBOARD, PREFLIGHT, PROXY = (
    f"jupyterhub_{name}" for name in ("api", "audit", "offboard", "preflight", "proxy")
)
SERVICE, SHARE, TOKEN = (f"jupyterhub_{name}" for name in ("service", "share", "token"))
UTILS = "ansible_collections.hubops.jupyterhub.plugins.module_utils"
MODULES = pathlib.Path(__file__).parents[2] / "plugins" / "modules"

Task = dict[str, Any]


class Words:
    """Random words, by the option or the file that holds them."""

    def __init__(self) -> None:
        self.all: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        """Return the word for this name, which is always the same."""
        return self.all.setdefault(name, secrets.token_hex(10))

    def token(self, name: str) -> str:
        """Return a secret that a header can carry."""
        return f"t/+={self[name]}&%"

    def text(self, name: str) -> str:
        """Return a secret that looks different in a URL, in a form, in JSON and in Python."""
        return f"\u00e4 \"'/{self[name]}\\&+%\n\u2028"

    def cookie(self, name: str) -> str:
        """Return a cookie that a hub could have set."""
        return f"2|1:0|10:1700000000|18:jupyterhub-session|20:{self[name]}|{'0' * 64}"

    def found(self, where: object) -> list[str]:
        """Return the names of the words that occur in a text or in the printed form of a value."""
        text = where if isinstance(where, str) else json.dumps(where, default=str)
        return [name for name, word in self.all.items() if word in text]


def secret_options(spec: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield the secret options of a module. Options of list items and dictionaries are named like
    ``users.auth_state``.
    """
    for name, option in spec.items():
        if option.get("no_log"):
            yield f"{above}{name}"
        yield from secret_options(option.get("options", {}), f"{above}{name}.")


# For each module: how its options reach the hub.
CONNECTION = {"api_token", "login_username", "login_password"}


def tasks(words: Words, hub: Hub) -> list[tuple[str, Task]]:
    """Return tasks that together set every secret option of every module."""
    state = {
        "access": words.text("auth_state"),
        "deep": {"list": [words["deep"], {"key": words.token("deeper")}]},
    }
    item = {"name": "bob", "auth_state": {"refresh": words.text("refresh")}}
    made = {"name": "svc", "service_token": words["service_token"]}
    return [
        (
            USER,
            {
                "users": [{"name": "ada", "auth_state": state, "admin": True}, item],
                "return_objects": "all",
            },
        ),
        (
            INFO,
            {
                "gather": ["hub", "users", "tokens"],
                "identify_token": words.text("identify_token"),
                "identify_cookie": {"name": "jupyterhub", "value": words.text("identify_cookie")},
            },
        ),
        (
            TOKEN,
            {
                "tokens": [
                    {
                        "user": "ada",
                        "note": "one",
                        "current_token": words.text("current_token"),
                        "dest": str(hub.state / "one"),
                    }
                ]
            },
        ),
        (PROXY, {"api_url": hub.proxy_api_url, "auth_token": hub.proxy_token}),
        (
            API,
            {
                "method": "PATCH",
                "path": "/users/bob",
                "body": {"auth_state": {"from": words.text("body")}},
            },
        ),
        (
            SERVICE,
            {
                **made,
                "oauth_redirect_uri": "/services/svc/callback",
                "verify_login": {"username": "ada", "password": hub.password},
            },
        ),
        (
            SERVICE,
            {
                "services": [
                    {"name": "svc2", "api_token": words["api_token"], "info": {"open": "word"}}
                ]
            },
        ),
        (USER, {"name": "bob", "auth_state": {"again": words.text("again")}}),
        (
            TOKEN,
            {
                "user": "bob",
                "note": "two",
                "current_token": words["kept"],
                "dest": str(hub.state / "two"),
            },
        ),
        (
            OFFBOARD,
            {
                "user": "bob",
                "evidence_tokens": [words.token("evidence")],
                "evidence_cookies": [
                    {"name": "jupyterhub-session", "value": words.cookie("cookie")}
                ],
            },
        ),
        (
            OFFBOARD,
            {
                "users": [
                    {
                        "name": "bob",
                        "evidence_tokens": [words.token("evidence_item")],
                        "evidence_cookies": [
                            {"name": "jupyterhub-session", "value": words.cookie("cookie_item")}
                        ],
                    },
                ],
            },
        ),
        (
            PREFLIGHT,
            {
                "users": [{"name": "ada", "auth_state": {"seen": words.text("preflight")}}],
                "services": [{"name": "svc3", "api_token": words["preflight_token"]}],
                "tokens": [
                    {
                        "user": "ada",
                        "note": "three",
                        "current_token": words["preflight_kept"],
                        "dest": str(hub.state / "three"),
                    }
                ],
            },
        ),
        (
            AUDIT,
            {
                "declared": {
                    "users": [{"name": "ada", "auth_state": {"read": words.text("declared")}}],
                    "services": [{"name": "svc4", "service_token": words["declared_token"]}],
                    "tokens": [
                        {"user": "ada", "note": "one", "current_token": words["declared_kept"]}
                    ],
                }
            },
        ),
    ]


def test_every_secret_option_has_a_secret(hub: Hub) -> None:
    """The tasks of the other tests set every secret option, including options that are added
    later.
    """
    given = {(name, *path) for name, task in tasks(Words(), hub) for path in paths(task)}
    for file in MODULES.glob("jupyterhub_*.py"):
        module = importlib.import_module(
            f"ansible_collections.hubops.jupyterhub.plugins.modules.{file.stem}"
        )
        wanted = {
            (file.stem, *path.split("."))
            for path in secret_options(module.SPEC.options)
            if path not in CONNECTION
        }
        # The name of the same option in a list.
        named = {
            (*path[:-1], "api_token") if path[-1] == "service_token" and len(path) == 3 else path
            for path in wanted
        }
        assert named - given == set()
    with contextlib.suppress(ImportError):
        assert {"api_token", "login_username", "login_password"} == set(
            secret_options(importlib.import_module(f"{UTILS}._module.options").CONNECTION.options)
        )


def paths(value: Any) -> Iterator[tuple[str, ...]]:
    """Yield the keys that lead to every value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (key,)
            yield from ((key, *rest) for rest in paths(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner)


# In this process: the results of modules and what they write to the system's log, with a hub that
# repeats what it received


def said_back(asked: Asked) -> str:
    """Return everything that was sent, both encoded and decoded."""
    body, path = asked.body.decode(), asked.path
    meant = [unquote(path)]
    try:
        meant += [str(json.loads(body)), *map(str, leaves(json.loads(body)))]
    except ValueError:
        meant.append(unquote_plus(body))
    return " ".join([str(asked.headers), path, body, *meant])


def leaves(value: Any) -> Iterator[Any]:
    """Yield the values in nested dictionaries and lists."""
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    else:
        yield value


def echo(style: str, asked: Asked) -> Answer:
    """Return a response of this style that repeats everything that was sent."""
    text = said_back(asked)
    is_json = {"Content-Type": "application/json", "X-JupyterHub-Version": "6.1.1"}
    one_line = text.encode("ascii", "replace").decode().replace("\n", " ")
    answers: dict[str, Answer] = {
        "400": (400, is_json, json.dumps({"status": 400, "message": text}).encode()),
        "500": (
            500,
            is_json,
            json.dumps({"status": 500, "message": text}, ensure_ascii=False).encode(),
        ),
        "403": (
            403,
            is_json,
            json.dumps({"message": f"Action is not authorized; requires any of [{text}]"}).encode(),
        ),
        "page": (500, {"Content-Type": "text/html"}, f"<html><pre>{text}</pre>".encode()),
        "garbled": (200, is_json, f"{{{text}".encode()),
        "strange": (
            200,
            is_json,
            json.dumps(
                {"items": [text], "_pagination": {"next": None, "total": 1}, "version": text}
            ).encode(),
        ),
        "elsewhere": (302, {"Location": f"http://elsewhere.invalid/{one_line}"}, b""),
    }
    return answers[style]


STYLES = ("400", "500", "403", "page", "garbled", "strange", "elsewhere")


@contextlib.contextmanager
def system_log() -> Iterator[list[str]]:
    """Collect what Ansible writes to the system's log."""
    basic = importlib.import_module("ansible.module_utils.basic")
    lines: list[str] = []
    with (
        mock.patch.object(basic, "has_journal", False),
        mock.patch.object(basic.syslog, "syslog", lambda *args: lines.append(str(args[-1]))),
    ):
        yield lines


def start(hub: Hub, words: Words, tmp_path: pathlib.Path) -> Task:
    """Create the objects of the tasks on the hub; return the connection options."""
    hub.reset()
    hub.add_users("ada", admin=True)
    hub.add_users("bob")
    words.all.update(token=hub.token, password=hub.password, proxy=hub.proxy_token)
    file = tmp_path / "token"
    file.write_text(f"{hub.token}\n", encoding="utf-8")
    return {"api_token": None, "api_token_file": str(file)}


def nothing_of(words: Words, result: Any, log: list[str]) -> None:
    """Assert that no secret is in a result or in the system's log."""
    assert words.found(result) == [], json.dumps(result, default=str)[:3000]
    assert words.found(" ".join(log)) == [], log


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("login", [False, True], ids=["token", "login"])
def test_a_hub_that_repeats_everything_that_was_sent(
    hub: Hub, tmp_path: pathlib.Path, login: bool
) -> None:
    """The hub (or another server in its place) repeats in one response everything that was sent.
    The task shows none of it, whichever response it is.
    """
    words = Words()
    connection = start(hub, words, tmp_path)
    if login:
        connection = {"api_token": None, "login_username": "ada", "login_password": hub.password}
    seen: set[str] = set()
    # Every style for the first request, then one style after the other.
    for number in range(1, len(STYLES) + 1) if login else range(len(STYLES)):
        for style in STYLES if number == 0 else [STYLES[number % len(STYLES)]]:

            def answer(asked: Asked, number: int = number, style: str = style) -> Answer | None:
                # This includes tokens that only the task knows: the token of a login, and a token
                # that it has just created.
                words.all.update(
                    (f"token {token}", token)
                    for token in asked.headers.get("Authorization", "").split()[1:]
                )
                seen.update(words.found(said_back(asked)))
                return echo(style, asked) if asked.number == number else None

            for name, task in tasks(words, hub):
                if name == SERVICE and hub.series == "4":
                    continue
                with Wire(hub, answer=answer) as wire, system_log() as log:
                    result = runner(hub, hub_url=wire.url, retries=0, **connection)(
                        name, task, diff=True
                    )
                for file in ("one", "two"):
                    with contextlib.suppress(FileNotFoundError):
                        words.all[f"{file} {len(words.all)}"] = (hub.state / file).read_text(
                            encoding="utf-8"
                        )
                nothing_of(words, result, log)
                hub.api("DELETE", "/services/svc")
                hub.api("DELETE", "/services/svc2")
    # The tasks have really sent their secrets.
    sent = {
        "auth_state",
        "deep",
        "deeper",
        "refresh",
        "again",
        "body",
        "kept",
        "identify_token",
        "identify_cookie",
        "proxy",
        "password" if login else "token",
    }
    assert sent | ({"service_token", "api_token"} if hub.series != "4" else set()) <= seen


def test_an_internal_error_shows_no_secret(hub: Hub, tmp_path: pathlib.Path) -> None:
    """If a module crashes with secrets in the exception, only the location of the error is
    shown.
    """
    words = Words()
    connection = start(hub, words, tmp_path)
    client = importlib.import_module(f"{UTILS}._hub.client").HubClient
    for name, task in tasks(words, hub):
        with (
            mock.patch.object(client, "request", side_effect=ValueError(f"{task} {hub.token}")),
            system_log() as log,
        ):
            result = runner(hub, **connection)(name, task, diff=True)
        assert result["failed"]
        assert "This is a bug in hubops.jupyterhub: " in result["msg"]
        nothing_of(words, result, log)


def test_secrets_are_returned_once(hub: Hub, module: ModuleRunner) -> None:
    """The secret of a new token or share code is in the documented key, and nowhere else."""
    hub.add_users("ada")
    with system_log() as log:
        result = module(TOKEN, {"user": "ada", "note": "n", "return_objects": "all"}, diff=True)
    words = Words()
    words.all["token"] = result["token"].pop("value")
    assert result["tokens"][0].pop("value") == words["token"]
    nothing_of(words, result, log)
    nothing_of(
        words,
        module(TOKEN, {"user": "ada", "note": "n", "current_token": words["token"]}, diff=True),
        [],
    )
    if hub.series == "4":
        return
    assert hub.api("POST", "/users/ada/server")[0] in (201, 202)
    with system_log() as log:
        result = module(SHARE, {"owner": "ada", "code": True}, diff=True)
    # The code, and the URLs that contain it.
    words.all["code"] = result["share"].pop("code")["code"]
    assert result["shares"][0].pop("code")["code"] == words["code"]
    nothing_of(words, result, log)
    nothing_of(
        words, module(SHARE, {"owner": "ada", "code": True, "return_objects": "all"}, diff=True), []
    )


@pytest.mark.parametrize(
    ("name", "task"),
    [
        (USER, {"name": "ada", "auth_stat": {"a": "hushhush"}}),
        (USER, {"users": [{"name": "ada", "auth_stat": {"a": "hushhush"}}]}),
        (USER, {"name": "ada", "login_pasword": "hushhush"}),
        (SERVICE, {"services": [{"name": "svc", "api_token": "hushhush", "admin": "perhaps"}]}),
        (INFO, {"identify_cookie": {"nam": "hushhush"}}),
        (API, {"path": "/", "body": {"a": "hushhush"}, "status_code": "x"}),
        (API, {"path": "/../x", "body": {"a": "hushhush"}}),
        (USER, {"users": [{"name": "ada", "auth_state": {"a": "hushhush"}, "colour": "red"}]}),
        (USER, {"name": "ada", "auth_state": {"a": "hushhush"}, "last_activity": "never"}),
        (
            TOKEN,
            {"user": "ada", "note": "n", "current_token": "hushhush", "dest": "/nonexistent/n"},
        ),
        (PROXY, {"api_url": "nonsense", "auth_token": "hushhush"}),
        (INFO, {"identify_token": "hushhush", "hub_url": "http://127.0.0.1:1", "retries": 0}),
        (INFO, {"hub_url": "http://ada:hushhush@hub.example.org"}),
    ],
)
def test_secrets_in_misspelt_options_are_not_shown(
    module: ModuleRunner, name: str, task: Task
) -> None:
    """A secret in a misspelt option, or next to an invalid option, is not shown among the options
    of the failed task.
    """
    with system_log() as log:
        result = module(name, task)
    assert result["failed"]
    assert "hushhush" not in json.dumps([result, log])


def test_other_text_is_not_masked(hub: Hub) -> None:
    """A user, a group or a field whose name is a part of a secret is not masked."""
    state = {
        "login": "ada-lovelace",
        "kind": "user",
        "group": "course-2026",
        "short": "a",
        "flag": "True",
        "year": "2026",
    }
    result = runner(hub)(
        USER,
        {"users": [{"name": "ada-lovelace", "auth_state": state}, {"name": "user"}, {"name": "a"}]},
        diff=True,
    )
    assert not result["failed"], result
    assert [user["name"] for user in result["users"]] == ["ada-lovelace", "user", "a"]
    assert set(facts(result["diff"]["after"])) == {"user ada-lovelace", "user user", "user a"}
    assert result["users"][0]["created"].startswith("20")
    assert result["hub_version"] == hub.version
    assert "course-2026" not in str(result)


# With ansible-playbook: everything that is printed, logged, registered, visible to others during
# the run, or left behind


class ProcessWatcher:
    """Reads the arguments and the environment of new processes on this machine, as another user
    could.

    Only the same user can read the environment. A secret must not be there either, because every
    child process inherits it.
    """

    def __init__(self, words: Words) -> None:
        self.seen: set[str] = set()
        self.looks = 0
        self._words = words
        # Older processes are left out: the hub's own proxy, for instance, has its token in its
        # environment.
        self._before = set(pathlib.Path("/proc").glob("[0-9]*"))
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._end.wait(0.005):
            self.looks += 1
            for process in set(pathlib.Path("/proc").glob("[0-9]*")) - self._before:
                for what in ("cmdline", "environ"):
                    with contextlib.suppress(OSError):
                        text = (process / what).read_bytes().decode(errors="replace")
                        self.seen.update(f"{name} in {what}" for name in self._words.found(text))

    def __enter__(self) -> ProcessWatcher:
        """Start reading."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop reading."""
        self._end.set()
        self._thread.join(10)


def test_the_watcher_finds_secrets_where_they_are() -> None:
    """The watcher finds secrets where they are, so that finding none in the next test means
    something.
    """
    words = Words()
    with ProcessWatcher(words) as watcher:
        subprocess.run(
            [sys.executable, "-c", "import time; time.sleep(0.3)", words["argument"]],
            env={"SECRET": words["variable"]},
            check=True,
        )
    assert watcher.seen == {"argument in cmdline", "variable in environ"}


def bad_tasks(
    words: Words, hub: Hub, tmp_path: pathlib.Path, echoes: str
) -> list[tuple[str, Task]]:
    """Return tasks that each fail at a different point."""
    state = {"access": words.text("auth_state")}
    key = tmp_path / "key.pem"
    key.write_text(f"-----BEGIN PRIVATE KEY-----\n{words['client_key']}\n", encoding="utf-8")
    broken = tmp_path / "broken"
    broken.write_text(f"{words['broken']} {words['broken']}\n", encoding="utf-8")
    wrong: Task = {"api_token": words["wrong"], "api_token_file": "{{ omit }}"}
    return [
        (USER, {"name": "ada", "auth_state": state, **wrong}),
        (USER, {"users": [words["item"], {"name": "ada", "auth_state": state}]}),
        (USER, {"users": f"[{{'name': 'ada', 'auth_state': {{'a': '{words['template']}'}}"}),
        (USER, {"name": "eve", "auth_state": {"a": "{{ given.none.such }}", "b": words["beside"]}}),
        (INFO, {"api_token_file": str(broken)}),
        (
            INFO,
            {
                "client_cert": str(key),
                "client_key": str(key),
                "hub_url": "https://127.0.0.1:1",
                "retries": 0,
            },
        ),
        (
            INFO,
            {
                "login_username": "ada",
                "login_password": words["password"] + words["typo"],
                "api_token_file": "{{ omit }}",
            },
        ),
        (USER, {"name": "ada", "auth_state": state, "hub_url": f"{echoes}400"}),
        (
            API,
            {
                "method": "POST",
                "path": "/users",
                "body": {"usernames": [words["body"]]},
                "hub_url": f"{echoes}page",
            },
        ),
        (USER, {"users": [{"name": "ada", "auth_state": state}], "hub_url": f"{echoes}strange"}),
    ]


def play_of(words: Words, hub: Hub, tmp_path: pathlib.Path, echoes: str) -> tuple[list[Task], int]:
    """Return a play with all tasks, good and bad, and the number of tasks that fail."""
    # One task of each module, because each takes a second, and one task with a login.
    good: dict[str, Task] = {}
    for name, task in tasks(words, hub):
        good.setdefault(name, task)
    good[USER].update(
        login_username="ada", login_password=hub.password, api_token_file="{{ omit }}"
    )
    bad = bad_tasks(words, hub, tmp_path, echoes)
    steps: list[Task] = [
        {f"hubops.jupyterhub.{name}": options, "register": f"told{number}", "ignore_errors": True}
        for number, (name, options) in enumerate([*good.items(), *bad])
    ]
    role = {
        "jupyterhub_users": [{"name": "ada", "auth_state": {"role": words.text("role")}}],
        "jupyterhub_tokens": [
            {
                "user": "ada",
                "note": "role",
                "dest": str(hub.state / "role"),
                "current_token": words["role token"],
            }
        ],
        "jupyterhub_api_token_file": str(tmp_path / "token"),
        "jupyterhub_url": hub.url,
    }
    steps += [
        {"ansible.builtin.include_role": {"name": "hubops.jupyterhub.provision"}, "vars": role},
        {
            "ansible.builtin.debug": {
                "msg": (
                    "{{ [jupyterhub_provision_result, "
                    + ", ".join(f"told{number}" for number in range(len(good) + len(bad)))
                    + "] }}"
                )
            }
        },
    ]
    # Services need JupyterHub 5, so that one more task fails on JupyterHub 4. The run on JupyterHub
    # 5 is in check mode, in which one of the failing requests is not sent.
    return steps, len(bad) + {"4": 1, "5": -1}.get(hub.series, 0)


@pytest.fixture
def short_path() -> Iterator[pathlib.Path]:
    """A directory with a short path: ansible-core creates a socket in it, whose path is limited to
    about a hundred characters.
    """
    with tempfile.TemporaryDirectory() as directory:
        yield pathlib.Path(directory)


def test_no_trace_of_a_playbook(hub: Hub, tmp_path: pathlib.Path, short_path: pathlib.Path) -> None:
    """With -vvvv and --diff, no secret is in any trace that a run leaves, after successful and
    failed tasks, and on one hub in check mode.
    """
    check = hub.series == "5"
    words = Words()
    start(hub, words, tmp_path)
    folders = {
        name: short_path / name for name in ("ANSIBLE_REMOTE_TMP", "ANSIBLE_LOCAL_TEMP", "TMPDIR")
    }
    for folder in folders.values():
        folder.mkdir(mode=0o700)
    log = tmp_path / "ansible.log"

    def answer(asked: Asked) -> Answer | None:
        style = asked.path.split("/")[1]
        return echo(style, asked) if style in STYLES else None

    with Wire(hub, answer=answer) as wire:
        steps, failing = play_of(words, hub, tmp_path, wire.url)
        # The variables are in a file, because everyone can see a command line. They are not in the
        # playbook, because errors show parts of it.
        values = tmp_path / "values.json"
        values.write_text(json.dumps({"given": steps}), encoding="utf-8")
        play = hidden_behind(steps)
        with ProcessWatcher(words) as watcher:
            done = run_playbook(
                yaml.safe_dump(
                    [
                        {
                            "hosts": "localhost",
                            "gather_facts": False,
                            "module_defaults": {
                                "group/hubops.jupyterhub.jupyterhub": {
                                    "hub_url": hub.url,
                                    "api_token_file": str(tmp_path / "token"),
                                }
                            },
                            "tasks": play,
                        }
                    ],
                    width=1000,
                ),
                ["-vvvv", "--diff", "-e", f"@{values}", *(["--check"] if check else [])],
                env={
                    "ANSIBLE_LOG_PATH": str(log),
                    "ANSIBLE_DISPLAY_TRACEBACK": "always",
                    **{name: str(folder) for name, folder in folders.items()},
                },
            )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert f"ignored={failing} " in done.stdout, done.stdout[-3000:]
    for file in () if check else ("one", "role"):
        words.all[f"file {file}"] = (hub.state / file).read_text(encoding="utf-8")
    if not check:
        assert admins(hub)["ada"]
        assert auth_state(hub, "ada") == {"role": words.text("role")}
    for where, text in (
        ("stdout", done.stdout),
        ("stderr", done.stderr),
        ("log", log.read_text(encoding="utf-8")),
    ):
        assert words.found(text) == [], where
    assert '"ada"' in done.stdout
    assert "TASK" in log.read_text(encoding="utf-8")
    assert watcher.looks > 100
    assert watcher.seen == set()
    for folder in folders.values():
        left = [file for file in folder.rglob("*") if file.is_file()]
        assert [
            (file, found)
            for file in left
            if (found := words.found(file.read_bytes().decode(errors="replace")))
        ] == []


def hidden_behind(steps: list[Task]) -> list[Task]:
    """Return the same tasks with every value taken from the variable ``given``, as values from a
    vault are used.
    """
    play: list[Task] = []
    for number, step in enumerate(steps):
        (name, options), *rest = step.items()
        if not name.startswith("hubops."):
            play.append(
                step
                if name.startswith("ansible.builtin.debug")
                else {name: options, "vars": taken(step["vars"], f"given[{number}].vars")}
            )
            continue
        play.append({name: taken(options, f"given[{number}]['{name}']"), **dict(rest)})
    return play


def taken(options: Task, place: str) -> Task:
    """Return options as templates that read this variable; options that are templates already are
    kept.
    """
    return {
        key: value if "{{" in str(value) else f"{{{{ {place}.{key} }}}}"
        for key, value in options.items()
    }
