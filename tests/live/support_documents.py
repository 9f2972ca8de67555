# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks in README.md and the guides, prepared for a run on a test hub.

Every block of YAML that is a playbook is used; all playbooks of a document run one after the other.
They need no marks: ``hub.example.org`` and paths below ``/etc`` are replaced by the hub and the
directory of the test, and a block of CSV becomes ``class_list.csv``.
"""

from __future__ import annotations

import pathlib
import re
import textwrap
from collections.abc import Collection, Sequence
from subprocess import CompletedProcess

import yaml

from tests.hub import Hub
from tests.running import ROOT, run_playbook

README = ROOT / "README.md"
ROLE_README = ROOT / "roles" / "provision" / "README.md"
# These need files or a second hub. test_class_list_recipes and test_adopt_guide run them.
OTHERS = {"guide_class_lists", "guide_adopt"}
GUIDES = sorted(
    path
    for path in (ROOT / "docs" / "docsite" / "rst").glob("guide_*.rst")
    if path.stem not in OTHERS
)

FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A file in a guide has its name as a caption. The extension of that name tells the language of a
# CSV block, because Sphinx has no CSV lexer.
DIRECTIVE = re.compile(
    r"^\.\. code-block:: (?:\w+\n    :caption: .*\.)?(\w+)\n\n((?:    .*\n|\n)+)", re.MULTILINE
)


def blocks(document: pathlib.Path, language: str) -> list[str]:
    """Return the blocks of code of this language in a document."""
    pattern = FENCED if document.suffix == ".md" else DIRECTIVE
    found = pattern.findall(document.read_text(encoding="utf-8"))
    return [textwrap.dedent(text).strip() + "\n" for name, text in found if name == language]


def plays(document: pathlib.Path, without: Collection[str] = ()) -> str:
    """Return all playbooks of a document as one, except those whose first play has one of these
    names.
    """
    playbooks = []
    for text in blocks(document, "yaml"):
        content = yaml.safe_load(text)
        if (
            isinstance(content, list)
            and "hosts" in content[0]
            and content[0]["name"] not in without
        ):
            playbooks.append(text)
    return "".join(playbooks)


class Document:
    """The playbooks of a document, prepared for one hub.

    token: the content of the token files that the playbooks read.
    without: the names of plays that are left out.
    """

    def __init__(
        self,
        document: pathlib.Path,
        hub: Hub,
        directory: pathlib.Path,
        token: str = "",
        without: Collection[str] = (),
    ) -> None:
        self.hub = hub
        self.token = token or hub.token
        hubops = directory / "hubops"
        (hubops / "certificates").mkdir(parents=True)
        (hubops / "token").write_text(self.token, encoding="utf-8")
        (hubops / "vault-password").write_text("secret", encoding="utf-8")
        text = (
            plays(document, without)
            .replace("https://hub.example.org", hub.url)
            .replace("/etc/", f"{directory}/")
            .replace("/var/lib/hubops/", f"{hubops}/")
        )
        for folder in re.findall(rf"dest: ({re.escape(str(directory))}/[\w/-]+)/", text):
            pathlib.Path(folder).mkdir(exist_ok=True, parents=True)
        for rows in blocks(document, "csv"):
            (directory / "class_list.csv").write_text(rows, encoding="utf-8")
        self.playbook = directory / "playbook.yml"
        self.playbook.write_text(text, encoding="utf-8")
        self.env = {
            "ANSIBLE_VAULT_PASSWORD_FILE": str(hubops / "vault-password"),
            "JUPYTERHUB_API_TOKEN": self.token,
        }

    def run(self, args: Sequence[str] = (), **env: str) -> CompletedProcess[str]:
        """Run the playbooks."""
        secret = ["-e", f"vault_jupyterhub_api_token={self.token}"]
        return run_playbook(self.playbook, [*secret, *args], hub=self.hub, env={**self.env, **env})


def settle(hub: Hub) -> None:
    """Create on an empty hub the objects that the playbooks of the guides need."""
    hub.add_users("ada", "grace", "linus")
    hub.add_group("CS101", "ada", "grace")
    hub.add_group("team", "ada")
