# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The class list filter: its results, and its messages for class lists that it refuses."""

from __future__ import annotations

import dataclasses
import random
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.hubops.jupyterhub.plugins.filter import roster as plugin
from ansible_collections.hubops.jupyterhub.plugins.filter.roster import FilterModule, Roster
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster import cells
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.options import Options, parse

roster = FilterModule().filters()["roster"]

HEADER = "name,full name,group,role\n"
ROLE_GROUPS = {"Instructor": "{group}-instructors", "ta": ["{group}-assistants", "staff"]}


def names(result: Roster) -> list[str]:
    return [user["name"] for user in result["users"]]


def members(result: Roster) -> dict[str, list[str]]:
    return {group["name"]: group["users"] for group in result["groups"]}


def refusal(rows: Any, **options: Any) -> str:
    with pytest.raises(AnsibleFilterError) as caught:
        roster(rows, **options)
    message = str(caught.value)
    assert message.endswith("."), "the message must be a sentence"
    assert "\n" not in message
    return message


# Results


def test_one_user_and_one_group_from_a_row() -> None:
    assert roster(HEADER + "kim,Kim Lee,CS101,student\n") == {
        "users": [{"name": "kim"}],
        "groups": [{"name": "CS101", "users": ["kim"]}],
    }


def test_names_are_trimmed_and_lower_cased_and_groups_are_only_trimmed() -> None:
    result = roster(HEADER + "  Kim.LEE ,Kim Lee,  CS101 ,student\n")
    assert result == {
        "users": [{"name": "kim.lee"}],
        "groups": [{"name": "CS101", "users": ["kim.lee"]}],
    }


def test_a_person_in_many_rows_is_one_user_in_all_the_groups() -> None:
    result = roster(HEADER + "kim,Kim,CS101,\nKIM,Kim,CS205,\nkim ,Kim,CS101,\n")
    assert names(result) == ["kim"]
    assert members(result) == {"CS101": ["kim"], "CS205": ["kim"]}


def test_several_groups_in_a_cell() -> None:
    result = roster(HEADER + "kim,Kim,CS101; CS205 ;;CS101,\n")
    assert members(result) == {"CS101": ["kim"], "CS205": ["kim"]}


def test_the_group_separator_can_be_another_or_none() -> None:
    assert members(roster("name,group\nkim,a|b\n", group_separator="|")) == {
        "a": ["kim"],
        "b": ["kim"],
    }
    assert members(roster("name,group\nkim,a;b\n", group_separator="")) == {"a;b": ["kim"]}


def test_a_person_without_a_group_is_a_user_all_the_same() -> None:
    assert roster("name,group\nkim,\n") == {"users": [{"name": "kim"}], "groups": []}


def test_users_groups_and_members_are_sorted_whatever_the_order_of_the_rows() -> None:
    rows = [f"user{number},G{number % 3}" for number in range(30)]
    expected = roster("name,group\n" + "\n".join(rows))
    assert names(expected) == sorted(names(expected))
    assert list(members(expected)) == ["G0", "G1", "G2"]
    random.Random(1).shuffle(rows)
    assert roster("name,group\n" + "\n".join(rows)) == expected


def test_the_input_is_not_changed() -> None:
    rows = [{"name": " Kim ", "group": ["a"]}]
    roster(rows)
    assert rows == [{"name": " Kim ", "group": ["a"]}]


# Columns


def test_columns_have_the_names_in_the_options() -> None:
    text = "login,course,function\nkim,CS101,boss\n"
    result = roster(
        text,
        name_column="login",
        group_column="course",
        role_column="function",
        admin_roles=["boss"],
    )
    assert result == {
        "users": [{"name": "kim", "admin": True}],
        "groups": [{"name": "CS101", "users": ["kim"]}],
    }


