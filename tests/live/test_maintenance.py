# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role maintenance: servers are stopped, remembered, and brought back as they were."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.hub import Hub
from tests.running import CACHE, link_collection, run_playbook

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

LONG = pytest.mark.skipif(
    not os.environ.get("TEST_LONG"), reason="it takes half a minute: TEST_LONG=1 runs it"
)


class Maintenance:
    """Runs the role against a hub."""

    def __init__(self, hub: Hub, folder: pathlib.Path) -> None:
        self.hub = hub
        self.file = folder / "servers.json"

    def playbook(self, entry: str, *, fails: bool = False, **variables: Any) -> str:
        """Return a playbook of an entry point."""
        text = ROLE.format(
            url=self.hub.url,
            token=self.hub.token,
            file=self.file,
            entry=entry,
            ignore=str(fails).lower(),
        )
        more = "".join(f"    {name}: {json.dumps(value)}\n" for name, value in variables.items())
        return text.replace("  vars:\n", f"  vars:\n{more}", 1)

    def run(self, entry: str, *args: str, fails: bool = False, **variables: Any) -> dict[str, Any]:
        """Run an entry point; return the fact that it leaves."""
        done = run_playbook(self.playbook(entry, fails=fails), [*args, "-e", json.dumps(variables)])
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


def wait_until(settled: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something holds, so many seconds at most."""
    end = time.monotonic() + seconds
    while not settled():
        assert time.monotonic() < end
        time.sleep(0.05)


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


@LONG
@pytest.mark.newest
def test_real_servers_come_back_after_an_upgrade_of_the_hub(tmp_path: pathlib.Path) -> None:
    """From JupyterHub 5 to 6 on the same database, each with its own jupyterhub-singleuser."""
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


@pytest.mark.newest
def test_users_without_a_name_keep_nobody_from_coming_back(
    maintenance: Maintenance, hub: Hub
) -> None:
    """One of them makes the hub fail to list the stopped servers of anybody."""
    before = running(hub)
    hub.add_users("ghost", "shadow")
    maintenance.run("begin")
    for name in ("ghost", "shadow"):
        # What destroys a name.
        hub.expect("PATCH", f"/users/{name}", {"name": name})
    assert hub.api("GET", "/users?include_stopped_servers=1")[0] == 500
    maintenance.run("end")
    assert {
        f"{row['name']}/{server['name']}": server["user_options"]
        for row in hub.pages("/users?name_filter=%25")
        for server in row["servers"].values()
    } == before
    # Only this takes such users away.
    hub.wipe()


def killed(playbook: str, hub: Hub, folder: pathlib.Path, method: str) -> None:
    """Run a playbook, and kill all of it after its first request with this method."""
    path = folder / "killed.yml"
    path.write_text(playbook, encoding="utf-8")
    mark = hub.mark()
    with play_process(path) as process:
        wait_until(
            lambda: (
                process.poll() is not None
                or any(request.method == method for request in hub.requests(mark, "provisioner"))
            ),
            60,
        )
        assert process.poll() is None, "it was done before it could be killed"


@contextlib.contextmanager
def play_process(path: pathlib.Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a playbook beside this process, and kill it with its children in the end."""
    with subprocess.Popen(
        [
            pathlib.Path(sys.executable).with_name("ansible-playbook"),
            "-i",
            "localhost,",
            "-c",
            "local",
            path,
        ],
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(link_collection()),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_HOME": str(CACHE / "ansible-home"),
        },
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@LONG
@pytest.mark.newest
def test_a_run_that_is_killed_forgets_nobody(
    maintenance: Maintenance, hub: Hub, tmp_path: pathlib.Path
) -> None:
    """Killed when it has stopped the first server, and again when it has started the first one."""
    before = running(hub)
    killed(maintenance.playbook("begin", maintenance_batch=1), hub, tmp_path, "DELETE")
    assert set(maintenance.remembered()) == before.keys()
    maintenance.run("begin")
    assert running(hub) == {}
    assert set(maintenance.remembered()) == before.keys()
    killed(maintenance.playbook("end", maintenance_batch=1), hub, tmp_path, "POST")
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
