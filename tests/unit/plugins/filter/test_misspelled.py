# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of a role that nothing reads."""

from __future__ import annotations

import pytest
from ansible_collections.hubops.jupyterhub.plugins.filter.misspelled import FilterModule

misspelled = FilterModule().filters()["misspelled"]
KNOWN = ["maintenance_keep", "maintenance_file", "maintenance_grace"]


@pytest.mark.parametrize(
    ("variables", "unset", "found"),
    [
        (["maintenance_keeps"], ["maintenance_keep"], ["maintenance_keeps"]),
        (["maintenance_kep", "maintenance_file"], ["maintenance_keep"], ["maintenance_kep"]),
        (["maintenance_keeps"], ["maintenance_file"], []),
        (["maintenance_window", "maintenance_file"], KNOWN, []),
        (["maintenance_keep"], ["maintenance_file"], []),
        ([], KNOWN, []),
    ],
)
def test_a_name_that_is_almost_one_of_the_role_is_found(
    variables: list[str], unset: list[str], found: list[str]
) -> None:
    sentences = misspelled(variables, KNOWN, unset)
    assert isinstance(sentences, list)
    assert [str(each).split()[2] for each in sentences] == found
    assert all("may be the intended name." in str(each) for each in sentences)
