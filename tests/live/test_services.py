# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that are managed while the hub runs, and logins to them."""

from __future__ import annotations

import http.server
import itertools
import threading
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import Answer, Asked, Wire, one_sentence, runner, short, writes
from tests.running import run_module

SERVICE = "jupyterhub_service"
TOKEN = "service-secret-0123456789"
RETURNS_TO = "http://127.0.0.1:9/returned"
NEW = pytest.mark.hubs("5", "6")

# A service with OAuth login, with and without confirmation, and a role that allows users to log in.
LOGIN = f"""
c.Authenticator.allow_all = True
c.JupyterHub.load_roles.append({{"name": "user", "scopes": ["self", "access:services"]}})
for name, silent in (("asking", False), ("silent", True)):
    c.JupyterHub.services.append(
        {{"name": name, "api_token": name + "-{TOKEN}", "oauth_redirect_uri": "{RETURNS_TO}", "oauth_no_confirm": silent}}
    )
"""


@pytest.fixture
def clean(hub: Hub) -> Iterator[Hub]:
    """A hub without the services of earlier tests."""
    yield hub
    for name in hub.services():
        if name.startswith("s-"):
            hub.api("DELETE", f"/services/{name}")


@pytest.fixture(scope="module")
def login_hub(running_hub: Hub) -> Iterator[Hub]:
    """A hub below a base path, with services to log in to."""
    with Hub(running_hub.series, config=LOGIN, base_url="/campus/") as hub:
        hub.add_users("ada")
        yield hub


def converge(hub: Hub, module: ModuleRunner, params: dict[str, Any]) -> dict[str, Any]:
    """Run in check mode, in a real run, and again; assert that the change is predicted, done, and
    not repeated.
    """
    before, mark = hub.services(), hub.mark()
    predicted = module(SERVICE, params, check=True, diff=True)
    assert not predicted["failed"], predicted
    assert writes(hub.requests(mark)) == []
    assert hub.services() == before
    real = module(SERVICE, params, diff=True)
    assert not real["failed"], real
    assert {key: real[key] for key in ("changed", "changes", "summary", "diff")} == {
        key: predicted[key] for key in ("changed", "changes", "summary", "diff")
    }
    mark = hub.mark()
    again = module(SERVICE, params)
    assert (again["failed"], again["changed"]) == (False, False), again
    assert writes(hub.requests(mark)) == []
    return real


@NEW
def test_create_compare_and_delete(clean: Hub, module: ModuleRunner) -> None:
    """One service, with every option that can be set."""
    params = {"name": "s-news", "info": {"title": "News"}, "display": False, "service_token": TOKEN}
    result = converge(clean, module, params)
    assert short(result["changes"]) == [
        (
            "create",
            "s-news",
            {
                "info": {"title": "News"},
                "display": False,
                "service_token": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER",
            },
        )
    ]
    service = clean.services()["s-news"]
    assert (service["info"], service["display"], service["admin"]) == (
        {"title": "News"},
        False,
        False,
    )
    assert clean.api("GET", "/user", token=TOKEN)[1]["name"] == "s-news"
    assert result["service"]["name"] == "s-news"
    result = converge(clean, module, {"name": "s-news", "state": "absent"})
    assert short(result["changes"]) == [("delete", "s-news", {})]
    assert "s-news" not in clean.services()


@NEW
def test_many_in_one_task(clean: Hub, module: ModuleRunner) -> None:
    """In the list form, the token can have the hub's name api_token, and each item can have its own
    state.
    """
    clean.expect("POST", "/services/s-old", {"display": True})
    result = converge(
        clean,
        module,
        {
            "services": [
                {"name": "s-one", "api_token": TOKEN},
                {"name": "s-two", "display": False},
                {"name": "s-old", "state": "absent"},
            ]
        },
    )
    assert result["summary"] == {"create": 2, "delete": 1, "unchanged": 0}
    assert {"s-one", "s-two"} <= set(clean.services())
    assert "s-old" not in clean.services()


