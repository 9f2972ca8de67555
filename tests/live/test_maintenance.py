# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role maintenance stops servers, remembers them, and starts them again as they were."""

from __future__ import annotations

import json
import os
import pathlib
import re
from typing import Any

import pytest

from tests.hub import Hub
from tests.live.support_maintenance import (
    ROLE,
    Maintenance,
    running,
    settled,
    short,
    start,
    wait_until,
)
from tests.running import run_playbook

pytestmark = pytest.mark.daily(5)

LONG = pytest.mark.skipif(
    not os.environ.get("TEST_LONG"), reason="it takes a minute: TEST_LONG=1 runs it"
)


@pytest.fixture
def maintenance(hub: Hub, tmp_path: pathlib.Path) -> Maintenance:
    """A hub with some running servers."""
    return settled(hub, tmp_path)


def test_servers_come_back_as_they_were(
    maintenance: Maintenance, hub: Hub, tmp_path: pathlib.Path
) -> None:
    before = running(hub)
    predicted = maintenance.run("begin", "--check", maintenance_keep=["Staff-*"])
    assert running(hub) == before
    assert not maintenance.file.exists()
    result = maintenance.run("begin", maintenance_keep=["staff-*"])
    assert result == predicted
    assert short(result["stopped"]) == ["ada/", "ada/gpu", "grace/"]
    assert list(running(hub)) == ["staff-lee/"]
    assert maintenance.file.stat().st_mode & 0o777 == 0o600
    assert set(maintenance.remembered()) == {"ada/", "ada/gpu", "grace/"}
    # The servers of this hub stop together with it.
    hub.restart()
    foretold = maintenance.run("end", "--check")
    assert running(hub) == {}
    result = maintenance.run("end")
    assert result == foretold
    assert short(result["restarted"]) == ["ada/", "ada/gpu", "grace/"]
    assert running(hub) == {key: options for key, options in before.items() if key != "staff-lee/"}
    assert not maintenance.file.exists()
    assert not (tmp_path / "run").exists()
    mark = hub.mark()
    assert maintenance.run("end")["restarted"] == []
    assert hub.requests(mark) == []


@pytest.mark.newest
def test_a_second_begin_forgets_nobody(maintenance: Maintenance, hub: Hub) -> None:
    before = running(hub)
    maintenance.run("begin")
    assert running(hub) == {}
    held = maintenance.remembered()
    start(hub, "ada", profile="other")
    start(hub, "kim")
    result = maintenance.run("begin")
    assert short(result["returned"]) == ["ada/"]
    assert short(result["stopped"]) == ["ada/", "kim/"]
    assert {
        key: one["user_options"] for key, one in maintenance.remembered().items() if key != "kim/"
    } == {key: one["user_options"] for key, one in held.items()}
    result = maintenance.run("end")
    assert running(hub) == {**before, "kim/": running(hub)["kim/"]}


@pytest.mark.newest
def test_who_has_left_is_skipped_and_who_is_back_is_left_alone(
    maintenance: Maintenance, hub: Hub
) -> None:
    maintenance.run("begin")
    hub.expect("DELETE", "/users/grace")
    hub.expect("DELETE", "/users/ada/servers/gpu", {"remove": True})
    start(hub, "ada", profile="mine")
    result = maintenance.run("end")
    assert {f"{one['user']}/{one['name']}": one["why"] for one in result["skipped"]} == {
        "grace/": "the user is no longer on the hub",
        "ada/gpu": "the server is no longer on the hub",
    }
    assert short(result["returned"]) == ["ada/"]
    assert short(result["restarted"]) == ["staff-lee/"]
    assert running(hub)["ada/"] == {"profile": "mine"}
    assert not maintenance.file.exists()


