# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A replacement for get-pip.py, for machines that cannot reach the host from which ansible-test
downloads it.

ensurepip installs a pip, and that pip installs the pip that ansible-test needs from the usual
package index. This runs on every Python that modules support, in a virtual environment.
"""

from __future__ import annotations

import ensurepip
import os
import runpy
import sys

# ensurepip removes the user's settings of pip from the environment, and the second installation
# needs them.
environment = dict(os.environ)
ensurepip.bootstrap()
os.environ.clear()
os.environ.update(environment)

# These two options exist in get-pip.py only.
arguments = [
    argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")
]
sys.argv[1:] = ["install", "--upgrade", "--force-reinstall", *arguments]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
