# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The work of jupyterhub_preflight: each list as its own module would read it, and all of them
together against the hub.
"""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Change,
    Plan,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import same_hub
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.earlier import foreseen
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.kinds import RESOURCES
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.manage import (
    Resource,
    check_missing,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.masking import (
    visible_address,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import Options
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.kinds import SPECS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.preflight import (
    PRUNABLE,
    SPEC,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.task import (
    Result,
    Task,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.check import (
    Check,
    Findings,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.declared import (  # noqa: E501 - a full name
    Declaration,
    present,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.input import (
    DeclaredOptions,
    empty_prunes,
    lost_secrets,
    misspelt,
    pruning_of,
    stored_twice,
    told_misspelt,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.work import Users


class PreflightOptions(DeclaredOptions):
    """The options of jupyterhub_preflight, besides the lists."""

    hub_url: str
    secrets: str
    expected_url: str | None
    prefix: str
    variables: list[str] | None


# Options of the preflight that are no variables of whoever calls it.
OWN = ("secrets", "expected_url", "prefix", "variables")


def preflight(task: Task) -> Result:
    """:raises RefusedError: there are problems; ``problems`` in its details has all of them.

    :raises HubError: the hub does not answer, and there is no other problem.
    """
    options = task.options
    declared, problems = _declaration(task)
    found = Findings()
    try:
        check = Check(task.api, declared)
        found = check.run()
        declared = check.declared
        # Which options of a server there are depends on the hub.
        problems += _refusals(task, "servers", declared)
        problems += _activities(task, declared)
        if not problems and not found.problems:
            problems += _late_guards(task, declared)
    except HubError as error:
        if not problems:
            raise
        found.problems.append(error.message)
    problems += found.problems
    for warning in found.warnings:
        task.warn(warning)
    if problems:
        raise RefusedError(
            " ".join(problems),
            problems=problems,
            hub_url=options["hub_url"],
            missing_scopes=found.missing_scopes or None,
            scopes_needed=found.needed_scopes,
            not_checked=found.not_checked,
        )
    return _result(task, declared, found)


def _declaration(task: Task) -> tuple[Declaration, list[str]]:
    """:returns: what is declared, and the problems that show without the hub."""
    options = t.cast(PreflightOptions, task.options)  # as the argument spec has it
    prefix = options["prefix"]
    declared, problems = declaration_of(task.options, prefix)
    problems += lost_secrets(declared) if options["secrets"] == "files" else []
    problems += _variables(task, declared)
    expected = options["expected_url"]
    if expected and not same_hub(expected, options["hub_url"], encrypted=True):
        problems.append(
            f"{prefix}url is {visible_address(expected)}, but this task would use"
            f" {options['hub_url']}: the play's module_defaults set another address for"
            " jupyterhub_preflight alone. Remove it there."
        )
    for kind in SPECS:
        if kind != "servers":
            problems += _refusals(task, kind, declared)
    return declared, problems


def declaration_of(options: Options, prefix: str) -> tuple[Declaration, list[str]]:
    """:param options: those of ``DECLARED``.

    :param prefix: what their names begin with where they come from.
    :returns: what is declared, and the problems that show in the lists taken together.
    """
    takes_patterns = [kind for kind in PRUNABLE if "prune_keep" in SPECS[kind].options]
    # As the argument spec has them.
    given = t.cast(DeclaredOptions, options)
    lists = t.cast("t.Mapping[str, list[Options] | None]", options)
    prune, problems = pruning_of(prefix, given, PRUNABLE, takes_patterns)
    declared = Declaration(
        {kind: lists[kind] for kind in SPECS}, prune, given["stored_names"] or {}, prefix
    )
    return declared, [*problems, *empty_prunes(declared), *stored_twice(declared)]


def _result(task: Task, declared: Declaration, found: Findings) -> Result:
    """:returns: the result where there is no problem."""
    me, options = task.api.me, task.options
    return {
        "changed": False,
        "problems": [],
        "hub_url": options["hub_url"],
        "check_mode": task.check_mode,
        "kinds": [kind for kind in SPECS if declared.items(kind)],
        "missing_scopes": [],
        "not_checked": found.not_checked,
        "scopes_needed": found.needed_scopes,
        "whoami": {"kind": me["kind"], "name": me["name"], "admin": bool(me.get("admin"))},
        "prune": {kind: _prune_options(kind, declared, options) for kind in PRUNABLE},
        "stored_names": dict(declared.stored_names),
        "renamed": declared.renamed(),
    }


def _variables(task: Task, declared: Declaration) -> list[str]:
    """:returns: problems of variables that are set in vain. What is only suspicious is a
    warning.
    """
    options = t.cast(PreflightOptions, task.options)  # as the argument spec has it
    variables = options["variables"]
    if all(declared.lists[kind] is None for kind in SPECS):
        names = [f"{declared.prefix}{kind}" for kind in SPECS]
        nothing = [f"Nothing is declared: set {', '.join(names[:-1])} or {names[-1]}."]
    else:
        nothing = []
    if not variables:
        return nothing
    prefix = declared.prefix
    known = {
        prefix + ("url" if name == "hub_url" else name) for name in SPEC.options if name not in OWN
    } | {f"{prefix}provision_result"}
    problems = []
    for name, meant in sorted(misspelt(prefix, variables, known).items()):
        sentence = told_misspelt(name, meant)
        # A guard that is set and not read would let go what it was to keep.
        guards = declared.prune and meant.startswith(f"{prefix}prune") and meant not in variables
        if nothing or guards:
            problems.append(sentence)
        else:
            task.warn(sentence)
    return nothing + problems


def _refusals(task: Task, kind: str, declared: Declaration) -> list[str]:
    """:returns: what the module of a kind refuses, each of its items by itself; or, when all of
    these are good, the list as a whole.
    """
    rows = declared.items(kind)
    if not rows:
        return []
    whole = _refusal(task, kind, rows, declared)
    if whole is None:
        return []
    return [
        problem for row in rows for problem in (_refusal(task, kind, [row], declared),) if problem
    ] or [whole]


def _activities(task: Task, declared: Declaration) -> list[str]:
    """:returns: the times of users that lie in the future by the hub's clock."""
    problems = []
    for row in present(declared.users):
        if row.get("last_activity") and _refusal(task, "users", [row], declared) is None:
            options = module_options("users", [row], declared, task.options)
            try:
                Users(task.api, options).check_activities()
            except RefusedError as error:
                problems.append(error.message)
    return problems


