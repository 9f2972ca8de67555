# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unknown values in a snapshot of a hub."""

from __future__ import annotations

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    NOT_READ,
    hidden,
    known,
)


def test_the_unknown_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match="lacks the scope read:tokens"):
        bool(hidden("read:tokens"))


@pytest.mark.parametrize("value", [False, 0, "", None, (), {}])
def test_what_is_known_may_be_empty(value: object) -> None:
    assert known(value, "it") is value


def test_what_has_to_be_known_asks_for_the_scope() -> None:
    with pytest.raises(RefusedError) as caught:
        known(hidden("read:tokens"), "the tokens of user ada")
    assert (
        caught.value.message
        == "This task needs to know the tokens of user ada, but the caller lacks the scope"
        " read:tokens."
    )
    assert caught.value.details["missing_scopes"] == ["read:tokens"]


def test_no_scope_is_requested_if_none_shows_the_value() -> None:
    with pytest.raises(RefusedError) as caught:
        known(NOT_READ, "the tokens")
    assert caught.value.details["missing_scopes"] is None
