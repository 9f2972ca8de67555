# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class lists as campus systems export them: which are understood, which are refused, and which
option is suggested.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display
from ansible_collections.hubops.jupyterhub.plugins.filter.roster import FilterModule, Roster

roster = FilterModule().filters()["roster"]


def members(result: Roster) -> dict[str, list[str]]:
    return {group["name"]: group["users"] for group in result["groups"]}


def names(result: Roster) -> list[str]:
    return [user["name"] for user in result["users"]]


def refusal(rows: Any, **options: Any) -> str:
    with pytest.raises(AnsibleFilterError) as caught:
        roster(rows, **options)
    message = str(caught.value)
    assert message.endswith(".")
    assert message.isprintable(), "the message must be one line without control characters"
    assert len(message) < 1500
    return message


def as_ansible_reads(content: bytes) -> str:
    """Return a file as the lookup does: bytes that are not UTF-8 become lone surrogates."""
    return content.decode("utf-8", "surrogateescape")


def zipped(*members: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for member in members:
            archive.writestr(
                member,
                "application/vnd.oasis.opendocument.spreadsheet" if member == "mimetype" else "x",
            )
    return file.getvalue()


# Files


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "name,group\nzo\u00eb,a\n".encode("cp1252"),
            (
                "not in UTF-8: line 2 contains the byte 0xeb: it seems to be in an older encoding"
                " such as Windows-1252"
            ),
        ),
        ("name,group\nkim,a\n".encode("utf-16-le"), "in UTF-16 without a byte order mark"),
        ("name,group\nkim,a\n".encode("utf-32"), "in UTF-32 or in damaged UTF-16"),
        (b"\xff\xfen\0a\0m", "in UTF-32 or in damaged UTF-16"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook (.xlsx)"),
        (zipped("mimetype"), "an OpenDocument spreadsheet (.ods)"),
        (zipped("people.csv"), "a zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "an Excel workbook (.xls)"),
        (b"\x1f\x8b\x08\0\0", "a compressed file (.gz)"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"MIME-Version: 1.0\nX-Document-Type: Workbook\n", "it is a web archive"),
        (
            b"<html><table><tr><td>ID</td></tr></table></html>",
            "an HTML or XML page, which some systems save with the ending .xls",
        ),
        (b"\n <!DOCTYPE html>\n", "an HTML or XML page"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "an HTML or XML page",
        ),
        (b'<html><form><input type="password"></form></html>', "the HTML page of a login"),
        (json.dumps([{"name": "kim"}]).encode(), "it is JSON: put the filter from_json before"),
        (b"$ANSIBLE_VAULT;1.1;AES256\n3534", "encrypted by ansible-vault"),
    ],
)
def test_a_file_that_is_no_csv_in_utf_8_is_called_what_it_is(content: bytes, said: str) -> None:
    assert said in refusal(as_ansible_reads(content))


def test_lone_surrogates_that_were_no_bytes_are_no_text() -> None:
    assert "lone surrogates" in refusal("name,group\n\ud800,a\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""])
def test_utf_8_and_marked_utf_16_are_read(encoding: str, end: str) -> None:
    text = (
        "\ufeff" if encoding == "utf-16-be" else ""
    ) + f'"name"\t"group"{end or chr(10)}"zo\u00eb"\t"a"{end}'
    read = as_ansible_reads(text.encode(encoding))
    assert members(roster(read)) == {"a": ["zo\u00eb"]}
    # This is how the lookup reads it without rstrip=false.
    assert members(roster(read.rstrip())) == {"a": ["zo\u00eb"]}


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "sep=;\r"])
def test_the_line_with_the_delimiter_is_understood(line: str) -> None:
    assert members(roster(f"{line}\nname;group;mark\nkim;a;1,5\n")) == {"a": ["kim"]}
    assert "line 3 has no name" in refusal(f"{line}\nname;group\n;a\n")


