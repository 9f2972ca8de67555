# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of a role that nothing reads."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml
from ansible_collections.hubops.jupyterhub.plugins.filter.misspelled import FilterModule

misspelled = FilterModule().filters()["misspelled"]
PLAYBOOKS = pathlib.Path(__file__).resolve().parents[4] / "playbooks"
KNOWN = ["maintenance_keep", "maintenance_file", "maintenance_grace"]


@pytest.mark.parametrize(
    ("variables", "unset", "found"),
    [
        (["maintenance_keeps"], ["maintenance_keep"], ["maintenance_keeps"]),
        (["maintenance_kep", "maintenance_file"], ["maintenance_keep"], ["maintenance_kep"]),
        (["maintenance_keeps"], ["maintenance_file"], []),
        (["maintenance_window", "maintenance_file"], KNOWN, []),
        (["maintenance_keep"], ["maintenance_file"], []),
        ([], KNOWN, []),
    ],
)
def test_a_name_that_is_almost_one_of_the_role_is_found(
    variables: list[str], unset: list[str], found: list[str]
) -> None:
    sentences = misspelled(variables, KNOWN, unset)
    assert isinstance(sentences, list)
    assert [str(each).split()[2] for each in sentences] == found
    assert all("may be the intended name." in str(each) for each in sentences)


@pytest.mark.parametrize(
    ("variable", "found"),
    [
        ("rotate_token_now", True),
        ("rotate_tokens_noww", True),
        ("rotate_tokens_user", False),
        ("rotate_logs_now", False),
    ],
)
def test_what_all_names_have_in_common_may_be_misspelled_too(variable: str, found: bool) -> None:
    known = ["rotate_tokens_now", "rotate_tokens_prune"]
    assert bool(misspelled([variable], known, known)) == found


def lists_of(tasks: list[dict[str, object]]) -> list[list[str]]:
    """Return the variables that a playbook checks, in the order of its checks."""
    found: list[list[str]] = []
    for task in tasks:
        variables = task.get("vars")
        if isinstance(variables, dict) and "own_variables" in variables:
            found.append(variables["own_variables"])
            continue
        imported = task.get("ansible.builtin.import_tasks")
        if isinstance(imported, str):
            found += lists_of(yaml.safe_load((PLAYBOOKS / imported).read_text(encoding="utf-8")))
        block = task.get("block")
        found += lists_of(block) if isinstance(block, list) else []
    return found


@pytest.mark.parametrize(
    "name", ["adopt", "audit", "class_list", "export", "maintenance", "offboard", "rotate_tokens"]
)
def test_playbooks_check_the_variables_that_they_describe(name: str) -> None:
    text = (PLAYBOOKS / f"{name}.yml").read_text(encoding="utf-8")
    remarks = "\n".join(line for line in text.splitlines() if line.startswith("#"))
    described = set(re.findall(rf"\b{name}_[a-z_]+", remarks)) - {f"{name}_result"}
    checked = lists_of(yaml.safe_load(text)[0]["tasks"])[0]
    assert set(checked) == described
