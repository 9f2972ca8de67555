# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the servers of the users named in a file, one name per line, 20 at a time, and wait for all
of them with as few requests as possible.
"""

import asyncio
import concurrent.futures
import os
import pathlib
import sys

import requests

names = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").split()
url = f"{os.environ['JUPYTERHUB_API_URL']}hub/api/users"
session = requests.Session()
session.headers["Authorization"] = f"token {os.environ['JUPYTERHUB_API_TOKEN']}"
session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=20))


def start(name: str) -> None:
    """Request the start of one server."""
    session.post(f"{url}/{name}/server", timeout=60).raise_for_status()


def ready() -> set[str]:
    """Return the names of the users whose server is ready."""
    answer = session.get(url, params={"limit": "200", "state": "ready"}, timeout=60)
    answer.raise_for_status()
    return {user["name"] for user in answer.json()}


async def main() -> None:
    """Start all servers, then poll until all are ready."""
    loop = asyncio.get_running_loop()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        await asyncio.gather(*(loop.run_in_executor(pool, start, name) for name in names))
    missing = set(names)
    while missing := missing - ready():
        await asyncio.sleep(0.2)


asyncio.run(main())
print(f"{len(names)} ready")
