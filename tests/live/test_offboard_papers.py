# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates and backups of people who leave, and the role and the playbook for
offboarding.
"""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support_offboard import (
    COOKIE,
    OFFBOARD,
    Browser,
    left,
    nothing_left,
    offboard,
    settle_in,
)
from tests.live.token_support import make, mode
from tests.running import ROOT, run_playbook

pytestmark = pytest.mark.daily(4)

HOSTILE = "<script>alert(1)</script> | [x](http://evil) **{{ 6 * 7 }}** `a`\n# x"
ROLE = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.import_role: {name: hubops.jupyterhub.offboard}
    - ansible.builtin.copy: {content: "{{ offboard_result | to_json }}", dest: "{{ told }}", mode: "0600"}
      check_mode: false
"""


def test_a_certificate_reports_what_was_done_and_the_proofs(
    hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path
) -> None:
    settle_in(hub)
    make(hub, HOSTILE, "ada")
    dest = tmp_path / "ada.md"
    result = offboard(hub, module, {"user": "ada", "dest": str(dest)})
    page = dest.read_text(encoding="utf-8")
    assert mode(dest) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["ada.md"]
    # The browser session of a kept account is not ended, and the certificate does not claim so.
    assert "A browser that is logged in still has access" in page
    assert "all access" not in page
    assert "- remove group: CS101" in page
    assert r"| canary token | 200, then 403 | 200, then 403 | yes |" in page
    for sentence in result["by_hand"]:
        assert re.sub(r"\W", "", sentence) in re.sub(r"\W", "", page)
    # Text from other people is written as plain text.
    assert "<script" not in page
    assert not re.search(r"(?<!\\)[\[`*{]", page.replace("- [ ]", "").replace("**", ""))
    assert result["changes"][-1]["kind"] == "certificate"


@pytest.mark.newest
def test_a_certificate_names_what_is_not_proved(
    hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path
) -> None:
    settle_in(hub)
    dest = tmp_path / "ada.md"
    cookies = [{"name": COOKIE, "value": Browser(hub, "ada").cookie}]
    result = module(OFFBOARD, {"user": "ada", "dest": str(dest), "evidence_cookies": cookies})
    assert result["failed"]
    assert "**NOT proved**" in dest.read_text(encoding="utf-8")
    assert cookies[0]["value"] not in dest.read_text(encoding="utf-8")


@pytest.mark.newest
def test_a_certificate_does_not_outlive_its_proof(
    hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path
) -> None:
    hub.add_users("ada")
    make(hub, "old", "ada")
    dest = tmp_path / "ada.md"
    browser = Browser(hub, "ada")
    params: dict[str, Any] = {"user": "ada", "dest": str(dest), "fail_unproved": False}
    evidence = {"evidence_cookies": [{"name": COOKIE, "value": browser.cookie}]}
    assert module(OFFBOARD, params)["proved"]
    assert module(OFFBOARD, params)["changes"] == []
    # Nothing is left to remove, and the cookie is accepted.
    result = module(OFFBOARD, {**params, **evidence})
    assert result["proved"] is False
    assert [change["kind"] for change in result["changes"]] == ["certificate"]
    text = dest.read_text(encoding="utf-8")
    assert "**NOT proved**" in text
    assert "accepted as ada" in text
    assert module(OFFBOARD, {**params, **evidence})["changes"] == []
    # Then the session ends without the module.
    hub.expect("DELETE", "/users/ada")
    assert module(OFFBOARD, {**params, **evidence})["proved"]
    assert "NOT" not in dest.read_text(encoding="utf-8")
    assert len(list(tmp_path.glob("ada.md.*~"))) == 2


def test_a_backup_brings_back_what_it_can(
    hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path
) -> None:
    secrets = settle_in(hub)
    hub.add_group("{{ 6 * 7 }}", "ada")
    hub.expect("POST", "/users/ada/servers/gpu")
    before = left(hub)
    backup = tmp_path / "left.yml"
    offboard(
        hub,
        module,
        {"users": [{"name": "ada"}, {"name": "bob"}], "backup": str(backup), "servers": "removed"},
    )
    text = backup.read_text(encoding="utf-8")
    assert mode(backup) == 0o600
    assert '!unsafe "{{ 6 * 7 }}"' in text
    assert not any(secret in text for secret in secrets.values())
    done = run_playbook(ROOT / "playbooks" / "provision.yml", ["-e", f"@{backup}"], hub=hub)
    assert done.returncode == 0, done.stdout + done.stderr
    after = left(hub)
    assert (after["admin"], after["groups"]) == (before["admin"], before["groups"])
    if hub.series != "4":
        assert (after["given"], after["received"]) == (before["given"], before["received"])
    # A second run removes the person again, and keeps the first backup.
    assert module(OFFBOARD, {"user": "ada", "backup": str(backup), "servers": "removed"})["proved"]
    assert [path.read_text(encoding="utf-8") for path in tmp_path.glob("left.yml.*~")] == [text]


