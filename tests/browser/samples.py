# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audits to make reports of: an everyday one, one of a hub without faults, and one full of
malice.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    Bar,
    Figures,
    Finding,
    FixTask,
    Report,
    Severity,
)

READ_AT = "2026-11-25T06:00:00Z"
BASELINE = "2026-11-18T06:00:00Z"

# What a name, a note or a display name can hold. None of it may do anything, in any format.
HOSTILE = (
    "<script>document.title='owned'</script>",
    "<img src=http://127.0.0.1:9/x onerror=\"document.title='owned'\">",
    "\"><svg onload=document.title='owned'>",
    "</style><style>*{display:none}</style>",
    "</code></pre><h1>All is well</h1>",
    "{{ lookup('pipe', 'touch /tmp/owned') }}",
    "{% for x in () %}{% endfor %}",
    "#jinja2:variable_start_string:'[[',variable_end_string:']]'\n[[ lookup('pipe', 'id') ]]",
    '=HYPERLINK("http://127.0.0.1:9/","click")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1,1)",
    "\t=1+1",
    "\r=1+1",
    "[click](javascript:alert(1))",
    "![x](http://127.0.0.1:9/y.png)",
    "http://127.0.0.1:9/z",
    "a | b | c",
    "``` \n# All is well\n```",
    "line one\nline two\r\n- [ ] three",
    "\x1b[2J\x1b[31mred\x07",
    "abc\u202egnp.exe",
    "zero\u200bwidth\u2066isolate",
    "lone \ud800 surrogate",
    "\u0000nul\u007f\u009b31m",
    "مرحبا بالعالم",
    "a\u0301\u0302\u0303\u0304" * 30,
    "x" * 10_000,
    "W" * 300,
    "",
    " ",
)


def bars(*pairs: tuple[str, int]) -> list[Bar]:
    """Return the bars of a chart."""
    return [{"label": label, "count": number} for label, number in pairs]


def finding(
    check: str,
    severity: Severity,
    title: str,
    why: str,
    subjects: dict[str, str],
    *,
    source: str = "GET /users",
    new: tuple[str, ...] = (),
    fix: list[FixTask] | None = None,
    by_hand: str = "",
    since: str = "2026-09-03T06:00:00Z",
) -> Finding:
    """Return a finding; ``subjects`` with their evidence."""
    return {
        "id": f"{check}/{severity}",
        "check": check,
        "severity": severity,
        "title": title,
        "subjects": list(subjects),
        "evidence": list(subjects.values()),
        "why": why,
        "source": source,
        "fix": fix or [],
        "by_hand": by_hand,
        "status": "new" if len(new) == len(subjects) else "still",
        "new_subjects": list(new),
        "since": READ_AT if len(new) == len(subjects) else since,
    }


def figures(**others: Any) -> Figures:
    """Return the figures of a middling hub."""
    usual: Figures = {
        "users": 1204,
        "admins": 3,
        "groups": 41,
        "services": 4,
        "servers_running": 87,
        "tokens": 212,
        "tokens_never_expire": 31,
        "token_owners": 1204,
        "shares": 18,
        "token_ages": bars(("30 days", 96), ("90 days", 71), ("1 year", 29), ("older", 16)),
        "user_activity": bars(
            ("this week", 640),
            ("this month", 310),
            ("this year", 171),
            ("longer ago", 30),
            ("never", 53),
        ),
        "server_times": bars(("12 hours", 61), ("3 days", 19), ("longer", 7)),
        "listed": [],
    }
    usual.update(others)  # type: ignore[typeddict-item]  # the callers give what there is
    return usual


