# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The forms that a report can have, by the ending of its file. All are made of the same result."""

from __future__ import annotations

import json
import os
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit import baseline
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    REPORT_KEYS,
    Report,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.html import page
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.markdown import markdown
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.prometheus import (
    PREFIX,
    metrics,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.table import (
    COLUMNS,
    table,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.tasks import to_yaml

FIXES = "# Tasks that would fix the findings of this audit."


def as_json(report: Report) -> str:
    """:returns: the result itself, which is also what a later audit takes as its baseline."""
    return json.dumps(report, indent=2, sort_keys=True) + "\n"


def fixes(report: Report) -> str:
    """:returns: the fixes of all findings as a file of tasks, to be read before it is run."""
    lines = [
        "---",
        f"{FIXES} Read each task before you run it.",
        "# They expect hub_url and a token that can write from module_defaults or the environment.",
    ]
    tasks = [task for finding in report["findings"] for task in finding["fix"]]
    return "\n".join(lines) + "\n" + to_yaml(tasks)


# How reports begin: people keep files of their own with these endings, such as class lists,
# variables and notes. JSON is read.
BEGINNINGS = {
    ".md": "# Audit of ",
    ".html": "<!doctype html>",
    ".csv": ",".join(f'"{column}"' for column in COLUMNS),
    ".prom": f"# HELP {PREFIX}_",
    ".yml": f"---\n{FIXES}",
}
# Every page of an audit has it in its head.
PAGE = '<p class="over">JupyterHub audit</p>'
FORMATS: dict[str, t.Callable[[Report], str]] = {
    ".json": as_json,
    ".md": markdown,
    ".html": page,
    ".csv": table,
    ".prom": metrics,
    ".yml": fixes,
}


def ending_of(path: str) -> str:
    """:returns: the ending of a path, which selects the form of a report."""
    return os.path.splitext(path)[1].lower()


def report_of(result: t.Mapping[str, object]) -> Report | None:
    """:returns: what the reports need of a module's result; None when it holds no audit.

    A failed task returns no keys without a value, so that the baseline may be missing.
    """
    whole = {"baseline": None, **result}
    if any(key not in whole for key in REPORT_KEYS):
        return None
    return t.cast(Report, {key: whole[key] for key in REPORT_KEYS})


def is_report(ending: str, text: str) -> bool:
    """Whether a file was written by an audit.

    :param ending: one of those of FORMATS.
    """
    if ending == ".json":
        try:
            return bool(baseline.parse(text, ""))
        except RefusedError:
            return False
    return text.startswith(BEGINNINGS[ending]) and (ending != ".html" or PAGE in text)
