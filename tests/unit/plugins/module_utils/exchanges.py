# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the tables of requests: steps, the expected requests in order, and the hub's response to
each.
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

# The request has arrived, and its response is lost.
LOST = requests.ConnectionError(ConnectionResetError(104, "Connection reset by peer"))
# The method, the path below the root of the API with its query, the body, and the response.
Exchange = tuple[str, str, t.Any, Script]
Maker = t.Callable[[HubApi, dict[str, t.Any]], Writer]


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of a table.

    :param steps: the steps to carry out.
    :param exchanges: exactly the requests that they send.
    :param options: options of the task, besides those that all rows of the table have.
    :param done: the steps that this task has done, if not all.
    :param error: a part of the message of the failed task.
    """

    steps: t.Sequence[Step]
    exchanges: t.Sequence[Exchange]
    options: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    done: t.Sequence[Step] | None = None
    error: str = ""


def ok(data: t.Any = None, status: int = 200, **headers: str) -> Reply:
    """A successful response."""
    return Reply(status, data, headers=headers)


def shown(sent: Sent) -> tuple[str, str, t.Any]:
    """:returns: a request as the tables write it."""
    query = "&".join(f"{key}={value}" for key, value in sent.query.items())
    return sent.method, f"{sent.path}?{query}" if query else sent.path, sent.body


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The real or expected outcome of a case.

    :param sent: the requests.
    :param done: the steps that this task has done.
    :param error: the message of the failed task, or the relevant part of it.
    """

    sent: list[tuple[str, str, t.Any]]
    done: list[Said]
    error: str


def expected(case: Case) -> Outcome:
    """:returns: the expected outcome of a case."""
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
    """Carry out the steps of a case.

    :param make: creates the adapter of the kind.
    :param options: the options of the task.
    """
    validated = ModuleArgumentSpecValidator(**copy.deepcopy(spec.to_kwargs())).validate(
        {"hub_url": HUB, **options, **case.options}
    )
    if validated.error_messages:
        raise ValueError(validated.error_messages)
    api = HubApi(client)
    # A plan has already read something, so the hub's version is known.
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
