# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mypy finds misspelt operations, actions, fields and contents of steps: the test plants some, and
each is reported.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys

from tests.running import COLLECTIONS, ROOT

PLUGINS = COLLECTIONS / "ansible_collections" / "hubops" / "jupyterhub" / "plugins"
RESOURCES = PLUGINS / "module_utils" / "_resources"
ROOMS = {
    "_module": PLUGINS / "module_utils" / "_module",
    "_hub": PLUGINS / "module_utils" / "_hub",
    "plugin_utils": PLUGINS / "plugin_utils",
}
# For each file (below _resources if no room is named): the right text, and a typo of it. Each is on
# a line of its own.
TYPOS = {
    "users/steps.py": [
        ('operation = "users_create"', 'operation = "users_creat"'),
        ('action = "rename"', 'action = "renamed"'),
        ('kind = "user"', 'kind = "users"'),
    ],
    "users/row.py": [('"auth_state": "admin:auth_state"', '"auth_stat": "admin:auth_state"')],
    "users/decide.py": [
        ("SetAdmin(name, user.admin)", "SetAdmin(name, user.is_admin)"),
        ("CreateUser(name, _to_ask(user.name, current.found), admin)", "CreateUser(name, admin)"),
        ('protected[name] = "admin"', 'protected[name] = "admins"'),
    ],
    "users/wanted.py": [
        ('admin=row["admin"]', 'admin=row["is_admin"]'),
        ('options["prune_admins"]', 'options["prune_admin"]'),
    ],
    "groups/steps.py": [
        (
            'operation: OperationName = "group_add_users"',
            'operation: OperationName = "group_add_user"',
        )
    ],
    "groups/decide.py": [
        (
            "RemoveMember(name, user, named_ones) for user in sorted(gone)",
            "RemoveMember(name, users, named_ones) for user in sorted(gone)",
        ),
        ('known(after, "properties")', 'known(after, "property")'),
    ],
    "groups/work.py": [("group_delete(step.name)", "group_delete(step.group)")],
    "servers/decide.py": [('not source["stopped"]', 'not source["stoped"]')],
    "services/wanted.py": [('item["oauth_client_id"]', 'item["oauth_client"]')],
    "servers/wanted.py": [
        ('_check_display_name(item["display_name"])', '_check_display_name(item["display"])')
    ],
    "shares/wanted.py": [('item["code"] and SHORTEST_CODE', 'item["codes"] and SHORTEST_CODE')],
    "tokens/wanted.py": [
        ('item["dest"] if item["state"] == "present"', 'item["path"] if item["state"] == "present"')
    ],
    "offboard/wanted.py": [
        ('item["account"] or options["account"]', 'item["acount"] or options["account"]'),
        ('Cookie(one["name"], one["value"])', 'Cookie(one["name"], one["secret"])'),
    ],
    "preflight/declared.py": [
        (
            "user, f\"a member of group {group['name']}\"",
            "user, f\"a member of group {group['group']}\"",
        ),
    ],
    "audit/policy.py": [
        (
            '_seconds("user_idle", given.get("user_idle"))',
            '_seconds("user_idle", given.get("idle"))',
        ),
        ('_count("code_uses", given.get("code_uses"))', '_count("code_uses", given.get("codes"))'),
        ('item["reason"] or ""', 'item["why"] or ""'),
    ],
    "audit/baseline.py": [('"severity": before["severity"]', '"severity": before["level"]')],
    "_module/specs/tokens.py": [
        (
            '"current_token": {"type": "str", "no_log": True}',
            '"current_token": {"type": "str", "nolog": True}',
        )
    ],
    "_hub/calls/users.py": [
        ('row["name"] is None for row in rows_of', 'row["nam"] is None for row in rows_of')
    ],
    "_hub/listing.py": [('info = answer["_pagination"]', 'info = answer["pagination"]')],
    "plugin_utils/_for_hub.py": [
        (
            'owner, server = share["owner"], share.get("server") or ""',
            'owner, server = share["user"], share.get("server") or ""',
        )
    ],
    "plugin_utils/_maintenance.py": [
        (
            '"last_activity": server.get("last_activity")',
            '"last_activity": server.get("last_seen")',
        )
    ],
    "_module/connect.py": [('hub_url=options["hub_url"]', 'hub_url=options["huburl"]')],
    "_module/earlier.py": [('earlier.get("renamed") or {}', 'earlier.get("renames") or {}')],
    "services/decide.py": [('operation = "service_delete"', 'operation = "services_delete"')],
    "shares/decide.py": [('"update" if now else "create"', '"updated" if now else "create"')],
    "tokens/decide.py": [('row["id"] == token.token_id', 'row["ide"] == token.token_id')],
}


def place_of(name: str) -> pathlib.Path:
    """Return the path of a file in TYPOS."""
    room, _slash, inside = name.partition("/")
    return ROOMS[room] / inside if room in ROOMS else RESOURCES / name


def last_parts(path: pathlib.PurePath) -> str:
    """Return the part of the path that identifies a file in TYPOS."""
    return "/".join(path.parts[-3:])


def test_typos_are_found(tmp_path: pathlib.Path) -> None:
    """A single run of mypy checks a copy of each file that contains the typos."""
    planted: set[tuple[str, int]] = set()
    shadows: list[str] = []
    for name, typos in TYPOS.items():
        place = place_of(name)
        text = place.read_text(encoding="utf-8")
        for right, wrong in typos:
            assert right in text, (name, right)
            planted.add((last_parts(place), text[: text.index(right)].count("\n") + 1))
            text = text.replace(right, wrong, 1)
        copy = tmp_path / name.replace("/", "-")
        copy.write_text(text, encoding="utf-8")
        shadows += ["--shadow-file", str(place), str(copy)]
    files = [str(place_of(name)) for name in TYPOS]
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--cache-dir",
        str(tmp_path / "cache"),
        "--no-error-summary",
        "--show-absolute-path",
        *shadows,
        *files,
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    found = set()
    for line in done.stdout.splitlines():
        where, _colon, rest = line.partition(": error:")
        path, _colon, number = where.rpartition(":")
        if rest:
            found.add((last_parts(pathlib.PurePath(path)), int(number)))
    assert len(planted) >= 10
    assert planted - found == set(), done.stdout + done.stderr
