# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install JupyterHub's usual proxy below ``.cache/npm``, from its locked requirements: ``python -m
tests.tools.node_proxy``. It needs node and npm.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys

from tests.tools.environments import ROOT

REQUIREMENTS = ROOT / "requirements" / "proxy"
PLACE = ROOT / ".cache" / "npm" / "proxy"


def node_proxy() -> pathlib.Path | None:
    """Return the folder of the proxy, which is installed if needed; None if there is no node or no
    npm, or if npm cannot install it.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    files = [REQUIREMENTS / name for name in ("package.json", "package-lock.json")]
    stamp = PLACE / ".stamp"
    wanted = "".join(file.read_text(encoding="utf-8") for file in files)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return PLACE
    PLACE.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy(file, PLACE)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    if subprocess.run(command, cwd=PLACE, stdout=sys.stderr, check=False).returncode:
        return None
    stamp.write_text(wanted, encoding="utf-8")
    return PLACE


if __name__ == "__main__":
    place = node_proxy()
    if place is None:
        sys.exit(
            "node or npm is not here (Debian and Ubuntu: apt-get install nodejs npm), or npm could"
            " not install the proxy"
        )
    print(place)
