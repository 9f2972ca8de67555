# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example in the documentation of the modules is run unchanged on a running hub.

Only what does not exist here is replaced: ``hub.example.org`` by the test's hub, ``/etc`` and
``/tmp`` by the test's directory.
"""

from __future__ import annotations

import contextlib
import importlib
import pathlib
import re
import textwrap
import threading
from collections.abc import Iterator

import pytest

from tests.hub import Hub
from tests.running import ROOT, run_playbook

pytestmark = [pytest.mark.core, pytest.mark.daily(2)]

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("jupyterhub_*.py"))


def playbook(module: str, hub: Hub, directory: pathlib.Path) -> str:
    """Return a playbook with all examples of a module, with the test's hub and directory."""
    examples: str = importlib.import_module(
        f"ansible_collections.hubops.jupyterhub.plugins.modules.{module}"
    ).EXAMPLES
    assert "https://hub.example.org" in examples
    text = examples.replace("https://hub.example.org", hub.url)
    text = re.sub(r"(?<![\w.])/(etc|tmp|var/lib)/", f"{directory}/", text)
    for file in re.findall(rf"{re.escape(str(directory))}/[\w./-]+", text):
        pathlib.Path(file).parent.mkdir(parents=True, exist_ok=True)
    (directory / "hubops").mkdir(exist_ok=True)
    for name in ("token", "audit-token"):
        (directory / "hubops" / name).write_text(hub.token, encoding="utf-8")
    (directory / "hubops" / "leaked-token").write_text("0123456789abcdef", encoding="utf-8")
    # On the test's hub, every user can log in.
    text = text.replace("environment: production", "environment: staging")
    if "first-token" in text:
        # A token that its task revokes. Tokens of services come from the configuration and cannot
        # be revoked.
        made = hub.expect("POST", "/users/ada/tokens", {"note": "first"})
        (directory / "hubops" / "first-token").write_text(made["token"], encoding="utf-8")
    return f"- hosts: localhost\n  gather_facts: false\n  tasks:\n{textwrap.indent(text, '    ')}"


@contextlib.contextmanager
def brought_back(hub: Hub) -> Iterator[None]:
    """Start the hub again whenever it stops, as systemd does."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            if hub.pid is None:
                hub.start()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


@pytest.mark.hubs("6")
@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_work(module: str, hub: Hub, tmp_path: pathlib.Path) -> None:
    """The examples work in check mode, in which nothing is written, and in a real run."""
    hub.add_users("ada", "grace", "linus")
    hub.add_group("exam", "grace")
    hub.add_group("tutors", "linus")
    # The example of a share needs a server that has been started once, and the search for idle
    # servers has to find one.
    hub.expect("POST", "/users/ada/server")
    text = playbook(module, hub, tmp_path)
    mark = hub.mark()
    predicted = run_playbook(text, ["--check", "--diff"], cwd=tmp_path)
    assert predicted.returncode == 0, predicted.stdout + predicted.stderr
    assert {request.method for request in hub.requests(mark)} == {"GET"}
    with brought_back(hub):
        done = run_playbook(text, ["--diff"], cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
