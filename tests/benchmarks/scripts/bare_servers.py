# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the servers of the users named in a file, one name a line, 20 at a time, and wait for all of them with as few requests as possible."""

import concurrent.futures
import os
import pathlib
import sys
import threading
import time

import requests

names = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").split()
url = f"{os.environ['JUPYTERHUB_API_URL']}hub/api/users"
local = threading.local()


def session() -> requests.Session:
    """Return the session of this thread."""
    if not hasattr(local, "session"):
        local.session = requests.Session()
        local.session.headers["Authorization"] = f"token {os.environ['JUPYTERHUB_API_TOKEN']}"
    found: requests.Session = local.session
    return found


def start(name: str) -> None:
    """Ask for one server."""
    session().post(f"{url}/{name}/server", timeout=60).raise_for_status()


with concurrent.futures.ThreadPoolExecutor(20) as pool:
    list(pool.map(start, names))
missing = set(names)
while True:
    answer = session().get(url, params={"limit": "200", "state": "ready"}, timeout=60)
    answer.raise_for_status()
    missing -= {user["name"] for user in answer.json()}
    if not missing:
        break
    time.sleep(0.2)
print(f"{len(names)} ready")
