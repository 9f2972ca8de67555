# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role bootstrap in plays with keywords of their own: become, check_mode, and loops around it."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.hub import Hub
from tests.hub._process import hub_python
from tests.live.support_become import pretend
from tests.live.support_bootstrap import bootstrap, changed, hub_with_boss

pytestmark = [pytest.mark.daily(5), pytest.mark.core]


@pytest.fixture
def boss(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Hub]:
    """A hub of the series that the test asks for."""
    with hub_with_boss(str(request.param), tmp_path) as hub:
        yield hub


def play(**keywords: Any) -> str:
    """Return a play with the role, in which tasks that become somebody say so."""
    role = {"name": "hubops.jupyterhub.bootstrap", "apply": keywords.pop("apply", {})}
    include = {"ansible.builtin.include_role": role, **keywords.pop("task", {})}
    return json.dumps(
        [{"hosts": "localhost", "gather_facts": False, **keywords, "tasks": [include]}]
    )


@pytest.mark.parametrize("boss", ["6"], indirect=True)
def test_the_command_of_the_hub_runs_as_whom_the_play_says(
    boss: Hub, tmp_path: pathlib.Path
) -> None:
    environment = pretend(tmp_path)
    command, seen = tmp_path / "jupyterhub", tmp_path / "seen"
    real = hub_python(boss.series).with_name("jupyterhub")
    command.write_text(f'#!/bin/sh\necho "$BECAME" >> {seen}\nexec {real} "$@"\n', encoding="utf-8")
    command.chmod(0o700)
    cases: list[tuple[dict[str, Any], dict[str, str], str]] = [
        ({}, {}, ""),
        ({"become": True, "become_user": "ops"}, {}, "ops"),
        ({"become": True, "become_user": "ops"}, {"bootstrap_user": "hub"}, "hub"),
        ({}, {"bootstrap_user": "hub"}, "hub"),
    ]
    for keywords, variables, _who in cases:
        (tmp_path / "token").unlink(missing_ok=True)
        status, output = bootstrap(
            boss,
            tmp_path,
            play=play(become_method="pretend", **keywords),
            env=environment,
            bootstrap_jupyterhub=str(command),
            **variables,
        )
        assert status == 0, output
    assert seen.read_text(encoding="utf-8").splitlines() == [
        who for _keywords, _variables, who in cases
    ]
    assert len(boss.user_tokens("boss")) == 1


@pytest.mark.parametrize("boss", ["6"], indirect=True)
def test_check_mode_of_the_play_or_the_task_alone(boss: Hub, tmp_path: pathlib.Path) -> None:
    """The variable ansible_check_mode is only about the command line."""
    main = tmp_path / "main.py"
    service = {
        "bootstrap_way": "service",
        "bootstrap_config": str(main),
        "bootstrap_restart_command": f"touch {tmp_path / 'restart'}",
    }
    for variables in ({}, service):
        outputs = []
        for text, arguments in (
            (play(check_mode=True), []),
            (play(apply={"check_mode": True}), []),
            (play(), ["--check"]),
        ):
            status, output = bootstrap(boss, tmp_path, *arguments, play=text, **variables)
            assert status == 0, output
            outputs.append(changed(output))
        assert outputs[0] > 0
        assert len(set(outputs)) == 1, outputs
    assert [path.name for path in tmp_path.iterdir()] == ["main.py"]
    assert main.read_text(encoding="utf-8") == "# nothing special\n"
    assert boss.user_tokens("boss") == []
    # Where nothing is to be done, check mode proves what is there.
    assert bootstrap(boss, tmp_path)[0] == 0
    status, output = bootstrap(boss, tmp_path, play=play(check_mode=True))
    assert (status, changed(output)) == (0, 0), output


@pytest.mark.parametrize("boss", ["4", "6"], indirect=True)
def test_a_loop_around_the_role(boss: Hub, tmp_path: pathlib.Path) -> None:
    """The powerful token is revoked, whatever the variables of the role are made of."""
    status, output = bootstrap(
        boss,
        tmp_path,
        play=play(task={"loop": ["boss"]}),
        bootstrap_admin="{{ item }}",
        bootstrap_dest=f"{tmp_path}/{{{{ item }}}}",
    )
    assert status == 0, output
    (token,) = boss.user_tokens("boss")
    assert token["note"].startswith("hubops")
