# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that act rather than declare: proxy, shutdown, the API module, and logins with a user
name and a password.
"""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import Wire, runner, writes
from tests.live.support_servers import reach
from tests.running import run_module, run_playbook

pytestmark = pytest.mark.daily(2)

API = "jupyterhub_api"
INFO = "jupyterhub_info"


def test_proxy_puts_routes_right(hub: Hub, module: ModuleRunner) -> None:
    """A lost route exists again after the task; check mode sends nothing."""
    hub.add_users("ada")
    hub.expect("POST", "/users/ada/server")
    reach(hub, "ada/", "started")
    request = urllib.request.Request(
        f"{hub.proxy_api_url}/api/routes{hub.path}user/ada/",
        method="DELETE",
        headers={"Authorization": f"token {hub.proxy_token}"},
    )
    urllib.request.urlopen(request, timeout=10).close()
    assert f"{hub.path}user/ada/" not in hub.expect("GET", "/proxy")
    mark = hub.mark()
    predicted = module("jupyterhub_proxy", {}, check=True)
    assert predicted["changed"]
    assert writes(hub.requests(mark)) == []
    assert f"{hub.path}user/ada/" not in hub.expect("GET", "/proxy")
    result = module("jupyterhub_proxy", {})
    assert (
        result["changes"]
        == predicted["changes"]
        == [{"action": "sync", "kind": "proxy", "name": "proxy", "fields": {}}]
    )
    assert f"{hub.path}user/ada/" in hub.expect("GET", "/proxy")


def test_proxy_announces_another(hub: Hub, module: ModuleRunner) -> None:
    """The hub receives the address of a proxy, here its current one; the token is not shown."""
    result = module(
        "jupyterhub_proxy", {"api_url": hub.proxy_api_url, "auth_token": hub.proxy_token}, diff=True
    )
    assert not result["failed"], result
    assert result["changes"][0]["fields"] == {
        "api_url": hub.proxy_api_url,
        "auth_token": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER",
    }
    assert hub.proxy_token not in str(result)
    assert hub.path in hub.expect("GET", "/proxy")


@pytest.mark.usefixtures("hasty")
def test_proxy_announced_with_a_wrong_token(hub: Hub) -> None:
    """The hub accepts a wrong token and then fails to use the proxy. The task reports a change, and
    the next run repairs it.
    """
    result = runner(hub, retries=0)(
        "jupyterhub_proxy", {"auth_token": "not-the-token-of-the-proxy"}
    )
    assert (result["failed"], result["changed"], len(result["pending"])) == (True, True, 1), result
    assert "It uses the new auth_token nevertheless" in result["msg"]
    assert "not-the-token-of-the-proxy" not in str(result)
    assert hub.api("GET", "/proxy")[0] == 500
    assert not runner(hub)("jupyterhub_proxy", {"auth_token": hub.proxy_token})["failed"]
    assert hub.path in hub.expect("GET", "/proxy")


@pytest.mark.parametrize("path", ["proxy", "shutdown"])
def test_scopes_are_checked_first(running_hub: Hub, path: str) -> None:
    """A token without the scope is refused before anything is done; the message shows the role that
    is needed.
    """
    with Hub(running_hub.series, services={"narrow": {"scopes": ["read:hub"]}}) as hub:
        params: dict[str, Any] = {"servers": False, "proxy": False} if path == "shutdown" else {}
        result = runner(hub, api_token=hub.tokens["narrow"])(f"jupyterhub_{path}", params)
        assert result["failed"]
        assert result["missing_scopes"] == [path]
        assert repr(path) in result["load_roles"]
        assert hub.api("GET", "/")[0] == 200


def test_shutdown_waits_until_the_hub_is_gone(running_hub: Hub) -> None:
    """Check mode does not stop the hub; after the real run nothing answers."""
    with Hub(running_hub.series) as hub:
        run = runner(hub, retries=0)
        predicted = run("jupyterhub_shutdown", {"servers": False, "proxy": False}, check=True)
        assert predicted["changed"]
        assert hub.api("GET", "/")[0] == 200
        result = run("jupyterhub_shutdown", {"servers": False, "proxy": False})
        assert not result["failed"], result
        assert result["changes"] == predicted["changes"]
        gone = run(INFO, {})
        assert gone["failed"]
        assert "Traceback" not in gone["msg"]


def test_shutdown_waits_for_the_return(running_hub: Hub) -> None:
    """If a supervisor restarts the hub, the task ends when the hub answers."""
    with Hub(running_hub.series) as hub:
        old = hub.pid
        stop = threading.Event()

        def supervise() -> None:
            while not stop.is_set():
                if hub.pid is None:
                    hub.start()
                time.sleep(0.1)

        supervisor = threading.Thread(target=supervise)
        supervisor.start()
        try:
            result = runner(hub)(
                "jupyterhub_shutdown",
                {"servers": False, "proxy": True, "wait_for_return": True, "wait_timeout": 60},
            )
            assert not result["failed"], result
            assert hub.pid not in (None, old)
            assert hub.api("GET", "/")[0] == 200
        finally:
            stop.set()
            supervisor.join()


def test_shutdown_reports_that_the_hub_does_not_return(running_hub: Hub) -> None:
    """Without a supervisor the wait times out, and the task reports what was done."""
    with Hub(running_hub.series) as hub:
        result = runner(hub)(
            "jupyterhub_shutdown",
            {"servers": False, "proxy": False, "wait_for_return": True, "wait_timeout": 6},
        )
        assert result["failed"]
        assert "did not come back within 6 seconds" in result["msg"]
        assert result["changed"]


def test_api_reads_and_writes(hub: Hub, module: ModuleRunner) -> None:
    """Any operation can be called; names arrive unchanged, encoded or not."""
    assert module(API, {"method": "POST", "path": "/users", "body": {"usernames": ["a b", "ada"]}})[
        "changed"
    ]
    for path in ("/users/a b", "users/a%20b"):
        result = module(API, {"path": path})
        assert (result["status"], result["json"]["name"], result["changed"]) == (
            200,
            "a b",
            False,
        ), result
    result = module(API, {"path": "/users/nobody", "status_code": [200, 404]})
    assert (result["failed"], result["status"], result["changed"]) == (False, 404, False)
    result = module(API, {"path": "/users/nobody"})
    assert result["failed"]
    assert result["status"] == 404
    result = module(API, {"method": "DELETE", "path": "/users/ada"})
    assert (result["changed"], result["status"], result["json"]) == (True, 204, None)
    result = module(API, {"path": "/users", "query": {"name_filter": "a b"}, "paginate": True})
    assert [user["name"] for user in result["json"]] == ["a b"]
    result = module(API, {"path": "/users/a b", "status_code": [404]})
    assert result["failed"]
    assert "not one of the expected [404]" in result["msg"]


@pytest.mark.usefixtures("hasty")
def test_api_reports_a_change_after_a_lost_response(hub: Hub) -> None:
    """A DELETE whose response was lost is repeated and then answered 404: that is a change. A
    DELETE that is only answered 404 is not.
    """
    hub.add_users("ada")
    task = {"method": "DELETE", "path": "/users/ada", "status_code": [204, 404]}
    with Wire(hub, lose={0}) as wire:
        result = runner(hub, hub_url=wire.url)(API, task)
    assert (result["failed"], result["status"], result["changed"]) == (False, 404, True), result
    assert hub.users() == {}
    result = runner(hub)(API, task)
    assert (result["failed"], result["status"], result["changed"]) == (False, 404, False), result


def test_api_reads_every_page(paged_hub: Hub) -> None:
    """A list is complete with every page size of the hub."""
    names = [f"u{number}" for number in range(7)]
    paged_hub.add_users(*names)
    result = runner(paged_hub)(API, {"path": "/users", "paginate": True})
    assert sorted(user["name"] for user in result["json"]) == names


def test_api_sends_only_get_in_check_mode(hub: Hub, module: ModuleRunner) -> None:
    """Other methods are reported as changes and not sent."""
    hub.add_users("ada")
    mark = hub.mark()
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        result = module(API, {"method": method, "path": "/users/ada"}, check=True)
        assert (result["changed"], result["status"], result["json"]) == (True, None, None)
    assert module(API, {"path": "/users/ada"}, check=True)["json"]["name"] == "ada"
    assert writes(hub.requests(mark)) == []


def test_api_reads_lists_of_which_the_hub_counts_more_than_it_shows(narrow_hub: Hub) -> None:
    """The hub counts groups that the token's scopes hide."""
    for name in ("a1", "a2", "a3"):
        narrow_hub.add_group(name)
    result = runner(narrow_hub, api_token=narrow_hub.tokens["filtered"])(
        API, {"path": "/groups", "paginate": True}
    )
    assert not result["failed"], result
    assert [group["name"] for group in result["json"]] == ["a1"]


