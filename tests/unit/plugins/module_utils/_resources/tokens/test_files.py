# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files with secrets: where they may be, and how they are read and written."""

from __future__ import annotations

import errno
import os
import pathlib
import stat
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.secret_file import (
    SecretFile,
)

SECRET = "s3cr3t" * 5  # the content of the files


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    """A file that does not exist yet, in a folder of its own."""
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder / "token"


def secret_file(path: pathlib.Path | str) -> SecretFile:
    return SecretFile(str(path), "the token ada/n")


def names(path: pathlib.Path) -> list[str]:
    """Return the names in the folder of a file."""
    return sorted(entry.name for entry in path.parent.iterdir())


def mode(path: pathlib.Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
def test_a_new_file_is_for_its_owner_alone(path: pathlib.Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        secret_file(path).write(SECRET)
    finally:
        os.umask(before)
    assert (path.read_text(encoding="utf-8"), mode(path)) == (SECRET, 0o600)
    assert secret_file(path).read() == SECRET
    assert not secret_file(path).exposed()
    assert names(path) == ["token"]


@pytest.mark.parametrize("wrong", [0o644, 0o660, 0o601, 0o700, 0o400, 0o4600])
def test_a_wrong_mode_is_seen_and_mended(path: pathlib.Path, wrong: int) -> None:
    path.write_text("old", encoding="utf-8")
    path.chmod(wrong)
    assert secret_file(path).exposed()
    secret_file(path).write(SECRET)
    assert mode(path) == 0o600


def test_a_missing_file_is_not_exposed_and_holds_nothing(path: pathlib.Path) -> None:
    assert (secret_file(path).exposed(), secret_file(path).read()) == (False, None)


def test_a_reader_meanwhile_gets_the_old_or_the_new_content(path: pathlib.Path) -> None:
    path.write_text("old", encoding="utf-8")
    with path.open(encoding="utf-8") as reader:
        secret_file(path).write(SECRET)
        assert reader.read() == "old"
    assert path.read_text(encoding="utf-8") == SECRET


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (b"abc", "abc"),
        (b"abc\n", "abc"),
        (b" abc \r\n", "abc"),
        (b"", ""),
        (b"\n", ""),
        (b"\xff\xfe", ""),
        (b"a\nb", "a\nb"),
    ],
)
def test_what_is_read(path: pathlib.Path, content: bytes, read: str) -> None:
    path.write_bytes(content)
    assert secret_file(path).read() == read


def test_the_owner_is_kept(path: pathlib.Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    path.write_text("old", encoding="utf-8")
    os.chown(path, 12345, 23456)
    secret_file(path).write(SECRET)
    assert (path.stat().st_uid, path.stat().st_gid, mode(path)) == (12345, 23456, 0o600)


def make_link(path: pathlib.Path) -> None:
    path.symlink_to(path.parent / "elsewhere")


PLACES: list[tuple[str, t.Callable[[pathlib.Path], t.Any], str]] = [
    ("a symbolic link", make_link, "is a symbolic link"),
    ("a directory", pathlib.Path.mkdir, "is not a regular file"),
    ("a pipe", os.mkfifo, "is not a regular file"),
]


@pytest.mark.parametrize(
    ("make", "words"), [place[1:] for place in PLACES], ids=[place[0] for place in PLACES]
)
def test_places_that_are_refused(
    path: pathlib.Path, make: t.Callable[[pathlib.Path], t.Any], words: str
) -> None:
    make(path)
    with pytest.raises(RefusedError, match=rf"^dest {path} of the token ada/n {words}.*\.$"):
        secret_file(path).check()


@pytest.mark.parametrize("place", ["token", "./token", "../token", ""])
def test_relative_places_are_refused(place: str) -> None:
    with pytest.raises(RefusedError, match="is not an absolute path"):
        secret_file(place).check()


def test_a_missing_folder_is_reported(path: pathlib.Path) -> None:
    assert secret_file(path).check() is None
    assert secret_file(path.parent / "no" / "token").check() == str(path.parent / "no")


def test_a_file_in_place_of_the_folder_is_refused(path: pathlib.Path) -> None:
    path.write_text("", encoding="utf-8")
    with pytest.raises(RefusedError, match="is below a path that is not a folder"):
        secret_file(path / "token").check()


def test_a_folder_that_cannot_be_written_to_is_refused(
    path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *args, **keywords: False)
    with pytest.raises(RefusedError, match="is in a folder that is not both readable and writable"):
        secret_file(path).check()


@pytest.mark.parametrize(
    ("user", "uid", "gid", "refused"),
    [
        (0, 5, 5, False),
        (1000, 1000, 100, False),
        (1000, 1000, 200, False),
        (1000, 1000, 300, True),
        (1000, 1001, 100, True),
        (1000, 0, 0, True),
    ],
)
def test_only_root_can_leave_a_file_to_its_owner(
    path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    user: int,
    uid: int,
    gid: int,
    refused: bool,
) -> None:
    path.write_text("old", encoding="utf-8")
    real = os.lstat

    def lstat(place: t.Any, **keywords: t.Any) -> t.Any:
        found = real(place, **keywords)
        return (
            os.stat_result((*found[:4], uid, gid, *found[6:])) if str(place) == str(path) else found
        )

    monkeypatch.setattr(os, "lstat", lstat)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "getegid", lambda: 100)
    monkeypatch.setattr(os, "getgroups", lambda: [100, 200])
    if refused:
        with pytest.raises(RefusedError, match="belongs to another user"):
            secret_file(path).check()
    else:
        assert secret_file(path).check() is None


