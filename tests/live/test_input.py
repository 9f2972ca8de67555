# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input gives one clear sentence and no traceback, and nothing is written. These tests cover
all options of all modules; contradictions are tested with each kind of object.
"""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import pytest
import yaml

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import GROUP, INFO, SERVER, USER, Result, runner, snapshot, writes
from tests.running import run_playbook

pytestmark = [pytest.mark.newest, pytest.mark.core, pytest.mark.daily(2)]

API, PROXY = "jupyterhub_api", "jupyterhub_proxy"
SERVICE, SHARE, SHUTDOWN, TOKEN = (
    "jupyterhub_service",
    "jupyterhub_share",
    "jupyterhub_shutdown",
    "jupyterhub_token",
)

Task = dict[str, Any]

HUGE = "x" * 10_000
# Half of a surrogate pair, which UTF-8 cannot encode.
HALF_SURROGATE = "a\ud800"
ADA: Task = {"name": "ada"}
MANY = [{"name": f"u{number}"} for number in range(3000)]
DURATION = "is not a duration: write a number of seconds"

# For each module: options, and words of the expected message.
OPTIONS: dict[str, list[tuple[Task, str]]] = {
    USER: [
        ({}, "one of the following is required: name, users"),
        ({"name": None}, "one of the following is required: name, users"),
        ({"name": "ada", "users": []}, "mutually exclusive"),
        ({"users": [], "admin": True}, "mutually exclusive"),
        ({"name": ["ada", "bob"]}, "name is a list: it must be text."),
        ({"name": {"ada": {}}}, "name is a dictionary: it must be text."),
        (
            {"name": True},
            "name is true: it must be text. Put quotes around it, because YAML reads yes, no, on"
            " and off",
        ),
        ({"name": 1e3}, "name is the number 1000: it must be text. Put quotes around it."),
        ({"name": HUGE}, f"The user name '{HUGE[:60]}...' is longer than 255 characters"),
        ({"name": HALF_SURROGATE}, "name is not valid Unicode"),
        ({"name": "a/b"}, "The user name 'a/b' contains a slash"),
        ({"name": "//"}, "The user name '//' contains a slash"),
        ({"name": "%2e%2e"}, "The user name '%2e%2e' consists of dots only"),
        ({"name": "\u00a0ada"}, r"The user name '\xa0ada' begins or ends with a space"),
        ({"name": "ada", "admin": "perhaps"}, "admin is 'perhaps': it must be true or false."),
        ({"name": "ada", "admin": 2}, "admin is the number 2: it must be true or false."),
        ({"name": "ada", "admin": []}, "admin is a list: it must be true or false."),
        ({"name": "ada", "state": "gone"}, "state is 'gone': it must be present or absent."),
        ({"name": "ada", "state": False}, "state is false: it must be text."),
        ({"name": "ada", "auth_state": "hushhush"}, "auth_state is text: it must be a dictionary."),
        (
            {"name": "ada", "auth_state": ["hushhush"]},
            "auth_state is a list: it must be a dictionary.",
        ),
        (
            {"name": "ada", "auth_state": {"hushhush": HALF_SURROGATE}},
            "auth_state is not valid Unicode",
        ),
        (
            {"name": "ada", "last_activity": "2026-13-01"},
            "last_activity '2026-13-01' of user ada is not a time: write it like 2026-",
        ),
        ({"name": "ada", "last_activity": ""}, "last_activity '' of user ada is not a time"),
        (
            {"name": "ada", "last_activity": HUGE},
            f"last_activity '{HUGE[:60]}...' of user ada is not a time",
        ),
        ({"name": "ada", "rename_from": ""}, "The user name '' is empty"),
        (
            {"name": "ada", "rename_from": ".."},
            "The user name '..' cannot be used, because no address on the hub can contain it",
        ),
        ({"name": "ada", "colour": "red"}, "Unsupported parameters"),
        (
            {"users": "ada"},
            "users is text: it must be a list of dictionaries, such as [{name: ...}].",
        ),
        ({"users": {"ada": {}}}, "users is a dictionary: it must be a list of dictionaries"),
        ({"users": 7}, "users is a number: it must be a list of dictionaries"),
        ({"users": [None]}, "item 1 of users is null: give it a value, or remove it."),
        ({"users": [[]]}, "item 1 of users is a list: it must be a dictionary."),
        ({"users": [{"admin": True}]}, "name is missing in item 1 of users: add it."),
        ({"users": [{"name": None}]}, "name is missing in item 1 of users: add it."),
        (
            {"users": [{"name": "ada", "groups": ["x"]}]},
            "'groups' is not an option in item 1 of users (ada): there are name, state, admin,",
        ),
        (
            {"users": [{"name": "ada"}], "prune": True, "prune_roles": [""]},
            "item 1 of prune_roles is empty: give it a value, or remove it.",
        ),
        (
            {"users": [*MANY, "hushhush"]},
            "item 3001 of users is text: it must be a dictionary, such as {name: ...}.",
        ),
        ({"users": [*MANY, {"name": "a/b"}]}, "The user name 'a/b' contains a slash"),
        (
            {"users": [*MANY, {"name": "zoe", "admin": "perhaps"}]},
            "admin in item 3001 of users (zoe) is 'perhaps'",
        ),
        ({"users": [*MANY, {"nam": "zoe"}]}, "name is missing in item 3001 of users"),
        ({"users": [], "prune": True}, "prune with no declared users"),
        (
            {"name": "ada", "prune": True},
            "prune is True but all of the following are missing: users",
        ),
        *(
            (
                {"users": [ADA], "prune": True, "prune_limit": limit},
                "is not a count or a percentage: write it like 25 or 10%",
            )
            for limit in ("ten", "-1", 1.5, "", "10 %", "9" * 10_000, "\u0661%")
        ),
        ({"users": [ADA], "prune": True, "prune_keep": [None]}, "item 1 of prune_keep is null"),
        (
            {"users": [ADA], "prune": True, "prune_match": [{"a": 1}]},
            "item 1 of prune_match is a dictionary: it must be text.",
        ),
        ({"users": [ADA], "prune": "maybe"}, "prune is 'maybe': it must be true or false."),
        (
            {"users": [ADA], "prune_admins": "maybe"},
            "prune_admins is 'maybe': it must be true or false.",
        ),
        (
            {"users": [ADA], "return_objects": "some"},
            "return_objects is 'some': it must be changed, all or none.",
        ),
    ],
    GROUP: [
        ({}, "one of the following is required: name, groups"),
        ({"name": "g", "groups": []}, "mutually exclusive"),
        ({"name": "g", "state": 1.5}, "state is the number 1.5: it must be text."),
        ({"name": HUGE}, "is longer than 255 characters"),
        (
            {"name": "."},
            "The group name '.' cannot be used, because no address on the hub can contain it",
        ),
        (
            {"name": "g", "users_mode": "some"},
            "users_mode is 'some': it must be exact, present or absent.",
        ),
        ({"name": "g", "users": {"ada": 1}}, "users is a dictionary: it must be a list."),
        ({"name": "g", "users": [["ada"]]}, "item 1 of users is a list: it must be text."),
        ({"name": "g", "users": ["ada", None]}, "item 2 of users is null"),
        (
            {"name": "g", "users": ["ada", {"name": "eve"}]},
            "item 2 of users is a dictionary: it must be text.",
        ),
        ({"name": "g", "users": ["ada"] * 3000 + ["a/b"]}, "The user name 'a/b' contains a slash"),
        (
            {"name": "g", "users": ["ada"] * 3000 + [False]},
            "item 3001 of users is false: it must be text.",
        ),
        ({"name": "g", "users": [HUGE]}, "is longer than 255 characters"),
        (
            {"groups": [{"name": "g", "users": ["ada", HALF_SURROGATE]}]},
            "item 2 of users in item 1 of groups (g) is not valid Unicode",
        ),
        ({"name": "g", "properties": "x"}, "properties is text: it must be a dictionary."),
        (
            {"name": "g", "properties": {"deep": [{HALF_SURROGATE: 1}]}},
            "properties is not valid Unicode",
        ),
        (
            {"name": "g", "properties_mode": "replace"},
            "properties_mode is 'replace': it must be exact or merge.",
        ),
        ({"groups": [], "prune": True}, "prune with no declared groups"),
        (
            {"name": "g", "users": '["ada"]', "users_mode": "absent"},
            "users is text that begins with [: give a list, not text.",
        ),
        (
            {"groups": [{"name": "g"}], "prune": True, "prune_keep": '["*"]'},
            "prune_keep is text that begins with [: give a list, not text.",
        ),
        (
            {"groups": [{"name": "g"}], "prune": True, "prune_limit": "ten"},
            "prune_limit 'ten' is not a count or a percentage",
        ),
        (
            {"name": "g", "users": ["ada"], "remove_limit": "some"},
            "remove_limit 'some' is not a count or a percentage",
        ),
    ],
    INFO: [
        (
            {"gather": ["everything"]},
            "item 1 of gather is 'everything': it must be hub, whoami, users,",
        ),
        ({"gather": "hub,user"}, "item 2 of gather is 'user'"),
        ({"sort": "size"}, "sort is 'size': it must be id, -id, name,"),
        ({"user_state": "asleep"}, "user_state is 'asleep': it must be active, ready or inactive."),
        (
            {"include_stopped_servers": "maybe"},
            "include_stopped_servers is 'maybe': it must be true or false.",
        ),
        *(
            ({"gather": ["groups"], "names": ["a", "b", "c", name]}, "The wanted name")
            for name in ("..", HUGE)
        ),
        ({"names": ["a", ""]}, "item 2 of names is empty: give it a value, or remove it."),
        (
            {"names": "a\nb"},
            "names is text of several lines: give a list, or put commas between the items.",
        ),
        ({"names": [HALF_SURROGATE]}, "item 1 of names is not valid Unicode"),
        ({"name_filter": ["a"]}, "name_filter is a list: it must be text."),
        (
            {"identify_token": ""},
            "A secret that is empty or consists of dots only cannot be used as a name",
        ),
        ({"identify_token": f"hushhush{HUGE}"}, "is too long for an address on the hub"),
        ({"identify_cookie": "hushhush"}, "identify_cookie is text: it must be a dictionary."),
        ({"identify_cookie": {"value": "hushhush"}}, "name is missing in identify_cookie"),
        (
            {"identify_cookie": {"name": "x", "value": "hushhush", "extra": 1}},
            "'extra' is not an option in identify_cookie: there are name, value.",
        ),
        (
            {"identify_cookie": {"name": "x", "value": ["hushhush"]}},
            "value in identify_cookie is a list: it must be text.",
        ),
    ],
    SERVER: [
        ({}, "one of the following is required: user, servers, select_users"),
        ({"user": None}, "one of the following is required: user, servers, select_users"),
        ({"user": "ada", "name": ["w"]}, "name is a list: it must be text."),
        ({"user": "ada", "name": "%2e%2e/w"}, "The server name '%2e%2e/w' contains a slash"),
        ({"user": "ada", "user_options": "x"}, "user_options is text: it must be a dictionary."),
        ({"user": "ada", "user_options": [1]}, "user_options is a list: it must be a dictionary."),
        (
            {"user": "ada", "state": "running"},
            "state is 'running': it must be started, stopped, restarted, absent or present.",
        ),
        (
            {"user": "ada", "restart_if_changed": "x"},
            "restart_if_changed is 'x': it must be true or false.",
        ),
        ({"user": "ada", "rename_from": "w"}, "rename_from is for named servers"),
        *(
            ({"user": "ada", "name": "w", "display_name": name}, "display_name")
            for name in ("", HUGE, " outer", "two  spaces", "tab\there", "\u202eright to left")
        ),
        ({"user": "ada", "batch": 0}, "batch is 0: it must be more than 0 and at most 1000000."),
        ({"user": "ada", "batch": "many"}, "batch is 'many': it must be a whole number."),
        ({"user": "ada", "batch": 1.5}, "batch is the number 1.5: it must be a whole number."),
        ({"user": "ada", "batch": True}, "batch is true: it must be a whole number."),
        ({"user": "ada", "wait_timeout": "5m"}, "wait_timeout is '5m': it must be a number."),
        ({"user": "ada", "wait_timeout": "nan"}, "wait_timeout is nan: it must be more than 0"),
        ({"user": "ada", "wait": "later"}, "wait is 'later': it must be true or false."),
        ({"select_users": [None], "state": "stopped"}, "item 1 of select_users is null"),
        (
            {"select_groups": [{"g": 1}], "state": "stopped"},
            "item 1 of select_groups is a dictionary: it must be text.",
        ),
        (
            {"select_named": "some", "state": "stopped"},
            "select_named is 'some': it must be true or false.",
        ),
        *(
            ({"select_idle_for": value, "state": "stopped"}, DURATION)
            for value in ("", "-1h", "1h30m", HUGE, True, 1.5)
        ),
        ({"servers": [{"name": "w"}]}, "user is missing in item 1 of servers"),
        (
            {"servers": [{"user": "ada", "batch": 2}]},
            "'batch' is not an option in item 1 of servers (ada)",
        ),
    ],
    TOKEN: [
        ({}, "one of the following is required: user, tokens"),
        ({"user": "ada"}, "neither note nor token_id"),
        ({"user": "ada", "note": True}, "note is true: it must be text."),
        ({"user": "ada", "note": HUGE}, f"The note '{HUGE[:60]}...' cannot be used"),
        ({"user": "ada", "note": "n", "scopes": [None]}, "item 1 of scopes is null"),
        (
            {"user": "ada", "note": "n", "scopes": [{"read:users": 1}]},
            "item 1 of scopes is a dictionary",
        ),
        ({"user": "ada", "note": "n", "scopes": [f"{HUGE}!"]}, f"'{HUGE[:60]}...' is not a scope"),
        (
            {"user": "ada", "note": "n", "scopes": ["admin\n"]},
            r"item 1 of scopes is 'admin\n', with white space at the start or end: remove the"
            r" white space.",
        ),
        *(
            ({"user": "ada", "note": "n", "expires_in": value}, DURATION)
            for value in ("", 0, -5, 1.5, True, "9" * 10_000, "\u0663d")
        ),
        (
            {"user": "ada", "note": "n", "expires_in": "99999999d"},
            "expires_in '99999999d' is longer than a hundred years",
        ),
        ({"user": "ada", "note": "n", "renew_before": "tomorrow"}, DURATION),
        (
            {"user": "ada", "note": "n", "rotate": "maybe"},
            "rotate is 'maybe': it must be true or false.",
        ),
        (
            {"user": "ada", "note": "n", "dest": ""},
            "dest '' of the token ada/n is not an absolute path",
        ),
        ({"user": "ada", "note": "n", "dest": "../token"}, "is not an absolute path"),
        (
            {"user": "ada", "note": "n", "dest": "/dev/null"},
            "dest /dev/null of the token ada/n is not a regular file",
        ),
        ({"user": "ada", "note": "n", "dest": "/tmp/a\0b"}, "dest contains a null character"),
        (
            {"user": "ada", "note": "n", "dest": f"/tmp/{HUGE}"},
            "dest is longer than 4096 characters",
        ),
        (
            {"user": "ada", "note": "n", "dest": f"/tmp/{HUGE[:300]}"},
            "cannot be read: File name too long",
        ),
        (
            {"user": "ada", "note": "n", "current_token": ["hushhush"]},
            "current_token is a list: it must be text.",
        ),
        (
            {"user": "ada", "note": "n", "return_token": "maybe"},
            "return_token is 'maybe': it must be true or false.",
        ),
        (
            {"user": "ada", "token_id": ["a1"], "state": "absent"},
            "token_id is a list: it must be text.",
        ),
        (
            {"tokens": "ada"},
            "tokens is text: it must be a list of dictionaries, such as [{user: ...}].",
        ),
        (
            {"tokens": [{"user": "ada", "note": "n"}], "prune": "maybe"},
            "prune is 'maybe': it must be true or false.",
        ),
        ({"revoke_caller": "maybe"}, "revoke_caller is 'maybe': it must be true or false."),
    ],
    SERVICE: [
        ({}, "one of the following is required: name, services"),
        *(
            ({"name": name}, "contains a slash or an escape")
            for name in ("a/b", "/", "a%2fb", "%2e%2e")
        ),
        ({"name": " a"}, "begins or ends with a space"),
        ({"name": "..."}, "consists of dots only"),
        ({"name": HUGE}, "is longer than 255 characters"),
        *(
            ({"name": "s", "url": url}, "is not a valid address: write it like http://10")
            for url in ("not a url", "ftp://h", "http://", "http://h:99999", "http://[::1")
        ),
        ({"name": "s", "state": "started"}, "state is 'started': it must be present or absent."),
        ({"name": "s", "info": "x"}, "info is text: it must be a dictionary."),
        ({"name": "s", "display": "x"}, "display is 'x': it must be true or false."),
        ({"name": "s", "recreate": "x"}, "recreate is 'x': it must be true or false."),
        ({"name": "s", "service_token": "hush"}, "has 4 characters, but the hub accepts 8 to 64"),
        (
            {"name": "s", "service_token": "hushhush" * 9},
            "has 72 characters, but the hub accepts 8 to 64",
        ),
        (
            {"name": "s", "service_token": "hushhush hushhush"},
            "contains spaces or characters that are not allowed in a token",
        ),
        (
            {"name": "s", "service_token": "h\u00fcshh\u00fcsh"},
            "contains spaces or characters that are not allowed in a token",
        ),
        (
            {"services": [{"name": "s", "api_token": "hushhush", "admin": "x"}]},
            "admin in item 1 of services (s) is 'x'",
        ),
        (
            {"services": [{"name": "s", "service_tokn": "hushhush"}]},
            "'service_tokn' is not an option in item 1 of services (s)",
        ),
        (
            {"name": "s", "oauth_client_id": "other"},
            "oauth_client_id 'other' of service s does not begin with service-",
        ),
        ({"name": "s", "oauth_client_allowed_scopes": ["No Scope"]}, "'No Scope' is not a scope"),
        (
            {"name": "s", "oauth_no_confirm": True},
            "has oauth_no_confirm, but neither oauth_redirect_uri nor url",
        ),
        (
            {"name": "s", "oauth_no_confirm": "maybe"},
            "oauth_no_confirm is 'maybe': it must be true or false.",
        ),
        (
            {"name": "s", "oauth_redirect_uri": {"a": 1}},
            "oauth_redirect_uri is a dictionary: it must be text.",
        ),
        (
            {"name": "s", "verify_login": "hushhush"},
            "verify_login is text: it must be a dictionary.",
        ),
        ({"name": "s", "verify_login": {"username": "ada"}}, "password is missing in verify_login"),
        (
            {"name": "s", "verify_login": {"username": "a/b", "password": "hushhush"}},
            "The user name 'a/b' contains a slash",
        ),
    ],
    SHARE: [
        ({}, "one of the following is required: owner, shares"),
        (
            {"owner": "ada"},
            "No shares of server ada/ are declared: give users, groups or code.",
        ),
        ({"owner": "..", "users": ["eve"]}, "The user name '..' cannot be used"),
        ({"owner": "ada", "server": "..", "users": ["eve"]}, "The server name '..' cannot be used"),
        ({"owner": "ada", "server": True, "users": ["eve"]}, "server is true: it must be text."),
        ({"owner": "ada", "users": ["a/b"]}, "The user name 'a/b' contains a slash"),
        (
            {"owner": "ada", "groups": [""]},
            "item 1 of groups is empty: give it a value, or remove it.",
        ),
        ({"owner": "ada", "users": ["eve"], "scopes": ["No Scope"]}, "'No Scope' is not a scope"),
        (
            {"owner": "ada", "users": ["eve"], "scopes": ["access:servers!user=x"]},
            "cannot be shared with server ada/: write it without a filter",
        ),
        (
            {"owner": "ada", "users": ["eve"], "mode": "some"},
            "mode is 'some': it must be exact, present or absent.",
        ),
        ({"owner": "ada", "users": ["eve"], "expires_in": "5m"}, "expires_in is for codes"),
        ({"owner": "ada", "code": "maybe"}, "code is 'maybe': it must be true or false."),
        ({"owner": "ada", "code": True, "expires_in": "soon"}, DURATION),
        ({"owner": "ada", "code": True, "expires_in": "5s"}, "from one minute to one year"),
        (
            {"shares": "ada"},
            "shares is text: it must be a list of dictionaries, such as [{owner: ...}].",
        ),
    ],
    PROXY: [
        ({"state": "stopped"}, "state is 'stopped': it must be synced."),
        # With any of these addresses, the hub would lose its proxy.
        *(
            ({"api_url": url}, "is not a valid address: write it like http://127.0.0.1:8001")
            for url in ("nonsense", "", "//127.0.0.1")
        ),
        ({"api_url": True}, "api_url is true: it must be text."),
        *(
            (
                {"auth_token": token},
                "auth_token is empty, or contains characters that are not allowed in a token",
            )
            for token in ("", "hush hush", "h\u00fcshhush")
        ),
        ({"auth_token": ["hushhush"]}, "auth_token is a list: it must be text."),
    ],
    SHUTDOWN: [
        ({}, "missing required arguments: proxy, servers"),
        ({"servers": None, "proxy": False}, "missing required arguments: servers"),
        ({"servers": "x", "proxy": False}, "servers is 'x': it must be true or false."),
        *(
            (
                {"servers": False, "proxy": False, "wait_timeout": value},
                "it must be more than 0 and at most 1000000.",
            )
            for value in (-1, 0, "nan", "inf")
        ),
        (
            {"servers": False, "proxy": False, "wait": "maybe"},
            "wait is 'maybe': it must be true or false.",
        ),
        (
            {"servers": False, "proxy": False, "wait_for_return": "maybe"},
            "wait_for_return is 'maybe': it must be true or false.",
        ),
    ],
    API: [
        ({"path": None}, "missing required arguments: path"),
        ({"path": True}, "path is true: it must be text."),
        *(
            ({"path": path}, "has an empty part or a part that consists of dots only")
            for path in ("/users/../groups", "/users/%2e%2e", "/users//ada", "/.")
        ),
        ({"path": "users?limit=1"}, "give query parameters as query"),
        ({"path": "http://elsewhere/"}, "must be a path below the root of the API"),
        (
            {"path": "/x" * 5000},
            "A path of 10000 characters, with a name or a secret of 1, is too long",
        ),
        (
            {"path": "/users", "method": "get"},
            "method is 'get': it must be GET, POST, PUT, PATCH or DELETE.",
        ),
        ({"path": "/users", "query": "x"}, "query is text: it must be a dictionary."),
        (
            {"path": "/users", "query": {"name_filter": HALF_SURROGATE}},
            "query is not valid Unicode",
        ),
        ({"path": "/users", "paginate": True, "method": "POST"}, "use it with method GET only"),
        (
            {"path": "/users", "status_code": [200, "x"]},
            "item 2 of status_code is 'x': it must be a whole number.",
        ),
        (
            {"path": "/users", "method": "POST", "body": ["hushhush"]},
            "body is a list: it must be a dictionary.",
        ),
        (
            {"path": "/users", "method": "POST", "body": "hushhush"},
            "body is text: it must be a dictionary.",
        ),
    ],
}


def clear(hub: Hub, result: Result, words: str) -> None:
    """Assert that a task failed for one reason, in one short and readable sentence."""
    assert result["failed"], result
    assert not result["changed"]
    assert words in result["msg"], result["msg"]
    assert "\n" not in result["msg"]
    assert len(result["msg"]) < 600 or "Unsupported parameters" in result["msg"], result["msg"]
    for trace in ("Traceback", "bug in hubops", "Error(", "<class"):
        assert trace not in result["msg"], result["msg"]
    assert hub.token not in str(result)
    assert "hushhush" not in str(result)


@pytest.mark.parametrize("name", OPTIONS)
def test_options(hub: Hub, module: ModuleRunner, name: str) -> None:
    """Invalid values of options are refused before anything is written, also in check mode."""
    hub.add_users("ada", "eve")
    before, mark = snapshot(hub), hub.mark()
    for task, words in OPTIONS[name]:
        for check in (False, True):
            clear(hub, module(name, task, check=check), words)
    assert writes(hub.requests(mark)) == []
    assert snapshot(hub) == before


def test_there_are_cases_for_every_option() -> None:
    """Every option of every module has a case, including options that are added later."""
    everywhere = {option for options, _words in CONNECTIONS for option in options}
    for name, cases in OPTIONS.items():
        tried = {*everywhere}
        for task, _words in cases:
            rows = [
                row
                for value in task.values()
                if isinstance(value, list)
                for row in value
                if isinstance(row, dict)
            ]
            tried.update(task, *rows)
        described = (
            pathlib.Path(__file__).parents[2] / "plugins" / "modules" / f"{name}.py"
        ).read_text(encoding="utf-8")
        options = yaml.safe_load(
            re.findall(r'^DOCUMENTATION = r?"""(.*?)^"""', described, re.DOTALL | re.MULTILINE)[0]
        )["options"]
        assert options.keys() - tried == set(), name


def test_null_options_count_as_unset(hub: Hub, module: ModuleRunner) -> None:
    """An option that is null counts as not set, on every level. A number in quotes is accepted
    where a number is expected.
    """
    hub.add_users("ada")
    hub.add_group("g", "ada", properties={"x": 1})
    for name, task in (
        (USER, {"name": "ada", "admin": None, "state": None, "prune_limit": None, "users": None}),
        (
            USER,
            {
                "users": [{"name": "ada", "admin": None, "rename_from": None}],
                "timeout": None,
                "validate_certs": None,
            },
        ),
        (GROUP, {"name": "g", "users": None, "properties": None, "users_mode": None}),
        (GROUP, {"groups": [{"name": "g"}], "prune": True, "prune_limit": 1, "prune_match": None}),
        (
            GROUP,
            {
                "name": "g",
                "properties": {"x": 1, "y": None},
                "properties_mode": "merge",
                "users": "ada",
            },
        ),
        (INFO, {"gather": None, "names": None}),
    ):
        for check in (True, False):
            result = module(name, task, check=check)
            assert (result["failed"], result["changed"]) == (
                False,
                "properties_mode" in task,
            ), result
    assert hub.groups()["g"]["properties"] == {"x": 1, "y": None}


def test_numbers_for_names(hub: Hub, module: ModuleRunner) -> None:
    """A number is accepted as a name, as Ansible does, and a warning says what YAML may have
    changed. For a secret, the warning does not show the secret.
    """
    result = module(USER, {"users": [{"name": 83}, {"name": 1000}, {"name": "0123"}]})
    assert not result["failed"], result
    assert set(hub.users()) == {"83", "1000", "0123"}
    told = str(result["warnings"])
    assert (
        "name in item 1 of users is the number 83, and is read as text, and so is one more in"
        " this task: put quotes around it" in told
    )
    secret = module(TOKEN, {"user": "83", "note": "n", "current_token": 20262027})
    assert "current_token is a number, and is read as text: put quotes around it" in str(
        secret["warnings"]
    )
    assert "20262027" not in str(secret)


CONNECTIONS: list[tuple[Task, str]] = [
    ({"hub_url": ""}, "hub_url"),
    ({"hub_url": None}, "hub_url is missing: set it in the task or in module_defaults"),
    ({"hub_url": ["http://hub"]}, "hub_url is a list: it must be text."),
    ({"hub_url": "hub.example.org"}, "not a valid address"),
    ({"hub_url": "ftp://hub.example.org"}, "not a valid address"),
    ({"hub_url": "http://:80"}, "not a valid address"),
    ({"hub_url": "http://127.0.0.1:99999"}, "not a valid address"),
    ({"hub_url": "http://[::1"}, "not a valid address"),
    # Some parsers drop the line break, and would send the request to another host.
    ({"hub_url": "http://127.0.\n0.1:1"}, "spaces or control characters"),
    ({"hub_url": "http://127.0.0.1:1/a b"}, "spaces or control characters"),
    ({"hub_url": f"http://{HUGE}"}, "more than 2000 characters"),
    ({"hub_url": f"http://{HUGE[:100]}.invalid"}, "an address that cannot be used"),
    ({"hub_url": f"http://{HALF_SURROGATE}"}, "hub_url is not valid Unicode"),
    ({"hub_url": "http://user:hushhush@127.0.0.1"}, "must not contain a user name, a password"),
    ({"hub_url": "http://user:hushhush @127.0.0.1"}, "must not contain a user name, a password"),
    ({"hub_url": "http://127.0.0.1:1"}, "cannot be reached"),
    ({"hub_url": "http://nowhere.invalid"}, "cannot be reached"),
    ({"api_token": ""}, "No token is set"),
    ({"api_token": None}, "No token is set"),
    ({"api_token": ["hushhush"]}, "api_token is a list: it must be text."),
    ({"api_token": True}, "api_token is true or false: it must be text."),
    ({"api_token": "two words"}, "characters that are not allowed in a token"),
    ({"api_token": "t\u00f6ken"}, "characters that are not allowed in a token"),
    ({"api_token": "hushhush\nhushhush"}, "characters that are not allowed in a token"),
    ({"api_token": HALF_SURROGATE}, "api_token is not valid Unicode"),
    ({"api_token_file": "/nonexistent/token"}, "keep one of them"),
    (
        {"api_token": None, "api_token_file": "/nonexistent/token"},
        "cannot be read on the target: No such file",
    ),
    ({"api_token": None, "api_token_file": "/tmp"}, "api_token_file /tmp is not a regular file"),
    (
        {"api_token": None, "api_token_file": "/dev/null"},
        (
            "api_token_file /dev/null is not a regular file on the target: give the path of a"
            " file that contains the token."
        ),
    ),
    (
        {"api_token": None, "api_token_file": "/tmp/a\0b"},
        "api_token_file contains a null character",
    ),
    (
        {"api_token": None, "login_username": "eve"},
        "parameters are required together: login_username, login_password",
    ),
    (
        {"login_username": "eve", "login_password": "hushhush"},
        "login_username and api_token are both set",
    ),
    *(
        (
            {"api_token": None, "login_username": name, "login_password": "hushhush"},
            f"login_username cannot be used. The user name {name!r}",
        )
        for name in ("", "..", "a/b")
    ),
    (
        {"api_token": None, "login_username": ["eve"], "login_password": "hushhush"},
        "login_username is a list: it must be text.",
    ),
    (
        {"api_token": None, "login_username": "eve", "login_password": {"a": "hushhush"}},
        "login_password is a dictionary: it must be text.",
    ),
    (
        {"api_token": None, "login_username": "eve", "login_password": HALF_SURROGATE},
        "login_password is not valid Unicode",
    ),
    ({"validate_certs": "maybe"}, "validate_certs is 'maybe': it must be true or false."),
    ({"timeout": 0}, "timeout is 0: it must be more than 0"),
    ({"timeout": -1}, "timeout is -1"),
    ({"timeout": "soon"}, "timeout is 'soon': it must be a number."),
    ({"timeout": "nan"}, "timeout is nan"),
    ({"timeout": 10**400}, "timeout is the number 1000000"),
    ({"retries": -1}, "retries is -1: it must be at least 0"),
    ({"retries": 1.5}, "retries is the number 1.5: it must be a whole number."),
    ({"retries": 10**400}, "retries is 1e+300: it must be"),
    ({"retry_max_wait": "1h"}, "retry_max_wait is '1h': it must be a number."),
    ({"ca_path": "/nonexistent/ca.pem"}, "ca_path /nonexistent/ca.pem does not exist"),
    ({"ca_path": "/tmp/a\0b"}, "ca_path contains a null character"),
    ({"client_cert": ["/x"]}, "client_cert is a list: it must be text."),
    ({"client_key": "/nonexistent/key.pem"}, "client_cert"),
]


@pytest.mark.parametrize("kind", [USER, SHUTDOWN, INFO])
def test_connections(hub: Hub, kind: str) -> None:
    """If a hub cannot be reached with the connection of the task, the message gives the reason."""
    task: Task = {USER: ADA, SHUTDOWN: {"servers": True, "proxy": True}, INFO: {}}[kind]
    mark = hub.mark()
    for options, words in CONNECTIONS:
        clear(hub, runner(hub, **{"retries": 0, **options})(kind, task), words)
    assert writes(hub.requests(mark)) == []


def test_a_huge_token(hub: Hub) -> None:
    """The hub itself is asked, because nginx and Apache refuse such a header before it."""
    result = runner(hub, hub_url=hub.hub_url, retries=0, api_token=HUGE)(USER, ADA)
    clear(hub, result, "The token is wrong, expired or revoked")


def test_addresses_outside_the_api(hub: Hub, tmp_path: pathlib.Path) -> None:
    """An address outside the API, on the hub or elsewhere, is reported as such; other spellings of
    the right address work.
    """
    token_file = tmp_path / "token"
    token_file.write_text(f"{hub.token}\n", encoding="utf-8")
    for good in (
        hub.url,
        hub.url.rstrip("/"),
        f"{hub.url}hub",
        f"{hub.url}hub/",
        f"{hub.url}hub/api",
        f"{hub.url}hub/api/",
        f" {hub.url} ",
        f"{hub.url}hub/home",
        f"{hub.url}hub/spawn/ada",
    ):
        assert runner(hub, hub_url=good)(USER, ADA, check=True)["changed"], good
    assert not runner(hub, api_token=None, api_token_file=str(token_file))(INFO, {})["failed"]
    for bad in (
        f"{hub.url}elsewhere",
        f"{hub.url}user/ada/lab",
        # The proxy for Node.js would understand this, and lead to the API.
        f"{hub.hub_url}%2e%2e",
        f"{hub.proxy_api_url}/api",
    ):
        result = runner(hub, hub_url=bad, retries=0)(USER, ADA)
        clear(hub, result, "hub_url")
    assert snapshot(hub) == ({}, {})


# What YAML makes of unquoted words: the module (or the role, or the filter) as written in a
# playbook, and words of the message or the warning.
SURPRISES: list[tuple[str, str, bool]] = [
    (
        "jupyterhub_user: {name: on}",
        "name is true: it must be text. Put quotes around it, because YAML reads yes, no, on and"
        " off",
        True,
    ),
    (
        "jupyterhub_user: {users: [{name: ada}, {name: No}]}",
        "name in item 2 of users is false: it must be text",
        True,
    ),
    ("jupyterhub_user: {name: ~}", "one of the following is required: name, users", True),
    ("jupyterhub_user: {users: [{name: }]}", "name is missing in item 1 of users", True),
    ("jupyterhub_user: {name: 1.0e+3}", "name is the number 1000: it must be text", True),
    ("jupyterhub_user: {name: .inf}", "name is the number inf: it must be text", True),
    ("jupyterhub_user: {name: [ada]}", "name is a list: it must be text", True),
    (
        "jupyterhub_user: {name: ada, last_activity: 26-01-01}",
        "last_activity '26-01-01' of user ada is not a time",
        True,
    ),
    ("jupyterhub_group: {name: g, users: [null]}", "item 1 of users is null", True),
    (
        "jupyterhub_group: {name: g, users: [eve, off]}",
        "item 2 of users is false: it must be text",
        True,
    ),
    ("jupyterhub_token: {user: ada, note: yes}", "note is true: it must be text", True),
    # Ansible converts these numbers to text, and a warning says so.
    (
        "jupyterhub_user: {name: 0123}",
        "name is the number 83, and is read as text: put quotes around it",
        False,
    ),
    ("jupyterhub_group: {name: 12:30:00}", "name is the number 45000, and is read as text", False),
    # YAML reads these as text, as people do.
    (
        "jupyterhub_user: {users: [{name: 1e3}, {name: 2026-01-01}, {name: 'on'}, {name: '0123'}]}",
        "",
        False,
    ),
]
PLAIN = {"1e3", "2026-01-01", "on", "0123"}
FILTERED: list[tuple[str, str]] = [
    ("'' | hubops.jupyterhub.roster", "The class list is empty"),
    (
        "[{'name': true, 'group': ''}] | hubops.jupyterhub.roster",
        "row 1 has the boolean true for a name",
    ),
    (
        "[{'name': 1.5, 'group': ''}] | hubops.jupyterhub.roster",
        "row 1 has the number 1.5 for a name",
    ),
    (
        "[{'name': 'a/b', 'group': ''}] | hubops.jupyterhub.roster",
        "has the name 'a/b', which JupyterHub cannot store",
    ),
    (
        "[{'name': 'ada', 'group': '..'}] | hubops.jupyterhub.roster",
        "has the group '..', which JupyterHub cannot store",
    ),
    ("[['ada']] | hubops.jupyterhub.roster", "row 1 is a list and not a dictionary"),
    (
        "{'name': 'ada'} | hubops.jupyterhub.roster",
        "The class list must be CSV text or a list of rows, not a dictionary",
    ),
    (
        "'name,group\nada,\"x' | hubops.jupyterhub.roster",
        "The class list is not valid CSV at line 2",
    ),
    (
        "'name,group\nada,x' | hubops.jupyterhub.roster(admin_roles={'a': 1})",
        "The option admin_roles must be a list of names",
    ),
]
ROLE: list[tuple[Task, str]] = [
    ({"users": ["ada"]}, "it must be a dictionary, such as {name: ...}"),
    (
        {"users": [{"name": "ada", "colour": "red"}]},
        "'colour' is not an option in item 1 of users (ada): there are name, state, admin,",
    ),
    (
        {"users": [{"name": "ada", "state": "gone"}]},
        "state in item 1 of users (ada) is 'gone': it must be present or absent.",
    ),
    ({"prune": ["shares"]}, "it must be users, groups or tokens"),
    ({"users": [{"name": True}]}, "name in item 1 of users is true: it must be text"),
    ({"users": [{"name": "ada"}, {"name": "a/b"}]}, "The user name 'a/b' contains a slash"),
    (
        {"groups": [{"name": "g", "users": ["nobody"]}]},
        (
            "neither in jupyterhub_users nor on the hub: nobody (a member of group g). Nothing was"
            " changed."
        ),
    ),
    (
        {"tokens": [{"user": "eve", "note": "n"}]},
        (
            "These tokens have no dest, and no secrets are returned here: eve/n. Give"
            " each a dest. Nothing was changed."
        ),
    ),
    (
        {"users": [{"name": "ada"}], "prune": ["users"], "prune_limit": "ten"},
        "prune_limit 'ten' is not a count or a percentage",
    ),
]


def ignoring(task: Task) -> Task:
    """Return a task whose failure does not end the play, and whose result is printed on one
    line.
    """
    return {
        "block": [task],
        "rescue": [
            {
                "ansible.builtin.debug": {
                    "msg": "SAID {{ [ansible_failed_result.msg] | to_json }} END"
                }
            }
        ],
    }


def said(output: str) -> list[str]:
    """Return the messages that the play has printed, in order."""
    return [
        json.loads(json.loads(f'"{line}"'))[0]
        for line in re.findall(r'"msg": "SAID (.*) END"', output)
    ]


def test_unquoted_words_of_yaml(hub: Hub) -> None:
    """Modules in a playbook (with one hub in check mode) and the filter refuse what YAML makes of
    unquoted words, or warn about it.
    """
    check = hub.series == "5"
    hub.add_users("eve")
    mark = hub.mark()
    tell = "debug: {msg: 'SAID {{ [ansible_failed_result.msg] | to_json }} END'}"
    tasks = [f"hubops.jupyterhub.{task}" for task, _words, _fails in SURPRISES]
    tasks += [
        f"debug: {{msg: {json.dumps(f'{{{{ {expression} }}}}')}}}"
        for expression, _words in FILTERED
    ]
    # The play is written as text, because a YAML writer would add the quotes that are missing here
    # on purpose.
    play = "".join(f"    - block: [{{{task}}}]\n      rescue: [{{{tell}}}]\n" for task in tasks)
    done = run_playbook(
        f"- hosts: localhost\n  gather_facts: false\n  tasks:\n{play}",
        ["--check"] if check else [],
        hub=hub,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    messages = said(done.stdout)
    expected = [words for _task, words, fails in SURPRISES if fails] + [
        words for _expression, words in FILTERED
    ]
    assert len(messages) == len(expected), done.stdout
    for message, words in zip(messages, expected, strict=True):
        assert words in message, message
        assert "Traceback" not in message
    for _task, words, fails in SURPRISES:
        assert fails or words in " ".join((done.stdout + done.stderr).split()), words
    assert set(hub.users()) == {"eve", *(() if check else ("83", *PLAIN))}
    assert set(hub.groups()) == (set() if check else {"45000"})
    assert len(writes(hub.requests(mark))) == (0 if check else 3)


def test_the_role(hub: Hub) -> None:
    """The role's argument spec, its preflight or its first module refuses what the role cannot do,
    before anything is written.
    """
    hub.add_users("eve")
    before, mark = snapshot(hub), hub.mark()
    tasks = []
    for variables, _words in ROLE:
        role = {"ansible.builtin.include_role": {"name": "hubops.jupyterhub.provision"}}
        tasks.append(
            ignoring(
                {**role, "vars": {f"jupyterhub_{key}": value for key, value in variables.items()}}
            )
        )
    done = run_playbook(
        yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), hub=hub
    )
    assert done.returncode == 0, done.stdout + done.stderr
    messages = said(done.stdout)
    assert len(messages) == len(ROLE), done.stdout
    for message, (_variables, words) in zip(messages, ROLE, strict=True):
        assert words in message, message
        assert "Traceback" not in message
    assert writes(hub.requests(mark)) == []
    assert snapshot(hub) == before
