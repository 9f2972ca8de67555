# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens with ansible-playbook: the ready-made playbook, a vault, and places where no secret may
be.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import subprocess
import threading

import pytest
import yaml

from tests.hub import Hub
from tests.live.token_support import held, is_good, make, mode, ours
from tests.running import run_playbook

pytestmark = pytest.mark.daily(2)

VAULT_PASSWORD = "a password for the vault"  # encrypts only what this test creates


def changed(run: subprocess.CompletedProcess[str]) -> int:
    """Assert that a play succeeded; return how many tasks have changed something."""
    assert run.returncode == 0, run.stdout + run.stderr
    found = re.search(r"changed=(\d+)", run.stdout)
    assert found is not None, run.stdout
    return int(found[1])


@pytest.mark.hubs("6")
def test_rotate_tokens(hub: Hub, tmp_path: pathlib.Path) -> None:
    """The playbook creates the tokens, does nothing while none is due, replaces all on request, and
    leaves tokens of others alone.
    """
    hub.add_users("ada", "grace")
    make(hub, "by hand")
    folder = tmp_path / "tokens"
    tokens: list[dict[str, object]] = [
        {
            "user": "ada",
            "note": "nightly export",
            "scopes": ["read:users!user"],
            "dest": "{{ rotate_tokens_directory }}/ada",
        },
        {"user": "grace", "note": "dashboard", "dest": str(folder / "grace")},
    ]
    variables = {"rotate_tokens_directory": str(folder), "rotate_tokens_list": tokens}

    def play(*args: str, **more: object) -> subprocess.CompletedProcess[str]:
        return run_playbook(
            pathlib.Path("hubops.jupyterhub.rotate_tokens"),
            ["-e", json.dumps({**variables, **more}), *args],
            hub=hub,
        )

    assert changed(play("--check", "--diff")) == 2
    assert not folder.exists()
    assert changed(play()) == 2
    secrets = {user: str(held(folder / user)) for user in ("ada", "grace")}
    assert all(is_good(hub, secret, user) for user, secret in secrets.items())
    assert {mode(folder / user) for user in secrets} == {0o600}
    assert changed(play()) == 0
    output = play("--diff", "-vvv", rotate_tokens_now=True, rotate_tokens_prune=True)
    assert changed(output) == 1
    for user, secret in secrets.items():
        assert not is_good(hub, secret, user)
        new = str(held(folder / user))
        assert is_good(hub, new, user)
        assert len(ours(hub, user)) == 1
        assert secret not in output.stdout + output.stderr
        assert new not in output.stdout + output.stderr
    assert [row["note"] for row in hub.user_tokens("ada") if not row["note"].endswith("]")] == [
        "by hand"
    ]
    rows = hub.user_tokens("ada"), hub.user_tokens("grace")
    for bad, said in (
        ([tokens[0], {**tokens[1], "dest": None}], "no secrets are returned here: grace/"),
        ([tokens[0], {**tokens[1], "dest": ""}], "no secrets are returned here: grace/"),
        ([{**tokens[0], "return_token": True}], "These tokens have return_token"),
        ("ada", "tokens is text: it must be a list of dictionaries, such as [{user: ...}]"),
        (None, "Nothing is declared"),
    ):
        failed = play("-v", rotate_tokens_list=bad, rotate_tokens_now=True)
        assert failed.returncode != 0
        assert said in failed.stdout, failed.stdout
    del variables["rotate_tokens_list"]
    assert "rotate_tokens_list is missing" in play().stdout
    assert (hub.user_tokens("ada"), hub.user_tokens("grace")) == rows


VAULT_PLAY = """
- name: Keep the token of the grader in the vault
  hosts: localhost
  gather_facts: false
  vars:
    grader_vault_password: "{{ lookup('ansible.builtin.file', vault_password_path) }}"
  tasks:
    - name: Read the vault, if there is one yet
      ansible.builtin.include_vars:
        file: "{{ grader_vault }}"
      when: grader_vault is exists
      no_log: true

    - name: Prove the token, or replace it
      hubops.jupyterhub.jupyterhub_token:
        user: grace
        note: grader
        expires_in: 30d
        renew_before: 7d
        current_token: "{{ vault_grader_token | default('') }}"
      register: grader
      no_log: true

    - name: Put the new secret into the vault
      ansible.builtin.copy:
        content: "{{ {'vault_grader_token': grader.token.value} | to_nice_yaml | ansible.builtin.vault(grader_vault_password) }}"
        dest: "{{ grader_vault }}"
        mode: "0600"
        decrypt: false
      when: grader.token.value is defined
      no_log: true
"""