@pytest.mark.parametrize("heading", ["group", "groups", "Groups", " GROUP "])
def test_the_groups_are_found_in_the_usual_columns(heading: str) -> None:
    assert members(roster(f"Name ,{heading}\nkim,a\n")) == {"a": ["kim"]}


def test_an_empty_group_column_is_for_a_list_without_groups() -> None:
    assert roster("name\nkim\n", group_column="") == {"users": [{"name": "kim"}], "groups": []}


def test_without_role_options_no_role_column_is_needed() -> None:
    assert names(roster("name,group\nkim,a\n")) == ["kim"]


def test_other_columns_may_hold_anything() -> None:
    assert names(roster([{"name": "kim", "group": "a", "photo": object(), "": 1}])) == ["kim"]


# CSV


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(separator: str) -> None:
    text = separator.join(["name", "group"]) + "\n" + separator.join(["kim", '"a;b"']) + "\n"
    assert members(roster(text)) == {"a": ["kim"], "b": ["kim"]}


def test_the_delimiter_can_be_set() -> None:
    assert members(roster("name|group\nkim|a\n", delimiter="|")) == {"a": ["kim"]}


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter() -> None:
    assert members(roster("\ufeffname,group\r\nkim,a\r\n")) == {"a": ["kim"]}
    assert members(roster([{"\ufeffname": "kim", "group": "a"}])) == {"a": ["kim"]}


def test_quoted_cells_may_hold_delimiters_and_line_ends() -> None:
    assert members(roster('name,full name,group\nkim,"Lee,\nKim",a\n')) == {"a": ["kim"]}


def test_empty_lines_are_skipped() -> None:
    assert names(roster("\n\nname,group\n\nkim,a\n,\n  ,  \n\n")) == ["kim"]
    assert names(roster([{}, {"name": "", "group": None}, {"name": "kim", "group": []}])) == ["kim"]


def test_a_file_with_only_a_header_is_an_empty_list() -> None:
    assert roster("name,group,role\n", role_groups={"ta": "staff"}) == {"users": [], "groups": []}
    assert roster([], role_groups={"ta": "staff"}) == {"users": [], "groups": []}


def test_cells_beyond_the_header_are_no_matter_while_they_are_empty() -> None:
    assert names(roster("name,group\nkim,a,,\n")) == ["kim"]


def test_numbers_out_of_yaml_are_names() -> None:
    assert roster([{"name": 4711, "group": [101]}]) == {
        "users": [{"name": "4711"}],
        "groups": [{"name": "101", "users": ["4711"]}],
    }


# Roles


def test_a_role_makes_nobody_an_administrator_unless_asked() -> None:
    text = HEADER + "root,Root,ops,admin\n"
    assert roster(text)["users"] == [{"name": "root"}]
    assert roster(text, admin_roles=["Admin"])["users"] == [{"name": "root", "admin": True}]


def test_admin_is_unset_for_everybody_else_and_kept_over_rows() -> None:
    text = HEADER + "root,Root,ops,admin\nroot,Root,CS101,student\nkim,Kim,CS101,student\n"
    assert roster(text, admin_roles="admin")["users"] == [
        {"name": "kim"},
        {"name": "root", "admin": True},
    ]


@pytest.mark.parametrize("yes", [True, "yes"])
def test_everybody_else_can_be_demoted(yes: Any) -> None:
    text = HEADER + "root,Root,ops,admin\nroot,Root,CS101,student\nkim,Kim,CS101,student\n"
    expected = [{"name": "kim", "admin": False}, {"name": "root", "admin": True}]
    assert roster(text, admin_roles="admin", demote_others=yes)["users"] == expected
    assert roster("name,group\nkim,a\n", demote_others="no")["users"] == [{"name": "kim"}]


