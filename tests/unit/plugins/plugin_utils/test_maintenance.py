# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers are brought back after maintenance."""

from __future__ import annotations

import pytest

pytest.importorskip(
    "ansible.errors",
    reason="this runs on the controller, and ansible-test runs it with a target's Python too",
)

from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._maintenance import (
    Server,
    is_kept,
    to_start,
    without,
)

HELD: Server = {"user": "ada", "name": "", "user_options": {"profile": "small"}, "stopped": True}
WANTED = {"user": "ada", "name": "", "user_options": {"profile": "small"}}


@pytest.mark.parametrize(
    ("server", "where"),
    [
        (None, "start"),
        ({"stopped": True, "pending": None}, "start"),
        # These may still fail or end, so the role waits for them and keeps them in the file.
        ({"stopped": False, "pending": "spawn"}, "start"),
        ({"stopped": False, "pending": "stop"}, "start"),
        ({"stopped": False, "pending": None}, "returned"),
        # The fields that an older hub sends.
        ({"stopped": False}, "returned"),
    ],
)
def test_the_outcome_for_each_server(server: Server | None, where: str) -> None:
    servers: list[Server] = [] if server is None else [{**server, "user": "ada", "name": ""}]
    found = to_start([HELD], servers, ["ada"], None)
    named = {"user": "ada", "name": ""}
    assert found == {
        "start": [WANTED] if where == "start" else [],
        "skipped": [],
        "returned": [named] if where == "returned" else [],
    }


GRACE: Server = {**HELD, "user": "grace"}


@pytest.mark.parametrize(
    ("held", "users"), [([HELD, GRACE], []), ([HELD, GRACE], ["kim"]), ([HELD], [])]
)
def test_the_servers_of_a_hub_with_another_database_are_not_forgotten(
    held: list[Server], users: list[str]
) -> None:
    with pytest.raises(ValueError, match="It may have been started with another database"):
        to_start(held, [], users, None)


def test_users_who_were_deleted_and_users_who_are_not_seen() -> None:
    for held, users in (([HELD], ["kim"]), ([HELD, GRACE], ["grace"])):
        found = to_start(held, [], users, None)
        assert [one["user"] for one in found["skipped"]] == ["ada"]
    lab: Server = {**HELD, "name": "lab"}
    found = to_start([HELD, lab], [], ["grace"], None, sees_all=False)
    assert ([one["name"] for one in found["start"]], found["skipped"]) == (["", "lab"], [])


@pytest.mark.parametrize(
    ("pattern", "kept"),
    [
        ("x[bot]", ["x[bot]/", "x[bot]/lab"]),
        ("x[bot]/lab", ["x[bot]/lab"]),
        ("ADA", ["ada/", "ada/GPU"]),
        ("Ada/gpu", ["ada/GPU"]),
        ("ada/", ["ada/"]),
        ("zo\u00eb", ["zoe\u0308/"]),
        ("zo?/*", ["zoe\u0308/"]),
        ("x?", []),
        ("*", ["ada/", "ada/GPU", "x[bot]/", "x[bot]/lab", "zoe\u0308/"]),
    ],
)
def test_what_is_kept_is_understood_as_by_a_prune(pattern: str, kept: list[str]) -> None:
    servers = [("ada", ""), ("ada", "GPU"), ("x[bot]", ""), ("x[bot]", "lab"), ("zoe\u0308", "")]
    assert ["/".join(key) for key in servers if is_kept(key, [pattern])] == kept


@pytest.mark.parametrize("server", ["ada", 3, None, {}, {"user": "ada"}, {"user": 1, "name": ""}])
def test_what_is_no_server_is_refused_in_a_sentence(server: object) -> None:
    """A file that was written by hand may hold anything."""
    for servers in ([server], "ada"):
        with pytest.raises(ValueError, match="is not a server: it needs a user and a name"):
            without(servers, [])  # type: ignore[arg-type]  # Ansible checks no types of filters