@NEW
@pytest.mark.parametrize(
    "changed",
    [{"info": {"title": "Other"}}, {"display": True}, {"service_token": "another-" + TOKEN}],
    ids=lambda change: next(iter(change)),
)
def test_a_difference_is_refused_or_replaced(
    clean: Hub, module: ModuleRunner, changed: dict[str, Any]
) -> None:
    """The hub cannot change a service. The task fails, or with recreate deletes and creates it
    again, and keeps what is not declared.
    """
    assert module(
        SERVICE,
        {"name": "s-news", "info": {"title": "News"}, "display": False, "service_token": TOKEN},
    )["changed"]
    mark = clean.mark()
    refused = module(SERVICE, {"name": "s-news", **changed})
    assert refused["failed"]
    assert "set recreate" in refused["msg"]
    assert next(iter(changed)) in refused["msg"]
    assert writes(clean.requests(mark)) == []
    result = converge(clean, module, {"name": "s-news", **changed, "recreate": True})
    assert result["summary"] == {"delete": 1, "create": 1, "unchanged": 0}
    service = clean.services()["s-news"]
    assert service["info"] == changed.get("info", {"title": "News"})
    assert service["display"] == changed.get("display", False)


@NEW
@pytest.mark.parametrize(
    ("fields", "lacking"),
    [
        ({"admin": True}, "those of the role admin"),
        ({"oauth_client_allowed_scopes": ["list:groups"]}, "list:groups"),
    ],
    ids=["admin", "scopes"],
)
def test_a_service_that_could_not_be_made_again_is_not_deleted(
    running_hub: Hub, fields: dict[str, Any], lacking: str
) -> None:
    """The hub does not let a caller give a service more rights than the caller has, and checks this
    only after the old service is deleted.
    """
    with Hub(running_hub.series, services={"maker": {"scopes": ["admin:services"]}}) as hub:
        hub.expect("POST", "/services/s-news", {"oauth_redirect_uri": RETURNS_TO, **fields})
        before, mark = hub.services(), hub.mark()
        task = {
            "name": "s-news",
            "display": False,
            "recreate": True,
            "oauth_redirect_uri": RETURNS_TO,
            **fields,
        }
        for check in (True, False):
            result = runner(hub, api_token=hub.tokens["maker"])(SERVICE, task, check=check)
            assert (result["failed"], result["changed"]) == (True, False), result
            assert (
                "Service s-news would be deleted, but could not be created again" in result["msg"]
            )
            assert f"lacks {lacking}." in result["msg"]
            assert result["msg"].endswith(" Nothing was changed.")
        assert writes(hub.requests(mark)) == []
        assert hub.services() == before
        # An admin has all these rights.
        assert runner(hub)(SERVICE, task)["changed"]


@NEW
def test_services_of_the_configuration_are_never_touched(clean: Hub, module: ModuleRunner) -> None:
    """Services of the configuration are compared. Deleting one fails with the reason, and
    everything else is done.
    """
    assert not module(SERVICE, {"name": "witness", "admin": True})["changed"]
    result = module(
        SERVICE, {"services": [{"name": "s-new"}, {"name": "witness", "state": "absent"}]}
    )
    assert result["failed"]
    assert "comes from the hub's configuration" in result["msg"]
    assert (
        result["changed"],
        [change["name"] for change in result["changes"]],
        result["pending"],
    ) == (True, ["s-new"], [])
    assert [(each["kind"], each["name"], each["status"]) for each in result["refused"]] == [
        ("service", "witness", 405)
    ]
    assert {"witness", "s-new"} <= set(clean.services())


