# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The report as a table for a spreadsheet: one line for each subject of each finding."""

from __future__ import annotations

import csv
import io
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import Report
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.words import plain

COLUMNS = ("state", "severity", "check", "title", "subject", "detail", "since")
# A spreadsheet takes a cell that begins so for a formula; the last four are the wide forms of the
# first.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def table(report: Report) -> str:
    """:returns: CSV, with what is gone, ignored and not assessed as well."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in _rows(report):
        writer.writerow([cell(value) for value in row])
    return file.getvalue()


def _rows(report: Report) -> t.Iterator[tuple[object, ...]]:
    for finding in report["findings"]:
        head = (finding["severity"], finding["check"], finding["title"])
        for subject, evidence in zip(finding["subjects"], finding["evidence"]):
            state = "new" if subject in finding["new_subjects"] else "still"
            yield (state, *head, subject, evidence, finding["since"])
    for gone in report["gone"]:
        for subject in gone["subjects"]:
            yield ("gone", gone["severity"], gone["check"], gone["title"], subject, "", "")
    for ignored in report["ignored"]:
        for subject in ignored["subjects"]:
            yield ("ignored", "", ignored["check"], "", subject, ignored["reason"], "")
    for blank in report["not_assessed"]:
        yield ("not assessed", "", blank["check"], "", "", blank["reason"], "")


def cell(value: object) -> str:
    """:returns: a cell that is text to a spreadsheet, whatever it holds."""
    text = plain(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text
