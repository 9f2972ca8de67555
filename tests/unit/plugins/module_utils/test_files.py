# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are complete at any moment."""

from __future__ import annotations

import os
import pathlib
import stat

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._files import (
    check_absolute,
    open_regular,
    replace_file,
    unsafe_place,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.audit import (
    _earlier,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.backup import Backup
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.files import Files
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.paper import (
    _checked,
)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
def test_a_file_is_for_its_owner_alone_and_takes_the_place_of_a_link(
    tmp_path: pathlib.Path, mask: int
) -> None:
    path = tmp_path / "file"
    path.symlink_to(tmp_path / "elsewhere")
    before = os.umask(mask)
    try:
        replace_file(str(path), "a\nb \ud800\n")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"a\nb \\ud800\n"
    assert stat.S_IMODE(path.lstat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_earlier_files_are_kept_also_those_of_the_same_second(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "file"
    for number in range(4):
        replace_file(str(path), str(number), keep=True)
        os.utime(path, (0, 0))
    assert sorted((each.name, each.read_text(encoding="utf-8")) for each in tmp_path.iterdir()) == [
        ("file", "3"),
        ("file.1970-01-01T000000Z-2~", "1"),
        ("file.1970-01-01T000000Z-3~", "2"),
        ("file.1970-01-01T000000Z~", "0"),
    ]


@pytest.mark.parametrize("name", ["x" * 255, "\u6f22" * 85], ids=["letters", "wide letters"])
def test_names_may_be_as_long_as_the_file_system_allows(tmp_path: pathlib.Path, name: str) -> None:
    replace_file(str(tmp_path / name), "text")
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("name", "stem"),
    [("x" * 255, "x" * 235), ("\u6f22" * 85, "\u6f22" * 78), ("y" * 235, "y" * 235)],
    ids=["letters", "wide letters", "as long as it may be"],
)
def test_a_kept_file_of_any_name_has_a_name_that_fits(
    tmp_path: pathlib.Path, name: str, stem: str
) -> None:
    path = tmp_path / name
    for text in "012":
        replace_file(str(path), text, keep=True)
        os.utime(path, (0, 0))
    kept = {each.name: each.read_text(encoding="utf-8") for each in tmp_path.iterdir()}
    assert (kept.pop(name), kept.pop(f"{stem}.1970-01-01T000000Z~")) == ("2", "0")
    ((other, text),) = kept.items()
    assert (other.endswith(".1970-01-01T000000Z-2~"), text) == (True, "1")
    assert len(os.fsencode(other)) <= 255


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_write_that_fails_leaves_all_as_it_was(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    path = tmp_path / "file"
    path.write_text("old", encoding="utf-8")

    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, fails, fail)
    with pytest.raises(OSError, match="No space left"):
        replace_file(str(path), "new")
    assert [(each.name, each.read_text(encoding="utf-8")) for each in tmp_path.iterdir()] == [
        ("file", "old")
    ]


@pytest.mark.parametrize("path", ["hub.yml", "./hub.yml", "../hub/", "hub", ""])
def test_a_relative_path_is_refused_wherever_a_file_is_written(path: str) -> None:
    """Ansible would resolve a relative path in the folder of the playbook, which may be the
    collection itself.
    """
    with pytest.raises(RefusedError, match=r"^dest .* is not an absolute path: give the path"):
        check_absolute("dest", path)
    with pytest.raises(RefusedError, match=r"^backup .* is not an absolute path"):
        Backup(path)
    with pytest.raises(RefusedError, match=r"^dest .* is not an absolute path"):
        Files(path, {"users"}, force=True)
    check_absolute("dest", f"/srv/{path}")


def test_a_pipe_or_a_device_is_never_waited_for_and_never_replaced(tmp_path: pathlib.Path) -> None:
    """The owner of the machine may rename even ``/dev/null``, which somebody may give for a backup
    that is not wanted.
    """
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    for path in (pipe, "/dev/null"):
        with pytest.raises(OSError, match="it is not a regular file"):
            open_regular(path)
        with pytest.raises(RefusedError, match=r"cannot be read.*: it is not a regular file"):
            _earlier(path)
        with pytest.raises(RefusedError, match="is a folder, a symbolic link or a device"):
            Backup(path).note_groups([{"name": "g"}])
        with pytest.raises(RefusedError, match="is not a regular file: give another path"):
            _checked(path, "backup")
    (tmp_path / "file").write_text("text", encoding="utf-8")
    with open_regular(str(tmp_path / "file")) as file:
        assert file.read() == "text"


OPEN = [(0o777, True), (0o757, True), (0o1777, False), (0o775, False), (0o755, False)]


@pytest.mark.parametrize(("mode", "warned"), OPEN, ids=[oct(mode) for mode, dummy in OPEN])
@pytest.mark.parametrize("below", ["file", "folder/file"])
def test_a_folder_in_which_any_user_can_replace_a_file_is_warned_about(
    tmp_path: pathlib.Path, mode: int, warned: bool, below: str
) -> None:
    shared = tmp_path / "shared"
    (shared / "folder").mkdir(parents=True)
    shared.chmod(mode)
    path = str(shared / below)
    told = [
        f"dest {path} is below {shared}, which everyone can write to, and which has no sticky bit:"
        " any user can replace the file."
    ]
    assert unsafe_place("dest", path) == (told if warned else [])
    # A link of the caller leads to the same folder.
    (tmp_path / "link").symlink_to(shared)
    assert bool(unsafe_place("dest", str(tmp_path / "link" / below))) == warned


@pytest.mark.parametrize("owner", [12345, 0])
def test_a_folder_of_another_user_in_a_shared_one_is_warned_about(
    tmp_path: pathlib.Path, owner: int
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give folders away")
    theirs = tmp_path / "shared" / "theirs"
    theirs.mkdir(parents=True)
    os.chown(theirs, owner, owner)
    theirs.parent.chmod(0o1777)
    path = str(theirs / "audit.html")
    found = unsafe_place("reports", path)
    assert found == (
        [
            f"reports {path} is below {theirs}, which another user has created in a folder that"
            " everyone can write to: that user can replace the file."
        ]
        if owner
        else []
    )
    if owner:
        with pytest.raises(RefusedError, match="and auth_state contains secrets"):
            Files(path, {"users", "auth_state"}, force=False)
    assert Files(path, {"users"}, force=False).warnings() == [
        sentence.replace("reports", "dest", 1) for sentence in found
    ]