def test_roles_become_groups() -> None:
    text = HEADER + "abel,A,CS101,instructor\nsato,S,CS101;CS205,TA\nkim,K,CS101,student\n"
    assert members(roster(text, role_groups=ROLE_GROUPS)) == {
        "CS101": ["abel", "kim", "sato"],
        "CS101-assistants": ["sato"],
        "CS101-instructors": ["abel"],
        "CS205": ["sato"],
        "CS205-assistants": ["sato"],
        # No row has an instructor for CS205: the group is declared empty, so that former
        # instructors are removed from it.
        "CS205-instructors": [],
        "staff": ["sato"],
    }


def test_a_role_counts_for_the_groups_of_its_own_row_only() -> None:
    text = HEADER + "abel,A,CS101,instructor\nabel,A,CS205,student\n"
    groups = members(roster(text, role_groups={"instructor": "{group}-instructors"}))
    assert groups["CS101-instructors"] == ["abel"]
    assert groups["CS205-instructors"] == []


def test_several_roles_in_a_cell() -> None:
    groups = members(roster(HEADER + "abel,A,CS101,ta;instructor\n", role_groups=ROLE_GROUPS))
    assert groups["CS101-instructors"] == groups["CS101-assistants"] == groups["staff"] == ["abel"]


# Refusals


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("name,group\nkim,a\n\n,b\n", "line 4 has no name"),
        ('name,group\n"kim","a\nb"\n,b\n', "line 4 has no name"),
        ("name,full name,group\nlee,Lee, Kim,a\n", "line 2 has 4 cells where the header has 3"),
        ("name,full name,group\nkim,Kim\n", "line 2 has no cell for the column 'group'"),
        ("name,group\n..,a\n", "line 2 has the name '..', which JupyterHub cannot store"),
        ("name,group\na/b,a\n", "line 2 has the name 'a/b', which JupyterHub cannot store"),
        ("name,group\nki\u200bm,a\n", "line 2 has the name"),
        ("name,group\nkim,.\n", "line 2 has the group '.', which JupyterHub cannot store"),
        ("name,group\nkim,CS1\nlee,cs1\n", "line 3 has the group 'cs1', which line 2 writes 'CS1'"),
        ([{"name": "kim", "group": "a"}, "kim"], "row 2 is the text 'kim' and not a dictionary"),
        ([{"name": "kim", "group": "a"}, None], "row 2 is nothing and not a dictionary"),
        (["kim"], "row 1 is the text 'kim' and not a dictionary"),
        (
            [{"name": "kim", "group": "a"}, {"group": "a"}],
            "row 2 has no cell for the column 'name'",
        ),
        ([{"name": False, "group": "a"}], "row 1 has the boolean false for a name"),
        ([{"name": 1.5, "group": "a"}], "row 1 has the number 1.5 for a name"),
        ([{"name": ["kim"], "group": "a"}], "row 1 has a list for a name"),
        ([{"name": "kim", "group": [{}]}], "row 1 has a dictionary for a group"),
    ],
)
def test_a_bad_row_is_named(rows: Any, said: str) -> None:
    message = refusal(rows)
    assert message.startswith("The class list cannot be used: ")
    assert said in message


def test_all_bad_rows_are_named_at_once_and_many_are_counted() -> None:
    message = refusal("name,group\n,a\nkim,a\n,b\n")
    assert "line 2 has no name; line 4 has no name." in message
    many = refusal("name,group\n" + ",a\n" * 1000)
    assert "line 9 has no name; and 992 more like these." in many


def test_a_missing_column_is_reported_with_the_existing_columns() -> None:
    assert (
        refusal("login,group\nkim,a\n")
        == "The class list has no column 'name' for the login names: its columns are login,"
        " group (set the option name_column to the column to use)."
    )
    assert "no column 'course' for the groups" in refusal(
        "name,group\nkim,a\n", group_column="course"
    )
    assert "no column 'role' for the roles" in refusal("name,group\nkim,a\n", admin_roles=["admin"])
    assert "no column 'group' or 'groups'" in refusal("name,course\nkim,a\n")
    assert "both a column 'group' and a column 'groups'" in refusal("name,group,groups\nkim,a,b\n")