@NEW
def test_a_token_belongs_to_one_service(clean: Hub, module: ModuleRunner) -> None:
    """A token that is used elsewhere is refused before any write, for new and for existing
    services, because the hub would accept it and then ignore it.
    """
    clean.add_users("ada")
    users = clean.expect("POST", "/users/ada/tokens", {})["token"]
    assert module(
        SERVICE, {"services": [{"name": "s-old", "service_token": TOKEN}, {"name": "s-none"}]}
    )["changed"]
    before, mark = clean.services(), clean.mark()
    for token, owner in (
        (users, "belongs to the user ada"),
        (clean.scoped_token, "belongs to the service scoped"),
        (TOKEN, "belongs to the service s-old"),
    ):
        for name in ("s-new", "s-none"):
            for check in (False, True):
                task = {
                    "services": [
                        {"name": "s-first"},
                        {"name": name, "service_token": token, "recreate": True},
                    ]
                }
                result = module(SERVICE, task, check=check)
                assert (result["failed"], result["changed"]) == (True, False), result
                assert (
                    f"The service_token of service {name} {owner}: give each service its own."
                    in result["msg"]
                )
                assert token not in str(result)
    twice = module(
        SERVICE,
        {
            "services": [
                {"name": name, "service_token": "twice-" + TOKEN} for name in ("s-one", "s-two")
            ]
        },
    )
    assert "with the same service_token" in twice["msg"], twice
    assert writes(clean.requests(mark)) == []
    assert clean.services() == before
    assert clean.api("GET", "/user", token=TOKEN)[1]["name"] == "s-old"


# A service that the hub runs, and a role for a service that is created later.
MANAGED = """
import pathlib, sys
c.JupyterHub.services.append({"name": "cull", "command": [sys.executable, "-c", "import time; time.sleep(600)"]})
if pathlib.Path("later").exists():
    c.JupyterHub.load_roles.append({"name": "reader", "scopes": ["list:users"], "services": ["s-news"]})
"""


@NEW
@pytest.mark.newest
def test_a_service_that_the_hub_does_not_make_again_is_said_to_be_gone(
    clean: Hub, module: ModuleRunner
) -> None:
    """The hub refuses a scope that it does not know only when the old service is deleted."""
    task = {"name": "s-news", "oauth_redirect_uri": RETURNS_TO}
    assert module(SERVICE, task)["changed"]
    invented = {**task, "display": False, "oauth_client_allowed_scopes": ["invented"]}
    result = module(SERVICE, {"services": [invented, {"name": "s-other"}], "recreate": True})
    assert result["failed"], result
    assert "Service s-news was deleted for this, and is not on the hub now" in result["msg"]
    assert short(result["changes"]) == [("delete", "s-news", {}), ("create", "s-other", {})]
    assert [each["name"] for each in result["refused"]] == ["s-news"]
    assert "s-news" not in clean.services()


@NEW
def test_what_only_the_configuration_can_do(running_hub: Hub) -> None:
    """A service that the hub runs itself cannot be recreated or deleted: the task fails before
    anything is done. A service with other roles is recreated with a warning.
    """
    with Hub(running_hub.series, config=MANAGED) as hub:
        before, mark = hub.services(), hub.mark()
        for change in ({"display": False, "recreate": True}, {"state": "absent"}):
            for check in (False, True):
                result = runner(hub)(
                    SERVICE,
                    {"services": [{"name": "s-new"}, {"name": "cull", **change}]},
                    check=check,
                )
                assert (result["failed"], result["changed"]) == (True, False), result
                assert (
                    "Service cull comes from the hub's configuration, and can be changed only"
                    " there." in result["msg"]
                )
        assert writes(hub.requests(mark)) == []
        assert hub.services().keys() == before.keys()
        task = {
            "name": "s-news",
            "admin": True,
            "service_token": TOKEN,
            "oauth_redirect_uri": RETURNS_TO,
            "recreate": True,
        }
        # The role that admins have is kept, so there is no warning.
        for display in (True, False):
            result = runner(hub)(SERVICE, {**task, "display": display})
            assert (result["changed"], "warnings" in result) == (True, False), result
        (hub.state / "later").touch()
        hub.restart()
        assert "reader" in hub.services()["s-news"]["roles"]
        for check in (True, False):
            result = runner(hub)(SERVICE, {**task, "display": True}, check=check)
            words = (
                "Service s-news is deleted and created again, and loses its roles, which only the"
                " hub's configuration can give: reader."
            )
            assert words in str(result["warnings"]), result
        assert "reader" not in hub.services()["s-news"]["roles"]


