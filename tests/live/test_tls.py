# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to a hub: TLS with certificates that fit and others, proxies, servers that redirect,
base paths, IPv6.
"""

from __future__ import annotations

import pathlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from tests.hub import Hub
from tests.live.support import GROUP, INFO, USER, Result, one_sentence, runner, snapshot
from tests.live.support_ways import Front, Proxy, redirecting
from tests.live.token_support import TOKEN
from tests.running import run_playbook
from tests.unit.plugins.module_utils.certificates import Authority, Files, tls

Options = dict[str, Any]

pytestmark = [pytest.mark.filterwarnings("ignore:Unverified HTTPS request"), pytest.mark.newest]

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
# A host that no machine has: whoever gets there has come through the proxy.
NOWHERE = "hub.invalid"


class Papers:
    """Two authorities that know nothing of each other, and what they have signed.

    hubs: certificates and keys of hubs, by what is special about them.
    files: what the options of a task may name.
    """

    def __init__(self, place: pathlib.Path) -> None:
        for name in ("ours", "theirs"):
            (place / name).mkdir()
        self.ours, theirs = Authority(place / "ours"), Authority(place / "theirs")
        self.hubs: dict[str, Files] = {
            "good": self.ours.issue("good"),
            "other address": self.ours.issue("elsewhere", "192.0.2.1"),
            "localhost": self.ours.issue("localhost", "localhost"),
            "nowhere": self.ours.issue("nowhere", NOWHERE),
            "expired": self.ours.issue("expired", days=(-3, -1)),
            "early": self.ours.issue("early", days=(1, 3)),
            "self-signed": self.ours.issue("own", self_signed=True),
            "IPv6": self.ours.issue("six", "::1"),
        }
        clients = {
            "client": self.ours.issue("client"),
            "stranger": theirs.issue("client"),
            "late": self.ours.issue("late", days=(-3, -1)),
        }
        self.files = {
            "ours": str(self.ours.bundle),
            "theirs": str(theirs.bundle),
            "self-signed": str(self.hubs["self-signed"][0]),
        }
        self.files |= {name: str(files[0]) for name, files in clients.items()}
        self.files |= {f"{name}.key": str(files[1]) for name, files in clients.items()}
        certificate, key = (file.read_bytes() for file in clients["client"])
        locked = serialization.load_pem_private_key(key, None).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"geheim"),
        )
        for name, content in (
            ("both", certificate + key),
            ("locked", certificate + locked),
            ("text", b"no certificate\n"),
        ):
            file = place / f"{name}.pem"
            file.write_bytes(content)
            self.files[name] = str(file)

    def options(self, named: Options) -> Options:
        """Return the options of a task, with paths in place of the names of files."""
        return {
            key: self.files[value] if isinstance(value, str) else value
            for key, value in named.items()
        }


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Certificates, made for this run."""
    return Papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have proxies and certificates of his own."""
    for name in (*PROXIES, *map(str.lower, PROXIES), "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def works(hub: Hub, way: str, user: str, options: Options) -> None:
    """See that a hub is read and written this way."""
    run = runner(hub, hub_url=way, **options)
    made = run(USER, {"name": user})
    assert (made["failed"], made["changed"]) == (False, True), made
    assert user in hub.users()
    found = run(INFO, {"gather": ["hub", "whoami", "users"]})
    assert not found["failed"], found
    assert found["whoami"]["name"] == "provisioner"
    assert {row["name"] for row in found["users"]} == set(hub.users())


def refused(hub: Hub, way: str, options: Options, *words: str) -> None:
    """See that this way is refused to modules that write, that read and that log in; in words, and
    without an effect.
    """
    before, mark = snapshot(hub), hub.mark()
    login = {"api_token": None, "login_username": "ada", "login_password": hub.password}
    for name, task in ((USER, {"name": "eve"}), (INFO, {}), (USER, {"name": "eve", **login})):
        result = runner(hub, hub_url=way, **{"retries": 1, **options})(name, task)
        told(hub, result, *words)
    assert hub.requests(mark) == []
    assert snapshot(hub) == before


def told(hub: Hub, result: Result, *words: str) -> None:
    """See that a task has failed without an effect, for a reason that one clear sentence tells."""
    assert (result["failed"], result["changed"], result.get("changes", [])) == (
        True,
        False,
        [],
    ), result
    one_sentence(result)
    for word in words:
        assert word in result["msg"], result["msg"]
    for unclear in ("_ssl.c", "[SSL", "PEM lib", "SSLError", "ProxyError", hub.token, hub.password):
        assert unclear not in str(result), result


# TLS

TRUSTED: list[tuple[str, str, Options]] = [
    ("good", "127.0.0.1", {"ca_path": "ours"}),
    ("localhost", "localhost", {"ca_path": "ours"}),
    # Who is signed by nobody can be trusted himself.
    ("self-signed", "127.0.0.1", {"ca_path": "self-signed"}),
    *(
        (name, "127.0.0.1", {"validate_certs": False})
        for name in ("good", "other address", "expired", "self-signed")
    ),
    ("expired", "127.0.0.1", {"validate_certs": False, "ca_path": "theirs"}),
]


def test_a_certificate_that_fits(hub: Hub, papers: Papers) -> None:
    """Hubs with an authority of their own are trusted by ca_path, and all of them when nothing is
    to be verified.
    """
    for number, (name, host, options) in enumerate(TRUSTED):
        with Front(hub, tls=tls(papers.hubs[name])) as front:
            works(hub, front.url.replace("127.0.0.1", host), f"u{number}", papers.options(options))
        # Also shows that the record below would hold a token.
        assert hub.token.encode() in front.received


UNTRUSTED: list[tuple[str, str, Options, str]] = [
    (
        "good",
        "127.0.0.1",
        {},
        "could not be trusted (unable to get local issuer certificate); check hub_url and ca_path",
    ),
    ("good", "127.0.0.1", {"ca_path": "theirs"}, "unable to get local issuer certificate"),
    ("other address", "127.0.0.1", {"ca_path": "ours"}, "certificate is not valid for '127.0.0.1'"),
    ("good", "localhost", {"ca_path": "ours"}, "certificate is not valid for 'localhost'"),
    ("expired", "127.0.0.1", {"ca_path": "ours"}, "(certificate has expired)"),
    ("early", "127.0.0.1", {"ca_path": "ours"}, "(certificate is not yet valid)"),
    ("self-signed", "127.0.0.1", {"ca_path": "ours"}, "(self-signed certificate)"),
    ("self-signed", "127.0.0.1", {}, "(self-signed certificate)"),
]


@pytest.mark.parametrize(
    ("name", "host", "options", "words"),
    UNTRUSTED,
    ids=[f"{case[0]} at {case[1]} {case[2]}" for case in UNTRUSTED],
)
def test_a_certificate_that_does_not_fit(
    hub: Hub, papers: Papers, name: str, host: str, options: Options, words: str
) -> None:
    """Such a server gets neither token nor password, nor anything else, and is not asked again."""
    with Front(hub, tls=tls(papers.hubs[name])) as front:
        refused(hub, front.url.replace("127.0.0.1", host), papers.options(options), words)
        assert front.received == b""
        assert front.calls == 3


def test_a_client_certificate(hub: Hub, papers: Papers) -> None:
    """A hub that asks for one is reached with certificate and key in two files or in one, by
    modules of every kind.
    """
    with Front(hub, tls=tls(papers.hubs["good"], papers.ours)) as front:
        for number, files in enumerate(
            [{"client_cert": "client", "client_key": "client.key"}, {"client_cert": "both"}]
        ):
            works(hub, front.url, f"u{number}", papers.options({"ca_path": "ours", **files}))
        run = runner(
            hub, hub_url=front.url, **papers.options({"ca_path": "ours", "client_cert": "both"})
        )
        for name, task in (
            (USER, {"name": "ada"}),
            (GROUP, {"name": "course", "users": ["ada"]}),
            ("jupyterhub_server", {"user": "ada"}),
            (TOKEN, {"user": "ada", "note": "n"}),
            ("jupyterhub_proxy", {}),
        ):
            result = run(name, task)
            assert (result["failed"], result["changed"]) == (False, True), result
        # What is told comes from the stream of events, by way of the same certificate.
        failed = run(
            "jupyterhub_server", {"user": "u0", "user_options": {"fail": "the node is full"}}
        )
        assert "the node is full" in failed["msg"], failed
        login = {"api_token": None, "login_username": "ada", "login_password": hub.password}
        assert run(INFO, login)["whoami"]["name"] == "ada"


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"client_cert": "stranger", "client_key": "stranger.key"},
        {"client_cert": "late", "client_key": "late.key"},
    ],
    ids=["none", "stranger", "late"],
)
def test_a_client_certificate_that_does_not_fit(hub: Hub, papers: Papers, options: Options) -> None:
    """A hub that asks for one lets nobody in without it. The failure names the option, be the
    server's alert in time or not.
    """
    with Front(hub, tls=tls(papers.hubs["good"], papers.ours)) as front:
        refused(hub, front.url, papers.options({"ca_path": "ours", **options}), "client_cert")
        assert front.received == b""


UNUSABLE: list[tuple[Options, str]] = [
    ({"ca_path": "text"}, "ca_path {text} contains no readable certificates"),
    (
        {"client_cert": "text", "client_key": "client.key"},
        "client_cert {text} and client_key {client.key} cannot be used",
    ),
    (
        {"client_cert": "client", "client_key": "text"},
        "client_cert {client} and client_key {text} cannot be used",
    ),
    (
        {"client_cert": "client", "client_key": "stranger.key"},
        "cannot be used: key values mismatch.",
    ),
    (
        {"client_cert": "client"},
        (
            "client_cert {client}, which must also contain the key if client_key is not set,"
            " cannot be used"
        ),
    ),
    ({"client_cert": "locked"}, "cannot be used: the key has a passphrase."),
]


def test_files_that_cannot_be_used(hub: Hub, papers: Papers) -> None:
    """They are named before anybody is asked, and nobody is asked for a passphrase."""
    with Front(hub, tls=tls(papers.hubs["good"], papers.ours)) as front:
        for options, words in UNUSABLE:
            for name, path in papers.files.items():
                words = words.replace("{" + name + "}", path)
            result = runner(
                hub, hub_url=front.url, **papers.options({"ca_path": "ours", **options})
            )(USER, {"name": "eve"})
            told(hub, result, words)
        assert front.calls == 0


@pytest.mark.usefixtures("hasty")
def test_the_wrong_protocol(hub: Hub, papers: Papers) -> None:
    """An http that should be https, and the other way round, is guessed."""
    with Front(hub, tls=tls(papers.hubs["good"])) as front:
        refused(hub, front.url.replace("https:", "http:"), {}, "write hub_url with https")
        assert front.received == b""
    # The hub's proxy waits for the end of what it takes for a line.
    refused(
        hub,
        hub.url.replace("http:", "https:"),
        {"timeout": 0.3, "retries": 0},
        "it may not speak TLS",
    )


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_server_that_redirects(hub: Hub, papers: Papers, status: int) -> None:
    """Nothing follows to another host, to TLS on the same host, or to another path: the task fails
    and names the place.
    """
    with Front(hub) as other, Front(hub, tls=tls(papers.hubs["good"])) as encrypted:
        for place in (
            f"{other.url.replace('127.0.0.1', 'localhost')}hub/api/",
            f"{encrypted.url}hub/api/",
            "/elsewhere/api/",
        ):
            with Front(hub, answer=redirecting(status, f"{place}?token=gone")) as front:
                words = (
                    f"to {place}: the token is not sent there. Set hub_url to the hub's current"
                    " address."
                )
                refused(hub, front.url, {"ca_path": papers.files["ours"]}, words)
                assert front.calls == 3
        assert (other.calls, encrypted.calls) == (0, 0)


@pytest.mark.parametrize("status", [301, 307])
def test_a_server_that_redirects_what_writes(hub: Hub, status: int) -> None:
    """One that answers all but the first write is as far as it comes: what was read is of no use,
    and the report is true.
    """
    before = snapshot(hub)
    with (
        Front(hub) as other,
        Front(
            hub, answer=redirecting(status, f"{other.url}hub/api/users", all_but=b"GET ")
        ) as front,
    ):
        result = runner(hub, hub_url=front.url)(USER, {"users": [{"name": "ada"}, {"name": "bob"}]})
        # Whatever redirects may have passed the request on before: it is looked for, and nothing is
        # there.
        assert (result["failed"], result["changed"], result["changes"]) == (True, True, [])
        assert f"redirects POST /users to {other.url}hub/api/users" in result["msg"]
        assert [change["name"] for change in result["pending"]] == ["ada", "bob"]
        assert other.calls == 0
    assert snapshot(hub) == before


# Proxies of the environment


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_an_http_proxy(hub: Hub, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """All requests go by the proxy, and by nothing else."""
    with Proxy(hub) as proxy:
        monkeypatch.setenv(name, proxy.url)
        works(hub, f"http://{NOWHERE}", "ada", {})
        assert {(host, path.startswith("/hub/api/")) for _method, host, path in proxy.asked} == {
            (NOWHERE, True)
        }
        assert {method for method, _host, _path in proxy.asked} == {"GET", "POST"}


def test_an_https_proxy(hub: Hub, papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a tunnel, whose keeper reads nothing, and at whose end the certificate is verified all the
    same.
    """
    with Front(hub, tls=tls(papers.hubs["nowhere"])) as front, Proxy(hub, to=front) as proxy:
        # The one for http is not for https.
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        works(hub, f"https://{NOWHERE}", "ada", {"ca_path": papers.files["ours"]})
        assert set(proxy.asked) == {("CONNECT", f"{NOWHERE}:443", "")}
        assert hub.token.encode() in front.received
        front.received = b""
        refused(
            hub, f"https://{NOWHERE}", {"ca_path": papers.files["theirs"]}, "could not be trusted"
        )
        refused(
            hub,
            "https://other.invalid",
            {"ca_path": papers.files["ours"]},
            "certificate is not valid for 'other.invalid'",
        )
        assert front.received == b""
        # Neither a token nor a request, in the open.
        for word in (hub.token.encode(), b"/hub/api", b"Authorization", b"ada"):
            assert word not in proxy.received


