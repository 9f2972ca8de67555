# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and writes the list of servers of the role maintenance, where the list is.

Two runs of the role may work with one list at the same moment. A list is replaced only if it is
still what the run has read before. The lock lasts as long as this process, so that a run that is
killed leaves none.

Standard input is a JSON object: ``path``; ``do``, which is read, swap or add; and the arguments of
that function. Standard output is a JSON object with ``problem``, the end of a sentence that begins
with the path, or empty text; and what the function returns.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import tempfile
import typing as t

MODE = 0o600
OTHER_RUN = "was changed by another run of the role at the same time"
Answer = dict[str, object]


class RefusedError(Exception):
    """The list cannot be there, or cannot be changed. The text is the end of the sentence."""


def read(path: str) -> str | None:
    """:returns: the text of the list; None if there is none.

    :raises RefusedError: there can be none at this place.
    """
    check_place(path)
    if not os.path.lexists(path):
        return None
    if not os.path.isfile(path):
        raise RefusedError("is not a regular file.")
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        return file.read()


def check_place(path: str) -> None:
    """:raises RefusedError: the folder is missing, or another user could write the list."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise RefusedError("is in a folder that does not exist.")
    theirs = None
    if os.stat(folder).st_mode & stat.S_IWOTH:
        theirs = "in a folder that everyone can write to"
    elif any(map(belongs_to_others, parents(folder))):
        theirs = "below a folder that another user has created in one that everyone can write to"
    if theirs is not None:
        raise RefusedError(
            f"is {theirs}, so another user could choose what is started: use another folder. If the"
            " list of an earlier run is there, move it to a folder that only you can write to,"
            " check its content, and set maintenance_file to its new path."
        )


def parents(folder: str) -> t.Iterator[str]:
    """:returns: a folder and all above it, but for the root, and those that links lead to."""
    for each in (os.path.abspath(folder), os.path.realpath(folder)):
        while each != os.path.dirname(each):
            yield each
            each = os.path.dirname(each)


def belongs_to_others(folder: str) -> bool:
    """Whether another user has created a folder, or a link to one, in a folder like /tmp."""
    above = os.stat(os.path.dirname(folder))
    owners = (0, os.geteuid(), above.st_uid)
    return bool(above.st_mode & stat.S_IWOTH) and os.lstat(folder).st_uid not in owners


def swap(path: str, before: str | None, after: str | None) -> bool:
    """Replace the list, or remove it.

    :param before: what it was; None: there was none.
    :param after: what it will be; None: there will be none.
    :returns: whether anything was changed.
    :raises RefusedError: it is something else by now.
    """
    with locked(os.path.dirname(path)):
        now = read(path)
        if now == after:
            return False
        if now != before:
            raise RefusedError(f"{OTHER_RUN}: run it again when the other run has ended.")
        if after is None:
            os.unlink(path)
        else:
            write(path, after)
    return True


def add(path: str, before: str, after: str) -> bool:
    """Put servers into the list that this run has stopped, whatever another run has made of it.

    :param before: what this run has written.
    :param after: what it wants to write.
    :returns: whether anything was changed.
    :raises RefusedError: the list is another one by now; the servers are in it.
    """
    with locked(os.path.dirname(path)):
        now = read(path)
        if now == after:
            return False
        if now == before:
            write(path, after)
            return True
        wanted = json.loads(after)
        others = servers_of(now, wanted)
        named = {(one["user"], one["name"]) for one in wanted["servers"]}
        kept = [one for one in others if (one.get("user"), one.get("name")) not in named]
        write(path, json.dumps({**wanted, "servers": kept + wanted["servers"]}, indent=1))
    raise RefusedError(f"{OTHER_RUN}. All servers that were stopped are in it.")


def servers_of(text: str | None, wanted: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """:returns: the servers of another run's list.

    :raises RefusedError: it is no list of servers of this hub.
    """
    try:
        found = {"servers": []} if text is None else json.loads(text)
        hub, servers = found.get("hub") or wanted["hub"], found["servers"]
        if hub == wanted["hub"] and all(isinstance(one, dict) for one in servers):
            return list(servers)
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    names = ", ".join(f"{one['user']}/{one['name']}" for one in wanted["servers"])
    raise RefusedError(f"{OTHER_RUN}, and is no list of servers any more. Stopped were: {names}.")


@contextlib.contextmanager
def locked(folder: str) -> t.Iterator[None]:
    """Let other processes wait that want to change a list in this folder."""
    descriptor = None
    # Without the module, or on a file system without locks, only the comparison is left.
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def write(path: str, text: str) -> None:
    """Write a list at once, or not at all, readable by its owner alone. An owner stays."""
    folder, name = os.path.split(path)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name[:40]}.", dir=folder)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            os.fchmod(descriptor, MODE)
            if os.geteuid() == 0 and os.path.isfile(path):
                now = os.stat(path)
                os.fchown(descriptor, now.st_uid, now.st_gid)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def answer(asked: dict[str, t.Any]) -> Answer:
    """:returns: what is written to standard output."""
    path = os.path.abspath(os.path.expanduser(asked["path"]))
    try:
        if asked["do"] == "read":
            return {"problem": "", "text": read(path)}
        change = {"swap": swap, "add": add}[asked["do"]]
        return {"problem": "", "changed": change(path, asked["before"], asked["after"])}
    except RefusedError as error:
        return {"problem": str(error), "text": None}
    except OSError as error:
        return {"problem": f"cannot be read or written: {error.strerror}.", "text": None}


if __name__ == "__main__":
    print(json.dumps(answer(json.load(sys.stdin))))