@pytest.mark.newest
def test_what_does_not_start_stays_in_the_file(maintenance: Maintenance, hub: Hub) -> None:
    maintenance.run("begin")
    held = json.loads(maintenance.file.read_text(encoding="utf-8"))
    for one in held["servers"]:
        if one["user"] == "grace":
            one["user_options"] = {"fail": "the node is full"}
    maintenance.file.write_text(json.dumps(held), encoding="utf-8")
    result = maintenance.run("end", fails=True)
    assert short(result["failed"]) == ["grace/"]
    assert "the node is full" in result["failed"][0]["message"]
    assert short(result["restarted"]) == ["ada/", "ada/gpu", "staff-lee/"]
    assert set(maintenance.remembered()) == {"grace/"}
    held["servers"] = [
        {**one, "user_options": {}} for one in held["servers"] if one["user"] == "grace"
    ]
    maintenance.file.write_text(json.dumps(held), encoding="utf-8")
    assert short(maintenance.run("end")["restarted"]) == ["grace/"]
    assert not maintenance.file.exists()


@pytest.mark.newest
def test_idle_servers_are_not_brought_back(maintenance: Maintenance, hub: Hub) -> None:
    maintenance.run("begin")
    held = json.loads(maintenance.file.read_text(encoding="utf-8"))
    for one in held["servers"]:
        one["idle_for"] = 7200 if one["name"] == "gpu" else 60
    maintenance.file.write_text(json.dumps(held), encoding="utf-8")
    result = maintenance.run("end", maintenance_skip_idle="2h")
    assert short(result["skipped"]) == ["ada/gpu"]
    assert "ada/gpu" not in running(hub)


@pytest.mark.newest
def test_an_invalid_pattern_stops_no_server(maintenance: Maintenance, hub: Hub) -> None:
    before = running(hub)
    values = {
        "url": hub.url,
        "token": hub.token,
        "file": maintenance.file,
        "entry": "begin",
        "ignore": "false",
    }
    for keep, said in (
        ('{"maintenance_keep": ["staff-* "]}', "maintenance_keep must be a list of patterns"),
        ('{"maintenance_keep": [""]}', "maintenance_keep must be a list of patterns"),
        ("maintenance_keeps=staff-*", "nothing reads it: maintenance_keep may be the intended"),
    ):
        done = run_playbook(ROLE.format(**values), ["-e", keep])
        assert done.returncode != 0
        assert said in re.sub(r"\s+", " ", done.stderr + done.stdout)
    assert running(hub) == before
    assert not maintenance.file.exists()


@LONG
@pytest.mark.newest
def test_real_servers_come_back_after_an_upgrade_of_the_hub(tmp_path: pathlib.Path) -> None:
    """The hub is upgraded from JupyterHub 5 to 6 with the same database. Each version has its own
    jupyterhub-singleuser.
    """
    with Hub("5", spawner="singleuser", service_admin=False) as hub:
        hub.add_users("ada", "grace")
        start(hub, "ada", profile="small")
        start(hub, "ada", "lab")
        wait_until(lambda: len(running(hub)) == 2)
        before = running(hub)
        maintenance = Maintenance(hub, tmp_path)
        assert short(maintenance.run("begin")["stopped"]) == ["ada/", "ada/lab"]
        assert running(hub) == {}
        hub.upgrade("6")
        assert hub.expect("GET", "/")["version"] == hub.version
        result = maintenance.run("end")
        assert short(result["restarted"]) == ["ada/", "ada/lab"]
        assert running(hub) == before
        assert not maintenance.file.exists()


@pytest.mark.hubs("5", "6")
@pytest.mark.newest
def test_users_without_a_name_do_not_prevent_restarts(maintenance: Maintenance, hub: Hub) -> None:
    """A single user without a name makes the hub fail to list the stopped servers of all users."""
    before = running(hub)
    hub.add_users("ghost", "shadow")
    maintenance.run("begin")
    for name in ("ghost", "shadow"):
        # A rename to the current name destroys the name.
        hub.expect("PATCH", f"/users/{name}", {"name": name})
    assert hub.api("GET", "/users?include_stopped_servers=1")[0] == 500
    maintenance.run("end")
    assert {
        f"{row['name']}/{server['name']}": server["user_options"]
        for row in hub.pages("/users?name_filter=%25")
        for server in row["servers"].values()
    } == before
    # No request can delete such users.
    hub.wipe()


