# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""What is done to a hub rather than declared: no plan, and always a change."""

from __future__ import annotations

import dataclasses
import time
import typing as t
from urllib.parse import unquote

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Record
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.report import summarize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import HIDDEN, Fields, Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import AnswerLostError, ApiError, HubError, RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import NAMELESS, is_http
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import is_token
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.frame import Result, Task, preflight
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import check_amount

# Seconds between looks for the hub: a supervisor may start it again at once, and then it is away for a second or two.
LOOK = 0.1
# A single look may fail for other reasons, such as a proxy that hiccups: the hub is gone when so many in a row have found nothing.
LOOKS = 3


class SyncProxy(Step):
    """Lets the hub put the routes of its proxy right."""

    action = "sync"
    kind = "proxy"
    name = "proxy"
    operation = "proxy_sync"
    before = None

    @property
    def after(self) -> Fields:
        return {}


@dataclasses.dataclass(frozen=True, eq=False)
class AnnounceProxy(Step):
    """Tells the hub which proxy is in charge.

    :param announced: what is told of it, without secrets.
    """

    announced: Fields
    action = "sync"
    kind = "proxy"
    name = "proxy"
    operation = "proxy_announce"
    before = None

    @property
    def after(self) -> Fields:
        return self.announced


@dataclasses.dataclass(frozen=True, eq=False)
class ShutDown(Step):
    """Ends the hub.

    :param ended: what is ended with it.
    """

    ended: Fields
    action = "stop"
    kind = "hub"
    name = "hub"
    operation = "shutdown"
    before = None

    @property
    def after(self) -> Fields:
        return self.ended


def sync_proxy(task: Task) -> Result:
    """:raises HubError: the hub cannot do it."""
    announced = {key: task.options[key] for key in ("api_url", "auth_token") if task.options[key] is not None}
    if "api_url" in announced and not is_http(announced["api_url"]):
        # The hub would go on with it, and find its proxy no more.
        raise RefusedError(f"api_url {brief(announced['api_url'])} is no usable address: write it like http://127.0.0.1:8001. Nothing was changed.")
    if "auth_token" in announced and not is_token(announced["auth_token"]):
        raise RefusedError("auth_token is empty, or holds characters that no token has: give the token of the proxy's own API. Nothing was changed.")
    fields = {key: HIDDEN if key == "auth_token" else value for key, value in announced.items()}

    def sync() -> None:
        if not announced:
            task.api.proxy_sync()
            return
        try:
            # This puts the routes right as well.
            task.api.proxy_announce(announced)
        except ApiError as error:
            if error.status >= 500:
                # The hub takes them first and uses them then (jupyterhub/apihandlers/proxy.py, ProxyAPIHandler.patch).
                advice = f"It goes on with the new {' and '.join(announced)} all the same: correct them, and run the task again."
                raise error.with_advice(advice) from None
            raise

    return _act(task, AnnounceProxy(fields) if announced else SyncProxy(), sync)


def shut_down(task: Task) -> Result:
    """:raises HubError: the hub does not go, or does not come back."""
    options = task.options
    what = {"servers": options["servers"], "proxy": options["proxy"]}
    check_amount("wait_timeout", options["wait_timeout"], zero=False)

    def stop() -> None:
        try:
            task.api.shutdown(**what)
        except AnswerLostError:
            # It may have been faster to go than to answer. Then it is gone in a moment, or else it was not told.
            if not _gone(task, time.monotonic() + task.api.client.connection.timeout):
                raise

    def wait() -> None:
        deadline = time.monotonic() + options["wait_timeout"]
        if (options["wait"] or options["wait_for_return"]) and not _gone(task, deadline):
            raise HubError(f"The hub was told to shut down, and still answers after {options['wait_timeout']:g} seconds. Look into its log.")
        if options["wait_for_return"] and not _back(task, deadline):
            raise HubError(f"The hub is gone, and has not come back within {options['wait_timeout']:g} seconds. Look at what should start it again.")

    return _act(task, ShutDown(what), stop, wait)


def call_api(task: Task) -> Result:
    """:raises HubError: the hub refuses, and not with a status that the task expects."""
    options = task.options
    method, path = options["method"], _segments(options["path"])
    if options["paginate"] and method != "GET":
        raise RefusedError("paginate reads lists: it goes with method GET only. Nothing was changed.")
    if task.check_mode and method != "GET":
        return {"changed": True, "status": None, "json": None}
    if options["paginate"]:
        # Of other lists the hub counts rows that it then leaves out: groups that the token's scopes hide, and codes that have expired.
        query = options["query"]
        rows = task.api.users_list(query) if path == ["users"] else task.api.client.pages(*path, query=query, unfiltered=False)
        return {"changed": False, "status": 200, "json": rows}
    expected = options["status_code"]
    try:
        answer = task.api.client.request(method, path, query=options["query"], body=options["body"], repeatable=method not in ("POST", "PATCH"))
    except ApiError as error:
        if expected and error.status in expected:
            return {"changed": task.api.client.effects > 0, "status": error.status, "json": {"status": error.status, "message": error.hub_message}}
        raise
    if expected and answer.status not in expected:
        raise HubError(f"{method} {options['path']} was answered with {answer.status}, which is none of the expected {expected}.", status=answer.status)
    return {"changed": method != "GET", "status": answer.status, "json": answer.data}


def _segments(path: str) -> list[str]:
    """:returns: the segments of a path as people write it; encoded or not, they arrive as they are meant.

    :raises RefusedError: it is not a path below the API's root.
    """
    if "?" in path or "#" in path or "://" in path:
        raise RefusedError(
            f"path {brief(path)} must be a path below the root of the API, such as /users/ada: give query parameters as query. Nothing was changed."
        )
    bare = path.strip("/")
    segments = [unquote(segment) for segment in bare.split("/")] if bare else []
    if {"", ".", ".."}.intersection(segments):
        raise RefusedError(f"path {brief(path)} has an empty part or one of dots only, which no address on the hub can carry: correct it. Nothing was changed.")
    # The default server has an empty name, in shares for instance.
    return [*segments, NAMELESS] if path.endswith("/") and len(segments) > 1 else segments


def _act(task: Task, step: Step, work: t.Callable[[], None], wait: t.Callable[[], None] = lambda: None) -> Result:
    """Do one thing, unless in check mode.

    :param wait: until its effect is there; it counts as done before.
    """
    preflight(task.api, [step])
    if not task.check_mode:
        task.record = Record(pending=[step])
        try:
            work()
        except HubError:
            if task.api.client.effects:
                # It broke on the way, or its answer was lost.
                task.record.unsure = [step]
            raise
        task.record = Record(done=[step])
        wait()
    changes = [step.change]
    return {"changed": True, "changes": changes, "summary": summarize(changes, 0)}


def _gone(task: Task, deadline: float) -> bool:
    return _until(lambda: not task.api.client.alive(), deadline, LOOKS)


def _back(task: Task, deadline: float) -> bool:
    return _until(task.api.client.alive, deadline, 1)


def _until(condition: t.Callable[[], bool], deadline: float, times: int) -> bool:
    """:param times: how often in a row the condition has to hold."""
    held = 0
    while True:
        held = held + 1 if condition() else 0
        if held == times:
            return True
        if not held and time.monotonic() > deadline:
            return False
        time.sleep(LOOK)
