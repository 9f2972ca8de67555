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
  - Login names are trimmed and lower-cased, as the hub stores them. A person in several rows
    becomes one user who is in all of these groups. Empty rows are skipped.
  - The result is sorted, so that the same people give the same result whatever the order of the
    rows.
  - If rows cannot be used, the filter fails with a message that names each of them and the option
    that helps. Nothing is left out silently.
positional: _input
options:
  _input:
    description:
      - The class list.
      - A string is read as CSV. It must have a header line. Titles above the header are skipped,
        as well as a line C(sep=;). Rows are then counted as lines of the file.
      - The text is UTF-8, with a byte order mark or without, or UTF-16 with a byte order mark.
        Other encodings, workbooks and web pages are refused with a message that says what the file
        is.
      - A list must contain dictionaries, for example the C(list) that C(community.general.read_csv)
        returns, or a list written in YAML. Rows are then counted from one. A cell with several
        groups may be a list.
    type: raw
    required: true
  name_column:
    description:
      - The column of the login names.
      - Upper and lower case and surrounding spaces do not matter in the names of columns.
      - Names with a comma or a space, such as V(Brook, Tilda), are names of people, not login
        names. They are refused, unless O(stored_names) has them. So are what a spreadsheet shows in
        place of a value, such as V(#REF!) or V(1.23E+11), formulas, links, and lines of totals.
    type: str
    default: name
  group_column:
    description:
      - The column of the groups, or a list of columns.
      - If it is not set, the column is C(group) or C(groups), whichever exists.
      - An empty string, or an empty list, means a class list without groups.
    type: raw
  group_separator:
    description:
      - What separates the groups, or the roles, in one cell, or a list of separators.
      - If it is not set, a group that contains a comma or a vertical bar is refused, because it
        looks like several groups.
      - An empty string, or an empty list, means that a cell is always one name.
    type: raw
    default: ;
  own_groups:
    description:
      - Whether people become members of the groups in their rows.
      - With V(false), these names are only used for C({group}) in O(role_groups). Courses of
        nbgrader, for example, have the groups C(formgrade-course101) and C(nbgrader-course101), but
        no group C(course101).
    type: bool
    default: true
  users_mode:
    description:
      - The C(users_mode) of every group of the result. If it is not set, the groups do not have
        this key, and the members of a group are exactly those of the class list.
    type: str
    choices: [exact, present, absent]
  role_column:
    description:
      - The column of the roles.
      - It is read, and must exist, only if O(admin_roles) or O(role_groups) is set.
    type: str
    default: role
  admin_roles:
    description:
      - Roles that make a person an administrator of the whole hub. Upper and lower case do not
        matter.
      - It is empty by default, so a class list alone never creates an administrator.
      - Users without such a role get no C(admin) key, so their admin status on the hub is not
        changed, unless O(demote_others=true).
    type: list
    elements: str
    default: []
  demote_others:
    description:
      - Whether everyone on the class list without one of the O(admin_roles) gets V(false) for
        C(admin), and so is no longer an administrator.
    type: bool
    default: false
  role_groups:
    description:
      - Groups to which a role adds a person, in addition to the groups of the row. The key is the
        role, ignoring case. The value is the name of a group or a list of them.
      - C({group}) in a name is replaced by each group of the row.
      - These groups are part of the result even if they have no members, so that the last person
        who loses a role is also removed from its group.
      - Roles that are not listed here have no effect. A role that is listed here but that no row
        has causes a warning, or an error if a row has a role that is spelled almost the same.
    type: dict
    default: {}
  only:
    description:
      - The rows to use, by column. The value is what the cell must contain, or a list of such
        values. Other rows are skipped.
      - Upper and lower case do not matter. C(*) matches any text and C(?) any character, so C(?*)
        is a cell that is not empty. An empty value is an empty cell.
      - With several columns, all of them must match. If no row is left, the filter fails.
    type: dict
    default: {}
  skip_without_name:
    description:
      - Whether rows without a login name, such as a line of totals, are skipped. Otherwise they are
        an error.
    type: bool
    default: false
  keep_case:
    description:
      - Whether login names keep their upper-case letters, for hubs whose authenticator does not
        lower-case names.
    type: bool
    default: false
  stored_names:
    description:
      - Names on the hub by login names, for hubs with a C(username_map). The result has the names
        on the hub.
    type: dict
    default: {}
  delimiter:
    description:
      - What separates the cells, if O(_input) is CSV text.
      - If it is not set, it is the comma, the semicolon or the tab, whichever gives a header line
        with the needed columns.
    type: str
notes:
  - Save the class list as UTF-8.
  - Names that look the same but for upper and lower case, because their accents, widths or spaces
    are encoded differently, are two names for the hub. In one class list this is treated as a
    mistake, and refused.
  - Text of a class list is never evaluated as a template.
seealso:
  - ref: ansible_collections.hubops.jupyterhub.docsite.guide_class_lists
    description: Class lists of Canvas, Moodle, Sakai, Blackboard and others.
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

- name: Only who is enrolled, by the login name that the hub has stored, and no line of totals
  ansible.builtin.debug:
    msg: >-
      {{
        lookup('ansible.builtin.file', 'export.csv') | hubops.jupyterhub.roster(
          name_column='SIS Login ID',
          group_column=['Section', 'Project'],
          group_separator=[', and ', ' and ', ','],
          only={'Status': ['enrolled', 'auditing']},
          skip_without_name=true,
          stored_names={'tilda.brook@example.edu': 'tbrook'},
        )
      }}

- name: A course of nbgrader, whose groups also have members that are not on the class list
  ansible.builtin.debug:
    msg: >-
      {{
        lookup('ansible.builtin.file', 'class_list.csv') | hubops.jupyterhub.roster(
          own_groups=false,
          role_groups={'instructor': 'formgrade-{group}', 'student': 'nbgrader-{group}'},
          users_mode='present',
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
      description: One item for each person, sorted by name, for the option
        O(hubops.jupyterhub.jupyterhub_user#module:users).
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
      description: One item for each group, sorted by name, for the option
        O(hubops.jupyterhub.jupyterhub_group#module:groups).
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
        users_mode:
          description: The O(users_mode).
          type: str
          returned: when it is given
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

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.options import parse
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.people import (
    Group,
    User,
    people,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.problems import RosterError


class Roster(t.TypedDict):
    """What the filter returns."""

    users: list[User]
    groups: list[Group]


def roster(rows: object, **options: object) -> Roster:
    """Return the users and the groups of a class list."""
    try:
        found = people(rows, parse(options))
    except RosterError as error:
        # from None: Ansible would say the words of the cause a second time.
        raise AnsibleFilterError(str(error)) from None
    for warning in found.warnings:
        Display().warning(warning)
    return {"users": found.users, "groups": found.groups}


class RosterOrProblem(Roster):
    """What the filter returns, and why it returns nothing: a sentence, or empty text."""

    problem: str


def roster_or_problem(rows: object, **options: object) -> RosterOrProblem:
    """Return what ``roster`` does, or the sentence with which it fails.

    For the collection's own playbooks: a task that fails with the sentence shows it once,
    where Ansible surrounds the error of a filter with thirty lines of its own.
    """
    try:
        return {**roster(rows, **options), "problem": ""}
    except AnsibleFilterError as error:
        return {"users": [], "groups": [], "problem": str(error)}


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, t.Callable[..., Roster]]:
        """Return the filters of this file by name; the second is private to the collection."""
        return {"roster": roster, "roster_or_problem": roster_or_problem}
