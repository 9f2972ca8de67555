# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run what is tested: a module inside this process, or a playbook in a process of its own."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from unittest import mock

from tests.hub import Hub

ROOT = pathlib.Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache"
COLLECTIONS = CACHE / "collections"


def link_collection() -> pathlib.Path:
    """Make the checkout available as hubops.jupyterhub, whatever its name is; return the value for
    ANSIBLE_COLLECTIONS_PATH.
    """
    link = COLLECTIONS / "ansible_collections" / "hubops" / "jupyterhub"
    link.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        # The link is relative, because the checkout may be moved.
        link.symlink_to(pathlib.Path("..", "..", "..", ".."), target_is_directory=True)
    return COLLECTIONS


@contextlib.contextmanager
def fresh_warnings() -> Iterator[None]:
    """Keep the warnings of one module run out of the next, because ansible-core collects them in
    the process.
    """
    from ansible.module_utils import _internal
    from ansible.module_utils.common import warnings

    with contextlib.ExitStack() as stack:
        # If a test has imported code of the controller, as the tests of a filter do, warnings would
        # go to the terminal instead.
        stack.enter_context(mock.patch.object(_internal, "is_controller", False))
        # A target accepts text that a controller would refuse.
        profiles = importlib.import_module("ansible.module_utils._internal._json._profiles")
        stack.enter_context(
            mock.patch.object(profiles, "_string_encoding_check_enabled", return_value=False)
        )
        for name in ("_global_warnings", "_global_deprecations"):
            stack.enter_context(mock.patch.dict(getattr(warnings, name), clear=True))
        yield


def run_module(
    name: str,
    params: Mapping[str, Any],
    check: bool = False,
    diff: bool = False,
    env: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Run a module of the collection inside this process (10 ms instead of a second) and return its
    result.

    name: without the collection, "jupyterhub_user".
    check, diff: as ``--check`` and ``--diff`` do.
    env: environment variables for the module in addition to those of this process, from which
        JUPYTERHUB_* are removed.

    The result always has ``failed`` and ``changed``. An exception that the module does not handle
    is raised here.
    """
    # ansible-core and the link to the collection exist when tests run, but not when this file is
    # checked.
    from ansible.module_utils.common.parameters import PASS_VARS
    from ansible.module_utils.testing import patch_module_args

    module = importlib.import_module(
        f"ansible_collections.hubops.jupyterhub.plugins.modules.{name}"
    )
    scratch = CACHE / "remote_tmp"
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    arguments = {
        **params,
        "_ansible_check_mode": check,
        "_ansible_diff": diff,
        "_ansible_remote_tmp": str(scratch),
    }
    # The result should include the parameters, because a secret could be in them. A newer
    # ansible-core returns them on request, an older one at -vvv.
    arguments.update(
        {"_ansible_inject_invocation": True}
        if "inject_invocation" in PASS_VARS
        else {"_ansible_verbosity": 3}
    )
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("JUPYTERHUB_")
    } | dict(env or {})
    output = io.StringIO()
    with (
        patch_module_args(arguments),
        fresh_warnings(),
        mock.patch.dict(os.environ, environment, clear=True),
        contextlib.redirect_stdout(output),
        contextlib.suppress(SystemExit),
    ):
        module.main()
    result: dict[str, Any] = json.loads(output.getvalue())
    return {"failed": False, "changed": False, **result}


def run_playbook(
    playbook: str | pathlib.Path,
    args: Sequence[str] = (),
    hub: Hub | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 300.0,
    cwd: pathlib.Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``ansible-playbook`` on localhost in a process of its own and return the completed
    process.

    playbook: the text of a playbook, or the path of one.
    args: additional arguments (``["--check", "-v"]``); an inventory given here replaces
        ``localhost``.
    hub: the modules find its address and token in their environment variables.
    env: additional environment variables. The user's own configuration of Ansible is not read.
    cwd: the directory in which it is started.
    """
    command = [str(pathlib.Path(sys.executable).with_name("ansible-playbook"))]
    if not any(
        arg in ("-i", "--inventory") or arg.startswith(("-i", "--inventory=")) for arg in args
    ):
        command += ["-i", "localhost,", "-c", "local"]
    environment = {
        **{
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("ANSIBLE_", "JUPYTERHUB_"))
        },
        "ANSIBLE_COLLECTIONS_PATH": str(link_collection()),
        "ANSIBLE_HOME": str(CACHE / "ansible-home"),
        # Without it, ansible-core looks for a job in the home directory that the system's user
        # database has, and the job writes below HOME.
        "ANSIBLE_ASYNC_DIR": str(CACHE / "ansible-home" / "async"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_REMOTE_TMP": str(CACHE / "ansible-home" / "remote_tmp"),
        **({"JUPYTERHUB_API_URL": hub.url, "JUPYTERHUB_API_TOKEN": hub.token} if hub else {}),
        **(env or {}),
    }
    with tempfile.TemporaryDirectory(prefix="play-") as directory:
        # Ansible only accepts a file of this name as its configuration, not even an empty device.
        nothing = pathlib.Path(directory, "ansible.cfg")
        nothing.touch()
        environment.setdefault("ANSIBLE_CONFIG", str(nothing))
        if isinstance(playbook, str):
            path = pathlib.Path(directory, "playbook.yml")
            path.write_text(playbook, encoding="utf-8")
        else:
            path = playbook
        return subprocess.run(
            [*command, *args, str(path)],
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
