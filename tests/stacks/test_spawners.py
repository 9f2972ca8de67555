# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers started by sudo, as batch jobs, and by spawners with forms and messages; other services
that run beside the collection, and a course of nbgrader.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import GROUP, INFO, SERVER, USER, converge, members, one_sentence, runner

pytestmark = pytest.mark.newest


def up_and_down(hub: Hub, module: ModuleRunner, user: str) -> None:
    """Start a server, find it unchanged, restart it and stop it; after each step the hub agrees
    with the module.
    """
    started = module(SERVER, {"user": user, "state": "started", "wait_timeout": 120})
    assert (started["failed"], started["changed"]) == (False, True), started
    assert hub.user(user)["servers"][""]["ready"]
    again = module(SERVER, {"user": user, "state": "started"})
    assert (again["failed"], again["changed"]) == (False, False), again
    first = hub.user(user)["servers"][""]["started"]
    restarted = module(SERVER, {"user": user, "state": "restarted", "wait_timeout": 120})
    assert (restarted["failed"], restarted["changed"]) == (False, True), restarted
    assert hub.user(user)["servers"][""]["ready"]
    assert hub.user(user)["servers"][""]["started"] != first
    stopped = module(SERVER, {"user": user, "state": "stopped", "wait_timeout": 120})
    assert (stopped["failed"], stopped["changed"]) == (False, True), stopped
    assert hub.user(user)["servers"][""]["stopped"]