@pytest.mark.newest
def test_a_hub_with_another_database_makes_nobody_forgotten(
    maintenance: Maintenance, hub: Hub
) -> None:
    before = running(hub)
    maintenance.run("begin")
    text = maintenance.file.read_text(encoding="utf-8")
    hub.wipe()
    hub.add_users("somebody")
    maintenance.run("end", fails=True)
    assert maintenance.file.read_text(encoding="utf-8") == text
    hub.wipe()
    hub.add_users(*{name.partition("/")[0] for name in before})
    # A named server is no longer there, and is skipped.
    assert short(maintenance.run("end")["skipped"]) == ["ada/gpu"]
    assert set(running(hub)) == set(before) - {"ada/gpu"}


@pytest.mark.newest
def test_servers_that_a_token_does_not_see_stay_in_the_file(
    running_hub: Hub, tmp_path: pathlib.Path
) -> None:
    scopes = [f"{scope}!user=ada" for scope in ("list:users", "read:users", "servers")]
    with Hub(running_hub.series, services={"part": {"scopes": scopes}}) as hub:
        maintenance = settled(hub, tmp_path)
        before = running(hub)
        maintenance.run("begin")
        maintenance.run("end", fails=True, jupyterhub_api_token=hub.tokens["part"])
        assert set(running(hub)) == {"ada/", "ada/gpu"}
        assert set(maintenance.remembered()) == set(before) - {"ada/", "ada/gpu"}
        maintenance.run("end")
        assert running(hub) == before
        assert not maintenance.file.exists()


