# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audits to make reports of: an everyday one, one of a hub without faults, and one full of
malice.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import task
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    Bar,
    Figures,
    Finding,
    FixTask,
    Report,
    Severity,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.table import CHECKS

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
    subjects: dict[str, str],
    *,
    title: str | None = None,
    why: str | None = None,
    by_hand: str | None = None,
    new: tuple[str, ...] = (),
    fix: list[FixTask] | None = None,
    since: str = "2026-09-03T06:00:00Z",
) -> Finding:
    """Return a finding in the words of its check; ``subjects`` with their evidence."""
    told = CHECKS[check]
    return {
        "id": f"{check}/{severity}",
        "check": check,
        "severity": severity,
        "title": title or told.title(len(subjects)),
        "subjects": list(subjects),
        "evidence": list(subjects.values()),
        "why": why or told.why,
        "source": told.source,
        "fix": fix or [],
        "by_hand": told.by_hand if by_hand is None else by_hand,
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
        f"{name}/": "running since 18 November 2026"
        for name in ("ben", "cleo", "dora", "emil", "finn", "gina", "hugo")
    }
    return report(
        [
            finding(
                "ADM-1",
                "high",
                {"visitor": "admin, last active: 22 November 2026"},
                new=("visitor",),
                fix=[
                    task(
                        "Remove admin from users that the policy does not list",
                        "user",
                        {"users": [{"name": "visitor", "admin": False}]},
                    )
                ],
            ),
            finding(
                "TOK-1",
                "high",
                {
                    "ada/nightly export": (
                        "access:servers, admin:groups, admin:servers and 5 more, created 3 March"
                        " 2026, last used: 25 November 2026"
                    ),
                    "grace/grader": "access:servers, created 1 June 2025, last used: never",
                },
                fix=[
                    task(
                        "Revoke tokens",
                        "token",
                        {
                            "state": "absent",
                            "tokens": [
                                {"user": "ada", "token_id": "a12"},
                                {"user": "grace", "token_id": "a40"},
                            ],
                        },
                    )
                ],
            ),
            finding(
                "SHR-1",
                "high",
                {"ada/lab with mallory": "shared 2 October 2026"},
                fix=[
                    task(
                        "Revoke shares",
                        "share",
                        {
                            "shares": [
                                {
                                    "owner": "ada",
                                    "server": "lab",
                                    "users": ["mallory"],
                                    "mode": "absent",
                                }
                            ]
                        },
                    )
                ],
            ),
            finding(
                "SRV-1",
                "medium",
                servers,
                new=("ben/", "cleo/"),
                fix=[
                    task(
                        "Stop servers",
                        "server",
                        {
                            "state": "stopped",
                            "servers": [{"user": name.rstrip("/"), "name": ""} for name in servers],
                        },
                    )
                ],
            ),
            finding("USR-2", "low", idle),
        ],
        baseline={"path": "audit-last.json", "read_at": BASELINE},
        gone=[
            {
                "id": "SVC-1/high",
                "check": "SVC-1",
                "severity": "high",
                "title": CHECKS["SVC-1"].title(1),
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
                "reason": "The caller lacks the scope read:shares.",
                "scope": "read:shares",
            },
            {"check": "ADM-5", "reason": "The policy does not set group_roles.", "scope": None},
            {"check": "SRV-4", "reason": "The policy does not set profiles.", "scope": None},
        ],
        figures=figures(
            listed=[
                {
                    "check": "ADM-5",
                    "title": "2 groups with roles",
                    "subjects": ["staff", "ops"],
                }
            ]
        ),
    )


def drifted() -> Report:
    """Return the everyday audit with what differs from what is declared, of every kind."""
    kinds = {
        "user": {"ada": "admin is false, declared true", "gone": "exists and should not exist"},
        "group": {
            "course": "properties differ in room; lacks new; has eve, mallory, trent, oscar, peggy"
            " and 12 more in addition"
        },
        "service": {"web": "must be deleted and created again"},
        "server": {
            "ben/": "is running and should not be",
            "ben/lab": "user_options differ in profile",
        },
        "share": {"ben/ with user ada": "is declared and does not exist"},
        "token": {f"ben/{HOSTILE[0]}": "must be replaced"},
    }
    found = [
        finding(
            f"DRF-{number}",
            "medium",
            subjects,
            fix=[
                task(
                    f"Bring {kind}s to what is declared",
                    kind,
                    {f"{kind}s": [{"name": name, "state": "present"} for name in subjects]},
                )
            ],
            by_hand=CHECKS[f"DRF-{number}"].by_hand + " It requires the scope admin:users.",
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
    fix = [task("Fix", "user", {"users": [{"name": text, "admin": False} for text in evil]})]
    findings = [
        finding(
            "TOK-1",
            "critical",
            subjects,
            new=tuple(subjects)[:5],
            fix=fix,
        ),
        *(
            finding(
                "ADM-1",
                "high",
                {text: text},
                title=f"Title, {text}",
                why=f"Why, {text}",
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
