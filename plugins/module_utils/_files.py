# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Files that are complete at any moment, and places that another user may have prepared."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
import time
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError

MODE = 0o600
# The longest name of a file on most systems, in bytes.
LONGEST_NAME = 255


def check_absolute(option: str, path: str) -> None:
    """:raises RefusedError: it is a relative path, which Ansible would resolve from the folder of
    the playbook or from a home directory, depending on the connection.
    """
    if not os.path.isabs(path):
        raise RefusedError(
            f"{option} {path} is not an absolute path: give the path from the root, such as"
            f" /var/lib/hubops/{os.path.basename(path.rstrip('/')) or 'hub'}."
        )


class NotRegularError(OSError):
    """It is not a regular file: a pipe would be waited for, and some devices never end."""

    def __init__(self) -> None:
        super().__init__(errno.EINVAL, "it is not a regular file")


def open_regular(path: str) -> t.TextIO:
    """:returns: a file to read text from.

    :raises OSError: there is none that can be read; NotRegularError where it is no file.
    """
    if "\0" in path:
        raise OSError(errno.EINVAL, "its path contains a null character")
    # Without O_NONBLOCK, opening a pipe waits until another process writes to it.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegularError
    return open(descriptor, encoding="utf-8")


def is_no_file(path: str) -> bool:
    """Whether there is something in the place of a file that is none, such as ``/dev/null``."""
    return os.path.exists(path) and not os.path.isfile(path)


def replace_file(path: str, text: str, *, keep: bool = False) -> None:
    """Put a text into a file, readable by its owner alone: at once, or not at all.

    :param keep: an earlier file with this name is kept beside it, with its modification time in its
        name.
    :raises OSError: it cannot be written; nothing is left beside it.
    """
    temporary = new_beside(path)
    try:
        # What JSON and names can carry, UTF-8 cannot always: half of a pair of surrogates.
        with open(temporary, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if keep and os.path.lexists(path):
            os.replace(path, _kept_name(path))
        os.replace(temporary, path)
    except BaseException:
        remove_if_there(temporary)
        raise


def new_beside(path: str) -> str:
    """:returns: a new, empty file in the same folder, for its owner alone.

    :raises OSError: there can be none.
    """
    folder, name = os.path.split(path)
    # The name of the file may be as long as the file system allows.
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name[:40]}.", dir=folder or ".")
    # Whatever the umask is.
    os.fchmod(descriptor, MODE)
    os.close(descriptor)
    return temporary


def remove_if_there(path: str) -> None:
    """Remove a temporary file. Where that fails, it may be gone, or the folder with it."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def _kept_name(path: str) -> str:
    """:returns: a name for an earlier file, which no other file has. A long one begins with as many
    of its characters as the file system allows.
    """
    moment = time.strftime("%Y-%m-%dT%H%M%SZ", time.gmtime(os.lstat(path).st_mtime))
    name, number = _with_ending(path, f".{moment}~"), 1
    while os.path.lexists(name):
        number += 1
        name = _with_ending(path, f".{moment}-{number}~")
    return name


def _with_ending(path: str, ending: str) -> str:
    folder, name = os.path.split(path)
    while len(os.fsencode(name + ending)) > LONGEST_NAME:
        name = name[:-1]
    return os.path.join(folder, name + ending)


def is_planted(now: os.stat_result, path: str) -> bool:
    """Whether another user may have created a file here, by the rules of the kernel for
    ``fs.protected_regular`` and ``fs.protected_symlinks``.

    That is so in folders that everyone can write to, and in those with a sticky bit that a group
    can write to, unless the file belongs to the current user, or to the owner of the folder.

    :param now: what the file is.
    """
    folder = os.stat(os.path.dirname(path))
    shared = folder.st_mode & stat.S_IWOTH or (
        folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWGRP
    )
    return bool(shared) and now.st_uid not in (os.geteuid(), folder.st_uid)


def _folders(path: str) -> t.Iterator[str]:
    """:returns: the folders above a path that exist, and those that links among them lead to."""
    seen: set[str] = set()
    folder = os.path.abspath(os.path.dirname(path))
    for start in (folder, os.path.realpath(folder)):
        while start != os.path.dirname(start):
            if start not in seen and os.path.lexists(start):
                seen.add(start)
                yield start
            start = os.path.dirname(start)


def folder_of_others(path: str) -> str | None:
    """:returns: a folder above a path, or a link to one, that another user has created in a folder
    that everyone can write to, such as /tmp; None if there is none.

    That user can replace all that is below it, and be given what is written there for its owner.
    """
    for folder in _folders(path):
        now = os.lstat(folder)
        if now.st_uid != 0 and is_planted(now, folder):
            return folder
    return None


def unsafe_place(option: str, path: str) -> list[str]:
    """:returns: a warning if another user can replace a file, whatever its mode; or nothing.

    Folders that a group can write to are left to the group.
    """
    theirs = folder_of_others(path)
    if theirs is not None:
        return [
            f"{option} {path} is below {theirs}, which another user has created in a folder that"
            " everyone can write to: that user can replace the file."
        ]
    for folder in _folders(path):
        mode = os.stat(folder).st_mode if os.path.isdir(folder) else 0
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            return [
                f"{option} {path} is below {folder}, which everyone can write to, and which has no"
                " sticky bit: any user can replace the file."
            ]
    return []