def report(findings: list[Finding], **others: Any) -> Report:
    """Return a whole report."""
    usual: Report = {
        "findings": findings,
        "figures": figures(),
        "gone": [],
        "ignored": [],
        "not_assessed": [],
        "summary": {
            severity: sum(one["severity"] == severity for one in findings)
            for severity in ("critical", "high", "medium", "low", "info")
        },
        "baseline": None,
        "hub": {
            "url": "https://hub.example.org",
            "version": "6.1.1",
            "read_at": READ_AT,
            "caller": {
                "kind": "service",
                "name": "auditor",
                "scopes": [f"read:{number}" for number in range(10)],
                "can_write": False,
            },
        },
    }
    usual.update(others)  # type: ignore[typeddict-item]  # as above
    return usual


def everyday() -> Report:
    """Return the audit of a hub with some faults."""
    idle = {f"student-{number:03}": "created 12 August 2026, never active" for number in range(53)}
    servers = {
        f"{name}/": "runs since 18 November 2026"
        for name in ("ben", "cleo", "dora", "emil", "finn", "gina", "hugo")
    }
    return report(
        [
            finding(
                "ADM-1",
                "high",
                "An admin is not on the list",
                "An admin can read every user's files, act as any user and make further admins.",
                {"visitor": "admin, last active 3 days ago"},
                new=("visitor",),
                fix=[
                    {
                        "name": "Remove admin from users that the policy does not list",
                        "hubops.jupyterhub.jupyterhub_user": {
                            "users": [{"name": "visitor", "admin": False}]
                        },
                    },
                ],
                by_hand=(
                    "Users in admin_users or in a role of the hub's configuration become admins"
                    " again at the next restart."
                ),
            ),
            finding(
                "TOK-1",
                "high",
                "2 powerful tokens never expire",
                "Anyone who finds such a token keeps its power over others forever. Such tokens"
                " are rarely missed and never changed.",
                {
                    "ada/nightly export": (
                        "admin:users, admin:servers and 6 more, created 3 March 2026, last used"
                        " today"
                    ),
                    "grace/grader": "access:servers, created 1 June 2025, never used",
                },
                source="GET /users/{name}/tokens",
                fix=[
                    {
                        "name": "Revoke powerful tokens that never expire",
                        "hubops.jupyterhub.jupyterhub_token": {
                            "state": "absent",
                            "tokens": [
                                {"user": "ada", "token_id": "a12"},
                                {"user": "grace", "token_id": "a40"},
                            ],
                        },
                    },
                ],
            ),
            finding(
                "SHR-1",
                "high",
                "A server is shared with a user who should not be on the hub",
                "Anyone who may use a server can read its owner's files and use everything that"
                " the server can reach.",
                {"ada/lab with mallory": "scope access:servers, shared 2 October 2026"},
                source="GET /shares/{owner}",
                by_hand="Ask ada, then revoke the share.",
            ),
            finding(
                "SRV-1",
                "medium",
                "7 servers have run for more than 3 days",
                "A server that is never stopped uses memory and CPU that others need, and never"
                " gets updates.",
                servers,
                new=("ben/", "cleo/"),
                fix=[
                    {
                        "name": "Stop servers that have run for too long",
                        "hubops.jupyterhub.jupyterhub_server": {
                            "state": "stopped",
                            "servers": [{"user": name.rstrip("/")} for name in servers],
                        },
                    },
                ],
            ),
            finding(
                "USR-2",
                "low",
                "53 users were never active",
                "Misuse of an unused account goes unnoticed.",
                idle,
                by_hand="Ask who needs the account, and remove the others.",
            ),
        ],
        baseline={"path": "audit-last.json", "read_at": BASELINE},
        gone=[
            {
                "id": "SVC-1/high",
                "check": "SVC-1",
                "severity": "high",
                "title": "A service is an admin and is not on the list",
                "subjects": ["old-culler"],
            }
        ],
        ignored=[
            {
                "check": "TOK-1",
                "subjects": ["ada/backup"],
                "reason": "rotated by hand each term",
                "until": "2027-03-31",
            }
        ],
        not_assessed=[
            {
                "check": "SHR-3",
                "reason": "The token may not read share codes.",
                "scope": "read:shares",
            },
            {"check": "ADM-5", "reason": "The policy does not set group_roles.", "scope": None},
            {"check": "SRV-4", "reason": "The policy does not set profiles.", "scope": None},
        ],
        figures=figures(
            listed=[
                {
                    "check": "ADM-5",
                    "title": "2 groups have roles",
                    "subjects": ["staff (course-staff)", "ops (server-admin)"],
                }
            ]
        ),
    )


