# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The behaviour with an ansible-core that has renamed the private functions that this collection
uses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.privates import (
    HOOKS,
    missing_hooks,
)

# Runs a module in its own process, with an ansible-core in which these names are renamed. The
# system's log is printed to stderr.
SCRIPT = """
import importlib.util, json, sys, syslog, types
import ansible.module_utils

names, arguments = json.loads(sys.argv[1]), json.loads(sys.stdin.read())
spec = importlib.util.find_spec("ansible.module_utils.basic")
source = open(spec.origin, encoding="utf-8").read()
for name in names:
    source = source.replace(name, f"_renamed{name}")
basic = types.ModuleType(spec.name)
basic.__file__, basic.__spec__, basic.__package__ = spec.origin, spec, "ansible.module_utils"
sys.modules[spec.name] = ansible.module_utils.basic = basic
exec(compile(source, spec.origin, "exec"), basic.__dict__)
syslog.syslog = lambda *args: print(*args, file=sys.stderr)
basic.has_journal = False

from ansible.module_utils.testing import patch_module_args
from ansible_collections.hubops.jupyterhub.plugins.modules import jupyterhub_user

with patch_module_args(arguments):
    jupyterhub_user.main()
"""
SECRETS = ("token-hushhush-1", "state-hushhush-2'\\n")


def run(names: t.Sequence[str], tmp_path: t.Any) -> tuple[dict[str, t.Any], str]:
    """:returns: the result of a task that cannot reach its hub, and what was sent to the system's
    log.
    """
    arguments = {
        "hub_url": "http://127.0.0.1:9",
        "api_token": SECRETS[0],
        "users": [{"name": "ada", "auth_state": {"k": SECRETS[1]}}],
        "retries": 0,
        "_ansible_remote_tmp": str(tmp_path),
        "_ansible_verbosity": 3,
    }
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(names)],
        input=json.dumps(arguments),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.stdout.strip().startswith("{"), done.stderr
    return json.loads(done.stdout), done.stdout + done.stderr


def test_this_ansible_core_has_them_all(tmp_path: t.Any) -> None:
    assert missing_hooks() == []
    result, output = run([], tmp_path)
    assert "cannot be reached" in result["msg"]
    assert "hushhush" not in output
    assert "newer than this collection supports" not in output


@pytest.mark.parametrize(
    "names", [*([name] for name in HOOKS), list(HOOKS), ["_inject_invocation"]], ids=" ".join
)
def test_secrets_are_still_masked_with_a_warning(names: list[str], tmp_path: t.Any) -> None:
    result, output = run(names, tmp_path)
    assert "cannot be reached" in result["msg"], result
    assert "hushhush" not in output
    assert ("newer than this collection supports" in output) is (names[0] in HOOKS)
