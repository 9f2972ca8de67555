# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by the live tests of offboarding: a logged-in browser, a person who has everything, and a
reader for what remains of that person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http.cookiejar import Cookie, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar, get_cookie_header

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import Result, stable, writes
from tests.live.token_support import ids, make

OFFBOARD = "jupyterhub_offboard"
COOKIE = "jupyterhub-hub-login"


class BrowserCookies(DefaultCookiePolicy):
    """Accept a cookie for all names below localhost, as a hub with subdomains sets it. Browsers do
    this, ``http.cookiejar`` does not.
    """

    def set_ok_domain(self, cookie: Cookie, request: Any) -> bool:
        """Accept cookies as the test hub sets them."""
        return True

    def return_ok_domain(self, cookie: Cookie, request: Any) -> bool:
        """Return a cookie to the names that it is for."""
        if not cookie.domain_specified:
            return bool(super().return_ok_domain(cookie, request))
        host = urlsplit(request.get_full_url()).hostname or ""
        return f".{host}".endswith(f".{cookie.domain.removeprefix('.')}")


class Loopback(HTTPAdapter):
    """Resolve all names below localhost to this machine and send them their cookies, as browsers
    do. requests itself leaves the choice of cookies to ``http.cookiejar``.
    """

    def __init__(self, jar: RequestsCookieJar) -> None:
        super().__init__()
        self.jar = jar

    def send(self, request: requests.PreparedRequest, *args: Any, **keywords: Any) -> Any:
        """Send a request to this machine under the requested name."""
        request.headers["Host"] = urlsplit(request.url or "").netloc
        request.headers.pop("Cookie", None)
        cookies = get_cookie_header(self.jar, request)  # type: ignore[no-untyped-call]  # its hints lack it
        if cookies:
            request.headers["Cookie"] = cookies
        return super().send(request, *args, **keywords)

    def build_connection_pool_key_attributes(self, *args: Any, **keywords: Any) -> Any:
        """Connect to this machine."""
        host, pool = super().build_connection_pool_key_attributes(*args, **keywords)
        return {**host, "host": "127.0.0.1"}, pool


class Browser:
    """A person's browser, which has logged in through the hub's own form and keeps the cookies."""

    def __init__(self, hub: Hub, user: str) -> None:
        self.hub = hub
        self.session = requests.Session()
        self.session.cookies.set_policy(BrowserCookies())
        self.session.mount("http://", Loopback(self.session.cookies))
        page = self.session.get(f"{hub.url}hub/login", timeout=30).text
        found = re.search(r'name="_xsrf" value="([^"]*)"', page)
        assert found, page
        form = {"_xsrf": found[1], "username": user, "password": hub.password}
        answer = self.session.post(
            f"{hub.url}hub/login", data=form, allow_redirects=False, timeout=30
        )
        assert answer.status_code == 302, answer.text
        assert self.cookie

    @property
    def cookie(self) -> str:
        """The value of the cookie that identifies the user to the hub."""
        return str(
            next(cookie.value for cookie in self.session.cookies if cookie.name == COOKIE)
        ).strip('"')

    def api(self, method: str, path: str, body: Any = None) -> int:
        """Use the API as the hub's pages do; return the status."""
        self.session.get(f"{self.hub.url}hub/home", timeout=30, allow_redirects=False)
        xsrf = next(
            (
                cookie.value
                for cookie in self.session.cookies
                if cookie.name == "_xsrf" and cookie.path.endswith("/hub/")
            ),
            "",
        )
        headers = {"Referer": f"{self.hub.url}hub/home", "X-XSRFToken": xsrf or ""}
        answer = self.session.request(
            method,
            f"{self.hub.url}hub/api{path}",
            # The hub refuses any request whose body is not JSON.
            json={} if body is None else body,
            headers=headers,
            timeout=30,
            allow_redirects=False,
        )
        return answer.status_code

    def mints(self, user: str) -> int:
        """Create a token that never expires; return the status."""
        return self.api("POST", f"/users/{user}/tokens", {"note": "minted by a browser"})


