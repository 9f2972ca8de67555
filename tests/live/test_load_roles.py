# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of the filter load_roles, read by a hub that is configured like The Littlest
JupyterHub and like Zero to JupyterHub. Neither of them is installed here.
"""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml
from ansible_collections.hubops.jupyterhub.plugins.filter.load_roles import load_roles

from tests.hub import Hub
from tests.live.support import USER, runner

DECLARED = {"users": [{"name": "ada"}], "groups": [{"name": "CS101", "users": ["ada"]}]}
# The Littlest JupyterHub loads all files of a folder in the order of their names, after its own
# configuration. The chart of Zero to JupyterHub takes the names of services and roles from the
# keys, and the token from a secret, and appends both to the lists (see its jupyterhub_config.py).
CONFIG = """
import glob

for name in sorted(glob.glob({folder!r} + "/*.py")):
    load_subconfig(name)
values = {values!r}
for key, service in values["hub"]["services"].items():
    c.JupyterHub.services.append({{"name": key, **service, "api_token": {token!r}}})
for key, role in values["hub"]["loadRoles"].items():
    c.JupyterHub.load_roles.append({{"name": key, **role}})
"""


@pytest.mark.newest
def test_the_services_of_both_do_what_was_declared(
    running_hub: Hub, tmp_path: pathlib.Path
) -> None:
    tokens = {"tljh": "11" * 32, "z2jh": "22" * 32}
    (tmp_path / "token").write_text(tokens["tljh"], encoding="utf-8")
    folder = tmp_path / "jupyterhub_config.d"
    folder.mkdir()
    options: dict[str, Any] = {"hub": running_hub.series}
    text = load_roles(
        DECLARED, "tljh", service="for-tljh", token_file=str(tmp_path / "token"), **options
    )
    (folder / "for-tljh.py").write_text(text, encoding="utf-8")
    values = yaml.safe_load(load_roles(DECLARED, "helm", service="for-z2jh", **options))
    config = CONFIG.format(folder=str(folder), values=values, token=tokens["z2jh"])
    with Hub(running_hub.series, config=config) as hub:
        # The earlier entries of the lists are kept.
        assert {"provisioner", "for-tljh", "for-z2jh"} <= hub.services().keys()
        for number, (name, token) in enumerate(tokens.items()):
            run = runner(hub, api_token=token)
            assert hub.expect("GET", "/user", token=token)["name"] == f"for-{name}"
            people = {"users": [{"name": f"ada{number}"}]}
            assert run(USER, people)["changed"]
            group = {"name": f"CS{number}", "users": [f"ada{number}"]}
            assert run("jupyterhub_group", group)["changed"]
            assert run("jupyterhub_token", {"user": "ada0", "note": "more"})["status"] == 403
