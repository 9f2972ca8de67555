# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Where reports go: paths that are checked before the hub is read."""

from __future__ import annotations

import os
import stat
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._files import open_regular
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.render import (
    FORMATS,
    KEPT,
    format_of,
    is_report,
)


def check(paths: t.Sequence[str], host: str, hosts: int) -> list[str]:
    """See that reports can be written, before there is anything to write.

    :param host: the name in the inventory of the hub that is audited.
    :param hosts: how many hosts the play has, each of which writes its own.
    :returns: the absolute paths.
    :raises RefusedError: one of them cannot be used.
    """
    found: list[str] = []
    for path in paths:
        whole = os.path.abspath(os.path.expanduser(path))
        if format_of(whole) is None:
            raise RefusedError(
                f"reports: {path!r} has none of the endings {', '.join(FORMATS)}, which select the"
                " format."
            )
        if hosts > 1 and host not in whole:
            raise RefusedError(
                f"reports: {path!r} would be written by each of the {hosts} hosts of this play:"
                " add {{ inventory_hostname }} to it.",
            )
        if whole in found:
            raise RefusedError(f"reports: {path!r} is given twice.")
        _check_place(path, whole)
        found.append(whole)
    return found


def _check_place(path: str, whole: str) -> None:
    if "\0" in path:
        raise RefusedError(f"reports: {path!r} contains a null character.")
    folder = os.path.dirname(whole)
    if not os.path.isdir(folder):
        raise RefusedError(
            f"reports: the folder {folder!r} of {path!r} does not exist on the controller."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise RefusedError(f"reports: nothing can be written to the folder {folder!r} of {path!r}.")
    if os.path.islink(whole) or (os.path.exists(whole) and not os.path.isfile(whole)):
        raise RefusedError(f"reports: {path!r} is not a regular file.")
    shared = os.stat(folder)
    if (
        shared.st_mode & stat.S_ISVTX
        and os.path.exists(whole)
        and os.lstat(whole).st_uid != os.geteuid()
    ):
        # In a folder like /tmp, somebody may have put it there to read what is written.
        raise RefusedError(f"reports: {path!r} belongs to another user.")
    if not _is_replaceable(whole):
        raise RefusedError(
            f"reports: {path!r} exists and is not an audit report: give another path, or remove the"
            " file."
        )


def _is_replaceable(path: str) -> bool:
    """Whether nothing of a person is lost with what is there. What cannot be read is not known."""
    ending = format_of(path)
    if ending is None or ending not in KEPT:
        return True
    try:
        with open_regular(path) as file:
            return is_report(ending, file.read())
    except FileNotFoundError:
        return True
    except (OSError, UnicodeDecodeError):
        return False


def read_baseline(path: str) -> str | None:
    """:returns: the text of an earlier report on the controller; None when there is none yet.

    :raises RefusedError: it cannot be read.
    """
    try:
        with open_regular(os.path.abspath(os.path.expanduser(path))) as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise RefusedError(
            f"baseline {path!r} cannot be read on the controller: {reason}."
        ) from None
