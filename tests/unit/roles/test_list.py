# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the role maintenance changes its list while another run may do so, too."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest

SCRIPT = pathlib.Path(__file__).parents[3] / "roles" / "maintenance" / "files" / "list.py"
OTHER = "was changed by another run of the role at the same time"


def process(path: pathlib.Path, do: str, *texts: str | None) -> subprocess.Popen[str]:
    """Start the script; before and after are the texts."""
    asked = {"path": str(path), "do": do, **dict(zip(("before", "after"), texts))}
    started = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.read_text(encoding="utf-8")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdin is not None
    started.stdin.write(json.dumps(asked))
    started.stdin.close()
    started.stdin = None
    return started


def run(path: pathlib.Path, do: str, *texts: str | None) -> dict[str, t.Any]:
    """Return the answer of the script."""
    with process(path, do, *texts) as started:
        output, dummy = started.communicate()
    assert started.returncode == 0
    answer: dict[str, t.Any] = json.loads(output)
    return answer


def servers(*names: str, hub: str = "https://hub.example.org", **more: object) -> str:
    """Return a list."""
    items = [{"user": name, "name": "", **more} for name in names]
    return json.dumps({"hub": hub, "servers": items})


def users(path: pathlib.Path) -> list[str]:
    """Return who is in a list."""
    return [one["user"] for one in json.loads(path.read_text(encoding="utf-8"))["servers"]]


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    """Return where the list is."""
    return tmp_path / "servers.json"


def test_a_list_is_written_read_and_removed(path: pathlib.Path) -> None:
    assert run(path, "read") == {"problem": "", "text": None}
    assert run(path, "swap", None, "caf\u00e9") == {"problem": "", "changed": True}
    assert path.stat().st_mode & 0o777 == 0o600
    assert run(path, "read") == {"problem": "", "text": "caf\u00e9"}
    assert run(path, "swap", "other", "caf\u00e9") == {"problem": "", "changed": False}
    assert run(path, "swap", "caf\u00e9", None) == {"problem": "", "changed": True}
    assert run(path, "swap", "caf\u00e9", None) == {"problem": "", "changed": False}
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(("before", "now"), [(None, "theirs"), ("mine", "theirs"), ("mine", None)])
def test_the_list_of_another_run_is_not_replaced(
    path: pathlib.Path, before: str | None, now: str | None
) -> None:
    if now is not None:
        path.write_text(now, encoding="utf-8")
    told = run(path, "swap", before, "new")
    assert told["problem"] == f"{OTHER}: run it again when the other run has ended."
    assert run(path, "read")["text"] == now


def test_of_many_runs_at_once_one_writes_its_list(path: pathlib.Path) -> None:
    for number in range(3):
        before = run(path, "read")["text"]
        started = [process(path, "swap", before, f"{number} {each}") for each in range(8)]
        answers = [json.loads(one.communicate()[0]) for one in started]
        written = [each for each, answer in enumerate(answers) if not answer["problem"]]
        assert len(written) == 1
        assert path.read_text(encoding="utf-8") == f"{number} {written[0]}"
        assert sum(OTHER in answer["problem"] for answer in answers) == 7
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("now", [None, servers("kim"), servers("kim", "ada")])
def test_servers_that_were_stopped_are_in_any_list(path: pathlib.Path, now: str | None) -> None:
    if now is not None:
        path.write_text(now, encoding="utf-8")
    told = run(path, "add", servers("ada"), servers("ada", stopped=True))
    assert told["problem"] == f"{OTHER}. All servers that were stopped are in it."
    assert users(path) == [*([] if now is None else ["kim"]), "ada"]
    assert run(path, "add", servers("ada"), path.read_text(encoding="utf-8")) == {
        "problem": "",
        "changed": False,
    }


def test_a_list_that_nobody_else_has_changed_is_marked(path: pathlib.Path) -> None:
    path.write_text(servers("ada"), encoding="utf-8")
    marked = servers("ada", stopped=True)
    assert run(path, "add", servers("ada"), marked) == {"problem": "", "changed": True}
    assert path.read_text(encoding="utf-8") == marked


@pytest.mark.parametrize("now", ["", "[]", '{"servers": 1}', servers("kim", hub="https://other")])
def test_what_is_no_list_of_this_hub_is_left(path: pathlib.Path, now: str) -> None:
    path.write_text(now, encoding="utf-8")
    told = run(path, "add", servers("ada"), servers("ada", stopped=True))
    assert told["problem"].endswith("is no list of servers any more. Stopped were: ada/.")
    assert path.read_text(encoding="utf-8") == now


def test_places_where_no_list_can_be(tmp_path: pathlib.Path) -> None:
    (tmp_path / "folder").mkdir()
    assert run(tmp_path / "folder", "read")["problem"] == "is not a regular file."
    assert "does not exist" in run(tmp_path / "none" / "file", "swap", None, "text")["problem"]
    (tmp_path / "folder").chmod(0o1777)
    assert "everyone can write to" in run(tmp_path / "folder" / "file", "read")["problem"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")
def test_the_folder_of_another_user_in_a_shared_one_holds_no_list(tmp_path: pathlib.Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, 12345, 12345)
    assert run(theirs / "file", "read") == {"problem": "", "text": None}
    tmp_path.chmod(0o1777)
    (tmp_path / "link").symlink_to(theirs)
    for folder in (theirs, tmp_path / "link"):
        told = run(folder / "file", "read")["problem"]
        assert told.startswith("is below a folder that another user has created"), folder
    os.chown(theirs, 0, 0)
    assert run(theirs / "file", "read")["problem"] == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_an_owner_stays(path: pathlib.Path) -> None:
    path.write_text("old", encoding="utf-8")
    os.chown(path, 12345, 23456)
    assert run(path, "swap", "old", "new")["changed"]
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 23456)
