# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of an audit, tested by tables: which findings each rule has for given facts."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.kinds import SPECS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit import (
    baseline,
    judge,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.audit import choose
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import Case
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.compare import (
    SECRETS,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import (
    Group,
    Hidden,
    Hub,
    Outside,
    Server,
    Service,
    Share,
    ShareCode,
    Token,
    User,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.policy import (
    Policy,
    PolicyOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.table import CHECKS

NOW = datetime.datetime(2026, 11, 26, 6, tzinfo=datetime.timezone.utc)
ADMIN_SCOPES = frozenset({"admin:users", "read:users"})
HARMLESS = frozenset({"read:users!user=ada"})
Rows = dict[str, str]


def ago(days: float) -> datetime.datetime:
    """Return a past time; a future one if the number is negative."""
    return NOW - datetime.timedelta(days=days)


def user(name: str | None, **fields: Any) -> User:
    """Return an ordinary user."""
    usual = User(name, False, ("user",), (), ago(400), ago(1))
    return dataclasses.replace(usual, **fields)


def token(name: str, **fields: Any) -> Token:
    """Return a token that a person has created, which is no fault."""
    usual = Token(
        name, "a1", "laptop", HARMLESS, ago(10), ago(1), ago(-30), "JupyterHub", False, False
    )
    return dataclasses.replace(usual, **fields)


def server(name: str, server_name: str = "", **fields: Any) -> Server:
    """Return a running server."""
    usual = Server(name, server_name, True, None, False, ago(0.5), ago(0.01), None)
    return dataclasses.replace(usual, **fields)


def hub(**fields: Any) -> Hub:
    """Return a hub without faults, except for these fields."""
    usual = Hub("https://hub.example.org", (6, 1, 1), NOW, python="3.12.1 (main)")
    return dataclasses.replace(usual, **fields)


def with_servers(*servers: Server) -> Hub:
    """Return a hub with these servers of one user."""
    return hub(users=(user("ada", servers=servers),))


def share(guest: str, kind: str = "user", days: float = 1) -> Share:
    """Return a share of ada's server."""
    return Share("ada", "lab", kind, guest, ("access:servers",), ago(days))


def code(expires: datetime.datetime | None, uses: int = 0) -> ShareCode:
    """Return a share code of ada's server."""
    return ShareCode("ada", "lab", "c1", ago(1), expires, uses)


ADA, EVE = user("ada", admin=True), user("eve", admin=True)
# By topic: the check, the facts, the policy, and the severity of each subject.
TABLE: dict[str, tuple[str, Hub, PolicyOptions, Rows]] = {
    "admin off the list": ("ADM-1", hub(users=(ADA, EVE)), {"admins": ["ada"]}, {"eve": "high"}),
    "admins by pattern, in any case": ("ADM-1", hub(users=(ADA,)), {"admins": ["AD*"]}, {}),
    "admin without a name is another check": (
        "ADM-1",
        hub(users=(user(None, admin=True),)),
        {"admins": []},
        {},
    ),
    "nameless": ("ADM-2", hub(users=(user(None),)), {}, {"(a user without a name)": "high"}),
    "nameless admin": (
        "ADM-2",
        hub(users=(user(None, admin=True),)),
        {},
        {"(a user without a name)": "critical"},
    ),
    "nameless in a group with roles": (
        "ADM-2",
        hub(
            users=(user(None, groups=("staff",)),),
            groups=(Group("staff", (None,), ("power",)),),
        ),
        {},
        {"(a user without a name)": "critical"},
    ),
    "admin away": (
        "ADM-3",
        hub(users=(user("ada", admin=True, last_activity=ago(500)), EVE)),
        {"user_idle": "400d"},
        {"ada": "medium"},
    ),
    "admin new and never active": (
        "ADM-3",
        hub(users=(user("ada", admin=True, last_activity=None, created=ago(3)),)),
        {"user_idle": "400d"},
        {},
    ),
    "too many admins": ("ADM-4", hub(users=(ADA, EVE)), {"max_admins": 1}, {"admins": "medium"}),
    "one admin alone": ("ADM-4", hub(users=(ADA,)), {"max_admins": 2}, {"admins": "low"}),
    "one admin is meant": ("ADM-4", hub(users=(ADA,)), {"max_admins": 1}, {}),
    "group with another role": (
        "ADM-5",
        hub(groups=(Group("staff", ("ben",), ("a", "b")), Group("ops", (), ("a",)))),
        {"group_roles": {"staff": ["a"], "ops": "a"}},
        {"staff": "medium"},
    ),
    "roles of a group as text": (
        "ADM-5",
        hub(groups=(Group("staff", ("ben",), ("a", "b")),)),
        {"group_roles": {"staff": "a, b"}},
        {},
    ),
    "group whose member's token shows power": (
        "ADM-5",
        hub(
            users=(user("ben"),),
            groups=(Group("staff", ("ben",), ("a",)),),
            tokens=(token("ben", scopes=ADMIN_SCOPES),),
        ),
        {"group_roles": {}},
        {"staff": "high"},
    ),
    "roles of one's own": (
        "ADM-6",
        hub(users=(user("ben", roles=("user", "helper")), user("bot", roles=("job",)))),
        {"admins": [], "service_accounts": ["bot"]},
        {"ben": "medium"},
    ),
    "name in upper case": ("USR-1", hub(users=(user("Ada"),)), {}, {"Ada": "low"}),
    "name in upper case beside its twin": (
        "USR-1",
        hub(users=(user("Ada"), user("ada"))),
        {},
        {"Ada": "high"},
    ),
    "hub that keeps case": ("USR-1", hub(users=(user("Ada"),)), {"normalize": "none"}, {}),
    "never active": (
        "USR-2",
        hub(
            users=(
                user("old", last_activity=None, created=ago(61)),
                user("new", last_activity=None, created=ago(59)),
                user("bot", last_activity=None, created=ago(99)),
            )
        ),
        {"never_active": "60d", "service_accounts": ["bot"]},
        {"old": "low"},
    ),
    "away, with and without tokens": (
        "USR-3",
        hub(
            users=(user("ada", last_activity=ago(99)), user("ben", last_activity=ago(99))),
            tokens=(token("ben"),),
        ),
        {"user_idle": "90d"},
        {"ada": "low", "ben": "medium"},
    ),
    "not one of the people": (
        "USR-4",
        hub(users=(user("ada"), user("bot"), user("root"), user("eve"))),
        {"people": ["ada"], "service_accounts": ["bot"], "admins": ["root"]},
        {"eve": "high"},
    ),
    "nobody is declared": ("USR-4", hub(users=(user("ada"),)), {"people": []}, {"ada": "high"}),
    "names that look alike": (
        "USR-5",
        hub(users=(user("zo\u00eb"), user("zoe\u0308"), user("ab\u200bc"))),
        {},
        {"zoe\u0308": "medium", "ab\u200bc": "medium"},
    ),
    "powerful for ever": (
        "TOK-1",
        hub(
            tokens=(
                token("ada", scopes=ADMIN_SCOPES, expires_at=None),
                token("ada", scopes=ADMIN_SCOPES, expires_at=None, note="me", calling=True),
                token("ada", scopes=ADMIN_SCOPES, expires_at=None, note="Server at /user/ada/"),
                token("ada", scopes=ADMIN_SCOPES, expires_at=None, note="", oauth_client="service"),
                token("ben", expires_at=None),
                token("cleo", scopes=frozenset({"admin:users!user=x"}), expires_at=None),
            )
        ),
        {},
        {"ada/laptop": "high"},
    ),
    "powerful for a while": (
        "TOK-2",
        hub(tokens=(token("ada", scopes=ADMIN_SCOPES), token("ben"))),
        {},
        {"ada/laptop": "medium"},
    ),
    "ordinary for ever, once for each owner": (
        "TOK-3",
        hub(tokens=tuple(token("ada", id=one, note=one, expires_at=None) for one in "ab")),
        {},
        {"ada": "low"},
    ),
    "unused, powerful and not": (
        "TOK-4",
        hub(
            tokens=(
                token("ada", last_activity=ago(91)),
                token("ben", last_activity=None, created=ago(91), scopes=ADMIN_SCOPES),
                token("cleo", last_activity=None, created=ago(5)),
            )
        ),
        {"token_unused": "90d"},
        {"ada/laptop": "medium", "ben/laptop": "high"},
    ),
    "owner is none of the people": (
        "TOK-5",
        hub(tokens=(token("ada"), token("eve"))),
        {"people": ["ada"]},
        {"eve/laptop": "high"},
    ),
    "token that is old": (
        "TOK-6",
        hub(tokens=(token("ada", created=ago(366)), token("ben"))),
        {"token_max_age": "365d"},
        {"ada/laptop": "medium"},
    ),
    "managed and not renewed": (
        "TOK-7",
        hub(
            tokens=(
                token("ada", managed=True, expires_at=ago(-3)),
                token("ben", managed=True, expires_at=ago(-30)),
                token("cleo", expires_at=ago(-3)),
            )
        ),
        {"renew_before": "7d"},
        {"ada/laptop": "medium"},
    ),
    "without a purpose, or twice": (
        "TOK-8",
        hub(
            tokens=(
                token("ada", note=" "),
                token("ben", note="Requested via api by user x"),
                token("cleo", id="1"),
                token("cleo", id="2"),
                token("dora"),
            )
        ),
        {},
        {"ada": "low", "ben": "low", "cleo": "low"},
    ),
    "services": (
        "SVC-1",
        hub(services=(Service("root", True, (), ""), Service("ok", True, (), ""))),
        {"admin_services": ["ok"]},
        {"root": "high"},
    ),
    "services with roles": (
        "SVC-2",
        hub(services=(Service("culler", False, ("cull",), ""), Service("bare", False, (), ""))),
        {"services": []},
        {"culler": "medium"},
    ),
    "services that nobody declares": (
        "SVC-3",
        hub(services=(Service("bare", False, (), ""), Service("culler", False, ("cull",), ""))),
        {"services": []},
        {"bare": "medium"},
    ),
    "service in the open": (
        "SVC-4",
        hub(
            services=tuple(
                Service(name, False, (), url)
                for name, url in (
                    ("far", "http://far.example.org:8000"),
                    ("near", "http://127.0.0.1:9"),
                    ("cluster", "http://x.default.svc:80"),
                    ("tls", "https://far.example.org"),
                )
            )
        ),
        {},
        {"far": "low"},
    ),
    "shared with strangers, and with a group of them": (
        "SHR-1",
        hub(
            users=(user("ada"),),
            groups=(Group("mixed", ("ada", "eve"), ()), Group("ours", ("ada",), ())),
            shares=(share("eve"), share("mixed", "group"), share("ours", "group"), share("bob")),
        ),
        {"people": ["ada"], "share_ok": ["ada/bob"]},
        {"ada/lab with eve": "high", "ada/lab with group mixed": "high"},
    ),
    "shared long ago, or by somebody who is away": (
        "SHR-2",
        hub(
            users=(user("ada", last_activity=ago(500)),), shares=(share("x", days=200), share("y"))
        ),
        {"share_max_age": "180d", "user_idle": "400d"},
        {"ada/lab with x": "medium", "ada/lab with y": "medium"},
    ),
    "code without an end": (
        "SHR-3",
        hub(share_codes=(code(None),)),
        {},
        {"ada/lab code c1": "medium"},
    ),
    "code of a month and a day": (
        "SHR-3",
        hub(share_codes=(code(ago(-31)),)),
        {},
        {"ada/lab code c1": "medium"},
    ),
    "code that has expired": ("SHR-3", hub(share_codes=(code(ago(1), 9),)), {"code_uses": 1}, {}),
    "code that many have used": (
        "SHR-3",
        hub(share_codes=(code(ago(-1), 2),)),
        {"code_uses": 1},
        {"ada/lab code c1": "medium"},
    ),
    "shares before 5.5.1": (
        "SHR-4",
        hub(version=(5, 5, 0), shares=(share("x"),)),
        {},
        {"ada/lab with x": "high"},
    ),
    "shares since 5.5.1": ("SHR-4", hub(version=(5, 5, 1), shares=(share("x"),)), {}, {}),
    "runs for long": (
        "SRV-1",
        with_servers(
            server("ada", "long", started=ago(8)),
            server("ada", "late", started=ago(8), pending="stop"),
            server("ada", "gone", started=ago(8), stopped=True),
            server("ada", "new"),
        ),
        {"server_max_age": "7d"},
        {"ada/long": "medium"},
    ),
    "idle": (
        "SRV-2",
        with_servers(
            server("ada", "idle", last_activity=ago(2)),
            server("ada", "silent", last_activity=None, started=ago(2)),
            server("ada", "used"),
        ),
        {"server_idle": "1d"},
        {"ada/idle": "medium", "ada/silent": "medium"},
    ),
    "pending": (
        "SRV-3",
        with_servers(
            server("ada", "stuck", pending="spawn", started=ago(0.5)),
            server("ada", "starting", pending="spawn", started=ago(0.01)),
        ),
        {},
        {"ada/stuck": "high"},
    ),
    "profile that is no more": (
        "SRV-4",
        with_servers(
            server("ada", "old", profile="huge"),
            server("ada", "ok", profile="small"),
            server("ada", "none"),
        ),
        {"profiles": ["small"]},
        {"ada/old": "low"},
    ),
    "server of a stranger": (
        "SRV-5",
        hub(users=(user("eve", servers=(server("eve"), server("eve", "x", stopped=True))),)),
        {"people": ["ada"]},
        {"eve/": "high"},
    ),
    "many stopped servers": (
        "SRV-6",
        with_servers(*(server("ada", name, stopped=True) for name in ("", "a", "b"))),
        {"stopped_servers": 1},
        {"ada": "low"},
    ),
    "as many as there may be": (
        "SRV-6",
        with_servers(*(server("ada", name, stopped=True) for name in ("", "a"))),
        {"stopped_servers": 1},
        {},
    ),
    "empty groups": (
        "GRP-1",
        hub(groups=(Group("x", (), ()), Group("ok", (), ()), Group("r", (), ("a",)))),
        {"groups_ok": ["ok"]},
        {"x": "low"},
    ),
    "groups that no request can name": (
        "GRP-2",
        hub(groups=tuple(Group(name, ("a",), ()) for name in ("", ".", "..", "a\nb", "ok"))),
        {},
        {"": "medium", ".": "medium", "..": "medium", "a\nb": "medium"},
    ),
    "a version with holes, of a series that has ended": (
        "HUB-1",
        hub(version=(4, 1, 6)),
        {},
        {
            "CVE-2026-33709": "medium",
            "CVE-2026-40864": "medium",
            "CVE-2026-54338": "medium",
            "JupyterHub 4": "medium",
        },
    ),
    "a version without holes": ("HUB-1", hub(version=(5, 5, 1)), {}, {}),
    "authenticator for tests": (
        "HUB-2",
        hub(authenticator="jupyterhub.auth.DummyAuthenticator"),
        {},
        {"authenticator": "critical"},
    ),
    "authenticator for tests, on a test hub": (
        "HUB-2",
        hub(authenticator="jupyterhub.auth.DummyAuthenticator"),
        {"environment": "staging"},
        {"authenticator": "medium"},
    ),
    "one password and no admin": (
        "HUB-2",
        hub(authenticator="x.SharedPasswordAuthenticator", users=(user("ada"),)),
        {},
        {},
    ),
    "one password and admins": (
        "HUB-2",
        hub(authenticator="x.SharedPasswordAuthenticator", users=(ADA,)),
        {},
        {"authenticator": "high"},
    ),
    "spawner for tests": (
        "HUB-3",
        hub(spawner="jupyterhub.spawner.SimpleLocalProcessSpawner"),
        {},
        {"spawner": "high"},
    ),
    "plain http": ("HUB-4", hub(url="http://hub.example.org"), {}, {"http": "high"}),
    "plain http inside": ("HUB-4", hub(url="http://10.0.0.1:8000"), {}, {}),
    "certificate and HSTS": (
        "HUB-4",
        hub(outside=Outside(hsts=False, certificate_until=ago(-20))),
        {},
        {"certificate": "medium", "HSTS": "low"},
    ),
    "certificate of a hub inside": (
        "HUB-4",
        hub(url="https://hub.local", outside=Outside(hsts=False, certificate_until=ago(-22))),
        {},
        {},
    ),
    "metrics": ("HUB-5", hub(outside=Outside(metrics_open=True)), {}, {"/hub/metrics": "medium"}),
    "sign-up": ("HUB-6", hub(outside=Outside(signup_open=True)), {}, {"/hub/signup": "low"}),
    "pages that did not answer": ("HUB-5", hub(outside=Outside()), {}, {}),
    "one of them that did not answer": (
        "HUB-6",
        dataclasses.replace(
            hub(outside=Outside(signup_open=True)), hidden={"outside.metrics": Hidden("Away.")}
        ),
        {},
        {"/hub/signup": "low"},
    ),
    "Python 3.9": ("HUB-7", hub(python="3.9.2 (default)"), {}, {"Python 3.9": "medium"}),
    "Python of the future": ("HUB-7", hub(python="3.20.0"), {}, {}),
    "a token that can write": (
        "HUB-8",
        hub(caller_name="me", caller_scopes=frozenset({"read:users", "admin:users", "inherit"})),
        {},
        {"me": "info"},
    ),
    "a token that can only read": (
        "HUB-8",
        hub(caller_name="me", caller_scopes=frozenset({"read:users", "list:users"})),
        {},
        {},
    ),
}


@pytest.mark.parametrize("about", TABLE)
def test_a_rule_finds_this_and_nothing_else(about: str) -> None:
    id_, facts, policy, expected = TABLE[about]
    check = CHECKS[id_]
    hits = list(check.find(Case(facts, Policy.of(policy), str)))
    assert {hit.subject: judge.severity_of(hit, check) for hit in hits} == expected
    assert len(hits) == len(expected)
    assert all(hit.evidence for hit in hits)


def test_every_rule_is_in_the_table() -> None:
    """Rules that use plans of other modules, or the option ignore, are left out."""
    elsewhere = {id_ for id_ in CHECKS if id_.startswith(("DRF-", "IGN-"))}
    assert {id_ for id_, *_rest in TABLE.values()} == set(CHECKS) - elsewhere


def test_every_rule_says_what_to_do() -> None:
    for check in CHECKS.values():
        assert check.fix is not None or check.by_hand, check.id
        assert check.why.endswith("."), check.id
        assert check.title(1) == check.one
        assert "{n}" not in check.title(2)


def verdicts(facts: Hub, policy: PolicyOptions, *checks: str) -> judge.Verdicts:
    """Judge these facts; return the severities of the findings."""
    return judge.judge(Case(facts, Policy.of(policy), str), checks)


def test_what_was_not_seen_is_not_judged() -> None:
    facts = hub(users=(EVE,), hidden={"users.admin": Hidden("Why.", "read:users")})
    found = verdicts(facts, {"admins": []}, "ADM-1")
    assert found.hits == {}
    assert {"check": "ADM-1", "reason": "Why.", "scope": "read:users"} in found.not_assessed


def test_facts_that_the_policy_leaves_open_are_shown_and_not_judged() -> None:
    found = verdicts(hub(users=(EVE,)), {}, "ADM-1")
    assert found.hits == {}
    assert [(one["check"], one["subjects"]) for one in found.listed] == [("ADM-1", ["eve"])]


def test_shares_are_not_read_from_a_hub_without_them() -> None:
    found = verdicts(hub(version=(4, 0, 2)), {"people": []}, "SHR-1", "SHR-3")
    assert found.hits == {}
    assert not [one for one in found.not_assessed if one["check"].startswith("SHR")]


def test_an_old_table_of_advisories_is_reported() -> None:
    late = hub(now=NOW.replace(year=2028))
    (blank,) = [one for one in verdicts(late, {}, "HUB-1").not_assessed if one["check"] == "HUB-1"]
    assert "months old" in blank["reason"]


def test_no_secret_of_an_item_gets_into_the_task_of_a_fix() -> None:
    secret = {
        name
        for kind, spec in SPECS.items()
        for name, option in spec.options[kind]["options"].items()
        if option.get("no_log")
    }
    assert secret
    assert secret <= SECRETS


@pytest.mark.parametrize("roles", ['["a"]', ["a "], [""], [1], None, {"a": 1}, "a\nb"])
def test_roles_of_a_group_that_cannot_be_meant_are_refused(roles: object) -> None:
    """They would match no role of the hub, so that every role of the group was a finding."""
    with pytest.raises(RefusedError, match=r"^policy\.group_roles\.staff "):
        Policy.of({"group_roles": {"staff": roles}})


NFC, NFD = "zo\u00eb", "zoe\u0308"


@pytest.mark.parametrize("also", [False, True])
def test_how_a_name_is_encoded_makes_nobody_a_stranger_to_be_removed(also: bool) -> None:
    """The finding says so, and has no task; not so if the people of the list are on the hub, too."""
    zoe = user(NFD, admin=True, servers=(server(NFD),))
    there = hub(
        users=(zoe, *((user(NFC),) if also else ())),
        tokens=(token(NFD),),
        shares=(share(NFD),),
    )
    policy = Policy.of({"people": [NFC.upper(), "ada"], "admins": ["ada"]})
    case = Case(there, policy, str)
    for id_ in ("USR-4", "ADM-1", "TOK-5", "SRV-5", "SHR-1"):
        check = CHECKS[id_]
        (hit,) = check.find(case)
        assert check.fix is not None
        assert ("is encoded otherwise" in hit.evidence) != also, id_
        assert bool(check.fixes([hit], case)) == also, id_


def test_a_baseline_is_of_one_hub() -> None:
    earlier = {
        "findings": [],
        "hub": {"url": "https://hub.example.org/", "read_at": "2026-01-01T00:00:00Z"},
    }
    kept = baseline.of_report(earlier, "audit.json")
    assert baseline.of_report(kept, "") == kept
    for same in ("https://hub.example.org", "http://HUB.example.org/hub/api"):
        baseline.check_hub(kept, same)
    for other in ("https://hub.example.org/two", "https://hub.example.org:8000", "https://a.org"):
        with pytest.raises(RefusedError, match=r"a report of another hub, 'https://hub\.example"):
            baseline.check_hub(kept, other)


@pytest.mark.parametrize(
    ("checks", "skip", "said"),
    [
        ([], None, "leave no check"),
        (None, ["*"], "leave no check"),
        (["TOK-*"], ["TOK-?"], "leave no check"),
        (["TOK-99"], None, "There is no check 'TOK-99'"),
        (None, ["x" * 500], r"There is no check 'x{60}\.\.\.'"),
    ],
)
def test_an_audit_that_would_look_at_nothing_is_refused(
    checks: list[str] | None, skip: list[str] | None, said: str
) -> None:
    with pytest.raises(RefusedError, match=said):
        choose(checks, skip)
