# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusals of the hub, and responses of other servers in its place."""

from __future__ import annotations

import json

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    ApiError,
    HubError,
    NotTheHubError,
    UnusableAnswerError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import (
    HubClient,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.shapes import one
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Reply,
    Wire,
    refusal,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.trouble import (
    DONE,
    WRITES,
    Connect,
    foreign,
)

# Refusals


@pytest.mark.parametrize(
    ("reply", "message", "scopes"),
    [
        (
            refusal(
                403,
                "Action is not authorized with current scopes; requires any of [read:users,"
                " list:users]",
            ),
            (
                "GET /users was refused by the hub with 403: Action is not authorized with current"
                " scopes; requires any of [read:users, list:users]. Give the caller's role one of"
                " these scopes: list:users, read:users."
            ),
            ["list:users", "read:users"],
        ),
        (
            refusal(403, "requires any of [token s3cr3t-token, 'a b', tokens!user=ada]"),
            (
                "GET /users was refused by the hub with 403: requires any of [token ***, 'a b',"
                " tokens!user=ada]. Give the caller's role one of these scopes: tokens!user=ada."
            ),
            ["tokens!user=ada"],
        ),
        (
            refusal(403, "Missing or invalid credentials."),
            (
                "GET /users was refused by the hub with 403: Missing or invalid credentials. The"
                " token is wrong, expired or revoked: give a valid api_token. A hub that cannot"
                " reach its database gives the same answer: see its log."
            ),
            None,
        ),
        (
            refusal(403, "Only admins can grant admin permissions"),
            (
                "GET /users was refused by the hub with 403: Only admins can grant admin"
                " permissions. Since JupyterHub 4.1 only a caller that is itself an admin may do"
                " this, whatever its scopes: set admin: True for the service, or use an admin's"
                " token."
            ),
            None,
        ),
        (refusal(403), "GET /users was refused by the hub with 403.", None),
        (refusal(400, "Bad name."), "GET /users was refused by the hub with 400: Bad name.", None),
        (
            refusal(405, "Method Not Allowed"),
            "GET /users was refused by the hub with 405: Method Not Allowed.",
            None,
        ),
        (
            Reply(400, {"status": 400, "message": {"odd": 1}}),
            "GET /users was refused by the hub with 400.",
            None,
        ),
    ],
    ids=["scopes", "said back", "token", "admins", "bare 403", "400", "405", "odd message"],
)
def test_a_refusal_is_reported_in_one_sentence(
    client: HubClient, wire: Wire, reply: Reply, message: str, scopes: list[str] | None
) -> None:
    wire.play(otherwise=reply)
    with pytest.raises(ApiError) as caught:
        client.get("users")
    result = caught.value.to_result()
    assert result["msg"] == message
    assert result.get("missing_scopes") == scopes
    assert (result["status"], result["method"], result["path"]) == (reply.status, "GET", "/users")
    # If the hub does not know the token, the request is repeated, because its database may be down
    # for a moment.
    assert client.retries == (2 if "expired" in message else 0)


@pytest.mark.parametrize(
    ("message", "of_one"),
    [
        ("Only admins can modify other admins", True),
        ("Do not have permission to grant share with scope admin:servers!server=ada/lab", True),
        ("Need scope 'read:users:name' to share with users by name", True),
        ("quota exceeded", True),
        ("Action is not authorized with current scopes; requires any of [shares]", False),
        ("Missing or invalid credentials.", False),
        ("Forbidden", False),
        (None, False),
    ],
)
def test_a_403_is_of_one_item_where_it_has_a_reason_of_its_own(
    client: HubClient, wire: Wire, message: str | None, of_one: bool
) -> None:
    wire.play(otherwise=refusal(403, message))
    with pytest.raises(ApiError) as caught:
        client.request("POST", ("shares", "ada", "lab"))
    assert caught.value.of_one_item == of_one


@pytest.mark.parametrize("method", ["GET", *WRITES])
def test_a_request_is_repeated_if_the_hub_cannot_look_up_the_token(
    client: HubClient, wire: Wire, slept: list[float], method: str
) -> None:
    wire.play(refusal(403, "Missing or invalid credentials."), DONE)
    answer = client.request(method, ("users", "ada"))
    assert (answer.data, answer.repeated, len(slept)) == ({"done": True}, False, 1)


@pytest.mark.parametrize("status", [403, 500])
def test_a_failure_that_may_pass_is_retried_twice(
    connect: Connect, wire: Wire, slept: list[float], status: int
) -> None:
    for retries, asked in ((5, 3), (1, 2), (0, 1)):
        wire.sent.clear()
        wire.play(otherwise=refusal(status, "Missing or invalid credentials."))
        with pytest.raises(ApiError):
            connect(retries=retries).get("users")
        assert len(wire.sent) == asked


# Responses that are not from the hub


IMPOSTORS = {
    "200 text": foreign(200, "blocked by policy", "text/plain"),
    "200 {}": foreign(200, "{}", "application/json"),
    "200 []": foreign(200, "[]", "application/json"),
    "201 empty": foreign(201),
    "202 JSON": foreign(202, '{"name": "ada"}', "application/json"),
    "204": foreign(204, kind=None),
    "301": foreign(301, Location="/elsewhere"),
    "401 HTML": foreign(401, "<html>"),
    "403 JSON": foreign(403, '{"message": "no"}', "application/json"),
    "403 like a hub": foreign(403, '{"status": 403, "message": "no"}', "application/json"),
    "403 HTML": foreign(403, "<html>"),
    "404 JSON": foreign(
        404, '{"message": "no Route matched with those values"}', "application/json"
    ),
    "404 HTML": foreign(404, "<html>"),
    "409 JSON": foreign(409, '{"message": "exists"}', "application/json"),
    "500 JSON": foreign(500, '{"error": "x"}', "application/json"),
    # These have the hub's header, but are not valid responses of its API.
    "403 of a page": Reply(403, text="<html>", kind="text/html"),
    "404 of a page": Reply(404, text="<html>", kind="text/html"),
    "403 without its status": Reply(403, {"message": "no"}),
    "404 with another status": Reply(404, {"status": 200, "message": "no"}),
    "400 list": Reply(400, ["no", "object"]),
    "500 garbled": Reply(500, text="[1, 2"),
    # These are the hub's own, of an earlier moment.
    "200 from a cache": Reply(200, {"name": "ada"}, headers={"Age": "7"}),
    "403 from a cache": Reply(403, {"status": 403, "message": "no"}, headers={"Age": "1"}),
    "404 from a cache": Reply(404, {"status": 404, "message": "no"}, headers={"Age": "99"}),
}


@pytest.mark.parametrize("reply", IMPOSTORS.values(), ids=IMPOSTORS)
def test_an_answer_that_is_not_the_hub_s_proves_nothing(
    connect: Connect, wire: Wire, slept: list[float], reply: Reply
) -> None:
    client = connect(retries=2)
    wire.play(otherwise=reply)
    with pytest.raises(NotTheHubError) as caught:
        client.find("users", "ada")
    # Until the hub has answered once, the address may be wrong, so retries would not help.
    assert slept == []
    assert caught.value.to_result()["status"] == reply.status
    for method in WRITES:
        with pytest.raises(AnswerLostError):
            client.request(method, ("users", "ada"), body={})
    assert client.effects == 4
    wire.play(DONE, reply, DONE)
    client.get("user")
    assert client.get("users", "ada") == {"done": True}


@pytest.mark.parametrize("age", ["0", "", "x", "-1"])
def test_a_cache_may_pass_on_an_answer_that_it_has_just_read(
    client: HubClient, wire: Wire, age: str
) -> None:
    wire.play(Reply(200, {"name": "ada"}, headers={"Age": age}))
    assert client.get("user") == {"name": "ada"}


def test_the_clock_is_not_set_by_an_answer_that_a_cache_has_kept(
    client: HubClient, wire: Wire
) -> None:
    """It is the quickest of all, and bears the time of then."""
    headers = {"Age": "9000", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}
    wire.play(Reply(200, {"name": "ada"}, headers=headers))
    with pytest.raises(NotTheHubError):
        client.get("user")
    assert (client.clock.offset, client.clock.warning) == (0.0, None)


@pytest.mark.parametrize(
    ("reply", "path", "words"),
    [
        (
            foreign(403, Server="cloudflare"),
            ("users",),
            (
                "was answered with 403 by cloudflare, and not by the hub at"
                " http://hub.example.org/hub/api"
            ),
        ),
        (
            foreign(403, Server="cloudflare"),
            ("users",),
            "There may be a firewall or a login page in front of the hub",
        ),
        (foreign(200, "{}"), ("users",), "by something in front of the hub, and not by the hub"),
        (foreign(200, "{}"), ("users",), "the answer lacks the header X-JupyterHub-Version."),
        (
            foreign(200, "{}"),
            ("users",),
            "if a proxy in front of the hub removes this header, configure it to keep the header.",
        ),
        (
            foreign(200, "{}", Server="TornadoServer/6.5"),
            ("users",),
            "by something in front of the hub",
        ),
        (foreign(200, "{}", Server="nginx/1.2 \x1b[2J"), ("users",), "by nginx/1.2, and"),
        (foreign(200, "{}", Server="\x1b[2J"), ("users",), "by something in front of the hub"),
        (
            foreign(404, Server="Apache/2.4.57 (Debian)"),
            ("groups", "a/b"),
            "(AllowEncodedSlashes NoDecode in Apache)",
        ),
        (
            foreign(404, Server="Apache/2.4.57 (Debian)"),
            ("groups", "ab"),
            "Check hub_url, especially its base path",
        ),
        (
            foreign(407),
            ("users",),
            "requires a login: add it to the proxy's address in the environment",
        ),
        (foreign(502, Server="nginx"), ("users",), "by nginx, and not by the hub"),
        (
            Reply(200, {}, headers={"Age": "7", "Server": "TornadoServer/6.5"}),
            ("users",),
            "by something in front of the hub, and not by the hub at http://hub.example.org/hub/api:"
            " the answer was kept by a cache for 7 seconds. Configure the cache",
        ),
    ],
)
def test_the_likely_sender_of_a_response_is_named(
    connect: Connect,
    wire: Wire,
    slept: list[float],
    reply: Reply,
    path: tuple[str, ...],
    words: str,
) -> None:
    wire.play(otherwise=reply)
    with pytest.raises(NotTheHubError) as caught:
        connect(retries=0).get(*path)
    assert words in caught.value.message
    assert caught.value.message.isprintable()
    if "/" in "".join(path):
        assert "hub_url" not in caught.value.message


def test_a_proxy_of_the_environment_is_named_when_it_answers_itself(
    connect: Connect, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example.org")
    wire.play(foreign(404))
    with pytest.raises(
        NotTheHubError, match="It came through the proxy set in the environment"
    ) as caught:
        connect().get("users")
    assert "hub_url" not in caught.value.message


ODD = {
    "nested": Reply(text="[" * 200_000),
    "list": Reply(data=[]),
    "null": Reply(text="null"),
    "text": Reply(data="ada"),
    "number": Reply(data=5),
    "no name": Reply(data={"kind": "user"}),
    "admin": Reply(data={"name": "ada", "admin": "yes"}),
    "groups": Reply(data={"name": "ada", "groups": [1]}),
    "servers": Reply(data={"name": "ada", "servers": None}),
    "server": Reply(data={"name": "ada", "servers": {"": None}}),
    "server's keys": Reply(data={"name": "ada", "servers": {"": {"name": ""}}}),
    "created": Reply(data={"name": "ada", "created": "yesterday"}),
    "activity": Reply(data={"name": "ada", "last_activity": 5}),
}


@pytest.mark.parametrize("reply", ODD.values(), ids=ODD)
def test_unexpected_json_is_reported_in_one_sentence(
    client: HubClient, wire: Wire, slept: list[float], reply: Reply
) -> None:
    wire.play(otherwise=reply)
    shape = one(UserRow, "name")
    with pytest.raises(
        UnusableAnswerError,
        match=(
            r"^The hub answered GET /users/ada with 200 and a body that no JupyterHub sends:"
            r" .*[^.]\. Check the hub"
        ),
    ) as caught:
        client.get("users", "ada", shape=shape)
    assert len(caught.value.message) < 300
    assert slept == []
    for method in WRITES:
        with pytest.raises(AnswerLostError):
            client.request(method, ("users", "ada"), shape=shape)


def test_a_name_that_was_destroyed_is_not_odd(client: HubClient, wire: Wire) -> None:
    wire.play(Reply(data={"name": None, "servers": {}, "groups": None, "more": {"a": [1]}}))
    shape = one(UserRow, "name")
    assert shape.of(client.get("users", "x", shape=shape))["name"] is None


def test_no_refusal_holds_the_token_or_the_body(client: HubClient, wire: Wire) -> None:
    wire.play(refusal(400, "Invalid"))
    with pytest.raises(ApiError) as caught:
        client.request("PATCH", ("users", "ada"), body={"auth_state": {"refresh": "pa55word"}})
    told = json.dumps(caught.value.to_result()) + repr(caught.value) + repr(client.connection)
    assert "s3cr3t-token" not in told
    assert "pa55word" not in told


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_hub_that_its_proxy_does_not_know_for_a_moment_is_waited_for(
    client: HubClient, wire: Wire, slept: list[float], method: str
) -> None:
    """A proxy that has just started gives this response until the hub has sent it the routes.
    Before the hub's first response, the address may be wrong instead.
    """
    unknown = foreign(404, "Not Found")
    wire.play(DONE, unknown, unknown, DONE, otherwise=unknown)
    client.get("user")
    assert client.request(method, ("users",), body=None if method == "GET" else {}).repeated is (
        method != "GET"
    )
    assert len(slept) == client.retries == 2
    with (
        pytest.raises(HubError, match="was answered with 404"),
        client.with_token("other") as other,
    ):
        other.get("user")
    assert other.retries > 0


@pytest.mark.parametrize("method", ["GET", *WRITES])
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://hub.example.org/hub/api/users", "https://hub.example.org/hub/api/users"),
        ("/jupyter/hub/api/users?next=s3cr3t", "/jupyter/hub/api/users"),
        ("https://ada:pa55word@hub.example.org/x", "https://hub.example.org/x"),
        ("odd\\x", "odd\\x"),
        (None, "an unnamed place"),
        # The hub has moved. It is not a hub that looks for every path below its own root.
        ("/hub/hub/api/other", "/hub/hub/api/other"),
    ],
)
def test_a_redirect_is_reported_and_never_followed(
    client: HubClient, wire: Wire, method: str, location: str | None, target: str
) -> None:
    wire.play(
        Reply(
            302,
            text="",
            kind="text/html",
            foreign=True,
            headers={} if location is None else {"Location": location},
        )
    )
    # It is unknown whether a write was done before the redirect.
    with pytest.raises(NotTheHubError if method == "GET" else AnswerLostError) as caught:
        client.request(method, ("users",))
    assert f"redirects {method} /users to {target}: the token is not sent there" in str(
        caught.value
    )
    assert len(wire.sent) == 1


def test_a_redirect_without_a_target_is_reported_too(client: HubClient, wire: Wire) -> None:
    wire.play(Reply(302, headers={"Location": "http://[broken"}))
    with pytest.raises(HubError, match="is, or redirects to, an address that cannot be used"):
        client.request("GET", ("users",))


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (
            Reply(200, text="<html>Log in</html>", kind="text/html; charset=utf-8"),
            "answered with 200 and a web page",
        ),
        (
            Reply(404, text="<html>Nothing</html>", kind="text/html"),
            "answered with 404 and a web page, and has no JupyterHub API there",
        ),
        (
            foreign(404, "<html>Nothing</html>"),
            "was answered with 404 by something in front of the hub",
        ),
    ],
)
def test_a_wrong_address_is_reported_at_once(
    client: HubClient, wire: Wire, reply: Reply, message: str
) -> None:
    wire.play(reply)
    with pytest.raises(NotTheHubError, match=message) as caught:
        client.get("users", "ada")
    assert "heck hub_url, especially its base path" in str(caught.value)
    assert client.retries == 0
