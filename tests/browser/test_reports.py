# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports in every form are complete, and safe even if other people's names and notes contain
code.
"""

from __future__ import annotations

import csv
import io
import json
import pathlib
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser

import pytest
import yaml
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.baseline import (
    parse,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    Report,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports import render, words
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.files import REPORTS, check
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.fleet import rows
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.html import page
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.markdown import markdown
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.prometheus import metrics
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.table import table
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.tasks import to_yaml
from markdown_it import MarkdownIt

from tests.browser.samples import HOSTILE, everyday, healthy, hostile, report

TEXTS = {ending: write(hostile()) for ending, write in render.FORMATS.items()}


@pytest.mark.parametrize("ending", render.FORMATS)
@pytest.mark.parametrize("sample", [everyday, healthy, hostile])
def test_every_form_can_be_encoded_and_moves_no_cursor(ending: str, sample: object) -> None:
    text = render.FORMATS[ending](sample())  # type: ignore[operator]  # one of three functions
    if ending == ".json":
        assert text.isascii()
    # Control characters, half surrogates, and marks that reverse text or are invisible.
    assert (
        re.findall(
            r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200b\u202a-\u202e\u2066-\u2069]", text
        )
        == []
    )
    text.encode()


def test_json_is_the_report_itself_and_can_be_a_baseline() -> None:
    kept = json.loads(render.as_json(everyday()))
    assert kept == everyday()
    earlier = parse(render.as_json(everyday()), "audit.json")
    assert [one["check"] for one in earlier["findings"]] == [
        one["check"] for one in everyday()["findings"]
    ]
    assert earlier["read_at"] == everyday()["hub"]["read_at"]


class Tags(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record a tag."""
        self.tags.add(tag)
        self.attributes |= {name for name, dummy in attrs}

    def handle_data(self, data: str) -> None:
        """Record text."""
        self.text.append(data)


def test_strangers_add_no_tag_and_no_attribute_to_the_page() -> None:
    usual, evil = Tags(page(everyday())), Tags(TEXTS[".html"])
    assert evil.tags <= usual.tags
    assert evil.attributes <= usual.attributes
    assert not evil.tags & {"script", "img", "a", "link", "iframe", "object", "form", "base"}
    assert not [
        name
        for name in evil.attributes
        if name.startswith("on") or name in ("style", "href", "src")
    ]


def test_the_page_shows_the_names_as_they_are_written() -> None:
    text = "".join(Tags(TEXTS[".html"]).text)
    for name in HOSTILE:
        assert words.name(name) in text, name


def test_the_page_allows_its_own_style_and_nothing_else() -> None:
    (policy,) = re.findall(
        r'http-equiv="Content-Security-Policy" content="([^"]*)"', TEXTS[".html"]
    )
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'",
        policy.replace("&#39;", "'"),
    )


def test_markdown_makes_of_strangers_text_no_link_no_picture_no_heading_and_no_html() -> None:
    tokens = (
        MarkdownIt("gfm-like", {"linkify": False, "html": True}).enable("table").parse(TEXTS[".md"])
    )
    flat = [*tokens, *(child for token in tokens for child in token.children or ())]
    assert not {token.type for token in flat} & {
        "link_open",
        "image",
        "html_inline",
        "html_block",
        "table_open",
        "fence",
        "hr",
        "blockquote_open",
    }
    headings = [
        following.content
        for token, following in zip(tokens, tokens[1:])
        if token.type == "heading_open"
    ]
    assert all(
        re.match(
            r"Audit of |Critical: |High: |Gone$|Shown, not judged$|Ignored$|Not assessed$", one
        )
        for one in headings
    ), headings
    # Text outside code spans is our own, so that platforms do not turn names into links or
    # mentions.
    bare = " ".join(
        child.content for token in tokens for child in token.children or () if child.type == "text"
    )
    assert not re.search(r"@|://|www\.|[<>|\[\]`]", bare)


def test_markdown_shows_what_the_report_holds() -> None:
    text = markdown(everyday())
    for finding in everyday()["findings"]:
        assert finding["check"] in text
        assert all(f"`{subject}`" in text for subject in finding["subjects"][:50])
    assert "and 3 more" in text


def test_no_cell_of_the_table_is_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(TEXTS[".csv"])))
    assert {len(row) for row in rows} == {len(rows[0])}
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.lstrip()[:1] in ("=", "+", "-", "@", "\t", "\r")] == []
    assert [cell for cell in cells if "\n" in cell or "\r" in cell] == []


