# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks and roles in README.md and the guides work on running hubs."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import runner
from tests.live.support_documents import (
    GUIDES,
    README,
    ROLE_README,
    Document,
    blocks,
    plays,
    settle,
)
from tests.running import ROOT

pytestmark = pytest.mark.daily(5)

SCOPES = ROOT / "docs" / "docsite" / "rst" / "guide_scopes.rst"


def try_plays(document: pathlib.Path, hub: Hub, directory: pathlib.Path) -> None:
    """Run the playbooks of a document in check mode and in a real run."""
    prepared = Document(document, hub, directory)
    for mode in (["--check", "--diff"], []):
        done = prepared.run(mode)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("document", [README, ROLE_README], ids=["collection", "role"])
def test_the_playbooks_of_a_readme_work(
    document: pathlib.Path, hub: Hub, tmp_path: pathlib.Path
) -> None:
    try_plays(document, hub, tmp_path)


@pytest.mark.hubs("6")
@pytest.mark.parametrize(
    "guide", [guide for guide in GUIDES if plays(guide)], ids=lambda guide: guide.stem
)
def test_the_playbooks_of_a_guide_work(
    guide: pathlib.Path, hub: Hub, tmp_path: pathlib.Path
) -> None:
    settle(hub)
    try_plays(guide, hub, tmp_path)


def roles(document: pathlib.Path) -> dict[str, list[str]]:
    """Return the scopes of every service that a document configures."""
    scopes = {}
    for text in blocks(document, "python"):
        c = mock.Mock()
        c.JupyterHub.services, c.JupyterHub.load_roles = [], []
        exec(text, {"c": c})
        for role in c.JupyterHub.load_roles:
            scopes.update(dict.fromkeys(role["services"], role["scopes"]))
    return scopes


def test_the_first_service_of_a_newcomer_has_two_scopes() -> None:
    """These two scopes are enough for users and groups, as a test below shows."""
    enough = roles(SCOPES)["hubops-provision"]
    start = SCOPES.with_name("guide_start.rst")
    assert roles(README) == roles(start) == {"provisioner": enough}
    assert len(enough) == 2


# The tasks that a service with the role of this name has to be able to do, in order.
Task = tuple[str, dict[str, Any]]
TASKS: dict[str, list[Task]] = {
    "hubops-user": [
        (
            "jupyterhub_user",
            {
                "users": [
                    {"name": "kim", "auth_state": {"key": "value"}},
                    {"name": "lee"},
                    {"name": "old"},
                ]
            },
        ),
        ("jupyterhub_user", {"name": "leo", "rename_from": "lee"}),
        ("jupyterhub_user", {"name": "running", "state": "absent"}),
        (
            "jupyterhub_user",
            {"users": [{"name": "kim"}, {"name": "ada"}], "prune": True, "prune_limit": "100%"},
        ),
    ],
    "hubops-group": [
        (
            "jupyterhub_group",
            {
                "groups": [
                    {"name": "course", "users": ["ada"], "properties": {"term": "autumn"}},
                    {"name": "old"},
                ]
            },
        ),
        ("jupyterhub_group", {"name": "course", "users": ["ada", "grace"], "properties": {}}),
        (
            "jupyterhub_group",
            {"groups": [{"name": "course", "users": []}], "prune": True, "prune_limit": "100%"},
        ),
    ],
    "hubops-server": [
        ("jupyterhub_server", {"select_users": ["ad*"], "user_options": {"profile": "small"}}),
        ("jupyterhub_server", {"select_groups": ["team"], "state": "restarted"}),
        ("jupyterhub_server", {"user": "ada", "name": "lab"}),
        ("jupyterhub_server", {"user": "ada", "name": "lab", "state": "absent"}),
        ("jupyterhub_server", {"user": "ada", "state": "stopped"}),
    ],
    "hubops-token": [
        (
            "jupyterhub_token",
            {"user": "ada", "note": "export", "scopes": ["read:users!user"], "expires_in": "30d"},
        ),
        ("jupyterhub_token", {"user": "ada", "note": "export", "rotate": True}),
        ("jupyterhub_token", {"user": "ada", "note": "export", "state": "absent"}),
    ],
    "hubops-service": [
        ("jupyterhub_service", {"name": "readme-news", "display": False}),
        ("jupyterhub_service", {"name": "readme-news", "state": "absent"}),
    ],
    "hubops-share": [
        (
            "jupyterhub_share",
            {"owner": "running", "users": ["ada"], "groups": ["team"], "code": True},
        ),
        ("jupyterhub_share", {"owner": "running", "users": [], "groups": []}),
    ],
    "hubops-info": [
        (
            "jupyterhub_info",
            {
                "gather": [
                    "hub",
                    "whoami",
                    "users",
                    "groups",
                    "services",
                    "proxy",
                    "servers",
                    "tokens",
                ]
            },
        ),
    ],
}
TASKS["hubops-provision"] = [TASKS["hubops-user"][0], TASKS["hubops-group"][0]]


def prepare(hub: Hub) -> None:
    """Create on an empty hub the objects that the tasks need."""
    hub.reset()
    hub.add_users("ada", "grace", "running")
    hub.add_group("team", "ada")
    hub.expect("POST", "/users/running/server")


def falls_short(hub: Hub, run: ModuleRunner, tasks: list[Task]) -> str:
    """Run tasks; return why one of them has failed or has not seen enough, or an empty text."""
    prepare(hub)
    for name, params in tasks:
        result = run(name, params)
        if result["failed"]:
            return str(result["msg"])
        if name == "jupyterhub_info":
            seen = [result["hub"]["spawner"], *seen_of(result, "users", "admin", "groups", "roles")]
            seen += [
                *seen_of(result, "groups", "users", "properties", "roles"),
                *seen_of(result, "services", "url", "roles"),
            ]
            seen += seen_of(result, "servers", "ready", "last_activity")
            if None in seen:
                return "something is hidden"
    return ""


def seen_of(result: dict[str, Any], kind: str, *fields: str) -> Iterator[Any]:
    """Yield these fields of the first object of a kind; a hidden field is None."""
    return ((result[kind] or [{}])[0].get(field) for field in fields)


@pytest.mark.hubs("6")
def test_the_scopes_for_each_module_are_enough_and_none_is_too_many(running_hub: Hub) -> None:
    # Other roles in the guide are examples for other purposes.
    shown = {name: scopes for name, scopes in roles(SCOPES).items() if name.startswith("hubops-")}
    assert shown.keys() == TASKS.keys()
    services: dict[str, dict[str, Any]] = {
        name: {"scopes": scopes} for name, scopes in shown.items()
    }
    for name, scopes in shown.items():
        services |= {
            f"{name} {scope}": {"scopes": [each for each in scopes if each != scope]}
            for scope in scopes
        }
    services = {
        re.sub(r"\W", "-", name): {**spec, "shown": name} for name, spec in services.items()
    }
    names = {service: spec.pop("shown") for service, spec in services.items()}
    wrong = []
    with Hub(running_hub.series, services=services, patience=1.0) as hub:
        for service, name in names.items():
            role, _space, without = name.partition(" ")
            short = falls_short(hub, runner(hub, api_token=hub.tokens[service]), TASKS[role])
            if bool(short) != bool(without):
                wrong.append(f"{name}: {short or 'is not needed'}")
    assert wrong == []
