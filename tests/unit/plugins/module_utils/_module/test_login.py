# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Working with a user name and a password: the token for the task is always revoked afterwards."""

from __future__ import annotations

import datetime
import typing as t

import pytest
import requests
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    ApiError,
    HubError,
    NotTheHubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import Connection
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.login import (
    LIFETIME,
    logged_in,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import utcnow
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    HUB,
    Reply,
    Sent,
    Wire,
    refusal,
)

LOST = requests.ConnectionError(ConnectionResetError(104, "Connection reset by peer"))

CONNECTION = Connection(HUB, api_token="ignored", retries=2)


NOW = "2026-01-01T00:00:00Z"
ME = {"kind": "user", "name": "ada", "scopes": []}
ROW: dict[str, t.Any] = {"scopes": [], "created": NOW, "last_activity": None}


class Hub:
    """A hub with one user, ada, whose password is pa55word, and her tokens.

    :param faults: by the number of the request. ``lost``: the request is done, but its response is
        lost. ``unseen``: the request does not arrive. A reply: the request is refused with it.
    :param longest: the maximum lifetime of a token.
    :param name: the user's name on the hub.
    """

    def __init__(
        self,
        faults: t.Mapping[int, t.Any] | None = None,
        *,
        longest: int | None = None,
        name: str = "ada",
    ) -> None:
        self.name = name
        self.faults = dict(faults or {})
        self.longest = longest
        self.tokens: dict[str, dict[str, t.Any]] = {
            "a0": {**ROW, "id": "a0", "note": "hers", "secret": "other"}
        }
        self.count = -1

    def __call__(self, sent: Sent) -> Reply:
        if sent.path == "/":
            # Every login begins with this request, which is not counted.
            assert "Authorization" not in sent.headers
            return Reply(data={"version": "6.1.1"})
        self.count += 1
        fault = self.faults.get(self.count)
        if isinstance(fault, Reply):
            return fault
        if fault == "unseen":
            raise LOST
        reply = self.answer(sent)
        if fault == "lost":
            raise LOST
        return reply

    def answer(self, sent: Sent) -> Reply:
        if sent.method == "POST":
            assert "Authorization" not in sent.headers
            auth, user = sent.body["auth"], sent.path.split("/")[2]
            if (auth["username"].lower(), auth["password"]) != ("ada", "pa55word"):
                return refusal(403)
            if user != self.name:
                return refusal(403, f"User {user} not found or no permissions to generate tokens")
            if self.longest is not None and sent.body.get("expires_in", 0) > self.longest:
                return refusal(
                    400, f"expires_in: {sent.body['expires_in']} must not exceed {self.longest}"
                )
            made = {
                **ROW,
                "id": f"a{len(self.tokens)}",
                "note": sent.body["note"],
                "secret": f"secret-{len(self.tokens)}",
            }
            self.tokens[made["id"]] = made
            return Reply(201, {**made, "token": made["secret"]})
        caller = next(
            (
                token
                for token in self.tokens.values()
                if f"token {token['secret']}" == sent.headers["Authorization"]
            ),
            None,
        )
        if caller is None:
            return refusal(403, "Missing or invalid credentials.")
        caller["last_activity"] = NOW
        if sent.method == "DELETE":
            del self.tokens[sent.path.rsplit("/", 1)[1]]
            return Reply(204, kind=None)
        return Reply(
            data={"api_tokens": list(self.tokens.values())} if sent.path.endswith("/tokens") else ME
        )


def test_a_password_is_only_sent_to_a_hub(wire: Wire, slept: list[float]) -> None:
    wire.play(otherwise=Reply(200, {"version": "6.1.1"}, foreign=True))
    with pytest.raises(NotTheHubError), logged_in(CONNECTION, "ada", "pa55word", print):
        pass
    assert wire.lines == [("GET", "/")]


def log_in(
    wire: Wire, hub: Hub, work: t.Callable[[HubClient], t.Any], password: str = "pa55word"
) -> tuple[t.Any, list[str]]:
    """:returns: the result of the work, and the warnings."""
    wire.play(otherwise=hub)
    warnings: list[str] = []
    with logged_in(CONNECTION, "ada", password, warnings.append) as connection:
        result = work(HubClient(connection))
    return result, warnings


def look(client: HubClient) -> t.Any:
    return client.get("user")