def test_the_table_has_a_line_for_every_subject_and_for_what_is_not_a_finding() -> None:
    rows = list(csv.DictReader(io.StringIO(table(everyday()))))
    assert len([row for row in rows if row["state"] in ("new", "still")]) == sum(
        len(one["subjects"]) for one in everyday()["findings"]
    )
    assert [row["subject"] for row in rows if row["state"] == "gone"] == ["old-culler"]
    assert [row["subject"] for row in rows if row["state"] == "ignored"] == ["ada/backup"]
    assert {row["check"] for row in rows if row["state"] == "not assessed"} == {
        "SHR-3",
        "ADM-5",
        "SRV-4",
    }


def test_metrics_are_numbers_with_labels_of_our_own() -> None:
    sample = re.compile(r'jupyterhub_audit_\w+\{(\w+="(?:[^"\\]|\\["\\])*",?)+\} \d+')
    lines = [line for line in TEXTS[".prom"].splitlines() if not line.startswith("#")]
    assert [line for line in lines if not sample.fullmatch(line)] == []
    assert not any(
        words.name(name) in TEXTS[".prom"]
        for name in HOSTILE
        if len(name) > 1 and name not in HOSTILE[:2]
    )
    counts = metrics(everyday())
    assert 'jupyterhub_audit_findings{hub="hub.example.org",severity="high"} 3' in counts
    assert (
        'jupyterhub_audit_subjects{hub="hub.example.org",check="USR-2",severity="low"} 53' in counts
    )


class Marked(str):
    """Text that Ansible does not render as a template."""


class Loader(yaml.SafeLoader):
    """Reads ``!unsafe`` as Ansible does."""


def marked(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Marked:
    """Return a scalar that is marked as unsafe."""
    return Marked(loader.construct_scalar(node))


Loader.add_constructor("!unsafe", marked)


def test_fixes_are_read_back_as_they_were_and_nothing_in_them_is_a_template() -> None:
    given = [task for finding in hostile()["findings"] for task in finding["fix"]]
    found = yaml.load(TEXTS[".yml"], Loader)
    assert found == given
    users = found[0]["hubops.jupyterhub.jupyterhub_user"]["users"]
    safe = [user["name"] for user in users if isinstance(user["name"], Marked)]
    assert safe == [name for name in HOSTILE if re.search(r"\{[{%#]|#jinja2", name)]


@pytest.mark.parametrize(
    "text",
    [
        "on",
        "007",
        "1e3",
        "null",
        "~",
        "",
        "a: b",
        "- x",
        "#no",
        "yes",
        "0x1f",
        "2026-01-01",
        "é",
        "😀",
        "a\tb",
        "'",
        '"',
        "\\",
    ],
)
def test_text_stays_text_in_yaml(text: str) -> None:
    assert yaml.safe_load(to_yaml([{"key": text, "list": [text]}])) == [
        {"key": text, "list": [text]}
    ]


def test_fixes_of_no_finding_are_an_empty_list() -> None:
    assert yaml.safe_load(render.fixes(healthy())) == []


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "Nothing was found."),
        (
            {"not_assessed": [{"check": "ADM-1", "reason": "x", "scope": None}]},
            "Nothing was found in the parts that were checked.",
        ),
    ],
)
def test_the_verdict_of_a_clean_hub(changes: dict[str, object], verdict: str) -> None:
    assert words.verdict(report([], **changes)) == verdict


def test_the_verdict_says_what_is_urgent_and_what_is_new() -> None:
    assert (
        words.verdict(everyday())
        == "Three things need attention now. One is new since 18 November 2026."
    )
    calm = everyday()
    calm["findings"] = [one for one in calm["findings"] if one["severity"] in ("medium", "low")]
    assert (
        words.verdict(calm)
        == "Nothing is urgent. 2 findings can be fixed later. One is new since 18 November 2026."
    )


@pytest.mark.parametrize(
    ("version", "checks"),
    [("4.0.2", ("DRF-1", "DRF-2", "DRF-4", "DRF-6")), ("6.1.1", [f"DRF-{n}" for n in range(1, 7)])],
)
def test_what_no_check_has_looked_at_is_not_assessed(version: str, checks: Sequence[str]) -> None:
    """Older hubs have fewer checks."""
    told = healthy()
    told["hub"]["version"] = version
    told["not_assessed"] = [
        {"check": check, "reason": "Nothing is declared.", "scope": None} for check in checks
    ]
    (row,) = rows({"hub": told})
    cells = {cell["area"]: cell["text"] for cell in row["cells"]}
    assert (cells["Drift"], cells["Shares"]) == ("not assessed", "nothing")


@pytest.mark.parametrize("ending", render.FORMATS)
@pytest.mark.parametrize("sample", [everyday, healthy, hostile])
def test_a_report_replaces_an_earlier_one(
    ending: str, sample: Callable[[], Report], tmp_path: pathlib.Path
) -> None:
    path = tmp_path / f"audit{ending}"
    path.write_text(render.FORMATS[ending](sample()), encoding="utf-8", errors="backslashreplace")
    assert check([str(path)], REPORTS) == [str(path)]
