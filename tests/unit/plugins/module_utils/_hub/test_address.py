# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses, names in paths, and values in headers."""

from __future__ import annotations

import datetime
import email.utils
import json
import random
import time

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import (
    Hidden,
    api_root,
    encode_path,
    same_hub,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import (
    HubClient,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.retry import (
    backoff,
    retry_after,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import version_tuple
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Wire,
    refusal,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.trouble import (
    DONE,
    WRITES,
)

# Addresses


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://hub.example.org", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/", "https://hub.example.org/hub/api"),
        ("  https://hub.example.org\n", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/hub", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/hub/", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/hub/api", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/hub/api/", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/jupyter", "https://hub.example.org/jupyter/hub/api"),
        ("https://hub.example.org/jupyter/hub/api//", "https://hub.example.org/jupyter/hub/api"),
        ("https://hub.example.org/a/b/hub", "https://hub.example.org/a/b/hub/api"),
        ("https://hub.example.org/hub/hub/api", "https://hub.example.org/hub/hub/api"),
        ("https://hub.example.org/api", "https://hub.example.org/api/hub/api"),
        ("https://hub.example.org/github", "https://hub.example.org/github/hub/api"),
        ("https://hub.example.org/hub/home", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/jupyter/hub/token/", "https://hub.example.org/jupyter/hub/api"),
        ("https://hub.example.org/hub/spawn/ada/lab", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/hub/api/users/ada", "https://hub.example.org/hub/api"),
        ("https://hub.example.org/hub/homework", "https://hub.example.org/hub/homework/hub/api"),
        ("HTTPS://Hub.Example.org:8443", "https://Hub.Example.org:8443/hub/api"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081/hub/api"),
        ("http://[::1]:8000/", "http://[::1]:8000/hub/api"),
        ("https://hüb.example.org", "https://hüb.example.org/hub/api"),
    ],
)
def test_the_root_of_the_api_is_found_below_any_way_of_writing_the_address(
    url: str, root: str
) -> None:
    assert api_root(url) == root
    assert api_root(root) == root


@pytest.mark.parametrize(
    "url",
    [
        "",
        "   ",
        "hub.example.org",
        "hub.example.org:8000",
        "//hub.example.org",
        "/hub/api",
        "ftp://hub.example.org",
        "file:///etc/passwd",
        "https://",
        "https:///hub",
        "https://:8000",
        "https://hub.example.org:port",
        "https://hub.example.org:99999",
        "http://[::1",
        "http://hub.example.org:0",
    ],
)
def test_an_invalid_address_is_refused_with_a_valid_example(url: str) -> None:
    with pytest.raises(RefusedError, match=r"is not a valid address: write it like https://"):
        api_root(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://ada:pa55word@hub.example.org",
        "https://pa55word@hub.example.org/hub",
        "https://hub.example.org?token=pa55word",
        "https://hub.example.org/#pa55word",
        "ftp://ada:pa55word@hub.example.org",
        "https://ada:pa55word@hub.example.org:port",
    ],
)
def test_an_address_that_holds_a_secret_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(RefusedError) as caught:
        api_root(url)
    assert "pa55word" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://hub.example.org/user/ada/lab", "https://hub.example.org/jupyter/user/ada"]
)
def test_the_address_of_a_server_is_not_that_of_the_hub(url: str) -> None:
    with pytest.raises(
        RefusedError,
        match=(
            "is the address of a user's server: give the address of the hub, which ends before"
            " /user/"
        ),
    ):
        api_root(url)


# Names in paths


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("ada", "/ada"),
        ("course/1", "/course%2F1"),
        ("a%b", "/a%25b"),
        ("a%2Fb", "/a%252Fb"),
        ("%2e%2e", "/%252e%252e"),
        ("a#b?c+d&e", "/a%23b%3Fc%2Bd%26e"),
        ("a b", "/a%20b"),
        ("é", "/%C3%A9"),
        ("🪐", "/%F0%9F%AA%90"),
        ("a\nb\tc\0", "/a%0Ab%09c%00"),
        ("...", "/..."),
        (".a", "/.a"),
        ("a\\b", "/a%5Cb"),
        ("~-_.", "/~-_."),
    ],
)
def test_a_name_is_encoded_whole(name: str, encoded: str) -> None:
    assert encode_path([name]) == encoded
    assert encode_path(["users", name, "server"]) == f"/users{encoded}/server"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "no address on the hub can contain it"),
        (".", "no address on the hub can contain it"),
        ("..", "no address on the hub can contain it"),
        ("a\ud800", "not valid Unicode"),
        ("x" * 8001, "too long for an address"),
        ("é" * 3000, "too long for an address"),
    ],
)
def test_a_name_that_no_path_can_carry_is_refused_before_any_request(
    client: HubClient, wire: Wire, name: str, reason: str
) -> None:
    for method in ("GET", *WRITES):
        with pytest.raises(RefusedError, match=reason):
            client.request(method, ("users", name))
    assert wire.sent == []
    assert client.requests == 0


