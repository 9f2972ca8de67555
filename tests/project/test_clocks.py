# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ages are never the difference of two clocks."""

from __future__ import annotations

import re

import pytest

from tests.running import ROOT

# What a template asks for the time of the controller, while files and hubs have their own.
CONTROLLER = re.compile(r"\bnow\(|\bstrftime\b|'%[sYmdHM]")
FILES = sorted(
    str(path.relative_to(ROOT))
    for folder in ("roles", "playbooks")
    for path in (ROOT / folder).rglob("*.yml")
)


@pytest.mark.parametrize("file", FILES)
def test_no_role_and_no_playbook_asks_the_clock_of_the_controller(file: str) -> None:
    assert not CONTROLLER.search((ROOT / file).read_text(encoding="utf-8"))
