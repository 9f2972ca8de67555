# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""login_username with each authenticator, and the users and groups that authenticators make and
manage themselves.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.hub.authenticators import LDAP_PASSWORD, LEARNERS
from tests.live.support import GROUP, INFO, USER, admins, converge, members, one_sentence, runner
from tests.running import run_module
from tests.stacks.support import refused_names

pytestmark = pytest.mark.newest


def log_in(hub: Hub, username: str, password: str) -> dict[str, object]:
    """Ask the hub who we are, with login_username."""
    return run_module(
        INFO,
        {
            "hub_url": hub.url,
            "login_username": username,
            "login_password": password,
            "gather": ["whoami"],
        },
    )


def welcome(hub: Hub, username: str, password: str, name: str | None = None) -> None:
    """See that a login works, that a wrong password does not, and that nothing is left of both."""
    result = log_in(hub, username, password)
    assert not result["failed"], result
    whoami = result["whoami"]
    assert isinstance(whoami, dict)
    assert whoami["name"] == (name or username)
    wrong = log_in(hub, username, "wrong")
    assert wrong["failed"], wrong
    one_sentence(wrong)
    assert "login_password" in str(wrong["msg"]), wrong["msg"]
    assert [
        token
        for token in hub.user_tokens(name or username)
        if token["note"].startswith("hubops login")
    ] == []


def turned_away(hub: Hub, username: str, password: str) -> str:
    """See that a login does not work, in one sentence, and return that."""
    result = log_in(hub, username, password)
    assert (result["failed"], result["changed"]) == (True, False), result
    one_sentence(result)
    return str(result["msg"])


# By password


@pytest.fixture
def account() -> Iterator[tuple[str, str]]:
    """An account of the system with a password, which is gone afterwards."""
    name, password = f"hubops{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
    subprocess.run(
        ["useradd", "--no-create-home", "--shell", "/usr/sbin/nologin", name],
        check=True,
        capture_output=True,
    )
    try:
        subprocess.run(["chpasswd"], input=f"{name}:{password}\n", text=True, check=True)
        yield name, password
    finally:
        subprocess.run(["userdel", name], check=True, capture_output=True)


@pytest.mark.profile("pam")
def test_an_account_of_the_system_logs_in(hub: Hub, account: tuple[str, str]) -> None:
    name, password = account
    hub.add_users(name)
    welcome(hub, name, password)


@pytest.mark.profile("pam-create")
def test_the_hub_makes_accounts_of_the_system(hub: Hub, module: ModuleRunner) -> None:
    name = f"hubops{uuid.uuid4().hex[:8]}"
    refused = f"{name} x"  # useradd takes no spaces
    try:
        result = module(USER, {"users": [{"name": name}, {"name": refused}]})
        assert (result["failed"], result["changed"], refused_names(result)) == (
            True,
            True,
            [refused],
        ), result
        assert list(hub.users()) == [name]
        assert subprocess.run(["id", name], capture_output=True, check=False).returncode == 0
        converge(hub, module, USER, {"name": name, "state": "absent"})
        # JupyterHub leaves the account, which the guide says.
        assert subprocess.run(["id", name], capture_output=True, check=False).returncode == 0
    finally:
        subprocess.run(["userdel", name], capture_output=True, check=False)


@pytest.mark.profile("native")
def test_who_has_signed_up_logs_in(hub: Hub) -> None:
    """A user that is made by the API has no password until they sign up."""
    hub.add_users("ada")
    assert "login_username" in turned_away(hub, "ada", "correct-horse")
    with requests.Session() as browser:
        page = browser.get(f"{hub.url}hub/signup", timeout=30)
        form = {
            "username": "ada",
            "signup_password": "correct-horse",
            "signup_password_confirmation": "correct-horse",
        }
        secret = re.search(r'name="_xsrf"[^>]* value="([^"]+)"', page.text)
        assert secret is not None
        form["_xsrf"] = secret[1]
        assert browser.post(f"{hub.url}hub/signup", data=form, timeout=30).status_code == 200
    welcome(hub, "ada", "correct-horse")


@pytest.mark.profile("firstuse")
def test_the_first_password_that_is_given_is_the_user_s(hub: Hub) -> None:
    """Also when it is we who give it: the guide warns of that."""
    hub.add_users("ada")
    welcome(hub, "ada", "correct-horse")


