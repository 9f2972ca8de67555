# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token that was given as the address of the hub, or as the path of a file, is shown nowhere."""

from __future__ import annotations

import json
import pathlib
import re

import pytest

from tests.hub import Hub
from tests.running import run_playbook

pytestmark = [pytest.mark.newest, pytest.mark.core, pytest.mark.daily(4)]

PLAYBOOKS: dict[str, dict[str, object]] = {
    "adopt": {"adopt_dest": "{folder}/hub.yml"},
    "audit": {"audit_reports": ["{folder}/audit.html"], "audit_stats": True},
    "export": {"export_dest": "{folder}/hub.yml"},
    "maintenance": {"maintenance_file": "{folder}/servers.json"},
    "offboard": {"offboard_users": ["ada"], "offboard_certificates": "{folder}/"},
    "provision": {"jupyterhub_users": [{"name": "ada"}]},
    "rotate_tokens": {
        "rotate_tokens_list": [{"user": "ada", "note": "n", "dest": "{folder}/token"}]
    },
}


@pytest.mark.parametrize("swapped", ["jupyterhub_url", "jupyterhub_api_token_file"])
@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_token_in_the_wrong_variable_is_not_shown(
    hub: Hub, tmp_path: pathlib.Path, playbook: str, swapped: str
) -> None:
    variables = json.loads(json.dumps(PLAYBOOKS[playbook]).replace("{folder}", str(tmp_path)))
    wrong = (
        {"jupyterhub_url": hub.token, "jupyterhub_api_token": hub.url}
        if swapped == "jupyterhub_url"
        else {"jupyterhub_url": hub.url, swapped: hub.token}
    )
    # In a file, as a command line is for everybody to see.
    (tmp_path / "vars.json").write_text(json.dumps({**variables, **wrong}), encoding="utf-8")
    mark = hub.mark()
    done = run_playbook(
        pathlib.Path(f"hubops.jupyterhub.{playbook}"),
        ["-vvv", "--diff", "-e", f"@{tmp_path}/vars.json"],
        env={"ANSIBLE_LOG_PATH": str(tmp_path / "log"), "ANSIBLE_SHOW_CUSTOM_STATS": "1"},
    )
    (tmp_path / "vars.json").unlink()
    assert done.returncode == 2, done.stdout
    told = done.stdout + done.stderr
    assert hub.requests(mark) == []
    option = swapped.removeprefix("jupyterhub_").replace("url", "hub_url")
    assert f"{option} is not " in re.sub(r"\s+", " ", told)
    assert hub.token not in told
    for path in tmp_path.iterdir():
        assert hub.token not in path.read_text(encoding="utf-8"), path