@pytest.mark.hubs("6")
def test_a_vault(hub: Hub, tmp_path: pathlib.Path) -> None:
    """The example in the documentation: the vault is filled once, left alone while its token is
    good, and filled again afterwards.
    """
    hub.add_users("grace")
    vault, password = tmp_path / "vault.yml", tmp_path / "password"
    password.write_text(VAULT_PASSWORD, encoding="utf-8")
    variables = json.dumps({"grader_vault": str(vault), "vault_password_path": str(password)})
    args = ["-vv", "--vault-password-file", str(password), "-e", variables]
    for expected in (2, 0):
        assert changed(run_playbook(VAULT_PLAY, args, hub=hub)) == expected
        assert len(ours(hub, "grace")) == 1
    assert str(held(vault)).startswith("$ANSIBLE_VAULT;")
    first = held(vault)
    hub.expect("DELETE", f"/users/grace/tokens/{ours(hub, 'grace')[0]['id']}")
    assert changed(run_playbook(VAULT_PLAY, args, hub=hub)) == 2
    assert held(vault) != first
    assert len(ours(hub, "grace")) == 1


class Watch:
    """Records the arguments of all processes that run meanwhile."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._stop.wait(0.02):
            for process in pathlib.Path("/proc").glob("[0-9]*"):
                # The process may have ended meanwhile.
                with contextlib.suppress(OSError):
                    self.seen.add((process / "cmdline").read_bytes())

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._stop.set()
        self._thread.join(10)


def test_a_secret_is_nowhere_but_in_its_file(hub: Hub, tmp_path: pathlib.Path) -> None:
    """The secret is not in the output at -vvv, in the log, in arguments of processes or in any
    remaining file, even if tasks fail.
    """
    hub.add_users("ada")
    dest, copy_dest = tmp_path / "token", tmp_path / "copy"
    copy, wrong = make(hub, "n [hubops 035300f3]")[1], "wr0ng" * 6
    task = {"user": "ada", "note": "filed", "dest": str(dest)}
    tasks = [
        {"hubops.jupyterhub.jupyterhub_token": task},
        {
            "hubops.jupyterhub.jupyterhub_token": {
                "user": "ada",
                "note": "n",
                "dest": str(copy_dest),
                "current_token": copy,
            }
        },
        {"hubops.jupyterhub.jupyterhub_token": {**task, "rotate": True, "current_token": copy}},
        {
            "hubops.jupyterhub.jupyterhub_token": {
                **task,
                "scopes": ["nonsense:scope"],
                "current_token": copy,
            },
            "ignore_errors": True,
        },
        {"hubops.jupyterhub.jupyterhub_token": {**task, "api_token": wrong}, "ignore_errors": True},
    ]
    playbook = yaml.safe_dump(
        [{"hosts": "localhost", "gather_facts": False, "vars": {}, "tasks": tasks}]
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    env = {
        "ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log"),
        "ANSIBLE_LOCAL_TEMP": str(scratch / "local"),
        "ANSIBLE_REMOTE_TEMP": str(scratch / "remote"),
        "ANSIBLE_REMOTE_TMP": str(scratch / "remote"),
        "ANSIBLE_HOME": str(scratch / "home"),
    }
    with Watch() as watch:
        run = run_playbook(playbook, ["-vvv", "--diff"], hub=hub, env=env)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "ignored=2" in run.stdout
    secret, copied = str(held(dest)), str(held(copy_dest))
    assert is_good(hub, secret)
    assert is_good(hub, copied)
    assert any(b"ansible-playbook" in arguments for arguments in watch.seen)
    output = run.stdout + run.stderr
    for value in (secret, copied, copy, wrong, hub.token):
        assert value not in output
        assert not [arguments for arguments in watch.seen if value.encode() in arguments]
        files = [
            path
            for path in tmp_path.rglob("*")
            if path.is_file() and value.encode() in path.read_bytes()
        ]
        assert [path for path in files if path not in (dest, copy_dest)] == []
