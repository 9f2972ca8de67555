# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook class_list when people leave: who is pruned, who is kept, and the limits that stop
the run before anything is changed, also in check mode.
"""

from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest

from tests.hub import Hub
from tests.live.support import snapshot
from tests.live.test_class_lists import run, said
from tests.live.test_role import Run, recap, writes

pytestmark = [pytest.mark.newest, pytest.mark.daily(5)]

# Ten people in two courses.
STUDENTS = tuple(f"s{number}" for number in range(8))
PRUNE: dict[str, Any] = {
    "jupyterhub_prune": ["users", "groups"],
    "jupyterhub_prune_keep": {"users": ["svc-*"], "groups": ["hubadmins", "tutors", "admins"]},
    "jupyterhub_prune_limit": "30%",
}


@pytest.fixture
def course(rights_hub: Hub, tmp_path: pathlib.Path) -> Hub:
    """A hub as last term's class list left it, and four users who are on no list: an admin, an
    admin by a group, a tutor by a group, and an account of a program.
    """
    hub = rights_hub
    hub.add_users(*STUDENTS, "svc-grader", "greta")
    hub.add_users("boss", admin=True)
    hub.expect("POST", "/groups/admins/users", {"users": ["greta"]})
    hub.add_group("CS101", *STUDENTS[:6])
    hub.add_group("CS102", *STUDENTS[6:])
    return hub


def listed(place: pathlib.Path, *rows: tuple[str, str]) -> dict[str, Any]:
    """Write a class list of names and courses; return the variables that name it."""
    lines = [f"{name},{group},student\n" for name, group in rows]
    (place / "people.csv").write_text("name,group,role\n" + "".join(lines), encoding="utf-8")
    return {"class_list_file": "people.csv"}


def summaries(done: Run) -> list[str]:
    """Return the summaries of lists that the playbook prints at its end."""
    return re.findall(r'"(?:created|deleted|unchanged|updated)": \d+', done.stdout)


def rows(*names: str, course: str = "CS101") -> list[tuple[str, str]]:
    """Return lines of a class list."""
    return [(name, course) for name in names]


def test_exactly_those_who_left_are_deleted(course: Hub, tmp_path: pathlib.Path) -> None:
    """Check mode predicts the deletions, and a second run changes nothing."""
    variables = {
        **listed(tmp_path, *rows(*STUDENTS[1:6], "new"), *rows("s6", course="CS103")),
        **PRUNE,
        "jupyterhub_prune_limit": "50%",
        "class_list_remove_limit": "100%",
    }
    before, mark = snapshot(course), course.mark()
    predicted = run(course, variables, "--check", "--diff", cwd=tmp_path)
    assert predicted.returncode == 0, predicted.stdout + predicted.stderr
    assert (writes(course, mark), snapshot(course)) == ([], before)
    done = run(course, variables, "--diff", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert summaries(done) == summaries(predicted) != []
    assert set(course.users()) == {
        *STUDENTS[1:7],
        "new",
        # The admin, those with rights by a group, and the account that is kept by name.
        *("boss", "greta", "gwen", "svc-grader"),
    }
    groups = {name: sorted(group["users"]) for name, group in course.groups().items()}
    assert groups == {
        "CS101": sorted([*STUDENTS[1:6], "new"]),
        "CS103": ["s6"],
        "hubadmins": ["gwen"],
        "tutors": [],
        "admins": ["greta"],
    }
    after = snapshot(course)
    again = run(course, variables, cwd=tmp_path)
    assert (again.returncode, recap(again)["changed"]) == (0, 0), again.stdout
    assert snapshot(course) == after


LOOKS_LIKE_A_GROUP = "a group that looks like one of the list"
# The rows that the class list has lost, the variables, and the message.
STOPPED: dict[str, tuple[list[tuple[str, str]], dict[str, Any], str]] = {
    "more people than the limit of the prune": (
        [*rows("s0", "s1", "new"), *rows("s6", course="CS102")],
        {},
        "prune would delete 5 of 12 users, more than prune_limit 30% allows",
    ),
    "all people": (
        [],
        {},
        "jupyterhub_prune names users, but jupyterhub_users declares none",
    ),
    "more groups than the limit of the prune": (
        [*rows(*STUDENTS, "new", course="CS103")],
        {"jupyterhub_prune_limit": "1", "class_list_remove_limit": "100%"},
        "prune would delete 2 of 5 groups, more than prune_limit 1 allows (1): CS101, CS102.",
    ),
    "more members than the limit of removals": (
        [*rows("s0", "s1", "new"), *rows(*STUDENTS[2:], course="CS102")],
        {},
        "More members would be removed than remove_limit 50% allows, from CS101 (4 of 6:"
        " s2, s3, s4, s5).",
    ),
    "somebody who looks like one of the list": (
        [*rows(*STUDENTS[:6], "new", "zo\u00eb"), *rows("s6", "s7", course="CS102")],
        {},
        'prune would delete users whose names look like declared ones: "zoe\\u0308" (declared:'
        ' "zo\\u00eb").',
    ),
    LOOKS_LIKE_A_GROUP: (
        [*rows(*STUDENTS[:6], "new", course="cs101"), *rows("s6", "s7", course="CS102")],
        {"class_list_remove_limit": "100%"},
        "prune would delete groups whose names look like declared ones: CS101 (declared: cs101).",
    ),
}


@pytest.mark.parametrize("args", [["--check", "--diff"], []], ids=["check", "run"])
@pytest.mark.parametrize(
    "case",
    [
        # A database that ignores case is noticed before the limit.
        pytest.param(case, marks=[pytest.mark.exact_names] if case == LOOKS_LIKE_A_GROUP else [])
        for case in STOPPED
    ],
)
def test_a_limit_stops_it_before_anything_is_changed(
    case: str, args: list[str], course: Hub, tmp_path: pathlib.Path
) -> None:
    """No user is created and no user is deleted, even if the exceeded limit is the one of groups,
    which are written after the users.
    """
    lines, variables, sentence = STOPPED[case]
    if "looks" in case:
        course.add_users("zoe\u0308")
    before, mark = snapshot(course), course.mark()
    done = run(course, {**listed(tmp_path, *lines), **PRUNE, **variables}, *args, cwd=tmp_path)
    assert sentence in said(done)
    assert (writes(course, mark), snapshot(course)) == ([], before)
