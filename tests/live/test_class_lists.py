# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks for class lists: which file they read, what they refuse, and the rights that a
class list never gives.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
from typing import Any

import pytest

from tests.hub import Hub
from tests.live.test_role import Run, recap, writes
from tests.running import run_playbook

pytestmark = pytest.mark.daily(5)

PEOPLE = "name,group,role\nkim,CS101,student\nabel,CS101,teacher\n"
STRANGERS = "name,group,role\nstranger,elsewhere,student\n"


def run(
    hub: Hub, variables: dict[str, Any], *args: str, playbook: str = "class_list", **keywords: Any
) -> Run:
    """Run a playbook of the collection by its name."""
    return run_playbook(
        pathlib.Path(f"hubops.jupyterhub.{playbook}"),
        ["-e", json.dumps(variables), *args],
        hub=hub,
        **keywords,
    )


def said(done: Run) -> str:
    """Return the message of a failed run, which is printed on its own line."""
    assert done.returncode == 2, done.stdout + done.stderr
    found = re.search(r"^\[ERROR\]: Task failed: (.*)$", done.stdout + done.stderr, re.MULTILINE)
    assert found is not None, done.stdout + done.stderr
    return found[1].removeprefix("Action failed: ")


# Which file


@pytest.fixture
def home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A directory with a class list, another directory with someone else's list, and an environment
    without PWD, as cron and sudo leave it.
    """
    for name, text in (("here", PEOPLE), ("elsewhere", STRANGERS)):
        (tmp_path / name).mkdir()
        for file in ("people.csv", "class_list.csv"):
            (tmp_path / name / file).write_text(text, encoding="utf-8")
    for name in ("PWD", "OLDPWD", "HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.core
@pytest.mark.hubs("6")
@pytest.mark.parametrize(
    ("file", "env"),
    [
        ("people.csv", {}),
        ("class_list.csv", {"PWD": "{elsewhere}"}),
        ("./people.csv", {"PWD": "/"}),
        ("../here/people.csv", {"PWD": "{elsewhere}"}),
        ("{here}/people.csv", {"PWD": "{elsewhere}"}),
        ("~/people.csv", {"HOME": "{here}"}),
    ],
)
def test_the_intended_class_list_is_read(
    file: str, env: dict[str, str], hub: Hub, home: pathlib.Path
) -> None:
    places = {"here": home / "here", "elsewhere": home / "elsewhere"}
    environment = {key: value.format(**places) for key, value in env.items()}
    done = run(hub, {"class_list_file": file.format(**places)}, cwd=home / "here", env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name: sorted(group["users"]) for name, group in hub.groups().items()} == {
        "CS101": ["abel", "kim"]
    }


@pytest.mark.core
@pytest.mark.hubs("6")
def test_with_nothing_in_the_environment_the_class_list_is_found_too(
    hub: Hub, home: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``env -i`` and ansible-runner start processes in this way."""
    for name in set(os.environ) - {"PATH"}:
        monkeypatch.delenv(name)
    assert run(hub, {"class_list_file": "people.csv"}, cwd=home / "here").returncode == 0
    assert sorted(hub.users()) == ["abel", "kim"]


@pytest.mark.hubs("6")
@pytest.mark.parametrize("playbook", ["class_list", "audit"])
def test_a_class_list_that_is_not_there_is_one_sentence_and_is_looked_for_nowhere_else(
    playbook: str, hub: Hub, home: pathlib.Path
) -> None:
    """The file is not searched in PWD, beside the playbook, or in a directory for files."""
    (home / "empty").mkdir()
    mark = hub.mark()
    for name in (
        "class_list.csv",
        "files/class_list.csv",
        "vars/class_list.yml",
        "invented_people.csv",
        "class_list.yml",
    ):
        done = run(
            hub,
            {"class_list_file": name},
            playbook=playbook,
            cwd=home / "empty",
            env={"PWD": str(home / "here")},
        )
        assert (
            said(done) == f"The class list {home}/empty/{name} does not exist. It is the value of"
            f" class_list_file: {name}."
        )
    assert hub.requests(mark) == []


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "class_list_file has to say where the class list is."),
    "empty": ({"class_list_file": " "}, "class_list_file has to say where the class list is."),
    "number": ({"class_list_file": 5}, "class_list_file has to say where the class list is."),
    "directory": ({"class_list_file": "."}, "is a directory and not a file."),
    "device": ({"class_list_file": "/dev/null"}, "is not a regular file."),
    "options as text": (
        {"class_list_options": '{"a": 1}'},
        "class_list_options has to be a dictionary of options",
    ),
    "options as a list": (
        {"class_list_options": ["a"]},
        "class_list_options has to be a dictionary of options",
    ),
    "unknown option": (
        {"class_list_options": {"name_colum": "x"}},
        "The filter roster has no option name_colum: perhaps you mean name_column.",
    ),
    "groups as text": (
        {"class_list_role_groups": '["a"]'},
        "class_list_role_groups has to be a list of names of groups.",
    ),
    "groups as a dictionary": (
        {"class_list_role_groups": {"a": 1}},
        "class_list_role_groups has to be a list of names of groups.",
    ),
}


