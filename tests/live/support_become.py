# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A way to become another user that needs no right to do so: it only says who that would be."""

from __future__ import annotations

import pathlib

BECOME = '''
DOCUMENTATION = """
name: pretend
short_description: Say who the task runs as
description: Say it in the environment variable BECAME.
author: the tests
version_added: "0"
options:
  become_user:
    description: Who.
    default: root
    keyword: [{name: become_user}]
    vars: [{name: ansible_become_user}]
"""
from ansible.plugins.become import BecomeBase


class BecomeModule(BecomeBase):
    name = "pretend"

    def build_become_command(self, cmd, shell):
        super().build_become_command(cmd, shell)
        if self.get_option("become_user") == "refused":
            return "false"
        return f"BECAME={self.get_option('become_user')} {self._build_success_command(cmd, shell)}"
'''


def pretend(folder: pathlib.Path) -> dict[str, str]:
    """Write the plugin of the method ``pretend`` to this folder; return the environment variables
    with which Ansible finds it. A task that would run as the user ``refused`` fails.
    """
    plugins = folder / "become"
    plugins.mkdir()
    (plugins / "pretend.py").write_text(BECOME, encoding="utf-8")
    # Pipelining needs no files, which would have to belong to the other user.
    return {"ANSIBLE_BECOME_PLUGINS": str(plugins), "ANSIBLE_PIPELINING": "1"}
