# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E402 - the documentation comes before the imports

"""Class list in, users and groups out."""

from __future__ import annotations

DOCUMENTATION = r"""
name: roster
short_description: Turn a class list into JupyterHub users and groups
version_added: 0.1.0
author:
  - The hubops.jupyterhub maintainers (!UNKNOWN)
description:
  - Turns a class list, one row for each person and course, into the lists that the modules
    M(hubops.jupyterhub.jupyterhub_user) and M(hubops.jupyterhub.jupyterhub_group) and the role
    P(hubops.jupyterhub.provision#role) take.
  - The class list is CSV text with a header line, or rows that are already dictionaries.
  - Login names are trimmed and lower-cased, as the hub stores them. A person in several rows becomes one
    user who is in all the groups named. Rows without any content are skipped.
  - The result is sorted, so that the same people give the same result whatever the order of the rows.
  - Rows that cannot be used fail the filter with a sentence that names every one of them.
    Nothing is left out silently.
positional: _input
options:
  _input:
    description:
      - The class list.
      - A string is read as CSV, with a byte order mark or without. It has to have a header line. Rows are then
        counted as lines of the file.
      - A list has to hold dictionaries, for example the C(list) that C(community.general.read_csv) returns, or
        a list written in YAML. Rows are then counted from one. A cell with several groups may be a list.
    type: raw
    required: true
  name_column:
    description:
      - The column of the login names.
      - Upper and lower case and surrounding spaces do not matter in the names of columns.
    type: str
    default: name
  group_column:
    description:
      - The column of the groups.
      - When not given, the column is C(group) or C(groups), whichever is there.
      - An empty string says that the class list has no groups.
    type: str
  group_separator:
    description:
      - What stands between the groups, or the roles, of one cell.
      - An empty string says that a cell is always one name.
    type: str
    default: ;
  role_column:
    description:
      - The column of the roles.
      - It is read, and has to be there, only when O(admin_roles) or O(role_groups) is given.
    type: str
    default: role
  admin_roles:
    description:
      - Roles that make a person an administrator of the whole hub. Upper and lower case do not matter.
      - Empty unless given, so that a class list alone never makes an administrator.
      - Users without such a role get no C(admin) key, and what the hub says of them is left alone,
        unless O(demote_others=true).
    type: list
    elements: str
    default: []
  demote_others:
    description:
      - Whether everybody on the class list without one of the O(admin_roles) gets C(admin) as V(false),
        and so is no administrator any more.
    type: bool
    default: false
  role_groups:
    description:
      - Which groups a role puts a person in, besides the groups of the row. The key is the role, in whichever case.
        The value is the name of a group or a list of them.
      - C({group}) in a name stands for each group of the row.
      - These groups are part of the result even when nobody is in them, so that the last one
        who leaves a role leaves its group too.
      - Roles that are not named here mean nothing.
    type: dict
    default: {}
  delimiter:
    description:
      - What stands between the cells, when O(_input) is CSV text.
      - When not given, it is the comma, the semicolon or the tab, whichever the header line has most of.
    type: str
notes:
  - Save the class list as UTF-8.
  - Groups whose names differ only by upper and lower case are two groups for the hub.
    In a class list this is taken for a mistake, and refused.
seealso:
  - module: hubops.jupyterhub.jupyterhub_user
  - module: hubops.jupyterhub.jupyterhub_group
"""

EXAMPLES = r"""
# class_list.csv:
#
# name,full name,group,role
# Kim.Lee,Kim Lee,CS101;CS205,student
# abel,Niels Abel,CS101,instructor
# sato,Yui Sato,CS101,TA

- name: Everybody on the class list is on the hub and in the right groups
  ansible.builtin.include_role:
    name: hubops.jupyterhub.provision
  vars:
    class_list: "{{ lookup('ansible.builtin.file', 'class_list.csv') | hubops.jupyterhub.roster }}"
    jupyterhub_url: https://hub.example.org
    jupyterhub_users: "{{ class_list.users }}"
    jupyterhub_groups: "{{ class_list.groups }}"

- name: Other headings, and instructors and assistants have a group of their own in each course
  ansible.builtin.debug:
    msg: >-
      {{
        lookup('ansible.builtin.file', 'class_list.csv') | hubops.jupyterhub.roster(
          name_column='login',
          group_column='course',
          role_column='function',
          role_groups={'instructor': '{group}-instructors', 'ta': ['{group}-assistants', 'staff']},
        )
      }}

- name: Rows that are dictionaries already, and a role that makes administrators
  ansible.builtin.debug:
    msg: "{{ people | hubops.jupyterhub.roster(admin_roles=['operator']) }}"
  vars:
    people:
      - {name: kim, groups: [CS101, CS205], role: student}
      - {name: abel, groups: [CS101], role: operator}
"""

