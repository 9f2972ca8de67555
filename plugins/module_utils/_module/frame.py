# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The frame of every module: its options, the one way in, the one way out."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import traceback
import typing as t

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine import apply as _apply
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.diff import diff_of
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.report import (
    count_overtaken,
    merge_changes,
    summarize,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Missing,
    Plan,
    Step,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import smallest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.transport import (
    REQUESTS_IMPORT_ERROR,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import version_tuple
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.connect import (
    check_address,
    connection_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.earlier import (
    checked,
    foreseen,
    refused_before,
    without,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.input import Input
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.login import logged_in
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.masking import (
    take_options,
    visible,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    ArgumentSpec,
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
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.rights import (
    explain,
    scopes_used,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.signals import (
    Stopped,
    stoppable,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed, one_line

Result = dict[str, t.Any]
OLDEST_HUB = "4.0"


@dataclasses.dataclass
class Task:
    """One run of a module.

    :param options: the task's options, secrets included. :param record: how far the plan has come;
    None for a module that has no plan. :param held: what is not planned, as it depends on what was
    refused to an earlier task; in the form of ``pending``.
    """

    api: HubApi
    options: Options
    check_mode: bool
    diff: bool
    warn: t.Callable[[str], None]
    record: _apply.Record | None = None
    held: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    # What the task declares, in the plural; None for a module that declares nothing.
    kind: str | None = None
    # Further keys of the result, of a failed task as well.
    returns: Result = dataclasses.field(default_factory=dict)


class Resource(_apply.Writer, t.Protocol):
    """The adapter of one kind of object: the only place that knows its fields, its endpoints and
    the hub's quirks.
    """

    plural: t.ClassVar[str]
    singular: t.ClassVar[str]
    # The option that names the one object.
    key: t.ClassVar[str]
    # Sentences for the user, which may come at any time.
    warnings: list[str]

    def __init__(self, api: HubApi, options: Options) -> None:
        """:raises RefusedError: the options make no sense."""

    def plan(self) -> Plan:
        """Read all current state that is needed, and decide all that is to be done.

        :raises HubError: it cannot be done.
        """

    def objects(self, plan: Plan) -> t.Mapping[str, t.Any]:
        """:returns: the declared objects that exist after the task, by name, in the order in which
        they were declared.
        """


class _Module(HookedModule):
    """Refuses bad options in words for people, and says nothing that is not safe to be shown."""

    params: Options

    def options_are_there(self) -> None:
        try:
            given = Input(self.params, self.argument_spec)
            check_address(given.values)
        except RefusedError as error:
            self.fail_json(**error.to_result(), **_progress(None), **_traffic([]), scopes_used=[])
        if not self.converted:
            self.params = given.values
        if given.warning:
            self.warn(given.warning)

    def params_for_log(self) -> Options:
        """Ansible looks there for secrets as they are, while in a list of objects they stand as
        Python quotes them.
        """
        return visible(self.params, self.argument_spec)

    def outgoing(self, result: Result) -> Result:
        self.params = visible(self.params, self.argument_spec)
        return safe_result(result, self.no_log_values)

    def warn(self, warning: str) -> None:
        super().warn(one_line(warning, SENTENCE))


def run_resource(spec: ArgumentSpec, resource: type[Resource]) -> None:
    """Run a module that manages objects."""
    run(spec, functools.partial(_manage, resource))


def run(spec: ArgumentSpec, work: t.Callable[[Task], Result]) -> None:
    """Run a module: the only place that ends it.

    :param work: gets the task, gives the result.
    """
    module = _Module(supports_check_mode=True, **spec.to_kwargs())
    if REQUESTS_IMPORT_ERROR is not None:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    options = take_options(module, spec)
    task: Task | None = None
    clients: list[HubClient] = []
    failure: Result | None = None
    result: Result = {}
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(stoppable())
            connection = connection_of(module, options)
            if options["login_username"] is not None:
                login = logged_in(
                    connection,
                    options["login_username"],
                    options["login_password"],
                    module.warn,
                    clients.append,
                )
                connection = stack.enter_context(login)
            client = stack.enter_context(HubClient(connection, read_only=module.check_mode))
            clients.insert(0, client)
            task = Task(HubApi(client), options, module.check_mode, wants_diff(module), module.warn)
            try:
                result = work(task)
            except HubError as error:
                failure = {**_progress(task), **explain(error, task.api, task.kind, task.options)}
    except HubError as error:
        failure = {**_progress(task), **error.to_result()}
    except Stopped as stop:
        failure = {
            **_progress(task),
            "msg": (
                f"The task was stopped by {stop.name} before it was done: run it again to finish"
                " what is left."
            ),
        }
    except Exception as error:
        # A mistake of ours. Its text and its traceback may hold anything, so only the place is
        # told.
        place = traceback.extract_tb(error.__traceback__)[-1]
        message = (
            f"This is a bug in hubops.jupyterhub: {type(error).__name__} in"
            f" {os.path.basename(place.filename)} line {place.lineno}."
        )
        failure = {"msg": message, **_progress(task)}
    for warning in {client.clock.warning for client in clients if client.clock.warning}:
        module.warn(warning)
    traffic = {**_traffic(clients), "scopes_used": _scopes_used(task)}
    # Not while an exception is handled: Ansible would show its traceback where tracebacks are
    # switched on.
    if failure is not None:
        module.fail_json(**{**failure, **traffic})
    module.exit_json(**result, **traffic)


def _manage(resource_type: type[Resource], task: Task) -> Result:
    """Plan, and unless in check mode, apply."""
    # Lists of the same name may be of objects that are handled otherwise: people who leave are no
    # declaration of users.
    task.kind = str(getattr(resource_type, "declares", resource_type.plural))
    task.options = checked(task.options, resource_type.plural)
    api = foreseen(task.api, task.options) if task.check_mode else task.api
    resource = resource_type(api, task.options)
    try:
        check_missing(resource.needs(), task)
        planned, refused = refused_before(task.options, resource.plural, resource.plan)
        if planned is None:
            options, task.held = without(task.options, resource.plural, refused)
            resource = resource_type(api, options)
            planned = resource.plan()
        plan = planned
        task.returns.update(plan.returns)
        for warning in (*plan.warnings, *(plan.check_warnings if task.check_mode else ())):
            task.warn(warning)
        check_missing(plan.missing, task)
        preflight(task.api, plan.steps, plan.touches_admins)
        if task.check_mode:
            task.record = _apply.Record(done=list(plan.steps))
        else:
            task.record = _apply.Record(pending=list(plan.steps))
            _apply.apply(resource, task.api.client, task.record)
    finally:
        for warning in resource.warnings:
            task.warn(warning)
        task.returns.update(resource.returns())
    done = task.record.done
    changes = merge_changes(done)
    result: Result = {
        "changed": bool(changes),
        "changes": changes,
        "summary": summarize(
            changes, plan.unchanged + count_overtaken(task.record.overtaken, done)
        ),
        **({"pending": task.held} if task.held else {}),
        **task.returns,
    }
    if task.diff:
        result["diff"] = diff_of(done)
    return {**result, **_objects(resource, plan, task)}


def _objects(resource: Resource, plan: Plan, task: Task) -> Result:
    """The objects to return: as planned in check mode, as the hub says after a real run."""
    wanted = task.options["return_objects"]
    if wanted == "none":
        return {}
    objects = plan.objects if task.check_mode else resource.objects(plan)
    result: Result = {
        resource.plural: [
            item for name, item in objects.items() if wanted == "all" or name in plan.changed
        ],
    }
    if task.options[resource.key] is not None:
        result[resource.singular] = next(iter(objects.values()), {})
    return result


def check_missing(missing: t.Iterable[Missing], task: Task) -> None:
    """Decide of what a plan needs and the hub does not have: in check mode, an earlier task is
    taken to make it.

    :raises RefusedError: it is missing.
    """
    gone = [each for each in missing if each.names]
    if task.check_mode:
        for each in gone:
            task.warn(
                f"{each.what}: {listed(each.names)}. An earlier task is taken to create them."
            )
    elif gone:
        sentences = [f"{each.what}: {listed(each.names)}. {each.advice}" for each in gone]
        names: dict[str, list[str]] = {}
        for each in gone:
            names.setdefault(each.key, []).extend(each.names)
        raise RefusedError(f"{' '.join(sentences)} Nothing was changed.", **names)


def preflight(api: HubApi, steps: t.Sequence[Step], touches_admins: t.Sequence[str] = ()) -> None:
    """Refuse what the hub is bound to refuse, before the first write.

    :param touches_admins: names that only an admin may create or change as the steps do.
    :raises RefusedError: the hub is too old, or the caller may not do what is planned.
    """
    api.require(OLDEST_HUB, "This collection")
    if not steps:
        return
    held = {scope.partition("!")[0] for scope in api.me.get("scopes", ())}
    missing = []
    for name in dict.fromkeys(step.operation for step in steps if step.operation):
        scopes = api.scopes(name)
        # A scope that is limited to some objects is left to the hub to judge.
        if scopes and scopes[0] not in missing and not held.intersection(scopes):
            missing.append(scopes[0])
    if missing:
        missing = smallest(missing)
        raise RefusedError(
            f"The caller ({api.me['kind']} {api.me['name']}) lacks the"
            f" scope{'s' if len(missing) > 1 else ''} {', '.join(missing)}. Nothing was changed."
            " Add what load_roles shows to the hub's configuration.",
            missing_scopes=missing,
        )
    if touches_admins and api.me.get("admin") is False and api.version >= version_tuple("4.1"):
        raise RefusedError(
            "Only a caller that is itself an admin may make or change admins since JupyterHub 4.1,"
            f" and the {api.me['kind']} {api.me['name']} is none, whatever its scopes:"
            f" {listed(touches_admins)}. Nothing was changed. Set admin: True for the service, or"
            " use an admin's token.",
        )


def _progress(task: Task | None) -> Result:
    """:returns: what a failed task has done, and what it has not."""
    if task is None:
        return {"changed": False, "changes": [], "pending": [], "refused": []}
    record = task.record or _apply.Record()
    changes = merge_changes(record.done)
    result: Result = {
        # What may have been done counts as done here: a handler that runs once too often does less
        # harm.
        "changed": bool(
            not task.check_mode
            and (changes or record.unsure or (task.record is None and task.api.client.effects))
        ),
        "changes": [] if task.check_mode else changes,
        "pending": merge_changes(record.pending) + task.held,
        "refused": record.refusals,
        **task.returns,
    }
    if task.diff and result["changed"]:
        result["diff"] = diff_of(record.done)
    return result


def _scopes_used(task: Task | None) -> list[str]:
    """:returns: the scopes for what the task did or would do."""
    if task is None:
        return []
    record = task.record or _apply.Record()
    return scopes_used(
        task.api,
        [step.operation for step in (*record.done, *record.pending)],
        task.kind,
        task.options,
    )


def _traffic(clients: t.Sequence[HubClient]) -> Result:
    """:returns: what was sent to the hub, and which hub it is, if it has said so."""
    version = next((client.version for client in clients if client.version), None)
    return {
        **({"hub_version": version} if version else {}),
        "requests": sum(client.requests for client in clients),
        "retries": sum(client.retries for client in clients),
    }
