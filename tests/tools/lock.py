# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lock the requirements: write ``NAME.txt`` with exact versions and hashes for each
``requirements/NAME.in``.

``python -m tests.tools.lock`` locks all, ``... hub6`` only this one. The hashes are those of the
public index, whatever index this machine uses, and no address is written down.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

from tests.tools.environments import environment

REQUIREMENTS = pathlib.Path(__file__).resolve().parents[2] / "requirements"

# Parts that other files include, and that are not locked by themselves.
PARTS = {"tools"}
NAMES = sorted(path.stem for path in REQUIREMENTS.glob("*.in") if path.stem not in PARTS)
# The oldest Python of a lock, if it is not the usual one. The lock is also valid for all newer
# versions.
USUAL = "3.11"
OLDEST = {"test-2.20": "3.12", "test-2.21": "3.12"}


def lock(name: str, uv: pathlib.Path) -> None:
    """Write ``NAME.txt``; raise CalledProcessError if no set of versions fits."""
    options = ["--universal", "--python-version", OLDEST.get(name, USUAL)]
    options += ["--generate-hashes", "--upgrade", "--no-annotate", "--quiet"]
    # pip treats a package with an extra as another package, and looks for its newest version, which
    # is not locked.
    options += ["--no-strip-extras"]
    silent = [
        "--no-emit-index-url",
        "--no-emit-find-links",
        "--custom-compile-command",
        "make requirements",
    ]
    public = ["--no-config"]
    environ = {
        key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "UV_"))
    }
    subprocess.run(
        [
            uv,
            "pip",
            "compile",
            *options,
            *silent,
            *public,
            f"{name}.in",
            "--output-file",
            f"{name}.txt",
        ],
        cwd=REQUIREMENTS,
        env=environ,
        check=True,
    )
    print(f"requirements/{name}.txt")


if __name__ == "__main__":
    tool = environment("uv") / "bin" / "uv"
    for each in sys.argv[1:] or NAMES:
        lock(each, tool)
