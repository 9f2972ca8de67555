# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create the pictures of the documentation: ``python -m tests.browser`` in the environment
``test``.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from tests.running import ROOT, link_collection
from tests.tools.environments import environment

PICTURES = ROOT / "docs" / "docsite" / "rst" / "images"


def main() -> int:
    """Draw the report of the invented audit, in light and dark colors."""
    sys.path.insert(0, str(link_collection()))
    from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.html import page

    from tests.browser.samples import everyday

    browser = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if browser is None:
        print("there is no chromium here (Debian: apt install chromium)", file=sys.stderr)
        return 1
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        file = pathlib.Path(folder, "audit.html")
        file.write_text(page(everyday()), encoding="utf-8")
        wishes = [
            {
                "page": str(file),
                "width": 1060,
                "height": 1180,
                "scheme": scheme,
                "picture": str(PICTURES / f"audit{end}.png"),
                "whole": False,
            }
            for scheme, end in (("light", ""), ("dark", "-dark"))
        ]
        wish_file = pathlib.Path(folder, "wishes.json")
        wish_file.write_text(json.dumps(wishes), encoding="utf-8")
        python = environment("browser") / "bin" / "python"
        subprocess.run(
            [python, pathlib.Path(__file__).with_name("look.py"), wish_file, browser],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
