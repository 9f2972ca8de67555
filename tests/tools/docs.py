# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation site below ``.cache/docs/html``, and check every internal link.

``python -m tests.tools.docs`` in the environment docs. A warning of antsibull-docs or Sphinx is a
failure, and so is a broken link.
"""

from __future__ import annotations

import html.parser
import os
import pathlib
import shutil
import subprocess
import sys
from urllib.parse import unquote, urlsplit

from tests.running import ROOT, link_collection

SITE = ROOT / "docs" / "site"
GUIDES = ROOT / "docs" / "docsite" / "rst"
PLACE = ROOT / ".cache" / "docs"
# antsibull-docs writes the collection's pages below this folder.
COLLECTION = "collection"


class Page(html.parser.HTMLParser):
    """The links of a page, and the anchors in it."""

    def __init__(self, text: str) -> None:
        """Parse a page."""
        super().__init__()
        self.links: set[str] = set()
        self.places: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the links and anchors of a tag."""
        for name, value in attrs:
            if value and name == "id":
                self.places.add(value)
            elif value and ((tag, name) == ("a", "href") or name == "src"):
                self.links.add(value)


def run(*command: str | pathlib.Path) -> None:
    """Run a program of the environment; raise SystemExit if it fails."""
    program = pathlib.Path(sys.executable).with_name(str(command[0]))
    path = f"{program.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(link_collection()), "PATH": path}
    done = subprocess.run([program, *command[1:]], cwd=PLACE, env=environment, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]}: exit status {done.returncode}")


def build() -> pathlib.Path:
    """Build the site; return the folder of its pages."""
    shutil.rmtree(PLACE, ignore_errors=True)
    source = PLACE / "rst"
    shutil.copytree(SITE, source)
    for folder in (PLACE, source, source / COLLECTION):
        folder.mkdir(exist_ok=True)
        # antsibull-docs only writes to a folder that no other user can write to.
        folder.chmod(0o700)
    antsibull = [
        "antsibull-docs",
        "collection",
        "--use-current",
        "--squash-hierarchy",
        "--fail-on-error",
    ]
    run(*antsibull, "--dest-dir", source / COLLECTION, "hubops.jupyterhub")
    # antsibull-docs copies only the text files of the guides.
    shutil.copytree(GUIDES / "images", source / COLLECTION / "docsite" / "images")
    run("sphinx-build", "-q", "-W", "--keep-going", "-b", "html", source, PLACE / "html")
    return PLACE / "html"


def broken_links(site: pathlib.Path) -> list[str]:
    """Return all links to a page, file or anchor that does not exist on the site."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    broken = []
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            # The theme links to the root of the web server on which the site will be.
            if parts.scheme or parts.netloc or link == "/":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = target in pages and unquote(parts.fragment) in pages[target].places
            if not there and not (target.is_file() and target not in pages):
                broken.append(f"{path.relative_to(site)}: {link}")
    return broken


def main() -> int:
    """Build and check; return the exit status."""
    site = build()
    broken = broken_links(site)
    print(*(f"leads nowhere: {link}" for link in broken), sep="\n", end="\n" if broken else "")
    print(
        f"{site.relative_to(ROOT)}: {len(list(site.rglob('*.html')))} pages,"
        f" {'not ' if broken else ''}in order"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