def test_a_person_without_a_group_as_moodle_writes_it() -> None:
    result = roster("name,group\nkim,a\nlee,No groups\n")
    assert members(result) == {"a": ["kim"]}
    assert names(result) == ["kim", "lee"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_titles_above_the_header_are_skipped(delimiter: str) -> None:
    rows = [
        "Class roster, autumn; 2026",
        "",
        f'"Biology{delimiter} group A"',
        delimiter.join(["No", "Name", "Group"]),
        delimiter.join(["1", "kim", "a"]),
    ]
    assert members(roster("\n".join(rows))) == {"a": ["kim"]}
    assert "line 6 has no name" in refusal("\n".join([*rows, delimiter.join(["2", "", "a"])]))


def test_a_repeated_header_is_ignored_and_another_one_is_refused() -> None:
    assert members(roster("name,group\nkim,a\nName,Group\nlee,b\n")) == {"a": ["kim"], "b": ["lee"]}
    assert "a second header with other columns at line 3" in refusal(
        "name,group\nkim,a\ngroup,name\nb,lee\n"
    )


def test_missing_columns_are_reported_with_those_of_the_likeliest_header() -> None:
    message = refusal("Biology\n\nLogin;Course;Mark\nkim;a;1\n")
    assert "no column 'name' for the login names: its columns are login, course, mark (" in message


@pytest.mark.parametrize("text", [",,\n;;\n", "\n,\n", '"";""\n'])
def test_a_file_of_empty_cells_is_empty(text: str) -> None:
    assert "is empty" in refusal(text)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("login,c\x1b[2J\u202e\nkim,a\n", {}),
        ("name,c\x1b[2J\u202e\nkim,a\n", {}),
        ("name,group,role\nabel,a,lect\x1burers\n", {"role_groups": {"lecturer": "staff"}}),
    ],
)
def test_no_heading_and_no_role_moves_a_cursor(text: str, options: dict[str, Any]) -> None:
    assert refusal(text, **options)


def test_another_delimiter_is_guessed_in_the_message_and_not_taken() -> None:
    assert "its columns are name|group (the option delimiter='|' may separate them)." in refusal(
        "name|group\nkim|a\n"
    )
    assert members(roster("name|group\nkim|a\n", delimiter="|")) == {"a": ["kim"]}


def test_spaces_in_headings_do_not_matter() -> None:
    assert names(roster('"SIS\u00a0Login\nID",group\nkim,a\n', name_column="SIS  Login ID")) == [
        "kim"
    ]


def test_text_that_spreadsheets_keep_from_being_numbers_is_text() -> None:
    assert names(roster('name,group\n="00123",a\n')) == ["00123"]
    assert names(roster('name;group\n"=""00123""";a\n')) == ["00123"]


# Names


@pytest.mark.parametrize("name", ["Brook, Tilda", "Tilda Brook", "brook,tilda", "Dr. Tilda  Brook"])
@pytest.mark.parametrize("options", [{}, {"name_column": "Name"}, {"keep_case": True}])
def test_names_of_people_are_no_login_names(name: str, options: dict[str, Any]) -> None:
    message = refusal(f'Name,User ID,Group\n"{name}",tbrook,a\n', **options)
    assert (
        f"line 2 has the name '{name}', which looks like a person's name, not like a login name"
        in message
    )
    assert (
        "Set the option name_column to the column with the login names, perhaps 'user id' of the"
        " columns user id, group" in message
    )


def test_a_login_name_that_looks_like_a_persons_can_be_vouched_for() -> None:
    assert names(
        roster("name,group\nTilda Brook,a\n", stored_names={"tilda brook": "tilda brook"})
    ) == ["tilda brook"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("#REF!", "which is an error of a spreadsheet"),
        ("#N/A", "which"),
        ("#####", "which is an error of a spreadsheet"),
        ("=A1", "which is a formula of a spreadsheet"),
        ("1234567.0", "into which a spreadsheet has converted a long number"),
        ("mailto:kim@example.edu", "which is a link"),
        ("\u201ckim\u201d", "which has a quotation mark at one of its ends"),
        ("'kim", "which has a quotation mark at one of its ends"),
        ("Total", "which looks like a line of totals"),
        ("Gesamt:", "which looks like a line of totals"),
        ("moyenne", "which looks like a line of totals"),
        ("#kim", "which looks like a remark"),
        ("<kim@example.edu>", "which is an address in angle brackets"),
        ("NULL", "for no value"),
        ("nan", "for no value"),
        ("N/A", "for no value"),
        ("--", "for no value"),
        ("(blank)", "for no value"),
        ("d&#39;arc", "which contains HTML"),
    ],
)
def test_what_a_spreadsheet_or_a_page_has_left_is_no_name(name: str, why: str) -> None:
    """Each of them would become a user of the hub."""
    assert why in refusal(f"name,group\nada,a\n{name},a\n")
    assert why in refusal([{"name": name, "groups": ["a"]}])