@pytest.mark.parametrize(
    "path",
    [
        "/users/../shutdown",
        "/users/%2e%2e/x",
        "/..",
        "/users?limit=1",
        "http://elsewhere/hub/api/users",
        "/users//x",
        "/users/#x",
    ],
)
def test_api_path_is_confined(hub: Hub, module: ModuleRunner, path: str) -> None:
    """A path cannot leave the API; nothing is sent."""
    mark = hub.mark()
    result = module(API, {"path": path})
    assert result["failed"]
    assert result["requests"] == 0
    assert hub.requests(mark) == []


def test_api_body_is_secret(hub: Hub, module: ModuleRunner) -> None:
    """The body of a request is never shown."""
    hub.add_users("ada")
    result = module(
        API,
        {
            "method": "PATCH",
            "path": "/users/ada",
            "body": {"auth_state": {"key": "api-body-secret-1"}},
        },
    )
    assert not result["failed"], result
    assert "api-body-secret-1" not in str(result["invocation"])


def test_login_lives_for_the_task(hub: Hub) -> None:
    """The task acts as that user, and no token remains after success, failure or check mode."""
    hub.add_users("root-ada", admin=True)
    login = {"hub_url": hub.url, "login_username": "Root-Ada", "login_password": hub.password}
    result = run_module("jupyterhub_user", {**login, "name": "grace"})
    assert not result["failed"], result
    assert "grace" in hub.users()
    assert hub.user_tokens("root-ada") == []
    assert run_module(INFO, {**login}, check=True)["whoami"]["name"] == "root-ada"
    assert hub.user_tokens("root-ada") == []
    failed = run_module("jupyterhub_group", {**login, "name": "g", "users": ["nobody"]})
    assert failed["failed"]
    assert failed["missing_users"] == ["nobody"]
    assert hub.user_tokens("root-ada") == []
    assert hub.password not in str(result) + str(failed)


