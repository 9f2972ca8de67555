# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The profiles of the test hubs work as documented, and leave nothing running."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import ProfileHub
from tests.hub import PROFILES, Hub, HubError, NotInstalled
from tests.hub._process import ROOT, alive, belongs_to
from tests.hub.databases import DatabaseServer

DATABASES = ("postgres", "mariadb", "mariadb-bin")


@pytest.mark.sample
@pytest.mark.profile("keepcase", "usermap", "pattern")
def test_names(hub: Hub) -> None:
    """The result of the same names with each authenticator."""
    asked = ["Ada", "tilda.brook@example.edu"]
    status, _answer = hub.api("POST", "/users", {"usernames": asked})
    assert (status, sorted(hub.users())) == {
        "keepcase": (201, ["Ada", "tilda.brook@example.edu"]),
        "usermap": (201, ["ada", "tbrook"]),
        "pattern": (400, []),
    }[hub.profile]


@pytest.mark.profile("pam")
def test_pam_wants_accounts_of_the_system(hub: Hub) -> None:
    assert hub.api("POST", "/users", {"usernames": ["daemon"]})[0] == 201
    assert hub.api("POST", "/users", {"usernames": ["nosuch1"]})[0] == 400
    assert list(hub.users()) == ["daemon"]


@pytest.mark.profile("nginx", "nginx-uri")
def test_paths_through_proxies(hub: Hub) -> None:
    """With a URI in proxy_pass, nginx decodes the slash in a name. Without one, nginx passes it on,
    and the hub's own proxy in Python decodes it.
    """
    hub.add_group("staff")
    hub.add_group("/staff")
    assert hub.url.endswith("/jhub/")
    mark = hub.mark()
    status, answer = hub.through("GET", "/groups/%2Fstaff")
    arrived = "/jhub/hub/api/groups/%2Fstaff" in hub.log(mark)
    assert (status, arrived) == ((404, True) if hub.profile == "nginx" else (200, False))
    assert hub.profile == "nginx" or answer["name"] == "staff"


@pytest.mark.profile(*DATABASES)
def test_names_that_a_collation_takes_for_one(hub: Hub) -> None:
    hub.add_users("jose")
    status, answer = hub.api("GET", "/users/jos%C3%A9")
    assert status == (200 if hub.profile == "mariadb" else 404), answer
    assert hub.sql("SELECT name, admin FROM users WHERE name = ?", ("jose",)) == [("jose", False)]


@pytest.mark.profile(*DATABASES)
def test_a_database_that_was_cut_off_or_has_ended(hub: Hub) -> None:
    """The hub connects to the database again, and the database has kept its data."""
    hub.add_users("ada")
    database = hub.database
    assert isinstance(database, DatabaseServer)
    database.cut()
    until = time.monotonic() + 20
    while hub.api("GET", "/users/ada")[0] != 200:
        assert time.monotonic() < until
    for end in (database.stop, database.kill):
        end()
        assert hub.api("GET", "/users/ada")[0] >= 400
        database.start()
        until = time.monotonic() + 20
        while hub.api("GET", "/users/ada")[0] != 200:
            assert time.monotonic() < until
    hub.wipe()
    assert hub.users() == {}


@pytest.mark.sample
@pytest.mark.parametrize("name", ["postgres", "mariadb", "nginx"])
def test_everything_ends_with_the_hub(name: str) -> None:
    hub = Hub("6", profile=name)
    try:
        hub.start()
    except NotInstalled as reason:
        pytest.skip(str(reason))
    finally:
        pids = descendants(hub)
        folders = [
            server.folder for server in hub.beside.servers.values() if "folder" in server.notes
        ]
        hub.close()
    assert len(pids) >= 2
    assert not [pid for pid in pids if alive(pid)]
    assert not [folder for folder in folders if folder.exists()]


