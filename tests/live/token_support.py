# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by the live tests of tokens: read what a hub holds, verify secrets, and run the module."""

from __future__ import annotations

import json
import pathlib
import stat
from collections.abc import Mapping
from typing import Any

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import Result, one_sentence, writes

TOKEN = "jupyterhub_token"
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
HIDDEN_BEFORE = "PREVIOUS_VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
# The module's mark on a token that has all rights of its user.
ANYTHING = "[hubops 035300f3]"


def ours(hub: Hub, user: str = "ada", note: str | None = None) -> list[dict[str, Any]]:
    """Return the tokens with the module's mark, or those with this note."""
    rows = [
        row
        for row in hub.user_tokens(user)
        if row["note"].endswith("]") and " [hubops " in row["note"]
    ]
    return [row for row in rows if note is None or row["note"].rpartition(" [hubops ")[0] == note]


def foreign(hub: Hub, user: str = "ada") -> dict[str, str]:
    """Return the ids and notes of tokens without the module's mark."""
    return {
        row["id"]: row["note"] for row in hub.user_tokens(user) if " [hubops " not in row["note"]
    }


def is_good(hub: Hub, secret: str, user: str = "ada") -> bool:
    """Return whether the hub accepts the secret as a token of the user. Afterwards the token counts
    as used.
    """
    status, me = hub.api("GET", "/user", token=secret)
    return status == 200 and me["name"] == user


def make(hub: Hub, note: str, user: str = "ada", **attributes: Any) -> tuple[str, str]:
    """Create a token without the module; return its id and secret."""
    row = hub.expect("POST", f"/users/{hub.quote(user)}/tokens", {"note": note, **attributes})
    return row["id"], row["token"]


def held(path: pathlib.Path) -> str | None:
    """Return the content of a file, or None if it does not exist."""
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else None


def mode(path: pathlib.Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def alone(path: pathlib.Path) -> bool:
    """Return whether the file's directory has no other file, such as a temporary one."""
    return [entry.name for entry in path.parent.iterdir()] in ([path.name], [])


def actions(result: Result) -> list[tuple[str, str]]:
    """Return action and name of every change, without the id of a revoked token."""
    return [(change["action"], change["name"].partition(" (")[0]) for change in result["changes"]]


def predicted(result: Result) -> dict[str, Any]:
    """Return the part of a result that check mode can predict."""
    return {key: result.get(key) for key in ("changed", "changes", "summary", "diff")}


def settle(
    hub: Hub, run: ModuleRunner, params: Mapping[str, Any], dest: pathlib.Path | None = None
) -> Result:
    """Run a task in check mode, in a real run, and in a second real run; return the first real
    result.

    Asserts what holds for every task: check mode sends only GET requests, touches neither hub nor
    file, and predicts the real run; the second real run changes nothing.
    """
    before, file, mark = hub.user_tokens("ada"), dest and held(dest), hub.mark()
    planned = run(TOKEN, params, check=True, diff=True)
    assert not planned["failed"], planned
    assert writes(hub.requests(mark)) == []
    assert ids(hub.user_tokens("ada")) == ids(before)
    assert (dest and held(dest)) == file
    real = run(TOKEN, params, diff=True)
    assert not real["failed"], real
    assert predicted(real) == predicted(planned)
    assert real["changed"] == bool(real["changes"])
    again_params = {key: value for key, value in params.items() if key != "rotate"}
    settled, file, mark = hub.user_tokens("ada"), dest and held(dest), hub.mark()
    again = run(TOKEN, again_params, diff=True)
    assert (again["failed"], again["changed"], again["changes"]) == (False, False, []), again
    assert again["diff"] == {"before": "", "after": ""}
    assert "value" not in json.dumps(again.get("tokens"))
    assert writes(hub.requests(mark)) == []
    assert ids(hub.user_tokens("ada")) == ids(settled)
    assert (dest and held(dest)) == file
    return real


def ids(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Return the values that identify each token."""
    return sorted((row["id"], row["created"], row["note"]) for row in rows)


def refuses(
    hub: Hub,
    run: ModuleRunner,
    params: Mapping[str, Any],
    *words: str,
    check: bool | None = True,
    sent: int = 0,
) -> Result:
    """Run a task that has to fail without an effect; return the result.

    check: whether check mode has to fail with the same message; None: check mode is not tried.
    sent: how many writes the hub may have refused.
    """
    users = sorted(hub.users())
    before, mark = [ids(hub.user_tokens(user)) for user in users], hub.mark()
    result = run(TOKEN, params)
    assert (result["failed"], result["changed"], result.get("changes", [])) == (
        True,
        False,
        [],
    ), result
    for word in words:
        assert word in result["msg"], result["msg"]
    one_sentence(result)
    if check is not None:
        checked = run(TOKEN, params, check=True)
        assert checked["failed"] is check, checked
        assert not check or checked["msg"] == result["msg"]
    assert len(writes(hub.requests(mark))) == sent
    assert [ids(hub.user_tokens(user)) for user in users] == before
    return result
