# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hubs for audits: one that follows its policy, and one that has each fault once. The faults are
made on the hub itself.
"""

from __future__ import annotations

import contextlib
import datetime
import importlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.hub import PROFILES, Hub
from tests.running import run_module

DAY = 86400
# The scopes that the guide gives an auditor, which only read.
RULES = importlib.import_module(
    "ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.hub"
)
READ_ONLY: tuple[str, ...] = RULES.READ_ONLY

# The same name twice: composed, and with a decomposed letter.
COMPOSED, DECOMPOSED = "zo\u00eb", "zoe\u0308"

# A hub whose answers show no sign of a test configuration: its authenticator and its spawner have
# names of their own.
SOUND = """
from jupyterhub.auth import DummyAuthenticator
class Logins(DummyAuthenticator):
    pass
c.JupyterHub.authenticator_class = Logins
c.Logins.password = settings["password"]
if modern:
    c.Logins.allow_all = True
"""

# A hub on which an anonymous visitor can read the metrics and sign up.
OPEN = """
from jupyterhub.auth import DummyAuthenticator
from jupyterhub.handlers import BaseHandler
class SignUp(BaseHandler):
    def get(self):
        self.write("Join us")
class Open(DummyAuthenticator):
    def get_handlers(self, app):
        return [*super().get_handlers(app), ("/signup", SignUp)]
c.JupyterHub.authenticator_class = Open
c.Open.password = settings["password"]
if modern:
    c.Open.allow_all = True
c.JupyterHub.authenticate_prometheus = False
"""

POLICY: dict[str, Any] = {
    "admins": ["ada", "grace"],
    "admin_services": ["provisioner", "witness"],
    "services": ["auditor", "scoped", "culler"],
    "people": ["ben", "cleo", "mixedcase", COMPOSED],
    "service_accounts": ["robot"],
    "group_roles": {"staff": ["course-staff"]},
    "groups_ok": ["waiting"],
    "share_ok": ["ada/partner"],
    "profiles": ["small", "large"],
    "max_admins": 2,
    "stopped_servers": 2,
    "code_uses": 5,
    "token_max_age": "365d",
    "token_unused": "90d",
    "user_idle": "400d",
    "never_active": "60d",
    "server_max_age": "7d",
    "server_idle": "1d",
    "share_max_age": "180d",
    "renew_before": "7d",
}


def scopes(series: str) -> list[str]:
    """Return the scopes that an auditor of this hub needs."""
    return [*READ_ONLY, *(() if series == "4" else RULES.READ_ONLY_SINCE_5)]


def audit(
    hub: Hub, token: str | None = None, check: bool = False, **options: Any
) -> dict[str, Any]:
    """Run the module with the auditor's token."""
    params = {
        "hub_url": hub.url,
        "api_token": token or hub.tokens["auditor"],
        "policy": POLICY,
        "tokens": "all",
        **options,
    }
    return run_module(
        "jupyterhub_audit",
        {key: value for key, value in params.items() if value is not None},
        check=check,
    )


def by_check(result: dict[str, Any]) -> dict[str, list[str]]:
    """Return the subjects of the findings by the id of their check."""
    found: dict[str, list[str]] = {}
    for finding in result["findings"]:
        found.setdefault(finding["check"], []).extend(finding["subjects"])
    return {check: sorted(subjects) for check, subjects in found.items()}


def ago(days: float) -> str:
    """Return a past time in the format of the hub's database."""
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


@contextlib.contextmanager
def rewound(hub: Hub) -> Iterator[None]:
    """Stop the hub while its database is changed, because it caches what it has read. Its servers
    keep running.
    """
    hub.kill()
    yield
    hub.start()


def stub(hub: Hub, user: str, server: str = "", options: Any = None) -> None:
    """Start a server and wait for it."""
    path = f"/users/{quote(user, safe='')}/server" + (f"s/{server}" if server else "")
    body = options if hub.series != "6" else {"user_options": options}
    hub.expect("POST", path, body if options is not None else None)
    for _attempt in range(100):
        state = hub.user(user)["servers"].get(server)
        if state and state["ready"]:
            return
    raise AssertionError(f"{user}/{server} does not start")