def test_login_in_check_mode_writes_only_its_token(hub: Hub) -> None:
    """Check mode creates nothing except this token, and deletes it afterwards."""
    hub.add_users("root-ada", admin=True)
    login = {"hub_url": hub.url, "login_username": "root-ada", "login_password": hub.password}
    mark = hub.mark()
    result = run_module("jupyterhub_user", {**login, "name": "grace"}, check=True)
    assert result["changed"]
    assert "grace" not in hub.users()
    assert [
        (request.method, request.path.split("/")[-2:-1]) for request in writes(hub.requests(mark))
    ] == [("POST", ["root-ada"]), ("DELETE", ["tokens"])]


@pytest.mark.newest
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_task_that_is_stopped_revokes_its_login(
    hub: Hub, tmp_path: pathlib.Path, name: str
) -> None:
    """The task is stopped between two writes: its token is revoked, and the result shows which
    writes were done.
    """
    hub.add_users("root-ada", admin=True)
    hub.add_users("ada", "bob", "carl")
    report, child = tmp_path / "report", [0]

    def before(_number: int, method: str, path: str) -> None:
        if method == "PATCH" and path.endswith("/bob"):
            os.kill(child[0], getattr(signal, name))

    with Wire(hub, before=before) as wire:
        login = {"hub_url": wire.url, "login_username": "root-ada", "login_password": hub.password}
        users = [{"name": user, "admin": True} for user in ("ada", "bob", "carl")]
        child[0] = os.fork()
        if not child[0]:
            # Processes without a terminal may ignore this signal, so the default is restored.
            signal.signal(getattr(signal, name), signal.SIG_DFL)
            try:
                result = run_module("jupyterhub_user", {**login, "users": users})
                report.write_text(json.dumps(result), encoding="utf-8")
            finally:
                os._exit(0)
        os.waitpid(child[0], 0)
    result = json.loads(report.read_text(encoding="utf-8"))
    assert (result["failed"], result["changed"]) == (True, True), result
    assert result["msg"].startswith(f"The task was stopped by {name} before it was finished")
    assert [change["name"] for change in result["changes"]] == ["ada"]
    assert [change["name"] for change in result["pending"]] == ["bob", "carl"]
    assert hub.user_tokens("root-ada") == []
    assert not hub.user("carl")["admin"]