def drifted() -> Report:
    """Return the everyday audit with what differs from what is declared, of every kind."""
    kinds = {
        "user": {"ada": "admin is false, declared true", "gone": "exists and should not"},
        "group": {
            "course": "properties differ in room; lacks new; has eve, mallory, trent, oscar, peggy"
            " and 12 more in addition"
        },
        "service": {"web": "has to be made anew"},
        "server": {"ben/": "runs and should not", "ben/lab": "user_options differ in profile"},
        "share": {"ben/ with user ada": "is declared and does not exist"},
        "token": {f"ben/{HOSTILE[0]}": "has to be replaced"},
    }
    found = [
        finding(
            f"DRF-{number}",
            "medium",
            (f"{len(subjects)} {kind}s are" if len(subjects) > 1 else f"A {kind} is")
            + " not as declared",
            "Somebody has changed the hub by hand, or what is declared was not applied: nobody who"
            " reads the declaration knows what the hub is.",
            subjects,
            source="the option declared, and what its modules would change",
            fix=[
                {
                    "name": f"Bring {kind}s to what is declared",
                    f"hubops.jupyterhub.jupyterhub_{kind}": {
                        f"{kind}s": [{"name": name, "state": "present"} for name in subjects]
                    },
                }
            ],
            by_hand="hubops.jupyterhub.provision with the same variables puts it right. If the hub"
            " is right, correct what is declared. It takes the scope admin:users.",
        )
        for number, (kind, subjects) in enumerate(kinds.items(), 1)
    ]
    return report([*everyday()["findings"], *found])


def healthy() -> Report:
    """Return the audit of a hub without faults, all of which was looked at."""
    return report([])


def hostile() -> Report:
    """Return an audit in which every text of strangers is malice."""
    evil = dict.fromkeys(HOSTILE, "")
    subjects = {text: f"note {text}" for text in evil}
    fix: list[FixTask] = [
        {
            "name": "Fix",
            "hubops.jupyterhub.jupyterhub_user": {
                "users": [{"name": text, "admin": False} for text in evil]
            },
        }
    ]
    findings = [
        finding(
            "TOK-1",
            "critical",
            "Powerful tokens never expire",
            "Why.",
            subjects,
            new=tuple(subjects)[:5],
            fix=fix,
        ),
        *(
            finding(
                "ADM-1",
                "high",
                "An admin is not on the list",
                f"Why, {text}",
                {text: text},
                by_hand=f"Ask {text}",
            )
            for text in evil
        ),
    ]
    listed = list(evil)
    return report(
        findings,
        baseline={"path": HOSTILE[0], "read_at": HOSTILE[0]},
        gone=[
            {
                "id": "x",
                "check": "SVC-1",
                "severity": "high",
                "title": HOSTILE[0],
                "subjects": listed,
            }
        ],
        ignored=[
            {"check": "TOK-1", "subjects": listed[:1], "reason": text, "until": None}
            for text in listed
        ],
        not_assessed=[{"check": "SHR-3", "reason": text, "scope": text} for text in listed],
        figures=figures(
            listed=[
                {"check": "ADM-5", "title": text, "subjects": listed[number:][:3]}
                for number, text in enumerate(listed)
            ]
        ),
        hub={
            "url": f"https://{HOSTILE[1]}",
            "version": HOSTILE[0],
            "read_at": READ_AT,
            "caller": {"kind": HOSTILE[0], "name": HOSTILE[2], "scopes": listed, "can_write": True},
        },
    )
