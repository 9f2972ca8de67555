# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Modules that manage objects: a plan is made and, unless in check mode, carried out."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import (
    RefusedItemsError,
    Writer,
    apply,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.diff import diff_of
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import Record
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
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import smallest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import version_tuple
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.beyond import hold_back
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.earlier import (
    Refused,
    foreseen,
    former_names,
    plan_around_refused,
    with_earlier,
    without_refused,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.frame import run
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    ArgumentSpec,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.task import (
    Result,
    Task,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import Needs
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

OLDEST_HUB = "4.0"


class Resource(Writer, t.Protocol):
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

    @staticmethod
    def scopes(options: Options, hub: tuple[int, ...]) -> Needs:
        """:returns: the scopes that the options of a task need, whatever is on the hub.

        :param hub: its version.
        """

    def plan(self) -> Plan:
        """Read all current state that is needed, and decide all that is to be done.

        :raises HubError: it cannot be done.
        """

    def objects(self, plan: Plan) -> t.Mapping[str, object]:
        """:returns: the declared objects that exist after the task, by name, in the order in which
        they were declared.
        """


def run_resource(spec: ArgumentSpec, resource: type[Resource]) -> None:
    """Run a module that manages objects."""
    run(spec, functools.partial(manage, resource))


def manage(resource_type: type[Resource], task: Task) -> Result:
    """Plan, and unless in check mode, apply."""
    task.scopes = resource_type.scopes
    task.options = with_earlier(task.options, resource_type.plural)
    api = foreseen(task.api, task.options) if task.check_mode else task.api
    resource = resource_type(api, task.options)
    try:
        check_missing(resource.needs(), task)
        planned, refused = plan_around_refused(task.options, resource.plural, resource.plan)
        if planned is None:
            resource, planned = _plan_the_rest(resource_type, api, task, refused)
        _carry_out(planned, resource, task)
    finally:
        for warning in resource.warnings:
            task.warn(warning)
        task.returns.update(resource.returns())
    return _result(planned, resource, task)


def _plan_the_rest(
    resource_type: type[Resource], api: HubApi, task: Task, refused: t.Collection[Refused]
) -> tuple[Resource, Plan]:
    """Plan without users, servers and groups that were refused to an earlier task."""
    plural = resource_type.plural
    former = former_names(task.options, refused)
    while True:
        options, task.held = without_refused(task.options, plural, refused, former)
        resource = resource_type(api, options)
        planned = resource.plan()
        gone = {name for each in planned.missing if not each.groups for name in each.names}
        there = {new: old for new, old in former.items() if old not in gone}
        if there == former:
            return resource, planned
        # The others are on the hub by neither name.
        former = there


def _carry_out(plan: Plan, resource: Resource, task: Task) -> None:
    """Do what is planned; in check mode, only see whether it can be done.

    :raises HubError: not all is done; the record of the task tells what is.
    """
    task.returns.update(plan.returns)
    skipped = plan.besides if task.check_mode else ()
    for warning in (*plan.warnings, *(f"{one}, and is skipped in check mode." for one in skipped)):
        task.warn(warning)
    check_missing(plan.missing, task)
    check_allowed(task.api, plan.steps, plan.touches_admins)
    task.record = Record(pending=[*plan.unread, *plan.steps])
    for item in plan.unread:
        task.record.refuse(item, item.error)
    resource.leave_out(hold_back(task.api, task.record))
    if not task.check_mode:
        apply(resource, task.api.client, task.record)
        return
    record = task.record
    record.done, record.pending = record.pending, list(record.blocked)
    if record.refused:
        raise RefusedItemsError(record, predicted=True)


def _result(plan: Plan, resource: Resource, task: Task) -> Result:
    """:returns: what a task that succeeded returns."""
    record = task.record or Record()
    changes = merge_changes(record.done)
    unchanged = plan.unchanged + count_overtaken(record.overtaken, record.done)
    result: Result = {
        "changed": bool(changes),
        "changes": changes,
        "summary": summarize(changes, unchanged),
        **({"pending": task.held} if task.held else {}),
        **task.returns,
    }
    if task.diff:
        result["diff"] = diff_of(record.done)
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
    assumed to create it.

    :raises RefusedError: it is missing.
    """
    gone = [each for each in missing if each.names]
    if task.check_mode:
        for each in gone:
            task.warn(
                f"{each.what}: {listed(each.names)}. Check mode assumes an earlier task creates"
                " them."
            )
    elif gone:
        sentences = [f"{each.what}: {listed(each.names)}. {each.advice}" for each in gone]
        names: dict[str, list[str]] = {}
        for each in gone:
            names.setdefault(each.key, []).extend(each.names)
        raise RefusedError(" ".join(sentences), **names)


def check_allowed(
    api: HubApi, steps: t.Sequence[Step], touches_admins: t.Sequence[str] = ()
) -> None:
    """Refuse what the hub will refuse anyway, before the first write.

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
            f" scope{'s' if len(missing) > 1 else ''} {', '.join(missing)}."
            " Add what load_roles shows to the hub's configuration.",
            missing_scopes=missing,
        )
    if touches_admins and api.me.get("admin") is False and api.version >= version_tuple("4.1"):
        raise RefusedError(
            "Since JupyterHub 4.1 only a caller that is itself an admin may create or change"
            f" admins, and the {api.me['kind']} {api.me['name']} is not one, whatever its scopes:"
            f" {listed(touches_admins)}. Set admin: True for the service, or use an admin's token.",
        )
