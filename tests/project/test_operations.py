# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of operations agrees with the route tables of the hubs: none is missing, and none is
invented.
"""

from __future__ import annotations

import importlib

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import ALL, SUBSCOPES

from tests.hub import HUB_VERSIONS
from tests.project.operations import (
    CLAIMS,
    PAGE,
    first_versions,
    known_operations,
    page,
    routes,
    subscopes,
)

# The generated client jh-client has one function for each of these operations of JupyterHub 4.0.2.
# It counts server and servers/{name} separately.
OF_JH_CLIENT = 36


@pytest.mark.parametrize("series", HUB_VERSIONS)
def test_every_operation_of_the_hub_is_claimed(series: str) -> None:
    """A module uses each operation, or a note gives the reason why it has no option of its own."""
    assert set(routes(series)) - set(CLAIMS) == set()


@pytest.mark.parametrize("series", HUB_VERSIONS)
def test_every_operation_of_the_collection_exists_on_the_hub(series: str) -> None:
    """Every operation that `HubApi` calls exists on every hub since the version that it names."""
    ours = {
        one for one, (dummy, since) in known_operations().items() if int(since[0]) <= int(series)
    }
    assert ours - set(routes(series)) == set()


def test_operations_exist_since_the_declared_version() -> None:
    """The first hub version that an operation names is the first version that has it."""
    first = first_versions()
    assert {one: since for one, (dummy, since) in known_operations().items()} == {
        one: first[one] for one in known_operations()
    }


@pytest.mark.parametrize("one", known_operations(), ids=" ".join)
def test_scopes_are_those_that_the_hub_asks_for(one: tuple[str, str]) -> None:
    """Every scope that the preflight accepts for an operation is accepted by some version of the
    hub, and by the newest version at least one of them is.
    """
    ours = set(known_operations()[one][0])
    hubs = [set(routes(series)[one]) for series in HUB_VERSIONS if one in routes(series)]
    assert ours <= set().union(*hubs)
    assert ours & hubs[-1] or not hubs[-1]


def test_included_scopes_are_those_of_the_hubs() -> None:
    """The included scopes are exactly those of the tested hubs, so that no suggested role is too
    small.
    """
    hubs: dict[str, set[str]] = {}
    for series in HUB_VERSIONS:
        for scope, inner in subscopes(series).items():
            hubs.setdefault(scope, set()).update(inner)
    assert {scope: set(inner) for scope, inner in SUBSCOPES.items()} == {
        scope: inner for scope, inner in hubs.items() if inner
    }
    assert set(hubs) == ALL


def test_no_claimed_operation_is_invented() -> None:
    """The table has no operation that does not exist."""
    assert set(CLAIMS) - set(first_versions()) == set()


def test_the_whole_api_of_jh_client_is_there() -> None:
    """JupyterHub 4.0.2 has at least the operations of its published API description."""
    assert len(routes("4")) >= OF_JH_CLIENT


@pytest.mark.parametrize("one", CLAIMS, ids=" ".join)
def test_claimed_options_exist(one: tuple[str, str]) -> None:
    """The option that uses an operation is in the module's argument spec. An operation without an
    option has a note.
    """
    claim = CLAIMS[one]
    for module, option in claim.uses:
        spec = importlib.import_module(
            f"ansible_collections.hubops.jupyterhub.plugins.modules.{module}"
        ).SPEC
        assert option in spec.options
    assert claim.note or claim.uses != (("jupyterhub_api", "path"),)


def test_an_operation_with_a_method_is_claimed_by_a_module() -> None:
    """An operation that `HubApi` implements is not listed as unused, except for what OAuth logins
    need.
    """
    unused = {one for one, claim in CLAIMS.items() if claim.uses == (("jupyterhub_api", "path"),)}
    assert unused & set(known_operations()) == set()


def test_the_page_is_up_to_date() -> None:
    """The page agrees with the table; `python -m tests.project.operations` writes the page."""
    assert PAGE.read_text(encoding="utf-8") == page()