def test_a_token_lives_for_the_task_and_no_longer(wire: Wire, slept: list[float]) -> None:
    hub = Hub()
    result, warnings = log_in(wire, hub, look)
    assert (result, warnings) == (ME, [])
    assert list(hub.tokens) == ["a0"]
    assert wire.lines == [
        ("GET", "/"),
        ("POST", "/users/ada/tokens"),
        ("GET", "/user"),
        ("GET", "/users/ada/tokens"),
        ("DELETE", "/users/ada/tokens/a1"),
    ]
    assert wire.sent[1].body["expires_in"] == LIFETIME


@pytest.mark.parametrize(
    ("stored", "asked"), [("ada", ["Ada", "ada"]), ("Ada", ["Ada"])], ids=["lower", "kept"]
)
def test_a_name_in_upper_case_is_found_as_the_hub_stores_it(
    wire: Wire, slept: list[float], stored: str, asked: list[str]
) -> None:
    hub = Hub(name=stored)
    wire.play(otherwise=hub)
    with logged_in(CONNECTION, "Ada", "pa55word", print) as connection:
        assert HubClient(connection).get("user") == ME
    assert list(hub.tokens) == ["a0"]
    posts = [sent.path for sent in wire.sent if sent.method == "POST"]
    assert posts == [f"/users/{name}/tokens" for name in asked]


def test_a_wrong_password_for_a_name_in_upper_case_is_sent_once(
    wire: Wire, slept: list[float]
) -> None:
    """Some authenticators lock an account after a few wrong passwords."""
    wire.play(otherwise=Hub())
    with (
        pytest.raises(RefusedError, match="refused the login of Ada: check"),
        logged_in(CONNECTION, "Ada", "wr0ng", print),
    ):
        pass
    assert wire.lines == [("GET", "/"), ("POST", "/users/Ada/tokens")]


def test_a_user_with_another_name_on_the_hub_is_distinguished_from_a_wrong_password(
    wire: Wire, slept: list[float]
) -> None:
    hub = Hub(name="abrook")
    wire.play(otherwise=hub)
    with (
        pytest.raises(
            RefusedError, match="accepts the password of Ada, but creates no token for this name"
        ),
        logged_in(CONNECTION, "Ada", "pa55word", print),
    ):
        pass
    assert list(hub.tokens) == ["a0"]


@pytest.mark.parametrize("error", [HubError("No."), KeyError("mistake"), KeyboardInterrupt()])
def test_a_task_that_fails_leaves_no_token_behind(
    wire: Wire, slept: list[float], error: BaseException
) -> None:
    def fail(client: HubClient) -> t.Any:
        raise error

    hub = Hub()
    with pytest.raises(type(error)):
        log_in(wire, hub, fail)
    assert list(hub.tokens) == ["a0"]


@pytest.mark.parametrize("fault", ["lost", "unseen"])
def test_a_token_whose_response_was_lost_is_revoked_with_the_next(
    wire: Wire, slept: list[float], fault: str
) -> None:
    hub = Hub({0: fault})
    assert log_in(wire, hub, look) == (ME, [])
    assert list(hub.tokens) == ["a0"]
    notes = {sent.body["note"] for sent in wire.sent if sent.method == "POST"}
    assert len(notes) == 1


def test_two_logins_do_not_take_each_other_s_tokens(wire: Wire, slept: list[float]) -> None:
    hub = Hub()
    log_in(wire, hub, look)
    log_in(wire, hub, look)
    assert len({sent.body["note"] for sent in wire.sent if sent.method == "POST"}) == 2


def test_a_login_whose_answer_is_lost_again_and_again_is_given_up(
    wire: Wire, slept: list[float]
) -> None:
    hub = Hub(dict.fromkeys(range(10), "unseen"))
    with pytest.raises(AnswerLostError):
        log_in(wire, hub, look)
    assert len(wire.sent) == CONNECTION.retries + 2


def test_all_requests_of_a_login_are_counted_and_the_version_is_known(
    wire: Wire, slept: list[float]
) -> None:
    hub = Hub(
        {
            0: "unseen",
            1: Reply(
                201,
                {**ROW, "id": "a1", "note": "n", "token": "secret-1"},
                headers={"X-JupyterHub-Version": "6.1.1"},
            ),
        }
    )
    wire.play(otherwise=hub)
    used: list[HubClient] = []
    with logged_in(CONNECTION, "ada", "pa55word", print, used.append) as connection:
        assert connection.api_token == "secret-1"
    assert [(client.requests, client.retries) for client in used] == [(3, 1), (3, 2)]
    assert used[0].version == "6.1.1"


