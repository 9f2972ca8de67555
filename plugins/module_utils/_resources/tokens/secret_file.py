# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""A secret in a file of the target: readable by its owner alone, and whole at any moment."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HubError, RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief

MODE = 0o600


class SecretFile:
    """One such file.

    :param path: absolute.
    :param what: what it is for, for errors.
    """

    def __init__(self, path: str, what: str) -> None:
        self.path = path
        self.what = what

    def check(self) -> str | None:
        """See that the file can be written, before there is anything to write.

        :returns: why it cannot be, when an earlier task may still mend that: its folder is missing.
        :raises RefusedError: it cannot be written.
        """
        folder = os.path.dirname(self.path)
        if not os.path.isabs(self.path):
            self._refuse("is not an absolute path")
        if os.path.islink(self.path):
            self._refuse("is a symbolic link, which could lead the secret anywhere")
        if os.path.exists(self.path) and not os.path.isfile(self.path):
            self._refuse("is no regular file")
        if os.path.exists(folder) and not os.path.isdir(folder):
            self._refuse("lies below something that is no folder")
        if not os.path.isdir(folder):
            return f"The folder {folder} of {self.path} does not exist."
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            self._refuse("lies in a folder that cannot be read and written")
        if os.path.exists(self.path) and not self._can_keep_owner(os.lstat(self.path)):
            self._refuse("belongs to somebody else, and only root could leave it to him")
        return None

    @staticmethod
    def _can_keep_owner(now: os.stat_result) -> bool:
        """Whether a new file can be given to the owner and the group of this one."""
        if os.geteuid() == 0:
            return True
        return now.st_uid == os.geteuid() and now.st_gid in (os.getegid(), *os.getgroups())

    def _refuse(self, why: str) -> None:
        raise RefusedError(f"dest {self.path or brief(self.path)} of {self.what} {why}. Nothing was changed.")

    def read(self) -> str | None:
        """:returns: what the file holds; None when there is no such file.

        :raises RefusedError: it cannot be read.
        """
        try:
            with open(self.path, encoding="utf-8") as file:
                return file.read().strip()
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            return ""
        except OSError as error:
            raise RefusedError(f"dest {self.path} of {self.what} cannot be read: {error.strerror}. Nothing was changed.") from None

    def exposed(self) -> bool:
        """Whether others than the owner can reach what the file holds."""
        try:
            return stat.S_IMODE(os.lstat(self.path).st_mode) != MODE
        except FileNotFoundError:
            return False

    def write(self, secret: str) -> None:
        """Put the secret into the file at once, or not at all. An existing file keeps its owner.

        :raises HubError: it cannot be written; the file is as it was.
        """
        temporary = None
        folder, name = os.path.split(self.path)
        prefix = f".{name[:200]}.hubops-"
        try:
            for leftover in os.listdir(folder):
                # Of a run that was killed. If it is another run's that just works on the same file, that one fails, and does no harm.
                if leftover.startswith(prefix):
                    os.unlink(os.path.join(folder, leftover))
            descriptor, temporary = tempfile.mkstemp(prefix=prefix, dir=folder)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), MODE)
                if os.path.lexists(self.path):
                    now = os.lstat(self.path)
                    if (now.st_uid, now.st_gid) != (os.geteuid(), os.getegid()):
                        os.fchown(file.fileno(), now.st_uid, now.st_gid)
                file.write(secret)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
            temporary = None
            self._sync_folder()
        except OSError as error:
            raise HubError(f"dest {self.path} of {self.what} cannot be written: {error.strerror}.") from None
        finally:
            if temporary is not None:
                os.unlink(temporary)

    def _sync_folder(self) -> None:
        """See that a power cut cannot bring the old file back, whose secret is revoked next."""
        # Some file systems cannot do that with a folder. The secret is in its place already.
        with contextlib.suppress(OSError):
            descriptor = os.open(os.path.dirname(self.path), os.O_RDONLY)
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
        except OSError as error:
            raise HubError(f"dest {self.path} of {self.what} cannot be removed: {error.strerror}.") from None
