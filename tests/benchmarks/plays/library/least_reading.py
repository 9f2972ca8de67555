# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read all users, groups and services, as the bare script does, and return nothing. The rest of the
time is what Ansible and the hub need for such a read.
"""

from __future__ import annotations

import concurrent.futures
import os
from typing import Any

import requests
from ansible.module_utils.basic import AnsibleModule

ROOT = f"{os.environ['JUPYTERHUB_API_URL']}hub/api"


def pages(session: requests.Session, path: str) -> list[Any]:
    """Return a list of the hub, all pages of it."""
    items: list[Any] = []
    offset: int | None = 0
    while offset is not None:
        answer = session.get(
            f"{ROOT}/{path}",
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


def main() -> None:
    """Read the lists, and the tokens of all users if the option threads is set."""
    module = AnsibleModule({"threads": {"type": "int", "default": 0}})
    threads = module.params["threads"]
    session = requests.Session()
    session.headers["Authorization"] = f"token {os.environ['JUPYTERHUB_API_TOKEN']}"
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=threads or 1))
    users = pages(session, "users")
    pages(session, "groups")
    session.get(f"{ROOT}/services", timeout=60).raise_for_status()

    def tokens(user: dict[str, Any]) -> Any:
        answer = session.get(f"{ROOT}/users/{user['name']}/tokens", timeout=60)
        answer.raise_for_status()
        return answer.json()

    if threads:
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            list(pool.map(tokens, users))
    module.exit_json(changed=False, invocation={})


if __name__ == "__main__":
    main()
