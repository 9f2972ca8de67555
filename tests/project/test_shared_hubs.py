# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No test sees what another has left behind on the hub that they share."""

from __future__ import annotations

import re

import pytest

from tests.running import ROOT

# ``running_hub`` is the shared hub as the last test has left it; ``hub`` is the same one, emptied.
# The series does not depend on what is on the hub.
NOT_EMPTIED = re.compile(r"\brunning_hub\b(?!: Hub\b|\.series\b)")
FILES = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "tests").rglob("*.py")
    if path.name not in ("conftest.py", "test_shared_hubs.py")
)


@pytest.mark.parametrize("file", FILES)
def test_a_test_on_a_hub_that_is_not_emptied_takes_only_its_series(file: str) -> None:
    assert not NOT_EMPTIED.search((ROOT / file).read_text(encoding="utf-8"))
