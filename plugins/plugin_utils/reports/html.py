# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The page: one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import typing as t

import jinja2
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    NotAssessed,
    Report,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports import words
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.charts import charts
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.tasks import to_yaml
from markupsafe import Markup, escape

TEMPLATES = os.path.join(os.path.dirname(__file__), "templates")
# A finding with more subjects than this says how many more there are: the page is for reading.
MOST_ROWS = 200


class Blank(t.TypedDict):
    """Checks that were not made for one and the same reason."""

    checks: list[str]
    reason: str
    scope: str | None


def page(report: Report) -> str:
    """:returns: the page of one hub."""
    findings = [
        {**finding, "rows": list(zip(finding["subjects"], finding["evidence"]))}
        for finding in report["findings"]
    ]
    return render(
        "page.html.j2",
        {
            **report,
            "findings": findings,
            "verdict": words.verdict(report),
            "counts": words.counted(report),
            "charts": charts(report["figures"]),
            "blanks": blanks(report["not_assessed"]),
            "compared": report["baseline"] is not None,
            "most_rows": MOST_ROWS,
        },
    )


def blanks(not_assessed: t.Sequence[NotAssessed]) -> list[Blank]:
    """:returns: what was not assessed, with the checks of one reason together."""
    found: dict[tuple[str, str | None], Blank] = {}
    for one in not_assessed:
        key = (one["reason"], one["scope"])
        blank = found.setdefault(
            key, {"checks": [], "reason": one["reason"], "scope": one["scope"]}
        )
        blank["checks"].append(one["check"])
    return list(found.values())


def render(template: str, values: dict[str, object]) -> str:
    """:returns: a page made from a template beside this file."""
    style = _style()
    # With its hash in the policy, no other style, and no attribute with one, has any effect.
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        _environment()
        .get_template(template)
        .render(
            # Ours: it holds nothing that has to be escaped.
            style=Markup(style),  # noqa: S704 - see above
            style_hash=f"sha256-{digest}",
            **values,
        )
    )


@functools.lru_cache(maxsize=1)
def _style() -> str:
    with open(os.path.join(TEMPLATES, "page.css"), encoding="utf-8") as file:
        return file.read()


@functools.lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        name=words.name,
        day=words.day,
        day_and_time=words.day_and_time,
        host=words.host_of,
        count=words.count,
        tasks=_tasks,
    )
    return environment


def _shown(value: object) -> object:
    """Make every text that a template puts out plain, whether or not the template thinks of it."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else words.plain(value)


def _tasks(tasks: t.Sequence[t.Mapping[str, object]]) -> Markup:
    """:returns: tasks as YAML, escaped, with its line ends."""
    return escape(to_yaml(list(tasks)).rstrip("\n"))