@pytest.mark.parametrize("name", ["=a", "123.0", "mailto:kim", "'kim", "total", "nan", "#k"])
def test_such_a_name_may_be_given_as_one_of_the_hub(name: str) -> None:
    text = f"name,group\n{name},a\n"
    assert "If a login name is really written like this, add it to stored_names." in refusal(text)
    assert names(roster(text, stored_names={name: name})) == [name]


def test_a_line_of_totals_may_be_given_in_another_case() -> None:
    text = "name,group\nTotal,a\n"
    assert names(roster(text, stored_names={"total": "total"})) == ["total"]
    assert names(roster("name,group\no'brien,a\nsum,a\n")) == ["o'brien", "sum"]


@pytest.mark.parametrize(
    ("group", "why"),
    [
        ("#N/A", "which is an error of a spreadsheet"),
        ("R&amp;D", "which contains HTML"),
        ("None", "which a database or a program writes for no value: leave the cell empty"),
        ("\u2013", "which a database or a program writes for no value: leave the cell empty"),
    ],
)
def test_what_a_spreadsheet_or_a_page_has_left_is_no_group(group: str, why: str) -> None:
    assert f"has the group '{group}', {why}" in refusal(f"name,group\nkim,{group}\n")


def test_a_space_before_a_quotation_mark_does_not_become_part_of_a_group() -> None:
    """Programs that write ``name, "group"`` mean the group without the marks."""
    assert "which has quotation marks around it" in refusal('name, group\nkim, "Lab A"\n')
    assert roster("name,group\nkim,Class of '26'\n")["groups"][0]["name"] == "Class of '26'"


def test_letters_of_another_width_are_another_spelling() -> None:
    assert "which line 2 writes 'kim'" in refusal("name,group\nkim,a\n\uff4bim,a\n")
    assert "which line 2 writes 'A'" in refusal("name,group\nkim,A\nada,\uff21\n")


def test_a_number_that_a_spreadsheet_has_rounded_is_no_name() -> None:
    assert "'1.23E+11', into which a spreadsheet has converted a long number" in refusal(
        "name,group\n1.23E+11,a\n"
    )


def test_a_lost_letter_is_reported() -> None:
    assert "'zo\ufffd', which lost a letter" in refusal("name,group\nzo\ufffd,a\n")
    assert "'caf\ufffd', which lost a letter" in refusal("name,group\nkim,caf\ufffd\n")


def test_names_longer_than_the_hub_stores_are_refused_and_cut_in_the_message() -> None:
    message = refusal(f"name,group\n{'k' * 256},{'g' * 10000}\n")
    assert "which JupyterHub cannot store" in message


@pytest.mark.parametrize(
    ("one", "other"),
    [("zo\u00eb", "zoe\u0308"), ("stra\u00dfe", "strasse"), ("\u01c5", "\u01c6\u0301"[:1])],
)
def test_two_spellings_of_one_name_are_refused(one: str, other: str) -> None:
    if one.lower() != other.lower():
        assert (
            f"line 3 has the name {ascii(other) if not other.isascii() else repr(other)}, which"
            " line 2 writes " in refusal(f"name,group\n{one},a\n{other},a\n")
        )
    assert "line 3 has the group" in refusal(f"name,group\nkim,{one}\nlee,{other}\n")


def test_with_case_kept_names_are_as_written_and_two_cases_are_refused() -> None:
    assert names(roster("name,group\nKim,a\nKim,b\n", keep_case="yes")) == ["Kim"]
    assert "line 3 has the name 'kim', which line 2 writes 'Kim'" in refusal(
        "name,group\nKim,a\nkim,b\n", keep_case=True
    )


