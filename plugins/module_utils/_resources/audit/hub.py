# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Rules about the hub itself, and about the token that audits it."""

from __future__ import annotations

import ipaddress
import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.advisories import (
    ADVISORIES,
    AS_OF,
    ENDED,
    OLD_AFTER,
    PYTHON_ENDS,
    text,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import (
    Case,
    Check,
    Hit,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    SEVERITIES,
    Severity,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.say import (
    count,
    day,
    some,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.services import (
    inside,
)

# Days before its end at which a certificate should have been renewed.
CERTIFICATE_DAYS = 21
# All that an auditor needs (jupyterhub/scopes.py): reading, and nothing else.
READ_ONLY = (
    "read:hub",
    "list:users",
    "read:users",
    "read:servers",
    "read:tokens",
    "read:roles",
    "list:groups",
    "read:groups",
    "list:services",
    "read:services",
)
READ_ONLY_SINCE_5 = ("read:shares",)
HARMLESS = re.compile(r"(read|list):.*|inherit|self")


def lowered(case: Case, severity: Severity) -> Severity:
    """:returns: the severity for this kind of hub: two steps lower for a test hub."""
    if case.policy.environment != "staging":
        return severity
    return SEVERITIES[min(SEVERITIES.index(severity) + 2, len(SEVERITIES) - 2)]


def holes(case: Case) -> t.Iterator[Hit]:
    """HUB-1: versions with known vulnerabilities, and series that no longer get fixes."""
    version = case.hub.version
    for one in ADVISORIES:
        fixed = one.fixed_for(version)
        if fixed is not None:
            evidence = f"{one.what}; fixed in JupyterHub {text(fixed)}"
            yield Hit(one.id, evidence, fixed, one.severity)
    if version[0] in ENDED:
        last, since = ENDED[version[0]]
        evidence = f"the last release of JupyterHub {version[0]} was {last}, in {since:%B %Y}"
        yield Hit(f"JupyterHub {version[0]}", evidence, None, "medium")


def table_age(case: Case) -> str | None:
    """:returns: a sentence if the table of vulnerabilities is old; otherwise None."""
    age = case.hub.now.date() - AS_OF
    if age <= OLD_AFTER:
        return None
    return (
        f"The list of known vulnerabilities is {age.days // 30} months old: it does not contain"
        " newer ones. Update the collection."
    )


def test_logins(case: Case) -> t.Iterator[Hit]:
    """HUB-2: authenticators that let anyone log in as any user."""
    name = case.hub.authenticator
    if name.rsplit(".", 1)[-1] == "DummyAuthenticator":
        yield Hit("authenticator", case.show(name), None, lowered(case, "critical"))
    elif "SharedPasswordAuthenticator" in name and any(user.admin for user in case.hub.users):
        evidence = f"{case.show(name)}, and there are admins"
        yield Hit("authenticator", evidence, None, lowered(case, "high"))


def test_spawners(case: Case) -> t.Iterator[Hit]:
    """HUB-3: spawners that run all servers under one account."""
    if case.hub.spawner.rsplit(".", 1)[-1] == "SimpleLocalProcessSpawner":
        yield Hit("spawner", case.show(case.hub.spawner), None, lowered(case, "high"))


def transport(case: Case) -> t.Iterator[Hit]:
    """HUB-4: an unencrypted connection, or one that will soon fail."""
    outside, address = case.hub.outside, urlsplit(case.hub.url)
    if address.scheme == "http" and public(address.hostname or ""):
        yield Hit(
            "http",
            "the hub's address is not encrypted: anyone on the network path can read tokens",
            None,
        )
    until = outside.certificate_until
    age = case.hub.age(until)
    if age is not None and -age < CERTIFICATE_DAYS * 86400:
        yield Hit("certificate", f"ends on {day(until)}", None, "medium")
    if address.scheme == "https" and outside.hsts is False and public(address.hostname or ""):
        yield Hit("HSTS", "the header Strict-Transport-Security is missing", None, "low")


def public(host: str) -> bool:
    """Whether a host can be reached from elsewhere, as far as its name tells."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return not inside(f"http://{host}")


def metrics(case: Case) -> t.Iterator[Hit]:
    """HUB-5: metrics that anyone can read."""
    if case.hub.outside.metrics_open:
        yield Hit("/hub/metrics", "200 without a token", None)


def signup(case: Case) -> t.Iterator[Hit]:
    """HUB-6: a page on which people can create their own accounts."""
    if case.hub.outside.signup_open:
        yield Hit("/hub/signup", "200 without a token", None)


def python(case: Case) -> t.Iterator[Hit]:
    """HUB-7: a Python that no longer gets fixes."""
    found = re.match(r"(\d+)\.(\d+)", case.hub.python)
    if not found:
        return
    series = (int(found[1]), int(found[2]))
    ends = PYTHON_ENDS.get(series)
    if ends is not None and ends < case.hub.now.date():
        yield Hit(f"Python {found[0]}", f"no fixes since {ends:%B %Y}", None)


def writing(case: Case) -> t.Iterator[Hit]:
    """HUB-8: an audit that could do more than read."""
    more = can_write(case.hub.caller_scopes)
    if more:
        yield Hit(
            case.hub.caller_name,
            f"{count(len(more), 'scope')} that can write: {some(more, 5)}",
            None,
            names=(case.hub.caller_name,),
        )


def can_write(scopes: t.Iterable[str]) -> list[str]:
    """:returns: the scopes that are more than reading."""
    return sorted(scope for scope in scopes if not HARMLESS.fullmatch(scope))


CHECKS = (
    Check(
        id="HUB-1",
        severity="high",
        one="This version of JupyterHub has a known vulnerability",
        many="This version of JupyterHub has {n} known vulnerabilities",
        why="How to exploit these vulnerabilities is public.",
        source="the header X-JupyterHub-Version, and the list of this collection",
        parts=(),
        find=holes,
        by_hand="Update the hub, and JupyterHub in the images of its users' servers too.",
    ),
    Check(
        id="HUB-2",
        severity="critical",
        one="Anyone can log in as any user",
        many="Anyone can log in as any user",
        why=(
            "The authenticator is meant for tests: anyone who knows a user's name, or the shared"
            " password, can log in as that user."
        ),
        source="GET /info",
        parts=("info", "users.admin"),
        find=test_logins,
        by_hand=(
            "Set authenticator_class in the hub's configuration. If this is a test hub, set"
            " policy.environment to staging."
        ),
    ),
    Check(
        id="HUB-3",
        severity="high",
        one="All servers run under the same account",
        many="All servers run under the same account",
        why=(
            "Every user can read and change every other user's files, and the hub's database and"
            " tokens."
        ),
        source="GET /info",
        parts=("info",),
        find=test_spawners,
        by_hand=(
            "Set spawner_class in the hub's configuration. If this is a test hub, set"
            " policy.environment to staging."
        ),
    ),
    Check(
        id="HUB-4",
        severity="high",
        one="The connection to the hub has a weakness",
        many="The connection to the hub has {n} weaknesses",
        why="Tokens and passwords are sent over this connection.",
        source="the connection of this audit",
        parts=(),
        find=transport,
        by_hand=(
            "Serve the hub over https, renew the certificate in time, and send"
            " Strict-Transport-Security."
        ),
    ),
    Check(
        id="HUB-5",
        severity="medium",
        one="Anyone can read the hub's metrics",
        many="Anyone can read the hub's metrics",
        why="They show who uses the hub how much, and which requests are slow.",
        source="GET /hub/metrics without a token",
        parts=("outside.metrics",),
        find=metrics,
        by_hand=(
            "Set authenticate_prometheus to True in the hub's configuration, and give Prometheus a"
            " token with the scope read:metrics."
        ),
    ),
    Check(
        id="HUB-6",
        severity="low",
        one="The sign-up page can be reached",
        many="The sign-up page can be reached",
        why="Strangers can request accounts. The API does not show whether they get one.",
        source="GET /hub/signup without a token",
        parts=("outside.signup",),
        find=signup,
        by_hand=(
            "If users should not sign up themselves, disable it in the authenticator's"
            " configuration."
        ),
    ),
    Check(
        id="HUB-7",
        severity="medium",
        one="The hub's Python no longer gets security fixes",
        many="The hub's Python no longer gets security fixes",
        why="Vulnerabilities in it will not be fixed.",
        source="GET /info",
        parts=("info",),
        find=python,
        by_hand="Install the hub on a newer Python.",
    ),
    Check(
        id="HUB-8",
        severity="info",
        one="The token of this audit can write",
        many="The token of this audit can write",
        why="An audit only needs to read. A token that can write is more harmful if it is stolen.",
        source="GET /user",
        parts=(),
        find=writing,
        by_hand="Give the audit its own service with the scopes "
        + ", ".join(READ_ONLY)
        + ", and since JupyterHub 5 read:shares.",
    ),
    # Found where the list is applied, in judge.py.
    Check(
        id="IGN-1",
        severity="low",
        one="An item of ignore has no effect",
        many="{n} items of ignore have no effect",
        why=(
            "Its object no longer exists or has a new name, or its until has passed. If it stays,"
            " it may later hide a different finding."
        ),
        source="the options of this audit",
        parts=(),
        find=lambda case: (),
        by_hand="Remove it from the list, or correct its subject.",
    ),
)
