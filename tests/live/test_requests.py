# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No module sends more requests than the table of the benchmarks allows."""

from __future__ import annotations

import pathlib

import pytest

from tests.benchmarks.requests import WORK, measured
from tests.hub import Hub


@pytest.mark.hubs("6")
@pytest.mark.newest
def test_no_module_sends_more_requests_than_the_table_allows(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    sent = {work.title: number for work, number in measured(hub, str(tmp_path / "secret"))}
    assert sent == {work.title: work.most for work in WORK}


def test_requests_added_for_a_repair_have_a_reason() -> None:
    assert {work.title for work in WORK if work.repairs} == {
        work.title for work in WORK if work.why
    }
    assert all(work.repairs < work.most for work in WORK)
