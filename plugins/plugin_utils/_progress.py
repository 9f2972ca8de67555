# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Lines on the controller's terminal that show how far long tasks are."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import sys
import tempfile
import threading
import time
import typing as t

from ansible import constants as C  # noqa: N812 - the name that ansible-core itself uses
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

# Seconds: how long a task may take without a line, and between two lines.
FIRST, NEXT = 5.0, 5.0
LOOK = 0.5
# auto: when standard error is a terminal; always; never.
SWITCH = "HUBOPS_PROGRESS"
# How the path of the file reaches the module.
VARIABLE = "HUBOPS_PROGRESS_FILE"

# Tasks run in processes that have no terminal any more. ansible-core looks at an action plugin
# before it starts them.
ON_A_TERMINAL = bool(sys.stderr and sys.stderr.isatty())

display = Display()


def is_wanted() -> bool:
    """:returns: whether the user wants to see progress at all."""
    switch = os.environ.get(SWITCH, "auto").strip().lower()
    return switch == "always" or (switch != "never" and ON_A_TERMINAL)


def line_of(note: str, host: str, seconds: float) -> str | None:
    """:returns: the line that tells a note of the module; None where it is not one."""
    try:
        told = json.loads(note)
        what, done, total = str(told["what"]), int(told["done"]), int(told["total"])
    except (ValueError, TypeError, KeyError):
        return None
    if not re.fullmatch(r"[a-z][a-z ,]{0,40}", what):
        return None
    return f"[{host}] {what}: {done} of {total} ({seconds:.0f} s)"


class Task(t.Protocol):
    """What is used here of Ansible's task."""

    environment: list[object] | None


class ProgressAction(NormalAction):  # type: ignore[misc]  # its hints are not published
    """Runs the module as usual, and meanwhile shows how far it is.

    Nothing is shown of tasks that hide their output, run on in the background, or run on another
    machine.
    """

    def run(
        self, tmp: str | None = None, task_vars: dict[str, object] | None = None
    ) -> dict[str, object]:
        """Run the module; its result is not changed."""
        task = self._task
        if (
            not is_wanted()
            or task.no_log
            or task.async_val
            or self._connection.transport != "local"
        ):
            return t.cast("dict[str, object]", super().run(tmp, task_vars))
        with contextlib.ExitStack() as stack:
            try:
                folder = stack.enter_context(tempfile.TemporaryDirectory(dir=C.DEFAULT_LOCAL_TMP))
                file = pathlib.Path(folder, "progress")
                host = str((task_vars or {}).get("inventory_hostname", "localhost"))
                stack.enter_context(_shown(file, host))
                stack.enter_context(_told(task, str(file)))
            except OSError:
                # To show how far a task is must not make it fail.
                pass
            return t.cast("dict[str, object]", super().run(tmp, task_vars))


@contextlib.contextmanager
def _told(task: Task, path: str) -> t.Iterator[None]:
    """Give the module the path by the task's environment, which reaches it also with sudo."""
    before = task.environment
    task.environment = [*(before or []), {VARIABLE: path}]
    try:
        yield
    finally:
        task.environment = before


@contextlib.contextmanager
def _shown(file: pathlib.Path, host: str) -> t.Iterator[None]:
    """Show what is in the file every few seconds, as long as it changes."""
    over = threading.Event()

    def watch() -> None:
        began = time.monotonic()
        due, last = began + FIRST, ""
        while not over.wait(LOOK):
            now = time.monotonic()
            if now < due:
                continue
            try:
                note = file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                continue
            line = line_of(note, host, now - began) if note != last else None
            if line is not None:
                display.display(line, stderr=True, screen_only=True)
                due, last = now + NEXT, note

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
