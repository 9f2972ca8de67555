# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the live tests of people who leave share: a browser that is logged in, a person with
everything, and what is left of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import requests

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import Result, stable, writes
from tests.live.token_support import ids, make

OFFBOARD = "jupyterhub_offboard"
COOKIE = "jupyterhub-hub-login"


class Browser:
    """Somebody's browser, which has logged in through the hub's own form, and keeps the cookies."""

    def __init__(self, hub: Hub, user: str) -> None:
        self.hub = hub
        self.session = requests.Session()
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
        """The value of the cookie that tells the hub who this is."""
        return str(
            next(cookie.value for cookie in self.session.cookies if cookie.name == COOKIE)
        ).strip('"')

    def api(self, method: str, path: str, body: Any = None) -> int:
        """Use the API as the pages of the hub do; return the status."""
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
            # The hub refuses what is no JSON, whoever asks.
            json={} if body is None else body,
            headers=headers,
            timeout=30,
            allow_redirects=False,
        )
        return answer.status_code

    def mints(self, user: str) -> int:
        """Make a token that never expires; return the status."""
        return self.api("POST", f"/users/{user}/tokens", {"note": "minted by a browser"})


def settle_in(hub: Hub, user: str = "ada") -> dict[str, str]:
    """Give a person all there is; return the secrets that they have, by what these are."""
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
    """Share somebody's default server."""
    hub.expect("POST", f"/shares/{owner}/", {"user": guest})


def left(hub: Hub, user: str = "ada") -> dict[str, Any]:
    """Return what is left of a person, as the hub tells it itself."""
    if user not in hub.users():
        return {}
    row = hub.user(user)
    found = {
        "admin": row["admin"],
        "groups": sorted(row["groups"]),
        "servers": sorted(name for name, server in row["servers"].items() if not server["stopped"]),
        "tokens": len(hub.user_tokens(user)),
    }
    if hub.series != "4":
        found["given"] = len(list(hub.pages(f"/shares/{user}")))
        found["received"] = len(list(hub.pages(f"/users/{user}/shared")))
        found["codes"] = len(list(hub.pages(f"/share-codes/{user}")))
    return found


def nothing_left(hub: Hub) -> dict[str, Any]:
    """Return what is to be left of a person whose account is kept."""
    shares = {} if hub.series == "4" else {"given": 0, "received": 0, "codes": 0}
    return {"admin": False, "groups": [], "servers": [], "tokens": 0, **shares}


def all_of(hub: Hub) -> Any:
    """Return what this module can change on the hub."""
    users = hub.users()
    return {
        name: (left(hub, name), sorted(users[name]["roles"]), ids(hub.user_tokens(name)))
        for name in users
    }


PREDICTED = ("changed", "changes", "summary", "diff", "users", "user", "by_hand")


def offboard(hub: Hub, run: ModuleRunner, params: Mapping[str, Any]) -> Result:
    """Run the module in check mode, really, and again; return the real result.

    Asserts that check mode sends nothing but GET and predicts the real run, that all is proved, and
    that the second run changes nothing and proves the same without a canary.
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
    """Return what was found and whether it is proved, by what was looked at."""
    return {line["check"]: (line["found"], line["proved"]) for line in result["proof"]}
