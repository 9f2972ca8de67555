# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several files of variables say alike, of roles and of playbooks. ``documentation.py`` writes
it between lines such as ``# BEGIN connection`` and ``# END connection``.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable, Collection

from tests.running import ROOT
from tests.tools import derived

PREFIX = "jupyterhub_"
# The options of the connection that say where the hub is and who calls: the role bootstrap has its
# own.
OWN = ("hub_url", "api_token", "api_token_file", "login_username", "login_password")

# Which machine a host writes to: hosts with a connection of their own write to their own disks.
MACHINE = """\
NAME: >-
  {{
    'local' if ansible_connection | default('ssh') == 'local'
    else [ansible_host | default(inventory_hostname), ansible_port | default('')] | join(' ')
  }}
"""


def variable_of(option: str) -> str:
    """Return the variable of a role for an option of the connection."""
    return PREFIX + ("url" if option == "hub_url" else option)


def connection(but: Collection[str] = ()) -> str:
    """Return the options of the connection, but for some, as variables set them. Null means that
    one is not set.
    """
    options = vars(derived.imported("_module.options"))["CONNECTION"].options
    names = [name for name in options if name not in but]
    return "".join(f'{name}: "{{{{ {variable_of(name)} | default(none) }}}}"\n' for name in names)


def machine(name: str) -> str:
    """Return the variable of this name that tells to which machine a host writes."""
    return MACHINE.replace("NAME", name)


def of_role(name: str) -> pathlib.Path:
    """Return the variables of a role."""
    return ROOT / "roles" / name / "vars" / "main.yml"


# The generated parts, by file.
PARTS: dict[pathlib.Path, dict[str, Callable[[], str]]] = {
    ROOT / "playbooks" / "vars" / "connection.yml": {"connection": connection},
    ROOT / "playbooks" / "tasks" / "own_file.yml": {
        "machine": functools.partial(machine, "own_file_machine")
    },
    of_role("bootstrap"): {"transport": functools.partial(connection, OWN)},
    of_role("maintenance"): {
        "connection": connection,
        "machine": functools.partial(machine, "__maintenance_machine"),
    },
    of_role("offboard"): {"connection": connection},
    of_role("provision"): {"connection": connection},
}
