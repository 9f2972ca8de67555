# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tables of requests are run with: steps, the requests that they are to send, in their
order, and what the hub answers to each.
"""

from __future__ import annotations

import copy
import dataclasses
import typing as t

import requests
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import (
    Writer,
    apply,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import Record
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HubError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import ArgumentSpec
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    HUB,
    VERSION,
    Reply,
    Script,
    Sent,
    Wire,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.tables import (
    Said,
    said,
)

# The request has arrived, and its answer has not.
LOST = requests.ConnectionError(ConnectionResetError(104, "Connection reset by peer"))
# Method, path below the root of the API with its query, body, and the answer.
Exchange = tuple[str, str, t.Any, Script]
Maker = t.Callable[[HubApi, dict[str, t.Any]], Writer]


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of a table.

    :param steps: what is to be done.
    :param exchanges: all requests that do it, and nothing else.
    :param options: of the task, besides those that all rows of the table have.
    :param done: those of the steps that this task has done, where these are not all.
    :param error: a part of what the failed task says.
    """

    steps: t.Sequence[Step]
    exchanges: t.Sequence[Exchange]
    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    done: t.Sequence[Step] | None = None
    error: str = ""


def ok(data: t.Any = None, status: int = 200, **headers: str) -> Reply:
    """A good answer."""
    return Reply(status, data, headers=headers)


def shown(sent: Sent) -> tuple[str, str, t.Any]:
    """:returns: a request as the tables write it."""
    query = "&".join(f"{key}={value}" for key, value in sent.query.items())
    return sent.method, f"{sent.path}?{query}" if query else sent.path, sent.body


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a case, or is to become of it.

    :param sent: the requests.
    :param done: the steps that this task has done.
    :param error: what the failed task says, or the part of it that matters.
    """

    sent: list[tuple[str, str, t.Any]]
    done: list[Said]
    error: str


def expected(case: Case) -> Outcome:
    """:returns: what a case is to end with."""
    done = case.steps if case.done is None else case.done
    return Outcome([exchange[:3] for exchange in case.exchanges], said(done), case.error)


def carry_out(
    case: Case,
    make: Maker,
    spec: ArgumentSpec,
    options: t.Mapping[str, t.Any],
    client: HubClient,
    wire: Wire,
) -> Outcome:
    """Do the steps of a case.

    :param make: the adapter of the kind.
    :param options: of the task.
    """
    validated = ModuleArgumentSpecValidator(**copy.deepcopy(spec.to_kwargs())).validate(
        {"hub_url": HUB, **options, **case.options}
    )
    if validated.error_messages:
        raise ValueError(validated.error_messages)
    api = HubApi(client)
    # A plan has read something before, so that the version of the hub is known.
    wire.play(ok({"version": VERSION}))
    api.hub_version()
    wire.sent.clear()
    writer = make(api, dict(validated.validated_parameters))
    record = Record(pending=list(case.steps))
    wire.play(*(answer for _method, _path, _body, answer in case.exchanges))
    error = ""
    try:
        apply(writer, client, record)
    except HubError as failure:
        error = case.error if case.error and case.error in str(failure) else str(failure)
    return Outcome([shown(sent) for sent in wire.sent], said(record.done), error)
