# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several hosts in one play, each of which is a hub: one does not lose what is another's, and tells
what was done to it alone.
"""

from __future__ import annotations

import json
import pathlib
import re
import textwrap
from typing import Any

import pytest
import yaml

from tests.hub import Hub
from tests.live.support_maintenance import running, start
from tests.live.support_role import SHOW_RESULT, role_result, writes
from tests.running import ROOT, run_playbook

pytestmark = [pytest.mark.daily(5), pytest.mark.core, pytest.mark.newest]


def inventory(folder: pathlib.Path, **hosts: Hub | None) -> list[str]:
    """Write an inventory in which each host is a hub, or one that does not answer; return the
    arguments for it.
    """
    path = folder / "inventory.json"
    variables = {
        name: {
            "jupyterhub_url": hub.url if hub else "http://127.0.0.1:9",
            "jupyterhub_api_token": hub.token if hub else "0" * 32,
            "jupyterhub_retries": 0,
        }
        for name, hub in hosts.items()
    }
    path.write_text(json.dumps({"all": {"hosts": variables}}), encoding="utf-8")
    return ["-i", str(path), "-c", "local"]


def play(*tasks: dict[str, Any], **keywords: Any) -> str:
    """Return a play for all hosts."""
    return json.dumps([{"hosts": "all", "gather_facts": False, **keywords, "tasks": tasks}])


def maintenance(entry: str, file: str, **keywords: Any) -> dict[str, Any]:
    """Return a task that runs the role."""
    return {
        "ansible.builtin.include_role": {
            "name": "hubops.jupyterhub.maintenance",
            "tasks_from": entry,
            "apply": keywords,
        },
        "vars": {"maintenance_file": file},
    }


def test_a_hub_that_was_left_in_the_midst_is_not_ok(hub: Hub, tmp_path: pathlib.Path) -> None:
    """With any_errors_fatal, a host on which nothing failed stops with the others."""
    provision = {
        "ansible.builtin.import_role": {"name": "hubops.jupyterhub.provision"},
        "vars": {"jupyterhub_users": [{"name": "kim"}]},
    }
    for fatal in (True, False):
        mark = hub.mark()
        show = {**SHOW_RESULT, "when": "inventory_hostname == 'good'"}
        run = run_playbook(
            play({"block": [provision], "always": [show]}, any_errors_fatal=fatal),
            inventory(tmp_path, down=None, good=hub),
        )
        assert run.returncode == 2
        result = role_result(run)
        assert (result["ok"], result["problems"]) == (
            (False, ["The play was stopped before the role had done everything."])
            if fatal
            else (True, [])
        )
        assert (writes(hub, mark) == []) == fatal
    assert list(hub.users()) == ["kim"]


@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_two_hubs_do_not_share_a_list_of_servers(
    hub: Hub, tmp_path: pathlib.Path, strategy: str
) -> None:
    """Both would find no list, and the second one would write over that of the first."""
    folder = tmp_path / "lists"
    folder.mkdir(mode=0o700)
    with Hub(hub.series) as other:
        hosts = inventory(tmp_path, physics=hub, biology=other)
        for each, name in ((hub, "ada"), (other, "kim")):
            each.add_users(name)
            start(each, name)
        before = running(hub), running(other)
        run = run_playbook(play(maintenance("begin", f"{folder}/list"), strategy=strategy), hosts)
        assert run.returncode == 2
        said = re.sub(r"\s+", " ", run.stdout)
        assert "is the file of several hosts of this play" in said
        kept = json.loads((folder / "list").read_text()) if (folder / "list").exists() else {}
        stopped = [
            url
            for each, servers in zip((hub, other), before, strict=True)
            for url in [each.url.rstrip("/")]
            if running(each) != servers
        ]
        assert len(stopped) <= (strategy == "free")
        assert stopped in ([], [kept.get("hub")])
        # One after the other, they may: the list is gone when the servers are back.
        (folder / "list").unlink(missing_ok=True)
        both = [maintenance("begin", f"{folder}/list"), maintenance("end", f"{folder}/list")]
        run = run_playbook(play(*both, serial=1), hosts)
        assert run.returncode == 0, run.stdout
    assert list(folder.iterdir()) == []


def test_one_hub_of_several_hosts(hub: Hub, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir(mode=0o700)
    hub.add_users("ada")
    start(hub, "ada")
    before = running(hub)
    file = f"{folder}/list"
    tasks = [maintenance("begin", file, run_once=True), maintenance("end", file, run_once=True)]
    run = run_playbook(play(tasks[0]), inventory(tmp_path, web1=hub, web2=hub))
    assert run.returncode == 0, run.stdout
    assert running(hub) == {}
    run = run_playbook(play(tasks[1]), inventory(tmp_path, web1=hub, web2=hub))
    assert run.returncode == 0, run.stdout
    assert running(hub) == before


def test_a_loop_over_hubs_shows_no_token(hub: Hub) -> None:
    guide = ROOT / "docs" / "docsite" / "rst" / "guide_keywords.rst"
    block = guide.read_text(encoding="utf-8").partition(".. code-block:: yaml\n")[2]
    block = re.split(r"\n(?=\S)", block)[0]
    (task,) = yaml.safe_load(textwrap.dedent(block))
    with Hub(hub.series) as other:
        hubs = [{"url": each.url, "token": each.token} for each in (hub, other)]
        variables = {"hubs": hubs, "jupyterhub_users": [{"name": "kim"}]}
        show = {**SHOW_RESULT, "tags": "hubs"}
        text = play(task, show, hosts="localhost", vars=variables)
        run = run_playbook(text, ["-vvv", "--tags", "hubs"])
        assert run.returncode == 0, run.stdout
        assert role_result(run)["hub_url"] == other.url
        for each in (hub, other):
            assert list(each.users()) == ["kim"]
            assert each.token not in run.stdout + run.stderr


def test_no_hub_takes_the_certificate_of_another_for_its_own(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    """On both hubs, nothing is left to remove from this person."""
    offboard = {
        "ansible.builtin.include_role": {"name": "hubops.jupyterhub.offboard"},
        "vars": {"offboard_users": ["ada"], "offboard_certificates": f"{tmp_path}/papers"},
    }
    with Hub(hub.series) as other:
        for each in (hub, other):
            each.add_users("ada")
        hosts = inventory(tmp_path, physics=hub, biology=other)
        run = run_playbook(play(offboard, serial=1), hosts)
        assert run.returncode == 0, run.stdout
        pages = [path.read_text(encoding="utf-8") for path in (tmp_path / "papers").iterdir()]
        found = {
            line.replace("\\", "")
            for text in pages
            for line in text.splitlines()
            if line.startswith("- Hub: ")
        }
        version = f", JupyterHub {hub.version}"
        assert found == {f"- Hub: {each.url}{version}" for each in (hub, other)}
