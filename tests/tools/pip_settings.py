# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Translates the settings of pip for uv, which does not read them. They may name the only package
index that the machine can reach.
"""

from __future__ import annotations

import ast
import pathlib
import re
import subprocess

# A line of ``pip config list``, such as ``global.timeout='60'``.
LINE = re.compile(r"(?P<section>global|install|:env:)\.(?P<option>[a-z-]+)=(?P<value>.+)")
# Later entries override earlier ones: https://pip.pypa.io/en/stable/topics/configuration/
SECTIONS = ("global", "install", ":env:")

# The variables of uv for those of pip: https://docs.astral.sh/uv/reference/environment/
VARIABLES = {
    "PIP_INDEX_URL": ("UV_DEFAULT_INDEX",),
    "PIP_EXTRA_INDEX_URL": ("UV_INDEX",),
    "PIP_FIND_LINKS": ("UV_FIND_LINKS",),
    "PIP_TRUSTED_HOST": ("UV_INSECURE_HOST",),
    "PIP_DEFAULT_TIMEOUT": ("UV_HTTP_TIMEOUT",),
    "PIP_TIMEOUT": ("UV_HTTP_TIMEOUT",),
    "PIP_CERT": ("SSL_CERT_FILE",),
    "PIP_CLIENT_CERT": ("SSL_CLIENT_CERT",),
    "PIP_PROXY": ("HTTP_PROXY", "HTTPS_PROXY"),
}

# The values of pip that mean true.
TRUE = (["1"], ["true"], ["yes"], ["on"])


def for_uv(python: pathlib.Path) -> tuple[list[str], dict[str, str]]:
    """Return options and variables that make uv install from the same place as this Python's
    pip.
    """
    listed = subprocess.run(
        [python, "-m", "pip", "--disable-pip-version-check", "config", "list"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return translated(listed)


def translated(listed: str) -> tuple[list[str], dict[str, str]]:
    """Return the options and the variables of uv for the output of ``pip config list``."""
    found = [line for line in map(LINE.fullmatch, listed.splitlines()) if line]
    found.sort(key=lambda line: SECTIONS.index(line["section"]))
    settings = {
        f"PIP_{line['option'].upper().replace('-', '_')}": (
            str(ast.literal_eval(line["value"])).split()
        )
        for line in found
    }
    # pip searches all its indexes for the locked hash. By default, uv uses only the first one that
    # has the package.
    variables = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for setting, words in settings.items():
        for variable in VARIABLES.get(setting, ()):
            variables[variable] = ("," if setting == "PIP_FIND_LINKS" else " ").join(words)
    return ["--no-index"] if settings.get("PIP_NO_INDEX") in TRUE else [], variables
