# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create the users named in a file, one name per line, with the smallest number of requests that
any client needs, which is one.
"""

import os
import pathlib
import sys

import requests

names = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").split()
answer = requests.post(
    f"{os.environ['JUPYTERHUB_API_URL']}hub/api/users",
    json={"usernames": names, "admin": False},
    headers={"Authorization": f"token {os.environ['JUPYTERHUB_API_TOKEN']}"},
    timeout=1800,
)
answer.raise_for_status()
print(f"{len(answer.json())} created")
