# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The files of an offboarding on the target: backups and certificates. Earlier ones are kept."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import typing as t
from urllib.parse import quote

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._files import (
    check_absolute,
    is_no_file,
    open_regular,
    replace_file,
    unsafe_place,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard import (
    backup,
    certificate,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.decide import (
    Case,
)

# The longest name of a file on most systems, in bytes, less the ending.
LONGEST_NAME = 240


class Papers:
    """Where the files go.

    :ivar warnings: why others could replace them.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []

    @staticmethod
    def exists(path: str) -> bool:
        """Whether there is a file."""
        return os.path.lexists(path)

    def placed(self, cases: t.Sequence[Case]) -> list[Case]:
        """:returns: the people, with paths that are those of files.

        :raises RefusedError: a file cannot be written there, or would be that of two people.
        """
        backups: dict[str, str] = {}
        owners: dict[str, str] = {}
        found = []
        for case in cases:
            leaver = case.leaver
            dest = None if leaver.dest is None else self._certificate_path(leaver.dest, case.name)
            if dest is not None and owners.setdefault(dest, case.name) != case.name:
                raise RefusedError(
                    f"dest {leaver.dest} is a file, but there are several people: give a folder,"
                    " with a slash at its end."
                )
            kept = leaver.backup
            if kept is not None:
                if kept not in backups:
                    check_absolute("backup", kept)
                    backups[kept] = _checked(os.path.abspath(kept), "backup")
                kept = backups[kept]
            found.append(
                dataclasses.replace(
                    case, leaver=dataclasses.replace(leaver, dest=dest, backup=kept)
                )
            )
        places = [("dest", os.path.dirname(path)) for path in owners]
        for option, folder in dict.fromkeys(
            [*places, *(("backup", os.path.dirname(path)) for path in backups.values())]
        ):
            self.warnings += unsafe_place(option, os.path.join(folder, ""))
        return found

    @staticmethod
    def _certificate_path(dest: str, name: str) -> str:
        check_absolute("dest", dest)
        path = os.path.abspath(dest)
        if dest.endswith("/") or os.path.isdir(path):
            if not os.path.isdir(path):
                _checked(path, "dest")
                return os.path.join(path, f"{file_name(name)}.md")
            path = os.path.join(path, f"{file_name(name)}.md")
        return _checked(path, "dest")

    @staticmethod
    def says(path: str, told: certificate.Certificate) -> bool:
        """Whether a file is a certificate that says the same."""
        try:
            with open_regular(path) as file:
                return certificate.says(file.read(), told)
        except (OSError, UnicodeDecodeError):
            return False

    @staticmethod
    def write_backup(path: str, cases: t.Sequence[Case], version: tuple[int, ...]) -> None:
        """Write what is removed from people.

        :raises HubError: that failed; nothing else was done before it.
        """
        _write(path, backup.text(cases, version), "backup")

    @staticmethod
    def write_certificate(path: str, told: certificate.Certificate) -> None:
        """Write a certificate.

        :raises HubError: that failed; everything else is done.
        """
        folder = os.path.dirname(path)
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
        except OSError as error:
            raise HubError(
                f"dest {path} cannot be written: {error.strerror}. Everything else was done."
            ) from None
        _write(path, certificate.page(told), "dest")


def file_name(name: str) -> str:
    """:returns: the name of a file for a user, which no other user's is."""
    quoted = quote(name, safe="@+")
    # A file whose name begins with a dot does not show.
    safe = f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted
    if len(safe) <= LONGEST_NAME:
        return safe
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{safe[: LONGEST_NAME - len(digest) - 1]}-{digest}"


def _checked(path: str, option: str) -> str:
    """:raises RefusedError: no file can be written there."""
    folder = os.path.dirname(path)
    if os.path.isdir(path):
        raise RefusedError(f"{option} {path} is a folder: give the path of a file in it.")
    if is_no_file(path):
        raise RefusedError(f"{option} {path} is not a regular file: give another path.")
    if not os.path.isdir(folder):
        raise RefusedError(f"{option} {path} is in a folder that does not exist: create it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise RefusedError(
            f"{option} {path} is in a folder that is not writable: give another one, or become its"
            " owner."
        )
    return path


def _write(path: str, text: str, option: str) -> None:
    """Write a file atomically, readable only by its owner. An earlier file with this name, which
    may hold what this one does not, is kept beside it.
    """
    try:
        replace_file(path, text, keep=True)
    except OSError as error:
        raise HubError(f"{option} {path} cannot be written: {error.strerror}.") from None