def token(
    hub: Hub,
    user: str,
    note: str,
    expires_in: int | None = None,
    scope: tuple[str, ...] | None = None,
) -> str:
    """Make a token of a user; return its id."""
    body: dict[str, Any] = {"note": note}
    body |= {"expires_in": expires_in} if expires_in else {}
    body |= {"scopes": list(scope)} if scope else {}
    return str(hub.expect("POST", f"/users/{user}/tokens", body)["id"])


def sound_hub(series: str) -> Hub:
    """Start a hub that is configured as the policy demands."""
    return Hub(
        series,
        config=SOUND,
        spawner="stub",
        roles=[{"name": "course-staff", "scopes": ["list:users"], "groups": ["staff"]}],
        services={
            "auditor": {"scopes": scopes(series)},
            "culler": {"scopes": ["list:users", "read:servers", "delete:servers"]},
        },
    )


def furnish_sound(hub: Hub) -> None:
    """Create on the hub what the policy demands."""
    hub.add_users("ada", "grace", admin=True)
    hub.add_users("ben", "cleo", "robot")
    hub.add_group("course", "ben", "cleo")
    hub.add_group("waiting")
    hub.expect("POST", "/groups/staff/users", {"users": ["cleo"]})
    token(hub, "ben", "my laptop", 20 * DAY, ("read:users!user",))
    stub(hub, "ben", options={"profile": "small"})
    stub(hub, "cleo", "lab", {"profile": "large"})
    if hub.series != "4":
        hub.expect("POST", "/shares/cleo/lab", {"user": "ben"})
        hub.expect("POST", "/share-codes/cleo/lab", {"expires_in": 3600})


def faulty_hub(series: str) -> Hub:
    """Start a hub whose configuration allows each fault."""
    return Hub(
        series,
        config=OPEN,
        spawner="stub",
        roles=[
            {"name": "course-staff", "scopes": ["list:users"], "groups": ["staff"]},
            {"name": "power", "scopes": ["admin:users", "tokens"], "groups": ["secret"]},
            {"name": "helper", "scopes": ["list:users"], "users": ["cleo"]},
        ],
        services={
            "auditor": {"scopes": scopes(series)},
            "culler": {"scopes": ["list:users"]},
            "root": {"admin": True},
            "strange": {"scopes": ["list:groups"]},
            "bare": {},
            "far": {"url": "http://far.example.org:8000"},
        },
    )


