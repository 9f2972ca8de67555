# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide on adopting a hub: each of its commands is run in order, with the files that the guide
shows.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import textwrap
from typing import Any
from unittest import mock

import pytest
import yaml

from tests.hub import Hub
from tests.live.support import runner
from tests.live.support_export import load
from tests.live.test_snapshot import furnish
from tests.running import CACHE, ROOT, link_collection

pytestmark = pytest.mark.daily(4)

GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_adopt.rst"
BLOCK = re.compile(
    r"^\.\. code-block:: (\w+)\n(?:    :caption: (\S+)\n)?\n((?:    .*\n|\n)+)", re.MULTILINE
)
BLOCKS = [
    (language, file, textwrap.dedent(text).strip() + "\n")
    for language, file, text in BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
]


class Desk:
    """A shell in a checkout on an administrator's machine, and the two hubs under the names that
    the guide uses.
    """

    def __init__(self, folder: pathlib.Path, hub: Hub, new: Hub) -> None:
        self.folder = folder
        self.hubs = {"https://hub.example.org": hub, "https://new.example.org": new}
        (folder / "ansible.cfg").write_text("", encoding="utf-8")
        self.run("git init --quiet")

    def put(self, name: str, text: str) -> None:
        """Write a file that the guide shows."""
        for address, hub in self.hubs.items():
            text = text.replace(address, hub.url)
        # The token in the environment is for the old hub.
        new = self.hubs["https://new.example.org"]
        text = re.sub(
            rf"^( *)jupyterhub_url: {new.url}$",
            rf"\g<0>\n\1jupyterhub_api_token: {new.token}",
            text,
            flags=re.MULTILINE,
        )
        (self.folder / name).write_text(text, encoding="utf-8")

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a shell."""
        old = self.hubs["https://hub.example.org"]
        environment = {
            **{
                key: value
                for key, value in os.environ.items()
                if not key.startswith(("ANSIBLE_", "JUPYTERHUB_", "GIT_"))
            },
            "PATH": f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": str(link_collection()),
            "ANSIBLE_HOME": str(CACHE / "ansible-home"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "JUPYTERHUB_API_TOKEN": old.token,
            **{
                f"GIT_{who}_{what}": "ada@example.org"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }
        command = command.replace("https://hub.example.org", old.url)
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def hubs_of_an_inventory(self) -> None:
        """Write the inventory that the guide describes."""
        (self.folder / "token").write_text(
            self.hubs["https://hub.example.org"].token, encoding="utf-8"
        )
        (self.folder / "host_vars" / "physics").mkdir(parents=True)
        address = self.hubs["https://hub.example.org"].url
        variables = (
            f"jupyterhub_url: {address}\n      jupyterhub_api_token_file: {self.folder}/token\n    "
            "  ansible_connection: local"
        )
        (self.folder / "hubs.yml").write_text(
            f"hubs:\n  hosts:\n    physics:\n      {variables}\n", encoding="utf-8"
        )


def run_pipeline(desk: Desk) -> list[tuple[str, str]]:
    """Run the jobs of the pipeline; return their commands and the output of each."""
    outputs = []
    jobs = yaml.safe_load((desk.folder / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    assert list(jobs) == ["check", "apply"]
    for job in jobs.values():
        (command,) = job["script"]
        done = desk.run(command)
        assert done.returncode == 0, done.stdout + done.stderr
        outputs.append((command, done.stdout))
    return outputs


def watch_at_night(desk: Desk, hub: Hub, script: str) -> None:
    """Assert what the nightly script reports for a hub that matches the commit, one that differs,
    and one that is down.
    """
    quiet = desk.run(f"sh {script}")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    hub.expect("PATCH", "/users/bob", {"admin": True})
    for _night in range(2):
        alarm = desk.run(f"sh {script}")
        assert (alarm.returncode, "+    admin: true" in alarm.stdout) == (1, True), alarm
    away = desk.run(f"JUPYTERHUB_API_TOKEN=wrong sh {script}")
    assert (away.returncode, "403" in away.stdout) == (2, True), away
    uncommitted = desk.run(f"git rm --quiet --cached hub.yml && sh {script}")
    assert uncommitted.returncode == 2, uncommitted
    desk.run("git add hub.yml")


@pytest.mark.hubs("6")
def test_the_commands_of_the_guide(hub: Hub, tmp_path: pathlib.Path) -> None:
    """The commands give the results that the guide describes: no change at first, an alarm after a
    manual change, and a new hub that equals the old one.
    """
    furnish(hub)
    with Hub("6", patience=1.0) as new:
        desk = Desk(tmp_path, hub, new)
        desk.hubs_of_an_inventory()
        outputs: list[tuple[str, str]] = []
        for language, file, text in BLOCKS:
            if file:
                desk.put(file, text)
                if file == ".gitlab-ci.yml":
                    outputs += run_pipeline(desk)
            elif language == "console":
                for line in text.splitlines():
                    if line.startswith("0 5 * * *"):
                        watch_at_night(desk, hub, line.partition("sh /srv/hub/")[2])
                        continue
                    done = desk.run(line[2:])
                    assert done.returncode == 0, line + done.stdout + done.stderr
                    outputs.append((line[2:], done.stdout))
        said = dict(outputs)
        assert "applying it changes nothing." in outputs[0][1]
        checks = [
            stdout
            for command, stdout in said.items()
            if "jupyterhub.provision" in command and "--check" in command
        ]
        assert ["changed=0 " in stdout for stdout in checks] == [True, True]
        assert {name: user["admin"] for name, user in new.users().items()} == {
            name: user["admin"] for name, user in hub.users().items()
        }
        assert new.groups()["staff"]["properties"] == hub.groups()["staff"]["properties"]
        assert new.users()["bob"]["servers"]["lab"]["user_options"] == {"cpu": 2}
        assert len(new.expect("GET", "/shares/bob/lab")["items"]) == 2
        assert load(tmp_path / "host_vars" / "physics" / "hub.yml")["jupyterhub_users"]


@pytest.mark.newest
def test_the_scopes_of_the_guide_are_enough_and_none_is_too_many(
    running_hub: Hub, tmp_path: pathlib.Path
) -> None:
    c: Any = mock.MagicMock()
    (code,) = [text for language, _file, text in BLOCKS if language == "python"]
    exec(code, {"c": c})
    scopes = c.JupyterHub.load_roles.append.call_args.args[0]["scopes"]
    if running_hub.series == "4":
        # The guide says that JupyterHub 4 does not know it.
        scopes.remove("read:shares")
    services = {
        "all": {"scopes": scopes},
        **{
            f"no-{scope.replace(':', '-')}": {"scopes": [one for one in scopes if one != scope]}
            for scope in scopes
        },
    }
    with Hub(running_hub.series, services=services, patience=1.0) as hub:
        furnish(hub)
        failed = {
            name: runner(hub, api_token=hub.tokens[name])(
                "jupyterhub_export", {"dest": str(tmp_path / "hub.yml")}
            )["failed"]
            for name in services
        }
    assert failed == {name: name != "all" for name in services}