@pytest.mark.parametrize("broken", ["fsync", "replace", "fchmod"])
def test_a_write_that_fails_leaves_all_as_it_was(
    path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    path.write_text("old", encoding="utf-8")

    def full(*args: t.Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, broken, full)
    with pytest.raises(HubError, match=r"cannot be written: No space left on device\.$") as caught:
        secret_file(path).write(SECRET)
    assert SECRET not in str(caught.value)
    assert path.read_text(encoding="utf-8") == "old"
    assert names(path) == ["token"]


def test_a_folder_that_cannot_be_synced_does_no_harm(
    path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    secret_file(path).write(SECRET)
    assert path.read_text(encoding="utf-8") == SECRET


def test_files_that_a_killed_run_has_left_are_removed(
    path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*args: t.Any) -> None:
        raise KeyboardInterrupt

    for one in (path, path.parent / "other"):
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", killed)
            patch.setattr(os, "unlink", lambda *args: None)
            with pytest.raises(KeyboardInterrupt):
                secret_file(one).write(SECRET)
    left = names(path)
    assert len(left) == 2
    others = [
        ".token.hubops-x1y2",
        ".token.hubops-0123456789abcdef-0123456789abcdef",
        ".token.hubops",
        "token.hubops-x",
    ]
    for name in others:
        (path.parent / name).write_text("left", encoding="utf-8")
    secret_file(path).write(SECRET)
    (foreign,) = [name for name in left if name.startswith(".other")]
    assert names(path) == sorted([*others, foreign, "token"])
    assert [(path.parent / name).read_text(encoding="utf-8") for name in others] == ["left"] * 4


@pytest.mark.parametrize("what", ["the temporary file", "the folder"])
def test_a_file_that_vanishes_while_it_is_written_gives_one_sentence(
    path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    real = os.replace

    def replace(old: str, new: str) -> None:
        pathlib.Path(old).unlink()
        if what == "the folder":
            path.parent.rmdir()
        real(old, new)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(HubError, match=r"cannot be written: No such file or directory\.$"):
        secret_file(path).write(SECRET)
    secret_file(path).restore(None)
    assert not path.exists()


SHARED = [
    (0o1777, True),
    (0o777, True),
    (0o1770, True),
    (0o770, False),
    (0o755, False),
    (0o1755, False),
]


@pytest.mark.parametrize(("folder", "refused"), SHARED, ids=[oct(mode) for mode, dummy in SHARED])
@pytest.mark.parametrize("owner", ["stranger", "caller", "owner of the folder"])
def test_a_file_that_somebody_else_may_have_put_there_gets_no_secret(
    path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, folder: int, refused: bool, owner: str
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    path.write_text("old", encoding="utf-8")
    path.parent.chmod(folder)
    os.chown(path.parent, 777, 777)
    os.chown(path, {"stranger": 12345, "caller": 0, "owner of the folder": 777}[owner], 0)
    if refused and owner == "stranger":
        with pytest.raises(
            RefusedError,
            match=("was created by another user in a folder that everyone can write to"),
        ):
            secret_file(path).check()
        # A file that is put there after the check gets no secret either.
        with pytest.raises(HubError, match="was created by another user"):
            secret_file(path).write(SECRET)
        assert path.read_text(encoding="utf-8") == "old"
    else:
        assert secret_file(path).check() is None
        secret_file(path).write(SECRET)
        assert path.read_text(encoding="utf-8") == SECRET
    assert names(path) == ["token"]


def test_a_link_to_the_folder_that_somebody_else_may_have_put_there_is_not_followed(
    path: pathlib.Path,
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    shared = path.parent / "shared"
    shared.mkdir()
    (shared / "own").symlink_to(path.parent)
    (shared / "other").symlink_to(path.parent)
    os.chown(shared / "other", 12345, 12345, follow_symlinks=False)
    shared.chmod(0o1777)
    assert secret_file(shared / "own" / "token").check() is None
    with pytest.raises(RefusedError, match="shared/other, which another user has created in a"):
        secret_file(shared / "other" / "token").check()
    shared.chmod(0o755)
    assert secret_file(shared / "other" / "token").check() is None


def test_a_folder_that_somebody_else_has_created_in_a_shared_one_gets_no_secret(
    path: pathlib.Path,
) -> None:
    """Its owner could put a file there, to be given the secret as the owner of the file."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    theirs = path.parent / "shared" / "theirs"
    dest = theirs / "deeper" / "token"
    dest.parent.mkdir(parents=True)
    theirs.parent.chmod(0o1777)
    assert secret_file(dest).check() is None
    os.chown(theirs, 12345, 12345)
    with pytest.raises(
        RefusedError,
        match=f"is below {theirs}, which another user has created in a folder that everyone can",
    ):
        secret_file(dest).check()
    with pytest.raises(HubError, match="which another user has created"):
        secret_file(dest).write(SECRET)
    assert list(dest.parent.iterdir()) == []
    # The home of a service, in a folder of root.
    theirs.parent.chmod(0o755)
    assert secret_file(dest).check() is None
    secret_file(dest).write(SECRET)
    assert secret_file(dest).warnings() == []


@pytest.mark.parametrize("make", [make_link, os.mkfifo], ids=["link", "pipe"])
def test_a_link_or_a_pipe_in_place_of_the_file_is_refused(
    path: pathlib.Path, make: t.Callable[[pathlib.Path], t.Any]
) -> None:
    (path.parent / "elsewhere").write_text("other", encoding="utf-8")
    make(path)
    if path.is_symlink():
        with pytest.raises(RefusedError, match="cannot be read"):
            secret_file(path).read()
    else:
        assert secret_file(path).read() == ""
    with pytest.raises(HubError, match=r"is a symbolic link|is not a regular file"):
        secret_file(path).write(SECRET)
    assert (path.parent / "elsewhere").read_text(encoding="utf-8") == "other"


def test_a_file_that_holds_more_than_a_secret_is_refused(path: pathlib.Path) -> None:
    path.write_text("x" * 70000, encoding="utf-8")
    with pytest.raises(RefusedError, match="contains more than 65536 bytes"):
        secret_file(path).read()


def test_long_names_can_be_written(path: pathlib.Path) -> None:
    long = path.parent / ("n" * 255)
    secret_file(long).write(SECRET)
    assert names(path) == [long.name]


@pytest.mark.parametrize("before", [None, "", "old"])
def test_the_former_file_can_be_restored(path: pathlib.Path, before: str | None) -> None:
    secret_file(path).write(SECRET)
    secret_file(path).restore(before)
    assert secret_file(path).read() == (before or None)


def test_a_file_that_cannot_be_read_is_refused(
    path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.mkdir()
    with pytest.raises(RefusedError, match=r"cannot be read: Is a directory\.$"):
        secret_file(path).read()