RETURN = r"""
_value:
  description: The users and the groups of the class list.
  type: dict
  contains:
    users:
      description: One item for each person, sorted by name, for the option O(hubops.jupyterhub.jupyterhub_user#module:users).
      type: list
      elements: dict
      contains:
        name:
          description: The login name, as the hub stores it.
          type: str
        admin:
          description: V(true) for people with one of the O(admin_roles).
          type: bool
          returned: for these people, and with O(demote_others=true) for all
    groups:
      description: One item for each group, sorted by name, for the option O(hubops.jupyterhub.jupyterhub_group#module:groups).
      type: list
      elements: dict
      contains:
        name:
          description: The name of the group.
          type: str
        users:
          description: The login names of the members, sorted.
          type: list
          elements: str
  sample:
    users:
      - name: abel
        admin: true
      - name: kim
    groups:
      - name: CS101
        users: [abel, kim]
      - name: CS205
        users: [kim]
"""

import csv
import io
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean

# A broken export can make every row a bad one; the sentence stays readable all the same.
MOST_PROBLEMS_TOLD = 8

# Columns that hold the groups when the caller does not say which one does.
USUAL_GROUP_COLUMNS = ("group", "groups")

GROUP_PLACEHOLDER = "{group}"


class Row(t.NamedTuple):
    """One row: what to call it in a message, and its cells by the folded name of the column."""

    label: str
    cells: dict[str, t.Any]


class Problems:
    """Every row that cannot be used, so that one run of the filter tells them all."""

    def __init__(self) -> None:
        self._told: list[str] = []

    def add(self, problem: str) -> None:
        """Note one; the same one twice is one."""
        if problem not in self._told:
            self._told.append(problem)

    def raise_if_any(self) -> None:
        """Fail with all of them in one sentence."""
        if not self._told:
            return
        told = self._told[:MOST_PROBLEMS_TOLD]
        more = len(self._told) - len(told)
        if more:
            told.append(f"and {more} more like these")
        raise AnsibleFilterError(f"The class list cannot be used: {'; '.join(told)}.")


def roster(
    rows: t.Any,
    *,
    name_column: str = "name",
    group_column: str | None = None,
    group_separator: str = ";",
    role_column: str = "role",
    admin_roles: t.Any = None,
    demote_others: t.Any = False,
    role_groups: t.Any = None,
    delimiter: str | None = None,
) -> dict[str, list[dict[str, t.Any]]]:
    """Return the users and the groups of a class list."""
    admins = {role.casefold() for role in _texts("admin_roles", admin_roles)}
    templates = _templates(role_groups)
    others = {"admin": False} if _boolean("demote_others", demote_others) else {}
    problems = Problems()

    read = _rows_of_text(rows, delimiter, problems) if isinstance(rows, str) else _rows_of_list(rows, problems)
    columns = _columns(read)
    if not columns:  # nothing there, or nothing that could have had columns
        problems.raise_if_any()
        return {"users": [], "groups": []}

    name_key = _find_column(columns, "name_column", "the login names", name_column)
    group_key = _group_column(columns, group_column)
    role_key = _find_column(columns, "role_column", "the roles", role_column) if admins or templates else None

    users: dict[str, dict[str, t.Any]] = {}
    groups: dict[str, set[str]] = {}
    spellings: dict[str, tuple[str, str]] = {}

    for row in read:
        if not any(_is_filled(cell) for cell in row.cells.values()):
            continue
        name = _login_name(row, name_key, problems)
        own_groups = _split(row, group_key, group_separator, "group", problems)
        roles = [role.casefold() for role in _split(row, role_key, group_separator, "role", problems)]
        if name is None:
            continue

        user = users.setdefault(name, {"name": name, **others})
        if admins.intersection(roles):
            user["admin"] = True

        joined = set(own_groups)
        known = set(own_groups)
        for role, names in templates.items():
            filled = _fill(names, own_groups)
            known.update(filled)
            if role in roles:
                joined.update(filled)
        # Sorted, so that of two spellings it is always the same one that is told first.
        for group in sorted(known):
            _check_group(group, row.label, spellings, problems)
            members = groups.setdefault(group, set())
            if group in joined:
                members.add(name)

    problems.raise_if_any()
    return {
        "users": [users[name] for name in sorted(users)],
        "groups": [{"name": group, "users": sorted(groups[group])} for group in sorted(groups)],
    }


