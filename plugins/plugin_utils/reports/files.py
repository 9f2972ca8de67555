# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Where reports go: paths that are checked before the hub is read."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import typing as t

from ansible.utils.display import Display
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._files import (
    is_planted,
    open_regular,
    unsafe_place,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports import fleet, render


@dataclasses.dataclass(frozen=True)
class Form:
    """What is written to the files of an option.

    :param what: what an earlier file has to be, so that it may be replaced.
    :param endings: those that a path may have.
    :param is_one: whether the text of a file with such an ending is one.
    """

    option: str
    what: str
    endings: t.Collection[str]
    is_one: t.Callable[[str, str], bool]


REPORTS = Form("reports", "an audit report", render.FORMATS, render.is_report)
FLEET = Form("audit_fleet_reports", "a page of all hubs", fleet.FORMATS, fleet.is_fleet)


def listed(option: str, value: object) -> list[str]:
    """:returns: the paths of an option, which may be text with commas between them.

    :raises RefusedError: it is neither that nor a list of paths.
    """
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    paths = [] if value is None else value
    if not isinstance(paths, list) or not all(isinstance(path, str) and path for path in paths):
        raise RefusedError(f"{option} must be a list of paths.")
    return paths


def check(paths: t.Sequence[str], form: Form, taken: t.Collection[str] = ()) -> list[str]:
    """See that files can be written, before there is anything to write.

    :param taken: other files that are written in the same run.
    :returns: the absolute paths. A warning tells where other users could replace them.
    :raises RefusedError: one of them cannot be used.
    """
    found: list[str] = []
    others = {_place(path) for path in taken if "\0" not in path}
    for path in paths:
        if "\0" in path:
            raise RefusedError(f"{form.option}: {path!r} contains a null character.")
        whole = os.path.abspath(os.path.expanduser(path))
        if render.ending_of(whole) not in form.endings:
            raise RefusedError(
                f"{form.option}: {path!r} has none of the endings {', '.join(form.endings)}, which"
                " select the format."
            )
        if _place(path) in others:
            raise RefusedError(f"{form.option}: {path!r} is given twice.")
        others.add(_place(path))
        _check_place(path, whole, form)
        for sentence in unsafe_place(form.option, whole):
            Display().warning(sentence)
        found.append(whole)
    return found


def _place(path: str) -> str:
    """:returns: where a file is, however its path is written."""
    folder, name = os.path.split(os.path.abspath(os.path.expanduser(path)))
    return os.path.join(os.path.realpath(folder), name)


def _check_place(path: str, whole: str, form: Form) -> None:
    option = form.option
    folder = os.path.dirname(whole)
    if not os.path.isdir(folder):
        raise RefusedError(
            f"{option}: the folder {folder!r} of {path!r} does not exist on the controller."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise RefusedError(
            f"{option}: nothing can be written to the folder {folder!r} of {path!r}."
        )
    if os.path.islink(whole) or (os.path.exists(whole) and not os.path.isfile(whole)):
        raise RefusedError(f"{option}: {path!r} is not a regular file.")
    if os.path.exists(whole) and is_planted(os.lstat(whole), whole):
        # In a folder like /tmp, somebody may have put it there to read what is written.
        raise RefusedError(f"{option}: {path!r} belongs to another user.")
    if not _is_replaceable(whole, form):
        raise RefusedError(
            f"{option}: {path!r} exists and is not {form.what}: give another path, or remove the"
            " file."
        )


def _is_replaceable(path: str, form: Form) -> bool:
    """Whether nothing of a person is lost with what is there. What cannot be read is not known."""
    try:
        with open_regular(path) as file:
            text = file.read()
    except FileNotFoundError:
        return True
    except (OSError, UnicodeDecodeError):
        return False
    return not text.strip() or form.is_one(render.ending_of(path), text)


@dataclasses.dataclass(frozen=True)
class Claims:
    """Notes which host of a play writes a file, as no host knows the paths of another.

    :param folder: where the notes are, during one run of Ansible.
    :param task: where the task is written, which is the same for all hosts.
    :param host: the name in the inventory of the hub that is audited.
    :param hosts: those of the play.
    """

    folder: str
    task: str
    host: str
    hosts: t.Collection[str]

    def make(self, paths: t.Iterable[str]) -> None:
        """Note that this host writes these files.

        :raises RefusedError: another host of the play writes one of them.
        """
        for path in paths:
            owner = self._owner(path)
            if owner != self.host:
                raise RefusedError(
                    f"reports: {path!r} is also written for the host {owner} of this play: add"
                    " {{ inventory_hostname }} to it."
                )

    def _owner(self, path: str) -> str:
        """:returns: the host that writes the file, which is this one if no other came first."""
        key = json.dumps([self.task, sorted(self.hosts), _place(path)])
        note = os.path.join(self.folder, f"report-{hashlib.sha256(key.encode()).hexdigest()}")
        try:
            # A link has its content as soon as it exists, and only one of two processes makes it.
            os.symlink(self.host, note)
        except FileExistsError:
            return os.readlink(note)
        return self.host


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
