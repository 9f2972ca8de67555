# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The frame of every module: its options, the one way in, the one way out."""

from __future__ import annotations

import contextlib
import os
import traceback
import typing as t

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    NOTHING_CHANGED,
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.transport import (
    REQUESTS_IMPORT_ERROR,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.connect import (
    check_address,
    connection_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.input import (
    Input,
    InputError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.login import logged_in
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.masking import (
    take_options,
    visible,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    ArgumentSpec,
    ConnectionOptions,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.output import (
    SENTENCE,
    safe_result,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.privates import (
    HookedModule,
    wants_diff,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.rights import explain
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.signals import (
    Stopped,
    stoppable,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.task import (
    Result,
    Task,
    progress,
    scopes_of,
    traffic,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import one_line


class _Module(HookedModule):
    """Refuses bad options in words for people, and says nothing that is not safe to be shown."""

    params: Options

    def check_options(self) -> None:
        try:
            given = Input(self.params, self.argument_spec)
            check_address(given.values)
        except RefusedError as error:
            told = {**error.to_result(), **_problems(error, self.argument_spec)}
            failure = _failed(error, told, None)
            self.fail({**failure, **traffic([]), "scopes_used": []})
        if not self.converted:
            self.params = given.values
        if given.warning:
            self.warn(given.warning)

    def fail(self, failure: Result) -> None:
        """End the module with what a task returns that has failed."""
        more = {key: value for key, value in failure.items() if key != "msg"}
        self.fail_json(msg=str(failure["msg"]), **more)

    def params_for_log(self) -> Options:
        """Without secrets: Ansible removes them from what it logs by a search for their text, and
        would miss those in a list of objects, which it logs as Python quotes them.
        """
        return visible(self.params, self.argument_spec)

    def outgoing(self, result: Result) -> Result:
        self.params = visible(self.params, self.argument_spec)
        return safe_result(result, self.no_log_values)

    def warn(self, warning: str) -> None:
        super().warn(one_line(warning, SENTENCE))


def run(spec: ArgumentSpec, work: t.Callable[[Task], Result]) -> None:
    """Run a module: the only place that ends it.

    :param work: gets the task, gives the result.
    """
    module = _Module(supports_check_mode=True, **spec.to_kwargs())
    if REQUESTS_IMPORT_ERROR is not None:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    this = _Run(module, take_options(module, spec))
    failure: Result | None = None
    result: Result = {}
    try:
        result, failure = this.carry_out(work)
    except HubError as error:
        failure = _failed(error, error.to_result(), this.task)
    except Stopped as stop:
        failure = {
            **progress(this.task),
            "msg": (
                f"The task was stopped by {stop.name} before it was finished: run it again to do"
                " the rest."
            ),
        }
    except Exception as error:
        failure = {**progress(this.task), "msg": _bug(error)}
    for warning in {one.clock.warning for one in this.clients if one.clock.warning}:
        module.warn(warning)
    more = {**traffic(this.clients), "scopes_used": scopes_of(this.task)}
    # Not while an exception is handled: Ansible would show its traceback where tracebacks are
    # switched on.
    if failure is not None:
        module.fail({**failure, **more})
    module.exit_json(**result, **more)


class _Run:
    """The way from the options to a task that has a hub, and to what comes of it."""

    def __init__(self, module: _Module, options: Options) -> None:
        self.module = module
        self.options = options
        # None as long as there is no connection.
        self.task: Task | None = None
        # All whose requests count.
        self.clients: list[HubClient] = []

    def carry_out(self, work: t.Callable[[Task], Result]) -> tuple[Result, Result | None]:
        """:returns: the result of the task, and what it failed with, if it did.

        :raises HubError: it did not come to a task.
        """
        module, options = self.module, self.options
        with contextlib.ExitStack() as stack:
            stack.enter_context(stoppable())
            given = t.cast(ConnectionOptions, options)  # as the argument spec has it
            connection = connection_of(module, given)
            if given["login_username"] is not None:
                login = logged_in(
                    connection,
                    given["login_username"],
                    # Required together.
                    given["login_password"] or "",
                    module.warn,
                    self.clients.append,
                )
                connection = stack.enter_context(login)
            client = stack.enter_context(HubClient(connection, read_only=module.check_mode))
            self.clients.insert(0, client)
            check_mode, diff = module.check_mode, wants_diff(module)
            self.task = task = Task(HubApi(client), options, check_mode, diff, module.warn)
            try:
                return work(task), None
            except HubError as error:
                # Here, as the hub is asked what the caller may do.
                told = explain(error, task.api, task.needs)
                return {}, _failed(error, told, task)


def _problems(error: RefusedError, options: t.Collection[str]) -> Result:
    """:returns: all that is wrong as a list, as the preflight returns it."""
    # Only the preflight has this option, and only it returns problems.
    if "expected_url" not in options:
        return {}
    return {"problems": list(error.problems if isinstance(error, InputError) else [error.message])}


def _failed(error: HubError, told: Result, task: Task | None) -> Result:
    """:returns: what a task returns that has failed.

    :param told: the error itself, as it is returned.
    """
    result = {**progress(task), **told}
    if isinstance(error, RefusedError) and not result["changed"]:
        result["msg"] = f"{result['msg']} {NOTHING_CHANGED}"
    return result


def _bug(error: Exception) -> str:
    """:returns: a mistake of ours for people. Its text and its traceback may hold anything, so only
    the place is told.
    """
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"This is a bug in hubops.jupyterhub: {type(error).__name__} in"
        f" {os.path.basename(place.filename)} line {place.lineno}."
    )
