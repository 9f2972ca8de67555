# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statistics that playbooks report for the whole run, which AWX and other controllers keep."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
from typing import Any

import pytest
import yaml

from tests.hub import Hub
from tests.running import ROOT, run_playbook

pytestmark = [pytest.mark.newest, pytest.mark.daily(2)]
HOSTS = ["-i", "physics,biology,", "-c", "local"]


def handed_on(hub: Hub, playbook: str, **variables: Any) -> dict[str, Any]:
    """Run a playbook of the collection for two hosts; return the statistics that a controller would
    keep.
    """
    done = run_playbook(
        pathlib.Path(f"hubops.jupyterhub.{playbook}"),
        [*HOSTS, "-e", json.dumps(variables)],
        hub=hub,
        env={"ANSIBLE_SHOW_CUSTOM_STATS": "true"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"^\s*RUN: (\{.*)", done.stdout, re.MULTILINE | re.DOTALL)
    if found is None:
        return {}
    kept: dict[str, Any] = json.JSONDecoder().raw_decode(found[1])[0]
    return kept


def test_the_audit_hands_on_what_it_found(hub: Hub) -> None:
    hub.add_users("ada", admin=True)
    kept = handed_on(hub, "audit", audit_hosts="all", audit_stats=True)
    assert set(kept["hubops_audit"]) == {"physics", "biology"}
    for found in kept["hubops_audit"].values():
        assert "HUB-2" in {one["check"] for one in found["findings"]}
        assert found["summary"]["critical"] >= 1
    assert hub.token not in json.dumps(kept)
    assert handed_on(hub, "audit", audit_hosts="all") == {}


def test_secrets_are_not_handed_on(hub: Hub, tmp_path: pathlib.Path) -> None:
    variables = {
        "export_dest": str(tmp_path / "hub.yml"),
        "export_include": ["users", "auth_state"],
        "export_stats": True,
    }
    playbook = pathlib.Path("hubops.jupyterhub.export")
    done = run_playbook(playbook, ["-e", json.dumps(variables)], hub=hub)
    assert done.returncode == 2
    assert "auth_state holds secrets" in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", [False, True], ids=["file", "folder"])
def test_the_export_hands_on_its_files(hub: Hub, tmp_path: pathlib.Path, folder: bool) -> None:
    hub.add_users("ada", "grace")
    (tmp_path / "other.yaml").write_text("mine", encoding="utf-8")
    if folder:
        # Somebody else's files, which may hold secrets.
        (tmp_path / "physics").mkdir()
        for other in ("vault.yml", "tokens.yml"):
            (tmp_path / "physics" / other).write_text("mine: secret\n", encoding="utf-8")
    dest = f"{tmp_path}/{{{{ inventory_hostname }}}}" + ("/" if folder else ".yml")
    kept = handed_on(hub, "export", export_hosts="all", export_dest=dest, export_stats=True)
    exported = kept["hubops_export"]
    assert set(exported) == {"physics", "biology"}
    name = "users.yml" if folder else "physics.yml"
    users = yaml.safe_load(exported["physics"][name])["jupyterhub_users"]
    assert {"ada", "grace"} <= {user["name"] for user in users}
    place = tmp_path / "physics" if folder else tmp_path
    assert "mine" not in json.dumps(exported)
    for file, text in exported["physics"].items():
        assert (place / file).read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("playbook", "name"),
    [
        ("export", "export_dest"),
        ("adopt", "adopt_dest"),
        ("maintenance", "maintenance_file"),
        ("offboard", "offboard_certificates"),
        ("offboard", "offboard_backup"),
        ("rotate_tokens", "rotate_tokens_list"),
    ],
)
def test_several_hosts_do_not_write_over_each_other(
    hub: Hub, tmp_path: pathlib.Path, playbook: str, name: str
) -> None:
    """The connection is set on the command line, where the variables of the hosts do not show it."""
    hub.add_users("ada")
    mark = hub.mark()
    path = f"{tmp_path}/one"
    value = [{"user": "ada", "note": "n", "dest": path}] if name.endswith("list") else path
    variables = {
        f"{playbook}_hosts": "all",
        name: value,
        "offboard_users": ["ada"],
    }
    done = run_playbook(
        pathlib.Path(f"hubops.jupyterhub.{playbook}"),
        [*HOSTS, "-e", json.dumps(variables)],
        hub=hub,
    )
    assert done.returncode == 2
    said = re.sub(r"\s+", " ", done.stdout + done.stderr)
    assert f"{name} has the same path for several of the 2 hosts of this play" in said
    assert list(tmp_path.iterdir()) == []
    assert hub.requests(mark) == []


