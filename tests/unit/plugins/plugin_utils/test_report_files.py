# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the reports, on the controller."""

from __future__ import annotations

import os
import pathlib

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.files import (
    check,
    read_baseline,
)


def test_a_baseline_is_a_regular_file(tmp_path: pathlib.Path) -> None:
    """A task would wait for a pipe, and a device may have no end."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (str(pipe), "/dev/zero"):
        with pytest.raises(RefusedError, match=r"cannot be read.*: it is not a regular file"):
            read_baseline(path)


def test_a_path_with_a_null_character_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(RefusedError, match="its path contains a null character"):
        read_baseline(f"{tmp_path}/x\0.json")
    with pytest.raises(RefusedError, match="contains a null character"):
        check([f"{tmp_path}/x\0.json"], "localhost", 1)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("class.csv", "name,group\nada,CS100\n"),
        ("hub.yml", "---\njupyterhub_users: []\n"),
        ("servers.json", '{"hub": "https://hub.example.org", "servers": []}'),
        ("notes.md", "# Audit\n"),
        ("latin.csv", "caf\xe9"),
    ],
)
def test_a_file_that_is_no_report_is_not_replaced(
    tmp_path: pathlib.Path, name: str, text: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="latin-1")
    with pytest.raises(RefusedError, match="exists and is not an audit report: give another path"):
        check([str(path)], "localhost", 1)
    path.write_text(" \n", encoding="utf-8")
    assert check([str(path)], "localhost", 1) == [str(path)]
