# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the reports, on the controller."""

from __future__ import annotations

import os
import pathlib

import pytest
from ansible_collections.hubops.jupyterhub.plugins.filter.audit_fleet import audit_fleet_files
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.files import (
    FLEET,
    REPORTS,
    Claims,
    check,
    read_baseline,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.fleet import (
    FORMATS as FLEET_FORMATS,
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
        check([f"{tmp_path}/x\0.json"], REPORTS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("class.csv", "name,group\nada,CS100\n"),
        ("class.html", "<!doctype html>\n<table><tr><td>ada</td></tr></table>"),
        ("hub.yml", "---\njupyterhub_users: []\n"),
        ("servers.json", '{"hub": "https://hub.example.org", "servers": []}'),
        ("people.json", '[{"name": "ada"}]'),
        ("node.prom", "# HELP node_load1 1m load average.\n"),
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
        check([str(path)], REPORTS)
    fleet = audit_fleet_files(str(path))
    assert fleet["paths"] == []
    assert ("is not a page of all hubs" in fleet["problem"]) == (path.suffix in FLEET.endings)
    path.write_text(" \n", encoding="utf-8")
    assert check([str(path)], REPORTS) == [str(path)]


@pytest.mark.parametrize("ending", FLEET_FORMATS)
def test_an_earlier_page_of_all_hubs_is_replaced(tmp_path: pathlib.Path, ending: str) -> None:
    path = tmp_path / f"hubs{ending}"
    path.write_text(FLEET_FORMATS[ending]({"hub1": {"msg": "It is down."}}), encoding="utf-8")
    assert audit_fleet_files(f" {path} ") == {"paths": [str(path)], "problem": ""}
    if ending == ".json":
        with pytest.raises(RefusedError, match="is not an audit report"):
            check([str(path)], REPORTS)


def test_the_page_of_all_hubs_is_no_report_of_one_of_them(tmp_path: pathlib.Path) -> None:
    page = str(tmp_path / "audit.html")
    own = [[f"{tmp_path}/hub1.html"], f"{tmp_path}/./audit.html, {tmp_path}/audit.json", None]
    assert audit_fleet_files([page], own)["problem"] == (
        f"audit_fleet_reports: {page!r} is given twice."
    )
    assert audit_fleet_files([page], own[:1]) == {"paths": [page], "problem": ""}
    assert audit_fleet_files({}, [])["problem"] == "audit_fleet_reports must be a list of paths."


def claims(folder: pathlib.Path, host: str, task: str = "play.yml:7") -> Claims:
    """Return the claims of a host in a play of two."""
    return Claims(str(folder), task, host, ["hub1", "hub10"])


def test_two_hosts_of_a_play_do_not_write_one_file(tmp_path: pathlib.Path) -> None:
    """Whether one has the name of the other in its path does not matter."""
    (tmp_path / "link").symlink_to(tmp_path)
    claims(tmp_path, "hub1").make(["/tmp/hub10.html", "/tmp/own-1.html"])
    claims(tmp_path, "hub1").make(["/tmp/hub10.html"])
    claims(tmp_path, "hub10").make(["/tmp/own-10.html"])
    with pytest.raises(RefusedError, match="is also written for the host hub1 of this play"):
        claims(tmp_path, "hub10").make(["/tmp/./hub10.html"])
    claims(tmp_path, "hub10", "play.yml:9").make(["/tmp/hub10.html"])
    claims(tmp_path, "hub1").make([str(tmp_path / "audit.html")])
    with pytest.raises(RefusedError, match=r"add \{\{ inventory_hostname \}\} to it"):
        claims(tmp_path, "hub10").make([str(tmp_path / "link" / "audit.html")])