def test_stored_names_take_the_place_of_login_names() -> None:
    text = "name,group\nTilda.Brook@Example.edu,a\nkim,a\ntbrook,b\n"
    stored = {"tilda.brook@example.EDU": "tbrook", "nobody": "no"}
    assert members(roster(text, stored_names=stored)) == {"a": ["kim", "tbrook"], "b": ["tbrook"]}
    assert names(roster("name,group\nzoe\u0308,a\n", stored_names={"ZO\u00cb": "z"})) == ["z"]
    # With keep_case, declared login names have to match the class list exactly. Stored names are
    # used as written.
    kept = {"Kim": "KLee", "lee": "no"}
    assert names(roster("name,group\nKim,a\nLee,a\n", stored_names=kept, keep_case=True)) == [
        "KLee",
        "Lee",
    ]
    assert names(roster("name,group\nKIM,a\nLee,a\n", stored_names=kept)) == ["KLee", "no"]
    assert "line 3 has the name 'klee', which line 2 writes 'KLee'" in refusal(
        "name,group\nkim,a\nklee,a\n", stored_names=kept
    )


# Groups


@pytest.mark.parametrize("cell", ["Lab A, Lab B", "BIO101,CHE1", "A, B, and C", "A|B", "A\nB"])
def test_several_groups_in_a_cell_are_not_taken_for_one(cell: str) -> None:
    message = refusal(f'name;group\nkim;"{cell}"\n')
    assert "which looks like several groups" in message
    assert (
        "The option group_separator sets what separates groups, for example group_separator="
        in message
    )


@pytest.mark.parametrize(
    ("cell", "separator", "expected"),
    [
        ("Lab A, Lab B", ",", ["Lab A", "Lab B"]),
        ("BIO101,CHE1", ",", ["BIO101", "CHE1"]),
        ("A, B, and C", [", and ", " and ", ","], ["A", "B", "C"]),
        ("A and B", [", and ", " and ", ","], ["A", "B"]),
        ("A|B;C", ["|", ";"], ["A", "B", "C"]),
        ("A, B", ";", ["A, B"]),
        ("A, B;C", "", ["A, B;C"]),
        ("A, B;C", [], ["A, B;C"]),
    ],
)
def test_the_separator_settles_it(cell: str, separator: Any, expected: list[str]) -> None:
    assert (
        list(members(roster(f'name\tgroup\nkim\t"{cell}"\n', group_separator=separator)))
        == expected
    )


def test_the_rest_of_a_sentence_is_no_group() -> None:
    message = refusal('name,group\nkim,"A, B, and C"\n', group_separator=",")
    assert "the group 'and C', which looks like several groups" in message
    assert "group_separator=[', and ', ' and ', ',']" in message


@pytest.mark.parametrize("cell", ["A and B", "A & B", "A/B", "A + B"])
def test_two_groups_of_the_list_in_one_name_are_several(cell: str) -> None:
    assert "which looks like several groups" in refusal(f"name,group\nkim,A\nlee,B\nmora,{cell}\n")
    assert members(roster(f"name,group\nkim,A\nmora,{cell}\n"))[cell] == ["mora"]


@pytest.mark.parametrize("cell", ["A\u3001B", "A\uff0cB", "A\uff1bB"])
def test_several_groups_are_seen_in_other_scripts_too(cell: str) -> None:
    assert "which looks like several groups" in refusal(f"name,group\nkim,{cell}\n")


def test_names_in_a_list_with_commas_are_reported_too() -> None:
    assert members(roster([{"name": "kim", "group": ["A", "B"]}])) == {"A": ["kim"], "B": ["kim"]}
    assert members(roster([{"name": "kim", "group": ["A, B"]}], group_separator="")) == {
        "A, B": ["kim"]
    }


def test_groups_come_from_several_columns() -> None:
    text = "name,section,project\nkim,S1,P1;P2\nlee,S1,\n"
    assert members(roster(text, group_column=["Section", "project"])) == {
        "P1": ["kim"],
        "P2": ["kim"],
        "S1": ["kim", "lee"],
    }
    assert members(roster(text, group_column=[])) == {}
    assert "no column 'course' for the groups" in refusal(text, group_column=["section", "course"])


def test_own_groups_can_be_left_out() -> None:
    text = "name,group,role\nkim,c1,student\nabel,c1,instructor\n"
    result = roster(
        text,
        own_groups=False,
        users_mode="present",
        role_groups={"instructor": "formgrade-{group}", "student": "nbgrader-{group}"},
    )
    assert result["groups"] == [
        {"name": "formgrade-c1", "users": ["abel"], "users_mode": "present"},
        {"name": "nbgrader-c1", "users": ["kim"], "users_mode": "present"},
    ]
    assert roster("name,group\nkim,a\n", users_mode="exact")["groups"] == [
        {"name": "a", "users": ["kim"], "users_mode": "exact"}
    ]