def _rows_of_text(text: str, delimiter: str | None, problems: Problems) -> list[Row]:
    """Read CSV text; the label of a row is the line an editor shows it at."""
    text = text.lstrip("\ufeff")
    if not text.strip():
        raise AnsibleFilterError("The class list is empty: it has not even a header line.")
    # strict: a quote that is never closed would otherwise swallow the rest of the list as one cell.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, delimiter), strict=True)

    header: list[str] | None = None
    rows: list[Row] = []
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return rows
        except csv.Error as error:
            # from None: Ansible would say the words of the cause a second time.
            raise AnsibleFilterError(f"The class list is not valid CSV at line {line}: {error} (is a quote not closed?).") from None
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [_fold(cell) for cell in cells]
            # Cells below an empty heading or a doubled one would be lost without a word, if they were needed.
            doubled = sorted({cell for cell in header if cell and header.count(cell) > 1})
            if doubled:
                raise AnsibleFilterError(f"The class list has more than one column called '{doubled[0]}'.")
            # Kept as a row without content, so that a list of nobody still has its columns checked.
            rows.append(Row(f"line {line}", dict.fromkeys(header, "")))
        elif len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            problems.add(f"line {line} has {len(cells)} cells where the header has {len(header)}")
        else:
            rows.append(Row(f"line {line}", dict(zip(header, cells, strict=False))))


def _rows_of_list(rows: t.Any, problems: Problems) -> list[Row]:
    """Take rows that are dictionaries already."""
    if not isinstance(rows, Sequence) or isinstance(rows, (bytes, bytearray)):
        raise AnsibleFilterError(f"The class list has to be CSV text or a list of rows, not {_kind(rows)} (of what read_csv returns, it is the key 'list').")
    read: list[Row] = []
    for number, row in enumerate(rows, start=1):
        label = f"row {number}"
        if not isinstance(row, Mapping):
            problems.add(f"{label} is {_kind(row)} and not a dictionary")
            continue
        # CSV readers hand on a byte order mark as part of the first heading.
        read.append(Row(label, {_fold(str(key).lstrip("\ufeff")): cell for key, cell in row.items()}))
    return read


def _delimiter(text: str, delimiter: str | None) -> str:
    if delimiter is None:
        header = next(line for line in text.splitlines() if line.strip())
        # max() keeps the first of equals: a list of one column is read with the comma.
        return max(",;\t", key=header.count)
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        raise AnsibleFilterError(f"The option delimiter has to be one character, not {delimiter!r}.")
    return delimiter


def _columns(rows: Iterable[Row]) -> list[str]:
    """Return the names of all columns, in the order they are first seen."""
    return list(dict.fromkeys(column for row in rows for column in row.cells if column))


def _find_column(columns: Sequence[str], option: str, what: str, wanted: str) -> str:
    if _fold(wanted) in columns:
        return _fold(wanted)
    raise AnsibleFilterError(
        f"The class list has no column '{wanted}' for {what}: its columns are {', '.join(columns)} (the option {option} says which one to take)."
    )


def _group_column(columns: Sequence[str], wanted: str | None) -> str | None:
    if wanted == "":
        return None
    if wanted is not None:
        return _find_column(columns, "group_column", "the groups", wanted)
    usual = [column for column in USUAL_GROUP_COLUMNS if column in columns]
    if len(usual) == 1:
        return usual[0]
    reason = "both a column 'group' and a column 'groups'" if usual else "no column 'group' or 'groups'"
    raise AnsibleFilterError(
        f"The class list has {reason}: its columns are {', '.join(columns)}"
        " (the option group_column says which one to take; an empty string is for a list without groups)."
    )