@pytest.mark.profile("ldap")
def test_a_person_of_the_directory_logs_in(hub: Hub, module: ModuleRunner) -> None:
    converge(hub, module, USER, {"name": "Berta"})
    assert list(hub.users()) == ["berta"]
    welcome(hub, "berta", LDAP_PASSWORD)
    # LDAPAuthenticator refuses capital letters, unless valid_username_regex says otherwise.
    turned_away(hub, "Berta", LDAP_PASSWORD)
    server = hub.beside.servers["ldap"]
    server.stop()
    try:
        turned_away(hub, "berta", LDAP_PASSWORD)
    finally:
        server.start()
    welcome(hub, "berta", LDAP_PASSWORD)


@pytest.mark.profile("lists")
def test_lists_of_who_may_log_in(hub: Hub, module: ModuleRunner) -> None:
    """Users of the API are made whatever the lists say; the lists decide who logs in."""
    converge(hub, module, USER, {"users": [{"name": "ada"}, {"name": "mallory"}, {"name": "zoe"}]})
    welcome(hub, "ada", hub.password)
    turned_away(hub, "mallory", hub.password)
    # Where allowed_users is set, JupyterHub allows those that are on the hub too.
    welcome(hub, "zoe", hub.password)


@pytest.mark.profile("keepcase")
def test_a_login_in_upper_case_where_case_is_kept(hub: Hub) -> None:
    """Also where there is another user of that name in lower case."""
    hub.add_users("Ada", "ada")
    welcome(hub, "Ada", hub.password)
    welcome(hub, "ada", hub.password)


@pytest.mark.profile("usermap")
def test_a_login_with_another_name_on_the_hub(hub: Hub) -> None:
    """The hub wants one name in the address and another for the password: a token is needed."""
    hub.add_users("tilda.brook@example.edu")
    said = turned_away(hub, "tilda.brook@example.edu", hub.password)
    assert "accepts the password of tilda.brook@example.edu" in said
    assert hub.user_tokens("tbrook") == []


# Without passwords


@pytest.mark.profile("oauth", "lti", "null", "tmp", "multi")
def test_where_no_password_helps(hub: Hub) -> None:
    """There a token is needed: login_username fails in one sentence and leaves nothing."""
    hub.add_users("ada")
    before = set(hub.users())
    assert "login_username" in turned_away(hub, "ada", hub.password)
    assert set(hub.users()) - before == set() or hub.profile == "tmp"
    assert hub.user_tokens("ada") == []


@pytest.mark.profile("lti", "null", "tmp", "multi", "native", "firstuse", "oauth")
def test_users_are_made_and_deleted_on_each(hub: Hub, module: ModuleRunner) -> None:
    names = ["ada", "tilda.brook@example.edu", "library:otto"]
    converge(hub, module, USER, {"users": [{"name": name} for name in names]})
    assert sorted(hub.users()) == sorted(names)
    converge(hub, module, USER, {"users": [{"name": "ada"}], "prune": True, "prune_limit": "100%"})
    assert list(hub.users()) == ["ada"]


# A provider of logins, with groups and admins


def visit(hub: Hub, email: str) -> None:
    """Log in as a person does: from the hub to the provider, and back."""
    with requests.Session() as browser:
        page = browser.get(f"{hub.url}hub/oauth_login", timeout=30)
        assert page.status_code == 200, page.text
        done = browser.post(page.url, data={"sub": email}, timeout=30, allow_redirects=True)
        assert done.url.startswith(hub.url), (done.url, done.text[:500])


@pytest.mark.profile("oauth")
@pytest.mark.sample
def test_people_of_a_provider_with_groups_and_admins(hub: Hub, module: ModuleRunner) -> None:
    made = module(
        USER, {"users": [{"name": "Tilda.Brook@example.edu"}, {"name": "otto@example.edu"}]}
    )
    assert not made["failed"], made
    assert set(hub.users()) == {"tilda.brook@example.edu", "otto@example.edu"}
    visit(hub, "Tilda.Brook@example.edu")
    visit(hub, "otto@example.edu")
    assert set(hub.users()) == {"tilda.brook@example.edu", "otto@example.edu"}
    assert members(hub) == {
        "/staff": ["tilda.brook@example.edu"],
        "course 101": ["tilda.brook@example.edu"],
        "/hubadmins": ["otto@example.edu"],
    }
    # The provider's word on admins wins at each login.
    assert admins(hub) == {"tilda.brook@example.edu": False, "otto@example.edu": True}
    converge(hub, module, USER, {"name": "Tilda.Brook@example.edu", "admin": True})
    visit(hub, "Tilda.Brook@example.edu")
    assert admins(hub) == {"tilda.brook@example.edu": False, "otto@example.edu": True}
    # And on groups: a member that is added besides stays until the next login.
    result = module(
        GROUP, {"name": "course 101", "users": ["otto@example.edu"], "users_mode": "present"}
    )
    assert (result["failed"], result["changed"]) == (False, True), result
    visit(hub, "otto@example.edu")
    assert members(hub)["course 101"] == ["tilda.brook@example.edu"]
    # Access to the provider is stored, and shown to nobody by accident.
    kept = hub.user("tilda.brook@example.edu")["auth_state"]
    assert kept["access_token"]
    info = runner(hub)(INFO, {"gather": ["users"]})
    assert kept["access_token"] not in str(info)


