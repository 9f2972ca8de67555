# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages in a real Chromium: no script runs, nothing is loaded, every element is in its place
and readable.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.fleet import fleet_page
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.html import page

from tests.browser.samples import HOSTILE, drifted, everyday, healthy, hostile

BROWSER = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
PYTHON = os.environ.get("BROWSER_PYTHON") or str(
    pathlib.Path(".cache", "venv", "browser-3.11", "bin", "python")
)
pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="there is no chromium here (Debian: apt install chromium)"
)

# The widths of a desktop, of a phone, and of the smallest phone that is still sold.
WIDTHS = (1280, 390, 320)
# The width of A4 without margins, at 96 pixels per inch.
PAPER = 688
VIEWS = [
    *(("everyday", width, scheme) for width in WIDTHS for scheme in ("light", "dark")),
    *(("healthy", width, "light") for width in WIDTHS),
    *(("hostile", width, "light") for width in WIDTHS),
    ("hostile", 390, "dark"),
    *(("fleet", width, "light") for width in WIDTHS),
    ("fleet", 1280, "dark"),
    ("fleet", 800, "light"),
    *(("drifted", width, "light") for width in (800, 390)),
    *((name, PAPER, "paper") for name in ("everyday", "hostile", "drifted", "fleet")),
]
SAMPLES: dict[str, Callable[[], str]] = {
    "everyday": lambda: page(everyday()),
    "healthy": lambda: page(healthy()),
    "hostile": lambda: page(hostile()),
    "drifted": lambda: page(drifted()),
    "fleet": lambda: fleet_page(
        {
            "physics": drifted(),
            "biology": healthy(),
            HOSTILE[0]: hostile(),
            "law": {"msg": HOSTILE[1]},
            "arts": {},
        }
    ),
}
Where = tuple[str, int, str]
Seen = dict[Where, dict[str, Any]]


def look(wishes: list[dict[str, Any]], folder: pathlib.Path) -> list[dict[str, Any]]:
    """Return what the browser reports."""
    file = folder / "wishes.json"
    file.write_text(json.dumps(wishes), encoding="utf-8")
    script = pathlib.Path(__file__).with_name("look.py")
    done = subprocess.run(
        [PYTHON, str(script), str(file), str(BROWSER)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Open every page with all findings open."""
    folder = tmp_path_factory.mktemp("pages")
    for name, sample in SAMPLES.items():
        (folder / f"{name}.html").write_text(sample(), encoding="utf-8")
    wishes = [
        {
            "page": str(folder / f"{name}.html"),
            "width": width,
            "open": True,
            **({"scheme": "light", "media": "print"} if scheme == "paper" else {"scheme": scheme}),
        }
        for name, width, scheme in VIEWS
    ]
    return dict(zip(VIEWS, look(wishes, folder), strict=True))


def faults(seen: Seen, what: str) -> dict[Where, Any]:
    """Return the pages on which this problem was found."""
    return {where: one[what][:5] for where, one in seen.items() if one[what]}


def test_nothing_is_loaded(seen: Seen) -> None:
    assert faults(seen, "requests") == {}
    assert faults(seen, "links") == {}


def test_nothing_runs(seen: Seen) -> None:
    assert faults(seen, "handlers") == {}
    assert {one["title"] for one in seen.values() if one["title"] == "owned"} == set()
    assert not any(
        {"script", "img", "iframe", "object", "embed", "a", "form"} & set(one["elements"])
        for one in seen.values()
    )


def test_the_browser_has_nothing_to_complain_about(seen: Seen) -> None:
    assert faults(seen, "messages") == {}


def test_the_style_is_in_force(seen: Seen) -> None:
    assert {one["styled"] for where, one in seen.items() if where[2] != "paper"} == {"992px"}


def test_nothing_runs_out_of_its_place(seen: Seen) -> None:
    assert faults(seen, "overflows") == {}


def test_no_word_of_a_table_is_broken_in_two(seen: Seen) -> None:
    friendly = {where: one for where, one in seen.items() if where[0] != "hostile"}
    assert faults(friendly, "broken") == {}


def test_nothing_lies_over_anything_else(seen: Seen) -> None:
    assert faults(seen, "overlaps") == {}


def test_the_page_is_accessible(seen: Seen) -> None:
    """axe-core checks contrast, names, order and landmarks."""
    assert faults(seen, "faults") == {}


def test_the_first_screen_says_what_is_wrong(seen: Seen) -> None:
    for width in WIDTHS:
        start = seen["everyday", width, "light"]["text"][:400]
        assert "Three things need attention now. One is new since 18 November 2026." in start
        assert "3\nhigh, 1 new" in start


def test_a_bad_page_would_be_found(tmp_path: pathlib.Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<title>t</title><main><img src='http://127.0.0.1:9/x' onerror='document.title=1'><p"
        " style='color:#aaa'>pale</p><p style='width:3000px'>wide</p><h1>one</h1><h1"
        " style='margin-top:-30px'>two</h1><script>document.title='owned'</script></main>",
        encoding="utf-8",
    )
    (found,) = look([{"page": str(bad), "width": 390, "scheme": "light"}], tmp_path)
    assert found["requests"] == ["http://127.0.0.1:9/x"]
    assert found["title"] == "1"
    assert all(
        found[what] for what in ("messages", "handlers", "links", "overflows", "overlaps", "faults")
    ), found
