# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find out whether users are missing, with the least work that a module can do. The rest of the
time is what Ansible needs for a list of users.

Nothing is validated or reported, and only names are compared.
"""

from __future__ import annotations

import os

import requests
from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    """Read the hub's largest pages, as the bare script does."""
    module = AnsibleModule({"users": {"type": "list", "elements": "dict"}})
    session = requests.Session()
    session.headers["Authorization"] = f"token {os.environ['JUPYTERHUB_API_TOKEN']}"
    session.headers["Accept"] = "application/jupyterhub-pagination+json"
    found: set[str] = set()
    offset: int | None = 0
    while offset is not None:
        answer = session.get(
            f"{os.environ['JUPYTERHUB_API_URL']}hub/api/users",
            params={"offset": offset, "limit": 200},
            timeout=60,
        )
        answer.raise_for_status()
        page = answer.json()
        found.update(user["name"] for user in page["items"])
        following = page["_pagination"]["next"]
        offset = following["offset"] if following else None
    # The list is not returned either.
    module.exit_json(
        changed=not found.issuperset(user["name"] for user in module.params["users"]), invocation={}
    )


if __name__ == "__main__":
    main()