def _login_name(row: Row, column: str, problems: Problems) -> str | None:
    """Return the name as the hub would store it, or None when the row has none that can be used."""
    if column not in row.cells:
        problems.add(f"{row.label} has no cell for the column '{column}'")
        return None
    cell = row.cells[column]
    text = _text(cell)
    if text is None:
        problems.add(f"{row.label} has {_kind(cell)} for a name")
        return None
    if not text:
        problems.add(f"{row.label} has no name")
        return None
    name = text.lower()
    if not name.strip(".") or "/" in name or not name.isprintable():
        problems.add(f"{row.label} has the name {text!r}, which JupyterHub cannot store")
        return None
    return name


def _split(row: Row, column: str | None, separator: str, what: str, problems: Problems) -> list[str]:
    """Return the names in a cell, which may hold several of them or none."""
    if column is None:
        return []
    if column not in row.cells:
        problems.add(f"{row.label} has no cell for the column '{column}'")
        return []
    cell = row.cells[column]
    found: list[str] = []
    for part in cell if isinstance(cell, Sequence) and not isinstance(cell, (str, bytes)) else [cell]:
        text = _text(part)
        if text is None:
            problems.add(f"{row.label} has {_kind(part)} for a {what}")
            continue
        names = text.split(separator) if separator else [text]
        found.extend(name.strip() for name in names if name.strip())
    return found


def _check_group(group: str, label: str, spellings: dict[str, tuple[str, str]], problems: Problems) -> None:
    """Refuse what the hub would take and nobody means."""
    if group in {".", ".."} or not group.isprintable():
        problems.add(f"{label} has the group {group!r}, which JupyterHub cannot store")
        return
    first, first_label = spellings.setdefault(group.casefold(), (group, label))
    if first != group:
        problems.add(f"{label} has the group '{group}', which {first_label} writes '{first}'")


def _fill(names: Iterable[str], groups: Iterable[str]) -> set[str]:
    """Return the groups that the templates of a role mean in a row with these groups."""
    filled: set[str] = set()
    for name in names:
        if GROUP_PLACEHOLDER in name:
            filled.update(name.replace(GROUP_PLACEHOLDER, group) for group in groups)
        else:
            filled.add(name)
    return filled


def _templates(role_groups: t.Any) -> dict[str, list[str]]:
    if role_groups is None:
        return {}
    if not isinstance(role_groups, Mapping):
        raise AnsibleFilterError(f"The option role_groups has to be a dictionary of a role and its groups, not {_kind(role_groups)}.")
    templates: dict[str, list[str]] = {}
    for role, names in role_groups.items():
        texts = _texts(f"role_groups.{role}", names)
        for name in texts:
            rest = name.replace(GROUP_PLACEHOLDER, "")
            if "{" in rest or "}" in rest:
                raise AnsibleFilterError(f"The option role_groups has the group '{name}': only {GROUP_PLACEHOLDER} can stand in braces.")
        templates.setdefault(_fold(str(role)), []).extend(texts)
    return templates


def _texts(option: str, value: t.Any) -> list[str]:
    """Return a list of texts; one text stands for a list of it."""
    if value is None:
        return []
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Sequence) or not all(isinstance(item, str) and item.strip() for item in values):
        raise AnsibleFilterError(f"The option {option} has to be a list of names, not {value!r}.")
    return [item.strip() for item in values]


def _boolean(option: str, value: t.Any) -> bool:
    try:
        return bool(boolean(value))
    except TypeError:
        raise AnsibleFilterError(f"The option {option} has to be true or false, not {value!r}.") from None


def _text(cell: t.Any) -> str | None:
    """Return a cell as trimmed text, or None when it is neither text nor a number."""
    if cell is None:
        return ""
    # Login names that are matriculation numbers come out of YAML and JSON as numbers; `no` and `1.5` are accidents.
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    return cell.strip() if isinstance(cell, str) else None


def _is_filled(cell: t.Any) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell not in (None, [])


def _fold(column: str) -> str:
    return column.strip().casefold()


def _kind(value: t.Any) -> str:
    """Return what a value is, in the words of somebody who writes YAML."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {value!r}"
    if isinstance(value, Mapping):
        return "a dictionary"
    return "a list" if isinstance(value, Sequence) else f"a {type(value).__name__}"


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file by name."""
        return {"roster": roster}
