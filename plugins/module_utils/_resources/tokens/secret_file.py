# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""A secret in a file of the target: readable only by its owner, and complete at any moment."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import stat

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._files import (
    folder_of_others,
    is_planted,
    unsafe_place,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief

MODE = 0o600
# Bytes; a file with more than this holds no secret.
LARGEST = 65536
# The end of the name of a temporary file: random digits, and a check of them that no name has by
# chance.
TEMPORARY = re.compile(r"\.hubops-(?P<random>[0-9a-f]{16})-(?P<check>[0-9a-f]{16})")
PLANTED = (
    "was created by another user in a folder that everyone can write to, and would give that user"
    " the secret: remove it, or use another folder"
)


class SecretFile:
    """One such file.

    :param path: absolute.
    :param what: what it is for, for errors.
    """

    def __init__(self, path: str, what: str) -> None:
        self.path = path
        self.what = what
        self.folder, self.name = os.path.split(path)

    def check(self) -> str | None:
        """Check that the file can be written, before there is anything to write.

        :returns: its folder, when that is missing: an earlier task may still make it.
        :raises RefusedError: it cannot be written.
        """
        if not os.path.isabs(self.path):
            self._refuse("is not an absolute path")
        problem = self._danger()
        if problem:
            self._refuse(problem)
        if os.path.exists(self.folder) and not os.path.isdir(self.folder):
            self._refuse("is below a path that is not a folder")
        if not os.path.isdir(self.folder):
            return self.folder
        if not os.access(self.folder, os.R_OK | os.W_OK | os.X_OK):
            self._refuse("is in a folder that is not both readable and writable")
        if os.path.exists(self.path) and not self._can_keep_owner(os.lstat(self.path)):
            self._refuse("belongs to another user, and only root could keep that owner")
        return None

    def warnings(self) -> list[str]:
        """:returns: why others could replace the file, where that is no reason to refuse it."""
        return unsafe_place("dest", self.path)

    def _danger(self) -> str | None:
        """:returns: why the secret must not be written to this place, which another user may have
        prepared.
        """
        theirs = folder_of_others(self.path)
        if theirs is not None:
            return (
                f"is below {theirs}, which another user has created in a folder that everyone can"
                " write to: use another folder"
            )
        if os.path.islink(self.path):
            return "is a symbolic link, which could lead anywhere"
        if os.path.exists(self.path) and not os.path.isfile(self.path):
            return "is not a regular file"
        if os.path.exists(self.path) and is_planted(os.lstat(self.path), self.path):
            return PLANTED
        return None

    @staticmethod
    def _can_keep_owner(now: os.stat_result) -> bool:
        """Whether a new file can be given to the owner and the group of this one."""
        if os.geteuid() == 0:
            return True
        return now.st_uid == os.geteuid() and now.st_gid in (os.getegid(), *os.getgroups())

    def _refuse(self, why: str) -> None:
        raise RefusedError(f"dest {self.path or brief(self.path)} of {self.what} {why}.")

    def read(self) -> str | None:
        """:returns: what the file holds; None when there is no such file.

        :raises RefusedError: it cannot be read, or holds more than a secret.
        """
        try:
            # A pipe would be waited for, and a link followed, if it took the place of the file
            # after it was looked at.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as file:
                content = (
                    file.read(LARGEST + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
                )
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RefusedError(
                f"dest {self.path} of {self.what} cannot be read: {error.strerror}."
            ) from None
        if len(content) > LARGEST:
            self._refuse(
                f"contains more than {LARGEST} bytes, so it is not a file for a secret alone"
            )
        try:
            return content.decode().strip()
        except UnicodeDecodeError:
            return ""

    def exposed(self) -> bool:
        """Whether others than the owner can reach what the file holds."""
        try:
            return stat.S_IMODE(os.lstat(self.path).st_mode) != MODE
        except FileNotFoundError:
            return False

    def write(self, secret: str) -> None:
        """Write the secret to the file atomically. An existing file keeps its owner.

        :raises HubError: it cannot be written; the file is as it was.
        """
        problem = self._danger()
        if problem:
            raise HubError(f"dest {self.path} of {self.what} {problem}.")
        temporary = None
        try:
            self._remove_leftovers()
            temporary = os.path.join(self.folder, self._temporary_name(secrets.token_hex(8)))
            self._write_temporary(temporary, secret)
            os.replace(temporary, self.path)
            temporary = None
            self._sync_folder()
        except OSError as error:
            raise HubError(
                f"dest {self.path} of {self.what} cannot be written: {error.strerror}."
            ) from None
        finally:
            if temporary is not None:
                # Where it cannot be removed, it may be gone, or the folder with it.
                with contextlib.suppress(OSError):
                    os.unlink(temporary)

    def _write_temporary(self, temporary: str, secret: str) -> None:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), MODE)
            if os.path.lexists(self.path):
                now = os.lstat(self.path)
                if is_planted(now, self.path):
                    raise HubError(f"dest {self.path} of {self.what} {PLANTED}.")
                if (now.st_uid, now.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), now.st_uid, now.st_gid)
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())

    def _temporary_name(self, random: str) -> str:
        check = hashlib.sha256(
            f"hubops.jupyterhub {self.name} {random}".encode(errors="surrogateescape")
        ).hexdigest()[:16]
        # The name of the file may be as long as the file system allows.
        return f".{self.name[:40]}.hubops-{random}-{check}"

    def _remove_leftovers(self) -> None:
        """Remove the temporary files of runs that were killed, and nothing else.

        If it is another run's that works on the same file at this moment, that one fails, and does
        no harm.
        """
        for name in os.listdir(self.folder):
            found = TEMPORARY.search(name)
            if found and name == self._temporary_name(found.group("random")):
                # It may be gone by now.
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(os.path.join(self.folder, name))

    def _sync_folder(self) -> None:
        """See that a power cut cannot bring the old file back, whose secret is revoked next."""
        # Some file systems cannot do that with a folder. The secret is in its place already.
        with contextlib.suppress(OSError):
            descriptor = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def restore(self, before: str | None) -> None:
        """Put back what the file held before; a file that held nothing of use goes.

        :raises HubError: it cannot be written.
        """
        if before:
            self.write(before)
            return
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise HubError(
                f"dest {self.path} of {self.what} cannot be removed: {error.strerror}."
            ) from None