@pytest.mark.parametrize(
    ("playbook", "task"),
    [
        ("export", "Write the hub to the file"),
        ("adopt", "Write the hub to the file"),
        ("rotate_tokens", "Note the tokens of this host"),
        ("rotate_tokens", "Check that every token can be created, and has a file"),
    ],
)
def test_a_play_that_starts_behind_the_check_of_paths_writes_nothing(
    hub: Hub, tmp_path: pathlib.Path, playbook: str, task: str
) -> None:
    hub.add_users("ada")
    path = f"{tmp_path}/one"
    variables = {
        f"{playbook}_hosts": "all",
        f"{playbook}_dest": path,
        "rotate_tokens_list": [{"user": "ada", "note": "{{ inventory_hostname }}", "dest": path}],
    }
    done = run_playbook(
        pathlib.Path(f"hubops.jupyterhub.{playbook}"),
        [*HOSTS, "-e", json.dumps(variables), "--start-at-task", task],
        hub=hub,
    )
    assert done.returncode == 2, done.stdout
    said = re.sub(r"\s+", " ", done.stdout + done.stderr)
    assert "the check of what the hosts have in common was skipped" in said
    assert list(tmp_path.iterdir()) == []
    assert hub.user_tokens("ada") == []


def test_several_hosts_do_not_revoke_each_other_s_tokens(hub: Hub, tmp_path: pathlib.Path) -> None:
    """A hub knows a token by its user and its note."""
    hub.add_users("ada")

    def rotate(note: str) -> subprocess.CompletedProcess[str]:
        token = {"user": "ada", "note": note, "dest": f"{tmp_path}/{{{{ inventory_hostname }}}}"}
        variables = {
            "rotate_tokens_hosts": "all",
            "rotate_tokens_list": [token],
        }
        return run_playbook(
            pathlib.Path("hubops.jupyterhub.rotate_tokens"),
            [*HOSTS, "-e", json.dumps(variables)],
            hub=hub,
        )

    done = rotate("dashboard")
    said = re.sub(r"\s+", " ", done.stdout + done.stderr)
    assert done.returncode == 2
    assert "each host would revoke the token of the others" in said
    assert hub.user_tokens("ada") == []
    done = rotate("dashboard on {{ inventory_hostname }}")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("physics", "biology"):
        secret = (tmp_path / name).read_text(encoding="utf-8").strip()
        assert hub.expect("GET", "/user", token=secret)["name"] == "ada"


IMPORTED = """
- import_playbook: hubops.jupyterhub.export
  vars:
    export_dest: "{dest}"
    export_hosts: "{hosts}"
"""


@pytest.mark.parametrize(
    ("hosts", "file"),
    [("localhost", "hub"), ("all", "{{{{ inventory_hostname }}}}"), ("all", "hub")],
    ids=["one", "several", "the-same"],
)
def test_a_path_may_be_given_where_the_playbook_is_imported(
    hub: Hub, tmp_path: pathlib.Path, hosts: str, file: str
) -> None:
    text = IMPORTED.format(dest=f"{tmp_path}/{file.format()}.yml", hosts=hosts)
    done = run_playbook(text, HOSTS if hosts == "all" else [], hub=hub)
    written = {path.name for path in tmp_path.iterdir()}
    if (hosts, file) == ("all", "hub"):
        assert "export_dest has the same path for several of the 2 hosts" in done.stdout
        assert written == set()
        return
    assert done.returncode == 0, done.stdout + done.stderr
    assert written == ({"physics.yml", "biology.yml"} if hosts == "all" else {"hub.yml"})


@pytest.mark.parametrize(
    ("variables", "clash"),
    [
        ({"physics": "one"}, False),
        ({"physics": "one", "biology": "One"}, False),
        ({"physics": "one", "biology": "one"}, True),
        ({"physics": "one", "biology": "./one"}, True),
        ({"physics": "one", "biology": "one", "ansible_connection": "ssh"}, False),
    ],
    ids=["a-host-without", "case", "the-same", "another-spelling", "another-connection"],
)
def test_only_paths_that_are_the_same_on_one_machine_are_refused(
    tmp_path: pathlib.Path, variables: dict[str, str], clash: bool
) -> None:
    """The check alone, without a hub, because a host may do without the file."""
    hosts: dict[str, dict[str, str]] = {"physics": {}, "biology": {}}
    for host, found in hosts.items():
        found["ansible_connection"] = "local"
        if host in variables:
            found["offboard_certificates"] = f"{tmp_path}/{variables[host]}"
    hosts["biology"]["ansible_connection"] = variables.get("ansible_connection", "local")
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
    check = ROOT / "playbooks" / "tasks" / "own_file.yml"
    play = {
        "hosts": "all",
        "gather_facts": False,
        "vars": {"own_file": "offboard_certificates"},
        "tasks": [{"ansible.builtin.import_tasks": str(check)}],
    }
    done = run_playbook(yaml.safe_dump([play]), ["-i", str(inventory)])
    assert ("has the same path for several" in done.stdout + done.stderr) == clash, done.stdout
    assert (done.returncode == 0) != clash