def furnish_faulty(hub: Hub) -> dict[str, list[str]]:
    """Create each fault once on a hub; return the findings that an audit with the policy has to
    report.
    """
    # A database that ignores accents cannot store both spellings.
    twins = [DECOMPOSED] if PROFILES[hub.profile].exact else []
    hub.add_users("ada", "grace", "visitor", admin=True)
    hub.add_users("ben", "cleo", "robot", "stranger", COMPOSED, *twins, "away", "nobody")
    if hub.series != "4":
        hub.add_users("ghost")
    hub.expect("POST", "/users/MixedCase")
    hub.add_group("course", "ben")
    hub.add_group("empty")
    hub.expect("POST", "/groups", {"groups": [".."]})
    hub.expect("POST", "/groups/secret/users", {"users": ["ben"]})
    token(hub, "ada", "for ever")
    token(hub, "ada", "a month", 30 * DAY)
    token(hub, "robot", "ordinary", None, ("read:users!user",))
    token(hub, "robot", "unused", 300 * DAY, ("read:users!user",))
    token(hub, "stranger", "his", 30 * DAY, ("read:users!user",))
    token(hub, "robot", "old", 500 * DAY, ("read:users!user",))
    token(hub, "robot", "twice", 30 * DAY, ("read:users!user",))
    token(hub, "robot", "twice", 30 * DAY, ("read:users!user",))
    run_module(
        "jupyterhub_token",
        {
            "hub_url": hub.url,
            "api_token": hub.token,
            "user": "robot",
            "note": "managed",
            "expires_in": "3d",
            "scopes": ["read:users!user"],
        },
    )
    stub(hub, "ben", "long")
    stub(hub, "ben", "idle")
    stub(hub, "cleo", options={"profile": "gone"})
    stub(hub, "stranger")
    for name in ("one", "two", "three"):
        stub(hub, "robot", name)
        hub.expect("DELETE", f"/users/robot/servers/{name}")
    shared: dict[str, list[str]] = {}
    if hub.series != "4":
        hub.expect("POST", "/shares/ben/long", {"user": "stranger"})
        hub.expect("POST", "/shares/ben/idle", {"user": "cleo"})
        code = hub.expect("POST", "/share-codes/ben/long", {"expires_in": 100 * DAY})
        shared = {
            "SHR-1": ["ben/long with stranger"],
            "SHR-2": ["ben/idle with cleo"],
            "SHR-3": [f"ben/long code {code['id']}"],
        }
    _age(hub)
    return {
        "ADM-1": ["visitor"],
        **({} if hub.series == "4" else {"ADM-2": ["(a user without a name)"]}),
        "ADM-3": ["grace"],
        "ADM-4": ["admins"],
        "ADM-5": ["secret"],
        "ADM-6": ["cleo"],
        "USR-1": ["MixedCase"],
        "USR-2": ["nobody"],
        "USR-3": ["away"],
        "USR-4": sorted(["visitor", "stranger", *twins, "away", "nobody"]),
        **({"USR-5": twins} if twins else {}),
        "TOK-1": ["ada/for ever"],
        "TOK-2": ["ada/a month"],
        "TOK-3": ["robot"],
        "TOK-4": ["robot/unused"],
        "TOK-5": ["stranger/his"],
        "TOK-6": ["robot/old"],
        "TOK-7": ["robot/managed"],
        "TOK-8": ["robot"],
        "SVC-1": ["root"],
        "SVC-2": ["strange"],
        "SVC-3": ["bare", "far"],
        "SVC-4": ["far"],
        **shared,
        "SRV-1": ["ben/long"],
        "SRV-2": ["ben/idle"],
        "SRV-4": ["cleo/"],
        "SRV-5": ["stranger/"],
        "SRV-6": ["robot"],
        "GRP-1": ["empty"],
        "GRP-2": [".."],
        "HUB-5": ["/hub/metrics"],
        "HUB-6": ["/hub/signup"],
    }


def _age(hub: Hub) -> None:
    """Make some users, tokens and servers look old, and remove the name of a user."""
    now = ago(0)
    with rewound(hub):
        hub.sql("UPDATE users SET last_activity = ? WHERE name IS NOT NULL", (now,))
        hub.sql("UPDATE users SET last_activity = ? WHERE name IN ('grace', 'away')", (ago(500),))
        hub.sql(
            "UPDATE users SET last_activity = NULL, created = ? WHERE name = 'nobody'", (ago(100),)
        )
        if hub.series != "4":
            # Hubs since 5.0 do this when a user is renamed to its current name.
            hub.sql("UPDATE users SET name = NULL WHERE name = 'ghost'")
        hub.sql("UPDATE api_tokens SET last_activity = ?", (now,))
        hub.sql(
            "UPDATE api_tokens SET last_activity = ?, created = ? WHERE note = 'unused'",
            (ago(100), ago(120)),
        )
        hub.sql("UPDATE api_tokens SET created = ? WHERE note = 'old'", (ago(400),))
        hub.sql("UPDATE spawners SET last_activity = ?", (now,))
        hub.sql("UPDATE spawners SET started = ? WHERE name = 'long'", (ago(8),))
        hub.sql("UPDATE spawners SET last_activity = ? WHERE name = 'idle'", (ago(2),))
        if hub.series != "4":
            hub.sql(
                "UPDATE shares SET created_at = ? WHERE spawner_id IN (SELECT id FROM spawners"
                " WHERE name = 'idle')",
                (ago(200),),
            )
