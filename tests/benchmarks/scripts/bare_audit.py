# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Report which users named in a file, one name per line, are missing, with the smallest number of
requests that any client needs.

That is one request for a single user, and one for each of the hub's largest pages for many users.
"""

import os
import pathlib
import sys

import requests

names = set(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").split())
url = f"{os.environ['JUPYTERHUB_API_URL']}hub/api/users"
session = requests.Session()
session.headers["Authorization"] = f"token {os.environ['JUPYTERHUB_API_TOKEN']}"
found = set()
if len(names) == 1:
    answer = session.get(f"{url}/{names.copy().pop()}", timeout=60)
    if answer.status_code != requests.codes.not_found:
        answer.raise_for_status()
        found.add(answer.json()["name"])
else:
    session.headers["Accept"] = "application/jupyterhub-pagination+json"
    offset: "int | None" = 0
    while offset is not None:
        answer = session.get(url, params={"offset": offset, "limit": 200}, timeout=60)
        answer.raise_for_status()
        page = answer.json()
        found.update(user["name"] for user in page["items"])
        following = page["_pagination"]["next"]
        offset = following["offset"] if following else None
print(f"{len(names - found)} missing")
