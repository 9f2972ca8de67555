# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects a scope with a filter reaches."""

from __future__ import annotations

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import reaches

ADA = ("user", "ada")
LAB = ("server", "ada/lab")


@pytest.mark.parametrize(
    ("held", "target", "expected"),
    [
        (["tokens"], ADA, True),
        (["tokens!user=ada"], ADA, True),
        (["tokens!user=bob", "tokens!user=ada"], ADA, True),
        (["tokens!user=bob"], ADA, False),
        (["tokens!user=adam"], ADA, False),
        (["read:tokens"], ADA, False),
        ([], ADA, False),
        (["tokens!server=ada/lab"], ADA, False),
        # Whether ada is a member of this group is not known.
        (["tokens!group=g"], ADA, None),
        (["tokens!group=g", "tokens!user=ada"], ADA, True),
        (["servers!user=ada"], LAB, True),
        (["servers!server=ada/lab"], LAB, True),
        (["servers!server=ada/"], LAB, False),
        (["servers!user=bob"], LAB, False),
        (["servers!group=g"], LAB, None),
        (["groups!group=g"], ("group", "g"), True),
        (["groups!group=h"], ("group", "g"), False),
        (["groups!user=g"], ("group", "g"), False),
        (["admin:services!service=s"], ("service", "s"), True),
        (["admin:services!service=t"], ("service", "s"), False),
    ],
)
def test_what_a_limited_scope_reaches(
    held: list[str], target: tuple[str, str], expected: bool | None
) -> None:
    scopes = ("tokens", "servers", "groups", "admin:services")
    assert reaches(held, scopes, target) is expected
