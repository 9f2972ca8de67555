# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by the tests of exports: read exports with Ansible's own reader, and apply them in the
order of the role.
"""

from __future__ import annotations

import importlib
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from tests.hub import Hub
from tests.live.support import Result, runner

EXPORT = "jupyterhub_export"
# The variables of the role in its order, each with its module and option.
ORDER = {
    "jupyterhub_users": ("jupyterhub_user", "users"),
    "jupyterhub_groups": ("jupyterhub_group", "groups"),
    "jupyterhub_services": ("jupyterhub_service", "services"),
    "jupyterhub_servers": ("jupyterhub_server", "servers"),
    "jupyterhub_shares": ("jupyterhub_share", "shares"),
}
# Objects that the configuration of the test hubs creates.
FROM_CONFIG = ["provisioner", "scoped", "witness"]


def export(
    hub: Hub, dest: pathlib.Path | str | None, check: bool = False, **options: Any
) -> Result:
    """Run the module and assert that it succeeds."""
    result = runner(hub)(
        EXPORT,
        {
            "dest": None if dest is None else str(dest),
            "services_from_config": FROM_CONFIG,
            **options,
        },
        check=check,
        diff=True,
    )
    assert not result["failed"], result
    return result


def load(*paths: pathlib.Path) -> dict[str, Any]:
    """Return the variables in these files, read by Ansible's own reader."""
    loader = importlib.import_module("ansible.parsing.dataloader").DataLoader()
    variables: dict[str, Any] = {}
    for path in paths:
        variables.update(loader.load_from_file(str(path)))
    return variables


def plain(value: Any) -> Any:
    """Return a value without the tags that Ansible's reader adds."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value


def apply(hub: Hub, variables: Mapping[str, Any], check: bool) -> Iterator[tuple[str, Result]]:
    """Run the modules on the declared variables, in the order of the role."""
    for name, (module, option) in ORDER.items():
        if variables.get(name):
            yield (
                name,
                runner(hub)(module, {option: plain(variables[name])}, check=check, diff=True),
            )


def assert_nothing_to_do(hub: Hub, variables: Mapping[str, Any]) -> None:
    """Assert that applying the variables to a hub would change nothing."""
    for name, result in apply(hub, variables, check=True):
        assert (name, result["failed"], result["changed"], result.get("changes")) == (
            name,
            False,
            False,
            [],
        ), result


def assert_applied(hub: Hub, variables: Mapping[str, Any]) -> None:
    """Apply the variables to a hub and assert that every module succeeds."""
    for name, result in apply(hub, variables, check=False):
        assert not result["failed"], (name, result)