@pytest.mark.core
@pytest.mark.hubs("6")
@pytest.mark.parametrize("case", REFUSED)
def test_variables_that_make_no_sense_are_one_sentence(
    case: str, hub: Hub, home: pathlib.Path
) -> None:
    variables, sentence = REFUSED[case]
    mark = hub.mark()
    given = variables if case == "nothing" else {"class_list_file": "people.csv", **variables}
    assert sentence in said(run(hub, given, cwd=home / "here"))
    assert hub.requests(mark) == []


@pytest.mark.hubs("6")
def test_options_in_the_form_of_a_command_line_are_one_sentence(
    hub: Hub, home: pathlib.Path
) -> None:
    done = run(
        hub,
        {"class_list_file": "people.csv"},
        "-e",
        "class_list_options='{\"a\": 1}'",
        cwd=home / "here",
    )
    assert "class_list_options has to be a dictionary of options" in said(done)


@pytest.mark.core
@pytest.mark.hubs("6")
def test_a_file_that_is_no_csv_is_called_what_it_is(hub: Hub, home: pathlib.Path) -> None:
    mark = hub.mark()
    for content, sentence in (
        (
            PEOPLE.replace("kim", "zo\u00eb").encode("cp1252"),
            "The class list is not in UTF-8: line 2 contains the byte 0xeb",
        ),
        (
            b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0xl/workbook.xml\xff\xfe",
            "The class list is not a CSV file, it is an Excel workbook (.xlsx)",
        ),
        (
            b"<html><table><tr><td>ID</td></tr></table>",
            "The class list is not a CSV file, it seems to be an HTML or XML page",
        ),
    ):
        (home / "here" / "people.csv").write_bytes(content)
        assert said(run(hub, {"class_list_file": "people.csv"}, cwd=home / "here")).startswith(
            sentence
        )
    assert hub.requests(mark) == []


# Templates


@pytest.mark.core
@pytest.mark.hubs("6")
def test_templates_in_a_class_list_are_text(hub: Hub, home: pathlib.Path) -> None:
    """Templates in a name, a group and a role are not rendered in check mode, in a real run, or
    when a play uses the result.
    """
    # A login name cannot contain a comma, a space or a slash.
    name, group, role = (
        f"{{{{lookup(*'pipe;cd&&touch${{IFS}}ran-{place}'.split(';'))}}}}"
        for place in ("name", "group", "role")
    )
    run_playbook(
        "- hosts: localhost\n  gather_facts: false\n  tasks: [debug: {msg:"
        f" {json.dumps(name)}}}]\n",
        env={"HOME": str(home)},
    )
    assert (home / "ran-name").exists(), "a playbook renders this template"
    (home / "ran-name").unlink()
    rows = f"name,group,role\n{name},{group},{role}\n{{#kim#}},{{% raw %}},{{{{ 7*7 }}}}\n"
    (home / "here" / "people.csv").write_text(rows, encoding="utf-8")
    play = f"""
- hosts: localhost
  gather_facts: false
  vars:
    found: "{{{{ lookup('ansible.builtin.file', '{home}/here/people.csv') | hubops.jupyterhub.roster(group_separator='') }}}}"
    again: "{{{{ found }}}}"
  tasks:
    - ansible.builtin.debug: {{msg: "{{{{ again.groups | map(attribute='users') | flatten | join(' ') }}}} {{{{ found }}}}"}}
"""
    assert run_playbook(play, env={"HOME": str(home)}).returncode == 0
    for args in (["--check", "--diff"], []):
        mark = hub.mark()
        variables = {
            "class_list_file": "people.csv",
            "class_list_options": {"group_separator": "", "role_groups": {"7": "x"}},
        }
        done = run(hub, variables, *args, cwd=home / "here", env={"HOME": str(home)})
        assert done.returncode == 0, done.stdout + done.stderr
        assert bool(writes(hub, mark)) == (not args)
    assert list(home.glob("ran*")) == []
    assert sorted(hub.users()) == sorted([name.lower(), "{#kim#}"])
    assert sorted(hub.groups()) == sorted([group, "{% raw %}", "x"])