def test_the_requests_of_a_login_that_fails_are_counted(wire: Wire, slept: list[float]) -> None:
    wire.play(Reply(data={"version": "6.1.1"}), otherwise=refusal(403))
    used: list[HubClient] = []
    with pytest.raises(RefusedError), logged_in(CONNECTION, "ada", "pa55word", print, used.append):
        pass
    assert [client.requests for client in used] == [2]


@pytest.mark.parametrize(
    ("age", "note", "last_activity", "goes"),
    [
        (3600, "hubops login 0123", None, True),
        (60, "hubops login 0123", None, False),
        (3600, "hubops login 0123", "2026-01-01T00:00:00Z", False),
        (3600, "hers", None, False),
    ],
    ids=["lost", "on its way", "in use", "hers"],
)
def test_a_login_clears_away_what_earlier_ones_have_lost(
    wire: Wire, slept: list[float], age: int, note: str, last_activity: str | None, goes: bool
) -> None:
    hub = Hub()
    created = (utcnow() - datetime.timedelta(seconds=age)).isoformat()
    hub.tokens["a9"] = {
        **ROW,
        "id": "a9",
        "note": note,
        "last_activity": last_activity,
        "created": created,
        "secret": "nobody's",
    }
    assert log_in(wire, hub, look) == (ME, [])
    assert ("a9" not in hub.tokens) is goes


def test_a_user_who_was_renamed_by_the_task_is_found_again(wire: Wire, slept: list[float]) -> None:
    hub = Hub({2: refusal(404, "No such user: ada")})
    assert log_in(wire, hub, look) == (ME, [])
    assert list(hub.tokens) == ["a0"]
    assert wire.lines[3:] == [
        ("GET", "/users/ada/tokens"),
        ("GET", "/user"),
        ("GET", "/users/ada/tokens"),
        ("DELETE", "/users/ada/tokens/a1"),
    ]


def test_a_token_that_has_revoked_itself_is_no_reason_for_a_warning(
    wire: Wire, slept: list[float]
) -> None:
    hub = Hub({3: "lost"})
    assert log_in(wire, hub, look) == (ME, [])
    assert list(hub.tokens) == ["a0"]


def test_a_wrong_password_is_reported_and_not_shown(wire: Wire, slept: list[float]) -> None:
    hub = Hub()
    with pytest.raises(
        RefusedError,
        match="The hub refused the login of ada: check login_username and login_password",
    ) as caught:
        log_in(wire, hub, look, password="wr0ng")
    assert "wr0ng" not in str(caught.value)
    assert len(wire.sent) == 2


def test_the_maximum_lifetime_of_the_hub_is_reported(wire: Wire, slept: list[float]) -> None:
    hub = Hub(longest=3600)
    assert log_in(wire, hub, look) == (ME, [])
    assert ["expires_in" in sent.body for sent in wire.sent if sent.method == "POST"] == [
        True,
        False,
    ]


@pytest.mark.parametrize("status", [400, 500])
def test_another_refusal_is_reported_unchanged(wire: Wire, slept: list[float], status: int) -> None:
    with pytest.raises(ApiError) as caught:
        log_in(wire, Hub({0: refusal(status, "no")}), look)
    assert caught.value.status == status


@pytest.mark.parametrize("number", [2, 3])
def test_a_token_that_cannot_be_revoked_is_a_warning_and_not_a_failure(
    wire: Wire, slept: list[float], number: int
) -> None:
    hub = Hub(dict.fromkeys(range(number, number + 3), refusal(500, "no")))
    result, warnings = log_in(wire, hub, look)
    assert result == ME
    assert [warning[:43] for warning in warnings] == ["The login token of ada could not be revoked"]
    assert "12 hours" in warnings[0]


@pytest.mark.parametrize("name", ["", "a/b", ".."])
def test_a_name_that_no_user_can_have_is_not_sent(wire: Wire, name: str) -> None:
    with pytest.raises(RefusedError), logged_in(CONNECTION, name, "pa55word", print):
        pass
    assert wire.sent == []
