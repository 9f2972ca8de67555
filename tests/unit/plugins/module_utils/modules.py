# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shared by the tests of modules: a spec, a caller, and work that does nothing."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    RETURNS,
    ArgumentSpec,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.task import Task
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    HUB,
)

Run = t.Callable[..., dict[str, t.Any]]

TOKEN = "s3cr3t-token"

ME = {
    "kind": "service",
    "name": "provisioner",
    "admin": True,
    "scopes": ["admin:users", "list:users", "read:users", "delete:users!user=ada", "groups"],
}

HEADERS = {"X-JupyterHub-Version": "6.1.1"}

# There is nothing to warn of.
SAFE = HUB.replace("http:", "https:")

SPEC = ArgumentSpec(
    {
        "name": {"type": "str"},
        "notes": {"type": "list", "elements": "str"},
        "labels": {"type": "dict"},
        "secret": {"type": "str", "no_log": True},
        "state": {"type": "dict", "no_log": True},
        "login": {
            "type": "dict",
            "options": {"user": {"type": "str"}, "password": {"type": "str", "no_log": True}},
        },
        "things": {
            "type": "list",
            "elements": "dict",
            "no_log": False,
            "options": {
                "name": {"type": "str"},
                "secret": {"type": "dict", "no_log": True, "aliases": ["riddle"]},
                "deep": {
                    "type": "list",
                    "elements": "dict",
                    "options": {"key": {"type": "str", "no_log": True}},
                },
            },
        },
    },
).merge(RETURNS, CONNECTION)


def nothing(task: Task) -> dict[str, t.Any]:
    """Work that does nothing."""
    return {"changed": False}


def recorded(
    work: t.Callable[[Task], t.Any],
) -> tuple[list[t.Any], t.Callable[[Task], dict[str, t.Any]]]:
    """:returns: the list that the work fills, and the work."""
    found: list[t.Any] = []

    def wrapped(task: Task) -> dict[str, t.Any]:
        found.append(work(task))
        return {"changed": False}

    return found, wrapped
