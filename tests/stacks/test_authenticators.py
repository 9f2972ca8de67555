# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""login_username with each authenticator, and users and groups that authenticators create and
manage.
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
    """Read the caller from the hub, with login_username."""
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
    """Assert that a login works, that a wrong password fails, and that neither leaves a token."""
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
    """Assert that a login fails with one sentence, and return that sentence."""
    result = log_in(hub, username, password)
    assert (result["failed"], result["changed"]) == (True, False), result
    one_sentence(result)
    return str(result["msg"])


# With a password


@pytest.fixture
def account() -> Iterator[tuple[str, str]]:
    """A system account with a password, which is deleted afterwards."""
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
    refused = f"{name} x"  # useradd does not accept spaces
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
        # JupyterHub does not delete the account, as the guide says.
        assert subprocess.run(["id", name], capture_output=True, check=False).returncode == 0
    finally:
        subprocess.run(["userdel", name], capture_output=True, check=False)


@pytest.mark.profile("native")
def test_a_user_who_has_signed_up_logs_in(hub: Hub) -> None:
    """A user created by the API has no password until that person signs up."""
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
    """The first password becomes the user's password, also if the module sends it. The guide warns
    of that.
    """
    hub.add_users("ada")
    welcome(hub, "ada", "correct-horse")


@pytest.mark.profile("ldap")
def test_a_person_of_the_directory_logs_in(hub: Hub, module: ModuleRunner) -> None:
    converge(hub, module, USER, {"name": "Berta"})
    assert list(hub.users()) == ["berta"]
    welcome(hub, "berta", LDAP_PASSWORD)
    # LDAPAuthenticator refuses capital letters by default; valid_username_regex can allow them.
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
    """The API creates users who are in no list; the lists decide who can log in."""
    converge(hub, module, USER, {"users": [{"name": "ada"}, {"name": "mallory"}, {"name": "zoe"}]})
    welcome(hub, "ada", hub.password)
    turned_away(hub, "mallory", hub.password)
    # With allowed_users set, JupyterHub also allows the users that exist on the hub.
    welcome(hub, "zoe", hub.password)


@pytest.mark.profile("keepcase")
def test_a_login_in_upper_case_where_case_is_kept(hub: Hub) -> None:
    """The login works even if another user has the same name in lower case."""
    hub.add_users("Ada", "ada")
    welcome(hub, "Ada", hub.password)
    welcome(hub, "ada", hub.password)


@pytest.mark.profile("usermap")
def test_a_login_with_another_name_on_the_hub(hub: Hub) -> None:
    """The hub needs one name in the path and another one for the password, so a login is impossible
    and a token is needed.
    """
    hub.add_users("tilda.brook@example.edu")
    said = turned_away(hub, "tilda.brook@example.edu", hub.password)
    assert "accepts the password of tilda.brook@example.edu" in said
    assert hub.user_tokens("tbrook") == []


# Without passwords


@pytest.mark.profile("oauth", "lti", "null", "tmp", "multi")
def test_authenticators_without_passwords(hub: Hub) -> None:
    """These authenticators need a token: login_username fails with one sentence and leaves
    nothing.
    """
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


# An identity provider, with groups and admins


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
    # At each login the provider decides who is an admin.
    assert admins(hub) == {"tilda.brook@example.edu": False, "otto@example.edu": True}
    converge(hub, module, USER, {"name": "Tilda.Brook@example.edu", "admin": True})
    visit(hub, "Tilda.Brook@example.edu")
    assert admins(hub) == {"tilda.brook@example.edu": False, "otto@example.edu": True}
    # The provider decides on groups too: a member added by the module stays until that person's
    # next login.
    result = module(
        GROUP, {"name": "course 101", "users": ["otto@example.edu"], "users_mode": "present"}
    )
    assert (result["failed"], result["changed"]) == (False, True), result
    visit(hub, "otto@example.edu")
    assert members(hub)["course 101"] == ["tilda.brook@example.edu"]
    # The tokens for the provider are stored in auth_state, and never shown.
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
    """Open the hub from a course, as the browser of a person with this number on the platform does:
    the hub redirects to the platform, and the platform sends an id_token back. Return the last
    page.

    forge: changes the id_token on the way.
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
    """Return an id_token that names Otto, with the original signature."""
    head, body, signature = id_token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    text = json.dumps({**claims, "email": "otto@example.edu"}).encode()
    return f"{head}.{base64.urlsafe_b64encode(text).decode().rstrip('=')}.{signature}"


@pytest.mark.profile("lti")
@pytest.mark.sample
def test_people_of_a_learning_platform(hub: Hub, module: ModuleRunner) -> None:
    """A user who was created by a launch can be managed as usual, and the next launch finds the
    same user.
    """
    # One user is created before, and is found by the name that the platform sends.
    converge(hub, module, USER, {"name": "Tilda.Brook@example.edu"})
    for number in LEARNERS:
        page = launch(hub, number)
        assert (page.status_code, page.url) == (200, f"{hub.url}hub/home"), page.text[:500]
    people = ["19", "otto@example.edu", "tilda.brook@example.edu"]
    assert sorted(hub.users()) == people
    # The platform's data about a person is stored in auth_state, and never shown.
    assert hub.user("otto@example.edu")["auth_state"]["name"] == "Otto Lind"
    assert "Otto Lind" not in str(module(INFO, {"gather": ["users"]}))
    converge(hub, module, GROUP, {"name": "course101", "users": people})
    converge(hub, module, USER, {"name": "Tilda.Brook@example.edu", "admin": True})
    converge(hub, module, USER, {"name": "19", "state": "absent"})
    # The next launch reverts none of these changes, but creates a deleted user again.
    for number in LEARNERS:
        assert launch(hub, number).status_code == 200
    assert admins(hub) == {name: name == "tilda.brook@example.edu" for name in people}
    assert members(hub) == {"course101": people[1:]}


@pytest.mark.profile("lti")
def test_a_launch_that_the_platform_has_not_signed(hub: Hub) -> None:
    """The hub verifies the platform's signature: without a valid one, no user is created."""
    assert launch(hub, "17", of_somebody_else).status_code == 400
    assert hub.users() == {}