@NEW
@pytest.mark.parametrize(
    ("params", "said"),
    [
        (
            {"name": "s-x", "service_token": "short"},
            "has 5 characters, but the hub accepts 8 to 64",
        ),
        ({"name": ".."}, "cannot be used, because no address on the hub can contain it"),
        (
            {"services": [{"name": "s-x", "display": True}, {"name": "s-x", "display": False}]},
            "declared twice",
        ),
        (
            {"name": "s-x", "verify_login": {"username": "ada", "password": "x"}},
            "needs the service_token",
        ),
    ],
    ids=["short token", "name", "contradiction", "verify"],
)
def test_bad_input(clean: Hub, module: ModuleRunner, params: dict[str, Any], said: str) -> None:
    """The task fails with one sentence, and nothing is sent."""
    mark = clean.mark()
    result = module(SERVICE, params)
    assert result["failed"], result["msg"]
    assert said in result["msg"], result["msg"]
    assert writes(clean.requests(mark)) == []


@pytest.mark.hubs("4")
def test_an_old_hub_is_refused(hub: Hub, module: ModuleRunner) -> None:
    """JupyterHub 4 only has services in its configuration. Existing services can be compared."""
    mark = hub.mark()
    result = module(SERVICE, {"name": "s-new"})
    assert result["failed"]
    assert result["msg"] == (
        "Managing services needs JupyterHub 5.0; this hub is 4.0.2. Nothing was changed."
    )
    assert writes(hub.requests(mark)) == []
    assert not module(SERVICE, {"name": "witness", "admin": True})["changed"]
    assert not module(SERVICE, {"name": "s-none", "state": "absent"})["changed"]


@NEW
def test_a_service_behind_the_proxy(clean: Hub, module: ModuleRunner) -> None:
    """A service with a url is available at the hub's address as soon as the proxy is synced."""

    class Greeter(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"hello from the service"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Greeter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        result = module(
            SERVICE, {"name": "s-hello", "url": f"http://127.0.0.1:{server.server_address[1]}"}
        )
        assert result["service"]["prefix"] == f"{clean.path}services/s-hello/"
        assert module("jupyterhub_proxy", {})["changed"]
        with urllib.request.urlopen(clean.url + "services/s-hello/", timeout=10) as answer:
            assert answer.read() == b"hello from the service"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("name", ["asking", "silent"])
def test_verify_login(login_hub: Hub, name: str) -> None:
    """The whole OAuth login works, with and without confirmation, and leaves no token behind."""
    params = {
        "hub_url": login_hub.url,
        "api_token": login_hub.token,
        "name": name,
        "service_token": f"{name}-{TOKEN}",
        "oauth_redirect_uri": RETURNS_TO,
        "verify_login": {"username": "Ada", "password": login_hub.password},
    }
    result = run_module(SERVICE, params)
    assert not result["failed"], result
    assert not result["changed"]
    login = result["service"]["verified_login"]
    assert (login["kind"], login["name"]) == ("user", "ada")
    assert f"access:services!service={name}" in login["scopes"]
    assert login_hub.user_tokens("ada") == []
    mark = login_hub.mark()
    checked = run_module(SERVICE, params, check=True)
    assert checked["service"]["verified_login"] is None
    assert "skipped in check mode" in str(checked["warnings"])
    assert writes(login_hub.requests(mark)) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"verify_login": {"username": "ada", "password": "wrong-password"}},
            "refuses the login of ada",
        ),
        ({"verify_login": {"username": "nobody", "password": "x"}}, "is not on the hub"),
        ({"oauth_redirect_uri": "http://127.0.0.1:9/elsewhere"}, "oauth_redirect_uri"),
        ({"oauth_client_id": "service-nothing"}, "does not know this client"),
    ],
    ids=["password", "user", "redirect", "client"],
)
def test_verify_login_reports_which_step_fails(
    login_hub: Hub, wrong: dict[str, Any], said: str
) -> None:
    """Each mistake in a configuration gives its own message, and no token is left."""
    params = {
        "hub_url": login_hub.url,
        "api_token": login_hub.token,
        "name": "asking",
        "service_token": f"asking-{TOKEN}",
        "oauth_redirect_uri": RETURNS_TO,
        "verify_login": {"username": "ada", "password": login_hub.password},
        **wrong,
    }
    result = run_module(SERVICE, params)
    assert result["failed"], result["msg"]
    assert said in result["msg"], result["msg"]
    assert TOKEN not in str(result)
    assert login_hub.password not in str(result)
    assert login_hub.user_tokens("ada") == []
    assert "nobody" not in login_hub.users()


