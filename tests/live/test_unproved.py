# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hub refuses a good secret for a moment, or another server refuses it: nothing is replaced
until the secret is proved to be bad.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import Answer, Asked, Wire, one_sentence, runner, writes
from tests.live.token_support import TOKEN, held, is_good, ours

pytestmark = pytest.mark.newest
SERVICE = "jupyterhub_service"
SERVICE_SECRET = "a-secret-of-a-service"  # the token of the service s-proved
MARKS = {"X-JupyterHub-Version": "6.1.1"}


def refuses(secret: str, times: int, marks: bool) -> Callable[[Asked], Answer | None]:
    """Return a function that answers 403 to this many verifications of a secret, as the hub does
    while its database is down, or as a firewall does.
    """
    left = [times]

    def answer(asked: Asked) -> Answer | None:
        if not asked.headers.get("Authorization", "").endswith(secret) or left[0] == 0:
            return None
        left[0] -= 1
        body = {"message": "Missing or invalid credentials.", **({"status": 403} if marks else {})}
        return (
            403,
            {"Content-Type": "application/json", **(MARKS if marks else {})},
            json.dumps(body).encode(),
        )

    return answer


@pytest.mark.parametrize("place", ["dest", "current_token"])
def test_one_refusal_replaces_no_token(
    hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path, place: str
) -> None:
    """A good token that is refused once is kept, in the file and as the caller's copy."""
    hub.add_users("ada")
    dest = tmp_path / "token"
    made = module(TOKEN, {"user": "ada", "note": "n", "dest": str(dest), "return_token": True})
    secret, task = made["token"]["value"], {"user": "ada", "note": "n"}
    task = {**task, "dest": str(dest)} if place == "dest" else {**task, "current_token": secret}
    before, mark = ours(hub), hub.mark()
    for check in (True, False):
        with Wire(hub, answer=refuses(secret, 1, marks=True)) as wire:
            result = runner(hub, hub_url=wire.url)(TOKEN, task, check=check)
        assert (result["failed"], result["changed"]) == (False, False), result
    assert writes(hub.requests(mark)) == []
    assert ([row["id"] for row in ours(hub)], held(dest), is_good(hub, secret)) == (
        [row["id"] for row in before],
        secret,
        True,
    )


def test_a_refusal_of_another_server_replaces_no_token(
    hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path
) -> None:
    """If a server in front of the hub always refuses the secret, that proves nothing: the task
    fails, and nothing is written.
    """
    hub.add_users("ada")
    dest = tmp_path / "token"
    task = {"user": "ada", "note": "n", "dest": str(dest)}
    module(TOKEN, task)
    secret = str(held(dest))
    before, mark = ours(hub), hub.mark()
    with Wire(hub, answer=refuses(secret, 99, marks=False)) as wire:
        result = runner(hub, hub_url=wire.url, retries=1)(TOKEN, task)
    assert (result["failed"], result["changed"]) == (True, False), result
    one_sentence(result)
    assert writes(hub.requests(mark)) == []
    assert ([row["id"] for row in ours(hub)], held(dest), is_good(hub, secret)) == (
        [row["id"] for row in before],
        secret,
        True,
    )


def test_a_token_that_is_bad_is_replaced(
    hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path
) -> None:
    """The hub itself refuses the token twice, and accepts the caller in between."""
    hub.add_users("ada")
    dest = tmp_path / "token"
    task = {"user": "ada", "note": "n", "dest": str(dest)}
    module(TOKEN, task)
    (row,) = ours(hub)
    hub.expect("DELETE", f"/users/ada/tokens/{row['id']}")
    assert module(TOKEN, task)["summary"] == {"create": 1, "unchanged": 0}
    assert is_good(hub, str(held(dest)))


@pytest.mark.hubs("5", "6")
@pytest.mark.parametrize("marks", [True, False], ids=["the hub, once", "a stranger"])
def test_no_service_is_recreated_after_a_refusal(
    hub: Hub, module: ModuleRunner, marks: bool
) -> None:
    """With recreate, a service whose token is not proved to be bad is not changed."""
    task: dict[str, Any] = {"name": "s-proved", "service_token": SERVICE_SECRET, "recreate": True}
    try:
        module(SERVICE, task)
        mark = hub.mark()
        with Wire(hub, answer=refuses(SERVICE_SECRET, 1 if marks else 99, marks=marks)) as wire:
            result = runner(hub, hub_url=wire.url, retries=1)(SERVICE, task)
        assert (result["failed"], result["changed"]) == (not marks, False), result
        assert writes(hub.requests(mark)) == []
        assert not module(SERVICE, task)["changed"]
    finally:
        hub.api("DELETE", "/services/s-proved")


def test_changes_of_another_client_count_as_unchanged(hub: Hub) -> None:
    """While the task runs, another client revokes a token and starts a server: both are counted as
    unchanged.
    """
    hub.add_users("ada", "bob")
    runner(hub)(TOKEN, {"tokens": [{"user": "ada", "note": note} for note in ("a", "b", "c")]})
    first = next(row["id"] for row in ours(hub, note="a"))

    def meddle(number: int, method: str, path: str) -> None:
        if method == "DELETE" and path.endswith(first):
            hub.expect("DELETE", f"/users/ada/tokens/{first}")

    with Wire(hub, before=meddle) as wire:
        result = runner(hub, hub_url=wire.url)(
            TOKEN,
            {
                "tokens": [{"user": "ada", "note": note} for note in ("a", "b", "c", "d")],
                "state": "absent",
            },
        )
    assert (result["failed"], result["summary"]) == (False, {"revoke": 2, "unchanged": 2}), result
    started: list[str] = []

    def start_first(number: int, method: str, path: str) -> None:
        if method == "POST" and "/ada/" in path and not started:
            started.append(path)
            hub.expect("POST", "/users/ada/server")

    with Wire(hub, before=start_first) as wire:
        result = runner(hub, hub_url=wire.url)(
            "jupyterhub_server", {"servers": [{"user": "ada"}, {"user": "bob"}]}
        )
    assert (result["failed"], result["summary"]) == (False, {"start": 1, "unchanged": 1}), result