def test_login_of_a_renamed_user(hub: Hub) -> None:
    """The token is revoked even if the task has renamed its own user."""
    hub.add_users("root-ada", admin=True)
    login = {"hub_url": hub.url, "login_username": "root-ada", "login_password": hub.password}
    result = run_module(
        "jupyterhub_user", {**login, "name": "root-grace", "rename_from": "root-ada"}
    )
    assert not result["failed"], result
    assert list(hub.users()) == ["root-grace"]
    assert hub.user_tokens("root-grace") == []
    assert "warnings" not in result, result


@pytest.mark.usefixtures("hasty")
def test_login_with_a_lost_response_to_its_revocation(hub: Hub) -> None:
    """A token that has revoked itself cannot verify the revocation. The lost response means no
    failure and no warning.
    """
    hub.add_users("root-ada", admin=True)
    last = None
    for _run in (1, 2):
        with Wire(hub, lose=() if last is None else {last}) as wire:
            login = {
                "hub_url": wire.url,
                "login_username": "root-ada",
                "login_password": hub.password,
            }
            result = run_module("jupyterhub_user", {**login, "name": "grace"})
        assert not result["failed"], result
        assert "warnings" not in result, result
        assert hub.user_tokens("root-ada") == []
        last = len(wire.seen) - 1
        hub.expect("DELETE", "/users/grace")
    assert result["retries"] == 1


@pytest.mark.parametrize("who", ["ada", "nobody"])
def test_login_refused(hub: Hub, who: str) -> None:
    """A wrong password and an unknown user give the same message, because the hub does not tell
    them apart.
    """
    hub.add_users("ada")
    result = run_module(
        INFO, {"hub_url": hub.url, "login_username": who, "login_password": "wrong-password-1"}
    )
    assert result["failed"]
    assert "refused the login" in result["msg"]
    assert "wrong-password-1" not in str(result)
    assert hub.user_tokens("ada") == []


@pytest.mark.parametrize(
    "params",
    [
        {"login_username": "ada"},
        {"login_password": "x"},
        {"login_username": "ada", "login_password": "x", "api_token": "some-token"},
        {},
    ],
    ids=["no password", "no user", "token too", "nothing"],
)
def test_login_options(hub: Hub, params: dict[str, Any]) -> None:
    """A password without a name, two ways to authenticate, and none at all are refused."""
    mark = hub.mark()
    assert run_module(INFO, {"hub_url": hub.url, **params})["failed"]
    assert hub.requests(mark) == []


@pytest.mark.hubs("5", "6")
def test_login_on_a_hub_that_limits_lifetimes(running_hub: Hub) -> None:
    """If the hub's maximum lifetime is shorter than the one that a login requests, the maximum is
    used.
    """
    with Hub(running_hub.series, config="c.JupyterHub.token_expires_in_max_seconds = 600\n") as hub:
        hub.add_users("ada")
        result = run_module(
            INFO, {"hub_url": hub.url, "login_username": "ada", "login_password": hub.password}
        )
        assert result["whoami"]["name"] == "ada", result
        assert hub.user_tokens("ada") == []