# Responses of another server to the steps of a login: status, headers, body.
IMPOSTORS: dict[str, Answer] = {
    "form": (
        200,
        {"Content-Type": "text/html"},
        b'<form><input name="_xsrf" value="2"><input name="username"></form>',
    ),
    "elsewhere": (302, {"Location": "http://127.0.0.1:9/login?code=c&state=s"}, b""),
    "login": (302, {"Location": "/hub/login?next=x"}, b""),
    "token": (
        200,
        {"Content-Type": "application/json"},
        b'{"access_token": "somebodys-0123456789", "token_type": "Bearer"}',
    ),
    "nothing": (200, {}, b""),
    "forbidden": (403, {"Content-Type": "application/json"}, b'{"message": "blocked"}'),
    "broken": (500, {"Content-Type": "text/html"}, b"<h1>Oops</h1>"),
}


def stranger(step: int, answer: Answer, seen: list[Asked]) -> Callable[[Asked], Answer | None]:
    """Return a function that answers in place of the hub from this step of a login on, and records
    the requests. The REST API and the logout are passed to the hub.
    """
    steps = itertools.count()

    def instead(asked: Asked) -> Answer | None:
        api = "/hub/api/" in asked.path and "/oauth2/" not in asked.path
        if api or asked.path.endswith("/logout") or next(steps) < step:
            return None
        seen.append(asked)
        return answer

    return instead


@pytest.mark.newest
@pytest.mark.parametrize("kind", IMPOSTORS)
def test_verify_login_only_accepts_responses_of_the_hub(login_hub: Hub, kind: str) -> None:
    """If another server answers any step in place of the hub, the task fails and says so, sends
    nothing more, and leaves no token.
    """
    params = {
        "api_token": login_hub.token,
        "name": "asking",
        "service_token": f"asking-{TOKEN}",
        "oauth_redirect_uri": RETURNS_TO,
        "verify_login": {"username": "ada", "password": login_hub.password},
        "retries": 0,
    }
    for step in itertools.count():
        seen: list[Asked] = []
        with Wire(login_hub, answer=stranger(step, IMPOSTORS[kind], seen)) as wire:
            result = run_module(SERVICE, {**params, "hub_url": wire.url})
        if not seen:
            break
        assert (result["failed"], result["changed"]) == (True, False), (seen, result)
        one_sentence(result)
        assert "by BaseHTTP/0.6, and not by the hub" in result["msg"], result["msg"]
        assert len(seen) == 1, seen
        assert login_hub.user_tokens("ada") == []
        assert login_hub.password not in str(result)
        assert TOKEN not in str(result)
    # The request, the login page and its form, the confirmation and its answer, the code.
    assert step == 6, result["msg"]
    assert not result["failed"], result