@pytest.mark.core
def test_the_role_takes_names_objects_and_a_file(hub: Hub, tmp_path: pathlib.Path) -> None:
    secrets = settle_in(hub)
    hub.add_users("cy", "dee")
    token = make(hub, "n", "cy")[1]
    names = tmp_path / "names.txt"
    names.write_text("# who left\n\ncy\n", encoding="utf-8")
    told = tmp_path / "told.json"
    cookie = Browser(hub, "dee").cookie
    people = [
        "ada",
        {
            "name": "dee",
            "account": "delete",
            "evidence_cookies": [{"name": COOKIE, "value": cookie}],
        },
    ]
    variables = {
        "offboard_users": people,
        "offboard_file": str(names),
        "offboard_certificates": str(tmp_path / "papers"),
        "told": str(told),
    }
    args = ["-vvv", "--diff", "-e", json.dumps({**variables, "offboard_sessions": "freeze"})]
    checked = run_playbook(ROLE, [*args, "--check"], hub=hub)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    foretold: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
    assert left(hub)["tokens"] > 0
    done = run_playbook(ROLE, args, hub=hub)
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
    assert result["changes"] == foretold["changes"]
    assert result["proved"] is True
    assert left(hub) == nothing_left(hub)
    assert hub.user("cy")["roles"] == []
    assert "dee" not in hub.users()
    assert sorted(path.name for path in (tmp_path / "papers").iterdir()) == [
        "ada.md",
        "cy.md",
        "dee.md",
    ]
    shown = (
        done.stdout
        + done.stderr
        + told.read_text(encoding="utf-8")
        + "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "papers").iterdir())
    )
    # The cookie is an argument of this command, and ansible-playbook does not repeat it in its
    # output.
    for secret in (token, *secrets.values(), cookie):
        assert secret not in shown


@pytest.mark.newest
def test_a_role_that_fails_leaves_no_result_of_an_earlier_run(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    settle_in(hub)
    told = tmp_path / "told.json"
    role = "ansible.builtin.include_role: {name: hubops.jupyterhub.offboard}"
    done = run_playbook(
        f"""
- hosts: localhost
  gather_facts: false
  tasks:
    - {role}
      vars: {{offboard_users: [ada]}}
    - ansible.builtin.assert: {{that: offboard_result.proved}}
    - block:
        - {role}
          vars: {{offboard_users: 7}}
      rescue:
        - ansible.builtin.copy: {{content: "{{{{ offboard_result | to_json }}}}", dest: "{told}"}}
""",
        hub=hub,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(told.read_text(encoding="utf-8"))
    assert (result["proved"], result["proof"], result["failed"]) == (False, [], True)


@pytest.mark.newest
def test_the_playbook_runs_the_role_and_fails_where_nobody_is_named(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    settle_in(hub)
    playbook = ROOT / "playbooks" / "offboard.yml"
    done = run_playbook(playbook, hub=hub)
    assert done.returncode != 0
    assert "Set offboard_users" in done.stdout + done.stderr
    before = left(hub)
    for option in ("offboard_certificates", "offboard_backup"):
        variables = {"offboard_users": ["ada"], option: "papers"}
        done = run_playbook(playbook, ["-e", json.dumps(variables)], hub=hub)
        assert done.returncode != 0
        assert "is not an absolute path" in done.stdout + done.stderr
    assert left(hub) == before
    done = run_playbook(playbook, ["-e", json.dumps({"offboard_users": ["ada"]})], hub=hub)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "identity provider" in done.stdout
    assert '"proved": true' in done.stdout
    assert left(hub) == nothing_left(hub)


@pytest.mark.newest
def test_names_on_the_command_line(hub: Hub) -> None:
    """A string is a comma-separated list of names, not a list of letters."""
    settle_in(hub)
    hub.add_users("a", "d")
    before = left(hub)
    playbook = ROOT / "playbooks" / "offboard.yml"
    for value in ('offboard_users=["ada"]', '{"offboard_users": [true]}', '{"offboard_users": 7}'):
        done = run_playbook(playbook, ["-e", value], hub=hub)
        assert done.returncode != 0
        assert "offboard_users must be a list of names" in done.stdout + done.stderr
    # What should have been kept would not be.
    done = run_playbook(
        playbook, ["-e", "offboard_users=a", "-e", "offboard_group_keep=x"], hub=hub
    )
    assert done.returncode != 0
    assert "offboard_groups_keep may be the intended name" in done.stdout + done.stderr
    # A variable of a shell that is not set.
    done = run_playbook(playbook, ["-e", "offboard_users="], hub=hub)
    assert done.returncode != 0
    assert "Set offboard_users" in done.stdout + done.stderr
    # A number is a name, and the module warns of it.
    done = run_playbook(playbook, ["-e", "{offboard_users: [0123], offboard_file: null}"], hub=hub)
    assert "is the number 83" in done.stdout + done.stderr, done.stdout + done.stderr
    # Nor is it done in part when the play goes on.
    hub.add_users("true")
    ignoring = """
- hosts: localhost
  gather_facts: false
  tasks:
    - {ansible.builtin.import_role: {name: hubops.jupyterhub.offboard}, ignore_errors: true}
"""
    for variables in (
        {"offboard_users": ["a", True], "offboard_account": "delete"},
        {"offboard_users": ["a"], "offboard_account": "delete", "offboard_file": "/nowhere"},
    ):
        done = run_playbook(ignoring, ["-e", json.dumps(variables)], hub=hub)
        assert "ignored=2" in done.stdout, done.stdout + done.stderr
        assert {"a", "true"} <= set(hub.users())
    assert left(hub) == before
    done = run_playbook(
        playbook, ["-e", "offboard_users=ada,dee", "-e", "offboard_account=delete"], hub=hub
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "These users are not on the hub: dee." in done.stdout + done.stderr
    assert "ada" not in hub.users()
    assert {"a", "d"} <= set(hub.users())