def _late_guards(task: Task, declared: Declaration) -> list[str]:
    """:returns: what the guards of groups refuse. Their own module finds that out before it writes,
    and when the list of users is written already.

    :raises HubError: the hub does not answer, so that nobody knows.
    """
    options = task.options
    guarded = "groups" in declared.prune or options["remove_limit"] is not None
    if not (guarded and declared.items("users") and declared.items("groups")):
        return []
    try:
        users = planned(task, "users", declared, options, ())
        planned(task, "groups", declared, options, [step.change for step in users.steps])
    except RefusedError as error:
        return [error.message]
    except HubError as error:
        # Of users none can be seen, so that none is written before the groups are read; or of
        # groups none can, so that none loses a member. A prune of groups needs all members.
        if not error.details.get("rest_done"):
            raise
    return []


def _refusal(
    task: Task, kind: str, rows: t.Sequence[t.Mapping[str, object]], declared: Declaration
) -> str | None:
    try:
        check_missing(
            RESOURCES[kind](task.api, module_options(kind, rows, declared, task.options)).needs(),
            task,
        )
    except HubError as error:
        return error.message
    return None


def planned(
    task: Task,
    kind: str,
    declared: Declaration,
    options: Options,
    changes: t.Sequence[Change],
) -> Plan:
    """:param options: those of ``DECLARED``.

    :param changes: what the lists before would change.
    :returns: what the module of a kind would do after that.
    """
    api = foreseen(task.api, {"earlier": {"changes": changes, "renamed": declared.renamed()}})
    given = module_options(kind, declared.items(kind), declared, options)
    if kind == "services":
        # The hub cannot change a service, and its module asks before it makes one anew.
        given["services"] = [{**item, "recreate": True} for item in declared.items(kind)]
    resource: Resource = RESOURCES[kind](api, given)
    return resource.plan()


def module_options(
    kind: str, rows: t.Sequence[t.Mapping[str, object]], declared: Declaration, options: Options
) -> Options:
    """:returns: the options that the module of a kind gets, with the defaults of those that it does
    not get.
    """
    known = SPECS[kind].options
    given: Options = {
        name: options[name]
        for name in ("stored_names",)
        if name in known and options[name] is not None
    }
    pruned = _prune_options(kind, declared, options) if "prune" in known else {}
    return {
        **{name: option.get("default") for name, option in known.items()},
        **given,
        **pruned,
        kind: list(rows),
    }


def _prune_options(kind: str, declared: Declaration, options: Options) -> Options:
    """:returns: the guards as the module of a kind takes them; what is not set is not in them."""
    known = SPECS[kind].options
    pruning = declared.prune.get(kind)
    given: Options = {"prune": pruning is not None}
    for name in ("remove_limit", *(["prune_limit"] if pruning is not None else [])):
        if name in known and options[name] is not None:
            given[name] = options[name]
    if pruning is not None and pruning.keep is not None:
        given["prune_keep"] = list(pruning.keep)
    if pruning is not None and pruning.match is not None:
        given["prune_match"] = list(pruning.match)
    return given