@pytest.mark.parametrize("text", ["", "  \n ", "\ufeff"])
def test_an_empty_file_is_a_mistake(text: str) -> None:
    assert refusal(text) == "The class list is empty: it does not even have a header line."


def test_a_header_alone_still_has_to_have_the_columns() -> None:
    assert "no column 'name'" in refusal("login,group\n")


def test_a_quote_that_is_not_closed_does_not_swallow_the_list() -> None:
    assert refusal('name,group\nkim,a\n"lee,a\nabel,a\n').startswith(
        "The class list is not valid CSV at line 3: "
    )


def test_two_columns_of_one_name_are_refused() -> None:
    assert (
        refusal("name,group,Group\nkim,a,b\n")
        == "The class list has more than one column called 'group': rename one, or use another"
        " column for the groups (option group_column)."
    )
    assert "more than one column called 'name'" in refusal(
        [{"name": "kim", "Name ": "lee", "group": ""}]
    )
    assert "more than one column called 'state'" in refusal(
        "name,group,state,State\nkim,a,b,c\n", only={"State": "b"}
    )


def test_two_unused_columns_of_one_name_are_allowed() -> None:
    assert members(roster("name,group,mark,Mark,,\nkim,a,1,2,3,4\n")) == {"a": ["kim"]}


@pytest.mark.parametrize("rows", [{"list": []}, 5, None, b"name\n", True])
def test_something_else_than_a_class_list_is_refused(rows: Any) -> None:
    assert refusal(rows).startswith("The class list must be CSV text or a list of rows, not ")


@pytest.mark.parametrize(
    "options",
    [
        {"delimiter": "||"},
        {"admin_roles": [1]},
        {"admin_roles": {"a": 1}},
        {"demote_others": "perhaps"},
        {"role_groups": ["ta"]},
        {"role_groups": {"ta": 5}},
        {"role_groups": {"ta": "{course}-tas"}},
    ],
)
def test_an_option_that_makes_no_sense_is_named(options: dict[str, Any]) -> None:
    assert refusal(HEADER + "kim,Kim,a,b\n", **options).startswith(
        f"The option {next(iter(options))}"
    )


# The documentation


def test_the_documentation_names_every_option_with_its_default() -> None:
    options = yaml.safe_load(plugin.DOCUMENTATION)["options"]
    fields = {field.name: field for field in dataclasses.fields(Options)}
    assert set(options) == {"_input", *fields}
    for name in fields:
        documented = options[name].get("default")
        # For an option without a fixed default, the documentation describes the default in words.
        if name == "group_separator":
            assert documented == cells.USUAL_SEPARATORS[0]
        else:
            assert getattr(parse({name: documented}), name) == getattr(Options(), name), name


def test_the_first_example_does_what_it_shows() -> None:
    shown = re.search(r"# class_list\.csv:\n#\n((?:# .*\n)+)", plugin.EXAMPLES)
    assert shown is not None
    text = "".join(line[2:] + "\n" for line in shown[1].splitlines())
    assert members(roster(text)) == {"CS101": ["abel", "kim.lee", "sato"], "CS205": ["kim.lee"]}


def test_the_sample_is_what_the_last_example_returns() -> None:
    example = yaml.safe_load(plugin.EXAMPLES)[-1]
    sample = yaml.safe_load(plugin.RETURN)["_value"]["sample"]
    assert roster(example["vars"]["people"], admin_roles=["operator"]) == sample


def test_the_example_is_a_thousand_people() -> None:
    text = (Path(__file__).parents[3] / "demo" / "invented_people.csv").read_text(encoding="utf-8")
    result = roster(
        text, role_groups={"instructor": "{group}-instructors", "ta": "{group}-assistants"}
    )
    assert len(result["users"]) == 1000
    assert len(result["groups"]) == 36
    assert all(name == name.lower() and name.isascii() for name in names(result))
    assert all(user.keys() == {"name"} for user in result["users"])
