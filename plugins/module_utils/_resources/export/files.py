# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The files of an export on the target: each complete at any moment, and no file replaced that was
not written by an export.
"""

from __future__ import annotations

import dataclasses
import os
import re
import stat
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
    HIDDEN_BEFORE,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._files import (
    check_absolute,
    folder_of_others,
    is_no_file,
    is_planted,
    new_beside,
    remove_if_there,
    unsafe_place,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.text import MARK
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.wanted import (
    AUTH_STATE,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.kinds import KINDS

# Files with personal data or secrets are readable only by the owner, until the owner changes that.
MODE = 0o600
NO_EXPORT = "# The old content is not shown, because it was not written by an export.\n"
# An export writes only auth_state, in one way. But people edit files, and programs format them.
SECRETS = "auth_state|service_token|api_token|current_token|login_password"
SECRET = rf"[\"']?(?:jupyterhub_)?(?:{SECRETS})[\"']?"
SECRET_LINE = re.compile(rf"^(\s*(?:- +)?)({SECRET})\s*:(?=\s|$)")
SECRET_INSIDE = re.compile(rf"[{{,]\s*{SECRET}\s*:")


@dataclasses.dataclass(frozen=True)
class Place:
    """A file of the export as it is.

    :param text: None: there is no such file.
    :param ours: an export has written it, or it is empty.
    """

    path: str
    text: str | None
    ours: bool

    @classmethod
    def read(cls, path: str) -> Place:
        """:raises RefusedError: it cannot be read or written."""
        _check_place(path)
        try:
            with open(path, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            return cls(path, None, ours=True)
        except OSError as error:
            _refuse(
                path, f"cannot be read ({error.strerror}): give another one, or become its owner"
            )
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return cls(path, "", ours=False)
        return cls(
            path,
            text,
            ours=not text.strip() or any(line.startswith(MARK) for line in text.splitlines()[:3]),
        )


def _refuse(path: str, why: str) -> t.NoReturn:
    raise RefusedError(f"dest {path} {why}.")


class Files:
    """Where an export goes.

    :param dest: a file, or a folder where it ends with a slash.
    :param include: the kinds of objects that are exported; with AUTH_STATE, the files hold secrets,
    and are for their owner alone.
    :param force: replace files that no export has written.
    :raises RefusedError: it cannot be written there.
    """

    def __init__(self, dest: str, include: t.Collection[str], *, force: bool) -> None:
        self.split = dest.endswith("/")
        check_absolute("dest", dest)
        self.dest = os.path.abspath(dest)
        self.secret = AUTH_STATE in include
        self.new_folder = self.split and not os.path.lexists(self.dest)
        self.places = self._read()
        others = [
            place.path
            for kind, place in self.places.items()
            if not place.ours and (not self.split or kind in include)
        ]
        if others and not force:
            _refuse(
                others[0],
                "was not written by an export: give another file, or set force to replace it",
            )
        if self.secret:
            self._check_owners()
        self._texts: dict[str, str] = {}

    def _read(self) -> dict[str, Place]:
        """:returns: the files by kind; the one file of all kinds under the name ""."""
        if not self.split:
            return {"": Place.read(self.dest)}
        if self.new_folder:
            parent = os.path.dirname(self.dest)
            if not os.path.isdir(parent) or not os.access(parent, os.W_OK | os.X_OK):
                _refuse(
                    self.dest,
                    "is in a folder that does not exist or is not writable: create it first",
                )
            return {kind: Place(self._path(kind), None, ours=True) for kind in KINDS}
        if not os.path.isdir(self.dest):
            _refuse(self.dest, "is not a folder: remove the slash at its end, or give another path")
        return {kind: Place.read(self._path(kind)) for kind in KINDS}

    def _path(self, kind: str) -> str:
        return os.path.join(self.dest, f"{kind}.yml")

    def _check_owners(self) -> None:
        """:raises RefusedError: secrets would go to a file of another user."""
        theirs = folder_of_others(self._path("any") if self.split else self.dest)
        if theirs is not None:
            _refuse(
                self.dest,
                f"is below {theirs}, which another user has created in a folder that everyone can"
                " write to, and auth_state contains secrets: use another folder",
            )
        for place in self.places.values():
            if place.text is not None and os.lstat(place.path).st_uid != os.geteuid():
                _refuse(
                    place.path,
                    "belongs to another user, and auth_state contains secrets: remove the file,"
                    " or become its owner",
                )

    def warnings(self) -> list[str]:
        """:returns: why others could replace the files."""
        return unsafe_place("dest", self._path("any") if self.split else self.dest)

    def set(self, texts: dict[str, str]) -> None:
        """Set the content of the files, by kind. Files of other kinds that an export has written
        are removed.
        """
        self._texts = texts

    @property
    def _written(self) -> list[str]:
        return [
            kind
            for kind, text in self._texts.items()
            if self.places[kind].text != text or self._exposed(kind)
        ]

    @property
    def _removed(self) -> list[str]:
        return [
            kind
            for kind, place in self.places.items()
            if kind not in self._texts
            and place.text is not None
            and place.text.strip()
            and place.ours
        ]

    def _exposed(self, kind: str) -> bool:
        path = self.places[kind].path
        return self.secret and os.path.exists(path) and stat.S_IMODE(os.lstat(path).st_mode) != MODE

    @property
    def changed(self) -> bool:
        """Whether a file is to be written or removed."""
        return bool(self._written or self._removed)

    def diff(self) -> list[dict[str, str]]:
        """:returns: each file that changes, before and after, without secrets."""
        found = []
        for kind in (*self._written, *self._removed):
            place = self.places[kind]
            before = (place.text or "") if place.ours else NO_EXPORT
            old, new = (
                before.splitlines(keepends=True),
                self._texts.get(kind, "").splitlines(keepends=True),
            )
            found.append(
                {
                    "before_header": place.path,
                    "after_header": place.path,
                    "before": _without_secrets(old, new, HIDDEN_BEFORE),
                    "after": _without_secrets(new, old, HIDDEN),
                }
            )
        return found

    def write(self) -> None:
        """Write what differs: all new files are on the disk before the first takes its place.

        :raises HubError: that failed.
        """
        waiting: dict[str, str] = {}
        path = self.dest
        try:
            if self.new_folder:
                os.mkdir(self.dest, 0o700)
            for kind in self._written:
                path = self.places[kind].path
                waiting[path] = new_beside(path)
                self._fill(waiting[path], kind)
            for path in list(waiting):
                os.replace(waiting[path], path)
                del waiting[path]
            for kind in self._removed:
                path = self.places[kind].path
                os.unlink(path)
        except OSError as error:
            raise HubError(
                f"dest {path} cannot be written: {error.strerror}. Other files may have been"
                " written already."
            ) from None
        finally:
            for temporary in waiting.values():
                remove_if_there(temporary)

    def _fill(self, temporary: str, kind: str) -> None:
        """Write a file that takes the place of another, with the mode and, where that can be, the
        owner of that one.
        """
        path = self.places[kind].path
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            if os.path.exists(path) and not self.secret:
                now = os.lstat(path)
                if os.geteuid() == 0:
                    os.fchown(file.fileno(), now.st_uid, now.st_gid)
                os.fchmod(file.fileno(), stat.S_IMODE(now.st_mode))
            file.write(self._texts[kind])
            file.flush()
            os.fsync(file.fileno())


def _check_place(path: str) -> None:
    """:raises RefusedError: no export can be written there."""
    folder = os.path.dirname(path)
    if os.path.islink(path):
        _refuse(path, "is a symbolic link: give the path of its target")
    if os.path.isdir(path):
        _refuse(
            path,
            "is a folder: add a slash at its end to write a file for each kind of object there",
        )
    if is_no_file(path):
        _refuse(path, "is not a regular file: give another path")
    if not os.path.isdir(folder):
        _refuse(path, "is in a folder that does not exist: create it first")
    if os.path.exists(path) and is_planted(os.lstat(path), path):
        _refuse(
            path,
            "was created by another user in a folder that everyone can write to: remove it, or"
            " use another folder",
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        _refuse(
            path,
            "is in a folder that is not writable: give another one, or become its owner",
        )


def _without_secrets(lines: list[str], others: t.Collection[str], placeholder: str) -> str:
    """:returns: the text, with placeholders for secrets, such as the auth_state of users: one that
    differs has another than one that does not.
    """
    known = set(others)
    shown: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        begin = SECRET_LINE.match(line)
        if begin is None:
            inside = SECRET_INSIDE.search(line) is not None
            shown.append(f"{HIDDEN if line in known else placeholder}\n" if inside else line)
            continue
        block = [line, *_value(lines, number, len(begin[1]))]
        number += len(block) - 1
        same = all(each in known for each in block)
        shown.append(f"{begin[1]}{begin[2]}: {HIDDEN if same else placeholder}\n")
    return "".join(shown)


def _value(lines: t.Sequence[str], first: int, indent: int) -> t.Sequence[str]:
    """:returns: the further lines of a value whose key is indented so far: they are indented more,
    and may have empty ones between them.
    """
    end = first
    for number in range(first, len(lines)):
        bare = lines[number].lstrip(" ")
        if not bare.strip():
            continue
        if len(lines[number]) - len(bare) <= indent:
            break
        end = number + 1
    return lines[first:end]