def settle_in(hub: Hub, user: str = "ada") -> dict[str, str]:
    """Give a person one of everything; return their secrets, by kind."""
    hub.add_users(user, "bob", "root-kim")
    hub.expect("PATCH", "/users/root-kim", {"admin": True})
    hub.expect("PATCH", f"/users/{user}", {"admin": True})
    hub.add_group("CS101", user, "bob")
    hub.add_group("alumni", user)
    for owner in (user, "bob"):
        hub.expect("POST", f"/users/{owner}/server")
    if hub.series != "4":
        share(hub, user, "bob")
        share(hub, "bob", user)
        hub.expect("POST", f"/share-codes/{user}/", {})
    return {
        "token": make(hub, "nightly | export", user)[1],
        "other": make(hub, "{{ 6 * 7 }}", user)[1],
    }


def share(hub: Hub, owner: str, guest: str) -> None:
    """Share a user's default server."""
    hub.expect("POST", f"/shares/{hub.quote(owner)}/", {"user": guest})


def left(hub: Hub, user: str = "ada") -> dict[str, Any]:
    """Return what remains of a person, as the hub itself reports it."""
    # Users are read one by one, because the list fails when a user has no name.
    if hub.api("GET", f"/users/{hub.quote(user)}")[0] == 404:
        return {}
    row = hub.user(user)
    found = {
        "admin": row["admin"],
        "groups": sorted(row["groups"]),
        "servers": sorted(name for name, server in row["servers"].items() if not server["stopped"]),
        "tokens": len(hub.user_tokens(user)),
    }
    if hub.series != "4":
        name = hub.quote(user)
        found["given"] = len(list(hub.pages(f"/shares/{name}")))
        found["received"] = len(list(hub.pages(f"/users/{name}/shared")))
        found["codes"] = len(list(hub.pages(f"/share-codes/{name}")))
    return found


def nothing_left(hub: Hub) -> dict[str, Any]:
    """Return what has to remain of a person whose account is kept."""
    shares = {} if hub.series == "4" else {"given": 0, "received": 0, "codes": 0}
    return {"admin": False, "groups": [], "servers": [], "tokens": 0, **shares}


def all_of(hub: Hub) -> Any:
    """Return everything that this module can change on the hub."""
    users = hub.users()
    return {
        name: (left(hub, name), sorted(users[name]["roles"]), ids(hub.user_tokens(name)))
        for name in users
    }


PREDICTED = ("changed", "changes", "summary", "diff", "users", "user", "by_hand")


def offboard(hub: Hub, run: ModuleRunner, params: Mapping[str, Any]) -> Result:
    """Run the module in check mode, in a real run, and in a second real run; return the first real
    result.

    Asserts that check mode sends only GET requests and predicts the real run, that everything is
    proved, and that the second run changes nothing and proves the same without a canary.
    """
    before, mark = all_of(hub), hub.mark()
    predicted = run(OFFBOARD, params, check=True, diff=True)
    assert not predicted["failed"], predicted
    assert writes(hub.requests(mark)) == []
    assert all_of(hub) == before
    assert predicted["proved"] is None
    assert {line["found"] for line in predicted["proof"]} == {None}
    real = run(OFFBOARD, params, diff=True)
    assert not real["failed"], real
    assert {key: stable(real.get(key)) for key in PREDICTED} == {
        key: stable(predicted.get(key)) for key in PREDICTED
    }
    assert real["proved"] is True
    assert checks(real).keys() >= checks(predicted).keys() - {"admin", "groups"}
    settled, mark = all_of(hub), hub.mark()
    again = run(OFFBOARD, params, diff=True)
    assert (again["failed"], again["changed"], again["changes"], again["proved"]) == (
        False,
        False,
        [],
        True,
    ), again
    assert again["diff"] == {"before": "", "after": ""}
    assert writes(hub.requests(mark)) == []
    assert all_of(hub) == settled
    assert "canary token" not in checks(again)
    return real


def checks(result: Result) -> dict[str, tuple[Any, Any]]:
    """Return for each check what was found and whether it is proved."""
    return {line["check"]: (line["found"], line["proved"]) for line in result["proof"]}
