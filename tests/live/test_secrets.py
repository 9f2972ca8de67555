# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets stay secret in whatever ansible-playbook prints and logs, and other words stay as they are."""

from __future__ import annotations

import json
import pathlib
import secrets

from tests.hub import Hub
from tests.live.support import USER, admins, auth_state, runner
from tests.running import run_playbook

PLAY = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/hubops.jupyterhub.jupyterhub:
      hub_url: "{{ url }}"
      api_token_file: "{{ file }}"
  tasks:
    - hubops.jupyterhub.jupyterhub_user:
        users:
          - {name: ada, admin: true, auth_state: "{{ states[0] }}"}
          - {name: bob, auth_state: "{{ states[1] }}"}
    - hubops.jupyterhub.jupyterhub_user: {name: ada, auth_state: "{{ states[1] }}"}
    - hubops.jupyterhub.jupyterhub_info: {gather: [users, whoami, tokens, services]}
    - hubops.jupyterhub.jupyterhub_group: {name: course, users: [ada]}
    # Those that fail.
    - hubops.jupyterhub.jupyterhub_user: {name: ada, auth_state: "{{ states[0] }}", api_token: "{{ wrong }}", api_token_file: "{{ omit }}"}
      ignore_errors: true
    - hubops.jupyterhub.jupyterhub_user: {users: [{name: ada, auth_state: "{{ states[0] }}"}, {name: ada, auth_state: "{{ states[1] }}"}]}
      ignore_errors: true
    - hubops.jupyterhub.jupyterhub_user: {users: [{name: ada, auth_state: "{{ states[0] }}", colour: red}]}
      ignore_errors: true
    - hubops.jupyterhub.jupyterhub_user: {name: eve, auth_state: "{{ states[0].deep.list }}"}
      ignore_errors: true
    - hubops.jupyterhub.jupyterhub_user: {name: eve, auth_state: "{{ states[0] }}", last_activity: never}
      ignore_errors: true
    - hubops.jupyterhub.jupyterhub_group: {name: course, users: [nobody], api_token: "{{ wrong }}"}
      ignore_errors: true
    - hubops.jupyterhub.jupyterhub_user: {users: [text, {name: ada, auth_state: "{{ states[0] }}"}], api_token: "{{ wrong }}"}
      ignore_errors: true
    - hubops.jupyterhub.jupyterhub_user: {users: "[{'name': 'ada', 'auth_state': {'a': '{{ wrong }}'}}"}
      ignore_errors: true
    - hubops.jupyterhub.jupyterhub_info: {hub_url: "{{ url }}elsewhere"}
      ignore_errors: true
    - hubops.jupyterhub.jupyterhub_user: {name: eve, auth_state: "{{ states[0] }}", hub_url: "http://127.0.0.1:1", retries: 0}
"""


def test_nothing_is_printed_or_logged(hub: Hub, tmp_path: pathlib.Path) -> None:
    """At -vvv, with --diff, in good tasks and in failing ones, with one hub in check mode: no token, none of the values of auth_state."""
    check = hub.series == "5"
    words = [secrets.token_hex(12) for _ in range(5)]
    file, log, values = tmp_path / "token", tmp_path / "ansible.log", tmp_path / "values.json"
    file.write_text(f"{hub.token}\n", encoding="utf-8")
    states = [
        {"access_token": words[0], "deep": {"list": [words[1], {"key": words[2]}]}},
        {"refresh": words[3], "number": 7654321, "ok": True},
    ]
    wrong = words[4]
    # By file, since a command line would be seen by everybody.
    values.write_text(json.dumps({"url": hub.url, "file": str(file), "states": states, "wrong": wrong}), encoding="utf-8")
    done = run_playbook(
        PLAY,
        ["-vvv", "--diff", "-e", f"@{values}", *(["--check"] if check else [])],
        env={"ANSIBLE_LOG_PATH": str(log)},
    )
    # The last task fails for good, the others are what they are named.
    assert done.returncode == 2, done.stdout[-3000:]
    assert "ok=13" in done.stdout, done.stdout[-3000:]
    assert "ignored=9" in done.stdout
    assert admins(hub) == ({} if check else {"ada": True, "bob": False})
    if not check:
        assert auth_state(hub, "ada") == states[1]
    text = log.read_text(encoding="utf-8")
    assert "TASK" in text
    for where, output in (("stdout", done.stdout), ("stderr", done.stderr), ("log", text)):
        for secret in (hub.token, *words):
            assert secret not in output, where
    assert "Traceback" not in done.stdout + done.stderr
    assert '"ada"' in done.stdout


def test_other_words_stay(hub: Hub) -> None:
    """A user, a group or a field that happens to be called like a part of a secret is shown as it is."""
    state = {"login": "ada-lovelace", "kind": "user", "group": "course-2026", "short": "a", "flag": "True", "year": "2026"}
    result = runner(hub)(USER, {"users": [{"name": "ada-lovelace", "auth_state": state}, {"name": "user"}, {"name": "a"}]}, diff=True)
    assert not result["failed"], result
    assert [user["name"] for user in result["users"]] == ["ada-lovelace", "user", "a"]
    assert set(result["diff"]["after"]["user"]) == {"ada-lovelace", "user", "a"}
    assert result["users"][0]["created"].startswith("20")
    assert result["hub_version"] == hub.version
    assert "course-2026" not in str(result)
