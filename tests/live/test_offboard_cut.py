# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_offboard is interrupted: killed, without responses, and while tokens or servers appear
again.
"""

from __future__ import annotations

import importlib
import os
import pathlib
import re
import signal
import traceback
from collections.abc import Mapping
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import Wire, one_sentence, runner
from tests.live.support_offboard import OFFBOARD, checks, left, nothing_left, settle_in
from tests.live.token_support import is_good, make

pytestmark = pytest.mark.daily(2)

UTILS = "ansible_collections.hubops.jupyterhub.plugins.module_utils"


def killed(run: ModuleRunner, params: Mapping[str, Any], writes: int) -> bool:
    """Run the module in its own process and kill it before its next write after this many; return
    False if it ends before.
    """
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, status
        return status != 0
    try:
        client = importlib.import_module(f"{UTILS}._hub.client").HubClient
        send, sent = client.request, [0]

        def request(self: Any, method: str, *args: Any, **keywords: Any) -> Any:
            if method != "GET":
                if sent[0] == writes:
                    os.kill(os.getpid(), signal.SIGKILL)
                sent[0] += 1
            return send(self, method, *args, **keywords)

        client.request = request
        result = run(OFFBOARD, params)
        os._exit(1 if result["failed"] else 0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


@pytest.mark.newest
@pytest.mark.parametrize("account", ["keep", "delete"])
def test_the_next_run_finishes_what_was_killed(
    hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path, account: str
) -> None:
    params = {
        "user": "ada",
        "account": account,
        "sessions": "freeze",
        "dest": str(tmp_path / "ada.md"),
        "backup": str(tmp_path / "ada.yml"),
    }
    wanted = {} if account == "delete" else nothing_left(hub)
    moments = 0
    while True:
        secrets = settle_in(hub)
        if not killed(module, params, moments):
            break
        result = module(OFFBOARD, params)
        assert (result["failed"], result["proved"]) == (False, True), result
        assert left(hub) == wanted
        assert not any(is_good(hub, secret) for secret in secrets.values())
        again = module(OFFBOARD, params)
        assert (again["changed"], again["proved"]) == (False, True), again
        moments += 1
        hub.reset()
        for path in tmp_path.iterdir():
            path.unlink()
    # The run was killed at the canary and at every other write. JupyterHub 4 has no shares.
    assert moments >= (3 if account == "delete" else 9 if hub.series == "4" else 10)


@pytest.mark.newest
@pytest.mark.usefixtures("hasty")
def test_lost_answers_change_nothing_of_the_end(hub: Hub, tmp_path: pathlib.Path) -> None:
    """The report of a lost response does not change what the certificate lists as done."""
    settle_in(hub)
    whole, lost = tmp_path / "whole.md", tmp_path / "lost.md"
    params = {"user": "ada", "sessions": "freeze"}
    with Wire(hub) as wire:
        assert not runner(hub, hub_url=wire.url)(OFFBOARD, {"user": "ada"}, check=True)["failed"]
        reads = len(wire.seen)
    assert not runner(hub)(OFFBOARD, {**params, "dest": str(whole)})["failed"]
    assert len(done_in(whole)) > 6
    hub.reset()
    # After the plan, the response to each write is lost in turn.
    for number in range(reads, reads + 16):
        settle_in(hub)
        with Wire(hub, lose={number}) as wire:
            result = runner(hub, hub_url=wire.url)(OFFBOARD, {**params, "dest": str(lost)})
        assert (result["failed"], result["proved"]) == (False, True), (number, result)
        assert left(hub) == nothing_left(hub)
        assert done_in(lost) == done_in(whole), (number, lost.read_text())
        lost.unlink()
        hub.reset()


def done_in(certificate: pathlib.Path) -> list[str]:
    """Return the actions and kinds that a certificate lists as done."""
    return sorted(re.findall(r"^- (\w+ \w+): ", certificate.read_text(), re.MULTILINE))


@pytest.mark.newest
def test_a_token_that_turns_up_meanwhile_is_revoked_too(hub: Hub) -> None:
    settle_in(hub)
    made: list[str] = []

    def mint(number: int, method: str, path: str) -> None:
        if method == "DELETE" and path.endswith("/server") and not made:
            made.append(make(hub, "late", "ada")[1])

    with Wire(hub, before=mint) as wire:
        result = runner(hub, hub_url=wire.url)(OFFBOARD, {"user": "ada"})
    assert (result["failed"], result["proved"]) == (False, True), result
    assert result["changes"][-1]["name"].startswith("ada/late (")
    assert not is_good(hub, made[0])
    assert left(hub) == nothing_left(hub)


@pytest.mark.newest
def test_tokens_that_turn_up_all_the_time_are_no_proof(hub: Hub) -> None:
    settle_in(hub)

    def mint(number: int, method: str, path: str) -> None:
        if method == "GET" and path.endswith("/tokens"):
            make(hub, "again", "ada")

    with Wire(hub, before=mint) as wire:
        result = runner(hub, hub_url=wire.url)(OFFBOARD, {"user": "ada"})
    assert (result["failed"], result["changed"], result["proved"]) == (True, True, False)
    assert "tokens: expected 0, listed twice" in result["msg"]
    one_sentence(result)


@pytest.mark.newest
def test_a_server_that_does_not_stop_keeps_nothing_else(hub: Hub) -> None:
    settle_in(hub)

    def refuse(asked: Any) -> Any:
        if asked.method == "DELETE" and asked.path.endswith("/server"):
            return (
                400,
                {"Content-Type": "application/json", "X-JupyterHub-Version": hub.version},
                b'{"status": 400, "message": "no"}',
            )
        return None

    with Wire(hub, answer=refuse) as wire:
        result = runner(hub, hub_url=wire.url)(OFFBOARD, {"user": "ada"})
    assert (result["failed"], result["changed"], result["proved"]) == (True, True, False)
    assert [item["kind"] for item in result["refused"]] == ["server"]
    assert checks(result)["running servers"] == ("ada/", False)
    assert left(hub) == {**nothing_left(hub), "servers": [""]}
    one_sentence(result)