@pytest.mark.parametrize("name", ["postgres", "culler"])
def test_everything_ends_with_its_parent(name: str) -> None:
    """Everything ends with the parent process, whether it is killed or not."""
    problem = PROFILES[name].missing()
    if problem:
        pytest.skip(problem)
    program = (
        f"import time; from tests.hub import Hub; hub = Hub('6', profile='{name}'); hub.start();"
        " print(hub.state, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        hub = Hub.attach(parent.stdout.readline().strip())
        pids = [hub.pid, *descendants(hub), *family(hub)]
        assert len(pids) >= 4
        parent.send_signal(signal.SIGKILL)
    until = time.monotonic() + 20
    while any(alive(pid) for pid in pids if pid is not None):
        assert time.monotonic() < until
        time.sleep(0.1)
    hub.beside.remove()


@pytest.mark.sample
def test_services_and_servers_of_a_killed_hub_end() -> None:
    """The idle-culler, which the hub has started, and the servers end too: no process is left."""
    problem = PROFILES["culler"].missing()
    if problem:
        pytest.skip(problem)
    with Hub("6", profile="culler", spawner="stub") as hub:
        first = cullers(hub)
        assert len(first) == 1
        hub.wipe()
        second = cullers(hub)
        assert len(second) == 1
        assert not alive(first[0])
        hub.add_users("ada")
        hub.expect("POST", "/users/ada/server")
        pids = family(hub)
        hub.kill()
        assert alive(second[0])
    assert len(pids) >= 4, "expected the hub, its proxy, the idle-culler and a server"
    assert not [pid for pid in pids if alive(pid)]
    assert family(hub) == []


def family(hub: Hub) -> list[int]:
    """Return all processes that this hub has started, according to their environment."""
    found = [int(place.name) for place in pathlib.Path("/proc").glob("[0-9]*")]
    return [pid for pid in found if belongs_to(pid, hub.state) and alive(pid)]


def cullers(hub: Hub) -> list[int]:
    """Return the processes of this hub's idle-culler."""
    return [
        pid
        for pid in family(hub)
        if b"jupyterhub_idle_culler" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def descendants(hub: Hub) -> list[int]:
    """Return the processes of the servers beside a hub: their keepers and the children of these."""
    found = [server.pid for server in hub.beside.servers.values() if server.pid is not None]
    for keeper in list(found):
        children = pathlib.Path("/proc", str(keeper), "task", str(keeper), "children")
        found += (
            [int(pid) for pid in children.read_text(encoding="utf-8").split()]
            if children.exists()
            else []
        )
    return found


def test_a_server_that_is_not_installed_is_reported_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.hub.databases.program", lambda *names: None)
    with pytest.raises(
        NotInstalled,
        match=(
            r"profile mariadb: MariaDB is not installed \(Debian and Ubuntu: apt-get install"
            r" mariadb-server-core\)"
        ),
    ):
        Hub("6", profile="mariadb").start()


@pytest.mark.sample
def test_a_server_that_ends_is_reported_with_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.hub.web_servers.NGINX", "nonsense;")
    hub = Hub("6", profile="nginx")
    try:
        with pytest.raises(HubError, match='unknown directive "nonsense"'):
            hub.start()
    finally:
        hub.close()


def test_another_profile_beside_the_test_s_own(hub: Hub, profile_hub: ProfileHub) -> None:
    other = profile_hub("keepcase", hub.series)
    other.add_users("Ada")
    assert (list(other.users()), hub.users()) == (["Ada"], {})


@pytest.mark.sample
def test_the_option_is_for_all_hubs() -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--hub",
        "6",
        "--profile",
        "keepcase",
        f"{__file__}::test_the_profile_of_all_hubs",
    ]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**environment, "WHERE": "keepcase"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout


def test_the_profile_of_all_hubs(hub: Hub) -> None:
    wanted = os.environ.get("WHERE", os.environ["HUB_PROFILE"])
    assert (hub.profile, Hub("6").profile) == (wanted, wanted)
