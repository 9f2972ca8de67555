# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read all users, groups and services with the smallest number of requests that any client needs,
and write them to a file as JSON.

With --shares it also reads the shares of each user, and with --tokens the tokens: one request for
each user, one after the other, or with --threads=4 four at a time.
"""

import concurrent.futures
import json
import os
import pathlib
import sys
from typing import Any

import requests

root = f"{os.environ['JUPYTERHUB_API_URL']}hub/api"
session = requests.Session()
session.headers["Authorization"] = f"token {os.environ['JUPYTERHUB_API_TOKEN']}"


def pages(path: str) -> "list[Any]":
    """Return a list of the hub, all pages of it."""
    items: list[Any] = []
    offset: int | None = 0
    while offset is not None:
        answer = session.get(
            f"{root}/{path}",
            params={"offset": offset, "limit": 200},
            headers={"Accept": "application/jupyterhub-pagination+json"},
            timeout=60,
        )
        answer.raise_for_status()
        page = answer.json()
        items += page["items"]
        following = page["_pagination"]["next"]
        offset = following["offset"] if following else None
    return items


found = {
    "users": pages("users"),
    "groups": pages("groups"),
    "services": session.get(f"{root}/services", timeout=60).json(),
}


def tokens(user: str) -> "list[Any]":
    """Return the tokens of a user."""
    answer = session.get(f"{root}/users/{user}/tokens", timeout=60)
    answer.raise_for_status()
    return list(answer.json()["api_tokens"])


names = [user["name"] for user in found["users"]]
if "--shares" in sys.argv[2:]:
    found["shares"] = [share for name in names for share in pages(f"shares/{name}")]
if "--tokens" in sys.argv[2:]:
    (threads,) = [int(one[10:]) for one in sys.argv if one.startswith("--threads=")] or [1]
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=threads))
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        found["tokens"] = [token for theirs in pool.map(tokens, names) for token in theirs]
pathlib.Path(sys.argv[1]).with_name("bare.json").write_text(json.dumps(found), encoding="utf-8")
