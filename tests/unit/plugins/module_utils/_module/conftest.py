# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures for the tests of modules."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import PASS_VARS
from ansible.module_utils.testing import patch_module_args
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module import frame as _run
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module import manage as _manage
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    ArgumentSpec,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Wire,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.modules import (
    SAFE,
    SPEC,
    TOKEN,
    Run,
)


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str],
    slept: list[float],
    wire: Wire,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Return a function that runs a task and returns its result as Ansible receives it."""

    def call(
        work: t.Any,
        params: t.Mapping[str, t.Any] | None = None,
        *,
        check: bool = False,
        diff: bool = False,
        spec: ArgumentSpec = SPEC,
        invocation: bool = True,
    ) -> dict[str, t.Any]:
        given = {"hub_url": SAFE, "api_token": TOKEN, "retries": 0, **(params or {})}
        arguments = {name: value for name, value in given.items() if value is not None}
        arguments.update(
            _ansible_check_mode=check, _ansible_diff=diff, _ansible_remote_tmp=str(tmp_path)
        )
        # A newer ansible-core returns the parameters on request.
        asked = (
            {"_ansible_inject_invocation": invocation}
            if "inject_invocation" in PASS_VARS
            else {"_ansible_verbosity": 3 * invocation}
        )
        arguments.update(asked)
        # Where Ansible stores them depends on the other code in this process.
        warnings: list[str] = []
        monkeypatch.setattr(AnsibleModule, "warn", lambda module, text: warnings.append(text))
        module = _manage.run_resource if isinstance(work, type) else _run.run
        with patch_module_args(arguments), pytest.raises(SystemExit) as ended:
            module(spec, work)
        output = capsys.readouterr()
        assert "Traceback" not in output.err
        result: dict[str, t.Any] = json.loads(output.out)
        assert bool(ended.value.code) == bool(result.get("failed"))
        return {**result, "warnings": warnings}

    return call