# Roles


def test_several_known_roles_in_a_cell_are_reported() -> None:
    text = 'name,group,role\nkim,a,"Teacher, Student"\nabel,a,Teacher\n'
    assert "line 2 has the role 'teacher, student', which looks like several roles" in refusal(
        text, role_groups={"teacher": "staff"}
    )
    assert members(roster(text, role_groups={"teacher": "staff"}, group_separator=","))[
        "staff"
    ] == ["abel", "kim"]
    assert members(roster(text, role_groups={"teacher": "staff", "teacher, student": []}))[
        "staff"
    ] == ["abel"]


@pytest.mark.parametrize(
    ("key", "option"),
    [("instrutor", "role_groups"), ("instructors", "role_groups"), ("instrutor", "admin_roles")],
)
def test_a_role_that_is_almost_one_of_the_list_is_a_mistake(key: str, option: str) -> None:
    value: Any = {key: "staff"} if option == "role_groups" else [key]
    message = refusal("name,group,role\nabel,a,Instructor\nkim,a,student\n", **{option: value})
    assert (
        f"The option {option} has the role '{key}', which no row of the class list has, and rows"
        " have the role 'instructor'" in message
    )


def test_a_role_that_nobody_has_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda _self, message: said.append(message))
    text = "name,group,role\nabel,a,lecturer\nkim,a,student\n"
    assert members(roster(text, role_groups={"instructor": "staff", "student": []}))["staff"] == []
    assert said == [
        "No row of the class list has the role 'instructor' of the option role_groups, so it has"
        " no effect; the roles of the list are: lecturer, student."
    ]
    said.clear()
    roster(text, role_groups={"lecturer": "staff"})
    roster("name,group,role\n", role_groups={"lecturer": "staff"})
    assert said == []


# Rows that are left out

EXPORT = """\
Student,ID,Login,Group,Status
"    Points Possible",,,,
"Brook, Tilda",1,tbrook,a,enrolled
"Lee, Kim",2,klee,a,Deleted
"Mora, Ana",3,amora,a,auditing
"Student, Test",,6b86b273ff34,a,enrolled
Total,,,,
"""


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ({"status": "enrolled"}, ["6b86b273ff34", "tbrook"]),
        ({"Status": ["Enrolled", "auditing "]}, ["6b86b273ff34", "amora", "tbrook"]),
        ({"status": ["enrolled"], "id": "?*"}, ["tbrook"]),
        ({"id": ["1", 2]}, ["klee", "tbrook"]),
        ({"id": 3}, ["amora"]),
        ({"status": "*ed"}, ["6b86b273ff34", "klee", "tbrook"]),
        ({"status": "", "login": "?*"}, None),
    ],
)
def test_only_some_rows_count(only: Any, expected: list[str] | None) -> None:
    options = {"name_column": "Login", "only": only, "skip_without_name": True}
    if expected is None:
        assert (
            "The option only matches no row of the class list: it requires '?*' in the column"
            " 'login'" in refusal(EXPORT, **options)
        )
    else:
        assert names(roster(EXPORT, **options)) == expected


def test_only_takes_booleans_of_rows_and_looks_into_lists() -> None:
    rows = [
        {"name": "kim", "group": "a", "active": True, "tags": ["x", "y"]},
        {"name": "lee", "group": "a", "active": False, "tags": []},
    ]
    assert names(roster(rows, only={"active": True})) == ["kim"]
    assert names(roster(rows, only={"active": "false"})) == ["lee"]
    assert names(roster(rows, only={"tags": "y"})) == ["kim"]


def test_rows_that_only_skips_may_be_invalid() -> None:
    text = 'name,group,state\nkim,a,on\n"Brook, Tilda","x, y",off\n,,off\n'
    assert members(roster(text, only={"state": "on"})) == {"a": ["kim"]}


def test_an_only_that_takes_no_row_does_not_empty_the_class() -> None:
    assert (
        refusal(EXPORT, name_column="Login", only={"status": "enroled"})
        == "The option only matches no row of the class list: it requires 'enroled' in the"
        " column 'status', where there is nothing, enrolled, deleted, auditing."
    )
    assert "no column 'state' for the rows to take" in refusal(
        EXPORT, name_column="Login", only={"state": "x"}
    )