@pytest.mark.core
@pytest.mark.hubs("6")
def test_templates_in_roles_are_text_in_a_warning_and_in_a_message(
    hub: Hub, home: pathlib.Path
) -> None:
    role = "{{lookup(*'pipe;cd&&touch${IFS}ran'.split(';'))}}"
    (home / "here" / "people.csv").write_text(
        f"name,group,role\nkim,,{role}\n,{role},\n", encoding="utf-8"
    )
    for options in (
        {"role_groups": {"teacher": "staff"}, "skip_without_name": True},
        {"role_groups": {"teacher": role[:-1]}},
        {},
    ):
        run(
            hub,
            {"class_list_file": "people.csv", "class_list_options": options},
            cwd=home / "here",
            env={"HOME": str(home)},
        )
    assert list(home.glob("ran*")) == []


# Rights

MALLORY = "name,group,role\nmallory,hubadmins,student\nkim,CS101,student\n"


@pytest.mark.core
@pytest.mark.parametrize(
    "args",
    [[], ["--check", "--diff"], ["--tags", "groups"], ["--tags", "users,groups"]],
    ids=" ".join,
)
@pytest.mark.parametrize("playbook", ["class_list", "audit"])
def test_a_class_list_never_makes_an_admin(
    playbook: str, args: list[str], rights_hub: Hub, home: pathlib.Path
) -> None:
    (home / "people.csv").write_text(MALLORY, encoding="utf-8")
    mark = rights_hub.mark()
    done = run(rights_hub, {"class_list_file": "people.csv"}, *args, playbook=playbook, cwd=home)
    assert (
        said(done)
        == "A class list gives no rights on the hub, and these groups of it have roles there:"
        " hubadmins (hubadmins). Remove them from the class list, or add them to"
        " class_list_role_groups. Nothing was changed."
    )
    assert writes(rights_hub, mark) == []


@pytest.mark.hubs("6")
@pytest.mark.parametrize(
    "args",
    [
        ["--skip-tags", "always"],
        ["--start-at-task", "Provision the people and the courses of the class list"],
        ["--start-at-task", "Provision users"],
        ["--start-at-task", "hubops.jupyterhub.provision : Provision groups"],
        ["--start-at-task", "Check that the class list can be used and gives no rights on the hub"],
    ],
    ids=" ".join,
)
def test_nothing_gets_around_the_check_of_rights(
    args: list[str], rights_hub: Hub, home: pathlib.Path
) -> None:
    (home / "people.csv").write_text(MALLORY, encoding="utf-8")
    mark = rights_hub.mark()
    done = run(rights_hub, {"class_list_file": "people.csv"}, *args, cwd=home)
    assert writes(rights_hub, mark) == [], done.stdout
    assert rights_hub.groups()["hubadmins"]["users"] == ["gwen"]


@pytest.mark.hubs("6")
def test_errors_that_are_ignored_do_not_get_around_it(rights_hub: Hub, home: pathlib.Path) -> None:
    """The playbook as somebody might copy it, with ignore_errors on everything."""
    (home / "people.csv").write_text(MALLORY, encoding="utf-8")
    copy = home / "playbooks"
    shutil.copytree(pathlib.Path(__file__).parents[2] / "playbooks", copy)
    text = (copy / "class_list.yml").read_text(encoding="utf-8")
    (copy / "class_list.yml").write_text(
        text.replace("  gather_facts: false\n", "  gather_facts: false\n  ignore_errors: true\n"),
        encoding="utf-8",
    )
    mark = rights_hub.mark()
    done = run_playbook(
        copy / "class_list.yml", ["-e", "class_list_file=people.csv"], hub=rights_hub, cwd=home
    )
    assert "ignored=" in done.stdout
    assert writes(rights_hub, mark) == []


