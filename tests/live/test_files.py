# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in folders in which another user could replace them."""

from __future__ import annotations

import json
import os
import pathlib
import re
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.running import run_playbook

pytestmark = [pytest.mark.newest, pytest.mark.daily(2)]

TASKS: dict[str, dict[str, Any]] = {
    "jupyterhub_token": {"user": "ada", "note": "n", "dest": "{folder}/token"},
    "jupyterhub_export": {"dest": "{folder}/hub.yml"},
    "jupyterhub_offboard": {
        "user": "bob",
        "dest": "{folder}/certificates/",
        "backup": "{folder}/backup.yml",
    },
    "jupyterhub_user": {
        "users": [{"name": "ada"}],
        "prune": True,
        "prune_limit": 5,
        "backup": "{folder}/users.yml",
    },
    "jupyterhub_group": {
        "groups": [{"name": "one"}],
        "prune": True,
        "prune_limit": 5,
        "backup": "{folder}/groups.yml",
    },
}


@pytest.mark.parametrize("name", TASKS)
def test_a_file_that_any_user_can_replace_is_written_with_a_warning(
    name: str, hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path
) -> None:
    hub.add_users("ada", "bob", "kim")
    hub.add_group("one")
    hub.add_group("two")
    folder = tmp_path / "shared"
    folder.mkdir()
    task = json.loads(json.dumps(TASKS[name]).replace("{folder}", str(folder)))
    options = [option for option in ("dest", "backup") if option in task]
    for mode in (0o1777, 0o777):
        folder.chmod(mode)
        told = str(module(name, task, check=True).get("warnings", []))
        found = re.findall(rf"(\w+) {tmp_path}\S* is below {folder}, which everyone", told)
        assert found == (options if mode == 0o777 else [])
    assert module(name, task)["changed"]
    assert list(folder.iterdir()) != []


def test_a_report_that_any_user_can_replace_is_written_with_a_warning(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    tmp_path.chmod(0o777)
    variables = {"audit_reports": "audit.html", "audit_fleet_reports": "hubs.html"}
    done = run_playbook(
        pathlib.Path("hubops.jupyterhub.audit"),
        ["-e", json.dumps(variables)],
        hub=hub,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout
    told = re.sub(r"\s+", " ", done.stdout + done.stderr)
    for option, file in (("reports", "audit.html"), ("audit_fleet_reports", "hubs.html")):
        sentence = f"{option} {tmp_path}/{file} is below {tmp_path}, which everyone can write to"
        assert told.count(f" {sentence}") == 1, told
        assert (tmp_path / file).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")
def test_no_secret_goes_below_a_folder_that_another_user_has_created_in_a_shared_one(
    hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path
) -> None:
    hub.add_users("ada")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    tmp_path.chmod(0o1777)
    os.chown(theirs, 12345, 12345)
    mark = hub.mark()
    secrets: dict[str, dict[str, Any]] = {
        "jupyterhub_token": {"user": "ada", "note": "n", "dest": f"{theirs}/token"},
        "jupyterhub_export": {"dest": f"{theirs}/hub.yml", "include": ["users", "auth_state"]},
    }
    for name, task in secrets.items():
        result = module(name, task)
        assert result["failed"]
        assert f"is below {theirs}, which another user has created" in result["msg"]
    assert list(theirs.iterdir()) == []
    assert hub.requests(mark) == []
    result = module("jupyterhub_export", {"dest": f"{theirs}/hub.yml"})
    assert "that user can replace the file" in str(result["warnings"])
    assert [path.name for path in theirs.iterdir()] == ["hub.yml"]
