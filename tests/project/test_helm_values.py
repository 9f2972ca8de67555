# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of the filter load_roles for Helm is valid for the schema of the chart Zero to
JupyterHub.
"""

from __future__ import annotations

import pathlib
from typing import Any

import jsonschema
import pytest
import yaml
from ansible_collections.hubops.jupyterhub.plugins.filter.load_roles import load_roles

SCHEMA = yaml.safe_load(
    pathlib.Path(__file__).with_name("z2jh_values.schema.yaml").read_text(encoding="utf-8")
)
HUB = SCHEMA["properties"]["hub"]["properties"]
# The chart's description of a service. Its schema has it one level too high, so that Helm itself
# does not check it.
SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "properties": HUB["services"]["properties"],
}


def problems(values: Any) -> list[str]:
    """Return what the schema of the chart reports about these values."""
    return [error.message for error in jsonschema.Draft7Validator(SCHEMA).iter_errors(values)]


@pytest.mark.parametrize("admin", [False, True])
@pytest.mark.parametrize("hub", ["4.0", "5.5", "6.1"])
@pytest.mark.parametrize(
    "declared",
    [
        {"users": [{"name": "ada"}], "groups": [{"name": "CS101"}], "prune": ["users", "groups"]},
        {"servers": [{"user": "ada", "state": "restarted"}], "shares": [{"owner": "ada"}]},
        ["read:users!user=ada", "tokens!group=team", "shares"],
    ],
)
def test_the_values_are_what_the_chart_allows(declared: Any, hub: str, admin: bool) -> None:
    values = yaml.safe_load(
        load_roles(declared, "helm", service="provisioner", hub=hub, admin=admin)
    )
    assert problems(values) == []
    (service,) = values["hub"]["services"].values()
    jsonschema.validate(service, SERVICE)
    assert service["admin"] is admin
    # The chart takes the names from the keys, and the role has to name an existing service.
    (role,) = values["hub"]["loadRoles"].values()
    assert role["services"] == list(values["hub"]["services"])


@pytest.mark.parametrize(
    "values",
    [
        {"hub": {"services": [{"name": "provisioner"}]}},
        {"hub": {"load_roles": {}}},
        {"hub": {"loadRoles": [{"name": "provisioner"}]}},
        {"services": {}},
    ],
)
def test_the_schema_finds_what_the_chart_would_refuse(values: Any) -> None:
    assert problems(values)