def test_rows_without_a_name_are_skipped_if_requested() -> None:
    assert (
        "line 2 has no name; line 7 has no name. To leave out such rows, set the option"
        " skip_without_name." in refusal(EXPORT, name_column="Login")
    )
    assert len(names(roster(EXPORT, name_column="Login", skip_without_name=True))) == 4
    assert names(roster("group,name\na,kim\nTotal: 1\n", skip_without_name=True)) == ["kim"]
    assert "No row of the class list has anything in the column 'login'" in refusal(
        "login,group\n,a\n,b\n", name_column="login", skip_without_name=True
    )


# Options


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"name_colum": "a"},
            "The filter roster has no option name_colum: perhaps you mean name_column.",
        ),
        (
            {"nonsense": "a"},
            "The filter roster has no option nonsense: there are name_column, group_column,",
        ),
        (
            {"name_column": 5},
            "The option name_column must be the name of a column, not the number 5.",
        ),
        (
            {"name_column": ["a"]},
            "The option name_column must be the name of a column, not a list.",
        ),
        (
            {"group_column": {"a": 1}},
            (
                "The option group_column must be the name of a column or a list of them, not a"
                " dictionary."
            ),
        ),
        (
            {"group_column": ["a", ""]},
            "The option group_column must be the name of a column or a list of them, not",
        ),
        (
            {"group_column": '["a", "b"]'},
            "The option group_column is text that looks like a list: write a real list.",
        ),
        (
            {"group_separator": 5},
            "The option group_separator must be text or a list of texts, not the number 5.",
        ),
        (
            {"group_separator": [",", ""]},
            "The option group_separator must be text or a list of texts that are not empty",
        ),
        (
            {"only": "status=on"},
            (
                "The option only must be a dictionary of a column and its values, not the text"
                " 'status=on'."
            ),
        ),
        (
            {"only": {"group": []}},
            "The option only.group is an empty list, which no row can match.",
        ),
        (
            {"only": {"group": {"a": 1}}},
            "The option only.group must be text or a list of texts, not a dictionary.",
        ),
        (
            {"only": {"group": None}},
            "The option only.group must be text or a list of texts, not nothing.",
        ),
        (
            {"skip_without_name": "perhaps"},
            "The option skip_without_name must be true or false, not the text 'perhaps'.",
        ),
        ({"keep_case": 7}, "The option keep_case must be true or false, not the number 7."),
        ({"own_groups": []}, "The option own_groups must be true or false, not a list."),
        (
            {"users_mode": "add"},
            "The option users_mode must be one of exact, present, absent, not the text 'add'.",
        ),
        (
            {"stored_names": ["a"]},
            (
                "The option stored_names must be a dictionary of a login name and the name on the"
                " hub, not a list."
            ),
        ),
        (
            {"stored_names": {"a": ""}},
            "The option stored_names has the text '' for the login name the text 'a'",
        ),
        (
            {"admin_roles": '["a"]'},
            "The option admin_roles is text that looks like a list: write a real list.",
        ),
        (
            {"admin_roles": ["a "]},
            "The option admin_roles has the name 'a ', which has white space at the start or end.",
        ),
        (
            {"role_groups": {"a": "x\ny"}},
            "The option role_groups.a is text that looks like a list: write a real list.",
        ),
        ({"delimiter": '"'}, "The option delimiter must be one character, not the text"),
        ({"delimiter": 5}, "The option delimiter must be one character, not the number 5."),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_in_a_sentence(
    options: dict[str, Any], said: str
) -> None:
    assert refusal("name,group,role\nkim,a,b\n", **options).startswith(said)


def test_text_instead_of_a_list_is_split_at_commas() -> None:
    text = "name,group,role\nkim,a,x\nlee,a,y\n"
    assert roster(text, admin_roles="x, y")["users"] == [
        {"name": "kim", "admin": True},
        {"name": "lee", "admin": True},
    ]
    assert members(roster(text, role_groups={"x": "one, two", "y": []})) == {
        "a": ["kim", "lee"],
        "one": ["kim"],
        "two": ["kim"],
    }


def test_options_that_are_null_are_not_set() -> None:
    options = dict.fromkeys(
        (
            "name_column",
            "group_column",
            "group_separator",
            "only",
            "users_mode",
            "stored_names",
            "own_groups",
        )
    )
    assert members(roster("name,group\nkim,a\n", **options)) == {"a": ["kim"]}