@pytest.mark.profile("oauth")
def test_auth_state_of_a_provider_is_kept_when_another_is_written(
    hub: Hub, module: ModuleRunner
) -> None:
    visit(hub, "otto@example.edu")
    state = hub.user("otto@example.edu")["auth_state"]
    assert state["oauth_user"]["email"] == "otto@example.edu"
    result = module(USER, {"name": "otto@example.edu", "admin": True}, diff=True)
    assert (result["failed"], result["changed"]) == (False, False), result
    assert hub.user("otto@example.edu")["auth_state"] == state
    assert state["access_token"] not in str(result)


# A learning platform


def launch(
    hub: Hub, number: str, forge: Callable[[str], str] = lambda id_token: id_token
) -> requests.Response:
    """Come to the hub from a course, as a browser does for whom the platform has this number: the
    hub sends it to the platform, and the platform back with an id_token. Return the last page.

    forge: makes something else of the id_token on the way.
    """
    start = {
        "iss": f"http://127.0.0.1:{hub.beside.servers['lti'].port}",
        "client_id": "hub",
        "login_hint": number,
        "target_link_uri": f"{hub.url}hub/home",
    }
    with requests.Session() as browser:
        page = browser.post(f"{hub.url}hub/lti13/oauth_login", data=start, timeout=30)
        assert page.status_code == 200, page.text
        form = dict(re.findall(r'name="(\w+)" value="([^"]+)"', page.text))
        action = re.search(r'action="([^"]+)"', page.text)
        assert action is not None, page.text
        form["id_token"] = forge(form["id_token"])
        return browser.post(action[1], data=form, timeout=30)


def of_somebody_else(id_token: str) -> str:
    """Say in the token that it is Otto who comes; the signature stays that of the platform."""
    head, body, signature = id_token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    text = json.dumps({**claims, "email": "otto@example.edu"}).encode()
    return f"{head}.{base64.urlsafe_b64encode(text).decode().rstrip('=')}.{signature}"


@pytest.mark.profile("lti")
@pytest.mark.sample
def test_people_of_a_learning_platform(hub: Hub, module: ModuleRunner) -> None:
    """Who has come by a launch is managed like everybody, and comes back as the same user."""
    # One is created before, and is found by the name that the platform sends.
    converge(hub, module, USER, {"name": "Tilda.Brook@example.edu"})
    for number in LEARNERS:
        page = launch(hub, number)
        assert (page.status_code, page.url) == (200, f"{hub.url}hub/home"), page.text[:500]
    people = ["19", "otto@example.edu", "tilda.brook@example.edu"]
    assert sorted(hub.users()) == people
    # What the platform has said of a person is stored, and shown to nobody by accident.
    assert hub.user("otto@example.edu")["auth_state"]["name"] == "Otto Lind"
    assert "Otto Lind" not in str(module(INFO, {"gather": ["users"]}))
    converge(hub, module, GROUP, {"name": "course101", "users": people})
    converge(hub, module, USER, {"name": "Tilda.Brook@example.edu", "admin": True})
    converge(hub, module, USER, {"name": "19", "state": "absent"})
    # The next launch undoes nothing of it, but brings back who was deleted.
    for number in LEARNERS:
        assert launch(hub, number).status_code == 200
    assert admins(hub) == {name: name == "tilda.brook@example.edu" for name in people}
    assert members(hub) == {"course101": people[1:]}


@pytest.mark.profile("lti")
def test_a_launch_that_the_platform_has_not_signed(hub: Hub) -> None:
    """The hub really asks the platform: what is not its word makes nobody."""
    assert launch(hub, "17", of_somebody_else).status_code == 400
    assert hub.users() == {}
