# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_server on running hubs: many servers with few requests, and the real single-user
server.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import SERVER, runner, short, writes
from tests.live.support_servers import states
from tests.running import run_playbook

MANY = tuple(f"u{number:02}" for number in range(40))
# The plan, the caller's scopes, and reads of the list while the hub works.
MOST_READS = 15


@pytest.mark.parametrize("form", ["list", "selection"])
def test_forty_servers(hub: Hub, module: ModuleRunner, form: str) -> None:
    """All starts are requested first and then awaited together: one request for each server, and a
    few for all.
    """
    hub.add_users(*MANY)
    what = (
        {"servers": [{"user": user} for user in MANY]}
        if form == "list"
        else {"select_users": ["u*"]}
    )
    for state, action, there in [("started", "start", "started"), ("stopped", "stop", None)]:
        mark = hub.mark()
        result = module(SERVER, {**what, "state": state})
        assert not result["failed"], result
        assert result["summary"] == {action: 40, "unchanged": 0}
        assert [change[1] for change in short(result["changes"])] == [f"{user}/" for user in MANY]
        assert states(hub) == {f"{user}/": there for user in MANY if there}
        requests = hub.requests(mark)
        assert len(writes(requests)) == 40
        assert len(requests) - 40 <= MOST_READS
        assert len(requests) == result["requests"]
    mark = hub.mark()
    assert not module(SERVER, {**what, "state": "stopped"})["changed"]
    assert len(hub.requests(mark)) == 1


REAL = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Two servers
      hubops.jupyterhub.jupyterhub_server:
        servers:
          - user: ada
          - user: bob
            name: work
        state: "{{ state | default('started') }}"
        wait_timeout: 120
      register: done
    - name: Nothing more to do
      hubops.jupyterhub.jupyterhub_server:
        servers: "{{ done.servers | items2dict(key_name='user', value_name='name') | dict2items(key_name='user', value_name='name') }}"
        state: "{{ state | default('started') }}"
      register: again
      failed_when: again is changed or done.servers | length != 2
"""


def answer(hub: Hub, address: str, token: str) -> tuple[int, str]:
    """Send a request to a server through the proxy, as its user; return the status and the content
    type.
    """
    request = urllib.request.Request(
        hub.url.rstrip("/") + address, headers={"Authorization": f"token {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as got:
            content = json.load(got)
            return got.status, "started" if "started" in content else str(content)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""


@pytest.mark.hubs("4", "6")
def test_real_servers(running_hub: Hub) -> None:
    """A server that the module reports as started answers through the proxy at once."""
    with Hub(running_hub.series, spawner="singleuser") as hub:
        hub.add_users("ada", "bob")
        tokens = {
            user: hub.expect("POST", f"/users/{user}/tokens", {})["token"]
            for user in ("ada", "bob")
        }
        addresses = {"ada": "/user/ada/api/status", "bob": "/user/bob/work/api/status"}
        done = run_playbook(REAL, hub=hub)
        assert done.returncode == 0, done.stdout
        assert "ok=2    changed=1" in done.stdout
        assert states(hub) == {"ada/": "started", "bob/work": "started"}
        assert {
            user: answer(hub, addresses[user], tokens[user]) for user in tokens
        } == dict.fromkeys(tokens, (200, "started"))
        assert answer(hub, addresses["ada"], tokens["bob"])[0] in (
            http.client.FORBIDDEN,
            http.client.NOT_FOUND,
        )
        result = runner(hub)(SERVER, {"select_users": ["*"], "state": "stopped"})
        assert result["summary"] == {"stop": 2, "unchanged": 0}
        assert states(hub) == {"bob/work": "stopped"}
        assert answer(hub, addresses["ada"], tokens["ada"])[0] >= 400