@pytest.mark.profile("sudo")
def test_servers_by_sudo(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("root")
    up_and_down(hub, module, "root")
    # A user without a system account gets no server, and only that user is reported.
    hub.add_users("nosuch1")
    result = module(
        SERVER, {"servers": [{"user": "nosuch1"}, {"user": "root"}], "wait_timeout": 60}
    )
    assert result["failed"], result
    assert "nosuch1" in result["msg"]
    assert hub.user("root")["servers"][""]["ready"]
    assert hub.user("nosuch1")["servers"][""]["stopped"]


@pytest.mark.profile("batch")
def test_servers_as_jobs(hub: Hub, module: ModuleRunner) -> None:
    """Real servers, started by a minimal batch system. BatchSpawner needs a system account."""
    hub.add_users("root")
    up_and_down(hub, module, "root")


@pytest.mark.profile("form")
def test_profiles_of_a_form(hub: Hub, module: ModuleRunner) -> None:
    """The values that a form would return for a choice are given as user_options."""
    hub.add_users("ada")
    large = {"profile": "large", "memory": 8}
    result = module(SERVER, {"user": "ada", "user_options": large})
    assert (result["failed"], result["changed"]) == (False, True), result
    assert hub.user("ada")["servers"][""]["user_options"] == large
    again = module(SERVER, {"user": "ada", "user_options": large})
    assert (again["failed"], again["changed"]) == (False, False), again
    small = module(
        SERVER, {"user": "ada", "user_options": {"profile": "small"}, "restart_if_changed": True}
    )
    assert (small["failed"], small["changed"]) == (False, True), small
    assert hub.user("ada")["servers"][""]["user_options"] == {"profile": "small"}


@pytest.mark.profile("form")
def test_a_profile_that_there_is_not(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("ada")
    result = module(SERVER, {"user": "ada", "user_options": {"profile": "huge"}})
    assert result["failed"], result
    one_sentence(result)
    assert "No such profile: huge" in result["msg"], result["msg"]
    # A spawner's messages are text from other people.
    assert not {"\x1b", "\u202e", "\n"} & set(result["msg"]), result["msg"]


@pytest.mark.profile("form")
def test_a_start_that_fails_after_its_messages(hub: Hub, module: ModuleRunner) -> None:
    """The start fails after the hub has answered 202. The reason is among the progress messages of
    the spawner.
    """
    hub.add_users("ada")
    options = {"delay": 2.5, "fail": "the node\x1b[31m is full\u202e"}
    result = module(SERVER, {"user": "ada", "user_options": options})
    assert result["failed"], result
    one_sentence(result)
    assert "is full" in result["msg"], result["msg"]
    assert not {"\x1b", "\u202e", "\n"} & set(result["msg"]), result["msg"]
    assert hub.user("ada")["servers"][""]["stopped"]


KUBE = """
import spawners

class KubeSpawner(spawners.InProcessSpawner):
    pass

# As GET /info names it.
KubeSpawner.__module__ = "kubespawner.spawner"
c.JupyterHub.spawner_class = KubeSpawner
"""


@pytest.fixture(scope="module")
def kube_hub(running_hub: Hub) -> Iterator[Hub]:
    """A hub whose spawner has KubeSpawner's name, because there is no cluster here."""
    with Hub(running_hub.series, config=KUBE) as hub:
        yield hub


@pytest.mark.sample
def test_a_spawner_that_deletes_storage_is_warned_of(kube_hub: Hub) -> None:
    """The warning comes before users are deleted, also in check mode, and names only those
    users.
    """
    kube_hub.add_users("ada", "bob")
    run = runner(kube_hub)
    said = "(kubespawner.spawner.KubeSpawner) deletes a user's storage together with the user"
    for check in (True, False):
        result = run(USER, {"name": "ada", "state": "absent"}, check=check)
        assert not result["failed"], result
        assert said in str(result["warnings"]), result
        assert "delete_pvc is off: ada. Copy the files that are still needed first." in str(
            result["warnings"]
        )
    result = run(USER, {"users": [{"name": "cy"}], "prune": True, "prune_limit": "100%"})
    assert said in str(result["warnings"]), result
    assert list(kube_hub.users()) == ["cy"]
    for quiet in ({"name": "cy", "admin": True}, {"name": "nobody", "state": "absent"}):
        mark = kube_hub.mark()
        assert "warnings" not in run(USER, quiet)
        assert not any(request.path.endswith("/info") for request in kube_hub.requests(mark))


def test_another_spawner_is_not_warned_of(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("ada")
    result = module(USER, {"name": "ada", "state": "absent"})
    assert result["changed"]
    assert "warnings" not in result


@pytest.mark.profile("culler")
def test_the_idle_culler_and_the_module(hub: Hub, module: ModuleRunner) -> None:
    """The culler stops servers that the module has started. The next run starts them again, and no
    run fails because of it.
    """
    hub.add_users("ada")
    for _round in range(2):
        result = module(SERVER, {"user": "ada", "state": "started"})
        assert (result["failed"], result["changed"]) == (False, True), result
        until = time.monotonic() + 60
        while not hub.user("ada")["servers"][""]["stopped"]:
            assert time.monotonic() < until
            time.sleep(0.2)
    stopped = module(SERVER, {"user": "ada", "state": "stopped"})
    assert (stopped["failed"], stopped["changed"]) == (False, False), stopped
    services = module(INFO, {"gather": ["services"]})["services"]
    assert "idle-culler" in str(services)
    assert not module("jupyterhub_service", {"name": "idle-culler", "state": "absent"})["changed"]
    assert "idle-culler" in hub.services()


@pytest.mark.profile("nbgrader")
def test_a_course_of_nbgrader(hub: Hub, module: ModuleRunner) -> None:
    """The groups and the account of the course do not change; students are added beside them."""
    students = ["ada", "bob"]
    assert members(hub) == {
        "formgrade-course101": ["grader-course101", "instructor1"],
        "nbgrader-course101": [],
    }
    converge(hub, module, USER, {"users": [{"name": name} for name in students]})
    converge(hub, module, GROUP, {"name": "nbgrader-course101", "users": students})
    hub.add_users("instructor2")
    converge(
        hub,
        module,
        GROUP,
        {"name": "formgrade-course101", "users": ["instructor2"], "users_mode": "present"},
    )
    assert members(hub) == {
        "formgrade-course101": ["grader-course101", "instructor1", "instructor2"],
        "nbgrader-course101": students,
    }
    converge(
        hub,
        module,
        GROUP,
        {"name": "formgrade-course101", "users": ["instructor2"], "users_mode": "absent"},
    )


@pytest.mark.profile("nbgrader")
def test_the_service_of_a_course_and_the_module(hub: Hub, module: ModuleRunner) -> None:
    """Nbgrader adds and removes students itself: the module reads that, and an exact list reverts
    it, which check mode predicts.
    """
    hub.add_users("ada", "bob")
    course = hub.password * 2
    converge(hub, module, GROUP, {"name": "nbgrader-course101", "users": ["ada"]})
    assert (
        hub.api("POST", "/groups/nbgrader-course101/users", {"users": ["bob"]}, token=course)[0]
        == 200
    )
    kept = module(GROUP, {"name": "nbgrader-course101", "users": ["ada"], "users_mode": "present"})
    assert (kept["failed"], kept["changed"]) == (False, False), kept
    predicted = module(GROUP, {"name": "nbgrader-course101", "users": ["ada"]}, check=True)
    assert predicted["changes"] == [
        {
            "action": "remove",
            "kind": "group",
            "name": "nbgrader-course101",
            "fields": {"users": ["bob"]},
        }
    ]
    assert members(hub)["nbgrader-course101"] == ["ada", "bob"]
