# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of the guide for class lists: each is run as the guide shows it, on a file as the
campus system exports it.

The files are in ``class_lists`` and contain invented people. The guide shows lines of these files.
"""

from __future__ import annotations

import pathlib
import re
import shutil
import textwrap

import pytest
import yaml

from tests.hub import Hub
from tests.live.support_documents import blocks
from tests.live.test_class_lists import said
from tests.live.test_role import Run, writes
from tests.running import ROOT, run_playbook

pytestmark = [pytest.mark.daily(5), pytest.mark.core, pytest.mark.hubs("6")]

GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_class_lists.rst"
FILES = pathlib.Path(__file__).with_name("class_lists")
SHOWN = re.compile(
    r"^\.\. code-block:: \w+\n    :caption: (\S+)\n\n((?:    .*\n|\n)+)", re.MULTILINE
)

# The groups that each recipe creates. Users without a group are in EVERYBODY.
EXPECTED: dict[str, dict[str, list[str]]] = {
    "canvas.yml": {
        "BIO101-01": ["amora", "klee", "tbrook"],
        "BIO101-02": ["rottarsson"],
        "BIO101-Lab1": ["amora"],
        "BIO101-Lab2": ["amora", "klee"],
    },
    "moodle.yml": {
        "Lab A": ["klee", "tbrook"],
        "Lab A-tutors": [],
        "Lab B": ["tbrook", "ysato"],
        "Lab B-tutors": ["ysato"],
        "staff": ["nabel", "ysato"],
    },
    "sakai.yml": {
        "Lab A": ["klee", "nabel", "tbrook"],
        "Lab A-staff": ["nabel"],
        "Lab B": ["nabel", "tbrook", "ysato"],
        "Lab B-staff": ["nabel", "ysato"],
    },
    "blackboard.yml": {"BIO101-A": ["rottarsson", "tbrook"], "BIO101-B": ["klee"]},
    "peoplesoft.yml": {
        "BIO 101-1": ["klee", "rottarsson", "tbrook"],
        "BIO 101-1A LAB": ["tbrook"],
        "BIO 101-1B LAB": ["klee"],
    },
    "nbgrader.yml": {
        "formgrade-course101": ["grader-course101", "nabel", "ysato"],
        "formgrade-course102": ["nabel"],
        "nbgrader-course101": ["klee", "tbrook"],
        "nbgrader-course102": ["klee"],
    },
}
EVERYBODY = {
    "moodle.yml": {"klee", "nabel", "tbrook", "ysato"},
    "nbgrader.yml": {"grader-course101", "klee", "nabel", "tbrook", "ysato"},
}


def shown() -> dict[str, str]:
    """Return the blocks that the guide shows as files, by file name."""
    return {
        name: textwrap.dedent(text)
        for name, text in SHOWN.findall(GUIDE.read_text(encoding="utf-8"))
    }


@pytest.fixture
def desk(tmp_path: pathlib.Path) -> pathlib.Path:
    """A directory with the exports, the recipes beside them, and Blackboard's export in its own
    encoding.
    """
    shutil.copytree(FILES, tmp_path, dirs_exist_ok=True)
    # Moodle begins its files with a byte order mark. Ansible's checks do not allow one in any file
    # of a collection, so it is added here.
    moodle = tmp_path / "moodle.csv"
    moodle.write_bytes(b"\xef\xbb\xbf" + moodle.read_bytes())
    text = (tmp_path / "blackboard.csv").read_text(encoding="utf-8")
    (tmp_path / "gradebook.xls").write_text(text, encoding="utf-16", newline="\r\n")
    for name, recipe in shown().items():
        if name.endswith(".yml"):
            (tmp_path / name).write_text(recipe, encoding="utf-8")
    return tmp_path


def run(hub: Hub, desk: pathlib.Path, recipe: str, *args: str) -> Run:
    """Run the playbook with a recipe, as the guide describes."""
    return run_playbook(
        pathlib.Path("hubops.jupyterhub.class_list"),
        ["-e", f"jupyterhub_url={hub.url}", "-e", f"@{desk / recipe}", *args],
        hub=hub,
        cwd=desk,
    )


def test_every_file_is_in_the_guide_and_every_recipe_in_this_test() -> None:
    files = shown()
    assert {name for name in files if name.endswith(".yml")} == EXPECTED.keys()
    assert {name for name in files if name.endswith(".csv")} == {
        file.name for file in FILES.glob("*.csv")
    }
    for name, excerpt in files.items():
        if name.endswith(".csv"):
            lines = (FILES / name).read_text(encoding="utf-8").splitlines()
            assert [line for line in excerpt.strip("\n").splitlines() if line not in lines] == [], (
                name
            )


@pytest.mark.parametrize("recipe", EXPECTED)
def test_a_recipe_gives_the_result_in_the_guide(recipe: str, hub: Hub, desk: pathlib.Path) -> None:
    if recipe == "nbgrader.yml":
        hub.add_users("grader-course101")
        hub.add_group("formgrade-course101", "grader-course101")
    mark = hub.mark()
    predicted = run(hub, desk, recipe, "--check", "--diff")
    assert predicted.returncode == 0, predicted.stdout + predicted.stderr
    assert writes(hub, mark) == []
    done = run(hub, desk, recipe)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name: sorted(group["users"]) for name, group in hub.groups().items()} == EXPECTED[
        recipe
    ]
    members = {name for names in EXPECTED[recipe].values() for name in names}
    assert set(hub.users()) == EVERYBODY.get(recipe, members)
    mark = hub.mark()
    assert run(hub, desk, recipe).returncode == 0
    assert writes(hub, mark) == [], "the second run must change nothing"


# The pitfalls that the guide warns of: the recipe without one option, and the message for that.
WITHOUT: dict[str, tuple[str, str, str]] = {
    "canvas: points": (
        "canvas.yml",
        "only",
        "line 2 has no name; line 3 has no name. To leave out such rows, set the option"
        " skip_without_name.",
    ),
    "canvas: sentence": (
        "canvas.yml",
        "group_separator",
        "looks like several groups. The option group_separator sets",
    ),
    "moodle": (
        "moodle.yml",
        "group_separator",
        "the group 'Lab A, Lab B', which looks like several groups",
    ),
    "sakai": (
        "sakai.yml",
        "name_column",
        "the name 'Brook, Tilda', which looks like a person's name, not like a login name",
    ),
    "peoplesoft": (
        "peoplesoft.yml",
        "name_column",
        "the name 'Brook,Tilda', which looks like a person's name, not like a login name",
    ),
}


@pytest.mark.parametrize("case", WITHOUT)
def test_a_recipe_without_one_of_its_options_is_refused_with_that_option(
    case: str, hub: Hub, desk: pathlib.Path
) -> None:
    recipe, option, sentence = WITHOUT[case]
    variables = yaml.safe_load((desk / recipe).read_text(encoding="utf-8"))
    del variables["class_list_options"][option]
    (desk / recipe).write_text(yaml.safe_dump(variables), encoding="utf-8")
    mark = hub.mark()
    message = said(run(hub, desk, recipe))
    assert sentence in message
    assert f"option {option}" in message or option == "only"
    assert hub.requests(mark) == []


def test_the_page_that_peoplesoft_calls_a_workbook_is_refused(hub: Hub, desk: pathlib.Path) -> None:
    shutil.copy(desk / "peoplesoft.html", desk / "peoplesoft.csv")
    assert (
        "it seems to be an HTML or XML page, which some systems save with the ending .xls"
        in said(run(hub, desk, "peoplesoft.yml"))
    )


def test_classes_without_groups_go_into_one(hub: Hub, desk: pathlib.Path) -> None:
    (desk / "token").write_text(hub.token, encoding="utf-8")
    (play,) = blocks(GUIDE, "yaml")
    text = play.replace("https://hub.example.org", hub.url).replace("/etc/hubops/", f"{desk}/")
    (desk / "playbook.yml").write_text(text, encoding="utf-8")
    done = run_playbook(desk / "playbook.yml", hub=hub)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name: sorted(group["users"]) for name, group in hub.groups().items()} == {
        "BIO101": ["kimlee", "tilda-b"],
        "CHE101": ["kim.lee@example.edu", "tilda.brook@example.edu"],
    }