def test_identification_of_a_token(hub: Hub, module: ModuleRunner) -> None:
    """The owner of a token is returned, or null for a bad token. The secret is never shown, not
    even in errors.
    """
    hub.add_users("ada")
    secret = hub.expect("POST", "/users/ada/tokens", {"note": "x"})["token"]
    result = module(INFO, {"gather": ["whoami"], "identify_token": secret})
    assert result["identified_token"] == {"kind": "user", "name": "ada", "admin": False}
    assert (
        module(INFO, {"gather": [], "identify_token": "bad-token-0123456789"})["identified_token"]
        is None
    )
    assert (
        module(
            INFO,
            {
                "gather": [],
                "identify_cookie": {"name": "jupyterhub-session", "value": "bad-cookie-1"},
            },
        )["identified_cookie"]
        is None
    )
    failed = run_module(
        INFO,
        {"hub_url": hub.url, "api_token": "not-a-token", "gather": [], "identify_token": secret},
    )
    assert failed["failed"], failed
    assert secret not in str(failed), failed


def test_identification_of_values_that_cannot_be_sent(hub: Hub, module: ModuleRunner) -> None:
    """A value that cannot be sent as a secret is not shown either."""
    for secret, words in (
        ("s3cr3t" * 2000, "too long"),
        ("s3cr3t\ud800", "not valid Unicode"),
        ("s3cr3t/../s3cr3t", None),
    ):
        for task in (
            {"identify_token": secret},
            {"identify_cookie": {"name": "x", "value": secret}},
        ):
            result = module(INFO, {"gather": [], **task})
            assert result["failed"] == (words is not None), result
            assert words is None or words in result["msg"], result
            assert result.get("identified_token") is result.get("identified_cookie") is None
            assert "s3cr3t" not in str(result)


def test_identification_of_a_cookie(hub: Hub, module: ModuleRunner) -> None:
    """The cookie of a browser that has logged in identifies its user."""
    hub.add_users("ada")
    script = (
        "import re, sys, requests\nurl, password = sys.stdin.read().split()\nbrowser ="
        " requests.Session()\npage = browser.get(url + 'hub/login').text\nxsrf ="
        ' re.search(r\'name="_xsrf" value="([^"]*)"\', page)[1]\nbrowser.post(url + \'hub/login\','
        " data={'_xsrf': xsrf, 'username': 'ada', 'password': password},"
        " allow_redirects=False)\nprint(next(cookie.value for cookie in browser.cookies if"
        " cookie.name == 'jupyterhub-hub-login'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=f"{hub.url} {hub.password}",
        capture_output=True,
        text=True,
        check=True,
    )
    result = module(
        INFO,
        {
            "gather": [],
            "identify_cookie": {
                "name": "jupyterhub-hub-login",
                "value": done.stdout.strip().strip('"'),
            },
        },
    )
    assert result["identified_cookie"] == {"kind": "user", "name": "ada", "admin": False}, result
    # As a browser shows it.
    quoted = {"name": "jupyterhub-hub-login", "value": done.stdout.strip()}
    assert quoted["value"].startswith('"')
    refused = module(INFO, {"gather": [], "identify_cookie": quoted})
    assert "identify_cookie contains a value in quotes" in refused["msg"]


def test_a_play_with_a_login(hub: Hub) -> None:
    """ansible-playbook never shows the password, even at the highest verbosity."""
    hub.add_users("root-ada", admin=True)
    play = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/hubops.jupyterhub.jupyterhub:
      login_username: root-ada
      login_password: "{{ lookup('ansible.builtin.env', 'SECRET') }}"
  tasks:
    - hubops.jupyterhub.jupyterhub_user: {name: grace}
    - hubops.jupyterhub.jupyterhub_api: {path: /user}
      register: me
    - ansible.builtin.assert: {that: "me.json.name == 'root-ada'"}
"""
    done = run_playbook(
        play, ["-vvvv", "--diff"], env={"JUPYTERHUB_API_URL": hub.url, "SECRET": hub.password}
    )
    assert done.returncode == 0, done.stdout
    assert hub.password not in done.stdout + done.stderr
    assert hub.user_tokens("root-ada") == []
