# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hub has made of users while a task changed them."""

from __future__ import annotations

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.answers import (
    Answers,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.steps import (
    CreateUser,
)


@pytest.mark.parametrize(("count", "sentences"), [(1, 1), (5, 5), (6, 1), (250, 1)])
def test_many_unexpected_names_are_one_warning(count: int, sentences: int) -> None:
    """Other warnings stay, whenever they come."""
    warnings = ["before"]
    answers = Answers(warnings)
    for number in range(count):
        name = f"login{number}@example.edu"
        answers.note_name(CreateUser(name, name, False), f"user{number}", asked=name)
        if number == 0:
            warnings.append("between")
    told = [one for one in warnings if one not in ("before", "between")]
    assert (len(told), len(warnings)) == (sentences, sentences + 2)
    assert "login0@example.edu" in told[0]
    assert "user0" in told[0]
    assert len(answers.found.learned) == count
