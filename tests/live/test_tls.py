# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections to a hub: TLS with valid and invalid certificates, proxies, redirects, base paths,
IPv6.
"""

from __future__ import annotations

import json
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

pytestmark = [
    pytest.mark.filterwarnings("ignore:Unverified HTTPS request"),
    pytest.mark.newest,
    pytest.mark.daily(2),
]

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
# No machine has this host name, so a request for it can only succeed through the proxy.
NOWHERE = "hub.invalid"


class Papers:
    """Two certificate authorities that do not know each other, and certificates signed by them.

    hubs: certificates and keys of hubs, by their special property.
    files: the files that options of a task can name.
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
        """Return the options of a task, with paths instead of names of files."""
        return {
            key: self.files[value] if isinstance(value, str) else value
            for key, value in named.items()
        }


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Certificates that are created for this test run."""
    return Papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove proxies and certificates from the environment of the person who runs the tests."""
    for name in (*PROXIES, *map(str.lower, PROXIES), "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def works(hub: Hub, way: str, user: str, options: Options) -> None:
    """Assert that a hub can be read and written with these options."""
    run = runner(hub, hub_url=way, **options)
    made = run(USER, {"name": user})
    assert (made["failed"], made["changed"]) == (False, True), made
    assert user in hub.users()
    found = run(INFO, {"gather": ["hub", "whoami", "users"]})
    assert not found["failed"], found
    assert found["whoami"]["name"] == "provisioner"
    assert {row["name"] for row in found["users"]} == set(hub.users())


def refused(hub: Hub, way: str, options: Options, *words: str) -> None:
    """Assert that modules that write, read or log in fail with these options, with a readable
    message and without an effect.
    """
    before, mark = snapshot(hub), hub.mark()
    login = {"api_token": None, "login_username": "ada", "login_password": hub.password}
    for name, task in ((USER, {"name": "eve"}), (INFO, {}), (USER, {"name": "eve", **login})):
        result = runner(hub, hub_url=way, **{"retries": 1, **options})(name, task)
        assert_failed(hub, result, *words)
    assert hub.requests(mark) == []
    assert snapshot(hub) == before


def assert_failed(hub: Hub, result: Result, *words: str) -> None:
    """Assert that a task has failed without an effect, with one clear sentence that gives the
    reason.
    """
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
    # A self-signed certificate is its own authority.
    ("self-signed", "127.0.0.1", {"ca_path": "self-signed"}),
    *(
        (name, "127.0.0.1", {"validate_certs": False})
        for name in ("good", "other address", "expired", "self-signed")
    ),
    ("expired", "127.0.0.1", {"validate_certs": False, "ca_path": "theirs"}),
]


def test_a_certificate_that_fits(hub: Hub, papers: Papers) -> None:
    """ca_path makes a hub with a private authority trusted; with validate_certs false, every hub is
    trusted.
    """
    for number, (name, host, options) in enumerate(TRUSTED):
        with Front(hub, tls=tls(papers.hubs[name])) as front:
            works(hub, front.url.replace("127.0.0.1", host), f"u{number}", papers.options(options))
        # This also proves that the record would show a token in the next test.
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
    """A server with an invalid certificate receives no token, no password and no other data, and
    the request is not repeated.
    """
    with Front(hub, tls=tls(papers.hubs[name])) as front:
        refused(hub, front.url.replace("127.0.0.1", host), papers.options(options), words)
        assert front.received == b""
        assert front.calls == 3


def test_a_client_certificate(hub: Hub, papers: Papers) -> None:
    """A hub that requires a client certificate can be reached with the certificate and the key in
    two files or in one, by every kind of module.
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
        # This message is read from the server's event stream, with the same certificate.
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
    """A hub that requires a client certificate refuses connections without a valid one. The failure
    names the option, even if the server's TLS alert arrives late.
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
    """The file is named before any connection, and no passphrase is asked for."""
    with Front(hub, tls=tls(papers.hubs["good"], papers.ours)) as front:
        for options, words in UNUSABLE:
            for name, path in papers.files.items():
                words = words.replace("{" + name + "}", path)
            result = runner(
                hub, hub_url=front.url, **papers.options({"ca_path": "ours", **options})
            )(USER, {"name": "eve"})
            assert_failed(hub, result, words)
        assert front.calls == 0