@pytest.mark.newest
@pytest.mark.core
def test_the_playbook_wraps_tasks(
    maintenance: Maintenance, hub: Hub, tmp_path: pathlib.Path
) -> None:
    before = running(hub)
    tasks = tmp_path / "work.yml"
    tasks.write_text(
        "- hubops.jupyterhub.jupyterhub_info: {gather: [servers]}\n  register: seen\n-"
        " ansible.builtin.assert:\n    that: seen.servers | length == 0\n",
        encoding="utf-8",
    )
    playbook = pathlib.Path(__file__).parents[2] / "playbooks" / "maintenance.yml"
    done = run_playbook(
        playbook,
        ["-e", f"maintenance_file={maintenance.file}", "-e", f"maintenance_tasks={tasks}"],
        hub=hub,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert running(hub) == before
    # The output shows which servers were stopped, and that all of them run again.
    for word in ("stopped", "restarted"):
        shown = re.search(rf'"msg": "{word}: (.*)\."', done.stdout)
        assert shown, done.stdout
        assert set(shown[1].split(", ")) == set(before)


@pytest.mark.newest
@pytest.mark.parametrize(
    "options",
    [
        {"stop_delay": 12},
        # On a busy machine, too, the server must still be stopping when the role reads it.
        pytest.param({"delay": 60, "fail": "the node is full"}, marks=LONG),
    ],
)
def test_servers_that_are_starting_or_stopping_are_waited_for(
    maintenance: Maintenance, hub: Hub, options: dict[str, Any]
) -> None:
    """One server is still stopping. Another one is started by somebody else, and the start
    fails.
    """
    before = running(hub)
    maintenance.run("begin")
    if "stop_delay" in options:
        start(hub, "ada", **options)
        assert hub.api("DELETE", "/users/ada/server")[0] == 202
    else:
        start(hub, "ada", **options)
        assert hub.users()["ada"]["servers"][""]["pending"] == "spawn"
    result = maintenance.run("end", fails="fail" in options)
    assert result["returned"] == []
    if "fail" in options:
        assert short(result["failed"]) == ["ada/"]
        assert set(maintenance.remembered()) == {"ada/"}
        result = maintenance.run("end")
    assert running(hub) == before
    assert not maintenance.file.exists()


@pytest.mark.newest
@pytest.mark.parametrize("entry", ["begin", "end"])
def test_an_invalid_file_changes_nothing(maintenance: Maintenance, hub: Hub, entry: str) -> None:
    before = running(hub)
    for text in ("", "{}", '{"servers": [{"user": "ada"}]}'):
        maintenance.file.write_text(text, encoding="utf-8")
        done = run_playbook(maintenance.playbook(entry))
        assert done.returncode != 0
        assert (
            "does not contain a list of servers written by this role" in done.stdout + done.stderr
        )
        assert maintenance.file.read_text(encoding="utf-8") == text
    # The folder does not exist, or a file is in its place.
    for path in (maintenance.file.parent / "none" / "file", maintenance.file / "file"):
        playbook = maintenance.playbook(entry).replace(f'"{maintenance.file}"', f'"{path}"')
        done = run_playbook(playbook, ["--check"])
        assert done.returncode != 0
        assert "is in a folder that does not exist" in done.stdout + done.stderr
    # A relative path would be in the folder of the playbook.
    playbook = maintenance.playbook(entry).replace(f'"{maintenance.file}"', '"servers.json"', 1)
    done = run_playbook(playbook)
    assert done.returncode != 0
    assert "maintenance_file servers.json is not an absolute path" in done.stdout + done.stderr
    # Another user may have put the list into this folder.
    shared = maintenance.file.parent / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    playbook = maintenance.playbook(entry).replace(f'"{maintenance.file}"', f'"{shared / "file"}"')
    done = run_playbook(playbook)
    assert done.returncode != 0
    said = re.sub(r"\s+", " ", done.stdout + done.stderr)
    assert "is in a folder that everyone can write to" in said
    assert "move it to a folder that only you can write to" in said
    assert list(shared.iterdir()) == []
    assert running(hub) == before


@pytest.mark.newest
def test_ignored_errors_stop_and_forget_nothing(maintenance: Maintenance, hub: Hub) -> None:
    """Each task needs those before it, and not only the play."""
    before = running(hub)
    # The list cannot be written.
    maintenance.file.mkdir()
    run_playbook(maintenance.playbook("begin", fails=True))
    assert running(hub) == before
    maintenance.file.rmdir()
    # Another user could choose what is in it.
    maintenance.file.parent.chmod(0o777)
    run_playbook(maintenance.playbook("begin", fails=True))
    assert (running(hub), maintenance.file.exists()) == (before, False)
    maintenance.file.parent.chmod(0o700)

    maintenance.run("begin")
    held = maintenance.remembered()
    assert len(held) == len(before)
    # The list is of another hub, or the token is no good.
    for variables in ({"jupyterhub_url": "http://127.0.0.1:9"}, {"jupyterhub_api_token": "wrong"}):
        maintenance.run("end", fails=True, maintenance_hub_timeout=1, **variables)
        assert maintenance.remembered() == held
    # It cannot be told how many were started.
    result = maintenance.run("end", fails=True, maintenance_wait_timeout=-1)
    assert short(result["failed"]) == sorted(held)
    assert maintenance.remembered() == held
    maintenance.run("end")
    assert running(hub) == before


@pytest.mark.newest
@pytest.mark.parametrize("entry", ["begin", "end"])
def test_a_file_is_of_one_hub(maintenance: Maintenance, hub: Hub, entry: str) -> None:
    """Otherwise the second hub would lose the servers of the first one."""
    maintenance.run("begin")
    text = maintenance.file.read_text(encoding="utf-8")
    assert json.loads(text)["hub"] == hub.url.rstrip("/")
    other = maintenance.playbook(entry).replace(hub.url, "https://other.example.org/hub/api")
    done = run_playbook(other)
    assert done.returncode != 0
    assert f"contains the servers of another hub, {hub.url.rstrip('/')}" in re.sub(
        r"\s+", " ", done.stdout + done.stderr
    )
    assert maintenance.file.read_text(encoding="utf-8") == text
    # The same hub in other words.
    address = f"{hub.url.rstrip('/').replace('http', 'HTTP', 1)}/hub/api/"
    maintenance.run(entry, jupyterhub_url=address)
    assert maintenance.file.exists() == (entry == "begin")


@pytest.mark.newest
@pytest.mark.parametrize(
    ("entry", "task"),
    [
        ("begin", "Stop them"),
        ("end", "Start them"),
        ("end", "Leave only those in the list that have not started"),
    ],
)
def test_a_play_that_starts_in_the_middle_does_nothing(
    maintenance: Maintenance, hub: Hub, entry: str, task: str
) -> None:
    before = running(hub)
    maintenance.file.write_text('{"servers": []}', encoding="utf-8")
    done = run_playbook(maintenance.playbook(entry), ["--start-at-task", f"*{task}"])
    assert done.returncode != 0
    assert running(hub) == before
    assert maintenance.file.exists()