def test_a_proxy_is_passed_by(hub: Hub, papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hosts that NO_PROXY names are asked themselves."""
    with Front(hub, tls=tls(papers.hubs["good"])) as front, Proxy(hub) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("NO_PROXY", "example.org,127.0.0.1")
        works(hub, hub.url, "ada", {})
        works(hub, front.url, "bob", {"ca_path": papers.files["ours"]})
        assert proxy.calls == 0


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_does_not_help(hub: Hub, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    """One that is not there, and one that wants a login or has another one, are told as what they
    are, without the password.
    """
    closed = (
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection:"
        b" close\r\n\r\n"
    )
    with Front(hub, answer=lambda _head: closed) as proxy:
        monkeypatch.setenv(
            f"{scheme}_proxy", f"http://me:{hub.password}@{proxy.url.split('//')[1]}"
        )
        refused(hub, f"{scheme}://{NOWHERE}", {}, "407", "proxy")
        assert b"Proxy-Authorization: Basic " in proxy.received
    monkeypatch.setenv(f"{scheme}_proxy", "http://127.0.0.1:1")
    refused(
        hub,
        hub.url.replace("http:", f"{scheme}:"),
        {},
        "cannot be reached through the proxy set in the environment (Connection refused)",
    )


def test_a_play_by_a_proxy(hub: Hub, papers: Papers) -> None:
    """In a module's own process too: the environment of the play, ca_path, a client certificate,
    and nothing printed but results.
    """
    play = f"""
- hosts: localhost
  gather_facts: false
  environment: {{HTTPS_PROXY: "{{{{ proxy }}}}"}}
  module_defaults:
    group/hubops.jupyterhub.jupyterhub: {{hub_url: "https://{NOWHERE}", client_cert: "{{{{ cert }}}}"}}
  tasks:
    - hubops.jupyterhub.jupyterhub_user: {{name: ada, ca_path: "{{{{ ca }}}}"}}
    - hubops.jupyterhub.jupyterhub_user: {{name: bob, validate_certs: false}}
    - hubops.jupyterhub.jupyterhub_user: {{name: eve}}
"""
    with (
        Front(hub, tls=tls(papers.hubs["nowhere"], papers.ours)) as front,
        Proxy(hub, to=front) as proxy,
    ):
        values = {"proxy": proxy.url, "cert": papers.files["both"], "ca": papers.files["ours"]}
        done = run_playbook(
            play,
            [f"-e{key}={value}" for key, value in values.items()],
            env={"JUPYTERHUB_API_TOKEN": hub.token},
        )
    assert done.returncode == 2, done.stdout
    assert "could not be trusted (" in done.stdout
    assert sorted(hub.users()) == ["ada", "bob"]
    assert "Warning" not in done.stdout + done.stderr


# Addresses


@pytest.fixture(scope="module")
def odd_path_hub(running_hub: Hub) -> Iterator[Hub]:
    """A hub below a path with a space and a letter of many bytes, that begins as the hub's own
    does.
    """
    with Hub(running_hub.series, base_url="/hub%20at/%E2%80%A6/") as hub:
        yield hub


def test_a_base_path(odd_path_hub: Hub) -> None:
    """However its address is written, a hub below a path is found, and nowhere else."""
    place = odd_path_hub.url.removesuffix("/hub%20at/%E2%80%A6/")
    paths = ["/hub%20at/%E2%80%A6", "/hub%20at/…"]
    ways = [
        f"{place}{path}{end}"
        for path in paths
        for end in ("", "/", "//", "/hub", "/hub/", "/hub/api", "/hub/api/")
    ]
    for number, way in enumerate(ways):
        works(odd_path_hub, way, f"u{number}", {})
    before = snapshot(odd_path_hub)
    for wrong in ("", "/hub%20at", "/hub%20at/%E2%80%A6/elsewhere", "/hub%2520at/%25E2%2580%25A6"):
        result = runner(odd_path_hub, hub_url=f"{place}{wrong}", retries=0)(USER, {"name": "eve"})
        told(odd_path_hub, result, "check hub_url")
    assert snapshot(odd_path_hub) == before
    # What is more than the API: servers, and what is answered with an address.
    assert runner(odd_path_hub)("jupyterhub_server", {"user": "u0"})["servers"][0][
        "url"
    ].startswith("/hub%20at/%E2%80%A6/user/u0/")


def has_ipv6() -> bool:
    """Whether this machine can talk to itself by IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_ipv6(hub: Hub, papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address in brackets works, in the open and with TLS, whose certificate has to be for that
    address; NO_PROXY knows it too.
    """
    with Front(hub, host="::1") as front:
        for number, way in enumerate(
            [front.url, f"{front.url}hub/api", front.url.replace("::1", "0:0:0:0:0:0:0:1")]
        ):
            works(hub, way, f"u{number}", {})
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("NO_PROXY", "::1,[::1]")
        works(hub, front.url, "by", {})
    for name, fits in (("IPv6", True), ("good", False)):
        with Front(hub, tls=tls(papers.hubs[name]), host="::1") as front:
            if fits:
                works(hub, front.url, "six", {"ca_path": papers.files["ours"]})
            else:
                refused(
                    hub,
                    front.url,
                    {"ca_path": papers.files["ours"]},
                    "certificate is not valid for '::1'",
                )
                assert front.received == b""