@pytest.mark.usefixtures("hasty")
def test_the_wrong_protocol(hub: Hub, papers: Papers) -> None:
    """The message suggests https if http was used by mistake, and the other way round."""
    with Front(hub, tls=tls(papers.hubs["good"])) as front:
        refused(hub, front.url.replace("https:", "http:"), {}, "write hub_url with https")
        assert front.received == b""
    # The hub's proxy waits for the end of a line, because it takes the TLS handshake for HTTP. Other
    # servers answer.
    refused(
        hub, hub.url.replace("http:", "https:"), {"timeout": 0.3, "retries": 0}, "not speak TLS"
    )


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_server_that_redirects(hub: Hub, papers: Papers, status: int) -> None:
    """A redirect to another host, to TLS on the same host or to another path is not followed: the
    task fails and names the target.
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
    """The server answers reads and redirects the first write: the task stops there, and reports
    correctly that nothing was done.
    """
    before = snapshot(hub)
    with (
        Front(hub) as other,
        Front(
            hub, answer=redirecting(status, f"{other.url}hub/api/users", all_but=b"GET ")
        ) as front,
    ):
        result = runner(hub, hub_url=front.url)(USER, {"users": [{"name": "ada"}, {"name": "bob"}]})
        # A redirecting server may have forwarded the request before. The task therefore looks for
        # the users, and finds none.
        assert (result["failed"], result["changed"], result["changes"]) == (True, True, [])
        assert f"redirects POST /users to {other.url}hub/api/users" in result["msg"]
        assert [change["name"] for change in result["pending"]] == ["ada", "bob"]
        assert other.calls == 0
    assert snapshot(hub) == before


# Proxies of the environment


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_an_http_proxy(hub: Hub, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """All requests use the proxy."""
    with Proxy(hub) as proxy:
        monkeypatch.setenv(name, proxy.url)
        works(hub, f"http://{NOWHERE}{hub.path}", "ada", {})
        api = f"{hub.path}hub/api/"
        assert {(host, path.startswith(api)) for _method, host, path in proxy.asked} == {
            (NOWHERE, True)
        }
        assert {method for method, _host, _path in proxy.asked} == {"GET", "POST"}


def test_an_https_proxy(hub: Hub, papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests use a tunnel that the proxy cannot read. The certificate at its end is verified as
    usual.
    """
    with Front(hub, tls=tls(papers.hubs["nowhere"])) as front, Proxy(hub, to=front) as proxy:
        # HTTP_PROXY is not used for https.
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        works(hub, f"https://{NOWHERE}{hub.path}", "ada", {"ca_path": papers.files["ours"]})
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
        # The proxy has seen neither a token nor a request.
        for word in (hub.token.encode(), b"hub/api", b"Authorization", b"ada"):
            assert word not in proxy.received


def test_no_proxy(hub: Hub, papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts in NO_PROXY are contacted directly."""
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
    """A proxy that does not exist, needs a login or rejects the password is reported as such,
    without the password.
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
    """ansible-playbook runs modules in their own process: the environment of the play, ca_path and
    a client certificate work, and nothing but results is printed.
    """
    play = f"""
- hosts: localhost
  gather_facts: false
  environment: {{HTTPS_PROXY: "{{{{ proxy }}}}"}}
  module_defaults:
    group/hubops.jupyterhub.jupyterhub:
      hub_url: "https://{NOWHERE}{hub.path}"
      client_cert: "{{{{ cert }}}}"
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


def test_the_playbooks_take_the_whole_connection(
    hub: Hub, papers: Papers, tmp_path: pathlib.Path
) -> None:
    """Every playbook uses the variables of the role: here, a hub that asks for a certificate."""
    token = {"user": "ada", "note": "n", "dest": str(tmp_path / "token")}
    hub.add_users("ada")
    with Front(hub, tls=tls(papers.hubs["good"], papers.ours)) as front:
        values = {
            "jupyterhub_url": front.url,
            "jupyterhub_api_token": hub.token,
            "jupyterhub_client_cert": str(papers.files["both"]),
            "jupyterhub_validate_certs": False,
            "export_dest": str(tmp_path / "export.yml"),
            "adopt_dest": str(tmp_path / "adopt.yml"),
            "rotate_tokens_list": [token],
        }
        for playbook in ("export", "adopt", "rotate_tokens"):
            done = run_playbook(
                pathlib.Path(f"hubops.jupyterhub.{playbook}"), ["-e", json.dumps(values)]
            )
            assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in tmp_path.glob("*.yml")} == {"export.yml", "adopt.yml"}
    assert len(hub.user_tokens("ada")) == 1


# Addresses


@pytest.fixture(scope="module")
def odd_path_hub(running_hub: Hub) -> Iterator[Hub]:
    """A hub below a path with a space and a non-ASCII letter. The path begins with "hub", like the
    hub's own.
    """
    # Behind nginx or Apache its configuration would need the path in another form.
    with Hub(running_hub.series, profile="plain", base_url="/hub%20at/%E2%80%A6/") as hub:
        yield hub


def test_a_base_path(odd_path_hub: Hub) -> None:
    """A hub below a base path is found in every spelling of its address, and at no other path."""
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
        assert_failed(odd_path_hub, result, "check hub_url")
    assert snapshot(odd_path_hub) == before
    # Servers have URLs below the base path too.
    assert runner(odd_path_hub)("jupyterhub_server", {"user": "u0"})["servers"][0][
        "url"
    ].startswith("/hub%20at/%E2%80%A6/user/u0/")


def has_ipv6() -> bool:
    """Return whether this machine can connect to itself by IPv6."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_ipv6(hub: Hub, papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    """An IPv6 address in brackets works, with and without TLS. The certificate has to contain that
    address, and NO_PROXY can name it.
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
