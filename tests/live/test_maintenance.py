# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role maintenance: servers are stopped, remembered, and brought back as they were."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import pytest

from tests.hub import Hub
from tests.running import run_playbook

ROLE = """
- hosts: localhost
  gather_facts: false
  vars:
    jupyterhub_url: "{url}"
    jupyterhub_api_token: "{token}"
    maintenance_file: "{file}"
  tasks:
    - ansible.builtin.import_role: {{name: hubops.jupyterhub.maintenance, tasks_from: {entry}}}
      ignore_errors: {ignore}
    - ansible.builtin.copy: {{content: "{{{{ maintenance_result | to_json }}}}", dest: "{file}.result"}}
      check_mode: false
"""


class Maintenance:
    """Runs the role against a hub."""

    def __init__(self, hub: Hub, folder: pathlib.Path) -> None:
        self.hub = hub
        self.file = folder / "servers.json"

    def run(self, entry: str, *args: str, fails: bool = False, **variables: Any) -> dict[str, Any]:
        """Run an entry point; return the fact that it leaves."""
        values = {
            "url": self.hub.url,
            "token": self.hub.token,
            "file": self.file,
            "entry": entry,
            "ignore": str(fails).lower(),
        }
        done = run_playbook(ROLE.format(**values), [*args, "-e", json.dumps(variables)])
        assert done.returncode == 0, done.stdout + done.stderr
        assert ("ignored=0" not in done.stdout) == fails, done.stdout
        result: dict[str, Any] = json.loads(
            pathlib.Path(f"{self.file}.result").read_text(encoding="utf-8")
        )
        return result

    def remembered(self) -> dict[str, Any]:
        """Return what the file holds, by user/server."""
        held = json.loads(self.file.read_text(encoding="utf-8"))["servers"]
        return {f"{one['user']}/{one['name']}": one for one in held}


def running(hub: Hub) -> dict[str, Any]:
    """Return the options of the servers that run, by user/server, as the hub tells them itself."""
    return {
        f"{name}/{server['name']}": server["user_options"]
        for name, row in hub.users().items()
        for server in row["servers"].values()
        if server["ready"]
    }


def start(hub: Hub, user: str, server: str = "", **options: Any) -> None:
    """Start a server by the hub's own API."""
    body = {"user_options": options} if hub.series == "6" else options
    path = f"/users/{user}/servers/{server}" if server else f"/users/{user}/server"
    hub.expect("POST", path, body)


def short(servers: list[dict[str, Any]]) -> list[str]:
    """Return servers as user/server."""
    return sorted(f"{server['user']}/{server['name']}" for server in servers)


@pytest.fixture
def maintenance(hub: Hub, tmp_path: pathlib.Path) -> Maintenance:
    """A hub on which some servers run."""
    hub.add_users("ada", "grace", "kim", "staff-lee")
    start(hub, "ada", profile="small")
    start(hub, "ada", "gpu", profile="large")
    start(hub, "grace", note="{{ lookup('pipe', 'touch " + str(tmp_path) + "/run') }}")
    start(hub, "staff-lee")
    return Maintenance(hub, tmp_path)


def test_servers_come_back_as_they_were(
    maintenance: Maintenance, hub: Hub, tmp_path: pathlib.Path
) -> None:
    before = running(hub)
    predicted = maintenance.run("begin", "--check", maintenance_keep=["staff-*"])
    assert running(hub) == before
    assert not maintenance.file.exists()
    result = maintenance.run("begin", maintenance_keep=["staff-*"])
    assert result == predicted
    assert short(result["stopped"]) == ["ada/", "ada/gpu", "grace/"]
    assert list(running(hub)) == ["staff-lee/"]
    assert maintenance.file.stat().st_mode & 0o777 == 0o600
    assert set(maintenance.remembered()) == {"ada/", "ada/gpu", "grace/"}
    # The servers of this hub do not outlive it.
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
        "grace/": "the user is not on the hub any more",
        "ada/gpu": "the server is not on the hub any more",
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
def test_a_pattern_that_cannot_be_meant_stops_nothing(maintenance: Maintenance, hub: Hub) -> None:
    before = running(hub)
    values = {
        "url": hub.url,
        "token": hub.token,
        "file": maintenance.file,
        "entry": "begin",
        "ignore": "false",
    }
    for keep in ('{"maintenance_keep": ["staff-* "]}', '{"maintenance_keep": [""]}'):
        done = run_playbook(ROLE.format(**values), ["-e", keep])
        assert done.returncode != 0
        assert re.search(r"maintenance_keep must be a list of patterns", done.stderr + done.stdout)
    assert running(hub) == before
    assert not maintenance.file.exists()


@pytest.mark.newest
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
