# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open pages in a headless Chromium and report what it saw, as JSON: ``look.py WISHES.json
BROWSER``.

It runs in the environment ``browser``, which has playwright and axe-core. WISHES is a list of
``{"page": path, "width": pixels, "scheme": "light" | "dark", "picture": path | null, "open": bool,
"media": "print" | null}``. ``open`` opens every finding first; ``whole: false`` and ``height`` take
a picture of the first screen only. The answer is a list in the same order.
"""

from __future__ import annotations

import json
import pathlib
import sys
import tempfile
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, sync_playwright

# The browser's background requests are turned off, because their failures would fill the log. The
# reports themselves need no network.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HEIGHT = 900
TALLEST = 12_000

# Elements outside their box: text that is cut or overlaps its neighbour, and anything that makes
# the page wider than the screen.
OVERFLOWS = """() => {
  const found = [];
  const wide = document.documentElement;
  if (wide.scrollWidth > wide.clientWidth) found.push(`the page is ${wide.scrollWidth} wide, the screen ${wide.clientWidth}`);
  for (const one of document.querySelectorAll("main *")) {
    const box = one.getBoundingClientRect();
    if (!box.width || !box.height || !one.checkVisibility()) continue;
    const scrolls = one.closest("pre");
    if (!scrolls && (box.right > wide.clientWidth + 1 || box.left < -1)) found.push(`${one.outerHTML.slice(0, 80)} leaves the screen`);
    if (scrolls || one.closest("svg")) continue;
    if (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline") found.push(`${one.outerHTML.slice(0, 80)} is too narrow`);
  }
  return found;
}"""
# Blocks that overlap although neither is inside the other.
OVERLAPS = """() => {
  const blocks = [...document.querySelectorAll("h1, h2, h3, p, .tile, figure, summary > span, .subjects li > span, pre, td, th, svg text")]
    .map((one) => [one, one.getBoundingClientRect()]).filter(([one, box]) => box.width > 1 && box.height > 1 && one.checkVisibility());
  const found = [];
  for (let i = 0; i < blocks.length; i++) for (let j = i + 1; j < Math.min(blocks.length, i + 40); j++) {
    const [[a, p], [b, q]] = [blocks[i], blocks[j]];
    if (a.contains(b) || b.contains(a)) continue;
    const x = Math.min(p.right, q.right) - Math.max(p.left, q.left), y = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    if (x > 2 && y > 2) found.push(`${a.tagName} "${a.textContent.trim().slice(0, 30)}" and ${b.tagName} "${b.textContent.trim().slice(0, 30)}"`);
  }
  return found;
}"""

# Words of a table that are broken over two lines. Long words and names may be.
BROKEN = """() => {
  const found = [];
  for (const cell of document.querySelectorAll("thead th, td:not([colspan])")) {
    if (!cell.checkVisibility()) continue;
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) for (const word of texts.currentNode.data.matchAll(/\\w{2,12}/g)) {
      if (texts.currentNode.parentElement.closest("code")) continue;
      const range = document.createRange();
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].length);
      if (range.getClientRects().length > 1) found.push(word[0]);
    }
  }
  return found;
}"""

# Attributes that run code or set a style.
HANDLERS = """() => [...document.querySelectorAll("*")].flatMap((one) => [...one.attributes])
  .map((one) => one.name).filter((name) => /^on|^style$/.test(name))"""


def look(context: BrowserContext, wish: dict[str, Any]) -> dict[str, Any]:
    """Open one page; return its errors, its requests and its layout."""
    page = context.new_page()
    requests: list[str] = []
    messages: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("dialog", lambda dialog: messages.append(f"dialog {dialog.message}"))
    page.set_viewport_size({"width": wish["width"], "height": wish.get("height", HEIGHT)})
    page.emulate_media(color_scheme=wish["scheme"], media=wish.get("media"))
    page.goto(pathlib.Path(wish["page"]).as_uri(), wait_until="load")
    if wish.get("open"):
        page.evaluate(
            "() => document.querySelectorAll('details').forEach((one) => { one.open = true; })"
        )
    page.wait_for_timeout(100)
    seen: dict[str, Any] = {
        "requests": requests[1:],
        "messages": list(messages),
        "title": page.title(),
        "text": page.inner_text("body"),
        "elements": page.evaluate(
            "() => [...new Set([...document.querySelectorAll('*')].map((one) =>"
            " one.tagName.toLowerCase()))]"
        ),
        "handlers": page.evaluate(HANDLERS),
        "links": page.evaluate(
            "() => [...document.querySelectorAll('[href], [src]')].map((one) => one.outerHTML)"
        ),
        "overflows": page.evaluate(OVERFLOWS),
        "overlaps": page.evaluate(OVERLAPS),
        "broken": page.evaluate(BROKEN),
        "styled": page.evaluate(
            "() => getComputedStyle(document.querySelector('main') ?? document.body).maxWidth"
        ),
        "height": page.evaluate("() => document.documentElement.scrollHeight"),
    }
    if wish.get("picture"):
        # The browser limits the size of a picture of the whole page.
        page.screenshot(
            path=wish["picture"], full_page=wish.get("whole", True) and seen["height"] < TALLEST
        )
    if wish.get("pdf"):
        page.pdf(path=wish["pdf"], prefer_css_page_size=True, print_background=True)
    # axe-core comes last, because it adds a script of its own to the page.
    answer = Axe().run(page)
    seen["faults"] = [
        f"{one['id']}: {node['html'][:200]}"
        for one in answer.response["violations"]
        for node in one["nodes"]
    ]
    page.close()
    return seen


def main(wishes: list[dict[str, Any]], browser: str) -> list[dict[str, Any]]:
    """Open all pages with one browser."""
    with tempfile.TemporaryDirectory(prefix="browser-") as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=browser, headless=True, args=FLAGS
        )
        found = [look(context, wish) for wish in wishes]
        context.close()
    return found


if __name__ == "__main__":
    print(
        json.dumps(
            main(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")), sys.argv[2])
        )
    )