@pytest.mark.parametrize("secret", ["s3cr3t\ud800", "s3cr3t" * 2000])
def test_a_secret_that_no_path_can_carry_is_not_shown(secret: str) -> None:
    with pytest.raises(RefusedError) as caught:
        encode_path(["authorizations", "token", Hidden(secret)])
    assert "s3cr3t" not in str(caught.value)


def test_a_long_name_is_cut_for_people_only() -> None:
    path = ["groups", "\u65e5" * 255]
    assert len(encode_path(path)) == len("/groups/") + 255 * 9
    assert encode_path(path, show=True) == f"/groups/{('%E6%97%A5' * 14)[:120]}..."
    assert encode_path(["users", "ada"], show=True) == "/users/ada"


def test_a_name_reaches_the_hub_as_it_was_encoded(client: HubClient, wire: Wire) -> None:
    names = ["a/b", "a%2Fb", "%2e%2e", "a b+c", "é?x=1#y", "~"]
    wire.play(otherwise=DONE)
    for name in names:
        client.get("groups", name)
    assert [sent.path for sent in wire.sent] == [encode_path(["groups", name]) for name in names]
    assert all(sent.query == {} for sent in wire.sent)


def test_a_secret_in_a_path_is_sent_and_not_shown(client: HubClient, wire: Wire) -> None:
    wire.play(refusal(404), refusal(403, "no"))
    assert client.find("authorizations", "token", Hidden("s3cr3t")) is None
    with pytest.raises(ApiError) as caught:
        client.get("authorizations", "token", Hidden("s3cr3t"))
    assert wire.sent[0].path == "/authorizations/token/s3cr3t"
    assert "s3cr3t" not in json.dumps(caught.value.to_result())
    assert caught.value.path == "/authorizations/token/***"


# Small parsers


@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("5.5.4", (5, 5, 4)),
        ("4.0", (4, 0)),
        ("6", (6,)),
        ("6.0.0b1", (6, 0, 0)),
        ("5.0.0.dev", (5, 0, 0)),
        ("5.2.1+local", (5, 2, 1)),
        ("", ()),
        ("dev", ()),
    ],
)
def test_a_version_is_the_numbers_it_begins_with(version: str, numbers: tuple[int, ...]) -> None:
    assert version_tuple(version) == numbers


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("0", 1.0),
        ("17", 17.0),
        ("1.5", 1.5),
        ("-3", 1.0),
        ("99999999999", 604800.0),
        ("9" * 400, 604800.0),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        ("Sun, 99 Nov 2026 25:61:61 GMT", None),
        ("nan", None),
        ("inf", None),
        ("1e3", None),
    ],
)
def test_retry_after_in_seconds(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, time.time()) == seconds


@pytest.mark.parametrize(
    ("ahead", "least", "most"), [(40, 38, 40), (-40, 1, 1)], ids=["ahead", "past"]
)
def test_retry_after_as_a_date(ahead: int, least: float, most: float) -> None:
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=ahead)
    seconds = retry_after(email.utils.format_datetime(moment, usegmt=True), time.time())
    assert seconds is not None
    assert least <= seconds <= most


@pytest.mark.parametrize("share", [0.5, 1.0])
@pytest.mark.parametrize(
    ("attempt", "most"),
    [(0, 0.5), (1, 1.0), (2, 2.0), (5, 16.0), (6, 30.0), (40, 30.0), (5000, 30.0)],
)
def test_the_waits_double_up_to_half_a_minute_with_jitter(
    monkeypatch: pytest.MonkeyPatch, attempt: int, most: float, share: float
) -> None:
    def pick(low: float, high: float) -> float:
        assert (low, high) == (0.5, 1.0)
        return share

    monkeypatch.setattr(random, "uniform", pick)
    assert backoff(attempt) == most * share


def test_two_addresses_of_one_hub_are_the_same_however_they_are_written() -> None:
    hub = "https://hub.example.org/jupyter"
    for same in (
        f" {hub}/hub/home ",
        f"{hub}//",
        "HTTPS://Hub.Example.ORG/jupyter",
        "https://hub.example.org:443/jupyter/hub/api",
    ):
        assert same_hub(hub, same)
        assert same_hub(same, hub, encrypted=True)
    for plain in ("http://hub.example.org/jupyter", "http://hub.example.org:80/jupyter"):
        assert same_hub(hub, plain)
        assert not same_hub(hub, plain, encrypted=True)
    for other in (
        "https://hub.example.org",
        "https://hub.example.org/Jupyter",
        "https://hub.example.org:80/jupyter",
        "https://hub.example.org:8000/jupyter",
        "no address",
    ):
        assert not same_hub(hub, other)
    assert same_hub("no address", "no address ")
