# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_token is interrupted: killed, without responses, and with a hub that dies."""

from __future__ import annotations

import functools
import importlib
import os
import pathlib
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import Wire, one_sentence, runner
from tests.live.support_servers import warned
from tests.live.token_support import TOKEN, alone, held, ids, is_good, make, ours

UTILS = "ansible_collections.hubops.jupyterhub.plugins.module_utils"
# The process is killed before and after each of these calls. A kill during a request has the same
# effect on the next run as a kill before or after it.
MOMENTS = (
    ("_hub.api", "HubApi", "token_create"),
    ("_resources.tokens.secret_file", "SecretFile", "write"),
    ("_resources.tokens.secret_file", "os", "replace"),
    ("_hub.api", "HubApi", "whoami_of"),
    ("_hub.api", "HubApi", "token_delete"),
)


@pytest.fixture(autouse=True)
def users(hub: Hub) -> None:
    """Every test has the same user, who also has a foreign token."""
    hub.add_users("ada")
    make(hub, "n")


def killed(run: ModuleRunner, params: Mapping[str, Any], moment: int) -> bool:
    """Run the module in its own process and kill it at this point, counted from 0; return False if
    it ends before.
    """
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, status
        return status != 0
    try:
        passed = 0

        def count() -> None:
            nonlocal passed
            if passed == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            passed += 1

        def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(function)
            def wrapped(*args: Any, **keywords: Any) -> Any:
                count()
                result = function(*args, **keywords)
                count()
                return result

            return wrapped

        for module, owner, name in MOMENTS:
            target = getattr(importlib.import_module(f"{UTILS}.{module}"), owner)
            setattr(target, name, wrap(getattr(target, name)))
        result = run(TOKEN, params)
        os._exit(1 if result["failed"] else 0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(2)


def fresh(hub: Hub, run: ModuleRunner, task: Mapping[str, Any], rotate: bool) -> str | None:
    """Bring the token to the state before the run, and return its secret."""
    file = pathlib.Path(task["dest"]) if "dest" in task else None
    if file is not None:
        file.unlink(missing_ok=True)
    for row in ours(hub):
        hub.expect("DELETE", f"/users/ada/tokens/{row['id']}")
    if not rotate:
        return None
    result = run(TOKEN, {**task, "return_token": True})
    return str(result["token"]["value"])


@pytest.mark.parametrize("rotate", [False, True], ids=["create", "rotate"])
def test_killed_with_a_file(hub: Hub, tmp_path: pathlib.Path, rotate: bool) -> None:
    """Wherever the run is killed, the file holds a good token if it did before, and the next run
    leaves exactly one.
    """
    run = runner(hub, hub_url=hub.hub_url)
    dest = tmp_path / "token"
    task = {"user": "ada", "note": "n", "dest": str(dest)}
    moment = 0
    while True:
        old = fresh(hub, run, task, rotate)
        if not killed(run, {**task, "rotate": rotate}, moment):
            break
        # Every second time the token of the killed run stays unused, because the hub reports
        # whether a token was used.
        if rotate and moment % 2:
            assert is_good(hub, str(held(dest))), moment
        elif old == held(dest):
            assert old is None or is_good(hub, old), moment
        result = run(TOKEN, task)
        assert not result["failed"], (moment, result)
        assert len(ours(hub, note="n")) == 1, moment
        assert is_good(hub, str(held(dest))), moment
        assert not run(TOKEN, task)["changed"], moment
        moment += 1
    # The steps: write and move the file; create and verify a token, verify the old one, revoke it.
    assert moment == (12 if rotate else 8)
    assert not run(TOKEN, {**task, "rotate": True})["failed"]
    assert alone(dest)
    assert [row["note"] for row in hub.user_tokens("ada")].count("n") == 1


@pytest.mark.parametrize("copy", [False, True], ids=["nothing known", "with a copy"])
@pytest.mark.parametrize("rotate", [False, True], ids=["create", "rotate"])
def test_killed_without_a_file(hub: Hub, rotate: bool, copy: bool) -> None:
    """Wherever the run is killed, the next run leaves exactly one token, and a caller who passes a
    copy has a good one then.
    """
    run = runner(hub, hub_url=hub.hub_url)
    task = {"user": "ada", "note": "n"}
    moment = 0
    while True:
        old = fresh(hub, run, task, rotate)
        known = {"current_token": old or ""} if copy else {}
        if not killed(run, {**task, **known, "rotate": rotate}, moment):
            break
        result = run(TOKEN, {**task, **known})
        assert not result["failed"], (moment, result)
        assert len(ours(hub, note="n")) == 1, moment
        if copy:
            mine = result["token"].get("value", old)
            assert is_good(hub, str(mine)), moment
        moment += 1
    assert moment == 4 + 2 * rotate + 2 * (rotate and copy)
    assert [row["note"] for row in hub.user_tokens("ada")].count("n") == 1


# Lost answers


@pytest.fixture
def watched(
    hub: Hub, tmp_path: pathlib.Path
) -> Iterator[tuple[pathlib.Path, Callable[[int, str, str], None]]]:
    """A file, and a hook for every request: it asserts that the file always holds a good secret
    once it holds any.
    """
    dest = tmp_path / "token"
    bad: list[tuple[int, str]] = []

    def look(number: int, method: str, path: str) -> None:
        secret = held(dest)
        if secret is not None and not is_good(hub, secret):
            bad.append((number, f"{method} {path}"))

    yield dest, look
    assert bad == []


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("filed", [True, False], ids=["in a file", "returned"])
@pytest.mark.parametrize("rotate", [False, True], ids=["create", "rotate"])
def test_lost_answers(
    hub: Hub,
    watched: tuple[pathlib.Path, Callable[[int, str, str], None]],
    rotate: bool,
    filed: bool,
) -> None:
    """Whichever response is lost, the result is correct, and no token is left without an owner of
    its secret.
    """
    dest, look = watched
    task = {"user": "ada", "note": "n", **({"dest": str(dest)} if filed else {})}
    direct = runner(hub, hub_url=hub.hub_url)
    number, total = 0, 1
    while number < total:
        old = fresh(hub, direct, task, rotate)
        with Wire(hub, lose={number}, before=look) as wire:
            result = runner(hub, hub_url=wire.url)(TOKEN, {**task, "rotate": rotate})
        assert (result["failed"], result["changed"]) == (False, True), (number, result)
        assert result["requests"] == len(wire.seen)
        assert result["retries"] >= 1
        assert [row["id"] for row in ours(hub, note="n")] == [result["token"]["id"]], number
        assert is_good(hub, str(held(dest) if filed else result["token"]["value"])), number
        assert old is None or not is_good(hub, old)
        expected = ["rotate", "revoke"] if rotate else ["create"]
        assert [change["action"] for change in result["changes"]] == expected, number
        total = 4 + rotate + (rotate and filed)
        number += 1
    assert [row["note"] for row in hub.user_tokens("ada")].count("n") == 1


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("filed", [True, False], ids=["in a file", "returned"])
def test_a_hub_that_dies(
    hub: Hub, watched: tuple[pathlib.Path, Callable[[int, str, str], None]], filed: bool
) -> None:
    """The hub dies after one of the requests: the failure is reported correctly, and the next run
    repairs everything.
    """
    dest, look = watched
    task = {"user": "ada", "note": "n", **({"dest": str(dest)} if filed else {})}
    direct = runner(hub, hub_url=hub.hub_url)
    # The requests: list the tokens, verify the old secret, read the caller, create a token, verify
    # it, revoke the old one.
    for last in range(6):
        for lost in (False, True):
            old = str(fresh(hub, direct, task, True))
            before = ids(ours(hub)), held(dest)
            # The hub dies after this response, or without sending it.
            with Wire(
                hub, lose={last} if lost else (), drop=range(last + 1, 99), before=look
            ) as wire:
                result = runner(hub, hub_url=wire.url, retries=1)(
                    TOKEN, {**task, "current_token": old, "rotate": True}
                )
            done = last == 5 and not lost
            assert result["failed"] is not done, (last, lost, result)
            if not done:
                one_sentence(result)
                changed = (ids(ours(hub)), held(dest)) != before
                # The result may report a possible change, but it never denies a change that was
                # made.
                assert result["changed"] or not changed, (last, lost, result)
                assert result["changed"] <= (last >= 2), (last, lost, result)
                told = [change["action"] for change in [*result["changes"], *result["pending"]]]
                assert told in ([], ["rotate", "revoke"]), (last, lost, result)
                assert "value" not in str(result.get("token", ""))
            # The caller has the old secret, or the new one if it was returned.
            copy = result["token"].get("value", old) if done else old
            after = direct(TOKEN, {**task, "current_token": copy})
            assert not after["failed"], (last, lost, after)
            assert len(ours(hub, note="n")) == 1, (last, lost)
            good = held(dest) if filed else after["token"].get("value", copy)
            assert is_good(hub, str(good)), (last, lost)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("seen", [True, False], ids=["proved", "not proved"])
def test_a_hub_that_dies_at_the_last_proof(hub: Hub, seen: bool) -> None:
    """A new token is returned even if the response to its verification, the last request, is lost.
    Without that, its secret would be lost for good.
    """
    task = {"user": "ada", "note": "n"}
    # The requests: list the tokens, read the caller, create a token, verify it.
    with Wire(hub, lose={3} if seen else (), drop=range(3 + seen, 99)) as wire:
        result = runner(hub, hub_url=wire.url, retries=1)(TOKEN, task)
    assert (result["failed"], result["changed"]) == (False, True), result
    assert "could not be verified" in warned(result)[0]
    value = result["token"]["value"]
    assert value not in str(warned(result))
    after = runner(hub, hub_url=hub.hub_url)(TOKEN, task)
    # If the token was never used, perhaps nobody received it, so it is replaced.
    assert (after["failed"], after["changed"]) == (False, not seen), after
    assert len(ours(hub, note="n")) == 1
    assert is_good(hub, value) is seen
    assert is_good(hub, after["token"].get("value", value))