@pytest.mark.parametrize("named", [["hubadmins"], "hubadmins, tutors", "hubadmins"])
def test_a_group_with_roles_that_is_named_may_be_in_the_class_list(
    named: Any, rights_hub: Hub, home: pathlib.Path
) -> None:
    (home / "people.csv").write_text(MALLORY + "gwen,hubadmins,student\n", encoding="utf-8")
    done = run(
        rights_hub, {"class_list_file": "people.csv", "class_list_role_groups": named}, cwd=home
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(rights_hub.groups()["hubadmins"]["users"]) == ["gwen", "mallory"]


@pytest.mark.hubs("6")
def test_a_group_of_a_role_of_the_list_is_checked_even_when_it_would_be_empty(
    rights_hub: Hub, home: pathlib.Path
) -> None:
    (home / "people.csv").write_text(PEOPLE, encoding="utf-8")
    mark = rights_hub.mark()
    options = {"role_groups": {"assistant": "tutors", "teacher": "hubadmins"}}
    done = run(
        rights_hub, {"class_list_file": "people.csv", "class_list_options": options}, cwd=home
    )
    assert "have roles there: hubadmins (hubadmins), tutors (tutors)." in said(done)
    assert writes(rights_hub, mark) == []


@pytest.mark.hubs("6")
def test_roles_that_the_token_cannot_see_stop_the_run(rights_hub: Hub, home: pathlib.Path) -> None:
    (home / "people.csv").write_text(MALLORY, encoding="utf-8")
    rights_hub.add_group("CS101")
    mark = rights_hub.mark()
    variables = {
        "class_list_file": "people.csv",
        "jupyterhub_api_token": rights_hub.tokens["blind"],
    }
    done = run(rights_hub, variables, cwd=home)
    assert said(done).startswith(
        "The token cannot see whether these groups have roles on the hub, which a class list must"
        " not give: CS101, hubadmins."
    )
    assert (
        "Give it the scope read:roles:groups, or add the groups to class_list_role_groups."
        in said(done)
    )
    assert writes(rights_hub, mark) == []


@pytest.mark.hubs("6")
def test_the_check_of_rights_costs_one_look_at_the_groups(hub: Hub, home: pathlib.Path) -> None:
    """A class list without groups needs no such request."""
    (home / "people.csv").write_text("name\nkim\n", encoding="utf-8")
    mark = hub.mark()
    done = run(
        hub, {"class_list_file": "people.csv", "class_list_options": {"group_column": ""}}, cwd=home
    )
    assert recap(done)["changed"] == 1, done.stdout
    assert [request.path for request in hub.requests(mark) if "/groups" in request.path] == []


# The audit


@pytest.mark.hubs("6")
def test_an_audit_reports_what_it_has_compared_and_what_not(hub: Hub, home: pathlib.Path) -> None:
    (home / "people.csv").write_text(PEOPLE, encoding="utf-8")
    assert run(hub, {"class_list_file": "people.csv"}, cwd=home).returncode == 0
    hub.add_users("stranger")
    hub.expect("PATCH", "/users/kim", {"admin": True})
    done = run(hub, {"class_list_file": "people.csv"}, playbook="audit", cwd=home)
    assert done.returncode == 0, done.stdout
    assert (
        "The hub is what the class list says. These were compared: 2 users, and the members of 1"
        " groups. Not looked for: users that are not on the list (jupyterhub_prune), groups that"
        " are not on the list (jupyterhub_prune), admins among the people of the list"
        " (demote_others)." in done.stdout
    )
    options = {
        "class_list_file": "people.csv",
        "class_list_options": {"demote_others": True},
        "jupyterhub_prune": ["users", "groups"],
    }
    found = run(hub, {**options, "jupyterhub_prune_limit": "100%"}, playbook="audit", cwd=home)
    assert "The hub differs from the class list in 2 places" in said(found)
